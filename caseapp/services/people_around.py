"""Who and what is around a person: carers and family (S0-7, S4-3), warnings, outside systems' numbers (S2-42)."""

from datetime import date, datetime

from sqlalchemy import delete, select

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import PersonIdentifier, PersonRelative, PersonWarning
from caseapp.policy.scopes import PersonFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.people_search import code
from caseapp.services import audit
from caseapp.services.people_hold import hold, say, told_case
from caseapp.services.transaction import use_case
from caseapp.vocabulary import RelativeRole, WarningKind

RELATIVE_FIELDS = {
    "name": "Name",
    "role": "Who they are",
    "phone": "Phone",
    "engaged": "Takes part in the work",
    "may_be_told": "May be told",
    "willing_and_able": "Willing and able to go on caring",
    "checked_on": "Asked on",
}
WARNING_FIELDS = {
    "kind": "About",
    "text": "Warning",
    "review_on": "Look at it again on",
    "told_person": "The person knows",
}


@use_case
def add_relative(
    person: PersonFile,
    *,
    actor: Viewer,
    at: datetime,
    name: str,
    role: RelativeRole,
    phone: str = "",
    engaged: bool = False,
    may_be_told: str = "",
    willing_and_able: str = "",
    checked_on: date | None = None,
) -> int:
    """Link a carer or family member, with whether they take part (a plain yes or no, S4-3), what they may then be
    told, and whether they are willing and able to go on caring, asked on a day (S0-7). Returns the link's id."""
    values = {
        "name": name.strip(),
        "role": RelativeRole(role),
        "phone": phone.strip(),
        "engaged": bool(engaged),
        "may_be_told": may_be_told.strip(),
        "willing_and_able": willing_and_able.strip(),
        "checked_on": checked_on,
    }
    _check_relative(values, at)
    relative = PersonRelative(person_id=person.id, **values)
    db.session.add(relative)
    db.session.flush()
    _wrote(person, f"Family and carers: {values['name']} added", "relative added", actor=actor, at=at)
    return relative.id


@use_case
def amend_relative(
    person: PersonFile, relative_id: int, *, actor: Viewer, at: datetime, version: int, **values
) -> None:
    """Change what is kept of a carer or family member. Raises Stale, NotVisible, and RuleBroken naming the field."""
    row = hold(PersonRelative, person, relative_id, version, RELATIVE_FIELDS)
    if row.ended_at:
        raise RuleBroken("This link was ended. Add a new one")
    before = {field: getattr(row, field) for field in RELATIVE_FIELDS}
    after = before | {k: v.strip() if isinstance(v, str) and k != "role" else v for k, v in values.items()}
    after["role"] = RelativeRole(after["role"])
    _check_relative(after, at)
    change = {
        RELATIVE_FIELDS[field]: [say(before[field]), say(after[field])]
        for field in RELATIVE_FIELDS
        if before[field] != after[field]
    }
    if not change:
        return
    for field, value in after.items():
        setattr(row, field, value)
    db.session.flush()
    _wrote(
        person,
        f"Family and carers: {row.name} changed",
        "relative changed",
        actor=actor,
        at=at,
        change=change,
    )


@use_case
def end_relative(person: PersonFile, relative_id: int, *, actor: Viewer, at: datetime, version: int) -> None:
    """End a link to a carer or family member: they are told nothing any more. The row stays."""
    row = hold(PersonRelative, person, relative_id, version, RELATIVE_FIELDS)
    if row.ended_at is None:
        row.ended_at = at
        row.engaged = False
        db.session.flush()
        _wrote(person, f"Family and carers: {row.name} ended", "relative ended", actor=actor, at=at)


def _check_relative(values, at):
    if not values["name"]:
        raise RuleBroken("Say who this is", "name")
    if values["engaged"] and not values["may_be_told"]:
        raise RuleBroken("Say what they may be told; “nothing about health”, for one", "may_be_told")
    if values["checked_on"] and values["checked_on"] > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "checked_on")


@use_case
def add_warning(
    person: PersonFile,
    *,
    actor: Viewer,
    at: datetime,
    kind: WarningKind,
    text: str,
    review_on: date | None = None,
    told_person: bool = False,
) -> int:
    """Record what staff must know before they make contact. It has a day on which it is looked at again, so that
    nobody carries a warning for ever. Returns its id."""
    if not text.strip():
        raise RuleBroken("Say what staff must know", "text")
    if review_on and review_on <= clock.local_day(at):
        raise RuleBroken("Choose a day to come", "review_on")
    warning = PersonWarning(
        person_id=person.id,
        kind=WarningKind(kind),
        text=text.strip(),
        review_on=review_on,
        told_person=bool(told_person),
        recorded_by_id=actor.user_id,
        recorded_at=at,
    )
    db.session.add(warning)
    db.session.flush()
    _wrote(person, f"Warning: {warning.kind.label.lower()}", "warning added", actor=actor, at=at, tell=True)
    return warning.id


@use_case
def review_warning(
    person: PersonFile,
    warning_id: int,
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    text: str,
    review_on: date | None,
    told_person: bool,
) -> None:
    """The warning still holds: say it as it is now, and when it is looked at again."""
    row = hold(PersonWarning, person, warning_id, version, WARNING_FIELDS)
    if row.ended_at:
        raise RuleBroken("This warning was ended. Add a new one")
    if not text.strip():
        raise RuleBroken("Say what staff must know", "text")
    if review_on is None or review_on <= clock.local_day(at):
        raise RuleBroken("Choose a day to come", "review_on")
    after = {"text": text.strip(), "review_on": review_on, "told_person": bool(told_person)}
    change = {
        WARNING_FIELDS[field]: [say(getattr(row, field)), say(value)]
        for field, value in after.items()
        if getattr(row, field) != value
    }
    if not change:
        return
    for field, value in after.items():
        setattr(row, field, value)
    db.session.flush()
    _wrote(person, "Warning looked at again", "warning reviewed", actor=actor, at=at, change=change)


@use_case
def end_warning(
    person: PersonFile, warning_id: int, *, actor: Viewer, at: datetime, version: int, reason: str
) -> None:
    """The warning holds no more; the reason is kept with it, and the row stays."""
    row = hold(PersonWarning, person, warning_id, version, WARNING_FIELDS)
    if not reason.strip():
        raise RuleBroken("Say why it holds no more", "reason")
    if row.ended_at is None:
        row.ended_at, row.ended_by_id, row.ended_reason = at, actor.user_id, reason.strip()
        db.session.flush()
        _wrote(person, "Warning ended", "warning ended", actor=actor, at=at, tell=True)


@use_case
def add_identifier(person: PersonFile, *, actor: Viewer, at: datetime, scheme: str, value: str) -> int:
    """Keep an outside system's number for the person; nothing depends on it (S2-42). Returns its id."""
    scheme, value = scheme.strip(), code(value)
    if not scheme:
        raise RuleBroken("Say which system", "scheme")
    if not value:
        raise RuleBroken("Write the number", "value")
    known = select(PersonIdentifier.id).where(
        PersonIdentifier.person_id == person.id,
        PersonIdentifier.scheme == scheme,
        PersonIdentifier.value == value,
    )
    if db.session.scalar(known) is not None:
        raise RuleBroken("This number is here already", "value")
    row = PersonIdentifier(person_id=person.id, scheme=scheme, value=value)
    db.session.add(row)
    db.session.flush()
    _wrote(person, f"{scheme} number added", "number added", actor=actor, at=at)
    return row.id


@use_case
def remove_identifier(person: PersonFile, identifier_id: int, *, actor: Viewer, at: datetime) -> None:
    """Take off a number that was mistyped."""
    row = db.session.get(PersonIdentifier, identifier_id)
    if row is None or row.person_id != person.id:
        raise NotVisible
    db.session.execute(delete(PersonIdentifier).where(PersonIdentifier.id == identifier_id))
    _wrote(person, f"{row.scheme} number taken off", "number taken off", actor=actor, at=at)


def _wrote(person, summary, what, *, actor, at, change=None, tell=False):
    told_case(person, "person", summary, actor=actor, at=at, change=change, tell=tell)
    audit.record(actor, f"person: {what}", at=at, person_id=person.id)
