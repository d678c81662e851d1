"""Agencies, their named contacts, and areas (issue 2, section 2; S2-47, S4-20).

An agency's own administrator keeps its entry and contacts; a system administrator adds agencies and switches them off,
and keeps the areas. Neither sees a case.
"""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Agency, AgencyContact, Area, Case, User
from caseapp.policy.viewer import Viewer
from caseapp.queries.accounts import last_change, plain_email
from caseapp.services import accounts, audit, handbook, sessions
from caseapp.services.account_checks import check_email, is_email
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AgencyKind, AreaKind, Role

DETAILS = ("name", "short_name", "kind", "area_id", "phone", "email", "address", "hours", "website", "about")
SIGNED = ("protocols_signed_on", "child_protection_undertaking_on")
CONTACT = ("name", "job", "phone", "email")


# --- agencies -----------------------------------------------------------------------------------------------


@use_case
def create(
    *,
    actor: Viewer | None,
    at: datetime,
    name: str,
    kind: AgencyKind,
    area_id: int,
    protocols_signed_on: date | None = None,
    child_protection_undertaking_on: date | None = None,
    checked_on: date | None = None,
    began: datetime | None = None,
    **details,
) -> int:
    """A new agency, which begins with the starting chapters of the handbook; `details` are any others of DETAILS.
    `began`, in worlds that tell of the past, is since when there is the handbook. Raises RuleBroken for a name that is
    taken. Returns its id."""
    _check_name(name)
    _check_area(area_id)
    _check_contact_details(details)
    _check_signed(protocols_signed_on, child_protection_undertaking_on, at)
    agency = Agency(
        name=name,
        kind=kind,
        area_id=area_id,
        protocols_signed_on=protocols_signed_on,
        child_protection_undertaking_on=child_protection_undertaking_on,
        checked_on=checked_on or clock.local_day(at),
        **details,
    )
    db.session.add(agency)
    db.session.flush()
    audit.record(actor, f"agency: {name} added", at=at, about_id=agency.id)
    handbook.begin(agency.id, actor=None, at=began or at)
    return agency.id


@use_case
def create_with_administrator(
    *, actor: Viewer, at: datetime, link_to: Callable[[str], str], admin_name: str, admin_email: str, **values
) -> accounts.Invited:
    """A new agency and the invitation of its first administrator, both or neither. Returns the invited account; its
    agency is that of the account. Raises RuleBroken as `create` and `accounts.invite` do."""
    agency_id = create(actor=actor, at=at, **values)
    check_email(admin_email, field="admin_email")
    if not admin_name:
        raise RuleBroken("Give the name of the first administrator", field="admin_name")
    return accounts.invite(
        actor=actor,
        at=at,
        link_to=link_to,
        email=admin_email,
        name=admin_name,
        roles=Role.AGENCY_ADMIN,
        agency_id=agency_id,
    )


@use_case
def update(agency_id: int, *, actor: Viewer, at: datetime, version: int, **values) -> int:
    """Change an agency's entry (any of DETAILS and SIGNED); it counts as checked today (S4-20). Raises Stale if
    somebody saved since `version`."""
    agency = _reach(actor, agency_id)
    fields = (*DETAILS, *SIGNED)
    _fresh(agency, version, fields)
    if "name" in values:
        _check_name(values["name"], but=agency.id)
    if values.get("area_id", agency.area_id) != agency.area_id:
        _check_area(values["area_id"])
    if values.get("kind", agency.kind) != agency.kind:
        _check_kind(actor, agency.kind, values["kind"])
    _check_contact_details(values)
    _check_signed(values.get(SIGNED[0]), values.get(SIGNED[1]), at)
    changed = {
        n: [getattr(agency, n), values[n]] for n in fields if n in values and values[n] != getattr(agency, n)
    }
    for name, (_was, now) in changed.items():
        setattr(agency, name, now)
    agency.checked_on = clock.local_day(at)
    if changed:
        audit.record(actor, "agency: entry changed", at=at, about_id=agency.id, detail=_shown(changed))
    return agency.id


@use_case
def confirm(agency_id: int, *, actor: Viewer, at: datetime) -> int:
    """Say that the entry was looked through and is right: checked today (S4-20)."""
    agency = _reach(actor, agency_id)
    if agency.checked_on != clock.local_day(at):
        agency.checked_on = clock.local_day(at)
        audit.record(actor, "agency: entry checked", at=at, about_id=agency.id)
    return agency.id


@use_case
def deactivate(agency_id: int, *, actor: Viewer, at: datetime, reason: str) -> int:
    """Switch an agency off: nobody of it can sign in, every session ends. Refused while it leads open cases, and for
    the actor's own agency."""
    agency = _reach(actor, agency_id, hold=True)
    if not actor.has(Role.SYSTEM_ADMIN):
        raise NotVisible
    if not agency.active:
        return agency.id
    if not reason:
        raise RuleBroken("Say why this agency is switched off", field="reason")
    if agency.id == actor.agency_id:
        raise RuleBroken("This is your own agency. You would switch yourself off with it.")
    count = open_cases_led(agency.id)
    if count:
        raise RuleBroken(
            f"{agency.name} leads {'one open case' if count == 1 else f'{count} open cases'}. "
            "Its line managers hand them over or close them first."
        )
    agency.active = False
    for user_id in db.session.scalars(select(User.id).where(User.agency_id == agency.id)):
        sessions.end_all(user_id, at=at, reason="agency switched off")
    audit.record(actor, "agency: switched off", at=at, about_id=agency.id, detail={"reason": reason})
    return agency.id


@use_case
def activate(agency_id: int, *, actor: Viewer, at: datetime) -> int:
    """Switch an agency on again."""
    agency = _reach(actor, agency_id)
    if not actor.has(Role.SYSTEM_ADMIN):
        raise NotVisible
    if not agency.active:
        agency.active = True
        audit.record(actor, "agency: switched on", at=at, about_id=agency.id)
    return agency.id


def open_cases_led(agency_id: int) -> int:
    """How many open cases an agency leads: the number and nothing of them."""
    return db.session.scalar(
        select(func.count())
        .select_from(Case)
        .where(Case.lead_agency_id == agency_id, Case.closed_at.is_(None))
    )


# --- named contacts -----------------------------------------------------------------------------------------


@use_case
def add_contact(
    agency_id: int,
    *,
    actor: Viewer | None,
    at: datetime,
    name: str,
    job: str = "",
    phone: str = "",
    email: str = "",
) -> int:
    """A person to turn to in an agency, who need not have an account (S2-4, S2-31). `actor` is None for worlds.
    Returns the contact's id."""
    if actor is not None:
        _reach(actor, agency_id)
    _check_contact(name, phone, email)
    contact = AgencyContact(agency_id=agency_id, name=name, job=job, phone=phone, email=email)
    db.session.add(contact)
    db.session.flush()
    audit.record(actor, f"agency: contact {name} added", at=at, about_id=agency_id)
    return contact.id


@use_case
def update_contact(contact_id: int, *, actor: Viewer, at: datetime, version: int, **values) -> int:
    """Change a named contact. Raises Stale if somebody saved since `version`."""
    contact = _reach_contact(actor, contact_id)
    _fresh(contact, version, CONTACT, about_id=contact.agency_id)
    _check_contact(values["name"], values["phone"], values["email"])
    changed = {n: [getattr(contact, n), values[n]] for n in CONTACT if values[n] != getattr(contact, n)}
    for name, (_was, now) in changed.items():
        setattr(contact, name, now)
    if changed:
        audit.record(
            actor,
            f"agency: contact {contact.name} changed",
            at=at,
            about_id=contact.agency_id,
            detail=_shown(changed),
        )
    return contact.id


@use_case
def end_contact(contact_id: int, *, actor: Viewer, at: datetime) -> int:
    """Take a contact out of the directory."""
    contact = _reach_contact(actor, contact_id)
    if contact.active:
        contact.active = False
        audit.record(actor, f"agency: contact {contact.name} ended", at=at, about_id=contact.agency_id)
    return contact.id


# --- areas --------------------------------------------------------------------------------------------------


@use_case
def create_area(*, actor: Viewer | None, at: datetime, name: str, kind: AreaKind) -> int:
    """The area of a task force or council (D1). Returns its id."""
    _check_area_name(name)
    area = Area(name=name, kind=kind)
    db.session.add(area)
    db.session.flush()
    audit.record(actor, f"area: {name} added", at=at, about_id=area.id)
    return area.id


@use_case
def update_area(
    area_id: int, *, actor: Viewer, at: datetime, version: int, name: str, kind: AreaKind, active: bool
) -> int:
    """Rename an area, or switch it off: it can then not be chosen any more, and what it stands on keeps it."""
    area = db.session.get(Area, area_id)
    if area is None:
        raise NotVisible
    _fresh(area, version, ("name", "kind", "active"))
    _check_area_name(name, but=area.id)
    wanted = {"name": name, "kind": kind, "active": active}
    changed = {n: [getattr(area, n), now] for n, now in wanted.items() if now != getattr(area, n)}
    for field, (_was, now) in changed.items():
        setattr(area, field, now)
    if changed:
        audit.record(actor, f"area: {area.name} changed", at=at, about_id=area.id, detail=_shown(changed))
    return area.id


# --- inside -------------------------------------------------------------------------------------------------


def _reach(actor: Viewer, agency_id: int, *, hold: bool = False) -> Agency:
    """The agency; NotVisible for one that the actor does not administer."""
    own = actor.has(Role.AGENCY_ADMIN) and agency_id == actor.agency_id
    held = {"with_for_update": {"key_share": True}, "populate_existing": True} if hold else {}
    agency = db.session.get(Agency, agency_id, **held) if own or actor.has(Role.SYSTEM_ADMIN) else None
    if agency is None:
        raise NotVisible
    return agency


def _reach_contact(actor: Viewer, contact_id: int) -> AgencyContact:
    contact = db.session.get(AgencyContact, contact_id)
    if contact is None:
        raise NotVisible
    _reach(actor, contact.agency_id)
    return contact


def _fresh(row, version: int, fields: tuple[str, ...], about_id: int | None = None) -> None:
    if row.version != version:
        last = last_change(about_id or row.id)
        saved = {name: getattr(row, name) for name in fields}
        raise Stale(
            saved, by=last.user_name if last else "", at=last.at if last else None, version=row.version
        )


def _shown(changed: dict) -> dict:
    """Old and new, for the record, as texts."""
    if "area_id" in changed:
        known = dict(
            db.session.execute(select(Area.id, Area.name).where(Area.id.in_(changed["area_id"]))).all()
        )
        changed = {"area": [known.get(one, "") for one in changed.pop("area_id")], **changed}
    return {
        name.replace("_", " "): [getattr(one, "label", "" if one is None else str(one))[:300] for one in pair]
        for name, pair in changed.items()
    }


def _check_name(name: str, but: int | None = None) -> None:
    if not name:
        raise RuleBroken("Give the agency’s name", field="name")
    taken = db.session.scalar(select(Agency.id).where(func.lower(Agency.name) == name.lower()))
    if taken is not None and taken != but:
        raise RuleBroken("An agency with this name exists already.", field="name")


def _check_area_name(name: str, but: int | None = None) -> None:
    if not name:
        raise RuleBroken("Give the area’s name", field="name")
    taken = db.session.scalar(select(Area.id).where(func.lower(Area.name) == name.lower()))
    if taken is not None and taken != but:
        raise RuleBroken("An area with this name exists already.", field="name")


def _check_kind(actor: Viewer, was: AgencyKind, now: AgencyKind) -> None:
    """Which consents and which roles an agency may have hangs on these two kinds, so it does not give them to itself."""
    if not actor.has(Role.SYSTEM_ADMIN) and {was, now} & {
        AgencyKind.PRESCRIBING_CLINIC,
        AgencyKind.COORDINATION,
    }:
        raise RuleBroken(
            "Only a system administrator makes an agency a prescribing clinic or a coordination body, or the other "
            "way round",
            field="kind",
        )


def _check_area(area_id: int | None) -> None:
    if not db.session.scalar(select(Area.id).where(Area.id == area_id, Area.active)):
        raise RuleBroken("Choose an area of the list", field="area_id")


def _check_contact_details(values: dict) -> None:
    if values.get("email") and not is_email(plain_email(values["email"])):
        raise RuleBroken("Give a whole e-mail address, such as office@agency.example", field="email")
    website = values.get("website") or ""
    if website and not website.startswith(("https://", "http://")):
        raise RuleBroken("Begin the address with https://", field="website")


def _check_signed(protocols: date | None, undertaking: date | None, at: datetime) -> None:
    today = clock.local_day(at)
    for field, day in zip(SIGNED, (protocols, undertaking), strict=True):
        if day is not None and day > today:
            raise RuleBroken("This day has not come yet", field=field)


def _check_contact(name: str, phone: str, email: str) -> None:
    if not name:
        raise RuleBroken("Give the contact’s name", field="name")
    if not phone and not email:
        raise RuleBroken("Give a telephone number or an e-mail address", field="phone")
    if email and not is_email(plain_email(email)):
        raise RuleBroken("Give a whole e-mail address, such as name@agency.example", field="email")
