"""The numbers beside the navigation for what waits at the doors of records: seen by whoever answers it, gone once it is
answered, in the one statement that every page makes anyway."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import AccessRequest
from caseapp.policy import privacy
from caseapp.policy.emergency import find_emergency_review
from caseapp.policy.rights import find_subject_request
from caseapp.queries import waiting, waiting_doors
from caseapp.services import access_requests, emergency, findings, subject_requests
from caseapp.statements import Prepared
from caseapp.vocabulary import AskedHow, EmergencyOutcome, FindingOutcome
from tests.test_access_requests import PURPOSE, by_name, soon
from tests.test_emergency import may, opened  # noqa: F401 - a fixture
from tests.test_privacy_findings import finding  # noqa: F401 - a fixture


def beside(browser, label, page="/news") -> str:
    """The number beside a place of the navigation, with its words; "" where none stands there."""
    found = re.search(rf">{label} <span class=\"n\">(.*?)</span></span>", browser.get(page).text)
    return re.sub(r"<[^>]*>", "", found[1]) if found else ""


def test_a_request_for_access_stands_beside_the_place_of_who_answers_it(world, as_):
    place = "Requests for access"
    assert beside(as_("orla"), place) == ""
    access_requests.ask(
        world.case_for(world.shauna),
        actor=world.shauna,
        at=clock.now(),
        purpose=PURPOSE,
        needed_until=soon(),
    )
    by_name(world)
    for who in ("orla", "declan"):
        assert beside(as_(who), place) == "2 to answer", who
    for who in ("shauna", "mark", "tomasz", "leah", "amina", "nora"):
        assert beside(as_(who), place) == "", who
    first = db.session.scalars(select(AccessRequest.id).order_by(AccessRequest.id)).first()
    access_requests.refuse(
        world.case_for(world.orla), first, actor=world.orla, at=clock.now(), answer="Ring me instead"
    )
    assert beside(as_("orla"), place) == "1 to answer"
    db.session.execute(AccessRequest.__table__.update().values(lapses_on=clock.today() - timedelta(days=1)))
    db.session.commit()
    assert beside(as_("orla"), place) == "", "it has lapsed"


def test_nothing_that_may_still_be_answered_is_too_old_to_count():
    assert timedelta(days=access_requests.LAPSES_AFTER + 1) < waiting_doors.OLDEST
    now = clock.now()
    assert ids.at_least(now - timedelta(seconds=2)) < ids.new_id() < ids.at_least(now + timedelta(minutes=1))


def test_what_a_person_asked_stands_beside_the_requests_of_who_answers(world, as_):
    asked = subject_requests.receive(
        world.case_for(world.tomasz),
        actor=world.tomasz,
        at=clock.now(),
        received_on=clock.today(),
        how=AskedHow.SPOKEN,
    )
    for who in ("declan", "femi"):
        assert beside(as_(who), "Requests") == "1 to answer", who
    for who in ("orla", "tomasz", "amina", "ciara", "sinead"):
        assert beside(as_(who), "Requests") == "", who
    subject_requests.withdraw(
        find_subject_request(world.declan, asked), actor=world.declan, at=clock.now(), words="Not now"
    )
    assert beside(as_("femi"), "Requests") == ""


def test_an_opening_in_an_emergency_stands_beside_the_officers_reviews(may, as_):  # noqa: F811
    access = opened(may)
    assert beside(as_("femi"), "Emergency reviews") == "1 to review"
    emergency.review(
        find_emergency_review(may.femi, access),
        actor=may.femi,
        at=clock.now(),
        outcome=EmergencyOutcome.JUSTIFIED,
        text="The ambulance report says the same.",
    )
    assert beside(as_("femi"), "Emergency reviews") == ""


def test_unusual_reading_stands_beside_the_officers_place(world, as_, finding):  # noqa: F811
    assert beside(as_("femi"), "Unusual reading") == "1 to look into"
    file = privacy.find_finding(world.femi, finding)
    findings.close(
        file,
        actor=world.femi,
        at=clock.now(),
        outcome=FindingOutcome.EXPLAINED,
        text="She stood in for a colleague.",
        version=file.version,
    )
    assert beside(as_("femi"), "Unusual reading") == ""


@pytest.mark.parametrize("who", ["orla", "declan", "femi", "ciara"])
def test_all_numbers_are_one_statement_however_much_waits(world, who):
    def asked():
        heard = []

        def hear(_connection, _cursor, statement, *_):
            heard.append(statement)

        event.listen(db.engine, "before_cursor_execute", hear)
        try:
            waiting.counts(viewer=world.viewers[who])
        finally:
            event.remove(db.engine, "before_cursor_execute", hear)
        return len([one for one in heard if one.lstrip().upper().startswith("SELECT")])

    assert asked() == 1
    for number in range(3):
        by_name(world, at=clock.now() - timedelta(minutes=number))
    assert asked() == 1


def test_older_requests_cost_a_page_nothing(world):
    """On SQLite: the table is entered by the ids of the last weeks, and asks for its case; never is a table read through."""
    if db.engine.dialect.name != "sqlite":
        return
    statement = waiting._NUMBERS[(True, True, True)]
    prepared = Prepared(statement, db.engine.dialect)
    plan = db.session.connection().exec_driver_sql(
        "EXPLAIN QUERY PLAN " + prepared.sql, tuple([None] * len(prepared.names))
    )
    lines = [row[3] for row in plan]
    assert "SEARCH access_request USING INTEGER PRIMARY KEY (rowid>?)" in lines
    for table in ("access_request", "emergency_access", "reading_finding", "subject_request", "case"):
        assert not [line for line in lines if re.match(rf"SCAN {table}\b", line)], lines
