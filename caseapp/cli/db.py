"""`flask --app app db …`: bring the database to a numbered state."""

import os

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from caseapp.services.audit.grants import statements


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
        for statement in statements(connection, role):
            click.echo(f"{statement};")
            if not show:
                connection.exec_driver_sql(statement)
