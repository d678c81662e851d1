"""Whatever anybody does with gaps and blocks, in any order: no rung is left out, nothing is lost, somebody holds each at
every moment, and no age ever falls (C9)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Escalation, EscalationHolding, EscalationStep
from caseapp.queries.escalation_clock import age
from caseapp.services import closing
from caseapp.services.escalations import duties, joins
from caseapp.vocabulary import Closing, EscalationState, Rung, StepAct
from tests import world as standing
from tests.gaps import MONDAY, raised, seen, step

WHO = ("orla", "shauna", "declan", "tomasz", "amina", "sinead", "gearoid")
DEEDS = (
    ("send", {"text": "Sent"}),
    ("accept", {}),
    ("advise", {"text": "Advice"}),
    ("ask_back", {"text": "How many?"}),
    ("pass_up", {"text": "Up", "tried": "Tried", "not_enough": "Not enough"}),
    ("pass_up", {"text": "Up", "tried": "Tried", "not_enough": "Not enough"}),
    ("close", {"text": "Done", "outcome": EscalationState.PARTLY}),
    ("take_back", {"reason": "Back"}),
    ("reopen", {"reason": "Again"}),
    ("withdraw", {"reason": "No more"}),
    ("consult", {"text": "Consulted"}),
    ("pause", {"reason": "A circular"}),
    ("resume", {}),
    ("join", {}),
    ("part", {"reason": "Different"}),
    ("raise", {}),
    ("duties", {}),
    ("close_case", {}),
)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(DEEDS), st.sampled_from(WHO), st.integers(0, 3), st.integers(0, 3), st.integers(1, 40)
    ),
    min_size=6,
    max_size=16,
)


def do(world, gaps, deed, more, who, which, other, at):
    """One deed, which the house may refuse."""
    actor, gap = world.viewers[who], gaps[which % len(gaps)]
    if deed == "raise":
        case = world.case_for(actor) if actor.practises else None
        if case is not None and case.closed:
            case = None
        same = gaps[other % len(gaps)] if other else None
        gaps.append(raised(actor, case, at=at, same_as=same, noticed_on=date(2026, 11, 1 + other)))
    elif deed == "duties":
        duties.run(at=at)
    elif deed == "close_case":
        case = world.case_for(world.declan)
        closing.close(
            case, actor=world.declan, at=at, kind=Closing.OTHER, reason="Moved away", attempts="Wrote"
        )
    elif deed in ("join", "part"):
        file = seen(actor, gap)
        if file is None:
            return
        if deed == "part":
            joins.part(file, actor=actor, at=at, **more)
        elif (lead := seen(actor, gaps[other % len(gaps)])) is not None:
            joins.join(file, lead, actor=actor, at=at)
    elif seen(actor, gap) is not None:
        if deed == "pause":
            more = more | {"until_on": at.date() + timedelta(days=20)}
        step(deed, gap, actor, at, **more)


def hold_true(gaps, ages, at):
    """What must be true after every deed."""
    db.session.expire_all()
    rows = {row.id: row for row in db.session.scalars(select(Escalation))}
    assert set(gaps) <= set(rows), "one was lost"
    for row in rows.values():
        held = db.session.scalars(
            select(EscalationHolding)
            .where(EscalationHolding.escalation_id == row.id)
            .order_by(EscalationHolding.position)
        ).all()
        on_ladder = row.state is EscalationState.OPEN and row.joined_to_id is None
        open_ones = [one for one in held if one.to_at is None]
        assert len(open_ones) == (1 if on_ladder else 0)
        if on_ladder:
            assert row.holder_id == open_ones[0].user_id and row.level is open_ones[0].level
            assert row.due_on == open_ones[0].due_on
        assert [one.position for one in held] == list(range(len(held)))
        for before, after in pairwise(held):
            assert abs(after.level - before.level) <= 1, "a rung was left out"
            assert before.to_at <= after.from_at
        reached = {one.level for one in held}
        assert reached == {rung for rung in Rung if rung <= max(reached)}, "a rung was left out"
        if row.joined_to_id is not None:
            lead = rows[row.joined_to_id]
            assert lead.joined_to_id is None, "joined to one that is joined itself"
            assert lead.age_from <= row.age_from
            if row.state is EscalationState.OPEN:
                assert lead.state is EscalationState.OPEN, "it waits with one that is closed"
        if Rung.COORDINATOR in reached:
            acts = set(
                db.session.scalars(
                    select(EscalationStep.act).where(
                        EscalationStep.escalation_id == row.id, EscalationStep.level == Rung.MANAGER
                    )
                )
            )
            assert StepAct.PASSED_UP in acts, "it went up without the manager's answer (S3-72)"
        now = age(row.age_from, at.date())
        assert now >= ages.get(row.id, 0), "an age fell"
        ages[row.id] = now


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_no_skip_no_loss_a_holder_at_every_moment_and_no_age_falls(app, database, db_session, moves):
    db.session.remove()
    db.engine.dispose()  # its open connections look at a database that is about to be put back
    world = database.kept("world", standing.build)
    gaps = [raised(world.orla, world.case_for(world.orla)), raised(world.shauna, service="Night bed")]
    ages, at = {}, MONDAY
    for (deed, more), who, which, other, hours in moves:
        at += timedelta(hours=hours)
        try:
            do(world, gaps, deed, more, who, which, other, at)
        except (RuleBroken, NotAllowed, Stale, NotVisible):
            db.session.rollback()
        hold_true(gaps, ages, at)
    db.session.rollback()


def test_what_is_with_the_worker_is_not_answered_by_their_manager_who_works_on_the_case_too(world):
    gap = raised(world.orla, world.case_for(world.orla))
    step("take_back", gap, world.orla, MONDAY + timedelta(hours=1), reason="Once more with the hostel")
    at = MONDAY + timedelta(hours=2)
    for deed, more in (
        ("ask_back", {"text": "How many?"}),
        ("advise", {"text": "Ask the council"}),
        ("pass_up", {"text": "Up", "tried": "T", "not_enough": "N"}),
        ("close", {"text": "Done", "outcome": EscalationState.RESOLVED}),
        ("accept", {}),
        ("pause", {"reason": "Waits", "until_on": at.date() + timedelta(days=9)}),
    ):
        with pytest.raises(Stale) as stale:
            step(deed, gap, world.declan, at, **more)
        assert stale.value.by == "Orla Keaveney", deed
        db.session.rollback()
    step("send", gap, world.orla, at, text="Nothing came of it")
    step("ask_back", gap, world.declan, at + timedelta(hours=1), text="How many?")


def climb(world, gap):
    at = MONDAY
    for who in ("declan", "sinead", "sinead"):
        at += timedelta(days=1)
        step("pass_up", gap, world.viewers[who], at, text="Up", tried="T", not_enough="N")
    return at


@pytest.mark.parametrize("closed_by", ["gearoid", "sinead"])
def test_a_lead_that_closes_and_opens_takes_all_along_wherever_it_stands(world, db_session, closed_by):
    gaps = [raised(world.orla)]
    gaps.append(raised(world.shauna, same_as=gaps[0]))
    at = climb(world, gaps[0])
    ages = {}
    hold_true(gaps, ages, at)
    actor = world.viewers[closed_by]
    if closed_by == "sinead":
        step("take_back", gaps[0], actor, at + timedelta(hours=1), reason="A way was found")
    step("close", gaps[0], actor, at + timedelta(days=1), text="Done", outcome=EscalationState.RESOLVED)
    hold_true(gaps, ages, at + timedelta(days=1))
    step("reopen", gaps[0], actor, at + timedelta(days=2), reason="Again")
    hold_true(gaps, ages, at + timedelta(days=2))
