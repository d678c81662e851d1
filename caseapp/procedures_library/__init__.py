"""The starting library: our own words for the procedures of the three families, as files, read once and checked.

A file `chapters/*.md` begins with TOML between two lines of +++ (key, number, title, area, families, about, theme, we,
i, related, steps, induction, edition) and goes on in Markdown with the agency's settings as {{key}}. An agency takes
chapters over as its own (services.handbook); a later edition is offered to it, never forced on it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from caseapp import protocols
from caseapp.procedures_library.steps import STEPS, step_of
from caseapp.vocabulary import PracticeArea

__all__ = ["STEPS", "LibraryChapter", "LibraryError", "families", "for_families", "load", "step_of"]

FOLDER = Path(__file__).parent / "chapters"
_NUMBER = re.compile(r"[1-9][0-9]?\.[1-9][0-9]?\Z")


class LibraryError(Exception):
    """A file of the library is wrong; the message names it."""


@dataclass(frozen=True, slots=True)
class LibraryChapter:
    """One chapter of the library. `families` are keys of procedures; none means all."""

    key: str
    number: str
    title: str
    area: PracticeArea
    families: tuple[str, ...]
    about: str
    theme: str
    we: str
    i: str
    related: tuple[str, ...]
    steps: tuple[str, ...]
    induction: bool
    edition: int
    text: str


@cache
def load(folder: Path = FOLDER) -> Mapping[str, LibraryChapter]:
    """Every chapter by its key, in the order of their numbers. Raises LibraryError."""
    found = {}
    for path in sorted(folder.glob("*.md")):
        chapter = _read(path)
        if chapter.key in found:
            raise LibraryError(f"{path.name}: the key {chapter.key} stands in two files")
        found[chapter.key] = chapter
    for chapter in found.values():
        for other in chapter.related:
            if other not in found:
                raise LibraryError(f"{chapter.key}: there is no related chapter {other}")
    return MappingProxyType(dict(sorted(found.items(), key=lambda pair: place_of(pair[1].number))))


def families() -> dict[str, str]:
    """The procedures that chapters can belong to, by key, with their names."""
    return {key: protocol.name for (key, _), protocol in sorted(protocols.load().items())}


def for_families(keys) -> list[LibraryChapter]:
    """The chapters that hold for all, and those of these procedures."""
    return [c for c in load().values() if not c.families or set(c.families) & set(keys)]


def place_of(number: str) -> int:
    """A whole number that orders "5.2" before "5.10" and after "4.12"."""
    parts = [int(part) for part in number.split(".")][:3]
    parts += [0] * (3 - len(parts))
    return (parts[0] * 1000 + parts[1]) * 1000 + parts[2]


def _read(path):
    text = path.read_text(encoding="utf-8")
    if not text.startswith("+++\n") or "\n+++\n" not in text[4:]:
        raise LibraryError(f"{path.name}: no head between two lines of +++")
    head, body = text[4:].split("\n+++\n", 1)
    try:
        raw = tomllib.loads(head)
        chapter = LibraryChapter(
            key=path.stem,
            number=raw.pop("number"),
            title=raw.pop("title"),
            area=PracticeArea(raw.pop("area")),
            families=tuple(raw.pop("families", ())),
            about=raw.pop("about"),
            theme=raw.pop("theme", ""),
            we=raw.pop("we", ""),
            i=raw.pop("i", ""),
            related=tuple(raw.pop("related", ())),
            steps=tuple(raw.pop("steps", ())),
            induction=raw.pop("induction", False),
            edition=raw.pop("edition", 1),
            text=body.strip(),
        )
    except (KeyError, ValueError) as wrong:
        raise LibraryError(f"{path.name}: {wrong}") from wrong
    unknown = [
        *raw,
        *(s for s in chapter.steps if s not in STEPS),
        *(set(chapter.families) - set(families())),
    ]
    if unknown:
        raise LibraryError(f"{path.name}: nobody knows {', '.join(unknown)}")
    if not _NUMBER.match(chapter.number) or not chapter.text:
        raise LibraryError(f"{path.name}: a number such as 5.2, and a text")
    return chapter
