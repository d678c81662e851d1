"""Cases: one person, one episode, one lead agency, one case manager; who works on them, and what happened."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, ShortText, has_id, only, ref, word
from caseapp.vocabulary import AssignmentRole, Audience, CaseStatus, NoteKind

IS_CLOSED = "status IN ('closed_positive', 'closed_other', 'closed_transferred', 'referred_on')"


class Case(Editable, Base):
    """One episode of work with one person, led by one agency (C2). A closed case is reopened as a new episode."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(f"({IS_CLOSED}) = (closed_at IS NOT NULL)", name="closed_has_a_time"),
        CheckConstraint("closed_at IS NULL OR close_reason <> ''", name="closed_has_a_reason"),
        UniqueConstraint("person_id", "episode"),
        Index(
            "uq_case_person_id_open",
            "person_id",
            unique=True,
            **only("closed_at IS NULL"),
        ),
        Index("ix_case_lead_agency_id_last_activity_at", "lead_agency_id", "last_activity_at"),
    )

    #: Eight digits, said "41 72 93 04"; the last two check the rest.
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    person_id: Mapped[int] = ref("person.id", index=False)
    episode: Mapped[int] = mapped_column(default=1)
    lead_agency_id: Mapped[int] = ref("agency.id", index=False)
    #: Since when it leads, where another agency led before; nothing where it led from the beginning.
    lead_since: Mapped[Moment | None]
    #: The manager who helps with impediments (S3-21).
    line_manager_id: Mapped[int] = ref("user.id")
    #: The procedure followed, in the version under which the case started (S1-18).
    protocol_key: Mapped[str] = mapped_column(String(40))
    protocol_version: Mapped[int] = mapped_column(default=1)
    status: Mapped[CaseStatus] = word(CaseStatus, name="status")
    first_contact_on: Mapped[date | None]
    referral_on: Mapped[date | None]
    #: Support by need and risk: the date the worker set, with the reason (S1-9).
    support_due_on: Mapped[date | None]
    support_due_reason: Mapped[Line] = mapped_column(default="")
    #: Needs are complex and long-term, else the case is not opened as case-managed (S0-1, S2-1).
    intensive_needs: Mapped[Line] = mapped_column(default="")
    #: How the lead agency was settled: checks made and permission obtained first (S2-3), the person's choice (S2-7).
    lead_settled: Mapped[LongText] = mapped_column(default="")
    #: The day on which the person permitted other services to be asked, before anybody was asked (S2-3).
    permission_on: Mapped[date | None]
    #: End of the lead agency's promise of at least six months (S3-19).
    commitment_ends_on: Mapped[date | None]
    opened_at: Mapped[Moment]
    opened_by_id: Mapped[int] = ref("user.id", index=False)
    closed_at: Mapped[Moment | None]
    closed_by_id: Mapped[int | None] = ref("user.id", index=False)
    close_reason: Mapped[Line] = mapped_column(default="")
    previous_case_id: Mapped[int | None] = ref("case.id")
    last_activity_at: Mapped[Moment]


class CaseAssignment(has_id, Base):
    """Who is case manager or key worker, from when to when (S2-2, S3-23, S4-6)."""

    __tablename__ = "case_assignment"
    __table_args__ = (
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="ends_after_it_begins"),
        Index(
            "uq_case_assignment_one_case_manager",
            "case_id",
            unique=True,
            **only("role = 'case_manager' AND to_at IS NULL"),
        ),
        Index(
            "uq_case_assignment_open",
            "user_id",
            "case_id",
            "role",
            unique=True,
            **only("to_at IS NULL"),
        ),
        Index("ix_case_assignment_case_id_role", "case_id", "role"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    user_id: Mapped[int] = ref("user.id", index=False)
    role: Mapped[AssignmentRole] = word(AssignmentRole, name="role")
    from_at: Mapped[Moment]
    to_at: Mapped[Moment | None]
    given_by_id: Mapped[int] = ref("user.id", index=False)
    reason: Mapped[Line] = mapped_column(default="")
    #: The day on which the person was told who works with them now (S2-49).
    person_told_on: Mapped[date | None]


class CaseAgency(Editable, Base):
    """An agency known to work with the person, with its named contact (S2-4). Knowing it is not sharing with it."""

    __tablename__ = "case_agency"
    __table_args__ = (UniqueConstraint("case_id", "agency_id"),)

    case_id: Mapped[int] = ref("case.id", index=False)
    agency_id: Mapped[int] = ref("agency.id")
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_phone: Mapped[ShortText] = mapped_column(default="")
    does: Mapped[Line] = mapped_column(default="")
    known_on: Mapped[date]
    #: The person knows this agency's role and that the case manager is in contact with it (S2-34).
    person_aware_on: Mapped[date | None]
    ended_at: Mapped[Moment | None]


class CaseNote(has_id, Base):
    """A contact, visit or piece of advocacy; never changed, only added to (S3-13, S3-14, S4-18, X-12)."""

    __tablename__ = "case_note"
    __table_args__ = (Index("ix_case_note_case_id_happened_at", "case_id", "happened_at"),)

    case_id: Mapped[int] = ref("case.id", index=False)
    kind: Mapped[NoteKind] = word(NoteKind, name="kind")
    happened_at: Mapped[Moment]
    place: Mapped[Line] = mapped_column(default="")
    sector: Mapped[ShortText] = mapped_column(default="")
    text: Mapped[LongText]
    author_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    written_at: Mapped[Moment]
    corrects_id: Mapped[int | None] = ref("case_note.id")


class CaseNoteShare(Base):
    """A note that the lead agency chose to show to one other agency."""

    __tablename__ = "case_note_share"

    note_id: Mapped[int] = mapped_column(Id, ForeignKey("case_note.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(Id, ForeignKey("agency.id"), primary_key=True)
    shared_at: Mapped[Moment]
    shared_by_id: Mapped[int] = ref("user.id", index=False)


class Event(has_id, Base):
    """One line of the timeline: who did what, when, and who may see it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_case_id_at", "case_id", "at"),
        Index("ix_event_action_id_at", "action_id", "at"),
        CheckConstraint("(audience = 'agency') = (for_agency_id IS NOT NULL)", name="agency_is_named"),
        CheckConstraint("audience <> 'action' OR action_id IS NOT NULL", name="action_is_named"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    at: Mapped[Moment]
    actor_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    kind: Mapped[str] = mapped_column(String(40))
    summary: Mapped[Line]
    audience: Mapped[Audience] = word(Audience, name="audience", length=16)
    for_agency_id: Mapped[int | None] = ref("agency.id", index=False)
    action_id: Mapped[int | None] = ref("action.id", index=False)
    goal_id: Mapped[int | None] = ref("goal.id", index=False)
    #: {"what changed": ["old", "new"]}, in words (S3-66).
    change: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
