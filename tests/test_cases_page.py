"""The case page (S2-50, S2-34, S2-44, S2-47): every page of a case answers for who may, and for nobody else."""

import re

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case, CaseAgency, Event
from caseapp.services import case_agencies, cases
from caseapp.vocabulary import CaseStatus

CASE = "/cases/41729304"
LEAD_PAGES = ("", "/team", "/edit", "/contact", "/agencies/new", "/notes/new", "/team/wish")
MANAGER_PAGES = (
    "/close",
    "/team/case-manager",
    "/team/key-worker",
    "/team/line-manager",
    "/team/wish/decide",
)
SHARED_PAGES = ("/notes", "/timeline")
ANSWERING_PAGES = ("/audit",)


def test_those_who_work_on_the_case_reach_its_pages(world, as_):
    orla, declan = as_("orla"), as_("declan")
    for path in (*LEAD_PAGES, *SHARED_PAGES, *ANSWERING_PAGES):
        assert orla.get(CASE + path).status_code == 200, path
    for path in (*LEAD_PAGES, *SHARED_PAGES, *ANSWERING_PAGES, *MANAGER_PAGES):
        assert declan.get(CASE + path).status_code == 200, path
    for path in MANAGER_PAGES:
        assert orla.get(CASE + path).status_code == 403, path


@pytest.mark.parametrize("name", ["tomasz", "leah", "shauna"])
def test_whoever_sees_a_part_reads_notes_and_timeline_and_nothing_else_here(world, as_, name):
    client = as_(name)
    for path in SHARED_PAGES:
        assert client.get(CASE + path).status_code == 200, path
    for path in (*LEAD_PAGES, *MANAGER_PAGES, *ANSWERING_PAGES, "/audit.csv"):
        assert client.get(CASE + path).status_code == 403, path


@pytest.mark.parametrize("name", ["mark", "nora", "brid", "femi", "ciara", "sinead", "gearoid", "root"])
def test_for_everybody_else_there_is_no_such_case(world, as_, name):
    client = as_(name)
    for path in (*LEAD_PAGES, *MANAGER_PAGES, *SHARED_PAGES, *ANSWERING_PAGES):
        assert client.get(CASE + path).status_code == 404, path
    there, nowhere = (
        re.sub(r'value="[^"]+"', "", client.get(f"/cases/{reference}/notes").text)
        for reference in (world.reference, "10000022")
    )
    assert there == nowhere


def test_the_page_says_where_the_case_stands_and_what_comes_next(world, as_):
    text = as_("orla").get(CASE).text
    assert "Where this case stands" in text
    assert "Ask for permission to contact other services" in text
    assert "Orla Keaveney (you)" in text and "manager Declan Moyne" in text
    assert "Promise until 2 March 2027" in text


def test_it_says_which_agencies_are_known_and_that_knowing_is_not_sharing(world, as_):
    text = as_("orla").get(CASE).text
    assert "Knowing an agency is not sharing with it" in text
    assert "Northgate Probation" in text and "Sees nothing" in text
    assert "Niall has not been told of its role yet" in text


def test_an_agency_that_did_not_sign_the_protocols_is_marked(world, as_, db_session):
    from caseapp.models import Agency

    db_session.get(Agency, world.agencies["northgate"]).protocols_signed_on = None
    db_session.commit()
    assert "has not signed up to the protocols" in as_("orla").get(CASE).text


def test_an_agency_is_put_on_the_case_changed_and_ended(world, as_, db_session):
    orla = as_("orla")
    answer = orla.submit(
        CASE + "/agencies/new",
        CASE + "/agencies/new",
        agency_id=str(world.agencies["area"]),
        contact_name="Grace Hill",
        does="Advice on rent",
    )
    assert answer.status_code == 303
    row = db_session.scalar(select(CaseAgency).where(CaseAgency.agency_id == world.agencies["area"]))
    page = f"{CASE}/agencies/{ids.written(row.id)}"
    assert orla.submit(page, page, contact_name="Grace Hill-Demo").status_code == 303
    db_session.refresh(row)
    assert row.contact_name == "Grace Hill-Demo" and row.does == "Advice on rent"
    assert orla.submit(page, page + "/end").status_code == 303
    db_session.refresh(row)
    assert row.ended_at is not None


def test_an_agency_that_still_sees_its_part_cannot_be_ended(world, as_, db_session):
    row = db_session.scalar(select(CaseAgency).where(CaseAgency.agency_id == world.agencies["harbour"]))
    page = f"{CASE}/agencies/{ids.written(row.id)}"
    answer = as_("orla").submit(page, page + "/end")
    assert answer.status_code == 422 and "still sees its part" in answer.text


def test_two_who_edit_one_agency_get_both_texts_and_nothing_is_overwritten(world, as_, db_session):
    row = db_session.scalar(select(CaseAgency).where(CaseAgency.agency_id == world.agencies["harbour"]))
    page = f"{CASE}/agencies/{ids.written(row.id)}"
    orla, declan = as_("orla"), as_("declan")
    from tests.browser import parse

    form = next(f for f in parse(declan.get(page).text).forms if f.action == page)
    orla.submit(page, page, contact_name="Tomasz")
    answer = declan.post(page, data=form.fields | {"contact_name": "Amina"})
    assert answer.status_code == 409
    assert "Tomasz" in answer.text and "Amina" in answer.text and "Nothing is lost" in answer.text
    assert "Orla Keaveney changed this at " in answer.text
    db_session.refresh(row)
    assert row.contact_name == "Tomasz"


def test_how_it_began_can_be_changed_and_a_stale_change_shows_both(world, as_, db_session):
    from tests.browser import parse

    orla, declan = as_("orla"), as_("declan")
    form = next(
        f
        for f in parse(declan.get(CASE + "/edit").text).forms
        if f.method == "post" and "version" in f.fields
    )
    assert (
        orla.submit(CASE + "/edit", CASE + "/edit", lead_settled="Asked Harbour: none there").status_code
        == 303
    )
    answer = declan.post(CASE + "/edit", data=form.fields | {"lead_settled": "Asked the clinic"})
    assert answer.status_code == 409
    assert "Asked Harbour: none there" in answer.text and "Asked the clinic" in answer.text
    assert "Orla Keaveney changed this at " in answer.text
    assert db_session.get(Case, world.case_id).lead_settled == "Asked Harbour: none there"
    again = parse(answer.text)
    form = next(f for f in again.forms if f.method == "post" and "version" in f.fields)
    assert declan.post(CASE + "/edit", data=form.fields).status_code == 303
    assert db_session.get(Case, world.case_id).lead_settled == "Asked the clinic"


def test_a_day_for_support_needs_its_reason(world, as_):
    typed = {"support_due_on-day": "1", "support_due_on-month": "3", "support_due_on-year": "2027"}
    answer = as_("orla").submit(CASE + "/edit", CASE + "/edit", **typed)
    assert (
        answer.status_code == 422
        and "Say from which need or risk" in answer.text
        and 'value="2027"' in answer.text
    )


def test_contact_is_lost_and_found_and_the_line_manager_hears(world, as_, db_session):
    orla = as_("orla")
    assert (
        orla.submit(CASE + "/contact", CASE + "/contact/lost", how="Not seen since Monday").status_code == 303
    )
    assert db_session.get(Case, world.case_id).status == CaseStatus.CONTACT_LOST
    assert "Contact with Niall was lost" in as_("declan").get(CASE).text
    assert orla.submit(CASE + "/contact", CASE + "/contact/back", how="Came in by himself").status_code == 303
    assert db_session.get(Case, world.case_id).status == CaseStatus.CASE_MANAGED


def test_reading_the_case_page_is_on_record(world, as_, db_session):
    as_("orla").get(CASE)
    entry = db_session.scalars(
        select(AuditEntry).where(AuditEntry.case_id == world.case_id).order_by(AuditEntry.id)
    ).all()[-1]
    assert (entry.what, entry.user_name, entry.ground) == ("the case page", "Orla Keaveney", "lead agency")


@pytest.mark.parametrize(
    "text",
    ["\x00NUL\x07", "🙂" * 200, "x" * 5000, "'; DROP TABLE case_agency; --", "<script>alert(1)</script>"],
)
def test_odd_text_is_kept_as_text_or_refused_in_words(world, as_, text):
    answer = as_("orla").submit(
        CASE + "/agencies/new", CASE + "/agencies/new", agency_id=str(world.agencies["area"]), does=text
    )
    assert answer.status_code in {303, 422}
    assert "<script>alert" not in as_("orla").get(CASE).text


def test_a_change_of_the_case_leaves_event_and_audit(world, db_session):
    case = world.case_for(world.orla)
    case_agencies.add(case, actor=world.orla, at=clock.now(), agency_id=world.agencies["area"])
    cases.contact(case, actor=world.orla, at=clock.now(), lost=True, how="Away")
    kinds = db.session.scalars(select(Event.kind).where(Event.case_id == world.case_id)).all()
    assert {"agency_known", "contact_lost"} <= set(kinds)
    said = db.session.scalars(select(AuditEntry.what).where(AuditEntry.case_id == world.case_id)).all()
    assert "agency on the case: Area Office" in said and "contact lost" in said
