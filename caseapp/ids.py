"""Record ids: 63-bit, ordered by time, not guessable, and telling nobody how many records there are."""

import secrets
import time


def new_id() -> int:
    """Forty-one bits of milliseconds since 2020, then twenty-two random bits: fits a signed 64-bit column."""
    return (int(time.time() * 1000) - 1_577_836_800_000) << 22 | secrets.randbits(22)


def written(value: int) -> str:
    """The id as it stands in an address: Crockford base 32, thirteen characters or fewer."""
    digits = ""
    while value:
        value, rest = divmod(value, 32)
        digits = ALPHABET[rest] + digits
    return digits or "0"


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
