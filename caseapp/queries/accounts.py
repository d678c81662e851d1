"""Reads about staff accounts."""

from dataclasses import dataclass

from sqlalchemy import and_, exists, select

from caseapp.extensions import db
from caseapp.models import Agency, CaseAssignment, User
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signing in needs to know. `live`: neither the account nor its agency is switched off."""

    user_id: int
    agency_id: int
    password_hash: str | None
    live: bool


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
    row = db.session.execute(
        select(User.id, User.agency_id, User.password_hash, and_(User.disabled_at.is_(None), Agency.active))
        .join(Agency, Agency.id == User.agency_id)
        .where(User.email == plain_email(email))
    ).first()
    return row and Credentials(row[0], row[1], row[2], bool(row[3]))


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
