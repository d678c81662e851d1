"""`flask --app app retention`: what has been kept long enough, from the machine's timer or by hand."""

import click
from flask.cli import with_appcontext

from caseapp import clock, dates
from caseapp.queries import retention as reads
from caseapp.services import disposals
from caseapp.services import retention as service


@click.command("retention")
@click.option("--list", "only_list", is_flag=True, help="Change nothing, only say what is due.")
@with_appcontext
def retention(only_list):
    """Put what has been kept long enough before the line managers, and carry out what they decided a fortnight ago.

    Safe to run twice and at the same time; `flask reminders` does the same. Names nobody: what it prints lands in logs."""
    at = clock.now()
    if not only_list:
        new = service.list_due(at=at)
        done, stopped = disposals.dispose_due(at=at)
        click.echo(f"{new} put forward, {done} disposed of, {stopped} stopped.")
    for line in reads.by_agency(service.due(at)):
        click.echo(
            f"{line.agency}: {line.count} due, the first since {dates.day(line.first)}"
            + (
                f"; {line.waiting} wait for a decision, {line.to_go} to be disposed of"
                if not only_list
                else ""
            )
        )
