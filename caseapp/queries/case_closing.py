"""What closing a case would do, before anybody confirms it (C11, S3-53)."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from caseapp.extensions import db
from caseapp.models import Action, Agency, Case, ConsentGrant, Goal, PlanIssue
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, GoalStatus

CASE_ID = bindparam("case_id", type_=Id)


@dataclass(frozen=True, slots=True)
class GoalLeft:
    """A goal that stands against a positive closing."""

    number: int
    words: str
    status: GoalStatus


@dataclass(frozen=True, slots=True)
class OpenAction:
    """An action that closing would stop."""

    what: str
    owner: str
    status: ActionStatus


@dataclass(frozen=True, slots=True)
class Effects:
    """What would end with the case."""

    goals: int
    goals_left: tuple[GoalLeft, ...]
    actions: tuple[OpenAction, ...]
    agencies: tuple[str, ...]
    issues: int


def effects(case: CaseFile, *, viewer: Viewer) -> Effects:
    """Goals not reached, actions that would be stopped, agencies that would lose sight, issues without an answer."""
    binds = scopes.binds(viewer) | {"case_id": case.id}
    goals = db.session.execute(_GOALS, binds).all()
    left = tuple(
        GoalLeft(goal.number, goal.words or goal.title, goal.status)
        for goal in goals
        if not (
            goal.status == GoalStatus.COMPLETED
            or (goal.status == GoalStatus.CANCELLED and goal.person_agreed_to_drop)
        )
    )
    actions = tuple(
        OpenAction(row.what, row.name or row.owner_name or "nobody yet", row.status)
        for row in db.session.execute(_ACTIONS, binds)
    )
    return Effects(
        len(goals),
        left,
        actions,
        tuple(db.session.scalars(_AGENCIES, binds)),
        db.session.scalar(_ISSUES, binds),
    )


_GOALS = (
    select(Goal.number, Goal.words, Goal.title, Goal.status, Goal.person_agreed_to_drop)
    .join(Case, Case.id == Goal.case_id)
    .where(Goal.case_id == CASE_ID, scopes.SEES_ALL)
    .order_by(Goal.number)
)
_ACTIONS = (
    select(Action.what, Agency.name, Action.owner_name, Action.status)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.owner_agency_id)
    .where(Action.case_id == CASE_ID, Action.status.in_(OPEN_ACTIONS), scopes.SEES_ALL)
    .order_by(Agency.name, Action.due_on)
)
_AGENCIES = (
    select(Agency.name)
    .join(ConsentGrant, ConsentGrant.agency_id == Agency.id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(ConsentGrant.case_id == CASE_ID, scopes.in_force(), scopes.SEES_ALL)
    .order_by(Agency.name)
)
_ISSUES = (
    select(func.count())
    .select_from(PlanIssue)
    .join(Case, Case.id == PlanIssue.case_id)
    .where(PlanIssue.case_id == CASE_ID, PlanIssue.answered_at.is_(None), scopes.SEES_ALL)
)
