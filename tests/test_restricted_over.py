"""A restricted section when another agency leads, when the case closes and when it begins anew (X-6)."""

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.models import Case, CaseAssignment, ConsentGrant, RestrictedHandover
from caseapp.policy import restricted as policy
from caseapp.queries import restricted as reads
from caseapp.services import closing, reopening, restricted
from caseapp.vocabulary import AssignmentRole, Closing
from tests.sections import hand_over, name, section_for, texts, who_reads, write


def now_leads(world, session):
    """Northgate leads: Mark manages the case and Nora is its line manager."""
    session.execute(
        update(Case)
        .where(Case.id == world.case_id)
        .values(lead_agency_id=world.agencies["northgate"], line_manager_id=world.nora.user_id)
    )
    session.execute(update(CaseAssignment).values(to_at=clock.now()))
    session.add(
        CaseAssignment(
            case_id=world.case_id,
            user_id=world.mark.user_id,
            role=AssignmentRole.CASE_MANAGER,
            from_at=clock.now(),
            given_by_id=world.nora.user_id,
        )
    )
    session.commit()


def test_when_another_agency_leads_the_old_one_loses_it_and_the_new_one_begins_empty(world, db_session):
    write(world)
    name(world)
    now_leads(world, db_session)
    assert who_reads(world) == {"mark", "nora"}
    assert texts(world, "mark") == set() and texts(world, "nora") == set()


def test_what_was_handed_over_with_the_social_workers_agreement_opens_once_that_agency_leads(
    world, db_session
):
    one, _other = write(world, text="to hand over"), write(world, text="stays")
    hand_over(world, entries=(one,))
    assert who_reads(world) == {"orla", "declan"}
    now_leads(world, db_session)
    assert texts(world, "mark") == {"to hand over"}


@pytest.mark.parametrize(
    ("missing", "say"),
    [
        ({"social_worker": ""}, "social worker who agreed"),
        ({"agreed_how": ""}, "how they agreed"),
        ({"agreed_on": None}, "which day"),
        ({"to_agency_id": None}, "agency that is to lead"),
        ({"entry_ids": ()}, "what is handed over"),
    ],
)
def test_nothing_is_handed_over_without_that_agreement(world, db_session, missing, say):
    write(world)
    section = section_for(world, "declan")
    said = {
        "to_agency_id": world.agencies["northgate"],
        "entry_ids": tuple(one.id for one in reads.entries(section, viewer=world.declan)[0]),
        "social_worker": "A. Worker",
        "agreed_on": clock.today(),
        "agreed_how": "By phone",
    }
    with pytest.raises(RuleBroken, match=say):
        restricted.hand_over(section, actor=world.declan, at=clock.now(), **said | missing)


def test_what_was_handed_to_one_agency_stays_shut_to_another_that_leads(world, db_session):
    write(world)
    hand_over(world, to_agency_id=world.agencies["harbour"])
    now_leads(world, db_session)
    assert texts(world, "mark") == set() and texts(world, "nora") == set()


def test_consent_to_the_whole_plan_does_not_bring_the_old_lead_back_to_it(world, db_session):
    """Nor a line manager whose name still stands on the case."""
    write(world)
    db_session.execute(
        update(ConsentGrant)
        .where(ConsentGrant.agency_id == world.agencies["clinic"])
        .values(agency_id=world.agencies["canal"])
    )
    db_session.execute(update(Case).values(lead_agency_id=world.agencies["northgate"]))
    db_session.commit()
    assert world.case_for(world.declan).sees_whole_plan
    assert who_reads(world) == set()


def test_a_hand_over_that_was_taken_back_opens_nothing(world, db_session):
    write(world)
    handover = hand_over(world)
    restricted.take_back(
        section_for(world, "declan"), actor=world.declan, at=clock.now(), handover_id=handover
    )
    now_leads(world, db_session)
    assert texts(world, "mark") == set()
    assert db_session.scalar(select(RestrictedHandover.taken_back_at)) is not None


def test_a_place_given_under_the_old_lead_does_not_come_back_with_it(world, db_session):
    name(world)
    now_leads(world, db_session)
    restricted.lead_changed(world.case_id, actor=world.nora, at=clock.now())
    db_session.execute(
        update(Case)
        .where(Case.id == world.case_id)
        .values(lead_agency_id=world.agencies["canal"], line_manager_id=world.declan.user_id)
    )
    db_session.commit()
    assert who_reads(world) == {"declan"}


def test_closing_leaves_it_to_the_line_manager_alone_who_may_still_add(world, db_session):
    write(world)
    name(world)
    closing.close(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        kind=Closing.OTHER,
        reason="Contact lost",
        attempts="Letters and calls",
    )
    assert who_reads(world) == {"declan"}
    write(world, by="declan", text="social work rang after the closing")
    with pytest.raises(RuleBroken):
        name(world)


def test_a_new_episode_begins_with_an_empty_section(world, db_session):
    write(world)
    closing.close(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        kind=Closing.OTHER,
        reason="Contact lost",
        attempts="Letters and calls",
    )
    new = reopening.reopen(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        reason="He is back",
        case_manager_id=world.shauna.user_id,
    )
    section = policy.find_section(world.shauna, new.reference)
    assert reads.entries(section, viewer=world.shauna) == ([], 0)
    assert reads.episode_before(section, viewer=world.shauna) is None
    again = policy.find_section(world.declan, new.reference)
    assert reads.episode_before(again, viewer=world.declan) == world.reference
