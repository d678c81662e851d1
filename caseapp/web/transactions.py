"""The transaction of a request that writes: begun as such, and left for slow work."""

from contextlib import contextmanager

from caseapp.extensions import db


def begin_writing() -> None:
    """End whatever transaction is open and begin one that writes."""
    db.session.rollback()
    db.session.connection(execution_options={"write": True})


@contextmanager
def outside_transaction():
    """For slow work in a request that writes (a password's hash takes 40 ms): nobody else waits for it. What was read
    before may have changed by the end, so look again before relying on it."""
    db.session.rollback()
    yield
    begin_writing()
