"""Reviews held, and the carers who were heard. Only for those who see the whole case."""

from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Case, PersonRelative, PlanReview, User
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.plan_text import MINE, bound

_REVIEWS = (
    select(
        PlanReview.id,
        PlanReview.due_on,
        PlanReview.held_on,
        PlanReview.with_person,
        PlanReview.without_reason,
        PlanReview.works,
        PlanReview.changed,
        PlanReview.persons_view,
        PlanReview.place,
        PlanReview.carers,
        PlanReview.next_on,
        PlanReview.next_reason,
        PlanReview.recorded_at,
        User.name.label("recorded_by"),
    )
    .join(Case, Case.id == PlanReview.case_id)
    .join(User, User.id == PlanReview.recorded_by_id)
    .where(*MINE)
    .order_by(PlanReview.held_on.desc(), PlanReview.id.desc())
)


def reviews(case: CaseFile, *, viewer: Viewer) -> list:
    """Every review held, newest first."""
    return db.session.execute(_REVIEWS, bound(case, viewer)).all()


_RELATIVES = (
    select(PersonRelative.id, PersonRelative.name, PersonRelative.role, PersonRelative.checked_on)
    .join(Case, Case.person_id == PersonRelative.person_id)
    .where(*MINE)
    .order_by(PersonRelative.name)
)


def carers(case: CaseFile, *, viewer: Viewer) -> list:
    """Carers and family of the person: rows of id, name, role and the day they were last asked."""
    return db.session.execute(_RELATIVES, bound(case, viewer)).all()
