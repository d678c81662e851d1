"""Case meetings (B7, C8)."""

from caseapp.vocabulary.words import Word


class MeetingKind(Word):
    """What a meeting is for (B7, S2-20). All but the last two belong to a case and are called by who holds its plan."""

    CASE_MEETING = "case_meeting", "Case meeting"
    REVIEW = "review", "Review of the plan"
    LEAD_AGENCY = "lead_agency", "Meeting about the lead agency"
    HANDOVER = "handover", "Handover meeting"
    EXIT = "exit", "Exit meeting"
    #: Statutory: only social work calls it (S2-20).
    CONFERENCE = "conference", "Case conference (statutory)"
    #: Of a coordinator with agencies; about no case and no plan.
    GROUP = "group", "Group meeting"


class MeetingTrigger(Word):
    """Why a case meeting is called: five that make it mandatory (S2-35), and one that only makes it useful (S2-26)."""

    NO_LEAD = "no_lead", "The agencies do not agree who leads"
    UNMET_NEEDS = "unmet_needs", "Needs are not met and nothing in the plan meets them"
    UNCLEAR = "unclear", "Agencies understand their part differently, or it is not clear who is involved"
    SEVERAL = "several", "Several agencies are involved and one meeting saves many calls"
    EXCLUDED = "excluded", "The person has been excluded from the case manager’s service"
    USEFUL = "useful", "None of these, but a meeting is feasible and useful"


MANDATORY_TRIGGERS = frozenset(MeetingTrigger) - {MeetingTrigger.USEFUL}


class MeetingStatus(Word):
    """C8. Begun and not yet closed is HELD; closed, with its minutes being written, is MINUTES_DRAFT."""

    PROPOSED = "proposed", "Proposed"
    REFUSED = "refused", "Not agreed"
    APPROVED = "approved", "Agreed, no day yet"
    SCHEDULED = "scheduled", "Arranged"
    POSTPONED = "postponed", "Put off, no new day yet"
    CANCELLED = "cancelled", "Called off"
    NOT_CONVENED = "not_convened", "Could not be brought about"
    HELD = "held", "In session"
    MINUTES_DRAFT = "minutes_draft", "Held, minutes being written"
    ISSUED = "issued", "Minutes issued"
    AMENDED = "amended", "Minutes issued and amended"


#: Invitations are out: from here on an invited agency sees the meeting.
CALLED_MEETINGS = frozenset(
    {
        MeetingStatus.SCHEDULED,
        MeetingStatus.POSTPONED,
        MeetingStatus.CANCELLED,
        MeetingStatus.HELD,
        MeetingStatus.MINUTES_DRAFT,
        MeetingStatus.ISSUED,
        MeetingStatus.AMENDED,
    }
)
#: It has taken place.
HELD_MEETINGS = frozenset(
    {MeetingStatus.HELD, MeetingStatus.MINUTES_DRAFT, MeetingStatus.ISSUED, MeetingStatus.AMENDED}
)
#: It may still take place.
COMING_MEETINGS = frozenset(
    {MeetingStatus.PROPOSED, MeetingStatus.APPROVED, MeetingStatus.SCHEDULED, MeetingStatus.POSTPONED}
)


class AttendeeKind(Word):
    AGENCY = "agency", "For an agency"
    PERSON = "person", "The person"
    SUPPORTER = "supporter", "Beside the person"
    #: Without an account and without an agency here.
    GUEST = "guest", "Guest"


class Answer(Word):
    """What an agency said to its invitation (C8). What it then did (report, call, presence) stands in its own columns."""

    INVITED = "invited", "No answer yet"
    ASKING = "asking", "Permission asked of the manager"
    COMING = "coming", "Coming"
    SUBSTITUTE = "substitute", "Somebody else comes"
    DECLINED = "declined", "Not coming"


class Presence(Word):
    THERE = "there", "There"
    BY_PHONE = "by_phone", "There by phone or video"
    ABSENT = "absent", "Not there"


class PointSource(Word):
    """Where a point of the agenda comes from; all but OWN are found in the plan or the invitations."""

    REMINDER = "reminder", "Welcome and confidentiality"
    APOLOGIES = "apologies", "Apologies and reports"
    PERSON = "person", "The person’s view"
    MINUTES = "minutes", "Minutes of the last meeting"
    LEAD = "lead", "Who leads"
    GOAL = "goal", "Goal"
    NEED = "need", "Need without actions"
    ISSUE = "issue", "Issue without an answer"
    BARRIER = "barrier", "Gap or block"
    CONSENT = "consent", "Consent"
    CARRIED = "carried", "From the last meeting"
    OWN = "own", "Added point"
    SUMMARY = "summary", "Who does what by when"
    REVIEW = "review", "Next review"


class ChangeKind(Word):
    """What a decision changes in the plan, kept as a draft until the minutes are issued."""

    ACTION_CHANGED = "action_changed", "Action changed"
    ACTION_ADDED = "action_added", "Action added"
    GOAL_ADDED = "goal_added", "Goal added"
    GOAL_CHANGED = "goal_changed", "Goal changed"
    NEXT_REVIEW = "next_review", "Next review"


class Standpoint(Word):
    """Where somebody stands on a decision."""

    AGREES = "agrees", "Agrees"
    DISAGREES = "disagrees", "Does not agree"
    ABSTAINS = "abstains", "Says neither"
