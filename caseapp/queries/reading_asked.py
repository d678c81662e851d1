"""What was asked to be read, and the sets it is asked with; and what can be chosen for asking."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp.extensions import db
from caseapp.models import (
    Chapter,
    ReadingAssignment,
    ReadingAssignmentChapter,
    ReadingSet,
    ReadingSetChapter,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import reading as policy
from caseapp.policy.viewer import Viewer
from caseapp.queries.accounts import holds
from caseapp.queries.reading_cells import STANDS
from caseapp.vocabulary import ReadingPurpose, ReadingTarget, Role

_Target = aliased(User, name="asked_of")
_By = aliased(User, name="asked_by")
_Ended = aliased(User, name="ended_by")


@dataclass(frozen=True, slots=True)
class Asked:
    """One assignment, in words."""

    id: int
    version: int
    whom: str
    target: ReadingTarget
    target_user_id: int | None
    chapters: int
    set_name: str
    purpose: ReadingPurpose
    reason: str
    due_on: date
    due_days: int
    at: datetime
    by: str
    ended_at: datetime | None
    ended_by: str
    ended_reason: str


_CHAPTERS = (
    select(func.count())
    .select_from(ReadingAssignmentChapter)
    .where(ReadingAssignmentChapter.assignment_id == ReadingAssignment.id)
    .correlate(ReadingAssignment)
    .scalar_subquery()
)
_ASKED = (
    select(
        ReadingAssignment,
        _CHAPTERS.label("chapters"),
        _Target.name.label("whom"),
        _By.name.label("by"),
        _Ended.name.label("ended_by"),
        ReadingSet.name.label("set_name"),
    )
    .outerjoin(_Target, _Target.id == ReadingAssignment.target_user_id)
    .outerjoin(_By, _By.id == ReadingAssignment.by_id)
    .outerjoin(_Ended, _Ended.id == ReadingAssignment.ended_by_id)
    .outerjoin(ReadingSet, ReadingSet.id == ReadingAssignment.set_id)
)
_COLUMNS = (
    ReadingAssignment.id,
    ReadingAssignment.version,
    ReadingAssignment.target,
    ReadingAssignment.target_role,
    ReadingAssignment.target_profession,
    ReadingAssignment.target_user_id,
    ReadingAssignment.purpose,
    ReadingAssignment.reason,
    ReadingAssignment.due_on,
    ReadingAssignment.due_days,
    ReadingAssignment.at,
    ReadingAssignment.by_id,
    ReadingAssignment.ended_at,
    ReadingAssignment.ended_reason,
    _CHAPTERS.label("chapters"),
    _Target.name.label("whom"),
    _By.name.label("by"),
    _Ended.name.label("ended_by"),
    ReadingSet.name.label("set_name"),
)


def _statement():
    return _ASKED.with_only_columns(*_COLUMNS)


def listed(*, viewer: Viewer, which: str = "", offset: int = 0, limit: int = 25) -> tuple[list[Asked], int]:
    """Assignments that the viewer sees, newest first; `which`: "" live ones, "induction" those given to starters by
    themselves, "ended"."""
    where = [policy.sees_assignment(viewer)]
    if which == "ended":
        where.append(ReadingAssignment.ended_at.is_not(None))
    else:
        where.append(ReadingAssignment.ended_at.is_(None))
        by_itself = ReadingAssignment.by_id.is_(None)
        where.append(by_itself if which == "induction" else ~by_itself)
    values = policy.binds(viewer)
    total = db.session.scalar(select(func.count()).select_from(ReadingAssignment).where(*where), values)
    rows = db.session.execute(
        _statement()
        .where(*where)
        .order_by(ReadingAssignment.at.desc(), ReadingAssignment.id.desc())
        .offset(offset)
        .limit(limit),
        values,
    )
    return [_asked(row) for row in rows], total


def one(assignment_id: int, *, viewer: Viewer) -> tuple[Asked, list[tuple[int, str]]]:
    """An assignment that the viewer may see (policy.reading.find_assignment), with its chapters as (id, words)."""
    row = db.session.execute(_statement().where(ReadingAssignment.id == assignment_id)).one()
    chapters = db.session.execute(
        select(Chapter.id, Chapter.number, Chapter.title)
        .join(ReadingAssignmentChapter, ReadingAssignmentChapter.chapter_id == Chapter.id)
        .where(ReadingAssignmentChapter.assignment_id == assignment_id)
        .order_by(Chapter.place)
    )
    return _asked(row), [(c.id, f"{c.number} {c.title}") for c in chapters]


def _asked(row) -> Asked:
    return Asked(
        row.id,
        row.version,
        whom(row.target, row.target_role, row.target_profession, row.whom),
        row.target,
        row.target_user_id,
        row.chapters,
        row.set_name or "",
        row.purpose,
        row.reason,
        row.due_on,
        row.due_days,
        row.at,
        row.by or ("" if row.by_id else "by itself"),
        row.ended_at,
        row.ended_by or "",
        row.ended_reason,
    )


def whom(target: ReadingTarget, role: Role | None, profession: str, name: str | None) -> str:
    """Whom an assignment meets, in words."""
    return {
        ReadingTarget.AGENCY: "Everybody in the agency",
        ReadingTarget.ROLE: f"Everybody with the role {', '.join(role.labels).lower() if role else ''}",
        ReadingTarget.PROFESSION: f"Everybody of the profession {profession}",
        ReadingTarget.TEAM: f"The team of {name or 'somebody'}",
        ReadingTarget.PERSON: name or "One person",
    }[target]


# --- sets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Set:
    """One set with its chapters in order, as (id, words)."""

    id: int
    version: int
    name: str
    about: str
    induction: bool
    roles: Role | None
    due_days: int
    chapters: list[tuple[int, str]]


_SETS = (
    select(
        ReadingSet.id,
        ReadingSet.version,
        ReadingSet.name,
        ReadingSet.about,
        ReadingSet.induction,
        ReadingSet.roles,
        ReadingSet.due_days,
    )
    .where(ReadingSet.agency_id == policy.READER_AGENCY, ReadingSet.ended_at.is_(None))
    .order_by(ReadingSet.induction.desc(), ReadingSet.name)
    .limit(200)
)
_OF_SETS = (
    select(ReadingSetChapter.set_id, Chapter.id, Chapter.number, Chapter.title)
    .join(Chapter, Chapter.id == ReadingSetChapter.chapter_id)
    .join(ReadingSet, ReadingSet.id == ReadingSetChapter.set_id)
    .where(
        ReadingSet.agency_id == policy.READER_AGENCY,
        ReadingSet.ended_at.is_(None),
        Chapter.withdrawn_on.is_(None),
    )
    .order_by(ReadingSetChapter.position)
)


def sets(*, viewer: Viewer, set_id: int | None = None) -> list[Set]:
    """The agency's sets, those for starters first; of one only, if named."""
    only = [ReadingSet.id == bindparam("set_id", type_=Id)] if set_id else []
    values = {**policy.binds(viewer)} | ({"set_id": set_id} if set_id else {})
    chapters: dict[int, list] = {}
    for row in db.session.execute(_OF_SETS.where(*only), values):
        chapters.setdefault(row.set_id, []).append((row.id, f"{row.number} {row.title}"))
    return [Set(*row, chapters.get(row.id, [])) for row in db.session.execute(_SETS.where(*only), values)]


# --- what can be chosen -------------------------------------------------------------------------------------------

_CHOICES = (
    select(Chapter.id, Chapter.number, Chapter.title, Chapter.area)
    .where(Chapter.agency_id == policy.READER_AGENCY, STANDS)
    .order_by(Chapter.place, Chapter.number)
    .limit(1000)
)


def chapters(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Every published chapter of the agency, as (id, words)."""
    return [
        (row.id, f"{row.number} {row.title}") for row in db.session.execute(_CHOICES, policy.binds(viewer))
    ]


def people(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Whom the viewer may ask as one person: all of the agency for an administrator, else the own staff."""
    whose = policy.IN_AGENCY if policy.asks_all(viewer) else policy.OWN_STAFF
    statement = select(User.id, User.name, User.profession).where(whose).order_by(User.name, User.id)
    rows = db.session.execute(statement.limit(5000), policy.binds(viewer))
    return [(row.id, f"{row.name}, {row.profession}" if row.profession else row.name) for row in rows]


def teams(*, viewer: Viewer) -> list[tuple[int, str]]:
    """The line managers whose team the viewer may ask."""
    if not policy.asks_all(viewer):
        return [(viewer.user_id, "My whole team")]
    statement = select(User.id, User.name).where(policy.IN_AGENCY, holds(Role.LINE_MANAGER))
    rows = db.session.execute(statement.order_by(User.name).limit(1000), policy.binds(viewer))
    return [(row.id, f"The team of {row.name}") for row in rows]


def professions(*, viewer: Viewer) -> list[str]:
    """The professions there are in the agency."""
    statement = select(User.profession).where(policy.IN_AGENCY, User.profession != "").distinct()
    return list(db.session.scalars(statement.order_by(User.profession).limit(200), policy.binds(viewer)))


def staff_professions(*, viewer: Viewer) -> list[str]:
    """The professions of the own staff, for the filter."""
    statement = select(User.profession).where(policy.OWN_STAFF, User.profession != "").distinct()
    return list(db.session.scalars(statement.order_by(User.profession).limit(60), policy.binds(viewer)))


def set_names(*, viewer: Viewer) -> list[tuple[int, str]]:
    """The agency's reading sets, for the filter and for asking."""
    statement = (
        select(ReadingSet.id, ReadingSet.name)
        .where(ReadingSet.agency_id == policy.READER_AGENCY, ReadingSet.ended_at.is_(None))
        .order_by(ReadingSet.name)
        .limit(200)
    )
    return [tuple(row) for row in db.session.execute(statement, policy.binds(viewer))]
