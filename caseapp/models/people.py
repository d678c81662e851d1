"""People, how to reach them safely, those around them, and the index that finds them by name."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, LongText, Moment, ShortText, has_id, ref, word
from caseapp.vocabulary import RelativeRole, WarningKind


class Person(Editable, Base):
    """Someone whom services work with. Two agencies may each hold a row for one human being: knowing that would be
    knowing too much, so nothing here is unique across agencies."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("given_name <> '' OR family_name <> ''", name="has_a_name"),
        Index("ix_person_registered_by_agency_id_born_on", "registered_by_agency_id", "born_on"),
    )

    given_name: Mapped[str] = mapped_column(String(120), default="")
    family_name: Mapped[str] = mapped_column(String(120), default="")
    known_as: Mapped[str] = mapped_column(String(120), default="")
    born_on: Mapped[date | None] = mapped_column(index=True)
    born_approximate: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[ShortText] = mapped_column(default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    address: Mapped[Line] = mapped_column(default="")
    #: How to make contact without doing harm: "text first, after 10:00; never ring his mother" (B1).
    safe_contact: Mapped[Line] = mapped_column(default="")
    language: Mapped[ShortText] = mapped_column(default="")
    interpreter: Mapped[bool] = mapped_column(default=False)
    access_needs: Mapped[Line] = mapped_column(default="")
    #: Needs, preferences and goals are three fields (S4-4); goals live in the plan.
    needs: Mapped[LongText] = mapped_column(default="")
    preferences: Mapped[LongText] = mapped_column(default="")
    died_on: Mapped[date | None]
    registered_by_agency_id: Mapped[int] = ref("agency.id", index=False)
    registered_by_id: Mapped[int] = ref("user.id", index=False)
    registered_at: Mapped[Moment]

    @property
    def name(self):
        return f"{self.given_name} {self.family_name}".strip()


class PersonIdentifier(has_id, Base):
    """An outside system's number for the person (LINK, DAIS, PASS …); nothing depends on it (S2-42, X-18)."""

    __tablename__ = "person_identifier"

    person_id: Mapped[int] = ref("person.id")
    scheme: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(80), index=True)


class PersonRelative(Editable, Base):
    """A carer or family member, with what they may be told (S0-7, S4-3)."""

    __tablename__ = "person_relative"

    person_id: Mapped[int] = ref("person.id")
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[RelativeRole] = word(RelativeRole, name="role")
    phone: Mapped[ShortText] = mapped_column(default="")
    #: Whether this person is engaged in the work at all (S4-3) and, if so, what they may be told.
    engaged: Mapped[bool] = mapped_column(default=False)
    may_be_told: Mapped[Line] = mapped_column(default="")
    willing_and_able: Mapped[Line] = mapped_column(default="")
    #: Willingness and ability to go on caring is asked again at each review.
    checked_on: Mapped[date | None]
    ended_at: Mapped[Moment | None]


class PersonWarning(Editable, Base):
    """Something that staff must know before they make contact; reviewed, ended, never deleted."""

    __tablename__ = "person_warning"

    person_id: Mapped[int] = ref("person.id")
    kind: Mapped[WarningKind] = word(WarningKind, name="kind")
    text: Mapped[Line]
    review_on: Mapped[date | None]
    told_person: Mapped[bool] = mapped_column(default=False)
    recorded_by_id: Mapped[int] = ref("user.id", index=False)
    recorded_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    ended_by_id: Mapped[int | None] = ref("user.id", index=False)
    ended_reason: Mapped[Line] = mapped_column(default="")


class PersonTrigram(Base):
    """Three letters of a folded name: finds people through typing errors on both databases alike."""

    __tablename__ = "person_trigram"
    __table_args__ = {"sqlite_with_rowid": False}

    trigram: Mapped[str] = mapped_column(
        String(3).with_variant(String(3, collation="C"), "postgresql"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"), primary_key=True, index=True)


class PersonNameKey(Base):
    """A word of a folded name, or what remains of it with one letter left out, and the first letter of another word of
    that name (`names.keys`): finds a name of several words through a slip in each, however many people there are."""

    __tablename__ = "person_name_key"
    __table_args__ = {"sqlite_with_rowid": False}

    letters: Mapped[str] = mapped_column(
        String(24).with_variant(String(24, collation="C"), "postgresql"), primary_key=True
    )
    beside: Mapped[str] = mapped_column(
        String(1).with_variant(String(1, collation="C"), "postgresql"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"), primary_key=True, index=True)
