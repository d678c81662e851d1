"""No file is taken in that the scanner has not looked through, where the operator has set one (ASVS 5.4.3): a real server
that speaks clamd's protocol on loopback, over TCP and over a Unix socket."""

import io
import logging

import pytest
from sqlalchemy import create_engine, select, update

from caseapp import clock, create_app
from caseapp.models import Agency, AuditEntry, ChapterFile, ImportBatch, Notification
from caseapp.services import handbook, infected_files, virus_scan
from caseapp.services.virus_scan import NotScanned, found_in
from caseapp.vocabulary import AuditAct
from tests.clamd import EICAR, listening
from tests.procedures import of, path

SHEET = (
    "Name,Date of birth,Lead agency,Goal,Agency,Action,Due\r\n"
    "Niall Other,1990-01-01,Canal Street Drug Service,A key of my own,Harbour Hostel,Send a letter {},2026-12-24\r\n"
)


@pytest.fixture
def scanner(app, monkeypatch):
    """scanner(): a clamd that this application asks from now on."""
    running = []

    def begin(how="", **more):
        context = listening(how, **more)
        clamd = context.__enter__()
        running.append(context)
        monkeypatch.setitem(app.config, "CLAMD_URL", clamd.url)
        return clamd

    yield begin
    for context in running:
        context.__exit__(None, None, None)


def send_sheet(browser, data: bytes):
    page = browser.get("/imports").text
    assert "The sheet" in page
    return browser.submit(
        "/imports", "/imports", protocol="ie-homeless-drug", file=(io.BytesIO(data), "our people.csv")
    )


def sheet(words="") -> bytes:
    return SHEET.format(words).encode()


def infected() -> bytes:
    return sheet() + EICAR


# --- the protocol -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unix", [False, True])
def test_eicar_is_found_and_other_files_pass_whole_over_tcp_and_a_unix_socket(unix):
    with listening(unix=unix) as clamd:
        long = bytes(range(256)) * 2000
        assert found_in(b"nothing in it", clamd.url) is None
        assert found_in(b"", clamd.url) is None
        assert found_in(long, clamd.url) is None
        assert found_in(EICAR, clamd.url) == "Win.Test.EICAR_HDB-1"
        assert found_in(long + EICAR, clamd.url) == "Win.Test.EICAR_HDB-1"
        assert clamd.seen[2] == long, "in pieces, and nothing lost between them"


@pytest.mark.parametrize("how", ["hangs up", "odd", "small", "mute"])
def test_whatever_is_no_verdict_counts_as_not_looked_through(how, monkeypatch):
    monkeypatch.setattr(virus_scan, "SECONDS", 0.5)
    with listening(how) as clamd, pytest.raises(NotScanned):
        found_in(b"x" * 300_000, clamd.url)


def test_a_scanner_that_is_away_looks_through_nothing(tmp_path):
    with listening() as clamd:
        url = clamd.url
    for away in (url, f"unix://{tmp_path}/none.ctl"):
        with pytest.raises(NotScanned):
            found_in(b"x", away)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:3310", "http://127.0.0.1", "unix:clamd.ctl", "tcp://", "tcp://host/path"]
)
def test_an_address_that_is_none_stops_the_start(url, tmp_path):
    with pytest.raises(RuntimeError, match="CLAMD_URL"):
        create_app({"CLAMD_URL": url, "CASEAPP_DATA": str(tmp_path), "DATABASE_URL": "sqlite://"})


# --- at the door --------------------------------------------------------------------------------------------------


def test_a_clean_file_is_taken_as_it_was_sent(world, as_, db_session, scanner):
    clamd = scanner()
    assert send_sheet(as_("declan"), sheet()).status_code == 303
    assert clamd.seen == [sheet()]
    assert db_session.scalars(select(ImportBatch)).one().content == sheet()


def test_an_infected_file_is_refused_written_down_and_told_and_nothing_of_it_is_kept(
    world, as_, db_session, scanner
):
    scanner()
    answer = send_sheet(as_("declan"), infected())
    assert answer.status_code == 422 and "A virus was found" in answer.text
    assert not db_session.scalars(select(ImportBatch)).all()
    entry = db_session.scalars(
        select(AuditEntry).where(AuditEntry.act == AuditAct.REFUSED, AuditEntry.what == "an infected file")
    ).one()
    assert (entry.user_name, entry.address, entry.detail["found"]) == (
        world.declan.name,
        "127.0.0.1",
        "Win.Test.EICAR_HDB-1",
    )
    assert "our people" not in str(entry.detail)
    told = db_session.scalars(select(Notification).where(Notification.kind == infected_files.KIND)).all()
    assert {row.user_id for row in told} == {world.declan.user_id, world.ciara.user_id}
    assert "virus" in as_("ciara").get("/news").text


@pytest.mark.parametrize("how", ["away", "mute"])
def test_without_a_verdict_the_file_is_refused_and_the_page_says_so(
    world, as_, db_session, scanner, monkeypatch, how, app, caplog
):
    monkeypatch.setattr(virus_scan, "SECONDS", 0.5)
    clamd = scanner("mute")
    if how == "away":
        clamd.stop()
    with caplog.at_level(logging.ERROR):
        answer = send_sheet(as_("declan"), sheet())
    assert answer.status_code == 422 and "could not be looked through" in answer.text
    assert not db_session.scalars(select(ImportBatch)).all()
    assert "not looked through" in caplog.text and "our people" not in caplog.text
    monkeypatch.setitem(app.config, "CLAMD_URL", "")
    assert send_sheet(as_("declan"), sheet()).status_code == 303


def test_a_chapters_file_is_looked_through_too(world, as_, db_session, scanner):
    handbook.begin(world.agencies["harbour"], actor=None, at=clock.now())
    clamd, brid = scanner(), as_("brid")
    draft = path(of(world.brid, "letters"), "draft")

    def send(data):
        return brid.submit(
            draft, draft, form="file", about="Keys and doors", file=(io.BytesIO(data), "keys.pdf")
        )

    answer = send(b"%PDF-1.7 " + EICAR)
    assert answer.status_code == 422 and "A virus was found" in answer.text
    assert "Keys and doors" in answer.text, "what was typed is kept"
    assert not db_session.scalars(select(ChapterFile.id)).all()
    assert send(b"%PDF-1.7 hello").status_code == 303
    assert len(clamd.seen) == 2 and db_session.scalars(select(ChapterFile.id)).one()


def test_nobody_waits_for_the_scanner_but_who_sent_the_file(world, as_, database, scanner, monkeypatch):
    """While the scanner looks the request holds no lock: somebody else writes, on SQLite too."""
    scanner()
    look, written = virus_scan.found_in, []

    def and_meanwhile(data, url):
        engine = create_engine(database.url, connect_args={"timeout": 1} if database.kind == "sqlite" else {})
        with engine.begin() as other:
            written.append(other.execute(update(Agency.__table__).values(hours="always")).rowcount)
        engine.dispose()
        return look(data, url)

    monkeypatch.setattr(virus_scan, "found_in", and_meanwhile)
    assert send_sheet(as_("declan"), sheet()).status_code == 303
    assert written == [5]


def test_a_large_sheet_by_the_command_is_looked_through_as_well(world, app, db_session, scanner, tmp_path):
    scanner()
    file = tmp_path / "sheet.csv"
    words = (
        "import-caseload",
        str(file),
        "--agency",
        "Canal Street Drug Service",
        "--as",
        world.declan.email,
    )
    file.write_bytes(infected())
    db_session.rollback()
    refused = app.test_cli_runner().invoke(args=[*words])
    assert refused.exit_code == 1 and "virus" in refused.output and "Nothing was written" in refused.output
    file.write_bytes(sheet())
    assert "virus" not in app.test_cli_runner().invoke(args=[*words]).output


def test_production_without_a_scanner_says_so_at_its_start(tmp_path, caplog):
    def start(**more):
        caplog.clear()
        create_app(
            {
                "PRODUCTION": True,
                "SECRET_KEY": "x" * 40,
                "PUBLIC_URL": "https://care.example.ie",
                "SECOND_FACTOR": "required",
                "CASEAPP_DATA": str(tmp_path),
                "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite",
            }
            | more
        )
        return caplog.text

    assert "uploaded files are not looked through for viruses" in start()
    assert "viruses" not in start(CLAMD_URL="tcp://127.0.0.1:3310")
