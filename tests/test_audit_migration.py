"""Entries older than the chains get their place with the migration, and lose nothing on the way there and back (X-13)."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from caseapp import migrate
from tests.databases import plain_engine

OLD = (
    "INSERT INTO audit_entry (id, at, user_id, user_name, agency_name, act, what, case_id, person_id, about_id, ground, address)"
    " VALUES (:id, '2026-11-03 09:00:00', :user, '', '', 'read', :what, NULL, :person, :about, '', '')"
)


def test_entries_are_chained_by_the_migration_and_come_back_whole(blank_database):
    migrate.upgrade(blank_database, "0005")
    whose = [
        (7, None, None),
        (8, None, None),
        (7, 3, None),
        (None, 3, None),
        (None, None, 4),
        (None, None, None),
    ]
    with plain_engine(blank_database) as engine:
        with engine.begin() as connection:
            for number, (person, user, about) in enumerate(whose, 1):
                values = {
                    "id": number,
                    "person": person,
                    "user": user,
                    "about": about,
                    "what": f"look {number}",
                }
                connection.execute(text(OLD), values)
        before = indexes(engine)
    migrate.upgrade(blank_database, "0006")
    with plain_engine(blank_database) as engine:
        with engine.begin() as connection:
            rows = connection.execute(
                text("SELECT id, chain, number, seal FROM audit_entry ORDER BY id")
            ).all()
            assert rows == [
                (1, 7, 1, ""),
                (2, 8, 1, ""),
                (3, 7, 2, ""),
                (4, 3, 1, ""),
                (5, 4, 1, ""),
                (6, 0, 1, ""),
            ]
            connection.execute(
                text(
                    "INSERT INTO audit_entry (id, at, user_name, agency_name, act, what, ground, address, chain, number, key_id,"
                    " seal) VALUES (9, '2026-11-03 09:00:00', '', '', 'signed_in', 'came', '', '', 0, 2, 'k', 's')"
                )
            )
        refused(engine)
    migrate.downgrade(blank_database, "0005")
    with plain_engine(blank_database) as engine:
        assert indexes(engine) == before
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT what, act FROM audit_entry ORDER BY id")).all()
        assert rows == [*((f"look {number}", "read") for number in range(1, 7)), ("came", "changed")]
        refused(engine)


def indexes(engine):
    return sorted(
        (index["name"], *index["column_names"]) for index in inspect(engine).get_indexes("audit_entry")
    )


def refused(engine):
    for statement in ("UPDATE audit_entry SET what = 'nothing'", "DELETE FROM audit_entry"):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))
