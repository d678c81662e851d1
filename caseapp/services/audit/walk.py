"""One chain of the audit record, gone through entry by entry: which seals are right, and where they are not, why."""

from dataclasses import dataclass
from hmac import compare_digest

from caseapp.services.audit import seals
from caseapp.services.audit.faults import Examined, FaultKind
from caseapp.services.audit.keys import Keys

#: Where entries were taken out or put in and the others numbered anew, by so many at most it is found.
_RENUMBERED = 8
#: Among so many entries with wrong seals it is looked which were exchanged.
_COMPARED = 200


@dataclass(slots=True)
class Suspect:
    """An entry whose seal is not the one that its words and its place give. `before` is the seal before it."""

    row: dict
    before: str
    kind: FaultKind | None = None
    #: Whether it may be wrong only because the one before it is.
    soft: bool = False


class Suspects:
    """Entries with wrong seals, over all chains, until it is known which were exchanged."""

    def __init__(self, examined: Examined, keys: Keys):
        self._examined, self._keys, self._kept = examined, keys, []

    def add(self, one: Suspect) -> None:
        if len(self._kept) < _COMPARED:
            self._kept.append(one)
        elif one.kind:
            self._tell(one)

    def settle(self) -> None:
        """Tell them all: exchanged where what belongs here stands elsewhere, else what each is by itself."""
        for one in self._kept:
            elsewhere = next(
                (other for other in self._kept if other is not one and self._belongs(other, one)), None
            )
            if elsewhere:
                place = elsewhere.row
                self._examined.tell(
                    FaultKind.SWAPPED,
                    one.row["chain"],
                    one.row["number"],
                    f"exchanged; what was written here stands in chain {place['chain']} at number {place['number']}",
                )
            elif one.kind:
                self._tell(one)

    def _tell(self, one):
        said = {
            FaultKind.CHANGED: "changed: it does not say what was sealed, and the entry behind it rests on its seal",
            FaultKind.FORGED: "changed together with its seal, or not written by the application",
        }
        self._examined.tell(one.kind, one.row["chain"], one.row["number"], said[one.kind])

    def _belongs(self, other, here):
        """Whether what stands at `other` was written at `here`: with the seal it has there, or the one that stayed."""
        key = self._keys.known.get(other.row["key_id"])
        if key is None:
            return False
        place = {name: here.row[name] for name in ("chain", "number")}
        neighbours = other.row["chain"] == place["chain"] and other.row["number"] == place["number"] - 1
        before = here.row["seal"] if neighbours else here.before
        return any(
            seals.seal(key, other.row | place | more, seal) in (other.row["seal"], here.row["seal"])
            for more in ({}, {"id": here.row["id"]})
            for seal in {here.before, before}
        )


class Walk:
    """Goes through one chain. `start` and `seal` are where it was found whole before, 0 and '' for its beginning."""

    def __init__(self, chain: int, examined: Examined, suspects: Suspects, keys: Keys):
        self.chain, self.examined, self.suspects, self.keys = chain, examined, suspects, keys
        self.number = 0
        self.previous: str | None = ""
        self.sealed = False
        self._shift = 0
        self._pending: Suspect | None = None
        self._wrong_at = 0
        self._unknown: set[str] = set()

    def begin_at(self, row, seal: str) -> None:
        """Take an entry that a checkpoint vouches for as found whole: what stands behind it is looked at."""
        self.number, self.previous, self.sealed = row["number"], row["seal"] or seal, bool(row["seal"])

    def take(self, row) -> None:
        """The next entry, by number."""
        number = row["number"]
        if number > self.number + 1:
            self._settle(rests=False)
            self._missing(self.number + 1, number - 1)
            self.previous = None
        self.number = number
        if not row["seal"]:
            self._older(row)
            return
        self.sealed = True
        key = self.keys.known.get(row["key_id"])
        if key is None:
            self._unknown_key(row)
        elif self.previous is None:  # behind a gap nothing can be worked out
            self.previous = row["seal"]
        else:
            self._check(key, row)

    def meet(self, number: int, seal: str, checkpoint: int) -> None:
        """What a checkpoint saw at the entry that was just taken."""
        stands = self.previous
        if self._pending and self._pending.row["number"] == number and stands == seal:
            self._settle(rests=True)
        elif stands not in (None, seal) and not self._shift and self._wrong_at != number:
            self._settle(rests=False)
            if self._wrong_at != number:
                self._tell(
                    FaultKind.FORGED,
                    number,
                    f"not the entry that checkpoint {checkpoint} saw there, or one before it",
                )

    def end(self) -> None:
        """The chain is at its end."""
        self._settle(rests=False)

    # --- one entry

    def _check(self, key, row):
        if self._fits(key, row, self._shift, self.previous):
            self._settle(rests=True)
        elif not self._explained(key, row):
            soft = self._pending is not None
            self._settle(rests=False)
            self._pending = Suspect(dict(row), self.previous, soft=soft)
            self.previous = row["seal"]
            return
        else:
            return
        self.previous = row["seal"]

    def _explained(self, key, row):
        """Whether the entry is right for another place nearby: something before it was put in, taken out, exchanged."""
        pending = self._pending
        if pending is None:
            return False
        at = pending.row["number"]
        if self._fits(key, row, self._shift - 1, pending.before):
            self._pending, self._wrong_at = None, at
            if self._fits(key, pending.row, self._shift + 1, row["seal"]):
                for one, other in ((at, row["number"]), (row["number"], at)):
                    self._tell(
                        FaultKind.SWAPPED,
                        one,
                        f"exchanged; what was written here stands in chain {self.chain} at number {other}",
                    )
                self._wrong_at = row["number"]
                self.previous = pending.row["seal"]
            else:
                self._tell(FaultKind.PUT_IN, at, "put in; the entries behind it were numbered anew")
                self._shift -= 1
                self.previous = row["seal"]
            return True
        for step in range(1, _RENUMBERED + 1):
            for by in (step, -step):
                if self._fits(key, row, self._shift + by, self.previous):
                    self._renumbered(at, by)
                    self.previous = row["seal"]
                    return True
        return False

    def _renumbered(self, at, by):
        self._pending, self._wrong_at = None, at
        self._shift += by
        if by > 0:
            said = "an entry was taken out" if by == 1 else f"{by} entries were taken out"
            self._tell(
                FaultKind.MISSING, at, f"{said} before this one, and those behind it were numbered anew"
            )
        else:
            said = "an entry was put in" if by == -1 else f"{-by} entries were put in"
            self._tell(
                FaultKind.PUT_IN, at, f"{said} before this one, and those behind it were numbered anew"
            )

    def _fits(self, key, row, shift, previous):
        placed = row if not shift else dict(row) | {"number": row["number"] + shift}
        return compare_digest(seals.seal(key, placed, previous), row["seal"])

    def _settle(self, *, rests):
        """It is known now whether the pending entry's own seal is genuine (the next one rests on it)."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        if not pending.soft or not rests:
            pending.kind = FaultKind.CHANGED if rests else FaultKind.FORGED
            self._wrong_at = pending.row["number"]
        if pending.soft and not rests and pending.row["number"] == self.number:
            pending.kind = None  # the last of all, behind a wrong one: nothing speaks against it by itself
        self.suspects.add(pending)

    # --- what needs no seal

    def _missing(self, first, last):
        said = "missing" if first == last else f"missing, and all up to number {last}"
        self._wrong_at = last
        self._tell(FaultKind.MISSING, first, said)

    def _older(self, row):
        self.examined.older += 1
        if self.sealed:
            self._settle(rests=False)
            self._wrong_at = row["number"]
            self._tell(FaultKind.UNSEALED, row["number"], "without a seal, behind entries that have one")
        self.previous = seals.unsealed(row, self.previous or "")

    def _unknown_key(self, row):
        self._settle(rests=False)
        self._wrong_at = row["number"]
        if row["key_id"] not in self._unknown:
            self._unknown.add(row["key_id"])
            self._tell(
                FaultKind.UNKNOWN_KEY,
                row["number"],
                f"sealed with key {row['key_id'] or '(none)'}, which is not among the keys here; it cannot be verified,"
                " nor can others with that key",
            )
        self.previous = row["seal"]

    def _tell(self, kind, number, what):
        self.examined.tell(kind, self.chain, number, what)
