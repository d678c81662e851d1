"""The cases that one worker carries as case manager or key worker, with what needs doing in each.

The rows are the viewer's own cases, or, for the line manager of the same agency, those of one worker. The select begins
at the assignments of that worker, so that it costs the same in an agency with many cases. `limits` are the agency's
settings (queries.settings.values), read once for a page.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Date, Integer, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, working_days
from caseapp.extensions import read
from caseapp.models import (
    Action,
    CarePlan,
    Case,
    CaseAgency,
    CaseAssignment,
    CaseNote,
    ConsentGrant,
    Person,
    PlanIssue,
    User,
)
from caseapp.models.base import UTC, Id
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries import typed_words
from caseapp.vocabulary import OPEN_ACTIONS, UNDER_WAY, ActionStatus, CaseStatus, ConsentKind, ConsentStatus

#: What a case may need; the labels stand in the filter and, with a number, over the list.
NEEDS = {
    "review": "A review, late or soon",
    "consent": "Consent, missing or ending",
    "issue": "An answer to an issue",
    "others": "Others’ actions that are late",
    "unanswered": "Answers of agencies",
    "contact": "Contact",
}

_WORKER = bindparam("worker_id", type_=Id)
_REVIEW_BY = bindparam("review_by", type_=Date())
_CONSENT_BY = bindparam("consent_by", type_=Date())
_CONTACT_SINCE = bindparam("contact_since", type_=UTC)

_HELD = Case.id.in_(
    select(CaseAssignment.case_id).where(CaseAssignment.user_id == _WORKER, CaseAssignment.to_at.is_(None))
)
#: of whom the viewer sees all: their own, or as the line manager of the lead agency
CARRIED = and_(_HELD, scopes.SEES_ALL)


def _actions(*where):
    return (
        select(func.count())
        .select_from(Action)
        .where(Action.case_id == Case.id, *where)
        .correlate(Case)
        .scalar_subquery()
    )


_LATE = and_(Action.status.in_(UNDER_WAY), Action.due_on < scopes.TODAY)
OF_OTHERS = and_(_LATE, Action.owner_agency_id.is_not(None), Action.owner_agency_id != Case.lead_agency_id)
_LAST_CONTACT = (
    select(func.max(CaseNote.happened_at))
    .where(CaseNote.case_id == Case.id)
    .correlate(Case)
    .scalar_subquery()
)
_LAST_LOOKED_FOR = func.coalesce(_LAST_CONTACT, Case.opened_at)

_Grant = aliased(ConsentGrant, name="caseload_grant")
_GRANT_HOLDS = (
    select(_Grant.id)
    .where(_Grant.case_id == Case.id, _Grant.agency_id == Action.owner_agency_id, scopes.in_force(_Grant))
    .correlate(Case, Action)
    .exists()
)
_CONSENT_MISSING = (
    select(Action.id)
    .where(
        Action.case_id == Case.id,
        Action.owner_agency_id.is_not(None),
        Action.owner_agency_id != Case.lead_agency_id,
        Action.status.in_(OPEN_ACTIONS),
        ~_GRANT_HOLDS,
    )
    .correlate(Case)
    .exists()
)
_CONSENT_ENDING = (
    select(ConsentGrant.id)
    .where(
        ConsentGrant.case_id == Case.id,
        ConsentGrant.kind == ConsentKind.INFORMATION_SHARING,
        ConsentGrant.status == ConsentStatus.ACTIVE,
        ConsentGrant.expires_on >= scopes.TODAY,
        ConsentGrant.expires_on <= _CONSENT_BY,
    )
    .correlate(Case)
    .exists()
)
_ISSUE_OPEN = (
    select(PlanIssue.id)
    .where(PlanIssue.case_id == Case.id, PlanIssue.answered_at.is_(None))
    .correlate(Case)
    .exists()
)


def _some_action(*where):
    return select(Action.id).where(Action.case_id == Case.id, *where).correlate(Case).exists()


_NEEDS = {
    "review": CarePlan.next_review_on <= _REVIEW_BY,
    "consent": or_(_CONSENT_MISSING, _CONSENT_ENDING),
    "issue": _ISSUE_OPEN,
    "others": _some_action(OF_OTHERS),
    "unanswered": _some_action(
        Action.status == ActionStatus.REQUESTED, Action.owner_agency_id != Case.lead_agency_id
    ),
    "contact": _LAST_LOOKED_FOR < _CONTACT_SINCE,
}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of the list; counts are of actions."""

    id: int
    reference: str
    person_id: int
    person: str
    status: CaseStatus
    review_on: date | None
    review_when: str
    review_late: bool
    review_soon: bool
    agencies: int
    open: int
    late: int
    unanswered: int
    active_at: datetime
    contact_at: datetime | None


@dataclass(frozen=True, slots=True)
class Summary:
    """How many open cases there are, and how many of them need each thing; each number is the rows its filter shows."""

    cases: int
    needs: dict[str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    status: str = "open"
    needs: str = ""
    words: str = ""

    @property
    def shape(self) -> "Wanted":
        """What of this stands in the statement; the words are its values."""
        return replace(self, words=typed_words.shape(self.words))


_OPEN_ACTIONS = _actions(Action.status.in_(OPEN_ACTIONS)).label("open_actions")
_LATE_ACTIONS = _actions(_LATE).label("late_actions")
_UNANSWERED = _actions(Action.status == ActionStatus.REQUESTED).label("unanswered")

_LIST = (
    select(
        Case.id,
        Case.reference,
        Case.person_id,
        Person.given_name,
        Person.family_name,
        Case.status,
        CarePlan.next_review_on,
        select(func.count())
        .select_from(CaseAgency)
        .where(CaseAgency.case_id == Case.id, CaseAgency.ended_at.is_(None))
        .correlate(Case)
        .scalar_subquery()
        .label("agencies"),
        _OPEN_ACTIONS,
        _LATE_ACTIONS,
        _UNANSWERED,
        Case.last_activity_at,
        _LAST_CONTACT.label("contact_at"),
    )
    .join(Person, Person.id == Case.person_id)
    .outerjoin(CarePlan, CarePlan.case_id == Case.id)
    .where(CARRIED)
)
_SORTS = {
    "person": (Person.family_name, Person.given_name),
    "status": (Case.status,),
    "review": (CarePlan.next_review_on,),
    "late": (_LATE_ACTIONS,),
    "unanswered": (_UNANSWERED,),
    "open": (_OPEN_ACTIONS,),
    "active": (Case.last_activity_at,),
    "contact": (_LAST_CONTACT,),
}


def bound(viewer: Viewer, worker_id: int, limits: dict) -> dict:
    """The values behind every statement about the cases that a worker carries."""
    today = clock.today()
    return scopes.binds(viewer, today) | {
        "worker_id": worker_id,
        "review_by": today + timedelta(days=limits["review_reminder_days"]),
        "consent_by": today + timedelta(days=limits["consent_warning_days"]),
        "contact_since": clock.now() - timedelta(days=limits["non_attendance_days"]),
    }


def _narrowed(statement, shape: Wanted):
    if shape.status == "open":
        statement = statement.where(Case.closed_at.is_(None))
    elif shape.status == "closed":
        statement = statement.where(Case.closed_at.is_not(None))
    elif shape.status != "all":
        statement = statement.where(Case.status == CaseStatus(shape.status))
    if shape.needs:
        statement = statement.where(_NEEDS[shape.needs], Case.closed_at.is_(None))
    words, _ = typed_words.holding(
        shape.words, Person.given_name, Person.family_name, Person.known_as, Case.reference
    )
    return statement.where(*words)


@lru_cache(64)
def _rows(shape: Wanted, order: str, descending: bool):
    keys = _SORTS[order]
    ordered = [keys[0].is_(None), *(key.desc() if descending else key for key in keys), Case.id]
    page = _narrowed(_LIST, shape).order_by(*ordered)
    return page.offset(bindparam("offset", type_=Integer())).limit(bindparam("most", type_=Integer()))


def rows(
    wanted: Wanted,
    *,
    viewer: Viewer,
    limits: dict,
    worker_id: int | None = None,
    order: str = "review",
    descending: bool = False,
    offset: int = 0,
    limit: int = 25,
) -> list[CaseRow]:
    """The cases, by `order` (a key of _SORTS); what has no value comes last in both directions."""
    values = bound(viewer, worker_id or viewer.user_id, limits) | typed_words.values(wanted.words)
    values |= {"offset": offset, "most": limit}
    return [_row(row, limits) for row in read(_rows(wanted.shape, order, descending), values)]


_COUNT = (
    select(func.count(Case.id))
    .join(Person, Person.id == Case.person_id)
    .outerjoin(CarePlan, CarePlan.case_id == Case.id)
    .where(CARRIED)
)


@lru_cache(64)
def _total(shape: Wanted):
    return _narrowed(_COUNT, shape)


def total(wanted: Wanted, *, viewer: Viewer, limits: dict, worker_id: int | None = None) -> int:
    """How many rows there are in all."""
    values = bound(viewer, worker_id or viewer.user_id, limits) | typed_words.values(wanted.words)
    return read(_total(wanted.shape), values).scalar()


def _one(condition):
    return case((condition, 1), else_=0)


_SUMMARY = (
    select(func.count(Case.id), *(func.coalesce(func.sum(_one(need)), 0) for need in _NEEDS.values()))
    .outerjoin(CarePlan, CarePlan.case_id == Case.id)
    .where(CARRIED, Case.closed_at.is_(None))
)


def summary(*, viewer: Viewer, limits: dict, worker_id: int | None = None) -> Summary:
    """What needs doing in the open cases; one statement."""
    row = read(_SUMMARY, bound(viewer, worker_id or viewer.user_id, limits)).one()
    return Summary(row[0], dict(zip(_NEEDS, row[1:], strict=True)))


def _row(row, limits) -> CaseRow:
    today = clock.today()
    review = row.next_review_on
    return CaseRow(
        row.id,
        row.reference,
        row.person_id,
        f"{row.given_name} {row.family_name}".strip(),
        row.status,
        review,
        working_days.in_words(review, today, limits["working_day_calendar"]) if review else "",
        review is not None and review < today,
        review is not None and today <= review <= today + timedelta(days=limits["review_reminder_days"]),
        row.agencies,
        row.open_actions,
        row.late_actions,
        row.unanswered,
        row.last_activity_at,
        row.contact_at,
    )


_COLLEAGUE = select(User.id, User.name, User.agency_id).where(
    User.id == bindparam("user_id", type_=Id), User.agency_id == scopes.VIEWER_AGENCY
)


def worker(user_id: int, *, viewer: Viewer):
    """(id, name) of a member of the viewer's own agency, or None."""
    return read(_COLLEAGUE, {"user_id": user_id, "viewer_agency": viewer.agency_id}).first()
