"""Staff of an agency, as its administrator sees them: accounts, never cases."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import names
from caseapp.extensions import db
from caseapp.models import (
    Agency,
    Area,
    AuditEntry,
    Authenticator,
    Case,
    CaseAssignment,
    DirectoryAccount,
    OneTimeLink,
    SecurityKey,
    User,
    UserArea,
    UserSession,
)
from caseapp.policy.viewer import Viewer
from caseapp.queries.accounts import holds
from caseapp.vocabulary import AgencyKind, AuditAct, LinkKind, Role

#: How many accounts a list ever holds; the largest agencies have some hundreds.
MOST = 2000

STATES = (
    ("live", "In use"),
    ("invited", "Invited, not here yet"),
    ("locked", "Locked"),
    ("off", "Switched off"),
)

_Manager = aliased(User, name="manager")


@dataclass(frozen=True, slots=True)
class Member:
    """An account. `state` is one of STATES."""

    id: int
    agency_id: int
    agency_name: str
    agency_kind: AgencyKind
    version: int
    name: str
    email: str
    roles: Role
    profession: str
    phone: str
    hours: str
    line_manager_id: int | None
    line_manager: str
    capacity: int
    created_at: datetime
    last_signed_in_at: datetime | None
    disabled_at: datetime | None
    disabled_reason: str
    invited: bool
    locked_at: datetime | None
    locked_reason: str
    two_steps: bool
    #: What their agency's directory calls them; None where they do not come through one.
    directory: str | None

    @property
    def state(self) -> str:
        if self.disabled_at:
            return "off"
        return "locked" if self.locked_at else "invited" if self.invited else "live"

    @property
    def state_said(self) -> str:
        return dict(STATES)[self.state]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A change of an account, an agency or an area, in words."""

    at: datetime
    by: str
    what: str
    #: (field, was, now) of each
    changes: tuple[tuple[str, str, str], ...]
    note: str


_MEMBER = (
    select(
        User.id,
        User.agency_id,
        Agency.name,
        Agency.kind,
        User.version,
        User.name,
        User.email,
        User.roles,
        User.profession,
        User.phone,
        User.hours,
        User.line_manager_id,
        _Manager.name,
        User.capacity,
        User.created_at,
        User.last_signed_in_at,
        User.disabled_at,
        User.disabled_reason,
        and_(User.password_hash.is_(None), DirectoryAccount.id.is_(None)),
        User.locked_at,
        User.locked_reason,
        or_(
            exists().where(Authenticator.user_id == User.id, Authenticator.confirmed_at.is_not(None)),
            exists().where(SecurityKey.user_id == User.id),
        ),
        DirectoryAccount.label,
    )
    .join(Agency, Agency.id == User.agency_id)
    .outerjoin(_Manager, _Manager.id == User.line_manager_id)
    .outerjoin(DirectoryAccount, DirectoryAccount.user_id == User.id)
)


def staff(*, viewer: Viewer, agency_id: int | None = None) -> list[Member]:
    """The accounts of the viewer's own agency, by name; a system administrator names any agency, and gets those who
    administer or coordinate there."""
    if viewer.has(Role.SYSTEM_ADMIN):
        under = Role.AGENCY_ADMIN | Role.COORDINATOR | Role.NATIONAL_COORDINATOR | Role.SYSTEM_ADMIN
        wanted = _MEMBER.where(User.agency_id == agency_id, holds(under))
    else:
        wanted = _MEMBER.where(User.agency_id == viewer.agency_id)
    return [Member(*row) for row in db.session.execute(wanted.order_by(User.name, User.id).limit(MOST))]


def member(user_id: int, *, viewer: Viewer) -> Member | None:
    """One account of the viewer's own agency; None for any other."""
    row = db.session.execute(_MEMBER.where(User.id == user_id, User.agency_id == viewer.agency_id)).first()
    return row and Member(*row)


def matching(members: list[Member], *, words: str = "", role: str = "", state: str = "") -> list[Member]:
    """Those whose name, address or profession has every one of the words, whatever the accents, with the role (its
    number) and the state asked for."""
    wanted = names.fold(words).split() or words.casefold().split()
    kept = []
    for one in members:
        text = f"{names.fold(one.name)} {one.email} {names.fold(one.profession)}"
        if (
            all(word in text for word in wanted)
            and (not role or one.roles & int(role))
            and (not state or one.state == state)
        ):
            kept.append(one)
    return kept


def line_managers(*, viewer: Viewer, but: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of the live line managers of the viewer's agency."""
    return [
        tuple(row)
        for row in db.session.execute(
            select(User.id, User.name)
            .where(
                User.agency_id == viewer.agency_id,
                User.disabled_at.is_(None),
                holds(Role.LINE_MANAGER),
                User.id != (but or 0),
            )
            .order_by(User.name)
        )
    ]


def areas_served(user_id: int) -> list[tuple[int, str]]:
    """(id, name) of the areas that a coordinator serves."""
    return [
        tuple(row)
        for row in db.session.execute(
            select(Area.id, Area.name)
            .join(UserArea, UserArea.area_id == Area.id)
            .where(UserArea.user_id == user_id)
            .order_by(Area.name)
        )
    ]


def invitation_ends(user_id: int) -> datetime | None:
    """Until when the latest invitation can be taken up; None if there is none."""
    return db.session.scalar(
        select(OneTimeLink.expires_at)
        .where(
            OneTimeLink.user_id == user_id, OneTimeLink.kind == LinkKind.INVITE, OneTimeLink.used_at.is_(None)
        )
        .order_by(OneTimeLink.created_at.desc())
        .limit(1)
    )


def open_sessions(user_id: int, *, now: datetime, idle_since: datetime) -> int:
    """In how many browsers somebody is signed in."""
    return db.session.scalar(
        select(func.count())
        .select_from(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > idle_since,
        )
    )


def open_parts(agency_id: int) -> dict[int, int]:
    """On how many open cases each of an agency's staff has a part, by user id."""
    rows = db.session.execute(
        select(CaseAssignment.user_id, func.count(CaseAssignment.case_id.distinct()))
        .join(Case, Case.id == CaseAssignment.case_id)
        .join(User, User.id == CaseAssignment.user_id)
        .where(User.agency_id == agency_id, CaseAssignment.to_at.is_(None), Case.closed_at.is_(None))
        .group_by(CaseAssignment.user_id)
    )
    return dict(rows.all())


def last_review(agency_id: int):
    """Who went through the access list last, and when: a row with user_name and at, or None."""
    return db.session.execute(
        select(AuditEntry.user_name, AuditEntry.at)
        .where(AuditEntry.about_id == agency_id, AuditEntry.what == "access list: gone through")
        .order_by(AuditEntry.at.desc())
        .limit(1)
    ).first()


def history(about_id: int, *, most: int = 50) -> list[HistoryLine]:
    """What was changed about an account, an agency or an area that the caller may administer; the latest first."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.user_name, AuditEntry.what, AuditEntry.detail)
        .where(AuditEntry.about_id == about_id, AuditEntry.act == AuditAct.CHANGED)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(most)
    )
    return [_line(*row) for row in rows]


def _line(at, by, what, detail):
    detail = detail or {}
    if what.startswith("setting: "):
        changes = ((what.removeprefix("setting: "), detail.get("was", ""), detail.get("now", "")),)
        return HistoryLine(at, by, "setting changed", changes, "")
    changes = tuple(
        (field, *pair) for field, pair in detail.items() if isinstance(pair, list) and len(pair) == 2
    )
    return HistoryLine(at, by, what.split(": ", 1)[-1], changes, detail.get("reason", ""))
