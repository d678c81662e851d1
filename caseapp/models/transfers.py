"""The transfer of a case to another lead agency: who was asked, what was handed over, and when it took effect (C10, B9).

The lead agency and the case manager stand in `case` and `case_assignment`; they change when the transfer takes effect and
at no other moment (S3-51)."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Line, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import (
    ApproachState,
    CaseStatus,
    TransferAct,
    TransferKeeps,
    TransferReason,
    TransferStage,
)

STILL_OPEN = text("ended_at IS NULL")
CURRENT = text("superseded_at IS NULL")
_ENDED = "stage IN ('effective', 'no_service_found', 'withdrawn')"


class Transfer(Editable, Base):
    """One attempt to hand a case over. A case has one open at a time."""

    __tablename__ = "transfer"
    __table_args__ = (
        Index(
            "uq_transfer_open",
            "case_id",
            unique=True,
            **only(STILL_OPEN),
        ),
        Index("ix_transfer_case_id_requested_at", "case_id", "requested_at"),
        Index("ix_transfer_from_agency_id_requested_at", "from_agency_id", "requested_at"),
        CheckConstraint(f"({_ENDED}) = (ended_at IS NOT NULL)", name="ended_has_a_time"),
        CheckConstraint("(stage = 'effective') = (to_agency_id IS NOT NULL)", name="effective_has_an_agency"),
        CheckConstraint("to_agency_id IS NULL OR to_agency_id <> from_agency_id", name="two_agencies"),
        CheckConstraint("(reason = 'excluded') = (excluded_on IS NOT NULL)", name="exclusion_has_a_day"),
        CheckConstraint("stage <> 'no_service_found' OR interim <> ''", name="meanwhile_is_said"),
        CheckConstraint(
            "stage NOT IN ('consent', 'handover_scheduled', 'handed_over', 'effective') OR grant_id IS NOT NULL",
            name="consent_comes_first",
        ),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    from_agency_id: Mapped[int] = ref("agency.id", index=False)
    reason: Mapped[TransferReason] = word(TransferReason, name="reason")
    why: Mapped[LongText] = mapped_column(default="")
    #: The day from which the person may not use the service any more (S2-37).
    excluded_on: Mapped[date | None]
    #: What the person says to it: who it could be, what must be different.
    persons_view: Mapped[LongText] = mapped_column(default="")
    #: The three assurances as the person was told them, and the day (S3-81).
    who_now: Mapped[LongText] = mapped_column(default="")
    plan_goes_on: Mapped[LongText] = mapped_column(default="")
    who_after: Mapped[LongText] = mapped_column(default="")
    assured_on: Mapped[date | None]
    stage: Mapped[TransferStage] = word(TransferStage, name="stage", default=TransferStage.REQUESTED)
    #: How the case stood when it began; it stands so again if the transfer ends without effect.
    status_before: Mapped[CaseStatus] = word(CaseStatus, name="status_before")
    requested_at: Mapped[Moment]
    requested_by_id: Mapped[int] = ref("user.id", index=False)
    #: The person's consent to be handed over to the agency that accepted: an ordinary one, ended like any other.
    grant_id: Mapped[int | None] = ref("consent_grant.id")
    keeps: Mapped[TransferKeeps] = word(TransferKeeps, name="keeps", default=TransferKeeps.NOTHING)
    keeps_until: Mapped[date | None]
    meeting_id: Mapped[int | None] = ref("meeting.id")
    handover_on: Mapped[date | None]
    #: What is given in the meantime where no service was found (S3-25), and the gap that was raised with it.
    interim: Mapped[LongText] = mapped_column(default="")
    escalation_id: Mapped[int | None] = ref("escalation.id")
    to_agency_id: Mapped[int | None] = ref("agency.id")
    ended_at: Mapped[Moment | None]
    ended_reason: Mapped[LongText] = mapped_column(default="")


class TransferApproach(Editable, Base):
    """One agency that was asked. Its words name nobody: they are read before the person has agreed to anything."""

    __tablename__ = "transfer_approach"
    __table_args__ = (
        Index("ix_transfer_approach_transfer_id_asked_at", "transfer_id", "asked_at"),
        Index("ix_transfer_approach_agency_id_state", "agency_id", "state"),
        Index(
            "uq_transfer_approach_accepted",
            "transfer_id",
            unique=True,
            **only("state = 'accepted'"),
        ),
        Index(
            "uq_transfer_approach_standing",
            "agency_id",
            "transfer_id",
            unique=True,
            **only("state IN ('asked', 'accepted')"),
        ),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answer_has_a_time"),
        CheckConstraint("state <> 'declined' OR answer <> ''", name="declining_has_a_reason"),
    )

    transfer_id: Mapped[int] = ref("transfer.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    words: Mapped[LongText]
    asked_at: Mapped[Moment]
    asked_by_id: Mapped[int] = ref("user.id", index=False)
    state: Mapped[ApproachState] = word(ApproachState, name="state", default=ApproachState.ASKED)
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = ref("user.id", index=False)
    #: The reason of a decline, the conditions of an acceptance, or why it was taken back.
    answer: Mapped[LongText] = mapped_column(default="")
    #: Who is to become case manager there, where it was said already: they read what their manager reads.
    worker_id: Mapped[int | None] = ref("user.id")


class TransferHandover(Editable, Base):
    """The handover form (B9). Once handed over it stays as it is, with the plan and needs of that day in `content`."""

    __tablename__ = "transfer_handover"
    __table_args__ = (
        Index(
            "uq_transfer_handover_current",
            "transfer_id",
            unique=True,
            **only(CURRENT),
        ),
        Index("ix_transfer_handover_transfer_id", "transfer_id"),
        CheckConstraint("(handed_over_at IS NULL) = (content IS NULL)", name="copies_are_kept"),
        CheckConstraint("reviewed_at IS NULL OR handed_over_at IS NOT NULL", name="review_comes_after"),
    )

    transfer_id: Mapped[int] = ref("transfer.id", index=False)
    summary: Mapped[LongText] = mapped_column(default="")
    chronology: Mapped[LongText] = mapped_column(default="")
    #: What works with this person and what does not, and how to reach them safely.
    works: Mapped[LongText] = mapped_column(default="")
    risks: Mapped[LongText] = mapped_column(default="")
    #: What is open in the next four weeks.
    next_weeks: Mapped[LongText] = mapped_column(default="")
    attendees: Mapped[LongText] = mapped_column(default="")
    held_on: Mapped[date | None]
    reassess: Mapped[bool] = mapped_column(default=False)
    reassess_why: Mapped[Line] = mapped_column(default="")
    #: Case notes from this day on go along; none without a day.
    notes_from: Mapped[date | None]
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = ref("user.id", index=False)
    handed_over_at: Mapped[Moment | None]
    content: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    reviewed_at: Mapped[Moment | None]
    reviewed_by_id: Mapped[int | None] = ref("user.id", index=False)
    review_note: Mapped[LongText] = mapped_column(default="")
    #: It was handed over to an agency that did not take over after all; another form goes on from it.
    superseded_at: Mapped[Moment | None]


class TransferStep(has_id, Base):
    """One line of the history: added to, never edited (triggers on both databases, migration 0013)."""

    __tablename__ = "transfer_step"
    __table_args__ = (Index("ix_transfer_step_transfer_id_at", "transfer_id", "at"),)

    transfer_id: Mapped[int] = ref("transfer.id", index=False)
    at: Mapped[Moment]
    act: Mapped[TransferAct] = word(TransferAct, name="act")
    user_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    #: The agency that reads this line too, where it is about what was asked of it.
    for_agency_id: Mapped[int | None] = ref("agency.id", index=False)
    text: Mapped[LongText] = mapped_column(default="")
