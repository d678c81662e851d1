"""What a world file says of the register and the group's agendas; docs/developers/world-files.md says the same in prose."""

from caseapp.demo.meeting_shapes import GUEST, hour
from caseapp.demo.reading import Shape, day, each, inside, link, moment, one_of, text
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import EscalationState

ENTRY = Shape(
    "an entry of the register",
    title=text(needed=True),
    by=link("users", needed=True),
    at=moment(needed=True),
    gaps=each(link("gaps", needed=True)),
    theme=text(80),
    asked=text(LONG),
    answered=text(LONG),
    state=one_of(EscalationState),
)

DECISION = Shape(
    "a decision of the group",
    gap=link("gaps", needed=True),
    at=moment(needed=True),
    text=text(LONG, needed=True),
    minute=text(40),
)

CALLED = Shape(
    "the group called together",
    at=moment(needed=True),
    title=text(needed=True),
    aim=text(LONG),
    starts=hour(needed=True),
    ends=hour(),
    guests=each(GUEST),
    coming=each(link("users")),
)

AGENDA = Shape(
    "an agenda of the group",
    by=link("users", needed=True),
    at=moment(needed=True),
    area=link("areas", needed=True),
    held_on=day(needed=True),
    place=text(),
    gaps=each(link("gaps", needed=True)),
    decisions=each(DECISION),
    called=inside(CALLED),
    closed_at=moment(),
)

EDITION = Shape("an edition of the register", by=link("users", needed=True), at=moment(needed=True))

REGISTER = Shape("the register", entries=each(ENTRY), agendas=each(AGENDA), editions=each(EDITION))
