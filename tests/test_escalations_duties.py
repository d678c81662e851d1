"""What the calendar does: it reminds on the day, shows it further up on the day after, lets a stopped clock run again, and
follows a holder who has left; each once, however often it runs (C9)."""

from datetime import date, timedelta

from sqlalchemy import func, select, update

from caseapp import clock
from caseapp.models import (
    Escalation,
    EscalationHolding,
    EscalationNotice,
    EscalationStep,
    JobRun,
    Notification,
    OutboxMessage,
    User,
)
from caseapp.queries import escalation_ladder, escalations
from caseapp.services import outbox, reminders
from caseapp.services.escalations import duties
from caseapp.vocabulary import Role, Rung, StepAct
from tests.gaps import day, raised, seen, step, to_group, up


def acts(db_session, gap):
    return db_session.scalars(
        select(EscalationStep.act).where(EscalationStep.escalation_id == gap).order_by(EscalationStep.at)
    ).all()


def notices(db_session, user):
    return db_session.scalar(
        select(func.count())
        .select_from(Notification)
        .join(EscalationNotice, EscalationNotice.notification_id == Notification.id)
        .where(Notification.user_id == user.user_id)
    )


def test_a_late_answer_is_reminded_then_shown_further_up_and_stays_where_it_is(world, db_session):
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    row = db_session.get(Escalation, gap)
    assert row.due_on == date(2026, 11, 24)  # ten working days from 10 November
    duties.run(at=day(23))
    assert StepAct.REMINDED not in acts(db_session, gap)
    duties.run(at=day(24, 9))
    assert acts(db_session, gap).count(StepAct.REMINDED) == 1
    assert seen(world.gearoid, gap) is None
    version = db_session.get(Escalation, gap).version
    for hour in (8, 9, 10):
        duties.run(at=day(25, hour))
    db_session.expire_all()
    row = db_session.get(Escalation, gap)
    assert acts(db_session, gap).count(StepAct.ROSE) == 1
    assert (row.level, row.holder_id) == (Rung.COORDINATOR, world.sinead.user_id)
    assert row.version == version, "somebody who was writing meanwhile still gets through"
    assert seen(world.gearoid, gap) is not None
    assert notices(db_session, world.gearoid) == 1
    duties.run(at=day(25) + timedelta(days=8))
    assert notices(db_session, world.gearoid) == 2  # once more each week


def test_a_managers_late_answer_goes_to_their_own_manager_or_to_the_coordinator(world, db_session):
    gap = raised(world.orla)
    duties.run(at=day(18))
    assert seen(world.sinead, gap) is not None
    other = raised(world.orla, service="Night bed")
    db_session.execute(
        update(User).where(User.id == world.declan.user_id).values(line_manager_id=world.shauna.user_id)
    )
    db_session.execute(update(User).where(User.id == world.shauna.user_id).values(roles=Role.LINE_MANAGER))
    db_session.commit()
    duties.run(at=day(18, 12))
    assert seen(world.sinead, other) is None
    assert notices(db_session, world.shauna) == 2  # of this one, and of the other, whose answer is late too


def test_a_stopped_clock_runs_again_on_its_day_and_nothing_is_lost_or_gained(world, db_session):
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    step("pause", gap, world.sinead, day(12), reason="The circular", until_on=date(2026, 11, 19))
    duties.run(at=day(18))
    assert db_session.get(Escalation, gap).paused_at is not None
    for hour in (8, 12):
        duties.run(at=day(19, hour))
    db_session.expire_all()
    row = db_session.get(Escalation, gap)
    assert row.paused_at is None
    assert row.due_on == date(2026, 12, 1)  # 24 November and the five working days that it stood
    assert acts(db_session, gap).count(StepAct.RESUMED) == 1


def test_somebody_holds_it_when_the_holder_has_left(world, db_session):
    gap = raised(world.orla)
    to_group(world, gap)
    db_session.execute(update(User).where(User.id == world.sinead.user_id).values(disabled_at=day(12)))
    db_session.commit()
    for hour in (9, 10):
        duties.run(at=day(13, hour))
    db_session.expire_all()
    row = db_session.get(Escalation, gap)
    assert (row.level, row.holder_id) == (
        Rung.GROUP,
        world.gearoid.user_id,
    )  # stands in: nobody else serves the area
    last = db_session.scalars(
        select(EscalationHolding)
        .where(EscalationHolding.escalation_id == gap)
        .order_by(EscalationHolding.position.desc())
    ).first()
    assert (last.came_by, last.used_before) == (StepAct.HANDED_ON, 2)


def test_the_duty_is_proven_to_run_and_mail_names_nobody(world, db_session):
    gap = raised(world.orla, world.case_for(world.orla), title="Proof that Orla’s residents cannot give")
    at = clock.now() + timedelta(days=30)
    done = reminders.run(now=lambda: at, server=outbox.Server(), public_url="https://caseapp.example")
    assert not next(one for one in done if one.name == "gaps and blocks").failed
    run = db_session.scalars(select(JobRun).where(JobRun.name == "gaps and blocks")).one()
    assert run.finished_at is not None and "shown to the next level" in run.outcome
    assert StepAct.ROSE in acts(db_session, gap)
    for mail in db_session.scalars(select(OutboxMessage)):
        for word in ("Niall", "Proof", "GB-"):
            assert word not in mail.subject + mail.body


def test_a_level_that_asked_back_finds_its_used_days_used(world, db_session):
    """Honest clocks: asking back gains no time, and the question has a time of its own."""
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    step("ask_back", gap, world.sinead, day(13), text="How many?")
    assert db_session.get(Escalation, gap).due_on == date(2026, 11, 20)
    step("pass_up", gap, world.declan, day(17), text="Nine")
    db_session.expire_all()
    assert db_session.get(Escalation, gap).due_on == date(2026, 11, 26)  # seven of ten days left
    with clock.standing_at(day(18)):
        page = escalation_ladder.ladder(seen(world.sinead, gap), viewer=world.sinead)
        (line,) = escalations.rows(escalations.Wanted("waits"), viewer=world.sinead)
    assert (page.held, page.allowed, page.left) == (4, 10, 6) == (line.held, line.allowed, line.left)
    assert page.days == 13
