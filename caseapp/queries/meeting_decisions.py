"""What a meeting decided, as it is typed or recorded, with who agreed and what it would change. Read by
those who run it (the guard of every page that asks has seen to that)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import DecisionView, Goal, MeetingChange, MeetingDecision, User
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
    """A decision as it is typed or recorded. `number` counts the recorded ones; None while it is only typed.
    `overtaken`: its action was changed by somebody else since it was written."""

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
    made_by: str
    recorded_at: datetime | None
    dropped_at: datetime | None
    version: int
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


_Maker = aliased(User, name="maker")
_DECISIONS = (
    select(
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
        _Maker.name.label("made_by"),
        MeetingDecision.recorded_at,
        MeetingDecision.dropped_at,
        MeetingDecision.version,
    )
    .join(_Maker, _Maker.id == MeetingDecision.made_by_id)
    .outerjoin(Goal, Goal.id == MeetingDecision.goal_id)
    .where(MeetingDecision.meeting_id == MEETING_ID)
    .order_by(MeetingDecision.recorded_at.is_(None), MeetingDecision.recorded_at, MeetingDecision.id)
)
_VIEWS = (
    select(DecisionView.decision_id, DecisionView.attendee_id, DecisionView.stands, DecisionView.words)
    .join(MeetingDecision, MeetingDecision.id == DecisionView.decision_id)
    .where(MeetingDecision.meeting_id == MEETING_ID)
    .order_by(DecisionView.id)
)
_CHANGES = (
    select(
        MeetingChange.id,
        MeetingChange.decision_id,
        MeetingChange.kind,
        MeetingChange.content,
        MeetingChange.base_version,
        MeetingChange.base,
        MeetingChange.saved_at,
        MeetingChange.new_goal_id,
    )
    .where(MeetingChange.meeting_id == MEETING_ID, MeetingChange.dropped_at.is_(None))
    .order_by(MeetingChange.id)
)


def decisions(meeting: MeetingFile) -> list[Decision]:
    """Every decision, recorded ones first, in the order in which they were recorded; taken back ones have no number."""
    binds = {"meeting_id": meeting.id}
    found = {row[0]: Decision(*row) for row in read(_DECISIONS, binds)}
    if not found:
        return []
    views: dict[int, list[Stand]] = {}
    for decision_id, *view in read(_VIEWS, binds):
        views.setdefault(decision_id, []).append(Stand(*view))
    for id_, decision_id, kind, content, base_version, base, saved_at, new_goal_id in read(_CHANGES, binds):
        one = found.get(decision_id)
        if one is None:
            continue
        if new_goal_id is not None:
            one.first = content
        else:
            one.change_id, one.kind, one.content = id_, kind, content
            one.base_version, one.base, one.saved_at = base_version, base, saved_at
    number = 0
    for one in found.values():
        one.views = tuple(views.get(one.id, ()))
        if one.recorded_at is not None and one.dropped_at is None:
            number += 1
            one.number = number
    return list(found.values())
