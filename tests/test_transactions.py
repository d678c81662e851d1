"""One use case, one commit: nested ones join in, any exception rolls all back, and writers never lose each other."""

import threading

import pytest
from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Area, Submission
from caseapp.services import submissions
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AreaKind


@use_case
def add_area(name):
    db.session.add(Area(name=name, kind=AreaKind.LOCAL))
    db.session.flush()


@use_case
def add_two(first, second, fail=False):
    add_area(first)
    add_area(second)
    if fail:
        raise RuleBroken("no")


def names():
    return set(db.session.scalars(select(Area.name)))


def test_the_outermost_use_case_commits_what_the_inner_ones_did(db_session):
    add_two("A", "B")
    db.session.rollback()
    assert names() == {"A", "B"}


def test_an_exception_takes_everything_back(db_session):
    with pytest.raises(RuleBroken):
        add_two("A", "B", fail=True)
    assert names() == set()


def test_a_refusal_of_the_database_is_said_in_words(db_session):
    add_area("A")
    with pytest.raises(RuleBroken, match="An area with this name exists already"):
        add_area("A")


def test_a_form_that_arrives_twice_is_claimed_once(world):
    at = clock.now()

    @use_case
    def claim():
        return submissions.claim("k" * 22, actor=world.orla, at=at)

    assert [claim(), claim()] == [True, False]
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 1


def test_writers_who_read_first_lose_nothing_to_each_other(app, world):
    """Each of eight threads reads, then writes, twenty times: on SQLite this fails at once without the write lock."""
    problems, done = [], []

    def work(n):
        with app.app_context():
            for k in range(20):
                try:
                    names()
                    add_area(f"{n}-{k}")
                    done.append(1)
                except Exception as error:
                    problems.append(repr(error)[:200])
            db.session.remove()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems[:3]
    assert len(done) == 160 and len(names()) == 161
