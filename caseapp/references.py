"""Case references that people can say on the phone: eight digits, "41 72 93 04".

Six random digits and two check digits by ISO 7064 MOD 97-10 (the scheme of bank account numbers): a wrong digit or
two neighbours swapped never gives another valid reference, so a slip of the tongue finds nobody rather than somebody
else. The digits tell nothing about the case, its agency, or how many cases there are. There are 900,000 of them, so
a new one may be taken: whoever stores it tries again when the database says so.
"""

import re
import secrets
import unicodedata

_SHAPE = re.compile(r"[1-9][0-9]{7}\Z")
_SPOKEN = re.compile(
    r"\A\s*(?:case(?![a-z]))?\s*(?:(?:reference|ref|number|no)(?![a-z])\.?)?\s*[:#]?", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s.,\-\u2010-\u2015\u2212/_]+")
_LONGEST = 60


def new_reference() -> str:
    """A fresh reference such as "41729304", from the system's secure random numbers. Never begins with a zero."""
    first_six = 100_000 + secrets.randbelow(900_000)
    return str(first_six * 100 + 98 - first_six * 100 % 97)


def is_valid(reference: str) -> bool:
    """Whether this is a reference as it is stored: eight plain digits, the first not zero, whose check holds."""
    return _SHAPE.match(reference) is not None and int(reference) % 97 == 1


def say(reference: str) -> str:
    """The reference as it is shown and read out: "41 72 93 04"."""
    return " ".join(reference[at : at + 2] for at in range(0, len(reference), 2))


def parse(text: str) -> str | None:
    """The reference somebody typed, as it is stored, or None when it is none.

    Blanks, dots, commas, dashes and slashes between the digits, a leading "ref", "case" or "#", the letter O for
    zero and the digits of other scripts are all taken.
    """
    if len(text) > _LONGEST:
        return None
    digits = "".join(_digit(letter) for letter in _BETWEEN.sub("", _SPOKEN.sub("", text)))
    return digits if is_valid(digits) else None


def _digit(letter: str) -> str:
    if letter in "oO":
        return "0"
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)
