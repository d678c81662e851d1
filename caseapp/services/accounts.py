"""Staff accounts: signing in, passwords, single-use links."""

from datetime import datetime

from sqlalchemy import update

from caseapp.extensions import db
from caseapp.models import User
from caseapp.queries import accounts as reads
from caseapp.services import audit
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AuditAct


@use_case
def refused_sign_in(account: reads.Credentials | None, *, at: datetime, address: str = "") -> None:
    """Record that somebody tried to sign in and could not. What was typed is not kept: people type passwords into
    the wrong field."""
    values = audit.entry(None, AuditAct.REFUSED, "signing in", at=at, address=address)
    if account is not None:
        values |= {"user_id": account.user_id, "agency_id": account.agency_id}
    audit.write([values])


@use_case
def still_holds(email: str, account: reads.Credentials) -> bool:
    """Whether nothing changed while the password was verified: the account is live and has the same password."""
    return account.live and reads.credentials(email) == account


@use_case
def rehash(account: reads.Credentials, new_hash: str) -> None:
    """Keep the same password under today's figures, unless it was changed in between."""
    table = User.__table__
    db.session.execute(
        update(table)
        .where(table.c.id == account.user_id, table.c.password_hash == account.password_hash)
        .values(password_hash=new_hash)
    )
