"""`flask --app app jobs`: when the scheduled duties last ran."""

import click
from flask.cli import with_appcontext

from caseapp import clock, dates
from caseapp.queries import jobs as reads


@click.command("jobs")
@with_appcontext
def jobs():
    """Say when each duty last ran and how; ends with 1 when they have been silent for two days or never ran."""
    for run in reads.last_runs():
        ended = dates.moment(run.finished_at) if run.finished_at else "not finished"
        click.echo(
            f"{run.name}: begun {dates.moment(run.started_at)}, ended {ended}: {run.outcome or 'no word'}"
        )
    mail = reads.mail()
    click.echo(f"Mail: {mail.waiting} waiting, {mail.given_up} given up.")
    silent = reads.silent_since(clock.now())
    if silent:
        since = "ever" if silent is True else f"since {dates.moment(silent)}"
        click.echo(f"No run has finished {since}. Is the timer set? See docs/operators/deploy.md.")
    raise SystemExit(1 if silent else 0)
