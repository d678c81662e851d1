"""Working days: Monday to Friday without the public holidays of one calendar (docs/decisions/0003-working-days.md).

Time limits that are counted in working days: answers to gaps and blocks (states C9), issues on a plan (S3-18),
decisions and minutes of a meeting (forms B7). Days are local calendar days, as `clock.today()` gives them.
Public holidays are known for 1900 to 2100; outside these years only weekends are left out.
"""

from bisect import bisect_left, bisect_right
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

# calendar → (label, country, part of it) as the holidays library names them; Wales keeps the days of England
CALENDARS = {
    "IE": ("Ireland", "IE", None),
    "UK": ("England and Wales", "GB", "ENG"),
}

#: A file for each calendar, a line for each year with its public holidays from Monday to Friday. Written by
#: `python -m scripts.public_holidays`: the library that knows them takes 19 MB of each process that asks it.
FOLDER = Path(__file__).resolve().parent.parent / "config" / "public_holidays"

FIRST_YEAR, LAST_YEAR = 1900, 2100


def is_working_day(day: date, calendar: str) -> bool:
    """Whether `day` is neither on a weekend nor a public holiday. ValueError for an unknown calendar."""
    ordinal = day.toordinal()
    return _count(ordinal, calendar) > _count(ordinal - 1, calendar)


def working_days_between(start: date, end: date, calendar: str) -> int:
    """Working days after `start` up to and including `end`; negative when `end` comes first.

    Friday to Monday is 1, Friday to Saturday 0, Monday back to Friday -1. Always
    between(a, b) == -between(b, a) and between(a, b) + between(b, c) == between(a, c).
    """
    return _count(end.toordinal(), calendar) - _count(start.toordinal(), calendar)


def add_working_days(day: date, n: int, calendar: str) -> date:
    """The n-th working day after `day`, or before it when n is negative; 0 gives `day` itself, whatever it is.

    With n > 0 the answer is the last day on which a limit of n working days from `day` is still kept.
    OverflowError where the answer would lie beyond the years that a date can hold.
    """
    if n == 0:
        return day
    start = day.toordinal()
    # two calendar days for each working day and a month more hold every run of holidays
    if n > 0:
        wanted, near = _count(start, calendar) + n, range(start + 1, start + 2 * n + 31)
    else:
        wanted, near = _count(start - 1, calendar) + 1 + n, range(start + 2 * n - 31, start)
    found = near.start + bisect_left(near, wanted, key=lambda ordinal: _count(ordinal, calendar))
    if not 1 <= found <= date.max.toordinal():
        raise OverflowError("There is no such day in the calendar.")
    return date.fromordinal(found)


def working_days_late(due: date, today: date, calendar: str) -> int:
    """Working days that have passed since the due day; 0 until it is over, and over a weekend after it."""
    return max(0, working_days_between(due, today, calendar))


@lru_cache(4096)
def in_words(due: date, today: date, calendar: str) -> str:
    """How the due day stands to today, for a row: "6 working days late", "today", "tomorrow", "in 3 working days"."""
    if due == today:
        return "today"
    if (due - today).days == 1:
        return "tomorrow"
    late = working_days_between(due, today, calendar)
    if due < today:
        return f"{_working_days(late)} late" if late else "less than 1 working day late"
    return f"in {_working_days(-late)}" if late else f"in {(due - today).days} days"


def _working_days(n: int) -> str:
    return "1 working day" if n == 1 else f"{n} working days"


def _count(ordinal: int, calendar: str) -> int:
    """Working days from 1 January of year 1, a Monday, up to and including the day with this ordinal."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5) - bisect_right(_public_holidays(calendar), ordinal)


@cache
def _public_holidays(calendar: str) -> tuple[int, ...]:
    """Ordinals, in order, of all public holidays on a weekday, those that the law moves from a weekend included."""
    if calendar not in CALENDARS:
        raise ValueError(f"There is no calendar of working days called {calendar}.")
    found = []
    for line in (FOLDER / f"{calendar}.txt").read_text().splitlines():
        if not line.startswith("#"):
            year, *days = line.split()
            found += [date.fromisoformat(f"{year}-{day}").toordinal() for day in days]
    return tuple(found)
