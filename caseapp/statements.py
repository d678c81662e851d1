"""A select of columns, put into SQL once for each kind of database and from then on run on the driver itself.

SQLAlchemy looks up, binds and unwraps a statement anew each time it runs; for the large statements of the scopes that is
more work than the database has with them. What it knows is used here all the same, once: its SQL, and how each type is
bound and read back (UTC moments, our words, days), so a statement gives what it would have given there.

Values that never change stand in the SQL itself (`status = 'active'`). That is a rule for SQLite, not a taste: where a
bound value is compared with the column of a partial index, SQLite plans the statement again on every run.
"""

import re
from collections import namedtuple
from copy import copy
from functools import cache, lru_cache, partial
from operator import itemgetter

from sqlalchemy import exc
from sqlalchemy.types import Date, DateTime, Enum, TypeDecorator

PLAIN_WORD = re.compile(r"[A-Za-z0-9_ .:,%-]*")


class Rows(list):
    """What a statement found: named tuples, all of them fetched."""

    def all(self) -> list:
        return self

    def first(self):
        """The first row, or None."""
        return self[0] if self else None

    def one(self):
        """The only row. Raises NoResultFound or MultipleResultsFound where there is not exactly one."""
        if len(self) == 1:
            return self[0]
        raise (exc.MultipleResultsFound if self else exc.NoResultFound)("one row was to be found")

    def scalar(self):
        """The first column of the first row, or None."""
        return self[0][0] if self else None


@cache
def _compiler(base):
    """The database's own compiler, writing out every value but those that the caller gives."""

    class Written(base):
        def visit_bindparam(self, bindparam, literal_binds=False, **more):
            if not bindparam.required:
                _ours(bindparam.value)
            return super().visit_bindparam(bindparam, literal_binds=not bindparam.required, **more)

    return Written


def _ours(value) -> None:
    """Whether a value may stand in the SQL itself: only words of our own code may. What somebody typed is a bindparam."""
    if isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            _ours(one)
    elif isinstance(value, (str, bytes)) and not (isinstance(value, str) and PLAIN_WORD.fullmatch(value)):
        raise ValueError("a text that is no word of ours stands in a statement: give it as a bindparam")


#: Days and moments come again and again, and once made they never change: one memory for all columns of a type.
_KNOWN: dict[tuple, object] = {}


def _as_read(kind, dialect, given):
    """How the values of a column are read back, or None where the driver gives them as they are."""
    processor = kind.result_processor(dialect, given)
    if processor is None:
        return None
    if isinstance(kind, Enum):
        return lru_cache(64)(processor)
    if isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, (Date, DateTime)):
        return _KNOWN.setdefault((dialect.name, type(kind), given), lru_cache(8192)(processor))
    return processor


@cache
def _as_driven(dialect):
    """The dialect, naming values as the driver's own cursor wants them: psycopg would look for its own names of them in
    every long statement anew, each time it is run; PostgreSQL's own `$1` it hands on as they are."""
    if dialect.name != "postgresql":
        return dialect
    driven = copy(dialect)
    driven.paramstyle, driven.positional = "numeric_dollar", True
    driven.identifier_preparer = driven.preparer(driven)
    return driven


def _cursor(connection):
    """A cursor that runs a statement as `_as_driven` writes it."""
    if connection.dialect.name == "postgresql":
        return connection.dialect.dbapi.RawCursor(connection.connection.driver_connection)
    return connection.connection.cursor()


def _in_order(names: list[str]):
    """A function that takes the values of these names out of a dict, as a tuple. It raises KeyError for one that is
    missing."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple([values[name] for name in names])


class Prepared:
    """One statement for one kind of database: its SQL, the order and the types of its values, the types of its columns."""

    def __init__(self, statement, dialect):
        compiled = _compiler(dialect.statement_compiler)(_as_driven(dialect), statement)
        if getattr(compiled, "insert_prefetch", None) or getattr(compiled, "update_prefetch", None):
            raise ValueError("a column that is given its value by Python must be named in the statement")
        self.sql = str(compiled)
        self.bound = [
            (name, processor)
            for name, bind in compiled.binds.items()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect))
        ]
        self.names = compiled.positiontup
        self.in_order = _in_order(self.names)
        columns = compiled._result_columns  # none of an insert
        self.row = namedtuple("Row", [column[0] for column in columns], rename=True)
        self.kinds = [column[3].dialect_impl(dialect) for column in columns]
        self.dialect = dialect
        self.read = None  # known with the first answer, which says how the driver gives each column

    def run(self, connection, binds: dict, row=None) -> Rows:
        """The rows for these values, in the transaction of `connection`, each a `row` (a NamedTuple with the columns in
        their order) or named as the columns are. A value that is missing raises KeyError, so that a scope without its
        viewer shows nothing."""
        cursor = on_driver(connection, self.sql, self._bind(binds))
        rows = cursor.fetchall()
        if self.read is None:
            given = [column[1] for column in cursor.description]
            self.read = [
                (at, processor)
                for at, kind in enumerate(self.kinds)
                if (processor := _as_read(kind, self.dialect, given[at]))
            ]
        cursor.close()
        if rows and self.read:
            columns = list(zip(*rows, strict=True))
            for at, processor in self.read:
                columns[at] = map(processor, columns[at])
            rows = zip(*columns, strict=True)
        return Rows(
            map(partial(tuple.__new__, row or self.row), rows)
        )  # `_make` would count each row's columns

    def write(self, connection, entries: list[dict]) -> int:
        """Run an insert or update once for each entry; gives how many rows it met in all."""
        met = 0
        for binds in entries:
            cursor = on_driver(connection, self.sql, self._bind(binds))
            met += cursor.rowcount
            cursor.close()
        return met

    def _bind(self, binds):
        if self.bound:
            binds = binds | {name: processor(binds[name]) for name, processor in self.bound}
        return self.in_order(binds)


def on_driver(connection, sql: str, values=()):
    """Run one statement on the driver and give its cursor; what the driver raises comes as SQLAlchemy's error, without
    the values."""
    pooled = connection.connection
    cursor = _cursor(connection)
    if connection.engine._has_events or connection._has_events:  # as SQLAlchemy asks before each statement
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, sql, values, None, False)
    try:
        cursor.execute(sql, values)
    except connection.dialect.dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, pooled.driver_connection, cursor)
        if lost:
            connection.invalidate(error)
        raise as_ours(error, connection.dialect, sql, lost) from error
    return cursor


def as_ours(error, dialect, sql: str | None = None, lost: bool = False) -> exc.DBAPIError:
    """What the driver raised, as SQLAlchemy's error, without the values."""
    return exc.DBAPIError.instance(
        sql,
        None,
        error,
        dialect.dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
