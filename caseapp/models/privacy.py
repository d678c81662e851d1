"""What was unusual in the record of who looked, what came of it, and the record's own figures (X-7, X-13, X-19)."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.audit import AuditEntry
from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import AuditAct, FindingKind, FindingOutcome, FindingStepKind

#: What most entries of the audit record are; the few others have an index of their own.
EVERYDAY = (
    AuditAct.READ,
    AuditAct.LISTED,
    AuditAct.SEARCHED,
    AuditAct.CHANGED,
    AuditAct.SIGNED_IN,
    AuditAct.SIGNED_OUT,
)
#: In these very words SQLite knows the index again.
IS_RARE = text("audit_entry.act NOT IN ('read', 'listed', 'searched', 'changed', 'signed_in', 'signed_out')")
_RARE = text("act NOT IN ('read', 'listed', 'searched', 'changed', 'signed_in', 'signed_out')")

# The privacy officer's ways into the record; the others stand with the table.
Index("ix_audit_entry_at", AuditEntry.__table__.c.at)
Index("ix_audit_entry_agency_id_at", AuditEntry.__table__.c.agency_id, AuditEntry.__table__.c.at)
Index(
    "ix_audit_entry_act_at_rare",
    AuditEntry.__table__.c.act,
    AuditEntry.__table__.c.at,
    **only(_RARE),
)


class ReadingFinding(Editable, Base):
    """Reading that a rule calls unusual: a question, not a verdict. A privacy officer closes it with an outcome; it
    may be opened again, and is never deleted (triggers, migration 0007)."""

    __tablename__ = "reading_finding"
    __table_args__ = (
        UniqueConstraint("dedupe"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_has_outcome"),
        CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed_by_somebody"),
        CheckConstraint("from_at <= to_at", name="from_before_to"),
        Index("ix_reading_finding_agency_id_found_at", "agency_id", "found_at"),
        Index(
            "ix_reading_finding_agency_id_open",
            "agency_id",
            **only("closed_at IS NULL"),
        ),
    )

    kind: Mapped[FindingKind] = word(FindingKind, name="kind")
    #: Who read, and for whom they worked then.
    user_id: Mapped[int] = ref("user.id")
    agency_id: Mapped[int] = ref("agency.id", index=False)
    #: The local day that it is about.
    day: Mapped[date] = mapped_column(Date)
    #: The first and the last entry that it is about, as moments in UTC.
    from_at: Mapped[Moment]
    to_at: Mapped[Moment]
    found_at: Mapped[Moment]
    #: Why, in a sentence of ours: it names nobody whose record it is.
    why: Mapped[Line]
    #: How many records, or refusals.
    count: Mapped[int]
    #: Where it is about one record: whose.
    person_id: Mapped[int | None] = mapped_column(Id)
    #: The numbers behind the sentence, as they were: the settings and what was usual.
    detail: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    #: What a rule finds it finds once ("many:17:2026-11-21").
    dedupe: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[Moment | None]
    closed_by_id: Mapped[int | None] = ref("user.id", index=False)
    outcome: Mapped[FindingOutcome | None] = word(FindingOutcome, name="outcome", nullable=True)


class ReadingFindingStep(has_id, Base):
    """What was done about a finding: added to, never changed."""

    __tablename__ = "reading_finding_step"
    __table_args__ = (Index("ix_reading_finding_step_finding_id_at", "finding_id", "at"),)

    finding_id: Mapped[int] = ref("reading_finding.id", index=False)
    at: Mapped[Moment]
    #: Nobody where the rule itself found it.
    by_id: Mapped[int | None] = ref("user.id", index=False)
    kind: Mapped[FindingStepKind] = word(FindingStepKind, name="kind")
    outcome: Mapped[FindingOutcome | None] = word(FindingOutcome, name="outcome", nullable=True)
    text: Mapped[LongText] = mapped_column(default="")


class AuditTally(Base):
    """How often what was done on a day, counted once from the audit record when the day was over."""

    __tablename__ = "audit_tally"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    #: 0 where nobody was signed in.
    agency_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    act: Mapped[AuditAct] = word(AuditAct, name="act", length=16, primary_key=True)
    ground: Mapped[str] = mapped_column(String(40), primary_key=True)
    entries: Mapped[int]


class AuditDay(Base):
    """A local day whose entries have been counted and looked through by the rules."""

    __tablename__ = "audit_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[Moment]
    entries: Mapped[int]
