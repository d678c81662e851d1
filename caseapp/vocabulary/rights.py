"""Rights of the person (X-5, X-9, X-12)."""

from caseapp.vocabulary.words import Word


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
