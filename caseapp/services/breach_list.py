"""Passwords that were stolen elsewhere: the operator's file in the form of Have I Been Pwned (ASVS 6.2.12).

One line each, sorted: SHA-1 of the password in 40 hexadecimal figures, a colon, how often it was seen. The file may have
forty gigabytes; it is searched where it lies, with some thirty short reads, and nothing of it is kept in memory. What is
looked up never leaves this machine.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::\d+)?\r?\n?\Z")
#: No line is longer: 40 figures, a colon, a number, two for its end.
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Looked:
    """What a check of a file found. `fault` is a sentence, or nothing."""

    size: int
    lines: int
    fault: str = ""


def holds(password: str, path: str) -> bool:
    """Whether the list has this password. A list that cannot be read holds nothing, and the log says so: whoever has to
    change a password must be able to."""
    wanted = (
        hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False)
        .hexdigest()
        .upper()
        .encode()
    )
    try:
        with Path(path).open("rb") as file:
            return _find(file, Path(path).stat().st_size, wanted)
    except (OSError, ValueError) as wrong:
        logging.getLogger(__name__).error("the breach list cannot be used: %s", type(wrong).__name__)
        return False


def look(path: str, samples: int = 10_000) -> Looked:
    """Whether a file can be such a list: the form and the order of its lines, at so many places spread over it (0: of all,
    as of every short file). Raises OSError where it cannot be read."""
    size = Path(path).stat().st_size
    step = max(1, size // samples) if samples else 1
    lines, before = 0, b""
    with Path(path).open("rb") as file:
        at = 0
        while at < size:
            begin, line = _line_from(file, at)
            if not line:
                break
            if (hash_ := _hash(line)) is None:
                return Looked(size, lines, f"Byte {begin} begins no line of the form HASH:COUNT")
            if hash_ <= before:
                return Looked(size, lines, f"The lines are not sorted by hash, at byte {begin}")
            lines, before = lines + 1, hash_
            at = max(begin + len(line), at + step)
    return Looked(size, lines, "" if lines else "The file is empty")


def _find(file, size, wanted):
    low, high = 0, size
    while low < high:
        begin, line = _line_from(file, (low + high) // 2)
        if not line or begin >= high:
            high = (low + high) // 2
            continue
        hash_ = _hash(line)
        if hash_ is None:
            raise ValueError("no such list")
        if hash_ == wanted:
            return True
        if hash_ < wanted:
            low = begin + len(line)
        else:
            high = (low + high) // 2
    return False


def _line_from(file, at):
    """The first line that begins at this byte or after it, and where; nothing at the end of the file."""
    if at:
        file.seek(at - 1)
        skipped = file.readline(_LONGEST)
        if skipped and not skipped.endswith(b"\n") and len(skipped) == _LONGEST:
            raise ValueError("no such list")
        at += len(skipped) - 1
    else:
        file.seek(0)
    return at, file.readline(_LONGEST)


def _hash(line):
    found = _LINE.match(line)
    return found and found[1].upper()
