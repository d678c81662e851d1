"""The register: the same gap raised many times as one entry, themes, the group's agenda, and what was published."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, has_id, ref, word
from caseapp.vocabulary import EscalationKind, EscalationState, GapScope


class GapTheme(Editable, Base):
    """A theme that coordinators give to gaps and blocks: the same words for the same thing."""

    __tablename__ = "gap_theme"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Moment]
    created_by_id: Mapped[int | None] = ref("user.id", index=False)


class RegisterEntry(Editable, Base):
    """One gap in services, however often it was raised: what was asked, what was answered. It names nobody."""

    __tablename__ = "register_entry"

    title: Mapped[Line]
    kind: Mapped[EscalationKind] = word(EscalationKind, name="kind")
    domain: Mapped[str] = mapped_column(String(40))
    theme_id: Mapped[int | None] = ref("gap_theme.id")
    scope: Mapped[GapScope | None] = word(GapScope, name="scope", nullable=True)
    service: Mapped[str] = mapped_column(String(160), default="")
    service_key: Mapped[str] = mapped_column(String(160), default="", index=True)
    asked: Mapped[LongText] = mapped_column(default="")
    answered: Mapped[LongText] = mapped_column(default="")
    state: Mapped[EscalationState] = word(EscalationState, name="state", default=EscalationState.OPEN)
    created_at: Mapped[Moment]
    created_by_id: Mapped[int] = ref("user.id", index=False)
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = ref("user.id", index=False)


class GroupSitting(Editable, Base):
    """One sitting of the treatment and rehabilitation group of an area, with its agenda (S3-74)."""

    __tablename__ = "group_sitting"
    __table_args__ = (Index("ix_group_sitting_area_id_held_on", "area_id", "held_on"),)

    area_id: Mapped[int] = ref("area.id", index=False)
    held_on: Mapped[date]
    title: Mapped[Line] = mapped_column(default="")
    place: Mapped[Line] = mapped_column(default="")
    #: The meeting record that carries it, where one was made.
    meeting_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[Moment]
    created_by_id: Mapped[int] = ref("user.id", index=False)
    closed_at: Mapped[Moment | None]


class GroupItem(Editable, Base):
    """One gap or block on the group's agenda, and what the group decided about it."""

    __tablename__ = "group_item"
    __table_args__ = (UniqueConstraint("sitting_id", "escalation_id"),)

    sitting_id: Mapped[int] = ref("group_sitting.id", index=False)
    escalation_id: Mapped[int] = ref("escalation.id")
    position: Mapped[int]
    decision: Mapped[LongText] = mapped_column(default="")
    minute: Mapped[str] = mapped_column(String(40), default="")
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = ref("user.id", index=False)


class RegisterSnapshot(has_id, Base):
    """The register as it was published to all agencies for a quarter; small numbers were left out before it was kept."""

    __tablename__ = "register_snapshot"
    __table_args__ = (
        UniqueConstraint("quarter", "edition"),
        CheckConstraint("least >= 2", name="small_numbers_are_left_out"),
    )

    #: "2026-Q4".
    quarter: Mapped[str] = mapped_column(String(7))
    edition: Mapped[int] = mapped_column(default=1)
    #: Counts below this were left out.
    least: Mapped[int]
    published_at: Mapped[Moment]
    published_by_id: Mapped[int] = ref("user.id", index=False)
    content: Mapped[Any] = mapped_column(JSON)
