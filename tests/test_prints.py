"""The plan on paper: for whom it is, on which consent it rests, not to be passed on; and it is audited as a print."""

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import Action, AuditEntry, ConsentExclusion, ConsentGrant
from caseapp.vocabulary import AuditAct, ConsentStatus
from tests.world import LONG_AGO


def at(world, what, more=""):
    return f"/cases/{world.reference}/print/{what}{more}"


def of(world, agency):
    return f"?agency={ids.written(world.agencies[agency])}"


@pytest.mark.parametrize(
    ("name", "path", "says", "reads", "never"),
    [
        ("orla", "plan", "for the case manager’s file", "CANARY-CLINIC-dose", "CANARY-LEAD-safe"),
        (
            "leah",
            "plan",
            "The whole plan, for Mill Road Clinic only.",
            "CANARY-LEAD-keywork",
            "CANARY-LEAD-safe",
        ),
        ("tomasz", "part", "Harbour Hostel’s part only.", "CANARY-HARBOUR-letter", "CANARY-CLINIC"),
        ("leah", "part", "Mill Road Clinic’s part only.", "CANARY-CLINIC-dose", "CANARY-LEAD-safe"),
    ],
)
def test_each_print_says_for_whom_it_is_and_holds_no_more_than_their_page(
    world, as_, name, path, says, reads, never
):
    page = as_(name).get(at(world, path))
    assert page.status_code == 200
    assert says in page.text and reads in page.text and never not in page.text
    assert "Not to be copied or passed on." in page.text
    assert "It rests on the consent" in page.text
    assert f"by {world.viewers[name].name}, {world.viewers[name].agency_name}." in page.text
    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.act is AuditAct.PRINTED and entry.case_id == world.case_id


def test_the_case_manager_prints_one_agencys_part_through_that_agencys_sight(world, as_):
    page = as_("orla").get(at(world, "part", of(world, "harbour"))).text
    assert "CANARY-HARBOUR-letter" in page and "CANARY-CLINIC" not in page and "CANARY-LEAD" not in page
    assert "by Orla Keaveney" in page and "Harbour Hostel’s part only." in page
    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.detail == {"agency": world.agencies["harbour"]}
    whole = as_("orla").get(at(world, "part", of(world, "clinic"))).text
    assert "The whole plan, for Mill Road Clinic only." in whole


def test_an_agency_without_consent_has_no_part_to_print(world, as_):
    orla = as_("orla")
    assert orla.get(at(world, "part", of(world, "northgate"))).status_code == 404
    assert orla.get(at(world, "part", "?agency=junk!")).status_code == 404
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()
    assert orla.get(at(world, "part", of(world, "harbour"))).status_code == 404
    assert as_("tomasz").get(at(world, "part")).status_code == 404


def test_a_partner_that_names_another_agency_gets_its_own_part(world, as_):
    page = as_("tomasz").get(at(world, "part", of(world, "clinic"))).text
    assert "Harbour Hostel’s part only." in page and "CANARY-CLINIC" not in page


def test_the_persons_own_copy_speaks_to_the_person_and_says_who_sees_what(world, as_):
    letter = db.session.get(Action, world.actions["bed"])
    letter.by_person = True
    db.session.add(
        ConsentExclusion(
            case_id=world.case_id,
            agency_id=world.agencies["area"],
            recorded_at=LONG_AGO,
            recorded_by_id=world.orla.user_id,
        )
    )
    db.session.commit()
    page = as_("orla").get(at(world, "person")).text
    assert "Niall, this is your plan." in page and "What you do" in page and "What others do" in page
    assert "Harbour Hostel sees only its own part" in page and "Mill Road Clinic sees the whole plan" in page
    assert "Area Office is never told." in page
    assert "CANARY-LEAD-safe" not in page and "CANARY-LEAD-situation" not in page
    assert "You decide who else may read it." in page and "Not to be copied" not in page
    assert db.session.scalars(select(AuditEntry)).one().act is AuditAct.PRINTED


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("tomasz", "plan", 403),
        ("shauna", "plan", 403),
        ("tomasz", "person", 403),
        ("leah", "person", 403),
        ("mark", "plan", 404),
        ("mark", "part", 404),
        ("mark", "person", 404),
    ],
)
def test_who_may_not_read_it_may_not_print_it(world, as_, name, path, status):
    page = as_(name).get(at(world, path))
    assert page.status_code == status and "CANARY" not in page.text
