"""From what a form sends to the value of a setting, with a plain sentence for each thing that cannot be."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from caseapp.settings_catalogue.shapes import Kind, Line, Setting, Value

MOST_LINES = 50
LONGEST_LINE = 200

_GOAL = re.compile(r"(\d{1,4})(?: days?)?\s*:\s*(\S.*)\Z")
_PAIR = re.compile(r"([a-z_]+)\s*=\s*(\S.*)\Z")
_YES = {"yes", "true", "on", "1", "y"}
_NO = {"no", "false", "off", "0", "n"}


@dataclass(frozen=True, slots=True)
class KeyWorkingGoal:
    """Something every key worker does within a number of calendar days of the first contact (S3-64)."""

    days: int
    text: str


def cleaned(setting: Setting, raw: Any) -> Value:
    """The value behind `raw`. Raises ValueError with a plain sentence."""
    match setting.kind:
        case Kind.TEXT:
            return _text(setting, _plain(raw))
        case Kind.LONGTEXT:
            return _text(setting, "\n".join(_plain(line) for line in _string(raw).strip().splitlines()))
        case Kind.CHOICE:
            return _choice(setting, raw)
        case Kind.NUMBER | Kind.DAYS:
            return _number(setting, raw)
        case Kind.YES_NO:
            return _yes_no(raw)
        case Kind.LIST:
            return _lines(setting, raw)


def goal_of(line: str) -> KeyWorkingGoal:
    """The goal in "21: Safer-use session". Raises ValueError."""
    found = _GOAL.match(line)
    if found is None or not 1 <= int(found[1]) <= 366:
        raise ValueError(
            f"Write each goal as days, a colon and the goal, for example 21: Safer-use session. This one is not: {line}"
        )
    return KeyWorkingGoal(int(found[1]), found[2])


def pair_of(line: str) -> tuple[str, str]:
    """The key and the name in "money = Income". Raises ValueError."""
    found = _PAIR.match(line)
    if found is None:
        raise ValueError(
            f"Write each as key = your name for it, for example money = Income. This one is not: {line}"
        )
    return found[1], found[2]


def _string(raw: Any) -> str:
    """The text of an answer, without what no text may hold (NUL, control and half characters)."""
    text = raw if isinstance(raw, str) else "" if raw is None else str(raw)
    kept = "".join(c for c in text if c in "\r\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", kept)


def _plain(raw: Any) -> str:
    return " ".join(_string(raw).split())


def _text(setting: Setting, text: str) -> str:
    if not text and not setting.may_be_empty:
        raise ValueError(f"Fill in: {setting.title}.")
    if setting.high and len(text) > setting.high:
        raise ValueError(f"This is {len(text)} characters long. Use {setting.high} at most.")
    return text


def _choice(setting: Setting, raw: Any) -> Value:
    wanted = _plain(raw)
    for value, _ in setting.choices:
        if wanted == str(value):
            return value
    raise ValueError("Choose one of: " + ", ".join(label for _, label in setting.choices) + ".")


def _number(setting: Setting, raw: Any) -> int:
    text = _plain(raw)
    sentence = f"Give a whole number from {setting.low} to {setting.high}" + (
        f" ({setting.unit})." if setting.unit else "."
    )
    if not re.fullmatch(r"\d{1,6}", text) or not setting.low <= int(text) <= setting.high:
        raise ValueError(sentence)
    return int(text)


def _yes_no(raw: Any) -> bool:
    text = _plain(raw).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueError("Choose yes or no.")


def _lines(setting: Setting, raw: Any) -> tuple[str, ...]:
    # a text area sends one text, a stored value is a list
    sent: Iterable[Any] = raw if isinstance(raw, list | tuple) else _string(raw).splitlines()
    lines = tuple(dict.fromkeys(line for line in map(_plain, sent) if line))
    if not lines and not setting.may_be_empty:
        raise ValueError(f"Fill in: {setting.title}.")
    if len(lines) > MOST_LINES:
        raise ValueError(f"These are {len(lines)} lines. Use {MOST_LINES} at most.")
    for line in lines:
        if len(line) > LONGEST_LINE:
            raise ValueError(f"One line is {len(line)} characters long. Use {LONGEST_LINE} at most in each.")
    match setting.line:
        case Line.GOAL:
            goals = [goal_of(line) for line in lines]
            return tuple(f"{goal.days}: {goal.text}" for goal in goals)
        case Line.OWN_NAME:
            return _own_names(setting, [pair_of(line) for line in lines])
        case Line.FREE:
            return lines


def _own_names(setting: Setting, pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    for key, _ in pairs:
        if key not in setting.keys:
            raise ValueError(f"There is nothing called {key} here. Use one of: {', '.join(setting.keys)}.")
        if [k for k, _ in pairs].count(key) > 1:
            raise ValueError(f"{key} stands here twice.")
    return tuple(f"{key} = {name}" for key, name in pairs)
