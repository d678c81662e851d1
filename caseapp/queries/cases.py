"""The case page: its head, how it began, the agencies known. Everything but the head is for those who see all."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased

from caseapp import names, protocols
from caseapp.extensions import db, read
from caseapp.models import Agency, Case, CaseAgency, CaseAssignment, ConsentGrant, Person, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import CaseStatus

CASE_ID = bindparam("case_id", type_=Id)
_Manager = aliased(User, name="line_manager")
_Worker = aliased(User, name="case_manager")
_Lead = aliased(Agency, name="lead_agency")
_Before = aliased(Case, name="before")
_After = aliased(Case, name="after")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top of every page of the record. A partner gets no birthday and no way to contact the person."""

    reference: str
    name: str
    first_name: str
    status: CaseStatus
    lead_agency: str
    line_manager: str
    cm_id: int | None
    cm_name: str
    cm_phone: str
    opened_at: datetime
    episode: int
    closed_at: datetime | None
    born_on: date | None = None
    safe_contact: str = ""


_HEAD = (
    select(
        Case.reference,
        Person.given_name,
        Person.family_name,
        Person.known_as,
        Case.status,
        _Lead.name,
        _Manager.name,
        _Worker.id,
        _Worker.name,
        _Worker.phone,
        Case.opened_at,
        Case.episode,
        Case.closed_at,
        Person.born_on,
        Person.safe_contact,
    )
    .select_from(Case)
    .join(Person, Person.id == Case.person_id)
    .join(_Lead, _Lead.id == Case.lead_agency_id)
    .join(_Manager, _Manager.id == Case.line_manager_id)
    .outerjoin(
        CaseAssignment,
        case_manager.of_case(),
    )
    .outerjoin(_Worker, _Worker.id == CaseAssignment.user_id)
    .where(Case.id == CASE_ID, scopes.SEES_CASE)
)


def head(case: CaseFile, *, viewer: Viewer) -> Head:
    """The head of the record, as far as the viewer's sight goes."""
    row = scopes.still_there(read(_HEAD, scopes.binds(viewer) | {"case_id": case.id}).first())
    reference, given, family, known_as, status, lead, manager, cm_id, cm_name, cm_phone, *rest = row
    opened_at, episode, closed_at, born_on, safe_contact = rest
    if scopes.moved_on(case):
        safe_contact = ""
    return Head(
        reference,
        f"{given} {family}".strip(),
        names.first_name(known_as, given, family),
        status,
        lead,
        manager,
        cm_id,
        cm_name or "",
        cm_phone or "",
        opened_at,
        episode,
        closed_at,
        *((born_on, safe_contact) if case.sees_all else ()),
    )


@dataclass(frozen=True, slots=True)
class Details:
    """How the case began, which procedure it follows, its days, its episodes before and after."""

    version: int
    protocol_key: str
    protocol_version: int
    first_contact_on: date | None
    referral_on: date | None
    permission_on: date | None
    support_due_on: date | None
    support_due_reason: str
    intensive_needs: str
    lead_settled: str
    commitment_ends_on: date | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str | None
    close_reason: str
    line_manager_id: int
    before: str | None
    after: str | None

    @property
    def protocol(self):
        """The procedure in the version under which the case started (S1-18)."""
        return protocols.get(self.protocol_key, self.protocol_version)


_Opener = aliased(User, name="opener")
_Closer = aliased(User, name="closer")

_DETAILS = (
    select(
        Case.version,
        Case.protocol_key,
        Case.protocol_version,
        Case.first_contact_on,
        Case.referral_on,
        Case.permission_on,
        Case.support_due_on,
        Case.support_due_reason,
        Case.intensive_needs,
        Case.lead_settled,
        Case.commitment_ends_on,
        Case.opened_at,
        _Opener.name,
        Case.closed_at,
        _Closer.name,
        Case.close_reason,
        Case.line_manager_id,
        select(_Before.reference)
        .where(_Before.id == Case.previous_case_id, _Before.lead_agency_id == Case.lead_agency_id)
        .correlate(Case)
        .scalar_subquery(),
        select(func.min(_After.reference))
        .where(_After.previous_case_id == Case.id, _After.lead_agency_id == Case.lead_agency_id)
        .correlate(Case)
        .scalar_subquery(),
    )
    .select_from(Case)
    .join(_Opener, _Opener.id == Case.opened_by_id)
    .outerjoin(_Closer, _Closer.id == Case.closed_by_id)
    .where(Case.id == CASE_ID, scopes.SEES_ALL)
)


def details(case: CaseFile, *, viewer: Viewer) -> Details:
    """How the case began and where it leads; only for those who see all of it."""
    row = db.session.execute(_DETAILS, scopes.binds(viewer) | {"case_id": case.id}).first()
    return Details(*scopes.still_there(row))


@dataclass(frozen=True, slots=True)
class KnownAgency:
    """An agency on the case. `shares` tells whether a consent to share is in force today; knowing alone shows nothing."""

    id: int
    version: int
    agency_id: int
    agency: str
    agency_phone: str
    signed_on: date | None
    contact_name: str
    contact_phone: str
    does: str
    known_on: date
    person_aware_on: date | None
    ended_at: datetime | None
    shares: bool
    full_plan: bool


_shares = (ConsentGrant.case_id == CaseAgency.case_id, ConsentGrant.agency_id == CaseAgency.agency_id)

_AGENCIES = (
    select(
        CaseAgency.id,
        CaseAgency.version,
        CaseAgency.agency_id,
        Agency.name,
        Agency.phone,
        Agency.protocols_signed_on,
        CaseAgency.contact_name,
        CaseAgency.contact_phone,
        CaseAgency.does,
        CaseAgency.known_on,
        CaseAgency.person_aware_on,
        CaseAgency.ended_at,
        exists().where(*_shares, scopes.in_force()).correlate(CaseAgency).label("shares"),
        exists()
        .where(*_shares, scopes.in_force(), ConsentGrant.full_plan)
        .correlate(CaseAgency)
        .label("full_plan"),
    )
    .join(Agency, Agency.id == CaseAgency.agency_id)
    .join(Case, Case.id == CaseAgency.case_id)
    .where(CaseAgency.case_id == CASE_ID, scopes.SEES_ALL)
    .order_by(CaseAgency.ended_at.is_not(None), Agency.name)
)


def agencies(case: CaseFile, *, viewer: Viewer) -> list[KnownAgency]:
    """The agencies known to work with the person, those that no longer do last."""
    rows = db.session.execute(_AGENCIES, scopes.binds(viewer) | {"case_id": case.id})
    return [KnownAgency(*row[:12], bool(row.shares), bool(row.full_plan)) for row in rows]


def agency_choices(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """Agencies that could be put on the case: live, not the lead, not there already."""
    there = select(CaseAgency.agency_id).where(CaseAgency.case_id == case.id, CaseAgency.ended_at.is_(None))
    rows = db.session.execute(
        select(Agency.id, Agency.name)
        .where(Agency.active, Agency.id != case.lead_agency_id, Agency.id.not_in(there))
        .order_by(Agency.name)
    )
    return [tuple(row) for row in rows]


def closed_case_of(person_id: int, *, viewer: Viewer) -> str | None:
    """The reference of the person's last closed case that the viewer could reopen instead of opening a new one."""
    return db.session.scalar(
        select(Case.reference)
        .where(Case.person_id == person_id, Case.closed_at.is_not(None), scopes.SEES_ALL)
        .order_by(Case.episode.desc())
        .limit(1),
        scopes.binds(viewer),
    )


def open_case_of(person_id: int, *, viewer: Viewer) -> str | None:
    """The reference of the person's open case, where the viewer may know of it."""
    return db.session.scalar(
        select(Case.reference).where(Case.person_id == person_id, Case.closed_at.is_(None), scopes.SEES_CASE),
        scopes.binds(viewer),
    )
