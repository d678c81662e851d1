"""The ladder: who raises, who answers, who reads, and that no rung is left out (C9, S3-71 … S3-76)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.models import (
    Action,
    Escalation,
    EscalationHolding,
    EscalationNotice,
    EscalationStep,
    Event,
    Notification,
    User,
)
from caseapp.services import closing, consent
from caseapp.services.escalations import joins, naming
from caseapp.vocabulary import ActionStatus, Closing, EscalationState, Rung, StepAct
from tests.gaps import MONDAY, day, raised, seen, step, to_group, to_national, up


def row(db_session, gap_id):
    db_session.expire_all()
    return db_session.get(Escalation, gap_id)


def told(db_session, gap_id):
    return set(
        db_session.scalars(
            select(Notification.user_id)
            .join(EscalationNotice, EscalationNotice.notification_id == Notification.id)
            .where(EscalationNotice.escalation_id == gap_id)
        )
    )


def test_a_block_goes_from_worker_to_national_one_rung_at_a_time(world, db_session):
    """F6, S3-71 … S3-75."""
    gap = raised(world.orla, world.case_for(world.orla), action_id=world.actions["keywork"])
    assert row(db_session, gap).holder_id == world.declan.user_id
    levels = [row(db_session, gap).level]
    for actor, number in ((world.declan, 10), (world.sinead, 11), (world.sinead, 12)):
        up(gap, actor, day(number))
        levels.append(row(db_session, gap).level)
    assert levels == [Rung.MANAGER, Rung.COORDINATOR, Rung.GROUP, Rung.NATIONAL]
    assert row(db_session, gap).holder_id == world.gearoid.user_id
    with pytest.raises(RuleBroken, match="no rung above"):
        up(gap, world.gearoid, day(13))
    step("close", gap, world.gearoid, day(16), outcome=EscalationState.PARTLY, text="A new circular")
    closed = row(db_session, gap)
    assert (closed.state, closed.holder_id, closed.how) == (EscalationState.PARTLY, None, "A new circular")
    assert world.orla.user_id in told(db_session, gap)


def test_passing_up_says_what_was_tried_and_why_it_was_not_enough(world, db_session):
    """S3-76."""
    gap = raised(world.orla)
    for words in ({"tried": ""}, {"not_enough": ""}, {"text": ""}):
        with pytest.raises(RuleBroken) as broken:
            up(gap, world.declan, day(10), **words)
        assert broken.value.field in words
    up(gap, world.declan, day(10))
    kept = db_session.scalars(select(EscalationStep).where(EscalationStep.act == StepAct.PASSED_UP)).one()
    assert (kept.tried, kept.not_enough) == ("Rang the manager", "It is a rule of theirs")


def test_the_manager_holds_it_a_day_unless_it_is_urgent(world, db_session):
    """S3-72, C9: the urgent flag lets the manager send the same day; no rung is left out for it."""
    calm, urgent = raised(world.orla), raised(world.orla, urgent_reason="No bed tonight")
    with pytest.raises(RuleBroken) as broken:
        up(calm, world.declan, MONDAY + timedelta(hours=2))
    assert broken.value.field == "urgent_reason"
    up(calm, world.declan, MONDAY + timedelta(hours=3), urgent_reason="The bed goes tomorrow")
    up(urgent, world.declan, MONDAY + timedelta(hours=3))
    assert row(db_session, calm).level is row(db_session, urgent).level is Rung.COORDINATOR
    assert row(db_session, calm).urgent


def test_only_the_rung_that_holds_it_answers(world, db_session):
    gap = raised(world.orla)
    assert seen(world.sinead, gap) is None  # not hers yet
    with pytest.raises(NotAllowed):
        up(gap, world.orla, day(10))
    up(gap, world.declan, day(10))
    with pytest.raises(Stale):
        step("advise", gap, world.declan, day(11), text="Too late")
    assert seen(world.gearoid, gap) is None
    assert seen(world.declan, gap) is not None  # keeps reading what it passed on


def test_each_rung_sees_its_own_and_keeps_reading_what_it_passed_on(world, db_session):
    gap = raised(world.orla)
    sees = {name: [] for name in ("orla", "declan", "shauna", "tomasz", "sinead", "gearoid", "root")}

    def look():
        for name, found in sees.items():
            found.append(seen(world.viewers[name], gap) is not None)

    look()
    for actor, number in ((world.declan, 10), (world.sinead, 11), (world.sinead, 12)):
        up(gap, actor, day(number))
        look()
    assert sees == {
        "orla": [True] * 4,
        "declan": [True] * 4,
        "shauna": [False] * 4,
        "tomasz": [False] * 4,
        "sinead": [False, True, True, True],
        "gearoid": [False, False, True, True],  # consulted: reads before owning (S3-74)
        "root": [False] * 4,
    }


def test_the_national_coordinator_is_consulted_while_the_group_holds_it(world, db_session):
    """S3-74."""
    gap = raised(world.orla)
    to_group(world, gap)
    with pytest.raises(Stale):
        step("advise", gap, world.gearoid, day(12), text="Not yet mine")
    step("consult", gap, world.gearoid, day(12), text="Another area solved this by a letter")
    assert row(db_session, gap).level is Rung.GROUP
    assert world.sinead.user_id in told(db_session, gap)


def test_a_question_returns_it_one_step_and_twice_if_need_be(world, db_session):
    """F6: a level answers "return" twice."""
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    for number in (11, 13):
        step("ask_back", gap, world.sinead, day(number), text="How many residents?")
        assert row(db_session, gap).level is Rung.MANAGER
        with pytest.raises(RuleBroken, match="coordinator asked"):
            step("pass_up", gap, world.declan, day(number + 1), text="")
        step("pass_up", gap, world.declan, day(number + 1), text="Nine")  # an answer needs no more than that
        assert row(db_session, gap).level is Rung.COORDINATOR
    step("ask_back", gap, world.sinead, day(16), text="And since when?")
    step("ask_back", gap, world.declan, day(16, 11), text="Since when?")
    held = row(db_session, gap)
    assert (held.level, held.holder_id) == (Rung.WORKER, world.orla.user_id)
    step("send", gap, world.orla, day(17), text="Since May")
    step("pass_up", gap, world.declan, day(17, 11), text="Since May")
    assert row(db_session, gap).level is Rung.COORDINATOR


def test_the_one_who_asked_need_not_wait_and_the_one_below_may_take_it_back(world, db_session):
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    step("ask_back", gap, world.sinead, day(11), text="How many?")
    step("take_back", gap, world.sinead, day(12), reason="I know by now")
    assert row(db_session, gap).level is Rung.COORDINATOR
    step("take_back", gap, world.declan, day(12, 12), reason="We found a way")
    assert row(db_session, gap).level is Rung.MANAGER
    step("take_back", gap, world.orla, day(13), reason="I shall write it anew")
    assert row(db_session, gap).holder_id == world.orla.user_id
    step("send", gap, world.orla, day(16))
    assert row(db_session, gap).level is Rung.MANAGER


def test_what_is_closed_can_be_opened_again_at_the_rung_that_closed_it(world, db_session):
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    step("close", gap, world.sinead, day(11), outcome=EscalationState.RESOLVED, text="Letters are taken now")
    assert row(db_session, gap).holder_id is None
    step("reopen", gap, world.orla, day(20), reason="They refuse them again")
    again = row(db_session, gap)
    assert (again.level, again.holder_id, again.state) == (
        Rung.COORDINATOR,
        world.sinead.user_id,
        EscalationState.OPEN,
    )
    assert again.how == ""


def test_two_answers_at_once_the_second_reads_the_first(world, db_session):
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    version = row(db_session, gap).version
    step("advise", gap, world.sinead, day(11), text="Take the clinic’s letter", version=version)
    with pytest.raises(Stale) as stale:
        step("ask_back", gap, world.sinead, day(11, 11), text="How many?", version=version)
    assert stale.value.saved["text"] == "Take the clinic’s letter"


def test_an_answer_reaches_the_raiser_the_case_manager_and_the_agency_that_does_the_action(world, db_session):
    """Each answer reaches the raiser and the action's people at once, with no personal data in the notice."""
    case = world.case_for(world.amina)
    gap = raised(world.amina, case, action_id=world.actions["letter"])
    step("advise", gap, world.amina, day(10), text="Offer the licence letter")
    assert {world.orla.user_id, world.tomasz.user_id} <= told(db_session, gap)
    notices = db_session.scalars(select(Notification.plain)).all()
    assert notices and not any("Niall" in plain or "letter" in plain.lower() for plain in notices)
    event = db_session.scalars(select(Event).where(Event.kind == "gap").order_by(Event.at.desc())).first()
    assert event.action_id == world.actions["letter"]
    assert event.change == {"answer": ["", "Offer the licence letter"]}


def test_colleagues_are_asked_first_if_the_worker_wants_it(world, db_session):
    """S3-71: optional, and noted."""
    gap = raised(world.orla, ask_colleagues=True)
    assert row(db_session, gap).level is Rung.WORKER
    step("advise_as_colleague", gap, world.shauna, day(10), text="Try the licence letter")
    with pytest.raises(NotAllowed):
        step("advise_as_colleague", gap, world.orla, day(10), text="My own advice")
    step("send", gap, world.orla, day(11))
    assert row(db_session, gap).level is Rung.MANAGER


def test_the_person_is_named_to_nobody_above_the_manager_unless_they_agree(world, db_session):
    """C9, X-4; withdrawn at once."""
    case = world.case_for(world.orla)
    gap = raised(world.orla, case)
    to_group(world, gap)
    assert seen(world.orla, gap).named and seen(world.declan, gap).named
    assert not seen(world.sinead, gap).named
    naming.agree(seen(world.orla, gap), actor=world.orla, at=day(12), agreed_on=date(2026, 11, 12))
    assert seen(world.sinead, gap).named and seen(world.gearoid, gap).named
    naming.end(seen(world.orla, gap), actor=world.orla, at=day(13))
    assert not seen(world.sinead, gap).named and seen(world.orla, gap).named


def test_what_a_partner_passed_on_ends_with_its_consent_and_is_not_revived(world, db_session):
    """F7: nobody above names the person any more, nor does the partner."""
    gap = raised(world.amina, world.case_for(world.amina), identity_on=date(2026, 11, 9))
    up(gap, world.amina, day(10))
    assert seen(world.sinead, gap).named
    orla = world.case_for(world.orla)
    consent.withdraw(orla, actor=world.orla, at=day(11), grant_id=world.grants["harbour"], how="by phone")
    assert not seen(world.sinead, gap).named
    assert seen(world.amina, gap) is not None and not seen(world.amina, gap).named
    assert row(db_session, gap).identity_ended_at is not None


def test_a_block_outlives_its_case_as_a_service_gap_without_identity(world, db_session):
    """F6: the person is closed meanwhile."""
    gap = raised(
        world.orla,
        world.case_for(world.orla),
        action_id=world.actions["keywork"],
        identity_on=date(2026, 11, 9),
    )
    up(gap, world.declan, day(10))
    closing.close(
        world.case_for(world.declan),
        actor=world.declan,
        at=day(11),
        kind=Closing.OTHER,
        reason="Moved away",
        attempts="Rang and wrote",
    )
    held = row(db_session, gap)
    assert (held.state, held.level, held.holder_id) == (
        EscalationState.OPEN,
        Rung.COORDINATOR,
        world.sinead.user_id,
    )
    assert held.case_ended_at is not None and held.action_id is not None
    for viewer in (world.orla, world.declan, world.sinead):
        assert seen(viewer, gap) is not None and not seen(viewer, gap).named
    events = db_session.scalars(select(Event).where(Event.kind == "gap")).all()
    up(gap, world.sinead, day(12))
    assert len(db_session.scalars(select(Event).where(Event.kind == "gap")).all()) == len(events)


def test_two_workers_raise_the_same_block_and_it_goes_up_once(world, db_session):
    """F6: the second is joined; each keeps its own day, the age is that of the older."""
    first = raised(world.orla)
    second = raised(world.shauna, same_as=first, noticed_on=date(2026, 10, 1))
    lead, joined = row(db_session, first), row(db_session, second)
    assert joined.joined_to_id == first and joined.holder_id is None
    assert lead.age_from == date(2026, 10, 1) and lead.noticed_on == date(2026, 11, 5)
    up(first, world.declan, day(10))
    assert {world.orla.user_id, world.shauna.user_id} <= told(db_session, first) | told(db_session, second)
    step("close", first, world.sinead, day(11), outcome=EscalationState.RESOLVED, text="Taken now")
    assert row(db_session, second).state is EscalationState.RESOLVED
    step("reopen", first, world.sinead, day(12), reason="Refused again")
    assert row(db_session, second).state is EscalationState.OPEN


def test_another_agencys_raising_passes_its_own_manager_before_it_joins(world, db_session):
    """S3-72: no skipping, not even by joining."""
    first = raised(world.orla)
    up(first, world.declan, day(10))
    second = raised(world.tomasz, same_as=first, at=day(10))
    assert row(db_session, second).level is Rung.MANAGER and row(db_session, second).joined_to_id is None
    up(second, world.amina, day(11))
    assert row(db_session, second).joined_to_id == first
    joins.part(seen(world.sinead, second), actor=world.sinead, at=day(12), reason="Another rule")
    alone = row(db_session, second)
    assert alone.joined_to_id is None and alone.holder_id is not None


def test_what_others_wait_for_cannot_be_withdrawn(world, db_session):
    first = raised(world.orla)
    raised(world.shauna, same_as=first)
    with pytest.raises(RuleBroken, match="Others raised the same"):
        step("withdraw", first, world.orla, day(10), reason="Solved for me")


def test_texts_name_nobody(world, db_session):
    with pytest.raises(RuleBroken) as broken:
        raised(world.orla, world.case_for(world.orla), effect="Niall’s application stays unopened")
    assert broken.value.field == "effect"
    gap = raised(world.orla, world.case_for(world.orla))
    with pytest.raises(RuleBroken):
        up(gap, world.declan, day(10), tried="Rang for RAFTER")


def test_the_action_is_marked_as_blocked_in_the_plan(world, db_session):
    """C7."""
    raised(world.orla, world.case_for(world.orla), action_id=world.actions["keywork"], mark_blocked=True)
    db_session.expire_all()
    assert db_session.get(Action, world.actions["keywork"]).status is ActionStatus.BLOCKED


def test_another_of_the_same_rung_takes_it_over(world, db_session):
    gap = raised(world.orla)
    nora = db_session.get(User, world.shauna.user_id)
    nora.roles = 2
    db_session.commit()
    from caseapp.policy.viewer import Viewer
    from caseapp.vocabulary import Role

    second = Viewer(nora.id, nora.agency_id, Role.LINE_MANAGER, nora.name, "Canal Street Drug Service")
    step("accept", gap, second, day(10))
    assert row(db_session, gap).holder_id == nora.id
    holdings = db_session.scalars(
        select(EscalationHolding)
        .where(EscalationHolding.escalation_id == gap)
        .order_by(EscalationHolding.position)
    ).all()
    assert [one.level for one in holdings] == [Rung.WORKER, Rung.MANAGER, Rung.MANAGER]
    assert holdings[2].used_before == 1


def test_a_national_block_is_closed_only_with_how(world, db_session):
    gap = raised(world.orla)
    to_national(world, gap)
    with pytest.raises(RuleBroken):
        step("close", gap, world.gearoid, day(16), outcome=EscalationState.NOT_RESOLVED, text="")
