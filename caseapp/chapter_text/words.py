"""Words to search by, a snippet around what was found, and how long reading takes."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
#: Words a minute of somebody who reads with care.
_SPEED = 180
MOST_WORDS = 6


def fold(text: str) -> str:
    """Lower case, without accents, words parted by single blanks, with one at each end: " what stands here "."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return " " + " ".join(word.replace("’", "'") for word in _WORD.findall(plain)) + " "


def search_words(typed: str) -> list[str]:
    """The words somebody looks for, folded, at most six; each must begin a word of the chapter."""
    return fold(typed[:200]).split()[:MOST_WORDS]


def minutes_to_read(plain: str) -> int:
    """Whole minutes, at least one."""
    return max(1, round(len(_WORD.findall(plain)) / _SPEED))


def snippet(plain: str, words: list[str], around: int = 110) -> list[tuple[bool, str]]:
    """The first place where one of the words stands, as (found, text) pieces; the beginning where none does."""
    if not words:
        return [(False, plain[: around * 2])]
    found = [(m.start(), m.end()) for m in _WORD.finditer(plain) if _begins(m.group(), words)]
    if not found:
        return [(False, plain[: around * 2] + ("…" if len(plain) > around * 2 else ""))]
    first = max(0, found[0][0] - around)
    last = min(len(plain), found[0][0] + 2 * around)
    if first:
        first = plain.find(" ", first, found[0][0]) + 1 or first
    if last < len(plain):
        last = max(plain.rfind(" ", found[0][1], last), found[0][1])
    pieces: list[tuple[bool, str]] = [(False, "… ")] if first else []
    at = first
    for start, end in found:
        if end > last:
            break
        pieces += [(False, plain[at:start]), (True, plain[start:end])]
        at = end
    pieces.append((False, plain[at:last] + (" …" if last < len(plain) else "")))
    return [(hit, text) for hit, text in pieces if text]


def _begins(word, words):
    folded = fold(word).strip()
    return any(folded.startswith(one) for one in words)
