"""Registering people and keeping what is known of them: names, birth, contact, death; who and what is around them
(relatives, warnings, outside numbers) is in services.people_around and can be called through here."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select

from caseapp import clock, dates, names
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Agency, Person, PersonIdentifier, PersonNameKey, PersonTrigram
from caseapp.policy.scopes import PersonFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import people_search
from caseapp.queries.people_search import Found, code
from caseapp.services import audit
from caseapp.services.people_around import (
    add_identifier,
    add_relative,
    add_warning,
    amend_relative,
    end_relative,
    end_warning,
    remove_identifier,
    review_warning,
)
from caseapp.services.people_hold import hold, say, told_case
from caseapp.services.transaction import use_case

__all__ = [
    "FIELDS",
    "add_identifier",
    "add_relative",
    "add_warning",
    "amend",
    "amend_relative",
    "end_relative",
    "end_warning",
    "find_same",
    "index_names",
    "one_at_a_time",
    "record_death",
    "register",
    "remove_identifier",
    "review_warning",
    "searchable",
]

OLDEST = timedelta(days=366 * 125)

#: What may be told about a person, by column, in the words of the record.
FIELDS = {
    "given_name": "First name",
    "family_name": "Family name",
    "known_as": "Known as",
    "born_on": "Date of birth",
    "born_approximate": "Date of birth is approximate",
    "phone": "Phone",
    "email": "E-mail",
    "address": "Address",
    "safe_contact": "Safe ways to make contact",
    "language": "Language",
    "interpreter": "Needs an interpreter",
    "access_needs": "Access needs",
    "needs": "Needs",
    "preferences": "Preferences",
}


@use_case
def register(*, actor: Viewer, at: datetime, identifiers: tuple[tuple[str, str], ...] = (), **known) -> int:
    """Register somebody new, for the actor's agency; returns the person's id.

    `known` holds any of FIELDS: texts, `born_on` a date or None, `born_approximate` and `interpreter` booleans;
    `identifiers` are pairs of an outside system's name and its number (S2-42). Whoever registers looks first for
    somebody alike (find_same): nothing here refuses a second row for one human being, because refusing would tell
    about people whom the actor may not know of. Raises RuleBroken, naming the field."""
    values = _sensible(known, at)
    person = Person(
        **values,
        registered_by_agency_id=actor.agency_id,
        registered_by_id=actor.user_id,
        registered_at=at,
    )
    db.session.add(person)
    db.session.flush()
    index_names(person)
    seen = set()
    for scheme, value in identifiers:
        pair = (scheme.strip()[:40], code(value))
        if all(pair) and pair not in seen:
            seen.add(pair)
            db.session.add(PersonIdentifier(person_id=person.id, scheme=pair[0], value=pair[1]))
    audit.record(actor, "person: registered", at=at, person_id=person.id)
    return person.id


def one_at_a_time(*, actor: Viewer) -> None:
    """Until this transaction ends, nobody else of the actor's agency looks for somebody alike and registers: else two
    colleagues who meet the same person at the same moment each find nobody, and write two. Call it before find_same.
    (On SQLite a writing transaction is alone already.)"""
    db.session.execute(select(Agency.id).where(Agency.id == actor.agency_id).with_for_update(key_share=True))


@use_case
def amend(person: PersonFile, *, actor: Viewer, at: datetime, version: int, **known) -> None:
    """Change what is known of a person; `known` holds the FIELDS to set.

    Raises Stale with what now stands (by column) if somebody saved since `version`, and RuleBroken, naming the field.
    Old and new values go to the timeline of the open case, if there is one (S3-66)."""
    row = hold(Person, person, person.id, version, FIELDS)
    before = {name: getattr(row, name) for name in FIELDS}
    values = _sensible(before | known, at)
    change = {
        FIELDS[name]: [say(before[name]), say(values[name])]
        for name in FIELDS
        if before[name] != values[name]
    }
    if not change:
        return
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()
    if any(before[name] != values[name] for name in ("given_name", "family_name", "known_as")):
        index_names(row)
    told_case(person, "person", "Personal details changed", actor=actor, at=at, change=change)
    audit.record(actor, f"person: {', '.join(change).lower()}", at=at, person_id=person.id)


@use_case
def record_death(
    person: PersonFile, *, actor: Viewer, at: datetime, version: int, died_on: date | None
) -> None:
    """Record the day a person died; None takes a mistaken entry back. Closes nothing: that is for the case's manager.

    Raises RuleBroken for a day to come or before birth, Stale if somebody saved since `version`."""
    row = hold(Person, person, person.id, version, FIELDS)
    if died_on is not None:
        if died_on > clock.local_day(at):
            raise RuleBroken("This day has not come yet", "died_on")
        if row.born_on and died_on < row.born_on and not row.born_approximate:
            raise RuleBroken(f"This is before the date of birth, {dates.day(row.born_on)}", "died_on")
    if row.died_on == died_on:
        return
    change = {"Died on": [say(row.died_on), say(died_on)]}
    row.died_on = died_on
    db.session.flush()
    what = "Death recorded" if died_on else "A death recorded in error was taken back"
    told_case(person, "person", what, actor=actor, at=at, change=change, tell=True)
    audit.record(actor, f"person: {what.lower()}", at=at, person_id=person.id)


def find_same(name: str, born_on: date | None, *, viewer: Viewer, approximate: bool = False) -> list[Found]:
    """People whom the viewer may know of and who may be this very person, most alike first (at most ten)."""
    return people_search.same(name, born_on, viewer=viewer, approximate=approximate)


def index_names(person: Person) -> None:
    """Make a person findable by the names that the row now has. For the import and world loader, register does it."""
    for model, columns, rows in searchable(f"{person.given_name} {person.family_name} {person.known_as}"):
        table = model.__table__
        db.session.execute(delete(table).where(table.c.person_id == person.id))
        if rows:
            db.session.execute(
                insert(table),
                [dict(zip(columns, row, strict=True)) | {"person_id": person.id} for row in rows],
            )


def searchable(name: str):
    """What is kept so that a name is found: each table with its columns and, for this name, its rows."""
    return (
        (PersonTrigram, ("trigram",), [(one,) for one in sorted(names.trigrams(name))]),
        (PersonNameKey, ("letters", "beside"), sorted(names.keys(name))),
    )


def _sensible(known: dict, at: datetime) -> dict:
    """Every field, filled with its empty value where nothing is known. Raises RuleBroken for what cannot be."""
    unknown = set(known) - set(FIELDS)
    if unknown:
        raise TypeError(f"no such thing is kept of a person: {', '.join(sorted(unknown))}")
    values = {name: known.get(name) for name in FIELDS}
    columns = Person.__table__.columns
    for name, value in values.items():
        if name == "born_on":
            continue
        if name in ("born_approximate", "interpreter"):
            values[name] = bool(value)
            continue
        values[name] = (value or "").strip()
        most = getattr(columns[name].type, "length", None)
        if most and len(values[name]) > most:
            raise RuleBroken(f"At most {most} characters fit here", name)
    if not (values["given_name"] or values["family_name"]):
        raise RuleBroken("Give at least one name: what people call them is enough", "given_name")
    if not names.fold(f"{values['given_name']} {values['family_name']}"):
        raise RuleBroken("A name needs letters, or nobody could find it again", "given_name")
    born_on, today = values["born_on"], clock.local_day(at)
    if born_on is None:
        values["born_approximate"] = False
    elif born_on > today:
        raise RuleBroken("This day has not come yet", "born_on")
    elif born_on < today - OLDEST:
        raise RuleBroken("That would be more than 125 years ago", "born_on")
    return values
