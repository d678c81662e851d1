"""The same gap raised twice goes up once: joining, and taking out again (F6). No raising is lost in it: each keeps its
own words, people and day of noticing, and rests and ends with the one that leads."""

from datetime import datetime

from sqlalchemy import select, update

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.models import Escalation
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.escalations import EscalationFile, said
from caseapp.policy.viewer import Viewer
from caseapp.services import audit
from caseapp.services.escalations import moves, news, places
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Rung, StepAct


def attach(row: Escalation, lead: Escalation, *, actor: Viewer | None, at: datetime) -> None:
    """Let `row`, and what is joined to it, go with `lead` from now. The age of the whole is that of the oldest."""
    for one in news.joined_to(row):
        one.joined_to_id = lead.id
    moves.end_holding(row, at=at)
    row.joined_to_id, row.join_wish_id = lead.id, None
    row.holder_id = row.due_on = row.paused_at = None
    row.held_since = at
    db.session.flush()
    moves.read_along(lead)
    lead.age_from = min(lead.age_from, row.age_from)
    lead.urgent_reason = lead.urgent_reason or row.urgent_reason
    lead.urgent = lead.urgent or row.urgent
    if lead.theme_id is None:
        lead.theme_id = row.theme_id
    moves.step(row, StepAct.JOINED, actor=actor, at=at, text=said(lead.number))
    moves.step(lead, StepAct.JOINED, actor=actor, at=at, text=said(row.number))
    news.tell(lead, {lead.holder_id}, "the same was raised again and is joined to it", at=at, actor=actor)
    managers = {one.id for one in places.standing_on(Rung.MANAGER, row)[:1]}
    news.tell(
        row,
        {row.raised_by_id} | managers,
        f"goes on with {said(lead.number)}, which is about the same",
        at=at,
        actor=actor,
    )


@use_case
def join(gap: EscalationFile, lead: EscalationFile, *, actor: Viewer, at: datetime) -> int:
    """Join one to another that is about the same: by who coordinates, who sees both. Returns the lead's id.

    Only what an own manager has answered may go with another agency's: a rung is never left out (S3-72)."""
    if not (rules.may(actor, Do.SORT_ESCALATION, gap) and rules.may(actor, Do.SORT_ESCALATION, lead)):
        raise NotAllowed
    if gap.id == lead.id:
        raise RuleBroken("Choose another one: this is the same gap or block")
    first, second = sorted((gap, lead), key=lambda one: one.id)  # everybody locks in one order
    rows = {one.id: moves.hold(one) for one in (first, second)}
    row, other = rows[gap.id], rows[lead.id]
    if other.joined_to_id is not None:
        other = db.session.get(Escalation, other.joined_to_id)
    if not row.is_open or not other.is_open:
        raise RuleBroken("One of them was closed meanwhile, so they were not joined")
    if row.id == other.id or row.joined_to_id == other.id:
        raise RuleBroken(f"{said(row.number)} and {said(other.number)} are joined already")
    if row.joined_to_id is not None:
        raise RuleBroken(f"{said(row.number)} is joined to another one already")
    attach(row, other, actor=actor, at=at)
    audit.record(
        actor,
        "gap or block: joined",
        at=at,
        case_id=row.case_id,
        detail={"escalation": row.id, "to": other.id},
    )
    return other.id


@use_case
def part(gap: EscalationFile, *, actor: Viewer, at: datetime, reason: str) -> int:
    """Take a joined one out: it goes on for itself from the rung where it stood. Its age does not change."""
    if not rules.may(actor, Do.PART_ESCALATION, gap):
        raise NotAllowed
    row = moves.hold(gap)
    if row.joined_to_id is None or not row.is_open:
        raise RuleBroken("It goes on for itself already")
    if not reason:
        raise RuleBroken("Say why it is not the same", "reason")
    lead = db.session.get(Escalation, row.joined_to_id)
    rung = Rung.MANAGER if row.level is Rung.WORKER else row.level
    place = places.holder(rung, row)
    row.holder_id = place.user_id
    row.joined_to_id = None
    moves.begin_holding(row, rung, at=at, came_by=StepAct.PARTED, place=place)
    moves.step(row, StepAct.PARTED, actor=actor, at=at, text=reason)
    moves.step(lead, StepAct.PARTED, actor=actor, at=at, text=said(row.number))
    news.tell(row, {row.raised_by_id, row.holder_id}, "goes on for itself again", at=at, actor=actor)
    audit.record(
        actor,
        "gap or block: taken out of a joining",
        at=at,
        case_id=row.case_id,
        detail={"escalation": row.id},
    )
    return row.id


def close_joined(lead: Escalation, *, at: datetime, actor: Viewer) -> None:
    """What is joined ends with the one that leads, in the same words."""
    for one in news.joined_to(lead):
        if one.is_open:
            one.state, one.how = lead.state, lead.how
            one.closed_at, one.closed_by_id = at, actor.user_id
            moves.step(
                one, StepAct.CLOSED, actor=actor, at=at, level=lead.level, text=lead.how, to_raisers=True
            )


def reopen_joined(lead: Escalation, *, closed_at: datetime, at: datetime, actor: Viewer) -> None:
    """What ended with it goes on with it."""
    db.session.execute(
        update(Escalation)
        .where(Escalation.joined_to_id == lead.id, Escalation.closed_at == closed_at)
        .values(
            state="open",
            how="",
            closed_at=None,
            closed_by_id=None,
            last_step_at=at,
            version=Escalation.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    for one in db.session.scalars(
        select(Escalation)
        .where(Escalation.joined_to_id == lead.id, Escalation.state == "open")
        .execution_options(populate_existing=True)
    ):
        moves.step(one, StepAct.REOPENED, actor=actor, at=at)
