"""Consent (forms B3, states C3): what it takes to record one, and what its end does at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Action, AuditEntry, ConsentGrant, Event, Notification
from caseapp.queries import consent as reads
from caseapp.queries import own_consent
from caseapp.queries.consent_ending import effects_of_ending
from caseapp.services import consent
from caseapp.vocabulary import AgencyKind, ConsentKind, ConsentStatus


def terms(world, agency="northgate", **more):
    today = clock.today()
    values = {
        "agency_id": world.agencies[agency],
        "kind": ConsentKind.INFORMATION_SHARING,
        "starts_on": today,
        "talked_on": today,
        "expires_on": today + timedelta(days=90),
        "purpose": "supervision",
        "understood": True,
        "copy_given": True,
    }
    return consent.Terms(**(values | more))


def record(world, t):
    return consent.record(world.case_for(world.orla), actor=world.orla, at=clock.now(), terms=t)


def test_consent_opens_the_plan_and_asks_what_was_only_proposed(world):
    action = db.session.get(Action, world.actions["probation"])
    action.status = "proposed"
    db.session.commit()
    assert world.case_for(world.mark) is None
    record(world, terms(world))
    assert world.case_for(world.mark) is not None
    db.session.refresh(action)
    assert action.status == "requested" and action.asked_by_id == world.orla.user_id
    told = db.session.scalars(
        select(Notification.user_id).where(Notification.kind == "consent_recorded")
    ).all()
    assert world.mark.user_id in told and world.tomasz.user_id not in told


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"talked_on": None}, "talked_on"),
        (
            {"talked_on": clock.today() + timedelta(days=1), "starts_on": clock.today() + timedelta(days=2)},
            "talked_on",
        ),
        ({"understood": False}, "understood"),
        ({"copy_given": False}, "copy_given"),
        ({"expires_on": None}, "expires_on"),
        ({"purpose": ""}, "purpose"),
        ({"full_plan": True}, "full_plan"),
        ({"mode": "verbal"}, "verbal_reason"),
        ({"given_by": "representative"}, "giver_name"),
        ({"agency_id": 12}, "agency_id"),
    ],
)
def test_there_is_no_consent_without_talk_understanding_end_and_purpose_X1_S3_40(world, change, field):
    with pytest.raises(RuleBroken) as broken:
        record(world, replace(terms(world), **change))
    assert broken.value.field == field
    assert world.case_for(world.mark) is None


def test_withdrawal_bites_at_once_and_the_agency_learns_only_that_its_part_ended_F7(world):
    action = db.session.get(Action, world.actions["letter"])
    case = world.case_for(world.orla)
    consent.withdraw(case, actor=world.orla, at=clock.now(), grant_id=world.grants["harbour"], how="By phone")
    assert world.case_for(world.tomasz) is None
    notice = db.session.scalars(
        select(Notification).where(
            Notification.user_id == world.tomasz.user_id, Notification.read_at.is_(None)
        )
    ).all()
    assert [n.plain for n in notice] == [consent.INVOLVEMENT_ENDED]
    assert all(n.case_id is None and n.event_id is None for n in notice)
    assert db.session.get(Action, action.id).status == "accepted", "the record of what was promised stays"
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.what.contains("withdrawn")))


def test_consenting_again_is_a_new_row_F7(world):
    case = world.case_for(world.orla)
    consent.withdraw(case, actor=world.orla, at=clock.now(), grant_id=world.grants["harbour"], how="By phone")
    new = record(world, terms(world, "harbour"))
    assert new != world.grants["harbour"]
    assert db.session.get(ConsentGrant, world.grants["harbour"]).status is ConsentStatus.WITHDRAWN
    assert world.case_for(world.tomasz).grant_id == new


def test_a_second_withdrawal_from_a_stale_page_is_a_conflict(world):
    case = world.case_for(world.orla)
    version = db.session.get(ConsentGrant, world.grants["harbour"]).version
    consent.withdraw(
        case,
        actor=world.orla,
        at=clock.now(),
        grant_id=world.grants["harbour"],
        version=version,
        how="By phone",
    )
    with pytest.raises(Stale):
        consent.withdraw(
            case,
            actor=world.orla,
            at=clock.now(),
            grant_id=world.grants["harbour"],
            version=version,
            how="By phone",
        )


def test_an_agency_never_to_be_told_loses_sight_and_cannot_be_given_it(world):
    case = world.case_for(world.orla)
    consent.exclude(
        case, actor=world.orla, at=clock.now(), agency_id=world.agencies["harbour"], reason="his wish"
    )
    assert world.case_for(world.tomasz) is None
    with pytest.raises(RuleBroken) as broken:
        record(world, terms(world, "harbour"))
    assert broken.value.field == "agency_id"
    (row,) = reads.exclusions(case, viewer=world.orla)
    consent.lift_exclusion(case, actor=world.orla, at=clock.now(), exclusion_id=row.id)
    record(world, terms(world, "harbour"))
    assert world.case_for(world.tomasz) is not None


def test_a_withheld_domain_is_hidden_also_from_full_plan_consent_X3(world):
    from caseapp.models import Case, Goal
    from caseapp.policy import scopes

    record(world, terms(world, "clinic", full_plan=True, withheld=frozenset({"accommodation"})))
    case = world.case_for(world.leah)
    goals = (
        select(Goal.domain)
        .join(Case, Case.id == Goal.case_id)
        .where(Goal.case_id == case.id, scopes.SEES_GOAL)
    )
    assert set(db.session.scalars(goals, scopes.binds(world.leah))) == {"drug_use"}


def test_the_calendar_ends_consent_and_the_job_only_writes_it_down(world):
    later = clock.now() + timedelta(days=101)
    assert consent.mark_expired(at=later) == 2
    assert consent.mark_expired(at=later) == 0, "running it twice changes nothing"
    kinds = db.session.scalars(
        select(Notification.kind).where(Notification.user_id == world.orla.user_id)
    ).all()
    assert kinds.count("consent_ended") == 2


def test_before_withdrawing_one_sees_what_it_will_do(world):
    case = world.case_for(world.orla)
    (grant,) = [g for g in reads.grants(case, viewer=world.orla) if g.agency == "Mill Road Clinic"]
    effects = effects_of_ending(case, grant, viewer=world.orla)
    assert effects.staff == 1 and effects.whole_plan
    assert [a.what.split(" CANARY")[0] for a in effects.actions] == ["Review the dose"]


def test_each_agency_reads_its_own_consent_only_and_never_what_is_kept_from_it(world):
    case = world.case_for(world.tomasz)
    assert reads.grants(case, viewer=world.tomasz) == []
    (own,) = own_consent.own(case, viewer=world.tomasz)
    assert own.purpose == "housing support"
    assert not {"withheld", "left_out"} & set(type(own).__slots__)
    assert {g.agency for g in reads.grants(world.case_for(world.orla), viewer=world.orla)} == {
        "Harbour Hostel",
        "Mill Road Clinic",
    }


def test_refusal_is_recorded_and_opens_nothing_X2(world):
    consent.refuse(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        agency_id=world.agencies["northgate"],
        kind=ConsentKind.INFORMATION_SHARING,
    )
    assert world.case_for(world.mark) is None
    assert db.session.scalar(select(Event).where(Event.kind == "consent_refused"))


def test_only_a_prescribing_clinic_may_be_given_the_whole_plan(world):
    assert AgencyKind.PRESCRIBING_CLINIC
    record(world, terms(world, "clinic", full_plan=True))
    with pytest.raises(RuleBroken):
        record(world, terms(world, "harbour", full_plan=True))
