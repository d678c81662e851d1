"""Grievances as their own people may read them (policy.grievances)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, select
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
from caseapp.vocabulary import GrievanceAct, PersonGrievanceStage, ProviderGrievanceStage

MOST = 200
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
    .order_by(ProviderGrievance.raised_at.desc())
    .limit(MOST)
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
    )
    .join(Person, Person.id == PersonGrievance.person_id)
    .join(Agency, Agency.id == PersonGrievance.agency_id)
    .join(_Handler, _Handler.id == PersonGrievance.handler_id)
    .where(policy.SEES_PERSON_GRIEVANCE)
    .order_by(PersonGrievance.received_on.desc(), PersonGrievance.id.desc())
    .limit(MOST)
)


def between(*, viewer: Viewer, only: int | None = None) -> list[Between]:
    """Grievances between agencies that the viewer may read, newest first; `only` one, with its record."""
    statement = _BETWEEN if only is None else _BETWEEN.where(ProviderGrievance.id == only)
    rows = db.session.execute(statement, policy.binds(viewer)).all()
    steps = _steps(ProviderGrievanceStep, only) if only is not None else ()
    return [Between(*row, steps=steps) for row in rows]


def of_persons(*, viewer: Viewer, only: int | None = None) -> list[OfPerson]:
    """Persons' own grievances that the viewer may read, newest first; `only` one, with its record."""
    today = clock.today()
    statement = _OF_PERSON if only is None else _OF_PERSON.where(PersonGrievance.id == only)
    rows = db.session.execute(statement, policy.binds(viewer)).all()
    steps = _steps(PersonGrievanceStep, only) if only is not None else ()
    waits = (PersonGrievanceStage.RECEIVED, PersonGrievanceStage.LOOKED_INTO, PersonGrievanceStage.APPEALED)
    return [
        OfPerson(
            row.id,
            row.version,
            f"{row.given_name} {row.family_name}".strip(),
            *row[4:],
            row.stage in waits and row.due_on < today,
            steps,
        )
        for row in rows
    ]


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
