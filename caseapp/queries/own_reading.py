"""One's own reading: what is asked, what was confirmed, the receipts; and the feedback that was given or waits."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import (
    Chapter,
    ChapterFeedback,
    ChapterVersion,
    ReadingAids,
    ReadingAssignment,
    ReadingConfirmation,
    ReadingReceipt,
    ReadingStanding,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import chapters as policy
from caseapp.policy.chapters import in_force
from caseapp.policy.viewer import Viewer
from caseapp.queries.chapter_list import MINE, binds
from caseapp.queries.reading_state import ReadingState, state
from caseapp.vocabulary import ChapterChange, ConfirmationKind, PageTint, ReadingPurpose, TextSize

_USER = bindparam("handbook_reader", type_=Id)
_Manager = aliased(User, name="manager")
_By = aliased(User, name="asked_by")
_Now = aliased(ChapterVersion, name="version_now")


@dataclass(frozen=True, slots=True)
class Choice:
    """A version that can be confirmed. `newer` is the number of a version that came out after it, with its moment;
    `why` says who asked and what is new."""

    version_id: int
    chapter_id: int
    number: str
    title: str
    version: int
    minutes: int
    changed: str
    change: ChapterChange
    read_on_earliest: date
    newer: int | None
    newer_at: datetime | None
    asked_by: str
    reason: str
    due_on: date | None
    reading: ReadingState
    #: The reader has an earlier version on record: what is new in this one is news to them.
    again: bool

    @property
    def to_read(self) -> bool:
        return self.reading.to_read


def _choices(version):
    """Columns of a version (an alias) beside the one that holds now, and where the reader stands."""
    return (
        select(
            version.id,
            version.chapter_id,
            Chapter.number.label("chapter_number"),
            version.title,
            version.number,
            version.minutes,
            version.changed,
            version.change,
            version.published_at,
            version.effective_on,
            _Now.number.label("now_number"),
            _Now.published_at.label("now_at"),
            _Now.counts_from,
            ReadingStanding.confirmed_number,
            ReadingStanding.confirmed_on,
            ReadingStanding.asked_at,
            ReadingStanding.due_on,
            ReadingStanding.waived_at,
            ReadingAssignment.reason,
            _By.name.label("asked_by"),
        )
        .select_from(version)
        .join(Chapter, Chapter.id == version.chapter_id)
        .outerjoin(_Now, (_Now.chapter_id == Chapter.id) & in_force(_Now))
        .outerjoin(ReadingStanding, MINE)
        .outerjoin(ReadingAssignment, ReadingAssignment.id == ReadingStanding.assignment_id)
        .outerjoin(_By, _By.id == ReadingAssignment.by_id)
        .where(Chapter.agency_id == policy.HANDBOOK_AGENCY, version.published_at.is_not(None))
    )


_OPEN = (
    _choices(ChapterVersion)
    .where(
        in_force(),
        Chapter.withdrawn_on.is_(None),
        ReadingStanding.asked_at.is_not(None),
        ReadingStanding.waived_at.is_(None),
        ReadingStanding.confirmed_number < ChapterVersion.counts_from,
    )
    .order_by(ReadingStanding.due_on, Chapter.place)
)


def to_read(*, viewer: Viewer, limit: int = 40) -> list[Choice]:
    """What the viewer is asked to read and has not confirmed in a version that counts, the earliest day first."""
    rows = db.session.execute(_OPEN.limit(limit), binds(viewer))
    return [_choice(row) for row in rows]


def chosen(version_ids, *, viewer: Viewer) -> list[Choice]:
    """These published versions of the viewer's own handbook, in the order asked for; others are left out."""
    ids = list(dict.fromkeys(version_ids))[:60]
    if not ids:
        return []
    rows = db.session.execute(_choices(ChapterVersion).where(ChapterVersion.id.in_(ids)), binds(viewer))
    known = {row.id: _choice(row) for row in rows}
    return [known[one] for one in ids if one in known]


def _choice(row) -> Choice:
    newer = row.now_number is not None and row.now_number > row.number
    return Choice(
        row.id,
        row.chapter_id,
        row.chapter_number,
        row.title,
        row.number,
        row.minutes,
        row.changed,
        row.change,
        min(clock.local_day(row.published_at), row.effective_on),
        row.now_number if newer else None,
        row.now_at if newer else None,
        (row.asked_by or "") if row.asked_at else "",
        (row.reason or "") if row.asked_at else "",
        row.due_on,
        state(
            counts_from=row.counts_from,
            confirmed_number=row.confirmed_number,
            confirmed_on=row.confirmed_on,
            due_on=row.due_on,
            waived=row.waived_at is not None,
            today=clock.today(),
        ),
        bool(row.confirmed_number),
    )


@dataclass(frozen=True, slots=True)
class Record:
    """How the viewer goes on the record (B11)."""

    name: str
    role: str
    agency: str
    email: str
    manager: str


_RECORD = (
    select(User.name, User.profession, User.roles, User.email, _Manager.name.label("manager"))
    .outerjoin(_Manager, _Manager.id == User.line_manager_id)
    .where(User.id == _USER)
)


def record(*, viewer: Viewer) -> Record:
    row = read(_RECORD, {"handbook_reader": viewer.user_id}).one()
    role = ", ".join(filter(None, (row.profession, *viewer.roles.labels)))
    return Record(row.name, role, viewer.agency_name, row.email, row.manager or "")


@dataclass(frozen=True, slots=True)
class Line:
    """One confirmed version, as one's own history and a receipt show it."""

    id: int
    receipt_id: int
    reference: str
    kind: ConfirmationKind
    at: datetime
    read_on: date
    purpose: ReadingPurpose
    purpose_other: str
    chapter_id: int
    number: str
    title: str
    version: int
    taken_back_at: datetime | None
    taken_back_receipt: int | None
    filled: dict

    @property
    def counts(self) -> bool:
        return self.kind is ConfirmationKind.READ and self.taken_back_at is None


_Later = aliased(ReadingConfirmation, name="later")
_LINES = (
    select(
        ReadingConfirmation.id,
        ReadingConfirmation.receipt_id,
        ReadingReceipt.reference,
        ReadingConfirmation.kind,
        ReadingConfirmation.at,
        ReadingConfirmation.read_on,
        ReadingReceipt.purpose,
        ReadingReceipt.purpose_other,
        ReadingConfirmation.chapter_id,
        Chapter.number.label("chapter_number"),
        ChapterVersion.title,
        ReadingConfirmation.number,
        _Later.at.label("taken_back_at"),
        _Later.receipt_id.label("taken_back_receipt"),
        ReadingConfirmation.filled,
    )
    .select_from(ReadingConfirmation)
    .join(ReadingReceipt, ReadingReceipt.id == ReadingConfirmation.receipt_id)
    .join(ChapterVersion, ChapterVersion.id == ReadingConfirmation.chapter_version_id)
    .join(Chapter, Chapter.id == ReadingConfirmation.chapter_id)
    .outerjoin(_Later, _Later.corrects_id == ReadingConfirmation.id)
    .where(ReadingConfirmation.user_id == _USER)
)


def lines(
    *, viewer: Viewer, purpose: str = "", offset: int = 0, limit: int | None = 40
) -> tuple[list[Line], int]:
    """The viewer's own entries, newest first, and how many there are in all."""
    where = [ReadingReceipt.purpose == ReadingPurpose(purpose)] if purpose else []
    values = {"handbook_reader": viewer.user_id}
    total = db.session.scalar(
        select(func.count())
        .select_from(ReadingConfirmation)
        .join(ReadingReceipt, ReadingReceipt.id == ReadingConfirmation.receipt_id)
        .where(ReadingConfirmation.user_id == _USER, *where),
        values,
    )
    statement = (
        _LINES.where(*where)
        .order_by(ReadingConfirmation.at.desc(), Chapter.place)
        .limit(limit)
        .offset(offset)
    )
    return [Line(*row) for row in db.session.execute(statement, values)], total


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as a whole."""

    id: int
    reference: str
    user_id: int
    at: datetime
    name: str
    role: str
    agency_name: str
    email: str
    kind: ConfirmationKind
    read_on: date
    purpose: ReadingPurpose
    purpose_other: str
    statement: str
    comment: str
    lines: tuple[Line, ...]


_RECEIPT = select(*(getattr(ReadingReceipt, name) for name in Receipt.__slots__[:-1])).where(
    ReadingReceipt.id == bindparam("receipt_id", type_=Id), ReadingReceipt.user_id == _USER
)
_OF_RECEIPT = _LINES.where(ReadingConfirmation.receipt_id == bindparam("receipt_id", type_=Id)).order_by(
    Chapter.place
)


def receipt(receipt_id: int, *, viewer: Viewer) -> Receipt | None:
    """One of the viewer's own receipts."""
    values = {"handbook_reader": viewer.user_id, "receipt_id": receipt_id}
    row = read(_RECEIPT, values).first()
    return row and Receipt(*row, tuple(Line(*line) for line in read(_OF_RECEIPT, values)))


# --- feedback ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader told the editors, and the answer."""

    id: int
    lock: int
    chapter_id: int
    number: str
    title: str
    version: int
    at: datetime
    by: str
    user_id: int
    text: str
    answer: str
    answered_at: datetime | None
    answered_by: str | None
    with_receipt: bool


_Answered = aliased(User, name="answered")
_FEEDBACK = (
    select(
        ChapterFeedback.id,
        ChapterFeedback.version.label("lock"),
        ChapterFeedback.chapter_id,
        Chapter.number.label("chapter_number"),
        Chapter.title,
        ChapterVersion.number,
        ChapterFeedback.at,
        User.name,
        ChapterFeedback.user_id,
        ChapterFeedback.text,
        ChapterFeedback.answer,
        ChapterFeedback.answered_at,
        _Answered.name.label("answered_by"),
        ChapterFeedback.receipt_id.is_not(None).label("with_receipt"),
    )
    .select_from(ChapterFeedback)
    .join(Chapter, Chapter.id == ChapterFeedback.chapter_id)
    .join(ChapterVersion, ChapterVersion.id == ChapterFeedback.chapter_version_id)
    .join(User, User.id == ChapterFeedback.user_id)
    .outerjoin(_Answered, _Answered.id == ChapterFeedback.answered_by_id)
    .where(ChapterFeedback.agency_id == policy.HANDBOOK_AGENCY)
)
_OWN = ChapterFeedback.user_id == _USER


def feedback(
    *,
    viewer: Viewer,
    which: str = "open",
    chapter_id: int | None = None,
    own: bool = False,
    offset: int = 0,
    limit: int = 25,
) -> tuple[list[Feedback], int]:
    """Feedback of the viewer's agency, for its editors; of others only what they gave themselves (`own`)."""
    where = [literal(True)]
    if own or not policy.edits(viewer):
        where.append(_OWN)
    if which == "open":
        where.append(ChapterFeedback.answered_at.is_(None))
    elif which == "answered":
        where.append(ChapterFeedback.answered_at.is_not(None))
    if chapter_id is not None:
        where.append(ChapterFeedback.chapter_id == chapter_id)
    values = binds(viewer)
    total = db.session.scalar(
        select(func.count())
        .select_from(ChapterFeedback)
        .where(ChapterFeedback.agency_id == policy.HANDBOOK_AGENCY, *where),
        values,
    )
    statement = _FEEDBACK.where(*where).order_by(ChapterFeedback.at.desc()).limit(limit).offset(offset)
    return [Feedback(*row) for row in db.session.execute(statement, values)], total


_ONE_FEEDBACK = _FEEDBACK.where(ChapterFeedback.id == bindparam("feedback_id", type_=Id))


def one_feedback(feedback_id: int, *, viewer: Viewer) -> Feedback | None:
    """One piece of feedback; whether the viewer may see it was decided before (policy.chapters.find_feedback)."""
    row = read(_ONE_FEEDBACK, binds(viewer, feedback_id=feedback_id)).first()
    return row and Feedback(*row)


_AIDS = select(ReadingAids.text_size, ReadingAids.tint).where(ReadingAids.user_id == _USER)


def aids(user_id: int) -> tuple[TextSize, PageTint]:
    """How somebody likes to read."""
    row = read(_AIDS, {"handbook_reader": user_id}).first()
    return (row.text_size, row.tint) if row else (TextSize.NORMAL, PageTint.PAPER)
