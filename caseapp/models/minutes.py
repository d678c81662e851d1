"""What a meeting talks about, decides and hands out: agenda, the working record, decisions with the changes of the plan
that they make, minutes, copies and corrections (forms B7, S2-40).

While a meeting runs everything is a draft here; nothing touches the plan before the minutes are issued. A change knows
the version of the action or goal that it was written on (`base_version`), so that an agency's own update made meanwhile
is shown and never overwritten.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, ref, word
from caseapp.vocabulary import ChangeKind, PointSource, Standpoint


class AgendaPoint(Editable, Base):
    """What is kept of a point: those that somebody added, and what the chair did to those that the plan writes.

    `key` says which computed point a row belongs to ("goal:123", "issue:45", "reminder"); an added point has
    "own:<id>". A computed point without a row stands where the plan puts it."""

    __tablename__ = "meeting_point"
    __table_args__ = (
        UniqueConstraint("meeting_id", "key"),
        CheckConstraint("dropped_at IS NULL OR dropped_reason <> ''", name="dropped_has_a_reason"),
    )

    meeting_id: Mapped[int] = ref("meeting.id", index=False)
    key: Mapped[str] = mapped_column(String(60))
    source: Mapped[PointSource] = word(PointSource, name="source")
    #: The chair's order, 1 first; None where the plan's order holds.
    position: Mapped[int | None]
    minutes: Mapped[int | None]
    title: Mapped[Line] = mapped_column(default="")
    text: Mapped[LongText] = mapped_column(default="")
    added_at: Mapped[Moment]
    added_by_id: Mapped[int] = ref("user.id", index=False)
    added_agency_id: Mapped[int] = ref("agency.id", index=False)
    #: The chair shows it to every agency that is invited; else those who hold the plan and the agency that added it.
    for_all: Mapped[bool] = mapped_column(default=False)
    dropped_at: Mapped[Moment | None]
    dropped_reason: Mapped[Line] = mapped_column(default="")
    dropped_by_id: Mapped[int | None] = ref("user.id", index=False)
    settled_at: Mapped[Moment | None]
    #: A note to the point, saved as it is typed.
    note: Mapped[LongText] = mapped_column(default="")
    #: Not settled: stands on the next meeting's agenda again.
    carried: Mapped[bool] = mapped_column(default=False)


class MeetingRecord(Editable, Base):
    """What belongs to a meeting as a whole and is written while it runs; one per meeting, made when it begins. Its
    version moves with each saved keystroke pause; it is for those who hold the plan until the minutes are issued."""

    __tablename__ = "meeting_record"

    meeting_id: Mapped[int] = ref("meeting.id", index=False, unique=True)
    reminder_read_at: Mapped[Moment | None]
    reminder_by_id: Mapped[int | None] = ref("user.id", index=False)
    persons_view: Mapped[LongText] = mapped_column(default="")
    read_back: Mapped[bool] = mapped_column(default=False)
    #: The person was not there: who says it for them, or why nothing is known.
    persons_view_from: Mapped[Line] = mapped_column(default="")
    not_agreed: Mapped[LongText] = mapped_column(default="")
    #: The person agreed to the whole plan as it stands after the meeting: then the new version is agreed.
    person_agrees: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[Moment | None]
    next_place: Mapped[Line] = mapped_column(default="")
    next_review_on: Mapped[date | None]
    saved_at: Mapped[Moment]
    saved_by_id: Mapped[int] = ref("user.id", index=False)


class MeetingDecision(Editable, Base):
    """One decision, with its reason, in the order in which it was made. `point_key` is the point it was made under;
    `action_id` and `goal_id` say what it is about and so who may read it: those who see that action or goal; `for_all`
    opens one about nothing in particular to every agency in the meeting."""

    __tablename__ = "meeting_decision"
    __table_args__ = (Index("ix_meeting_decision_meeting_id_made_at", "meeting_id", "made_at"),)

    meeting_id: Mapped[int] = ref("meeting.id", index=False)
    point_key: Mapped[str] = mapped_column(String(60), default="")
    action_id: Mapped[int | None] = ref("action.id", index=False)
    goal_id: Mapped[int | None] = ref("goal.id", index=False)
    text: Mapped[LongText] = mapped_column(default="")
    reason: Mapped[LongText] = mapped_column(default="")
    for_all: Mapped[bool] = mapped_column(default=False)
    #: The agency that it asks something of, where no action says so.
    for_agency_id: Mapped[int | None] = ref("agency.id", index=False)
    #: Belongs to the part without the person, and is minuted there.
    apart_id: Mapped[int | None] = ref("meeting_apart.id")
    #: A barrier to be raised in gaps and blocks: it waits with the case manager from the minutes on until it is raised
    #: (`escalation_id`) or set aside with a reason.
    to_gaps: Mapped[bool] = mapped_column(default=False)
    escalation_id: Mapped[int | None] = mapped_column(Id)
    not_raised_reason: Mapped[Line] = mapped_column(default="", server_default=sql("''"))
    made_at: Mapped[Moment]
    made_by_id: Mapped[int] = ref("user.id", index=False)
    #: None while it is being typed: saved, but not yet said to be decided.
    recorded_at: Mapped[Moment | None]
    #: Taken back before the minutes; the row stays for the record.
    dropped_at: Mapped[Moment | None]


class DecisionView(has_id, Base):
    """Who agreed to a decision and who did not: the person, or one attendee's agency, with their words."""

    __tablename__ = "meeting_decision_view"
    __table_args__ = (UniqueConstraint("decision_id", "attendee_id"),)

    decision_id: Mapped[int] = ref("meeting_decision.id", index=False)
    attendee_id: Mapped[int] = ref("meeting_attendee.id")
    stands: Mapped[Standpoint] = word(Standpoint, name="stands")
    words: Mapped[LongText] = mapped_column(default="")


class MeetingChange(Editable, Base):
    """A draft change of the plan, saved as it is typed, applied in one transaction when the minutes are issued.

    `content` holds the new values by field, days as ISO text ({"due_on": "2026-12-04", "status": "in_progress"});
    `base` the values that stood there when it was written, and `base_version` the action's or goal's version then (0
    for something new). An added action names its goal by `goal_id`, or by `new_goal_id` the change that adds the goal.
    """

    __tablename__ = "meeting_change"
    __table_args__ = (
        CheckConstraint("kind <> 'action_changed' OR action_id IS NOT NULL", name="changed_action_is_named"),
        CheckConstraint("kind <> 'goal_changed' OR goal_id IS NOT NULL", name="changed_goal_is_named"),
        Index("ix_meeting_change_meeting_id_action_id", "meeting_id", "action_id"),
    )

    meeting_id: Mapped[int] = ref("meeting.id", index=False)
    decision_id: Mapped[int | None] = ref("meeting_decision.id")
    point_key: Mapped[str] = mapped_column(String(60), default="")
    kind: Mapped[ChangeKind] = word(ChangeKind, name="kind")
    action_id: Mapped[int | None] = ref("action.id")
    goal_id: Mapped[int | None] = ref("goal.id", index=False)
    new_goal_id: Mapped[int | None] = ref("meeting_change.id", index=False)
    base_version: Mapped[int] = mapped_column(default=0)
    base: Mapped[Any] = mapped_column(JSON, default=dict)
    content: Mapped[Any] = mapped_column(JSON, default=dict)
    saved_at: Mapped[Moment]
    saved_by_id: Mapped[int] = ref("user.id", index=False)
    applied_at: Mapped[Moment | None]
    #: Taken back, or left out because the agency's own update stands.
    dropped_at: Mapped[Moment | None]
    dropped_reason: Mapped[Line] = mapped_column(default="")


class MeetingApart(Editable, Base):
    """A part without the person: only with a reason, minuted apart, and never in anybody's copy but those who were
    in it by `there` (attendees' ids) and hold the plan. The person can ask that it took place."""

    __tablename__ = "meeting_apart"
    __table_args__ = (CheckConstraint("reason <> ''", name="has_a_reason"),)

    meeting_id: Mapped[int] = ref("meeting.id")
    reason: Mapped[LongText]
    text: Mapped[LongText] = mapped_column(default="")
    begun_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    begun_by_id: Mapped[int] = ref("user.id", index=False)
    there: Mapped[Any] = mapped_column(JSON, default=list)


class Minutes(has_id, Base):
    """The minutes as issued: attendance, decisions and the difference between two plan versions, whole and frozen (the
    databases refuse UPDATE). Copies are cut from `content` by each reader's rights at the time of reading."""

    __tablename__ = "minutes"

    meeting_id: Mapped[int] = ref("meeting.id", index=False, unique=True)
    case_id: Mapped[int | None] = ref("case.id")
    issued_at: Mapped[Moment]
    issued_by_id: Mapped[int] = ref("user.id", index=False)
    #: Numbers of the plan versions before and after; the same where nothing was changed, None without a plan.
    version_before: Mapped[int | None]
    version_after: Mapped[int | None]
    content: Mapped[Any] = mapped_column(JSON)


class MinutesCopy(Editable, Base):
    """One agency's copy, or the person's (agency_id None): sent, and received when the agency says so."""

    __tablename__ = "minutes_copy"
    __table_args__ = (UniqueConstraint("minutes_id", "agency_id"),)

    minutes_id: Mapped[int] = ref("minutes.id", index=False)
    agency_id: Mapped[int | None] = ref("agency.id")
    #: The consent that it rested on when it was sent; None for the lead agency and the person.
    grant_id: Mapped[int | None] = ref("consent_grant.id")
    whole: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[Moment]
    #: How the person got theirs.
    how: Mapped[Line] = mapped_column(default="")
    first_read_at: Mapped[Moment | None]
    first_read_by_id: Mapped[int | None] = ref("user.id", index=False)
    received_at: Mapped[Moment | None]
    received_by_id: Mapped[int | None] = ref("user.id", index=False)


class MinutesAmendment(has_id, Base):
    """A dated correction: added to the minutes, which stay as they were issued. Numbered from 1."""

    __tablename__ = "minutes_amendment"
    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    minutes_id: Mapped[int] = ref("minutes.id", index=False)
    number: Mapped[int]
    at: Mapped[Moment]
    by_id: Mapped[int] = ref("user.id", index=False)
    text: Mapped[LongText]
    #: As for decisions: what it is about says who reads it; `for_all` opens it to every copy.
    for_all: Mapped[bool] = mapped_column(default=False)
    for_agency_id: Mapped[int | None] = ref("agency.id", index=False)


class CorrectionRequest(Editable, Base):
    """An agency asks the chair to correct the minutes; the chair amends them, or says why not."""

    __tablename__ = "minutes_correction"
    __table_args__ = (CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answer_has_a_time"),)

    minutes_id: Mapped[int] = ref("minutes.id")
    agency_id: Mapped[int] = ref("agency.id")
    asked_at: Mapped[Moment]
    asked_by_id: Mapped[int] = ref("user.id", index=False)
    text: Mapped[LongText]
    answer: Mapped[LongText] = mapped_column(default="")
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = ref("user.id", index=False)
    amendment_id: Mapped[int | None] = ref("minutes_amendment.id", index=False)


class MinutesConfirmation(Base):
    """The next meeting confirmed these minutes, or noted an error in them."""

    __tablename__ = "minutes_confirmation"

    minutes_id: Mapped[int] = mapped_column(Id, ForeignKey("minutes.id"), primary_key=True)
    meeting_id: Mapped[int] = ref("meeting.id")
    at: Mapped[Moment]
    by_id: Mapped[int] = ref("user.id", index=False)
    note: Mapped[LongText] = mapped_column(default="")
