"""Case meetings: called with a reason, agreed by the manager, invited, answered (forms B7, states C8, S2-35, S3-63).

What is said and decided in one, and its minutes, stands in models/minutes.py. Who may know of a meeting is decided in
policy/meetings.py (SEES_MEETING); the words of the states are in vocabulary/meetings.py.
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, ShortText, has_id, only, ref, word
from caseapp.vocabulary import (
    Answer,
    AttendeeKind,
    MeetingKind,
    MeetingStatus,
    MeetingTrigger,
    Presence,
)

HAS_A_TIME = "status NOT IN ('scheduled', 'held', 'minutes_draft', 'issued', 'amended')"
NEEDS_A_REASON = "status NOT IN ('refused', 'postponed', 'cancelled', 'not_convened')"


class Meeting(Editable, Base):
    """One meeting, from its proposal to its minutes. `version` guards what is edited before it begins; what is written
    down while it runs has a version of its own (models.minutes.MeetingRecord), so that neither blocks the other."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("(kind = 'group') = (case_id IS NULL)", name="only_a_group_meets_without_a_case"),
        CheckConstraint(f"{HAS_A_TIME} OR starts_at IS NOT NULL", name="arranged_has_a_time"),
        CheckConstraint(f"{NEEDS_A_REASON} OR status_reason <> ''", name="no_has_a_reason"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_it_begins"),
        Index("ix_meeting_case_id_starts_at", "case_id", "starts_at"),
        Index("ix_meeting_agency_id_starts_at", "agency_id", "starts_at"),
        Index(
            "ix_meeting_to_be_minuted",
            "decisions_due_on",
            "minutes_due_on",
            **only("status = 'minutes_draft'"),
        ),
    )

    #: None for a group meeting of a coordinator, which is about no person.
    case_id: Mapped[int | None] = ref("case.id", index=False)
    #: The agency that calls it: the lead agency, social work for a conference, the coordinator's for a group.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    kind: Mapped[MeetingKind] = word(MeetingKind, name="kind")
    status: Mapped[MeetingStatus] = word(MeetingStatus, name="status", default=MeetingStatus.PROPOSED)
    #: Why it was refused, put off, called off or could not be brought about (S2-38, S3-63).
    status_reason: Mapped[LongText] = mapped_column(default="")
    status_at: Mapped[Moment]
    #: A plain name for a group meeting ("Treatment and rehabilitation group, December"); empty for the others.
    title: Mapped[Line] = mapped_column(default="")
    #: What the meeting is to reach. For those who hold the plan; invited agencies read `message`.
    aim: Mapped[LongText] = mapped_column(default="")
    #: Why phone and mail were not enough (B7, S2-26).
    why_not_phone: Mapped[LongText] = mapped_column(default="")
    #: What all who are invited read: it is written for every one of them.
    message: Mapped[LongText] = mapped_column(default="")
    #: It touches child or family matters: the assigned social worker must be invited (S2-22).
    touches_family: Mapped[bool] = mapped_column(default=False)
    proposed_at: Mapped[Moment]
    proposed_by_id: Mapped[int] = ref("user.id", index=False)
    #: The line manager's agreement or refusal (S3-63).
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = ref("user.id", index=False)
    decided_note: Mapped[LongText] = mapped_column(default="")

    starts_at: Mapped[Moment | None]
    ends_at: Mapped[Moment | None]
    place: Mapped[Line] = mapped_column(default="")
    link: Mapped[Line] = mapped_column(default="")
    #: When the manager joins an exit meeting: the last half hour (S3-56).
    manager_joins_at: Mapped[Moment | None]
    manager_id: Mapped[int | None] = ref("user.id", index=False)
    chair_id: Mapped[int | None] = ref("user.id")
    chair_name: Mapped[str] = mapped_column(String(120), default="")
    #: Why the chair of a meeting about the lead belongs to one of the claimants after all (S3-80).
    chair_reason: Mapped[Line] = mapped_column(default="")
    minutes_by_id: Mapped[int | None] = ref("user.id")
    minutes_by_name: Mapped[str] = mapped_column(String(120), default="")
    #: The last day on which a written report of somebody who cannot come helps (S3-68).
    reports_due_on: Mapped[date | None]
    #: How often the invitation has changed: the SEQUENCE of its calendar file (RFC 5545).
    sequence: Mapped[int] = mapped_column(default=0)
    invited_at: Mapped[Moment | None]

    #: How and when the person was invited; without that a reason.
    person_invited_on: Mapped[date | None]
    person_invited_how: Mapped[Line] = mapped_column(default="")
    person_not_invited_reason: Mapped[Line] = mapped_column(default="")

    begun_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    #: Clocks of the chair: reckoned when the meeting is closed, from the settings of the agency that called it.
    decisions_due_on: Mapped[date | None]
    decisions_sent_at: Mapped[Moment | None]
    minutes_due_on: Mapped[date | None]
    issued_at: Mapped[Moment | None]

    #: The meeting that this one follows: its open points are carried over, its minutes confirmed here.
    previous_id: Mapped[int | None] = ref("meeting.id")


class MeetingReason(Base):
    """One trigger that was ticked when the meeting was proposed, with the words to it (S2-35, S2-36)."""

    __tablename__ = "meeting_reason"

    meeting_id: Mapped[int] = mapped_column(Id, ForeignKey("meeting.id"), primary_key=True)
    trigger: Mapped[MeetingTrigger] = word(MeetingTrigger, name="trigger", primary_key=True)
    #: The system found it to hold on that day.
    noticed: Mapped[bool] = mapped_column(default=False)
    note: Mapped[LongText] = mapped_column(default="")


class Attendee(Editable, Base):
    """One place at the table. Each agency answers only for its own (C8); the lead agency's own workers are rows too.

    An agency sees the meeting through a row that was sent (`invited_at`) and not taken back (`removed_at`), and only
    while consent is in force; a consent withdrawn after `invited_at` closes it for good, until it is invited again."""

    __tablename__ = "meeting_attendee"
    __table_args__ = (
        CheckConstraint("(kind = 'agency') = (agency_id IS NOT NULL)", name="agency_is_named"),
        CheckConstraint("answer = 'invited' OR answered_at IS NOT NULL", name="answer_has_a_time"),
        CheckConstraint(
            "permission_given IS NULL OR permission_at IS NOT NULL", name="permission_has_a_time"
        ),
        Index("ix_meeting_attendee_meeting_id_agency_id", "meeting_id", "agency_id"),
        Index("ix_meeting_attendee_agency_id_answer", "agency_id", "answer", "meeting_id"),
        Index("ix_meeting_attendee_user_id", "user_id", "meeting_id"),
        Index(
            "ix_meeting_attendee_permission_waiting",
            "agency_id",
            "permission_asked_at",
            **only("answer = 'asking'"),
        ),
    )

    meeting_id: Mapped[int] = ref("meeting.id", index=False)
    kind: Mapped[AttendeeKind] = word(AttendeeKind, name="kind")
    agency_id: Mapped[int | None] = ref("agency.id", index=False)
    #: The worker who is asked to come; None where the agency chooses, or where they have no account.
    user_id: Mapped[int | None] = ref("user.id", index=False)
    name: Mapped[str] = mapped_column(String(120), default="")
    #: For somebody without an account ("family doctor"), or for a supporter ("his sister").
    role: Mapped[ShortText] = mapped_column(default="")
    #: Their own time, if not the whole meeting (the manager at an exit meeting, S3-56).
    joins_at: Mapped[Moment | None]
    added_at: Mapped[Moment]
    added_by_id: Mapped[int] = ref("user.id", index=False)
    invited_at: Mapped[Moment | None]
    removed_at: Mapped[Moment | None]
    removed_reason: Mapped[Line] = mapped_column(default="")

    answer: Mapped[Answer] = word(Answer, name="answer", default=Answer.INVITED)
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = ref("user.id", index=False)
    #: Why not, or what to know; for those who hold the plan and the agency itself.
    answer_note: Mapped[LongText] = mapped_column(default="")
    #: The manager's permission to attend (S3-67): within the agency, seen by nobody else but its outcome.
    permission_asked_at: Mapped[Moment | None]
    permission_asked_by_id: Mapped[int | None] = ref("user.id", index=False)
    permission_given: Mapped[bool | None]
    permission_at: Mapped[Moment | None]
    permission_by_id: Mapped[int | None] = ref("user.id", index=False)
    permission_reason: Mapped[Line] = mapped_column(default="")
    #: Who comes instead, and that they were told what they need to know (S3-69).
    substitute_id: Mapped[int | None] = ref("user.id")
    substitute_name: Mapped[str] = mapped_column(String(120), default="")
    handover_on: Mapped[date | None]
    handover_note: Mapped[LongText] = mapped_column(default="")
    #: The follow-up call before the meeting with somebody who sends a report (S3-68).
    call_at: Mapped[Moment | None]
    call_by_id: Mapped[int | None] = ref("user.id", index=False)
    call_note: Mapped[LongText] = mapped_column(default="")

    presence: Mapped[Presence | None] = word(Presence, name="presence", nullable=True)
    arrived_at: Mapped[Moment | None]
    left_at: Mapped[Moment | None]
    #: Came without an invitation; sees nothing here by having been there.
    uninvited: Mapped[bool] = mapped_column(default=False)


class AttendeeReport(Editable, Base):
    """What somebody who cannot come writes to the case manager (S3-68). Read by those who hold the plan and by the
    agency that wrote it; what it says of an action, also by whoever sees that action."""

    __tablename__ = "meeting_report"

    attendee_id: Mapped[int] = ref("meeting_attendee.id", index=False, unique=True)
    meeting_id: Mapped[int] = ref("meeting.id")
    agency_id: Mapped[int] = ref("agency.id")
    contribution: Mapped[LongText] = mapped_column(default="")
    issues: Mapped[LongText] = mapped_column(default="")
    proposals: Mapped[LongText] = mapped_column(default="")
    #: When they can be called.
    availability: Mapped[Line] = mapped_column(default="")
    written_at: Mapped[Moment]
    written_by_id: Mapped[int] = ref("user.id", index=False)
    #: None while it is only begun.
    sent_at: Mapped[Moment | None]


class ReportProgress(Base):
    """What a report says of one of the agency's own actions."""

    __tablename__ = "meeting_report_action"

    report_id: Mapped[int] = mapped_column(Id, ForeignKey("meeting_report.id"), primary_key=True)
    action_id: Mapped[int] = mapped_column(Id, ForeignKey("action.id"), primary_key=True)
    progress: Mapped[LongText] = mapped_column(default="")


class LeadTalk(Editable, Base):
    """What came before a meeting about the lead agency, and its principles (S3-43): staff spoke by phone, managers spoke
    by phone, then this meeting; the person's view is kept at each step. One per meeting of that kind."""

    __tablename__ = "meeting_lead_talk"

    meeting_id: Mapped[int] = ref("meeting.id", index=False, unique=True)
    staff_on: Mapped[date | None]
    staff_said: Mapped[LongText] = mapped_column(default="")
    staff_persons_view: Mapped[LongText] = mapped_column(default="")
    managers_on: Mapped[date | None]
    managers_said: Mapped[LongText] = mapped_column(default="")
    managers_persons_view: Mapped[LongText] = mapped_column(default="")
    #: Agreed first, before any claim is heard.
    principles: Mapped[LongText] = mapped_column(default="")
    principles_agreed_at: Mapped[Moment | None]
    persons_choice: Mapped[LongText] = mapped_column(default="")
    agreed_agency_id: Mapped[int | None] = ref("agency.id", index=False)
    #: "the agencies agreed", "the person decided" (K4: the meeting first, then the person).
    agreed_how: Mapped[Line] = mapped_column(default="")


class LeadClaim(Editable, Base):
    """One agency's claim to lead, against the criteria (S3-44); beside it stands the evidence of the record (S2-13)."""

    __tablename__ = "meeting_lead_claim"
    __table_args__ = (UniqueConstraint("meeting_id", "agency_id"),)

    meeting_id: Mapped[int] = ref("meeting.id", index=False)
    agency_id: Mapped[int] = ref("agency.id")
    most_contact: Mapped[bool | None]
    has_time: Mapped[bool | None]
    six_months: Mapped[bool | None]
    words: Mapped[LongText] = mapped_column(default="")
    written_at: Mapped[Moment]
    written_by_id: Mapped[int] = ref("user.id", index=False)


class MeetingStep(has_id, Base):
    """One line of a meeting's own history: who did what when. Added, never changed. Those who call the meeting read
    all; an invited agency those with its own id in `agency_id` or `for_agency_id`."""

    __tablename__ = "meeting_step"
    __table_args__ = (Index("ix_meeting_step_meeting_id_at", "meeting_id", "at"),)

    meeting_id: Mapped[int] = ref("meeting.id", index=False)
    at: Mapped[Moment]
    actor_id: Mapped[int] = ref("user.id", index=False)
    agency_id: Mapped[int] = ref("agency.id", index=False)
    for_agency_id: Mapped[int | None] = ref("agency.id", index=False)
    #: For everybody who sees the meeting ("put off to another day").
    for_all: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[Line] = mapped_column(default="")
