"""`flask --app app handbooks …`: give agencies that were there before the handbook its starting chapters."""

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, Handbook
from caseapp.services import handbook


@click.group("handbooks")
def handbooks():
    """The handbooks of agencies."""


@handbooks.command()
@with_appcontext
def begin():
    """Begin a handbook from the starting library for each active agency that has none. Run it once after an upgrade; a
    second run changes nothing. An agency's administrator can do the same on the page Procedures."""
    waiting = db.session.execute(
        select(Agency.id, Agency.name)
        .where(Agency.active, Agency.id.not_in(select(Handbook.agency_id)))
        .order_by(Agency.name)
    ).all()
    for agency_id, name in waiting:
        click.echo(f"{name}: {handbook.begin(agency_id, actor=None, at=clock.now())} chapters")
    click.echo(f"{len(waiting)} handbooks begun.")
