"""Lists of values in statements that stand (`extensions.read`): each list has a fixed length, and is filled up."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import bindparam


def one_of(column, name: str, most: int):
    """The column holds one of at most so many values, which `these` gives."""
    return column.in_([bindparam(f"{name}_{at}", type_=column.type) for at in range(most)])


def these(name: str, values: Sequence, most: int) -> dict:
    """The values, one at least, for a list of this length. The last stands there again and again, which asks for nothing
    more on either database."""
    last = values[-1]
    return {f"{name}_{at}": values[at] if at < len(values) else last for at in range(most)}


def lists(name: str, values: Sequence, lengths: Collection[int]) -> Iterator[tuple[int, dict]]:
    """The values in a list of the shortest of these lengths that takes them all: the length, and what is bound. In
    several where they are more than the longest takes, in none where there is no value."""
    longest = max(lengths)
    for at in range(0, len(values), longest):
        piece = values[at : at + longest]
        most = min(one for one in lengths if one >= len(piece))
        yield most, these(name, piece, most)
