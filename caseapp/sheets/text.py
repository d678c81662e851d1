"""Folding and cleaning of what people typed. Folded text is for comparing, never for showing."""

import re
import unicodedata
from datetime import date

_NO_DECOMPOSITION = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)} | {
    ord("'"): "",
    ord("`"): "",
}
_APOSTROPHES = re.compile("['’‘ʼ`´′]")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_QUOTED_AT_MOST = 60


def fold_name(text: str) -> str:
    """Case, accents, apostrophes, hyphens and spacing taken away: "KWAME O'EXAMPLE" and "Kwame O’Example" agree."""
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold().translate(_NO_DECOMPOSITION)
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def one_line(text: str) -> str:
    """Trimmed, inner runs of white space (line breaks too) made one space, control characters removed."""
    return " ".join(_CONTROLS.sub("", text).split())


def many_lines(text: str) -> str:
    """Trimmed, line breaks as LF, control characters removed; the rest exactly as written."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def quoted(text: str) -> str:
    """A cell's text fit for a message: one line, cut at 60 characters, angle brackets made typographic.

    So no message can become markup, not even on a page that forgets to escape it.
    """
    flat = one_line(text)
    if len(flat) > _QUOTED_AT_MOST:
        flat = flat[: _QUOTED_AT_MOST - 1] + "…"
    return flat.replace("<", "‹").replace(">", "›")


def best_writing(writings: list[str]) -> str:
    """The writing to keep of several that fold alike: mixed case first, then most accents, then most used, then first."""

    def merit(writing: str) -> tuple:
        mixed = not writing.isupper() and not writing.islower()
        accents = sum(1 for letter in unicodedata.normalize("NFKD", writing) if unicodedata.combining(letter))
        return mixed, accents, writings.count(writing)

    return max(dict.fromkeys(writings), key=merit, default="")


def said(day: date) -> str:
    """24 Nov 2026"""
    return f"{day.day} {day:%b %Y}"
