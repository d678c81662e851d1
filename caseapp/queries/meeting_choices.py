"""Who can be asked to a meeting: the lead agency and the agencies with consent in force, with their staff; and, so that
nobody wonders, those of the case that cannot."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, exists, or_, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Agency,
    Attendee,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    Meeting,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import COORDINATES, MeetingFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.vocabulary import OPEN_ACTIONS, AgencyKind, AttendeeKind


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agency that can be invited: its workers as (id, name), how far it sees the plan, until when."""

    id: int
    name: str
    kind: AgencyKind
    lead: bool
    full_plan: bool
    until: date | None
    workers: tuple[tuple[int, str], ...]
    actions: int = 0

    def ends_before(self, day: date | None) -> bool:
        """Its consent ends before the meeting."""
        return bool(day and self.until and self.until < day)


_CASE_ID = bindparam("case_id", type_=Id)
_TODAY = bindparam("today", type_=scopes.TODAY.type)
_OPEN_ACTION = exists().where(
    Action.case_id == _CASE_ID,
    Action.owner_agency_id == Agency.id,
    Action.status.in_(sorted(OPEN_ACTIONS)),
)
_OF_CASE = (
    select(
        Agency.id,
        Agency.name,
        Agency.kind,
        (Agency.id == Case.lead_agency_id).label("lead"),
        ConsentGrant.full_plan,
        ConsentGrant.expires_on,
        _OPEN_ACTION.label("acts"),
    )
    .select_from(Case)
    .join(Agency, Agency.active.is_(True))
    .outerjoin(
        ConsentGrant,
        and_(
            ConsentGrant.case_id == Case.id,
            ConsentGrant.agency_id == Agency.id,
            scopes.in_force(ConsentGrant, _TODAY),
        ),
    )
    .where(
        Case.id == _CASE_ID,
        or_(Agency.id == Case.lead_agency_id, ConsentGrant.id.is_not(None)),
        ~exists().where(
            ConsentExclusion.case_id == Case.id,
            ConsentExclusion.agency_id == Agency.id,
            ConsentExclusion.lifted_at.is_(None),
        ),
    )
    .order_by(Agency.name)
)
_EVERY = select(Agency.id, Agency.name, Agency.kind).where(Agency.active).order_by(Agency.name)
_roles = User.roles.op("&")
_STAFF = (
    select(User.agency_id, User.id, User.name)
    .where(User.disabled_at.is_(None), _roles(int(PRACTISES | COORDINATES)) != 0)
    .order_by(User.name)
)


def candidates(meeting: MeetingFile, *, viewer: Viewer) -> list[Candidate]:
    """Agencies that can be invited; the lead agency first. For a group meeting every live agency."""
    staff: dict[int, list] = {}
    for agency_id, user_id, name in read(_STAFF, {}):
        staff.setdefault(agency_id, []).append((user_id, name))
    if meeting.case is None:
        return [
            Candidate(
                row[0], row[1], row[2], row[0] == meeting.agency_id, False, None, tuple(staff.get(row[0], ()))
            )
            for row in read(_EVERY, {})
        ]
    rows = read(_OF_CASE, {"case_id": meeting.case.id, "today": clock.today()})
    found = [
        Candidate(
            row[0],
            row[1],
            row[2],
            bool(row[3]),
            bool(row[4]),
            row[5],
            tuple(staff.get(row[0], ())),
            int(row[6]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.lead)


@dataclass(frozen=True, slots=True)
class Barred:
    """An agency of the case that cannot be invited, and why."""

    id: int
    name: str
    why: str


_BARRED = (
    select(
        Agency.id,
        Agency.name,
        exists()
        .where(
            ConsentExclusion.case_id == _CASE_ID,
            ConsentExclusion.agency_id == Agency.id,
            ConsentExclusion.lifted_at.is_(None),
        )
        .label("excluded"),
    )
    .join(CaseAgency, CaseAgency.agency_id == Agency.id)
    .join(Case, Case.id == CaseAgency.case_id)
    .where(
        CaseAgency.case_id == _CASE_ID,
        CaseAgency.ended_at.is_(None),
        Agency.id != Case.lead_agency_id,
        ~exists().where(
            ConsentGrant.case_id == _CASE_ID,
            ConsentGrant.agency_id == Agency.id,
            scopes.in_force(ConsentGrant, _TODAY),
        ),
    )
    .order_by(Agency.name)
)


def barred(meeting: MeetingFile) -> list[Barred]:
    """Agencies known on the case that cannot be invited; for those who call the meeting."""
    if meeting.case is None or not meeting.hosts:
        return []
    rows = read(_BARRED, {"case_id": meeting.case.id, "today": clock.today()})
    return [Barred(row[0], row[1], "never to be told" if row[2] else "no consent in force") for row in rows]


_LOST = (
    select(Agency.name)
    .join(Attendee, Attendee.agency_id == Agency.id)
    .join(Meeting, Meeting.id == Attendee.meeting_id)
    .join(Case, Case.id == Meeting.case_id)
    .where(
        Attendee.meeting_id == bindparam("meeting_id", type_=Id),
        Attendee.kind == AttendeeKind.AGENCY,
        Attendee.removed_at.is_(None),
        Agency.id != Case.lead_agency_id,
        ~exists().where(
            ConsentGrant.case_id == Case.id,
            ConsentGrant.agency_id == Agency.id,
            scopes.in_force(ConsentGrant, _TODAY),
        ),
    )
    .distinct()
    .order_by(Agency.name)
)


def without_consent_now(meeting: MeetingFile) -> list[str]:
    """Agencies at the table whose consent has ended since they were invited (F5): they see nothing of it any more."""
    if meeting.case is None or not meeting.hosts:
        return []
    return [row[0] for row in read(_LOST, {"meeting_id": meeting.id, "today": clock.today()})]


_COLLEAGUES = (
    select(User.id, User.name)
    .where(User.agency_id == scopes.VIEWER_AGENCY, User.disabled_at.is_(None), _roles(int(PRACTISES)) != 0)
    .order_by(User.name)
)


def colleagues(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Who of the viewer's agency can go instead, as (id, name)."""
    return [(row[0], row[1]) for row in read(_COLLEAGUES, {"viewer_agency": viewer.agency_id})]
