"""What may stand in a world file about what is kept apart from a case, and about disclosures without consent."""

from caseapp.demo.reading import Shape, day, each, inside, link, moment, one_of, text, yes_no
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import DisclosureHow, DisclosureTold, RestrictedKind

KEPT_APART = Shape(
    "something kept apart",
    by=link("users", needed=True),
    at=moment(needed=True),
    kind=one_of(RestrictedKind, needed=True),
    given_by=text(200, needed=True),
    received_on=day(needed=True),
    text=text(LONG, needed=True),
    why=text(LONG, needed=True),
    known_to=text(LONG),
    third_party=yes_no(),
    narrow=yes_no(),
    readers=each(link("users")),
)

READER = Shape(
    "a reader of what is kept apart",
    by=link("users", needed=True),
    at=moment(needed=True),
    user=link("users", needed=True),
    reason=text(LONG, needed=True),
    until_on=day(),
    ended=inside(Shape("an end", at=moment(needed=True), reason=text(LONG, needed=True))),
)

DISCLOSURE = Shape(
    "a disclosure without consent",
    by=link("users", needed=True),
    at=moment(needed=True),
    ground=text(60, needed=True),
    ground_note=text(),
    child_protection=yes_no(),
    recipient_name=text(160, needed=True),
    recipient_office=text(200, needed=True),
    their_reference=text(80),
    categories=each(text(40)),
    text=text(LONG, needed=True),
    disclosed_at=moment(needed=True),
    how=one_of(DisclosureHow, needed=True),
    told=one_of(DisclosureTold, needed=True),
    told_on=day(),
    not_told_reason=text(LONG),
    decided_by=text(160, needed=True),
    withheld_until=day(),
    withheld_reason=text(LONG),
    seen=inside(
        Shape("an acknowledgement", by=link("users", needed=True), at=moment(needed=True), note=text(LONG))
    ),
)
