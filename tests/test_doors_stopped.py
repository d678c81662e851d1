"""When the database stops: a plain page with 503, nothing told, nothing typed lost; and all is well once it is back
(issue 6; ASVS 16.5.1, 16.5.3, 16.5.4)."""

import contextlib
import re
import sqlite3
from pathlib import Path

import psycopg
import pytest

from caseapp import create_app, extensions
from caseapp.extensions import db
from tests import doors
from tests.browser import Browser, faults_of_page, fields_of

#: Words that would tell what stands behind the page.
TELLING = re.compile(
    r"sqlite|postgres|psycopg|sqlalchemy|traceback|operational|\.py|/tmp|select |connection|version|werkzeug|flask|gunicorn",
    re.I,
)
TYPED = "Niall rang and will come on Thursday with his sister"


@pytest.fixture
def application(tmp_path, monkeypatch):
    """A function that builds an application on a database of its own; the statements wait a moment only."""
    waits = [one for one in extensions.PRAGMAS if not one.startswith("busy_timeout")]
    monkeypatch.setattr(extensions, "PRAGMAS", ("busy_timeout=100", *waits))
    built = []

    def build(url):
        app = create_app(
            {
                "TESTING": False,
                "DATABASE_URL": url,
                "CASEAPP_DATA": str(tmp_path),
                "SECRET_KEY": "only for tests",
            }
        )
        app.test_client_class = Browser
        built.append(app)
        client = app.test_client()
        client.judging = False
        return client

    yield build
    for app in built:
        with app.app_context():
            db.engine.dispose()


def holds(answer):
    """Closed, plain, and the same for everybody."""
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "20"
    assert doors.faults_of_headers(answer) == []
    assert faults_of_page(answer.text) == []
    shown = re.sub(r"<head>.*?</head>", "", answer.text, flags=re.S)
    assert not TELLING.search(shown), TELLING.search(shown)
    assert "Caseapp is resting for a moment" in answer.text


DEAD = {
    "sqlite": "sqlite:////nowhere/at/all.sqlite",
    "postgresql": "postgresql+psycopg://caseapp:a-secret@/caseapp?host=/nowhere/at/all",
}


@pytest.mark.parametrize("kind", DEAD)
def test_without_a_database_every_page_is_closed_and_the_log_names_only_the_kind_of_error(
    application, caplog, kind
):
    client = application(DEAD[kind])
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "somebody's token"
    for path in ("/sign-in", "/caseload", "/cases/41729304/plan", "/people?q=Rafter", "/caseload.csv"):
        holds(client.get(path))
    assert client.get("/static/app.css", buffered=True).status_code == 200
    assert "OperationalError" in caplog.text
    for word in ("a-secret", "Rafter", "41729304", "nowhere", "somebody's token"):
        assert word not in caplog.text


@pytest.mark.parametrize("kind", DEAD)
def test_what_was_typed_is_given_back_and_no_password_is(application, kind):
    client = application(DEAD[kind])
    typed = {"text": TYPED, "password": "correct horse battery staple", "csrf_token": "x"}
    client.application.config["WTF_CSRF_ENABLED"] = False  # no page could give a token without a database
    answer = client.post("/cases/41729304/notes", data=typed)
    holds(answer)
    assert TYPED in answer.text and "battery staple" not in answer.text


def test_once_the_database_is_back_pages_are_there_again(application, database, another_database):
    """Connections that the stop has killed are thrown away; nobody has to restart anything."""
    client = application(another_database)
    assert client.get("/sign-in").status_code == 200
    with stopped(database, another_database):
        holds(client.get("/sign-in"))
        holds(client.get("/sign-in"))
    answers = [client.get("/sign-in").status_code for _ in range(3)]
    assert answers[1:] == [200, 200], answers
    typed = fields_of(client.get("/sign-in").text) | {
        "email": "nobody@canal.example",
        "password": "none of yours",
    }
    assert client.post("/sign-in", data=typed).status_code == 422


@contextlib.contextmanager
def stopped(database, url):
    """SQLite: the file is no database any more. PostgreSQL: nobody may connect, and whoever was is cut off."""
    if database.kind == "sqlite":
        file = Path(url.removeprefix("sqlite:///"))
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = file.read_bytes()
        file.write_bytes(b"this is no database" * 300)
        yield
        file.write_bytes(kept)
        return
    name = url.partition("?")[0].rpartition("/")[2]
    with database.server.connect("postgres") as control:
        control.execute(
            psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(psycopg.sql.Identifier(name))
        )
        control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield
        control.execute(
            psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(psycopg.sql.Identifier(name))
        )


def test_a_locked_file_is_answered_in_words_and_reading_goes_on(application, database, another_database):
    if database.kind != "sqlite":
        return
    client = application(another_database)
    typed = fields_of(client.get("/sign-in").text) | {
        "email": "nobody@canal.example",
        "password": "none of yours",
    }
    file = another_database.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        holds(client.post("/sign-in", data=typed))
        assert client.get("/sign-in").status_code == 200
        other.execute("ROLLBACK")
    assert client.post("/sign-in", data=typed).status_code == 422


def test_a_request_that_waits_in_vain_for_a_connection_is_closed_too(application, another_database):
    client = application(another_database)
    assert client.get("/sign-in").status_code == 200

    from sqlalchemy.exc import TimeoutError as NoConnection

    def none_left(*_args, **_kwargs):
        raise NoConnection("QueuePool limit of size 5 overflow 10 reached")

    with client.application.app_context():
        pool = db.engine.pool
    connect, pool.connect = pool.connect, none_left
    try:
        holds(client.get("/sign-in"))
    finally:
        pool.connect = connect
    assert client.get("/sign-in").status_code == 200


def test_an_error_of_ours_is_a_plain_page_without_a_word_of_it(application, another_database, caplog):
    client = application(another_database)

    def breaks(**_values):
        raise KeyError(f"no such thing: {TYPED}")

    breaks.access = "public"
    client.application.view_functions["home.page"] = breaks
    answer = client.get("/about/help")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text and TYPED not in answer.text
    shown = re.sub(r"<head>.*?</head>", "", answer.text, flags=re.S)
    assert not TELLING.search(shown)
    assert "KeyError" in caplog.text and TYPED not in caplog.text
