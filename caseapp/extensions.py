"""The extensions, unbound, and the settings without which SQLite loses or tears writes (docs/decisions/0001)."""

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData, event
from sqlalchemy.orm import DeclarativeBase


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


def read(statement, binds: dict):
    """Run a select of columns in the transaction that is open: `db.session.execute` without the machinery for entities,
    which columns do not need. That is a third of the cost of a small statement, on pages that run seven of them."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        session.flush()
    return session.connection().execute(statement, binds)


PRAGMAS = (
    "foreign_keys=ON",
    "busy_timeout=10000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "recursive_triggers=ON",
    "trusted_schema=OFF",
)


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
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
