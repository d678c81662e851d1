"""What waits for a case manager, by name: issues without an answer, and what other agencies have not done in time."""

from dataclasses import dataclass

from sqlalchemy import Integer, bindparam, select

from caseapp import clock, working_days
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Agency,
    Case,
    Person,
    PlanIssue,
)
from caseapp.policy.viewer import Viewer
from caseapp.queries.caseload import CARRIED, OF_OTHERS, bound


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for the case manager: where, whose, what, since when in working days."""

    case_id: int
    reference: str
    person: str
    agency: str
    what: str
    when: str
    late: bool


_MOST = bindparam("most", type_=Integer())
_OPEN_ISSUES = (
    select(
        Case.id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Agency.name.label("agency"),
        PlanIssue.text.label("what"),
        PlanIssue.raised_at,
    )
    .join(Case, Case.id == PlanIssue.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(Agency, Agency.id == PlanIssue.agency_id)
    .where(CARRIED, Case.closed_at.is_(None), PlanIssue.answered_at.is_(None))
    .order_by(PlanIssue.raised_at)
    .limit(_MOST)
)
_OVERDUE_OF_OTHERS = (
    select(
        Case.id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Agency.name.label("agency"),
        Action.what,
        Action.due_on,
    )
    .join(Case, Case.id == Action.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(Agency, Agency.id == Action.owner_agency_id)
    .where(CARRIED, Case.closed_at.is_(None), OF_OTHERS)
    .order_by(Action.due_on, Action.id)
    .limit(_MOST)
)


def open_issues(
    *, viewer: Viewer, limits: dict, worker_id: int | None = None, limit: int = 5
) -> list[Waiting]:
    """Issues on the plan that nobody has answered, oldest first; late beyond the agency's limit (S3-18)."""
    calendar, most = limits["working_day_calendar"], limits["issue_answer_working_days"]
    today = clock.today()
    found = []
    for row in read(_OPEN_ISSUES, bound(viewer, worker_id or viewer.user_id, limits) | {"most": limit}):
        held = working_days.working_days_between(clock.local_day(row.raised_at), today, calendar)
        words = "raised today" if held <= 0 else f"waits {held} working day{'' if held == 1 else 's'}"
        found.append(Waiting(*_who(row), row.agency, row.what, words, held > most))
    return found


def overdue_of_others(
    *, viewer: Viewer, limits: dict, worker_id: int | None = None, limit: int = 5
) -> list[Waiting]:
    """Actions of other agencies that are past their day, oldest first."""
    return [
        Waiting(
            *_who(row),
            row.agency,
            row.what,
            working_days.in_words(row.due_on, clock.today(), limits["working_day_calendar"]),
            True,
        )
        for row in read(
            _OVERDUE_OF_OTHERS, bound(viewer, worker_id or viewer.user_id, limits) | {"most": limit}
        )
    ]


def _who(row):
    return row.id, row.reference, f"{row.given_name} {row.family_name}".strip()
