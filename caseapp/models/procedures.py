"""Chapters of procedures and their versions, who is asked to read them, and who confirmed which version (B11, C12)."""

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.ids import new_id
from caseapp.models.accounts import Roles
from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, ShortText, has_id, ref, word
from caseapp.vocabulary import (
    ChapterChange,
    ChapterForm,
    ConfirmationKind,
    PageTint,
    PracticeArea,
    ReadingPurpose,
    ReadingTarget,
    Role,
    TextSize,
)

IS_ASKED = "asked_at IS NOT NULL AND waived_at IS NULL"
#: The condition of the partial index as the SQL text itself, for both databases to know it by.
ASKED = text("reading_standing.asked_at IS NOT NULL AND reading_standing.waived_at IS NULL")


def _where(words):
    return {"sqlite_where": text(words), "postgresql_where": text(words)}


class Handbook(Base):
    """An agency's handbook as a whole. `stamp` is another one after every change of it, so that a process knows whether
    the heads of chapters that it remembers still hold."""

    __tablename__ = "handbook"

    agency_id: Mapped[int] = mapped_column(Id, ForeignKey("agency.id"), primary_key=True, autoincrement=False)
    stamp: Mapped[int] = mapped_column(Id, default=new_id)
    #: Keys of the procedures (config/protocols) whose starting chapters were taken over.
    families: Mapped[Any] = mapped_column(JSON, default=list)
    began_at: Mapped[Moment]


class Chapter(Editable, Base):
    """One chapter of one agency's handbook. What can be read in it stands in its versions (S3-2)."""

    __tablename__ = "chapter"
    __table_args__ = (
        CheckConstraint("(withdrawn_on IS NULL) = (withdrawn_reason = '')", name="withdrawn_has_a_reason"),
        Index(
            "uq_chapter_agency_id_number",
            "agency_id",
            "number",
            unique=True,
            **_where("withdrawn_on IS NULL"),
        ),
        Index("ix_chapter_agency_id_place", "agency_id", "place"),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    #: "5.2", as people say it; `place` orders by it.
    number: Mapped[str] = mapped_column(String(12))
    place: Mapped[int]
    #: As the newest published version has it, or the draft before the first.
    title: Mapped[str] = mapped_column(String(160))
    area: Mapped[PracticeArea] = word(PracticeArea, name="area")
    #: The procedure it belongs to (a key of config/protocols); empty: it holds for all.
    family: Mapped[str] = mapped_column(String(40), default="")
    #: Who answers feedback; empty: everybody who may edit the handbook.
    editor_id: Mapped[int | None] = ref("user.id")
    next_revision_on: Mapped[date | None]
    #: The chapter of the starting library that it was taken from, and that one's edition.
    library_key: Mapped[str] = mapped_column(String(60), default="")
    library_edition: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    created_by_id: Mapped[int | None] = ref("user.id", index=False)
    #: When its first version came out; before, only editors see it.
    published_at: Mapped[Moment | None]
    withdrawn_on: Mapped[date | None]
    withdrawn_reason: Mapped[Line] = mapped_column(default="")


class ChapterVersion(Editable, Base):
    """One version, or the draft of the next. Once published its words never change (trigger, migration 0002).

    In force on a day: published, `effective_on` come and `superseded_on` not yet come. A confirmation of version n
    counts where n is at least the `counts_from` of the version in force: a minor edit keeps the one before."""

    __tablename__ = "chapter_version"
    __table_args__ = (
        UniqueConstraint("chapter_id", "number"),
        CheckConstraint("(published_at IS NULL) = (effective_on IS NULL)", name="published_has_its_day"),
        CheckConstraint("counts_from BETWEEN 1 AND number", name="counts_from_one_there_is"),
        CheckConstraint(
            "(form = 'file') = (file_id IS NOT NULL) OR published_at IS NULL", name="file_has_a_file"
        ),
        CheckConstraint("form <> 'link' OR link <> '' OR published_at IS NULL", name="link_has_an_address"),
        Index(
            "uq_chapter_version_chapter_id_draft", "chapter_id", unique=True, **_where("published_at IS NULL")
        ),
        #: Which version holds is known from the index alone, without the long texts.
        Index(
            "ix_chapter_version_in_force",
            "chapter_id",
            "effective_on",
            "superseded_on",
            "counts_from",
            "number",
        ),
    )

    chapter_id: Mapped[int] = ref("chapter.id", index=False)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(160))
    #: What it is about, in one sentence, for lists.
    about: Mapped[Line] = mapped_column(default="")
    #: The quality statement: its theme, what we promise ("we") and what the person can say ("I") (S1-1).
    quality_theme: Mapped[str] = mapped_column(String(160), default="")
    we_statement: Mapped[LongText] = mapped_column(default="")
    i_statement: Mapped[LongText] = mapped_column(default="")
    form: Mapped[ChapterForm] = word(ChapterForm, name="form", default=ChapterForm.TEXT)
    #: Markdown, with the agency's settings as {{key}}.
    text: Mapped[LongText] = mapped_column(default="")
    link: Mapped[str] = mapped_column(String(500), default="")
    file_id: Mapped[int | None] = ref("chapter_file.id")
    #: The words of title, statements and text, folded, for the search.
    search_text: Mapped[LongText] = mapped_column(default="")
    minutes: Mapped[int] = mapped_column(default=1)
    change: Mapped[ChapterChange] = word(ChapterChange, name="change", default=ChapterChange.FIRST)
    #: What is new, for the list of amendments.
    changed: Mapped[LongText] = mapped_column(default="")
    counts_from: Mapped[int] = mapped_column(default=1)
    #: The day by which those asked have read it again.
    read_by: Mapped[date | None]
    effective_on: Mapped[date | None]
    superseded_on: Mapped[date | None]
    written_at: Mapped[Moment]
    written_by_id: Mapped[int | None] = ref("user.id", index=False)
    published_at: Mapped[Moment | None]
    published_by_id: Mapped[int | None] = ref("user.id", index=False)


class ChapterFile(has_id, Base):
    """An attached file; its kind was read from its content, and it is only ever given out as a download."""

    __tablename__ = "chapter_file"

    agency_id: Mapped[int] = ref("agency.id")
    name: Mapped[str] = mapped_column(String(160))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_at: Mapped[Moment]
    uploaded_by_id: Mapped[int | None] = ref("user.id", index=False)


class ChapterRelated(Base):
    """Two chapters of one handbook that belong together (S1-17); said once, holds both ways."""

    __tablename__ = "chapter_related"
    __table_args__ = (CheckConstraint("chapter_id < other_id", name="said_once"),)

    chapter_id: Mapped[int] = mapped_column(Id, ForeignKey("chapter.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(Id, ForeignKey("chapter.id"), primary_key=True, index=True)


class ChapterStep(Base):
    """A step of the work (a key of caseapp/procedures_library/steps) that the chapter governs."""

    __tablename__ = "chapter_step"

    chapter_id: Mapped[int] = mapped_column(Id, ForeignKey("chapter.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)


class ChapterFeedback(Editable, Base):
    """What a reader tells the editor, and the answer."""

    __tablename__ = "chapter_feedback"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answered_has_an_answer"),
        Index("ix_chapter_feedback_chapter_id_at", "chapter_id", "at"),
        Index("ix_chapter_feedback_user_id_at", "user_id", "at"),
        Index("ix_chapter_feedback_agency_id_open", "agency_id", **_where("answered_at IS NULL")),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    chapter_id: Mapped[int] = ref("chapter.id", index=False)
    chapter_version_id: Mapped[int] = ref("chapter_version.id", index=False)
    user_id: Mapped[int] = ref("user.id", index=False)
    #: The confirmation that it came with.
    receipt_id: Mapped[int | None] = ref("reading_receipt.id", index=False)
    at: Mapped[Moment]
    text: Mapped[LongText]
    answer: Mapped[LongText] = mapped_column(default="")
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = ref("user.id", index=False)


class ReadingSet(Editable, Base):
    """Chapters that are asked for together: the induction set, the everyday eight (S1-17)."""

    __tablename__ = "reading_set"
    __table_args__ = (
        CheckConstraint("due_days BETWEEN 1 AND 730", name="due_days_in_reason"),
        Index(
            "uq_reading_set_agency_id_name", "agency_id", "name", unique=True, **_where("ended_at IS NULL")
        ),
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
        Index("ix_reading_standing_due_on_asked", "due_on", "user_id", **_where(IS_ASKED)),
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
