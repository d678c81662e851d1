"""Doors of a case: who may not know of it whatever else would let them (X-8), who asked to be let in, and who went in
because of an emergency (X-7)."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Line, LongText, Moment, ShortText, has_id, only, ref, word
from caseapp.vocabulary import (
    DenialAct,
    DenialGround,
    EmergencyOutcome,
    EmergencyReason,
    RequestOutcome,
)


class AccessDenial(Editable, Base):
    """A member of staff who may not know of a person: no case of theirs, whatever else would show it (X-8). Nobody is
    let in by ending another rule; only ending the denial does that."""

    __tablename__ = "access_denial"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        CheckConstraint("person_id IS NOT NULL OR reference <> ''", name="names_a_record"),
        #: every statement about cases asks this index, where the viewer is denied anything at all. Two may stand for
        #: the same two people: the agency's administrator recorded one and the case manager the other, unseen by each other
        Index(
            "ix_access_denial_live",
            "user_id",
            "person_id",
            **only("ended_at IS NULL"),
        ),
        Index("ix_access_denial_agency_id_set_at", "agency_id", "set_at"),
    )

    user_id: Mapped[int] = ref("user.id", index=False)
    #: The agency of whoever is shut out.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    #: None where the reference that was typed belongs to no case: the page looks the same, so that it tells nothing.
    person_id: Mapped[int | None] = ref("person.id")
    #: The reference as somebody typed it who does not see the case; empty where it was set on the case itself.
    reference: Mapped[str] = mapped_column(String(8), default="")
    ground: Mapped[DenialGround] = word(DenialGround, name="ground")
    reason: Mapped[LongText] = mapped_column(default="")
    set_at: Mapped[Moment]
    set_by_id: Mapped[int] = ref("user.id", index=False)
    set_by_agency_id: Mapped[int] = ref("agency.id", index=False)
    #: When somebody last said that it is still needed.
    looked_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    ended_by_id: Mapped[int | None] = ref("user.id", index=False)


class AccessDenialStep(has_id, Base):
    """Its history: set, looked at again, ended; added to, never changed."""

    __tablename__ = "access_denial_step"

    denial_id: Mapped[int] = ref("access_denial.id")
    at: Mapped[Moment]
    user_id: Mapped[int] = ref("user.id", index=False)
    act: Mapped[DenialAct] = word(DenialAct, name="act")
    text: Mapped[LongText] = mapped_column(default="")


class AccessRequest(Editable, Base):
    """Somebody asks those who answer for a case to be let in. Asking opens nothing."""

    __tablename__ = "access_request"
    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_has_a_time"),
        Index(
            "uq_access_request_waiting",
            "asker_id",
            "case_id",
            unique=True,
            **only("decided_at IS NULL"),
        ),
        Index("ix_access_request_case_id_asked_at", "case_id", "asked_at"),
        Index("ix_access_request_asker_id_asked_at", "asker_id", "asked_at"),
    )

    asker_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    #: None where nobody answers to what was typed: whoever asked reads the same about both.
    case_id: Mapped[int | None] = ref("case.id", index=False)
    #: Whom another agency asked about, as they typed it; empty where a colleague asked from the case itself.
    sought: Mapped[Line] = mapped_column(default="")
    purpose: Mapped[LongText]
    #: The day until which access is needed.
    needed_until: Mapped[date]
    #: How the person permitted the question (X-2), for one from another agency.
    permission: Mapped[Line] = mapped_column(default="")
    asked_at: Mapped[Moment]
    #: Without an answer it lapses after this day.
    lapses_on: Mapped[date]
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = ref("user.id", index=False)
    outcome: Mapped[RequestOutcome | None] = word(RequestOutcome, name="outcome", nullable=True)
    answer: Mapped[LongText] = mapped_column(default="")


class EmergencyRight(has_id, Base):
    """A member of staff who may use emergency access, from when to when, named by the agency's administrator."""

    __tablename__ = "emergency_right"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        Index(
            "uq_emergency_right_live",
            "user_id",
            unique=True,
            **only("ended_at IS NULL"),
        ),
    )

    user_id: Mapped[int] = ref("user.id")
    given_at: Mapped[Moment]
    given_by_id: Mapped[int] = ref("user.id", index=False)
    reason: Mapped[Line]
    ended_at: Mapped[Moment | None]
    ended_by_id: Mapped[int | None] = ref("user.id", index=False)


class EmergencyAccess(Editable, Base):
    """One opening of one person's case without consent or role: to read, for 60 minutes at most (X-7)."""

    __tablename__ = "emergency_access"
    __table_args__ = (
        CheckConstraint("ends_at > opened_at", name="ends_after_it_begins"),
        CheckConstraint("(outcome IS NULL) = (reviewed_at IS NULL)", name="reviewed_has_an_outcome"),
        #: one at a time: whoever needs another person's record ends the first
        Index(
            "uq_emergency_access_live",
            "user_id",
            unique=True,
            **only("ended_at IS NULL"),
        ),
        Index("ix_emergency_access_user_id_opened_at", "user_id", "opened_at"),
        Index("ix_emergency_access_case_id_opened_at", "case_id", "opened_at"),
        Index(
            "ix_emergency_access_unreviewed",
            "opened_at",
            **only("reviewed_at IS NULL"),
        ),
    )

    user_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id")
    case_id: Mapped[int] = ref("case.id", index=False)
    lead_agency_id: Mapped[int] = ref("agency.id")
    kind: Mapped[EmergencyReason] = word(EmergencyReason, name="kind")
    reason: Mapped[LongText]
    #: What the person was found by: "name and date of birth", "reference", "outside number".
    found_by: Mapped[ShortText]
    opened_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    #: When its user ended it, or, once it had run out, when the next one began.
    ended_at: Mapped[Moment | None]
    #: Three working days after it was opened.
    review_due_on: Mapped[date]
    #: As the latest review says; each of them stays (EmergencyReview).
    outcome: Mapped[EmergencyOutcome | None] = word(EmergencyOutcome, name="outcome", nullable=True)
    reviewed_at: Mapped[Moment | None]


class EmergencyReview(has_id, Base):
    """What a privacy officer found about one emergency access; a later one does not overwrite an earlier."""

    __tablename__ = "emergency_review"

    access_id: Mapped[int] = ref("emergency_access.id")
    at: Mapped[Moment]
    user_id: Mapped[int] = ref("user.id", index=False)
    outcome: Mapped[EmergencyOutcome] = word(EmergencyOutcome, name="outcome")
    text: Mapped[LongText]
