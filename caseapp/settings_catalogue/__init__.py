"""What an organisation may set for itself: CFG-1 to CFG-16 (requirements A6), each explained in plain words and with
a safe default. The database holds only what an agency has changed; for everything else the default here counts.

Values are plain data that JSON can hold: a text, a whole number, yes or no, or lines as a tuple of texts.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from caseapp.settings_catalogue.cleaning import KeyWorkingGoal, cleaned, goal_of, pair_of
from caseapp.settings_catalogue.door_rules import door_rules
from caseapp.settings_catalogue.own_rules import own_rules
from caseapp.settings_catalogue.policy_blanks import policy_blanks
from caseapp.settings_catalogue.reading_rules import reading_rules
from caseapp.settings_catalogue.shapes import Kind, Setting, Value

__all__ = [
    "KeyWorkingGoal",
    "Kind",
    "Setting",
    "Value",
    "catalogue",
    "clean",
    "defaults",
    "key_working_goals",
    "own_names",
    "with_defaults",
]


@cache
def catalogue() -> Mapping[str, Setting]:
    """Every setting by its key, in the order CFG-1 to CFG-16, as a page lists them."""
    return MappingProxyType(
        {
            setting.key: setting
            for setting in (*policy_blanks(), *own_rules(), *reading_rules(), *door_rules())
        }
    )


def clean(key: str, raw: Any) -> Value:
    """The value that a form's answer stands for, fit to be stored.

    Raises ValueError with a sentence for the person who filled in the form.
    """
    setting = catalogue().get(key)
    if setting is None:
        raise ValueError(f"There is no setting called {key}.")
    return cleaned(setting, raw)


def defaults() -> dict[str, Value]:
    """What counts for an agency that has set nothing."""
    return {key: setting.default for key, setting in catalogue().items()}


def with_defaults(stored: Mapping[str, Any]) -> dict[str, Value]:
    """What counts for an agency: its stored values, and the default where it has set none.

    A stored value that is no longer allowed, or whose setting is gone, gives way to the default: an old row never
    breaks a page.
    """
    values = defaults()
    for key in values.keys() & stored.keys():
        try:
            values[key] = clean(key, stored[key])
        except ValueError:
            continue
    return values


def key_working_goals(lines: Value) -> tuple[KeyWorkingGoal, ...]:
    """The key working goals (CFG-13, S3-64) behind the setting's lines, shortest limit first."""
    return tuple(sorted((goal_of(line) for line in _lines(lines)), key=lambda goal: goal.days))


def own_names(lines: Value) -> dict[str, str]:
    """The names an agency uses for need domains or need levels (CFG-16), by the key of the protocol."""
    return dict(pair_of(line) for line in _lines(lines))


def _lines(value: Value) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else ()
