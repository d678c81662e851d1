"""Who is asked to read which chapters, and who confirmed which version (B11, C12)."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.accounts import Roles
from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, ShortText, has_id, only, ref, word
from caseapp.vocabulary import ConfirmationKind, PageTint, ReadingPurpose, ReadingTarget, Role, TextSize

IS_ASKED = "asked_at IS NOT NULL AND waived_at IS NULL"
#: The condition of the partial index as the SQL text itself, for both databases to know it by.
ASKED = text("reading_standing.asked_at IS NOT NULL AND reading_standing.waived_at IS NULL")


class ReadingSet(Editable, Base):
    """Chapters that are asked for together: the induction set, the everyday eight (S1-17)."""

    __tablename__ = "reading_set"
    __table_args__ = (
        CheckConstraint("due_days BETWEEN 1 AND 730", name="due_days_in_reason"),
        Index("uq_reading_set_agency_id_name", "agency_id", "name", unique=True, **only("ended_at IS NULL")),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[Line] = mapped_column(default="")
    #: Given by itself to whoever starts, due `due_days` days after the account was made.
    induction: Mapped[bool] = mapped_column(default=False)
    #: Only for starters with one of these roles; None: for all.
    roles: Mapped[Role | None] = mapped_column(Roles)
    due_days: Mapped[int] = mapped_column(default=28)
    ended_at: Mapped[Moment | None]


class ReadingSetChapter(Base):
    __tablename__ = "reading_set_chapter"

    set_id: Mapped[int] = mapped_column(Id, ForeignKey("reading_set.id"), primary_key=True)
    chapter_id: Mapped[int] = mapped_column(Id, ForeignKey("chapter.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class ReadingAssignment(Editable, Base):
    """Somebody asked for chapters to be read: whom, by when and why. Whom it meets stands in ReadingStanding."""

    __tablename__ = "reading_assignment"
    __table_args__ = (
        CheckConstraint("(target = 'role') = (target_role IS NOT NULL)", name="role_is_named"),
        CheckConstraint("(target = 'profession') = (target_profession <> '')", name="profession_is_named"),
        CheckConstraint(
            "(target IN ('team', 'person')) = (target_user_id IS NOT NULL)", name="person_is_named"
        ),
        Index("ix_reading_assignment_agency_id_at", "agency_id", "at"),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    target: Mapped[ReadingTarget] = word(ReadingTarget, name="target")
    target_role: Mapped[Role | None] = mapped_column(Roles)
    target_profession: Mapped[ShortText] = mapped_column(default="")
    #: The person, or the line manager whose team it is.
    target_user_id: Mapped[int | None] = ref("user.id")
    set_id: Mapped[int | None] = ref("reading_set.id")
    purpose: Mapped[ReadingPurpose] = word(ReadingPurpose, name="purpose", default=ReadingPurpose.OTHER)
    reason: Mapped[Line] = mapped_column(default="")
    due_on: Mapped[date]
    #: Also for whoever comes to be meant later, due `due_days` days after that; 0: only those there are now.
    due_days: Mapped[int] = mapped_column(default=0)
    at: Mapped[Moment]
    #: None: given by itself to a new starter.
    by_id: Mapped[int | None] = ref("user.id", index=False)
    ended_at: Mapped[Moment | None]
    ended_by_id: Mapped[int | None] = ref("user.id", index=False)
    ended_reason: Mapped[Line] = mapped_column(default="")


class ReadingAssignmentChapter(Base):
    __tablename__ = "reading_assignment_chapter"

    assignment_id: Mapped[int] = mapped_column(Id, ForeignKey("reading_assignment.id"), primary_key=True)
    chapter_id: Mapped[int] = mapped_column(Id, ForeignKey("chapter.id"), primary_key=True, index=True)


class ReadingStanding(Base):
    """Where one person stands with one chapter: asked by when, waived, and the newest version confirmed.

    One row a cell of the matrix, kept by the use cases in the same commit; what proves it are ReadingConfirmation,
    ReadingAssignment and ReadingWaiver. A chapter never asked for and never confirmed has no row."""

    __tablename__ = "reading_standing"
    __table_args__ = (
        CheckConstraint("(asked_at IS NULL) = (due_on IS NULL)", name="asked_has_a_day"),
        CheckConstraint("waived_at IS NULL OR asked_at IS NOT NULL", name="waived_was_asked"),
        CheckConstraint("(confirmed_number = 0) = (confirmed_on IS NULL)", name="confirmed_has_a_day"),
        Index("ix_reading_standing_chapter_id_user_id", "chapter_id", "user_id"),
        Index("ix_reading_standing_due_on_asked", "due_on", "user_id", **only(IS_ASKED)),
    )

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True)
    chapter_id: Mapped[int] = mapped_column(Id, ForeignKey("chapter.id"), primary_key=True)
    asked_at: Mapped[Moment | None]
    #: The newest assignment; others may have asked before.
    assignment_id: Mapped[int | None] = ref("reading_assignment.id")
    due_on: Mapped[date | None]
    waived_at: Mapped[Moment | None]
    #: The newest version confirmed and not taken back; 0: none.
    confirmed_number: Mapped[int] = mapped_column(default=0)
    #: The day on which it was read, as the reader says.
    confirmed_on: Mapped[date | None]
    confirmation_id: Mapped[int | None] = ref("reading_confirmation.id", index=False)


class ReadingWaiver(has_id, Base):
    """A manager does not ask one person for one chapter any more, and says why; kept when it is lifted (C12)."""

    __tablename__ = "reading_waiver"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_by_somebody"),
        Index("ix_reading_waiver_user_id_chapter_id", "user_id", "chapter_id"),
    )

    user_id: Mapped[int] = ref("user.id", index=False)
    chapter_id: Mapped[int] = ref("chapter.id", index=False)
    at: Mapped[Moment]
    by_id: Mapped[int] = ref("user.id", index=False)
    reason: Mapped[Line]
    lifted_at: Mapped[Moment | None]
    lifted_by_id: Mapped[int | None] = ref("user.id", index=False)


class ReadingReceipt(has_id, Base):
    """One form of confirmation as it was sent: who, as what, when read, what for (S0-31, S0-32). Never changed."""

    __tablename__ = "reading_receipt"
    __table_args__ = (
        CheckConstraint("statement <> ''", name="has_a_statement"),
        Index("ix_reading_receipt_user_id_at", "user_id", "at"),
    )

    #: "R-4172 9304", said on the phone.
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    user_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id")
    at: Mapped[Moment]
    #: As they stood then (B11).
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(200), default="")
    agency_name: Mapped[str] = mapped_column(String(160))
    email: Mapped[str] = mapped_column(String(254))
    kind: Mapped[ConfirmationKind] = word(ConfirmationKind, name="kind", default=ConfirmationKind.READ)
    read_on: Mapped[date]
    purpose: Mapped[ReadingPurpose] = word(ReadingPurpose, name="purpose")
    purpose_other: Mapped[Line] = mapped_column(default="")
    #: The sentence that was ticked.
    statement: Mapped[Line]
    #: For the editor; of a mistake, what was wrong.
    comment: Mapped[LongText] = mapped_column(default="")


class ReadingConfirmation(has_id, Base):
    """One chapter version on a receipt. Added to, never changed or deleted: triggers refuse on both databases. What was
    entered by mistake is taken back by a further row of kind `mistake` that names it in `corrects_id`."""

    __tablename__ = "reading_confirmation"
    __table_args__ = (
        UniqueConstraint("receipt_id", "chapter_version_id"),
        UniqueConstraint("corrects_id"),
        CheckConstraint("(kind = 'mistake') = (corrects_id IS NOT NULL)", name="mistake_names_what"),
        Index("ix_reading_confirmation_user_id_chapter_id_number", "user_id", "chapter_id", "number"),
        Index("ix_reading_confirmation_chapter_id_at", "chapter_id", "at"),
    )

    receipt_id: Mapped[int] = ref("reading_receipt.id", index=False)
    user_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id")
    chapter_id: Mapped[int] = ref("chapter.id", index=False)
    chapter_version_id: Mapped[int] = ref("chapter_version.id")
    number: Mapped[int]
    kind: Mapped[ConfirmationKind] = word(ConfirmationKind, name="kind", default=ConfirmationKind.READ)
    corrects_id: Mapped[int | None] = ref("reading_confirmation.id", index=False)
    at: Mapped[Moment]
    read_on: Mapped[date]
    #: The agency's settings as they stood in the text that was read.
    filled: Mapped[Any] = mapped_column(JSON, default=dict)
    #: What was asked at the time: by when, by whom; empty where nobody had asked.
    due_on: Mapped[date | None]
    assignment_id: Mapped[int | None] = ref("reading_assignment.id", index=False)


class ReadingCoverage(has_id, Base):
    """How a team stood at the end of a day, so that the share over time needs no recount: one row a team and day."""

    __tablename__ = "reading_coverage"
    __table_args__ = (UniqueConstraint("agency_id", "on_day", "line_manager_id"),)

    agency_id: Mapped[int] = ref("agency.id", index=False)
    on_day: Mapped[date]
    #: Whose team; 0 is the whole agency (a key cannot hold "none").
    line_manager_id: Mapped[int] = mapped_column(Id, default=0)
    asked: Mapped[int]
    current: Mapped[int]
    outdated: Mapped[int]
    overdue: Mapped[int]


class ReadingAids(Base):
    """How one member of staff likes to read: text size and colour of the page (X-15)."""

    __tablename__ = "reading_aids"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True, autoincrement=False)
    text_size: Mapped[TextSize] = word(TextSize, name="text_size", default=TextSize.NORMAL)
    tint: Mapped[PageTint] = word(PageTint, name="tint", default=PageTint.PAPER)
