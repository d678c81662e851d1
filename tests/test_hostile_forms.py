"""Every form of every page, as somebody who may use it, filled with what nobody should send: no answer is a 5xx, what
was typed comes back escaped and whole, and what was stored is shown as text."""

import io
import re
from collections import Counter

import pytest
from sqlalchemy import update

from caseapp import clock
from caseapp.blueprints.auth.views import links
from caseapp.extensions import db
from caseapp.models import UserSession
from tests import canaries, hostile
from tests.asked import Alike
from tests.browser import silent
from tests.test_canaries import addresses
from tests.world import sign_in

PERSONAS = ("declan", "orla", "tomasz", "leah", "ciara", "root", "femi")
#: Ends the session that the test is using.
LEFT_OUT = {"/sign-out"}
#: Holds no form.
FILE = re.compile(r"\.(csv|xlsx|pdf|ics|zip)(\?|$)")


@pytest.fixture
def restored(app, database, db_session):
    """A function that brings the canary world back, with everybody signed in; and what it holds."""
    cookies = {}

    def build():
        world = canaries.build()
        for name in PERSONAS:
            client = app.test_client()
            sign_in(client, world.viewers[name])
            with client.session_transaction() as cookie:
                cookies[name] = dict(cookie)
        db.session.commit()
        return world, cookies

    def again():
        db.session.rollback()
        db.session.remove()
        kept = database.kept("hostile", build)
        # the world is built once: on a slow machine its sessions would have lain idle by the time of the later tests
        db.session.execute(update(UserSession).values(seen_at=clock.now(), proved_at=clock.now()))
        db.session.commit()
        return kept

    return again


def signed_in(app, cookies):
    client = app.test_client()
    client.judging = False
    with client.session_transaction() as session:
        session.update(cookies)
    return client


def all_forms(app, world, cookies, narrow):
    """Each form once: (persona, client, page, form). `narrow`: of a page that somebody else has seen with a form before,
    no other is looked for; which fields it has for whom is our templates' doing, alike on both databases."""
    seen, opened = set(), set()
    ids = world.ids | {"foreign": world.ids["own"]}  # nobody of these has a form about a foreign record
    adapter = app.url_map.bind("localhost")
    for name in PERSONAS:
        client, alike = signed_in(app, cookies[name]), Alike(app)
        before = frozenset(opened)
        for endpoint, method, address in addresses(app, ids, wide=False):
            if method != "GET" or FILE.search(address) or alike.known(method, address):
                continue
            if narrow and endpoint in before:
                continue
            response = client.get(address)
            alike.note(method, address, response)
            assert response.status_code < 500, (name, address)
            if response.status_code != 200 or response.mimetype != "text/html":
                continue
            for form in hostile.forms_of(response.text):
                action = form.action or address
                path = action.split("?")[0]
                if path in LEFT_OUT:
                    continue
                key = (adapter.match(path, "POST")[0], tuple(sorted(form.fields)))
                opened.add(endpoint)
                if key not in seen:
                    seen.add(key)
                    yield name, client, action, form


@pytest.mark.timeout(1800)  # ten thousand requests: long only where the machine does much else
def test_no_form_breaks_whatever_it_is_sent(app, restored, monkeypatch):
    # every answer of that door comes equally late; here nobody measures it
    monkeypatch.setattr(links, "ANSWER_AFTER", 0)
    world, cookies = restored()
    today = clock.today()
    broken, alive, lost, mute, answers = [], [], [], [], Counter()
    narrow = db.engine.dialect.name == "postgresql"
    forms = list(all_forms(app, world, cookies, narrow))
    assert len(forms) > 100
    for name, client, action, form in forms:

        def send(what, data, name=name, client=client, action=action, form=form):
            response = client.post(action, data=data)
            status = response.status_code
            answers[status] += 1
            if status >= 500:
                broken.append((name, action, what, status))
            if any(one in response.text for one in hostile.ALIVE):
                alive.append((name, action, what))
            if silent(response):
                mute.append((name, action, what, status))
            asked_again = what == "evil" and status in (409, 422) and _texts(form)
            if asked_again and not hostile.kept_in(response.text, hostile.EVIL):
                lost.append((name, action, what))
            if 300 <= status < 400:
                where = response.headers["Location"]
                assert where.startswith("/") and not where.startswith("//"), (action, what, where)
                page = client.get(where)
                if page.status_code >= 500:
                    broken.append((name, where, f"after {action} {what}", page.status_code))
                if any(one in page.text for one in hostile.ALIVE):
                    alive.append((name, where, f"after {action} {what}"))
            if what == "plausible" and client.post(action, data=data).status_code >= 500:
                broken.append((name, action, "the same form once more", 500))
            if status < 400:
                restored()
            return status, hostile.found_wrong(response.text)

        hostile.attempts(form, today, send, narrow)
    assert answers[422] > 300 and answers[303] > 100, answers  # it was the forms that answered
    found = {"5xx": broken, "markup that lives": alive, "typed text lost": lost, "no word of why": mute}
    assert not any(found.values()), "\n".join(
        f"{what}: {one}" for what, all_ in found.items() for one in all_
    )


def _texts(form):
    return [one for one in form.fields.values() if one.kind in ("text", "textarea", "email", "tel", "search")]


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ((b"Name\r\nX", "a\x00b\r\nc.csv"), {303, 422, 400}),
        ((b"Name\r\nX", "../../../etc/passwd"), {303, 422}),
        ((b"", "empty.csv"), {422}),
        ((b"\x00" * 1000, "nul.csv"), {422}),
        ((b"PK\x03\x04" + b"\xff" * 500, "not really.xlsx"), {422}),
        ((b"\xff\xfe\x00\xd8" * 100, "half a pair.csv"), {422}),
        (
            (
                b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
                "x.xml",
            ),
            {422},
        ),
        ((hostile.EVIL.encode() + b"\r\n" + hostile.EVIL.encode() * 50, "evil.csv"), {422}),
    ],
)
def test_whatever_is_uploaded_as_a_sheet_is_read_or_refused(app, restored, file, status):
    _world, cookies = restored()
    client = signed_in(app, cookies["declan"])
    data, name = file
    token = client.token("/account")
    answer = client.post(
        "/imports",
        data={"csrf_token": token, "protocol": "ie-homeless-drug", "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )
    assert answer.status_code in status, answer.status_code
    if answer.status_code == 303:
        page = client.get(answer.headers["Location"])
        assert page.status_code == 200 and "\x00" not in page.text
    as_text = client.post("/imports", data={"csrf_token": token, "file": "just words", "protocol": "\u00b2"})
    assert as_text.status_code == 422
