"""Who has looked (X-5, X-13): on the record, for the case manager and the lead agency's manager."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from caseapp import clock, ids
from caseapp.models import AuditEntry

AUDIT = "/cases/41729304/audit"


def test_readings_and_refusals_stand_on_the_record(world, as_):
    as_("tomasz").get("/cases/41729304/notes")
    as_("mark").get("/cases/41729304/notes")
    as_("leah").get("/cases/41729304")
    text = as_("orla").get(AUDIT).text
    rows = [row.split("</tr>")[0] for row in text.split("<tr>")[2:]]
    assert any("Tomasz Wilk" in row and "Looked" in row and "Consent" in row for row in rows)
    assert any("Mark Ellery" in row and "Refused" in row and "the case notes" in row for row in rows)
    assert any("Leah Quigg" in row and "Refused" in row and "the case page" in row for row in rows)


def test_only_the_case_manager_and_the_leads_manager_read_it(world, as_):
    assert as_("declan").get(AUDIT).status_code == 200
    for name in ("tomasz", "leah", "shauna", "amina"):
        for page in (AUDIT, AUDIT + ".csv", AUDIT + "/print"):
            assert as_(name).get(page).status_code == 403, name
    for name in ("mark", "root", "femi"):
        assert as_(name).get(AUDIT).status_code == 404, name


def test_it_is_narrowed_by_agency_and_by_what_was_done(world, as_):
    as_("tomasz").get("/cases/41729304/notes")
    as_("mark").get("/cases/41729304/notes")
    orla = as_("orla")
    only = orla.get(AUDIT + "?agency=Harbour+Hostel").text
    assert "<b>Tomasz Wilk</b>" in only and "<b>Mark Ellery</b>" not in only
    refused = orla.get(AUDIT + "?act=refused").text
    assert "<b>Mark Ellery</b>" in refused and "<b>Tomasz Wilk</b>" not in refused
    for junk in ("?agency=nonsense", "?act=x&page=0", "?page=abc", "?agency=" + "x" * 500):
        assert orla.get(AUDIT + junk).status_code == 200, junk


def test_many_entries_come_in_pages(world, as_):
    tomasz = as_("tomasz")
    for _ in range(52):
        tomasz.get("/cases/41729304/timeline")
    first = as_("orla").get(AUDIT + "?agency=Harbour+Hostel").text
    assert first.count("<b>Tomasz Wilk</b>") == 50 and 'rel="next"' in first
    assert as_("orla").get(AUDIT + "?agency=Harbour+Hostel&page=2").text.count("<b>Tomasz Wilk</b>") == 2


def test_the_export_holds_what_the_page_shows_and_is_itself_on_record(world, as_, db_session):
    as_("tomasz").get("/cases/41729304/notes")
    answer = as_("orla").get(AUDIT + ".csv?agency=Harbour+Hostel")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][0] == "When" and {row[2] for row in rows[1:]} == {"Harbour Hostel"}
    entry = db_session.scalars(
        select(AuditEntry).where(AuditEntry.user_id == world.orla.user_id).order_by(AuditEntry.id)
    ).all()[-1]
    assert (entry.act, entry.what) == ("exported", "who has looked")


def test_a_name_that_a_spreadsheet_would_run_is_harmless(world, as_, db_session):
    from caseapp.services import audit
    from caseapp.vocabulary import AuditAct

    audit.write(
        [audit.entry(world.orla, AuditAct.CHANGED, "=1+1", at=clock.now(), case=world.case_for(world.orla))]
    )
    db_session.commit()
    assert "'=1+1" in as_("orla").get(AUDIT + ".csv").get_data(as_text=True)


def test_looks_at_the_person_by_another_agency_stay_theirs(world, as_, db_session):
    from caseapp.services import audit
    from caseapp.vocabulary import AuditAct

    for who in (world.tomasz, world.shauna):
        audit.write(
            [audit.entry(who, AuditAct.READ, "person:view", at=clock.now(), person_id=world.person_id)]
        )
    db_session.commit()
    text = as_("orla").get(AUDIT).text
    assert "<b>Shauna Begley</b>" in text and "the person’s page" in text and "<b>Tomasz Wilk</b>" not in text


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_on_this_page_can_be_changed(world, as_, method):
    assert getattr(as_("orla"), method)(AUDIT).status_code in {400, 405}


def test_it_says_why_each_could_look(world, as_, db_session):
    from caseapp.models import ConsentGrant

    db_session.get(ConsentGrant, world.grants["harbour"]).recorded_at = datetime(
        2026, 11, 3, 10, 0, tzinfo=UTC
    )
    db_session.commit()
    for name in ("orla", "declan", "tomasz", "mark"):
        as_(name).get("/cases/41729304/plan")
    rows = list(csv.DictReader(io.StringIO(as_("orla").get(AUDIT + ".csv").get_data().decode("utf-8-sig"))))
    why = {row["Who"]: row["Why they could"] for row in rows}
    assert why == {
        "Orla Keaveney": "Case manager of this case",
        "Declan Moyne": "Line manager of this case",
        "Tomasz Wilk": "Consent of 3 Nov 2026, its own part",
        "Mark Ellery": "None: it was refused",
    }


def test_it_is_narrowed_by_who_and_by_days_and_keeps_that_in_the_links(world, as_):
    as_("tomasz").get("/cases/41729304/notes")
    as_("mark").get("/cases/41729304/notes")
    orla, tomasz = as_("orla"), ids.written(world.tomasz.user_id)
    text = orla.get(f"{AUDIT}?who={tomasz}").text
    assert "<b>Tomasz Wilk</b>" in text and "<b>Mark Ellery</b>" not in text
    assert f"/audit.csv?who={tomasz}" in text and f"/audit/print?who={tomasz}" in text
    today, before = clock.today(), clock.today() - timedelta(days=1)
    assert "<b>Tomasz Wilk</b>" in orla.get(f"{AUDIT}?since={today}&until={today}").text
    assert "Nothing matches" in orla.get(f"{AUDIT}?until={before}").text
    for junk in ("?who=0", "?who=zzzzzzzzzzzzzzzz", "?since=2026-13-45", "?since=tomorrow&until=x"):
        assert orla.get(AUDIT + junk).status_code == 200, junk


def test_the_print_says_what_it_is_and_is_itself_on_record(world, as_, db_session):
    as_("tomasz").get("/cases/41729304/notes")
    text = as_("orla").get(f"{AUDIT}/print?agency=Harbour+Hostel").text
    assert (
        "Niall Rafter" in text and "Tomasz Wilk, Harbour Hostel" in text and "Looked: the case notes" in text
    )
    assert "Printed" in text and "Orla Keaveney, Canal Street Drug Service" in text
    entry = db_session.scalars(select(AuditEntry).where(AuditEntry.act == "printed")).one()
    assert (entry.what, entry.case_id) == ("who has looked", world.case_id)


def test_refusing_takes_the_same_statements_whether_the_record_is_there_or_not(world, as_):
    """Neither the answer nor its time tells who is known here."""
    mark, asked = as_("mark"), []

    def note(_connection, _cursor, statement, *_):
        asked[-1].append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for reference in ("52830663", "41729304", "10000022"):
            asked.append([])
            assert mark.get(f"/cases/{reference}").status_code == 404
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    _first, niall, none = asked
    assert niall == none and ["audit_entry" in one for one in niall].count(True) == 2
