"""Reads about people: the list of those an agency works with, and the page of one."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased
from sqlalchemy.types import Integer

from caseapp import clock, names
from caseapp.extensions import db, read
from caseapp.models import (
    Agency,
    AuditEntry,
    Case,
    CaseAssignment,
    Goal,
    GoalStep,
    Person,
    PersonIdentifier,
    PersonRelative,
    PersonWarning,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import Sight
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager, people_search
from caseapp.queries.around_us import AROUND_US
from caseapp.queries.people_search import Found
from caseapp.queries.standing_lists import lists, one_of, these
from caseapp.vocabulary import (
    AuditAct,
    CaseStatus,
    GoalStatus,
    RelativeRole,
    WarningKind,
)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as it stands beside a person's name."""

    id: int
    person_id: int
    reference: str
    episode: int
    status: CaseStatus
    opened_at: datetime
    closed_at: datetime | None
    lead_agency: str
    case_manager: str
    #: The viewer sees all of it and may open the case; otherwise only their part of the plan.
    all: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in a list, with what tells two people apart and what the viewer may open."""

    id: int
    name: str
    known_as: str
    born_on: date | None
    born_approximate: bool
    page: bool
    cases: tuple[CaseLine, ...]


_Manager = aliased(CaseAssignment, name="manager")
_ManagerUser = aliased(User, name="manager_user")
_PERSON_ID = bindparam("person_id", type_=Id)

_ALL_CASES = (
    select(
        Case.id,
        Case.person_id,
        Case.reference,
        Case.episode,
        Case.status,
        Case.opened_at,
        Case.closed_at,
        Agency.name,
        func.coalesce(_ManagerUser.name, ""),
        scopes.SIGHT,
    )
    .join(Agency, Agency.id == Case.lead_agency_id)
    .outerjoin(
        _Manager,
        case_manager.of_case(_Manager),
    )
    .outerjoin(_ManagerUser, _ManagerUser.id == _Manager.user_id)
    .where(scopes.SEES_CASE)
    .order_by(Case.closed_at.is_not(None), Case.opened_at.desc(), Case.id)
)
#: By of how many people they are at most.
_CASES = {most: _ALL_CASES.where(one_of(Case.person_id, "person", most)) for most in (1, 4, 32)}

_WITH_CASE = exists().where(Case.person_id == Person.id, Case.closed_at.is_(None), scopes.SEES_CASE)
_MINE = exists().where(Case.person_id == Person.id, Case.closed_at.is_(None), scopes.MY_CASE)
_MY_CASES = (
    select(Case.person_id)
    .join(CaseAssignment, CaseAssignment.case_id == Case.id)
    .where(CaseAssignment.user_id == scopes.VIEWER_USER, CaseAssignment.to_at.is_(None))
)
_LISTED = (
    select(Person.id, func.count().over().label("total"))
    .where(scopes.SEES_PERSON)
    .order_by(
        func.lower(func.coalesce(func.nullif(Person.family_name, ""), Person.given_name)),
        func.lower(Person.given_name),
        Person.id,
    )
    .limit(bindparam("most", type_=Integer))
    .offset(bindparam("after", type_=Integer))
)
_LISTS = {
    "open": _LISTED.where(Person.id.in_(AROUND_US), _WITH_CASE.correlate(Person)),
    "mine": _LISTED.where(Person.id.in_(_MY_CASES), _MINE.correlate(Person)),
    "all": _LISTED.where(Person.id.in_(AROUND_US)),
}


def listed(which: str, *, viewer: Viewer, most: int, after: int = 0) -> tuple[list[PersonLine], int]:
    """The people the viewer's agency works with, by family name, and how many there are. `which` is "open" (with an
    open case), "mine" (the viewer is their case manager or key worker) or "all". Past the end: none, and 0."""
    rows = read(_LISTS[which], scopes.binds(viewer) | {"most": most, "after": after})
    facts = people_search.facts([row.id for row in rows], viewer=viewer)
    return with_cases(facts, viewer=viewer), rows[0].total if rows else 0


def with_cases(found: list[Found], *, viewer: Viewer) -> list[PersonLine]:
    """These people as a list shows them, each with those of their cases that the viewer may know of."""
    cases: dict[int, list[CaseLine]] = {}
    for length, ids in lists("person", [one.id for one in found], _CASES):
        for row in read(_CASES[length], scopes.binds(viewer) | ids):
            cases.setdefault(row.person_id, []).append(CaseLine(*row[:9], row[9] == Sight.ALL))
    return [
        PersonLine(
            one.id,
            f"{one.given_name} {one.family_name}".strip(),
            one.known_as,
            one.born_on,
            one.born_approximate,
            one.page,
            tuple(cases.get(one.id, ())),
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a person, for the page and the form."""

    id: int
    version: int
    given_name: str
    family_name: str
    known_as: str
    born_on: date | None
    born_approximate: bool
    phone: str
    email: str
    address: str
    safe_contact: str
    language: str
    interpreter: bool
    access_needs: str
    needs: str
    preferences: str
    died_on: date | None
    registered_at: datetime
    registered_by: str
    registered_by_agency: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def first_name(self) -> str:
        return names.first_name(self.known_as, self.given_name, self.family_name)


@dataclass(frozen=True, slots=True)
class Relative:
    id: int
    version: int
    name: str
    role: RelativeRole
    phone: str
    engaged: bool
    may_be_told: str
    willing_and_able: str
    checked_on: date | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Warned:
    id: int
    version: int
    kind: WarningKind
    text: str
    review_on: date | None
    told_person: bool
    recorded_at: datetime
    recorded_by: str
    ended_at: datetime | None
    ended_by: str
    ended_reason: str


@dataclass(frozen=True, slots=True)
class Number:
    id: int
    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Success:
    """A step done or a goal reached (S4-16)."""

    text: str
    on: date | None
    goal: bool


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    who: str
    agency: str
    what: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """All that the page of one person shows."""

    known: Known
    warnings: tuple[Warned, ...]
    ended_warnings: tuple[Warned, ...]
    relatives: tuple[Relative, ...]
    ended_relatives: tuple[Relative, ...]
    numbers: tuple[Number, ...]
    cases: tuple[CaseLine, ...]
    successes: tuple[Success, ...]
    changes: tuple[Change, ...]

    @property
    def open_case(self) -> CaseLine | None:
        return next((case for case in self.cases if case.closed_at is None), None)


_THEIRS = (Person.id == _PERSON_ID, scopes.SEES_PERSON_PAGE)
_KNOWN = (
    select(
        *(getattr(Person, name) for name in Known.__slots__[:-2]),
        User.name,
        Agency.name,
    )
    .join(User, User.id == Person.registered_by_id)
    .join(Agency, Agency.id == Person.registered_by_agency_id)
    .where(*_THEIRS)
)
_RELATIVES = (
    select(*(getattr(PersonRelative, name) for name in Relative.__slots__))
    .join(Person, Person.id == PersonRelative.person_id)
    .where(*_THEIRS)
    .order_by(PersonRelative.ended_at.is_not(None), PersonRelative.id)
)
_RecordedBy, _EndedBy = aliased(User, name="recorded_by"), aliased(User, name="ended_by")
_WARNINGS = (
    select(
        PersonWarning.id,
        PersonWarning.version,
        PersonWarning.kind,
        PersonWarning.text,
        PersonWarning.review_on,
        PersonWarning.told_person,
        PersonWarning.recorded_at,
        _RecordedBy.name,
        PersonWarning.ended_at,
        func.coalesce(_EndedBy.name, ""),
        PersonWarning.ended_reason,
    )
    .join(Person, Person.id == PersonWarning.person_id)
    .join(_RecordedBy, _RecordedBy.id == PersonWarning.recorded_by_id)
    .outerjoin(_EndedBy, _EndedBy.id == PersonWarning.ended_by_id)
    .where(*_THEIRS)
    .order_by(PersonWarning.id.desc())
)
_NUMBERS = (
    select(PersonIdentifier.id, PersonIdentifier.scheme, PersonIdentifier.value)
    .join(Person, Person.id == PersonIdentifier.person_id)
    .where(*_THEIRS)
    .order_by(PersonIdentifier.scheme, PersonIdentifier.id)
)
_STEPS = (
    select(GoalStep.text, GoalStep.done_on)
    .join(Goal, Goal.id == GoalStep.goal_id)
    .join(Case, Case.id == Goal.case_id)
    .where(Case.person_id == _PERSON_ID, GoalStep.done_on.is_not(None), scopes.SEES_ALL)
    .order_by(GoalStep.done_on.desc(), GoalStep.id.desc())
    .limit(8)
)
_REACHED = (
    select(Goal.words, Goal.title, Goal.ended_at)
    .join(Case, Case.id == Goal.case_id)
    .where(Case.person_id == _PERSON_ID, Goal.status == GoalStatus.COMPLETED, scopes.SEES_ALL)
    .order_by(Goal.ended_at.desc(), Goal.id.desc())
    .limit(8)
)
_CHANGES = (
    select(AuditEntry.at, AuditEntry.user_name, AuditEntry.agency_name, AuditEntry.what)
    .join(Person, Person.id == AuditEntry.chain)
    .where(
        *_THEIRS,
        AuditEntry.person_id == AuditEntry.chain,
        AuditEntry.act == AuditAct.CHANGED,
        AuditEntry.what.like("person: %"),
        AuditEntry.what != "person: registered",
    )
    .order_by(AuditEntry.number.desc())
    .limit(20)
)


def known(person_id: int, *, viewer: Viewer) -> Known | None:
    """What is kept of a person, or None for a viewer who may not open their page."""
    row = db.session.execute(_KNOWN, scopes.binds(viewer) | {"person_id": person_id}).first()
    return row and Known(*row)


def page(person_id: int, *, viewer: Viewer) -> PersonPage | None:
    """The person's own page, or None for a viewer who may not open it."""
    binds = scopes.binds(viewer) | {"person_id": person_id}
    about = known(person_id, viewer=viewer)
    if about is None:
        return None
    warnings = [Warned(*row) for row in db.session.execute(_WARNINGS, binds)]
    relatives = [Relative(*row) for row in db.session.execute(_RELATIVES, binds)]
    successes = [Success(text, on, False) for text, on in db.session.execute(_STEPS, binds)]
    successes += [
        Success(words or title, at and clock.local_day(at), True)
        for words, title, at in db.session.execute(_REACHED, binds)
    ]
    successes.sort(key=lambda one: one.on or date.min, reverse=True)
    cases = read(_CASES[1], scopes.binds(viewer) | these("person", [person_id], 1))
    return PersonPage(
        about,
        tuple(one for one in warnings if one.ended_at is None),
        tuple(one for one in warnings if one.ended_at),
        tuple(one for one in relatives if one.ended_at is None),
        tuple(one for one in relatives if one.ended_at),
        numbers(person_id, viewer=viewer),
        tuple(CaseLine(*row[:9], row[9] == Sight.ALL) for row in cases),
        tuple(successes),
        tuple(
            Change(at, who, agency, what.removeprefix("person: "))
            for at, who, agency, what in db.session.execute(_CHANGES, binds)
        ),
    )


def numbers(person_id: int, *, viewer: Viewer) -> tuple[Number, ...]:
    """The outside systems' numbers of a person whose page the viewer may open."""
    rows = db.session.execute(_NUMBERS, scopes.binds(viewer) | {"person_id": person_id})
    return tuple(Number(*row) for row in rows)


def relative(person_id: int, relative_id: int, *, viewer: Viewer) -> Relative | None:
    """One carer or family member of this person."""
    statement = _RELATIVES.where(PersonRelative.id == bindparam("relative_id", type_=Id))
    binds = scopes.binds(viewer) | {"person_id": person_id, "relative_id": relative_id}
    row = db.session.execute(statement, binds).first()
    return row and Relative(*row)


def warning(person_id: int, warning_id: int, *, viewer: Viewer) -> Warned | None:
    """One warning about this person."""
    statement = _WARNINGS.where(PersonWarning.id == bindparam("warning_id", type_=Id))
    binds = scopes.binds(viewer) | {"person_id": person_id, "warning_id": warning_id}
    row = db.session.execute(statement, binds).first()
    return row and Warned(*row)
