"""What may stand in a world file about a meeting: proposed, agreed, arranged, answered, held."""

from datetime import time

from caseapp.demo.reading import Field, Shape, day, each, inside, link, moment, one_of, text
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import Answer, MeetingKind, MeetingTrigger


def hour(*, needed=False) -> Field:
    """A time of day on the local clock, "10:00"."""

    def read(raw, path, reader):
        try:
            return time.fromisoformat(raw)
        except (TypeError, ValueError):
            reader.fault(path, 'write a time as "10:00"')

    return Field(read, needed)


GUEST = Shape("a guest", agency=link("agencies", needed=True), user=link("users"))

ANSWER = Shape(
    "an answer to an invitation",
    by=link("users", needed=True),
    at=moment(needed=True),
    answer=one_of(Answer, default=Answer.COMING),
    note=text(),
    substitute=link("users"),
    handover_on=day(),
    handover_note=text(LONG),
    contribution=text(LONG),
    issues=text(LONG),
    proposals=text(LONG),
    availability=text(),
    call_at=moment(),
    call_note=text(LONG),
)

#: What a decision does to the plan: a new day for an action that has a key, or an action that is added to a goal.
DECISION = Shape(
    "a decision",
    text=text(LONG, needed=True),
    reason=text(LONG),
    action=text(60),
    due_on=day(),
    goal=text(60),
    what=text(),
    agency=link("agencies"),
    agreed_by=each(link("users")),
)

MEETING = Shape(
    "a meeting",
    by=link("users", needed=True),
    at=moment(needed=True),
    kind=one_of(MeetingKind, default=MeetingKind.CASE_MEETING),
    triggers=each(one_of(MeetingTrigger)),
    note=text(LONG),
    aim=text(LONG, needed=True),
    why_not_phone=text(LONG),
    agreed=inside(
        Shape("an agreement", by=link("users", needed=True), at=moment(needed=True), note=text(LONG))
    ),
    arranged=inside(
        Shape(
            "arrangements",
            at=moment(needed=True),
            on=day(needed=True),
            starts=hour(needed=True),
            ends=hour(),
            place=text(),
            link=text(),
            message=text(LONG),
            chair=link("users", needed=True),
            minutes_by=link("users"),
            person_invited_on=day(),
            person_invited_how=text(),
            guests=each(GUEST),
        )
    ),
    answers=each(ANSWER),
    held=inside(
        Shape(
            "a meeting as it was held",
            begun_at=moment(needed=True),
            closed_at=moment(needed=True),
            issued_at=moment(),
            persons_view=text(LONG),
            not_agreed=text(LONG),
            there=each(link("users")),
            decisions=each(DECISION),
        )
    ),
)
