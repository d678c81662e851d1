"""`flask --app app accounts …`: what an operator checks about signing in."""

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp.services import breach_list


@click.group("accounts")
def accounts():
    """Check what signing in relies on."""


@accounts.command("breach-list")
@click.argument("file", required=False)
@click.option(
    "--whole", is_flag=True, help="Look at every line; for a file of 40 gigabytes this takes an hour."
)
@with_appcontext
def breach_list_(file, whole):
    """Say whether FILE (without one, that of BREACH_LIST) can serve as the list of stolen passwords."""
    path = file or current_app.config["BREACH_LIST"]
    if not path:
        raise click.ClickException("No file was named, and BREACH_LIST is not set.")
    try:
        found = breach_list.look(path, samples=0 if whole else 10_000)
    except OSError as wrong:
        raise click.ClickException(f"{path}: {wrong.strerror}") from wrong
    if found.fault:
        raise click.ClickException(f"{path}: {found.fault}.")
    known = "has" if breach_list.holds("password", path) else "does NOT have"
    click.echo(f"{path}: {found.size:,} bytes, {found.lines:,} lines looked at, all in form and order.")
    click.echo(f"It {known} the password “password”, which every full list has.")
    if file and file != current_app.config["BREACH_LIST"]:
        click.echo("It does not count yet: name it in BREACH_LIST and restart.")
