"""What differs between two texts, readable: line by line, and within a changed line word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
#: Lines that stay the same on both sides of a change are shown; longer stretches are counted.
_AROUND = 1
_LONGEST_LINE = 4_000


@dataclass(frozen=True, slots=True)
class Block:
    """One line of the comparison. `how`: same, added, removed, changed, or skipped (then `count` lines stay the same).
    `pieces` are (how, text) with how same, added or removed."""

    how: str
    pieces: tuple[tuple[str, str], ...] = ()
    count: int = 0


def difference(was: str, now: str) -> list[Block]:
    """The lines of `now` with what was struck and what was added; empty where nothing differs."""
    old, new = was.splitlines(), now.splitlines()
    if old == new:
        return []
    blocks: list[Block] = []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            blocks += [Block("same", (("same", line),)) for line in old[a:b]]
            continue
        pairs = min(b - a, d - c) if how == "replace" else 0
        blocks += [_line(old[a + at], new[c + at]) for at in range(pairs)]
        blocks += [Block("removed", (("removed", line),)) for line in old[a + pairs : b]]
        blocks += [Block("added", (("added", line),)) for line in new[c + pairs : d]]
    return _shortened(blocks)


def lines_changed(was: str, now: str) -> int:
    """How many lines of the comparison say something new."""
    return sum(block.how not in ("same", "skipped") for block in difference(was, now))


def _line(old, new):
    if max(len(old), len(new)) > _LONGEST_LINE:
        return Block("changed", (("removed", old), ("added", new)))
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.35:  # hardly anything in common: two sentences are easier to read than a patchwork
        return Block("changed", (("removed", old), ("added", new)))
    pieces: list[tuple[str, str]] = []
    for how, a, b, c, d in matcher.get_opcodes():
        if how == "equal":
            pieces.append(("same", "".join(before[a:b])))
            continue
        if b > a:
            pieces.append(("removed", "".join(before[a:b])))
        if d > c:
            pieces.append(("added", "".join(after[c:d])))
    return Block("changed", tuple(_joined(pieces)))


def _joined(pieces):
    """Two changes that only a blank parts are one: "by the manager" struck, not three words struck singly."""
    joined: list[list[str]] = []
    at = 0
    while at < len(pieces):
        gone, come = "", ""
        while at < len(pieces) and (
            pieces[at][0] != "same" or (pieces[at][1].isspace() and (gone or come) and at + 1 < len(pieces))
        ):
            how, text = pieces[at]
            gone += text if how != "added" else ""
            come += text if how != "removed" else ""
            at += 1
        if gone.strip():
            joined.append(["removed", gone])
        if come.strip():
            joined.append(["added", come])
        elif come:
            joined.append(["same", come])
        if at < len(pieces):
            joined.append(["same", pieces[at][1]])
            at += 1
    return [(how, text) for how, text in joined]


def _shortened(blocks):
    shown = [False] * len(blocks)
    for at, block in enumerate(blocks):
        if block.how != "same":
            for near in range(max(0, at - _AROUND), min(len(blocks), at + _AROUND + 1)):
                shown[near] = True
    short: list[Block] = []
    for at, block in enumerate(blocks):
        if shown[at]:
            short.append(block)
        elif short and short[-1].how == "skipped":
            short[-1] = Block("skipped", count=short[-1].count + 1)
        else:
            short.append(Block("skipped", count=1))
    return short
