"""Figures without names: how teams and chapters stand, and over the weeks (issue 5). For an agency's administrator of the
own agency, and for a line manager of the own team; what is beside the work is for the line manager's start page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import (
    CarePlan,
    Case,
    Chapter,
    ChapterStep,
    ChapterVersion,
    ReadingCoverage,
    ReadingStanding,
    User,
)
from caseapp.policy import chapters as handbook
from caseapp.policy import reading as policy
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.reading_cells import FIGURES, STANDS, VERSION_NOW, WIDE, Figures, soon

WEEKS = 12
#: Figures of a team of fewer people would tell of persons, so they are in the agency's alone.
FEWEST = 3

_Manager = aliased(User, name="manager")


def binds(viewer: Viewer) -> dict:
    return {**policy.binds(viewer), **handbook.binds(viewer), "reader_soon": soon(clock.today())}


@dataclass(frozen=True, slots=True)
class Team:
    """One line manager's team. `figures` is None where it is too small to be shown without telling of persons."""

    name: str
    people: int
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class Agency:
    """How an agency stands. `alone` are the staff without a line manager: nobody sees what they have read."""

    whole: Figures
    people: int
    teams: list[Team]
    alone: int
    #: The day on which the figures were kept, where the cells are too many to count them anew (reading_cells.WIDE).
    kept_on: date | None = None


_SIZES = (
    select(User.line_manager_id, _Manager.name, func.count().label("people"))
    .select_from(User)
    .outerjoin(_Manager, _Manager.id == User.line_manager_id)
    .where(policy.IN_AGENCY)
    .group_by(User.line_manager_id, _Manager.name)
    .order_by(_Manager.name)
)
_TEAMS = (
    select(User.line_manager_id, *FIGURES)
    .select_from(ReadingStanding)
    .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
    .join(ChapterVersion, VERSION_NOW)
    .join(User, User.id == ReadingStanding.user_id)
    .where(policy.IN_AGENCY, Chapter.agency_id == policy.READER_AGENCY, STANDS)
    .group_by(User.line_manager_id)
)


_LAST_KEPT = select(func.max(ReadingCoverage.on_day)).where(ReadingCoverage.agency_id == policy.READER_AGENCY)
_KEPT = select(
    ReadingCoverage.line_manager_id,
    ReadingCoverage.asked,
    ReadingCoverage.current,
    ReadingCoverage.overdue,
    ReadingCoverage.outdated,
    ReadingCoverage.on_day,
).where(
    ReadingCoverage.agency_id == policy.READER_AGENCY,
    ReadingCoverage.on_day == _LAST_KEPT.scalar_subquery(),
)


def agency(*, viewer: Viewer, chapters: int) -> Agency:
    """The viewer's own agency, team by team, the smallest left out; two statements, three where staff times `chapters`
    are so many that the figures are those kept last night."""
    values = binds(viewer)
    sizes = read(_SIZES, values)
    people = sum(row.people for row in sizes)
    kept = read(_KEPT, values) if people * chapters > WIDE else []
    if kept:
        by_team = {
            row.line_manager_id: Figures(row.asked, row.current, row.overdue, 0, row.outdated) for row in kept
        }
        whole = by_team.pop(0, Figures())
    else:
        by_team = {row.line_manager_id: Figures(*row[1:]) for row in read(_TEAMS, values)}
        whole = _sum(by_team.values())
    teams, alone = [], 0
    for row in sizes:
        if row.line_manager_id is None:
            alone = row.people
            continue
        figures = by_team.get(row.line_manager_id, Figures()) if row.people >= FEWEST else None
        teams.append(Team(row.name, row.people, figures))
    return Agency(whole, people, teams, alone, kept[0].on_day if kept else None)


def _sum(many) -> Figures:
    found = [(f.asked, f.current, f.overdue, f.due_soon, f.older) for f in many]
    return Figures(*(sum(column) for column in zip(*found, strict=True))) if found else Figures()


@dataclass(frozen=True, slots=True)
class ChapterFigures:
    """One chapter and how it stands with those asked; `few` where they are so few that figures would tell of persons,
    and then there are none."""

    id: int
    number: str
    title: str
    version: int
    figures: Figures
    few: bool = False


_PAGE = (
    select(Chapter.id, Chapter.number, Chapter.title, ChapterVersion.number.label("version"))
    .join(ChapterVersion, VERSION_NOW)
    .where(Chapter.agency_id == policy.READER_AGENCY, STANDS)
    .order_by(Chapter.place, Chapter.number, Chapter.id)
)


def chapters(*, viewer: Viewer, offset: int = 0, limit: int = 25) -> tuple[list[ChapterFigures], int]:
    """A page of the handbook with its figures over the whole agency, and how many chapters there are."""
    values = binds(viewer)
    total = db.session.scalar(select(func.count()).select_from(_PAGE.subquery()), values)
    page = db.session.execute(_PAGE.offset(offset).limit(limit), values).all()
    by_chapter = _of_chapters([row.id for row in page], policy.IN_AGENCY, values)
    return [_unless_few(row, by_chapter.get(row.id, Figures())) for row in page], total


def _unless_few(row, figures):
    few = 0 < figures.asked < FEWEST
    return ChapterFigures(*row, Figures() if few else figures, few)


def _of_chapters(ids: Sequence[int], people, values) -> dict[int, Figures]:
    if not ids:
        return {}
    statement = (
        select(ReadingStanding.chapter_id, *FIGURES)
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, VERSION_NOW)
        .join(User, User.id == ReadingStanding.user_id)
        .where(people, STANDS, ReadingStanding.chapter_id.in_(ids))
        .group_by(ReadingStanding.chapter_id)
    )
    return {row[0]: Figures(*row[1:]) for row in db.session.execute(statement, values)}


# --- over the weeks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Week:
    """How a team stood on the last day kept of a week."""

    on: date
    asked: int
    current: int
    overdue: int

    @property
    def percent(self) -> int:
        return 100 if self.current == self.asked else min(99, round(100 * self.current / self.asked))


def weeks(*, viewer: Viewer, own_team: bool, now: Figures | None = None) -> list[Week]:
    """The last twelve weeks of the own team, or of the whole agency for its administrator, oldest first; `now` is added
    as today's, so that the last point is what the page says."""
    today = clock.today()
    rows = db.session.execute(
        select(
            ReadingCoverage.on_day, ReadingCoverage.asked, ReadingCoverage.current, ReadingCoverage.overdue
        )
        .where(
            ReadingCoverage.agency_id == viewer.agency_id,
            ReadingCoverage.line_manager_id == (viewer.user_id if own_team else 0),
            ReadingCoverage.on_day > today - timedelta(weeks=WEEKS),
        )
        .order_by(ReadingCoverage.on_day)
    )
    last: dict[int, Week] = {}
    for row in rows:
        if row.asked:
            last[(today - row.on_day).days // 7] = Week(*row)
    if now is not None and now.asked:
        last[0] = Week(today, now.asked, now.current, now.overdue)
    return [last[week] for week in sorted(last, reverse=True)]


# --- beside the work ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beside:
    """One step of the work: how much of it is late in the agency's cases, and how its chapter stands with the own
    staff. Neither says anything about a person."""

    what: str
    late: int
    of: int | None
    chapter: ChapterFigures


_STEPS = (
    select(
        ChapterStep.step,
        Chapter.id,
        Chapter.number,
        Chapter.title,
        ChapterVersion.number.label("version"),
    )
    .join(Chapter, Chapter.id == ChapterStep.chapter_id)
    .join(ChapterVersion, VERSION_NOW)
    .where(
        Chapter.agency_id == policy.READER_AGENCY,
        STANDS,
        ChapterStep.step.in_(("reviews", "plan", "actions")),
    )
    .order_by(Chapter.place.desc(), Chapter.number.desc())
)
_REVIEWS = (
    select(
        func.count(CarePlan.next_review_on).label("planned"),
        func.count(CarePlan.next_review_on).filter(CarePlan.next_review_on < scopes.TODAY).label("late"),
    )
    .select_from(Case)
    .join(CarePlan, CarePlan.case_id == Case.id)
    .where(and_(scopes.SEES_ALL, Case.closed_at.is_(None)))
)


def beside_the_work(*, viewer: Viewer, late_actions: int | None = None) -> list[Beside]:
    """Lateness of a step with the reading of its chapter, for a line manager; three statements. A step whose
    chapter nobody of the own staff is asked for is left out; for reviews that of the plan itself stands in."""
    values = binds(viewer)
    by_step = {row.step: row for row in read(_STEPS, values)}
    figures = _of_chapters(sorted({row.id for row in by_step.values()}), policy.OWN_STAFF, values)
    reviews = read(_REVIEWS, scopes.binds(viewer)).one()
    found = []
    for steps, what, late, of in (
        (("reviews", "plan"), "Reviews of the plan", reviews.late, reviews.planned),
        (("actions",), "Actions", late_actions, None),
    ):
        asked = [by_step[step] for step in steps if step in by_step]
        row = next((one for one in asked if figures.get(one.id, Figures()).asked), None)
        if row is None or late is None:
            continue
        found.append(
            Beside(
                what, late, of, ChapterFigures(row.id, row.number, row.title, row.version, figures[row.id])
            )
        )
    return found


# --- the own team ------------------------------------------------------------------------------------------------

_OWN_TEAM = (
    select(*FIGURES)
    .select_from(User)
    .join(ReadingStanding, ReadingStanding.user_id == User.id)
    .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
    .join(ChapterVersion, VERSION_NOW)
    .where(policy.OWN_STAFF, Chapter.agency_id == policy.READER_AGENCY, STANDS)
)


def own_team(*, viewer: Viewer) -> Figures:
    """All that is asked of the viewer's own staff, without a filter."""
    return Figures(*read(_OWN_TEAM, binds(viewer)).one())
