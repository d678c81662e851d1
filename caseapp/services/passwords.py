"""Passwords: Argon2id, and which ones are refused (design: security, 2b).

Fifteen characters at least, because there is no second factor yet (NIST SP 800-63B-4); any characters, taken whole,
in Unicode form NFKC; no rule about what they are made of, and no expiry. What everybody would guess is refused.
"""

import re
import threading
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from caseapp.services import breach_list

LEAST = 15
MOST = 128

#: 46 MiB, one pass, one lane: about 40 ms of one core.
_HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
#: So many at a time in one process, or signing in eats the memory and the cores that the work needs.
_GATE = threading.BoundedSemaphore(2)

_COMMON = Path(__file__).with_name("common_passwords.txt")
_LEET = str.maketrans("013457@$!|", "oieastasil")


def hashed(password: str) -> str:
    """What the database keeps of a password."""
    with _GATE:
        return _HASHER.hash(_bytes(password))


def right(stored: str | None, password: str) -> bool:
    """Whether this is the password. Takes as long for an account that does not exist (`stored` is None), and must
    run outside a transaction that writes."""
    dummy = _dummy()
    try:
        with _GATE:
            _HASHER.verify(stored or dummy, _bytes(password))
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether the hash was made with other figures than today's, and should be made anew."""
    return _HASHER.check_needs_rehash(stored)


def fault(password: str, *, about: tuple[str, ...] = (), breached: str = "") -> str | None:
    """Why this password cannot be taken, as a sentence for its owner; None if it can. `about` are names that others
    would try first: of the person, the agency, the e-mail address. `breached` is the path of the operator's list of
    passwords that were stolen elsewhere (services.breach_list), if there is one."""
    text = unicodedata.normalize("NFKC", password)
    if len(text) < LEAST:
        return f"Use {LEAST} characters or more. Three or four words that do not belong together are easy to remember."
    if len(text) > MOST:
        return f"Use {MOST} characters at most; there are {len(text)}."
    low = text.casefold()
    if len(set(low)) < 5 or _repeats(low) or _runs(low):
        return "This repeats the same few characters, so it would be guessed soon. Use words that do not belong together."
    for letters in {_letters(low), _letters(low.translate(_LEET))}:
        if letters and (letters in _common() or _unit(letters) in _common()):
            return "This is one of the passwords that are tried first everywhere. Use words that do not belong together."
        if _made_of(letters, about):
            return "This is made of your name, your agency’s, or ours, which is what others would try first."
    if breached and breach_list.holds(text, breached):
        return "This password was stolen elsewhere and is on the lists that thieves try. Use words that do not belong together."
    return None


@cache
def _dummy() -> str:
    return _HASHER.hash(b"nobody has this password")


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _letters(text: str) -> str:
    """Only the letters, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalpha())


def _unit(text: str) -> str:
    """The shortest piece that the text is a repetition of: "abcabc" is "abc"."""
    at = (text + text).find(text, 1)
    return text[:at] if at > 0 else text


def _repeats(text: str) -> bool:
    return len(_unit(text)) <= len(text) // 2 and len(_unit(text)) < LEAST


def _runs(text: str) -> bool:
    """Mostly a counting or alphabet run: 123456789012345, abcdefghijklmnop, or a row of the keyboard."""
    steps = [abs(ord(b) - ord(a)) <= 1 for a, b in pairwise(text)]
    return sum(steps) > 0.8 * len(steps)


def _made_of(letters: str, about: tuple[str, ...]) -> bool:
    """Whether fewer than four letters are left once the names are taken out."""
    known = {_letters(word) for name in ("caseapp", *about) for word in [name, *re.split(r"[^\w]+", name)]}
    rest = letters
    for word in sorted((w for w in known if len(w) >= 3), key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != letters and len(rest) < 4


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(_letters(line) for line in lines if line and not line.startswith("#"))
