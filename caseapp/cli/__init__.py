"""The commands of `flask --app app …`, one module for each group. A module is loaded when one of its commands is called: a
web worker never needs them (they bring the demo's loader and more, 10 MiB)."""

from importlib import import_module

from flask.cli import AppGroup

#: name → module of this package and the name of the command in it
COMMANDS = {
    "accounts": "accounts:accounts",
    "audit": "audit:audit",
    "backup": "backup:backup",
    "db": "db:db",
    "handbooks": "handbooks:handbooks",
    "import-caseload": "imports:import_caseload",
    "jobs": "jobs:jobs",
    "reminders": "reminders:reminders",
    "restore": "backup:restore",
    "retention": "retention:retention",
    "world": "world:world",
}


class Commands(AppGroup):
    """Flask's group of an application's commands, each found by its name when it is called."""

    def list_commands(self, ctx):
        return sorted(COMMANDS)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        module, command = COMMANDS[name].split(":")
        return getattr(import_module(f"{__name__}.{module}"), command)


def install(app) -> None:
    """Make the commands known to Flask."""
    app.cli = Commands(app.name)
