"""Reads about somebody's security keys."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from caseapp.extensions import db
from caseapp.models import SecurityKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A security key as its owner sees it. `asks_who`: it asks for a PIN or a finger, so it may stand for the password."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None
    set_aside_at: datetime | None
    asks_who: bool
    synced: bool


_ROW = select(
    SecurityKey.id,
    SecurityKey.name,
    SecurityKey.added_at,
    SecurityKey.used_at,
    SecurityKey.set_aside_at,
    SecurityKey.asks_who,
    SecurityKey.synced,
)


def of(user_id: int) -> list[KeyRow]:
    """Somebody's keys, the oldest first."""
    rows = db.session.execute(
        _ROW.where(SecurityKey.user_id == user_id).order_by(SecurityKey.added_at, SecurityKey.id)
    )
    return [KeyRow(*row) for row in rows]


def one(key_id: int, user_id: int) -> KeyRow | None:
    """One of somebody's own keys; None for anybody else's."""
    row = db.session.execute(_ROW.where(SecurityKey.id == key_id, SecurityKey.user_id == user_id)).first()
    return row and KeyRow(*row)


def count(user_id: int) -> int:
    return db.session.scalar(
        select(func.count()).select_from(SecurityKey).where(SecurityKey.user_id == user_id)
    )
