"""The migrated database is the one that the models describe, on both databases, and there is a way back."""

import re
from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, Numeric, inspect, select, text
from sqlalchemy.exc import DBAPIError

import caseapp.models  # noqa: F401 - completes the metadata
from caseapp import migrate
from caseapp.extensions import Base
from tests.databases import plain_engine


def shape(engine) -> dict:
    """What autogenerate does not compare, by name: CHECKs, conditions of indexes, options of keys."""
    inspector = inspect(engine)
    found = {}
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        for check in inspector.get_check_constraints(table):
            found["check", table, check["name"]] = plain(check["sqltext"])
        for index in inspector.get_indexes(table):
            condition = index.get("dialect_options", {}).get(f"{engine.dialect.name}_where", "")
            found["index", table, index["name"]] = (
                tuple(index["column_names"]),
                index["unique"],
                plain(condition),
            )
        for unique in inspector.get_unique_constraints(table):
            found["unique", table, unique["name"]] = tuple(unique["column_names"])
        for key in inspector.get_foreign_keys(table):
            options = tuple(sorted(key["options"].items()))
            found["key", table, key["name"]] = (
                tuple(key["constrained_columns"]),
                key["referred_table"],
                options,
            )
    return found


def plain(sql) -> str:
    return re.sub(r"\s+", " ", str(sql)).strip()


def fill(connection) -> int:
    """One row in every table that can be filled without a parent, and in those that hang on them. Returns how many."""
    made = {}
    for table in Base.metadata.sorted_tables:
        values = {column.name: sample(column, made) for column in table.columns}
        savepoint = connection.begin_nested()
        try:
            connection.execute(table.insert().values(values))
        except Exception:  # a rule of this table wants more than a sample; the others will do
            savepoint.rollback()
        else:
            savepoint.commit()
            made[table.name] = values
    return len(made)


def sample(column, made):
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        parent = made.get(target.table.name)
        return parent[target.name] if parent else None
    if column.primary_key:
        return 7
    if column.nullable:
        return None
    kind = column.type
    if enums := getattr(kind, "enums", None):
        return kind.enum_class(enums[0]) if kind.enum_class else enums[0]
    kind = getattr(kind, "impl_instance", kind)
    for sort, value in (
        (Boolean, True),
        (DateTime, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        (Date, date(2026, 3, 2)),
        (Integer, 1),
        (Numeric, 1),
        (JSON, {}),
    ):
        if isinstance(kind, sort):
            return value
    return "x"


def tables(url) -> set:
    with plain_engine(url) as engine:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_models_and_migrations_agree(blank_database):
    migrate.upgrade(blank_database)
    with plain_engine(blank_database) as engine, engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "target_metadata": Base.metadata},
        )
        assert compare_metadata(context, Base.metadata) == [], "the models changed: make migration NAME=…"


def test_checks_and_indexes_of_the_migrated_database_are_those_of_the_models(database, blank_database):
    migrate.upgrade(blank_database)
    try:
        with plain_engine(database.blank("by_models")) as engine:
            Base.metadata.create_all(engine)
            wanted = shape(engine)
        with plain_engine(blank_database) as engine:
            got = shape(engine)
    finally:
        database.drop("by_models")
    assert got == wanted


def test_every_rule_of_the_database_has_a_name(another_database):
    with plain_engine(another_database) as engine:
        unnamed = [key for key in shape(engine) if not key[2]]
    assert unnamed == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET what = 'nothing'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry",
    ],
)
def test_the_audit_record_of_the_migrated_database_is_only_added_to(database, another_database, statement):
    """X-13. Triggers stand in no model and are lost when a migration rebuilds the table: so they are tried."""
    only_on = {"TRUNCATE": "postgresql", "INSERT": "sqlite"}.get(statement.split()[0], database.kind)
    if database.kind != only_on:
        return  # the other database does not know this word
    with plain_engine(another_database) as engine:
        with engine.begin() as connection:
            entry = Base.metadata.tables["audit_entry"]
            connection.execute(entry.insert().values({c.name: sample(c, {}) for c in entry.columns}))
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))
            pytest.fail("it was done")


def test_a_database_with_data_goes_back_to_nothing_and_up_again(blank_database):
    migrate.upgrade(blank_database)
    before = tables(blank_database)
    with plain_engine(blank_database) as engine, engine.begin() as connection:
        assert fill(connection) >= 5
    migrate.downgrade(blank_database, "base")
    assert tables(blank_database) == set()
    assert migrate.current(blank_database) is None
    migrate.upgrade(blank_database)
    assert tables(blank_database) == before


def test_one_step_back_and_forth_keeps_the_rows_of_older_tables(blank_database):
    migrate.upgrade(blank_database)
    with plain_engine(blank_database) as engine, engine.begin() as connection:
        fill(connection)
        before = counts(connection)
    migrate.downgrade(blank_database, "-1")
    older = tables(blank_database)
    migrate.upgrade(blank_database)
    with plain_engine(blank_database) as engine, engine.connect() as connection:
        after = counts(connection)
    assert {name: after[name] for name in older} == {name: before[name] for name in older}


def counts(connection) -> dict:
    return {
        table.name: len(connection.execute(select(*table.primary_key.columns)).all())
        for table in Base.metadata.sorted_tables
    }


def test_a_failing_migration_leaves_nothing_behind(blank_database, monkeypatch):
    from alembic import op

    def broken(*_args, **_kwargs):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(op, "f", broken)
    with pytest.raises(RuntimeError, match="on purpose"):
        migrate.upgrade(blank_database)
    with plain_engine(blank_database) as engine:
        assert inspect(engine).get_table_names() == []


def test_the_head_is_pinned_so_that_two_branches_cannot_both_add_the_next_migration():
    names = sorted(path.stem for path in (migrate.FOLDER / "versions").glob("*.py"))
    assert migrate.HEAD.read_text().strip() == names[-1]
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert names[-1].startswith(migrate.head())


def test_migrations_import_nothing_of_the_application():
    for path in (migrate.FOLDER / "versions").glob("*.py"):
        assert not re.search(r"^\s*(from|import)\s+(caseapp|config)\b", path.read_text(), re.M), path.name
