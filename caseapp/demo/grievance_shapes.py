"""What a world file says of grievances; docs/developers/world-files.md says the same in prose."""

from caseapp.demo.reading import Shape, day, each, link, moment, one_of, text
from caseapp.demo.shared_shapes import LONG

BETWEEN_STEP = Shape(
    "a step of a grievance between agencies",
    do=one_of(("talked", "answer", "procedure", "settled", "not_settled", "withdrawn"), needed=True),
    by=link("users", needed=True),
    at=moment(needed=True),
    on=day(),
    text=text(LONG, needed=True),
)

BETWEEN = Shape(
    "a grievance between agencies",
    by=link("users", needed=True),
    at=moment(needed=True),
    about=link("agencies", needed=True),
    title=text(needed=True),
    what=text(LONG, needed=True),
    wanted=text(LONG),
    happened_on=day(),
    steps=each(BETWEEN_STEP),
)

PERSON_STEP = Shape(
    "a step of a person’s grievance",
    do=one_of(("answer", "content", "not_content", "withdrawn"), needed=True),
    by=link("users", needed=True),
    at=moment(needed=True),
    told_on=day(),
    text=text(LONG, needed=True),
)

OF_PERSON = Shape(
    "a person’s grievance",
    case=link("cases", needed=True),
    by=link("users", needed=True),
    at=moment(needed=True),
    about=link("agencies", needed=True),
    about_worker=link("users"),
    words=text(LONG, needed=True),
    wanted=text(LONG),
    answer_how=text(),
    helper=text(120),
    received_on=day(),
    steps=each(PERSON_STEP),
)

GRIEVANCES = Shape("the grievances", between=each(BETWEEN), of_persons=each(OF_PERSON))
