"""E-mail addresses that wait for a second person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from caseapp.extensions import db
from caseapp.models import EmailChange, User

_Asker = aliased(User, name="asker")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Another address that was asked for, and by whom."""

    new_email: str
    asked_at: datetime
    asked_by_id: int
    asked_by: str


def waiting(user_id: int) -> Waiting | None:
    """The address that waits for this account; None if none does."""
    row = db.session.execute(
        select(EmailChange.new_email, EmailChange.asked_at, EmailChange.asked_by_id, _Asker.name)
        .join(_Asker, _Asker.id == EmailChange.asked_by_id)
        .where(EmailChange.user_id == user_id, EmailChange.decided_at.is_(None))
    ).first()
    return row and Waiting(*row)
