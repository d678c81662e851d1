"""A line manager's team: who carries how much, what is overdue (S0-23, S0-11).

The weight of a case says how much work it is, not only that it is one. In ordinary cases:

    0.4  for any open case
  + 0.15 for each high need and 0.05 for each medium need that the person wants help with, at most 0.6
  + 0.03 for each open action in the plan, at most 0.3
    all times 0.5 while the case is an enquiry or is being closed.

So a case with two high and two medium needs and eight open actions weighs 1.04. Whoever is case manager carries the
whole weight; a key worker beside a case manager carries half of it. A worker's load is the sum, in percent of what they
can carry: the agency's "workload of a full-time worker" (CFG-16; 20 to begin with) times the worker's own capacity.
Bands: Room below 95 %, Full to 100 %, Over above it, Too much from 110 %.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from sqlalchemy import Date, Float, and_, bindparam, case, cast, exists, func, or_, select, union_all

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import (
    Action,
    CarePlan,
    Case,
    CaseAssignment,
    Goal,
    Need,
    User,
)
from caseapp.models.base import UTC
from caseapp.models.plan import IS_OPEN
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    UNDER_WAY,
    ActionStatus,
    AssignmentRole,
    CaseStatus,
    NeedLevel,
    Role,
)

ENDED = (ActionStatus.COMPLETED, ActionStatus.NOT_COMPLETED, ActionStatus.CANCELLED, ActionStatus.DECLINED)
LIGHT = (CaseStatus.ENQUIRY, CaseStatus.CLOSING)
#: A team has no more workers than this on one page.
MOST = 300
WEEKS = 8

BASE, HIGH, MEDIUM, NEEDS_MOST, ACTION, ACTIONS_MOST, LIGHTER, BESIDE = (
    0.4,
    0.15,
    0.05,
    0.6,
    0.03,
    0.3,
    0.5,
    0.5,
)

_REVIEW_BY = bindparam("review_by", type_=Date())
MANAGED = and_(scopes.SEES_ALL, Case.closed_at.is_(None))


def _needs(level):
    return (
        select(func.count())
        .select_from(Need)
        .where(Need.case_id == Case.id, Need.level == level, Need.wants_help)
        .correlate(Case)
        .scalar_subquery()
    )


def _least(value, most):
    return case((value > most, most), else_=value)


_OPEN_ACTIONS = (
    select(func.count())
    .select_from(Action)
    .where(Action.case_id == Case.id, Action.status.in_(OPEN_ACTIONS))
    .correlate(Case)
    .scalar_subquery()
)
_FIGURES = (
    select(
        Case.id,
        Case.status,
        CarePlan.next_review_on,
        _needs(NeedLevel.HIGH).label("high"),
        _needs(NeedLevel.MEDIUM).label("medium"),
        _OPEN_ACTIONS.label("actions"),
        exists()
        .where(
            case_manager.of_case(),
        )
        .correlate(Case)
        .label("managed"),
    )
    .outerjoin(CarePlan, CarePlan.case_id == Case.id)
    .where(MANAGED)
    .cte("figures")
)
_WEIGHT = (
    BASE
    + _least(HIGH * _FIGURES.c.high + MEDIUM * _FIGURES.c.medium, NEEDS_MOST)
    + _least(ACTION * _FIGURES.c.actions, ACTIONS_MOST)
) * case((_FIGURES.c.status.in_(LIGHT), LIGHTER), else_=1.0)

# one row for each worker and case, however many roles the worker has in it
_HELD = (
    select(
        CaseAssignment.user_id,
        CaseAssignment.case_id,
        func.max(case((CaseAssignment.role == AssignmentRole.CASE_MANAGER, 1), else_=0)).label("manages"),
    )
    .where(CaseAssignment.to_at.is_(None), CaseAssignment.case_id.in_(select(_FIGURES.c.id)))
    .group_by(CaseAssignment.user_id, CaseAssignment.case_id)
    .cte("held")
)
_LOADS = (
    select(
        _HELD.c.user_id,
        func.count().label("cases"),
        func.sum(_HELD.c.manages).label("manages"),
        func.sum(
            cast(_WEIGHT, Float) * case((and_(_HELD.c.manages == 0, _FIGURES.c.managed), BESIDE), else_=1.0)
        ).label("weight"),
        func.sum(case((_FIGURES.c.next_review_on <= _REVIEW_BY, 1), else_=0)).label("reviews"),
    )
    .join(_FIGURES, _FIGURES.c.id == _HELD.c.case_id)
    .group_by(_HELD.c.user_id)
)
_WORKERS = (
    select(User.id, User.name, User.profession, User.capacity, User.roles, User.created_at)
    .where(
        User.agency_id == scopes.VIEWER_AGENCY,
        User.disabled_at.is_(None),
        User.roles.op("&")(int(Role.WORKER | Role.LINE_MANAGER)) != 0,
    )
    .order_by(User.name)
    .limit(MOST)
)
_OPEN_CASES = select(func.count(Case.id)).where(MANAGED)
_OURS = and_(Case.closed_at.is_(None), scopes.SEES_OWN_ACTION)
_OVERDUE = (
    select(Action.owner_user_id, func.count().label("overdue"))
    .join(Case, Case.id == Action.case_id)
    .join(Goal, Goal.id == Action.goal_id)
    .where(_OURS, IS_OPEN, Action.status.in_(UNDER_WAY), Action.due_on < scopes.TODAY)
    .group_by(Action.owner_user_id)
)


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker's load; `weight` in percent of what they can carry, None where their capacity is 0."""

    id: int
    name: str
    profession: str
    role: str
    cases: int
    weight: int | None
    band: str
    tag: str
    overdue: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Team:
    workers: list[Worker]
    #: overdue actions of the agency that have no worker, or one who has left
    overdue_of_nobody: int
    open_cases: int

    @property
    def overdue(self) -> int:
        return sum(worker.overdue for worker in self.workers) + self.overdue_of_nobody

    @property
    def skills(self) -> list[tuple[str, int]]:
        """How many workers of each profession (S0-11), the largest group first."""
        found: dict[str, int] = {}
        for worker in self.workers:
            found[worker.profession or "Not recorded"] = found.get(worker.profession or "Not recorded", 0) + 1
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def band(weight: int | None) -> tuple[str, str]:
    """The word and the tag for a load in percent."""
    if weight is None:
        return "No capacity set", "t-wait"
    if weight >= 110:
        return "Too much", "t-late"
    if weight > 100:
        return "Over", "t-wait"
    if weight >= 95:
        return "Full", "t-ok"
    return "Room", "t-going"


def team(*, viewer: Viewer, limits: dict) -> Team:
    """Every worker of the agency with their load, by name; four statements whatever the size of the team."""
    values = scopes.binds(viewer) | {"review_by": clock.today() + timedelta(days=14)}
    loads = {row.user_id: row for row in read(_LOADS, values)}
    overdue = dict(read(_OVERDUE, values))
    open_cases = read(_OPEN_CASES, values).scalar()
    workers = []
    for row in read(_WORKERS, values):
        load = loads.get(row.id)
        can_carry = limits["workload_capacity"] * row.capacity / 100
        weight = round(100 * (load.weight if load else 0) / can_carry) if can_carry else None
        word, tag = band(weight)
        workers.append(
            Worker(
                row.id,
                row.name,
                row.profession,
                _role(row, load),
                load.cases if load else 0,
                weight,
                word,
                tag,
                overdue.pop(row.id, 0),
                load.reviews if load else 0,
            )
        )
    return Team(workers, sum(overdue.values()), open_cases)


def _role(row, load) -> str:
    if load is None:
        return "line manager" if row.roles & Role.LINE_MANAGER else "no cases yet"
    return "case manager" if load.manages else "key worker"


SORTS = {
    "worker": lambda worker: worker.name.casefold(),
    "cases": lambda worker: worker.cases,
    "weight": lambda worker: -1 if worker.weight is None else worker.weight,
    "overdue": lambda worker: worker.overdue,
    "reviews": lambda worker: worker.reviews,
}


def ordered(workers: list[Worker], order: str, descending: bool) -> list[Worker]:
    """By a key of SORTS; equal ones by name."""
    return sorted(sorted(workers, key=SORTS["worker"]), key=SORTS[order], reverse=descending)


# --- overdue over the weeks --------------------------------------------------------------------------------------

_SINCE = bindparam("since", type_=UTC)


@cache
def _overdue_weeks(database: str):
    """One sum for each bound day: day_0 … day_7."""
    columns = (Action.due_on, Action.status, Action.ended_on, Action.changed_at)
    reach = select(*columns).join(Case, Case.id == Action.case_id).join(Goal, Goal.id == Action.goal_id)
    ours = (scopes.SEES_OWN_ACTION,)
    still = reach.where(
        *ours, IS_OPEN, Case.closed_at.is_(None), Action.status.in_(UNDER_WAY), Action.due_on < scopes.TODAY
    )
    ended = reach.where(
        *ours, Action.status.in_(ENDED), Action.changed_at > _SINCE, Action.due_on < scopes.TODAY
    )
    both = union_all(still, ended).subquery()
    over_on = func.coalesce(both.c.ended_on, _changed_day(both, database))
    is_open = both.c.status.in_(UNDER_WAY)
    days = [bindparam(f"day_{week}", type_=Date()) for week in range(WEEKS)]
    return select(
        *(
            func.coalesce(
                func.sum(case((and_(both.c.due_on < day, or_(is_open, over_on > day)), 1), else_=0)), 0
            )
            for day in days
        )
    )


def overdue_weeks(*, viewer: Viewer) -> list[tuple[date, int]]:
    """How many of the agency's actions were past their day on this day of each of the last eight weeks, today last.

    An action counts from the day after its date until the day on which it ended. Reads the open overdue actions and
    those that ended within the eight weeks, each by its own index."""
    today = clock.today()
    days = [today - timedelta(weeks=week) for week in range(WEEKS - 1, -1, -1)]
    values = scopes.binds(viewer, today) | {"since": clock.now() - timedelta(weeks=WEEKS)}
    values |= {f"day_{week}": day for week, day in enumerate(days)}
    return list(zip(days, read(_overdue_weeks(db.engine.dialect.name), values).one(), strict=True))


def _changed_day(both, database):
    return (
        cast(func.date(both.c.changed_at), Date)
        if database == "postgresql"
        else func.date(both.c.changed_at, type_=Date())
    )
