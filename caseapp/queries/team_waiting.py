"""What waits for a line manager: cases without a worker (S3-5), issues and agencies that are silent (S3-18)."""

from dataclasses import dataclass
from datetime import time

from sqlalchemy import Integer, bindparam, func, select

from caseapp import clock, working_days
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Agency,
    Case,
    Person,
    PlanIssue,
)
from caseapp.models.base import UTC
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.team import MANAGED
from caseapp.vocabulary import ActionStatus, CaseStatus

_SINCE = bindparam("since", type_=UTC)
_MOST = bindparam("most", type_=Integer())


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for the manager."""

    case_id: int
    reference: str
    person: str
    what: str
    when: str
    late: bool


@dataclass(frozen=True, slots=True)
class Silent:
    """An agency that has not answered what it was asked: how many actions, the oldest in working days."""

    agency: str
    actions: int
    oldest: int


_ALLOCATE = (
    select(Case.id, Case.reference, Person.given_name, Person.family_name, Case.opened_at)
    .join(Person, Person.id == Case.person_id)
    .where(MANAGED, Case.status == CaseStatus.ALLOCATION)
    .order_by(Case.opened_at)
    .limit(_MOST)
)
_TO_ALLOCATE = select(func.count(Case.id)).where(MANAGED, Case.status == CaseStatus.ALLOCATION)
_ISSUES = (
    select(
        Case.id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Agency.name.label("agency"),
        PlanIssue.raised_at,
    )
    .join(Case, Case.id == PlanIssue.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(Agency, Agency.id == PlanIssue.agency_id)
    .where(MANAGED, PlanIssue.answered_at.is_(None), PlanIssue.raised_at < _SINCE)
    .order_by(PlanIssue.raised_at)
    .limit(_MOST)
)
_SILENT = (
    select(Agency.name, func.count(Action.id), func.min(Action.asked_at))
    .join(Case, Case.id == Action.case_id)
    .join(Agency, Agency.id == Action.owner_agency_id)
    .where(
        MANAGED,
        Action.owner_agency_id != Case.lead_agency_id,
        Action.status == ActionStatus.REQUESTED,
        Action.asked_at < _SINCE,
    )
    .group_by(Agency.id, Agency.name)
    .order_by(func.min(Action.asked_at))
    .limit(_MOST)
)


def to_allocate(*, viewer: Viewer, limit: int = 5) -> tuple[int, list[Waiting]]:
    """Cases that wait for a worker (S3-5): how many, and those that have waited longest."""
    values = scopes.binds(viewer) | {"most": limit}
    count = read(_TO_ALLOCATE, values).scalar()
    found = []
    for row in read(_ALLOCATE, values):
        days = (clock.today() - clock.local_day(row.opened_at)).days
        found.append(Waiting(*_who(row), "Waiting for a worker", _since(days), days > 14))
    return count, found


def late_issues(*, viewer: Viewer, limits: dict, limit: int = 5) -> list[Waiting]:
    """Issues on plans of the agency that nobody answered within its limit in working days (S3-18), oldest first."""
    calendar, most = limits["working_day_calendar"], limits["issue_answer_working_days"]
    today = clock.today()
    found = []
    values = scopes.binds(viewer) | {"since": _limit(most, calendar), "most": limit}
    for row in read(_ISSUES, values):
        held = working_days.working_days_between(clock.local_day(row.raised_at), today, calendar)
        if held > most:
            found.append(
                Waiting(*_who(row), f"An issue raised by {row.agency}", f"waits {held} working days", True)
            )
    return found


def silent_agencies(*, viewer: Viewer, limits: dict, limit: int = 10) -> list[Silent]:
    """Agencies that were asked to do something and have answered neither yes nor no for longer than the agency's limit
    for issues, in working days."""
    calendar, most = limits["working_day_calendar"], limits["issue_answer_working_days"]
    values = scopes.binds(viewer) | {"since": _limit(most, calendar), "most": limit}
    today = clock.today()
    return [
        Silent(name, count, working_days.working_days_between(clock.local_day(oldest), today, calendar))
        for name, count, oldest in read(_SILENT, values)
    ]


def _limit(most: int, calendar: str):
    """The moment before which something asked has waited longer than so many working days."""
    first = working_days.add_working_days(clock.today(), -most, calendar)
    return clock.at_local(first, time())


def _since(days: int) -> str:
    return "opened today" if days == 0 else f"for {days} day{'' if days == 1 else 's'}"


def _who(row):
    return row.id, row.reference, f"{row.given_name} {row.family_name}".strip()
