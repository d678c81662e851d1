"""The grounds in law for a disclosure without consent, as data: config/disclosure_grounds.toml, read once (S2-43).

A key is never given another meaning: a disclosure stores it beside the words as they were then.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "config" / "disclosure_grounds.toml"
JURISDICTIONS = ("IE", "UK")


class GroundsError(ValueError):
    """The file cannot be used; names the key. The system then refuses to start."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground. `child_protection` puts the disclosure into the restricted section; `needs_note` asks which law."""

    key: str
    jurisdiction: str
    words: str
    hint: str
    child_protection: bool
    needs_note: bool = False


@dataclass(frozen=True, slots=True)
class Grounds:
    """Everything in the file, in its order."""

    grounds: tuple[Ground, ...]
    categories: dict[str, str]

    def of(self, jurisdiction: str) -> tuple[Ground, ...]:
        """Those of one jurisdiction, "IE" or "UK"."""
        return tuple(one for one in self.grounds if one.jurisdiction == jurisdiction)

    def get(self, key: str) -> Ground | None:
        """The ground behind a key; None for a key of ours that has been taken out, or for none of ours."""
        return next((one for one in self.grounds if one.key == key), None)


@cache
def load(path: Path = FILE) -> Grounds:
    """The grounds and categories, checked: no key twice, no empty words, every jurisdiction with one at least."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        grounds = tuple(Ground(**one) for one in raw["ground"])
        categories = {one["key"]: one["words"] for one in raw["category"]}
    except (KeyError, TypeError) as wrong:
        raise GroundsError(f"{path.name}: {wrong}") from wrong
    keys = [one.key for one in grounds]
    for key in keys:
        if keys.count(key) > 1 or not 1 <= len(key) <= 60:
            raise GroundsError(f"{path.name}: the key {key!r} stands there twice, or is too long")
    for one in grounds:
        if one.jurisdiction not in JURISDICTIONS or not one.words or len(one.words) > 300:
            raise GroundsError(f"{path.name}: {one.key} needs words and a jurisdiction of ours")
    if {one.jurisdiction for one in grounds} != set(JURISDICTIONS) or not categories:
        raise GroundsError(f"{path.name}: a jurisdiction without grounds, or no categories")
    return Grounds(grounds, categories)
