"""The list of the handbook and its search, each line with where the viewer stands; an agency's own handbook only."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, exists, false, func, literal, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.chapter_text import search_words
from caseapp.extensions import db, read
from caseapp.models import Chapter, ChapterRelated, ChapterVersion, ReadingStanding, User
from caseapp.models.base import Id
from caseapp.policy import chapters as policy
from caseapp.policy.chapters import SEES_CHAPTER, in_force
from caseapp.policy.viewer import Viewer
from caseapp.queries.reading_state import ReadingState, state
from caseapp.vocabulary import ChapterChange, PracticeArea

READER = bindparam("handbook_reader", type_=Id)
CHAPTER = bindparam("chapter_id", type_=Id)
MINE = and_(ReadingStanding.chapter_id == Chapter.id, ReadingStanding.user_id == READER)
NOW = and_(ChapterVersion.chapter_id == Chapter.id, in_force())
_Draft = aliased(ChapterVersion, name="draft")
_HAS_DRAFT = exists().where(_Draft.chapter_id == Chapter.id, _Draft.published_at.is_(None)).correlate(Chapter)
_ASKED = and_(ReadingStanding.asked_at.is_not(None), ReadingStanding.waived_at.is_(None))
_READ = func.coalesce(ReadingStanding.confirmed_number, 0)

#: state of the filter → condition; "to read" is what somebody asked for, or what must be read again
STATES = {
    "": ("All", None),
    "to_read": ("To read", and_(_ASKED, ChapterVersion.counts_from > _READ)),
    "current": ("Read, current version", ChapterVersion.counts_from <= _READ),
    "outdated": ("Read, an older version", and_(_READ > 0, ChapterVersion.counts_from > _READ)),
    "unread": ("Never read", _READ == 0),
}
#: … and what only editors may ask for
EDITOR_STATES = {
    "draft": ("With a draft", _HAS_DRAFT),
    "revision": ("Next revision due", Chapter.next_revision_on <= policy.HANDBOOK_DAY),
}
WITHDRAWN = {"withdrawn": ("Withdrawn", None)}


@dataclass(frozen=True, slots=True)
class ChapterRow:
    """One line of the list. `number` is the chapter's ("5.2"), `version` that of the version in force."""

    id: int
    number: str
    title: str
    area: PracticeArea
    family: str
    about: str
    minutes: int
    version: int | None
    version_id: int | None
    effective_on: date | None
    published: bool
    draft: bool
    withdrawn_on: date | None
    next_revision_on: date | None
    reading: ReadingState


_ROWS = (
    select(
        Chapter.id,
        Chapter.number,
        Chapter.title,
        Chapter.area,
        Chapter.family,
        ChapterVersion.about,
        ChapterVersion.minutes,
        ChapterVersion.number.label("version"),
        ChapterVersion.id.label("version_id"),
        ChapterVersion.effective_on,
        ChapterVersion.counts_from,
        Chapter.published_at,
        _HAS_DRAFT.label("draft"),
        Chapter.withdrawn_on,
        Chapter.next_revision_on,
        ReadingStanding.confirmed_number,
        ReadingStanding.confirmed_on,
        ReadingStanding.due_on,
        ReadingStanding.waived_at,
    )
    .select_from(Chapter)
    .outerjoin(ChapterVersion, NOW)
    .outerjoin(ReadingStanding, MINE)
    .where(SEES_CHAPTER)
    .order_by(Chapter.place, Chapter.number)
)


def binds(viewer: Viewer, **more) -> dict:
    return {**policy.binds(viewer), "handbook_reader": viewer.user_id, **more}


def states(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """What the list can be narrowed to by this viewer."""
    known = STATES | (EDITOR_STATES if policy.edits(viewer) else {}) | WITHDRAWN
    return tuple((key, label) for key, (label, _) in known.items())


def listed(
    *,
    viewer: Viewer,
    area: str = "",
    family: str = "",
    which: str = "",
    words: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[ChapterRow], int]:
    """A page of the handbook in the order of its numbers, and how many there are in all. With `words`, chapters in
    which every one of them begins a word; those whose title has them come first."""
    where = [Chapter.withdrawn_on.is_not(None) if which == "withdrawn" else Chapter.withdrawn_on.is_(None)]
    if area:
        where.append(Chapter.area == PracticeArea(area))
    if family:
        where.append(Chapter.family.in_(("", family)))
    condition = (STATES | EDITOR_STATES).get(which, ("", None))[1]
    if condition is not None:
        where.append(condition)
    typed = search_words(words)
    statement = _ROWS
    if words:
        where += _holding(typed)
    if typed:
        folded = func.lower(literal(" ") + Chapter.title)
        in_title = and_(*(folded.like(f"% {_escaped(word)}%", escape="\\") for word in typed))
        statement = statement.order_by(None).order_by(in_title.desc(), Chapter.place, Chapter.number)
    statement = statement.add_columns(func.count().over().label("total")).where(*where)
    rows = db.session.execute(statement.limit(limit).offset(offset), binds(viewer)).all()
    if not rows and offset:  # beyond the last page
        return [], listed(viewer=viewer, area=area, family=family, which=which, words=words, limit=1)[1]
    return [_row(row) for row in rows], rows[0].total if rows else 0


def texts(chapter_versions, *, viewer: Viewer) -> dict[int, str]:
    """The Markdown of these versions, for the snippets of a page of results."""
    ids = [one for one in chapter_versions if one]
    if not ids:
        return {}
    rows = db.session.execute(
        select(ChapterVersion.id, ChapterVersion.text)
        .join(Chapter, Chapter.id == ChapterVersion.chapter_id)
        .where(ChapterVersion.id.in_(ids), SEES_CHAPTER),
        binds(viewer),
    )
    return dict(rows.all())


def _holding(typed):
    if not typed:
        return [false()]
    return [ChapterVersion.search_text.like(f"% {_escaped(word)}%", escape="\\") for word in typed]


def _escaped(word):
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _row(row) -> ChapterRow:
    return ChapterRow(
        row.id,
        row.number,
        row.title,
        row.area,
        row.family,
        row.about or "",
        row.minutes or 0,
        row.version,
        row.version_id,
        row.effective_on,
        row.published_at is not None,
        row.draft,
        row.withdrawn_on,
        row.next_revision_on,
        reading_of(row),
    )


def reading_of(row) -> ReadingState:
    return state(
        counts_from=row.counts_from,
        confirmed_number=row.confirmed_number,
        confirmed_on=row.confirmed_on,
        due_on=row.due_on,
        waived=row.waived_at is not None,
        today=clock.today(),
    )


_RELATED = _ROWS.where(
    Chapter.withdrawn_on.is_(None),
    Chapter.published_at.is_not(None),
    or_(
        Chapter.id.in_(select(ChapterRelated.other_id).where(ChapterRelated.chapter_id == CHAPTER)),
        Chapter.id.in_(select(ChapterRelated.chapter_id).where(ChapterRelated.other_id == CHAPTER)),
    ),
)


def related(chapter_id: int, *, viewer: Viewer) -> list[ChapterRow]:
    """The chapters that belong to it (S1-17), in order."""
    return [_row(row) for row in read(_RELATED, binds(viewer, chapter_id=chapter_id))]


_CHOICES = (
    select(Chapter.id, Chapter.number, Chapter.title)
    .where(SEES_CHAPTER, Chapter.withdrawn_on.is_(None))
    .order_by(Chapter.place)
)
_EDITORS = (
    select(User.id, User.name, User.roles)
    .where(User.agency_id == policy.HANDBOOK_AGENCY, User.disabled_at.is_(None))
    .order_by(User.name)
)


def choices(*, viewer: Viewer, but: int | None = None) -> list[tuple[int, str]]:
    """Every chapter that stands, as (id, words)."""
    return [(row.id, f"{row.number} {row.title}") for row in read(_CHOICES, binds(viewer)) if row.id != but]


def editors(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Who can answer for a chapter: the agency's administrators and line managers, as (id, name)."""
    return [(row.id, row.name) for row in read(_EDITORS, binds(viewer)) if row.roles & policy.EDITORS]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A line of the list of amendments: a version that came out, or a chapter that was withdrawn."""

    chapter_id: int
    number: str
    title: str
    version: int
    change: ChapterChange
    changed: str
    published_at: datetime
    effective_on: date
    by: str | None


#: published and with a day are the same (a CHECK), and the day stands in an index
_OUT = and_(SEES_CHAPTER, ChapterVersion.effective_on.is_not(None))
_AMENDED = (
    select(
        Chapter.id,
        Chapter.number,
        ChapterVersion.title,
        ChapterVersion.number.label("version"),
        ChapterVersion.change,
        ChapterVersion.changed,
        ChapterVersion.published_at,
        ChapterVersion.effective_on,
        User.name,
    )
    .select_from(ChapterVersion)
    .join(Chapter, Chapter.id == ChapterVersion.chapter_id)
    .outerjoin(User, User.id == ChapterVersion.published_by_id)
    .order_by(ChapterVersion.effective_on.desc(), ChapterVersion.published_at.desc(), Chapter.place)
)
#: the page is chosen first, by the index; only then are its words looked up
_CHOSEN = (
    select(ChapterVersion.id)
    .join(Chapter, Chapter.id == ChapterVersion.chapter_id)
    .where(_OUT)
    .order_by(ChapterVersion.effective_on.desc(), ChapterVersion.id.desc())
)


def amendments(
    *, viewer: Viewer, change: str = "", since: date | None = None, offset: int = 0, limit: int = 40
) -> tuple[list[Amendment], int]:
    """What came out, newest first, and how many there are in all."""
    where = []
    if change:
        where.append(ChapterVersion.change == ChapterChange(change))
    if since:
        where.append(ChapterVersion.effective_on >= since)
    values = binds(viewer)
    chosen = _CHOSEN.where(*where)
    total = db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery()), values)
    ids = db.session.scalars(chosen.limit(limit).offset(offset), values).all()
    rows = db.session.execute(_AMENDED.where(ChapterVersion.id.in_(ids))).all()
    return [Amendment(*row) for row in rows], total
