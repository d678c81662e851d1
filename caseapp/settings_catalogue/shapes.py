"""What a setting is, and short ways to write one down."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Value = str | int | bool | tuple[str, ...]


class Kind(StrEnum):
    """How a setting is asked for. DAYS are calendar days; what another number counts stands in `unit`."""

    TEXT = "text"
    LONGTEXT = "longtext"
    CHOICE = "choice"
    NUMBER = "number"
    YES_NO = "yes_no"
    DAYS = "days"
    LIST = "list"


class Line(StrEnum):
    """What each line of a list is."""

    FREE = "free"
    GOAL = "goal"  # "21: Safer-use session" (S3-64)
    OWN_NAME = "own_name"  # "money = Income" (CFG-16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing an agency may set. `low` and `high` bound a number, or the length of a text in characters."""

    key: str
    cfg: str
    title: str
    explanation: str
    kind: Kind
    default: Value
    clause: str
    choices: tuple[tuple[str | int, str], ...] = ()
    low: int = 0
    high: int = 0
    unit: str = ""
    may_be_empty: bool = True
    line: Line = Line.FREE
    keys: tuple[str, ...] = ()


def text(key: str, cfg: str, title: str, explanation: str, default: str, clause: str, **more: Any) -> Setting:
    """One line of text, of 200 characters unless said otherwise."""
    return Setting(
        key=key,
        cfg=cfg,
        title=title,
        explanation=explanation,
        kind=Kind.TEXT,
        default=default,
        clause=clause,
        **{"high": 200} | more,
    )


def number(
    key: str,
    cfg: str,
    title: str,
    explanation: str,
    default: int,
    low: int,
    high: int,
    unit: str,
    clause: str,
) -> Setting:
    """A whole number from low to high; `unit` says of what, and "days" are calendar days."""
    kind = Kind.DAYS if unit == "days" else Kind.NUMBER
    return Setting(
        key=key,
        cfg=cfg,
        title=title,
        explanation=explanation,
        kind=kind,
        default=default,
        low=low,
        high=high,
        unit=unit,
        clause=clause,
        may_be_empty=False,
    )


def choice(
    key: str,
    cfg: str,
    title: str,
    explanation: str,
    default: str | int,
    clause: str,
    *choices: tuple[str | int, str],
) -> Setting:
    """One of several (value, label) pairs."""
    return Setting(
        key=key,
        cfg=cfg,
        title=title,
        explanation=explanation,
        kind=Kind.CHOICE,
        default=default,
        clause=clause,
        choices=choices,
        may_be_empty=False,
    )
