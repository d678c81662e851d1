"""Opening and ending sign-in sessions. Ended rows stay, so that a slow request cannot bring one back."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, update

from caseapp.extensions import db, write
from caseapp.models import User, UserSession
from caseapp.models.base import UTC
from caseapp.policy.viewer import Viewer
from caseapp.services.audit import sign_ins
from caseapp.services.transaction import use_case

_TABLE = UserSession.__table__


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@use_case
def begin(
    user_id: int,
    *,
    at: datetime,
    lasts: timedelta,
    address: str = "",
    browser: str = "",
    factor: str = "",
    via: str = "",
    proved: bool = True,
) -> str:
    """Start a session that ends for good after `lasts`; returns the token for the cookie (256 random bits). Its owner
    has just shown who they are, unless `proved` says that a directory only remembered them; `factor` is the second factor
    that they did it with, `via` the directory they came through."""
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
            proved_at=at if proved else None,
            factor=factor,
            via=via,
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
    write(_NOTED, {"token": digest(token), "moment": at})


@use_case
def end(token: str, *, at: datetime, reason: str = "signed out", address: str = "") -> None:
    """End one session."""
    ended = db.session.scalar(
        update(_TABLE)
        .where(_TABLE.c.token_hash == digest(token), _TABLE.c.ended_at.is_(None))
        .values(ended_at=at, ended_reason=reason)
        .returning(_TABLE.c.user_id)
    )
    if ended is not None:
        sign_ins.signed_out(ended, reason, at=at, address=address)


@use_case
def end_all(user_id: int, *, at: datetime, reason: str, but: str | None = None) -> int:
    """End every session of a user (a changed role or password, a disabled account), but the one with token `but`.
    Returns how many."""
    statement = update(_TABLE).where(_TABLE.c.user_id == user_id, _TABLE.c.ended_at.is_(None))
    if but is not None:
        statement = statement.where(_TABLE.c.token_hash != digest(but))
    count = db.session.execute(statement.values(ended_at=at, ended_reason=reason)).rowcount
    if count:
        sign_ins.signed_out(user_id, reason, at=at, sessions=count)
    return count


@use_case
def end_all_via_directory(user_id: int, *, at: datetime) -> None:
    """End every session that its owner opened through a directory."""
    reason = "directory account disconnected"
    done = db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.user_id == user_id, _TABLE.c.via != "", _TABLE.c.ended_at.is_(None))
        .values(ended_at=at, ended_reason=reason)
    )
    if done.rowcount:
        sign_ins.signed_out(user_id, reason, at=at, sessions=done.rowcount)


@use_case
def proved(token: str, *, at: datetime) -> str:
    """Whoever sits here has shown once more that they are the owner. Returns a new token for the cookie: the old one is
    worth nothing from now on (ASVS 7.2.4)."""
    renewed = secrets.token_urlsafe(32)
    done = db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.token_hash == digest(token), _TABLE.c.ended_at.is_(None))
        .values(token_hash=digest(renewed), proved_at=at, seen_at=at)
    )
    return renewed if done.rowcount == 1 else token


@use_case
def with_factor(token: str, factor: str) -> None:
    """This session's owner has a second factor now and has just used it."""
    db.session.execute(update(_TABLE).where(_TABLE.c.token_hash == digest(token)).values(factor=factor))


@use_case
def end_one(key: str, *, actor: Viewer, at: datetime) -> bool:
    """End one of the actor's own sessions, by the key that queries.accounts.own_sessions gave. False if it has ended."""
    done = db.session.execute(
        update(_TABLE)
        .where(
            _TABLE.c.user_id == actor.user_id,
            _TABLE.c.token_hash.startswith(key[:16], autoescape=True),
            _TABLE.c.ended_at.is_(None),
        )
        .values(ended_at=at, ended_reason="ended from another session")
    )
    if done.rowcount:
        sign_ins.signed_out(actor.user_id, "ended from another session", at=at)
    return done.rowcount > 0
