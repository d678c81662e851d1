"""Words typed into a filter, as conditions: each must stand somewhere in the columns, in any order and spelling of case."""

from sqlalchemy import bindparam, func, or_

#: More words than this narrow nothing further.
MOST = 6


def holding(words: str, *columns) -> tuple[list, dict]:
    """The conditions, and the values to execute them with."""
    where = []
    for at, _ in enumerate(words.split()[:MOST]):
        like = bindparam(f"word_{at}")
        where.append(or_(*(func.lower(column).like(like, escape="\\") for column in columns)))
    return where, values(words)


def values(words: str) -> dict[str, str]:
    """The values behind the conditions."""
    return {f"word_{at}": contains(word) for at, word in enumerate(words.split()[:MOST])}


def shape(words: str) -> str:
    """As many words as count, all alike: what of them stands in a statement that is kept."""
    return " ".join("word" for _ in words.split()[:MOST])


def contains(word: str) -> str:
    """The pattern that finds this very text inside another; to be used with escape="\\\\"."""
    escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
