"""Reading news, and saying "I have seen these"."""

from datetime import datetime

from sqlalchemy import or_, update

from caseapp.extensions import db
from caseapp.models import Notification, User
from caseapp.policy.viewer import Viewer
from caseapp.services.transaction import use_case

_TABLE = Notification.__table__
_USER = User.__table__


@use_case
def read(notification_ids: list[int], *, actor: Viewer, at: datetime) -> int:
    """Mark the actor's own notices as read; others' are left alone. Returns how many were unread."""
    return db.session.execute(
        update(_TABLE)
        .where(
            _TABLE.c.user_id == actor.user_id, _TABLE.c.id.in_(notification_ids), _TABLE.c.read_at.is_(None)
        )
        .values(read_at=at)
    ).rowcount


@use_case
def read_all(*, until: int, actor: Viewer, at: datetime) -> int:
    """Mark as read what the actor was shown: all notices up to the one with the id `until` (ids are ordered by time),
    and none that came after. Returns how many were unread."""
    return db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.user_id == actor.user_id, _TABLE.c.id <= until, _TABLE.c.read_at.is_(None))
        .values(read_at=at)
    ).rowcount


@use_case
def looked(*, actor: Viewer, at: datetime, until: datetime | None = None) -> None:
    """Remember that the actor has seen what changed in the agency's actions `until` the page was made (never later than
    `at`): what came while they were reading stays new. Not an edit of the account: its version stays, so that nobody
    who edits it meanwhile is refused."""
    seen = min(until or at, at)
    db.session.execute(
        update(_USER)
        .where(_USER.c.id == actor.user_id, or_(_USER.c.looked_at.is_(None), _USER.c.looked_at < seen))
        .values(looked_at=seen)
    )
