"""Chapters of the handbook: an agency's own staff see its published chapters, its editors also the drafts; nobody else
sees anything of them. Who sees confirmations is in policy/reading.py."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Boolean, Date, and_, bindparam, or_, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Chapter, ChapterFeedback, ChapterVersion, ReadingReceipt
from caseapp.models.base import Id
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import Role

#: Who writes an agency's handbook (docs/decisions/0009).
EDITORS = Role.AGENCY_ADMIN | Role.LINE_MANAGER

HANDBOOK_AGENCY = bindparam("handbook_agency", type_=Id)
HANDBOOK_EDITOR = bindparam("handbook_editor", type_=Boolean())
HANDBOOK_DAY = bindparam("handbook_day", type_=Date())

#: A select that uses these is executed with `binds(viewer)`.
SEES_CHAPTER = and_(
    Chapter.agency_id == HANDBOOK_AGENCY, or_(HANDBOOK_EDITOR, Chapter.published_at.is_not(None))
)


def in_force(version=ChapterVersion, day=HANDBOOK_DAY):
    """The one version of a chapter that holds on a day: published, begun, not yet followed by another."""
    return and_(
        version.effective_on <= day,
        or_(version.superseded_on.is_(None), version.superseded_on > day),
    )


def binds(viewer: Viewer, today: date | None = None) -> dict:
    """The values behind every predicate here."""
    return {
        "handbook_agency": viewer.agency_id,
        "handbook_editor": edits(viewer),
        "handbook_day": today or clock.today(),
    }


def edits(viewer: Viewer) -> bool:
    """Whether this viewer writes their agency's handbook."""
    return viewer.has(EDITORS)


@dataclass(frozen=True, slots=True)
class ChapterFile:
    """A chapter that the viewer sees, with what decides what they may do with it."""

    id: int
    agency_id: int
    number: str
    title: str
    version: int
    published: bool
    withdrawn_on: date | None


_ONE = select(
    Chapter.id,
    Chapter.agency_id,
    Chapter.number,
    Chapter.title,
    Chapter.version,
    Chapter.published_at.is_not(None),
    Chapter.withdrawn_on,
).where(Chapter.id == bindparam("chapter_id", type_=Id), SEES_CHAPTER)


def find_chapter(viewer: Viewer, chapter_id: int) -> ChapterFile | None:
    """The chapter, or None for one of another agency, a draft for a reader, or none at all."""
    row = read(_ONE, {**binds(viewer), "chapter_id": chapter_id}).first()
    return row and ChapterFile(*row)


def _sees(viewer, chapter):
    return True


def _writes(viewer, chapter):
    return edits(viewer) and chapter.agency_id == viewer.agency_id


ON_CHAPTER = {
    Do.READ_CHAPTER: _sees,
    Do.CONFIRM_CHAPTER: lambda viewer, chapter: chapter.published,
    Do.EDIT_CHAPTER: _writes,
}


@dataclass(frozen=True, slots=True)
class FeedbackFile:
    """What a reader told the editors, seen by the reader and by the agency's editors."""

    id: int
    agency_id: int
    chapter_id: int
    user_id: int
    answered: bool
    version: int


_FEEDBACK = select(
    ChapterFeedback.id,
    ChapterFeedback.agency_id,
    ChapterFeedback.chapter_id,
    ChapterFeedback.user_id,
    ChapterFeedback.answered_at.is_not(None),
    ChapterFeedback.version,
).where(
    ChapterFeedback.id == bindparam("feedback_id", type_=Id),
    ChapterFeedback.agency_id == HANDBOOK_AGENCY,
    or_(HANDBOOK_EDITOR, ChapterFeedback.user_id == bindparam("handbook_reader", type_=Id)),
)


def find_feedback(viewer: Viewer, feedback_id: int) -> FeedbackFile | None:
    """The feedback, or None for another agency's, a colleague's own, or none at all."""
    binds_ = {**binds(viewer), "feedback_id": feedback_id, "handbook_reader": viewer.user_id}
    row = read(_FEEDBACK, binds_).first()
    return row and FeedbackFile(*row)


ON_FEEDBACK = {
    Do.READ_FEEDBACK: _sees,
    Do.ANSWER_FEEDBACK: lambda viewer, feedback: edits(viewer) and not feedback.answered,
}


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """One form of confirmation, seen by its reader alone here; what managers see is in policy/reading.py."""

    id: int
    user_id: int
    reference: str


_RECEIPT = select(ReadingReceipt.id, ReadingReceipt.user_id, ReadingReceipt.reference).where(
    ReadingReceipt.id == bindparam("receipt_id", type_=Id),
    ReadingReceipt.user_id == bindparam("handbook_reader", type_=Id),
)


def find_receipt(viewer: Viewer, receipt_id: int) -> ReceiptFile | None:
    """The viewer's own receipt, or None."""
    row = read(_RECEIPT, {"receipt_id": receipt_id, "handbook_reader": viewer.user_id}).first()
    return row and ReceiptFile(*row)


ON_RECEIPT = {Do.READ_RECEIPT: _sees, Do.TAKE_BACK_READING: _sees}
