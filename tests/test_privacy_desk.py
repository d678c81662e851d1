"""What waits for the privacy officer: emergencies to review in three working days (X-7), requests to answer in a month
(X-5), each agency's to its own officer."""

from datetime import timedelta

import pytest

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import EmergencyAccess, SubjectRequest
from caseapp.queries import privacy_desk, privacy_year
from caseapp.vocabulary import AskedHow, EmergencyReason
from tests.privacy import officer


@pytest.fixture
def opened(world):
    """Tomasz opened Niall's case in an emergency, six days ago."""
    at = clock.now() - timedelta(days=6)
    row = EmergencyAccess(
        user_id=world.tomasz.user_id,
        agency_id=world.agencies["harbour"],
        case_id=world.case_id,
        lead_agency_id=world.agencies["canal"],
        kind=EmergencyReason.LIFE,
        reason="CANARY of what was said to open it",
        found_by="reference",
        opened_at=at,
        ends_at=at + timedelta(minutes=60),
        ended_at=at + timedelta(minutes=60),
        review_due_on=clock.local_day(at) + timedelta(days=3),
    )
    db.session.add(row)
    db.session.commit()
    return row


def pile(viewer, title):
    return next(one for one in privacy_desk.piles(viewer=viewer) if one.title == title)


def test_an_emergency_waits_for_the_officers_of_both_agencies_and_says_that_it_is_late(world, opened, as_):
    for who in (world.femi, officer(world, "harbour"), officer(world, "area")):
        one = pile(who, "Emergency access")
        assert (one.waiting, one.late, one.oldest) == (1, 1, opened.opened_at)
    assert pile(officer(world, "northgate"), "Emergency access").waiting == 0
    text = as_("femi").get("/privacy").text
    assert "1 late" in text and "within three working days" in text
    assert "CANARY" not in text and "Rafter" not in text


def test_whoever_opened_it_does_not_review_it(world, opened):
    opened.user_id = world.femi.user_id
    db.session.commit()
    assert pile(world.femi, "Emergency access").waiting == 0


def test_the_year_counts_emergencies_by_the_agency_that_leads(world, opened):
    report = privacy_year.report(clock.local_day(opened.opened_at).year, viewer=world.femi)
    (table,) = [one for one in report.tables if one.key == "emergencies"]
    assert table.rows == [("Canal Street Drug Service", (1, 0, 0, 1))]


def test_a_request_that_has_no_answer_yet_waits_for_the_agency_that_owes_it(world, as_):
    today = clock.today()
    db.session.add(
        SubjectRequest(
            agency_id=world.agencies["canal"],
            person_id=world.person_id,
            asked_as="Niall Rafter",
            received_on=today - timedelta(days=40),
            how=next(iter(AskedHow)),
            due_on=today - timedelta(days=9),
            recorded_at=clock.now(),
            recorded_by_id=world.orla.user_id,
            recorded_agency_id=world.agencies["canal"],
        )
    )
    db.session.commit()
    one = pile(world.femi, "Access requests")
    assert (one.waiting, one.late) == (1, 1)
    assert pile(officer(world, "harbour"), "Access requests").waiting == 0
    text = as_("femi").get("/privacy").text
    assert "to answer, within one month" in text and "Rafter" not in text
