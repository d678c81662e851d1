"""What every table shares: the id, the version that stops lost updates, UTC times and checked words."""

from datetime import UTC as UTC_ZONE
from datetime import datetime
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    String,
    Text,
    TextClause,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from caseapp.extensions import Base
from caseapp.ids import new_id

__all__ = [
    "UTC",
    "Base",
    "Editable",
    "Id",
    "Line",
    "LongText",
    "Moment",
    "ShortText",
    "has_id",
    "only",
    "ref",
    "word",
]

Id = BigInteger().with_variant(Integer, "sqlite")


class UTC(TypeDecorator):
    """A moment in UTC. Refuses naive times; SQLite keeps it without offset, both give it back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC_ZONE)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC_ZONE) if value.tzinfo is None else value.astimezone(UTC_ZONE)


ShortText = Annotated[str, mapped_column(String(80))]
Line = Annotated[str, mapped_column(String(300))]
LongText = Annotated[str, mapped_column(Text)]
Moment = Annotated[datetime, mapped_column(UTC)]


def only(condition: str | TextClause) -> dict:
    """The condition of a partial index, the same on both databases: `Index(…, **only("closed_at IS NULL"))`."""
    where = text(condition) if isinstance(condition, str) else condition
    return {"sqlite_where": where, "postgresql_where": where}


def word(enum, *, name: str, length: int = 32, **kwargs):
    """A column for one of our words: VARCHAR with a named CHECK on both databases."""
    kind = Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=length,
        values_callable=lambda words: [w.value for w in words],
        validate_strings=True,
    )
    return mapped_column(kind, **kwargs)


def ref(target: str, *, index: bool = True, **kwargs):
    """A foreign key column; indexed unless a wider index begins with it."""
    return mapped_column(Id, ForeignKey(target), index=index, **kwargs)


class has_id:
    """A time-ordered, unguessable primary key."""

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id, autoincrement=False)


class Editable(has_id):
    """A row that two people may edit at once: the version stops the second from overwriting the first."""

    version: Mapped[int] = mapped_column(Integer, default=1)

    @declared_attr.directive
    def __mapper_args__(cls):
        return {"version_id_col": cls.version}
