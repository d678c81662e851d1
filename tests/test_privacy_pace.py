"""Bulk reading is slowed, stopped and reported, by all workers together (ASVS 2.4.1)."""

import time
from datetime import timedelta
from http.client import HTTPConnection

import pytest
from sqlalchemy import func, select, update

from caseapp import clock, create_app
from caseapp.extensions import db
from caseapp.models import AgencySetting, AuditEntry, OutboxMessage, ReadingFinding, User, UserSession
from caseapp.services import reading_pace
from caseapp.vocabulary import AuditAct, FindingKind
from caseapp.web import pace
from tests.privacy import looked, officer, people
from tests.servers import environment, serving
from tests.world import build, sign_in

SOFT, HARD = 15, 30


@pytest.fixture(autouse=True)
def _forgotten():
    pace.forget()


def tighten(world, agency="canal"):
    for key, value in (("reading_ask_again", SOFT), ("reading_stop", HARD)):
        db.session.add(
            AgencySetting(
                agency_id=world.agencies[agency],
                key=key,
                value=value,
                changed_at=clock.now(),
                changed_by_id=world.ciara.user_id,
            )
        )
    db.session.commit()


@pytest.fixture
def declan(as_, world):
    """A line manager's browser. It is not judged: a reading that is one too many is written down by its answer."""
    tighten(world)
    browser = as_("declan")
    browser.judging = False
    return browser


def plan(one):
    return f"/cases/{one[2]}/plan"


def read(browser, some):
    return [browser.get(plan(one)).status_code for one in some]


def findings():
    return db.session.scalars(select(ReadingFinding).execution_options(populate_existing=True)).all()


def test_up_to_the_first_limit_nobody_is_asked_anything(declan, world):
    assert read(declan, people(world, SOFT - 1)) == [200] * (SOFT - 1)
    assert not findings()


def test_the_same_few_records_can_be_opened_all_day(declan, world):
    assert set(read(declan, people(world, 4) * 20)) == {200}


def test_above_the_first_limit_the_password_is_asked_for_again_and_then_work_goes_on(declan, world):
    some = people(world, HARD - 1)
    assert read(declan, some[:SOFT]) == [200] * SOFT
    asked = declan.get(plan(some[SOFT]))
    assert asked.status_code == 303 and "/prove" in asked.location
    assert declan.get("/team").status_code == 200, "the rest of the work goes on"
    db.session.execute(update(UserSession).values(proved_at=clock.now()))
    db.session.commit()
    assert read(declan, some[SOFT : SOFT + 10]) == [200] * 10
    assert not findings(), "somebody who shows who they are is not reported for the first limit"


def test_a_form_that_is_sent_meanwhile_is_kept_over_the_password(declan, world):
    some = people(world, SOFT + 1)
    path = f"/cases/{some[0][2]}/notes"
    token = declan.token("/account")
    db.session.execute(update(User).values(password_hash="used"))
    db.session.commit()
    read(declan, some)
    answer = declan.post(path, data={"csrf_token": token, "text": "What I had written meanwhile."})
    assert answer.status_code == 401
    assert "What I had written meanwhile." in answer.text


def prove(world):
    db.session.execute(update(UserSession).values(proved_at=clock.now() + timedelta(seconds=1)))
    db.session.commit()


def read_on(browser, world, some):
    """Open one after the other; whenever the password is asked for, it is given."""
    seen = []
    for one in some:
        status = browser.get(plan(one)).status_code
        if status == 303:
            prove(world)
            status = browser.get(plan(one)).status_code
        seen.append(status)
    return seen


def test_above_the_second_limit_no_record_is_shown_for_some_minutes_and_the_officer_is_told(
    declan, world, as_
):
    some = people(world, HARD + 10)
    seen = read_on(declan, world, some)
    assert 200 in seen and seen[-1] == 429
    assert seen.count(200) <= HARD + reading_pace.EVERY
    (one,) = findings()
    assert (one.kind, one.user_id) == (FindingKind.AT_ONCE, world.declan.user_id)
    assert "within ten minutes" in one.why
    assert db.session.scalars(select(OutboxMessage.to_address)).all() == ["femi@canal.example"]
    shut = declan.get(plan(some[0]))
    assert shut.status_code == 429 and 0 < int(shut.headers["Retry-After"]) <= 15 * 60
    assert "No more records for now" in shut.text and "Rafter" not in shut.text
    assert declan.get("/team").status_code == 200
    again = as_("declan")
    again.judging = False
    assert again.get(plan(some[0])).status_code == 429, "signing in anew opens nothing"
    refused = db.session.scalar(
        select(func.count()).where(
            AuditEntry.user_id == world.declan.user_id, AuditEntry.act == AuditAct.REFUSED
        )
    )
    assert refused >= 2
    assert "Many records at once" in as_("femi").get("/privacy").text


def test_after_the_minutes_records_open_again(declan, world):
    some = people(world, 2)
    account = db.session.get(User, world.declan.user_id)
    account.reading_held_until = clock.now() - timedelta(seconds=1)
    db.session.commit()
    assert read(declan, some) == [200, 200]


def test_colleagues_are_not_slowed(declan, world, as_):
    read_on(declan, world, people(world, HARD + 8))
    assert as_("orla").get(f"/cases/{world.reference}/plan").status_code == 200


def test_a_file_counts_by_the_cases_in_it_and_is_looked_at_at_once(declan, world):
    cases = [one[0] for one in people(world, HARD)]
    looked(world.declan, clock.now(), act=AuditAct.EXPORTED, detail={"cases": cases, "rows": 90})
    now = reading_pace.pace(world.declan.user_id, at=clock.now())
    assert now.records == HARD
    pace_of_export(world)
    assert [one.kind for one in findings()] == [FindingKind.AT_ONCE]


def pace_of_export(world):
    reading_pace.measure(world.declan.user_id, world.declan.agency_id, proved_at=clock.now(), at=clock.now())


def test_the_access_record_is_no_persons_record_and_does_not_count(world):
    cases = [one[0] for one in people(world, HARD)]
    looked(world.femi, clock.now(), act=AuditAct.EXPORTED, what="the access record", detail={"named": cases})
    assert reading_pace.pace(world.femi.user_id, at=clock.now()).records == 0


def test_what_lies_longer_than_ten_minutes_back_does_not_count(world):
    for one in people(world, 5):
        looked(world.orla, clock.now() - timedelta(minutes=11), one[:2])
    assert reading_pace.pace(world.orla.user_id, at=clock.now()).records == 0


def test_the_default_limits_leave_a_line_managers_day_alone(world):
    from caseapp.settings_catalogue import catalogue

    known = catalogue()
    # a record every fifteen seconds for ten minutes
    assert known["reading_ask_again"].default >= 40
    assert known["reading_stop"].default >= 5 * known["reading_ask_again"].default


def test_most_readings_ask_the_record_nothing(declan, world, monkeypatch):
    """What a page pays is one look at what the session's row brought along, and a number in memory."""
    asked = []
    monkeypatch.setattr(reading_pace, "measure", lambda *a, **k: asked.append(1))
    read(declan, people(world, 10))
    assert len(asked) == 10 // reading_pace.EVERY


def test_two_workers_count_together(another_database, tmp_path):
    """Two processes behind one address: each keeps nothing but when to ask; what counts is in the database."""
    env = environment(
        tmp_path, DATABASE_URL=another_database, SECRET_KEY="the same for both", CASEAPP_ENV="test"
    )
    app = create_app(
        {
            "TESTING": True,
            "CASEAPP_ENV": "test",
            "DATABASE_URL": another_database,
            "CASEAPP_DATA": str(tmp_path),
            "SECRET_KEY": "the same for both",
        }
    )
    with app.app_context():
        world = build()
        tighten(world)
        officer(world, "area")
        some = people(world, HARD + 25)
        client = app.test_client()
        sign_in(client, world.declan)
        name = app.config["SESSION_COOKIE_NAME"]
        cookie = f"{name}={client.get_cookie(name).value}"
        db.session.execute(update(UserSession).values(proved_at=clock.now() + timedelta(hours=1)))
        db.session.commit()
        db.session.remove()
    seen = []
    with serving(env, log=tmp_path / "log", workers=2, threads=1) as port:
        for one in some:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", plan(one), headers={"Cookie": cookie})
            seen.append(connection.getresponse().status)
            connection.close()
            time.sleep(0.005)
    with app.app_context():
        kinds = db.session.scalars(select(ReadingFinding.kind)).all()
        db.session.remove()
        db.engine.dispose()
    assert seen[-1] == 429, seen
    assert HARD - 1 <= seen.count(200) <= HARD + 2 * reading_pace.EVERY, seen
    assert seen[seen.index(429) :] == [429] * (len(seen) - seen.index(429)), "both workers, from then on"
    assert kinds == [FindingKind.AT_ONCE]
