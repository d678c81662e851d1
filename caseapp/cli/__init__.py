"""The commands of `flask --app app …`, one module for each group."""

from caseapp.cli.audit import audit
from caseapp.cli.db import db
from caseapp.cli.handbooks import handbooks
from caseapp.cli.imports import import_caseload
from caseapp.cli.jobs import jobs
from caseapp.cli.reminders import reminders
from caseapp.cli.world import world

GROUPS = (audit, db, handbooks, import_caseload, jobs, reminders, world)


def install(app) -> None:
    """Make the commands known to Flask."""
    for group in GROUPS:
        app.cli.add_command(group)
