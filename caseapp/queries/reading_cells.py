"""What stands in one cell of the matrix, and how cells are counted: one home for both, so that no figure can differ from
what the page shows. Conditions are for selects that join Chapter, its version in force and ReadingStanding."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, func
from sqlalchemy import Date as Day

from caseapp import dates
from caseapp.models import Chapter, ChapterVersion, ReadingStanding
from caseapp.policy.chapters import in_force
from caseapp.policy.reading import READER_DAY
from caseapp.queries.reading_state import state

#: With more cells than this the figures over all of them are those that were kept last (reading_coverage), and pages
#: say of which day: so a page costs the same for two million cells.
WIDE = 10_000
#: What is due within so many calendar days counts as due soon.
SOON = 14
SOON_DAY = bindparam("reader_soon", type_=Day())

#: The version of a chapter that holds today; withdrawn chapters are asked of nobody.
VERSION_NOW = and_(ChapterVersion.chapter_id == Chapter.id, in_force(day=READER_DAY))
STANDS = and_(Chapter.withdrawn_on.is_(None), Chapter.published_at.is_not(None))


class Conditions(NamedTuple):
    """What may be true of a cell; a waived one is asked of nobody."""

    asked: ColumnElement
    read: ColumnElement
    open: ColumnElement
    overdue: ColumnElement
    due: ColumnElement
    due_soon: ColumnElement
    older: ColumnElement


def conditions(counts_from) -> Conditions:
    """The conditions where `counts_from` is the column that holds from which version on a chapter counts as read."""
    asked = and_(ReadingStanding.asked_at.is_not(None), ReadingStanding.waived_at.is_(None))
    open_ = and_(asked, ReadingStanding.confirmed_number < counts_from)
    due = and_(open_, ReadingStanding.due_on >= READER_DAY)
    return Conditions(
        asked=asked,
        read=ReadingStanding.confirmed_number >= counts_from,
        open=open_,
        overdue=and_(open_, ReadingStanding.due_on < READER_DAY),
        due=due,
        due_soon=and_(due, ReadingStanding.due_on <= SOON_DAY),
        older=and_(open_, ReadingStanding.confirmed_number > 0),
    )


_NOW = conditions(ChapterVersion.counts_from)
OPEN, OVERDUE = _NOW.open, _NOW.overdue

#: what the filter "which" asks for → its condition on a cell, by name
WHICH = {"overdue": "overdue", "due": "due", "soon": "due_soon", "older": "older", "open": "open"}


def soon(today: date) -> date:
    return today + timedelta(days=SOON)


def _many(condition):
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _figures(on: Conditions) -> dict[str, ColumnElement]:
    """The figures by name, in the order of Figures: what a cell must be to count in each."""
    return {
        "asked": on.asked,
        "current": and_(on.asked, on.read),
        "overdue": on.overdue,
        "due_soon": on.due_soon,
        "older": on.older,
    }


#: One column for each figure.
FIGURES = tuple(_many(condition).label(name) for name, condition in _figures(_NOW).items())


#: The bits of a cell's number (`bits`), in the order of Figures; the last: it is of the kind that a page is narrowed to.
_BITS = (1, 2, 4, 8, 16)
MATCHES = 32


def bits(on: Conditions, matching: ColumnElement | None = None) -> ColumnElement:
    """What is true of a cell, as one number: cells are told apart once, and counted by person and by chapter from that."""
    figures = zip(_figures(on).values(), _BITS, strict=True)
    whole = sum(case((condition, bit), else_=0) for condition, bit in figures)
    return whole if matching is None else whole + case((matching, MATCHES), else_=0)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many chapters were asked of people and how they stand. A waived one is asked of nobody."""

    asked: int = 0
    current: int = 0
    overdue: int = 0
    due_soon: int = 0
    older: int = 0

    @classmethod
    def of(cls, counted: Iterable[tuple[int, int]]) -> "Figures":
        """The figures of so many cells of each number: (bits, how many)."""
        counted = list(counted)
        return cls(*(sum(many for number, many in counted if number & bit) for bit in _BITS))

    @property
    def percent(self) -> int | None:
        """The share read in a version that counts, in whole percent; None where nothing was asked. Never 100 while
        something is open."""
        if not self.asked:
            return None
        return 100 if self.current == self.asked else min(99, round(100 * self.current / self.asked))

    @property
    def said(self) -> str:
        return f"{self.current} of {self.asked}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One person and one chapter. `key`: current, outdated, due, overdue, waived, read (an older version, and nobody
    asks for more) or none; `css` is the class of the cell, `mark` that of the sign before its words."""

    key: str
    words: str
    css: str
    mark: str
    asked: bool
    open: bool
    late: bool
    confirmed: int
    read_on: date | None
    due_on: date | None


NOT_ASKED = Cell("none", "not asked", "c-no", "", False, False, False, 0, None, None)


def cell(row, counts_from: int, today: date) -> Cell:
    """`row` has asked_at, waived_at, due_on, confirmed_number and confirmed_on; None where there is no standing."""
    if row is None:
        return NOT_ASKED
    asked = row.asked_at is not None and row.waived_at is None
    found = state(
        counts_from=counts_from,
        confirmed_number=row.confirmed_number,
        confirmed_on=row.confirmed_on,
        due_on=row.due_on if asked else None,
        waived=row.waived_at is not None,
        today=today,
    )
    key, words, css = found.key, found.words, "c-no"
    if key == "current":
        words, css = _near(row.confirmed_on, today), "c-ok"
    elif key == "outdated" and not asked:
        key, words = "read", f"v{row.confirmed_number} read, not asked again"
    elif key == "none":
        words = "not asked"
    elif found.overdue:
        css = "c-late"
    elif key == "outdated":
        css = "c-old"
    elif key == "due":
        css = "c-due"
    mark = found.css if css in ("c-ok", "c-late", "c-old", "c-due") else ""
    return Cell(
        key,
        words,
        css,
        mark,
        asked,
        asked and key != "current",
        found.overdue,
        row.confirmed_number,
        row.confirmed_on,
        row.due_on if asked else None,
    )


def _near(day: date, today: date) -> str:
    """Within the last year the day alone says it."""
    return dates.short_day(day) if (today - day).days < 300 else dates.day(day)
