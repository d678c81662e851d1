"""Who saved first, and when: what somebody is told who was writing meanwhile (409, errors.Stale).

Each of these gives `by` and `at` of Stale. Somebody of another agency is named only where `across` says that the record's own
history names them to this reader too; else the time stands alone."""

from datetime import datetime

from sqlalchemy import or_, select

from caseapp.extensions import db
from caseapp.models import AuditEntry, User
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AuditAct

NOBODY = {"by": "", "at": None}


def by_user(user_id: int | None, at: datetime | None, *, actor: Viewer, across: bool = False) -> dict:
    """Where the row itself says who wrote it, and when."""
    if user_id is None:
        return {"by": "", "at": at}
    row = db.session.execute(select(User.name, User.agency_id).where(User.id == user_id)).one()
    return {"by": row.name if across or row.agency_id == actor.agency_id else "", "at": at}


def by_step(step, who, *about, actor: Viewer, across: bool = False) -> dict:
    """Where it has a history of its own: `step` is its table, `who` the column that says who did it, `about` which record."""
    row = db.session.execute(
        select(who, step.at).where(*about).order_by(step.at.desc(), step.id.desc()).limit(1)
    ).first()
    return by_user(row[0], row[1], actor=actor, across=across) if row else NOBODY


def by_record(
    *words: str,
    actor: Viewer,
    person_id: int | None = None,
    case_id: int | None = None,
    about_id: int | None = None,
) -> dict:
    """Where only the access record says it: the last change whose words begin so, about a person (and one case of theirs),
    or about an account, agency or chapter."""
    about = AuditEntry.about_id == about_id if person_id is None else AuditEntry.chain == person_id
    statement = (
        select(AuditEntry.user_name, AuditEntry.agency_id, AuditEntry.at)
        .where(
            about,
            AuditEntry.act == AuditAct.CHANGED,
            or_(*(AuditEntry.what.startswith(one, autoescape=True) for one in words)),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.number.desc())
        .limit(1)
    )
    if case_id is not None:
        statement = statement.where(AuditEntry.case_id == case_id)
    row = db.session.execute(statement).first()
    if row is None:
        return NOBODY
    return {"by": row.user_name if row.agency_id == actor.agency_id else "", "at": row.at}
