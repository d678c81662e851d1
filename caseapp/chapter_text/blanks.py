"""The blanks of a policy, {{allocation_process}}, and what an agency has set for them (CFG-1 … CFG-16)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BLANK = re.compile(r"\{\{\s*([a-z][a-z0-9_]{1,59})\s*\}\}")
#: What would be read as Markdown in a value that somebody typed.
_MARKS = re.compile(r"([\\`*_\[\]<>#|~!{}])")


@dataclass(frozen=True, slots=True)
class Blank:
    """What stands for one blank: the words, or, where the agency has set nothing, what the blank is called."""

    title: str
    words: str


def blanks_in(text: str) -> list[str]:
    """The keys of the blanks in a text, each once, in order."""
    return list(dict.fromkeys(_BLANK.findall(text)))


def fill(text: str, known: Mapping[str, Blank], *, markdown: bool = True) -> str:
    """The text with its blanks filled in. A blank that nobody knows is left as it was typed; one that is not set says
    so. `markdown=False` for statements that are plain text."""

    def filled(found):
        blank = known.get(found[1])
        if blank is None:
            return found[0]
        words = " ".join(blank.words.split()) or f"({blank.title}: not set yet)"
        return _MARKS.sub(r"\\\1", words) if markdown else words

    return _BLANK.sub(filled, text)
