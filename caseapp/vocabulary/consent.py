"""Consent (C3, B3)."""

from caseapp.vocabulary.words import Word


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
