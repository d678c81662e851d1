"""Where an entry of the audit record cannot be written, nothing is shown and nothing stays done: 503 and the plain page,
whatever the cause (X-13; docs/decisions/0006). The causes are real: the table taken away, a trigger that refuses or swallows
every entry, the key gone; on both databases."""

import contextlib
import re

import pytest
from sqlalchemy import create_engine, func, select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, CaseNote, Event, Notification, User, UserSession
from caseapp.services import case_notes, passwords
from caseapp.services.audit import entries as audit_entries
from caseapp.services.audit import keys
from caseapp.services.audit.entries import NotWritten
from caseapp.services.audit.verify import verify
from caseapp.vocabulary import NoteKind
from tests import doors
from tests.browser import faults_of_page, fields_of
from tests.meetings_at import scheduled
from tests.test_doors_stopped import TELLING

CASE = "/cases/41729304"
OF_SOMEBODY = re.compile(r"CANARY|Rafter|Niall|41729304|41 72 93 04")

REFUSES = {
    "sqlite": """CREATE TRIGGER broken BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no more entries'); END""",
    "postgresql": """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no more entries' USING ERRCODE = 'check_violation'; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION broken()""",
}
SWALLOWS = {
    "sqlite": "CREATE TRIGGER broken BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(IGNORE); END",
    "postgresql": """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION broken()""",
}
MEND = {
    "sqlite": "DROP TRIGGER broken",
    "postgresql": "DROP TRIGGER broken ON audit_entry; DROP FUNCTION broken()",
}


@contextlib.contextmanager
def changed(database, break_, mend):
    """The database itself broken by whoever owns it, from outside, and mended again."""
    db.session.rollback()
    db.engine.dispose()  # no open connection knows the tables as they were
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")

    def do(statements):
        with engine.connect() as connection:
            connection.exec_driver_sql(statements)

    do(break_)
    try:
        yield
    finally:
        db.session.rollback()
        db.engine.dispose()
        do(mend)
        engine.dispose()


@contextlib.contextmanager
def without_key(app, tmp_path):
    """The key file says nothing that is a key."""
    (tmp_path / keys.FILE).write_text("this is no key\n")
    keys.are_at(str(tmp_path))
    try:
        yield
    finally:
        keys.are_at(app.config["CASEAPP_DATA"], app.config.get("AUDIT_KEYS", ""))


@pytest.fixture
def broken(app, database, tmp_path, monkeypatch):
    """broken("no table"): a block in which no entry can be written, for that reason."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)  # as in production
    monkeypatch.setattr(audit_entries, "_TRIES", 3)
    kind = database.kind

    def begin(how):
        return {
            "no table": lambda: changed(
                database,
                "ALTER TABLE audit_entry RENAME TO audit_entry_away",
                "ALTER TABLE audit_entry_away RENAME TO audit_entry",
            ),
            "the database refuses": lambda: changed(database, REFUSES[kind], MEND[kind]),
            "others are always quicker": lambda: changed(database, SWALLOWS[kind], MEND[kind]),
            "no key": lambda: without_key(app, tmp_path),
        }[how]()

    return begin


CAUSES = ("no table", "the database refuses", "others are always quicker", "no key")


def closed(answer):
    """503, plain, whole in its headers, and not a word of anybody's record or of what stands behind."""
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] and answer.mimetype == "text/html"
    assert "Content-Disposition" not in answer.headers and "HX-Fragment" not in answer.headers
    assert doors.faults_of_headers(answer) == [] and faults_of_page(answer.text) == []
    assert not OF_SOMEBODY.search(answer.text), OF_SOMEBODY.search(answer.text)
    assert not TELLING.search(re.sub(r"<head>.*?</head>", "", answer.text, flags=re.S))
    assert "Caseapp is resting for a moment" in answer.text


def count(table) -> int:
    db.session.rollback()
    found = db.session.scalar(select(func.count()).select_from(table))
    db.session.rollback()
    return found


READINGS = [
    (CASE + "/plan", {}, "orla"),
    (CASE + "/timeline", {"HX-Request": "true"}, "orla"),
    (CASE + "/print/plan", {}, "orla"),
    ("/reading/evidence.pdf", {}, "declan"),
    (CASE + "/audit.csv", {}, "declan"),
    ("/caseload.csv", {}, "orla"),
    ("/people", {}, "orla"),
]


@pytest.mark.parametrize("how", CAUSES)
def test_no_page_fragment_print_or_file_is_shown_that_could_not_be_written_down(
    app, world, as_, broken, caplog, how
):
    scheduled(world)
    readings = [one for one in READINGS if how == "no key" or not one[0].endswith(".pdf")]  # a second each
    browsers = {name: as_(name) for name in ("orla", "declan", "mark")}
    for address, headers, who in readings:
        browsers[who].judging = False
        assert browsers[who].get(address, headers=headers).status_code == 200, address
    before = count(AuditEntry)
    with broken(how):
        for address, headers, who in readings:
            closed(browsers[who].get(address, headers=headers))
        # what is refused is refused the same way, whether the record exists or not
        browsers["mark"].judging = False
        for nowhere in (CASE + "/plan", "/cases/10000022/plan"):
            closed(browsers["mark"].get(nowhere))
    assert (
        "NotWritten" in caplog.text and "41729304" not in caplog.text and "no more entries" not in caplog.text
    )
    assert count(AuditEntry) == before
    for address, headers, who in readings:
        assert browsers[who].get(address, headers=headers).status_code == 200, address
    assert verify() == []


@pytest.mark.parametrize("how", CAUSES)
def test_what_could_not_be_written_down_is_not_done_either(app, world, as_, broken, how):
    orla = as_("orla")
    orla.judging = False
    page = f"{CASE}/notes/new"
    typed = fields_of(orla.get(page).text) | {
        "text": "He rang and comes on Thursday with his sister",
        "kind": "contact",
    }
    tables = (CaseNote, Event, Notification, AuditEntry)
    before = [count(table) for table in tables]
    with broken(how):
        answer = orla.post(f"{CASE}/notes", data=typed)
        assert answer.status_code == 503
        assert "comes on Thursday with his sister" in answer.text, "what was typed is given back"
        assert "Rafter" not in answer.text and "CANARY" not in answer.text
    assert [count(table) for table in tables] == before
    done = orla.post(f"{CASE}/notes", data=typed)
    assert done.status_code == 303, done.text
    assert count(CaseNote) == before[0] + 1


def test_a_use_case_says_so_by_one_kind_of_error_and_takes_everything_back(world, broken, db_session):
    before = count(CaseNote)
    for how in CAUSES:
        with broken(how):
            case = world.case_for(world.orla)
            with pytest.raises(NotWritten):
                case_notes.write(
                    case, actor=world.orla, at=clock.now(), kind=NoteKind.CONTACT, text="By phone"
                )
            db_session.rollback()
    assert count(CaseNote) == before


def test_nobody_signs_in_unwritten(app, world, client, broken, db_session):
    secret = passwords.hashed("a long enough pass phrase")
    db_session.execute(update(User).where(User.id == world.orla.user_id).values(password_hash=secret))
    db_session.commit()
    client.judging = False
    typed = fields_of(client.get("/sign-in").text) | {
        "email": "orla@canal.example",
        "password": "a long enough pass phrase",
    }
    with broken("the database refuses"):
        assert client.post("/sign-in", data=typed).status_code == 503
    assert count(UserSession) == 0
