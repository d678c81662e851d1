"""What was stored, by whatever way it came, is shown as text: a word that is markup, a formula and a template at once stands
in every text of every row, and every page and file is looked at as everybody."""

import csv
import io

import pytest
from sqlalchemy import JSON, Enum, String, Text, select, update

from caseapp.extensions import db
from caseapp.models import Base
from tests import canaries
from tests.test_canaries import addresses
from tests.test_hostile_addresses import LINKS, leads_away
from tests.world import sign_in

MARKUP = "=1+1<script>alert(1)</script>\"><img src=x onerror=alert(1)>'{{7*7}}</title></textarea>\u202e"
ALIVE = ("<script>alert(1)", "<img src=x onerror", "{{49}}", "</textarea>\u202e", "=1+149")
#: Codes, keys and hashes, which people never write.
LEFT = canaries.TECHNICAL | {"roles", "digest", "token_hash", "list_name", "query", "schema"}
TABLES_LEFT = {
    "alembic_version", "person_trigram", "audit_entry", "submission", "user_session", "one_time_link", "attempt",
    "authenticator", "recovery_code", "outbox_message",
    "job_run", "agency_setting", "consent_withheld",
}  # fmt: skip


@pytest.fixture
def world(app, database, db_session):
    return database.kept("evil", _build)


def _build():
    world = canaries.build()
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if table.name in TABLES_LEFT:
            continue
        columns = [
            c
            for c in table.columns
            if isinstance(c.type, String | Text)
            and not isinstance(c.type, Enum | JSON)
            and c.name not in LEFT
        ]
        unique = {c.name for c in columns if c.unique} | {"email", "name"}
        for at, row in enumerate(db.session.execute(select(table)).mappings().all()):
            values = {}
            for column in columns:
                text = f"{MARKUP}{at}" if column.name in unique else MARKUP
                values[column.name] = (
                    f"https://{text}"[: column.type.length]
                    if column.name == "website"
                    else text[: column.type.length or 500]
                )
            if table.name == "event":
                values["change"] = {MARKUP: [MARKUP, MARKUP]}
            if table.name == "plan_version":
                values["content"] = _everywhere(row["content"])
            if values:
                key = [table.c[c.name] == row[c.name] for c in table.primary_key]
                db.session.execute(update(table).where(*key).values(values))
    db.session.commit()
    return world


def _everywhere(content):
    if isinstance(content, dict):
        return {
            name: value
            if name in LEFT or name.endswith(("_on", "_id", "id", "level", "achievement", "advocacy"))
            else _everywhere(value)
            for name, value in content.items()
        }
    if isinstance(content, list):
        return [_everywhere(one) for one in content]
    return MARKUP if isinstance(content, str) else content


@pytest.mark.parametrize("name", ["declan", "orla", "tomasz", "leah", "ciara", "root"])
def test_what_is_stored_is_shown_as_text_on_every_page_and_in_every_file(app, world, name):
    client = app.test_client()  # it judges each page: what breaks out of its place breaks the page
    sign_in(client, world.viewers[name])
    wrong, seen, files = [], 0, 0
    for endpoint, method, address in addresses(app, world.ids, wide=False):
        if method != "GET":
            continue
        for headers in ({}, {"HX-Request": "true"}) if endpoint.startswith("plan.") else ({},):
            answer = client.get(address, headers=headers)
            alive = answer.mimetype == "text/html" and any(one in answer.text for one in ALIVE)
            if answer.status_code >= 500 or alive:
                wrong.append((address, answer.status_code, [one for one in ALIVE if one in answer.text]))
            wrong += [(address, link) for link in LINKS.findall(answer.text) if leads_away(link)]
            seen += "&lt;script&gt;alert(1)" in answer.text
            if answer.mimetype == "text/csv":
                files += 1
                for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))):
                    wrong += [
                        (address, cell) for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
                    ]
    assert not wrong, "\n".join(map(str, wrong))
    assert seen > 3
    assert files >= {"declan": 4, "orla": 2, "tomasz": 2}.get(name, 0)
