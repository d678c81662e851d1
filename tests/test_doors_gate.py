"""The gate ahead of everything, as a table: what is junk, what is just within, and that no statement runs for junk
(issue 6; design: security, A9; ASVS 2.2.1, 4.1.4, 15.3.7). And the same with the Big List of Naughty Strings, in the
places that tests/test_hostile_*.py do not reach: headers, cookies, paths and names of fields."""

from urllib.parse import quote

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from caseapp.extensions import db
from tests import hostile, naughty
from tests.browser import fields_of
from tests.world import sign_in


@pytest.fixture
def orla(app, world, db_session):
    client = app.test_client()
    client.judging = False
    sign_in(client, world.orla)
    return client


def elsewhere() -> bool:
    """What is decided before any database is asked is looked at on one of them."""
    return db.engine.dialect.name == "postgresql"


PLAN = "/cases/41729304/plan"
FORM = "application/x-www-form-urlencoded"

JUNK = {
    # paths
    "NUL in the path": ("GET", "/cases/41729304%00/plan", {}, 400),
    "a line end in the path": ("GET", "/cases/41729304%0d%0a/plan", {}, 400),
    "a backslash": ("GET", "/cases/41729304%5cplan", {}, 400),
    "no UTF-8 in the path": ("GET", "/people/%ff", {}, 400),
    "half a pair in the path": ("GET", "/people/%ed%a0%80", {}, 400),
    "up in the path": ("GET", "/cases/%2e%2e/plan", {}, 400),
    "up, as a whole": ("GET", "/../etc/passwd", {}, 400),
    "too long a path": ("GET", "/" + "a" * 1000, {}, 400),
    "the longest path": ("GET", "/" + "a" * 999, {}, 404),
    # queries
    "NUL in the query": ("GET", PLAN + "?show=%00", {}, 400),
    "no UTF-8 in the query": ("GET", PLAN + "?show=%ff", {}, 400),
    "half a pair in the query": ("GET", PLAN + "?show=%ed%a0%80", {}, 400),
    "too long a query": ("GET", PLAN + "?show=" + "a" * 4000, {}, 400),
    "the longest query": ("GET", PLAN + "?show=" + "a" * 3995, {}, 200),
    "too many parameters": ("GET", PLAN + "?" + "&".join(f"a{n}=" for n in range(101)), {}, 400),
    "just so many": ("GET", PLAN + "?" + "&".join(f"a{n}=" for n in range(100)), {}, 200),
    "too long a name": ("GET", PLAN + "?" + "a" * 201 + "=1", {}, 400),
    "a doubled parameter": ("GET", PLAN + "?show=all&show=late", {}, 400),
    "a doubled one in two ways": ("GET", PLAN + "?show=all&sho%77=late", {}, 400),
    "a doubled one that is meant so": ("GET", "/triage/together?gap=1&gap=2", {}, 403),
    # headers
    "too long a header": ("GET", PLAN, {"headers": {"User-Agent": "a" * 8191}}, 400),
    "the longest header": ("GET", PLAN, {"headers": {"User-Agent": "a" * 8190}}, 200),
    "too many headers": ("GET", PLAN, {"headers": {f"X-{n}": "1" for n in range(101)}}, 400),
    "too long a cookie": ("GET", PLAN, {"headers": {"X-Cookie": "a" * 9000}}, 400),
    "a control character in a header": ("GET", PLAN, {"headers": {"User-Agent": "a\x01b"}}, 400),
    "an end of line in the environment": ("GET", PLAN, {"environ_overrides": {"HTTP_X_A": "a\r\nb"}}, 400),
    # forms
    "no UTF-8 in a form": ("POST", "/cases/41729304/notes", {"data": b"text=%ff%fe", "content_type": FORM}, 400),
    "raw bytes in a form": ("POST", "/cases/41729304/notes", {"data": b"text=\xff\xfe", "content_type": FORM}, 400),
    "half a pair in a form": ("POST", "/cases/41729304/notes", {"data": b"text=%ed%a0%80", "content_type": FORM}, 400),
    "a name that is no UTF-8": ("POST", "/cases/41729304/notes", {"data": b"%ff=1", "content_type": FORM}, 400),
    "too many fields": ("POST", "/cases/41729304/notes", {"data": {f"f{n}": "1" for n in range(1001)}}, 400),
    "too long a field's name": ("POST", "/cases/41729304/notes", {"data": {"x" * 201: "1"}}, 400),
    "two tokens": ("POST", "/cases/41729304/notes", {"data": {"csrf_token": ["a", "b"]}}, 400),
    "two keys": ("POST", "/cases/41729304/notes", {"data": {"once": ["a", "b"]}}, 400),
    "two versions": ("POST", "/cases/41729304/notes", {"data": {"version": ["1", "2"]}}, 400),
    "too much text": ("POST", "/cases/41729304/notes", {"data": b"text=" + b"x" * 3_200_000, "content_type": FORM}, 413),
    # verbs and addresses that are none
    "a verb that is not listed": ("PUT", PLAN, {}, 405),
    "a verb of another trade": ("PROPFIND", "/people", {}, 405),
    "asking what is allowed": ("OPTIONS", PLAN, {}, 405),
}  # fmt: skip
#: These are no junk: they reach a page, which may ask the database.
FINE = {
    "the longest path",
    "the longest query",
    "just so many",
    "a doubled one that is meant so",
    "the longest header",
}


@pytest.mark.parametrize("what", JUNK)
def test_junk_is_answered_before_anything_is_asked_of_the_database(app, orla, what):
    if elsewhere():
        return
    method, address, more, status = JUNK[what]
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    signed_out = app.test_client()
    signed_out.judging = False
    event.listen(Engine, "before_cursor_execute", note)
    try:
        answer = (orla if what in FINE or status == 400 else signed_out).open(address, method=method, **more)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert answer.status_code == status
    assert what in FINE or seen == []
    if status == 400:
        assert "Orla" not in answer.text


def test_a_text_that_cannot_be_read_is_never_saved_changed(app, orla, world):
    """Werkzeug puts a mark where bytes are no UTF-8; a mark that somebody really typed stays."""
    typed = fields_of(orla.get("/cases/41729304/notes/new").text) | {
        "kind": "contact",
        "text": "A \ufffd from a scan",
    }
    assert orla.post("/cases/41729304/notes", data=typed).status_code == 303
    assert "A \ufffd from a scan" in orla.get("/cases/41729304/notes").text


def test_the_body_and_the_address_are_never_mixed():
    """ASVS 15.3.7: nowhere does a value come from either of the two."""
    from pathlib import Path

    for path in (Path(__file__).resolve().parent.parent / "caseapp").rglob("*.py"):
        assert "request.values" not in path.read_text(encoding="utf-8"), path


# --- naughty strings ------------------------------------------------------------------------------------------------

HEADERS = (
    "User-Agent", "Referer", "Origin", "Accept", "Accept-Language", "HX-Request", "HX-Target", "HX-Current-URL", "X-CSRFToken",
    "If-None-Match", "If-Modified-Since", "Range", "X-Forwarded-For", "Sec-Fetch-Site", "Content-Type", "Authorization",
)  # fmt: skip


def in_a_header(text: str) -> str:
    """As a server hands it on: bytes, read as Latin-1."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1").replace("\n", " ").replace("\r", " ")


def test_no_header_or_cookie_breaks_a_page(app, orla):
    """Each naughty string once in each header, several headers at a time."""
    broken, alive = [], []
    strings = naughty.STRINGS[::8] if elsewhere() else naughty.STRINGS
    name = app.config["SESSION_COOKIE_NAME"]
    for at, text in enumerate(strings):
        value = in_a_header(text)
        few = {HEADERS[(at + step) % len(HEADERS)]: value for step in range(0, len(HEADERS), 4)}
        overrides = {"HTTP_" + k.upper().replace("-", "_"): v for k, v in few.items() if k != "Content-Type"}
        for client, path in ((orla, PLAN), (app.test_client(), "/sign-in")):
            client.judging = False
            if path == "/sign-in":
                overrides["HTTP_COOKIE"] = f"{name}={value}"
            if path == PLAN and at % 3:
                continue  # the whole plan only now and then
            answer = client.get(path, environ_overrides=dict(overrides))
            if answer.status_code >= 500:
                broken.append((path, few))
            if any(one in answer.text for one in hostile.ALIVE):
                alive.append((path, few))
    assert not broken, broken[:5]
    assert not alive, alive[:5]


def test_no_path_breaks_a_page(app, orla):
    """Each naughty string as a part of an address that takes a word, and at its end."""
    adapter = app.url_map.bind("localhost")
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments and "GET" in rule.methods]
    broken = []
    strings = naughty.STRINGS[::8] if elsewhere() else naughty.STRINGS
    stand_in = {"reference": "41729304", "number": 1, "which": "lost", "how": "cancelled"}
    for at, text in enumerate(strings):
        part = quote(text.encode("utf-8", "surrogatepass"), safe="")
        rule = rules[at % len(rules)]
        known = {name: stand_in.get(name, 1) for name in rule.arguments}
        try:
            whole = adapter.build(rule.endpoint, known)
        except Exception:
            whole = "/people/1"
        for address in (
            whole.rsplit("/", 1)[0] + "/" + part,
            f"/about/{part}",
            f"/static/{part}",
            f"/{part}",
        ):
            answer = orla.get(address, buffered=True)
            if answer.status_code >= 500:
                broken.append(address)
    assert not broken, broken[:5]


def test_no_query_or_field_breaks_a_page_and_what_was_typed_comes_back(app, orla, world):
    """Each naughty string looked for, filtered by, sent as a name and as a value of a form; refused, it is given back."""
    typed = fields_of(orla.get("/cases/41729304/notes/new").text)
    broken, lost = [], []
    strings = naughty.STRINGS[::8] if elsewhere() else naughty.STRINGS[::2]
    for at, text in enumerate(strings):
        usable = text.encode("utf-8", "ignore").decode().replace("\x00", "")
        path, name = (
            ("/people", "q"),
            ("/caseload", "words"),
            ("/cases/41729304/notes", "words"),
            ("/directory", "words"),
        )[at % 4]
        answers = [orla.get(path, query_string={name: usable[:900]})]
        note = typed | {
            "kind": "contact",
            "text": usable,
            "day-day": "31",
            "day-month": "2",
            "day-year": "2026",
        }
        answers.append(
            orla.post("/cases/41729304/notes", data=note)
        )  # there is no such day: all is given back
        if answers[-1].status_code == 422 and not hostile.kept_in(answers[-1].text, _as_kept(usable)):
            lost.append(text)
        if at % 8 == 0:
            answers.append(orla.post("/cases/41729304/notes", data=typed | {usable[:150] or "x": "1"}))
        broken += [(text, answer.status_code) for answer in answers if answer.status_code >= 500]
        assert not any(one in answer.text for answer in answers for one in hostile.ALIVE), text
    assert not broken, broken[:5]
    assert not lost, lost[:5]


def _as_kept(text):
    from caseapp.web.forms import clean

    return clean(text)
