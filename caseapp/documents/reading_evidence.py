"""Evidence of who has read what, for a line manager: the rows and figures of files and prints. They are made of the very
cells that the matrix shows, and the figures are counted from these rows (S0-33, S0-34)."""

from dataclasses import dataclass
from datetime import date, datetime

from caseapp import clock, dates, references, sheets
from caseapp.policy.reading import ReaderFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import reading_lines, reading_person
from caseapp.queries.reading_cells import Figures, soon
from caseapp.queries.reading_lines import Line
from caseapp.queries.reading_matrix import Wanted
from caseapp.sheets.xlsx_writing import xlsx_bytes

#: Rows of one file, and rows of one print; the file and the page say so.
MOST = 10_000
MOST_PRINTED = 1500

COLUMNS = (
    "Name",
    "E-mail",
    "Profession",
    "Chapter",
    "Title",
    "Version in force",
    "Stands",
    "In words",
    "Version read",
    "Read on",
    "Confirmed on",
    "Read for",
    "Receipt",
    "Asked on",
    "Due on",
    "Why asked",
)
STANDS = {
    "current": "read, current",
    "outdated": "older version read, to be read again",
    "due": "to be read",
    "overdue": "to be read",
    "waived": "waived",
    "read": "older version read, not asked",
    "none": "not asked",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All lines of one export with the figures counted from them; `left_out` where there were more than fit."""

    lines: list[Line]
    figures: Figures
    left_out: bool

    def by_person(self) -> list[tuple[Line, list[Line]]]:
        """The lines of each person together, with the first for their name."""
        found: dict[int, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.reader_id, []).append(line)
        return [(lines[0], lines) for lines in found.values()]


def evidence(wanted: Wanted, *, viewer: Viewer, most: int = MOST) -> Evidence:
    """What the matrix shows under the same filters, on all its pages."""
    lines = list(reading_lines.lines(wanted, viewer=viewer, limit=most + 1))
    kept = lines[:most]
    return Evidence(kept, counted(kept), len(lines) > most)


def counted(lines) -> Figures:
    """The figures of these lines."""
    horizon = soon(clock.today())
    asked = [line.cell for line in lines if line.cell.asked]
    return Figures(
        len(asked),
        sum(not one.open for one in asked),
        sum(one.late for one in asked),
        sum(one.open and not one.late and one.due_on <= horizon for one in asked),
        sum(one.open and one.confirmed > 0 for one in asked),
    )


def stands(cell) -> str:
    """One cell in words that need no colour."""
    if cell.late:
        return f"overdue, {STANDS[cell.key]}"
    return STANDS[cell.key]


def rows(found: Evidence) -> list[tuple]:
    """The lines as a table of COLUMNS; times local."""
    table = [
        (
            line.name,
            line.email,
            line.profession,
            line.number,
            line.title,
            line.version,
            stands(line.cell),
            line.cell.words,
            line.cell.confirmed or None,
            line.cell.read_on,
            _local(line.confirmed_at),
            line.purpose,
            said(line.receipt),
            line.asked_on,
            line.cell.due_on,
            line.reason,
        )
        for line in found.lines
    ]
    if found.left_out:
        said_so = f"Only the first {MOST:,} rows are here. Filter the page to get the others."
        table.append((said_so, *[None] * (len(COLUMNS) - 1)))
    return table


def figures_table(figures: Figures, *, today: date) -> list[tuple[str, int | str]]:
    """The figures as the page says them."""
    return [
        ("Asked", figures.asked),
        ("Read, current", figures.current),
        ("Share read, current", f"{figures.percent}%" if figures.percent is not None else "nothing asked"),
        ("Overdue", figures.overdue),
        (f"Due by {dates.day(soon(today))}", figures.due_soon),
        ("Read an older version", figures.older),
    ]


def csv(found: Evidence) -> bytes:
    return sheets.csv_bytes(COLUMNS, rows(found))


def xlsx(found: Evidence, *, viewer: Viewer, at: datetime, narrowed: str) -> bytes:
    """Two sheets: the figures with what the file is, and the lines."""
    about = (
        f"Reading of procedures, staff of {viewer.name}, {viewer.agency_name}, on {dates.moment(at)}"
        f"{f'; narrowed to {narrowed}' if narrowed else ''}. Not to be passed on outside the agency."
    )
    figures = figures_table(found.figures, today=clock.local_day(at))
    return xlsx_bytes(
        [("Figures", ("Figure", "Value"), figures, about), ("Lines", COLUMNS, rows(found), about)]
    )


RECORD = (
    "Read on",
    "Chapter",
    "Title",
    "Version",
    "Read for",
    "Minutes to read",
    "Receipt",
    "Confirmed on",
    "Was due on",
    "Entry",
)


def record_rows(entries: list[reading_person.Entry]) -> list[tuple]:
    """One person's entries as a table of RECORD."""
    return [
        (
            one.read_on,
            one.number,
            one.title,
            one.version,
            purpose(one),
            one.minutes,
            said(one.receipt),
            _local(one.at),
            one.due_on,
            entry_words(one),
        )
        for one in entries
    ]


@dataclass(frozen=True, slots=True)
class Record:
    """One person's record for supervision and CPD."""

    reader: ReaderFile
    standings: list[reading_person.Standing]
    figures: Figures
    entries: list[reading_person.Entry]
    #: how long what was read takes, in minutes
    minutes: int
    left_out: bool


def record(reader: ReaderFile, *, viewer: Viewer, purpose: str = "") -> Record:
    """All of it, for a print or a file."""
    standings = reading_person.standings(reader, viewer=viewer)
    entries, total = reading_person.entries(reader, viewer=viewer, purpose=purpose, limit=MOST_PRINTED)
    counting = [one for one in entries if one.kind.value == "read" and not one.taken_back]
    return Record(
        reader,
        standings,
        reading_person.figures(standings),
        entries,
        sum(one.minutes for one in counting),
        total > len(entries),
    )


def purpose(one) -> str:
    """What it was read for, in the reader's own words where they gave some."""
    return f"{one.purpose.label}: {one.purpose_other}" if one.purpose_other else one.purpose.label


def entry_words(one) -> str:
    if one.kind.value == "mistake":
        return "taken back: entered by mistake"
    return "read, taken back later" if one.taken_back else "read"


def said(receipt: str) -> str:
    """The receipt's number as it is said on the phone."""
    return f"R-{references.say(receipt)}" if receipt else ""


def _local(at: datetime | None) -> datetime | None:
    return at and clock.local(at).replace(tzinfo=None, second=0, microsecond=0)
