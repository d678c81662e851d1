"""A form that arrives twice does one thing: each rendered form carries a key, and a key is claimed once."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from caseapp.extensions import db, read, write
from caseapp.models import Submission
from caseapp.policy.viewer import Viewer

_TABLE = Submission.__table__
_DIALECT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_CLAIMS = {
    name: dialect_insert(_TABLE)
    .values(key=bindparam("claimed"), user_id=bindparam("by"), at=bindparam("moment"))
    .on_conflict_do_nothing(index_elements=["key"])
    .returning(_TABLE.c.key)
    for name, dialect_insert in _DIALECT.items()
}
_SETTLE = update(_TABLE).where(_TABLE.c.key == bindparam("claimed")).values(result_id=bindparam("made"))


def claim(key: str, *, actor: Viewer, at: datetime) -> bool:
    """True for the first arrival; False for a repeat, once the first has been committed. Must run inside a unit of
    work: if the act fails, the claim goes with it and the form can be sent again."""
    claimed = {"claimed": key, "by": actor.user_id, "moment": at}
    return read(_CLAIMS[db.engine.dialect.name], claimed).first() is not None


def settle(key: str, result_id: int | None) -> None:
    """Remember what the act made, so that a repeat leads to the same place."""
    if result_id is not None:
        write(_SETTLE, {"claimed": key, "made": result_id})


def is_own(key: str, *, actor: Viewer) -> bool:
    """Whether it was the actor who sent the form first. Another's key, sent by accident (a text kept over a sign-in)
    or on purpose, neither does nor tells anything."""
    return db.session.scalar(select(Submission.user_id).where(Submission.key == key)) == actor.user_id


def result(key: str, *, actor: Viewer) -> int | None:
    """What the first arrival made. Only its own sender is told."""
    return db.session.scalar(
        select(Submission.result_id).where(Submission.key == key, Submission.user_id == actor.user_id)
    )
