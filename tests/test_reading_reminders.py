"""Reminders of reading: before and after the day, once however often the job runs; the line manager hears of what is
overdue (C12, X-14)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Chapter, Notification, ReadingStanding, User
from caseapp.services import reading_reminders, reminders
from caseapp.services.transaction import unit_of_work
from tests.reading_world import book as write_book

KINDS = ("reading_due", "reading_late", "reading_rises")


@pytest.fixture
def book(world):
    found = write_book(world)
    found.ask("declan", "1.2", "2.1", team="declan", days=20)
    return found


def run(days):
    """The duty so many days from now; what it told, as (first name, kind, words)."""
    before = set(db.session.scalars(select(Notification.id)))
    with unit_of_work():
        reading_reminders.remind(clock.now() + timedelta(days=days), reminders._told)
    rows = db.session.execute(
        select(User.name, Notification.kind, Notification.plain, Notification.id)
        .join(User, User.id == Notification.user_id)
        .where(Notification.kind.in_(KINDS))
        .order_by(Notification.id)
    )
    return sorted((row.name.split()[0], row.kind, row.plain) for row in rows if row.id not in before)


def brief(told):
    return [(name, kind) for name, kind, _ in told]


def test_a_week_before_the_day_after_and_each_week_from_then_on(book):
    assert run(12) == []
    assert brief(run(13)) == [("Orla", "reading_due"), ("Shauna", "reading_due")]
    assert run(13) == run(15) == run(20) == []
    late = run(21)
    assert brief(late) == [("Orla", "reading_late"), ("Shauna", "reading_late")]
    assert late[0][2] == (
        "2 chapters of the procedures are past the day by which you were asked to read them."
    )
    assert run(22) == []
    assert brief(run(23)) == [("Declan", "reading_rises")]
    assert brief(run(28)) == [("Orla", "reading_late"), ("Shauna", "reading_late")]


def test_the_line_manager_is_told_how_many_and_never_who(book, world):
    book.read("shauna", "1.2", "2.1")
    run(21)
    told = [words for name, kind, words in run(24) if kind == "reading_rises"]
    assert told == ["One of your staff has chapters of the procedures past their day. See Reading."]
    kinds = {kind for name, kind, _ in run(31) if name == "Declan"}
    assert kinds == {"reading_rises"}  # once a week


def test_nobody_is_reminded_of_what_is_read_waived_withdrawn_or_no_longer_theirs(book, world):
    from tests.test_reading_assign import waive

    book.read("orla", "1.2")
    waive(book, world, "orla", "2.1")
    db.session.execute(update(User).where(User.id == world.shauna.user_id).values(disabled_at=clock.now()))
    db.session.commit()
    assert run(14) == run(25) == []
    db.session.execute(update(User).where(User.id == world.shauna.user_id).values(disabled_at=None))
    db.session.execute(
        update(Chapter)
        .where(Chapter.id == book.chapters["1.2"])
        .values(withdrawn_on=clock.today(), withdrawn_reason="Replaced")
    )
    db.session.commit()
    assert [words for name, _, words in run(14)] == [
        f"A chapter of the procedures is to be read by {_day(20)}."
    ]


def _day(days):
    from caseapp import dates

    return dates.day(clock.today() + timedelta(days=days))


def test_a_new_day_reminds_anew(book, world):
    run(14)
    db.session.execute(
        update(ReadingStanding)
        .where(ReadingStanding.user_id == world.orla.user_id)
        .values(due_on=clock.today() + timedelta(days=18))
    )
    db.session.commit()
    assert brief(run(14)) == [("Orla", "reading_due")]


def test_the_timer_does_both_duties(book):
    from tests.test_reminders import run as run_all

    done = run_all(at=clock.now())
    assert not done["reading of procedures"].failed
    assert done["coverage of reading"].outcome == "2 kept"
