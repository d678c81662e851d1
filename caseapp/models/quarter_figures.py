"""The figures of a quarter that has ended, as they stood then."""

from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Moment, has_id, ref


class QuarterFigures(has_id, Base):
    """One agency's figures of one quarter (B14a), whole; written once and never edited (triggers, migration 0012). They
    are numbers about many people; small ones are left out where they are shown (queries.quarterly)."""

    __tablename__ = "quarter_figures"
    __table_args__ = (
        UniqueConstraint("quarter", "agency_id"),
        Index("ix_quarter_figures_quarter_area_id", "quarter", "area_id"),
    )

    #: "2026-Q4".
    quarter: Mapped[str] = mapped_column(String(7))
    agency_id: Mapped[int] = ref("agency.id")
    #: Where the agency belonged when it was counted.
    area_id: Mapped[int] = ref("area.id", index=False)
    counted_at: Mapped[Moment]
    #: table → row → numbers (queries.quarterly_counts)
    content: Mapped[Any] = mapped_column(JSON)
