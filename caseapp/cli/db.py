"""`flask --app app db …`: bring the database to a numbered state."""

import os

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp import migrate


def _url():
    """MIGRATION_DATABASE_URL is the owner's, where the application's own user may not change tables."""
    return os.environ.get("MIGRATION_DATABASE_URL") or current_app.config["SQLALCHEMY_DATABASE_URI"]


@click.group("db")
def db():
    """Bring the database to a numbered state."""


@db.command()
@click.argument("revision", default="head")
@with_appcontext
def upgrade(revision):
    """Run the migrations that have not run yet."""
    migrate.upgrade(_url(), revision)
    click.echo(f"The database stands at {migrate.current(_url())}.")


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def downgrade(revision, yes):
    """Undo the migrations after REVISION ("base" undoes all)."""
    if not yes:
        click.confirm(f"What the tables newer than {revision} hold will be lost. Go on?", abort=True)
    migrate.downgrade(_url(), revision)
    click.echo(f"The database stands at {migrate.current(_url()) or 'nothing: it is empty'}.")


@db.command()
@with_appcontext
def current():
    """Say where the database stands; exit 1 when that is not the newest."""
    stands, newest = migrate.current(_url()), migrate.head()
    click.echo(f"The database stands at {stands or 'nothing: it is empty'}; the newest is {newest}.")
    raise SystemExit(0 if stands == newest else 1)
