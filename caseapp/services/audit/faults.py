"""What can be wrong with the audit record, and in what words it is told."""

from dataclasses import dataclass, field
from enum import StrEnum

#: So many faults are told; the others are counted.
MOST = 1000


class FaultKind(StrEnum):
    """How the record was tampered with."""

    CHANGED = "changed"
    #: Changed together with its seal, or never written by the application.
    FORGED = "forged"
    MISSING = "missing"
    PUT_IN = "put in"
    SWAPPED = "swapped"
    #: A chain ends before the place where a checkpoint saw it end.
    CUT = "cut"
    UNSEALED = "unsealed"
    UNKNOWN_KEY = "unknown key"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which chain, at which number, and what, in a sentence. A fault of a checkpoint has no
    chain, and the checkpoint's number."""

    kind: FaultKind
    chain: int | None
    number: int | None
    what: str

    def __str__(self):
        if self.chain is None:
            where = "" if self.number is None else f"checkpoint {self.number}: "
        else:
            where = f"chain {self.chain}, number {self.number}: "
        return f"{where}{self.what}"


@dataclass(slots=True)
class Examined:
    """What was gone through and what was found. `faults` holds at most MOST of `found`."""

    entries: int = 0
    chains: int = 0
    checkpoints: int = 0
    #: Entries older than the seals.
    older: int = 0
    #: Entries behind the last checkpoint of their chain: what is cut off there would not be missed.
    uncovered: int = 0
    found: int = 0
    faults: list[Fault] = field(default_factory=list)

    def tell(self, kind: FaultKind, chain: int | None, number: int | None, what: str) -> None:
        self.found += 1
        if len(self.faults) < MOST:
            self.faults.append(Fault(kind, chain, number, what))
