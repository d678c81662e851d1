"""The record of who looked at what, changed it, or was refused: added to, never edited, each entry sealed (X-5, X-13)."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Id, Line, Moment, has_id, only, word
from caseapp.vocabulary import AuditAct


class AuditEntry(has_id, Base):
    """One act. No foreign keys: the entry must stand even where the thing itself was lawfully disposed of.

    Triggers on both databases refuse UPDATE, DELETE and TRUNCATE (migrations 0001 and 0006). Written only by
    services.audit, which gives each entry its place in a chain and its seal.

    Whoever asks for the entries about a person, or about a case, asks for `chain == person_id` (and the case beside it):
    that is indexed, and `person_id` and `case_id` are not. Within a chain `number` is the order of writing."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("chain", "number"),
        CheckConstraint("number >= 1", name="number"),
        Index("ix_audit_entry_user_id_at", "user_id", "at"),
        Index(
            "ix_audit_entry_about_id_at",
            "about_id",
            "at",
            **only("about_id IS NOT NULL"),
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
    #: The person whom it is about; else the account that acted, or was acted upon; else 0.
    chain: Mapped[int] = mapped_column(Id)
    #: Its place in the chain, from 1 without a gap.
    number: Mapped[int] = mapped_column(Id)
    #: Which key sealed it; empty, as the seal is, for entries older than the chains.
    key_id: Mapped[str] = mapped_column(String(16))
    #: HMAC-SHA256 over all of the above and the seal before it, in hexadecimal (services.audit.seals).
    seal: Mapped[str] = mapped_column(String(64))


class AuditCheckpoint(Base):
    """The ends of all chains at one moment, sealed: what was cut off a chain's end is missed here. Append-only too."""

    __tablename__ = "audit_checkpoint"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    #: How many chains there were, and how many entries in all of them.
    chains: Mapped[int] = mapped_column(Id)
    entries: Mapped[int] = mapped_column(Id)
    #: SHA-256 over its heads, one after the other by chain.
    digest: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(16))
    seal: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """Where one chain stood at one checkpoint; only of chains that had grown since the one before."""

    __tablename__ = "audit_head"
    __table_args__ = (UniqueConstraint("chain", "number"),)

    checkpoint: Mapped[int] = mapped_column(
        Integer, ForeignKey("audit_checkpoint.number"), primary_key=True, autoincrement=False
    )
    chain: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id)
    #: The seal of its last entry, or the digest of its entries where none is sealed.
    seal: Mapped[str] = mapped_column(String(64))
