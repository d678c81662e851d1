"""Days and times as a world file writes them: absolute, or counted from the day on which it is loaded."""

import re
from datetime import UTC, date, datetime, time, timedelta

from caseapp import clock
from caseapp.protocols import add_months
from caseapp.working_days import add_working_days

#: When a time is left out, in local time.
MORNING = time(10, 0)

_ABSOLUTE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_RELATIVE = re.compile(r"([+-])(\d{1,5})(d|w|m|wd)\Z")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")

DAY_SENTENCE = 'write a day as 2026-11-24, "today", "-12d", "+3w", "-2m" or "-6wd"'
MOMENT_SENTENCE = 'write a time as "2026-11-24 14:05" or "-3d 14:05"'


def day(text, *, today: date, calendar: str = "IE") -> date:
    """The local calendar day that a text means. d, w and m count days, weeks and months from `today`, wd working days
    by `calendar`. Raises ValueError with a sentence."""
    if not isinstance(text, str):
        raise ValueError(DAY_SENTENCE)
    text = text.strip()
    if text == "today":
        return today
    if _ABSOLUTE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"there is no day {text}") from None
    found = _RELATIVE.match(text)
    if not found:
        raise ValueError(DAY_SENTENCE)
    number = int(found[2]) * (-1 if found[1] == "-" else 1)
    try:
        match found[3]:
            case "d":
                return today + timedelta(days=number)
            case "w":
                return today + timedelta(weeks=number)
            case "m":
                return add_months(today, number)
            case _:
                return add_working_days(today, number, calendar)
    except (OverflowError, ValueError):
        raise ValueError(f"{text} lies beyond the calendar") from None


def moment(text, *, now: datetime, calendar: str = "IE") -> datetime:
    """The moment, in UTC, that a local day and time mean; 10:00 where the time is left out. A day of today without
    a time is never later than `now`. Raises ValueError with a sentence, also for what has not happened yet."""
    if not isinstance(text, str):
        raise ValueError(MOMENT_SENTENCE)
    words = text.split()
    if not 1 <= len(words) <= 2:
        raise ValueError(MOMENT_SENTENCE)
    on = day(words[0], today=clock.local_day(now), calendar=calendar)
    at = MORNING
    if len(words) == 2:
        found = _TIME.match(words[1])
        if not found:
            raise ValueError(MOMENT_SENTENCE)
        at = time(int(found[1]), int(found[2]))
    zone = clock.local(now).tzinfo
    when = datetime.combine(on, at, tzinfo=zone).astimezone(UTC)
    if when > now:
        if len(words) == 1 and on == clock.local_day(now):
            return now
        raise ValueError("this lies in the future, and nothing can have happened then")
    return when
