"""`flask --app app world …`: load a world file (docs/developers/world-files.md), and say who can sign in."""

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp import demo
from caseapp.queries.accounts import viewer_for
from caseapp.vocabulary import Role
from caseapp.web import navigation


@click.group("world")
def world():
    """Load a world file, and say who can sign in."""


@world.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--once", is_flag=True, help="Where something is loaded already, say so and go on.")
@with_appcontext
def load(file, once):
    """Load FILE into an empty database: all of it, or nothing."""
    if current_app.config["PRODUCTION"] and not current_app.config["ALLOW_DEMO"] and _is_demo(file):
        raise click.ClickException("A production system takes no demo world.")
    try:
        loaded = demo.load(file.read_bytes(), folder=current_app.config["CASEAPP_DATA"])
    except demo.NotEmpty:
        if once:
            click.echo("This database is not empty, so nothing was loaded.")
            return
        raise click.ClickException(
            "This database is not empty. A world is loaded into an empty one: choose another DATA folder."
        ) from None
    except demo.WorldRefused as why:
        raise click.ClickException(f"Nothing was loaded.\n{why}") from None
    click.echo(
        f"{loaded.name or file.name}: agencies {loaded.agencies}, staff {loaded.users}, people {loaded.people}, "
        f"cases {loaded.cases}."
    )


@world.command()
@with_appcontext
def accounts():
    """Print the sign-ins of the world that was loaded, as JSON."""
    listed = []
    with current_app.test_request_context():
        for one in demo.accounts(current_app.config["CASEAPP_DATA"]):
            listed.append(
                {
                    "email": one.email,
                    "password": one.password,
                    "name": one.name,
                    "agency": one.agency,
                    "roles": [role.name.lower() for role in Role if role in one.roles],
                    "lands_on": navigation.landing(viewer_for(one.user_id)),
                }
            )
    click.echo(json.dumps(listed, ensure_ascii=False, indent=1))


def _is_demo(file):
    try:
        return bool(json.loads(file.read_text(encoding="utf-8-sig")).get("demo", True))
    except (ValueError, AttributeError):
        return True
