"""The shared plan (C5-C7)."""

from caseapp.vocabulary.words import Word


class NeedLevel(Word):
    NONE = "none", "No need"
    LOW = "low", "Low need"
    MEDIUM = "medium", "Medium need"
    HIGH = "high", "High need"


class PlanStatus(Word):
    DRAFT = "draft", "Draft"
    PROPOSED = "proposed", "Proposed"
    AGREED = "agreed", "Agreed"
    IN_REVIEW = "in_review", "In review"
    ENDED = "ended", "Ended"


class GoalStatus(Word):
    PROPOSED = "proposed", "Proposed"
    ACTIVE = "active", "Active"
    ON_HOLD = "on_hold", "On hold"
    COMPLETED = "completed", "Reached"
    CANCELLED = "cancelled", "Dropped"


class Achievement(Word):
    IN_PROGRESS = "in_progress", "Under way"
    IMPROVING = "improving", "Getting better"
    WORSENING = "worsening", "Getting worse"
    NO_CHANGE = "no_change", "No change"
    ACHIEVED = "achieved", "Reached"
    SUSTAINING = "sustaining", "Reached and kept up"
    NOT_ACHIEVED = "not_achieved", "Not reached"
    NOT_ATTAINABLE = "not_attainable", "Cannot be reached"


class ActionKind(Word):
    INTERVENTION = "intervention", "Something done with the person"
    REFERRAL = "referral", "A referral"
    DETOX_REFERRAL = "detox_referral", "A referral to detox or rehab"


class ActionStatus(Word):
    """C7. The case manager reads "Asked" where the agency reads "To accept": same state, each one's view."""

    PROPOSED = "proposed", "Proposed"
    REQUESTED = "requested", "Asked"
    ACCEPTED = "accepted", "Accepted"
    IN_PROGRESS = "in_progress", "Under way"
    BLOCKED = "blocked", "Blocked"
    COMPLETED = "completed", "Done"
    NOT_COMPLETED = "not_completed", "Not done"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Stopped"


#: Taken on and not ended: what has a day by which it can be late.
UNDER_WAY = (ActionStatus.ACCEPTED, ActionStatus.IN_PROGRESS, ActionStatus.BLOCKED)
OPEN_ACTIONS = frozenset({ActionStatus.PROPOSED, ActionStatus.REQUESTED, *UNDER_WAY})

STATUS_TAG = {
    ActionStatus.PROPOSED: "t-proposed",
    ActionStatus.REQUESTED: "t-asked",
    ActionStatus.ACCEPTED: "t-accepted",
    ActionStatus.IN_PROGRESS: "t-going",
    ActionStatus.BLOCKED: "t-blocked",
    ActionStatus.COMPLETED: "t-done",
    ActionStatus.NOT_COMPLETED: "t-notdone",
    ActionStatus.DECLINED: "t-declined",
    ActionStatus.CANCELLED: "t-notdone",
}


class Advocacy(Word):
    PERSON = "person", "The person does it"
    CASE_MANAGER = "case_manager", "The case manager speaks for the person"


class AgreementRoute(Word):
    PHONE = "phone", "By phone"
    MAIL = "mail", "By mail"
    IN_PERSON = "in_person", "In person"
    MEETING = "meeting", "At a meeting"
    HERE = "here", "Here, by the agency itself"
