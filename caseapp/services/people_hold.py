"""What every change to a person's record does: take the row as it stands, and leave word on the open case."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import dates
from caseapp.errors import NotVisible, Stale
from caseapp.extensions import db
from caseapp.models import AuditEntry, Case
from caseapp.policy.scopes import PersonFile, find_case_by_id
from caseapp.policy.viewer import Viewer
from caseapp.services import events
from caseapp.vocabulary import AuditAct


def hold(model, person: PersonFile, row_id: int, version: int, fields):
    """A row of this person's, locked until the transaction ends. Raises NotVisible if it is not theirs, Stale with
    the values of `fields` (by column) if somebody saved since `version`."""
    row = db.session.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None or getattr(row, "person_id", row.id) != person.id:
        raise NotVisible
    if row.version != version:
        by, at = _last_change(person.id)
        raise Stale({name: getattr(row, name) for name in fields}, by=by, at=at, version=row.version)
    return row


def told_case(
    person: PersonFile,
    kind: str,
    summary: str,
    *,
    actor: Viewer,
    at: datetime,
    change: dict | None = None,
    tell: bool = False,
) -> None:
    """Add a line to the timeline of the person's open case, where there is one that the actor sees whole; `tell`
    also leaves word for its workers."""
    case_id = db.session.scalar(select(Case.id).where(Case.person_id == person.id, Case.closed_at.is_(None)))
    case = case_id and find_case_by_id(actor, case_id)
    if case and case.sees_all:
        events.happened(case, kind, summary, actor=actor, at=at, change=change, tell_case_workers=tell)


def say(value) -> str:
    """A value of a record in words, for the timeline."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return dates.day(value)
    return "" if value is None else getattr(value, "label", str(value))


def _last_change(person_id):
    row = db.session.execute(
        select(AuditEntry.user_name, AuditEntry.at)
        .where(
            AuditEntry.chain == person_id,
            AuditEntry.person_id == person_id,
            AuditEntry.act == AuditAct.CHANGED,
            AuditEntry.what.like("person:%"),
        )
        .order_by(AuditEntry.number.desc())
        .limit(1)
    ).first()
    return (row.user_name, row.at) if row else ("", None)
