"""Opening and ending sign-in sessions. Ended rows stay, so that a slow request cannot bring one back."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, update

from caseapp.extensions import db
from caseapp.models import User, UserSession
from caseapp.models.base import UTC
from caseapp.services.transaction import use_case

_TABLE = UserSession.__table__


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@use_case
def begin(user_id: int, *, at: datetime, lasts: timedelta, address: str = "", browser: str = "") -> str:
    """Start a session that ends for good after `lasts`; returns the token for the cookie (256 random bits)."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=digest(token),
            user_id=user_id,
            created_at=at,
            seen_at=at,
            expires_at=at + lasts,
            address=address[:45],
            browser=browser[:200],
        )
    )
    db.session.execute(
        update(User.__table__).where(User.__table__.c.id == user_id).values(last_signed_in_at=at)
    )
    return token


_NOTED = (
    update(_TABLE)
    .where(_TABLE.c.token_hash == bindparam("token"), _TABLE.c.ended_at.is_(None))
    .values(seen_at=bindparam("moment", type_=UTC))
)


def note(token: str, *, at: datetime) -> None:
    """Note activity in the transaction that is open; an ended session stays ended."""
    db.session.connection().execute(_NOTED, {"token": digest(token), "moment": at})


@use_case
def end(token: str, *, at: datetime, reason: str = "signed out") -> None:
    """End one session."""
    db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.token_hash == digest(token), _TABLE.c.ended_at.is_(None))
        .values(ended_at=at, ended_reason=reason)
    )


@use_case
def end_all(user_id: int, *, at: datetime, reason: str, but: str | None = None) -> int:
    """End every session of a user (a changed role or password, a disabled account), but the one with token `but`.
    Returns how many."""
    statement = update(_TABLE).where(_TABLE.c.user_id == user_id, _TABLE.c.ended_at.is_(None))
    if but is not None:
        statement = statement.where(_TABLE.c.token_hash != digest(but))
    return db.session.execute(statement.values(ended_at=at, ended_reason=reason)).rowcount
