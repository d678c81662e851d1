"""What a backup file is: a ZIP with `manifest.json` and every row of one moment. SQLite's own copy of itself, or, from
PostgreSQL, one text for each table as COPY writes it, all read in one snapshot: no client program is needed, and neither
roles nor passwords are in it. docs/decisions/0026."""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from caseapp import migrate
from caseapp.extensions import Base

FORMAT = "caseapp-backup-1"
MANIFEST, SQLITE = "manifest.json", "database.sqlite"
PIECE = 1 << 20
#: Rows that would open something, or send something a second time, as they are after a restore.
SHUT = {
    "user_session": "ended_at = {now}, ended_reason = 'restored from a backup' WHERE ended_at IS NULL",
    "one_time_link": "used_at = {now} WHERE used_at IS NULL",
    "challenge": "answered_at = {now} WHERE answered_at IS NULL",
    "outbox_message": "dead_at = {now}, body = '', calendar = NULL,"
    " error = 'not sent: the database was restored from a backup'"
    " WHERE sent_at IS NULL AND dead_at IS NULL",
}


class Refused(Exception):
    """It was not done, and nothing was changed; the message says why."""


# --- making one -----------------------------------------------------------------------------------------------------


def make(url: str, target: Path, *, at: datetime) -> dict:
    """Write the database at `url` to the new file `target`, while people work on. Returns the manifest."""
    backend = make_url(url).get_backend_name()
    head = migrate.current(url)
    if head is None:
        raise Refused("There is no database of ours there.")
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise Refused(f"{target} exists already; a backup never overwrites another.") from None
    manifest = {
        "format": FORMAT,
        "database": backend,
        "head": head,
        "made_at": at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
            manifest |= (
                _from_sqlite(url, book, target.parent) if backend == "sqlite" else _from_postgresql(url, book)
            )
            book.writestr(MANIFEST, json.dumps(manifest, indent=1))
        with target.open("rb+") as written:
            os.fsync(written.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return manifest


def _from_sqlite(url, book, folder) -> dict:
    """SQLite copies itself in one step (in several it starts anew after each write by others); the copy is what is
    checked, counted and kept."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as work:
        copy = Path(work) / SQLITE
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT, 0o600))
        with (
            contextlib.closing(sqlite3.connect(make_url(url).database, timeout=60)) as live,
            contextlib.closing(sqlite3.connect(copy)) as into,
        ):
            live.backup(into)
            into.execute("PRAGMA journal_mode=DELETE")
            if (found := into.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise Refused(f"The copy is damaged: {found}")
            tables = sqlite_digests(into)
        book.write(copy, SQLITE)
        return {"sha256": _digest_of(copy), "tables": tables}


def sqlite_digests(connection) -> dict:
    """{table: [how many rows, SHA-256 of all of them in the order of their keys]}."""
    found = {}
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    for (name,) in names:
        columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
        key = [f'"{c[1]}"' for c in sorted(columns, key=lambda c: c[5]) if c[5]] or ["rowid"]
        listed = ", ".join(f'"{c[1]}"' for c in sorted(columns, key=lambda c: c[1]))
        digest, count = hashlib.sha256(), 0
        for row in connection.execute(f'SELECT {listed} FROM "{name}" ORDER BY {", ".join(key)}'):  # noqa: S608 - names of our own tables
            digest.update(repr(row).encode())
            count += 1
        found[name] = [count, digest.hexdigest()]
    return found


def _from_postgresql(url, book) -> dict:
    with _connected(url) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # where the rows of a table are fenced in, this user must be able to see all of them or fail
        connection.execute("SET LOCAL row_security = off")
        tables, columns = {}, {}
        for name in _tables(connection):
            columns[name] = _columns(connection, name)
            digest, rows = hashlib.sha256(), 0
            with book.open(f"tables/{name}", "w", force_zip64=True) as out:
                for piece in _copied(connection, name, columns[name]):
                    digest.update(piece)
                    rows += piece.count(b"\n")
                    out.write(piece)
            tables[name] = [rows, digest.hexdigest()]
        connection.execute("COMMIT")
    return {"tables": tables, "columns": columns}


def postgresql_digests(url: str) -> dict:
    """As sqlite_digests, of the database at `url`, in one snapshot."""
    with _connected(url) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL row_security = off")
        return {
            name: _one_digest(connection, name, _columns(connection, name)) for name in _tables(connection)
        }


def _one_digest(connection, name, columns):
    digest, rows = hashlib.sha256(), 0
    for piece in _copied(connection, name, columns):
        digest.update(piece)
        rows += piece.count(b"\n")  # COPY writes a line end within a text as \\n, two characters
    return [rows, digest.hexdigest()]


@contextlib.contextmanager
def _connected(url):
    import psycopg

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True, options="-c timezone=UTC -c datestyle=ISO") as connection:
        connection.execute("SET client_encoding = 'UTF8'")
        yield connection


def _tables(connection):
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
    )
    return [name for (name,) in rows]


def _columns(connection, table):
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in rows]


def _copied(connection, table, columns):
    """The rows as COPY's text, in the order of their key. Pieces may end within a line."""
    from psycopg import sql

    key = [
        name
        for (name,) in connection.execute(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY array_position(i.indkey, a.attnum)",
            [f'public."{table}"'],
        )
    ]
    statement = sql.SQL("COPY (SELECT {columns} FROM public.{table} ORDER BY {key}) TO STDOUT").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(table),
        key=sql.SQL(", ").join(map(sql.Identifier, key or columns)),
    )
    with connection.cursor().copy(statement) as copy:
        for piece in copy:
            yield bytes(piece)


# --- bringing one back ----------------------------------------------------------------------------------------------


def manifest_of(file: Path) -> dict:
    """What a backup says of itself. Raises Refused where it is none."""
    try:
        with zipfile.ZipFile(file) as book:
            manifest = json.loads(book.read(MANIFEST))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        raise Refused(f"{file} is no backup of ours, or is damaged.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Refused(f"{file} is no backup that this version reads.")
    return manifest


def restore(url: str, file: Path, *, at: datetime, replace: bool = False) -> dict:
    """Put what `file` holds in place of the database at `url`: all of it, or nothing. Refuses a database that holds
    anything, unless `replace`. Sessions, single-use links and mail that waits do not come back to life. Returns the
    manifest."""
    manifest = manifest_of(file)
    backend = make_url(url).get_backend_name()
    if manifest["database"] != backend:
        raise Refused(f"This is a backup of {manifest['database']}; the database here is {backend}.")
    if manifest["head"] not in _known_heads():
        raise Refused(
            f"This backup stands at {manifest['head']}, which this version of the program does not know. Use the newer one."
        )
    if not replace and not _is_empty(url):
        raise Refused(
            "The database there holds records. Nothing was changed; --replace puts the backup in their place."
        )
    if backend == "sqlite":
        _to_sqlite(url, file, manifest, at)
    else:
        _to_postgresql(url, file, manifest, at, replace)
    return manifest


def _known_heads():
    return {path.name[:4] for path in (migrate.FOLDER / "versions").glob("*.py")}


def _is_empty(url) -> bool:
    if make_url(url).get_backend_name() == "sqlite":
        path = Path(make_url(url).database)
        if not path.exists() or not path.stat().st_size:
            return True
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as connection:
            return all(
                not count
                for name, (count, _) in sqlite_digests(connection).items()
                if name != "alembic_version"
            )
    with _connected(url) as connection:
        return all(
            not connection.execute(f'SELECT 1 FROM public."{name}" LIMIT 1').fetchone()  # noqa: S608 - names of tables
            for name in _tables(connection)
            if name != "alembic_version"
        )


def _to_sqlite(url, file, manifest, at):
    target = Path(make_url(url).database)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restore-") as work:
        new = Path(work) / SQLITE
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600))
        with zipfile.ZipFile(file) as book:
            try:
                with book.open(SQLITE) as packed, new.open("wb") as out:
                    shutil.copyfileobj(packed, out, PIECE)
            except (KeyError, zipfile.BadZipFile):
                raise Refused("The backup is damaged: its database cannot be read.") from None
        if _digest_of(new) != manifest["sha256"]:
            raise Refused("The backup is damaged: its checksum is another.")
        with contextlib.closing(sqlite3.connect(new)) as copy:
            if (
                copy.execute("PRAGMA quick_check").fetchone()[0] != "ok"
                or copy.execute("PRAGMA foreign_key_check").fetchone()
            ):
                raise Refused("The backup is damaged: SQLite’s own check fails.")
            if sqlite_digests(copy) != {name: list(one) for name, one in manifest["tables"].items()}:
                raise Refused("The backup is damaged: its rows are not those that were counted.")
            there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            now = (
                "'"
                + at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
                + "'"
            )
            with copy:
                for table, change in SHUT.items():
                    if table in there:
                        copy.execute(f"UPDATE {table} SET {change.format(now=now)}")  # noqa: S608 - our own words
        with new.open("rb+") as written:
            os.fsync(written.fileno())
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        new.replace(target)


def _to_postgresql(url, file, manifest, at, replace):
    """The tables are brought to where the backup stands, then emptied and filled in one transaction."""
    current = migrate.current(url)
    if current != manifest["head"]:
        if current is not None:
            if not _is_empty(url) and not replace:
                raise Refused("The database there holds records.")
            migrate.downgrade(url, "base")
        migrate.upgrade(url, manifest["head"])
    with zipfile.ZipFile(file) as book, _connected(url) as connection:
        there = set(_tables(connection))
        if there != set(manifest["tables"]):
            raise Refused("The tables there are not those of the backup.")
        try:
            connection.execute("BEGIN")
            _fill(connection, book, manifest, there)
            now = f"timestamptz '{at.astimezone(UTC).isoformat(timespec='microseconds')}'"
            for table, change in SHUT.items():
                if table in there:
                    connection.execute(f"UPDATE {table} SET {change.format(now=now)}")  # noqa: S608 - our own words
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _fill(connection, book, manifest, there):
    from psycopg import sql

    order = [table.name for table in Base.metadata.sorted_tables if table.name in there]
    order += sorted(there - set(order))
    names = sql.SQL(", ").join(sql.SQL("public.{}").format(sql.Identifier(name)) for name in order)
    for name in order:
        connection.execute(sql.SQL("ALTER TABLE public.{} DISABLE TRIGGER USER").format(sql.Identifier(name)))
    connection.execute(sql.SQL("TRUNCATE {}").format(names))
    for name in order:
        columns = manifest["columns"][name]
        statement = sql.SQL("COPY public.{} ({}) FROM STDIN").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        try:
            with book.open(f"tables/{name}") as rows, connection.cursor().copy(statement) as copy:
                while piece := rows.read(PIECE):
                    copy.write(piece)
        except (KeyError, zipfile.BadZipFile):
            raise Refused(f"The backup is damaged: {name} cannot be read.") from None
        if _one_digest(connection, name, columns) != list(manifest["tables"][name]):
            raise Refused(f"The backup is damaged: the rows of {name} are not those that were counted.")
    for name in order:
        connection.execute(sql.SQL("ALTER TABLE public.{} ENABLE TRIGGER USER").format(sql.Identifier(name)))


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
