"""The shared plan: needs, goals, actions, their notes; agreements, versions, reviews and issues (B4, C5-C7)."""

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import (
    Achievement,
    ActionKind,
    ActionStatus,
    Advocacy,
    AgreementRoute,
    GoalStatus,
    NeedLevel,
    PlanStatus,
)

OPEN = "status IN ('proposed', 'requested', 'accepted', 'in_progress', 'blocked')"


#: The conditions of the partial indexes, as the SQL text itself: only where a statement says the very words do both
#: databases surely use such an index.
IS_OPEN = text(f"action.{OPEN}")
IS_ASKED = text("action.status = 'requested'")


class CarePlan(Base):
    """The head of a case's plan; one per case, and it has the case's id."""

    __tablename__ = "care_plan"
    __table_args__ = (
        CheckConstraint("(agreed_version = 0) = (agreed_at IS NULL)", name="agreed_has_a_time"),
        Index("ix_care_plan_next_review_on", "next_review_on"),
    )

    case_id: Mapped[int] = mapped_column(Id, ForeignKey("case.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[PlanStatus] = word(PlanStatus, name="status", default=PlanStatus.DRAFT)
    #: Strengths in the person and around them (S4-5).
    strengths: Mapped[LongText] = mapped_column(default="")
    strengths_around: Mapped[LongText] = mapped_column(default="")
    #: What to do if things go wrong; without it a reason (S4-14).
    contingency: Mapped[LongText] = mapped_column(default="")
    no_contingency_reason: Mapped[Line] = mapped_column(default="")
    #: Indicative budget, in whole cents or pence, with its source (S0-10).
    budget_minor: Mapped[int | None]
    budget_source: Mapped[Line] = mapped_column(default="")
    agreed_version: Mapped[int] = mapped_column(default=0)
    agreed_at: Mapped[Moment | None]
    next_review_on: Mapped[date | None]

    __mapper_args__ = {"version_id_col": version}


class Need(Editable, Base):
    """What stands in one domain of the person's life, how big it is, and where it stands for them (B2, S2-41)."""

    __tablename__ = "need"
    __table_args__ = (UniqueConstraint("case_id", "domain"),)

    case_id: Mapped[int] = ref("case.id", index=False)
    domain: Mapped[str] = mapped_column(String(40))
    level: Mapped[NeedLevel] = word(NeedLevel, name="level")
    #: The person's own ranking, 1 first (S4-17).
    priority: Mapped[int | None]
    situation: Mapped[LongText] = mapped_column(default="")
    functioning: Mapped[LongText] = mapped_column(default="")
    words: Mapped[LongText] = mapped_column(default="")
    wants_help: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = ref("user.id", index=False)


class Goal(Editable, Base):
    """What the person wants, in their own words (S0-8), and how all will know that it is reached."""

    __tablename__ = "goal"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("status <> 'completed' OR ended_at IS NOT NULL", name="reached_has_a_time"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    number: Mapped[int]
    domain: Mapped[str] = mapped_column(String(40))
    words: Mapped[LongText] = mapped_column(default="")
    #: A short name for staff; the person's own words come first wherever there are any.
    title: Mapped[Line] = mapped_column(default="")
    measure: Mapped[LongText] = mapped_column(default="")
    smart_specific: Mapped[bool] = mapped_column(default=False)
    smart_measurable: Mapped[bool] = mapped_column(default=False)
    smart_achievable: Mapped[bool] = mapped_column(default=False)
    smart_relevant: Mapped[bool] = mapped_column(default=False)
    smart_timed: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int | None]
    target_on: Mapped[date | None]
    #: Made with the person; if not, why (S4-11).
    made_with_person: Mapped[bool] = mapped_column(default=False)
    made_without_reason: Mapped[Line] = mapped_column(default="")
    status: Mapped[GoalStatus] = word(GoalStatus, name="status", default=GoalStatus.PROPOSED)
    achievement: Mapped[Achievement] = word(Achievement, name="achievement", default=Achievement.IN_PROGRESS)
    #: A dropped goal counts for a positive closing only if the person agreed to drop it (C6).
    person_agreed_to_drop: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[Moment | None]
    ended_reason: Mapped[Line] = mapped_column(default="")
    created_at: Mapped[Moment]
    created_by_id: Mapped[int] = ref("user.id", index=False)


class GoalStep(has_id, Base):
    """A step of a goal that completes on its own and shows as a success (S4-16)."""

    __tablename__ = "goal_step"

    goal_id: Mapped[int] = ref("goal.id")
    position: Mapped[int]
    text: Mapped[Line]
    done_on: Mapped[date | None]


class Action(Editable, Base):
    """Who does what by when. Only the owner accepts and updates it; the case manager proposes (C7, S3-46)."""

    __tablename__ = "action"
    __table_args__ = (
        Index("ix_action_case_id_goal_id", "case_id", "goal_id"),
        Index(
            "ix_action_owner_agency_id_due_on_open",
            "owner_agency_id",
            "due_on",
            "case_id",
            **only(OPEN),
        ),
        Index(
            "ix_action_owner_agency_id_asked",
            "owner_agency_id",
            "case_id",
            **only("status = 'requested'"),
        ),
        Index("ix_action_owner_agency_id_changed_at", "owner_agency_id", "changed_at"),
        CheckConstraint(
            "(status IN ('completed', 'not_completed')) = (ended_on IS NOT NULL)", name="ended_has_a_day"
        ),
        CheckConstraint(
            "status NOT IN ('declined', 'not_completed', 'cancelled') OR status_reason <> ''",
            name="no_has_a_reason",
        ),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    goal_id: Mapped[int] = ref("goal.id", index=False)
    what: Mapped[LongText]
    kind: Mapped[ActionKind] = word(ActionKind, name="kind", default=ActionKind.INTERVENTION)
    #: The agency that does it, or that helps the person to do it; none while nobody has been found yet.
    owner_agency_id: Mapped[int | None] = ref("agency.id", index=False)
    owner_user_id: Mapped[int | None] = ref("user.id", index=False)
    #: The named worker where they have no account ("Dr Hana Petrov").
    owner_name: Mapped[str] = mapped_column(String(120), default="")
    by_person: Mapped[bool] = mapped_column(default=False)
    start_on: Mapped[date | None]
    due_on: Mapped[date | None]
    review_on: Mapped[date | None]
    advocacy: Mapped[Advocacy] = word(Advocacy, name="advocacy", default=Advocacy.PERSON)
    advocacy_until: Mapped[date | None]
    status: Mapped[ActionStatus] = word(ActionStatus, name="status", default=ActionStatus.PROPOSED)
    status_reason: Mapped[LongText] = mapped_column(default="")
    asked_at: Mapped[Moment | None]
    asked_by_id: Mapped[int | None] = ref("user.id", index=False)
    answered_at: Mapped[Moment | None]
    ended_on: Mapped[date | None]
    #: The talk with the prescribing clinic without which a detox or rehab referral stays proposed (S2-45).
    clinic_talk_on: Mapped[date | None]
    clinic_talk_with: Mapped[str] = mapped_column(String(120), default="")
    clinic_talk_note: Mapped[LongText] = mapped_column(default="")
    clinic_talk_by_id: Mapped[int | None] = ref("user.id", index=False)
    #: The newest progress note, kept here so that a plan of forty actions reads one table.
    last_note: Mapped[LongText] = mapped_column(default="")
    last_note_at: Mapped[Moment | None]
    last_note_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[Moment]
    created_by_id: Mapped[int] = ref("user.id", index=False)
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = ref("user.id", index=False)


class ActionNote(has_id, Base):
    """A progress note: added, never changed (S4-12, S4-15)."""

    __tablename__ = "action_note"
    __table_args__ = (Index("ix_action_note_action_id_at", "action_id", "at"),)

    action_id: Mapped[int] = ref("action.id", index=False)
    case_id: Mapped[int] = ref("case.id")
    at: Mapped[Moment]
    author_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    text: Mapped[LongText]
    status: Mapped[ActionStatus | None] = word(ActionStatus, name="status", nullable=True)


class PlanVersion(has_id, Base):
    """An agreed plan as it stood, whole and frozen; compared with the next (S4-13)."""

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    case_id: Mapped[int] = ref("case.id", index=False)
    number: Mapped[int]
    agreed_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    reason: Mapped[Line] = mapped_column(default="")
    content: Mapped[Any] = mapped_column(JSON)


class PlanAgreement(has_id, Base):
    """The person's agreement to a version, or one agency's to its own part (C5, S2-26)."""

    __tablename__ = "plan_agreement"
    __table_args__ = (
        CheckConstraint("by_person = (agency_id IS NULL)", name="person_or_agency"),
        Index("ix_plan_agreement_case_id_number", "case_id", "number"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    number: Mapped[int]
    by_person: Mapped[bool] = mapped_column(default=False)
    agency_id: Mapped[int | None] = ref("agency.id", index=False)
    agreed: Mapped[bool] = mapped_column(default=True)
    agreed_on: Mapped[date]
    route: Mapped[AgreementRoute] = word(AgreementRoute, name="route")
    who: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[LongText] = mapped_column(default="")
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)


class PlanReview(has_id, Base):
    """A formal review: what works, what was changed, where the person lives, how the carers are (S3-17, S4-13, S0-18)."""

    __tablename__ = "plan_review"
    __table_args__ = (Index("ix_plan_review_case_id_held_on", "case_id", "held_on"),)

    case_id: Mapped[int] = ref("case.id", index=False)
    due_on: Mapped[date | None]
    held_on: Mapped[date]
    with_person: Mapped[bool] = mapped_column(default=True)
    without_reason: Mapped[Line] = mapped_column(default="")
    works: Mapped[LongText] = mapped_column(default="")
    changed: Mapped[LongText] = mapped_column(default="")
    persons_view: Mapped[LongText] = mapped_column(default="")
    place: Mapped[Line] = mapped_column(default="")
    #: What was asked again of carers and family, and what came of it; empty where nobody was asked.
    carers: Mapped[LongText] = mapped_column(default="")
    next_on: Mapped[date]
    #: Why the next review comes later than the procedure says.
    next_reason: Mapped[Line] = mapped_column(default="")
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = ref("user.id", index=False)


class PlanIssue(Editable, Base):
    """Something wrong with the plan, raised by an agency; the case manager must answer (S3-18)."""

    __tablename__ = "plan_issue"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answer_has_a_time"),
        Index("ix_plan_issue_case_id_agency_id", "case_id", "agency_id"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    agency_id: Mapped[int] = ref("agency.id")
    raised_by_id: Mapped[int] = ref("user.id", index=False)
    raised_at: Mapped[Moment]
    action_id: Mapped[int | None] = ref("action.id", index=False)
    text: Mapped[LongText]
    answer: Mapped[LongText] = mapped_column(default="")
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = ref("user.id", index=False)
