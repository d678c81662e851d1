"""`flask --app app db …`: bring the database to a numbered state."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from caseapp.services import audit_grants


def _url():
    """MIGRATION_DATABASE_URL is the owner's, where the application's own user may not change tables."""
    return os.environ.get("MIGRATION_DATABASE_URL") or current_app.config["SQLALCHEMY_DATABASE_URI"]


def _migrate():
    """Loaded only by these commands: Alembic is ten megabytes that no worker of the server needs."""
    from caseapp import migrate

    return migrate


@click.group("db")
def db():
    """Bring the database to a numbered state."""


@db.command()
@click.argument("revision", default="head")
@with_appcontext
def upgrade(revision):
    """Run the migrations that have not run yet."""
    _migrate().upgrade(_url(), revision)
    click.echo(f"The database stands at {_migrate().current(_url())}.")


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def downgrade(revision, yes):
    """Undo the migrations after REVISION ("base" undoes all)."""
    if not yes:
        click.confirm(f"What the tables newer than {revision} hold will be lost. Go on?", abort=True)
    _migrate().downgrade(_url(), revision)
    click.echo(f"The database stands at {_migrate().current(_url()) or 'nothing: it is empty'}.")


@db.command()
@with_appcontext
def current():
    """Say where the database stands; exit 1 when that is not the newest."""
    stands, newest = _migrate().current(_url()), _migrate().head()
    click.echo(f"The database stands at {stands or 'nothing: it is empty'}; the newest is {newest}.")
    raise SystemExit(0 if stands == newest else 1)


@db.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(target):
    """Copy a SQLite database in use to the new file TARGET, whole and checked. For PostgreSQL use pg_dump."""
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() != "sqlite":
        raise click.ClickException("This is a PostgreSQL database: use pg_dump (docs/operators/backup.md).")
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise click.ClickException(f"{target} exists already; a backup never overwrites another.") from None
    with closing(sqlite3.connect(url.database)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)  # all pages in one step: in several it starts anew after each write by others
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise click.ClickException(f"The copy is damaged: {found}")
    click.echo(f"{target}: {target.stat().st_size // 1024} KiB, checked.")


@db.command()
@click.argument("role")
@click.option("--show", is_flag=True, help="Only print the SQL.")
@with_appcontext
def grants(role, show):
    """Give the application's own ROLE of PostgreSQL what it needs and no more: nothing that was only to be added to can
    it change or delete (X-13). Run it as the owner of the tables, after each upgrade."""
    engine = create_engine(_url(), poolclass=NullPool)
    if engine.dialect.name != "postgresql":
        raise click.ClickException("SQLite has no roles; see docs/operators/audit.md.")
    with engine.begin() as connection:
        for statement in audit_grants.statements(connection, role):
            click.echo(f"{statement};")
            if not show:
                connection.exec_driver_sql(statement)
