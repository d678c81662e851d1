"""Editing the plan: what may be written, who is asked at once, what stays proposed and why (C6, C7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    Action,
    CarePlan,
    CaseAgency,
    ConsentExclusion,
    ConsentWithheld,
    Event,
    Goal,
    GoalStep,
    Need,
    Notification,
)
from caseapp.services import actions, goal_steps, goals, needs, plan_head
from caseapp.services.action_checks import waits_for
from caseapp.vocabulary import ActionStatus, NeedLevel

S = ActionStatus


@pytest.fixture
def by(world):
    """What every use case is told: Orla acts, now."""
    return {"actor": world.orla, "at": clock.now()}


@pytest.fixture
def niall(world):
    return world.case_for(world.orla)


def soon(days=14):
    return clock.today() + timedelta(days=days)


def told(kind):
    return set(db.session.scalars(select(Notification.user_id).where(Notification.kind == kind)))


def row(action_id):
    return db.session.get(Action, action_id, populate_existing=True)


def add(world, niall, by, owner=None, **more):
    values = {"goal_id": world.goals["home"], "what": "Ring the housing office", "due_on": soon()}
    if owner:
        values["owner_agency_id"] = world.agencies[owner]
    return actions.add(niall, **by, **(values | more))


# --- actions ------------------------------------------------------------------------------------------------------


def test_an_action_with_who_when_and_consent_is_asked_of_its_agency_at_once(world, niall, by):
    action = row(add(world, niall, by, "harbour"))
    assert action.status is S.REQUESTED and action.asked_by_id == world.orla.user_id
    assert world.tomasz.user_id in told("action_asked") and world.amina.user_id in told("action_asked")
    assert world.leah.user_id not in told("action_asked") and world.mark.user_id not in told("action_asked")


def test_a_named_worker_is_told_and_no_colleague(world, niall, by):
    add(world, niall, by, "harbour", owner_user_id=world.amina.user_id)
    assert world.amina.user_id in told("action_asked") and world.tomasz.user_id not in told("action_asked")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"owner_agency_id": None}, "Nobody has been found"),
        ({"due_on": None}, "no date"),
        ({"owner": "northgate"}, "No consent is in force for Northgate Probation"),
        ({"kind": "detox_referral"}, "Waits for the talk with Mill Road Clinic"),
    ],
)
def test_an_action_stays_proposed_and_says_why(world, niall, by, change, why):
    change = dict(change)
    owner = change.pop("owner", "harbour")
    action = row(add(world, niall, by, owner, **change))
    assert action.status is S.PROPOSED and action.asked_at is None
    assert why in waits_for(niall, action, today=clock.today())
    assert not told("action_asked")


def test_what_the_case_manager_and_the_person_take_on_needs_nobodys_answer(world, niall, by):
    own = row(add(world, niall, by, "canal", owner_user_id=world.orla.user_id))
    alone = row(add(world, niall, by, by_person=True))
    colleague = row(add(world, niall, by, "canal", owner_user_id=world.shauna.user_id))
    helped = row(add(world, niall, by, "harbour", by_person=True))
    assert [a.status for a in (own, alone, colleague, helped)] == [
        S.ACCEPTED,
        S.ACCEPTED,
        S.REQUESTED,
        S.REQUESTED,
    ]


def test_the_talk_with_the_clinic_lets_a_detox_referral_move_on_S2_45(world, niall, by):
    action_id = add(world, niall, by, "harbour", kind="detox_referral")
    with pytest.raises(RuleBroken) as broken:
        actions.record_clinic_talk(niall, **by, action_id=action_id, on=soon(), with_whom="Leah", said="Fine")
    assert broken.value.field == "on"
    actions.record_clinic_talk(
        niall,
        **by,
        action_id=action_id,
        on=clock.today(),
        with_whom="Leah Quigg",
        said="CANARY-TALK fine by us",
    )
    action = row(action_id)
    assert action.status is S.REQUESTED and action.clinic_talk_with == "Leah Quigg"
    event = db.session.scalar(select(Event).where(Event.kind == "clinic_talk"))
    assert event.audience == "lead", "what the clinic said is no business of the hostel"


def test_an_agency_that_is_never_to_be_told_cannot_be_asked(world, niall, by):
    db.session.add(
        ConsentExclusion(
            case_id=niall.id,
            agency_id=world.agencies["northgate"],
            recorded_at=by["at"],
            recorded_by_id=world.orla.user_id,
        )
    )
    db.session.commit()
    with pytest.raises(RuleBroken, match="Niall asked that Northgate Probation is never told"):
        add(world, niall, by, "northgate")
    assert db.session.scalar(select(Action).where(Action.what == "Ring the housing office")) is None


def test_a_part_of_life_that_is_withheld_cannot_be_given_to_that_agency_X3(world, niall, by):
    db.session.add(ConsentWithheld(grant_id=world.grants["harbour"], domain="drug_use"))
    db.session.commit()
    with pytest.raises(RuleBroken, match="Niall asked not to share drug use with Harbour Hostel"):
        add(world, niall, by, "harbour", goal_id=world.goals["drugs"])
    add(world, niall, by, "harbour")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"what": ""}, "what"),
        ({"goal_id": 99}, "goal_id"),
        ({"owner_agency_id": 99}, "owner_agency_id"),
        ({"start_on": soon(20)}, "due_on"),
        ({"advocacy": "case_manager"}, "advocacy_until"),
        ({"advocacy_until": soon()}, "advocacy_until"),
        ({"owner_agency_id": None, "owner_user_id": 5}, "owner_agency_id"),
        ({"owner_user_id": 99}, "owner_user_id"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused_beside_the_field(world, niall, by, change, field):
    with pytest.raises(RuleBroken) as broken:
        add(world, niall, by, "harbour", **change)
    assert broken.value.field == field


def test_a_worker_of_another_agency_or_without_people_is_refused(world, niall, by):
    for who in (world.leah, world.brid):
        with pytest.raises(RuleBroken) as broken:
            add(world, niall, by, "harbour", owner_user_id=who.user_id)
        assert broken.value.field == "owner_user_id"


def test_a_changed_date_tells_the_owner_old_and_new_and_keeps_the_status(world, niall, by):
    actions.amend(
        niall, **by, action_id=world.actions["letter"], due_on=soon(30), what="Send letter and proof"
    )
    action = row(world.actions["letter"])
    assert action.status is S.ACCEPTED and action.due_on == soon(30)
    event = db.session.scalar(select(Event).where(Event.kind == "action_changed"))
    assert set(event.change) == {"what", "by when"} and event.audience == "action"
    assert event.change["what"] == [
        "Send the housing support letter CANARY-HARBOUR-letter",
        "Send letter and proof",
    ]
    assert told("action_changed") == {world.tomasz.user_id}


def test_what_was_asked_keeps_its_date(world, niall, by):
    with pytest.raises(RuleBroken) as broken:
        actions.amend(niall, **by, action_id=world.actions["letter"], due_on=None)
    assert broken.value.field == "due_on"
    db.session.rollback()


def test_given_to_another_agency_it_is_asked_anew_and_neither_reads_the_others_notes(world, niall, by):
    old_id = world.actions["letter"]
    new_id = actions.amend(
        niall, **by, action_id=old_id, owner_agency_id=world.agencies["clinic"], owner_user_id=None
    )
    assert new_id != old_id
    old, new = row(old_id), row(new_id)
    assert old.status is S.CANCELLED and old.owner_agency_id == world.agencies["harbour"]
    assert "Mill Road" not in old.status_reason
    assert new.status is S.REQUESTED and new.owner_agency_id == world.agencies["clinic"]
    assert world.tomasz.user_id in told("action_stopped") and world.leah.user_id in told("action_asked")
    assert world.leah.user_id not in told("action_stopped") and world.tomasz.user_id not in told(
        "action_asked"
    )
    seen = db.session.scalars(
        select(Event).where(Event.action_id == old_id, Event.audience == "action")
    ).all()
    assert not any("Mill Road" in f"{e.summary}{e.change}" for e in seen)


def test_a_proposal_that_nobody_was_asked_for_changes_hands_in_place(world, niall, by):
    action_id = add(world, niall, by, "northgate")
    same = actions.amend(niall, **by, action_id=action_id, owner_agency_id=world.agencies["harbour"])
    assert same == action_id and row(action_id).status is S.REQUESTED


def test_a_declined_action_can_be_asked_again(world, niall, by):
    action = row(world.actions["bed"])
    action.status, action.status_reason = S.DECLINED, "Full until January"
    db.session.commit()
    actions.amend(niall, **by, action_id=action.id, due_on=soon(60))
    assert row(action.id).status is S.REQUESTED and row(action.id).status_reason == ""


def test_stopping_needs_a_reason_and_tells_the_owner(world, niall, by):
    with pytest.raises(RuleBroken):
        actions.cancel(niall, **by, action_id=world.actions["letter"], reason="")
    actions.cancel(niall, **by, action_id=world.actions["letter"], reason="The flat fell through")
    assert row(world.actions["letter"]).status is S.CANCELLED
    assert world.tomasz.user_id in told("action_stopped")
    with pytest.raises(RuleBroken):
        actions.amend(niall, **by, action_id=world.actions["letter"], what="Again")


def test_stopping_what_was_never_asked_reveals_nothing_to_the_agency_it_was_meant_for(world, niall, by, as_):
    action_id = add(world, niall, by, "harbour", due_on=None, what="CANARY-WEIGHED stay for good")
    actions.cancel(niall, **by, action_id=action_id, reason="CANARY-WHY they would not understand")
    action = row(action_id)
    assert action.owner_agency_id is None and "meant for Harbour Hostel" in action.status_reason
    assert world.tomasz.user_id not in told("action_stopped")
    assert "CANARY-WE" not in as_("tomasz").get(f"/cases/{world.reference}/plan").text


def test_a_reminder_goes_out_at_most_once_a_working_day(world, niall, by):
    event = actions.remind(niall, **by, action_id=world.actions["bed"])
    assert event and world.tomasz.user_id in told("action_reminded")
    with pytest.raises(RuleBroken, match="You can remind again on"):
        actions.remind(niall, **by, action_id=world.actions["bed"])
    later = {"actor": world.orla, "at": by["at"] + timedelta(days=5)}
    assert actions.remind(niall, **later, action_id=world.actions["bed"])
    with pytest.raises(RuleBroken, match="has been answered"):
        actions.remind(niall, **by, action_id=world.actions["letter"])


def test_without_consent_nobody_is_reminded(world, niall, by):
    with pytest.raises(RuleBroken, match="no consent"):
        actions.remind(niall, **by, action_id=world.actions["probation"])


def test_an_edit_over_an_older_text_is_a_conflict_that_names_who_saved_first(world, niall, by):
    action_id = world.actions["letter"]
    version = row(action_id).version
    actions.amend(niall, **by, action_id=action_id, version=version, what="First")
    with pytest.raises(Stale) as stale:
        actions.amend(niall, **by, action_id=action_id, version=version, what="Second")
    assert stale.value.saved["what"] == "First" and stale.value.by == "Orla Keaveney"
    assert row(action_id).what == "First"


def test_an_action_of_another_case_does_not_exist_here(world, niall, by):
    with pytest.raises(NotVisible):
        actions.amend(niall, **by, action_id=12345, what="x")


def test_an_agency_that_gets_an_action_is_known_on_the_case_S3_24(world, niall, by):
    known = set(db.session.scalars(select(CaseAgency.agency_id).where(CaseAgency.case_id == niall.id)))
    assert world.agencies["area"] not in known
    add(world, niall, by, "area")
    known = set(db.session.scalars(select(CaseAgency.agency_id).where(CaseAgency.case_id == niall.id)))
    assert world.agencies["area"] in known


# --- goals --------------------------------------------------------------------------------------------------------


def test_a_goal_without_own_words_may_be_kept_with_a_short_name(world, niall, by):
    with pytest.raises(RuleBroken) as broken:
        goals.add(niall, **by, domain="money")
    assert broken.value.field == "words"
    goal = db.session.get(
        Goal, goals.add(niall, **by, domain="money", title="Debts", steps=("Write them down", ""))
    )
    assert (goal.number, goal.priority, goal.status) == (3, 3, "proposed")
    assert db.session.scalars(select(GoalStep.text).where(GoalStep.goal_id == goal.id)).all() == [
        "Write them down"
    ]


def test_a_goal_is_put_in_a_part_of_life_that_the_protocol_knows(world, niall, by):
    with pytest.raises(RuleBroken) as broken:
        goals.add(niall, **by, domain="astrology", words="x")
    assert broken.value.field == "domain"


def test_dropping_a_goal_asks_what_becomes_of_its_actions_and_keeps_whether_the_person_agreed_C6(
    world, niall, by
):
    goal_id = world.goals["home"]
    with pytest.raises(RuleBroken) as broken:
        goals.drop(niall, **by, goal_id=goal_id, reason="He moves home", person_agreed=True)
    assert broken.value.field == "stop_actions"
    goals.drop(niall, **by, goal_id=goal_id, reason="He moves home", person_agreed=True, stop_actions=True)
    goal = db.session.get(Goal, goal_id, populate_existing=True)
    assert goal.status == "cancelled" and goal.person_agreed_to_drop and goal.ended_at
    assert row(world.actions["letter"]).status is S.CANCELLED
    goals.reopen(niall, **by, goal_id=goal_id)
    goal = db.session.get(Goal, goal_id, populate_existing=True)
    assert goal.status == "active" and goal.ended_at is None and not goal.person_agreed_to_drop


def test_a_goal_is_reached_put_aside_and_taken_up_again(world, niall, by):
    goal_id = world.goals["drugs"]
    goals.hold(niall, **by, goal_id=goal_id, reason="First the flat")
    goals.reopen(niall, **by, goal_id=goal_id)
    goals.complete(niall, **by, goal_id=goal_id, note="Four weeks stable")
    goal = db.session.get(Goal, goal_id, populate_existing=True)
    assert (
        goal.status == "completed"
        and goal.achievement == "achieved"
        and goal.ended_reason == "Four weeks stable"
    )
    with pytest.raises(RuleBroken):
        goals.complete(niall, **by, goal_id=goal_id)


def test_steps_complete_singly_and_a_done_one_stays_S4_16(world, niall, by):
    goal_id = world.goals["home"]
    first = goal_steps.add_step(niall, **by, goal_id=goal_id, text="Get a birth certificate")
    second = goal_steps.add_step(niall, **by, goal_id=goal_id, text="View a flat")
    goal_steps.finish_step(niall, **by, goal_id=goal_id, step_id=first)
    assert db.session.get(GoalStep, first).done_on == clock.today()
    with pytest.raises(RuleBroken, match="stays as a success"):
        goal_steps.remove_step(niall, **by, goal_id=goal_id, step_id=first)
    goal_steps.remove_step(niall, **by, goal_id=goal_id, step_id=second)
    assert db.session.get(GoalStep, second) is None
    with pytest.raises(NotVisible):
        goal_steps.finish_step(niall, **by, goal_id=world.goals["drugs"], step_id=first)


def test_goals_stand_in_the_persons_own_order_S4_17(world, niall, by):
    goals.raise_by_one(niall, **by, goal_id=world.goals["drugs"])
    order = db.session.scalars(select(Goal.id).order_by(Goal.priority)).all()
    assert order == [world.goals["drugs"], world.goals["home"]]
    with pytest.raises(RuleBroken):
        goals.order(niall, **by, goal_ids=[world.goals["drugs"]])


# --- needs and head -----------------------------------------------------------------------------------------------


def test_a_need_is_written_ranked_and_versioned(world, niall, by):
    needs.assess(niall, **by, domain="money", level="medium", priority=1, words="I owe everyone", version=0)
    ranks = dict(db.session.execute(select(Need.domain, Need.priority)).all())
    assert ranks == {"money": 1, "accommodation": 2}, "what stood first moved down"
    with pytest.raises(Stale) as stale:
        needs.assess(niall, **by, domain="money", level="low", version=0)
    assert stale.value.saved["words"] == "I owe everyone" and stale.value.by == "Orla Keaveney"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"domain": "luck"}, "domain"),
        ({"priority": 0}, "priority"),
        ({"priority": 1, "level": "none"}, "priority"),
    ],
)
def test_a_need_that_makes_no_sense_is_refused(world, niall, by, change, field):
    with pytest.raises(RuleBroken) as broken:
        needs.assess(niall, **by, **({"domain": "money", "level": NeedLevel.LOW} | change))
    assert broken.value.field == field


def test_the_head_of_the_plan_keeps_either_what_to_do_or_why_not_S4_14(world, niall, by):
    with pytest.raises(RuleBroken):
        plan_head.write(niall, **by, no_contingency_reason="He would rather not")
    db.session.rollback()
    plan_head.write(niall, **by, contingency="", no_contingency_reason="He would rather not")
    plan_head.write(niall, **by, contingency="Ring Tomasz")
    plan = db.session.get(CarePlan, niall.id, populate_existing=True)
    assert (plan.contingency, plan.no_contingency_reason) == ("Ring Tomasz", "")


def test_a_budget_says_which_assessment_it_comes_from_S0_10(world, niall, by):
    with pytest.raises(RuleBroken) as broken:
        plan_head.write(niall, **by, budget_minor=250_00)
    assert broken.value.field == "budget_source"
    db.session.rollback()
    plan_head.write(niall, **by, budget_minor=250_00, budget_source="Care assessment of 2 September")
    with pytest.raises(Stale):
        plan_head.write(niall, **by, version=1, strengths="Patient")


def test_consent_asks_only_what_is_ready_to_be_asked_S3_46(world, niall, by):
    from tests.test_consent_service import record, terms

    ready = add(world, niall, by, "northgate")
    undated = add(world, niall, by, "northgate", due_on=None)
    withheld = add(world, niall, by, "northgate", goal_id=world.goals["drugs"])
    record(world, terms(world, withheld=frozenset({"drug_use"})))
    assert row(withheld).status is S.PROPOSED
    assert row(ready).status is S.REQUESTED
    assert row(undated).status is S.PROPOSED
