"""A block outlives its case: when the case closes it goes on as a service gap without identity (F6)."""

from datetime import datetime

from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Escalation
from caseapp.policy.viewer import Viewer
from caseapp.services.escalations import moves, news
from caseapp.vocabulary import StepAct


def case_ended(case_id: int, *, actor: Viewer, at: datetime) -> int:
    """From now it is about a service, not about a person: no name, no reference, no action of the plan is shown with it,
    to anybody. What is open keeps its rung, its holder and its age. Returns how many go on."""
    rows = db.session.scalars(
        select(Escalation)
        .where(Escalation.case_id == case_id, Escalation.case_ended_at.is_(None))
        .order_by(Escalation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    going_on = 0
    for row in rows:
        row.case_ended_at = at
        if row.identity_consent and row.identity_ended_at is None:
            row.identity_ended_at = at
        if row.is_open:
            going_on += 1
            moves.step(row, StepAct.CASE_ENDED, actor=None, at=at)
            people = {row.holder_id, row.raised_by_id} - {None}
            news.tell(row, people, "goes on as a service gap", at=at, actor=actor)
    db.session.flush()
    return going_on
