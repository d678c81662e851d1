"""Reads about staff accounts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, select

from caseapp.extensions import db
from caseapp.models import (
    Agency,
    AuditEntry,
    Authenticator,
    Case,
    CaseAssignment,
    OneTimeLink,
    SecurityKey,
    User,
    UserArea,
    UserSession,
)
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AssignmentRole, AuditAct, DigestChoice, LinkKind, Role


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signing in needs to know. `live`: neither the account nor its agency is switched off, and it is not locked.
    `app`, `keys`: which second factors there are; either is asked for besides."""

    user_id: int
    agency_id: int
    password_hash: str | None
    live: bool
    app: bool = False
    keys: bool = False

    @property
    def two_steps(self) -> bool:
        return self.app or self.keys


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A line of the sign-in page of a demo."""

    name: str
    email: str
    roles: Role
    profession: str
    agency_name: str
    leads_cases: bool


def demo_accounts_exist() -> bool:
    """Whether a demo world was ever loaded here."""
    return bool(db.session.scalar(select(exists().where(User.demo))))


def viewer_for(user_id: int) -> Viewer | None:
    """A member of staff as the one who acts, for jobs, imports and worlds; None if there is no such account."""
    row = db.session.execute(
        select(User.id, User.agency_id, User.roles, User.name, Agency.name, User.email, User.demo)
        .join(Agency, Agency.id == User.agency_id)
        .where(User.id == user_id)
    ).first()
    return row and Viewer(*row)


def plain_email(text: str) -> str:
    """An e-mail address as it is stored and compared: without blanks around it, in small letters."""
    return text.strip().casefold()


def credentials(email: str) -> Credentials | None:
    """What to verify a password against; None if nobody has this address."""
    return _credentials(User.email == plain_email(email))


def credentials_of(user_id: int) -> Credentials | None:
    """The same, by the user's id."""
    return _credentials(User.id == user_id)


def _credentials(whose):
    row = db.session.execute(
        select(
            User.id,
            User.agency_id,
            User.password_hash,
            and_(User.disabled_at.is_(None), User.locked_at.is_(None), Agency.active),
            exists().where(Authenticator.user_id == User.id, Authenticator.confirmed_at.is_not(None)),
            exists().where(SecurityKey.user_id == User.id),
        )
        .join(Agency, Agency.id == User.agency_id)
        .where(whose)
    ).first()
    return row and Credentials(row[0], row[1], row[2], *map(bool, row[3:]))


def demo_accounts() -> list[DemoAccount]:
    """The accounts of a demo world that can be signed in with, by agency and name."""
    rows = db.session.execute(
        select(
            User.name,
            User.email,
            User.roles,
            User.profession,
            Agency.name,
            exists().where(CaseAssignment.user_id == User.id, CaseAssignment.to_at.is_(None)),
        )
        .join(Agency, Agency.id == User.agency_id)
        .where(User.demo, User.disabled_at.is_(None), User.password_hash.is_not(None), Agency.active)
        .order_by(Agency.name, User.name)
        .limit(60)
    )
    return [DemoAccount(*row) for row in rows]


# --- single-use links ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can still be used, and whose account it is."""

    kind: LinkKind
    user_id: int
    email: str
    name: str
    agency_name: str


def link_hash(token: str) -> str:
    """What the database keeps of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def link(token: str, *, at: datetime) -> Link | None:
    """The link behind a token; None if it was used, has run out, never was, or its account is switched off."""
    row = db.session.execute(
        select(OneTimeLink.kind, User.id, User.email, User.name, Agency.name)
        .join(User, User.id == OneTimeLink.user_id)
        .join(Agency, Agency.id == User.agency_id)
        .where(
            OneTimeLink.token_hash == link_hash(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > at,
            User.disabled_at.is_(None),
            Agency.active,
        )
    ).first()
    return row and Link(*row)


# --- the own account ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What people see and keep of their own account."""

    version: int
    name: str
    email: str
    roles: Role
    agency_name: str
    phone: str
    hours: str
    profession: str
    digest: DigestChoice
    password_hash: str | None
    password_changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A sign-in that still holds."""

    begun: datetime
    seen: datetime
    address: str
    browser: str
    here: bool
    key: str
    factor: str
    via: str

    @property
    def browser_said(self) -> str:
        """The browser and system in two words, as far as they are known."""
        known = (
            ("Edg", "Edge"),
            ("OPR", "Opera"),
            ("Firefox", "Firefox"),
            ("Chrome", "Chrome"),
            ("Safari", "Safari"),
        )
        systems = (
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS", "Mac"),
            ("Linux", "Linux"),
        )
        what = next((said for part, said in known if part in self.browser), "A browser")
        where = next((said for part, said in systems if part in self.browser), "")
        return f"{what} on {where}" if where else what


def own(*, viewer: Viewer) -> OwnAccount:
    """The viewer's own account."""
    row = db.session.execute(
        select(
            User.version,
            User.name,
            User.email,
            User.roles,
            Agency.name,
            User.phone,
            User.hours,
            User.profession,
            User.digest,
            User.password_hash,
            User.password_changed_at,
        )
        .join(Agency, Agency.id == User.agency_id)
        .where(User.id == viewer.user_id)
    ).one()
    return OwnAccount(*row)


def own_sessions(*, viewer: Viewer, now: datetime, idle_since: datetime, here: str) -> list[OpenSession]:
    """The viewer's sessions that still hold, the latest first; `here` is the hash of this browser's token."""
    rows = db.session.execute(
        select(
            UserSession.created_at,
            UserSession.seen_at,
            UserSession.address,
            UserSession.browser,
            UserSession.token_hash == here,
            func.substr(UserSession.token_hash, 1, 16),
            UserSession.factor,
            UserSession.via,
        )
        .where(
            UserSession.user_id == viewer.user_id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > idle_since,
        )
        .order_by(UserSession.seen_at.desc())
        .limit(50)
    )
    return [OpenSession(*row[:4], bool(row[4]), *row[5:]) for row in rows]


# --- facts that the rules of accounts ask for ---------------------------------------------------------------


def open_cases_managed(user_id: int) -> int:
    """Of how many open cases this user is case manager (S3-20)."""
    return db.session.scalar(
        select(func.count())
        .select_from(CaseAssignment)
        .join(Case, Case.id == CaseAssignment.case_id)
        .where(
            CaseAssignment.user_id == user_id,
            CaseAssignment.role == AssignmentRole.CASE_MANAGER,
            CaseAssignment.to_at.is_(None),
            Case.closed_at.is_(None),
        )
    )


def line_managers(agency_id: int) -> list[str]:
    """The names of an agency's live line managers."""
    return list(
        db.session.scalars(
            select(User.name)
            .where(User.agency_id == agency_id, User.disabled_at.is_(None), holds(Role.LINE_MANAGER))
            .order_by(User.name)
        )
    )


def other_administrators(user_id: int, agency_id: int) -> int:
    """How many live administrators an agency has besides this one."""
    return _others(user_id, Role.AGENCY_ADMIN, User.agency_id == agency_id)


def other_system_administrators(user_id: int) -> int:
    """How many live system administrators there are besides this one."""
    return _others(user_id, Role.SYSTEM_ADMIN)


def area_ids_of(user_id: int) -> set[int]:
    """The areas that a coordinator serves."""
    return set(db.session.scalars(select(UserArea.area_id).where(UserArea.user_id == user_id)))


def name_of(user_id: int | None) -> str:
    """A member of staff's name, or nothing."""
    return (user_id and db.session.scalar(select(User.name).where(User.id == user_id))) or ""


def last_change(about_id: int):
    """Who changed an account, agency or area last, and when: a row with user_name and at, or None."""
    return db.session.execute(
        select(AuditEntry.user_name, AuditEntry.at)
        .where(AuditEntry.about_id == about_id, AuditEntry.act == AuditAct.CHANGED)
        .order_by(AuditEntry.at.desc())
        .limit(1)
    ).first()


def holds(roles: Role):
    """A condition: the user has one of these roles."""
    return User.roles.op("&")(int(roles)) != 0


def _others(user_id, role, *more):
    return db.session.scalar(
        select(func.count())
        .select_from(User)
        .where(User.id != user_id, User.disabled_at.is_(None), holds(role), *more)
    )
