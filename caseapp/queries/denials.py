"""Who may not know of a person, for those who answer for the case; and what an agency recorded about its own staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import (
    AccessDenial,
    AccessDenialStep,
    Agency,
    Case,
    CaseAgency,
    CaseAssignment,
    ConsentGrant,
    Person,
    PlanReview,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import former_leads, scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import DenialAct, DenialGround, Role

_PERSON_ID = bindparam("person_id", type_=Id)
_CASE_ID = bindparam("case_id", type_=Id)
_By = aliased(User, name="denial_by")
_SetBy = aliased(Agency, name="denial_set_by")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a denial's history."""

    at: datetime
    by: str
    act: DenialAct
    text: str


@dataclass(frozen=True, slots=True)
class Denial:
    """Somebody who may not know of the person, or might not."""

    id: int
    version: int
    user_id: int
    name: str
    agency_id: int
    agency: str
    set_by_agency_id: int
    ground: DenialGround
    set_at: datetime
    looked_at: datetime
    ended_at: datetime | None
    by_reference: bool
    #: The plan was reviewed since somebody last said that it is still needed.
    due: bool
    #: Recorded while another agency led, which keeps to itself why.
    before: bool
    set_by_agency: str
    steps: tuple[Step, ...] = ()


_COLUMNS = (
    AccessDenial.id,
    AccessDenial.version,
    AccessDenial.user_id,
    User.name,
    AccessDenial.agency_id,
    Agency.name.label("agency"),
    AccessDenial.set_by_agency_id,
    AccessDenial.ground,
    AccessDenial.set_at,
    AccessDenial.looked_at,
    AccessDenial.ended_at,
    (AccessDenial.reference != "").label("by_reference"),
)
_REVIEWED = (
    select(func.max(PlanReview.recorded_at))
    .where(PlanReview.case_id == Case.id)
    .correlate(Case)
    .scalar_subquery()
)
_OF_CASE = (
    select(
        *_COLUMNS,
        and_(AccessDenial.ended_at.is_(None), AccessDenial.looked_at < _REVIEWED).label("due"),
        not_(former_leads.DENIAL_IN_OUR_WORDS).label("before"),
        _SetBy.name.label("set_by_agency"),
    )
    .select_from(AccessDenial)
    .join(Case, Case.person_id == AccessDenial.person_id)
    .join(User, User.id == AccessDenial.user_id)
    .join(Agency, Agency.id == AccessDenial.agency_id)
    .join(_SetBy, _SetBy.id == AccessDenial.set_by_agency_id)
    .where(Case.id == _CASE_ID, scopes.SEES_ALL, former_leads.DENIALS_OF_OUR_TIME)
    .order_by(AccessDenial.ended_at.is_not(None), AccessDenial.set_at.desc(), AccessDenial.id.desc())
)
_STEPS = (
    select(
        AccessDenialStep.denial_id,
        AccessDenialStep.at,
        _By.name,
        AccessDenialStep.act,
        AccessDenialStep.text,
    )
    .join(AccessDenial, AccessDenial.id == AccessDenialStep.denial_id)
    .join(_By, _By.id == AccessDenialStep.user_id)
    .join(Case, Case.person_id == AccessDenial.person_id)
    .where(Case.id == _CASE_ID, scopes.SEES_ALL, former_leads.DENIAL_STEPS_OF_OUR_TIME)
    .order_by(AccessDenialStep.at, AccessDenialStep.id)
)


def of_case(case: CaseFile, *, viewer: Viewer) -> list[Denial]:
    """Those who stand first, then those that have ended; each with its history. A denial goes on protecting under the next
    lead agency, which reads who and on what ground; why, and what ended before, stays with the one that recorded it."""
    values = scopes.binds(viewer) | {"case_id": case.id}
    steps: dict[int, list[Step]] = {}
    for row in read(_STEPS, values):
        steps.setdefault(row[0], []).append(Step(*row[1:]))
    return [
        Denial(*row[:11], bool(row[11]), bool(row[12]), bool(row[13]), row[14], tuple(steps.get(row[0], ())))
        for row in read(_OF_CASE, values)
    ]


_STANDING = (
    select(func.count())
    .select_from(AccessDenial)
    .join(Case, Case.person_id == AccessDenial.person_id)
    .where(Case.id == _CASE_ID, AccessDenial.ended_at.is_(None), scopes.SEES_ALL)
)


def standing(case: CaseFile, *, viewer: Viewer) -> int:
    """How many may not know of this case."""
    return read(_STANDING, scopes.binds(viewer) | {"case_id": case.id}).scalar()


_Lead = aliased(Case, name="denial_lead")
_ON_CASE = or_(
    exists().where(CaseAgency.case_id == _CASE_ID, CaseAgency.agency_id == User.agency_id),
    exists().where(ConsentGrant.case_id == _CASE_ID, ConsentGrant.agency_id == User.agency_id),
    exists().where(_Lead.id == _CASE_ID, _Lead.lead_agency_id == User.agency_id),
)
_MEMBERS = (
    select(User.id, User.name, Agency.name.label("agency"))
    .join(Agency, Agency.id == User.agency_id)
    .where(User.disabled_at.is_(None))
    .order_by(Agency.name, User.name)
    .limit(1000)
)
_OF_AGENCIES = _MEMBERS.where(
    _ON_CASE,
    ~exists()
    .where(
        AccessDenial.user_id == User.id,
        AccessDenial.person_id == _PERSON_ID,
        AccessDenial.ended_at.is_(None),
    )
    .correlate(User),
    ~exists()
    .where(
        CaseAssignment.case_id == _CASE_ID,
        CaseAssignment.user_id == User.id,
        CaseAssignment.to_at.is_(None),
    )
    .correlate(User),
)
_OWN = _MEMBERS.where(User.agency_id == scopes.VIEWER_AGENCY, User.id != scopes.VIEWER_USER)
_MANAGERS = _MEMBERS.where(
    User.agency_id == bindparam("lead_agency_id", type_=Id),
    User.roles.op("&")(int(Role.LINE_MANAGER)) != 0,
    ~exists()
    .where(
        AccessDenial.user_id == User.id,
        AccessDenial.person_id == _PERSON_ID,
        AccessDenial.ended_at.is_(None),
    )
    .correlate(User),
)


def members(case: CaseFile) -> list[tuple[int, str]]:
    """Whom one may name on this case: staff of the lead agency and of the agencies on it, who have no part in it."""
    rows = read(_OF_AGENCIES, {"case_id": case.id, "person_id": case.person_id})
    return [(row.id, f"{row.name}, {row.agency}") for row in rows]


def line_managers(case: CaseFile) -> list[tuple[int, str]]:
    """Line managers of the lead agency who may know of the person."""
    rows = read(_MANAGERS, {"lead_agency_id": case.lead_agency_id, "person_id": case.person_id})
    return [(row.id, row.name) for row in rows]


def own_staff(*, viewer: Viewer) -> list[tuple[int, str]]:
    """The viewer's colleagues, whom they may shut out of a case by its reference."""
    return [
        (row.id, row.name)
        for row in read(_OWN, {"viewer_agency": viewer.agency_id, "viewer_user": viewer.user_id})
    ]


@dataclass(frozen=True, slots=True)
class OwnDenial:
    """What the agency recorded about its own staff, by the reference that was typed. Nothing here tells whether a case
    has it; the name stands only where the viewer sees the case anyway."""

    id: int
    version: int
    name: str
    reference: str
    ground: DenialGround
    reason: str
    set_at: datetime
    by: str
    ended_at: datetime | None
    person: str


_THEIRS = (
    select(
        AccessDenial.id,
        AccessDenial.version,
        User.name,
        AccessDenial.reference,
        AccessDenial.ground,
        AccessDenial.reason,
        AccessDenial.set_at,
        _By.name.label("by"),
        AccessDenial.ended_at,
        Person.given_name,
        Person.family_name,
    )
    .select_from(AccessDenial)
    .join(User, User.id == AccessDenial.user_id)
    .join(_By, _By.id == AccessDenial.set_by_id)
    .outerjoin(Case, and_(Case.reference == AccessDenial.reference, scopes.SEES_CASE))
    .outerjoin(Person, Person.id == Case.person_id)
    .where(
        AccessDenial.set_by_agency_id == scopes.VIEWER_AGENCY,
        AccessDenial.reference != "",
        AccessDenial.user_id != scopes.VIEWER_USER,
        or_(AccessDenial.person_id.is_(None), scopes.not_denied(AccessDenial.person_id)),
    )
    .order_by(AccessDenial.ended_at.is_not(None), AccessDenial.set_at.desc(), AccessDenial.id.desc())
    .limit(500)
)
_ONE_OF_THEIRS = _THEIRS.where(AccessDenial.id == bindparam("denial_id", type_=Id))


def of_own_staff(*, viewer: Viewer) -> list[OwnDenial]:
    """What was recorded by reference; never about the viewer, nor about a person of whom they may not know."""
    return [_own(row) for row in read(_THEIRS, scopes.binds(viewer))]


def one_of_own_staff(denial_id: int, *, viewer: Viewer) -> OwnDenial | None:
    """One of them."""
    row = read(_ONE_OF_THEIRS, scopes.binds(viewer) | {"denial_id": denial_id}).first()
    return row and _own(row)


def _own(row) -> OwnDenial:
    return OwnDenial(*row[:9], f"{row[9] or ''} {row[10] or ''}".strip())
