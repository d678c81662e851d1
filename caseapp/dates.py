"""How days and moments are written for people: "24 Nov 2026", "Wednesday 9 December 2026", "9:42"."""

from datetime import date, datetime
from functools import lru_cache

from caseapp import clock

SHORT = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG = (
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@lru_cache(4096)
def day(value: date | None, none: str = "") -> str:
    """24 Nov 2026"""
    return f"{value.day} {SHORT[value.month]} {value.year}" if value else none


@lru_cache(4096)
def short_day(value: date | None) -> str:
    """24 Nov"""
    return f"{value.day} {SHORT[value.month]}" if value else ""


def long_day(value: date | None) -> str:
    """Wednesday 9 December 2026"""
    return f"{DAYS[value.weekday()]} {value.day} {LONG[value.month]} {value.year}" if value else ""


def full_day(value: date | None) -> str:
    """9 December 2026"""
    return f"{value.day} {LONG[value.month]} {value.year}" if value else ""


def hour(value: datetime | None) -> str:
    """9:42, on the local clock"""
    if value is None:
        return ""
    value = clock.local(value)
    return f"{value.hour}:{value.minute:02}"


def moment(value: datetime | None) -> str:
    """24 Nov 2026, 9:42, on the local clock"""
    return f"{day(clock.local_day(value))}, {hour(value)}" if value else ""


def since_today(value: datetime | None) -> str:
    """9:42 for a moment of today; 24 Nov 2026, 9:42 for an earlier one"""
    return hour(value) if value and clock.local_day(value) == clock.today() else moment(value)


def day_of(value: datetime | None) -> str:
    """24 Nov 2026: the local day of a moment"""
    return day(clock.local_day(value)) if value else ""
