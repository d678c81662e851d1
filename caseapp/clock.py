"""The one place that knows what time it is: UTC for the record, the local calendar for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_zone = ZoneInfo("Europe/Dublin")
_stands: ContextVar[datetime | None] = ContextVar("stands", default=None)


def use_zone(name: str) -> None:
    """Set the local calendar (an IANA name such as Europe/Dublin or Europe/London); called once at start-up."""
    global _zone
    _zone = ZoneInfo(name)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _stands.get() or datetime.now(UTC)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Inside, `now()` is this moment: what a world file tells is done under the consents of its own day. Only for
    loading worlds and for tests, never in a request."""
    before = _stands.set(moment)
    try:
        yield
    finally:
        _stands.reset(before)


def local(moment: datetime) -> datetime:
    """The same moment on the local clock, for showing to people."""
    return moment.astimezone(_zone)


def local_day(moment: datetime) -> date:
    """The local calendar day of a moment: a consent that ends on 2 March ends at local midnight after it."""
    return _day_in(moment, _zone)


@lru_cache(4096)
def _day_in(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def at_local(day: date, hour: time) -> datetime:
    """The moment, in UTC, at which the local clock shows this day and hour (the first, where it shows it twice)."""
    return datetime.combine(day, hour, _zone).astimezone(UTC)


def today() -> date:
    """The local calendar day."""
    return now().astimezone(_zone).date()


def micros(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, exact: for addresses and keys."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(value: int) -> datetime:
    """The moment behind `micros`. OverflowError where no calendar reaches."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
