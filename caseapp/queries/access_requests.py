"""Requests to be let into a case: one's own, and those that wait for who answers for a case."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, exists, or_, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import AccessRequest, Agency, Case, CaseAssignment, ConsentGrant, Person, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.former_leads import REQUESTS_OF_OUR_TIME
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import RequestOutcome

#: Answers for the case: its case manager, or a line manager of the lead agency (policy.rules).
ANSWERS = and_(
    scopes.SEES_ALL,
    or_(
        scopes.VIEWER_MANAGES,
        exists()
        .where(
            case_manager.of_case(),
            CaseAssignment.user_id == scopes.VIEWER_USER,
        )
        .correlate(Case),
    ),
)


@dataclass(frozen=True, slots=True)
class Own:
    """A request as whoever asked reads it. `whom` is what they typed, or the person of a case that they see."""

    id: int
    whom: str
    reference: str | None
    purpose: str
    asked_at: datetime
    needed_until: date
    lapses_on: date
    status: str
    answer: str
    waits: bool


_OWN = (
    select(
        AccessRequest.id,
        AccessRequest.sought,
        AccessRequest.purpose,
        AccessRequest.asked_at,
        AccessRequest.needed_until,
        AccessRequest.lapses_on,
        AccessRequest.outcome,
        AccessRequest.answer,
        Case.reference,
        Person.given_name,
        Person.family_name,
    )
    .select_from(AccessRequest)
    .outerjoin(Case, and_(Case.id == AccessRequest.case_id, scopes.SEES_CASE))
    .outerjoin(Person, Person.id == Case.person_id)
    .where(
        AccessRequest.asker_id == scopes.VIEWER_USER,
        or_(AccessRequest.sought != "", Case.id.is_not(None)),
    )
    .order_by(AccessRequest.asked_at.desc(), AccessRequest.id.desc())
    .limit(100)
)


def own(*, viewer: Viewer) -> list[Own]:
    """What the viewer asked. By name, only that it was sent, that it lapsed or was taken back, and that the case is open
    to them: what else was said about it would tell whether there is one."""
    today = clock.today()
    found = []
    for row in read(_OWN, scopes.binds(viewer)):
        by_name, seen = bool(row.sought), row.reference is not None
        waits = row.outcome is None or (by_name and row.outcome is RequestOutcome.REFUSED)
        lapsed = waits and row.lapses_on < today
        if row.outcome is RequestOutcome.WITHDRAWN:
            status = "Taken back"
        elif row.outcome is RequestOutcome.GRANTED or (by_name and seen):
            status, waits = "You have access", False
        elif row.outcome is RequestOutcome.REFUSED and not by_name:
            status = "Refused"
        else:
            status = "Lapsed without an answer" if lapsed else "Waits for an answer"
        if row.outcome is RequestOutcome.GRANTED and not seen:
            status = "Lapsed without an answer" if row.lapses_on < today else "Waits for an answer"
        found.append(
            Own(
                row.id,
                row.sought or f"{row.given_name} {row.family_name}".strip(),
                row.reference,
                row.purpose,
                row.asked_at,
                row.needed_until,
                row.lapses_on,
                status,
                row.answer if status in ("Refused", "You have access") else "",
                waits and not lapsed,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as those who answer for the case read it."""

    id: int
    version: int
    case_id: int
    reference: str
    person: str
    asker_id: int
    asker: str
    agency_id: int
    agency: str
    phone: str
    sought: str
    purpose: str
    needed_until: date
    permission: str
    asked_at: datetime
    lapses_on: date
    outcome: RequestOutcome | None
    decided_at: datetime | None
    answer: str
    colleague: bool
    consented: bool
    shut_out: bool

    @property
    def lapsed(self) -> bool:
        return self.outcome is None and self.lapses_on < clock.today()

    @property
    def waits(self) -> bool:
        return self.outcome is None and not self.lapsed

    @property
    def status(self) -> str:
        return "Lapsed" if self.lapsed else "Waits for your answer" if self.waits else self.outcome.label


_ASKED = (
    select(
        AccessRequest.id,
        AccessRequest.version,
        Case.id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        User.id,
        User.name,
        AccessRequest.agency_id,
        Agency.name,
        User.phone,
        AccessRequest.sought,
        AccessRequest.purpose,
        AccessRequest.needed_until,
        AccessRequest.permission,
        AccessRequest.asked_at,
        AccessRequest.lapses_on,
        AccessRequest.outcome,
        AccessRequest.decided_at,
        AccessRequest.answer,
        (AccessRequest.agency_id == Case.lead_agency_id).label("colleague"),
        exists()
        .where(
            ConsentGrant.case_id == Case.id,
            ConsentGrant.agency_id == AccessRequest.agency_id,
            scopes.in_force(),
        )
        .correlate(Case, AccessRequest)
        .label("consented"),
        scopes.denied(AccessRequest.asker_id, Case.person_id).label("shut_out"),
    )
    .select_from(AccessRequest)
    .join(Case, Case.id == AccessRequest.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(User, User.id == AccessRequest.asker_id)
    .join(Agency, Agency.id == AccessRequest.agency_id)
    .where(ANSWERS, REQUESTS_OF_OUR_TIME)
    .order_by(AccessRequest.decided_at.is_not(None), AccessRequest.asked_at.desc(), AccessRequest.id.desc())
    .limit(200)
)
_OF_CASE = _ASKED.where(Case.id == bindparam("case_id", type_=Id))
_WAITING = _ASKED.where(
    AccessRequest.decided_at.is_(None), AccessRequest.lapses_on >= scopes.TODAY, Case.closed_at.is_(None)
)


def to_answer(*, viewer: Viewer) -> list[Asked]:
    """What waits for the viewer's answer, on all cases for which they answer."""
    return [_asked(row) for row in read(_WAITING, scopes.binds(viewer))]


def of_case(case: CaseFile, *, viewer: Viewer) -> list[Asked]:
    """All that was asked about this case, what waits first."""
    return [_asked(row) for row in read(_OF_CASE, scopes.binds(viewer) | {"case_id": case.id})]


def _asked(row) -> Asked:
    return Asked(*row[:4], f"{row[4]} {row[5]}".strip(), *row[6:20], *(bool(one) for one in row[20:]))
