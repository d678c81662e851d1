"""The numbers over the triage list. Those of the views stop at AT_MOST: beyond that nobody counts on, and each is read
from the front of an index, so that ten thousand open gaps and blocks cost as much as a thousand."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from sqlalchemy import Date, Integer, and_, bindparam, func, literal, select, union_all

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Escalation
from caseapp.policy import escalations as policy
from caseapp.policy.viewer import Viewer
from caseapp.queries.triage_filters import OLD, Reach, Wanted, above, binds, conditions, views
from caseapp.working_days import add_working_days, is_working_day

#: Counting stops above this number, said "999+".
AT_MOST = 999
#: From so few working days left on, the number stands out.
SOON = 2


@dataclass(frozen=True, slots=True)
class Numbers:
    """Over all that the viewer may triage: how many in each view, how many over their time or nearly so. All but `all`
    stop at AT_MOST + 1."""

    all: int
    views: dict[str, int]
    over: int
    soon: int


def said(number: int) -> str:
    """ "412", or "999+" where counting stopped."""
    return f"{AT_MOST}+" if number > AT_MOST else str(number)


def _up_to(reach, *where):
    """How many, as a number of one statement; counting stops above AT_MOST."""
    inner = select(literal(1).label("one")).select_from(Escalation).where(above(reach), *where)
    return select(func.count()).select_from(inner.limit(AT_MOST + 1).subquery()).scalar_subquery()


_WORKING = bindparam("working_day", type_=Date())
_RUNNING = Escalation.paused_at.is_(None)


@lru_cache(8)
def _numbers(reach: Reach):
    all_of_them = select(func.count()).select_from(Escalation).where(above(reach)).scalar_subquery()
    over = and_(_RUNNING, Escalation.due_on < _WORKING)
    soon = and_(_RUNNING, Escalation.due_on >= _WORKING, Escalation.due_on <= bindparam("soon", type_=Date()))
    counted = (over, soon, *views(reach).values())
    return select(all_of_them.label("every"), *(_up_to(reach, where) for where in counted))


def numbers(*, viewer: Viewer, calendar: str) -> Numbers:
    """One statement. `over` counts what has less than no working day left of this calendar, `soon` what has two or
    fewer."""
    today = clock.today()
    reach = policy.reach(viewer)
    values = policy.binds(viewer, today) | {
        "working_day": today if is_working_day(today, calendar) else add_working_days(today, -1, calendar),
        "soon": add_working_days(today, SOON, calendar),
        "old_before": today - timedelta(days=OLD),
    }
    every, over, soon, *rest = read(_numbers(reach), values).one()
    return Numbers(every, dict(zip(views(reach), rest, strict=True)), over, soon)


@lru_cache(64)
def _total(shape: Wanted, reach: Reach):
    inner = select(literal(1).label("one")).select_from(Escalation)
    inner = inner.where(above(reach), *conditions(shape, reach)).limit(bindparam("most", type_=Integer()))
    return select(func.count()).select_from(inner.subquery())


def total(wanted: Wanted, *, viewer: Viewer, at_most: int) -> int:
    """How many match; counting stops above `at_most`."""
    statement = _total(wanted.shape, policy.reach(viewer))
    return read(statement, binds(wanted, viewer, clock.today(), most=at_most + 1)).scalar()


@lru_cache(64)
def _totals(shapes: tuple[Wanted, ...], reach: Reach):
    parts = [
        select(literal(at), _up_to(reach, *conditions(shape, reach, f"_of_{at}")))
        for at, shape in enumerate(shapes)
    ]
    return union_all(*parts)


def totals(several: list[Wanted], *, viewer: Viewer) -> list[int]:
    """How many match each of several (a user's saved views), in one statement; counting stops above AT_MOST."""
    if not several:
        return []
    today = clock.today()
    values = policy.binds(viewer, today)
    for at, wanted in enumerate(several):
        values |= wanted.values(today, f"_of_{at}")
    statement = _totals(tuple(wanted.shape for wanted in several), policy.reach(viewer))
    found = dict(tuple(row) for row in read(statement, values))
    return [found[at] for at in range(len(several))]
