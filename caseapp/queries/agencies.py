"""Agencies, their named contacts, and areas: what everybody signed in may read, and what administrators keep."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from caseapp import clock, names
from caseapp.extensions import db
from caseapp.models import Agency, AgencyContact, Area, User
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings
from caseapp.queries.accounts import holds
from caseapp.vocabulary import AgencyKind, AreaKind, Role

MOST = 2000


@dataclass(frozen=True, slots=True)
class AgencyEntry:
    """An agency as the directory shows it."""

    id: int
    version: int
    name: str
    short_name: str
    kind: AgencyKind
    area_id: int
    area: str
    phone: str
    email: str
    address: str
    hours: str
    website: str
    about: str
    protocols_signed_on: date | None
    child_protection_undertaking_on: date | None
    checked_on: date | None
    active: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """What it has not signed yet (S2-47)."""
        return tuple(
            words
            for words, day in (
                ("Has not signed up to the protocols", self.protocols_signed_on),
                ("No undertaking on child protection", self.child_protection_undertaking_on),
            )
            if day is None
        )


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A named person to turn to."""

    id: int
    agency_id: int
    version: int
    name: str
    job: str
    phone: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class AreaEntry:
    """An area, and how many agencies stand in it."""

    id: int
    version: int
    name: str
    kind: AreaKind
    active: bool
    agencies: int


_ENTRY = select(
    Agency.id,
    Agency.version,
    Agency.name,
    Agency.short_name,
    Agency.kind,
    Agency.area_id,
    Area.name,
    Agency.phone,
    Agency.email,
    Agency.address,
    Agency.hours,
    Agency.website,
    Agency.about,
    Agency.protocols_signed_on,
    Agency.child_protection_undertaking_on,
    Agency.checked_on,
    Agency.active,
).join(Area, Area.id == Agency.area_id)


def entries(*, viewer: Viewer) -> list[AgencyEntry]:
    """The directory: every agency in use, by name; a system administrator also gets those switched off."""
    wanted = _ENTRY if viewer.has(Role.SYSTEM_ADMIN) else _ENTRY.where(Agency.active)
    return [AgencyEntry(*row) for row in db.session.execute(wanted.order_by(Agency.name).limit(MOST))]


def entry(agency_id: int, *, viewer: Viewer) -> AgencyEntry | None:
    """One of `entries`."""
    wanted = _ENTRY.where(Agency.id == agency_id)
    if not viewer.has(Role.SYSTEM_ADMIN):
        wanted = wanted.where(Agency.active)
    row = db.session.execute(wanted).first()
    return row and AgencyEntry(*row)


def matching(
    found: list[AgencyEntry],
    *,
    words: str = "",
    kind: str = "",
    area: str = "",
    signed: str = "",
    state: str = "",
) -> list[AgencyEntry]:
    """Those whose name, short name, address or area has every one of the words, whatever the accents."""
    wanted = names.fold(words).split() or words.casefold().split()
    return [
        one
        for one in found
        if all(word in names.fold(f"{one.name} {one.short_name} {one.address} {one.area}") for word in wanted)
        and (not kind or one.kind == kind)
        and (not area or str(one.area_id) == area)
        and (not signed or bool(one.missing) == (signed == "no"))
        and (not state or one.active == (state == "on"))
    ]


def is_stale(checked_on: date | None, *, months: int = 6) -> bool:
    """Whether a directory entry was not checked for so many months (S4-20; six unless the agency says otherwise)."""
    if checked_on is None:
        return True
    today = clock.today()
    month = today.month - 1 - months
    year, month = today.year + month // 12, month % 12 + 1
    return checked_on < date(year, month, min(today.day, 28))


def check_months(*, viewer: Viewer) -> int:
    """After how many months the viewer's agency takes an entry for stale (CFG-16)."""
    return int(settings.value(viewer.agency_id, "directory_check_months"))


def contacts(agency_id: int) -> list[ContactEntry]:
    """The named contacts of an agency, in use, by name."""
    rows = db.session.execute(
        select(
            AgencyContact.id,
            AgencyContact.agency_id,
            AgencyContact.version,
            AgencyContact.name,
            AgencyContact.job,
            AgencyContact.phone,
            AgencyContact.email,
            AgencyContact.active,
        )
        .where(AgencyContact.agency_id == agency_id, AgencyContact.active)
        .order_by(AgencyContact.name)
        .limit(200)
    )
    return [ContactEntry(*row) for row in rows]


def contact(contact_id: int, agency_id: int) -> ContactEntry | None:
    """One of an agency's contacts."""
    return next((one for one in contacts(agency_id) if one.id == contact_id), None)


def kind_of(agency_id: int) -> AgencyKind:
    """What kind of agency this is."""
    return db.session.scalar(select(Agency.kind).where(Agency.id == agency_id))


def area_choices(also: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of the areas that can be chosen, and of the one that stands already."""
    return [
        tuple(row)
        for row in db.session.execute(
            select(Area.id, Area.name).where(Area.active | (Area.id == (also or 0))).order_by(Area.name)
        )
    ]


def areas() -> list[AreaEntry]:
    """Every area, by kind and name, with its number of agencies."""
    count = select(func.count()).where(Agency.area_id == Area.id).scalar_subquery()
    rows = db.session.execute(
        select(Area.id, Area.version, Area.name, Area.kind, Area.active, count).order_by(Area.kind, Area.name)
    )
    return [AreaEntry(*row) for row in rows]


def area(area_id: int) -> AreaEntry | None:
    """One of `areas`."""
    return next((one for one in areas() if one.id == area_id), None)


def account_counts(*, viewer: Viewer) -> dict[int, tuple[int, int]]:
    """By agency: how many accounts are in use, and how many of them administer. For system administrators."""
    if not viewer.has(Role.SYSTEM_ADMIN):
        return {}
    rows = db.session.execute(
        select(User.agency_id, func.count(), func.count().filter(holds(Role.AGENCY_ADMIN)))
        .where(User.disabled_at.is_(None))
        .group_by(User.agency_id)
    )
    return {agency_id: (total, admins) for agency_id, total, admins in rows}
