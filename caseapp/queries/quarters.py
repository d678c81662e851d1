"""Quarters of a year, by the local calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from caseapp import clock

#: So many quarters can be looked at.
QUARTERS = 8


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year: "2026-Q4", its first day, and the first day of the next."""

    key: str
    starts: date
    ends: date

    @property
    def said(self) -> str:
        months = ("January to March", "April to June", "July to September", "October to December")
        return f"{months[(self.starts.month - 1) // 3]} {self.starts.year}"

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Its first moment and the first of the next quarter, by the local clock."""
        return _moment(self.starts), _moment(self.ends)


def _moment(day: date) -> datetime:
    """The moment at which a local day begins."""
    guess = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for hours in (0, -1, 1):
        moment = guess + timedelta(hours=hours)
        here = clock.local(moment)
        if here.date() == day and here.hour == 0:
            return moment
    return guess


def quarter(key: str) -> Quarter | None:
    """The quarter behind a key, one of the last eight; None for anything else."""
    return next((one for one in quarters() if one.key == key), None)


def quarters(today: date | None = None) -> list[Quarter]:
    """The last eight, this one first."""
    today = today or clock.today()
    year, number = today.year, (today.month - 1) // 3
    found = []
    for _ in range(QUARTERS):
        starts = date(year, number * 3 + 1, 1)
        ends = date(year + (number == 3), (number + 1) % 4 * 3 + 1, 1)
        found.append(Quarter(f"{year}-Q{number + 1}", starts, ends))
        year, number = (year, number - 1) if number else (year - 1, 3)
    return found


def closed(at: datetime) -> list[Quarter]:
    """Those that can be looked at and had ended at that moment, the newest first."""
    today = clock.local_day(at)
    return [one for one in quarters(today) if one.ends <= today]
