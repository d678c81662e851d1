"""What the calendar does with gaps and blocks, run by `flask reminders`: the clock runs again after a pause, a holder
whose account is gone is followed by another of the same rung, the holder is reminded on the day the answer is due, and
on the day after it is shown to the holder's superior (C9). It may run as often as it likes: each is done once."""

from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Escalation,
    EscalationHolding,
    EscalationNotice,
    EscalationPause,
    Notification,
    User,
)
from caseapp.models.escalations import ON_LADDER
from caseapp.policy.escalations import said
from caseapp.services.escalations import moves, news, places
from caseapp.services.escalations.holding import hand_on
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Role, Rung, StepAct

#: What waits longer is called to mind again after this many calendar days.
AGAIN = 7
_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_TABLE = Notification.__table__


@use_case
def run(*, at: datetime) -> str:
    """Do what is due; says how much it was."""
    today = clock.local_day(at)
    resumed, handed = _resume(at, today), _hand_on(at)
    reminded, rose = _remind_and_raise(at, today)
    return (
        f"{resumed} clocks run again, {handed} handed on, {reminded} reminded, {rose} shown to the next level"
    )


def _held(*where):
    return (
        select(Escalation)
        .where(ON_LADDER, *where)
        .order_by(Escalation.id)
        .execution_options(populate_existing=True)
    )


def _resume(at, today) -> int:
    rows = db.session.scalars(
        _held(
            Escalation.paused_at.is_not(None),
            select(EscalationPause.id)
            .where(
                EscalationPause.escalation_id == Escalation.id,
                EscalationPause.to_at.is_(None),
                EscalationPause.until_on <= today,
            )
            .exists(),
        )
    ).all()
    for row in rows:
        moves.resume(row, at=at)
        moves.step(row, StepAct.RESUMED, actor=None, at=at)
        news.tell(row, {row.holder_id}, "its clock runs again", at=at)
    return len(rows)


#: The role that a holder of each rung must still have.
_NEEDED = {
    Rung.MANAGER: Role.LINE_MANAGER,
    Rung.COORDINATOR: Role.COORDINATOR | Role.NATIONAL_COORDINATOR,
    Rung.GROUP: Role.COORDINATOR | Role.NATIONAL_COORDINATOR,
    Rung.NATIONAL: Role.NATIONAL_COORDINATOR,
}


def _hand_on(at) -> int:
    """Where the holder's account was switched off, or lost its role, another of the same rung holds it."""
    handed = 0
    rows = db.session.execute(
        select(Escalation.id, Escalation.level, Escalation.holder_id, User.disabled_at, User.roles)
        .join(User, User.id == Escalation.holder_id)
        .where(ON_LADDER)
    ).all()
    for row in rows:
        needed = _NEEDED.get(row.level, Role(127))
        if row.disabled_at is None and row.roles & needed:
            continue
        gap = db.session.get(Escalation, row.id)
        people = [one for one in places.standing_on(row.level, gap) if one.id != row.holder_id]
        if people:
            try:
                hand_on(gap, actor=None, at=at, user_id=people[0].id)
            except RuleBroken:
                continue
            handed += 1
    return handed


def _remind_and_raise(at, today: date) -> tuple[int, int]:
    reminded = rose = 0
    rows = db.session.execute(
        select(Escalation, EscalationHolding)
        .join(
            EscalationHolding,
            (EscalationHolding.escalation_id == Escalation.id) & EscalationHolding.to_at.is_(None),
        )
        .where(ON_LADDER, Escalation.due_on <= today, Escalation.paused_at.is_(None))
        .order_by(Escalation.id)
        .execution_options(populate_existing=True)
    ).all()
    for row, holding in rows:
        people = {holding.user_id}
        if holding.due_on < today:
            if holding.rose_at is None:
                people |= _rise(row, holding, at)
                rose += 1
            else:
                people |= _superiors(row, holding)[1]
            key = f"gap_late:{holding.id}:{(today - holding.due_on).days // AGAIN}"
            words = "the answer is late"
        else:
            key, words = f"gap_due:{holding.id}:{holding.due_on}", "the answer is due today"
        if holding.reminded_at is None:
            holding.reminded_at = at
            moves.step_of_calendar(row, StepAct.REMINDED, at=at)
        reminded += _tell_once(row, people, words, key, at)
    return reminded, rose


def _superiors(row, holding) -> tuple[Rung, set[int]]:
    """The rung that may read it now, and whom to tell: the holder's own line manager where they are one of the agency;
    else the next rung; above the national coordinator, their line manager."""
    own = db.session.execute(
        select(User.id, User.roles, User.agency_id).where(
            User.id == select(User.line_manager_id).where(User.id == holding.user_id).scalar_subquery(),
            User.disabled_at.is_(None),
        )
    ).first()
    if holding.level is Rung.WORKER:
        return Rung.MANAGER, {one.id for one in places.standing_on(Rung.MANAGER, row)[:1]}
    if (
        holding.level is Rung.MANAGER
        and own
        and own.roles & Role.LINE_MANAGER
        and own.agency_id == row.agency_id
    ):
        return Rung.MANAGER, {own.id}
    if holding.level is Rung.NATIONAL:
        return Rung.NATIONAL, {one.id for one in places.standing_on(Rung.NATIONAL, row)}
    above = Rung.NATIONAL if holding.level is Rung.COORDINATOR else holding.level.above
    return above, {one.id for one in places.standing_on(above, row)}


def _rise(row, holding, at) -> set[int]:
    """Shown to the superior, who may read it from now on; it stays with whoever holds it: no rung is left out."""
    rung, people = _superiors(row, holding)
    holding.rose_at = at
    moves.step_of_calendar(row, StepAct.ROSE, at=at, to_level=rung)
    news.tell(row, news.raisers(row), "the answer is late; it was shown further up", at=at)
    return people


def _tell_once(row, people, words, key, at) -> int:
    """A reminder that is there already is not left again, whoever runs this at the same time."""
    insert, told = _INSERT[db.engine.dialect.name], 0
    for user_id in sorted(news.live(people)):
        made = (
            insert(_TABLE)
            .values(
                id=new_id(),
                user_id=user_id,
                at=at,
                kind="gap",
                plain=f"{said(row.number)}: {words}",
                dedupe=f"{key}:{user_id}",
            )
            .on_conflict_do_nothing(index_elements=["dedupe"], index_where=text("dedupe IS NOT NULL"))
            .returning(_TABLE.c.id)
        )
        if (notice := db.session.scalar(made)) is not None:
            db.session.add(EscalationNotice(notification_id=notice, escalation_id=row.id))
            told += 1
    db.session.flush()
    return told
