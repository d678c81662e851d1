"""Each mail that left, in the audit record: to whom, when, and on whose record where it is about one (X-5, X-13). The
subject holds no personal data, and nothing of the body is kept."""

from datetime import datetime

from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Meeting, User
from caseapp.services.audit import entries
from caseapp.vocabulary import AuditAct


def sent(dedupe: str, *, to: str, subject: str, at: datetime) -> None:
    """A message was handed to the mail server, in the transaction that writes that down. `dedupe` is its key in the
    outbox, which says what it was about."""
    entry = entries.entry(
        None,
        AuditAct.SENT,
        f"mail: {subject}",
        at=at,
        case_id=_case(dedupe),
        about_id=db.session.scalar(select(User.id).where(User.email == to)),
        detail={"to": to},
    )
    entries.write([entry])


def _case(dedupe):
    """The case that an invitation to a meeting is about. What is told to one's own staff about their account, or that
    something waits for them, is about no case."""
    kind, _, rest = dedupe.partition(":")
    number = rest.partition(":")[0]
    if kind != "meeting" or not number.isdigit():
        return None
    return db.session.scalar(select(Meeting.case_id).where(Meeting.id == int(number)))
