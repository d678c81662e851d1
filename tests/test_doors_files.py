"""Files at the door: every export is safe to open in a spreadsheet, whatever was stored; and what is taken in is judged by
its content, counted, and only ever given out to be saved (issue 6; ASVS 1.2.10, 5.2, 5.3.1, 5.4)."""

import csv
import io
import re
import zipfile

import pytest

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.services import chapter_files, imports
from tests import doors
from tests.test_canaries import addresses
from tests.test_hostile_stored import _build
from tests.world import sign_in

#: A cell that a spreadsheet would run, as our guard must not leave one.
RUNS = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
FILES = re.compile(r"\.(csv|xlsx|pdf|ics|zip)\Z")
#: Files that nobody can have in the evil world, and why.
NOT_THERE: dict[str, str] = {}


@pytest.fixture
def evil(app, database, db_session):
    return database.kept("evil", _build)


def elsewhere() -> bool:
    return db.engine.dialect.name == "postgresql"


def file_routes(app, world):
    """{endpoint: its addresses} of every route that gives out a file, as its address says."""
    found = {}
    for endpoint, method, address in addresses(app, world.ids):
        if method == "GET" and FILES.search(address):
            found.setdefault(endpoint, set()).add(address)
    return found


def test_no_export_holds_a_cell_that_runs(app, evil):
    """One walk over all files, each as the first of these people who may have it; every text in the world is a formula."""
    if elsewhere():
        return
    routes = file_routes(app, evil)
    assert len(routes) > 15
    had, faults, cells = set(), [], 0
    for name in ("declan", "orla", "tomasz", "leah", "ciara", "femi", "sinead", "gearoid", "root"):
        client = app.test_client()
        client.judging = False
        sign_in(client, evil.viewers[name])
        for endpoint in sorted(set(routes) - had):
            for address in sorted(routes[endpoint]):
                answer = client.get(address)
                assert answer.status_code < 500, address
                if answer.status_code != 200 or "attachment" not in answer.headers.get(
                    "Content-Disposition", ""
                ):
                    continue
                had.add(endpoint)
                assert doors.faults_of_headers(answer) == [], address
                read = cells_of(answer)
                cells += len(read)
                faults += [(address, cell) for cell in read if RUNS.match(cell) and not NUMBER.match(cell)]
    assert not faults, faults[:10]
    assert cells > 300
    missing = set(routes) - had - set(NOT_THERE)
    assert not missing, f"nobody had {sorted(missing)}: teach this test who may"


def cells_of(answer) -> list[str]:
    if answer.mimetype == "text/csv":
        return [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
    if answer.data.startswith(b"PK") and "spreadsheet" in answer.mimetype:
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            sheets = [
                book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")
            ]
        assert not [sheet for sheet in sheets if re.search(r"<f[ >/]", sheet)], "a formula"
        assert not [name for name in book.namelist() if "external" in name.lower() or "vba" in name.lower()]
    return []


# --- what is taken in ------------------------------------------------------------------------------------------------

PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"GIF89a",
        b"\x7fELF",
        b"MZ\x90",
        b"{\\rtf1",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b" %PDF-1.7",
    ],
    ids=["page", "picture", "program", "other program", "rtf", "old word", "not at its beginning"],
)
def test_a_name_says_nothing_about_what_a_file_is(world, db_session, data):
    """ASVS 5.2.2: what is no PDF, .docx or .odt by its content is refused, also under such a name."""
    with pytest.raises(RuleBroken, match="no file of a kind"):
        chapter_files.keep(data, name="rules.pdf", actor=world.ciara, at=clock.now())


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd.pdf"), ("a\r\nSet-Cookie: x.html", "a Set-Cookie x.pdf"), ("rules.pdf.exe", "rules.pdf.pdf"),
     ("C:\\temp\\plan.svg", "plan.pdf"), ("\u202efdp.exe", "fdp.pdf"), ("", "chapter.pdf")],
)  # fmt: skip
def test_a_file_is_kept_under_a_name_of_ours(name, kept):
    """ASVS 5.3.2: no path, no line end, no turned letters, and the ending of what it is."""
    assert chapter_files.file_name(name, "application/pdf") == kept


def test_an_agency_keeps_so_many_files_and_no_more(world, db_session, monkeypatch):
    """ASVS 5.2.4: by number and by size; the same file again is no further one."""
    monkeypatch.setattr(chapter_files, "MOST_FILES", 2)
    first = chapter_files.keep(PDF + b"1", name="a", actor=world.ciara, at=clock.now())
    chapter_files.keep(PDF + b"2", name="b", actor=world.ciara, at=clock.now())
    with pytest.raises(RuleBroken, match="holds 2 files already"):
        chapter_files.keep(PDF + b"3", name="c", actor=world.ciara, at=clock.now())
    assert chapter_files.keep(PDF + b"1", name="again", actor=world.ciara, at=clock.now()) == first
    chapter_files.keep(
        PDF + b"3", name="c", actor=world.brid, at=clock.now()
    )  # another agency's are their own
    monkeypatch.setattr(chapter_files, "MOST_FILES", 100)
    monkeypatch.setattr(chapter_files, "MOST_TOGETHER", 40)
    with pytest.raises(RuleBroken, match="larger than"):
        chapter_files.keep(PDF + b"4" * 20, name="d", actor=world.ciara, at=clock.now())


def test_nobody_leaves_more_than_so_many_sheets_unconfirmed(world, db_session, monkeypatch):
    monkeypatch.setattr(imports, "MOST_OPEN", 1)
    sheet = (
        b"Name,Date of birth,Lead agency,Goal,Agency,Action,Due\r\n"
        b"Niall Other,1990-01-01,Canal Street Drug Service,A key of my own,Harbour Hostel,Send a letter,2026-12-24\r\n"
    )
    given = {
        "actor": world.declan,
        "at": clock.now(),
        "protocol_key": "ie-homeless-drug",
        "file_name": "a.csv",
    }
    imports.upload(data=sheet, **given)
    with pytest.raises(RuleBroken, match="wait to be confirmed"):
        imports.upload(data=sheet, **given)
