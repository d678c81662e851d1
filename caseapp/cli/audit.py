"""`flask --app app audit …`: whether the record of who looked is whole, and checkpoints to keep elsewhere (X-13)."""

from datetime import UTC

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp import clock
from caseapp.services.audit import checkpoints, keys
from caseapp.services.audit.verify import examine


@click.group("audit")
def audit():
    """The record of who looked, changed and was refused: verify it, seal it."""


@audit.command()
@click.option(
    "--quick", is_flag=True, help="Only what was written since the last one: cheap every few minutes."
)
@with_appcontext
def checkpoint(quick):
    """Seal where every chain stands, and print one line: keep it where nobody who owns this machine can reach it. With
    AUDIT_CHECKPOINTS set it is added to that file, too.

    Where nothing was written since the last one, its line is printed again. Ends with 1 where a chain is shorter than an
    earlier checkpoint saw it: `audit verify` says where."""
    new = checkpoints.make(at=clock.now(), quick=quick)
    made, lines_to = new or checkpoints.last(), current_app.config["AUDIT_CHECKPOINTS"]
    click.echo(made.line if made else "Nothing has been written yet.")
    if new and lines_to:
        try:
            checkpoints.append(new.line, lines_to)
        except OSError as why:
            raise click.ClickException(
                f"The line could not be added to {lines_to}: {why.strerror}. Keep it by hand."
            ) from None
    if cut := checkpoints.cut_short(quick=quick):
        click.echo(
            f"{cut} chains are shorter than a checkpoint saw them. Run: flask --app app audit verify",
            err=True,
        )
        raise SystemExit(1)


@audit.command()
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Only what came after the last checkpoint before this moment (UTC).",
)
@click.option("--checkpoint", "line", help="A line of `audit checkpoint` that was kept elsewhere.")
@click.option(
    "--checkpoints",
    "lines",
    type=click.File(errors="replace"),
    help="A file of such lines, also as a log server keeps them; - reads them from standard input.",
)
@with_appcontext
def verify(since, line, lines):
    """Work out every seal again; ends with 1 and says where, if anything was changed, taken out, put in or cut off."""
    try:
        found = examine(since=since and since.replace(tzinfo=UTC), checkpoint=line, lines=lines or ())
    except (ValueError, keys.NoKey) as error:
        raise click.ClickException(str(error)) from error
    for fault in found.faults:
        click.echo(f"{fault.kind}: {fault}")
    if found.found > len(found.faults):
        click.echo(f"… and {found.found - len(found.faults)} more")
    click.echo(_in_words(found))
    raise SystemExit(1 if found.found else 0)


@audit.command("new-key")
@click.confirmation_option(
    prompt="Seal with a new key from now on? The old ones stay, to verify what they sealed."
)
@with_appcontext
def new_key():
    """Add a key to the data folder's audit.keys. Restart the server, and keep a copy of the file away from it."""
    try:
        click.echo(f"Entries are sealed with key {keys.renew()} in every process that starts from now on.")
    except keys.NoKey as error:
        raise click.ClickException(str(error)) from error


def _in_words(found):
    said = f"{found.entries} entries in {found.chains} chains, {found.checkpoints} checkpoints: "
    said += "whole" if not found.found else f"{found.found} faults"
    if found.older:
        said += f"; {found.older} entries are older than the seals"
    if found.uncovered:
        said += f"; {found.uncovered} came after the last checkpoint"
    return f"{said} ({clock.now():%Y-%m-%dT%H:%M:%SZ})."
