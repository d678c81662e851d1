"""Grievances: between two agencies (S2-23), and a person's own. Neither is a gap or block; each has its own rights."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Line, LongText, Moment, has_id, ref, word
from caseapp.vocabulary import GrievanceAct, PersonGrievanceStage, ProviderGrievanceStage


class ProviderGrievance(Editable, Base):
    """Dissatisfaction of one agency with another: the managers talk, then the provider grievance procedure (S2-23)."""

    __tablename__ = "provider_grievance"
    __table_args__ = (
        CheckConstraint("agency_id <> about_agency_id", name="two_agencies"),
        CheckConstraint("stage <> 'procedure' OR talked_on IS NOT NULL", name="managers_talk_first"),
        CheckConstraint(
            "(stage IN ('settled', 'not_settled', 'withdrawn')) = (ended_at IS NOT NULL)",
            name="ended_has_a_time",
        ),
        Index("ix_provider_grievance_agency_id_raised_at", "agency_id", "raised_at"),
        Index("ix_provider_grievance_about_agency_id_raised_at", "about_agency_id", "raised_at"),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    about_agency_id: Mapped[int] = ref("agency.id", index=False)
    title: Mapped[Line]
    what: Mapped[LongText]
    wanted: Mapped[LongText] = mapped_column(default="")
    happened_on: Mapped[date]
    stage: Mapped[ProviderGrievanceStage] = word(
        ProviderGrievanceStage, name="stage", default=ProviderGrievanceStage.MANAGERS_TALK
    )
    talked_on: Mapped[date | None]
    raised_at: Mapped[Moment]
    raised_by_id: Mapped[int] = ref("user.id", index=False)
    ended_at: Mapped[Moment | None]


class ProviderGrievanceStep(has_id, Base):
    """What was said and done about it; both agencies' managers read it."""

    __tablename__ = "provider_grievance_step"

    grievance_id: Mapped[int] = ref("provider_grievance.id")
    at: Mapped[Moment]
    user_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    act: Mapped[GrievanceAct] = word(GrievanceAct, name="act")
    on: Mapped[date | None]
    text: Mapped[LongText] = mapped_column(default="")


class PersonGrievance(Editable, Base):
    """A person's own grievance about an agency, in their own words. Never shown to the worker whom it is about."""

    __tablename__ = "person_grievance"
    __table_args__ = (
        CheckConstraint(
            "(stage IN ('ended', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended_has_a_time"
        ),
        Index("ix_person_grievance_agency_id_received_on", "agency_id", "received_on"),
    )

    #: The agency it is about, which answers for it.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    case_id: Mapped[int | None] = ref("case.id")
    #: The worker it is about, where it is about one: they neither see nor handle it.
    about_user_id: Mapped[int | None] = ref("user.id")
    words: Mapped[LongText]
    wanted: Mapped[LongText] = mapped_column(default="")
    #: How the person wants to be answered, and who helps them with it.
    answer_how: Mapped[Line] = mapped_column(default="")
    helper: Mapped[str] = mapped_column(String(120), default="")
    received_on: Mapped[date]
    #: The last working day by which the person is answered.
    due_on: Mapped[date]
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    handler_id: Mapped[int] = ref("user.id")
    stage: Mapped[PersonGrievanceStage] = word(
        PersonGrievanceStage, name="stage", default=PersonGrievanceStage.RECEIVED
    )
    ended_at: Mapped[Moment | None]


class PersonGrievanceStep(has_id, Base):
    """What was done about it and what the person was told, and when."""

    __tablename__ = "person_grievance_step"

    grievance_id: Mapped[int] = ref("person_grievance.id")
    at: Mapped[Moment]
    user_id: Mapped[int] = ref("user.id", index=False)
    act: Mapped[GrievanceAct] = word(GrievanceAct, name="act")
    text: Mapped[LongText] = mapped_column(default="")
    #: The day on which the person was told this, if they were.
    person_told_on: Mapped[date | None]
