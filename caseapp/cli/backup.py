"""`flask --app app backup FILE` and `flask --app app restore FILE` (docs/operators/backup.md)."""

import os
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp import clock, dates


def _url():
    """MIGRATION_DATABASE_URL is the owner's: only the owner reads and writes every row of every table."""
    return os.environ.get("MIGRATION_DATABASE_URL") or current_app.config["SQLALCHEMY_DATABASE_URI"]


def _files():
    """Loaded only by these commands: it brings Alembic along, which no worker of the server needs."""
    from caseapp.cli import backup_file

    return backup_file


FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command("backup")
@FILE
@with_appcontext
def backup(file):
    """Write the whole database to the new FILE while people work: every row of one moment, counted and checked.

    Neither the secret key nor the keys of the access record are in it."""
    files = _files()
    try:
        manifest = files.make(_url(), file, at=clock.now())
    except files.Refused as why:
        raise click.ClickException(str(why)) from None
    rows = sum(count for count, _digest in manifest["tables"].values())
    click.echo(
        f"{file}: {len(manifest['tables'])} tables, {rows} rows, at {manifest['head']},"
        f" {file.stat().st_size // 1024} KiB, checked."
    )


@click.command("restore")
@FILE
@click.option("--replace", is_flag=True, help="Put it in place of what is there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def restore(file, replace, yes):
    """Put what FILE holds into the database, with the service stopped. Refuses a database with records in it, a file that
    is damaged, and one of a newer version. Everybody is signed out, links and mail that waits are void."""
    files = _files()
    if replace and not yes:
        click.confirm("What is in the database now will be lost. Is the service stopped? Go on?", abort=True)
    try:
        manifest = files.restore(_url(), file, at=clock.now(), replace=replace)
    except files.Refused as why:
        raise click.ClickException(str(why)) from None
    rows = sum(count for count, _digest in manifest["tables"].values())
    click.echo(f"{rows} rows of {manifest['made_at']} are back. Nobody is signed in.")
    from caseapp import migrate

    if manifest["head"] == migrate.head():
        _write_down(manifest)
    else:
        click.echo(f"It stands at {manifest['head']}: run `db upgrade` before the service is started.")


def _write_down(manifest):
    """The access record says that it was set back, and to when."""
    from caseapp.extensions import db
    from caseapp.services import audit
    from caseapp.services.transaction import unit_of_work
    from caseapp.vocabulary import AuditAct

    db.session.remove()
    db.engine.dispose()
    with unit_of_work():
        words = f"restored from the backup of {manifest['made_at']}"
        audit.write([audit.entry(None, AuditAct.CHANGED, words, at=clock.now())])
    click.echo(f"Written down in the access record, {dates.moment(clock.now())}.")
