"""The honest clock of a gap or block: when a holder's time began, how much of it is used, when it is over (C9).

Days are local calendar days and working days of one calendar; no moment is ever subtracted from another, so neither the
change of the clocks nor the turn of the year can gain or lose one. Ages are calendar days from the day of noticing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from caseapp import clock
from caseapp.working_days import add_working_days, is_working_day, working_days_between


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock stood, in local days; `to` is None while it still stands."""

    since: date
    to: date | None


def starts_on(moment: datetime, calendar: str, cut_off: int) -> date:
    """The day on which the clock of something that came at this moment starts: that day, or the next working day
    where it came at or after the cut-off hour (24: never) or on a day off. The first working day after it is day 1."""
    here = clock.local(moment)
    day = here.date()
    if is_working_day(day, calendar) and here.hour < cut_off:
        return day
    return add_working_days(day, 1, calendar)


def paused_days(pauses: Iterable[Pause], start: date, until: date, calendar: str) -> int:
    """Working days between `start` and `until` on which the clock stood."""
    stood = 0
    for pause in pauses:
        since, to = max(pause.since, start), min(pause.to or until, until)
        if to > since:
            stood += working_days_between(since, to, calendar)
    return stood


def used(start: date, until: date, calendar: str, pauses: Iterable[Pause] = ()) -> int:
    """Working days used from the day the clock started up to and including `until`, without those on which it stood.
    Never negative, never smaller on a later day."""
    if until <= start:
        return 0
    return working_days_between(start, until, calendar) - paused_days(pauses, start, until, calendar)


def due_on(start: date, allowed: int, used_before: int, stood: int, calendar: str) -> date:
    """The last day of the answer time: `allowed` working days from the start, less what this level had used before it
    came back, more what the clock stood. With nothing left it is the day it starts."""
    return add_working_days(start, max(0, allowed - used_before) + stood, calendar)


def age(age_from: date, today: date) -> int:
    """Calendar days since it was noticed; 0 on that day."""
    return max(0, (today - age_from).days)
