"""Which known agency a cell means. Only an exact match is silent; anything else is a suggestion for a person to confirm."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from caseapp.sheets.text import fold_name

_DEMO = re.compile(r"\(\s*demo\s*\)", re.IGNORECASE)
_ALIKE = 0.85
_SHORTEST_PREFIX = 3
_LONGEST = 200


@dataclass(frozen=True)
class Match:
    """`kind` is "exact", "suggested" or "unknown"; `others` are further (id, name) that fit a suggestion as well."""

    kind: str
    id: int | None = None
    name: str = ""
    others: tuple[tuple[int, str], ...] = ()


def fold_agency(text: str) -> str:
    """As fold_name, "&" read as "and", and a "(demo)" left out: "Harbour hostel " is "Harbour Hostel (demo)"."""
    return fold_name(_DEMO.sub(" ", text[:_LONGEST]).replace("&", " and "))


def match_agency(text: str, known: list[tuple[int, str]]) -> Match:
    """The agency of `known` ((id, name) pairs) that `text` names.

    Exact: exactly one folds alike (or, of several, one is written the same). Suggested: it is the beginning of
    a known name, or a known name the beginning of it, or the two are nearly the same writing. Never both.
    """
    wanted = fold_agency(text)
    if not wanted:
        return Match("unknown")
    folded = [(fold_agency(name), (id, name)) for id, name in known]
    same = [agency for fold, agency in folded if fold == wanted]
    if len(same) > 1:
        same = [agency for agency in same if agency[1].strip() == text.strip()] or same
    if len(same) == 1:
        return Match("exact", *same[0])
    ranked = sorted(
        ((merit, agency) for fold, agency in folded if (merit := _likeness(wanted, fold))),
        key=lambda pair: -pair[0],
    )
    if not ranked:
        return Match("unknown")
    (_, best), *rest = ranked
    return Match("suggested", *best, others=tuple(agency for _, agency in rest))


def _likeness(wanted: str, name: str) -> float:
    """0 when there is nothing to suggest; else higher is likelier."""
    if not name:
        return 0
    short, long = sorted((wanted, name), key=len)
    matcher = SequenceMatcher(None, short, long, autojunk=False)
    if len(short) >= _SHORTEST_PREFIX and f"{long} ".startswith(f"{short} "):
        return 1 + matcher.ratio()
    if matcher.quick_ratio() < _ALIKE or (ratio := matcher.ratio()) < _ALIKE:
        return 0
    return ratio
