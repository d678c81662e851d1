"""The one look-up that every signed-in request makes: the session, its user and the user's agency, as they are now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, select

from caseapp.extensions import read
from caseapp.models import AccessDenial, Agency, EmergencyAccess, User, UserSession
from caseapp.models.base import UTC
from caseapp.policy.viewer import Viewer

#: Whether any denial names the viewer, of whomever: what the scopes need not ask again (policy.case_sight).
_DENIED = exists().where(AccessDenial.user_id == User.id, AccessDenial.ended_at.is_(None))

_LIVE = (
    select(
        User.id,
        User.agency_id,
        User.roles,
        User.name,
        Agency.name,
        User.email,
        User.demo,
        _DENIED.label("denied"),
        UserSession.seen_at,
        UserSession.proved_at,
        UserSession.factor,
        UserSession.via,
        EmergencyAccess.id,
        EmergencyAccess.ends_at,
        User.reading_proof_after,
        User.reading_held_until,
    )
    .join(User, User.id == UserSession.user_id)
    .join(Agency, Agency.id == User.agency_id)
    .outerjoin(
        EmergencyAccess,
        and_(
            EmergencyAccess.user_id == User.id,
            EmergencyAccess.ended_at.is_(None),
            EmergencyAccess.ends_at > bindparam("now", type_=UTC),
        ),
    )
    .where(
        UserSession.token_hash == bindparam("token_hash"),
        UserSession.ended_at.is_(None),
        UserSession.expires_at > bindparam("now", type_=UTC),
        UserSession.seen_at > bindparam("idle_since", type_=UTC),
        User.disabled_at.is_(None),
        Agency.active,
    )
)


@dataclass(frozen=True, slots=True)
class Live:
    """A session that holds at this moment."""

    viewer: Viewer
    seen_at: datetime
    proved_at: datetime | None
    factor: str
    via: str
    #: An emergency access that the viewer has open, and the moment at which it ends: for the banner, it opens nothing.
    emergency_id: int | None
    emergency_ends_at: datetime | None
    #: Records open again only for a password given after the first, and not at all before the second (web.pace).
    reading_proof_after: datetime | None = None
    reading_held_until: datetime | None = None


def live(token_hash: str, *, now: datetime, idle_since: datetime) -> Live | None:
    """The session behind a token, if it has not ended, expired or lain idle, and its user may still sign in."""
    row = read(_LIVE, {"token_hash": token_hash, "now": now, "idle_since": idle_since}).first()
    return row and Live(Viewer(*row[:7], bool(row[7])), *row[8:])
