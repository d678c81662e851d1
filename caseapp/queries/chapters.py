"""One chapter of the handbook: its versions, its draft, its place, its file, and where the viewer stands with it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp.chapter_text import blanks_in
from caseapp.extensions import read
from caseapp.models import Chapter, ChapterFile, ChapterStep, ChapterVersion, ReadingStanding, User
from caseapp.policy import chapters as policy
from caseapp.policy.chapters import SEES_CHAPTER, in_force
from caseapp.policy.viewer import Viewer
from caseapp.queries.chapter_list import CHAPTER, MINE, NOW, binds, reading_of
from caseapp.queries.reading_state import ReadingState
from caseapp.vocabulary import ChapterChange, ChapterForm, PracticeArea


@dataclass(frozen=True, slots=True)
class VersionText:
    """A version as it is read, or the draft (`published_at` None)."""

    id: int
    lock: int
    number: int
    title: str
    about: str
    quality_theme: str
    we_statement: str
    i_statement: str
    form: ChapterForm
    text: str
    link: str
    file_id: int | None
    file_name: str | None
    file_size: int | None
    minutes: int
    change: ChapterChange
    changed: str
    counts_from: int
    read_by: date | None
    effective_on: date | None
    superseded_on: date | None
    written_at: datetime
    written_by: str | None
    published_at: datetime | None
    published_by: str | None

    @property
    def blanks(self) -> list[str]:
        return blanks_in(f"{self.text} {self.we_statement} {self.i_statement}")

    def in_force(self, day: date) -> bool:
        return (
            self.effective_on is not None
            and self.effective_on <= day
            and (self.superseded_on is None or self.superseded_on > day)
        )


_Writer = aliased(User, name="writer")
_Publisher = aliased(User, name="publisher")
_VERSION = (
    select(
        ChapterVersion.id,
        ChapterVersion.version.label("lock"),
        ChapterVersion.number,
        ChapterVersion.title,
        ChapterVersion.about,
        ChapterVersion.quality_theme,
        ChapterVersion.we_statement,
        ChapterVersion.i_statement,
        ChapterVersion.form,
        ChapterVersion.text,
        ChapterVersion.link,
        ChapterVersion.file_id,
        ChapterFile.name.label("file_name"),
        ChapterFile.size.label("file_size"),
        ChapterVersion.minutes,
        ChapterVersion.change,
        ChapterVersion.changed,
        ChapterVersion.counts_from,
        ChapterVersion.read_by,
        ChapterVersion.effective_on,
        ChapterVersion.superseded_on,
        ChapterVersion.written_at,
        _Writer.name.label("written_by"),
        ChapterVersion.published_at,
        _Publisher.name.label("published_by"),
    )
    .join(Chapter, Chapter.id == ChapterVersion.chapter_id)
    .outerjoin(ChapterFile, ChapterFile.id == ChapterVersion.file_id)
    .outerjoin(_Writer, _Writer.id == ChapterVersion.written_by_id)
    .outerjoin(_Publisher, _Publisher.id == ChapterVersion.published_by_id)
    .where(ChapterVersion.chapter_id == CHAPTER, SEES_CHAPTER)
)
_PUBLISHED = ChapterVersion.published_at.is_not(None)
_ONE = _VERSION.where(_PUBLISHED, ChapterVersion.number == bindparam("number"))
_CURRENT = _VERSION.where(in_force())
_NEWEST = _VERSION.where(_PUBLISHED).order_by(ChapterVersion.number.desc()).limit(1)
_ALL = _VERSION.where(_PUBLISHED).order_by(ChapterVersion.number.desc()).limit(200)
_DRAFT = _VERSION.where(ChapterVersion.published_at.is_(None), policy.HANDBOOK_EDITOR)


def version(chapter_id: int, *, viewer: Viewer, number: int | None = None) -> VersionText | None:
    """The published version of that number; without one, the version in force, or the one that is about to be."""
    values = binds(viewer, chapter_id=chapter_id)
    if number is not None:
        row = read(_ONE, values | {"number": min(number, 2**31 - 1)}).first()
    else:
        row = read(_CURRENT, values).first() or read(_NEWEST, values).first()
    return row and VersionText(*row)


def draft(chapter_id: int, *, viewer: Viewer) -> VersionText | None:
    """The draft of the next version, for editors."""
    row = read(_DRAFT, binds(viewer, chapter_id=chapter_id)).first()
    return row and VersionText(*row)


def versions(chapter_id: int, *, viewer: Viewer) -> list[VersionText]:
    """Every published version, newest first."""
    return [VersionText(*row) for row in read(_ALL, binds(viewer, chapter_id=chapter_id))]


@dataclass(frozen=True, slots=True)
class ChapterHead:
    """What is about the chapter and not in its text."""

    id: int
    version: int
    number: str
    title: str
    area: PracticeArea
    family: str
    editor_id: int | None
    editor: str | None
    next_revision_on: date | None
    library_key: str
    library_edition: int
    published_at: datetime | None
    withdrawn_on: date | None
    withdrawn_reason: str


_HEAD = (
    select(
        Chapter.id,
        Chapter.version,
        Chapter.number,
        Chapter.title,
        Chapter.area,
        Chapter.family,
        Chapter.editor_id,
        User.name,
        Chapter.next_revision_on,
        Chapter.library_key,
        Chapter.library_edition,
        Chapter.published_at,
        Chapter.withdrawn_on,
        Chapter.withdrawn_reason,
    )
    .outerjoin(User, User.id == Chapter.editor_id)
    .where(Chapter.id == CHAPTER, SEES_CHAPTER)
)
_STEPS = select(ChapterStep.step).where(ChapterStep.chapter_id == CHAPTER)
_STANDING = (
    select(
        ChapterVersion.counts_from,
        ReadingStanding.confirmed_number,
        ReadingStanding.confirmed_on,
        ReadingStanding.due_on,
        ReadingStanding.waived_at,
        ReadingStanding.confirmation_id,
    )
    .select_from(Chapter)
    .outerjoin(ChapterVersion, NOW)
    .outerjoin(ReadingStanding, MINE)
    .where(Chapter.id == CHAPTER, SEES_CHAPTER)
)


def head(chapter_id: int, *, viewer: Viewer) -> ChapterHead | None:
    row = read(_HEAD, binds(viewer, chapter_id=chapter_id)).first()
    return row and ChapterHead(*row)


def steps(chapter_id: int) -> list[str]:
    """The steps of the work that a chapter governs."""
    return [row.step for row in read(_STEPS, {"chapter_id": chapter_id})]


_QUESTIONS = (
    select(Chapter.number, ChapterVersion.i_statement)
    .select_from(Chapter)
    .join(ChapterVersion, NOW)
    .where(
        Chapter.agency_id == policy.HANDBOOK_AGENCY,
        Chapter.withdrawn_on.is_(None),
        ChapterVersion.i_statement != "",
        exists().where(
            ChapterStep.chapter_id == Chapter.id, ChapterStep.step.in_(("plan", "reviews", "assessment"))
        ),
    )
    .order_by(Chapter.place)
    .limit(5)
)


def questions(*, viewer: Viewer) -> list[str]:
    """The "I" statements of the chapters that govern assessment, plan and review: to be asked at a review (S1-1)."""
    return [row.i_statement for row in read(_QUESTIONS, binds(viewer))]


def standing(chapter_id: int, *, viewer: Viewer) -> ReadingState:
    """Where the viewer stands with a chapter."""
    return reading_of(read(_STANDING, binds(viewer, chapter_id=chapter_id)).one())


@dataclass(frozen=True, slots=True)
class Attached:
    """An attached file with its content."""

    name: str
    media_type: str
    content: bytes


_FILE = (
    select(ChapterFile.name, ChapterFile.media_type, ChapterFile.content)
    .join(ChapterVersion, ChapterVersion.file_id == ChapterFile.id)
    .join(Chapter, Chapter.id == ChapterVersion.chapter_id)
    .where(
        ChapterVersion.chapter_id == CHAPTER,
        ChapterVersion.number == bindparam("number"),
        SEES_CHAPTER,
        or_(_PUBLISHED, policy.HANDBOOK_EDITOR),
    )
)


def attached(chapter_id: int, number: int, *, viewer: Viewer) -> Attached | None:
    """The file of a version, the draft's for editors only."""
    row = read(_FILE, binds(viewer, chapter_id=chapter_id, number=min(number, 2**31 - 1))).first()
    return row and Attached(*row)
