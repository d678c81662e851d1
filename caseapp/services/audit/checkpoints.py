"""Checkpoints of the audit record: where every chain stands, sealed. What is cut off a chain's end leaves no gap in the
chain; it is missed at the checkpoint. The line of a checkpoint, kept where nobody who owns this machine can reach it,
shows even what was done with the keys in hand (docs/operators/audit.md)."""

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditCheckpoint, AuditEntry, AuditHead
from caseapp.services.audit import seals
from caseapp.services.audit.entries import sealed_end
from caseapp.services.audit.keys import sealing_keys
from caseapp.services.transaction import use_case

_ENTRY, _POINT, _HEAD = AuditEntry.__table__, AuditCheckpoint.__table__, AuditHead.__table__

_LINE = re.compile(r"caseapp-audit (\d{1,9}) (\S{1,40}) .*\bseal=([0-9a-f]{64})\s*\Z")

#: A quick checkpoint looks at the chains that were written to since so long before the last one: an entry is dated when its
#: act begins, and may be committed later. What is dated earlier still (an import) the first of the next day covers.
MARGIN = timedelta(hours=1)
#: … and whether the chains that the last so many checkpoints saw still reach as far.
LOOKED_BACK = 150
#: So often by the timer, unless the operator says otherwise (AUDIT_CHECKPOINT_MINUTES).
EVERY = timedelta(minutes=10)

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
#: The same from the index by time: only chains that were written to of late, each looked up at its end.
_WRITTEN = (
    select(_ENTRY.c.chain)
    .where(_ENTRY.c.at >= bindparam("lately_since", type_=_ENTRY.c.at.type))
    .limit(1 << 30)  # a limit that is never met: else SQLite goes through all chains to have them distinct
    .subquery("written")
)
_LATELY = select(_WRITTEN.c.chain).distinct().subquery("lately")
_OTHER = _ENTRY.alias("other")
_LATELY_ENDS = select(
    _LATELY.c.chain,
    select(func.max(_OTHER.c.number))
    .where(_OTHER.c.chain == _LATELY.c.chain)
    .scalar_subquery()
    .label("number"),
    select(func.max(_HEAD.c.number)).where(_HEAD.c.chain == _LATELY.c.chain).scalar_subquery().label("seen"),
).subquery("lately_ends")
_GROWN_LATELY = (
    select(_ENTRY.c.chain, _ENTRY.c.number, _ENTRY.c.seal, _LATELY_ENDS.c.seen)
    .join(
        _LATELY_ENDS,
        and_(_LATELY_ENDS.c.chain == _ENTRY.c.chain, _LATELY_ENDS.c.number == _ENTRY.c.number),
    )
    .where(or_(_LATELY_ENDS.c.seen.is_(None), _ENTRY.c.number > _LATELY_ENDS.c.seen))
    .order_by(_ENTRY.c.chain)
)
_CUT_LATELY = select(func.count(_HEAD.c.chain.distinct())).where(
    _HEAD.c.checkpoint > bindparam("checkpoint", type_=_HEAD.c.checkpoint.type),
    ~exists().where(_ENTRY.c.chain == _HEAD.c.chain, _ENTRY.c.number == _HEAD.c.number).correlate(_HEAD),
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What a line that was kept elsewhere says: which checkpoint, made when (as it is written), and its seal."""

    number: int
    made: str
    seal: str


class ChainsCutShort(Exception):
    """Chains end before the place where a checkpoint saw them: something was taken out."""


def read_line(line: str) -> Kept:
    """What a kept line says. Raises ValueError for anything else."""
    found = _LINE.search(line.strip())
    if not found:
        raise ValueError("this is not the line of a checkpoint")
    return Kept(int(found[1]), found[2], found[3])


def read_lines(lines: Iterable[str]) -> list[Kept]:
    """The lines of checkpoints among others, whatever a log server put before them. Raises ValueError where there is
    none: a file that was emptied vouches for nothing."""
    found = [read_line(line) for line in lines if _LINE.search(line.strip())]
    if not found:
        raise ValueError("no line of a checkpoint is in this file")
    return found


def append(line: str, path: str) -> None:
    """Add a line to the operator's file and make it last; to a pipe or a device too, where somebody listens. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o640)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        with contextlib.suppress(OSError):  # a pipe has no disk
            os.fsync(file.fileno())


def last() -> Checkpoint | None:
    """The newest checkpoint."""
    row = db.session.execute(_LAST).first()
    return row and Checkpoint(*row)


def cut_short(*, quick: bool = False) -> int:
    """How many chains are shorter than a checkpoint saw them: something was taken out. `flask audit verify` places it.
    `quick`: as the checkpoints of about the last day saw them."""
    if not quick:
        return db.session.scalar(_CUT)
    newest = last()
    return db.session.scalar(_CUT_LATELY, {"checkpoint": newest.number - LOOKED_BACK if newest else 0})


def make(*, at: datetime, quick: bool = False) -> Checkpoint | None:
    """Seal where each chain stands that has grown since the last checkpoint; None where none has, or where somebody else made
    this one at the same time. The chains are looked through in a transaction that only reads, so that nobody waits for it.

    `quick` asks only for what was written since the last one, however much there is; then `chains` and `entries` count what
    checkpoints cover."""
    newest = last() if quick else None
    db.session.rollback()
    with db.engine.connect() as connection:
        if newest:
            rows = connection.execute(_GROWN_LATELY, {"lately_since": newest.at - MARGIN}).all()
            grown = [(row.chain, row.number, row.seal) for row in rows]
            chains = newest.chains + sum(row.seen is None for row in rows)
            entries = newest.entries + sum(row.number - (row.seen or 0) for row in rows)
        else:
            grown = [(row.chain, row.number, row.seal) for row in connection.execute(_GROWN)]
            chains, entries = connection.execute(
                select(func.count(), func.coalesce(func.sum(_ENDS.c.number), 0)).select_from(_ENDS)
            ).one()
    try:
        return _keep(grown, chains, int(entries), at) if grown else None
    except IntegrityError:
        return None


def make_due(*, at: datetime, every: timedelta = EVERY, lines_to: str = "") -> str:
    """The timer's duty: a checkpoint once so much time has passed since the last one. The first of a local day looks at all
    chains, those after it only at what was written since. Its line is added to the operator's file, if there is one.

    Gives the line, or what there was instead, in words. Raises ChainsCutShort, and OSError where the file cannot be
    written; the checkpoint stands all the same."""
    newest = last()
    db.session.rollback()
    if newest and at - newest.at < every:
        return f"made at {newest.at.astimezone(UTC):%H:%M} UTC"
    quick = newest is not None and clock.local_day(newest.at) == clock.local_day(at)
    made = make(at=at, quick=quick)
    if made and lines_to:
        append(made.line, lines_to)
    cut = cut_short(quick=quick)
    db.session.rollback()
    if cut:
        raise ChainsCutShort
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
