"""Record ids: 63-bit, ordered by time, not guessable, and telling nobody how many records there are."""

import secrets
import threading
import time
from datetime import datetime
from functools import lru_cache

_BEGAN = 1_577_836_800_000  # 2020, in milliseconds since 1970
_lock = threading.Lock()
_given: set[int] = set()
_given_in = 0


def new_id() -> int:
    """Forty-one bits of milliseconds since 2020, then twenty-two random bits: fits a signed 64-bit column.

    A process never gives the same id twice: where hundreds are made in one millisecond (reminders, imports) chance
    alone would repeat one in some ten thousand."""
    global _given_in
    with _lock:
        while True:
            moment = int(time.time() * 1000) - _BEGAN
            if moment != _given_in:
                _given_in = moment
                _given.clear()
            value = moment << 22 | secrets.randbits(22)
            if value not in _given:
                _given.add(value)
                return value


def at_least(moment: datetime) -> int:
    """The smallest id that could have been given at this moment in UTC; every later one is larger."""
    return max(0, int(moment.timestamp() * 1000) - _BEGAN) << 22


@lru_cache(4096)
def written(value: int) -> str:
    """The id as it stands in an address: Crockford base 32, thirteen characters or fewer."""
    return "".join([_PAIRS[value >> at & 1023] for at in range(60, -1, -10)]).lstrip("0") or "0"


def read(text: str) -> int:
    """The id behind an address. Raises ValueError for anything that no id is written as."""
    if not text or len(text) > 13 or text[0] == "0":
        raise ValueError(text)
    value = 0
    for letter in text:
        value = value * 32 + _VALUE.get(letter, 1 << 70)
    if value >= 1 << 63:
        raise ValueError(text)
    return value


ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {letter: at for at, letter in enumerate(ALPHABET)}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
