"""The words of the field, as enums: the value is stored, the label is shown (spec: glossary E, states C1-C14)."""

from enum import IntEnum, IntFlag, StrEnum


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
    SIGNED_IN = "signed_in", "Signed in"
    SIGNED_OUT = "signed_out", "Signed out"
    #: A letter or a mail went out.
    SENT = "sent", "Sent"
    EMERGENCY = "emergency", "Opened in an emergency"
    DISCLOSED = "disclosed", "Disclosed"


# --- procedures and reading confirmation (B11, C12) -------------------------------------------------------------


class PracticeArea(Word):
    RIGHTS = "rights", "Consent, confidentiality and rights"
    FIRST_CONTACT = "first_contact", "First contact and referral"
    ASSESSMENT = "assessment", "Assessment"
    PLANNING = "planning", "Planning and key working"
    TOGETHER = "together", "Working together"
    SAFETY = "safety", "Safety and safeguarding"
    MOVING_ON = "moving_on", "Reviews, transfer and closing"
    RECORDS = "records", "Records and information"
    STAFF = "staff", "Staff and supervision"


class ChapterForm(Word):
    TEXT = "text", "Text written here"
    FILE = "file", "An attached file"
    LINK = "link", "A page elsewhere"


class ChapterChange(Word):
    """What a new version asks of those who confirmed the one before (X-14)."""

    FIRST = "first", "First version"
    MINOR = "minor", "Minor edit"
    READ_AGAIN = "read_again", "Must be read again"


class ReadingPurpose(Word):
    """S0-32."""

    INDUCTION = "induction", "Induction"
    SUPERVISION = "supervision", "Supervision"
    CPD = "cpd", "Learning (CPD)"
    TEAM_DISCUSSION = "team_discussion", "Team discussion"
    OTHER = "other", "Something else"


class ConfirmationKind(Word):
    READ = "read", "Read"
    MISTAKE = "mistake", "Entered by mistake"


class ReadingTarget(Word):
    """Whom an assignment of reading meets."""

    AGENCY = "agency", "Everybody in the agency"
    ROLE = "role", "Everybody with a role"
    PROFESSION = "profession", "Everybody of a profession"
    TEAM = "team", "The team of a line manager"
    PERSON = "person", "One person"


class TextSize(Word):
    NORMAL = "normal", "Normal text"
    LARGE = "large", "Larger text"
    LARGEST = "largest", "Largest text"


class PageTint(Word):
    """The colour behind the text, for readers whom black on white tires (X-15)."""

    PAPER = "paper", "As usual"
    CREAM = "cream", "Cream"
    BLUE = "blue", "Pale blue"
    GREEN = "green", "Pale green"
    ROSE = "rose", "Rose"


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


# --- gaps and blocks (C9, B5) and grievances ---------------------------------------------------------------------


class Rung(IntEnum):
    """A level of the ladder, lowest first: comparing two tells which is higher (S3-71 … S3-75)."""

    WORKER = 1
    MANAGER = 2
    COORDINATOR = 3
    GROUP = 4
    NATIONAL = 5

    @property
    def label(self):
        return RUNG_LABELS[self]

    @property
    def above(self):
        """The next rung, None above the national coordinator. There is no other way up: no skipping."""
        return None if self is Rung.NATIONAL else Rung(self + 1)

    @property
    def below(self):
        return None if self is Rung.WORKER else Rung(self - 1)


RUNG_LABELS = {
    Rung.WORKER: "Worker",
    Rung.MANAGER: "Manager",
    Rung.COORDINATOR: "Coordinator",
    Rung.GROUP: "Treatment and rehabilitation group",
    Rung.NATIONAL: "National coordinator",
}


class EscalationKind(Word):
    GAP = "gap", "Gap: the service is missing"
    BLOCK = "block", "Block: the service exists, access is refused or delayed"

    @property
    def short(self):
        return "Gap" if self is EscalationKind.GAP else "Block"


class EscalationState(Word):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    PARTLY = "partly", "Resolved in part"
    NOT_RESOLVED = "not_resolved", "Not resolved"
    WITHDRAWN = "withdrawn", "Withdrawn"


class StepAct(Word):
    """What happened on the ladder, one line of its log."""

    RAISED = "raised", "Raised it"
    COLLEAGUES_ASKED = "colleagues_asked", "Asked colleagues"
    COLLEAGUE_ADVISED = "colleague_advised", "A colleague advised"
    SENT = "sent", "Sent it to the manager"
    ACCEPTED = "accepted", "Took it on"
    ADVISED = "advised", "Gave advice"
    ASKED_BACK = "asked_back", "Asked back"
    ANSWERED_BACK = "answered_back", "Answered the question"
    PASSED_UP = "passed_up", "Passed it up"
    CONSULTED = "consulted", "Was consulted"
    TAKEN_BACK = "taken_back", "Took it back"
    CLOSED = "closed", "Closed it"
    REOPENED = "reopened", "Opened it again"
    WITHDRAWN = "withdrawn", "Withdrew it"
    JOINED = "joined", "Joined"
    PARTED = "parted", "Taken out of a joining"
    PAUSED = "paused", "Stopped the clock"
    RESUMED = "resumed", "Let the clock run again"
    REMINDED = "reminded", "Reminder sent"
    ROSE = "rose", "Shown to the next level"
    HANDED_ON = "handed_on", "Handed on at the same level"
    URGENT = "urgent", "Marked urgent"
    IDENTITY_GIVEN = "identity_given", "The person agreed to be named"
    IDENTITY_ENDED = "identity_ended", "The person is no longer named"
    CASE_ENDED = "case_ended", "The case closed; goes on as a service gap"
    THEMED = "themed", "Given a theme"
    REPLIED = "replied", "Reply to all who raised it"
    GROUP_DECIDED = "group_decided", "Decided in the group"


class GapScope(Word):
    """How wide a gap is (B5)."""

    MICRO = "micro", "One person or one worker"
    MEZZO = "mezzo", "One agency or area"
    MACRO = "macro", "The whole country, or policy"


class ProviderGrievanceStage(Word):
    """Dissatisfaction between agencies (S2-23): the managers talk, then the provider grievance procedure."""

    MANAGERS_TALK = "managers_talk", "The managers talk"
    PROCEDURE = "procedure", "Provider grievance procedure"
    SETTLED = "settled", "Settled"
    NOT_SETTLED = "not_settled", "Ended, not settled"
    WITHDRAWN = "withdrawn", "Withdrawn"


class PersonGrievanceStage(Word):
    RECEIVED = "received", "Received"
    LOOKED_INTO = "looked_into", "Being looked into"
    ANSWERED = "answered", "Answered"
    APPEALED = "appealed", "The person was not content; looked at again"
    ENDED = "ended", "Ended"
    WITHDRAWN = "withdrawn", "Withdrawn by the person"


class GrievanceAct(Word):
    """One line in the record of a grievance, of either kind."""

    RAISED = "raised", "Raised"
    TALKED = "talked", "The managers talked"
    ANSWERED = "answered", "Answered"
    MOVED = "moved", "Taken to the provider grievance procedure"
    NOTED = "noted", "Noted"
    APPEALED = "appealed", "Asked to be looked at again"
    SETTLED = "settled", "Settled"
    ENDED = "ended", "Ended"
    WITHDRAWN = "withdrawn", "Withdrawn"


# --- rights of the person (X-5, X-9, X-12) ---------------------------------------------------------------------


class AskedHow(Word):
    """How the person asked for what is kept about them; no form is needed (GDPR art. 12)."""

    SPOKEN = "spoken", "Spoken, here"
    PHONE = "phone", "By phone"
    LETTER = "letter", "By letter"
    EMAIL = "email", "By e-mail"
    THROUGH = "through", "Through somebody who may speak for them"


class AccessStage(Word):
    RECEIVED = "received", "Received"
    REVIEW = "review", "Being looked through"
    MADE = "made", "Pack made"
    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn by the person"


#: What still wants an answer, and so has a day by which it can be late.
OPEN_ACCESS = (AccessStage.RECEIVED, AccessStage.REVIEW, AccessStage.MADE)


class AccessAct(Word):
    """One line in the record of an access request."""

    RECEIVED = "received", "Received"
    IDENTITY = "identity", "Identity checked"
    EXTENDED = "extended", "More time taken, and the person told"
    GATHERED = "gathered", "Gathered what is held"
    DECIDED = "decided", "Looked through"
    MADE = "made", "Pack made"
    TAKEN = "taken", "Pack taken out"
    ANSWERED = "answered", "Given to the person"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn by the person"
    NOTED = "noted", "Noted"


class ItemDecision(Word):
    WAITING = "waiting", "To be looked at"
    GIVEN = "given", "Given"
    WITHHELD = "withheld", "Withheld"


class WithholdGround(Word):
    """The legal reasons for which something is not given to the person; which one is said in the pack."""

    THIRD_PARTY = "third_party", "It would do harm to the rights of somebody else (GDPR art. 15(4))"
    SERIOUS_HARM = (
        "serious_harm",
        "It would be likely to cause serious harm to somebody’s health (Data Protection Act 2018, s. 60)",
    )
    CHILD_PROTECTION = (
        "child_protection",
        "Information given for the protection of a child, that may not be passed on (Children First Act 2015, s. 17)",
    )
    LEGAL_ADVICE = "legal_advice", "Legal advice, or made for a court case (Data Protection Act 2018, s. 162)"
    INVESTIGATION = "investigation", "It would hinder the finding or prosecution of an offence (s. 41, 60)"


class CorrectionOf(Word):
    """What of the record the person adds to or disagrees with (art. 16)."""

    RECORD = "record", "The record as a whole"
    PERSON = "person", "What is kept of the person themself"
    NOTE = "note", "A note"
    NEED = "need", "A need"
    PLAN = "plan", "The plan"
    GOAL = "goal", "A goal"
    ACTION = "action", "An action"
    MINUTES = "minutes", "The minutes of a meeting"


class HoldGround(Word):
    CLAIM = "claim", "A legal claim is made or expected"
    INQUIRY = "inquiry", "An inquiry, inspection or investigation"
    COURT = "court", "A court order"
    COMPLAINT = "complaint", "A complaint is open"
    WISH = "wish", "The person asked for the record to be kept (art. 18)"


class RetentionRule(Word):
    """Which of an agency's settings says how long a record is kept (X-9)."""

    CARE = "care", "After the end of care"
    CONTACT = "contact", "A contact, and no case"


class RetentionDecision(Word):
    WAITING = "waiting", "To be decided"
    KEEP = "keep", "Kept longer"
    DISPOSE = "dispose", "To be disposed of"
    DISPOSED = "disposed", "Disposed of"
    LAPSED = "lapsed", "No longer due"


# --- kept apart, and told without consent (X-6, S2-43) ---------------------------------------------------------------


class RestrictedKind(Word):
    CHILD_PROTECTION = "child_protection", "Child protection or welfare"
    SOCIAL_WORK = "social_work", "Given by social work in confidence"
    CONFERENCE = "conference", "From a statutory conference"
    THIRD_PARTY = "third_party", "About somebody else, or from them"
    OTHER = "other", "Something else to be kept apart"


class DisclosureHow(Word):
    PHONE = "phone", "By phone"
    IN_PERSON = "in_person", "In person"
    PORTAL = "portal", "Through their own portal or form"
    SECURE_MAIL = "secure_mail", "By encrypted mail"
    LETTER = "letter", "By letter"
    INSPECTION = "inspection", "They looked at the record here"


class DisclosureTold(Word):
    BEFORE = "before", "Yes, before"
    AFTER = "after", "Yes, afterwards"
    NOT = "not", "No"


class DisclosureAct(Word):
    RECORDED = "recorded", "Recorded"
    SEEN = "seen", "Acknowledged by the line manager"
    WITHHELD = "withheld", "Kept from the person’s copy"
    LIFTED = "lifted", "No longer kept from the person’s copy"
    TOLD = "told", "The person was told"


# --- the privacy officer: what was unusual, and what came of it (X-7, X-13) -------------------------------------------


class FindingKind(Word):
    """A rule by which reading is called unusual; queries.unusual_rules says each in full."""

    AT_ONCE = "at_once", "Many records at once"
    MANY = "many", "More records than usual"
    OWN_NAME = "own_name", "Somebody near to them"
    OUT_OF_HOURS = "out_of_hours", "Out of hours"
    CLOSED = "closed", "Records of closed cases"
    REFUSED = "refused", "Refused again and again"
    NO_ACT = "no_act", "Read, and nothing done"


class FindingOutcome(Word):
    EXPLAINED = "explained", "Explained: it belonged to the work"
    SPOKEN_TO = "spoken_to", "Not needed for the work: spoken to"
    BREACH = "breach", "A breach of personal data"


class FindingStepKind(Word):
    FOUND = "found", "Found"
    NOTED = "noted", "Noted"
    CLOSED = "closed", "Closed"
    REOPENED = "reopened", "Opened again"


# --- doors of a case: named denial, requests for access, access in an emergency (X-7, X-8) ---------------------------


class DenialGround(Word):
    """Why somebody may not know of a person."""

    FAMILY = "family", "Family of the person"
    FORMER_PARTNER = "former_partner", "Partner or former partner"
    NEAR = "near", "Friend or neighbour"
    PERSONS_WISH = "persons_wish", "The person wishes it"
    OTHER = "other", "Something else"


class DenialAct(Word):
    SET = "set", "Recorded"
    KEPT = "kept", "Looked at again: still needed"
    ENDED = "ended", "Ended"


class RequestOutcome(Word):
    GRANTED = "granted", "Let in"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Taken back"


class EmergencyReason(Word):
    LIFE = "life", "Danger to the person’s life or health"
    OTHERS = "others", "Danger to somebody else"
    OVERDOSE = "overdose", "Overdose or poisoning"
    MISSING = "missing", "The person is missing and at risk"
    CARE = "care", "Urgent care where the person cannot say what is needed"


class EmergencyOutcome(Word):
    JUSTIFIED = "justified", "Justified"
    NOT_JUSTIFIED = "not_justified", "Not justified"
