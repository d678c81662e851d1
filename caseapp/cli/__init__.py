"""The commands of `flask --app app …`, one module for each group."""

from caseapp.cli.accounts import accounts
from caseapp.cli.audit import audit
from caseapp.cli.backup import backup, restore
from caseapp.cli.db import db
from caseapp.cli.handbooks import handbooks
from caseapp.cli.imports import import_caseload
from caseapp.cli.jobs import jobs
from caseapp.cli.reminders import reminders
from caseapp.cli.retention import retention
from caseapp.cli.world import world

GROUPS = (accounts, audit, backup, db, handbooks, import_caseload, jobs, reminders, restore, retention, world)


def install(app) -> None:
    """Make the commands known to Flask."""
    for group in GROUPS:
        app.cli.add_command(group)
