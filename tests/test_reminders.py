"""Reminders: each once however often and however many jobs run; only to those who may see what they are about."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from caseapp.extensions import db
from caseapp.models import (
    Action,
    CarePlan,
    ConsentGrant,
    JobRun,
    Notification,
    OutboxMessage,
    PlanIssue,
    User,
)
from caseapp.queries import jobs
from caseapp.services import digests, reminders
from caseapp.services.outbox import Server
from caseapp.vocabulary import ConsentStatus, DigestChoice
from tests.caseloads import canaries, change, withdraw
from tests.test_outbox import SERVER, Post

#: a Wednesday, a working day
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def quiet(world):
    """The world on NOW, with nothing due: no action, review or consent near its day."""
    far = date(2027, 6, 1)
    db.session.execute(update(Action).values(due_on=far, asked_at=NOW + timedelta(days=200)))
    db.session.execute(update(CarePlan).values(next_review_on=far))
    db.session.execute(update(ConsentGrant).values(expires_on=far))
    db.session.commit()
    return world


def run(at=NOW, server=None, post=None):
    return {
        duty.name: duty
        for duty in reminders.run(
            now=lambda: at, server=server or Server(), public_url="https://caseapp.example", connect=post
        )
    }


def told():
    """(user's first name, kind) of every notice."""
    rows = db.session.execute(
        select(User.name, Notification.kind)
        .join(User, User.id == Notification.user_id)
        .order_by(Notification.id)
    )
    return sorted((name.split()[0], kind) for name, kind in rows)


def act(world, key, **values):
    db.session.execute(update(Action).where(Action.id == world.actions[key]).values(**values))
    db.session.commit()


def test_where_nothing_is_due_nobody_is_told(quiet):
    run()
    assert told() == []
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) == 0


def test_an_action_is_called_to_mind_before_its_day_and_again_each_week_after_it(quiet):
    act(quiet, "letter", due_on=NOW.date() + timedelta(days=3))
    run()
    assert told() == [("Tomasz", "action_due")]
    run(NOW + timedelta(days=2))
    assert told() == [("Tomasz", "action_due")]
    run(NOW + timedelta(days=4))
    assert told() == [("Tomasz", "action_due"), ("Tomasz", "action_late")]
    run(NOW + timedelta(days=5))
    assert len(told()) == 2
    run(NOW + timedelta(days=11))
    assert len(told()) == 3


def test_an_action_without_a_worker_is_called_to_mind_to_everybody_in_its_agency(quiet):
    act(quiet, "bed", status="accepted", due_on=NOW.date())
    run()
    assert told() == [("Amina", "action_due"), ("Tomasz", "action_due")]


def test_an_action_of_someone_who_left_goes_to_the_colleagues(quiet):
    act(quiet, "letter", due_on=NOW.date())
    db.session.execute(update(User).where(User.id == quiet.tomasz.user_id).values(disabled_at=NOW))
    db.session.commit()
    run()
    assert told() == [("Amina", "action_due")]


def test_what_was_asked_and_not_answered_is_called_to_mind(quiet):
    act(quiet, "bed", asked_at=NOW - timedelta(days=8))
    run()
    assert told() == [("Amina", "action_unanswered"), ("Tomasz", "action_unanswered")]


def test_nobody_is_told_of_an_action_that_they_may_not_see(quiet):
    for key in ("letter", "probation", "detox"):
        act(quiet, key, due_on=NOW.date() - timedelta(days=3), status="accepted")
    withdraw(quiet, "harbour")
    run()
    assert [name for name, _ in told()] == ["Orla"], "only the lead's own; Northgate never had consent"


def test_a_review_is_called_to_mind_before_and_flagged_after(quiet):
    db.session.execute(update(CarePlan).values(next_review_on=NOW.date() + timedelta(days=14)))
    db.session.commit()
    run()
    assert told() == [("Orla", "review_due")]
    run(NOW + timedelta(days=15))
    assert told() == [("Declan", "review_late"), ("Orla", "review_due"), ("Orla", "review_late")]


def test_a_consent_that_ends_soon_is_told_in_time_and_its_end_written_down(quiet):
    db.session.execute(
        update(ConsentGrant)
        .where(ConsentGrant.id == quiet.grants["harbour"])
        .values(expires_on=NOW.date() + timedelta(days=20))
    )
    db.session.commit()
    run()
    assert told() == [("Orla", "consent_ending")]
    run(NOW + timedelta(days=21))
    assert ("Orla", "consent_ended") in told()
    db.session.expire_all()
    assert db.session.get(ConsentGrant, quiet.grants["harbour"]).status is ConsentStatus.EXPIRED


def test_an_issue_that_nobody_answered_in_time_reaches_the_manager(quiet):
    db.session.add(
        PlanIssue(
            case_id=quiet.case_id,
            agency_id=quiet.agencies["harbour"],
            raised_by_id=quiet.tomasz.user_id,
            raised_at=NOW,
            text="x",
        )
    )
    db.session.commit()
    run(NOW + timedelta(days=7))  # five working days: still in time
    assert told() == []
    run(NOW + timedelta(days=8))
    assert told() == [("Declan", "issue_late"), ("Orla", "issue_late")]
    run(NOW + timedelta(days=9))
    assert len(told()) == 2


def everything_due(world):
    act(world, "letter", due_on=NOW.date() - timedelta(days=3))
    act(world, "bed", asked_at=NOW - timedelta(days=9))
    db.session.execute(update(CarePlan).values(next_review_on=NOW.date() - timedelta(days=1)))
    db.session.execute(update(ConsentGrant).values(expires_on=NOW.date() + timedelta(days=5)))
    db.session.commit()


def test_running_twice_leaves_what_running_once_leaves(quiet):
    everything_due(quiet)
    run()
    once, mail = told(), db.session.scalar(select(func.count()).select_from(OutboxMessage))
    assert len(once) == 7
    for minutes in (0, 5, 60):
        done = run(NOW + timedelta(minutes=minutes))
        assert not any(duty.failed for duty in done.values())
    assert told() == once
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) == mail


def test_jobs_that_run_at_the_same_time_leave_what_one_leaves(app, quiet):
    everything_due(quiet)
    db.session.rollback()
    post, failed = Post(), []

    def job():
        with app.app_context():
            done = reminders.run(
                now=lambda: NOW, server=SERVER, public_url="https://caseapp.example", connect=lambda _: post
            )
            failed.extend(duty for duty in done if duty.failed)

    threads = [threading.Thread(target=job) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(told()) == len(set(told())) + 1 == 7, "Orla is told of two consents that end"
    people = [mail["To"] for mail in post.taken]
    assert len(people) == len(set(people)) == 4


def test_a_duty_that_fails_is_written_down_and_does_not_stop_the_others(quiet, monkeypatch):
    act(quiet, "letter", due_on=NOW.date())

    def broken(at):
        raise RuntimeError("CANARY-text")

    monkeypatch.setattr(reminders, "_reviews", broken)
    done = run()
    assert done["reviews"].failed
    assert done["reviews"].outcome == "failed: RuntimeError"
    assert told() == [("Tomasz", "action_due")]
    assert db.session.scalar(select(JobRun.outcome).where(JobRun.name == "reviews")) == "failed: RuntimeError"


# --- digests -----------------------------------------------------------------------------------------------------------


def mails():
    return [(row.to_address, row.subject, row.body) for row in db.session.scalars(select(OutboxMessage))]


def choose(world, name, choice):
    db.session.execute(update(User).where(User.id == world.viewers[name].user_id).values(digest=choice))
    db.session.commit()


def test_a_digest_says_how_many_things_wait_and_nothing_else(quiet):
    change(quiet, "letter", change={"by when": ["CANARY-HARBOUR-old", "CANARY-HARBOUR-new"]}, at=NOW)
    run()
    found = {to: subject + "\n" + body for to, subject, body in mails()}
    text = found["tomasz@harbour.example"]
    assert text.startswith("One thing waits for you in Caseapp\n")
    assert "https://caseapp.example/news" in text
    assert canaries(text) == set()
    for word in ("Niall", "Rafter", "Orla", "Tomasz", "Harbour", quiet.reference, "letter", "consent"):
        assert word not in text.replace("https://caseapp.example", ""), word


def test_whoever_has_nothing_unread_gets_no_mail(quiet):
    change(quiet, "letter", at=NOW)
    db.session.execute(update(Notification).values(read_at=NOW))
    db.session.commit()
    run()
    assert mails() == []


def test_nobody_is_mailed_twice_about_the_same_news(quiet):
    change(quiet, "letter", at=NOW)
    for day in range(3):
        run(NOW + timedelta(days=day))
    assert [to for to, _, _ in mails()].count("tomasz@harbour.example") == 1


def test_each_person_gets_mail_as_often_as_they_chose(quiet):
    monday = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    saturday = monday - timedelta(days=2)
    names = {"never": DigestChoice.NEVER, "weekly": DigestChoice.WEEKLY, "daily": DigestChoice.DAILY}
    counts = {}
    for name, choice in (names | {"at_once": DigestChoice.AT_ONCE}).items():
        db.session.execute(OutboxMessage.__table__.delete())
        db.session.execute(Notification.__table__.delete())
        choose(quiet, "tomasz", choice)
        change(quiet, "letter", at=saturday)
        when = {}
        for label, at in (("saturday", saturday), ("monday", monday), ("later", monday + timedelta(hours=2))):
            if label == "later":
                change(quiet, "letter", at=at)
            before = [to for to, _, _ in mails()].count("tomasz@harbour.example")
            digests.write(at=at, public_url="")
            when[label] = [to for to, _, _ in mails()].count("tomasz@harbour.example") - before
        counts[name] = tuple(when.values())
    assert counts == {"never": (0, 0, 0), "weekly": (0, 1, 0), "daily": (0, 1, 0), "at_once": (1, 0, 1)}


def test_a_disabled_account_gets_no_mail(quiet):
    change(quiet, "letter", at=NOW)
    db.session.execute(update(User).values(disabled_at=NOW))
    db.session.commit()
    run()
    assert mails() == []


def test_an_address_to_which_no_mail_can_go_does_not_keep_others_from_theirs(quiet):
    change(quiet, "letter", at=NOW)
    db.session.execute(update(User).where(User.id == quiet.amina.user_id).values(email="broken address"))
    db.session.commit()
    done = run()
    assert not done["digests"].failed
    assert "tomasz@harbour.example" in [to for to, _, _ in mails()]


# --- the commands ---------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_and_the_jobs_when_they_ran(app, quiet):
    runner = app.test_cli_runner()
    before = runner.invoke(args=["jobs"])
    assert before.exit_code == 1
    assert "No run has finished ever" in before.output
    result = runner.invoke(args=["reminders"])
    assert result.exit_code == 0, result.output
    assert "actions: " in result.output
    assert "mail: " in result.output
    after = runner.invoke(args=["jobs"])
    assert after.exit_code == 0
    assert "digests: begun" in after.output


def test_administrators_can_tell_when_the_job_has_been_silent_for_two_days(quiet):
    assert jobs.silent_since(NOW) is True
    run()
    assert jobs.silent_since(NOW + timedelta(hours=47)) is False
    assert jobs.silent_since(NOW + timedelta(hours=49)) == NOW
    names = [one.name for one in jobs.last_runs()]
    assert len(names) == len(set(names)) >= 8
