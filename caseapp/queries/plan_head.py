"""The head of a plan: who it is about, who leads it, on what ground the reader sees it. One statement; what the reader
may not know is not selected at all."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp import clock, protocols, settings_catalogue, working_days
from caseapp.extensions import read
from caseapp.models import (
    Agency,
    AgencySetting,
    CarePlan,
    Case,
    CaseAssignment,
    ConsentGrant,
    Event,
    Person,
    PlanAgreement,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile, Sight
from caseapp.policy.viewer import Viewer
from caseapp.queries.plan_rows import CASE_ID
from caseapp.vocabulary import AssignmentRole, PlanStatus

_Manager = aliased(User, name="line_manager")
_Worker = aliased(User, name="case_manager")
_Lead = aliased(Agency, name="lead_agency")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top of a plan. Fields that the reader may not know keep their defaults."""

    reference: str
    name: str
    first_name: str
    lead_agency_id: int
    lead_agency: str
    lead_phone: str
    manager_name: str
    cm_id: int | None
    cm_name: str
    cm_phone: str
    cm_hours: str
    next_review_on: date | None
    calendar: str
    procedure: str
    procedure_version: int
    protocol: Any
    granted_on: date | None
    grant_until: date | None
    # with the whole plan
    plan_status: PlanStatus | None = None
    agreed_version: int = 0
    agreed_on: date | None = None
    strengths: str = ""
    strengths_around: str = ""
    contingency: str = ""
    # those who lead the case
    no_contingency_reason: str = ""
    born_on: date | None = None
    born_approximate: bool = False
    safe_contact: str = ""
    language: str = ""
    interpreter: bool = False
    access_needs: str = ""
    commitment_ends_on: date | None = None
    agreed_by_person: bool = False
    agencies_agreed: int = 0
    agencies_asked: int = 0
    events: int = 0
    consent_days: int = 28
    issue_days: int = 5

    @property
    def review_words(self) -> str:
        """How far off the next review is, in working days."""
        if self.next_review_on is None:
            return ""
        words = working_days.in_words(self.next_review_on, clock.today(), self.calendar)
        return words[0].upper() + words[1:]

    @property
    def cm_first(self) -> str:
        """How the case manager is called in a sentence; the line manager answers where there is none (S2-44)."""
        return (self.cm_name or self.manager_name).split(" ")[0]

    @property
    def told(self) -> str:
        """Who hears of a change at once: the case manager, or where there is none the line manager (S3-66)."""
        return self.cm_name or self.manager_name


_BASE = (
    Case.reference,
    Person.given_name,
    Person.family_name,
    Person.known_as,
    Case.lead_agency_id,
    _Lead.name,
    _Lead.phone,
    _Manager.name,
    _Worker.id,
    _Worker.name,
    _Worker.phone,
    _Worker.hours,
    CarePlan.next_review_on,
    ConsentGrant.starts_on,
    ConsentGrant.expires_on,
)
_WHOLE = (
    CarePlan.status,
    CarePlan.agreed_version,
    CarePlan.agreed_at,
    CarePlan.strengths,
    CarePlan.strengths_around,
    CarePlan.contingency,
)


def _agreements(*which):
    return (
        select(func.count())
        .where(
            PlanAgreement.case_id == Case.id,
            PlanAgreement.number == CarePlan.agreed_version,
            *which,
        )
        .correlate(Case, CarePlan)
        .scalar_subquery()
    )


def _setting(key):
    return (
        select(AgencySetting.value)
        .where(AgencySetting.agency_id == Case.lead_agency_id, AgencySetting.key == key)
        .correlate(Case)
        .scalar_subquery()
    )


CONSENT_DAYS = "consent_warning_days"
ISSUE_DAYS = "issue_answer_working_days"

_ALL = (
    CarePlan.no_contingency_reason,
    Person.born_on,
    Person.born_approximate,
    Person.safe_contact,
    Person.language,
    Person.interpreter,
    Person.access_needs,
    Case.commitment_ends_on,
    _agreements(PlanAgreement.by_person, PlanAgreement.agreed),
    _agreements(~PlanAgreement.by_person, PlanAgreement.agreed),
    _agreements(~PlanAgreement.by_person),
    select(func.count())
    .where(Event.case_id == Case.id, scopes.EVENT_OF_THIS_LEAD)
    .correlate(Case)
    .scalar_subquery(),
    _setting(CONSENT_DAYS),
)


def _statement(predicate, columns):
    return (
        select(*columns)
        .select_from(Case)
        .join(Person, Person.id == Case.person_id)
        .join(_Lead, _Lead.id == Case.lead_agency_id)
        .join(_Manager, _Manager.id == Case.line_manager_id)
        .outerjoin(
            CaseAssignment,
            and_(
                CaseAssignment.case_id == Case.id,
                CaseAssignment.role == AssignmentRole.CASE_MANAGER,
                CaseAssignment.to_at.is_(None),
            ),
        )
        .outerjoin(_Worker, _Worker.id == CaseAssignment.user_id)
        .outerjoin(CarePlan, CarePlan.case_id == Case.id)
        .outerjoin(
            ConsentGrant,
            and_(ConsentGrant.id == bindparam("grant_id", type_=Id), ConsentGrant.case_id == Case.id),
        )
        .where(Case.id == CASE_ID, predicate)
    )


_STATEMENTS = {
    Sight.PART: _statement(scopes.SEES_CASE, (*_BASE, _setting(ISSUE_DAYS))),
    Sight.WHOLE_PLAN: _statement(scopes.SEES_WHOLE_PLAN, (*_BASE, _setting(ISSUE_DAYS), *_WHOLE)),
    Sight.ALL: _statement(scopes.SEES_ALL, (*_BASE, _setting(ISSUE_DAYS), *_WHOLE, *_ALL)),
}
_N = len(_BASE)


def head(case: CaseFile, *, viewer: Viewer) -> Head:
    """The head, as far as this viewer's sight of the case goes."""
    values = scopes.binds(viewer) | {"case_id": case.id, "grant_id": case.grant_id}
    row = scopes.still_there(read(_STATEMENTS[case.sight], values).first())
    (reference, given, family, known_as, lead_id, lead, lead_phone, manager) = row[:8]
    cm_id, cm_name, cm_phone, cm_hours, review, granted, until = row[8:_N]
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    values: dict[str, Any] = {"issue_days": _number(ISSUE_DAYS, row[_N])}
    rest = row[_N + 1 :]
    if case.sees_whole_plan:
        status, number, agreed_at, strengths, around, contingency = rest[:6]
        values |= {
            "plan_status": status,
            "agreed_version": number or 0,
            "agreed_on": agreed_at and clock.local_day(agreed_at),
            "strengths": strengths or "",
            "strengths_around": around or "",
            "contingency": contingency or "",
        }
    if case.sees_all:
        names = (
            "born_on",
            "born_approximate",
            "safe_contact",
            "language",
            "interpreter",
            "access_needs",
            "commitment_ends_on",
        )
        values |= dict(zip(names, rest[7:14], strict=True))
        if scopes.moved_on(case):
            values |= {"safe_contact": "", "language": "", "interpreter": False, "access_needs": ""}
        by_person, agreed, asked, events, consent_days = rest[14:]
        values |= {
            "no_contingency_reason": rest[6] or "",
            "agreed_by_person": bool(by_person),
            "agencies_agreed": agreed,
            "agencies_asked": asked,
            "events": events,
            "consent_days": _number(CONSENT_DAYS, consent_days),
        }
    return Head(
        reference,
        f"{given} {family}".strip(),
        known_as or given or family,
        lead_id,
        lead,
        lead_phone,
        manager,
        cm_id,
        cm_name or "",
        cm_phone or "",
        cm_hours or "",
        review,
        protocol.calendar,
        protocol.name,
        protocol.version,
        protocol,
        granted,
        until,
        **values,
    )


def _number(key: str, stored) -> int:
    """A setting of whole numbers as the lead agency has it, or its default."""
    if stored is not None:
        try:
            return settings_catalogue.clean(key, stored)
        except ValueError:
            pass  # a value from before the setting had its limits
    return settings_catalogue.catalogue()[key].default
