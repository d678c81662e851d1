"""A select of columns, put into SQL once for each kind of database and from then on run on the driver itself.

SQLAlchemy looks up, binds and unwraps a statement anew each time it runs; for the large statements of the scopes that is
more work than the database has with them. What it knows is used here all the same, once: its SQL, and how each type is
bound and read back (UTC moments, our words, days), so a statement gives what it would have given there.

Values that never change stand in the SQL itself (`status = 'active'`). That is a rule for SQLite, not a taste: where a
bound value is compared with the column of a partial index, SQLite plans the statement again on every run.
"""

from collections import namedtuple
from functools import cache, lru_cache

from sqlalchemy import exc
from sqlalchemy.types import JSON


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
            return super().visit_bindparam(bindparam, literal_binds=not bindparam.required, **more)

    return Written


def _as_read(kind, dialect):
    """How the values of a column are read back, or None where the driver gives them as they are. Days, moments and
    words come again and again, and once made they never change; what can change is made anew each time."""
    processor = kind.result_processor(dialect, None)
    return processor if processor is None or isinstance(kind, JSON) else lru_cache(2048)(processor)


class Prepared:
    """One statement for one kind of database: its SQL, the order and the types of its values, the types of its columns."""

    def __init__(self, statement, dialect):
        compiled = _compiler(dialect.statement_compiler)(dialect, statement)
        self.sql = str(compiled)
        self.positional = compiled.positional
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        self.values = [(name, self._bound(compiled.binds[name].type, dialect)) for name in names]
        columns = [(column[0], column[3]) for column in compiled._result_columns]  # none of an insert
        self.row = namedtuple("Row", [name for name, _ in columns], rename=True)
        self.read = [
            (at, processor)
            for at, (_, kind) in enumerate(columns)
            if (processor := _as_read(kind.dialect_impl(dialect), dialect))
        ]

    @staticmethod
    def _bound(kind, dialect):
        return kind.dialect_impl(dialect).bind_processor(dialect)

    def run(self, connection, binds: dict) -> Rows:
        """The rows for these values, in the transaction of `connection`. A value that is missing raises KeyError, so
        that a scope without its viewer shows nothing."""
        cursor = on_driver(connection, self.sql, self._bind(binds))
        rows = cursor.fetchall()
        cursor.close()
        if rows and self.read:
            columns = list(zip(*rows, strict=True))
            for at, processor in self.read:
                columns[at] = map(processor, columns[at])
            rows = zip(*columns, strict=True)
        return Rows(map(self.row._make, rows))

    def write(self, connection, entries: list[dict]) -> None:
        """Run an insert of whole rows once for each entry."""
        for binds in entries:
            on_driver(connection, self.sql, self._bind(binds)).close()

    def _bind(self, binds):
        if self.positional:
            return tuple([bound(binds[n]) if bound else binds[n] for n, bound in self.values])
        return {n: bound(binds[n]) if bound else binds[n] for n, bound in self.values}


def on_driver(connection, sql: str, values=()):
    """Run one statement on the driver and give its cursor; what the driver raises comes as SQLAlchemy's error, without
    the values."""
    pooled = connection.connection
    cursor = pooled.cursor()
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, sql, values, None, False)
    try:
        cursor.execute(sql, values)
    except connection.dialect.dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, pooled.driver_connection, cursor)
        if lost:
            connection.invalidate(error)
        raise exc.DBAPIError.instance(
            sql,
            None,
            error,
            connection.dialect.dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
    return cursor
