"""Areas, agencies, their named contacts and their settings."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Line, LongText, Moment, ShortText, has_id, ref, word
from caseapp.vocabulary import AgencyKind, AreaKind


class Area(Editable, Base):
    """The area of a task force or council: 14 local and 10 regional task forces to begin with (D1); editable."""

    __tablename__ = "area"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[AreaKind] = word(AreaKind, name="kind")
    active: Mapped[bool] = mapped_column(default=True)


class Agency(Editable, Base):
    """One organisation that works with people; it sees its own part and nothing more."""

    __tablename__ = "agency"

    name: Mapped[str] = mapped_column(String(160), unique=True)
    short_name: Mapped[str] = mapped_column(String(60), default="")
    kind: Mapped[AgencyKind] = word(AgencyKind, name="kind")
    area_id: Mapped[int] = ref("area.id")
    phone: Mapped[ShortText] = mapped_column(default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    address: Mapped[Line] = mapped_column(default="")
    hours: Mapped[ShortText] = mapped_column(default="")
    website: Mapped[Line] = mapped_column(default="")
    about: Mapped[LongText] = mapped_column(default="")
    #: The day it signed up to the protocols; without it the agency is marked (S2-47).
    protocols_signed_on: Mapped[date | None]
    #: The day it undertook to engage with social work on child protection (S2-47).
    child_protection_undertaking_on: Mapped[date | None]
    #: When its directory entry was last checked; stale after six months (S4-20).
    checked_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)


class AgencyContact(Editable, Base):
    """A named person to turn to in an agency, who need not have an account (S2-4, S2-31)."""

    __tablename__ = "agency_contact"

    agency_id: Mapped[int] = ref("agency.id")
    name: Mapped[str] = mapped_column(String(120))
    job: Mapped[ShortText] = mapped_column(default="")
    phone: Mapped[ShortText] = mapped_column(default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    active: Mapped[bool] = mapped_column(default=True)


class AgencySetting(has_id, Base):
    """One of CFG-1 … CFG-16 as an agency has set it; what is not set has the catalogue's default."""

    __tablename__ = "agency_setting"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)

    agency_id: Mapped[int] = ref("agency.id", index=False)
    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = ref("user.id", index=False)
