"""Long lists, in pieces that one statement can ask for: each value is one that is bound, and databases take only so many."""

from collections.abc import Iterator, Sequence

#: So many values are in a piece at most.
MOST = 400


def pieces(values: Sequence) -> Iterator[Sequence]:
    """The values in their order, MOST at a time."""
    for at in range(0, len(values), MOST):
        yield values[at : at + MOST]
