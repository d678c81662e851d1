"""No words about anybody in addresses, logs or titles of news (issue 6; ASVS 14.2.1, 16.2.5, 16.4.1)."""

import contextlib
import io
import logging
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Notification, OutboxMessage, SavedView
from caseapp.web import logs, sealed
from tests import canaries
from tests.asked import Alike
from tests.browser import fields_of, parse
from tests.hostile_world import browser
from tests.test_canaries import addresses

TEMPLATES = Path(__file__).resolve().parent.parent / "caseapp" / "templates"


@pytest.fixture
def canary_world(app, database, db_session):
    return database.kept("canaries", canaries.build)


def elsewhere() -> bool:
    return db.engine.dialect.name == "postgresql"


# --- addresses -------------------------------------------------------------------------------------------------------


def test_whoever_looks_for_a_person_leaves_no_name_in_the_address(world, as_):
    """The form is sent by POST; the address it leads to holds the words sealed, and finds the same."""
    orla = as_("orla")
    answer = orla.submit("/people", "/look-for", q="rafter, niall")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert where.startswith("/people?q=~") and "rafter" not in where.lower() and "niall" not in where.lower()
    found = orla.get(where)
    assert "Niall Rafter" in found.text and 'value="rafter, niall"' in found.text
    assert not [link for link in re.findall(r'href="([^"]*)"', found.text) if "rafter" in link.lower()]


def test_what_is_sealed_opens_for_its_writer_alone(world, as_):
    where = as_("orla").submit("/people", "/look-for", q="rafter").headers["Location"]
    others = as_("declan").get(where)
    assert (
        others.status_code == 200
        and "rafter" not in others.text.lower().split("<main", 1)[1].split("people")[0]
    )
    assert "found</h2>" not in others.text, "somebody else's words were looked for"
    spoilt = as_("orla").get(where[:-4] + "AAAA")
    assert spoilt.status_code == 200 and "found</h2>" not in spoilt.text


@pytest.mark.parametrize("junk", ["~", "~~", "~\u00e9", "~" + "A" * 500, "~AAAA=", "~\x7f"])
def test_a_seal_that_is_none_finds_everything_and_breaks_nothing(world, as_, junk):
    for path in (f"/people?q={junk}", f"/caseload?words={junk}"):
        assert as_("orla").get(path).status_code in (200, 400)


def test_a_list_keeps_its_words_sealed_in_every_link_and_view(world, as_, db_session):
    orla = as_("orla")
    where = orla.submit("/caseload", "/look-for", words="Rafter").headers["Location"]
    page = orla.get(where).text
    links = [link for link in re.findall(r'(?:href|action)="([^"]*)"', page) if "rafter" in link.lower()]
    assert not links, links
    assert 'value="Rafter"' in page and "Rafter</a>" in page
    saving = next(
        link for link in re.findall(r'href="([^"]*)"', page) if "/views/" in link and "words" in link
    )
    form = saving.replace("&amp;", "&")
    assert orla.submit(form, "/views/caseload/new", name="Just him").status_code == 303
    assert "Rafter" not in db_session.scalar(select(SavedView.query))
    assert "Rafter" in orla.get("/caseload?" + db_session.scalar(select(SavedView.query))).text


def test_a_look_goes_to_a_page_of_ours_or_nowhere(world, as_):
    orla = as_("orla")
    token = orla.token("/account")
    for to in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "",
        "/people?q=x",
        "/people#x",
        "javascript:x",
    ):
        assert orla.post("/look-for", data={"csrf_token": token, "to": to, "q": "x"}).status_code == 400, to
    assert orla.post("/look-for", data={"csrf_token": token}).status_code == 400
    long = {"csrf_token": token, "to": "/people"} | {f"field{n}": "x" * 300 for n in range(20)}
    assert orla.post("/look-for", data=long).status_code == 400


#: Boxes of GET forms that hold no words about a person: names of agencies.
ABOUT_NOBODY = {"consent/choose.html"}


def test_no_form_puts_typed_words_into_an_address():
    """A form that asks with GET has choices and dates only; a box for words is sent by POST and sealed."""
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for form in re.findall(r'<form[^>]*method="get".*?</form>', text, re.S):
            typed = re.search(r'<textarea|type="(?:text|search|email|tel)"|\{\{ ?(?:words|field)\(', form)
            name = str(path.relative_to(TEMPLATES))
            if typed and name not in ABOUT_NOBODY:
                found.append((name, typed[0]))
    assert not found


def test_pages_never_link_to_a_query_with_words_about_somebody(app, canary_world):
    """Every link and form of every page, as the people who see most: no canary stands in an address."""
    if elsewhere():
        return
    told, looked = [], 0
    for name in ("declan", "tomasz"):
        client, alike = browser(app, canary_world.viewers[name]), Alike(app)
        for _endpoint, method, address in addresses(app, canary_world.ids, wide=False):
            if method != "GET" or alike.known(method, address):
                continue
            answer = client.get(address)
            alike.note(method, address, answer)
            if answer.mimetype != "text/html":
                continue
            links = re.findall(r'(?:href|action|src|hx-get|hx-post)="([^"]*)"', answer.text)
            links.append(answer.headers.get("Location", ""))
            told += [
                (address, link)
                for link in links
                if "CANARY" in link and not link.startswith(("tel:", "mailto:", "https:"))
            ]
            looked += answer.status_code == 200
            assert not [
                f
                for f in parse(answer.text).forms
                if f.method == "get" and set(f.fields) & sealed.NAMES - {"words"}
            ]
    assert not told, told[:10]
    assert looked > 100


# --- logs ---------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def log():
    """What would stand in the log with everything switched on, as production writes it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.OneLine())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield out
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def test_a_day_of_work_leaves_nothing_about_anybody_in_the_log(app, canary_world, monkeypatch):
    """Every page is opened, searched and refused, with the log at its most talkative; and every page breaks once."""
    if elsewhere():
        return
    client = browser(app, canary_world.declan)
    token = client.token("/account")
    alike = Alike(app)
    with log() as out:
        for _endpoint, method, address in addresses(app, canary_world.ids, wide=False):
            if alike.known(method, address):
                continue
            asked = address + ("&" if "?" in address else "?") + "q=Niall+Rafter&words=CANARY-typed"
            answer = client.open(
                asked,
                method=method,
                data={"csrf_token": token, "text": "CANARY-typed"} if method == "POST" else None,
            )
            alike.note(method, address, answer)
        client.post("/sign-in", data={"email": "orla@canal.example", "password": "CANARY-password"})

        def breaks(*_args, **_kwargs):
            try:
                raise ValueError("CANARY-inner Niall Rafter")
            except ValueError as why:
                raise RuntimeError(f"CANARY-outer of {canary_world.reference}") from why

        monkeypatch.setattr("caseapp.web.templating._context", breaks)
        client.get(f"/cases/{canary_world.reference}/plan?q=Niall+Rafter")
        try:
            breaks()
        except RuntimeError:
            logging.getLogger("a library").exception("it broke: %s", "on the way")
        logging.getLogger("a library").warning("at http://localhost/people?q=Niall+Rafter: odd")
        logging.getLogger("anybody").error("one\nFORGED line\r\x1b[2K\u2028two")
    said = out.getvalue()
    lines = said.splitlines()
    assert re.search(
        r"plan\.show account \d+: 500 on plan\.show: RuntimeError, of ValueError \| RuntimeError at \S+\.py:\d+ ",
        said,
    )
    assert re.search(r"it broke: on the way \| ValueError at .* \| then RuntimeError at ", said)
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ ", line) for line in lines), lines[:3]
    for word in ("CANARY", "Niall", "Rafter", "q=", canary_world.reference, "orla@"):
        assert word not in said, next(line for line in lines if word in line)
    assert "people?… odd" in said


def test_the_servers_own_lines_lose_the_query_too():
    """gunicorn quotes the request line that it could not read."""
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "", 0, "Invalid request from ip=%s: %s", ("10.0.0.9", "GET /people?q=Niall HTTP"), None)  # fmt: skip
    assert logs.WithoutQueries().filter(record)
    assert record.getMessage() == "Invalid request from ip=10.0.0.9: GET /people?… HTTP"


# --- news and mail ------------------------------------------------------------------------------------------------------


def test_titles_of_news_and_mail_name_nobody(app, canary_world, db_session):
    """What stands in a notice before the page is opened, and every mail: a plain sentence and a link."""
    tellers = [text for text in db_session.scalars(select(Notification.plain)) if text]
    assert not [text for text in tellers if "CANARY" in text or "Niall" in text or "Rafter" in text]
    for message in db_session.scalars(select(OutboxMessage)):
        said = f"{message.subject} {message.body}"
        assert "CANARY" not in said and "Rafter" not in said
    client = browser(app, canary_world.orla)
    title = re.search(r"<title>(.*?)</title>", client.get("/news").text)[1]
    assert "CANARY" not in title and "Niall" not in title
    assert fields_of(client.get("/people").text)["q"] == ""
