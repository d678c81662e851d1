"""An agency can say what is wrong with the plan; the case manager must answer (S3-18)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import Action, ConsentGrant, ConsentWithheld, Event, Notification, PlanIssue
from caseapp.vocabulary import Audience, ConsentStatus
from tests.browser import fields_of


def issues(world):
    return f"/cases/{world.reference}/issues"


def raised(world, as_, text="Mondays clash CANARY-HARBOUR-issue", **more):
    response = as_("tomasz").submit(f"/cases/{world.reference}/plan", issues(world), text=text, **more)
    assert response.status_code == 303
    return db.session.scalars(select(PlanIssue)).one()


def answer_at(world, issue):
    return f"{issues(world)}/{ids.written(issue.id)}/answer"


def test_an_agency_raises_an_issue_and_the_case_manager_is_told_at_once(world, as_):
    issue = raised(world, as_, about=ids.written(world.actions["letter"]))
    assert (issue.agency_id, issue.action_id) == (world.agencies["harbour"], world.actions["letter"])
    event = db.session.scalars(select(Event)).one()
    assert (event.audience, event.for_agency_id) == (Audience.AGENCY, world.agencies["harbour"])
    assert db.session.scalars(select(Notification.user_id)).all() == [world.orla.user_id]
    assert "CANARY-HARBOUR-issue" in as_("orla").get(issues(world)).text
    assert "CANARY-HARBOUR-issue" in as_("amina").get(f"/cases/{world.reference}/plan").text
    for other in ("leah", "shauna"):
        assert "CANARY-HARBOUR-issue" not in as_(other).get(issues(world)).text
        assert "CANARY-HARBOUR-issue" not in as_(other).get(f"/cases/{world.reference}/plan").text


def test_an_issue_can_only_be_about_an_own_action(world, as_):
    tomasz = as_("tomasz")
    for about in (ids.written(world.actions["dose"]), "junk!"):
        response = tomasz.submit(f"/cases/{world.reference}/plan", issues(world), text="x", about=about)
        assert response.status_code == 422 and "Choose one of your own actions" in response.text
    assert db.session.scalars(select(PlanIssue)).all() == []


def test_an_empty_issue_is_asked_for_and_a_double_click_raises_one(world, as_):
    tomasz = as_("tomasz")
    empty = tomasz.submit(f"/cases/{world.reference}/plan", issues(world), text=" ")
    assert empty.status_code == 422 and "Say what should change, and why" in empty.text
    fields = fields_of(tomasz.get(f"/cases/{world.reference}/plan").text) | {"text": "Once"}
    for _ in range(2):
        assert tomasz.post(issues(world), data=fields).status_code == 303
    assert len(db.session.scalars(select(PlanIssue)).all()) == 1


def test_the_answer_is_read_by_the_agency_that_asked_and_it_is_told(world, as_):
    issue = raised(world, as_)
    response = as_("orla").submit(issues(world), answer_at(world, issue), answer="Moved to 14:00")
    assert response.status_code == 303
    page = as_("tomasz").get(f"/cases/{world.reference}/plan").text
    assert "Moved to 14:00" in page and "Answered" in page
    told = set(db.session.scalars(select(Notification.user_id).where(Notification.kind == "issue_answered")))
    assert told == {world.tomasz.user_id, world.amina.user_id}


def test_an_answer_once_given_is_not_overwritten(world, as_):
    issue = raised(world, as_)
    orla, declan = as_("orla"), as_("declan")
    fields = fields_of(declan.get(issues(world)).text)
    orla.submit(issues(world), answer_at(world, issue), answer="First")
    late = declan.post(answer_at(world, issue), data=fields | {"answer": "Second"})
    assert late.status_code == 409
    assert "First" in late.text and "Second" in late.text and "Orla Keaveney answered this issue" in late.text
    db.session.refresh(issue)
    assert issue.answer == "First"


def test_an_empty_answer_is_asked_for(world, as_):
    issue = raised(world, as_)
    response = as_("orla").submit(issues(world), answer_at(world, issue), answer="")
    assert response.status_code == 422 and "Write your answer" in response.text


def test_an_agency_whose_consent_ended_is_not_told_of_the_answer(world, as_):
    issue = raised(world, as_)
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()
    as_("orla").submit(issues(world), answer_at(world, issue), answer="Too late")
    assert not db.session.scalars(select(Notification).where(Notification.kind == "issue_answered")).all()


def test_an_issue_without_answer_is_flagged_once_its_working_days_are_over(world, as_):
    issue = raised(world, as_)
    page = as_("orla").get(f"/cases/{world.reference}/plan").text
    assert (
        "Harbour Hostel waits for your answer" in page
        and "working days late" not in page[page.index("waits for") :][:80]
    )
    issue.raised_at = clock.now() - timedelta(days=21)
    db.session.commit()
    for name in ("orla", "declan"):
        page = as_(name).get(f"/cases/{world.reference}/plan").text
        assert "Harbour Hostel waits for your answer, " in page
        assert "working days late" in as_(name).get(issues(world)).text


@pytest.mark.parametrize(("name", "status"), [("tomasz", 403), ("leah", 403), ("shauna", 403), ("mark", 404)])
def test_only_those_who_lead_the_case_answer(world, as_, name, status):
    issue = raised(world, as_)
    client = as_(name)
    token = fields_of(client.get("/account").text).get("csrf_token", "")
    assert (
        client.post(answer_at(world, issue), data={"csrf_token": token, "answer": "x"}).status_code == status
    )


def test_those_who_lead_the_case_raise_none(world, as_):
    orla = as_("orla")
    token = fields_of(orla.get("/account").text).get("csrf_token", "")
    assert orla.post(issues(world), data={"csrf_token": token, "text": "x"}).status_code == 403


def test_the_words_of_an_action_that_is_now_kept_from_the_agency_are_not_in_its_issue(world, as_):
    raised(world, as_, about=ids.written(world.actions["letter"]), text="Please look")
    assert "CANARY-HARBOUR-letter" in as_("tomasz").get(issues(world)).text
    db.session.add(ConsentWithheld(grant_id=world.grants["harbour"], domain="accommodation"))
    db.session.commit()
    assert "CANARY-HARBOUR-letter" not in as_("tomasz").get(issues(world)).text
    assert db.session.get(Action, world.actions["letter"])
