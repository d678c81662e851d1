"""Finding somebody whom one may not know of, by exact identification only: for access in an emergency and for asking to be
let in. Nothing here is shown to anybody: what a use case does with it must read the same whether somebody was found."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from caseapp import names, references
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Case, Person, PersonIdentifier
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.people_search import code

BY_NAME, BY_REFERENCE, BY_NUMBER = "name and date of birth", "case reference", "outside number"


@dataclass(frozen=True, slots=True)
class Whom:
    """How the person is identified, exactly: full name with date of birth, a case's reference, or an outside number."""

    name: str = ""
    born_on: date | None = None
    reference: str = ""
    number: str = ""

    @property
    def found_by(self) -> str:
        return BY_REFERENCE if self.reference else BY_NUMBER if self.number else BY_NAME


_FOUND = (
    select(
        Case.id, Case.person_id, Case.lead_agency_id, Person.given_name, Person.family_name, Person.known_as
    )
    .join(Person, Person.id == Case.person_id)
    .where(Case.closed_at.is_(None), scopes.not_denied(Person.id))
    .order_by(Case.last_activity_at.desc(), Case.id.desc())
    .limit(200)
)
_BY = {
    BY_NAME: _FOUND.where(Person.born_on == bindparam("born_on"), Person.born_approximate.is_(False)),
    BY_REFERENCE: _FOUND.where(Case.reference == bindparam("reference")),
    BY_NUMBER: _FOUND.where(
        Person.id.in_(select(PersonIdentifier.person_id).where(PersonIdentifier.value == bindparam("number")))
    ),
}


def check_whom(whom: Whom) -> None:
    """Raise RuleBroken for an identification that is not complete. Looks nothing up."""
    ways = bool(whom.name or whom.born_on) + bool(whom.reference) + bool(whom.number)
    if ways > 1:
        raise RuleBroken("Use one way to say who it is", "given_name")
    if whom.reference:
        if references.parse(whom.reference) is None:
            raise RuleBroken(
                "This is no reference: it has eight digits, of which the last two check the rest", "reference"
            )
    elif whom.number:
        if len(code(whom.number)) < 4:
            raise RuleBroken("Write the whole number", "number")
    elif len(names.fold(whom.name).split()) < 2:
        raise RuleBroken("Give first name and family name in full", "given_name")
    elif whom.born_on is None:
        raise RuleBroken("Give the whole date of birth", "born_on")


def find_case(whom: Whom, actor: Viewer):
    """The open case of the person so identified, or None. Of several records with the same full name and birth, the one
    that was worked on last; a number that several persons have in different systems identifies nobody."""
    values = scopes.binds(actor) | {
        "born_on": whom.born_on,
        "reference": references.parse(whom.reference) if whom.reference else None,
        "number": code(whom.number),
    }
    wanted = names.fold(whom.name)
    rows = db.session.execute(_BY[whom.found_by], values).all()
    if whom.found_by == BY_NUMBER and len({row.person_id for row in rows}) > 1:
        return None
    for row in rows:
        if whom.found_by != BY_NAME or wanted in _called(row):
            return row
    return None


def _called(row) -> set[str]:
    """What the person is called in full, folded: by the given name, or by the one they go by."""
    return {names.fold(f"{given} {row.family_name}") for given in (row.given_name, row.known_as) if given}
