"""The manager's matrix, one person's record, figures and evidence: who sees them, and that every number is the same on
the page and in each file (S0-33, S0-34, B11)."""

import csv
import io
import random
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import delete, event, insert, select, update

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import AuditEntry, ReadingConfirmation, ReadingCoverage, ReadingStanding, User
from caseapp.queries import reading_figures, reading_matrix
from caseapp.queries.reading_matrix import Wanted
from caseapp.services import reading_reminders
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct, ReadingPurpose, Role
from tests.reading_world import TITLES
from tests.reading_world import book as write_book

DAYS = timedelta


@pytest.fixture
def book(world):
    return write_book(world)


@pytest.fixture
def told(book, world):
    """Orla: one read, one older, one over; Shauna: one due, one waived; 9.1 read by Orla without being asked."""
    now, today = clock.now(), clock.today()
    book.ask("declan", "1.2", "2.1", team="declan", at=now - DAYS(30), due_on=today - DAYS(9))
    book.ask("declan", "3.4", team="declan", at=now - DAYS(30), days=35)
    book.read("orla", "1.2", "3.4", "9.1", at=now - DAYS(20))
    book.again("3.4", read_by=today + DAYS(8))
    from tests.test_reading_assign import waive

    waive(book, world, "shauna", "1.2", reason="Works on reception only")
    return book


def cells(who, world, **wanted):
    found = reading_matrix.matrix(Wanted(**wanted), viewer=getattr(world, who))
    return found, {
        (reader.name.split()[0], column.number): cell.words
        for reader in found.readers
        for column, cell in zip(found.columns, reader.cells, strict=True)
    }


def test_a_cell_says_read_older_due_over_waived_or_not_asked(told, world):
    from caseapp import dates

    today = clock.today()
    found, words = cells("declan", world)
    assert words == {
        ("Orla", "1.2"): dates.short_day(today - DAYS(20)),
        ("Orla", "2.1"): "9 days over",
        ("Orla", "3.4"): f"v1, due {dates.short_day(today + DAYS(8))}",
        ("Orla", "9.1"): dates.short_day(today - DAYS(20)),
        ("Shauna", "1.2"): "waived",
        ("Shauna", "2.1"): "9 days over",
        ("Shauna", "3.4"): f"due {dates.short_day(today + DAYS(5))}",
        ("Shauna", "9.1"): "not asked",
    }
    assert (found.whole.asked, found.whole.current, found.whole.overdue) == (5, 1, 2)
    assert (found.whole.due_soon, found.whole.older, found.whole.percent) == (2, 1, 20)
    assert [reader.figures.said for reader in found.readers] == ["1 of 3", "0 of 2"]


def test_the_matrix_is_narrowed_by_what_is_open_set_part_profession_and_name(told, world):
    assert set(cells("declan", world, which="overdue")[1]) == {("Orla", "2.1"), ("Shauna", "2.1")}
    assert {n for _, n in cells("declan", world, which="older")[1]} == {"3.4"}
    assert {p for p, _ in cells("declan", world, words="orl")[1]} == {"Orla"}
    assert {n for _, n in cells("declan", world, chapters="all")[1]} == set(TITLES)
    assert cells("declan", world, area="rights")[1] == {}


def test_managers_see_only_their_own_staff(told, as_, world):
    """S0-33: and no one outside; not even the administrator of the same agency, and no other manager."""
    for who, status in (
        ("orla", 403), ("ciara", 403), ("femi", 403), ("root", 403), ("sinead", 403), ("mark", 403),
        ("amina", 200), ("nora", 200), ("declan", 200),
    ):  # fmt: skip
        client = as_(who)
        for address in ("/reading", "/reading/export", "/reading/evidence.csv", "/reading/evidence"):
            answer = client.get(address)
            assert answer.status_code == status, (who, address)
            assert ("Shauna" in answer.text) == (who == "declan" and address != "/reading/export"), (
                who,
                address,
            )
    orla = ids.written(world.orla.user_id)
    for who in ("amina", "nora", "ciara", "orla", "femi"):
        for path in ("", "/record", "/record.csv", "/record.pdf"):
            assert as_(who).get(f"/reading/staff/{orla}{path}").status_code == 404, who
    assert as_("declan").get(f"/reading/staff/{orla}").status_code == 200
    femi = ids.written(world.femi.user_id)  # of the same agency, led by nobody
    assert as_("declan").get(f"/reading/staff/{femi}").status_code == 404


def test_whoever_changes_team_is_seen_by_the_new_manager_at_once(told, as_, world):
    db.session.execute(
        update(User).where(User.id == world.shauna.user_id).values(line_manager_id=world.ciara.user_id)
    )
    db.session.commit()
    assert "Shauna" not in as_("declan").get("/reading").text
    db.session.execute(update(User).where(User.id == world.orla.user_id).values(disabled_at=clock.now()))
    db.session.commit()
    answer = as_("declan").get("/reading")
    assert "Nobody has you as line manager" in answer.text


def test_one_persons_record_holds_every_receipt_with_its_purpose(told, as_, world):
    told.read("orla", "5.2", purpose=ReadingPurpose.CPD)
    client, orla = as_("declan"), ids.written(world.orla.user_id)
    everything = client.get(f"/reading/staff/{orla}").text
    assert "5.2 The shared plan" in everything and "Learning (CPD)" in everything
    rows = list(csv.reader(io.StringIO(client.get(f"/reading/staff/{orla}/record.csv?purpose=cpd").text[1:])))
    assert [row[1] for row in rows[1:]] == ["5.2"]
    printed = client.get(f"/reading/staff/{orla}/record?purpose=supervision").text
    assert "narrowed to Read for: Supervision" in printed and "1.2 Consent and sharing" in printed
    noted = db.session.scalars(
        select(AuditEntry.act).where(
            AuditEntry.what == "what was read", AuditEntry.user_id == world.declan.user_id
        )
    ).all()
    assert set(noted) == {AuditAct.READ, AuditAct.EXPORTED, AuditAct.PRINTED}


def test_waiving_and_asking_again_in_the_browser(told, as_, world):
    client, orla = as_("declan"), ids.written(world.orla.user_id)
    address = f"/reading/staff/{orla}/chapters/{ids.written(told.chapters['2.1'])}/waiver"
    refused = client.submit(address, address, reason=" ")
    assert refused.status_code == 422 and "Say why it need not be read" in refused.text
    assert client.submit(address, address, reason="Starts elsewhere in May").status_code == 303
    assert "Starts elsewhere in May" in client.get(f"/reading/staff/{orla}").text
    assert client.submit(f"/reading/staff/{orla}", f"{address}/lift").status_code == 303
    assert "Starts elsewhere in May" not in client.get(f"/reading/staff/{orla}").text
    there = f"/reading/staff/{orla}/chapters/{ids.written(told.harbour)}/waiver"
    assert client.get(there).status_code == 404


# --- figures --------------------------------------------------------------------------------------------------


def test_an_administrator_sees_figures_and_never_a_name_of_a_small_team(told, as_, world):
    told.ask("ciara", "1.2")
    page = as_("ciara").get("/reading/figures").text
    assert "current, 1 of 8 asked" in page  # the waived one is not counted
    assert "1 of 4" in page and "asked of fewer than 3" in page
    assert 'Declan Moyne<span class="small">2 staff</span>' in page  # two would tell of each other
    for name in ("Orla", "Shauna"):
        assert name not in page
    assert as_("declan").get("/reading/figures").status_code == 403
    rows = list(csv.reader(io.StringIO(as_("ciara").get("/reading/figures.csv").text[1:])))
    assert {row[0]: row[3] for row in rows[1:]} == {
        "1.2": "4", "2.1": "fewer than 3", "3.4": "fewer than 3", "5.2": "0", "9.1": "0",
    }  # fmt: skip
    assert "nothing is asked" in as_("brid").get("/reading/figures").text


def test_coverage_is_kept_once_a_day_and_drawn_over_the_weeks(told, as_, world):
    now = clock.now()
    for weeks in (3, 2, 1):
        reading_reminders.keep_coverage(now - DAYS(weeks=weeks))
    db.session.commit()
    told.read("orla", "2.1")
    for _ in range(2):
        reading_reminders.keep_coverage(now)
    db.session.commit()
    rows = db.session.execute(
        select(ReadingCoverage.current, ReadingCoverage.asked)
        .where(ReadingCoverage.line_manager_id == world.declan.user_id)
        .order_by(ReadingCoverage.on_day)
    ).all()
    assert len(rows) == 4 and tuple(rows[-1]) == (2, 5)
    page = as_("declan").get("/reading").text
    assert "<svg" in page and "40% today" in page and "The same as a table" in page
    weeks = reading_figures.weeks(viewer=world.nora, own_team=True)
    assert weeks == []


def test_where_cells_are_too_many_to_count_the_figures_are_those_kept_and_the_page_says_so(
    told, as_, world, monkeypatch
):
    live = reading_matrix.matrix(Wanted(), viewer=world.declan)
    house = reading_figures.agency(viewer=world.ciara, chapters=5)
    for module in (reading_matrix, reading_figures):
        monkeypatch.setattr(module, "WIDE", 1)
    assert reading_matrix.matrix(Wanted(), viewer=world.declan) == live  # nothing was kept yet
    reading_reminders.keep_coverage(clock.now())
    db.session.commit()
    kept = reading_matrix.matrix(Wanted(), viewer=world.declan)
    assert (kept.kept_on, kept.whole.said, kept.whole.overdue) == (
        clock.today(), live.whole.said, live.whole.overdue,
    )  # fmt: skip
    assert [one.figures for one in kept.readers] == [one.figures for one in live.readers]
    figures = {one.number: one.figures for one in kept.columns}
    assert {one.number: one.figures for one in live.columns}.items() <= figures.items()
    again = reading_figures.agency(viewer=world.ciara, chapters=5)
    assert again.kept_on and again.whole.said == house.whole.said
    assert [(one.name, one.people) for one in again.teams] == [(one.name, one.people) for one in house.teams]
    assert "as kept on" in as_("declan").get("/reading").text
    assert "are those kept on" in as_("ciara").get("/reading/figures").text


def test_lateness_of_the_work_stands_beside_the_reading_of_its_chapter(told, as_, world):
    told.ask("declan", "5.2", team="declan")
    told.read("shauna", "5.2")
    (one,) = reading_figures.beside_the_work(viewer=world.declan)
    assert (one.what, one.late, one.of, one.chapter.figures.said) == ("Reviews of the plan", 0, 1, "1 of 2")
    page = as_("declan").get("/reading").text
    assert "0 of 1 past their day. Chapter 5.2 “The shared plan” is current for 1 of the 2 asked." in page
    assert "not to blame anybody" in as_("declan").get("/team").text


# --- page = export --------------------------------------------------------------------------------------------


def shuffle(book, world, chance):
    """Every cell of Declan's staff in some random state that the tables allow."""
    db.session.execute(delete(ReadingStanding))
    confirmation = db.session.scalar(select(ReadingConfirmation.id))
    now, today, rows = clock.now(), clock.today(), []
    people = [world.orla.user_id, world.shauna.user_id, *_more_staff(world)]
    for user_id in people:
        for chapter_id in book.chapters.values():
            asked = chance.random() < 0.7
            number = chance.choice([0, 0, 1, 2])
            if not asked and not number:
                continue
            rows.append(
                {
                    "user_id": user_id,
                    "chapter_id": chapter_id,
                    "asked_at": now if asked else None,
                    "due_on": today + DAYS(chance.randrange(-30, 40)) if asked else None,
                    "waived_at": now if asked and chance.random() < 0.15 else None,
                    "confirmed_number": number,
                    "confirmed_on": today - DAYS(chance.randrange(400)) if number else None,
                    "confirmation_id": confirmation if number else None,
                }
            )
    db.session.execute(insert(ReadingStanding), rows)
    db.session.commit()


def _more_staff(world):
    known = db.session.scalars(select(User.id).where(User.email.like("more%"))).all()
    if known:
        return known
    for n in range(6):
        db.session.add(
            User(
                agency_id=world.agencies["canal"],
                name=f"Another {n}",
                email=f"more{n}@canal.example",
                roles=Role.WORKER,
                profession="Nurse" if n % 2 else "=Cook",
                line_manager_id=world.declan.user_id,
                created_at=clock.now(),
            )
        )
    db.session.flush()
    return _more_staff(world)


@pytest.mark.parametrize("seed", range(2))
def test_figures_of_every_file_equal_those_of_the_page_and_what_its_cells_say(book, as_, world, seed):
    book.read("orla", "1.2")
    for number in ("1.2", "3.4", "9.1"):
        book.again(number)
    chance = random.Random(seed)  # noqa: S311
    shuffle(book, world, chance)
    client = as_("declan")
    for query in ("", "?words=an", "?profession=Nurse", "?chapters=all", "?profession=%3DCook"):
        wanted = Wanted(
            **dict([part.split("=", 1) for part in query[1:].replace("%3D", "=").split("&") if part])
        )
        found = reading_matrix.matrix(wanted, viewer=world.declan, most_down=1000, most_across=1000)
        shown = [cell for reader in found.readers for cell in reader.cells]
        figures = found.whole
        assert figures.asked == sum(cell.asked for cell in shown)
        assert figures.current == sum(cell.asked and cell.key == "current" for cell in shown)
        assert figures.overdue == sum(cell.late for cell in shown)
        assert figures.older == sum(cell.open and cell.confirmed > 0 for cell in shown)
        for name in ("asked", "current", "overdue", "due_soon", "older"):
            assert getattr(figures, name) == sum(getattr(r.figures, name) for r in found.readers)
            assert getattr(figures, name) == sum(getattr(c.figures, name) for c in found.columns)
        rows = list(csv.DictReader(io.StringIO(client.get(f"/reading/evidence.csv{query}").text[1:])))
        assert len(rows) == sum(cell.key != "none" for cell in shown)
        assert figures.overdue == sum(row["Stands"].startswith("overdue") for row in rows)
        assert figures.asked == sum(bool(row["Due on"]) for row in rows)
        book_ = openpyxl.load_workbook(io.BytesIO(client.get(f"/reading/evidence.xlsx{query}").data))
        told = {row[0].value: row[1].value for row in book_["Figures"].iter_rows(min_row=4)}
        assert (told["Asked"], told["Read, current"], told["Overdue"], told["Read an older version"]) == (
            figures.asked, figures.current, figures.overdue, figures.older,
        )  # fmt: skip
        lines = list(book_["Lines"].iter_rows(min_row=4, values_only=True))
        assert [line[6] for line in lines] == [row["Stands"] for row in rows]
        page = client.get(f"/reading{query}").text
        assert (f"current, {figures.said} asked" if figures.asked else "nothing is asked") in page
        printed = client.get(f"/reading/evidence{query}").text
        assert f">{figures.asked}</td>" in printed and printed.count("<tr><th") >= len(rows)


def test_a_text_that_looks_like_a_formula_stays_a_text_in_a_spreadsheet(book, as_, world):
    book.ask("declan", "1.2", team="declan", reason="=HYPERLINK(1)")
    client = as_("declan")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/reading/evidence.xlsx").data))["Lines"]
    assert {
        cell.data_type for row in sheet.iter_rows(min_row=4) for cell in row if cell.value == "=HYPERLINK(1)"
    } == {"s"}
    assert "'=HYPERLINK(1)" in client.get("/reading/evidence.csv").text


def test_a_pdf_is_made_of_the_printed_page(told, as_, world):
    from caseapp.documents import pdf

    answer = as_("declan").get("/reading/evidence.pdf")
    if pdf.available():
        assert answer.data.startswith(b"%PDF-")
        assert answer.headers["Content-Disposition"].endswith('.pdf"')
    noted = db.session.scalars(
        select(AuditEntry.detail).where(
            AuditEntry.act == AuditAct.EXPORTED, AuditEntry.what == "reading, evidence"
        )
    ).all()
    assert noted == [{"rows": 7}]


def test_the_matrix_takes_as_many_statements_for_many_as_for_few(book, world, as_):
    def statements():
        seen = []

        def note(connection, cursor, statement, *rest):
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert as_("declan").get("/reading").status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    book.ask("declan", "1.2", team="declan")
    statements()  # what a process remembers is remembered then
    few = statements()
    _more_staff(world)
    book.ask("declan", *TITLES, team="declan")
    assert statements() == few


def test_both_directions_are_paged(book, world, as_, monkeypatch):
    _more_staff(world)
    book.ask("declan", *TITLES, team="declan")
    monkeypatch.setattr(reading_matrix, "ACROSS", 2)
    found = reading_matrix.matrix(Wanted(), viewer=world.declan, down=5, across=2, most_down=5, most_across=2)
    assert [column.number for column in found.columns] == ["3.4", "5.2"]
    assert len(found.readers) == 3 and (found.people, found.chapters) == (8, 5)
    page = as_("declan").get("/reading?page=900&across=900").text
    assert "Keeping records" in page or "Assessment" in page


def test_with_very_many_staff_the_figures_are_those_kept_and_every_cell_is_as_it_stands(
    told, world, as_, monkeypatch
):
    """Issue 5, scale: 5,000 staff × 400 chapters stays a paged, fast matrix."""
    few, words = cells("declan", world)
    with unit_of_work():
        reading_reminders.keep_coverage(clock.now())
    monkeypatch.setattr(reading_matrix, "WIDE", 1)
    many, same = cells("declan", world)
    assert {key: said for key, said in same.items() if key in words} == words
    assert set(TITLES) == {column.number for column in many.columns}
    assert (many.whole.asked, many.whole.current, many.whole.overdue) == (5, 1, 2)
    assert {one.number: one.figures for one in few.columns}.items() <= {
        one.number: one.figures for one in many.columns
    }.items()
    page = as_("declan").get("/reading").text
    assert "over all 2 of your staff, as kept on" in page and "1 of 5" in page
    assert as_("declan").get("/reading?which=overdue").status_code == 200
