"""Disclosures without the person's consent, on a ground in law (S2-43, X-5): what, to whom, why, who decided."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Line, LongText, Moment, has_id, ref, word
from caseapp.vocabulary import DisclosureAct, DisclosureHow, DisclosureTold


class Disclosure(Editable, Base):
    """One disclosure as it was made. Its words are never changed (the databases refuse); what moves is that the line
    manager has seen it, and until when it is kept from the person's copy."""

    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint("recipient_name <> '' AND recipient_office <> ''", name="recipient_is_named"),
        CheckConstraint("told <> 'not' OR not_told_reason <> ''", name="not_told_has_a_reason"),
        CheckConstraint("withheld_until IS NULL OR withheld_reason <> ''", name="withheld_has_a_reason"),
        CheckConstraint("(seen_at IS NULL) = (seen_by_id IS NULL)", name="seen_by_somebody"),
        CheckConstraint("NOT in_section OR case_id IS NOT NULL", name="a_section_has_a_case"),
        Index("ix_disclosure_agency_id_disclosed_at", "agency_id", "disclosed_at"),
        Index("ix_disclosure_case_id_disclosed_at", "case_id", "disclosed_at"),
        Index("ix_disclosure_person_id_disclosed_at", "person_id", "disclosed_at"),
    )

    person_id: Mapped[int] = ref("person.id", index=False)
    case_id: Mapped[int | None] = ref("case.id", index=False)
    #: The agency whose worker disclosed what it held, and which answers for it.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    author_id: Mapped[int] = ref("user.id")
    #: The line manager who was told at once.
    manager_id: Mapped[int | None] = ref("user.id")
    #: Key in config/disclosure_grounds.toml, and its words as they were then.
    ground: Mapped[str] = mapped_column(String(60))
    ground_words: Mapped[Line]
    ground_note: Mapped[LongText] = mapped_column(default="")
    child_protection: Mapped[bool] = mapped_column(default=False)
    #: Made by the lead agency about the protection of a child: it lives in the restricted section.
    in_section: Mapped[bool] = mapped_column(default=False)
    recipient_name: Mapped[str] = mapped_column(String(160))
    recipient_office: Mapped[str] = mapped_column(String(200))
    #: The recipient's own number for it.
    their_reference: Mapped[str] = mapped_column(String(80), default="")
    #: Keys of CATEGORIES (caseapp.disclosure_grounds).
    categories: Mapped[Any] = mapped_column(JSON, default=list)
    text: Mapped[LongText]
    disclosed_at: Mapped[Moment]
    how: Mapped[DisclosureHow] = word(DisclosureHow, name="how")
    told: Mapped[DisclosureTold] = word(DisclosureTold, name="told")
    told_on: Mapped[date | None]
    not_told_reason: Mapped[LongText] = mapped_column(default="")
    decided_by: Mapped[str] = mapped_column(String(160))
    written_at: Mapped[Moment]
    corrects_id: Mapped[int | None] = ref("disclosure.id")
    # what moves
    seen_at: Mapped[Moment | None]
    seen_by_id: Mapped[int | None] = ref("user.id", index=False)
    #: Left out of the person's copy; looked at again on this day, and left out until somebody decides otherwise.
    withheld_until: Mapped[date | None]
    withheld_reason: Mapped[LongText] = mapped_column(default="")


class DisclosureStep(has_id, Base):
    """What was done about a disclosure afterwards; added, never changed."""

    __tablename__ = "disclosure_step"
    __table_args__ = (Index("ix_disclosure_step_disclosure_id_at", "disclosure_id", "at"),)

    disclosure_id: Mapped[int] = ref("disclosure.id", index=False)
    at: Mapped[Moment]
    user_id: Mapped[int] = ref("user.id", index=False)
    act: Mapped[DisclosureAct] = word(DisclosureAct, name="act")
    text: Mapped[LongText] = mapped_column(default="")
    until_on: Mapped[date | None]
