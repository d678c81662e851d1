"""What may stand in a world file about handing a case over to another lead agency."""

from caseapp.demo.reading import Shape, day, each, link, moment, one_of, text, yes_no
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import TransferKeeps, TransferReason

#: What can happen to a transfer; who may do it is for the use cases to say.
STEPS = (
    "tell",
    "ask",
    "accept",
    "decline",
    "consent",
    "arrange",
    "write",
    "hand_over",
    "review",
    "take_over",
    "no_service",
    "end",
)

STEP = Shape(
    "a step of a transfer",
    do=one_of(STEPS, needed=True),
    by=link("users"),
    at=moment(needed=True),
    #: of a question and its answer
    agency=link("agencies"),
    words=text(LONG),
    worker=link("users"),
    #: of what the person was told, and agreed to
    who_now=text(LONG),
    plan_goes_on=text(LONG),
    who_after=text(LONG),
    persons_view=text(LONG),
    on=day(),
    expires_on=day(),
    keeps=one_of(TransferKeeps, default=TransferKeeps.NOTHING),
    keeps_until=day(),
    #: of the handover form
    summary=text(LONG),
    chronology=text(LONG),
    works=text(LONG),
    risks=text(LONG),
    next_weeks=text(LONG),
    attendees=text(LONG),
    reassess=yes_no(),
    reassess_why=text(),
    notes_from=day(),
    #: of a service that was not found
    domain=text(40),
    title=text(),
    service=text(160),
    effect=text(LONG),
    wanted=text(LONG),
)

TRANSFER = Shape(
    "a transfer",
    by=link("users", needed=True),
    at=moment(needed=True),
    reason=one_of(TransferReason, needed=True),
    why=text(LONG, needed=True),
    excluded_on=day(),
    persons_view=text(LONG),
    steps=each(STEP),
)
