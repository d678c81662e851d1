"""The commands of `flask --app app …`, one module for each group."""

from caseapp.cli.db import db

GROUPS = (db,)


def install(app) -> None:
    """Make the commands known to Flask."""
    for group in GROUPS:
        app.cli.add_command(group)
