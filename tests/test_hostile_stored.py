"""What was stored, by whatever way it came, is shown as text: a word that is markup, a formula and a template at once stands
in every text of every row, and every page and file is looked at as everybody."""

import csv
import io
from contextlib import contextmanager

import pytest
from sqlalchemy import JSON, Enum, String, Text, select, text, update
from sqlalchemy.exc import IntegrityError

from caseapp.extensions import db
from caseapp.models import Base
from tests import canaries
from tests.asked import Alike
from tests.test_canaries import addresses
from tests.test_hostile_addresses import LINKS, leads_away
from tests.world import sign_in

MARKUP = "=1+1<script>alert(1)</script>\"><img src=x onerror=alert(1)>'{{7*7}}</title></textarea>\u202e"
ALIVE = ("<script>alert(1)", "<img src=x onerror", "{{49}}", "</textarea>\u202e", "=1+149")
#: Codes, keys and hashes, which people never write.
LEFT = canaries.TECHNICAL | {
    "calendar",
    "number",
    "library_key",
    "roles",
    "digest",
    "token_hash",
    "list_name",
    "query",
    "schema",
}
TABLES_LEFT = {
    "alembic_version", "person_trigram", "person_name_key", "audit_entry", "submission", "user_session", "one_time_link", "attempt",
    "authenticator", "recovery_code", "outbox_message",
    "job_run", "agency_setting", "consent_withheld",
}  # fmt: skip


@pytest.fixture
def world(app, database, db_session):
    return database.kept("evil", _build)


@contextmanager
def unlocked():
    """What was issued, published or confirmed is refused to be changed by the databases themselves: here, for once, not."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        for table in Base.metadata.tables.values():
            connection.execute(text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))
        yield
        for table in Base.metadata.tables.values():
            connection.execute(text(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER'))
        return
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


def _build():
    world = canaries.build()
    with unlocked():
        _write_markup()
    db.session.commit()
    return world


def _write_markup():
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
                if row[column.name] is None:
                    continue  # what is not there has its reason in a rule of the table
                said = f"{MARKUP}{at}" if column.name in unique else MARKUP
                values[column.name] = (
                    f"https://{said}"[: column.type.length]
                    if column.name == "website"
                    else said[: column.type.length or 500]
                )
            if table.name == "event":
                values["change"] = {MARKUP: [MARKUP, MARKUP]}
            if table.name == "plan_version":
                values["content"] = _everywhere(row["content"])
            if values:
                key = [table.c[c.name] == row[c.name] for c in table.primary_key]
                try:
                    with db.session.begin_nested():
                        db.session.execute(update(table).where(*key).values(values))
                except (
                    IntegrityError
                ):  # a rule of the table asks why there are words at all: then only where some are
                    values = {name: value for name, value in values.items() if row[name]}
                    db.session.execute(update(table).where(*key).values(values))


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
    wrong, seen, files, alike = [], 0, 0, Alike(app)
    for _endpoint, method, address in addresses(app, world.ids, wide=False):
        if method != "GET" or alike.known(method, address):
            continue
        answers = [client.get(address)]
        alike.note(method, address, answers[0])
        if answers[0].asked.for_header("HX-Request"):
            answers.append(client.get(address, headers={"HX-Request": "true"}))
        for answer in answers:
            shown = answer.get_data().decode(errors="replace")  # files too
            alive = answer.mimetype == "text/html" and any(one in shown for one in ALIVE)
            if answer.status_code >= 500 or alive:
                wrong.append((address, answer.status_code, [one for one in ALIVE if one in shown]))
            wrong += [(address, link) for link in LINKS.findall(shown) if leads_away(link)]
            seen += "&lt;script&gt;alert(1)" in shown
            if answer.mimetype == "text/csv":
                files += 1
                for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))):
                    wrong += [
                        (address, cell) for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
                    ]
    assert not wrong, "\n".join(map(str, wrong))
    assert seen > 3
    assert files >= {"declan": 4, "orla": 2, "tomasz": 2}.get(name, 0)
