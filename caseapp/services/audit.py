"""Writing the audit record (X-5, X-13). A use case records its change in its own transaction; the web layer records a
reading before the answer leaves, and shows nothing if that fails."""

from datetime import datetime

from sqlalchemy import insert, select

from caseapp.extensions import db
from caseapp.extensions import write as insert_rows
from caseapp.ids import new_id
from caseapp.models import AuditEntry, Case
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AuditAct

_TABLE = AuditEntry.__table__
#: Entries are inserted by this one statement, put into SQL once.
INSERT = insert(_TABLE)


def entry(
    viewer: Viewer | None,
    act: AuditAct,
    what: str,
    *,
    at: datetime,
    case: CaseFile | None = None,
    case_id: int | None = None,
    person_id: int | None = None,
    about_id: int | None = None,
    address: str = "",
    detail: dict | None = None,
) -> dict:
    """The columns of one entry, ready to insert. `at` is a moment in UTC; `detail` holds no free text about a person
    beyond what the record itself holds. `about_id` is the account, agency or area that was changed, where it is about
    no case."""
    return {
        "id": new_id(),
        "at": at,
        "user_id": viewer and viewer.user_id,
        "user_name": viewer.name if viewer else "",
        "agency_id": viewer and viewer.agency_id,
        "agency_name": viewer.agency_name if viewer else "",
        "act": act,
        "what": what[:300],
        "case_id": case.id if case else case_id,
        "person_id": case.person_id if case else person_id,
        "about_id": about_id,
        "ground": case.ground if case else "",
        "grant_id": case.grant_id if case else None,
        "address": address[:45],
        "detail": detail,
    }


def write(entries: list[dict]) -> None:
    """Insert entries in the transaction that is open."""
    insert_rows(INSERT, *entries)


def record(actor: Viewer, what: str, *, at: datetime, case: CaseFile | None = None, **more) -> None:
    """Record a change, in the use case's own transaction."""
    write([entry(actor, AuditAct.CHANGED, what, at=at, case=case, **more)])


def write_refusal(
    viewer: Viewer | None,
    what: str,
    *,
    at: datetime,
    reference: str | None = None,
    person_id: int | None = None,
    address: str = "",
) -> None:
    """Record that a record was asked for and not given. The same single statement runs whether or not it exists, so
    that neither the answer nor its time tells."""
    values = entry(viewer, AuditAct.REFUSED, what, at=at, address=address, person_id=person_id)
    if reference is not None:
        values["case_id"] = select(Case.id).where(Case.reference == reference).scalar_subquery()
        values["person_id"] = select(Case.person_id).where(Case.reference == reference).scalar_subquery()
    db.session.execute(insert(_TABLE).values(values))
