"""The access matrix: every route, as every persona, with own and foreign records; no foreign canary anywhere.

Also: no answer is a 5xx, whatever is asked, and what is foreign answers exactly like what does not exist.
"""

import io
import re
import zipfile
from collections import Counter

import pytest
from sqlalchemy import select

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import OutboxMessage
from tests import canaries
from tests.asked import Alike
from tests.browser import fields_of
from tests.world import sign_in

CANARY = re.compile(r"CANARY-([A-Z]+)-[\w-]*")

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')

#: Sign-out ends the session that the test is using; it shows nothing.
LEFT_OUT = {"auth.sign_out", "static"}


@pytest.fixture
def world(app, database, db_session):
    return database.kept("canaries", canaries.build)


class Address(str):
    """The address of a page, which remembers the route and the values that it was made of."""

    rule: str
    values: dict

    @classmethod
    def of(cls, adapter, rule, values):
        found = cls(adapter.build(rule.endpoint, values, method=sorted(rule.methods)[0]))
        found.rule, found.values = rule.rule, values
        return found


def addresses(app, ids, wide=True):
    """(endpoint, method, address) for every route: with Niall's records, with the foreign ones, with foreign records
    under his case, and (wide) with each of the first three of a kind."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LEFT_OUT:
            continue
        names = sorted(rule.arguments)
        unknown = [name for name in names if name not in ids["own"]]
        nobody = new_id()
        assert not unknown, f"teach tests/canaries.py what {unknown} of {rule.rule} may be"
        chosen = {}
        for sides in ("own", "foreign"), ("foreign", "foreign"), ("own", "own"):
            for at in range(3 if wide else 1):
                values = {}
                for name in names:
                    known = ids[sides[name not in ("reference", "person_id")]][name] or [nobody]
                    values[name] = known[min(at, len(known) - 1)]
                chosen[tuple(values.values())] = values
        for values in chosen.values():
            address = Address.of(adapter, rule, values)
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, address


def read(response) -> set[str]:
    """The zones of all canaries in an answer, headers included. A workbook is opened."""
    assert response.mimetype != "application/pdf", "no canary can be found in it"
    data = response.get_data()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"".join(book.read(name) for name in book.namelist())
    words = data.decode("utf-8", errors="replace") + " ".join(f"{k}: {v}" for k, v in response.headers)
    return set(CANARY.findall(words))


#: Who on PostgreSQL asks for each of several records of a kind.
WIDE_ON_POSTGRESQL = {"tomasz"}
#: Who sends forms about each of several records of a kind: who holds the plan, and who holds a part. All look at each.
POSTS_WIDE = {"orla", "tomasz"}


@pytest.mark.parametrize("persona", sorted(canaries.MAY_READ))
def test_no_persona_ever_reads_a_canary_that_is_not_theirs(app, world, persona, in_plain_words):
    client = app.test_client()
    client.judging = False
    sign_in(client, world.viewers[persona])
    token = fields_of(client.get("/account").text).get("csrf_token", "")
    allowed = canaries.MAY_READ[persona]
    leaks, broken, seen, fragments = [], [], set(), 0
    practises = world.viewers[persona].practises
    wide = practises and (persona in WIDE_ON_POSTGRESQL or db.engine.dialect.name == "sqlite")
    narrow = {(endpoint, address) for endpoint, _method, address in addresses(app, world.ids, wide=False)}
    alike, refused = Alike(), Counter()
    asked_for = list(addresses(app, world.ids, wide=wide))
    if db.engine.dialect.name == "postgresql":
        # pages first: each refused form lets the driver forget the statements that it has prepared. On SQLite, pages and
        # forms take turns, so that pages are also seen as forms have left them.
        asked_for.sort(key=lambda one: one[1] != "GET")
    for endpoint, method, address in asked_for:
        if method == "POST" and persona not in POSTS_WIDE and (endpoint, address) not in narrow:
            continue
        if alike.known(method, address):
            continue
        if method == "GET":
            responses = [client.get(address)]
            if responses[0].asked.for_header("HX-Request") and not (
                responses[0].asked.refused and refused[responses[0].status_code] > 5
            ):  # the page of an error knows no more of the address than the status
                fragments += 1
                responses.append(client.get(address, headers={"HX-Request": "true"}))
        else:
            responses = [client.open(address, method=method, data={"csrf_token": token, "text": "x"})]
        alike.note(method, address, responses[0])
        refused[responses[0].status_code] += responses[0].asked.refused
        for response in responses:
            zones = read(response)
            seen |= zones
            if zones - allowed:
                leaks.append((endpoint, method, address, response.status_code, sorted(zones - allowed)))
            if response.status_code >= 500:
                broken.append((endpoint, method, address, response.status_code))
    assert not leaks, leaks[:10]
    assert not broken, broken[:10]
    if persona in {"orla", "tomasz", "leah", "mark"}:
        assert seen, (
            "the matrix looked at nothing: the pages show no canary at all to somebody who may read some"
        )
        assert fragments > (10 if wide and persona == "orla" else 1), (
            "hardly a page was asked for as a fragment"
        )
    for message in db.session.scalars(select(OutboxMessage)):
        assert not CANARY.search(
            message.subject + message.body + message.to_address + (message.calendar or "")
        ), "mail holds words about a person"


def test_a_signed_out_visitor_reads_no_canary_and_changes_nothing(app, world):
    client = app.test_client()
    client.judging = False
    for endpoint, method, address in addresses(app, world.ids, wide=False):
        response = client.open(address, method=method)
        assert not read(response), (endpoint, address)
        assert response.status_code < 500, (endpoint, address)


@pytest.mark.parametrize("persona", ["tomasz", "leah", "shauna", "brid", "root"])
def test_what_is_foreign_answers_like_what_does_not_exist(app, world, persona):
    client = app.test_client()
    client.judging = False
    sign_in(client, world.viewers[persona])
    nowhere = "10000022"
    for rule in app.url_map.iter_rules():
        if "reference" not in rule.arguments or "GET" not in rule.methods:
            continue
        adapter = app.url_map.bind("localhost")
        values = {
            name: world.ids["foreign"][name][0] for name in rule.arguments if world.ids["foreign"][name]
        }
        if len(values) < len(rule.arguments):
            continue
        foreign = client.get(adapter.build(rule.endpoint, values))
        missing = client.get(adapter.build(rule.endpoint, values | {"reference": nowhere}))
        assert foreign.status_code == missing.status_code == 404, rule.rule
        assert TOKEN.sub("", foreign.text) == TOKEN.sub("", missing.text), rule.rule
