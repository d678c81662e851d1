"""Mail to be sent: written with the change that it tells of, sent later by `flask reminders`. Subject and body name
nobody and no case (issue 2, section 6)."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import OutboxMessage

_TABLE = OutboxMessage.__table__
_DIALECT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def post(to_address: str, subject: str, body: str, *, dedupe: str, at: datetime) -> bool:
    """Put a mail into the outbox, in the transaction that is open. False if one with this `dedupe` is there already."""
    insert = _DIALECT[db.engine.dialect.name]
    statement = (
        insert(_TABLE)
        .values(
            id=new_id(),
            dedupe=dedupe,
            to_address=to_address,
            subject=subject,
            body=body,
            created_at=at,
            due_at=at,
            attempts=0,
            error="",
        )
        .on_conflict_do_nothing(index_elements=["dedupe"])
    )
    return db.session.execute(statement).rowcount == 1
