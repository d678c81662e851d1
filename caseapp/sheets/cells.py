"""From what a cell says to what it means; what cannot be meant raises CellRefused with the reason."""

import re
from datetime import date, timedelta

from caseapp.sheets.shapes import Cell
from caseapp.sheets.text import fold_name, one_line

# values of vocabulary.ActionStatus, and how the pages call them
STATUS_LABELS = {
    "proposed": "Proposed",
    "requested": "Asked",
    "accepted": "Accepted",
    "in_progress": "Under way",
    "blocked": "Blocked",
    "completed": "Done",
    "not_completed": "Not done",
    "declined": "Declined",
    "cancelled": "Stopped",
}
_STATUS_WORDS = {
    "proposed": ("proposed", "planned", "draft", "idea"),
    "requested": (
        "requested",
        "open",
        "asked",
        "new",
        "todo",
        "to do",
        "pending",
        "not started",
        "outstanding",
        "sent",
    ),
    "accepted": ("accepted", "agreed"),
    "in_progress": (
        "in progress",
        "inprogress",
        "under way",
        "underway",
        "ongoing",
        "on going",
        "started",
        "active",
    ),
    "blocked": ("blocked", "stuck", "on hold", "onhold", "waiting", "waiting list", "stalled"),
    "completed": ("completed", "complete", "done", "finished", "achieved", "closed", "yes", "y", "✓", "✔"),
    "not_completed": ("not completed", "not done", "incomplete", "failed", "not achieved", "not met"),
    "declined": ("declined", "refused", "rejected"),
    "cancelled": (
        "cancelled",
        "canceled",
        "stopped",
        "n a",
        "na",
        "not applicable",
        "not needed",
        "withdrawn",
    ),
}
_STATUS_OF = {word: status for status, words in _STATUS_WORDS.items() for word in words}

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
            "aug august", "sep sept september", "oct october", "nov november", "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = re.compile(r"[ T]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|\s*[ap]m)?$", re.IGNORECASE)
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})")
_WORDED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]*(?:of\s+)?([a-z]{3,9})[\s\-/.,]*(\d{4}|\d{2})", re.IGNORECASE
)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_SERIAL = re.compile(r"(\d{4,5})(?:\.\d+)?")
_SERIAL_FROM, _SERIAL_TO = 3_000, 80_000  # 1908 to 2119; what lies below is a year, not a day
_SPREADSHEET_ERRORS = {
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
}
_OLDEST = 120  # years
_LONGEST_DATE = 60  # characters
_PLAN_YEARS = (1980, 30)  # opened and due dates: not before, and years from today

VAGUE = "This is not a date. Write it like 24/11/2026, or leave it empty."


class CellRefused(ValueError):
    """What is wrong with one cell, as a sentence."""


def read_date(cell: Cell, *, today: date, born: bool = False, from_1904: bool = False) -> tuple[date, str]:
    """The date a cell means and, where it had to be guessed, a sentence saying how ("" otherwise).

    Day before month, always. Two-digit years: births (`born`) in the past, others in the century nearest to
    `today` (local date). Numbers are a spreadsheet's serial days. Raises CellRefused, also for a birth in the
    future or more than 120 years ago, and for other dates before 1980 or more than 30 years ahead.
    """
    found, guess = (cell, "") if isinstance(cell, date) else _read_date_text(cell, today, born, from_1904)
    if born and found > today:
        raise CellRefused("This date of birth is in the future.")
    if born and found.year < today.year - _OLDEST:
        raise CellRefused(f"This date of birth is more than {_OLDEST} years ago.")
    if not born and not _PLAN_YEARS[0] <= found.year <= today.year + _PLAN_YEARS[1]:
        raise CellRefused(f"Look at the year: it was read as {found.year}.")
    return found, guess


def _read_date_text(text: str, today: date, born: bool, from_1904: bool) -> tuple[date, str]:
    if len(text) > _LONGEST_DATE:
        raise CellRefused(VAGUE)
    plain = _TIME.sub("", _WEEKDAY.sub("", one_line(text))).strip()
    if match := _YEAR_FIRST.fullmatch(plain):
        year, month, day = match.groups()
    elif match := _DAY_FIRST.fullmatch(plain):
        day, month, year = match.groups()
    elif (match := _WORDED.fullmatch(plain)) and match.group(2).lower() in _MONTHS:
        day, month, year = match.group(1), _MONTHS[match.group(2).lower()], match.group(3)
    elif (match := _MONTH_FIRST.fullmatch(plain)) and match.group(1).lower() in _MONTHS:
        month, day, year = _MONTHS[match.group(1).lower()], match.group(2), match.group(3)
    elif (match := _SERIAL.fullmatch(plain)) and _SERIAL_FROM <= int(match.group(1)) <= _SERIAL_TO:
        start = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
        return start + timedelta(days=int(match.group(1))), "Whole numbers are read as a spreadsheet's dates."
    else:
        raise CellRefused(VAGUE)
    if len(year) == 2:
        found = _in_century(int(year), int(month), int(day), today, born)
        nearest = "the latest in the past" if born else "the nearest to today"
        return found, f"Years of two digits are read as {nearest}."
    return _on(int(year), int(month), int(day)), ""


def _in_century(year: int, month: int, day: int, today: date, born: bool) -> date:
    century = today.year - today.year % 100
    if born:
        full = century + year
        if (full, month, day) > (today.year, today.month, today.day):
            full -= 100
    else:
        full = min(
            (century + year + shift for shift in (-100, 0, 100)), key=lambda each: abs(each - today.year)
        )
    return _on(full, month, day)


def _on(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        if month > 12 >= day > 0:
            raise CellRefused(
                "There is no such date: the day comes before the month, as in 24/11/2026."
            ) from None
        raise CellRefused("There is no such date.") from None


def read_status(text: str) -> tuple[str, bool]:
    """(a value of ActionStatus, whether it was guessed): guessed is all but our own words. Raises CellRefused."""
    folded = fold_name(text) or one_line(text).strip("-–—./?")
    if not folded:
        return "requested", True
    status = _STATUS_OF.get(folded)
    if status is None:
        raise CellRefused("This status is not known. Use open, in progress, blocked, done, not done or n/a.")
    own = {fold_name(status), fold_name(STATUS_LABELS[status])}
    return status, folded not in own


def read_name(text: str) -> tuple[str, bool]:
    """(the name, whether "Surname, First" was turned round). Raises CellRefused when there is no letter in it."""
    name = one_line(text)
    surname, comma, first = (part.strip() for part in name.partition(","))
    turned = (
        bool(comma and surname and first)
        and "," not in first
        and fold_name(first) not in ("jr", "snr", "sr", "jnr")
    )
    if turned:
        name = f"{first} {surname}"
    if not any(letter.isalpha() for letter in fold_name(name)):
        raise CellRefused("This is not a name.")
    return name, turned


def refuse_spreadsheet_error(text: Cell) -> None:
    """Raises CellRefused for "#REF!" and its like: the program lost the value, and so would we."""
    if isinstance(text, str) and text.strip().upper() in _SPREADSHEET_ERRORS:
        raise CellRefused("The spreadsheet shows an error here instead of a value.")
