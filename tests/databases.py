"""The two kinds of database, each able to go back to a known state between tests in a few milliseconds.

A state is a copy of every table with rows: on SQLite in a file of its own, on PostgreSQL in a schema. Going back empties the
tables and copies those rows in, triggers and foreign keys set aside, so that open connections, what they know of the tables
and what they have prepared stay good. Where a test put another file or other tables in the place of SQLite's, the file of the
state is copied there as a whole.
"""

import contextlib
import fcntl
import pickle
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, event

from caseapp import migrate
from tests import postgres

EMPTY = "empty"


def made_once(folder: Path, name: str, make) -> Path:
    """`folder`/`name`, made by `make(path)`, by whichever of several test processes comes first."""
    place = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            make(place)
    return place


class Database:
    """`url` is where the application finds it; `reset()` goes back to migrated and empty, or to a kept state. What it begins
    with is made once in the folder `shared`, for all processes of a test run."""

    kind: str
    url: str

    def __init__(self):
        self._kept = {}

    def kept(self, name: str, build):
        """Go to the state that `build()` leaves behind; it runs once, and a copy of its answer is given back every time:
        what a test puts into it goes with that test.

        The answer must be plain values (ids, references), never rows of a session.
        """
        if name not in self._kept:
            self.reset()
            answer = build()
            self.keep(name)
            self._kept[name] = pickle.dumps(answer)
        else:
            self.reset(name)
        return pickle.loads(self._kept[name])  # noqa: S301 - our own answer; a copy in a fifth of the time of deepcopy


class Sqlite(Database):
    kind = "sqlite"

    def __init__(self, shared=None):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="caseapp-sqlite-"))
        self.file = self.folder / "live.sqlite"
        self.url = f"sqlite:///{self.file}"
        migrated = made_once(
            shared or self.folder, "migrated.sqlite", lambda file: migrate.upgrade(f"sqlite:///{file}")
        )
        shutil.copyfile(migrated, self.file)
        #: What closes the connections of the application: they look at a file that is about to be replaced.
        self.let_go = lambda: None
        self._states: SqliteStates | None = None
        self.keep(EMPTY)

    def keep(self, name):
        _copy(self.file, self._kept_as(name))

    def reset(self, name=EMPTY):
        if self._states is None or not self._states.back(name, self._kept_as(name)):
            self._replace(name)

    def _replace(self, name):
        """A copy in the place of the file, whatever was done to it."""
        self.let_go()
        if self._states:
            self._states.close()
        for file in self.folder.glob("live.sqlite*"):
            file.unlink()
        shutil.copyfile(self._kept_as(name), self.file)
        self._states = SqliteStates(self.file)

    def _kept_as(self, name):
        return self.folder / f"{name}.kept"

    def another(self, name):
        """The url of one more migrated, empty database."""
        shutil.copyfile(self.folder / f"{EMPTY}.kept", self.folder / f"{name}.sqlite")
        return self.blank(name)

    def blank(self, name):
        """The url of one more database with nothing in it at all."""
        return f"sqlite:///{self.folder / name}.sqlite"

    def coming_back(self, name):
        """A function that brings the other database `name` back to what it holds now, under whoever is using it."""
        file, kept = self.folder / f"{name}.sqlite", self.folder / f"{name}.now"
        _copy(file, kept)
        return lambda: _copy(kept, file)

    def drop(self, name):
        for file in self.folder.glob(f"{name}.sqlite*"):
            file.unlink()

    def stop(self):
        if self._states:
            self._states.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class SqliteStates:
    """A connection to one SQLite file that brings it back to states kept in other files. It knows no triggers, as they were
    not there when it read the tables, and nothing has told it since that they are."""

    ATTACHED = 6  # files that are open at once; SQLite takes ten

    def __init__(self, file):
        self.file = file
        self.inode = _inode(file)
        self.control = sqlite3.connect(file, timeout=1, isolation_level=None, cached_statements=2000)
        self._attached: dict[str, list[str]] = {}  # of each state: what fills the tables that have rows
        self._now = None
        self.tables = [name for (name,) in self._all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self._empty = [f'DELETE FROM main."{table}"' for table in self.tables]  # noqa: S608 - our own tables
        triggers = self._all("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        for name, _ in triggers:
            self.control.execute(f'DROP TRIGGER "{name}"')
        (self.version,) = self._one("PRAGMA schema_version")
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            for _, made in triggers:
                other.execute(made)
            other.execute(f"PRAGMA schema_version = {self.version}")

    def _all(self, statement):
        return self.control.execute(statement).fetchall()

    def _one(self, statement):
        return self.control.execute(statement).fetchone()

    def back(self, name, kept) -> bool:
        """Go back to the state in the file `kept`; False where this is no longer the file or not its tables, or somebody
        is writing."""
        if _inode(self.file) != self.inode:
            return False
        try:
            if self._one("PRAGMA schema_version") != (self.version,):
                return False
            if self._now == (name, self._one("PRAGMA data_version")):
                return True  # nobody else wrote anything since
            for step in ("BEGIN IMMEDIATE", *self._empty, *self._filling(name, kept), "COMMIT"):
                self.control.execute(step)
        except sqlite3.Error:
            return False
        self._now = name, self._one("PRAGMA data_version")
        return True

    def _filling(self, name, kept):
        """What fills the tables from a state, whose file is attached if it is not yet."""
        if name not in self._attached:
            if len(self._attached) == self.ATTACHED:
                oldest = next(iter(self._attached))
                self.control.execute(f'DETACH "kept {oldest}"')
                del self._attached[oldest]
            self.control.execute(f'ATTACH ? AS "kept {name}"', (str(kept),))
            self._attached[name] = [
                f'INSERT INTO main."{table}" SELECT * FROM "kept {name}"."{table}"'  # noqa: S608 - as above
                for table in self.tables
                if self._one(f'SELECT 1 FROM "kept {name}"."{table}" LIMIT 1')  # noqa: S608
            ]
        else:
            self._attached[name] = self._attached.pop(name)  # used last
        return self._attached[name]

    def close(self):
        self.control.close()


def _inode(file):
    return file.stat().st_ino if file.exists() else None


def _copy(file, to):
    """As one transaction, whoever is using either of them."""
    with (
        contextlib.closing(sqlite3.connect(file)) as before,
        contextlib.closing(sqlite3.connect(to, timeout=20)) as now,
    ):
        before.backup(now)


class PostgresStates:
    """States of one PostgreSQL database: kept in schemas of their own, brought back by one function each."""

    def __init__(self, control):
        self.control = control
        self.control.execute("SET lock_timeout = '3s'; SET session_replication_role = replica")
        self._now = None

    def _tables(self):
        rows = self.control.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return [sql.Identifier(name) for (name,) in rows]

    def _sequences(self):
        rows = self.control.execute(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        )
        return rows.fetchall()

    def keep(self, name):
        schema = sql.Identifier(f"kept_{name}")
        self.control.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        tables = self._tables()
        steps = [sql.SQL("DELETE FROM {}").format(table) for table in tables]
        for table in tables:
            if self.control.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table)).fetchone():
                self.control.execute(
                    sql.SQL("CREATE TABLE {schema}.{table} AS TABLE {table}").format(
                        schema=schema, table=table
                    )
                )
                steps.append(
                    sql.SQL("INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {schema}.{table}").format(
                        schema=schema, table=table
                    )
                )
        for sequence, value in self._sequences():
            steps.append(
                sql.SQL("PERFORM setval({}, {}, {})").format(
                    sql.Literal(sequence), sql.Literal(value or 1), sql.Literal(value is not None)
                )
            )
        # a function, so that its hundred and more statements are planned once
        script = sql.SQL("; ").join(steps).as_string(self.control)
        self.control.execute(
            sql.SQL("CREATE FUNCTION {}.back() RETURNS void LANGUAGE plpgsql AS {}").format(
                schema, sql.Literal(f"BEGIN {script}; END")
            )
        )

    def reset(self, name=EMPTY):
        if self._now == (name, self._written()):
            return  # nobody wrote anything
        try:
            self.control.execute(sql.SQL("SELECT {}.back()").format(sql.Identifier(f"kept_{name}")))
        except psycopg.errors.LockNotAvailable:
            raise AssertionError("a test left a transaction open on PostgreSQL") from None
        self._now = name, self._written()

    def _written(self):
        """How far the server has written its log: whoever changes anything goes on in it."""
        return self.control.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]


class Postgres(Database):
    kind = "postgresql"

    def __init__(self, shared=None):
        super().__init__()
        self.server = postgres.Server(made_once(shared, "postgres", _migrated_server) if shared else None)
        self.others: dict[str, PostgresStates] = {}
        try:
            if not shared:
                migrate.upgrade(self.server.create("template_migrated"))
            self.url = self.server.create("live", "template_migrated")
            self.states = PostgresStates(self.server.connect("live"))
            self.keep(EMPTY)
        except BaseException:
            self.server.stop()
            raise

    def keep(self, name):
        self.states.keep(name)

    def reset(self, name=EMPTY):
        self.states.reset(name)

    def another(self, name):
        """The url of one more migrated, empty database."""
        return self.server.create(name, "template_migrated")

    def blank(self, name):
        """The url of one more database with nothing in it at all."""
        return self.server.create(name)

    def coming_back(self, name):
        """A function that brings the other database `name` back to what it holds now, under whoever is using it."""
        states = self.others[name] = PostgresStates(self.server.connect(name))
        states.keep("now")
        return lambda: states.reset("now")

    def drop(self, name):
        if states := self.others.pop(name, None):
            states.control.close()
        self.server.drop(name)

    def stop(self):
        for states in (self.states, *self.others.values()):
            states.control.close()
        self.server.stop()


def _migrated_server(place):
    """The files of a server that holds a migrated template."""
    server = postgres.Server()
    try:
        migrate.upgrade(server.create("template_migrated"))
        server.end()
        subprocess.run(["mv", server.data, place], check=True)
    finally:
        server.stop()


KINDS = {"sqlite": Sqlite, "postgresql": Postgres}


@contextlib.contextmanager
def plain_engine(url):
    """An engine without the application's manners, for looking at what a database holds."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def strict(connection, _record):
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA recursive_triggers=ON")

    try:
        yield engine
    finally:
        engine.dispose()
