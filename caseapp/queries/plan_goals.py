"""The goals of a plan, with their steps, as they are edited. Only for those who see the whole case."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select

from caseapp import protocols
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Case,
    Goal,
    GoalStep,
)
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.plan_text import MINE, bound
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    GoalStatus,
)


@dataclass(frozen=True, slots=True)
class Step:
    id: int
    text: str
    done_on: date | None


@dataclass(frozen=True, slots=True)
class GoalText:
    """A goal as it is edited."""

    id: int
    number: int
    domain: str
    label: str
    words: str
    title: str
    measure: str
    smart_specific: bool
    smart_measurable: bool
    smart_achievable: bool
    smart_relevant: bool
    smart_timed: bool
    priority: int | None
    target_on: date | None
    made_with_person: bool
    made_without_reason: str
    status: GoalStatus
    achievement: object
    ended_reason: str
    version: int
    open_actions: int
    steps: list[Step] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"“{self.words}”" if self.words else self.title or f"Goal {self.number}"

    @property
    def ended(self) -> bool:
        return self.status in (GoalStatus.COMPLETED, GoalStatus.CANCELLED)


_OPEN_ACTIONS = (
    select(func.count(Action.id))
    .where(
        Action.goal_id == Goal.id,
        Action.status.in_(OPEN_ACTIONS),
    )
    .correlate(Goal)
    .scalar_subquery()
)
_GOAL_ROWS = (
    select(
        Goal.id,
        Goal.number,
        Goal.domain,
        Goal.words,
        Goal.title,
        Goal.measure,
        Goal.smart_specific,
        Goal.smart_measurable,
        Goal.smart_achievable,
        Goal.smart_relevant,
        Goal.smart_timed,
        Goal.priority,
        Goal.target_on,
        Goal.made_with_person,
        Goal.made_without_reason,
        Goal.status,
        Goal.achievement,
        Goal.ended_reason,
        Goal.version,
        _OPEN_ACTIONS,
    )
    .join(Case, Case.id == Goal.case_id)
    .where(*MINE)
    .order_by(Goal.priority.is_(None), Goal.priority, Goal.number)
)
_STEPS = (
    select(GoalStep.goal_id, GoalStep.id, GoalStep.text, GoalStep.done_on)
    .join(Goal, Goal.id == GoalStep.goal_id)
    .join(Case, Case.id == Goal.case_id)
    .where(*MINE)
    .order_by(GoalStep.position, GoalStep.id)
)


def goals(case: CaseFile, *, viewer: Viewer) -> list[GoalText]:
    """Every goal of the plan with its steps, in the person's order."""
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    values = bound(case, viewer)
    steps = defaultdict(list)
    for row in db.session.execute(_STEPS, values):
        steps[row.goal_id].append(Step(*row[1:]))
    return [
        GoalText(*row[:3], protocol.domain_label(row.domain), *row[3:], steps=steps[row.id])
        for row in db.session.execute(_GOAL_ROWS, values)
    ]


def goal(case: CaseFile, goal_id: int, *, viewer: Viewer) -> GoalText | None:
    return next((row for row in goals(case, viewer=viewer) if row.id == goal_id), None)
