"""Rows of several kinds in one statement: what is asked about one thing, and does not wait for one another, as one union."""

from collections.abc import Callable

from sqlalchemy import Select, cast, literal, null, select


def mixed_rows(**types) -> Callable[..., Select]:
    """What makes one part of such a union: of a kind, its id and the columns of these names and types that this kind
    has; the others are null."""
    empty = {name: cast(null(), type_) for name, type_ in types.items()}

    def part(kind: str, id_, **columns) -> Select:
        return select(
            literal(kind).label("kind"),
            id_.label("id"),
            *(columns.get(name, nothing).label(name) for name, nothing in empty.items()),
        )

    return part
