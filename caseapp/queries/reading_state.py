"""Where somebody stands with a chapter, in a key and in words (C12). Pure: no database, no clock."""

from dataclasses import dataclass
from datetime import date

from caseapp import dates


@dataclass(frozen=True, slots=True)
class ReadingState:
    """`key`: current, outdated (an older version read, and it must be read again), due, overdue, waived, none (nobody
    asked, not read). `css` is the mark beside the words; `overdue` also holds for an outdated one past its day."""

    key: str
    words: str
    css: str
    overdue: bool = False

    @property
    def to_read(self) -> bool:
        return self.key in ("outdated", "due", "overdue")


def state(
    *,
    counts_from: int | None,
    confirmed_number: int | None,
    confirmed_on: date | None,
    due_on: date | None,
    waived: bool,
    today: date,
) -> ReadingState:
    """`counts_from` is that of the version in force, None where none holds yet; `due_on` is None where nobody asked."""
    confirmed = confirmed_number or 0
    if counts_from is not None and confirmed >= counts_from:
        return ReadingState("current", f"read {dates.day(confirmed_on)}", "g-ok")
    if waived:
        return ReadingState("waived", "waived", "")
    late = due_on is not None and counts_from is not None and due_on < today
    if late:
        days = (today - due_on).days
        words = f"{days} {'day' if days == 1 else 'days'} over"
        if confirmed:
            return ReadingState("outdated", f"v{confirmed}, {words}", "g-late", True)
        return ReadingState("overdue", words, "g-late", True)
    if confirmed and due_on is not None:
        return ReadingState("outdated", f"v{confirmed}, due {dates.short_day(due_on)}", "g-wait")
    if confirmed:
        return ReadingState("outdated", f"v{confirmed} read", "g-wait")
    if due_on is not None:
        return ReadingState("due", f"due {dates.short_day(due_on)}", "g-wait")
    return ReadingState("none", "not read yet", "")
