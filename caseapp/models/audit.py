"""The record of who looked at what, changed it, or was refused: added to, never edited (X-5, X-13)."""

from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Id, Line, Moment, has_id, word
from caseapp.vocabulary import AuditAct


class AuditEntry(has_id, Base):
    """One act. No foreign keys: the entry must stand even where the thing itself was lawfully disposed of.

    Triggers on both databases refuse UPDATE, DELETE and TRUNCATE (migration 0001)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_case_id_at", "case_id", "at"),
        Index("ix_audit_entry_person_id_at", "person_id", "at"),
        Index("ix_audit_entry_user_id_at", "user_id", "at"),
        Index(
            "ix_audit_entry_about_id_at",
            "about_id",
            "at",
            sqlite_where=text("about_id IS NOT NULL"),
            postgresql_where=text("about_id IS NOT NULL"),
        ),
    )

    at: Mapped[Moment]
    user_id: Mapped[int | None] = mapped_column(Id)
    user_name: Mapped[str] = mapped_column(String(120), default="")
    agency_id: Mapped[int | None] = mapped_column(Id)
    agency_name: Mapped[str] = mapped_column(String(160), default="")
    act: Mapped[AuditAct] = word(AuditAct, name="act", length=16)
    #: What was looked at or done, in words: "the plan", "action: accepted".
    what: Mapped[Line]
    case_id: Mapped[int | None] = mapped_column(Id)
    person_id: Mapped[int | None] = mapped_column(Id)
    #: The account, agency or area that was changed, where it is about no case.
    about_id: Mapped[int | None] = mapped_column(Id)
    #: Why they could: "lead agency", "consent".
    ground: Mapped[str] = mapped_column(String(40), default="")
    grant_id: Mapped[int | None] = mapped_column(Id)
    address: Mapped[str] = mapped_column(String(45), default="")
    detail: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
