"""Naming the person above the manager: only as long as they agree, their case is open, and the agency that passed it on
may still know of them (X-4, C9). An agreement that has ended is never revived (F7)."""

from datetime import date, datetime

from sqlalchemy import select, update

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Escalation, EscalationStep
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.escalations import EscalationFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit
from caseapp.services.transaction import use_case
from caseapp.vocabulary import StepAct

_TABLE = Escalation.__table__


@use_case
def agree(gap: EscalationFile, *, actor: Viewer, at: datetime, agreed_on: date | None) -> int:
    """The person agrees, on a local day, to be named above the manager. Returns its id."""
    row = _row(gap, actor)
    if agreed_on is None:
        raise RuleBroken("Say on which day they agreed", "agreed_on")
    if agreed_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "agreed_on")
    if row.identity_consent and row.identity_ended_at is None:
        raise RuleBroken("They have agreed already")
    row.identity_consent, row.identity_on, row.identity_ended_at = True, agreed_on, None
    _step(row.id, row.level, StepAct.IDENTITY_GIVEN, actor, at)
    audit.record(actor, "gap or block: the person agreed to be named", at=at, case_id=row.case_id)
    return row.id


@use_case
def end(gap: EscalationFile, *, actor: Viewer, at: datetime) -> int:
    """The person does not agree any more: from now nobody above the manager knows whom it is about. Returns its id."""
    row = _row(gap, actor)
    if not row.identity_consent or row.identity_ended_at is not None:
        raise RuleBroken("They are not named above the manager")
    row.identity_ended_at = at
    _step(row.id, row.level, StepAct.IDENTITY_ENDED, actor, at)
    audit.record(actor, "gap or block: the person is no longer named", at=at, case_id=row.case_id)
    return row.id


def _row(gap, actor):
    if not rules.may(actor, Do.NAME_PERSON, gap):
        raise NotAllowed
    row = db.session.scalar(
        select(Escalation)
        .where(Escalation.id == gap.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if not row.is_open:
        raise RuleBroken("It is closed: nobody is named in it any more")
    return row


def end_for_agency(case_id: int, agency_id: int, *, at: datetime) -> int:
    """The agency that raised it has lost consent to the plan: what rests on that ends with it. Returns how many."""
    rows = db.session.execute(
        select(Escalation.id, Escalation.level).where(
            Escalation.case_id == case_id,
            Escalation.agency_id == agency_id,
            Escalation.identity_consent,
            Escalation.identity_ended_at.is_(None),
        )
    ).all()
    for escalation_id, level in rows:
        db.session.execute(
            update(_TABLE)
            .where(_TABLE.c.id == escalation_id)
            .values(identity_ended_at=at, version=_TABLE.c.version + 1)
        )
        _step(escalation_id, level, StepAct.IDENTITY_ENDED, None, at)
    return len(rows)


def _step(escalation_id, level, act, actor, at):
    db.session.add(
        EscalationStep(
            id=new_id(),
            escalation_id=escalation_id,
            at=at,
            act=act,
            level=level,
            user_id=actor and actor.user_id,
        )
    )
    db.session.flush()
