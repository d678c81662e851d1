"""Loading a world: the whole file in one transaction, or nothing of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from caseapp import clock
from caseapp.demo import (
    cases,
    doors,
    escalations,
    grievances,
    handbooks,
    looks,
    offices,
    people,
    register,
    rights,
)
from caseapp.demo.accounts import Account, keep
from caseapp.demo.reading import Fault, Reader, WorldRefused, parse
from caseapp.demo.shapes import WORLD
from caseapp.demo.stage import Stage
from caseapp.extensions import db
from caseapp.models import Agency, Area, Notification, Person, User
from caseapp.services.transaction import use_case

VERSION = 1

#: Accounts and agencies are there so long before the first thing that the file tells of; an old case that was closed long
#: ago does not make them, and their handbooks, as old as that.
EARLIER = timedelta(days=30)
OF_LATE = timedelta(days=3 * 366)


class NotEmpty(Exception):
    """There is something in this database already."""


@dataclass(frozen=True)
class Loaded:
    """How much there is now."""

    name: str
    agencies: int
    users: int
    people: int
    cases: int


def load(data: bytes, *, folder: str, now: datetime | None = None) -> Loaded:
    """Load the bytes of a world file into the empty database that is open. `folder` is the data folder, where the
    sign-ins of a demo are kept for `world accounts`.

    Raises WorldRefused, naming places in the file, and NotEmpty; then nothing was written."""
    now = now or clock.now()
    world = _read(parse(data), now)
    with keep(folder, _accounts(world) if world.demo else []):
        _play(world, now)
    return Loaded(world.name, len(world.agencies), len(world.users), len(world.people), len(world.cases))


def is_empty() -> bool:
    """Whether nothing stands in this database that a world could collide with."""
    return all(db.session.scalar(select(table.id).limit(1)) is None for table in (Area, Agency, User, Person))


def _read(raw, now):
    if not isinstance(raw, dict) or raw.get("caseapp_world") != VERSION:
        raise WorldRefused([Fault("caseapp_world", f"this must be {VERSION}, the version of the format")])
    calendar = raw.get("calendar")
    reader = Reader(now, calendar if calendar in ("IE", "UK") else "IE")
    world = WORLD(raw, "", reader)
    reader.check_keys()
    if not reader.faults:
        _check(world, reader)
    if reader.faults:
        raise WorldRefused(reader.faults)
    return world


def _check(world, reader):
    """What only the file as a whole can tell."""
    agency_of = {user.key: user.agency for user in world.users}
    for case in world.cases:
        for worker in case.workers:
            if agency_of[worker.user] != agency_of[case.opened.by]:
                reader.fault(f"{worker.path}.user", "this worker is not of the agency that leads the case")
        if case.reopens == case.key:
            reader.fault(f"{case.path}.reopens", "a case cannot reopen itself")
    for user in world.users:
        if world.demo and not (user.password or world.password):
            reader.fault(
                f"{user.path}.password", "give a password here, or one for all at the top of the file"
            )


@use_case
def _play(world, now):
    if not is_empty():
        raise NotEmpty
    stage = Stage(now)
    moments = [c.opened.at for c in world.cases] + [p.registered_at for p in world.people if p.registered_at]
    began = min([now, *(one for one in moments if one > now - OF_LATE)]) - EARLIER
    offices.build(stage, world, began)
    people.plan(stage, world)
    stories = cases.plan(stage, world)
    escalations.plan(stage, world, stories)
    register.plan(stage, world)
    grievances.plan(stage, world)
    handbooks.plan(stage, world)
    looks.plan(stage, world)
    doors.plan(stage, world)
    rights.plan(stage, world)
    offices.end_of(stage, world)
    stage.play()
    found = cases.faults(stories)
    if found:
        raise WorldRefused(found)
    _news(stage, world)


def _news(stage, world):
    """What was told during the story is old: nothing of it is mailed, and each reads on from where the file says.
    There is no use case for somebody having read in the past, so the table is written here."""
    table = Notification.__table__
    db.session.execute(update(table).where(table.c.mailed_at.is_(None)).values(mailed_at=stage.now))
    for user in world.users:
        mine = stage.users[user.key]
        if user.news_read_until:
            db.session.execute(
                update(table)
                .where(
                    table.c.user_id == mine,
                    table.c.at <= user.news_read_until,
                    table.c.read_at.is_(None),
                )
                .values(read_at=user.news_read_until)
            )
        if user.looked_at:
            db.session.execute(
                update(User.__table__).where(User.__table__.c.id == mine).values(looked_at=user.looked_at)
            )


def _accounts(world):
    return [
        Account(user.email.strip().casefold(), user.password or world.password)
        for user in world.users
        if not user.disabled
    ]
