"""The doors: what every answer carries, who may send what from where, and that nothing is asked of a database before
that is known (issue 6; ASVS 3.3, 3.4, 3.5, 4.1). tests/browser.py holds each answer of every other test to the headers
too."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import json
import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from caseapp import clock, create_app
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import AuditEntry
from caseapp.services import sessions
from caseapp.web import policy_reports
from tests import doors
from tests.browser import Browser, fields_of
from tests.hostile_world import browser, world  # noqa: F401 - fixtures


def elsewhere() -> bool:
    """What no database has a part in is looked at on one of them."""
    return db.engine.dialect.name == "postgresql"


@pytest.fixture
def statements():
    """The SQL that ran."""
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


# --- headers -------------------------------------------------------------------------------------------------------


def answers(app, world, monkeypatch):
    """One answer of each kind: (what it is, the status it must have, the answer)."""
    orla, declan = browser(app, world.orla), browser(app, world.declan)
    reference = world.reference
    letter = f"/cases/{reference}/actions/{written(world.actions['letter'])}"
    meeting = written(world.ids["own"]["meeting_id"][0])
    yield "a page", 200, orla.get(f"/cases/{reference}/plan")
    yield "a page signed out", 200, app.test_client().get("/sign-in")
    yield "a fragment", 200, orla.get(f"/cases/{reference}/needs/money/row", headers={"HX-Request": "true"})
    yield "a print", 200, orla.get(f"/cases/{reference}/print/plan")
    yield "a table", 200, orla.get("/caseload.csv")
    yield "a workbook", 200, declan.get("/reading/evidence.xlsx")
    yield "a document", 200, declan.get("/reading/evidence.pdf")
    yield "a calendar", 200, orla.get(f"/meetings/{meeting}/meeting.ics")
    yield "a redirect", 303, orla.get("/")
    leah = browser(app, world.leah)
    yield "the way out", 303, leah.post("/sign-out", data={"csrf_token": leah.token("/account")})
    yield "a static file", 200, orla.get("/static/app.css", buffered=True)
    yield "no static file", 404, orla.get("/static/nothing.css")
    yield "unread", 400, orla.post(f"/cases/{reference}/notes", data={"text": "x"})
    yield "signed out", 401, app.test_client().post(f"/cases/{reference}/notes", data={"csrf_token": "x"})
    yield "not allowed", 403, orla.get("/staff")
    yield "not there", 404, orla.get("/cases/10000022/plan")
    yield "no such verb", 405, orla.put(f"/cases/{reference}/plan")
    yield "too large", 413, orla.post("/imports", data=b"x" * 7_000_000, content_type="text/csv")
    empty = fields_of(orla.get(f"/cases/{reference}/notes/new").text)
    yield "refused", 422, orla.post(f"/cases/{reference}/notes", data=empty)
    yield (
        "refused, in place",
        422,
        orla.post(f"/cases/{reference}/goals/new", data=empty, headers={"HX-Request": "true"}),
    )
    stale = fields_of(orla.get(f"{letter}/words").text) | {"version": "999", "what": "Another letter"}
    yield "somebody was first", 409, orla.post(f"{letter}/words", data=stale)

    def breaks(*_args, **_kwargs):
        raise ValueError("it broke")

    monkeypatch.setattr("caseapp.blueprints.home.views.about.navigation.landing", breaks)
    yield "broken", 500, orla.get("/")


def test_every_kind_of_answer_carries_exactly_the_headers_it_should(app, world, monkeypatch):
    if elsewhere():
        return
    kinds = 0
    for what, status, answer in answers(app, world, monkeypatch):
        assert answer.status_code == status, what
        assert doors.faults_of_headers(answer) == [], what
        kinds += 1
    assert kinds == 22


def test_what_is_given_out_is_of_known_types_and_files_are_saved_not_shown(app, world, monkeypatch):
    """ASVS 3.2.1, 4.1.1, 5.4.1: a name of ours, plain letters, as an attachment."""
    if elsewhere():
        return
    for what, _status, answer in answers(app, world, monkeypatch):
        if what in ("a table", "a workbook", "a document", "a calendar"):
            assert re.fullmatch(
                r'attachment; filename="[\w.-]+\.(csv|xlsx|pdf|ics)"', answer.headers["Content-Disposition"]
            )
        elif what != "a static file":
            assert "Content-Disposition" not in answer.headers, what


def test_signing_out_clears_what_the_browser_kept(app, world):
    client = browser(app, world.orla)
    answer = client.post("/sign-out", data={"csrf_token": client.token("/account")})
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert doors.faults_of_headers(answer) == []


# --- cookies and proxies, as in production ---------------------------------------------------------------------------


@pytest.fixture
def production(app, world, monkeypatch, tmp_path):
    """A function that builds the application as production runs it, on the same database."""

    def build(**environment):
        given = {"CASEAPP_ENV": "production", "PUBLIC_URL": "https://care.example.ie", "SECRET_KEY": "k" * 40,
                 "CASEAPP_DATA": str(tmp_path), "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                 "SECOND_FACTOR": "agencies"} | environment  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        live = create_app()
        live.test_client_class = Browser
        built.append(live)
        return live

    built = []
    level = logging.getLogger().level
    yield build
    logging.getLogger().setLevel(level)
    for live in built:
        with live.app_context():
            db.engine.dispose()


HTTPS = {"base_url": "https://care.example.ie"}


def test_in_production_the_cookie_is_bound_to_host_tls_and_site(production):
    """ASVS 3.3.1 to 3.3.4, 3.4.1."""
    if elsewhere():
        return
    client = production().test_client()
    client.judging = False
    answer = client.get("/sign-in", **HTTPS)
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 1
    name, *attributes = [part.strip() for part in cookies[0].split(";")]
    assert name.startswith("__Host-caseapp=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert client.get("/nowhere", **HTTPS).headers["Strict-Transport-Security"]


def test_another_host_name_is_refused_and_not_repeated(production):
    """The name in PUBLIC_URL counts where TRUSTED_HOSTS says nothing."""
    if elsewhere():
        return
    client = production().test_client()
    client.judging = False
    for host in (
        "evil.example",
        "care.example.ie.evil.example",
        "care.example.ie@evil.example",
        "evil.example:443",
    ):
        answer = client.get("/sign-in", base_url="https://care.example.ie", headers={"Host": host})
        assert answer.status_code == 400, host
        assert "evil" not in answer.text + str(answer.headers), host
    assert client.get("/sign-in", **HTTPS).status_code == 200


def test_the_readers_address_cannot_be_made_up(production, world, db_session):
    """ASVS 4.1.3: without a proxy its headers count for nothing; behind one only what that one wrote."""
    if elsewhere():
        return
    forged = {"X-Forwarded-For": "6.6.6.6, 10.0.0.9", "X-Forwarded-Host": "evil.example", "X-Real-IP": "6.6.6.6",
              "Forwarded": "for=6.6.6.6;host=evil.example", "X-Forwarded-Prefix": "/evil"}  # fmt: skip
    for hops, wanted in (("0", "127.0.0.1"), ("1", "10.0.0.9")):
        live = production(PROXY_HOPS=hops)
        client = live.test_client()
        client.judging = False
        with live.app_context():
            lasts = timedelta(hours=1)
            token = sessions.begin(world.orla.user_id, at=clock.now(), lasts=lasts, factor="totp")
        with client.session_transaction(**HTTPS) as cookie:
            cookie["_user_id"] = token
        honest = forged if hops == "0" else forged | {"X-Forwarded-Host": "care.example.ie"}
        page = client.get("/cases/10000022/plan", headers=honest, **HTTPS)
        assert page.status_code == 404 and "evil" not in page.text + str(page.headers)
        newest = select(AuditEntry.address).order_by(AuditEntry.id.desc()).limit(1)
        assert db_session.scalar(newest) == wanted
        if hops == "1":
            assert client.get("/sign-in", headers=forged, **HTTPS).status_code == 400


def test_a_form_over_tls_needs_a_page_of_ours_behind_it(production):
    if elsewhere():
        return
    client = production().test_client()
    client.judging = False
    token = fields_of(client.get("/sign-in", **HTTPS).text)["csrf_token"]
    typed = {"csrf_token": token, "email": "x@y.example", "password": "none of yours"}
    assert client.post("/sign-in", data=typed, **HTTPS).status_code == 400
    behind = {"Referer": "https://care.example.ie/sign-in"}
    assert client.post("/sign-in", data=typed, headers=behind, **HTTPS).status_code == 422


@pytest.mark.parametrize(
    ("missing", "words"),
    [({"SECRET_KEY": "short"}, "SECRET_KEY"), ({"PUBLIC_URL": "http://care.example.ie"}, "PUBLIC_URL"), ({"PUBLIC_URL": ""}, "PUBLIC_URL")],
)  # fmt: skip
def test_an_unsafe_setting_stops_the_start(production, missing, words):
    with pytest.raises(RuntimeError, match=words):
        production(**missing)


# --- requests of other sites ----------------------------------------------------------------------------------------

OTHER_SITES = (
    ({"Sec-Fetch-Site": "cross-site"}, "POST", 400),
    ({"Sec-Fetch-Site": "same-site"}, "POST", 400),
    (
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        "POST",
        400,
    ),
    ({"Origin": "https://evil.example"}, "POST", 400),
    ({"Origin": "http://localhost:8080"}, "POST", 400),
    ({"Origin": "https://localhost"}, "POST", 400),
    ({"Origin": "null"}, "POST", 400),
    ({"Origin": "null", "Sec-Fetch-Site": "none"}, "POST", 400),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, "GET", 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, "GET", 403),
    ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, "GET", 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, "GET", 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "document"}, "GET", 403),
    ({"Sec-Fetch-Site": "cross-site"}, "GET", 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, "HEAD", 403),
)


@pytest.mark.parametrize(("headers", "method", "status"), OTHER_SITES)
def test_another_sites_request_is_refused_before_anybody_is_looked_up(
    app, world, statements, headers, method, status
):
    """ASVS 3.5.1, 3.5.8: not one statement runs, though a valid session and token came along."""
    if elsewhere():
        return
    client = browser(app, world.orla)
    token = client.token("/account")
    statements.clear()
    data = {"csrf_token": token, "text": "x", "kind": "contact"} if method == "POST" else None
    path = f"/cases/{world.reference}/" + ("notes" if method == "POST" else "plan")
    answer = client.open(path, method=method, headers=headers, data=data)
    assert answer.status_code == status
    assert statements == []
    assert "Orla" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_of_ours_goes_through(app, world, headers):
    client = browser(app, world.orla)
    typed = fields_of(client.get(f"/cases/{world.reference}/notes/new").text) | {
        "kind": "contact",
        "text": "Rang",
    }
    assert client.post(f"/cases/{world.reference}/notes", data=typed, headers=headers).status_code == 303


def test_a_link_from_a_mail_opens_a_page(app, world):
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    answer = browser(app, world.orla).get(f"/cases/{world.reference}/plan", headers=followed)
    assert answer.status_code == 200


def test_every_route_says_which_verbs_it_takes_and_refuses_all_others(app, world, statements):
    """ASVS 4.1.4, and 3.5.3: what is asked with GET is never what writes."""
    if elsewhere():
        return
    listed = {}
    for rule in app.url_map.iter_rules():
        assert rule.methods - {"OPTIONS"} <= {"GET", "HEAD", "POST"}, rule
        assert "OPTIONS" not in rule.methods or rule.endpoint == "static", (
            rule
        )  # Flask's own; the gate refuses it
        listed.setdefault(rule.rule, set()).update(rule.methods)
    client = app.test_client()
    client.judging = False
    for path, methods in (
        ("/sign-in", {"GET", "POST"}),
        ("/sign-out", {"POST"}),
        ("/caseload", {"GET"}),
        ("/static/app.css", {"GET"}),
    ):
        assert listed.get(path, methods) - {"HEAD"} == methods
        for verb in {
            "GET",
            "POST",
            "PUT",
            "PATCH",
            "DELETE",
            "OPTIONS",
            "TRACE",
            "CONNECT",
            "PROPFIND",
            "X",
        } - methods:
            statements.clear()
            assert client.open(path, method=verb).status_code == 405, (path, verb)
            assert statements == []


# --- reports of the content policy -----------------------------------------------------------------------------------

TOLD = {
    "csp-report": {
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/a.js?who=Niall+Rafter",
        "document-uri": "http://localhost/cases/41729304/plan?q=Niall",
        "script-sample": "Niall lives at Mill Lane",
        "referrer": "http://localhost/people?q=Niall",
    }
}


@pytest.fixture
def fresh_minute(monkeypatch):
    monkeypatch.setattr(policy_reports, "minute", policy_reports._Minute())


def send(app, body, kind="application/csp-report"):
    client = app.test_client()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/policy-reports", data=data, content_type=kind)


def test_a_broken_policy_is_noted_without_words_about_anybody(app, caplog, statements, fresh_minute):
    """ASVS 3.4.7: both shapes that browsers send; the log names the directive, the machine and our page."""
    assert send(app, TOLD).status_code == 204
    newer = [{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "inline",
                                               "documentURL": "http://localhost/people?q=Niall"}}]  # fmt: skip
    assert send(app, newer, "application/reports+json").status_code == 204
    assert [record.getMessage() for record in caplog.records] == [
        "content policy: script-src-elem refused evil.example, on plan.show",
        "content policy: img-src refused inline, on people.index",
    ]
    assert statements == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[1, 2]", b"\xff\xfe", b"[" * 5000, b'{"csp-report": []}', b'{"csp-report": {"effective-directive": 5}}',
     b'{"csp-report": {"effective-directive": "x\\ny"}}', b" " * 9000 + json.dumps(TOLD).encode()],
)  # fmt: skip
def test_a_report_that_is_none_is_answered_alike_and_not_noted(app, caplog, fresh_minute, body):
    answer = send(app, body)
    assert (answer.status_code, answer.data) == (204, b"")
    assert not caplog.records


def test_reports_cannot_fill_the_log(app, caplog, fresh_minute):
    for _ in range(30):
        assert send(app, TOLD).status_code == 204
    assert len(caplog.records) == policy_reports.LINES_A_MINUTE
