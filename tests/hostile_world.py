"""What tests of others' ids and of records that are over share: the canary world, a browser that judges no page, and
everything that hangs on a case."""

import pytest
from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Base
from tests import canaries
from tests.world import sign_in

#: What every form might ask for, so that an id is judged and not only an empty field.
FILLED = {
    "text": "x", "reason": "x", "note": "x", "how": "x", "words": "x", "what": "x", "answer": "yes", "name": "x", "said": "x",
    "with_whom": "x", "by": "x", "route": "in_person", "said_on": "2026-10-01", "on": "2026-10-01", "kind": "contact",
    "day": "2026-10-01", "agreed": "y", "decision": "ended", "works": "x", "role": "parent", "engaged": "no", "level": "low",
    "achievement": "not_achieved", "stop_actions": "y", "sure": "y", "domain": "drug_use", "version": "1", "who": "nobody",
    "advocacy": "person", "held_on": "2026-10-01", "company": "with", "review_on": "2027-01-01", "scheme": "LINK",
    "value": "1", "email": "x@y.example", "roles": "1", "capacity": "100", "known_on": "2026-10-01", "decided": "agreed",
    "user_id": "1", "agency_id": "1", "until": "8", "list_name": "caseload", "area_id": "1", "seen": "",
}  # fmt: skip


@pytest.fixture
def world(app, database, db_session):
    return database.kept("canaries", canaries.build)


def browser(app, viewer):
    client = app.test_client()
    client.judging = False
    sign_in(client, viewer)
    return client


def on_postgresql() -> bool:
    """Who may is the same code on both databases; there a few stand for all."""
    return db.engine.dialect.name == "postgresql"


def posts(app):
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if "POST" in rule.methods and rule.endpoint not in {"auth.sign_out", "auth.sign_in_now"}:
            yield rule


def built(app, rule, values):
    return app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")


def rows_of(case_id, person_id):
    """Everything that hangs on a case and its person, as it stands in the database."""
    ours = {case_id, person_id}
    found = {}
    tables = {t.name: t for t in Base.metadata.sorted_tables}
    for name, table in tables.items():
        if name in {"audit_entry", "submission", "user_session"}:
            continue
        for row in db.session.execute(select(table)).mappings():
            if any(row[c] in ours for c in ("id", "case_id", "person_id") if c in row):
                found[name, str(row.get("id") or row.get("case_id"))] = dict(row)
    goals = {row["id"] for (name, _), row in found.items() if name == "goal"}
    for row in db.session.execute(select(tables["goal_step"])).mappings():
        if row["goal_id"] in goals:
            found["goal_step", str(row["id"])] = dict(row)
    return found
