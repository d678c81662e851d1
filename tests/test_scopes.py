"""Seeing is decided in SQL (C14): the smallest proofs, one sentence each; the whole matrix is in test_canaries."""

from datetime import timedelta

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import ConsentGrant
from caseapp.policy import scopes
from caseapp.policy.scopes import Sight


def test_the_case_manager_and_the_lead_manager_see_all(world):
    assert world.case_for(world.orla).sight is Sight.ALL
    assert world.case_for(world.declan).sight is Sight.ALL


def test_a_partner_sees_its_part_and_the_clinic_the_whole_plan(world):
    assert world.case_for(world.tomasz).sight is Sight.PART
    assert world.case_for(world.leah).sight is Sight.WHOLE_PLAN


def test_a_colleague_without_assignment_sees_only_a_part(world):
    assert world.case_for(world.shauna).sight is Sight.PART


def test_without_consent_or_without_casework_there_is_no_case(world):
    for name in ("mark", "nora", "brid", "sinead", "gearoid", "root", "femi", "ciara"):
        assert world.case_for(world.viewers[name]) is None, name


def test_consent_holds_on_its_last_day_and_not_on_the_next(world):
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    assert scopes.find_case(world.tomasz, world.reference, today=grant.expires_on)
    assert scopes.find_case(world.tomasz, world.reference, today=grant.expires_on + timedelta(days=1)) is None


def test_withdrawal_closes_the_case_on_the_next_look(world):
    from caseapp.vocabulary import ConsentStatus

    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()
    assert world.case_for(world.tomasz) is None
