"""Small numbers left out of a table so that nobody can be picked out, nor reckoned back from what is still shown.

A count of people below `least` is left out (0 may stand: it is about nobody). A number alone that is missing from a row
with a total is no secret, so others are left out with it, until for each small number what is shown allows it to be
`least` or more, and to be less than it is. Totals are numbers like the others and are left out where they must be.

How: what is missing from a table with totals can be shifted only along closed rounds of missing numbers, row to column to
row. How far a number can be shifted is the largest flow through such rounds (Gusfield 1988); where that is not far enough,
the cheapest further numbers that widen it are left out too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

#: A left-out number has this in its place.
LEFT_OUT = None
_FREE = 1 << 40
#: A total is left out only when the numbers inside do not do it; the sum of all, never for the sake of others: other
#: tables may show the same number.
_TOTAL_COST = 50
_SUM_COST = 1 << 50
_ZERO_COST = 100_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as it may be shown: None where a number is left out. Totals that the table has not are empty."""

    cells: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None

    @property
    def left_out(self) -> bool:
        """Whether anything is missing."""
        numbers = [one for row in self.cells for one in row] + [*self.row_totals, *self.column_totals]
        return LEFT_OUT in numbers


def alone(count: int, least: int) -> int | None:
    """A number that belongs to no table."""
    return LEFT_OUT if 0 < count < least else count


def protect(
    cells: Sequence[Sequence[int]], least: int, *, row_totals: bool = True, column_totals: bool = True
) -> Shown:
    """The table of these counts with small numbers left out. Without totals on one side, what the numbers there add up
    to is taken to be unknown to the reader."""
    rows, columns = len(cells), len(cells[0]) if cells else 0
    grid = _Grid(cells, rows, columns, row_totals, column_totals)
    for cell in grid.small(least):
        grid.missing.add(cell)
    for cell in sorted(grid.missing):
        value = grid.value[cell]
        grid.widen(cell, up=True, need=least - value)
        grid.widen(cell, up=False, need=1)
    return Shown(
        tuple(tuple(grid.shown((row, column)) for column in range(columns)) for row in range(rows)),
        tuple(grid.shown((row, columns)) for row in range(rows)) if row_totals else (),
        tuple(grid.shown((rows, column)) for column in range(columns)) if column_totals else (),
        grid.shown((rows, columns)) if row_totals and column_totals else LEFT_OUT,
    )


class _Grid:
    """The table with its totals as one more row and column; a network whose edges are the numbers."""

    def __init__(self, cells, rows, columns, row_totals, column_totals):
        self.rows, self.columns = rows, columns
        self.value = {(r, c): cells[r][c] for r in range(rows) for c in range(columns)}
        for r in range(rows):
            self.value[r, columns] = sum(cells[r])
        for c in range(columns):
            self.value[rows, c] = sum(cells[r][c] for r in range(rows))
        self.value[rows, columns] = sum(sum(row) for row in cells)
        #: totals that are nowhere shown: they may be anything
        self.unknown = set()
        if not row_totals:
            self.unknown |= {(r, columns) for r in range(rows + 1)}
        if not column_totals:
            self.unknown |= {(rows, c) for c in range(columns + 1)}
        self.missing = set()

    def small(self, least):
        return [cell for cell, n in self.value.items() if 0 < n < least and cell not in self.unknown]

    def shown(self, cell):
        return LEFT_OUT if cell in self.missing or cell in self.unknown else self.value[cell]

    def _turned(self, cell):
        """A total stands with the other sign: then every row and column adds up to nothing."""
        return (cell[0] == self.rows) != (cell[1] == self.columns)

    def _known_elsewhere(self, cell):
        """The sum of everything; in a table with totals on one side, each of those is one."""
        below, beside = cell[0] == self.rows, cell[1] == self.columns
        return (below and (beside or (self.rows, self.columns) in self.unknown)) or (
            beside and (self.rows, self.columns) in self.unknown
        )

    def _cost(self, cell):
        if cell in self.missing or cell in self.unknown:
            return 0
        n = self.value[cell]
        if self._known_elsewhere(cell):
            return _SUM_COST
        if n == 0:
            return _ZERO_COST
        return 1 + n * (_TOTAL_COST if cell[0] == self.rows or cell[1] == self.columns else 1)

    def widen(self, cell, *, up: bool, need: int) -> None:
        """Leave out what it takes so that this number could be so much higher, or lower."""
        if self._turned(cell):
            up = not up
        row, column = ("r", cell[0]), ("c", cell[1])
        start, end = (column, row) if up else (row, column)
        flow: dict = {}
        got = 0
        while got < need:
            path = self._cheapest(start, end, cell, flow)
            if path is None:
                break  # the number is alone in the world: it is left out already
            amount = min([self._room(one, forward, flow) for one, forward in path] + [need - got])
            for one, forward in path:
                flow[one] = flow.get(one, 0) + (amount if forward else -amount)
                if one not in self.unknown:
                    self.missing.add(one)
            got += amount

    def _room(self, cell, forward, flow):
        """How far a number can still be shifted along its edge: not below nothing."""
        shifted = flow.get(cell, 0)
        if cell in self.unknown:
            return _FREE
        if forward != self._turned(cell):
            return _FREE  # this way it rises
        return self.value[cell] - (shifted if forward else -shifted)

    def _cheapest(self, start, end, without, flow):
        best = {start: 0}
        came = {}
        heap = [(0, start)]
        while heap:
            cost, node = heappop(heap)
            if node == end:
                return self._path(came, start, end)
            if cost > best[node]:
                continue
            side, at = node
            others = range(self.columns + 1) if side == "r" else range(self.rows + 1)
            for other in others:
                cell = (at, other) if side == "r" else (other, at)
                if cell == without or self._room(cell, side == "r", flow) <= 0:
                    continue
                target = ("c" if side == "r" else "r", other)
                total = cost + self._cost(cell)
                if total < best.get(target, 1 << 60):
                    best[target] = total
                    came[target] = (node, cell, side == "r")
                    heappush(heap, (total, target))
        return None

    @staticmethod
    def _path(came, start, end):
        path = []
        node = end
        while node != start:
            node, cell, forward = came[node]
            path.append((cell, forward))
        return path[::-1]
