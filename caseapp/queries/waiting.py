"""The few numbers that stand beside the navigation on every page: one small statement."""

from dataclasses import dataclass

from sqlalchemy import exists, func, literal, select

from caseapp.extensions import db, read
from caseapp.models import Action, Case, CaseAssignment, Goal, Notification
from caseapp.models.plan import IS_ASKED
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer

#: Counting stops here: "30+" then, and every page costs the same in a large agency.
AT_MOST = 30


@dataclass(frozen=True, slots=True)
class Counts:
    unread: int
    to_answer: int
    #: Whether the viewer is case manager or key worker of any case.
    caseload: bool


_UNREAD = (
    select(func.count())
    .select_from(
        select(Notification.id)
        .where(Notification.user_id == scopes.VIEWER_USER, Notification.read_at.is_(None))
        .limit(AT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
_TO_ANSWER = (
    select(func.count())
    .select_from(
        select(Action.id)
        .join(Goal, Goal.id == Action.goal_id)
        .join(Case, Case.id == Action.case_id)
        .where(
            IS_ASKED,
            Case.closed_at.is_(None),
            scopes.SEES_OWN_ACTION,
        )
        .limit(AT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
_CASELOAD = exists().where(CaseAssignment.user_id == scopes.VIEWER_USER, CaseAssignment.to_at.is_(None))
_PRACTISING = select(_UNREAD, _TO_ANSWER, _CASELOAD)
_OTHERS = select(_UNREAD, literal(0), literal(False))


def counts(*, viewer: Viewer) -> Counts:
    """Unread notifications of the viewer, and actions that the viewer's agency is asked to accept or decline."""
    return Counts(*read(_PRACTISING if viewer.practises else _OTHERS, scopes.binds(viewer)).one())


def has_caseload(*, viewer: Viewer) -> bool:
    """Whether the viewer is case manager or key worker of any case."""
    return bool(db.session.scalar(select(_CASELOAD), scopes.binds(viewer)))
