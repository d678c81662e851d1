"""The bar over a ladder: how many working days each rung has held it, as pieces of one line (screen 08b)."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
#: Between two pieces; and what a rung has at least, so that none vanishes.
SPACE, LEAST = 3, 6


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: the class of its colour (k1 for the worker to k5), where it begins, how wide it is."""

    css: str
    x: float
    width: float


def pieces(held: Sequence[tuple[int, int]]) -> list[Piece]:
    """Pieces for (rung's number, working days), in the order of the ladder. Empty where no day has gone by yet."""
    total = sum(days for _, days in held)
    if not total:
        return []
    room = WIDTH - SPACE * (len(held) - 1) - LEAST * len(held)
    found, x = [], 0.0
    for number, days in held:
        width = LEAST + room * days / total
        found.append(Piece(f"k{number}", round(x, 1), round(width, 1)))
        x += width + SPACE
    return found
