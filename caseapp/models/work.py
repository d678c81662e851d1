"""What serves the work itself: notifications, mail to be sent, saved views, imports, jobs, and double clicks."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Id, Line, LongText, Moment, ShortText, has_id, only, ref


class Notification(has_id, Base):
    """Something a user should know. It holds no words about anyone: they are read through the viewer's own sight."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_user_id_at", "user_id", "at"),
        Index(
            "ix_notification_user_id_unread",
            "user_id",
            **only("read_at IS NULL"),
        ),
        Index(
            "uq_notification_dedupe",
            "dedupe",
            unique=True,
            **only("dedupe IS NOT NULL"),
        ),
    )

    user_id: Mapped[int] = ref("user.id", index=False)
    at: Mapped[Moment]
    kind: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int | None] = ref("case.id")
    event_id: Mapped[int | None] = ref("event.id")
    #: The action that a reminder is about; where there is an event, that names it.
    action_id: Mapped[int | None] = ref("action.id", index=False)
    #: The meeting that it is about, for the link; whether it may be seen is asked when it is opened.
    meeting_id: Mapped[int | None] = ref("meeting.id", index=False)
    #: For notices that are about no case, or about one that can no longer be seen: a plain sentence without names.
    plain: Mapped[Line] = mapped_column(default="")
    read_at: Mapped[Moment | None]
    mailed_at: Mapped[Moment | None]
    #: What a reminder is for, so that reminding twice leaves one ("late:17:2026-11-21:4").
    dedupe: Mapped[str | None] = mapped_column(String(120))


class OutboxMessage(has_id, Base):
    """Mail waiting to leave, or gone. Written with the change, sent by `flask reminders` (at least once)."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("dedupe"),
        Index(
            "ix_outbox_message_due_at_waiting",
            "due_at",
            **only("sent_at IS NULL AND dead_at IS NULL"),
        ),
    )

    dedupe: Mapped[str] = mapped_column(String(120))
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[Line]
    body: Mapped[LongText]
    #: A calendar file (RFC 5545) to be attached, as text; its METHOD stands in it.
    calendar: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment]
    due_at: Mapped[Moment]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[Moment | None]
    sent_at: Mapped[Moment | None]
    dead_at: Mapped[Moment | None]
    error: Mapped[Line] = mapped_column(default="")


class JobRun(has_id, Base):
    """When a scheduled duty last ran, so that a silent stop is seen."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_name_started_at", "name", "started_at"),)

    name: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    outcome: Mapped[Line] = mapped_column(default="")


class SavedView(has_id, Base):
    """A list's filters and order under a name of the user's own."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "list_name", "name"),)

    user_id: Mapped[int] = ref("user.id", index=False)
    list_name: Mapped[str] = mapped_column(String(40))
    name: Mapped[ShortText]
    query: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[Moment]


class Submission(Base):
    """One sent form. Its second arrival (a double click, a repeat after a lost connection) does nothing more."""

    __tablename__ = "submission"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), index=True)
    at: Mapped[Moment]
    result_id: Mapped[int | None] = mapped_column(Id)


class ImportBatch(has_id, Base):
    """A caseload sheet between its preview and its confirmation."""

    __tablename__ = "import_batch"
    __table_args__ = (Index("ix_import_batch_agency_id_uploaded_at", "agency_id", "uploaded_at"),)

    agency_id: Mapped[int] = ref("agency.id", index=False)
    uploaded_by_id: Mapped[int] = ref("user.id", index=False)
    uploaded_at: Mapped[Moment]
    file_name: Mapped[Line]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    choices: Mapped[Any] = mapped_column(JSON, default=dict)
    confirmed_at: Mapped[Moment | None]
    dropped_at: Mapped[Moment | None]
    outcome: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
