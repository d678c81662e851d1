"""What a world file says of what people asked to be told; docs/developers/world-files.md says the same in prose."""

from caseapp.demo.reading import Shape, day, link, moment, one_of, text
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import AskedHow

ASKED = Shape(
    "a person asks for what is kept about them",
    by=link("users", needed=True),
    at=moment(needed=True),
    case=link("cases", needed=True),
    how=one_of(AskedHow, needed=True),
    received_on=day(),
    words=text(LONG),
    through=text(),
    answer_how=text(),
    identity_how=text(),
    identity_on=day(),
)
