"""Whether the audit record is whole (X-13): every seal is worked out again, and what was changed, taken out, put in,
exchanged or cut off is found and placed. Reads each row once, in order, in one snapshot of the database, and holds one
entry of one chain at a time."""

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from itertools import groupby

from sqlalchemy import func, literal, or_, select

from caseapp.extensions import db
from caseapp.models import AuditCheckpoint, AuditEntry, AuditHead
from caseapp.services.audit import checkpoints, seals
from caseapp.services.audit.faults import Examined, Fault, FaultKind
from caseapp.services.audit.keys import sealing_keys
from caseapp.services.audit.walk import Suspects, Walk

_ENTRY, _POINT, _HEAD = AuditEntry.__table__, AuditCheckpoint.__table__, AuditHead.__table__
_FIELDS = [_ENTRY.c[name] for name in (*seals.FIELDS, "seal")]
_AT_A_TIME = 500


def verify(
    *, since: datetime | None = None, checkpoint: str | None = None, lines: Iterable[str] = ()
) -> list[Fault]:
    """The faults of the audit record, none where it is whole. `since`: only what was written after the last checkpoint
    before that moment (UTC). `checkpoint`: a line that was kept elsewhere, to be found here again; `lines`: a whole file of
    them. Raises ValueError where there is no such line, and keys.NoKey."""
    return examine(since=since, checkpoint=checkpoint, lines=lines).faults


def examine(
    *, since: datetime | None = None, checkpoint: str | None = None, lines: Iterable[str] = ()
) -> Examined:
    """As `verify`, with how much was gone through."""
    kept = [checkpoints.read_line(checkpoint)] if checkpoint else []
    kept += checkpoints.read_lines(lines) if lines else []
    keys, examined = sealing_keys(), Examined()
    with _snapshot() as connection:
        start = _checkpoint_before(connection, since) if since else 0
        _checkpoints(connection, examined, keys, kept)
        _digests(connection, examined, start)
        _chains(connection, examined, keys, start)
    examined.faults.sort(key=lambda fault: (fault.chain is not None, fault.chain or 0, fault.number or 0))
    return examined


@contextmanager
def _snapshot():
    """A connection of its own that sees one state of the database to its end, whoever writes meanwhile."""
    options = {"isolation_level": "REPEATABLE READ"} if db.engine.dialect.name == "postgresql" else {}
    with db.engine.connect().execution_options(**options) as connection:
        yield connection


def _rows(connection, statement):
    return connection.execute(statement, execution_options={"yield_per": _AT_A_TIME}).mappings()


# --- checkpoints --------------------------------------------------------------------------------------------------


def _checkpoint_before(connection, moment):
    return connection.scalar(select(func.max(_POINT.c.number)).where(_POINT.c.at <= moment)) or 0


def _checkpoints(connection, examined, keys, kept):
    """Each checkpoint's number, and its seal over itself and the one before; and that those whose lines were kept are
    among them, as they were."""
    wanted = {one.number for one in kept}
    expected, previous, seen = 1, "", {}
    for row in _rows(connection, select(_POINT).order_by(_POINT.c.number)):
        examined.checkpoints += 1
        if row["number"] != expected:
            examined.tell(FaultKind.CHECKPOINT, None, expected, "missing")
            previous = None
        key = keys.known.get(row["key_id"])
        if key is None:
            examined.tell(
                FaultKind.UNKNOWN_KEY, None, row["number"], f"sealed with key {row['key_id']}, unknown here"
            )
        elif previous is not None and not compare_digest(
            seals.checkpoint_seal(key, row, previous), row["seal"]
        ):
            examined.tell(FaultKind.CHECKPOINT, None, row["number"], "its seal is wrong: changed or put in")
        if row["number"] in wanted:
            seen[row["number"]] = row["seal"]
        expected, previous = row["number"] + 1, row["seal"]
    for one in kept:
        if seen.get(one.number) != one.seal:
            said = (
                "not the one whose line was kept" if one.number in seen else "gone, though its line was kept"
            )
            examined.tell(FaultKind.CHECKPOINT, None, one.number, f"{said}; it was made at {one.made}")


def _digests(connection, examined, start):
    """Each checkpoint's digest over what it saw of the chains."""
    digests = dict(
        connection.execute(select(_POINT.c.number, _POINT.c.digest).where(_POINT.c.number >= start)).all()
    )
    heads = _rows(
        connection,
        select(_HEAD).where(_HEAD.c.checkpoint >= start).order_by(_HEAD.c.checkpoint, _HEAD.c.chain),
    )
    for number, ours in groupby(heads, lambda row: row["checkpoint"]):
        digest = sha256()
        for row in ours:
            digest.update(seals.head_line(row["chain"], row["number"], row["seal"]))
        if digests.pop(number, None) != digest.hexdigest():
            examined.tell(
                FaultKind.CHECKPOINT,
                None,
                number,
                "what it saw of the chains was changed, taken out or put in",
            )
    for number in digests:
        examined.tell(FaultKind.CHECKPOINT, None, number, "what it saw of the chains is missing")


# --- chains -------------------------------------------------------------------------------------------------------


def _chains(connection, examined, keys, start):
    """Go through entries and heads side by side, both by chain and number."""
    begun = (
        select(_HEAD.c.chain, func.max(_HEAD.c.number).label("number"))
        .where(_HEAD.c.checkpoint <= start)
        .group_by(_HEAD.c.chain)
        .subquery()
    )
    entries, heads = select(*_FIELDS), select(_HEAD)
    if start:
        entries = entries.outerjoin(begun, begun.c.chain == _ENTRY.c.chain).where(
            _ENTRY.c.number >= func.coalesce(begun.c.number, literal(1))
        )
        heads = heads.outerjoin(begun, begun.c.chain == _HEAD.c.chain).where(
            or_(begun.c.number.is_(None), _HEAD.c.number >= begun.c.number)
        )
    entries = _rows(connection, entries.order_by(_ENTRY.c.chain, _ENTRY.c.number))
    seen = _Heads(_rows(connection, heads.order_by(_HEAD.c.chain, _HEAD.c.number)), examined, start)
    suspects = Suspects(examined, keys)
    vouched = examined.checkpoints > 0
    unvouched = 0
    for chain, ours in groupby(entries, lambda row: row["chain"]):
        examined.chains += 1
        seen.skip_to(chain)
        walk, covered = Walk(chain, examined, suspects, keys), 0
        for row in ours:
            examined.entries += 1
            head = seen.at(chain, row["number"])
            if head and head["checkpoint"] <= start:
                walk.begin_at(row, head["seal"])
            else:
                walk.take(row)
            if head:
                walk.meet(head["number"], head["seal"], head["checkpoint"])
                covered = head["number"]
        walk.end()
        seen.cut(chain, walk.number)
        examined.uncovered += max(0, walk.number - covered)
        if not walk.sealed and covered < walk.number:
            unvouched += 1
            if vouched:
                examined.tell(
                    FaultKind.UNSEALED, chain, walk.number, "without a seal, and no checkpoint vouches for it"
                )
    seen.skip_to(None)
    suspects.settle()
    if unvouched and not vouched:
        examined.tell(
            FaultKind.UNSEALED,
            None,
            None,
            f"{unvouched} chains hold only entries without seals, older than the chains, and no checkpoint vouches for"
            " them yet: flask audit checkpoint",
        )


class _Heads:
    """The heads, in the order of the entries; what the entries pass by without reaching it was cut off."""

    def __init__(self, rows, examined, start):
        self._rows, self._examined, self._start = iter(rows), examined, start
        self._next = next(self._rows, None)

    def at(self, chain, number):
        """The head at this entry, if a checkpoint saw one there."""
        while self._next and self._next["chain"] == chain and self._next["number"] < number:
            self._next = next(self._rows, None)
        if self._next and self._next["chain"] == chain and self._next["number"] == number:
            found, self._next = self._next, next(self._rows, None)
            return found
        return None

    def cut(self, chain, number):
        """The chain ended at `number`: whatever was seen behind that is gone."""
        last = None
        while self._next and self._next["chain"] == chain:
            last, self._next = self._next, next(self._rows, None)
        if last:
            self._examined.tell(
                FaultKind.CUT,
                chain,
                number + 1,
                f"cut off from here on: checkpoint {last['checkpoint']} saw it reach number {last['number']}",
            )

    def skip_to(self, chain):
        """Chains that were seen and of which nothing is left (None: all that are left over)."""
        while self._next and (chain is None or self._next["chain"] < chain):
            self.cut(self._next["chain"], 0)
