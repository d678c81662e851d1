"""Closing and reopening (C11, S3-53 … S3-62): everything ends in one step, the door stays open."""

import pytest
from sqlalchemy import func, select, update

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.models import (
    Action,
    CarePlan,
    Case,
    CaseAgency,
    CaseAssignment,
    ConsentGrant,
    Event,
    Goal,
    GoalStep,
    Need,
    Notification,
)
from caseapp.policy import scopes
from caseapp.services import cases
from caseapp.vocabulary import ActionStatus, CaseStatus, Closing, ConsentStatus, GoalStatus, PlanStatus
from tests.browser import parse

CASE = "/cases/41729304"
CLOSE = CASE + "/close"
REOPEN = CASE + "/reopen"


def finish_goals(world, session):
    session.execute(
        update(Goal).where(Goal.id == world.goals["home"]).values(status="completed", ended_at=clock.now())
    )
    session.execute(
        update(Goal)
        .where(Goal.id == world.goals["drugs"])
        .values(status="cancelled", person_agreed_to_drop=True)
    )
    session.commit()


def close(world, kind=Closing.OTHER, **more):
    return cases.close(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        kind=kind,
        **({"reason": "Moved away", "attempts": "Letter, three calls, message left at Harbour"} | more),
    )


def test_before_closing_the_page_says_what_it_will_do(world, as_):
    text = as_("declan").get(CLOSE).text
    assert "Harbour Hostel, Mill Road Clinic lose sight of the plan at once" in text
    assert "6 open actions are stopped" in text and "Send the housing support letter" in text
    assert "Goal 1" in text and "the door stays open" in text.lower()


def test_closing_ends_everything_in_one_step_and_deletes_nothing(world, as_, db_session):
    answer = as_("declan").submit(
        CLOSE,
        CLOSE,
        kind="other",
        reason="Moved away",
        attempts="Letter and calls",
        aftercare="Ring any time",
        sure="y",
    )
    assert answer.status_code == 303
    case = db_session.get(Case, world.case_id)
    assert (case.status, case.close_reason, case.closed_by_id) == (
        CaseStatus.CLOSED_OTHER,
        "Moved away",
        world.declan.user_id,
    )
    actions = db_session.scalars(select(Action)).all()
    assert {a.status for a in actions} == {ActionStatus.CANCELLED} and {a.status_reason for a in actions} == {
        "Case closed"
    }
    grants = db_session.scalars(select(ConsentGrant)).all()
    assert {g.status for g in grants} == {ConsentStatus.EXPIRED} and {g.ended_reason for g in grants} == {
        "Case closed"
    }
    assert db_session.scalar(select(func.count()).where(CaseAssignment.to_at.is_(None))) == 0
    plan = db_session.get(CarePlan, world.case_id)
    assert plan.status == PlanStatus.ENDED and plan.next_review_on is None
    event = db_session.scalar(select(Event).where(Event.kind == "case_closed"))
    assert event.change["Aftercare and open door"] == ["", "Ring any time"]
    for name in ("tomasz", "leah"):
        for page in ("", "/plan", "/notes", "/timeline", "/consent"):
            assert as_(name).get(CASE + page).status_code == 404, (name, page)
    assert as_("declan").get(CASE).status_code == 200
    told = set(db_session.scalars(select(Notification.user_id).where(Notification.kind == "case_closed")))
    assert told == {world.orla.user_id}


def test_partners_learn_only_that_their_part_has_ended(world, db_session):
    close(world)
    rows = db_session.scalars(select(Notification).where(Notification.user_id == world.tomasz.user_id)).all()
    assert rows and all(
        row.case_id is None and row.event_id is None and "Niall" not in row.plain for row in rows
    )


def test_a_positive_closing_needs_every_goal_and_both_agreed(world, as_, db_session):
    declan = as_("declan")
    answer = declan.submit(CLOSE, CLOSE, kind="positive", reason="Done", person_agrees="y", sure="y")
    assert answer.status_code == 422 and "Goals 1, 2 are neither reached" in answer.text
    assert db_session.get(Case, world.case_id).closed_at is None
    finish_goals(world, db_session)
    answer = declan.submit(CLOSE, CLOSE, kind="positive", reason="Done", sure="y")
    assert answer.status_code == 422 and "Both must agree" in answer.text
    assert (
        declan.submit(CLOSE, CLOSE, kind="positive", reason="Done", person_agrees="y", sure="y").status_code
        == 303
    )
    assert db_session.get(Case, world.case_id).status == CaseStatus.CLOSED_POSITIVE


def test_a_goal_dropped_without_the_persons_agreement_does_not_count(world, db_session):
    finish_goals(world, db_session)
    db_session.execute(update(Goal).values(person_agreed_to_drop=False))
    db_session.commit()
    with pytest.raises(RuleBroken, match="Goal 2 is neither reached"):
        close(world, Closing.POSITIVE, person_agrees=True)


def test_another_closing_needs_its_reason_and_what_was_tried(world, as_, db_session):
    declan = as_("declan")
    for typed, says in (
        ({"kind": "other", "reason": "Gone", "sure": "y"}, "Say what was tried"),
        ({"kind": "other", "attempts": "calls", "sure": "y"}, "Say why the case closes"),
        ({"kind": "referred_on", "reason": "Nearer service"}, "Tick this once you have read"),
        ({"reason": "Gone", "sure": "y"}, "Choose how the case ends"),
    ):
        answer = declan.submit(CLOSE, CLOSE, **typed)
        assert answer.status_code == 422 and says in answer.text, typed
    assert db_session.get(Case, world.case_id).closed_at is None


@pytest.mark.parametrize(
    ("kind", "status"),
    [("transferred", CaseStatus.CLOSED_TRANSFERRED), ("referred_on", CaseStatus.REFERRED_ON)],
)
def test_the_other_ways_of_closing(world, db_session, kind, status):
    close(world, Closing(kind), attempts="")
    assert db_session.get(Case, world.case_id, populate_existing=True).status == status


def test_a_double_click_closes_once_and_lands_on_the_case(world, as_, db_session):
    declan = as_("declan")
    form = next(f for f in parse(declan.get(CLOSE).text).forms if f.action == CLOSE)
    data = form.fields | {"kind": "other", "reason": "Gone", "attempts": "calls", "sure": "y"}
    assert [declan.post(CLOSE, data=data).status_code for _ in range(2)] == [303, 303]
    assert db_session.scalar(select(func.count()).where(Event.kind == "case_closed")) == 1
    again = declan.post(CLOSE, data=data | {"once": "x" * 22})
    assert again.status_code == 422 and "closed already" in again.text


@pytest.mark.parametrize(
    ("name", "status"),
    [("orla", 403), ("shauna", 403), ("tomasz", 403), ("amina", 403), ("mark", 404), ("root", 404)],
)
def test_only_the_leads_line_manager_closes(world, as_, name, status):
    assert as_(name).get(CLOSE).status_code == status


def test_what_is_closed_is_read_only(world, as_, db_session):
    close(world)
    declan = as_("declan")
    page = declan.get(CASE).text
    assert "Go on as a new episode" in page and "Close the case" not in page
    for path in ("/edit", "/contact", "/agencies/new", "/team/case-manager", "/team/key-worker"):
        assert declan.get(CASE + path).status_code == 403, path
    with pytest.raises(RuleBroken, match="closed meanwhile"):
        cases.contact(world.case_for(world.declan), actor=world.declan, at=clock.now(), lost=True, how="x")


def test_reopening_goes_on_as_a_new_episode_without_retyping(world, as_, db_session):
    db_session.add(GoalStep(goal_id=world.goals["home"], position=1, text="Visit a flat"))
    db_session.execute(
        update(Goal).where(Goal.id == world.goals["drugs"]).values(status="completed", ended_at=clock.now())
    )
    db_session.commit()
    close(world)
    answer = as_("declan").submit(
        REOPEN, REOPEN, reason="Back in town", case_manager_id=str(world.orla.user_id)
    )
    assert answer.status_code == 303
    new = db_session.scalar(select(Case).where(Case.previous_case_id == world.case_id))
    assert answer.location == f"/cases/{new.reference}" and new.reference != world.reference
    assert (new.episode, new.person_id, new.status) == (2, world.person_id, CaseStatus.CASE_MANAGED)
    (goal,) = db_session.scalars(select(Goal).where(Goal.case_id == new.id)).all()
    assert (
        goal.words.startswith("I want a key of my own")
        and goal.status == GoalStatus.PROPOSED
        and goal.measure
    )
    assert db_session.scalar(select(GoalStep.text).where(GoalStep.goal_id == goal.id)) == "Visit a flat"
    need = db_session.scalar(select(Need).where(Need.case_id == new.id))
    assert need.situation == "CANARY-LEAD-situation" and need.priority == 1
    assert db_session.get(CarePlan, new.id).contingency.startswith("CANARY-LEAD-contingency")
    assert db_session.scalar(select(func.count()).where(CaseAgency.case_id == new.id)) == 3
    for model in (Action, ConsentGrant):
        assert db_session.scalar(select(func.count()).select_from(model).where(model.case_id == new.id)) == 0
    for name in ("tomasz", "leah", "mark"):
        assert as_(name).get(f"/cases/{new.reference}").status_code == 404
    assert as_("orla").get(f"/cases/{new.reference}").status_code == 200
    old = as_("declan").get(CASE).text
    assert "It goes on as a new episode" in old


def test_a_case_reopens_once(world, as_, db_session):
    close(world)
    declan = as_("declan")
    form = next(f for f in parse(declan.get(REOPEN).text).forms if f.action == REOPEN)
    data = form.fields | {"reason": "Back"}
    first, second = (declan.post(REOPEN, data=data) for _ in range(2))
    assert first.location == second.location
    other = declan.post(REOPEN, data=data | {"once": "y" * 22})
    assert other.status_code == 422 and "already an open case" in other.text
    assert db_session.scalar(select(func.count()).where(Case.person_id == world.person_id)) == 2


def test_an_open_case_is_not_reopened(world, as_, db_session):
    assert as_("declan").get(REOPEN).status_code == 403
    with pytest.raises(RuleBroken, match="nothing to reopen"):
        cases.reopen(world.case_for(world.declan), actor=world.declan, at=clock.now(), reason="x")


def test_nothing_of_a_failed_closing_stays(world, db_session):
    with pytest.raises(RuleBroken):
        close(world, Closing.POSITIVE)
    assert scopes.find_case(world.tomasz, world.reference) is not None
    assert db_session.scalar(select(func.count()).where(Action.status == ActionStatus.CANCELLED)) == 0
