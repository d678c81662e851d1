"""The words of the field, as enums: the value is stored, the label is shown (spec: glossary E, states C1-C14)."""

from enum import IntFlag, StrEnum


class Word(StrEnum):
    """A stored word with the label that people read: NAME = "value", "Label"."""

    def __new__(cls, value, label):
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word

    @classmethod
    def choices(cls):
        """(value, label) pairs in the order written, for a form."""
        return [(word.value, word.label) for word in cls]


class Role(IntFlag):
    """What a user may be; several at once in a small agency, but a system administrator is only that."""

    WORKER = 1
    LINE_MANAGER = 2
    AGENCY_ADMIN = 4
    COORDINATOR = 8
    NATIONAL_COORDINATOR = 16
    SYSTEM_ADMIN = 32
    PRIVACY_OFFICER = 64

    @property
    def label(self):
        return ROLE_LABELS[self]

    @property
    def labels(self):
        return [ROLE_LABELS[role] for role in Role if role in self]


ROLE_LABELS = {
    Role.WORKER: "Worker",
    Role.LINE_MANAGER: "Line manager",
    Role.AGENCY_ADMIN: "Agency administrator",
    Role.COORDINATOR: "Coordinator",
    Role.NATIONAL_COORDINATOR: "National coordinator",
    Role.SYSTEM_ADMIN: "System administrator",
    Role.PRIVACY_OFFICER: "Privacy officer",
}


class AgencyKind(Word):
    HOMELESS_SERVICE = "homeless_service", "Homeless service"
    DRUG_SERVICE = "drug_service", "Drug service"
    PRESCRIBING_CLINIC = "prescribing_clinic", "Prescribing clinic"
    COUNCIL_TEAM = "council_team", "Council team"
    SOCIAL_WORK = "social_work", "Social work"
    HOUSING = "housing", "Housing"
    PROBATION = "probation", "Probation"
    HEALTH = "health", "Health"
    VOLUNTARY = "voluntary", "Voluntary"
    COORDINATION = "coordination", "Coordination body"
    OTHER = "other", "Other"


class AreaKind(Word):
    LOCAL = "local", "Local task force"
    REGIONAL = "regional", "Regional task force"
    COUNCIL = "council", "Council area"


class LinkKind(Word):
    INVITE = "invite", "Invitation"
    RESET = "reset", "Password reset"


class DigestChoice(Word):
    AT_ONCE = "at_once", "Soon after each change"
    DAILY = "daily", "Once a working day"
    WEEKLY = "weekly", "Once a week, on Monday"
    NEVER = "never", "Never"


class CaseStatus(Word):
    ENQUIRY = "enquiry", "Enquiry"
    INITIAL_ASSESSMENT = "initial_assessment", "Initial assessment"
    ALLOCATION = "allocation", "Waiting for allocation"
    KEY_WORKING = "key_working", "Key working"
    CASE_MANAGED = "case_managed", "Case managed"
    TRANSFER_PENDING = "transfer_pending", "Transfer under way"
    CONTACT_LOST = "contact_lost", "Contact lost"
    CLOSING = "closing", "Closing"
    CLOSED_POSITIVE = "closed_positive", "Closed, goals reached"
    CLOSED_OTHER = "closed_other", "Closed"
    CLOSED_TRANSFERRED = "closed_transferred", "Closed, transferred"
    REFERRED_ON = "referred_on", "Referred on"


CLOSED = frozenset(
    {
        CaseStatus.CLOSED_POSITIVE,
        CaseStatus.CLOSED_OTHER,
        CaseStatus.CLOSED_TRANSFERRED,
        CaseStatus.REFERRED_ON,
    }
)


class AssignmentRole(Word):
    CASE_MANAGER = "case_manager", "Case manager"
    KEY_WORKER = "key_worker", "Key worker"
    SOCIAL_WORKER = "social_worker", "Social worker"


class NoteKind(Word):
    CONTACT = "contact", "Contact"
    OUTREACH = "outreach", "Outreach"
    ADVOCACY = "advocacy", "Advocacy"
    LIAISON = "liaison", "Liaison with another service"
    ENQUIRY = "enquiry", "Enquiry to another service"
    CRISIS = "crisis", "Crisis or hospital admission"
    MEETING = "meeting", "Meeting or visit"
    OTHER = "other", "Other"


class Sector(Word):
    """Whom a piece of liaison was with, for the filter over notes (S0-5)."""

    HOUSING = "housing", "Housing"
    HEALTH = "health", "Health"
    LEISURE = "leisure", "Leisure"
    EMPLOYMENT = "employment", "Employment and training"
    VOLUNTARY = "voluntary", "Voluntary sector"
    JUSTICE = "justice", "Courts and probation"
    WELFARE = "welfare", "Benefits and welfare"
    FAMILY = "family", "Family and friends"
    OTHER = "other", "Other"


class Closing(Word):
    """How an episode ends (C11)."""

    POSITIVE = "positive", "Goals reached"
    OTHER = "other", "Closed for another reason"
    TRANSFERRED = "transferred", "Another lead agency has taken over"
    REFERRED_ON = "referred_on", "Referred on to another service"


class RelativeRole(Word):
    CARER = "carer", "Carer"
    PARENT = "parent", "Parent"
    PARTNER = "partner", "Partner"
    CHILD = "child", "Child"
    SIBLING = "sibling", "Brother or sister"
    FRIEND = "friend", "Friend"
    ADVOCATE = "advocate", "Advocate"
    OTHER = "other", "Other"


class WarningKind(Word):
    SAFETY = "safety", "Safety of staff"
    HEALTH = "health", "Health alert"
    CONTACT = "contact", "How not to make contact"
    OTHER = "other", "Other"


class ConsentKind(Word):
    ENQUIRY_PERMISSION = "enquiry_permission", "Permission to ask"
    SERVICE_DELIVERY = "service_delivery", "Service delivery"
    INFORMATION_SHARING = "information_sharing", "Sharing the plan"


class ConsentStatus(Word):
    DRAFT = "draft", "Draft"
    EXPLAINED = "explained", "Talked through"
    ACTIVE = "active", "In force"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Ended"
    SUPERSEDED = "superseded", "Replaced"
    ENTERED_IN_ERROR = "entered_in_error", "Entered in error"


class ConsentMode(Word):
    WRITTEN = "written", "In writing, signed"
    VERBAL = "verbal", "Spoken; a signature follows"


class ConsentGiver(Word):
    PERSON = "person", "The person"
    REPRESENTATIVE = "representative", "A representative with authority"
    LACKS_CAPACITY = "lacks_capacity", "The person lacks capacity; a lawful ground is recorded"


class SharingDirection(Word):
    BOTH = "both", "Give and receive"
    GIVE = "give", "Give only"
    RECEIVE = "receive", "Receive only"


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


class Audience(Word):
    """Who an event of the case may be shown to, beside the case manager and the lead agency's manager."""

    LEAD = "lead", "Lead agency"
    PLAN = "plan", "Everyone with the full plan"
    AGENCY = "agency", "The lead agency and one agency"
    ACTION = "action", "Everyone who sees the action"
    ALL = "all", "Everyone in the plan"


class AuditAct(Word):
    READ = "read", "Looked"
    LISTED = "listed", "Seen in a list"
    SEARCHED = "searched", "Found by search"
    CHANGED = "changed", "Changed"
    REFUSED = "refused", "Refused"
    EXPORTED = "exported", "Exported"
    PRINTED = "printed", "Printed"
