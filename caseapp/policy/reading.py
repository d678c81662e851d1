"""Who sees what others have read (S0-33, S0-34, docs/decisions/0015).

A line manager sees the reading of those whose line manager they are, by name; nobody else does, not another manager of the
same agency, not its administrator. An agency's administrator keeps reading sets, asks for reading, and sees figures of the
own agency without a name. The form on which reading is confirmed promises exactly this."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import ReadingAssignment, ReadingSet, User
from caseapp.models.base import Id
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import ReadingTarget, Role

READER_USER = bindparam("reader_user", type_=Id)
READER_AGENCY = bindparam("reader_agency", type_=Id)
READER_DAY = bindparam("reader_day", type_=Date())

#: Whose reading a line manager sees. A select that uses it is executed with `binds(viewer)`.
OWN_STAFF = and_(
    User.line_manager_id == READER_USER, User.agency_id == READER_AGENCY, User.disabled_at.is_(None)
)
#: An agency's own staff, for whoever asks for reading there.
IN_AGENCY = and_(User.agency_id == READER_AGENCY, User.disabled_at.is_(None))


def binds(viewer: Viewer, today: date | None = None) -> dict:
    """The values behind every predicate here."""
    return {
        "reader_user": viewer.user_id,
        "reader_agency": viewer.agency_id,
        "reader_day": today or clock.today(),
    }


def asks_all(viewer: Viewer) -> bool:
    """Whether this viewer may ask everybody of the agency, and not only the own staff."""
    return viewer.has(Role.AGENCY_ADMIN)


# --- one member of the own staff ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReaderFile:
    """One of the viewer's own staff, as their line manager knows them here."""

    id: int
    name: str
    profession: str
    roles: Role
    since: datetime


_READER = select(User.id, User.name, User.profession, User.roles, User.created_at).where(
    User.id == bindparam("user_id", type_=Id), OWN_STAFF
)


def find_reader(viewer: Viewer, user_id: int) -> ReaderFile | None:
    """The member of staff, or None for anybody whose line manager the viewer is not."""
    row = read(_READER, {**binds(viewer), "user_id": user_id}).first() if viewer.manages else None
    return row and ReaderFile(*row)


def _leads(viewer, reader):
    return viewer.manages


ON_READER = {Do.SEE_STAFF_READING: _leads, Do.WAIVE_READING: _leads}


# --- one assignment ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssignmentFile:
    """What somebody asked to be read. `own`: it meets the viewer's staff alone, or the viewer asked."""

    id: int
    agency_id: int
    own: bool
    ended: bool
    version: int


_Target = aliased(User, name="target")
_OWN = or_(
    ReadingAssignment.by_id == READER_USER,
    and_(ReadingAssignment.target == ReadingTarget.TEAM, ReadingAssignment.target_user_id == READER_USER),
    and_(
        ReadingAssignment.target == ReadingTarget.PERSON,
        ReadingAssignment.target_user_id.in_(
            select(_Target.id).where(
                _Target.line_manager_id == READER_USER, _Target.agency_id == READER_AGENCY
            )
        ),
    ),
)
_WIDE = ReadingAssignment.target.in_((ReadingTarget.AGENCY, ReadingTarget.ROLE, ReadingTarget.PROFESSION))


def sees_assignment(viewer: Viewer):
    """Which assignments a viewer sees: an administrator those of the agency; a line manager those that meet the own
    staff."""
    mine = ReadingAssignment.agency_id == READER_AGENCY
    return mine if asks_all(viewer) else and_(mine, or_(_OWN, _WIDE))


def find_assignment(viewer: Viewer, assignment_id: int) -> AssignmentFile | None:
    """The assignment, or None for another agency's or another manager's."""
    statement = _ADMIN_ASSIGNMENT if asks_all(viewer) else _LEAD_ASSIGNMENT
    row = read(statement, {**binds(viewer), "assignment_id": assignment_id}).first()
    return row and AssignmentFile(*row)


def _one(sight):
    return select(
        ReadingAssignment.id,
        ReadingAssignment.agency_id,
        _OWN.label("own"),
        ReadingAssignment.ended_at.is_not(None),
        ReadingAssignment.version,
    ).where(
        ReadingAssignment.id == bindparam("assignment_id", type_=Id),
        ReadingAssignment.agency_id == READER_AGENCY,
        *sight,
    )


_ADMIN_ASSIGNMENT = _one(())
_LEAD_ASSIGNMENT = _one((or_(_OWN, _WIDE),))


def _asks(viewer, assignment):
    return asks_all(viewer) or viewer.manages


def _ends(viewer, assignment):
    return asks_all(viewer) or (viewer.manages and assignment.own)


ON_ASSIGNMENT = {Do.SEE_ASSIGNMENT: _asks, Do.END_ASSIGNMENT: _ends}


# --- one reading set ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetFile:
    """A set of chapters of the viewer's own agency."""

    id: int
    agency_id: int
    name: str
    version: int


_SET = select(ReadingSet.id, ReadingSet.agency_id, ReadingSet.name, ReadingSet.version).where(
    ReadingSet.id == bindparam("set_id", type_=Id),
    ReadingSet.agency_id == READER_AGENCY,
    ReadingSet.ended_at.is_(None),
)


def find_set(viewer: Viewer, set_id: int) -> SetFile | None:
    """The set, or None for another agency's or one that was ended."""
    row = read(_SET, {**binds(viewer), "set_id": set_id}).first()
    return row and SetFile(*row)


ON_SET = {Do.EDIT_READING_SET: lambda viewer, one: asks_all(viewer)}
