"""The privacy officer: what was unusual, and what came of it (X-7, X-13)."""

from caseapp.vocabulary.words import Word


class FindingKind(Word):
    """A rule by which reading is called unusual; services.unusual_rules says each in full."""

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
