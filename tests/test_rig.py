"""The rig itself: tests start from a clean database, and the test browser sees what it is there to see."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from tests.asked import Alike, guards_of
from tests.browser import Browser, faults_of_fragment, faults_of_page, fields_of, silent, watch_over
from tests.databases import Sqlite, plain_engine
from tests.test_canaries import Address

GOOD = """<!doctype html><html lang="en"><head><title>Plan – Caseapp</title></head><body><h1>Plan</h1>
<form method="post" action="/x"><input type="hidden" name="csrf_token" value="t"><label for="a">A</label>
<input id="a" name="a" value="1"></form></body></html>"""


def probe(url, statement):
    with plain_engine(url) as engine, engine.begin() as connection:
        return connection.execute(text(statement))


def test_a_test_finds_none_of_the_rows_of_the_one_before(database):
    database.reset()
    for _ in range(2):
        with plain_engine(database.url) as engine, engine.begin() as connection:
            assert connection.scalar(text("SELECT count(*) FROM area")) == 0
            connection.execute(
                text(
                    "INSERT INTO area (id, name, kind, active, version) VALUES (1, 'Northwall', 'local', true, 1)"
                )
            )
        database.reset()


def test_a_standing_world_is_built_once_and_brought_back(database):
    built = []

    def build():
        built.append(1)
        probe(
            database.url,
            "INSERT INTO area (id, name, kind, active, version) VALUES (1, 'A', 'local', true, 1)",
        )
        return {"area": 1}

    for _ in range(3):
        found = database.kept("rig", build)
        assert found == {"area": 1}
        found["street"] = 2
        with plain_engine(database.url) as engine, engine.begin() as connection:
            assert connection.scalar(text("SELECT count(*) FROM area")) == 1
            connection.execute(text("UPDATE area SET name = 'B'"))
            connection.execute(text("DELETE FROM area"))
    assert built == [1]
    database.reset()


@pytest.fixture
def on_sqlite(shared):
    """A SQLite of a test's own, for what is done to its file."""
    database = Sqlite(shared)
    database.reset()
    yield database
    database.stop()


def _rules(database):
    with plain_engine(database.url) as engine, engine.begin() as connection:
        return set(connection.execute(text("SELECT type, name, sql FROM sqlite_master")).all())


def _spoil(database, how):
    if how == "another file":
        file = Path(database.url.removeprefix("sqlite:///"))
        file.rename(file.with_name("aside"))
        file.touch()
    else:
        probe(database.url, how)


@pytest.mark.parametrize(
    "how", ["another file", "DROP TRIGGER audit_entry_no_delete", "CREATE TABLE more (x)"]
)
def test_whatever_was_done_to_the_file_or_its_tables_is_undone(on_sqlite, how):
    before = _rules(on_sqlite)
    let_go = []
    on_sqlite.let_go = lambda: let_go.append(1)
    _spoil(on_sqlite, how)
    assert _rules(on_sqlite) != before
    on_sqlite.reset()
    assert _rules(on_sqlite) == before
    assert let_go == [1]
    on_sqlite.reset()
    assert let_go == [1]  # and from there it goes on in the file


def test_what_is_only_added_to_is_brought_back_and_stays_so(database):
    database.reset()
    for _ in range(2):
        probe(
            database.url,
            "INSERT INTO audit_entry (id, at, user_name, agency_name, act, what, ground, address, chain, number, key_id, seal)"
            " VALUES (1, '2026-11-22', '', '', 'read', '', '', '', 0, 1, '', '')",
        )
        with pytest.raises(DBAPIError, match="append-only"):
            probe(database.url, "DELETE FROM audit_entry")
        database.reset()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_no_server_outlives_a_killed_test_run():
    code = "import time; from tests.postgres import Server; print(Server().root, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        root = Path(parent.stdout.readline().strip())
        server = int((root / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        os.kill(server, signal.SIGINT)
        pytest.fail("the server was still there")
    subprocess.run(["rm", "-rf", root], check=True)


def test_a_page_that_keeps_the_rules_has_no_faults():
    assert faults_of_page(GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("<h1>Plan</h1>", "", "0 h1"),
        ("<h1>Plan</h1>", "<h1>Plan</h1><h1>Two</h1>", "2 h1"),
        ("<title>Plan", "<title>Other", "does not start with the h1"),
        ('<input type="hidden" name="csrf_token" value="t">', "", "no csrf token"),
        ('<input id="a"', '<input id="b"', "points at nothing"),
        ("<h1>Plan</h1>", '<h1 id="a">Plan</h1>', "used twice"),
        ("<h1>", '<h1 style="color:red">', "inline style"),
        ("</body>", "<script>1</script></body>", "inline script"),
        ("<h1>", '<h1 onclick="x()">', "script in onclick"),
        ("</body>", '<a href="javascript:x()">x</a></body>', "script in href"),
        ("</body>", "<div></body>", "closes <div>"),
        ("</body>", '<img src="x"></body>', "without alt"),
        ('<html lang="en">', "<html>", "no language"),
        ("<!doctype html>", "", "no doctype"),
    ],
)
def test_a_page_that_breaks_a_rule_is_named(before, after, fault):
    assert before in GOOD
    assert fault in "; ".join(faults_of_page(GOOD.replace(before, after)))


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<p id="a">x</p>', ""),
        ('<p id="a">x</p><div hx-swap-oob="innerHTML:#live">Saved</div>', ""),
        ('<div hx-swap-oob="innerHTML:#live">Saved</div>', ""),
        ('<p id="a">x</p><p id="b">y</p>', "2 roots"),
        ("<p>x</p>", "no id"),
        ("", "0 roots"),
        (GOOD, "whole page"),
    ],
)
def test_a_fragment_has_one_root_with_an_id(html, fault):
    faults = "; ".join(faults_of_fragment(html))
    assert fault in faults if fault else faults == ""


def test_the_browser_reads_the_fields_that_a_person_would_send():
    assert fields_of(
        """<form method="post"><input name="a" value="1"><input type="checkbox" name="b" value="x" checked>
        <input type="checkbox" name="b" value="y" checked><input type="checkbox" name="c" value="z">
        <textarea name="d">
two
lines</textarea><select name="e"><option value="1">1</option><option value="2" selected>2</option></select>
        <input type="submit" name="f" value="Go"></form>"""
    ) == {"a": "1", "b": ["x", "y"], "d": "two\nlines", "e": "2"}


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ('<div id="trouble" role="alert"></div><p>The same form</p>', False),
        ('<div id="trouble" role="alert">\n  </div><p class="small">Saved 9:39</p>', False),
        ('<p class="ca-note" role="alert" tabindex="-1">Orla changed this</p>', True),
        ('<div class="govuk-error-summary" id="errors">There is a problem</div>', True),
        ('<p id="text-error" class="small govuk-error-message">Say why</p>', True),
        ('<div hx-swap-oob="innerHTML:#saved"><span class="g g-wait small">Not saved</span></div>', True),
    ],
)
def test_whoever_is_refused_reads_a_word_of_why(shown, says):
    for status in (409, 422):
        assert (
            silent(TestResponse(shown.encode(), str(status), [("Content-Type", "text/html")], None)) != says
        )
    assert not silent(TestResponse(shown.encode(), "200", [("Content-Type", "text/html")], None))


def test_a_page_says_which_headers_it_looked_at(as_, world):
    """The cookie is looked for by every page; that is no look at all the others."""
    orla = as_("orla")
    assert not orla.get("/account").asked.for_header("HX-Request")
    assert orla.get(f"/cases/{world.reference}/notes/new").asked.headers >= {"cookie"}
    needs = orla.get(f"/cases/{world.reference}/needs/accommodation")
    assert needs.status_code == 200 and needs.asked.for_header("HX-Request")


def test_what_one_guard_refused_counts_for_its_record_and_its_act_alone(app, as_, world):
    alike, adapter, amina = Alike(app), app.url_map.bind("localhost"), as_("mark")

    def address(rule, **values):
        (found,) = [one for one in app.url_map.iter_rules() if one.rule == rule and "GET" in one.methods]
        return Address.of(adapter, found, values)

    plan = address("/cases/<ref:reference>/plan", reference=world.reference)
    answer = amina.get(plan)
    assert answer.asked.refused
    alike.note("GET", plan, answer)
    guards = guards_of(app)
    its = guards["GET", plan.rule]
    same = [rule for (method, rule), guard in guards.items() if method == "GET" and guard == its]
    assert len(same) > 1
    for (method, rule), guard in guards.items():
        if method != "GET" or "reference" not in rule or rule.count("<") > 1:
            continue
        assert alike.known("GET", address(rule, reference=world.reference)) == (guard == its), rule
        assert not alike.known("GET", address(rule, reference="10000022")), rule


@pytest.fixture
def careless(another_database, tmp_path):
    """The application with three more routes, two of which break the rules of writing."""
    from caseapp import create_app
    from caseapp.extensions import csrf, db
    from caseapp.models import Area
    from caseapp.vocabulary import AreaKind

    app = create_app(
        {"TESTING": True, "DATABASE_URL": another_database, "CASEAPP_DATA": str(tmp_path), "SECRET_KEY": "x"}
    )

    def write(name, commit):
        db.session.add(Area(name=name, kind=AreaKind.LOCAL))
        db.session.flush()
        if commit:
            db.session.commit()
        return "", 204

    @app.route("/rig/<name>", methods=["GET", "POST"])
    @csrf.exempt
    def rig(name):
        return write(name, name != "forgotten")

    rig.access = "public"
    app.test_client_class = Browser
    watch_over(app)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_the_browser_sees_a_get_that_writes(careless):
    with pytest.raises(AssertionError, match="a GET wrote \\['area'\\]"):
        careless.get("/rig/one")


def test_the_browser_sees_what_a_request_forgot_to_commit(careless):
    with pytest.raises(AssertionError, match="left uncommitted"):
        careless.post("/rig/forgotten")


def test_the_browser_lets_a_request_write_that_says_so(careless):
    assert careless.post("/rig/one").status_code == 204


def test_an_unknown_address_answers_with_a_page_that_keeps_the_rules(client):
    response = client.get("/no-such-address")
    assert response.status_code == 404
    assert "<h1" in response.text


def test_what_a_test_has_set_up_is_there_for_the_request_and_what_the_request_did_for_the_test(
    client, db_session
):
    from caseapp.models import Area
    from caseapp.vocabulary import AreaKind

    area = Area(name="Northwall", kind=AreaKind.LOCAL)
    db_session.add(area)
    client.get("/no-such-address")
    assert not db_session.new
    probe(db_session.get_bind().url, "UPDATE area SET name = 'Southwall'")
    client.get("/no-such-address")
    assert area.name == "Southwall"
