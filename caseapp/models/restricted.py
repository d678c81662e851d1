"""What is kept apart from a case's record: child-protection and third-party information, and who may read it (X-6).

No other table points here and nothing else reads these rows: no plan, minutes, search, print, mail, export or count.
Who sees which entry is decided in policy/restricted.py. Entries are added and corrected by a further entry; the
databases refuse UPDATE and DELETE of them (X-12).
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Id, LongText, Moment, has_id, only, ref, word
from caseapp.vocabulary import RestrictedKind


class RestrictedEntry(has_id, Base):
    """One piece of information that is kept apart, as it was received. Never changed, never deleted."""

    __tablename__ = "restricted_entry"
    __table_args__ = (
        CheckConstraint("why <> ''", name="says_why"),
        Index("ix_restricted_entry_case_id_written_at", "case_id", "written_at"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    #: The agency that led the case then: another one reads it only after a hand-over.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    kind: Mapped[RestrictedKind] = word(RestrictedKind, name="kind")
    #: Who gave the information: name and office.
    given_by: Mapped[str] = mapped_column(String(200), default="")
    received_on: Mapped[date]
    text: Mapped[LongText]
    why: Mapped[LongText]
    #: Who else knows it.
    known_to: Mapped[LongText] = mapped_column(default="")
    #: It is about, or came from, somebody who is not the person: looked at by hand before a copy is given (X-5).
    third_party: Mapped[bool] = mapped_column(default=False)
    #: Not for everybody on the list, but for the line manager, whoever wrote it and the readers named with it.
    narrow: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[int] = ref("user.id", index=False)
    written_at: Mapped[Moment]
    corrects_id: Mapped[int | None] = ref("restricted_entry.id")


class RestrictedReader(Base):
    """One of those for whom a narrower entry was written."""

    __tablename__ = "restricted_reader"

    entry_id: Mapped[int] = mapped_column(Id, ForeignKey("restricted_entry.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True)


class RestrictedAccess(has_id, Base):
    """A worker whom the line manager named to read the section, from when to when, and why."""

    __tablename__ = "restricted_access"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="end_has_a_hand"),
        Index("ix_restricted_access_case_id_given_at", "case_id", "given_at"),
        Index(
            "uq_restricted_access_open",
            "user_id",
            "case_id",
            unique=True,
            **only("ended_at IS NULL"),
        ),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    #: The agency that led the case then; the right ends with its lead.
    agency_id: Mapped[int] = ref("agency.id", index=False)
    user_id: Mapped[int] = ref("user.id", index=False)
    reason: Mapped[LongText]
    given_at: Mapped[Moment]
    given_by_id: Mapped[int] = ref("user.id", index=False)
    #: The last day, where one was set.
    until_on: Mapped[date | None]
    ended_at: Mapped[Moment | None]
    ended_by_id: Mapped[int | None] = ref("user.id", index=False)
    ended_reason: Mapped[LongText] = mapped_column(default="")


class RestrictedHandover(has_id, Base):
    """Entries that the leading agency hands to the one that leads next, with the social worker's agreement. It opens
    them there only while that agency leads the case."""

    __tablename__ = "restricted_handover"
    __table_args__ = (
        CheckConstraint("from_agency_id <> to_agency_id", name="two_agencies"),
        CheckConstraint("social_worker <> '' AND agreed_how <> ''", name="social_work_agreed"),
        Index("ix_restricted_handover_case_id_to_agency_id", "case_id", "to_agency_id"),
    )

    case_id: Mapped[int] = ref("case.id", index=False)
    from_agency_id: Mapped[int] = ref("agency.id", index=False)
    to_agency_id: Mapped[int] = ref("agency.id", index=False)
    #: Who agreed for social work: name and office; on which day and how.
    social_worker: Mapped[str] = mapped_column(String(200))
    agreed_on: Mapped[date]
    agreed_how: Mapped[LongText]
    made_at: Mapped[Moment]
    made_by_id: Mapped[int] = ref("user.id", index=False)
    taken_back_at: Mapped[Moment | None]
    taken_back_by_id: Mapped[int | None] = ref("user.id", index=False)


class RestrictedHandoverEntry(Base):
    """One entry of a hand-over."""

    __tablename__ = "restricted_handover_entry"

    handover_id: Mapped[int] = mapped_column(Id, ForeignKey("restricted_handover.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(Id, ForeignKey("restricted_entry.id"), primary_key=True, index=True)
