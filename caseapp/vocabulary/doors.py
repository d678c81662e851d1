"""Doors of a case: named denial, requests for access, access in an emergency (X-7, X-8)."""

from caseapp.vocabulary.words import Word


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
