"""What an agency kept apart while it led is read again, once another leads, by those who could, and by nobody else (X-6, X-8, X-9;
docs/decisions/0035)."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case, User
from caseapp.policy import kept_apart as policy
from caseapp.queries import kept_apart as reads
from caseapp.services import denials, restricted
from caseapp.vocabulary import DenialGround, Role
from tests import sections
from tests import transfers as way

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def gone(world) -> int:
    """Canal Street wrote two things apart, one of them for Declan and Orla alone; Northgate leads since. The transfer's id."""
    sections.name(world, "shauna")
    sections.write(world, text="CANARY-BROAD for the list")
    sections.write(world, text="CANARY-NARROW for two", narrow=True, reader_ids=())
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    return transfer


def texts(world, transfer, who):
    kept = policy.find_kept_apart(world.viewers[who], transfer)
    return kept and {one.text.split()[0] for one in reads.entries(kept, viewer=world.viewers[who])[0]}


def test_those_who_stood_on_the_list_read_it_and_nobody_else(world, gone):
    found = {who: texts(world, gone, who) for who in world.viewers}
    both, broad = {"CANARY-BROAD", "CANARY-NARROW"}, {"CANARY-BROAD"}
    assert {who: read for who, read in found.items() if read is not None} == {
        "orla": both,
        "declan": both,
        "shauna": broad,
    }
    assert sections.who_reads(world) <= {"nora", "mark"} and sections.texts(world, "nora") == set()


def test_the_page_asks_for_the_password_is_noted_and_offers_nothing_to_do(world, as_, gone):
    orla = as_("orla")
    receipt = orla.get(way.address(gone))
    address = way.address(gone, "kept-apart")
    assert f'href="{address}"' in receipt.text
    page = orla.get(address)
    assert page.status_code == 200 and "CANARY-NARROW" in page.text and "Niall" not in page.text
    main = page.text.split("<main")[1].split("</main>")[0]
    assert "<form" not in main and "Northgate Probation leads it since" in main
    noted = db.session.scalars(
        select(AuditEntry).where(AuditEntry.what == "the restricted section: kept from our own time")
    ).all()
    assert [(one.user_name, one.person_id, one.case_id) for one in noted] == [
        ("Orla Keaveney", world.person_id, None)
    ]
    for other in ("femi", "ciara", "tomasz", "nora", "mark", "sinead", "root"):
        assert as_(other).get(address).status_code == 404, other
    for who in ("nora", "mark"):
        assert "kept from our own time" not in as_(who).get(f"/cases/{world.reference}/audit").text


def test_before_the_case_went_over_and_where_it_came_back_there_is_no_such_page(world):
    transfer = way.ready(world)
    assert policy.find_kept_apart(world.declan, transfer) is None
    way.taken_over(world, transfer)
    assert policy.find_kept_apart(world.declan, transfer) is not None
    db.session.execute(
        update(Case).where(Case.id == world.case_id).values(lead_agency_id=world.agencies["canal"])
    )
    assert policy.find_kept_apart(world.declan, transfer) is None


def test_where_nobody_of_the_list_is_left_the_line_managers_of_the_agency_answer(world, gone):
    stand_in = world.shauna.user_id
    for who in ("orla", "declan"):
        db.session.execute(
            update(User).where(User.id == world.viewers[who].user_id).values(disabled_at=clock.now())
        )
    manager = replace(world.ciara, roles=Role.LINE_MANAGER)
    assert policy.find_kept_apart(manager, gone) is None, "Shauna is there still"
    db.session.execute(update(User).where(User.id == stand_in).values(disabled_at=clock.now()))
    kept = policy.find_kept_apart(manager, gone)
    assert len(reads.entries(kept, viewer=manager)[0]) == 2


def test_whoever_is_shut_out_of_the_person_reads_none_of_it(world, gone):
    denials.deny_by_reference(
        actor=world.declan,
        at=clock.now(),
        user_id=world.shauna.user_id,
        reference=world.reference,
        ground=DenialGround.FAMILY,
        reason="Her cousin",
    )
    assert texts(world, gone, "shauna") is None
    assert texts(world, gone, "orla") is not None


def test_a_place_that_ended_before_opens_nothing(world):
    place = sections.name(world, "shauna")
    restricted.end_reader(
        sections.section_for(world, "declan"),
        actor=world.declan,
        at=clock.now(),
        access_id=place,
        reason="Has another area now",
    )
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    assert policy.find_kept_apart(world.shauna, transfer) is None
