"""The matrix of reading in full, as evidence: one line for each person and chapter that is asked of them or read (B11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Chapter,
    ChapterVersion,
    ReadingAssignment,
    ReadingConfirmation,
    ReadingReceipt,
    ReadingStanding,
    User,
)
from caseapp.policy.viewer import Viewer
from caseapp.queries.reading_cells import VERSION_NOW, Cell, cell
from caseapp.queries.reading_matrix import Wanted, conditions_of


@dataclass(frozen=True, slots=True)
class Line:
    """One person and one chapter in full, as evidence."""

    reader_id: int
    name: str
    email: str
    profession: str
    number: str
    title: str
    version: int
    cell: Cell
    purpose: str
    receipt: str
    confirmed_at: datetime | None
    asked_on: date | None
    reason: str


def lines(wanted: Wanted, *, viewer: Viewer, limit: int) -> Iterator[Line]:
    """Every cell that holds anything, by person and chapter; cells that nobody asked for and nobody read are left out
    here as they count nowhere."""
    on = conditions_of(wanted, viewer)
    statement = (
        _joined(
            select(
                User.id,
                User.name,
                User.email,
                User.profession,
                Chapter.number.label("chapter_number"),
                Chapter.title,
                ChapterVersion.number.label("version"),
                ChapterVersion.counts_from,
                ReadingStanding.asked_at,
                ReadingStanding.waived_at,
                ReadingStanding.due_on,
                ReadingStanding.confirmed_number,
                ReadingStanding.confirmed_on,
                ReadingReceipt.purpose,
                ReadingReceipt.reference,
                ReadingReceipt.at.label("confirmed_at"),
                ReadingAssignment.reason,
            )
        )
        .outerjoin(ReadingConfirmation, ReadingConfirmation.id == ReadingStanding.confirmation_id)
        .outerjoin(ReadingReceipt, ReadingReceipt.id == ReadingConfirmation.receipt_id)
        .outerjoin(ReadingAssignment, ReadingAssignment.id == ReadingStanding.assignment_id)
        .where(
            *_within(on),
            *on.cells,
            or_(ReadingStanding.asked_at.is_not(None), ReadingStanding.confirmed_number > 0),
        )
        .order_by(User.name, User.id, Chapter.place, Chapter.number)
        .limit(limit)
    )
    today = clock.today()
    for row in db.session.execute(statement, on.values):
        yield Line(
            row.id,
            row.name,
            row.email,
            row.profession,
            row.chapter_number,
            row.title,
            row.version,
            cell(row, row.counts_from, today),
            row.purpose.label if row.purpose else "",
            row.reference or "",
            row.confirmed_at,
            row.asked_at and clock.local_day(row.asked_at),
            row.reason or "",
        )


def _within(on):
    return [*on.people, *on.chapters]


def _joined(statement):
    return (
        statement.select_from(User)
        .join(ReadingStanding, ReadingStanding.user_id == User.id)
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, VERSION_NOW)
    )
