"""What a world file says of the doors of cases; docs/developers/world-files.md says the same in prose."""

from caseapp.demo.reading import Shape, day, each, inside, link, moment, one_of, text
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import DenialGround, EmergencyOutcome, EmergencyReason

RIGHT = Shape(
    "who may use emergency access",
    by=link("users", needed=True),
    at=moment(needed=True),
    user=link("users", needed=True),
    reason=text(needed=True),
)

DENIAL = Shape(
    "somebody who may not know of a case",
    by=link("users", needed=True),
    at=moment(needed=True),
    case=link("cases", needed=True),
    user=link("users", needed=True),
    ground=one_of(DenialGround, needed=True),
    reason=text(LONG, needed=True),
)

REQUEST = Shape(
    "a request for access",
    by=link("users", needed=True),
    at=moment(needed=True),
    case=link("cases", needed=True),
    purpose=text(LONG, needed=True),
    needed_until=day(needed=True),
    permission=text(),
)

FOUND = Shape(
    "the review of an emergency access",
    by=link("users", needed=True),
    at=moment(needed=True),
    outcome=one_of(EmergencyOutcome, needed=True),
    text=text(LONG, needed=True),
)

OPENED = Shape(
    "a record opened in an emergency",
    by=link("users", needed=True),
    at=moment(needed=True),
    case=link("cases", needed=True),
    kind=one_of(EmergencyReason, needed=True),
    reason=text(LONG, needed=True),
    review=inside(FOUND),
)

DOORS = Shape(
    "doors of cases",
    rights=each(RIGHT),
    denials=each(DENIAL),
    requests=each(REQUEST),
    emergencies=each(OPENED),
)
