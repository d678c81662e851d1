"""Cases, people and notes."""

from caseapp.vocabulary.words import Word


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
