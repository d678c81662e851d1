"""What a meeting decided, as it is typed or recorded, with who agreed and what it would change. Read by
those who run it (the guard of every page that asks has seen to that)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select

from caseapp.extensions import read
from caseapp.models import DecisionView, Goal, MeetingChange, MeetingDecision
from caseapp.policy.meetings import MeetingFile
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import ChangeKind, Standpoint


class Stand(NamedTuple):
    """Where one place at the table stands on a decision."""

    attendee_id: int
    stands: Standpoint
    words: str


@dataclass(slots=True)
class Decision:
    """A decision as it is typed or recorded. `number` counts the recorded ones; None while it is only typed. How many
    agreed and how many did not is always known; `views`, `content`, `base` and `first` only of `decisions`."""

    id: int
    point_key: str
    action_id: int | None
    goal_id: int | None
    goal_number: int | None
    domain: str | None
    text: str
    reason: str
    for_all: bool
    for_agency_id: int | None
    apart_id: int | None
    to_gaps: bool
    made_at: datetime
    recorded_at: datetime | None
    dropped_at: datetime | None
    version: int
    agreed: int = 0
    opposed: int = 0
    number: int | None = None
    views: tuple[Stand, ...] = ()
    change_id: int | None = None
    kind: ChangeKind | None = None
    content: Any = None
    base_version: int = 0
    base: Any = None
    saved_at: datetime | None = None
    first: Any = None

    @property
    def agrees(self) -> set[int]:
        return {one.attendee_id for one in self.views if one.stands is Standpoint.AGREES}

    @property
    def disagrees(self) -> set[int]:
        return {one.attendee_id for one in self.views if one.stands is Standpoint.DISAGREES}

    @property
    def against(self) -> str:
        return next((one.words for one in self.views if one.stands is Standpoint.DISAGREES), "")

    @property
    def do(self) -> str:
        return (self.content or {}).get("do", "")


def _how_many(stands: Standpoint):
    return (
        select(func.count())
        .where(DecisionView.decision_id == MeetingDecision.id, DecisionView.stands == stands)
        .correlate(MeetingDecision)
        .scalar_subquery()
    )


_OWN = (
    MeetingDecision.id,
    MeetingDecision.point_key,
    MeetingDecision.action_id,
    MeetingDecision.goal_id,
    Goal.number,
    Goal.domain,
    MeetingDecision.text,
    MeetingDecision.reason,
    MeetingDecision.for_all,
    MeetingDecision.for_agency_id,
    MeetingDecision.apart_id,
    MeetingDecision.to_gaps,
    MeetingDecision.made_at,
    MeetingDecision.recorded_at,
    MeetingDecision.dropped_at,
    MeetingDecision.version,
    _how_many(Standpoint.AGREES),
    _how_many(Standpoint.DISAGREES),
)
#: What it would change in the plan: one draft, or two where it makes a goal with its first action.
_CHANGE = (
    MeetingChange.id,
    MeetingChange.new_goal_id,
    MeetingChange.kind,
    MeetingChange.base_version,
    MeetingChange.saved_at,
)


def _decided(*more):
    return (
        select(*_OWN, *_CHANGE, *more)
        .outerjoin(Goal, Goal.id == MeetingDecision.goal_id)
        .outerjoin(
            MeetingChange,
            and_(MeetingChange.decision_id == MeetingDecision.id, MeetingChange.dropped_at.is_(None)),
        )
        .where(MeetingDecision.meeting_id == MEETING_ID)
        .order_by(
            MeetingDecision.recorded_at.is_(None),
            MeetingDecision.recorded_at,
            MeetingDecision.id,
            MeetingChange.id,
        )
    )


_SHORT = _decided()
_WHOLE = _decided(MeetingChange.content, MeetingChange.base)
_VIEWS = (
    select(DecisionView.decision_id, DecisionView.attendee_id, DecisionView.stands, DecisionView.words)
    .join(MeetingDecision, MeetingDecision.id == DecisionView.decision_id)
    .where(MeetingDecision.meeting_id == MEETING_ID)
    .order_by(DecisionView.id)
)


def in_short(meeting: MeetingFile) -> list[Decision]:
    """Every decision in the order of `decisions`, with how many agreed but not who, and without what it would change."""
    return _found(read(_SHORT, {"meeting_id": meeting.id}))


def decisions(meeting: MeetingFile) -> list[Decision]:
    """Every decision, recorded ones first, in the order in which they were recorded; taken back ones have no number."""
    binds = {"meeting_id": meeting.id}
    found = _found(read(_WHOLE, binds))
    views: dict[int, list[Stand]] = {}
    for decision_id, *view in read(_VIEWS, binds) if any(one.agreed or one.opposed for one in found) else ():
        views.setdefault(decision_id, []).append(Stand(*view))
    for one in found:
        one.views = tuple(views.get(one.id, ()))
    return found


def _found(rows) -> list[Decision]:
    found: dict[int, Decision] = {}
    for row in rows:
        one = found.get(row[0])
        if one is None:
            one = found[row[0]] = Decision(*row[: len(_OWN)])
        change_id, new_goal_id, kind, base_version, saved_at, *content = row[len(_OWN) :]
        if change_id is None:
            continue
        if new_goal_id is not None:
            one.first = content[0] if content else None
            continue
        one.change_id, one.kind, one.base_version, one.saved_at = change_id, kind, base_version, saved_at
        if content:
            one.content, one.base = content
    number = 0
    for one in found.values():
        if one.recorded_at is not None and one.dropped_at is None:
            number += 1
            one.number = number
    return list(found.values())
