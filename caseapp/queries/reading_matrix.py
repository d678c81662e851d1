"""A line manager's matrix: own staff by chapter (B11, screen 09a), paged both ways.

Six statements, whatever the numbers: the staff, the chapters, what is true of each cell, people of the page, and their
cells, all under the same conditions. What is exported is made of the same rows (documents.reading_evidence)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, literal, or_, select, true, union_all

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Chapter,
    ChapterVersion,
    ReadingCoverage,
    ReadingSet,
    ReadingSetChapter,
    ReadingStanding,
    User,
)
from caseapp.policy import chapters as handbook
from caseapp.policy import reading as policy
from caseapp.policy.viewer import Viewer
from caseapp.queries import typed_words
from caseapp.queries.reading_cells import (
    MATCHES,
    STANDS,
    VERSION_NOW,
    WHICH,
    WIDE,
    Cell,
    Figures,
    bits,
    cell,
    conditions,
    soon,
)
from caseapp.vocabulary import PracticeArea

#: Chapters side by side on one page.
ACROSS = 8
PER_PAGE = 25
NO_FIGURES = Figures()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the matrix is asked for. `chapters`: "" for those that anybody of the own staff is asked for or has read,
    "all", or the id of a set; `which` is a key of reading_cells.WHICH or empty."""

    which: str = ""
    chapters: str = ""
    area: str = ""
    profession: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """One member of the own staff; `figures` over all chapters asked for, not only those of this page."""

    id: int
    name: str
    profession: str
    since: datetime
    figures: Figures = NO_FIGURES
    cells: tuple[Cell, ...] = ()

    @property
    def new(self) -> bool:
        """Within the first ninety days."""
        return (clock.now() - self.since).days < 90


@dataclass(frozen=True, slots=True)
class Column:
    """One chapter with the version that holds now; `figures` over all of the own staff that is shown."""

    id: int
    number: str
    title: str
    version: int
    counts_from: int
    figures: Figures = NO_FIGURES
    #: Cells of the kind that the page is narrowed to; of any kind where it is not.
    matches: int = 0


@dataclass(frozen=True, slots=True)
class Matrix:
    """One page of it. `people` and `chapters` count what the filters leave, `staff` all of the own staff. Figures are over
    the filtered people and chapters, whatever cells the page is narrowed to."""

    readers: list[Reader]
    columns: list[Column]
    people: int
    chapters: int
    whole: Figures
    staff: int
    #: The day on which `whole` was kept, where the staff is too many to count it anew on every page (WIDE).
    kept_on: date | None = None


@dataclass(slots=True)
class _Conditions:
    """The filters, put into conditions once for all statements."""

    people: list = field(default_factory=list)
    chapters: list = field(default_factory=list)
    cells: list = field(default_factory=list)
    #: The name of the condition that `cells` holds; empty where the page is not narrowed to some.
    which: str = ""
    values: dict = field(default_factory=dict)
    #: Only chapters that anybody of the people is asked for or has read.
    touched: bool = True


def matrix(
    wanted: Wanted, *, viewer: Viewer, down: int = 0, across: int = 0, most_down=PER_PAGE, most_across=ACROSS
) -> Matrix:
    """A page, from the `down`th person and the `across`th chapter on."""
    on = conditions_of(wanted, viewer)
    staff = db.session.scalar(select(func.count()).select_from(User).where(policy.OWN_STAFF), on.values)
    every = _in_force(on)
    kept = _kept(viewer) if staff * len(every) > WIDE else None
    if kept:
        whole, kept_on = kept
        shown = every
    else:
        kept_on = None
        by_reader, by_chapter = _tallies(on)
        whole = _sum(Figures.of(cells.items()) for cells in by_chapter.values())
        shown = [one for one in every if not on.touched or _matching(by_chapter.get(one.id, {}), on)]
    shown_here = shown[across : across + most_across]
    people = _count(_people(on), on)
    readers = [
        Reader(*row)
        for row in db.session.execute(
            _people(on).order_by(User.name, User.id).offset(down).limit(most_down), on.values
        )
    ]
    if kept:
        by_chapter = _tallies_by(ReadingStanding.chapter_id, [one.id for one in shown_here], on)
        by_reader = _tallies_by(ReadingStanding.user_id, [one.id for one in readers], on)
    columns = [
        Column(*one, Figures.of(found.items()), _matching(found, on))
        for one in shown_here
        for found in (by_chapter.get(one.id, {}),)
    ]
    cells = _cells(readers, columns)
    today = clock.today()
    return Matrix(
        [
            Reader(
                one.id,
                one.name,
                one.profession,
                one.since,
                Figures.of(by_reader.get(one.id, {}).items()),
                tuple(cell(cells.get((one.id, column.id)), column.counts_from, today) for column in columns),
            )
            for one in readers
        ],
        columns,
        people,
        len(shown),
        whole,
        staff,
        kept_on,
    )


def figures(wanted: Wanted, *, viewer: Viewer) -> Figures:
    """The figures over everything that the filters leave."""
    _, by_chapter = _tallies(conditions_of(wanted, viewer))
    return _sum(Figures.of(cells.items()) for cells in by_chapter.values())


# --- conditions ---------------------------------------------------------------------------------------------------


def conditions_of(wanted: Wanted, viewer: Viewer) -> _Conditions:
    """The filters as conditions, with what they bind; also for the lines that are exported (reading_lines)."""
    on = _Conditions(
        values={**policy.binds(viewer), **handbook.binds(viewer), "reader_soon": soon(clock.today())}
    )
    on.people.append(policy.OWN_STAFF)
    if wanted.profession:
        on.people.append(User.profession == wanted.profession)
    words, typed = typed_words.holding(wanted.words, User.name)
    on.people += words
    on.values |= typed
    on.chapters += [Chapter.agency_id == policy.READER_AGENCY, STANDS]
    if wanted.area:
        on.chapters.append(Chapter.area == PracticeArea(wanted.area))
    if wanted.chapters.isdigit():
        on.chapters.append(
            Chapter.id.in_(
                select(ReadingSetChapter.chapter_id)
                .join(ReadingSet, ReadingSet.id == ReadingSetChapter.set_id)
                .where(ReadingSet.id == int(wanted.chapters), ReadingSet.agency_id == policy.READER_AGENCY)
            )
        )
    if wanted.which:
        on.which = WHICH[wanted.which]
        on.cells.append(getattr(conditions(ChapterVersion.counts_from), on.which))
    on.touched = wanted.chapters != "all" or bool(wanted.which)
    return on


_COLUMN = (
    Chapter.id,
    Chapter.number.label("chapter_number"),
    Chapter.title,
    ChapterVersion.number.label("version"),
    ChapterVersion.counts_from,
)


def _in_force(on) -> list:
    """Every chapter that stands, with the version that holds now, in order."""
    statement = (
        select(*_COLUMN)
        .join(ChapterVersion, VERSION_NOW)
        .where(*on.chapters)
        .order_by(Chapter.place, Chapter.number, Chapter.id)
    )
    return db.session.execute(statement, on.values).all()


def _told_apart(on):
    """(person, chapter, bits) of each cell that is asked of the people or read by them. The chapters are put together
    first: a version is looked up once for each, not for each cell."""
    now = (
        select(Chapter.id, ChapterVersion.counts_from)
        .join(ChapterVersion, VERSION_NOW)
        .where(*on.chapters)
        .cte("now")
        .prefix_with("MATERIALIZED")
    )
    holds = conditions(now.c.counts_from)
    matching = getattr(holds, on.which) if on.which else None
    return (
        select(
            ReadingStanding.user_id.label("user_id"),
            ReadingStanding.chapter_id.label("chapter_id"),
            bits(holds, matching).label("bits"),
        )
        .select_from(User)
        .join(ReadingStanding, ReadingStanding.user_id == User.id)
        .join(now, now.c.id == ReadingStanding.chapter_id)
        .where(*on.people, or_(ReadingStanding.asked_at.is_not(None), ReadingStanding.confirmed_number > 0))
    )


def _tallies(on) -> tuple[dict[int, Counter], dict[int, Counter]]:
    """How many cells of which bits, by person and by chapter, of all that the filters leave: gone through once."""
    cells = _told_apart(on).cte("told").prefix_with("MATERIALIZED")
    by = [
        select(literal(at), one, cells.c.bits, func.count()).group_by(one, cells.c.bits)
        for at, one in enumerate((cells.c.user_id, cells.c.chapter_id))
    ]
    found = defaultdict(Counter), defaultdict(Counter)
    for at, one, number, many in db.session.execute(union_all(*by), on.values):
        found[at][one][number] = many
    return found


def _tallies_by(column, ids, on) -> dict[int, Counter]:
    """As _tallies, of these people or these chapters alone."""
    if not ids:
        return {}
    cells = _told_apart(on).where(column.in_(ids)).subquery()
    by = cells.c[column.key]
    statement = select(by, cells.c.bits, func.count()).group_by(by, cells.c.bits)
    found = defaultdict(Counter)
    for one, number, many in db.session.execute(statement, on.values):
        found[one][number] = many
    return found


def _matching(counted, on) -> int:
    """How many cells are of the kind that the page is narrowed to; all where it is not."""
    return sum(many for number, many in counted.items() if not on.which or number & MATCHES)


def _kept(viewer) -> tuple[Figures, date] | None:
    """The figures of the viewer's team as they were kept last, and when; None before the first night."""
    row = db.session.execute(
        select(
            ReadingCoverage.asked,
            ReadingCoverage.current,
            ReadingCoverage.overdue,
            ReadingCoverage.outdated,
            ReadingCoverage.on_day,
        )
        .where(
            ReadingCoverage.agency_id == viewer.agency_id, ReadingCoverage.line_manager_id == viewer.user_id
        )
        .order_by(ReadingCoverage.on_day.desc())
        .limit(1)
    ).first()
    return row and (Figures(row.asked, row.current, row.overdue, 0, row.outdated), row.on_day)


def _sum(many) -> Figures:
    found = [(f.asked, f.current, f.overdue, f.due_soon, f.older) for f in many]
    return Figures(*(sum(column) for column in zip(*found, strict=True))) if found else NO_FIGURES


def _people(on):
    statement = select(User.id, User.name, User.profession, User.created_at).where(*on.people)
    if not on.cells:
        return statement
    return statement.where(
        select(true())
        .select_from(ReadingStanding)
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, VERSION_NOW)
        .where(ReadingStanding.user_id == User.id, *on.chapters, *on.cells)
        .correlate(User)
        .exists()
    )


def _count(statement, on) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery()), on.values)


def _cells(readers, columns) -> dict[tuple[int, int], tuple]:
    if not readers or not columns:
        return {}
    rows = db.session.execute(
        select(
            ReadingStanding.user_id,
            ReadingStanding.chapter_id,
            ReadingStanding.asked_at,
            ReadingStanding.waived_at,
            ReadingStanding.due_on,
            ReadingStanding.confirmed_number,
            ReadingStanding.confirmed_on,
        ).where(
            ReadingStanding.user_id.in_([one.id for one in readers]),
            ReadingStanding.chapter_id.in_([one.id for one in columns]),
        )
    )
    return {(row.user_id, row.chapter_id): row for row in rows}
