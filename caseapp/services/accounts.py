"""Staff accounts: made, changed, switched off and on by an administrator, and kept by their owners.

An agency administrator reaches the accounts of the own agency, but not those of system administrators. A system
administrator reaches, in every agency, those who administer or coordinate. Nobody picks another's password.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Agency, Area, User, UserArea
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.queries import accounts as reads
from caseapp.queries.agency_sign_in import connected
from caseapp.services import (
    account_links,
    audit,
    email_changes,
    outbox,
    passwords,
    reading_starters,
    sessions,
)
from caseapp.services.account_checks import (
    check_details,
    check_email,
    check_line_manager,
    check_roles,
    grantable,
    kept_out_of_reach,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AuditAct, DigestChoice, LinkKind, Role

EDITABLE = ("name", "email", "profession", "phone", "hours", "line_manager_id", "capacity")
OWN = ("name", "phone", "hours", "profession", "digest")
WORDS = {"line_manager_id": "line manager", "digest": "mail about news", "hours": "working hours"}


@dataclass(frozen=True, slots=True)
class Invited:
    """An account that was sent a link. `link` is its full address, to be shown once where no mail can be sent."""

    id: int
    link: str


# --- signing in ---------------------------------------------------------------------------------------------


@use_case
def refused_sign_in(account: reads.Credentials | None, *, at: datetime, address: str = "") -> None:
    """Record that somebody tried to sign in and could not. What was typed is not kept: people type passwords into
    the wrong field."""
    values = audit.entry(None, AuditAct.REFUSED, "signing in", at=at, address=address)
    if account is not None:
        values |= {"user_id": account.user_id, "agency_id": account.agency_id}
    audit.write([values])


@use_case
def still_holds(email: str, account: reads.Credentials) -> bool:
    """Whether nothing changed while the password was verified: the account is live and has the same password."""
    return account.live and reads.credentials(email) == account


@use_case
def rehash(account: reads.Credentials, new_hash: str) -> None:
    """Keep the same password under today's figures, unless it was changed in between."""
    table = User.__table__
    db.session.execute(
        update(table)
        .where(table.c.id == account.user_id, table.c.password_hash == account.password_hash)
        .values(password_hash=new_hash)
    )


# --- making accounts ----------------------------------------------------------------------------------------


@use_case
def create(
    *,
    actor: Viewer | None,
    at: datetime,
    agency_id: int,
    email: str,
    name: str,
    roles: Role,
    password: str | None = None,
    profession: str = "",
    phone: str = "",
    hours: str = "",
    line_manager_id: int | None = None,
    capacity: int = 100,
    digest: DigestChoice = DigestChoice.DAILY,
    area_ids: Iterable[int] = (),
    demo: bool = False,
) -> int:
    """An account, for worlds and the command line; the pages invite. `roles` may be any; `capacity` is percent of a
    full week (S0-23). With `password` (not judged here) it can be signed in with at once; without, after
    `send_link`. Raises RuleBroken for an address that is taken or is none, and for roles that do not go together.
    Returns the user's id."""
    email = check_email(email)
    check_details(name=name, capacity=capacity)
    check_roles(roles)
    if line_manager_id is not None:
        check_line_manager(line_manager_id, agency_id)
    user = User(
        agency_id=agency_id,
        email=email,
        name=name,
        roles=roles,
        profession=profession,
        phone=phone,
        hours=hours,
        line_manager_id=line_manager_id,
        capacity=capacity,
        digest=digest,
        demo=demo,
        created_at=at,
        password_hash=passwords.hashed(password) if password else None,
        password_changed_at=at if password else None,
    )
    db.session.add(user)
    db.session.flush()
    set_areas(user.id, area_ids)
    audit.record(
        actor,
        "account: made",
        at=at,
        about_id=user.id,
        detail={"name": name, "email": email, "roles": roles.labels},
    )
    return user.id


@use_case
def invite(
    *,
    actor: Viewer,
    at: datetime,
    link_to: Callable[[str], str],
    email: str,
    name: str,
    roles: Role,
    agency_id: int | None = None,
    **details,
) -> Invited:
    """An account, and a mail to its owner with a link that lasts seven days. `link_to` makes the full address from a
    token. An agency administrator invites into the own agency only; `details` as in `create`."""
    agency_id = actor.agency_id if agency_id is None or not actor.has(Role.SYSTEM_ADMIN) else agency_id
    agency = db.session.get(Agency, agency_id)
    if agency is None or not agency.active:
        raise NotVisible
    check_roles(roles, allowed=grantable(actor, agency.kind))
    user_id = create(actor=actor, at=at, agency_id=agency_id, email=email, name=name, roles=roles, **details)
    reading_starters.start(user_id, at=at)
    link = account_links.make(
        user_id, reads.plain_email(email), LinkKind.INVITE, at=at, link_to=link_to, by=actor.user_id
    )
    return Invited(user_id, link)


@use_case
def send_link(user_id: int, *, actor: Viewer, at: datetime, link_to: Callable[[str], str]) -> Invited:
    """Send another link: the invitation again while it was not taken up, otherwise one for a new password. The links
    before are void; the password stands until a new one is chosen."""
    user = reach(actor, user_id)
    if user.disabled_at is not None:
        raise RuleBroken("This account is switched off. Switch it on first.")
    kind = LinkKind.RESET if _in_use(user) else LinkKind.INVITE
    link = account_links.make(user.id, user.email, kind, at=at, link_to=link_to, by=actor.user_id)
    audit.record(actor, f"account: {kind.label.lower()} sent", at=at, about_id=user.id)
    return Invited(user.id, link)


def set_areas(user_id: int, area_ids: Iterable[int]) -> None:
    """The areas that a coordinator serves (CFG-14), in the transaction that is open."""
    wanted = set(area_ids)
    if wanted and len(db.session.scalars(select(Area.id).where(Area.id.in_(wanted))).all()) != len(wanted):
        raise RuleBroken("Choose among the areas that are listed", field="areas")
    db.session.execute(delete(UserArea).where(UserArea.user_id == user_id, UserArea.area_id.not_in(wanted)))
    there = set(db.session.scalars(select(UserArea.area_id).where(UserArea.user_id == user_id)))
    db.session.add_all(UserArea(user_id=user_id, area_id=area_id) for area_id in wanted - there)
    db.session.flush()


# --- changing accounts --------------------------------------------------------------------------------------


@use_case
def update_details(user_id: int, *, actor: Viewer, at: datetime, version: int, **values) -> int:
    """Change the details of an account (any of EDITABLE). Another e-mail address for an account that is in use only
    waits for a second person (services.email_changes), except for the own one; a new address ends every session, and
    the old one is told. Raises Stale if somebody saved since `version`."""
    user = reach(actor, user_id)
    _fresh(user, version, EDITABLE)
    values["email"] = check_email(values["email"], but=user.id)
    check_details(name=values["name"], capacity=values["capacity"])
    if values["line_manager_id"] is not None and values["line_manager_id"] != user.line_manager_id:
        check_line_manager(values["line_manager_id"], user.agency_id, but=user.id)
    new_email = values["email"]
    if new_email != user.email and _in_use(user) and user.id != actor.user_id:
        email_changes.ask(user, new_email, actor=actor, at=at)
        values["email"] = user.email
    old_email = user.email
    changed = _apply(user, values, EDITABLE)
    if "email" in changed:
        sessions.end_all(user.id, at=at, reason="e-mail address changed")
        account_links.void(user.id, at)
        outbox.enqueue(
            f"address:{user.id}:{at:%Y%m%d%H%M%S%f}",
            to=old_email,
            subject="Your account at Caseapp has another address now",
            body="Good day,\n\nyour account at Caseapp has another e-mail address now.\n\n"
            "If you did not expect this, tell your agency's administrator at once.\n",
            at=at,
        )
    _record(actor, "account: details changed", user, changed, at)
    return user.id


@use_case
def change_roles(
    user_id: int,
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    roles: Role,
    area_ids: Iterable[int] | None = None,
) -> int:
    """Give an account other roles; every session of it ends. Roles that the actor may not give stay as they are.

    Refused: giving oneself more, so that whoever keeps accounts does not open the cases to themself; taking the last
    live administrator's role; and taking the work with people from somebody who is case manager of an open case
    (S3-20)."""
    user = reach(actor, user_id)
    _fresh(user, version, ("roles",))
    allowed = grantable(actor, db.session.get(Agency, user.agency_id).kind)
    wanted = (roles & allowed) | (user.roles & ~allowed)
    check_roles(roles | wanted, allowed=allowed | user.roles)
    check_roles(wanted)
    if Role.AGENCY_ADMIN in user.roles and Role.AGENCY_ADMIN not in wanted:
        _not_the_last_administrator(user, "roles")
    if user.roles & PRACTISES and not wanted & PRACTISES:
        _no_open_cases(user, actor, "roles")
    if user.id == actor.user_id and wanted & ~user.roles:
        raise RuleBroken("Nobody gives roles to themself. Ask another administrator.", field="roles")
    was = user.roles
    areas_were = reads.area_ids_of(user.id)
    if area_ids is not None:
        set_areas(user.id, area_ids if wanted & (Role.COORDINATOR | Role.NATIONAL_COORDINATOR) else ())
    areas_changed = areas_were != reads.area_ids_of(user.id)
    if wanted == was and not areas_changed:
        return user.id
    user.roles = wanted
    db.session.flush()
    reading_starters.meet(user.id, at=at)
    sessions.end_all(user.id, at=at, reason="roles changed")
    change = {"roles": [", ".join(was.labels), ", ".join(wanted.labels)]} | (
        {"areas": True} if areas_changed else {}
    )
    audit.record(actor, "account: roles changed", at=at, about_id=user.id, detail=change)
    return user.id


@use_case
def disable(user_id: int, *, actor: Viewer, at: datetime, reason: str) -> int:
    """Switch an account off: every session ends, every link is void. Refused while its owner is case manager of an
    open case (S3-20), for the last live administrator, and for the own account."""
    user = reach(actor, user_id)
    if user.disabled_at is not None:
        return user.id
    if not reason:
        raise RuleBroken("Say why this account is switched off", field="reason")
    if user.id == actor.user_id:
        raise RuleBroken("You cannot switch off your own account. Ask another administrator.")
    _no_open_cases(user, actor)
    if Role.AGENCY_ADMIN in user.roles:
        _not_the_last_administrator(user)
    if Role.SYSTEM_ADMIN in user.roles and not reads.other_system_administrators(user.id):
        raise RuleBroken("This is the last system administrator. Invite another one first.")
    user.disabled_at, user.disabled_reason = at, reason
    sessions.end_all(user.id, at=at, reason="account switched off")
    account_links.void(user.id, at)
    audit.record(actor, "account: switched off", at=at, about_id=user.id, detail={"reason": reason})
    return user.id


@use_case
def enable(user_id: int, *, actor: Viewer, at: datetime) -> int:
    """Switch an account on again; its owner signs in anew."""
    user = reach(actor, user_id)
    if user.disabled_at is not None:
        user.disabled_at, user.disabled_reason = None, ""
        db.session.flush()
        reading_starters.meet(user.id, at=at)
        audit.record(actor, "account: switched on", at=at, about_id=user.id)
    return user.id


# --- the own account ----------------------------------------------------------------------------------------


@use_case
def update_own(*, actor: Viewer, at: datetime, version: int, **values) -> int:
    """What people keep themselves (OWN). Raises Stale if it was changed since `version`."""
    user = db.session.get(User, actor.user_id, with_for_update={"key_share": True}, populate_existing=True)
    _fresh(user, version, OWN)
    check_details(name=values["name"])
    _record(actor, "account: own details changed", user, _apply(user, values, OWN), at)
    return user.id


@use_case
def change_password(*, actor: Viewer, at: datetime, old_hash: str, new_hash: str) -> None:
    """Keep the new password; every session ends (the caller begins a new one for this browser), every link is void,
    and a mail tells the owner. Raises RuleBroken if the password was changed meanwhile."""
    account = reads.credentials(actor.email)
    if account is None or account.user_id != actor.user_id or account.password_hash != old_hash:
        raise RuleBroken("Your password was changed meanwhile. Sign in again to change it.")
    account_links.set_password(actor.user_id, actor.email, new_hash, at=at)
    audit.record(actor, "account: password changed", at=at, about_id=actor.user_id)


# --- inside -------------------------------------------------------------------------------------------------


def reach(actor: Viewer, user_id: int) -> User:
    """The account, held until the transaction ends; NotVisible for one that the actor does not administer.

    The agency is held first, so that two administrators who switch each other off take their turns."""
    agency_of = select(User.agency_id).where(User.id == user_id).scalar_subquery()
    db.session.execute(select(Agency.id).where(Agency.id == agency_of).with_for_update(key_share=True))
    user = db.session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None or kept_out_of_reach(actor, user):
        raise NotVisible
    return user


def _in_use(user: User) -> bool:
    """Whether somebody has signed in with it, or could: with a password, or through a directory."""
    return user.password_hash is not None or connected(user.id) is not None


def _fresh(user: User, version: int, fields: tuple[str, ...]) -> None:
    if user.version != version:
        saved = {name: getattr(user, name) for name in fields}
        last = reads.last_change(user.id)
        raise Stale(
            saved, by=last.user_name if last else "", at=last.at if last else None, version=user.version
        )


def _apply(user: User, values: dict, fields: tuple[str, ...]) -> dict:
    """Set what differs; returns old and new by field."""
    changed = {}
    for name in fields:
        if name in values and values[name] != getattr(user, name):
            changed[name] = [getattr(user, name), values[name]]
            setattr(user, name, values[name])
    return changed


def _record(actor, what, user, changed, at):
    if not changed:
        return
    if "line_manager_id" in changed:
        changed["line_manager_id"] = [reads.name_of(one) for one in changed["line_manager_id"]]
    detail = {WORDS.get(name, name): [str(was), str(now)] for name, (was, now) in changed.items()}
    audit.record(actor, what, at=at, about_id=user.id, detail=detail)


def _no_open_cases(user: User, actor: Viewer, field: str | None = None) -> None:
    count = reads.open_cases_managed(user.id)
    if count:
        cases = "one open case" if count == 1 else f"{count} open cases"
        managers = reads.line_managers(user.agency_id)
        who = " or ".join(managers[:3]) or "a line manager"
        raise RuleBroken(
            f"{user.name} is case manager of {cases}. First {who} gives "
            f"{'it' if count == 1 else 'them'} to another worker, under My team.",
            field=field,
        )


def _not_the_last_administrator(user: User, field: str | None = None) -> None:
    if not reads.other_administrators(user.id, user.agency_id):
        raise RuleBroken(
            f"{user.name} is the last administrator of the agency. Make somebody else one first.", field
        )
