"""The transaction of a request: begun for writing, left for slow work, ended where it has only read."""

from contextlib import contextmanager

from flask import request

from caseapp import reader
from caseapp.extensions import db, engine

#: Methods of requests that only read; what little they write (the record of the reading) they write in transactions of
#: its own.
READS = frozenset({"GET", "HEAD", "OPTIONS"})


def begin_writing() -> None:
    """End whatever transaction is open and begin one that writes."""
    reader.ended()
    db.session.rollback()
    db.session.connection(execution_options={"write": True})


def begin_reading() -> None:
    """This request only reads, until a use case says otherwise."""
    reader.may_begin()


def end_reading() -> None:
    """End the transaction that is open, if one is, and keep nothing of it."""
    reader.ended()
    _end_session()


@contextmanager
def noting():
    """A short transaction, committed, for word of what was read: on PostgreSQL the one that has read goes on, on SQLite
    one follows it (docs/decisions/0006). What a request that writes has not kept is gone."""
    _end_session()
    with reader.writing(engine):
        yield


def _end_session():
    """As a reader ends (caseapp.reader): what has only read is not rolled back on PostgreSQL."""
    if not db.session.registry.has():
        return
    session = db.session()
    written = session.new or session.dirty or session.deleted
    if (
        engine().dialect.name == "postgresql"
        and request.method in READS
        and session.in_transaction()
        and not written
    ):
        session.connection().connection.commit()
    session.rollback()


@contextmanager
def outside_transaction():
    """For slow work in a request that writes (a password's hash takes 40 ms): nobody else waits for it. What was read
    before may have changed by the end, so look again before relying on it."""
    reader.ended()
    db.session.rollback()
    yield
    begin_writing()
