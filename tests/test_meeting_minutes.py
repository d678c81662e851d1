"""Minutes are the plan's changes: one version in one transaction, frozen, each copy cut by its reader's rights at the time of
reading (S2-40, S3-47, S3-48, F5)."""

import contextlib
import re
import zlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from caseapp import clock, ids
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    Action,
    CarePlan,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    Meeting,
    MeetingDecision,
    Minutes,
    MinutesCopy,
    Notification,
    OutboxMessage,
    PlanAgreement,
    PlanReview,
    PlanVersion,
)
from caseapp.queries import meeting_minutes as reads
from caseapp.queries import meeting_minutes_copies, plan_diff, plan_gate, plan_versions
from caseapp.services import action_progress, actions, goals
from caseapp.services.meetings import agenda, decisions, minutes, room
from caseapp.services.meetings import minutes_after as after
from caseapp.services.meetings.decisions import Said
from caseapp.vocabulary import ActionStatus, ChangeKind, ConsentStatus, GoalStatus, MeetingKind, MeetingStatus
from tests.meetings_at import begin, begun, by, closed, file, scheduled, seats
from tests.world import build


@pytest.fixture
def meeting(world):
    return begun(world)


def url(meeting, *more):
    return "/".join([f"/meetings/{ids.written(meeting)}", "minutes", *more])


def in_days(n):
    return (clock.today() + timedelta(days=n)).isoformat()


def save(world, meeting, said, **about):
    return decisions.save(file(world, meeting), said, **by(world), recorded=True, **about)


def new_date(world, meeting, key="letter", days=20, text="A new day", **more):
    said = Said(
        text=text,
        kind=ChangeKind.ACTION_CHANGED,
        change={"do": "date", "due_on": in_days(days)},
        **more,
    )
    return save(world, meeting, said, action_id=world.actions[key])


def new_action(world, meeting, agency="clinic", goal="home", what="Attendance letter", text="A letter"):
    change = {"what": what, "owner_agency_id": world.agencies[agency], "due_on": in_days(9)}
    said = Said(text=text, kind=ChangeKind.ACTION_ADDED, change=change)
    return save(world, meeting, said, goal_id=world.goals[goal])


def issue(world, meeting):
    if file(world, meeting).status is MeetingStatus.HELD:
        closed(world, meeting)
    return minutes.issue(file(world, meeting), **by(world))


def copy(world, meeting, who="orla"):
    return reads.copy(file(world, meeting, who), viewer=world.viewers[who])


def withdraw(world, agency):
    db.session.execute(
        update(ConsentGrant)
        .where(ConsentGrant.id == world.grants[agency])
        .values(status=ConsentStatus.WITHDRAWN, withdrawn_at=clock.now())
    )
    db.session.commit()


# --- one version, one transaction ------------------------------------------------------------------------------------


def test_issuing_makes_the_decisions_one_new_version_of_the_plan(world, meeting):
    new_date(world, meeting)
    new_action(world, meeting)
    money = Said(
        text="Money becomes a goal",
        kind=ChangeKind.GOAL_ADDED,
        change={"domain": "money", "words": "I want to stop borrowing", "made_with_person": True},
        first={"what": "Budget hour", "owner_agency_id": world.agencies["canal"], "due_on": in_days(9)},
    )
    save(world, meeting, money)
    hold = Said(text="Waits for January", kind=ChangeKind.GOAL_CHANGED, change={"do": "hold"})
    save(world, meeting, hold, goal_id=world.goals["drugs"])
    assert db.session.scalar(select(func.count()).select_from(PlanVersion)) == 0
    issue(world, meeting)
    (version,) = db.session.scalars(select(PlanVersion)).all()
    assert version.number == db.session.get(CarePlan, world.case_id).agreed_version == 1
    now = plan_versions.snapshot(world.case_for(world.orla), viewer=world.orla)
    assert plan_diff.compare(version.content, now) == [], "the version is the plan as it stands"
    assert db.session.get(Action, world.actions["letter"]).due_on.isoformat() == in_days(20)
    assert db.session.get(Goal, world.goals["drugs"]).status is GoalStatus.ON_HOLD
    letter = db.session.scalars(select(Action).where(Action.what == "Attendance letter")).one()
    assert letter.status is ActionStatus.REQUESTED, "new actions wait for acceptance"
    budget = db.session.scalars(select(Action).where(Action.what == "Budget hour")).one()
    assert db.session.get(Goal, budget.goal_id).words == "I want to stop borrowing"


def test_if_one_decision_cannot_be_applied_nothing_is(world, meeting):
    new_date(world, meeting)
    new_action(world, meeting)
    goals.complete(world.case_for(world.orla), **by(world), goal_id=world.goals["home"])
    closed(world, meeting)
    before = db.session.scalar(select(func.count()).select_from(Action))
    with pytest.raises(RuleBroken, match="has ended"):
        issue(world, meeting)
    assert db.session.scalar(select(func.count()).select_from(Action)) == before
    assert db.session.scalar(select(func.count()).select_from(Minutes)) == 0
    assert db.session.get(Action, world.actions["letter"], populate_existing=True).version == 1


def test_an_update_by_the_agency_while_minutes_are_drafted_stops_the_issue_and_is_shown_F5(
    world, meeting, as_
):
    new_date(world, meeting)
    closed(world, meeting)
    action_progress.progress(
        world.case_for(world.tomasz),
        world.actions["letter"],
        **by(world, "tomasz"),
        version=1,
        note="Posted this morning",
    )
    with pytest.raises(Stale):
        issue(world, meeting)
    orla = as_("orla")
    assert "Posted this morning" in orla.get(url(meeting)).text
    refused = orla.submit(url(meeting), url(meeting, "issue"))
    assert refused.status_code == 422 and "Nothing was issued" in refused.text
    decisions.take_theirs(file(world, meeting), world.actions["letter"], **by(world))
    issue(world, meeting)
    action = db.session.get(Action, world.actions["letter"], populate_existing=True)
    assert action.last_note == "Posted this morning"


def test_what_is_begun_and_not_recorded_stops_the_issue(world, meeting):
    decisions.save(file(world, meeting), Said(text="Perhaps"), **by(world))
    closed(world, meeting)
    with pytest.raises(RuleBroken, match="begun and not recorded"):
        issue(world, meeting)
    decision = db.session.scalar(select(MeetingDecision.id))
    decisions.drop(file(world, meeting), decision, **by(world))
    issue(world, meeting)
    with pytest.raises(RuleBroken, match="issued already"):
        issue(world, meeting)


def test_a_meeting_that_changed_nothing_makes_no_version(world, meeting):
    issue(world, meeting)
    second = begun(world)
    issue(world, second)
    row = db.session.scalars(select(Minutes).where(Minutes.meeting_id == second)).one()
    assert row.version_before == row.version_after == 1
    assert copy(world, second).changes == []


def test_with_the_persons_agreement_the_version_is_agreed_and_without_it_says_so(world, meeting):
    new_date(world, meeting)
    issue(world, meeting)
    assert db.session.scalar(select(func.count()).select_from(PlanAgreement)) == 0
    assert "not agreed by the person" in db.session.scalar(select(PlanVersion.reason))
    second = begun(world)
    for goal_id in world.goals.values():
        goals.amend(
            world.case_for(world.orla),
            **by(world),
            goal_id=goal_id,
            target_on=clock.today() + timedelta(days=90),
            **{f"smart_{tick}": True for tick in plan_gate.SMART},
        )
    room.write(file(world, second), **by(world), person_agrees=True)
    issue(world, second)
    agreement = db.session.scalars(select(PlanAgreement)).one()
    assert agreement.by_person and agreement.number == 2 and agreement.route.value == "meeting"


def test_a_review_meeting_is_also_the_review_of_the_plan_S3_17(world):
    meeting = begun(world, kind=MeetingKind.REVIEW)
    day = clock.today() + timedelta(days=40)
    room.write(file(world, meeting), **by(world), persons_view="Better", next_review_on=day)
    issue(world, meeting)
    review = db.session.scalars(select(PlanReview)).one()
    assert review.persons_view == "Better" and review.next_on == day
    assert db.session.get(CarePlan, world.case_id, populate_existing=True).next_review_on == day


# --- who reads what ----------------------------------------------------------------------------------------------------


def told(world, meeting):
    """Everything in minutes that is not for everybody."""
    here = file(world, meeting)
    new_date(world, meeting, text="CANARY-HARBOUR-decision")
    new_action(world, meeting, goal="drugs", what="CANARY-CLINIC-new", text="CANARY-CLINIC-decision")
    save(world, meeting, Said(text="CANARY-PLAN-general"))
    save(world, meeting, Said(text="CANARY-NAME-forall", for_all=True))
    room.write(here, **by(world), persons_view="CANARY-PLAN-view", not_agreed="CANARY-PLAN-against")
    room.begin_apart(here, **by(world), reason="CANARY-LEAD-reason")
    save(world, meeting, Said(text="CANARY-LEAD-apartdecision"))
    room.write_apart(here, **by(world), text="CANARY-LEAD-said", end=True)


WORDS = {
    "orla": {
        "HARBOUR-decision",
        "CLINIC-decision",
        "PLAN-general",
        "NAME-forall",
        "PLAN-view",
        "PLAN-against",
    }
    | {"LEAD-reason", "LEAD-apartdecision", "LEAD-said"},
    "leah": {
        "HARBOUR-decision",
        "CLINIC-decision",
        "PLAN-general",
        "NAME-forall",
        "PLAN-view",
        "PLAN-against",
    },
    "tomasz": {"HARBOUR-decision", "NAME-forall"},
}


@pytest.mark.parametrize("how", ["", "print"])
def test_each_copy_holds_what_its_reader_may_read_and_nothing_else(world, meeting, as_, how):
    told(world, meeting)
    issue(world, meeting)
    for who, words in WORDS.items():
        text = as_(who).get(url(meeting, how) if how else url(meeting)).text
        shown = {word for word in WORDS["orla"] if f"CANARY-{word}" in text}
        assert shown == words, who
    part = as_("tomasz").get(url(meeting)).text
    assert "Leah Quigg" not in part and "Mill Road Clinic" not in part and "CANARY-CLINIC" not in part
    assert "Copy for Harbour Hostel: its own part." in part and "2 September 2026" in part
    assert "the whole plan" in as_("leah").get(url(meeting)).text


def test_an_agency_whose_consent_ended_reads_nothing_though_it_was_there_F5(world, meeting, as_):
    told(world, meeting)
    withdraw(world, "harbour")
    assert "No consent is in force" in as_("orla").get(url(meeting).replace("/minutes", "/room")).text
    issue(world, meeting)
    assert as_("tomasz").get(url(meeting)).status_code == 404
    assert as_("tomasz").get(url(meeting, "print")).status_code == 404
    copies = set(db.session.scalars(select(MinutesCopy.agency_id)))
    assert world.agencies["harbour"] not in copies and world.agencies["clinic"] in copies
    orla = as_("orla")
    assert (
        orla.get(f"{url(meeting, 'print')}?agency={ids.written(world.agencies['harbour'])}").status_code
        == 404
    )
    told_of = set(
        db.session.scalars(select(Notification.user_id).where(Notification.kind == "minutes_issued"))
    )
    assert world.tomasz.user_id not in told_of and world.leah.user_id in told_of


def test_rights_are_those_at_the_time_of_reading(world, meeting, as_):
    told(world, meeting)
    issue(world, meeting)
    assert "CANARY-PLAN-view" in as_("leah").get(url(meeting)).text
    db.session.add(ConsentWithheld(grant_id=world.grants["clinic"], domain="drug_use"))
    db.session.commit()
    text = as_("leah").get(url(meeting)).text
    assert "CANARY-CLINIC" not in text, "a part of life that is kept from it now"
    assert "CANARY-PLAN-view" not in text, "free words could speak of what is withheld"
    assert "CANARY-HARBOUR-decision" in text
    db.session.execute(delete(ConsentWithheld))
    db.session.commit()
    withdraw(world, "clinic")
    assert as_("leah").get(url(meeting)).status_code == 404


def test_the_person_gets_plain_words_and_is_told_of_the_part_without_them(world, meeting, as_):
    told(world, meeting)
    issue(world, meeting)
    text = as_("orla").get(url(meeting, "person")).text
    assert "held without you" in text
    assert not [word for word in ("reason", "apartdecision", "said") if f"CANARY-LEAD-{word}" in text]
    assert "CANARY-PLAN-view" in text and "CANARY-HARBOUR-decision" in text
    assert as_("leah").get(url(meeting, "person")).status_code == 404
    after.hand_over(file(world, meeting), **by(world), how="on paper")
    assert "on paper" in as_("orla").get(url(meeting)).text


def test_a_point_that_an_agency_added_for_the_chair_stays_between_them_also_in_the_minutes(world, as_):
    """The clinic reads the whole plan and nothing is withheld; the hostel's point was never shown to all."""
    meeting = scheduled(world)
    kept, shown = (
        agenda.add(file(world, meeting, "tomasz"), title=title, **by(world, "tomasz"))
        for title in ("CANARY-HOSTEL-kept", "A point for all")
    )
    begin(world, meeting)
    for point, word in ((kept, "CANARY-HOSTEL-note"), (shown, "A note for all")):
        key = f"own:{point}"
        if point == shown:
            agenda.write(file(world, meeting), key=key, for_all=True, **by(world))
        room.note(file(world, meeting), key=key, text=word, **by(world))
    issue(world, meeting)
    orla, leah = as_("orla").get(url(meeting)).text, as_("leah").get(url(meeting)).text
    assert "CANARY-HOSTEL-note" in orla and "A note for all" in orla
    assert "CANARY-HOSTEL" not in leah and "A note for all" in leah
    assert "CANARY-HOSTEL" not in as_("leah").get(url(meeting, "print")).text


def test_a_handed_over_action_does_not_tell_one_agency_of_the_other(world, meeting, as_):
    change = {"do": "agency", "owner_agency_id": world.agencies["clinic"], "due_on": in_days(9)}
    said = Said(text="CANARY-CLINIC-takes it", kind=ChangeKind.ACTION_CHANGED, change=change)
    save(world, meeting, said, action_id=world.actions["letter"])
    issue(world, meeting)
    text = as_("tomasz").get(url(meeting)).text
    assert "CANARY-CLINIC" not in text and "Mill Road" not in text
    assert "CANARY-CLINIC-takes" in as_("leah").get(url(meeting)).text


def test_the_pdf_is_the_printed_page_tagged_and_its_name_tells_nothing(world, meeting, as_):
    from caseapp.documents import pdf

    told(world, meeting)
    issue(world, meeting)
    answer = as_("tomasz").get(f"{url(meeting)}.pdf")
    assert answer.status_code == 200
    if pdf.available():
        assert answer.mimetype == "application/pdf"
        inside = b"".join(unpacked(answer.data))
        assert b"StructTreeRoot" in inside and b"MarkInfo" in inside
        assert answer.headers["Content-Disposition"] == 'attachment; filename="minutes.pdf"'
    assert b"CANARY-CLINIC" not in answer.data


def unpacked(data):
    """The streams of a PDF, those that are packed unpacked."""
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        with contextlib.suppress(zlib.error):
            yield zlib.decompress(found[1])


def test_notices_and_mail_of_minutes_name_nobody(world, meeting):
    told(world, meeting)
    issue(world, meeting)
    assert db.session.scalar(
        select(func.count()).select_from(Notification).where(Notification.kind == "minutes_issued")
    )
    for message in db.session.scalars(select(OutboxMessage)):
        words = message.subject + message.body
        assert "Niall" not in words and "CANARY" not in words and "Harbour" not in words


def test_decisions_can_be_read_before_the_minutes_by_the_same_rights(world, meeting, as_):
    told(world, meeting)
    closed(world, meeting)
    assert as_("tomasz").get(url(meeting)).status_code == 404
    assert as_("orla").submit(url(meeting), url(meeting, "decisions")).status_code == 303
    text = as_("tomasz").get(url(meeting)).text
    assert "CANARY-HARBOUR-decision" in text and "CANARY-CLINIC" not in text and "Who was there" not in text
    assert db.session.get(Meeting, meeting, populate_existing=True).decisions_sent_at is not None


# --- frozen, received, corrected ---------------------------------------------------------------------------------------


def test_issued_minutes_are_frozen_by_the_database_itself(world, meeting):
    new_date(world, meeting)
    issue(world, meeting)
    with pytest.raises(DatabaseError):
        db.session.execute(update(Minutes).values(content={}))
    db.session.rollback()
    with pytest.raises(RuleBroken, match="frozen"):
        decisions.save(file(world, meeting), Said(text="Late"), **by(world), recorded=True)
    shown = copy(world, meeting).changes
    actions.amend(
        world.case_for(world.orla), **by(world), action_id=world.actions["letter"], what="Other words now"
    )
    assert copy(world, meeting).changes == shown, "what comes later changes no minutes"


def test_an_agency_says_that_it_has_them_and_the_chair_sees_who_has_not(world, meeting, as_):
    new_date(world, meeting)
    issue(world, meeting)
    assert "Not received yet" in as_("orla").get(url(meeting)).text
    assert as_("tomasz").submit(url(meeting), url(meeting, "receipt")).status_code == 303
    text = as_("orla").get(url(meeting)).text
    assert "Received" in text and "Not received yet" in text, "the clinic has not"
    own = as_("tomasz").get(url(meeting)).text
    assert "Tomasz Wilk" in own and "We have received them" not in own


def test_a_correction_is_asked_for_and_added_with_its_date_and_nothing_is_rewritten(world, meeting, as_):
    new_date(world, meeting)
    issue(world, meeting)
    before = db.session.scalar(select(Minutes.content))
    ask = as_("tomasz").submit(url(meeting), url(meeting, "corrections"), text="I came at ten past")
    assert ask.status_code == 303
    request = meeting_minutes_copies.requests(file(world, meeting), viewer=world.orla)[0]
    assert "I came at ten past" not in as_("leah").get(url(meeting)).text
    after.answer(file(world, meeting), request.id, **by(world), answer="Tomasz came at 10:10", amend=True)
    assert "Tomasz came at 10:10" in as_("tomasz").get(url(meeting)).text
    assert db.session.scalar(select(Minutes.content)) == before
    assert db.session.get(Meeting, meeting, populate_existing=True).status is MeetingStatus.AMENDED
    after.amend(file(world, meeting), **by(world), text="For the whole only")
    assert "For the whole only" in as_("leah").get(url(meeting)).text
    assert "For the whole only" not in as_("tomasz").get(url(meeting)).text


# --- the property ------------------------------------------------------------------------------------------------------

DECISIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("date"),
            st.sampled_from(["letter", "bed", "dose", "keywork", "probation"]),
            st.integers(1, 300),
        ),
        st.tuples(
            st.just("words"),
            st.sampled_from(["letter", "dose", "keywork"]),
            st.text("abc é–", min_size=1, max_size=20),
        ),
        st.tuples(st.just("stop"), st.sampled_from(["letter", "bed", "dose"]), st.just("")),
        st.tuples(st.just("done"), st.sampled_from(["letter", "dose", "keywork"]), st.just("")),
        st.tuples(st.just("action"), st.sampled_from(["home", "drugs"]), st.integers(1, 90)),
        st.tuples(st.just("goal"), st.sampled_from(["money", "physical_health"]), st.just("")),
        st.tuples(st.just("hold"), st.sampled_from(["home", "drugs"]), st.just("")),
        st.tuples(st.just("keep"), st.sampled_from(["letter", "bed"]), st.just("")),
    ),
    max_size=6,
)


def decide_at_random(world, meeting, plan) -> dict:
    """Record these decisions; gives what each action must be afterwards."""
    everybody = frozenset(seats(meeting).values())
    wanted = {}
    for n, (do, key, value) in enumerate(plan):
        text = f"Decision {n}"
        try:
            if do == "action":
                new_action(world, meeting, goal=key, what=f"New {n}", text=text)
                wanted[f"New {n}"] = {}
            elif do == "goal":
                change = {"domain": key, "words": f"Wish {n}", "made_with_person": True}
                save(world, meeting, Said(text=text, kind=ChangeKind.GOAL_ADDED, change=change))
            elif do == "hold":
                said = Said(text=text, kind=ChangeKind.GOAL_CHANGED, change={"do": "hold"})
                save(world, meeting, said, goal_id=world.goals[key])
            else:
                change = {"do": do}
                if do == "date":
                    change["due_on"] = in_days(value)
                if do == "words":
                    change["what"] = value.strip() or "abc"
                said = Said(text=text, agrees=everybody, kind=ChangeKind.ACTION_CHANGED, change=change)
                save(world, meeting, said, action_id=world.actions[key])
                wanted[world.actions[key]] = change
        except (RuleBroken, NotVisible):
            continue
    return wanted


@settings(max_examples=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(first=DECISIONS, second=DECISIONS)
def test_minutes_and_plan_versions_can_never_disagree(database, world, first, second):
    db.session.rollback()
    db.session.remove()
    db.engine.dispose()  # its open connections look at a file that is about to be replaced
    world = database.kept("world", build)
    number = 0
    for plan in (first, second):
        meeting = begun(world)
        wanted = decide_at_random(world, meeting, plan)
        issue(world, meeting)
        row = db.session.scalars(select(Minutes).where(Minutes.meeting_id == meeting)).one()
        plan_row = db.session.get(CarePlan, world.case_id, populate_existing=True)
        versions = {v.number: v.content for v in db.session.scalars(select(PlanVersion))}
        assert row.version_before == number and row.version_after == plan_row.agreed_version
        assert row.version_after in (number, number + 1)
        number = row.version_after
        # the version is the plan, the difference is the versions', the decisions stand in the version
        case = world.case_for(world.orla)
        now = plan_versions.snapshot(case, viewer=world.orla)
        assert plan_diff.compare(versions[number], now) == []
        old = versions.get(row.version_before) or {"head": {}, "needs": [], "goals": []}
        shown = copy(world, meeting)
        assert len(shown.changes) == len(plan_diff.compare(old, versions[number]))
        kept = {a["id"]: a for goal in versions[number]["goals"] for a in goal["actions"]}
        by_words = {a["what"]: a for a in kept.values()}
        for key, change in wanted.items():
            action = kept[key] if isinstance(key, int) else by_words[key]
            if change.get("do") == "date":
                assert action["due_on"] == change["due_on"]
            if change.get("do") == "words":
                assert action["what"] == change["what"]
            if change.get("do") in ("stop", "done"):
                assert action["status"] == {"stop": "cancelled", "done": "completed"}[change["do"]]
        assert len(shown.decisions) == len(row.content["decisions"])
        for who in ("leah", "tomasz"):
            part = copy(world, meeting, who)
            names = {r.name for r in part.changes}
            assert names <= {r.name for r in shown.changes} | {
                r.name for r in part.changes if "Goal" in r.name
            }


def test_a_barrier_that_was_decided_to_be_raised_is_one_link_away_from_its_form(world, meeting, as_):
    new_date(world, meeting, to_gaps=True)
    issue(world, meeting)
    page = f"/cases/{world.reference}/actions/{ids.written(world.actions['letter'])}/gaps-and-blocks/new"
    assert page in as_("orla").get(url(meeting)).text
    assert page not in as_("leah").get(url(meeting)).text
    assert as_("orla").get(page).status_code == 200
