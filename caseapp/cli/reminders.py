"""`flask --app app reminders`: everything that is due, from the machine's timer every few minutes."""

from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp import clock
from caseapp.services import reminders as service
from caseapp.services.outbox import Server


@click.command("reminders")
@with_appcontext
def reminders():
    """Remind, end consents whose day has come, write digests, send mail. Safe to run twice and at the same time.

    Ends with 1 if a duty failed; the others are done all the same."""
    config = current_app.config
    done = service.run(
        now=clock.now,
        server=Server.of(config),
        public_url=config["PUBLIC_URL"],
        checkpoint_every=timedelta(minutes=config["AUDIT_CHECKPOINT_MINUTES"]),
        checkpoint_lines=config["AUDIT_CHECKPOINTS"],
    )
    for duty in done:
        click.echo(f"{duty.name}: {duty.outcome}")
    raise SystemExit(1 if any(duty.failed for duty in done) else 0)
