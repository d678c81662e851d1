"""How an agency's staff sign in, and who comes through which directory."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Agency, AgencySignIn, DirectoryAccount, User
from caseapp.queries.accounts import Credentials, credentials_of
from caseapp.vocabulary import Role

#: They keep a password where their agency's staff have none, for the day on which the directory is down.
BREAK_GLASS = Role.AGENCY_ADMIN | Role.SYSTEM_ADMIN
#: They have a second step in any case: they open other people's doors, or read the record of all.
ALWAYS_TWO_STEPS = Role.AGENCY_ADMIN | Role.SYSTEM_ADMIN | Role.PRIVACY_OFFICER


@dataclass(frozen=True, slots=True)
class WayIn:
    """What counts for an agency; without a row of its own, passwords and no directory. `second_step_from`: the day from
    which nobody works without a second step; None is at once (where the operator leaves the day to agencies)."""

    version: int = 0
    directory: str = ""
    passwords: bool = True
    directory_step_counts: bool = False
    second_step_from: date | None = None
    changed_at: datetime | None = None
    changed_by: str = ""


_ROW = select(
    AgencySignIn.version,
    AgencySignIn.directory,
    AgencySignIn.passwords,
    AgencySignIn.directory_step_counts,
    AgencySignIn.second_step_from,
    AgencySignIn.changed_at,
    User.name,
).join(User, User.id == AgencySignIn.changed_by_id)


def of(agency_id: int) -> WayIn:
    """What counts for this agency."""
    row = db.session.execute(_ROW.where(AgencySignIn.agency_id == agency_id)).first()
    return WayIn(*row) if row else WayIn()


def in_use() -> set[str]:
    """The keys of the directories that some live agency has chosen."""
    return set(
        db.session.scalars(
            select(AgencySignIn.directory)
            .join(Agency, Agency.id == AgencySignIn.agency_id)
            .where(AgencySignIn.directory != "", Agency.active)
            .distinct()
        )
    )


def password_opens(roles: Role, way: WayIn) -> bool:
    """Whether a password opens the door for somebody with these roles."""
    return way.passwords or bool(roles & BREAK_GLASS)


# --- accounts in a directory ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    """The account in a directory that signs somebody in."""

    issuer: str
    label: str
    connected_at: datetime
    used_at: datetime | None


def connected(user_id: int) -> Connected | None:
    """Somebody's account in a directory; None if they do not come through one."""
    row = db.session.execute(
        select(
            DirectoryAccount.issuer,
            DirectoryAccount.label,
            DirectoryAccount.connected_at,
            DirectoryAccount.used_at,
        ).where(DirectoryAccount.user_id == user_id)
    ).first()
    return row and Connected(*row)


def owner(issuer: str, subject: str) -> Credentials | None:
    """Whose account here this account in a directory signs in; None if nobody's."""
    user_id = db.session.scalar(
        select(DirectoryAccount.user_id).where(
            DirectoryAccount.issuer == issuer, DirectoryAccount.subject == subject
        )
    )
    return user_id and credentials_of(user_id)


def roles_of(user_id: int) -> Role:
    return db.session.scalar(select(User.roles).where(User.id == user_id)) or Role(0)
