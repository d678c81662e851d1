"""The connection of a request that only reads, taken from the pool as it is (docs/decisions/0033).

A session of SQLAlchemy begins and ends a transaction of its own, one of the connection's and one of the driver's. A page
whose statements all stand at module level (caseapp.extensions.read) needs nothing of that, and runs on the driver.
"""

import contextlib
from contextvars import ContextVar

from caseapp.statements import as_ours

_MAY_BEGIN = object()
_state: ContextVar = ContextVar("reader", default=None)


class Reader:
    """A transaction on the driver: it reads, and may in the end write word of that. It has what
    `caseapp.statements.on_driver` asks of a connection."""

    def __init__(self, engine):
        self.engine, self.dialect = engine, engine.dialect
        self.dispatch, self._has_events = engine.dispatch, False
        self._sqlite, self._writes = self.dialect.name == "sqlite", False
        try:
            self.connection = engine.raw_connection()
        except self.dialect.dbapi.Error as error:
            raise as_ours(error, self.dialect) from error
        self._begin("BEGIN")

    def _begin(self, how):
        if self._sqlite:  # psycopg begins by itself
            try:
                self.connection.driver_connection.execute(how)
            except BaseException:
                self.connection.close()
                raise

    def begin_writing(self) -> None:
        """From reading to writing. PostgreSQL goes on in the transaction that has read; a reading snapshot of SQLite
        cannot write, so there it ends and a short writing one follows (docs/decisions/0006)."""
        self._writes = True
        if self._sqlite:
            self.connection.rollback()
            self._begin("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Keep what was written."""
        self.connection.commit()
        self._writes = False

    def end(self) -> None:
        """Give the connection back; what was not committed is gone. What has only read ends on PostgreSQL by COMMIT: at
        ROLLBACK the driver forgets every statement that the connection has prepared, and the next page would have them
        all planned anew."""
        if not self._sqlite and not self._writes:
            with contextlib.suppress(self.dialect.dbapi.Error):  # the pool finds out about a lost connection
                self.connection.commit()
        self.connection.close()

    def invalidate(self, error) -> None:
        """The connection is lost: the pool is not to give it out again."""
        self.connection.invalidate(error)


def may_begin() -> None:
    """From here on, and until `ended`, what is read may run on a reader."""
    _state.set(_MAY_BEGIN)


def current(engine) -> Reader | None:
    """The reader of this request, begun if it is not yet; None where the session's connection is to be used."""
    reader = _state.get()
    if reader is _MAY_BEGIN:
        reader = Reader(engine())
        _state.set(reader)
    return reader


def ended() -> None:
    """End the reader, if one is open; none begins any more. Whoever writes calls this first, so that what is read from
    then on is read in the transaction that writes."""
    reader = _state.get()
    if reader is not None:
        _state.set(None)
        if reader is not _MAY_BEGIN:
            reader.end()


@contextlib.contextmanager
def writing(engine):
    """A short writing transaction on the reader, or on a new one where none is open: committed at the end."""
    reader = current(engine) or Reader(engine())
    _state.set(reader)
    try:
        reader.begin_writing()
        yield
        reader.commit()
    finally:
        ended()
