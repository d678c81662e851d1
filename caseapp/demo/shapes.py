"""What may stand in a world file, field by field. docs/developers/world-files.md says the same in prose; a test holds
the two together."""

from caseapp.demo.case_shapes import CASE
from caseapp.demo.door_shapes import DOORS
from caseapp.demo.gap_shapes import GAP
from caseapp.demo.grievance_shapes import GRIEVANCES
from caseapp.demo.look_shapes import LOOKS
from caseapp.demo.reading import (
    Shape,
    anything,
    day,
    each,
    inside,
    key,
    link,
    mapping,
    moment,
    number,
    one_of,
    text,
    yes_no,
)
from caseapp.demo.register_shapes import REGISTER
from caseapp.demo.rights_shapes import ASKED
from caseapp.demo.shared_shapes import BY, LONG
from caseapp.vocabulary import (
    AgencyKind,
    AreaKind,
    DigestChoice,
    ReadingPurpose,
    ReadingTarget,
    RelativeRole,
    WarningKind,
)

ROLES = (
    "worker",
    "line_manager",
    "agency_admin",
    "coordinator",
    "national_coordinator",
    "system_admin",
    "privacy_officer",
)

AREA = Shape("an area", key=key("areas"), name=text(120, needed=True), kind=one_of(AreaKind, needed=True))

CONTACT = Shape("a contact", name=text(120, needed=True), job=text(80), phone=text(80), email=text(254))

AGENCY = Shape(
    "an agency",
    key=key("agencies"),
    name=text(160, needed=True),
    short_name=text(60),
    kind=one_of(AgencyKind, needed=True),
    area=link("areas", needed=True),
    phone=text(80),
    email=text(254),
    address=text(),
    hours=text(80),
    website=text(),
    about=text(LONG),
    protocols_signed_on=day(),
    child_protection_undertaking_on=day(),
    checked_on=day(),
    active=yes_no(True),
    contacts=each(CONTACT),
    settings=mapping(),
)

USER = Shape(
    "a user",
    key=key("users"),
    agency=link("agencies", needed=True),
    name=text(120, needed=True),
    email=text(254, needed=True),
    password=text(128),
    roles=each(one_of(ROLES), needed=True),
    profession=text(80),
    phone=text(80),
    hours=text(80),
    line_manager=link("users"),
    areas=each(link("areas")),
    capacity=number(1, 200, default=100),
    digest=one_of(DigestChoice),
    created_at=moment(),
    looked_at=moment(),
    news_read_until=moment(),
    disabled=inside(Shape("a disabled account", **BY, reason=text(needed=True))),
)

RELATIVE = Shape(
    "a relative",
    **BY,
    name=text(120, needed=True),
    role=one_of(RelativeRole, needed=True),
    phone=text(80),
    engaged=yes_no(),
    may_be_told=text(),
    willing_and_able=text(),
    checked_on=day(),
)

WARNING = Shape(
    "a warning",
    **BY,
    kind=one_of(WarningKind, needed=True),
    text=text(needed=True),
    review_on=day(),
    told_person=yes_no(),
)

IDENTIFIER = Shape("an identifier", scheme=text(40, needed=True), value=text(80, needed=True))

PERSON = Shape(
    "a person",
    key=key("people"),
    given_name=text(120),
    family_name=text(120),
    known_as=text(120),
    born_on=day(),
    born_approximate=yes_no(),
    phone=text(80),
    email=text(254),
    address=text(),
    safe_contact=text(),
    language=text(80),
    interpreter=yes_no(),
    access_needs=text(),
    needs=text(LONG),
    preferences=text(LONG),
    died_on=day(),
    registered_by=link("users", needed=True),
    registered_at=moment(),
    relatives=each(RELATIVE),
    warnings=each(WARNING),
    identifiers=each(IDENTIFIER),
)

READING = Shape(
    "a reading",
    do=one_of(("ask", "read", "publish", "set", "start", "waive"), needed=True),
    by=link("users", needed=True),
    at=moment(needed=True),
    of=one_of((ReadingTarget.AGENCY, ReadingTarget.TEAM, ReadingTarget.PERSON)),
    user=link("users"),
    set=text(120),
    chapters=each(text(12, needed=True)),
    due=day(),
    due_days=number(1, 730),
    purpose=one_of(ReadingPurpose),
    reason=text(),
    comment=text(LONG),
)

WORLD = Shape(
    "a world",
    caseapp_world=anything(),
    name=text(120),
    about=text(LONG),
    demo=yes_no(True),
    password=text(128),
    calendar=one_of(("IE", "UK"), default="IE"),
    areas=each(AREA),
    agencies=each(AGENCY),
    users=each(USER),
    people=each(PERSON),
    cases=each(CASE),
    gaps=each(GAP),
    register=inside(REGISTER),
    grievances=inside(GRIEVANCES),
    reading=each(READING),
    looking=inside(LOOKS),
    doors=inside(DOORS),
    asked=each(ASKED),
)
