"""Areas, agencies with their contacts and settings, and the accounts of their staff."""

from datetime import datetime

from caseapp import settings_catalogue
from caseapp.demo.stage import Stage, told_at
from caseapp.errors import RuleBroken
from caseapp.services import accounts, agencies, settings
from caseapp.vocabulary import DigestChoice, Role

_DETAILS = ("name", "short_name", "kind", "phone", "email", "address", "hours", "website", "about")
_SIGNED = ("protocols_signed_on", "child_protection_undertaking_on", "checked_on")


def build(stage: Stage, world, began: datetime) -> None:
    """Make all of them. Accounts are dated `began` unless the file says otherwise."""
    for area in world.areas:
        with told_at(area.path):
            _area(stage, area)
    for agency in world.agencies:
        with told_at(agency.path, frozenset(vars(agency))):
            _agency(stage, agency, began)
    # line managers first, so that the others can name them
    for user in sorted(world.users, key=lambda u: u.line_manager is not None):
        with told_at(user.path, frozenset(vars(user))):
            _user(stage, world, user, began)
    for agency in world.agencies:
        for key, value in agency.settings.items():
            with told_at(f"{agency.path}.settings.{key}"):
                _setting(stage, world, agency, key, value)


def end_of(stage: Stage, world) -> None:
    """Switch off what the file tells to be off; once everything else has happened."""
    for user in world.users:
        if user.disabled:
            by = user.disabled.by or _admin(world, user.agency)
            stage.plan(
                user.disabled.at or stage.now,
                "account",
                user.disabled,
                lambda user=user, by=by: _disable(stage, user, by),
            )
    for agency in world.agencies:
        if not agency.active:
            stage.plan(stage.now, "account", agency, lambda agency=agency: _deactivate(stage, world, agency))


def _area(stage, area):
    stage.areas[area.key] = agencies.create_area(actor=None, at=stage.now, name=area.name, kind=area.kind)


def _agency(stage, agency, began):
    values = {name: getattr(agency, name) for name in (*_DETAILS, *_SIGNED)}
    made = agencies.create(actor=None, at=stage.now, began=began, area_id=stage.areas[agency.area], **values)
    stage.agencies[agency.key] = made
    for contact in agency.contacts:
        values = {name: getattr(contact, name) for name in ("name", "job", "phone", "email")}
        with told_at(contact.path, frozenset(values)):
            agencies.add_contact(made, actor=None, at=stage.now, **values)


def _user(stage, world, user, began):
    roles = Role(0)
    for name in user.roles:
        roles |= Role[name.upper()]
    stage.users[user.key] = accounts.create(
        actor=None,
        at=user.created_at or began,
        agency_id=stage.agencies[user.agency],
        email=user.email,
        name=user.name,
        roles=roles,
        password=user.password or world.password or None,
        profession=user.profession,
        phone=user.phone,
        hours=user.hours,
        line_manager_id=stage.users[user.line_manager] if user.line_manager else None,
        capacity=user.capacity,
        digest=user.digest or DigestChoice.DAILY,
        area_ids=[stage.areas[key] for key in user.areas],
        demo=world.demo,
    )


def _setting(stage, world, agency, key, value):
    if key not in settings_catalogue.catalogue():
        raise RuleBroken("there is no such setting")
    actor = stage.viewer(_admin(world, agency.key))
    settings.set(key, value, actor=actor, at=stage.now, agency_id=stage.agencies[agency.key])


def _admin(world, agency):
    """Who administers the agency: its own administrator, else a system administrator."""
    own = [u.key for u in world.users if u.agency == agency and "agency_admin" in u.roles]
    system = [u.key for u in world.users if "system_admin" in u.roles]
    if not own and not system:
        raise RuleBroken("nobody administers this agency: give one user the role agency_admin")
    return (own or system)[0]


def _disable(stage, user, by):
    accounts.disable(
        stage.users[user.key],
        actor=stage.viewer(by),
        at=user.disabled.at or stage.now,
        reason=user.disabled.reason,
    )


def _deactivate(stage, world, agency):
    system = [u.key for u in world.users if "system_admin" in u.roles]
    if not system:
        raise RuleBroken("only a user with the role system_admin switches an agency off")
    agencies.deactivate(
        stage.agencies[agency.key],
        actor=stage.viewer(system[0]),
        at=stage.now,
        reason="Off in the world file",
    )
