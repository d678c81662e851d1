"""What an agency agrees to, and which agencies have a part in the plan. `own_part` is also for a partner; the rest is
only for those who see the whole case."""

from dataclasses import dataclass

from sqlalchemy import func, select

from caseapp.extensions import db
from caseapp.models import Action, Agency, CarePlan, Case, Goal, PlanAgreement, User
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.plan_text import CASE_ID, MINE, bound
from caseapp.vocabulary import ActionStatus

_OWN = (
    select(
        Action.id,
        Action.what,
        Action.due_on,
        Action.status,
        User.name.label("worker"),
        Action.owner_name,
        Goal.number,
        Goal.words,
        Goal.title,
    )
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(User, User.id == Action.owner_user_id)
    .where(
        Action.case_id == CASE_ID,
        scopes.SEES_ACTION,
        Action.owner_agency_id == scopes.VIEWER_AGENCY,
        Action.status.not_in((ActionStatus.CANCELLED, ActionStatus.PROPOSED)),
    )
    .order_by(Goal.number, Action.due_on, Action.id)
)
_OWN_ANSWERS = (
    select(
        PlanAgreement.number,
        PlanAgreement.agreed,
        PlanAgreement.agreed_on,
        PlanAgreement.who,
        PlanAgreement.note,
        PlanAgreement.recorded_at,
    )
    .join(Case, Case.id == PlanAgreement.case_id)
    .where(
        PlanAgreement.case_id == CASE_ID,
        scopes.SEES_CASE,
        PlanAgreement.agency_id == scopes.VIEWER_AGENCY,
    )
    .order_by(PlanAgreement.recorded_at.desc(), PlanAgreement.id.desc())
)
_NUMBER = (
    select(CarePlan.agreed_version)
    .join(Case, Case.id == CarePlan.case_id)
    .where(Case.id == CASE_ID, scopes.SEES_CASE)
)


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What an agency agrees to: its own actions in the version that stands, and what it has answered so far."""

    number: int
    actions: list
    answers: list

    @property
    def answered(self):
        """The answer to the version that stands, or None."""
        return next((row for row in self.answers if row.number == self.number), None)


def own_part(case: CaseFile, *, viewer: Viewer) -> OwnPart:
    """The viewer's own agency's part."""
    values = bound(case, viewer)
    return OwnPart(
        db.session.scalar(_NUMBER, values) or 0,
        db.session.execute(_OWN, values).all(),
        db.session.execute(_OWN_ANSWERS, values).all(),
    )


_PARTNERS = (
    select(Agency.id, Agency.name, func.count(Action.id).label("actions"))
    .join(Action, Action.owner_agency_id == Agency.id)
    .join(Case, Case.id == Action.case_id)
    .where(
        *MINE,
        Agency.id != Case.lead_agency_id,
        Action.status.not_in((ActionStatus.PROPOSED, ActionStatus.CANCELLED)),
    )
    .group_by(Agency.id, Agency.name)
    .order_by(Agency.name)
)


def partners(case: CaseFile, *, viewer: Viewer) -> list:
    """Agencies with a part in the plan: rows of id, name and how many actions."""
    return db.session.execute(_PARTNERS, bound(case, viewer)).all()
