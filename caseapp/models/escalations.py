"""Gaps and blocks on the ladder: who raised what, who held it from when to when, what was answered (B5, C9)."""

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import EscalationKind, EscalationState, GapScope, Rung, StepAct

OPEN = "state = 'open' AND joined_to_id IS NULL"
#: The condition of the partial index over what stands on the ladder, in its very words.
ON_LADDER = text(f"escalation.{OPEN.replace('joined', 'escalation.joined')}")
NOW_HELD = "to_at IS NULL"


class RungColumn(TypeDecorator):
    """A level of the ladder, kept as its number, so that SQL can ask which is higher."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value)

    def process_result_value(self, value, dialect):
        return None if value is None else Rung(value)


def rung(**kwargs):
    return mapped_column(RungColumn, **kwargs)


class Escalation(Editable, Base):
    """One raising of a gap or block (B5). Where the same is raised again, the later ones are joined to the first
    (`joined_to_id`): they keep their own words and people, and go up, rest and end with it."""

    __tablename__ = "escalation"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 5", name="level_is_a_rung"),
        CheckConstraint("reads_up_to BETWEEN level AND 5", name="who_holds_it_reads_it"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_has_a_time"),
        CheckConstraint("state IN ('open', 'withdrawn') OR how <> ''", name="answer_says_how"),
        CheckConstraint(
            "state <> 'open' OR joined_to_id IS NOT NULL OR holder_id IS NOT NULL", name="somebody_holds_it"
        ),
        CheckConstraint("joined_to_id IS NULL OR joined_to_id <> id", name="not_joined_to_itself"),
        CheckConstraint("NOT urgent OR urgent_reason <> ''", name="urgent_has_a_reason"),
        CheckConstraint("NOT identity_consent OR identity_on IS NOT NULL", name="naming_has_a_day"),
        CheckConstraint("NOT identity_consent OR case_id IS NOT NULL", name="naming_is_about_a_case"),
        CheckConstraint("age_from <= noticed_on", name="age_never_falls"),
        Index(
            "ix_escalation_area_id_due_on_open",
            "area_id",
            "due_on",
            **only(OPEN),
        ),
        Index("ix_escalation_agency_id_raised_at", "agency_id", "raised_at"),
        Index("ix_escalation_due_on_open", "due_on", **only(OPEN)),
        # all that the numbers over the triage list ask for, so that no row is read for them
        Index(
            "ix_escalation_triage_open",
            "area_id",
            "level",
            "reads_up_to",
            "due_on",
            "paused_at",
            "age_from",
            "holder_id",
            "state",
            "joined_to_id",
            "case_id",
            **only(OPEN),
        ),
    )

    #: Said "GB-118"; counts up over all agencies.
    number: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[EscalationKind] = word(EscalationKind, name="kind")
    domain: Mapped[str] = mapped_column(String(40))
    #: The case it came from and what it stopped there; kept when the case closes, never shown from then on.
    case_id: Mapped[int | None] = ref("case.id")
    action_id: Mapped[int | None] = ref("action.id")
    goal_id: Mapped[int | None] = ref("goal.id", index=False)
    #: When the case closed: from then on it goes on as a service gap without identity (F6).
    case_ended_at: Mapped[Moment | None]
    agency_id: Mapped[int] = ref("agency.id", index=False)
    raised_by_id: Mapped[int] = ref("user.id")
    area_id: Mapped[int] = ref("area.id", index=False)
    concerned_agency_id: Mapped[int | None] = ref("agency.id")
    #: The agency concerned where it is not registered here.
    concerned_name: Mapped[str] = mapped_column(String(160), default="")
    service: Mapped[str] = mapped_column(String(160))
    #: The service in plain words, by which likely duplicates are found (queries.escalation_likeness.key).
    service_key: Mapped[str] = mapped_column(String(160), index=True)
    title: Mapped[Line]
    description: Mapped[LongText] = mapped_column(default="")
    effect: Mapped[LongText] = mapped_column(default="")
    #: What was tried: advice of colleagues (S3-71), efforts one to one, a meeting that could not be convened (S2-38).
    colleagues_advice: Mapped[LongText] = mapped_column(default="")
    one_to_one: Mapped[LongText] = mapped_column(default="")
    meeting_not_convened: Mapped[bool] = mapped_column(default=False)
    meeting_why: Mapped[Line] = mapped_column(default="")
    #: What is given in the meantime (S3-25).
    meanwhile: Mapped[LongText] = mapped_column(default="")
    wanted: Mapped[LongText] = mapped_column(default="")
    noticed_on: Mapped[date]
    raised_at: Mapped[Moment]
    #: The day from which the age counts: the earliest day noticed of all that are joined. It never moves forward.
    age_from: Mapped[date]
    #: The person agreed to be named above the manager, on that day; `identity_ended_at` takes it back for good.
    identity_consent: Mapped[bool] = mapped_column(default=False)
    identity_on: Mapped[date | None]
    identity_ended_at: Mapped[Moment | None]
    urgent: Mapped[bool] = mapped_column(default=False)
    urgent_reason: Mapped[Line] = mapped_column(default="")
    #: The agency's workers were asked for advice, and may read it for that (S3-71).
    colleagues_asked: Mapped[bool] = mapped_column(default=False)
    state: Mapped[EscalationState] = word(EscalationState, name="state", default=EscalationState.OPEN)
    level: Mapped[Rung] = rung(default=Rung.WORKER)
    #: The highest rung that may read it: it held it, is consulted, or was shown it because it was late.
    reads_up_to: Mapped[Rung] = rung(default=Rung.MANAGER)
    #: Who holds it now, none once it is closed or joined. The columns to `paused_at` repeat the open holding.
    holder_id: Mapped[int | None] = ref("user.id")
    held_since: Mapped[Moment]
    #: The last working day of the holder's answer time.
    due_on: Mapped[date | None]
    paused_at: Mapped[Moment | None]
    how: Mapped[LongText] = mapped_column(default="")
    closed_at: Mapped[Moment | None]
    closed_by_id: Mapped[int | None] = ref("user.id", index=False)
    last_step_at: Mapped[Moment]
    joined_to_id: Mapped[int | None] = ref("escalation.id")
    #: The one of another agency that it is like: it is joined to that once its own manager has passed it up (S3-72).
    join_wish_id: Mapped[int | None] = ref("escalation.id", index=False)
    theme_id: Mapped[int | None] = ref("gap_theme.id")
    scope: Mapped[GapScope | None] = word(GapScope, name="scope", nullable=True)
    register_entry_id: Mapped[int | None] = ref("register_entry.id")

    @property
    def is_open(self) -> bool:
        return self.state is EscalationState.OPEN


class EscalationHolding(has_id, Base):
    """Who held it, from when to when, and what time they had. One is open as long as it stands on the ladder."""

    __tablename__ = "escalation_holding"
    __table_args__ = (
        UniqueConstraint("escalation_id", "position"),
        Index(
            "uq_escalation_holding_open",
            "escalation_id",
            unique=True,
            **only(NOW_HELD),
        ),
        CheckConstraint("level BETWEEN 1 AND 5", name="level_is_a_rung"),
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="ends_after_it_begins"),
        CheckConstraint("used_before >= 0", name="used_is_a_count"),
    )

    escalation_id: Mapped[int] = ref("escalation.id", index=False)
    #: 0 is the worker's time between noticing and raising.
    position: Mapped[int]
    level: Mapped[Rung] = rung()
    user_id: Mapped[int] = ref("user.id", index=False)
    from_at: Mapped[Moment]
    #: The day on which its clock started: the next working day where it came after the cut-off hour or on a free day.
    starts_on: Mapped[date]
    to_at: Mapped[Moment | None]
    #: Working days that this level has; none for the time between noticing and raising.
    allowed_days: Mapped[int | None]
    #: Working days that this level had used when it came back from a question or a taking back.
    used_before: Mapped[int] = mapped_column(default=0)
    due_on: Mapped[date | None]
    #: Whose public holidays count (working_days.CALENDARS).
    calendar: Mapped[str] = mapped_column(String(8))
    #: What brought it here: it came up, was asked back, was opened again.
    came_by: Mapped[StepAct] = word(StepAct, name="came_by")
    accepted_at: Mapped[Moment | None]
    #: When the holder was reminded, and when it was shown to the superior: once for each holding.
    reminded_at: Mapped[Moment | None]
    rose_at: Mapped[Moment | None]


class EscalationPause(has_id, Base):
    """A time in which the holder's clock stood still, with the reason and the day on which it runs again at the latest."""

    __tablename__ = "escalation_pause"
    __table_args__ = (
        Index(
            "uq_escalation_pause_open",
            "holding_id",
            unique=True,
            **only(NOW_HELD),
        ),
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="ends_after_it_begins"),
        CheckConstraint("reason <> ''", name="pause_has_a_reason"),
    )

    escalation_id: Mapped[int] = ref("escalation.id")
    holding_id: Mapped[int] = ref("escalation_holding.id")
    from_at: Mapped[Moment]
    until_on: Mapped[date]
    to_at: Mapped[Moment | None]
    reason: Mapped[Line]
    paused_by_id: Mapped[int] = ref("user.id", index=False)


class EscalationStep(has_id, Base):
    """One line of the log: added to, never edited (triggers on both databases, migration 0004)."""

    __tablename__ = "escalation_step"
    __table_args__ = (
        Index("ix_escalation_step_escalation_id_at", "escalation_id", "at"),
        CheckConstraint("level BETWEEN 1 AND 5", name="level_is_a_rung"),
        CheckConstraint("to_level IS NULL OR to_level BETWEEN 1 AND 5", name="to_level_is_a_rung"),
        CheckConstraint(
            "act <> 'passed_up' OR (tried <> '' AND not_enough <> '')", name="passing_up_says_what_was_tried"
        ),
    )

    escalation_id: Mapped[int] = ref("escalation.id", index=False)
    at: Mapped[Moment]
    act: Mapped[StepAct] = word(StepAct, name="act")
    #: The rung that did it, and the one it went to.
    level: Mapped[Rung] = rung()
    to_level: Mapped[Rung | None] = rung(nullable=True)
    #: Nobody where the calendar did it.
    user_id: Mapped[int | None] = ref("user.id", index=False)
    text: Mapped[LongText] = mapped_column(default="")
    #: What this level tried and why it was not enough (S3-76).
    tried: Mapped[LongText] = mapped_column(default="")
    not_enough: Mapped[LongText] = mapped_column(default="")
    #: An answer: it also reaches the action's people and all who raised the same.
    to_raisers: Mapped[bool] = mapped_column(default=False)
    #: How many were told with it, at the same moment.
    told: Mapped[int] = mapped_column(default=0)
    #: The group's meeting and the number of its minute.
    meeting_on: Mapped[date | None]
    minute: Mapped[str] = mapped_column(String(40), default="")


class EscalationNotice(Base):
    """Which gap or block a notice is about, so that the news can lead to it."""

    __tablename__ = "escalation_notice"

    notification_id: Mapped[int] = mapped_column(Id, ForeignKey("notification.id"), primary_key=True)
    escalation_id: Mapped[int] = ref("escalation.id")
