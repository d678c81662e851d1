"""What stands in an address besides the path: filters, orders, pages, ways back; with values that no page of ours writes.
And requests that no browser of ours sends: other methods, other bodies, other sites, other hosts."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import re
from urllib.parse import urlencode

import pytest
from flask.wrappers import Request
from sqlalchemy import func, select
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from caseapp.extensions import db
from caseapp.models import AuditEntry, Case, CaseNote, Event
from tests import hostile
from tests.asked import Alike
from tests.browser import fields_of
from tests.hostile_world import browser, world  # noqa: F401 - fixtures
from tests.test_canaries import addresses

NAMES = (
    "agency renew goal domain back next show group sort page status needs words which q section person whose within "
    "kind signed old new act author sector since until since-day since-month since-year as row role state area "
    "reference endpoint values _scheme _external _anchor _method person_id case_id agency_id action_id"
).split()
VALUES = (
    "-1",
    "9" * 20,
    "9223372036854775807",
    "9223372036854775808",
    "\u00b2",
    "8",
    "0001-01-01",
    "9999-12-31",
    hostile.EVIL,
    "javascript:alert(1)//",
    "//evil.example/%2e%2e",
)
LINKS = re.compile(r'(?:href|action|src|hx-get|hx-post|formaction)="([^"]*)"')


OF_WHAT_IS_KNOWN = 6
"""Of bodies that views cannot tell apart, each goes to every so manieth form."""


def elsewhere() -> bool:
    """What is decided before any database is asked is looked at on one of them."""
    return db.engine.dialect.name == "postgresql"


def leads_away(link: str) -> bool:
    return link.startswith("//") or link.lower().startswith(
        ("javascript:", "data:", "http://evil", "https://evil")
    )


def pages(app, world):
    """(client, endpoint, address, the first answer) for each page once, as the first of these people who may open it."""
    looked = set()
    for name in ("declan", "orla", "leah", "tomasz", "ciara", "root"):
        client, alike = browser(app, world.viewers[name]), Alike(app)
        for endpoint, method, address in addresses(app, world.ids, wide=False):
            if method == "GET" and endpoint not in looked and not alike.known(method, address):
                first = client.get(address)
                alike.note(method, address, first)
                if first.status_code == 200:
                    looked.add(endpoint)
                    yield client, endpoint, address, first
    assert len(looked) > 60


def asked_for(client, address, first) -> list[str]:
    """The names that this page looks up, also those that it looks up only once others hold something. (That some pages
    go through all names, to carry them on in their links, is another matter: all at once.)"""
    found = first.asked.query & set(NAMES)
    while True:
        answer = client.get(f"{address}?{urlencode(dict.fromkeys(found, '1'))}")
        more = found | answer.asked.query & set(NAMES)
        if more == found:
            return sorted(found)
        found = more


def test_no_address_breaks_or_leads_away_whatever_stands_behind_the_question_mark(app, world):
    """All names at once; and one at a time each that was hidden then: the page was refused, or did not look it up."""
    broken, away, alive, tried = [], [], [], 0
    for client, endpoint, address, first in pages(app, world):
        taken = {}  # by value: what the page looked up where it was shown
        for value in VALUES[1:6] if elsewhere() else VALUES:
            response = client.get(f"{address}?{urlencode(dict.fromkeys(NAMES, value))}")
            if response.status_code >= 500:
                broken.append((endpoint, address, value))
            shown = response.get_data().decode(errors="replace")  # files too
            links = [*LINKS.findall(shown), response.headers.get("Location", "")]
            away += [(endpoint, address, value, link) for link in links if leads_away(link)]
            if any(one in shown for one in hostile.ALIVE):
                alive.append((endpoint, address, value))
            taken[value] = response.asked.query if response.status_code == 200 else set()
            if not (first.asked.query or response.asked.query):
                break  # it looks at nothing behind the question mark, whatever stands there
        else:
            for name in asked_for(client, address, first):
                for value, alike in (("9" * 19, "9223372036854775808"), ("0001-01-01", "0001-01-01")):
                    tried += 1
                    if alike not in taken or name in taken[alike]:
                        continue
                    response = client.get(f"{address}?{urlencode({name: value})}")
                    if response.status_code >= 500:
                        broken.append((endpoint, name, value))
    assert not broken, "\n".join(map(str, broken))
    assert not away, "\n".join(map(str, away[:20]))
    assert not alive, "\n".join(map(str, alive[:20]))
    assert tried > 100


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:x",
     "/%0d%0aSet-Cookie:a=b\r\n", " //evil.example", "/\n//evil.example"],
)  # fmt: skip
def test_no_way_back_leads_to_another_site(app, world, target):
    client = browser(app, world.orla)
    answers = [
        client.get(f"/sign-in?{urlencode({'next': target})}"),
        client.post("/news/read", data={"csrf_token": client.token("/account"), "back": target}),
    ]
    for answer in answers:
        assert answer.status_code == 303
        where = answer.headers["Location"]
        assert where.startswith("/") and not where.startswith(("//", "/\\")) and "evil" not in where, where


# --- requests that no browser of ours sends ----------------------------------------------------------------------


def count(*models):
    return [db.session.scalar(select(func.count()).select_from(model)) for model in models]


def test_other_methods_are_refused_everywhere(app, world):
    if elsewhere():
        return
    client = browser(app, world.declan)
    token = client.token("/account")
    before, routes = count(Event, Case, CaseNote), set()
    for _endpoint, _method, address in addresses(app, world.ids, wide=False):
        if address.rule in routes:
            continue
        routes.add(address.rule)
        for other in ("PUT", "DELETE", "PATCH", "TRACE"):
            headers = {"X-CSRFToken": token, "X-HTTP-Method-Override": "DELETE"}
            answer = client.open(address, method=other, headers=headers, data={"_method": "DELETE"})
            assert answer.status_code in (400, 403, 404, 405, 409, 415, 422) or other == "POST", (
                other,
                address,
            )
            assert answer.status_code < 500, (other, address)
            looked_up = {one for one in address.values.values() if len(str(one)) > 7} & answer.asked.values
            assert not looked_up, "which record the address names made a difference: then each must be tried"
    # a POST to what is also a form's address is refused because nothing in it is valid
    assert count(Event, Case, CaseNote) == before


def test_asking_what_is_allowed_tells_nothing_and_changes_nothing(app, world):
    """ASVS 4.1.4: a verb that a page does not take is refused, whatever record the address names."""
    client = app.test_client()
    client.judging = False
    told = set()
    for _endpoint, _method, address in list(addresses(app, world.ids, wide=False))[::5]:
        answer = client.open(address, method="OPTIONS")
        assert answer.status_code in (404, 405), address
        told.add(answer.text)
    assert len(told) <= 2


def test_a_head_request_is_recorded_like_the_reading_that_it_is(app, world):
    before = count(AuditEntry)
    assert browser(app, world.tomasz).open(f"/cases/{world.reference}/plan", method="HEAD").status_code == 200
    assert count(AuditEntry)[0] > before[0]


BODIES = (
    ("application/json", b'{"text": {"a": 1}, "kind": ["x"], "csrf_token": 7, "once": {"a": [1]}}'),
    ("application/json", b'["text", ["a"]]'),
    ("application/json", b'{"text": "\\ud800\\u0000", "agreed_on": 5, "version": null}'),
    ("application/json", b"{"),
    ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    ("text/plain", b"text=x"),
    ("application/x-www-form-urlencoded", b"text=%ff%fe&kind=%00&version=%ed%a0%80"),
    ("application/x-www-form-urlencoded", b"&".join(b"text=%d" % n for n in range(900))),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"text\"; filename=\"\x00\"\r\n\r\na\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n"),
    ("", b"text=x"),
)  # fmt: skip


def read_as(kind, body):
    """The form that a view would find in this body; the text of the error where nobody can read it."""
    environ = EnvironBuilder(method="POST", data=body, content_type=kind).get_environ()
    try:
        with Request(environ) as request:
            return str(sorted(request.form.lists())), str(sorted(request.files.keys()))
    except HTTPException as why:
        return repr(why)


def each_way_to_be_read():
    """Numbers of BODIES, and whether an earlier one already gave the views the same form."""
    forms = [read_as(kind, body) for kind, body in BODIES]
    return [(number, form in forms[:number]) for number, form in enumerate(forms)]


@pytest.mark.parametrize(("number", "known"), each_way_to_be_read())
def test_a_body_that_is_no_form_of_ours_is_refused(app, world, number, known):
    """Every body goes to some forms; those that views read differently go to all of them."""
    kind, body = BODIES[number]
    if elsewhere() and b"%" not in body and b"\\u" not in body:
        return
    client = browser(app, world.declan)
    token = client.token("/account")
    before = count(Event, Case, CaseNote)
    posts = [
        address
        for _endpoint, method, address in addresses(app, world.ids, wide=False)
        if method == "POST" and "sign-" not in address and "/password" not in address
    ]
    alike, read = Alike(app), 0
    for address in posts[number::OF_WHAT_IS_KNOWN] if known else posts:
        if alike.known("POST", address):
            continue  # the guard refuses, and no view reads the body
        answer = client.post(address, data=body, content_type=kind, headers={"X-CSRFToken": token})
        alike.note("POST", address, answer)
        read += not answer.asked.refused
        assert answer.status_code < 500, (address, kind, body[:40])
        assert not answer.asked.raw, "this view reads bodies itself: then each body must go to every view"
    assert count(Case, CaseNote) == before[1:]
    assert read > (5 if known else 50), "views read it"


PART = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n'


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"data": {f"field{n}": "x" for n in range(1001)}}, 400),
        ({"data": {"x" * 201: "x"}}, 400),
        (
            {
                "data": PART + b"x" * 3_200_000 + b"\r\n--x--\r\n",
                "content_type": "multipart/form-data; boundary=x",
            },
            413,
        ),
        ({"data": b"text=" + b"x" * 3_200_000, "content_type": "application/x-www-form-urlencoded"}, 413),
        ({"data": b"x" * 7_000_000, "content_type": "application/octet-stream"}, 400),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}, "data": {"text": "x"}}, 400),
        ({"headers": {"Sec-Fetch-Site": "same-site"}, "data": {"text": "x"}}, 400),
        ({"headers": {"Origin": "https://evil.example"}, "data": {"text": "x"}}, 400),
        ({"data": {"text": "x", "csrf_token": "no such token"}}, 400),
        ({"data": {"text": "x"}}, 400),
    ],
)
def test_junk_and_posts_of_other_sites_are_refused_before_anything_else(app, world, what, status):
    client = browser(app, world.orla)
    before = count(CaseNote, AuditEntry)
    answer = client.post(f"/cases/{world.reference}/notes", **what)
    assert answer.status_code in {status, 413 if status == 400 and "data" in what else status}
    assert count(CaseNote, AuditEntry) == before


def test_the_token_of_one_browser_is_worth_nothing_in_another(app, world):
    token = fields_of(browser(app, world.tomasz).get("/account").text)["csrf_token"]
    client = browser(app, world.orla)
    form = fields_of(client.get(f"/cases/{world.reference}/notes/new").text) | {
        "csrf_token": token,
        "text": "Foreign",
    }
    assert client.post(f"/cases/{world.reference}/notes", data=form).status_code == 400


@pytest.mark.parametrize("name", ["old", "new", "again", "password"])
def test_a_password_never_comes_back_in_a_page(app, world, name):
    """Also not where the form was too old, and everything else that was typed is shown again."""
    client = browser(app, world.orla)
    typed = "a secret of at least fifteen characters"
    for token in ("no such token", client.token("/account")):
        answer = client.post(
            "/account/password", data={"csrf_token": token, name: typed, "note": "Typed in vain, alas"}
        )
        assert typed not in answer.text
        if token == "no such token":
            assert answer.status_code == 400 and "Typed in vain, alas" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/cases/41729304%00/plan", "/cases/%2e%2e/plan", "/cases/41729304/..%2f..%2fetc/passwd", "/people/%ff", "/" + "a" * 9000,
     "/cases/41729304/needs/%F0%9F%98%80", "/cases/41729304/plan/versions/99999999999999999999",
     "/cases/41729304/plan/versions/-1", "/people/zzzzzzzzzzzzz", "/people/8zzzzzzzzzzzz", "/views/%00/new",
     "/agency/settings/__class__", "/about/..%2Fbase", "/password/" + "%F0%9F%98%80" * 50, "/static/..%2f..%2fconfig/default.py",
     "/static/%2e%2e/%2e%2e/config/default.py", "/cases/\u0664\u0661\u0667\u0662\u0669\u0663\u0660\u0664/plan"],
)  # fmt: skip
def test_a_path_that_no_page_has_is_not_found_or_refused(app, world, path):
    for client in (browser(app, world.orla), browser(app, world.ciara), app.test_client()):
        client.judging = False
        assert client.get(path).status_code in (303, 400, 403, 404, 410), path


def test_a_foreign_host_changes_no_address_of_a_page(app, world):
    client = browser(app, world.orla)
    answer = client.get(
        f"/cases/{world.reference}/plan", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert "evil.example" not in answer.text + str(answer.headers)
