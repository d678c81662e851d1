"""Grievances as their own people may read them (policy.grievances)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Date, Integer, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import (
    Agency,
    ConsentGrant,
    Person,
    PersonGrievance,
    PersonGrievanceStep,
    ProviderGrievance,
    ProviderGrievanceStep,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import grievances as policy
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import typed_words
from caseapp.vocabulary import GrievanceAct, PersonGrievanceStage, ProviderGrievanceStage

_About = aliased(Agency)
_Handler = aliased(User)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the record."""

    at: datetime
    act: GrievanceAct
    who: str
    agency: str
    text: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Between:
    """A grievance between two agencies."""

    id: int
    version: int
    title: str
    what: str
    wanted: str
    happened_on: date
    raised_at: datetime
    talked_on: date | None
    stage: ProviderGrievanceStage
    agency: str
    about: str
    raised_by: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class OfPerson:
    """A person's own grievance."""

    id: int
    version: int
    person: str
    agency: str
    words: str
    wanted: str
    answer_how: str
    helper: str
    received_on: date
    due_on: date
    stage: PersonGrievanceStage
    handler: str
    late: bool
    steps: tuple[Step, ...] = ()
    case_id: int | None = None


_BETWEEN = (
    select(
        ProviderGrievance.id,
        ProviderGrievance.version,
        ProviderGrievance.title,
        ProviderGrievance.what,
        ProviderGrievance.wanted,
        ProviderGrievance.happened_on,
        ProviderGrievance.raised_at,
        ProviderGrievance.talked_on,
        ProviderGrievance.stage,
        Agency.name.label("agency"),
        _About.name.label("about"),
        User.name.label("raised_by"),
    )
    .join(Agency, Agency.id == ProviderGrievance.agency_id)
    .join(_About, _About.id == ProviderGrievance.about_agency_id)
    .join(User, User.id == ProviderGrievance.raised_by_id)
    .where(policy.SEES_PROVIDER_GRIEVANCE)
)
_OF_PERSON = (
    select(
        PersonGrievance.id,
        PersonGrievance.version,
        Person.given_name,
        Person.family_name,
        Agency.name.label("agency"),
        PersonGrievance.words,
        PersonGrievance.wanted,
        PersonGrievance.answer_how,
        PersonGrievance.helper,
        PersonGrievance.received_on,
        PersonGrievance.due_on,
        PersonGrievance.stage,
        _Handler.name.label("handler"),
        PersonGrievance.case_id,
    )
    .join(Person, Person.id == PersonGrievance.person_id)
    .join(Agency, Agency.id == PersonGrievance.agency_id)
    .join(_Handler, _Handler.id == PersonGrievance.handler_id)
    .where(policy.SEES_PERSON_GRIEVANCE)
)
_ID = bindparam("grievance_id", type_=Id)
_ONE_BETWEEN = _BETWEEN.where(ProviderGrievance.id == _ID)
_ONE_OF_PERSON = _OF_PERSON.where(PersonGrievance.id == _ID)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; nothing filters where a field is empty."""

    state: str = ""  # "open", "ended", or a stage
    late: str = ""  # "yes": a person waits for the answer beyond its day
    words: str = ""

    @property
    def shape(self) -> "Wanted":
        """What of this stands in the statement; the rest are its values."""
        return replace(self, words=typed_words.shape(self.words))


def _in_state(table, state):
    if state in ("open", "ended"):
        return table.ended_at.is_(None) if state == "open" else table.ended_at.is_not(None)
    return table.stage == state


_WAITS = (PersonGrievanceStage.RECEIVED, PersonGrievanceStage.LOOKED_INTO, PersonGrievanceStage.APPEALED)
_TODAY = bindparam("today", type_=Date())
_BETWEEN_ORDERS = {
    "day": (ProviderGrievance.raised_at, ProviderGrievance.id),
    "title": (func.lower(ProviderGrievance.title), ProviderGrievance.id),
}
_PERSON_ORDERS = {
    "day": (PersonGrievance.received_on, PersonGrievance.id),
    "due": (PersonGrievance.due_on, PersonGrievance.id),
    "person": (Person.family_name, Person.given_name, PersonGrievance.id),
}


@lru_cache(64)
def _between_of(shape: Wanted):
    words, _ = typed_words.holding(
        shape.words, ProviderGrievance.title, ProviderGrievance.what, Agency.name, _About.name
    )
    found = _BETWEEN.where(*words)
    return found.where(_in_state(ProviderGrievance, shape.state)) if shape.state else found


@lru_cache(64)
def _persons_of(shape: Wanted):
    words, _ = typed_words.holding(
        shape.words, Person.given_name, Person.family_name, Agency.name, PersonGrievance.words
    )
    found = _OF_PERSON.where(*words)
    if shape.late:
        found = found.where(PersonGrievance.due_on < _TODAY, PersonGrievance.stage.in_(_WAITS))
    return found.where(_in_state(PersonGrievance, shape.state)) if shape.state else found


_ORDERS = {_between_of: _BETWEEN_ORDERS, _persons_of: _PERSON_ORDERS}


@lru_cache(256)
def _page(of, shape: Wanted, order: str, descending: bool):
    ordering = [column.desc() if descending else column.asc() for column in _ORDERS[of][order]]
    statement = of(shape).order_by(*ordering)
    return statement.offset(bindparam("skip", type_=Integer())).limit(bindparam("most", type_=Integer()))


@lru_cache(128)
def _total(of, shape: Wanted):
    return select(func.count()).select_from(of(shape).order_by(None).subquery())


def _values(viewer, wanted, **more):
    return policy.binds(viewer) | typed_words.values(wanted.words) | {"today": clock.today()} | more


def between(
    wanted: Wanted, *, viewer: Viewer, order="day", descending=True, offset=0, limit=25
) -> list[Between]:
    """Grievances between agencies that the viewer may read; one page."""
    statement = _page(_between_of, wanted.shape, order, descending)
    return [Between(*row) for row in read(statement, _values(viewer, wanted, skip=offset, most=limit))]


def count_between(wanted: Wanted, *, viewer: Viewer) -> int:
    """How many match."""
    return read(_total(_between_of, wanted.shape), _values(viewer, wanted)).scalar()


def of_persons(
    wanted: Wanted, *, viewer: Viewer, order="day", descending=True, offset=0, limit=25
) -> list[OfPerson]:
    """Persons' own grievances that the viewer may read; one page."""
    statement = _page(_persons_of, wanted.shape, order, descending)
    return [_of_person(row) for row in read(statement, _values(viewer, wanted, skip=offset, most=limit))]


def count_of_persons(wanted: Wanted, *, viewer: Viewer) -> int:
    """How many match."""
    return read(_total(_persons_of, wanted.shape), _values(viewer, wanted)).scalar()


def one_between(grievance_id: int, *, viewer: Viewer) -> Between | None:
    """One, with its record."""
    row = read(_ONE_BETWEEN, policy.binds(viewer) | {"grievance_id": grievance_id}).first()
    return row and Between(*row, steps=_steps(ProviderGrievanceStep, grievance_id))


def one_of_person(grievance_id: int, *, viewer: Viewer) -> OfPerson | None:
    """One, with its record."""
    row = read(_ONE_OF_PERSON, policy.binds(viewer) | {"grievance_id": grievance_id}).first()
    return row and _of_person(row, _steps(PersonGrievanceStep, grievance_id))


def _of_person(row, steps=()) -> OfPerson:
    return OfPerson(
        row.id,
        row.version,
        f"{row.given_name} {row.family_name}".strip(),
        *row[4:13],
        row.stage in _WAITS and row.due_on < clock.today(),
        steps,
        row.case_id,
    )


def _steps(table, grievance_id) -> tuple[Step, ...]:
    on = table.on if table is ProviderGrievanceStep else table.person_told_on
    rows = db.session.execute(
        select(table.at, table.act, User.name, Agency.name, table.text, on)
        .join(User, User.id == table.user_id)
        .join(Agency, Agency.id == User.agency_id)
        .where(table.grievance_id == grievance_id)
        .order_by(table.at, table.id)
    )
    return tuple(Step(*row) for row in rows)


_OTHERS = (
    select(Agency.id, Agency.name)
    .where(Agency.active, Agency.id != bindparam("own", type_=Id))
    .order_by(Agency.name)
)


def other_agencies(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Every agency but the viewer's own."""
    return [(row.id, row.name) for row in read(_OTHERS, {"own": viewer.agency_id})]


def agencies_of(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """About whom a person's grievance may be: the viewer's own agency, the lead agency, those with consent."""
    granted = select(ConsentGrant.agency_id).where(
        and_(ConsentGrant.case_id == case.id, scopes.in_force(today=clock.today()))
    )
    wanted = Agency.id.in_([viewer.agency_id, case.lead_agency_id])
    if case.sees_all:
        wanted = wanted | Agency.id.in_(granted)
    rows = db.session.execute(select(Agency.id, Agency.name).where(wanted).order_by(Agency.name))
    return [tuple(row) for row in rows]


def own_workers(*, viewer: Viewer) -> list[tuple[int, str]]:
    """The workers of the viewer's own agency: only these can be named as whom it is about."""
    rows = db.session.execute(
        select(User.id, User.name)
        .where(User.agency_id == viewer.agency_id, User.disabled_at.is_(None))
        .order_by(User.name)
    )
    return [tuple(row) for row in rows]
