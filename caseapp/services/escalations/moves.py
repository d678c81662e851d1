"""The ladder itself: one holding ends and the next begins, in the same moment; each step is one line of the log. What a
step means stands in steps, answers and holding; here is only what every step does."""

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Escalation, EscalationHolding, EscalationPause, EscalationStep, User
from caseapp.policy.viewer import Viewer
from caseapp.queries import escalation_clock
from caseapp.services.escalations import places
from caseapp.vocabulary import EscalationState, Rung, StepAct

#: A holding that began like this has the level's whole time anew; any other goes on with what is left of it.
ANEW = frozenset({StepAct.ASKED_BACK, StepAct.REOPENED, StepAct.RAISED})


def hold(gap, *, version: int | None = None) -> Escalation:
    """The row, held until the use case ends. Stale where somebody took a step since the form was drawn."""
    row = db.session.scalar(
        select(Escalation)
        .where(Escalation.id == gap.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    if version is not None and row.version != version:
        raise stale(row)
    return row


def stale(row) -> Stale:
    """What the last step was, for somebody who was writing meanwhile."""
    last = db.session.execute(
        select(EscalationStep.act, EscalationStep.text, EscalationStep.at, User.name)
        .outerjoin(User, User.id == EscalationStep.user_id)
        .where(EscalationStep.escalation_id == row.id)
        .order_by(EscalationStep.at.desc(), EscalationStep.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return Stale({}, version=row.version)
    saved = {"text": last.text} if last.text else {}
    return Stale(saved, by=last.name or "", at=last.at, version=row.version)


def step(
    row,
    act: StepAct,
    *,
    actor: Viewer | None,
    at: datetime,
    level: Rung | None = None,
    to_level: Rung | None = None,
    **more,
) -> int:
    """Add a line to the log; `actor` None where the calendar did it. Lines never share a moment, so that they keep their
    order. Returns its id."""
    if row.last_step_at is not None and at <= row.last_step_at:
        at = row.last_step_at + timedelta(microseconds=1)
    row.last_step_at = at
    step_id = new_id()
    db.session.execute(
        insert(EscalationStep.__table__),
        {
            "id": step_id,
            "escalation_id": row.id,
            "at": at,
            "act": act,
            "level": level or row.level,
            "to_level": to_level,
            "user_id": actor and actor.user_id,
            "text": "",
            "tried": "",
            "not_enough": "",
            "to_raisers": False,
            "told": 0,
            "minute": "",
            **more,
        },
    )
    return step_id


def step_of_calendar(row, act: StepAct, *, at: datetime, to_level: Rung | None = None) -> None:
    """A line that the calendar adds. It changes nothing that somebody who is writing must know, so what they write is
    still accepted afterwards: the row's version stays. `to_level` may read it from now on."""
    at = max(at, row.last_step_at + timedelta(microseconds=1))
    db.session.add(
        EscalationStep(
            id=new_id(),
            escalation_id=row.id,
            at=at,
            act=act,
            level=row.level,
            to_level=to_level,
            to_raisers=True,
        )
    )
    table = Escalation.__table__
    values = {"last_step_at": at}
    if to_level is not None:
        values["reads_up_to"] = max(row.reads_up_to, to_level)
    db.session.execute(update(table).where(table.c.id == row.id).values(**values))
    db.session.flush()
    db.session.refresh(row)
    if to_level is not None:
        read_along(row)


def holding_of(row) -> EscalationHolding:
    """The holding that is open now."""
    return db.session.scalar(
        select(EscalationHolding)
        .where(EscalationHolding.escalation_id == row.id, EscalationHolding.to_at.is_(None))
        .execution_options(populate_existing=True)
    )


def pauses_of(holding_id: int) -> list[escalation_clock.Pause]:
    rows = db.session.execute(
        select(EscalationPause.from_at, EscalationPause.to_at).where(EscalationPause.holding_id == holding_id)
    )
    return [
        escalation_clock.Pause(clock.local_day(since), to and clock.local_day(to)) for since, to in rows.all()
    ]


def used_days(holding, until) -> int:
    """Working days of its own that a holding has used up to a local day."""
    return escalation_clock.used(holding.starts_on, until, holding.calendar, pauses_of(holding.id))


def end_holding(row, *, at: datetime) -> EscalationHolding | None:
    """End the holding that is open, and its pause with it."""
    holding = holding_of(row)
    if holding is not None:
        _end_pause(row, holding, at)
        holding.to_at = at
        db.session.flush()
    return holding


def begin_holding(
    row,
    rung: Rung,
    *,
    at: datetime,
    came_by: StepAct,
    place: places.Place,
    used_before: int | None = None,
) -> EscalationHolding:
    """The next holding: who, from now, with what time. The row repeats who and until when."""
    if used_before is None:
        used_before = 0 if came_by in ANEW else _used_on(row, rung)
    start = escalation_clock.starts_on(at, place.calendar, place.cut_off)
    holding = EscalationHolding(
        id=new_id(),
        escalation_id=row.id,
        position=_next_position(row),
        level=rung,
        user_id=place.user_id,
        from_at=at,
        starts_on=start,
        allowed_days=place.allowed_days,
        used_before=used_before,
        due_on=escalation_clock.due_on(start, place.allowed_days, used_before, 0, place.calendar),
        calendar=place.calendar,
        came_by=came_by,
    )
    db.session.add(holding)
    row.level, row.holder_id = rung, place.user_id
    row.held_since, row.due_on, row.paused_at = at, holding.due_on, None
    row.reads_up_to = max(row.reads_up_to, rung, Rung.NATIONAL if rung is Rung.GROUP else rung)
    db.session.flush()
    read_along(row)
    return holding


def read_along(row) -> None:
    """Who reads the one that leads reads what is joined to it, each in their own area."""
    table = Escalation.__table__
    db.session.execute(
        update(table)
        .where(table.c.joined_to_id == row.id, table.c.reads_up_to < row.reads_up_to)
        .values(reads_up_to=row.reads_up_to, version=table.c.version + 1)
    )
    db.session.expire_all()


def _next_position(row) -> int:
    last = db.session.scalar(
        select(func.max(EscalationHolding.position)).where(EscalationHolding.escalation_id == row.id)
    )
    return 0 if last is None else last + 1


def _used_on(row, rung) -> int:
    """Working days that this level has used since it last began anew."""
    holdings = db.session.scalars(
        select(EscalationHolding)
        .where(
            EscalationHolding.escalation_id == row.id,
            EscalationHolding.level == rung,
            EscalationHolding.to_at.is_not(None),
            EscalationHolding.allowed_days.is_not(None),
        )
        .order_by(EscalationHolding.position)
    ).all()
    total = 0
    for one in holdings:
        if one.came_by is StepAct.ASKED_BACK:
            continue  # a question has a time of its own
        if one.came_by is StepAct.REOPENED:
            total = 0
        total += used_days(one, clock.local_day(one.to_at))
    return total


def move(row, rung: Rung, *, at: datetime, came_by: StepAct) -> EscalationHolding:
    """From the rung that holds it to the one above or below, or again to the same: never further."""
    if abs(rung - row.level) > 1:
        raise RuleBroken("A rung of the ladder is never left out.")
    before = db.session.scalar(
        select(EscalationHolding.user_id)
        .where(EscalationHolding.escalation_id == row.id, EscalationHolding.level == rung)
        .order_by(EscalationHolding.position.desc())
        .limit(1)
    )
    place = places.holder(rung, row, before=before)
    end_holding(row, at=at)
    return begin_holding(row, rung, at=at, came_by=came_by, place=place)


def end(row, state: EscalationState, *, actor: Viewer, at: datetime, how: str = "") -> None:
    """It stands on the ladder no more."""
    end_holding(row, at=at)
    row.state, row.how, row.closed_at, row.closed_by_id = state, how, at, actor.user_id
    row.holder_id = row.due_on = row.paused_at = None
    row.held_since = at


def pause(row, *, actor: Viewer, at: datetime, reason: str, until_on) -> None:
    """Stop the holder's clock."""
    holding = holding_of(row)
    db.session.add(
        EscalationPause(
            escalation_id=row.id,
            holding_id=holding.id,
            from_at=at,
            until_on=until_on,
            reason=reason,
            paused_by_id=actor.user_id,
        )
    )
    row.paused_at = at


def resume(row, *, at: datetime) -> None:
    """Let it run again; what it stood is added to the answer time."""
    holding = holding_of(row)
    _end_pause(row, holding, at)
    stood = escalation_clock.paused_days(
        pauses_of(holding.id), holding.starts_on, clock.local_day(at), holding.calendar
    )
    holding.due_on = row.due_on = escalation_clock.due_on(
        holding.starts_on, holding.allowed_days, holding.used_before, stood, holding.calendar
    )
    holding.reminded_at = None  # its day has moved


def _end_pause(row, holding, at):
    open_pause = db.session.scalar(
        select(EscalationPause).where(
            EscalationPause.holding_id == holding.id, EscalationPause.to_at.is_(None)
        )
    )
    if open_pause is not None:
        open_pause.to_at = at
        db.session.flush()
    row.paused_at = None


def question_to(row, rung: Rung) -> EscalationStep | None:
    """The question that this rung has been asked by the one above and has not answered yet."""
    last = db.session.scalar(
        select(EscalationStep)
        .where(
            EscalationStep.escalation_id == row.id,
            (
                (EscalationStep.act == StepAct.ASKED_BACK) & (EscalationStep.to_level == rung)
                | (
                    EscalationStep.act.in_(
                        (StepAct.PASSED_UP, StepAct.SENT, StepAct.ANSWERED_BACK, StepAct.CLOSED)
                    )
                    & (EscalationStep.level == rung)
                )
                | EscalationStep.act.in_((StepAct.REOPENED, StepAct.WITHDRAWN))
                | (EscalationStep.act == StepAct.TAKEN_BACK) & (EscalationStep.to_level == rung.above)
            ),
        )
        .order_by(EscalationStep.at.desc(), EscalationStep.id.desc())
        .limit(1)
    )
    return last if last is not None and last.act is StepAct.ASKED_BACK else None
