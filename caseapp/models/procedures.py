"""Chapters of procedures and their versions: the handbook of an agency (B11, C12)."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.ids import new_id
from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import ChapterChange, ChapterForm, PracticeArea


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
            **only("withdrawn_on IS NULL"),
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
            "uq_chapter_version_chapter_id_draft", "chapter_id", unique=True, **only("published_at IS NULL")
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
        Index("ix_chapter_feedback_agency_id_open", "agency_id", **only("answered_at IS NULL")),
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
