"""Every form of every page, as somebody who may use it, filled with what nobody should send: no answer is a 5xx, what
was typed comes back escaped and whole, and what was stored is shown as text."""

from collections import Counter

import pytest

from caseapp import clock
from caseapp.extensions import db
from tests import canaries, hostile
from tests.test_canaries import addresses
from tests.world import sign_in

PERSONAS = ("declan", "orla", "tomasz", "leah", "ciara", "root")
#: Ends the session that the test is using.
LEFT_OUT = {"/sign-out"}


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
        if database.kind == "sqlite":
            db.engine.dispose()
        return database.kept("hostile", build)

    return again


def signed_in(app, cookies):
    client = app.test_client()
    client.judging = False
    with client.session_transaction() as session:
        session.update(cookies)
    return client


def all_forms(app, world, cookies):
    """Each form once: (persona, client, page, form)."""
    seen = set()
    adapter = app.url_map.bind("localhost")
    for name in PERSONAS:
        client = signed_in(app, cookies[name])
        for _endpoint, method, address in addresses(app, world.ids, wide=False):
            if method != "GET":
                continue
            response = client.get(address)
            assert response.status_code < 500, (name, address)
            if response.status_code != 200 or response.mimetype != "text/html":
                continue
            for form in hostile.forms_of(response.text):
                action = form.action or address
                path = action.split("?")[0]
                if path in LEFT_OUT:
                    continue
                key = (adapter.match(path, "POST")[0], tuple(sorted(form.fields)))
                if key not in seen:
                    seen.add(key)
                    yield name, client, action, form


def test_no_form_breaks_whatever_it_is_sent(app, restored):
    world, cookies = restored()
    today = clock.today()
    broken, alive, lost, answers = [], [], [], Counter()
    for name, client, action, form in list(all_forms(app, world, cookies)):
        for what, data in hostile.attempts(form, today):
            response = client.post(action, data=data)
            status = response.status_code
            answers[status] += 1
            if status >= 500:
                broken.append((name, action, what, status))
            if any(one in response.text for one in hostile.ALIVE):
                alive.append((name, action, what))
            if what == "evil" and status in (409, 422) and _texts(form):
                if not hostile.kept_in(response.text, hostile.EVIL):
                    lost.append((name, action, what))
            if 300 <= status < 400:
                where = response.headers["Location"]
                assert where.startswith("/") and not where.startswith("//"), (action, what, where)
                page = client.get(where)
                if page.status_code >= 500:
                    broken.append((name, where, f"after {action} {what}", page.status_code))
                if any(one in page.text for one in hostile.ALIVE):
                    alive.append((name, where, f"after {action} {what}"))
            if status < 400:
                restored()
    assert answers[422] > 500 and answers[303] > 100, answers  # it was the forms that answered
    found = {"5xx": broken, "markup that lives": alive, "typed text lost": lost}
    assert not any(found.values()), "\n".join(
        f"{what}: {one}" for what, all_ in found.items() for one in all_
    )


def _texts(form):
    return [one for one in form.fields.values() if one.kind in ("text", "textarea", "email", "tel", "search")]
