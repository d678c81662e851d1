"""Agreeing the plan, its versions and what differs between them (C5, S4-11, S4-13, S4-14, S3-16)."""

import copy
import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import CarePlan, Event, Goal, Notification, PlanAgreement, PlanVersion
from caseapp.queries import plan_diff, plan_gate, plan_versions
from caseapp.services import actions, agreements, goal_steps, goals, plan_head
from caseapp.vocabulary import AgreementRoute, GoalStatus, PlanStatus

PERSON = {"route": "in_person", "who": "Niall"}


@pytest.fixture
def niall(world):
    return world.case_for(world.orla)


@pytest.fixture
def by(world):
    return {"actor": world.orla, "at": clock.now()}


@pytest.fixture
def ready(world, niall, by):
    """Niall's plan with everything that an agreement needs."""
    for goal_id in world.goals.values():
        goals.amend(
            niall,
            **by,
            goal_id=goal_id,
            target_on=clock.today() + timedelta(days=90),
            **{f"smart_{tick}": True for tick in plan_gate.SMART},
        )
    return niall


def agree(niall, by, **more):
    return agreements.agree(niall, **by, person=PERSON | {"agreed_on": clock.today()}, **more)


def plan_of(niall):
    return db.session.get(CarePlan, niall.id, populate_existing=True)


def test_a_draft_that_is_put_forward_is_made_known_to_each_agency_in_it_once_C5(world, ready, by, as_):
    orla = as_("orla")
    assert "Put the draft forward first" in orla.get("/cases/41729304/plan/agreement").text
    orla.submit("/cases/41729304/plan/agreement", "/cases/41729304/plan/proposal")
    assert plan_of(ready).status is PlanStatus.PROPOSED
    told = set(db.session.scalars(select(Notification.user_id).where(Notification.kind == "plan_proposed")))
    assert world.tomasz.user_id in told and world.orla.user_id not in told
    assert "The plan was put forward, to be agreed" in as_("tomasz").get("/news").text
    assert "Put the draft forward first" not in orla.get("/cases/41729304/plan/agreement").text
    with pytest.raises(RuleBroken, match="already"):
        agreements.propose(ready, **by)


def test_agreeing_keeps_the_plan_as_it_stood_and_sets_the_next_review_S3_17(world, ready, by):
    assert agree(ready, by) == 1
    plan = plan_of(ready)
    assert (plan.status, plan.agreed_version) == (PlanStatus.AGREED, 1)
    assert plan.next_review_on == plan_versions.protocols.add_months(clock.today(), 2)
    content = plan_versions.version(ready, 1, viewer=world.orla).content
    home = content["goals"][0]
    assert "key of my own" in home["words"] and home["domain"] == "Accommodation"
    assert {a["agency"] for a in home["actions"]} == {"Harbour Hostel", "Northgate Probation"}
    assert content["head"]["contingency"].startswith("CANARY-LEAD-contingency")
    assert plan_versions.changes_since(ready, world.orla).count == 0
    goals.amend(ready, **by, goal_id=world.goals["home"], measure="Keys in his hand")
    again = plan_versions.version(ready, 1, viewer=world.orla).content
    assert again == content, "what was agreed does not move"


def test_the_person_and_each_agency_are_recorded_with_route_and_name_S2_26(world, ready, by):
    agree(
        ready,
        by,
        agencies=[
            {"agency_id": world.agencies["harbour"], "agreed": True, "route": "phone", "who": "Tomasz Wilk"},
            {
                "agency_id": world.agencies["clinic"],
                "agreed": False,
                "route": "meeting",
                "who": "Leah Quigg",
                "note": "Every three weeks is enough",
            },
        ],
    )
    (row,) = plan_versions.versions(ready, viewer=world.orla)
    assert (row.person, row.agreed, row.disagreed) == ("Niall", ("Harbour Hostel",), ("Mill Road Clinic",))
    said = plan_versions.agreements(ready, 1, viewer=world.orla)
    assert [r.route for r in said] == ["in_person", "phone", "meeting"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"contingency": ""}, "if things go wrong"),
        ({"target_on": None}, "Goal 1 has no date"),
        ({"made_with_person": False}, "made together"),
    ],
)
def test_a_plan_without_date_tick_or_contingency_cannot_be_agreed_S4_11_S4_14(world, ready, by, spoil, words):
    if "contingency" in spoil:
        plan_head.write(ready, **by, **spoil)
    else:
        goals.amend(ready, **by, goal_id=world.goals["home"], **spoil)
    with pytest.raises(RuleBroken, match=words):
        agree(ready, by)
    assert plan_of(ready).agreed_version == 0 and db.session.scalar(select(func.count(PlanVersion.id))) == 0


def test_a_reason_stands_in_for_the_tick_and_for_the_contingency(world, ready, by):
    plan_head.write(ready, **by, contingency="", no_contingency_reason="He asked for none")
    goals.amend(
        ready, **by, goal_id=world.goals["home"], made_with_person=False, made_without_reason="In hospital"
    )
    assert agree(ready, by) == 1


def test_a_goal_is_agreed_only_once_its_smart_check_passes_S3_16(world, ready, by):
    whole = goals.add(
        ready,
        **by,
        domain="money",
        words="I want to open my post",
        measure="No unopened letters",
        target_on=clock.today(),
        made_with_person=True,
        **{f"smart_{tick}": True for tick in plan_gate.SMART},
    )
    half = goals.add(
        ready, **by, domain="family", words="See Ella", target_on=clock.today(), made_with_person=True
    )
    gate = plan_gate.check(
        plan_versions.snapshot(ready, viewer=world.orla), agreements.protocol_of(ready).plan
    )
    assert any("Goal 4 stays proposed" in fault.text for fault in gate.warns)
    agree(ready, by)
    db.session.expire_all()
    assert db.session.get(Goal, whole).status is GoalStatus.ACTIVE
    assert db.session.get(Goal, half).status is GoalStatus.PROPOSED


def test_nobody_agrees_to_what_they_did_not_see(world, ready, by):
    seen = plan_versions.fingerprint(plan_versions.snapshot(ready, viewer=world.orla))
    actions.amend(ready, **by, action_id=world.actions["letter"], what="Something else")
    with pytest.raises(Stale):
        agree(ready, by, seen=seen)
    assert plan_of(ready).agreed_version == 0


def test_an_agency_accepting_meanwhile_does_not_stop_the_agreement(world, ready, by):
    from caseapp.models import Action

    seen = plan_versions.fingerprint(plan_versions.snapshot(ready, viewer=world.orla))
    db.session.get(Action, world.actions["bed"]).status = "accepted"
    db.session.commit()
    assert agree(ready, by, seen=seen) == 1


def test_two_at_once_agree_one_version(app, world, ready, by):
    version = plan_of(ready).version
    seen = plan_versions.fingerprint(plan_versions.snapshot(ready, viewer=world.orla))
    db.session.commit()
    start, outcomes = threading.Barrier(4), []

    def run():
        with app.app_context():
            start.wait()
            try:
                outcomes.append(agree(ready, by, seen=seen, version=version))
            except Stale:
                outcomes.append("stale")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "stale", "stale", "stale"]
    assert db.session.scalar(select(func.count(PlanVersion.id))) == 1
    assert db.session.scalar(select(func.count(PlanAgreement.id))) == 1


def test_agencies_that_have_not_answered_are_told_and_learn_nothing_of_the_rest(world, ready, by):
    agree(ready, by)
    told = set(db.session.scalars(select(Notification.user_id).where(Notification.kind == "plan_agreed")))
    assert world.tomasz.user_id in told and world.leah.user_id in told and world.mark.user_id not in told
    event = db.session.scalar(select(Event).where(Event.kind == "plan_agreed"))
    assert event.summary == "Version 1 of the plan was agreed" and event.change is None


def test_an_agency_agrees_to_its_own_part_itself_and_a_later_answer_is_added(world, ready, by):
    agree(ready, by)
    part = world.case_for(world.tomasz)
    with pytest.raises(RuleBroken) as broken:
        agreements.agree_part(part, actor=world.tomasz, at=clock.now(), agreed=False)
    assert broken.value.field == "note"
    agreements.agree_part(
        part, actor=world.tomasz, at=clock.now(), agreed=False, note="The bed only until May"
    )
    agreements.agree_part(part, actor=world.tomasz, at=clock.now(), agreed=True)
    (row,) = plan_versions.versions(ready, viewer=world.orla)
    assert row.agreed == ("Harbour Hostel",) and row.disagreed == ()
    said = plan_versions.agreements(ready, 1, viewer=world.orla)
    assert [r.note for r in said] == ["", "The bed only until May", ""]
    assert said[1].route is AgreementRoute.HERE
    with pytest.raises(NotAllowed):
        agreements.record_part(
            part,
            actor=world.tomasz,
            at=clock.now(),
            agency_id=world.agencies["clinic"],
            agreed=True,
            route="phone",
        )


def test_an_agency_without_a_part_cannot_agree(world, ready, by):
    agree(ready, by)
    with pytest.raises(RuleBroken, match="no part in the plan"):
        agreements.record_part(ready, **by, agency_id=world.agencies["area"], agreed=True, route="phone")
    with pytest.raises(RuleBroken, match="no part in the plan"):
        agreements.record_part(ready, **by, agency_id=world.agencies["canal"], agreed=True, route="phone")


def test_only_those_who_see_all_read_versions(world, ready, by):
    agree(ready, by)
    for who in (world.tomasz, world.leah):
        part = world.case_for(who)
        assert plan_versions.versions(part, viewer=who) == []
        assert plan_versions.version(part, 1, viewer=who) is None
        assert plan_versions.changes_since(part, who) is None
        with pytest.raises(NotVisible):
            plan_versions.snapshot(part, viewer=who)


def test_changes_since_the_last_version_are_counted_once_for_each_part_of_the_plan(world, ready, by):
    agree(ready, by)
    actions.amend(ready, **by, action_id=world.actions["letter"], what="New words", due_on=clock.today())
    actions.cancel(ready, **by, action_id=world.actions["bed"], reason="He has a flat")
    goal_steps.add_step(ready, **by, goal_id=world.goals["home"], text="View a flat")
    goals.add(ready, **by, domain="money", words="Pay my debts")
    plan_head.write(ready, **by, strengths="Never misses a morning")
    since = plan_versions.changes_since(ready, world.orla)
    assert (since.number, since.count) == (1, 5)
    assert [c.sentence for c in since.changes][-1] == "Goal added: “Pay my debts”"
    letter = next(c for c in since.changes if c.key == str(world.actions["letter"]))
    assert (letter.fields[0].what, letter.fields[0].now) == ("What", "New words")


# --- the comparison itself ------------------------------------------------------------------------------------------

days = st.none() | st.dates().map(lambda d: d.isoformat())
texts = st.text(max_size=12)
ids = st.integers(1, 2**62)


def rows(**fields):
    return st.lists(st.fixed_dictionaries({"id": ids} | fields), max_size=3, unique_by=lambda r: r["id"])


ACTION = {
    "what": texts,
    "kind": st.sampled_from(["intervention", "referral"]),
    "agency": texts,
    "agency_id": st.none() | ids,
    "worker": texts,
    "worker_id": st.none() | ids,
    "by_person": st.booleans(),
    "start_on": days,
    "due_on": days,
    "review_on": days,
    "advocacy": st.sampled_from(["person", "case_manager"]),
    "advocacy_until": days,
    "status": st.sampled_from(["proposed", "accepted", "completed"]),
    "status_reason": texts,
    "clinic_talk_on": days,
    "clinic_talk_with": texts,
    "ended_on": days,
}
STEP = {"text": texts, "done_on": days}
GOAL = {
    "number": st.integers(1, 9),
    "words": texts,
    "title": texts,
    "domain": texts,
    "domain_id": texts,
    "measure": texts,
    **{tick: st.booleans() for tick in plan_gate.SMART},
    "priority": st.none() | st.integers(1, 9),
    "target_on": days,
    "made_with_person": st.booleans(),
    "made_without_reason": texts,
    "status": st.sampled_from(["proposed", "active", "completed"]),
    "achievement": st.sampled_from(["in_progress", "achieved"]),
    "ended_reason": texts,
}
NEED = {
    "domain": texts,
    "domain_label": texts,
    "level": st.sampled_from(["none", "low", "high"]),
    "priority": st.none() | st.integers(1, 9),
    "situation": texts,
    "functioning": texts,
    "words": texts,
    "wants_help": st.booleans(),
}
HEAD = dict.fromkeys(plan_diff.HEAD, texts)
contents = st.fixed_dictionaries(
    {
        "head": st.fixed_dictionaries(HEAD),
        "needs": st.lists(st.fixed_dictionaries(NEED), max_size=3, unique_by=lambda r: r["domain"]),
        "goals": rows(**GOAL, steps=rows(**STEP), actions=rows(**ACTION)),
    }
)


@given(contents)
def test_a_plan_does_not_differ_from_itself(content):
    assert plan_diff.compare(content, copy.deepcopy(content)) == []


PARTS = (
    [("head", name, what) for name, what in plan_diff.HEAD.items()]
    + [("need", name, what) for name, what in plan_diff.NEED.items()]
    + [("goal", name, what) for name, what in plan_diff.GOAL.items()]
    + [("step", name, what) for name, what in plan_diff.STEP.items()]
    + [("action", name, what) for name, what in plan_diff.ACTION.items()]
)
WHOLE = {"head": HEAD, "need": NEED, "goal": GOAL, "step": STEP, "action": ACTION}


@given(contents, st.data())
def test_every_field_that_differs_is_named_with_both_values(content, data):
    about, name, what = data.draw(st.sampled_from(PARTS))
    one = {kind: data.draw(st.fixed_dictionaries({"id": ids} | fields)) for kind, fields in WHOLE.items()}
    content = copy.deepcopy(content)
    content["head"] = one["head"]
    content["needs"] = [one["need"]]
    content["goals"] = [one["goal"] | {"steps": [one["step"]], "actions": [one["action"]]}]
    other = copy.deepcopy(content)
    place = {
        "head": other["head"],
        "need": other["needs"][0],
        "goal": other["goals"][0],
        "step": other["goals"][0]["steps"][0],
        "action": other["goals"][0]["actions"][0],
    }[about]
    place[name] = data.draw(WHOLE[about][name].filter(lambda value: (value or None) != (place[name] or None)))
    (change,) = plan_diff.compare(content, other)
    (field,) = change.fields
    assert (change.about, change.how, field.what) == (about, "changed", what)
    assert field.was != field.now


@given(contents, contents)
def test_what_is_on_one_side_only_is_added_or_taken_away(old, new):
    changes = plan_diff.compare(old, new)
    named = {(c.about, c.key): c.how for c in changes}
    for content, other, how in ((new, old, "added"), (old, new, "removed")):
        there = {g["id"] for g in other["goals"]}
        for goal in content["goals"]:
            if goal["id"] not in there:
                assert named["goal", str(goal["id"])] == how
    assert all(c.name is not None and c.sentence for c in changes)


def test_an_action_that_moved_to_another_goal_is_one_change():
    old = {
        "head": {},
        "needs": [],
        "goals": [
            {"id": 1, "number": 1, "words": "a", "steps": [], "actions": [{"id": 7, "what": "Ring"}]},
            {"id": 2, "number": 2, "words": "b", "steps": [], "actions": []},
        ],
    }
    new = copy.deepcopy(old)
    new["goals"][1]["actions"] = new["goals"][0]["actions"]
    new["goals"][0]["actions"] = []
    (change,) = plan_diff.compare(old, new)
    assert change.fields == (plan_diff.FieldChange("Goal", "goal 1", "goal 2"),)


def test_a_line_of_changes_says_how_many_more_there_are():
    changes = [plan_diff.Change("added", "action", str(n), "x" * 60, 1) for n in range(9)]
    line = plan_diff.in_one_line(changes)
    assert len(line) <= 300 and line.endswith("more")
    assert plan_diff.in_one_line([]) == ""
