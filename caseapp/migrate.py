"""Bring a database to a numbered state and back, without the application: `upgrade(url)`, `downgrade(url, …)`.

Migrations run on an engine of their own, in one transaction, on SQLite with foreign keys off (its ALTER TABLE
copies the table, and with them on the copy would delete child rows) and checked before the commit.
"""

from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.pool import NullPool

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
HEAD = FOLDER / ".head"

_ONE_AT_A_TIME = 7_402_617_301  # any number, but the same on every host: the key of the PostgreSQL lock


class BrokenReferences(Exception):
    """After the migration some rows point at rows that are not there; everything was rolled back."""


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations up to `revision`; creates the SQLite file and its folder if they are missing."""
    with _configured(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Undo the migrations after `revision` ("base" undoes all). What the newer tables held is lost."""
    with _configured(url) as config:
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """The revision that the database stands at, None when it has none."""
    engine = _engine(url)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision in the folder, None before the first."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


def draft(name: str, url: str) -> Path:
    """Write the next numbered migration from what the models have and the database at `url` lacks; pin the head.

    CHECKs and the conditions of partial indexes on tables that already exist are not seen: write those by hand.
    """
    folder = ScriptDirectory(str(FOLDER))
    number = f"{sum(1 for _ in folder.walk_revisions()) + 1:04d}"
    with _configured(url) as config:
        script = command.revision(config, message=name, autogenerate=True, rev_id=number)
    path = Path(script.path)
    text = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in text if not line.lstrip().startswith("# ###")))
    HEAD.write_text(path.stem + "\n")
    return path


def _engine(url):
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            file = Path(url.database)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # only for whoever runs the server
        engine = create_engine(url, poolclass=NullPool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine
    return create_engine(url, poolclass=NullPool)


def _prepare_sqlite(connection, _record):
    connection.isolation_level = None  # else a failing migration leaves half its tables
    for pragma in ("foreign_keys=OFF", "busy_timeout=60000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute("PRAGMA " + pragma)


@contextmanager
def _configured(url):
    """An Alembic configuration around one open transaction, committed at the end and only then."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    with _engine(url).begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        config.attributes["connection"] = connection
        yield config
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise BrokenReferences(
                ", ".join(f"{table} row {row} → {parent}" for table, row, parent, _ in broken[:20])
            )
