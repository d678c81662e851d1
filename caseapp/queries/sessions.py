"""The one look-up that every signed-in request makes: the session, its user and the user's agency, as they are now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from caseapp.extensions import read
from caseapp.models import Agency, User, UserSession
from caseapp.models.base import UTC
from caseapp.policy.viewer import Viewer

_LIVE = (
    select(
        User.id,
        User.agency_id,
        User.roles,
        User.name,
        Agency.name,
        User.email,
        User.demo,
        UserSession.seen_at,
        UserSession.proved_at,
        UserSession.factor,
        UserSession.via,
    )
    .join(User, User.id == UserSession.user_id)
    .join(Agency, Agency.id == User.agency_id)
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


def live(token_hash: str, *, now: datetime, idle_since: datetime) -> Live | None:
    """The session behind a token, if it has not ended, expired or lain idle, and its user may still sign in."""
    row = read(_LIVE, {"token_hash": token_hash, "now": now, "idle_since": idle_since}).first()
    return row and Live(Viewer(*row[:7]), *row[7:])
