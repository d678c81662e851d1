"""PostgreSQL plans a statement once for a whole test run, not once for each test.

Its driver forgets at each ROLLBACK what a connection has prepared, for a table might have been made anew meanwhile, and tests
end by ROLLBACK: two thirds of what the server did was planning the same statements. Nobody makes tables anew on the
connections of the application. A test of what is kept between requests runs `as_driven`.
"""

from contextlib import contextmanager

from psycopg._preparing import PrepareManager

from caseapp import extensions

_FORGETS = PrepareManager.clear


@contextmanager
def _set(forgets, after, kept):
    before = PrepareManager.clear, extensions.PREPARED_AFTER, extensions.PREPARED_KEPT
    PrepareManager.clear, extensions.PREPARED_AFTER, extensions.PREPARED_KEPT = forgets, after, kept
    try:
        yield
    finally:
        PrepareManager.clear, extensions.PREPARED_AFTER, extensions.PREPARED_KEPT = before


def kept():
    """Each statement is prepared when it is first run, and stays so."""
    return _set(lambda _: False, 0, 2000)


#: The figures of the application.
_OURS = extensions.PREPARED_AFTER, extensions.PREPARED_KEPT


def as_driven():
    """The driver forgets as it does by itself; connections made inside have the application's own figures."""
    return _set(_FORGETS, *_OURS)
