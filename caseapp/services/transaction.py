"""One use case, one commit. Use cases call each other freely; only the outermost commits, any exception rolls back."""

from contextlib import contextmanager
from functools import wraps

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from caseapp import reader
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db

DEPTH = "use_case_depth"

#: What people read when the database itself refuses, by the name (or, on SQLite, the columns) of the constraint.
REFUSALS = {
    "uq_case_assignment_one_case_manager": "This case already has a case manager. Reload the page to see who.",
    "case_assignment.case_id": "This case already has a case manager. Reload the page to see who.",
    "uq_case_assignment_open": "This worker already has that role on the case.",
    "case_assignment.user_id": "This worker already has that role on the case.",
    "uq_case_person_id_open": "There is already an open case for this person.",
    "case.person_id": "There is already an open case for this person.",
    "uq_user_email": "An account with this e-mail address exists already.",
    "user.email": "An account with this e-mail address exists already.",
    "uq_agency_name": "An agency with this name exists already.",
    "agency.name": "An agency with this name exists already.",
    "uq_area_name": "An area with this name exists already.",
    "area.name": "An area with this name exists already.",
    "uq_saved_view": "You already have a view with this name.",
    "saved_view.user_id": "You already have a view with this name.",
    "uq_consent_grant_in_force": "Consent for this agency is already in force. Reload the page to see it.",
    "consent_grant.agency_id": "Consent for this agency is already in force. Reload the page to see it.",
    "uq_chapter_agency_id_number": "This number was given to another chapter just now. Choose another.",
    "chapter.agency_id": "This number was given to another chapter just now. Choose another.",
    "uq_chapter_version_chapter_id_draft": "Somebody began the next version just now. Reload the page to see it.",
    "chapter_version.chapter_id": "Somebody began the next version just now. Reload the page to see it.",
    "uq_reading_confirmation_corrects_id": "This was taken back already.",
    "reading_confirmation.corrects_id": "This was taken back already.",
    "uq_transfer_open": "A transfer of this case is under way already. Reload the page to see it.",
    "transfer.case_id": "A transfer of this case is under way already. Reload the page to see it.",
    "uq_transfer_approach_accepted": "Another agency accepted at this moment. Reload the page to see it.",
    "transfer_approach.transfer_id": "Another agency accepted at this moment. Reload the page to see it.",
    "uq_transfer_approach_standing": "This agency was asked already. Reload the page to see it.",
    "transfer_approach.agency_id": "This agency was asked already. Reload the page to see it.",
    "uq_case_agency": "This agency is already on the case.",
    "case_agency.case_id": "This agency is already on the case.",
}


@contextmanager
def unit_of_work():
    """Commit when the outermost one ends; roll back on any exception. Re-entrant."""
    session = db.session()
    depth = session.info.get(DEPTH, 0)
    session.info[DEPTH] = depth + 1
    try:
        if depth == 0:
            reader.ended()
            _begin_writing(session)
        yield
        session.flush()
        if depth == 0:
            session.commit()
    except BaseException as error:
        if depth == 0:
            session.rollback()
            session.expunge_all()
        if isinstance(error, StaleDataError):
            raise Stale({}) from error
        if isinstance(error, IntegrityError):
            raise _in_words(error) from error
        raise
    finally:
        session.info[DEPTH] = depth


def _begin_writing(session):
    """Take SQLite's write lock before the first query: a transaction that began by reading cannot write once somebody
    else has (SQLITE_BUSY_SNAPSHOT, which no timeout cures). One that has only read so far is begun anew."""
    if session.in_transaction():
        connection = session.connection()
        if connection.dialect.name != "sqlite" or connection.get_execution_options().get("write"):
            return
        written = connection.connection.driver_connection.total_changes != connection.info.get(
            "changes_at_begin"
        )
        if written or session.new or session.dirty or session.deleted:
            return
        session.rollback()
    session.connection(execution_options={"write": True})


def use_case(act):
    """Mark a function as a use case: it runs in a unit of work."""

    @wraps(act)
    def wrapped(*args, **kwargs):
        with unit_of_work():
            return act(*args, **kwargs)

    return wrapped


def _in_words(error: IntegrityError) -> Exception:
    """The database's refusal as a sentence; one that we do not know stays what it is."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or str(error.orig)
    for part, sentence in REFUSALS.items():
        if part in name:
            return RuleBroken(sentence)
    return error
