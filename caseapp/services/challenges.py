"""Questions that are answered once: what a security key signs, and the state of a way through a directory.

A question lives in a row, so that all workers know which were answered. It is good for a few minutes, for one purpose,
one person and the browser that it was put to.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from caseapp.extensions import db
from caseapp.models import Challenge
from caseapp.services.transaction import use_case

LASTS = timedelta(minutes=5)
#: What a question may be for.
ADD, SIGN_IN, PROVE, DIRECTORY = "add", "sign in", "prove", "directory"

_TABLE = Challenge.__table__


@use_case
def ask(purpose: str, *, user_id: int, asked_of: str, at: datetime) -> bytes:
    """A new question of 256 random bits; what this browser was asked before for the same purpose is void. `asked_of` is
    the secret by which the browser is known: its session's token, or the note that it is halfway in."""
    question = secrets.token_bytes(32)
    browser = digest(asked_of.encode())
    db.session.execute(
        delete(_TABLE).where(
            _TABLE.c.user_id == user_id,
            (_TABLE.c.expires_at < at) | ((_TABLE.c.purpose == purpose) & (_TABLE.c.asked_of == browser)),
        )
    )
    db.session.execute(
        insert(_TABLE).values(
            digest=digest(question), purpose=purpose, user_id=user_id, asked_of=browser, expires_at=at + LASTS
        )
    )
    return question


@use_case
def answered(question: bytes, purpose: str, *, user_id: int, asked_of: str, at: datetime) -> bool:
    """Use the question up, right answer or wrong. False if it was answered before, has run out, or was put to somebody
    else, to another browser or for another purpose."""
    done = db.session.execute(
        update(_TABLE)
        .where(
            _TABLE.c.digest == digest(question),
            _TABLE.c.purpose == purpose,
            _TABLE.c.user_id == user_id,
            _TABLE.c.asked_of == digest(asked_of.encode()),
            _TABLE.c.expires_at > at,
            _TABLE.c.answered_at.is_(None),
        )
        .values(answered_at=at)
    )
    return done.rowcount == 1


@use_case
def spend(secret: str, *, at: datetime) -> bool:
    """Note that a directory's state came back. False if it had come back before."""
    db.session.execute(
        delete(_TABLE).where(_TABLE.c.purpose == DIRECTORY, _TABLE.c.expires_at < at - timedelta(days=1))
    )
    known = digest(secret.encode())
    if db.session.execute(select(_TABLE.c.digest).where(_TABLE.c.digest == known)).first():
        return False
    db.session.execute(
        insert(_TABLE).values(
            digest=known, purpose=DIRECTORY, asked_of="", expires_at=at + LASTS, answered_at=at
        )
    )
    return True


def digest(question: bytes) -> str:
    """What the table keeps of a question."""
    return hashlib.sha256(question).hexdigest()
