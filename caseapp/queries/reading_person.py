"""What one of the own staff is asked to read and has read, for supervision and CPD (S0-32, S0-33). Whether the viewer may
see it was decided before (policy.reading.find_reader)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Chapter,
    ChapterVersion,
    ReadingAssignment,
    ReadingConfirmation,
    ReadingReceipt,
    ReadingStanding,
    ReadingWaiver,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import reading as policy
from caseapp.policy.reading import ReaderFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.reading_cells import STANDS, VERSION_NOW, Cell, Figures, cell, soon
from caseapp.vocabulary import ConfirmationKind, ReadingPurpose

_READER = bindparam("reader_id", type_=Id)
_By = aliased(User, name="asked_by")
_Waiver = aliased(User, name="waived_by")
_Later = aliased(ReadingConfirmation, name="later")


@dataclass(frozen=True, slots=True)
class Standing:
    """One chapter that somebody is or was asked for, or has read."""

    chapter_id: int
    number: str
    title: str
    version: int
    cell: Cell
    waived: bool
    asked_on: date | None
    asked_by: str
    reason: str
    waived_by: str
    waived_on: date | None
    waived_reason: str


def _joined(statement):
    return (
        statement.select_from(ReadingStanding)
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, VERSION_NOW)
    )


_LIVE_WAIVER = (
    select(func.max(ReadingWaiver.id))
    .where(
        ReadingWaiver.user_id == ReadingStanding.user_id,
        ReadingWaiver.chapter_id == ReadingStanding.chapter_id,
        ReadingWaiver.lifted_at.is_(None),
    )
    .correlate(ReadingStanding)
    .scalar_subquery()
)
_WITHIN = (
    ReadingStanding.user_id == _READER,
    Chapter.agency_id == policy.READER_AGENCY,
    STANDS,
    or_(ReadingStanding.asked_at.is_not(None), ReadingStanding.confirmed_number > 0),
)
_STANDINGS = (
    _joined(
        select(
            Chapter.id,
            Chapter.number.label("chapter_number"),
            Chapter.title,
            ChapterVersion.number.label("version"),
            ChapterVersion.counts_from,
            ReadingStanding.asked_at,
            ReadingStanding.waived_at,
            ReadingStanding.due_on,
            ReadingStanding.confirmed_number,
            ReadingStanding.confirmed_on,
            _By.name.label("asked_by"),
            ReadingAssignment.by_id,
            ReadingAssignment.reason,
            _Waiver.name.label("waived_by"),
            ReadingWaiver.at.label("waiver_at"),
            ReadingWaiver.reason.label("waiver_reason"),
        )
    )
    .outerjoin(ReadingAssignment, ReadingAssignment.id == ReadingStanding.assignment_id)
    .outerjoin(_By, _By.id == ReadingAssignment.by_id)
    .outerjoin(ReadingWaiver, ReadingWaiver.id == _LIVE_WAIVER)
    .outerjoin(_Waiver, _Waiver.id == ReadingWaiver.by_id)
    .where(*_WITHIN)
    .order_by(Chapter.place, Chapter.number)
)
#: A handbook has some hundred chapters.
MOST = 1000


def standings(reader: ReaderFile, *, viewer: Viewer) -> list[Standing]:
    """Every chapter asked of this person or read by them, in the order of the handbook."""
    today = clock.today()
    found = []
    for row in db.session.execute(_STANDINGS.limit(MOST), {**policy.binds(viewer), "reader_id": reader.id}):
        asked_by = row.asked_by or ""
        if row.asked_at is not None and row.by_id is None:
            asked_by = "by itself" if row.reason else "its new version"
        found.append(
            Standing(
                row.id,
                row.chapter_number,
                row.title,
                row.version,
                cell(row, row.counts_from, today),
                row.waived_at is not None,
                row.asked_at and clock.local_day(row.asked_at),
                asked_by,
                row.reason or "",
                row.waived_by or "",
                row.waiver_at and clock.local_day(row.waiver_at),
                row.waiver_reason or "",
            )
        )
    return found


def one_standing(reader: ReaderFile, chapter_id: int, *, viewer: Viewer) -> Standing | None:
    """The chapter of this person, or None."""
    return next((one for one in standings(reader, viewer=viewer) if one.chapter_id == chapter_id), None)


def figures(found: list[Standing]) -> Figures:
    """The figures of one person, counted from the very rows that are shown."""
    asked, horizon = [one.cell for one in found if one.cell.asked], soon(clock.today())
    return Figures(
        len(asked),
        sum(not one.open for one in asked),
        sum(one.late for one in asked),
        sum(one.open and not one.late and one.due_on <= horizon for one in asked),
        sum(one.open and one.confirmed > 0 for one in asked),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One version confirmed, or taken back by a further entry."""

    at: datetime
    read_on: date
    kind: ConfirmationKind
    purpose: ReadingPurpose
    purpose_other: str
    number: str
    title: str
    version: int
    minutes: int
    receipt: str
    due_on: date | None
    taken_back: bool


_ENTRIES = (
    select(
        ReadingConfirmation.at,
        ReadingConfirmation.read_on,
        ReadingConfirmation.kind,
        ReadingReceipt.purpose,
        ReadingReceipt.purpose_other,
        Chapter.number.label("chapter_number"),
        ChapterVersion.title,
        ReadingConfirmation.number,
        ChapterVersion.minutes,
        ReadingReceipt.reference,
        ReadingConfirmation.due_on,
        _Later.id.is_not(None).label("taken_back"),
    )
    .select_from(ReadingConfirmation)
    .join(ReadingReceipt, ReadingReceipt.id == ReadingConfirmation.receipt_id)
    .join(ChapterVersion, ChapterVersion.id == ReadingConfirmation.chapter_version_id)
    .join(Chapter, Chapter.id == ReadingConfirmation.chapter_id)
    .outerjoin(_Later, _Later.corrects_id == ReadingConfirmation.id)
    .where(ReadingConfirmation.user_id == _READER, ReadingConfirmation.agency_id == policy.READER_AGENCY)
)


def entries(
    reader: ReaderFile,
    *,
    viewer: Viewer,
    purpose: str = "",
    since: date | None = None,
    offset: int = 0,
    limit: int = 25,
) -> tuple[list[Entry], int]:
    """What this person confirmed in the viewer's agency, newest first, and how much there is."""
    where = [ReadingReceipt.purpose == ReadingPurpose(purpose)] if purpose else []
    if since:
        where.append(ReadingConfirmation.read_on >= since)
    values = {**policy.binds(viewer), "reader_id": reader.id}
    total = db.session.scalar(select(func.count()).select_from(_ENTRIES.where(*where).subquery()), values)
    rows = db.session.execute(
        _ENTRIES.where(*where)
        .order_by(ReadingConfirmation.at.desc(), Chapter.place)
        .offset(offset)
        .limit(limit),
        values,
    )
    return [Entry(*row) for row in rows], total
