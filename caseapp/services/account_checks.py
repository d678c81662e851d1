"""What an account may be: its address, its roles, its line manager, and who reaches it."""

import re

from sqlalchemy import select

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import User
from caseapp.policy.viewer import Viewer
from caseapp.queries import accounts as reads
from caseapp.vocabulary import AgencyKind, Role

_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z")

#: Whom a system administrator administers, in any agency.
UNDER_SYSTEM = Role.AGENCY_ADMIN | Role.COORDINATOR | Role.NATIONAL_COORDINATOR | Role.SYSTEM_ADMIN


def grantable(actor: Viewer, kind: AgencyKind) -> Role:
    """The roles that this actor may give in an agency of this kind. Coordinators work for a coordination body."""
    if actor.has(Role.SYSTEM_ADMIN):
        return UNDER_SYSTEM
    if not actor.has(Role.AGENCY_ADMIN):
        return Role(0)
    roles = Role.WORKER | Role.LINE_MANAGER | Role.AGENCY_ADMIN | Role.PRIVACY_OFFICER
    return roles | Role.COORDINATOR if kind is AgencyKind.COORDINATION else roles


def kept_out_of_reach(actor: Viewer, user: User) -> bool:
    """Whether this actor does not administer this account at all."""
    if actor.has(Role.SYSTEM_ADMIN):
        return not user.roles & UNDER_SYSTEM
    return (
        not actor.has(Role.AGENCY_ADMIN)
        or user.agency_id != actor.agency_id
        or bool(user.roles & Role.SYSTEM_ADMIN)
    )


def is_email(text: str) -> bool:
    """Whether this looks like one e-mail address, and cannot be more than one."""
    return text.isprintable() and len(text) <= 254 and _EMAIL.match(text) is not None


def check_email(text: str, *, but: int | None = None, field: str = "email") -> str:
    """The address as it is stored. Raises RuleBroken if it is none, or belongs to another account than `but`."""
    email = reads.plain_email(text)
    if not is_email(email):
        raise RuleBroken("Give a whole e-mail address, such as name@agency.example", field=field)
    taken = db.session.scalar(select(User.id).where(User.email == email))
    if taken is not None and taken != but:
        raise RuleBroken("An account with this e-mail address exists already.", field=field)
    return email


def check_details(*, name: str, capacity: int = 100) -> None:
    if not name or not name.strip():
        raise RuleBroken("Give the person’s name", field="name")
    if len(name) > 120:
        raise RuleBroken("At most 120 characters fit here", field="name")
    if not 0 <= capacity <= 100:
        raise RuleBroken("Give a percentage from 0 to 100", field="capacity")


def check_roles(roles: Role, *, allowed: Role | None = None) -> None:
    """Raises RuleBroken for none at all, for one that the actor may not give, and for a system administrator who
    would be anything else besides."""
    if not roles:
        raise RuleBroken("Choose at least one role", field="roles")
    if allowed is not None and roles & ~allowed:
        raise RuleBroken("Only a system administrator can give that role", field="roles")
    if roles & Role.SYSTEM_ADMIN and roles != Role.SYSTEM_ADMIN:
        raise RuleBroken(
            "A system administrator sees no case, and so can be nothing else besides", field="roles"
        )


def check_line_manager(user_id: int, agency_id: int, *, but: int | None = None) -> None:
    row = db.session.execute(
        select(User.id).where(
            User.id == user_id,
            User.agency_id == agency_id,
            User.disabled_at.is_(None),
            User.roles.op("&")(int(Role.LINE_MANAGER)) != 0,
        )
    ).first()
    if row is None or row.id == but:
        raise RuleBroken("Choose a line manager of your agency", field="line_manager_id")
