"""Who may use emergency access, and what one opened oneself (X-7)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import EmergencyAccess, EmergencyRight, User
from caseapp.policy import emergency as policy
from caseapp.policy import scopes
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.vocabulary import EmergencyOutcome, EmergencyReason


@dataclass(frozen=True, slots=True)
class Opened:
    """One of the viewer's own openings: never whom it was about, once it is over."""

    id: int
    kind: EmergencyReason
    opened_at: datetime
    until: datetime
    lasts: bool
    outcome: EmergencyOutcome | None


_MAY = select(policy.HAS_RIGHT)
_OWN = (
    select(
        EmergencyAccess.id,
        EmergencyAccess.kind,
        EmergencyAccess.opened_at,
        func.coalesce(EmergencyAccess.ended_at, EmergencyAccess.ends_at).label("until"),
        EmergencyAccess.outcome,
    )
    .where(EmergencyAccess.user_id == scopes.VIEWER_USER)
    .order_by(EmergencyAccess.opened_at.desc())
    .limit(20)
)


def may_use(*, viewer: Viewer) -> bool:
    """Whether the viewer is on their agency's list."""
    return bool(read(_MAY, scopes.binds(viewer)).scalar())


def own(*, viewer: Viewer, now: datetime) -> list[Opened]:
    """The viewer's last openings, the newest first."""
    return [
        Opened(row.id, row.kind, row.opened_at, row.until, row.until > now, row.outcome)
        for row in read(_OWN, {"viewer_user": viewer.user_id})
    ]


@dataclass(frozen=True, slots=True)
class Holder:
    """A member of staff and whether they may use emergency access, since when and why."""

    user_id: int
    name: str
    profession: str
    given_at: datetime | None
    given_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """A right that was taken back."""

    name: str
    given_at: datetime
    ended_at: datetime
    reason: str


_Giver = aliased(User, name="right_giver")
_HOLDERS = (
    select(User.id, User.name, User.profession, EmergencyRight.given_at, _Giver.name, EmergencyRight.reason)
    .outerjoin(EmergencyRight, (EmergencyRight.user_id == User.id) & EmergencyRight.ended_at.is_(None))
    .outerjoin(_Giver, _Giver.id == EmergencyRight.given_by_id)
    .where(
        User.agency_id == scopes.VIEWER_AGENCY,
        User.disabled_at.is_(None),
        or_(EmergencyRight.id.is_not(None), User.roles.op("&")(int(PRACTISES)) != 0),
    )
    .order_by(EmergencyRight.id.is_(None), User.name)
    .limit(1000)
)
_PAST = (
    select(User.name, EmergencyRight.given_at, EmergencyRight.ended_at, EmergencyRight.reason)
    .join(User, User.id == EmergencyRight.user_id)
    .where(User.agency_id == scopes.VIEWER_AGENCY, EmergencyRight.ended_at.is_not(None))
    .order_by(EmergencyRight.ended_at.desc())
    .limit(100)
)


def holders(*, viewer: Viewer) -> list[Holder]:
    """The own agency's staff who work with people: those who may first."""
    return [Holder(*row) for row in read(_HOLDERS, {"viewer_agency": viewer.agency_id})]


def past_holders(*, viewer: Viewer) -> list[Past]:
    """Those who might, once."""
    return [Past(*row) for row in read(_PAST, {"viewer_agency": viewer.agency_id})]
