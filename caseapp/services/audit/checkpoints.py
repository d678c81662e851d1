"""Checkpoints of the audit record: where every chain stands, sealed. What is cut off a chain's end leaves no gap in the
chain; it is missed at the checkpoint. The line of a checkpoint, kept where nobody who owns this machine can reach it,
shows even what was done with the keys in hand (docs/operators/audit.md)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import and_, func, insert, or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditCheckpoint, AuditEntry, AuditHead
from caseapp.services.audit import seals
from caseapp.services.audit.entries import sealed_end
from caseapp.services.audit.keys import sealing_keys
from caseapp.services.transaction import use_case

_ENTRY, _POINT, _HEAD = AuditEntry.__table__, AuditCheckpoint.__table__, AuditHead.__table__

_LINE = re.compile(r"caseapp-audit (\d{1,9}) .*\bseal=([0-9a-f]{64})\s*\Z")

_ENDS = select(_ENTRY.c.chain, func.max(_ENTRY.c.number).label("number")).group_by(_ENTRY.c.chain).subquery()
_SEEN = select(_HEAD.c.chain, func.max(_HEAD.c.number).label("number")).group_by(_HEAD.c.chain).subquery()
_GROWN = (
    select(_ENTRY.c.chain, _ENTRY.c.number, _ENTRY.c.seal)
    .join(_ENDS, and_(_ENDS.c.chain == _ENTRY.c.chain, _ENDS.c.number == _ENTRY.c.number))
    .outerjoin(_SEEN, _SEEN.c.chain == _ENTRY.c.chain)
    .where(or_(_SEEN.c.number.is_(None), _ENTRY.c.number > _SEEN.c.number))
    .order_by(_ENTRY.c.chain)
)
_CUT = (
    select(func.count())
    .select_from(_SEEN)
    .outerjoin(_ENDS, _ENDS.c.chain == _SEEN.c.chain)
    .where(or_(_ENDS.c.number.is_(None), _ENDS.c.number < _SEEN.c.number))
)
_LAST = select(_POINT).order_by(_POINT.c.number.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint. `at` is a moment in UTC; `chains` and `entries` count all that there were."""

    number: int
    at: datetime
    chains: int
    entries: int
    digest: str
    key_id: str
    seal: str

    @property
    def line(self) -> str:
        """What operators keep elsewhere; `flask audit verify --checkpoint` takes it back."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f"caseapp-audit {self.number} {at} chains={self.chains} entries={self.entries} key={self.key_id}"
            f" seal={self.seal}"
        )


def read_line(line: str) -> tuple[int, str]:
    """The number and the seal in a kept line. Raises ValueError for anything else."""
    found = _LINE.match(line.strip())
    if not found:
        raise ValueError("this is not the line of a checkpoint")
    return int(found[1]), found[2]


def last() -> Checkpoint | None:
    """The newest checkpoint."""
    row = db.session.execute(_LAST).first()
    return row and Checkpoint(*row)


def cut_short() -> int:
    """How many chains are shorter than a checkpoint saw them: something was taken out. `flask audit verify` places it."""
    return db.session.scalar(_CUT)


def make(*, at: datetime) -> Checkpoint | None:
    """Seal where each chain stands that has grown since the last checkpoint; None where none has. The chains are looked
    through in a transaction that only reads, so that nobody waits for it."""
    with db.engine.connect() as connection:
        grown = [(row.chain, row.number, row.seal) for row in connection.execute(_GROWN)]
        chains, entries = connection.execute(
            select(func.count(), func.coalesce(func.sum(_ENDS.c.number), 0)).select_from(_ENDS)
        ).one()
    return _keep(grown, chains, int(entries), at) if grown else None


def make_daily(*, at: datetime) -> str:
    """The nightly duty: the first time on a local day. Gives the line, or what there was instead, in words."""
    newest = last()
    db.session.rollback()
    if newest and clock.local_day(newest.at) == clock.local_day(at):
        return "made today"
    made = make(at=at)
    return made.line if made else "nothing new"


@use_case
def _keep(grown, chains, entries, at):
    heads = [(chain, number, seal or sealed_end(chain, number)) for chain, number, seal in grown]
    digest = sha256()
    for head in heads:
        digest.update(seals.head_line(*head))
    before, keys = last(), sealing_keys()
    values = {
        "number": before.number + 1 if before else 1,
        "at": at,
        "chains": chains,
        "entries": entries,
        "digest": digest.hexdigest(),
        "key_id": keys.current,
    }
    values["seal"] = seals.checkpoint_seal(keys.known[keys.current], values, before.seal if before else "")
    db.session.execute(insert(_POINT).values(values))
    db.session.execute(
        insert(_HEAD),
        [
            {"checkpoint": values["number"], "chain": chain, "number": number, "seal": seal}
            for chain, number, seal in heads
        ],
    )
    return Checkpoint(**values)
