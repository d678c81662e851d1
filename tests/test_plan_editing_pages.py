"""The editing pages of the plan, as the case manager and others meet them."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import (
    Action,
    AuditEntry,
    CarePlan,
    ConsentWithheld,
    Goal,
    GoalStep,
    Need,
    PlanAgreement,
    PlanReview,
    PlanVersion,
)
from caseapp.services import agreements
from tests.test_versions import by, niall, ready  # noqa: F401 - fixtures

ODD = "Ignore \x00 this 🫶🏽 <script>alert(1)</script> {{ 7*7 }} “q” & é"


@pytest.fixture
def base(world):
    return f"/cases/{world.reference}"


def day(name, days):
    when = clock.today() + timedelta(days=days)
    return {f"{name}-day": str(when.day), f"{name}-month": str(when.month), f"{name}-year": str(when.year)}


def then(browser, answer):
    """The page to which a saved form leads."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"].partition("#")[0])


def pages(world, base):
    goal, action = ids.written(world.goals["home"]), ids.written(world.actions["letter"])
    return {
        "edit": [
            f"{base}/needs/money",
            f"{base}/plan/head",
            f"{base}/goals",
            f"{base}/goals/new",
            f"{base}/goals/new?domain=money",
            f"{base}/goals/{goal}",
            f"{base}/actions/new",
            f"{base}/actions/new?goal={goal}",
            f"{base}/actions/{action}/words",
            f"{base}/actions/{action}/stop",
            f"{base}/actions/{action}/clinic-talk",
            f"{base}/actions/{action}/reminder",
            f"{base}/plan/agreement",
            f"{base}/plan/reviews/new",
        ],
        "read": [
            f"{base}/needs",
            f"{base}/plan/versions",
            f"{base}/plan/versions/1",
            f"{base}/plan/compare",
            f"{base}/plan/compare?old=1&new=1",
            f"{base}/plan/compare?old=x&new=99999999999",
            f"{base}/plan/reviews",
        ],
    }


@pytest.fixture
def agreed(ready, by):
    agreements.agree(ready, **by, person={"route": "phone", "agreed_on": clock.today()})
    db.session.commit()
    return ready


def test_the_case_manager_opens_every_editing_page(world, base, as_, agreed):
    orla = as_("orla")
    for url in [url for group in pages(world, base).values() for url in group]:
        answer = orla.get(url)
        assert answer.status_code == 200, url
        assert "Niall" in answer.text


def test_nobody_else_opens_them(world, base, as_, agreed):
    everything = [url for group in pages(world, base).values() for url in group]
    for name, status in (
        ("tomasz", 403),
        ("leah", 403),
        ("shauna", 403),
        ("mark", 404),
        ("sinead", 404),
        ("root", 404),
    ):
        browser = as_(name)
        for url in everything:
            answer = browser.get(url)
            assert answer.status_code == status, (name, url)
            assert "CANARY" not in answer.text


def test_nobody_else_writes_through_them(world, base, as_, agreed):
    goal, action = ids.written(world.goals["home"]), ids.written(world.actions["letter"])
    posts = [
        f"{base}/needs/money",
        f"{base}/plan/head",
        f"{base}/goals/new",
        f"{base}/goals/{goal}",
        f"{base}/goals/{goal}/up",
        f"{base}/goals/{goal}/steps",
        f"{base}/goals/{goal}/reached",
        f"{base}/goals/{goal}/dropped",
        f"{base}/goals/{goal}/on-hold",
        f"{base}/goals/{goal}/reopening",
        f"{base}/actions/new",
        f"{base}/actions/{action}/words",
        f"{base}/actions/{action}/stop",
        f"{base}/actions/{action}/clinic-talk",
        f"{base}/actions/{action}/reminder",
        f"{base}/plan/agreement",
        f"{base}/plan/agreement/agencies",
        f"{base}/plan/reviews/new",
    ]
    for name, status in (("leah", 403), ("tomasz", 403), ("mark", 404)):
        browser = as_(name)
        token = browser.token("/account")
        for url in posts:
            assert browser.post(url, data={"csrf_token": token}).status_code == status, (name, url)


def test_an_action_is_added_on_a_page_and_its_agency_asked(world, base, as_):
    goal = ids.written(world.goals["home"])
    orla = as_("orla")
    answer = orla.submit(
        f"{base}/actions/new?goal={goal}",
        f"{base}/actions/new",
        what="View the flat on Mill Street",
        agency=ids.written(world.agencies["harbour"]),
        worker=ids.written(world.tomasz.user_id),
        **day("due_on", 9),
    )
    assert "Harbour Hostel has been asked and told" in then(orla, answer).text
    assert "View the flat on Mill Street" in as_("tomasz").get(f"{base}/plan").text


def test_without_consent_it_is_saved_as_proposed_and_the_page_says_why(world, base, as_):
    orla = as_("orla")
    answer = orla.submit(
        f"{base}/actions/new",
        f"{base}/actions/new",
        goal=ids.written(world.goals["home"]),
        what="Move supervision again",
        agency=ids.written(world.agencies["northgate"]),
        **day("due_on", 9),
    )
    page = then(orla, answer).text
    assert "Saved as proposed. No consent is in force for Northgate Probation" in page


def test_a_withheld_part_of_life_is_refused_beside_the_agency_and_what_was_typed_stays(world, base, as_):
    db.session.add(ConsentWithheld(grant_id=world.grants["harbour"], domain="drug_use"))
    db.session.commit()
    answer = as_("orla").submit(
        f"{base}/actions/new",
        f"{base}/actions/new",
        goal=ids.written(world.goals["drugs"]),
        what="Count the doses",
        agency=ids.written(world.agencies["harbour"]),
    )
    assert answer.status_code == 422
    assert "Niall asked not to share drug use with Harbour Hostel" in answer.text
    assert "Count the doses" in answer.text
    assert db.session.scalar(select(Action.id).where(Action.what == "Count the doses")) is None


@pytest.mark.parametrize("worker", ["leah", "brid"])
def test_a_forged_worker_or_agency_is_refused(world, base, as_, worker):
    values = {
        "goal": ids.written(world.goals["home"]),
        "what": "x",
        "agency": ids.written(world.agencies["harbour"]),
        "worker": ids.written(world.viewers[worker].user_id),
    }
    orla = as_("orla")
    assert orla.submit(f"{base}/actions/new", f"{base}/actions/new", **values).status_code == 422
    for junk in ("!!", "zzzzzzzzzzzzz", ids.written(7)):
        for name in ("goal", "agency", "worker"):
            answer = orla.submit(f"{base}/actions/new", f"{base}/actions/new", **(values | {name: junk}))
            assert answer.status_code == 422, (name, junk)


def test_two_editors_of_one_action_get_both_texts_and_nothing_is_lost(world, base, as_):
    orla, declan = as_("orla"), as_("declan")
    action = ids.written(world.actions["letter"])
    url = f"{base}/actions/{action}/words"
    from tests.browser import fields_of

    old = fields_of(orla.get(url).text)
    declan.submit(url, url, what="Declan’s words about the letter")
    answer = orla.post(url, data=old | {"what": "Orla’s words about the letter"})
    assert answer.status_code == 409
    for text in ("Declan Moyne changed this", "Yours, not saved yet", "words about the letter", "<mark>"):
        assert text in answer.text
    assert db.session.get(Action, world.actions["letter"]).what == "Declan’s words about the letter"
    again = fields_of(answer.text)
    assert again["what"].strip() == "Orla’s words about the letter"
    assert orla.post(url, data=again).status_code == 303
    assert db.session.get(Action, world.actions["letter"], populate_existing=True).what.startswith("Orla’s")


def test_a_form_that_arrives_twice_adds_one_action_and_one_goal(world, base, as_):
    from tests.browser import fields_of

    orla = as_("orla")
    for url, values, count in (
        (
            f"{base}/actions/new",
            {"goal": ids.written(world.goals["home"]), "what": "Twice", "who": "nobody"},
            select(func.count(Action.id)).where(Action.what == "Twice"),
        ),
        (
            f"{base}/goals/new",
            {"words": "Twice", "domain": "money"},
            select(func.count(Goal.id)).where(Goal.words == "Twice"),
        ),
    ):
        data = fields_of(orla.get(url).text) | values
        assert [orla.post(url, data=data).status_code for _ in range(2)] == [303, 303]
        assert db.session.scalar(count) == 1


def test_a_need_is_edited_in_its_place_and_as_a_page(world, base, as_):
    orla = as_("orla")
    url = f"{base}/needs/money"
    part = orla.get(url, headers={"HX-Request": "true"})
    assert part.headers["HX-Fragment"] == "1" and 'id="need-money"' in part.text
    answer = orla.submit(
        url, url, htmx=True, level="high", words="I owe everyone", priority="1", wants_help="y"
    )
    assert answer.status_code == 200 and "I owe everyone" in answer.text and 'id="need-money"' in answer.text
    assert orla.submit(url, url, level="low", priority="zero").status_code == 422
    assert orla.get(f"{base}/needs/luck").status_code == 404
    page = orla.get(f"{base}/needs").text
    assert "No service does anything for this yet" in page, "S3-15"


def test_two_editors_of_one_need_get_both_texts(world, base, as_):
    from tests.browser import fields_of

    orla, declan = as_("orla"), as_("declan")
    url = f"{base}/needs/accommodation"
    old = fields_of(orla.get(url).text)
    declan.submit(url, url, situation="Declan’s view")
    answer = orla.post(url, data=old | {"situation": "Orla’s view"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409 and "Declan" in answer.text and "view" in answer.text
    assert db.session.scalar(select(Need.situation)) == "Declan’s view"


def test_the_head_keeps_a_budget_in_whole_cents_and_refuses_nonsense(world, base, as_):
    orla = as_("orla")
    url = f"{base}/plan/head"
    assert orla.submit(url, url, budget="a lot").status_code == 422
    answer = orla.submit(url, url, budget="€1,250.5", budget_source="Assessment", strengths=ODD)
    assert answer.status_code == 303
    plan = db.session.get(CarePlan, world.case_id, populate_existing=True)
    assert plan.budget_minor == 125_050 and "\x00" not in plan.strengths and "🫶🏽" in plan.strengths
    assert "1,250.50" in orla.get(url).text


def test_odd_huge_and_empty_text_never_breaks_a_page(world, base, as_):
    orla = as_("orla")
    url = f"{base}/goals/new"
    answer = orla.submit(
        url, url, words=ODD * 3, title=ODD, domain="money", measure=ODD, steps=f"{ODD}\n\n{ODD}"
    )
    assert answer.status_code == 303
    goal = db.session.scalar(select(Goal).where(Goal.domain == "money"))
    page = orla.get(f"{base}/goals/{ids.written(goal.id)}").text
    assert "<script>alert" not in page and "{{ 7*7 }}" in page
    assert db.session.scalar(select(func.count(GoalStep.id))) == 2
    assert orla.submit(url, url, words="x" * 200_000, domain="money").status_code == 422
    assert orla.submit(url, url, words="", domain="money").status_code == 422
    assert orla.submit(url, url, words="x", domain="luck").status_code == 422
    assert orla.submit(url, url, words="x", domain="money", priority="-1").status_code == 422


def test_a_goal_page_adds_steps_finishes_them_and_ends_the_goal(world, base, as_):
    orla = as_("orla")
    goal = f"{base}/goals/{ids.written(world.goals['home'])}"
    assert orla.submit(goal, f"{goal}/steps", text="Get a birth certificate").status_code == 303
    step = ids.written(db.session.scalar(select(GoalStep.id)))
    assert orla.submit(goal, f"{goal}/steps/{step}/done").status_code == 303
    assert "Done" in orla.get(goal).text
    answer = orla.submit(goal, f"{goal}/dropped", reason="Moves home")
    assert answer.status_code == 422 and "still open under this goal" in answer.text
    answer = orla.submit(goal, f"{goal}/dropped", reason="Moves home", stop_actions="y", person_agreed="y")
    assert answer.status_code == 303
    assert "This goal has ended" in orla.get(goal).text
    assert orla.submit(goal, f"{goal}/reopening").status_code == 303


def test_the_agreement_page_lists_what_is_missing_with_the_place_that_mends_it(world, base, as_):
    page = as_("orla").get(f"{base}/plan/agreement").text
    assert "Goal 1 has no date by when" in page and f"{base}/goals/{ids.written(world.goals['home'])}" in page
    assert "Record the agreement" not in page


def test_a_version_is_agreed_read_and_compared(world, base, as_, ready, by):
    db.session.commit()
    orla = as_("orla")
    url = f"{base}/plan/agreement"
    harbour = ids.written(world.agencies["harbour"])
    typed = {"route": "in_person", f"answer_{harbour}": "no"}
    answer = orla.submit(url, url, **typed)
    assert answer.status_code == 422 and "Say what should be different for Harbour Hostel" in answer.text
    answer = orla.submit(url, url, **typed, **{f"note_{harbour}": "Only until May"})
    assert "Version 1 is agreed" in then(orla, answer).text
    page = orla.get(f"{base}/plan/versions/1").text
    assert "key of my own" in page and "Only until May" in page
    action = f"{base}/actions/{ids.written(world.actions['letter'])}/words"
    orla.submit(action, action, what="New words for the letter")
    page = orla.get(f"{base}/plan/compare").text
    assert "1 change" in page and "New words for the letter" in page and "<del>" in page
    assert "1 change since version 1" in orla.get(f"{base}/plan/versions").text
    read = db.session.scalars(select(AuditEntry.what)).all()
    assert "versions of the plan" in read


def test_a_plan_that_changed_after_the_page_was_opened_is_not_agreed_unseen(world, base, as_, ready):
    from tests.browser import fields_of

    db.session.commit()
    orla, declan = as_("orla"), as_("declan")
    url = f"{base}/plan/agreement"
    old = fields_of(orla.get(url).text)
    action = f"{base}/actions/{ids.written(world.actions['letter'])}/words"
    declan.submit(action, action, what="Quite another thing")
    answer = orla.post(url, data=old | {"route": "phone"})
    assert answer.status_code == 409 and "Look at the plan again" in answer.text
    assert db.session.scalar(select(func.count(PlanVersion.id))) == 0


def test_an_agency_answers_for_its_own_part_and_reads_nothing_else(world, base, as_, agreed):
    tomasz = as_("tomasz")
    url = f"{base}/plan/own-part"
    page = tomasz.get(url).text
    assert "CANARY-HARBOUR-letter" in page
    for foreign in ("CANARY-LEAD", "CANARY-CLINIC", "CANARY-NORTHGATE", "CANARY-GOAL-drugs"):
        assert foreign not in page
    assert tomasz.submit(url, url, answer="no").status_code == 422
    assert tomasz.submit(url, url, answer="yes").status_code == 303
    row = db.session.scalar(select(PlanAgreement).where(PlanAgreement.by_person.is_(False)))
    assert row.agency_id == world.agencies["harbour"] and row.agreed
    assert as_("orla").get(url).status_code == 403, "the lead agency answers for nobody’s part"
    assert as_("mark").get(url).status_code == 404


def test_a_review_is_recorded_with_what_changed_filled_in(world, base, as_, agreed):
    orla = as_("orla")
    action = f"{base}/actions/{ids.written(world.actions['letter'])}/words"
    orla.submit(action, action, what="Letter and proof of stay")
    url = f"{base}/plan/reviews/new"
    assert "Letter and proof of stay" in orla.get(url).text
    assert orla.submit(url, url, works="").status_code == 422
    page = then(orla, orla.submit(url, url, works=ODD, place="Harbour Hostel")).text
    assert "The review is recorded" in page and "Agree version 2" in page
    assert db.session.scalar(select(func.count(PlanReview.id))) == 1
    assert "Harbour Hostel" in orla.get(f"{base}/plan/reviews").text


def test_a_closed_case_is_read_and_not_written(world, base, as_, agreed):
    from caseapp.models import Case

    case = db.session.get(Case, world.case_id)
    case.status, case.closed_at, case.close_reason = "closed_other", clock.now(), "Moved away"
    db.session.commit()
    orla = as_("orla")
    for url in pages(world, base)["edit"]:
        assert orla.get(url).status_code == 403, url
    for url in pages(world, base)["read"]:
        assert orla.get(url).status_code == 200, url
