"""The rights of the person: what is kept about them on request (X-5), what they add to it (X-12), how long it is kept
and what is left when it goes (X-9).

Who may know of these is decided in policy/rights.py. What belongs to a person at all is worked out from the tables
themselves in queries/everything_held.py."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import (
    AccessAct,
    AccessStage,
    AskedHow,
    CorrectionOf,
    HoldGround,
    ItemDecision,
    RetentionDecision,
    RetentionRule,
    WithholdGround,
)

ACCESS_OPEN = "stage IN ('received', 'review', 'made')"
HOLDS = "lifted_at IS NULL"
UNDECIDED = "decision IN ('waiting', 'dispose')"


class SubjectRequest(Editable, Base):
    """A person asks for what is kept about them. The agency that leads their case answers for it (art. 12, 15)."""

    __tablename__ = "subject_request"
    __table_args__ = (
        CheckConstraint(f"({ACCESS_OPEN}) = (ended_at IS NULL)", name="ended_has_a_time"),
        CheckConstraint(
            "extended_to IS NULL OR (extended_to > due_on AND extended_reason <> '' AND extended_told_on IS NOT NULL)",
            name="more_time_has_a_reason",
        ),
        CheckConstraint("stage <> 'answered' OR answered_on IS NOT NULL", name="answered_has_a_day"),
        Index("ix_subject_request_agency_id_received_on", "agency_id", "received_on"),
        Index(
            "ix_subject_request_open",
            "agency_id",
            "due_on",
            **only(ACCESS_OPEN),
        ),
    )

    #: The agency that answers.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    #: How the person was called when they asked: whoever led an earlier episode learns no newer name.
    asked_as: Mapped[str] = mapped_column(String(240))
    received_on: Mapped[date]
    how: Mapped[AskedHow] = word(AskedHow, name="how")
    #: What they asked for, in their own words.
    words: Mapped[LongText] = mapped_column(default="")
    #: Who speaks for them, and by what right.
    through: Mapped[Line] = mapped_column(default="")
    #: How they want to have it: on paper, on a stick, read out.
    answer_how: Mapped[Line] = mapped_column(default="")
    identity_how: Mapped[Line] = mapped_column(default="")
    identity_on: Mapped[date | None]
    #: One calendar month after it was received.
    due_on: Mapped[date]
    extended_to: Mapped[date | None]
    extended_reason: Mapped[Line] = mapped_column(default="")
    extended_told_on: Mapped[date | None]
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    #: The agency of whoever wrote it down, which need not be the one that answers.
    recorded_agency_id: Mapped[int] = ref("agency.id", index=False)
    stage: Mapped[AccessStage] = word(AccessStage, name="stage", default=AccessStage.RECEIVED)
    gathered_at: Mapped[Moment | None]
    answered_on: Mapped[date | None]
    ended_at: Mapped[Moment | None]


class SubjectStep(has_id, Base):
    """One line of a request's own history: added, never changed (triggers, migration 0011)."""

    __tablename__ = "subject_step"

    request_id: Mapped[int] = ref("subject_request.id")
    at: Mapped[Moment]
    user_id: Mapped[int] = ref("user.id", index=False)
    act: Mapped[AccessAct] = word(AccessAct, name="act")
    text: Mapped[LongText] = mapped_column(default="")


class SubjectItem(Editable, Base):
    """One thing that is held, as it stood when it was gathered, and what the reviewer decided about giving it."""

    __tablename__ = "subject_item"
    __table_args__ = (
        UniqueConstraint("request_id", "held_in", "held_key"),
        CheckConstraint("(decision = 'withheld') = (ground IS NOT NULL)", name="withheld_has_a_ground"),
        Index("ix_subject_item_request_id_decision", "request_id", "decision"),
    )

    request_id: Mapped[int] = ref("subject_request.id", index=False)
    #: The table it stands in, and its key there.
    held_in: Mapped[str] = mapped_column(String(60))
    held_key: Mapped[str] = mapped_column(String(80))
    section: Mapped[str] = mapped_column(String(60))
    at: Mapped[Moment | None]
    title: Mapped[Line]
    #: [[label, text], …], in words.
    content: Mapped[Any] = mapped_column(JSON)
    #: Why somebody must look at it before it is given; empty where nothing speaks against giving it.
    look_why: Mapped[Line] = mapped_column(default="")
    #: The worker whom it is about and who therefore neither reads nor decides it.
    not_for_id: Mapped[int | None] = ref("user.id", index=False)
    decision: Mapped[ItemDecision] = word(ItemDecision, name="decision", default=ItemDecision.WAITING)
    ground: Mapped[WithholdGround | None] = word(WithholdGround, name="ground", nullable=True)
    #: Why the ground holds here; for whoever supervises, never in the pack.
    why: Mapped[LongText] = mapped_column(default="")
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = ref("user.id", index=False)


class SubjectPack(has_id, Base):
    """The archive that the person gets: made once, never changed (triggers, migration 0011)."""

    __tablename__ = "subject_pack"
    __table_args__ = (UniqueConstraint("request_id"),)

    request_id: Mapped[int] = ref("subject_request.id", index=False)
    made_at: Mapped[Moment]
    made_by_id: Mapped[int] = ref("user.id", index=False)
    #: SHA-256 of `content`, in hex.
    digest: Mapped[str] = mapped_column(String(64))
    items: Mapped[int]
    withheld: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Correction(Editable, Base):
    """What the person adds to the record or disagrees with; shown beside it, never instead of it (X-12, art. 16).
    Their words never change (triggers, migration 0011); the answer to them is added."""

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answer_has_a_time"),
        CheckConstraint(
            "about IN ('record', 'person', 'plan') OR about_id IS NOT NULL", name="names_its_item"
        ),
        Index("ix_correction_case_id_about_id", "case_id", "about_id"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    about: Mapped[CorrectionOf] = word(CorrectionOf, name="about")
    #: The note, need, goal, action or minutes; no foreign key, as it stands in one of several tables.
    about_id: Mapped[int | None] = mapped_column(Id)
    #: What it is about, as it was called on that day.
    title: Mapped[Line]
    words: Mapped[LongText]
    said_on: Mapped[date]
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    #: What was added or done, or why it stands as it is; the person is told.
    answer: Mapped[LongText] = mapped_column(default="")
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = ref("user.id", index=False)
    person_told_on: Mapped[date | None]


class LegalHold(Editable, Base):
    """What is kept of a person by an agency must not be disposed of, by whom, why and until when."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("(lifted_at IS NULL) = (lifted_reason = '')", name="lifted_has_a_reason"),
        Index(
            "ix_legal_hold_person_id_holds",
            "person_id",
            **only(HOLDS),
        ),
    )

    agency_id: Mapped[int] = ref("agency.id")
    person_id: Mapped[int] = ref("person.id")
    ground: Mapped[HoldGround] = word(HoldGround, name="ground")
    reason: Mapped[LongText]
    begun_at: Mapped[Moment]
    begun_by_id: Mapped[int] = ref("user.id", index=False)
    #: The last local day on which it holds; without one until it is lifted.
    until_on: Mapped[date | None]
    lifted_at: Mapped[Moment | None]
    lifted_by_id: Mapped[int | None] = ref("user.id", index=False)
    lifted_reason: Mapped[Line] = mapped_column(default="")


class RetentionReview(Editable, Base):
    """What an agency keeps of one person has been kept long enough: a line manager decides (X-9)."""

    __tablename__ = "retention_review"
    __table_args__ = (
        CheckConstraint(
            "decision NOT IN ('keep', 'dispose') OR decided_by_id IS NOT NULL", name="decided_by"
        ),
        CheckConstraint(
            "decision <> 'keep' OR (keep_until IS NOT NULL AND reason <> '')", name="keep_says_why"
        ),
        CheckConstraint("(decision = 'dispose') = (dispose_on IS NOT NULL)", name="disposal_has_a_day"),
        Index(
            "uq_retention_review_open",
            "agency_id",
            "person_id",
            unique=True,
            **only(UNDECIDED),
        ),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    rule: Mapped[RetentionRule] = word(RetentionRule, name="rule")
    #: The day on which care ended (or the contact was), the years that the agency keeps it, the day it became due.
    ended_on: Mapped[date]
    years: Mapped[int]
    due_on: Mapped[date]
    listed_at: Mapped[Moment]
    decision: Mapped[RetentionDecision] = word(
        RetentionDecision, name="decision", default=RetentionDecision.WAITING
    )
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = ref("user.id", index=False)
    reason: Mapped[Line] = mapped_column(default="")
    keep_until: Mapped[date | None]
    #: The day from which the machine's timer carries the disposal out; until then it can be taken back.
    dispose_on: Mapped[date | None]


class Disposal(has_id, Base):
    """The certificate of a disposal: that it was done, under which rule, by whom, how many records. It names nobody; the
    numbers of case and person lead to nothing any more but the access record. Never changed (triggers)."""

    __tablename__ = "disposal"
    __table_args__ = (Index("ix_disposal_agency_id_at", "agency_id", "at"),)

    agency_id: Mapped[int] = ref("agency.id", index=False)
    at: Mapped[Moment]
    #: Who decided it.
    decided_by_id: Mapped[int] = ref("user.id", index=False)
    decided_at: Mapped[Moment]
    rule: Mapped[RetentionRule] = word(RetentionRule, name="rule")
    ended_on: Mapped[date]
    years: Mapped[int]
    #: No foreign keys: what they point at is gone.
    person_id: Mapped[int] = mapped_column(Id, index=True)
    cases: Mapped[Any] = mapped_column(JSON)
    #: Whether the person's own row went too, as no other agency keeps anything.
    person_too: Mapped[bool] = mapped_column(default=False)
    #: {"table": how many rows were removed}, and how many gaps and blocks go on without identity.
    removed: Mapped[Any] = mapped_column(JSON)
    loosened: Mapped[int] = mapped_column(default=0)


class DisposalFrame(Base):
    """Always empty (a trigger refuses every row): what an open door points at, so that no commit can leave one open."""

    __tablename__ = "disposal_frame"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)


class DisposalDoor(Base):
    """Open while a disposal runs, within its transaction only: the triggers of append-only tables let go of the rows of
    this case or person, and of no others. Its deferred foreign key to the empty frame refuses a commit until it is
    shut again; it cannot be opened without a certificate, which can never be removed."""

    __tablename__ = "disposal_door"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    disposal_id: Mapped[int] = mapped_column(Id, ForeignKey("disposal.id"))
    case_id: Mapped[int | None] = mapped_column(Id)
    person_id: Mapped[int | None] = mapped_column(Id)
    frame_id: Mapped[int] = mapped_column(
        Id, ForeignKey("disposal_frame.id", deferrable=True, initially="DEFERRED")
    )
