"""What a world file says of who looked at which records; docs/developers/world-files.md says the same in prose."""

from caseapp.demo.reading import Shape, each, link, moment, number, one_of, text
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import FindingKind, FindingOutcome

LOOK = Shape(
    "looking at records",
    by=link("users", needed=True),
    at=moment(needed=True),
    cases=each(link("cases", needed=True)),
    every=number(1, 240, default=6),
    days=number(0, 60, default=0),
)

CLOSED = Shape(
    "unusual reading that was looked into",
    by=link("users", needed=True),
    at=moment(needed=True),
    user=link("users", needed=True),
    kind=one_of(FindingKind, needed=True),
    outcome=one_of(FindingOutcome),
    text=text(LONG, needed=True),
)

LOOKS = Shape("who looked", records=each(LOOK), findings=each(CLOSED))
