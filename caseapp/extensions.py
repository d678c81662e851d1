"""The extensions, unbound, and the settings without which SQLite loses or tears writes (docs/decisions/0001)."""

from collections import defaultdict
from weakref import WeakKeyDictionary

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData, event
from sqlalchemy.orm import DeclarativeBase

from caseapp import reader
from caseapp.statements import Prepared, Rows


class Base(DeclarativeBase):
    """Every table's base; the naming convention gives each constraint the same name on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})
login = LoginManager()
csrf = CSRFProtect()


_KNOWN = "connection"
_NOTHING = (None, None)
_prepared: dict[str, WeakKeyDictionary] = defaultdict(WeakKeyDictionary)


def read(statement, binds: dict, row: type | None = None) -> Rows:
    """Run a select of columns, one that stands at module level, in the transaction that is open (caseapp.statements).
    Gives named tuples: of the kind `row`, whose fields are the columns in their order, or named as the columns are.

    A statement built for one request may be given too, but is put into SQL each time: db.session.execute is for those."""
    connection = _connection()
    return _in_sql(statement, connection).run(connection, binds, row)


def write(statement, *entries: dict) -> int:
    """Run an insert or update, one that stands at module level, once for each entry, in the transaction that is open: as
    `read`, for rows that no entity stands for. Gives how many rows were met."""
    connection = _connection()
    return _in_sql(statement, connection).write(connection, entries)


def engine():
    """The engine of this application."""
    return db.engine


def _connection():
    """The reader of a request that only reads; else the connection of the session's transaction, begun if none is open,
    and asked of the session once for each transaction."""
    if (ours := reader.current(engine)) is not None:
        return ours
    session = db.session()
    if session.new or session.dirty or session.deleted:
        session.flush()
    transaction, connection = session.info.get(_KNOWN, _NOTHING)
    if transaction is None or transaction is not session.get_transaction() or connection.closed:
        connection = session.connection()
        session.info[_KNOWN] = session.get_transaction(), connection
    return connection


def _in_sql(statement, connection) -> Prepared:
    known = _prepared[connection.dialect.name]
    prepared = known.get(statement)
    if prepared is None:
        prepared = known[statement] = Prepared(statement, connection.dialect)
    return prepared


PRAGMAS = (
    "foreign_keys=ON",
    "busy_timeout=10000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "recursive_triggers=ON",
    "trusted_schema=OFF",
)


#: How PostgreSQL is to plan for us (docs/decisions/0031). A standing statement is planned once for each connection, whatever
#: its values: planning the large ones takes longer than running them. Looking a row up costs little more than reading on
#: (disks without a moving head, and most of it in memory). No statement runs for so long that compiling it pays.
PLANS = {"plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1", "jit": "off"}
#: After how many runs a statement is prepared, and how many of a connection's are kept.
PREPARED_AFTER, PREPARED_KEPT = 2, 300


def install_postgresql(engine) -> None:
    """Have PostgreSQL keep what it has planned."""

    @event.listens_for(engine, "connect")
    def on_connect(connection, _record):
        connection.execute("".join(f"SET {name} = {value};" for name, value in PLANS.items()))
        connection.commit()
        connection.prepare_threshold, connection.prepared_max = PREPARED_AFTER, PREPARED_KEPT


def install_sqlite(engine) -> None:
    """Make SQLite transactional: our own BEGIN, WAL, full sync, foreign keys, triggers that REPLACE cannot dodge."""

    @event.listens_for(engine, "connect")
    def on_connect(connection, _record):
        connection.isolation_level = None  # else DDL is not rolled back and reads have no snapshot
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute("PRAGMA " + pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection):
        writing = connection.get_execution_options().get("write")
        connection.info["changes_at_begin"] = connection.connection.driver_connection.total_changes
        connection.connection.driver_connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
