"""Tries at a secret: counted in a table, so that all workers count together and a restart forgets nothing (design:
security, 2b; ASVS 6.1.1, 6.3.1).

A try is written down before the secret is looked at, so that many at once do not slip past the count; the right secret
takes it, and those before it, away again. What is tried is counted for the account as seen from one address, so that
somebody who guesses elsewhere does not lock the owner out; for the address, wherever many accounts are tried from; and
for the account from everywhere, where a hundred in a row are the end. Addresses that nobody has are counted alike.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, text

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Attempt
from caseapp.services.transaction import unit_of_work

_TABLE = Attempt.__table__

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
#: Tries are forgotten after so long, except those in a row at one account.
REMEMBERED = timedelta(days=1)
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries within `span`; each one more waits twice as long as the one before. With `ever`, so many in a row,
    however slowly, and there is no next one."""

    key: str
    free: int
    span: timedelta
    ever: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """No try now. `until` is a moment in UTC; None: not before a new password was chosen by link."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A try that was written down; `succeeded` takes it away."""

    ids: tuple[int, ...]
    keys: tuple[str, ...]


def sign_in_limits(email: str, address: str) -> tuple[Limit, ...]:
    """For a password at the door: ten in a quarter of an hour from one address, fifty for all accounts tried from there
    (an office shares one), a hundred in a row from everywhere."""
    return (
        Limit(_key("password", email, address), 10, timedelta(minutes=15)),
        Limit(_key("address", address), 50, timedelta(minutes=15)),
        Limit(account_key(email), 100, KEPT, ever=100),
    )


def factor_limits(user_id: int) -> tuple[Limit, ...]:
    """For a code: five in five minutes, twenty in an hour. Whoever gets here has the password."""
    return (
        Limit(_key("code", str(user_id)), 5, timedelta(minutes=5)),
        Limit(_key("code, hour", str(user_id)), 20, timedelta(hours=1)),
    )


def proof_limits(user_id: int) -> tuple[Limit, ...]:
    """For the password of somebody who is signed in: whoever found a browser open guesses no further."""
    return (Limit(_key("proof", str(user_id)), 5, timedelta(minutes=15)),)


def link_limits(address: str) -> tuple[Limit, ...]:
    """For asking for a new password: twenty in a quarter of an hour from one address."""
    return (Limit(_key("link", address), 20, timedelta(minutes=15)),)


def account_key(email: str) -> str:
    return _key("account", email)


def begin(limits: Iterable[Limit], *, at: datetime) -> Begun | Wait:
    """Write a try down and commit, or say how long to wait. While somebody waits, tries are neither made nor counted."""
    limits = tuple(limits)
    with unit_of_work():
        for limit in sorted(limits, key=lambda one: one.key):
            _one_at_a_time(limit.key)
        waits = [wait for limit in limits if (wait := _wait(limit, at)) is not None]
        if waits:
            return max(waits, key=lambda wait: wait.until or datetime.max.replace(tzinfo=at.tzinfo))
        ids = tuple(new_id() for _ in limits)
        db.session.execute(
            insert(_TABLE),
            [{"id": id_, "key": limit.key, "at": at} for id_, limit in zip(ids, limits, strict=True)],
        )
    return Begun(ids, tuple(limit.key for limit in limits if not limit.key.startswith(_SHARED)))


def succeeded(begun: Begun) -> None:
    """The secret was right: this try, and those before it at the same account, are forgotten. What others tried from
    the same address is not."""
    with unit_of_work():
        db.session.execute(
            delete(_TABLE).where((_TABLE.c.id.in_(begun.ids)) | (_TABLE.c.key.in_(begun.keys)))
        )


def forget(email: str) -> None:
    """A new password was chosen by link: tries at the old one no longer count. In the transaction that is open."""
    db.session.execute(delete(_TABLE).where(_TABLE.c.key == account_key(email)))


def forget_old(*, at: datetime) -> int:
    """Take away what no longer counts. Returns how many rows."""
    return db.session.execute(delete(_TABLE).where(_TABLE.c.at < at - KEPT)).rowcount


def _wait(limit, at):
    counted = limit.span if limit.key.startswith(_SHARED) else max(REMEMBERED, limit.span)
    tries, last = db.session.execute(
        select(func.count(), func.max(_TABLE.c.at)).where(
            _TABLE.c.key == limit.key, _TABLE.c.at > at - counted
        )
    ).one()
    if limit.ever and tries >= limit.ever:
        return Wait(None)
    if tries < limit.free or last <= at - limit.span:
        return None
    until = last + min(FIRST_WAIT * 2 ** min(tries - limit.free, 10), LONGEST_WAIT)
    return Wait(until) if until > at else None


def _one_at_a_time(key):
    """On SQLite the writing transaction already lets one in at a time."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


#: Keys that many accounts share begin with this.
_SHARED = "-"


def _key(what, *about):
    digest = hashlib.sha256("\x00".join((what, *about)).encode("utf-8", "surrogatepass")).hexdigest()
    return (_SHARED if what in ("address", "link") else "") + digest[:60]
