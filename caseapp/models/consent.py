"""What the person agreed to share, with whom, until when; and with whom never (forms B3, states C3)."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, Moment, ShortText, has_id, only, ref, word
from caseapp.vocabulary import ConsentGiver, ConsentKind, ConsentMode, ConsentStatus, SharingDirection

IN_FORCE = text("status = 'active'")


class ConsentGrant(Editable, Base):
    """One agency's row of consent. Withdrawn or ended rows stay; consenting again is a new row (F7)."""

    __tablename__ = "consent_grant"
    __table_args__ = (
        Index("ix_consent_grant_case_id_agency_id", "case_id", "agency_id"),
        Index(
            "uq_consent_grant_in_force",
            "agency_id",
            "case_id",
            "kind",
            unique=True,
            **only(IN_FORCE),
        ),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_a_time"),
        CheckConstraint("status <> 'active' OR talked_on IS NOT NULL", name="talk_comes_before_consent"),
        CheckConstraint("expires_on IS NULL OR expires_on >= starts_on", name="ends_after_it_begins"),
        CheckConstraint("NOT full_plan OR kind = 'information_sharing'", name="full_plan_is_sharing"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    kind: Mapped[ConsentKind] = word(ConsentKind, name="kind")
    status: Mapped[ConsentStatus] = word(ConsentStatus, name="status")
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    purpose: Mapped[Line] = mapped_column(default="")
    direction: Mapped[SharingDirection] = word(
        SharingDirection, name="direction", default=SharingDirection.BOTH
    )
    #: The whole plan, as a prescribing clinic needs it; otherwise the agency's own part (S3-47, S3-48).
    full_plan: Mapped[bool] = mapped_column(default=False)
    #: In words: single things the person wants left out (X-3); whole domains stand in consent_withheld.
    left_out: Mapped[Line] = mapped_column(default="")
    starts_on: Mapped[date]
    #: The last local day on which it holds.
    expires_on: Mapped[date | None]
    expires_when: Mapped[Line] = mapped_column(default="")
    #: The talk about the limits of confidentiality, before the signature (X-1, S3-40).
    talked_on: Mapped[date | None]
    talked_by_id: Mapped[int | None] = ref("user.id", index=False)
    mode: Mapped[ConsentMode] = word(ConsentMode, name="mode", default=ConsentMode.WRITTEN)
    verbal_reason: Mapped[Line] = mapped_column(default="")
    written_due_on: Mapped[date | None]
    given_by: Mapped[ConsentGiver] = word(ConsentGiver, name="given_by", default=ConsentGiver.PERSON)
    giver_name: Mapped[str] = mapped_column(String(120), default="")
    giver_authority: Mapped[Line] = mapped_column(default="")
    understood: Mapped[bool] = mapped_column(default=False)
    copy_given: Mapped[bool] = mapped_column(default=False)
    read_aloud: Mapped[bool] = mapped_column(default=False)
    interpreter: Mapped[ShortText] = mapped_column(default="")
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    withdrawn_at: Mapped[Moment | None]
    withdrawn_by_id: Mapped[int | None] = ref("user.id", index=False)
    withdrawn_how: Mapped[Line] = mapped_column(default="")
    ended_reason: Mapped[Line] = mapped_column(default="")


class ConsentWithheld(Base):
    """A need domain that the person wants kept from this agency (X-3)."""

    __tablename__ = "consent_withheld"

    grant_id: Mapped[int] = mapped_column(Id, ForeignKey("consent_grant.id"), primary_key=True)
    domain: Mapped[str] = mapped_column(String(40), primary_key=True)


class ConsentExclusion(has_id, Base):
    """An agency that is never to be told (B3). While it stands no sharing with that agency can be recorded."""

    __tablename__ = "consent_exclusion"
    __table_args__ = (
        Index(
            "uq_consent_exclusion_standing",
            "case_id",
            "agency_id",
            unique=True,
            **only("lifted_at IS NULL"),
        ),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    reason: Mapped[Line] = mapped_column(default="")
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    lifted_at: Mapped[Moment | None]
    lifted_by_id: Mapped[int | None] = ref("user.id", index=False)
