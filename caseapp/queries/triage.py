"""The rows of the triage list: open gaps and blocks for those who work above the agencies: how old, who holds them, how
long they have left (C9, D10). The page is chosen first, by ids alone, and only its rows are looked up."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import Integer, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Agency, Area, Escalation, EscalationHolding, EscalationPause, GapTheme, User
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy.viewer import Viewer
from caseapp.queries.triage_filters import Reach, Wanted, above, binds, conditions
from caseapp.queries.triage_numbers import SOON
from caseapp.vocabulary import EscalationState, Rung, StepAct
from caseapp.working_days import working_days_between

_Raising = aliased(Agency, name="raising")
_Concerned = aliased(Agency, name="concerned")
_Holder = aliased(User, name="holder")
_HolderAgency = aliased(Agency, name="holder_agency")
_Joined = aliased(Escalation, name="joined")
_Like = aliased(Escalation, name="alike")

_COLUMNS = (
    Escalation.id,
    Escalation.version,
    Escalation.number,
    Escalation.kind,
    Escalation.title,
    Escalation.domain,
    Escalation.area_id,
    Escalation.urgent,
    Escalation.level,
    Escalation.reads_up_to,
    Escalation.holder_id,
    Escalation.age_from,
    Escalation.due_on,
    Escalation.paused_at,
    Escalation.register_entry_id,
    func.coalesce(func.nullif(_Raising.short_name, ""), _Raising.name).label("agency"),
    func.coalesce(_Concerned.name, Escalation.concerned_name).label("concerned"),
    GapTheme.name.label("theme"),
    Area.name.label("area"),
    _Holder.name.label("holder"),
    func.coalesce(func.nullif(_HolderAgency.short_name, ""), _HolderAgency.name).label("holder_agency"),
    EscalationHolding.allowed_days,
    EscalationHolding.calendar,
    EscalationHolding.came_by,
    EscalationPause.reason.label("pause"),
    select(func.count())
    .where(_Joined.joined_to_id == Escalation.id)
    .correlate(Escalation)
    .scalar_subquery()
    .label("joined"),
)


def _alike(reach: Reach):
    """The first raised of those above that are like it."""
    return (
        select(func.min(_Like.number))
        .where(
            _Like.service_key == Escalation.service_key,
            _Like.service_key != "",
            _Like.domain == Escalation.domain,
            _Like.state == EscalationState.OPEN,
            _Like.joined_to_id.is_(None),
            _Like.number < Escalation.number,
            policy.from_above_as(reach, _Like),
        )
        .correlate(Escalation)
        .scalar_subquery()
        .label("alike")
    )


def _joined(statement: Select) -> Select:
    return (
        statement.select_from(Escalation)
        .join(_Raising, _Raising.id == Escalation.agency_id)
        .join(Area, Area.id == Escalation.area_id)
        .outerjoin(_Concerned, _Concerned.id == Escalation.concerned_agency_id)
        .outerjoin(GapTheme, GapTheme.id == Escalation.theme_id)
        .outerjoin(_Holder, _Holder.id == Escalation.holder_id)
        .outerjoin(_HolderAgency, _HolderAgency.id == _Holder.agency_id)
        .outerjoin(
            EscalationHolding,
            and_(EscalationHolding.escalation_id == Escalation.id, EscalationHolding.to_at.is_(None)),
        )
        .outerjoin(
            EscalationPause,
            and_(EscalationPause.holding_id == EscalationHolding.id, EscalationPause.to_at.is_(None)),
        )
    )


_STOPPED = Escalation.paused_at.is_not(None)
_ORDERS = {
    "left": lambda way: (_STOPPED, way(Escalation.due_on), Escalation.number),
    "age": lambda way: (way(Escalation.age_from), Escalation.number),
    "holder": lambda way: (way(Escalation.level), _STOPPED, Escalation.due_on, Escalation.number),
    "theme": lambda way: (
        way(func.coalesce(GapTheme.name, Escalation.domain)),
        way(Area.name),
        Escalation.number,
    ),
}


@dataclass(frozen=True, slots=True)
class TriageRow:
    """One row, ready to be shown. `left` is in working days, negative when over, None while the clock is stopped."""

    id: int
    version: int
    said: str
    kind: str
    title: str
    agency: str
    concerned: str
    theme: str
    domain: str
    area: str
    area_id: int
    urgent: bool
    joined: int
    alike: str
    in_register: bool
    days: int
    level: Rung
    mine: bool
    holder: str
    held: str
    left: int | None
    left_words: str
    tag: str


def rows(
    wanted: Wanted,
    *,
    viewer: Viewer,
    domains: dict[str, str],
    order: str = "left",
    descending: bool = False,
    offset: int = 0,
    limit: int = 25,
) -> list[TriageRow]:
    """The rows of one page, by a key of the orders: the page is chosen first, only then looked up."""
    today, reach = clock.today(), policy.reach(viewer)
    values = binds(wanted, viewer, today)

    def ids(running, offset, limit):
        statement = _page(wanted.shape, reach, order, descending, running)
        return [row[0] for row in read(statement, values | {"offset": offset, "most": limit})]

    if order != "left":
        page = ids(None, offset, limit)
    else:
        # those whose clock runs, then those whose clock stands: each in the order of the index of due days
        page = ids(True, offset, limit)
        if len(page) < limit:
            before = len(page)
            if offset and not page:
                before = read(_running(wanted.shape, reach), values).scalar() - offset
            page += ids(False, max(0, -before), limit - len(page))
    found = _look_up(page, viewer, today)
    return [_row(found[one], viewer, domains, today) for one in page if one in found]


@lru_cache(128)
def _page(shape: Wanted, reach: Reach, order: str, descending: bool, running: bool | None):
    ordering = _ordering(order, descending)
    page = select(Escalation.id).where(above(reach), *conditions(shape, reach))
    if order == "theme":
        page = page.join(Area, Area.id == Escalation.area_id).outerjoin(
            GapTheme, GapTheme.id == Escalation.theme_id
        )
    if running is not None:
        page, ordering = page.where(~_STOPPED if running else _STOPPED), ordering[1:]
    most, offset = bindparam("most", type_=Integer()), bindparam("offset", type_=Integer())
    return page.order_by(*ordering).offset(offset).limit(most)


@lru_cache(32)
def _running(shape: Wanted, reach: Reach):
    statement = select(func.count()).select_from(Escalation)
    return statement.where(above(reach), ~_STOPPED, *conditions(shape, reach))


#: Rows are looked up so many at a time: a page's, or a file's.
_FEW, _MANY = 25, 500


@lru_cache(8)
def _looked_up(reach: Reach, size: int):
    ids = [bindparam(f"id_{at}", type_=Id) for at in range(size)]
    return _joined(select(*_COLUMNS, _alike(reach))).where(above(reach), Escalation.id.in_(ids))


def _look_up(ids: list[int], viewer, today) -> dict:
    """Id → row, of those that the viewer may triage and that still stand on the ladder."""
    size = _FEW if len(ids) <= _FEW else _MANY
    statement = _looked_up(policy.reach(viewer), size)
    values = policy.binds(viewer, today)
    found = {}
    for start in range(0, len(ids), size):
        few = ids[start : start + size]
        few += [few[0]] * (size - len(few))
        for row in read(statement, values | {f"id_{at}": one for at, one in enumerate(few)}):
            found[row.id] = row
    return found


def chosen(ids: list[int], *, viewer: Viewer, domains: dict[str, str]) -> list[TriageRow]:
    """Those of the ids that the viewer may triage and that still stand on the ladder, least time left first."""
    today = clock.today()
    found = _look_up(list(dict.fromkeys(ids)), viewer, today).values()
    ordered = sorted(found, key=lambda row: (row.paused_at is not None, row.due_on or date.max, row.number))
    return [_row(row, viewer, domains, today) for row in ordered]


def _ordering(order, descending):
    if order == "age":
        descending = not descending  # the oldest is the one noticed first
    return _ORDERS[order](lambda column: column.desc() if descending else column.asc())


def _row(row, viewer, domains, today) -> TriageRow:
    left = None
    if row.paused_at is None and row.due_on is not None:
        left = working_days_between(today, row.due_on, row.calendar or "IE")
    return TriageRow(
        row.id,
        row.version,
        policy.said(row.number),
        row.kind.short,
        row.title,
        row.agency,
        row.concerned or "",
        row.theme or "",
        domains.get(row.domain, row.domain),
        row.area,
        row.area_id,
        row.urgent,
        row.joined,
        policy.said(row.alike) if row.alike else "",
        row.register_entry_id is not None,
        max(0, (today - row.age_from).days),
        row.level,
        row.holder_id == viewer.user_id,
        _holder(row),
        _held(row, left),
        left,
        _left_words(left),
        "" if left is None else "late" if left < 0 else "wait" if left <= SOON else "",
    )


def _holder(row) -> str:
    if row.level <= Rung.MANAGER:
        return f"{row.level.label}, {row.holder_agency or row.agency}"
    if row.level is Rung.GROUP:
        return "Group"
    if row.level is Rung.NATIONAL:
        return "National coordinator"
    return row.holder or "Coordinator"


def _held(row, left) -> str:
    if row.paused_at is not None:
        day = clock.local_day(row.paused_at)
        return f"clock stopped {day.day} {day:%b}" + (f": {row.pause}" if row.pause else "")
    asked = "asked back, " if row.came_by is StepAct.ASKED_BACK else ""
    if left is None or row.allowed_days is None:
        return asked.removesuffix(", ")
    return f"{asked}{max(0, row.allowed_days - left)} of {row.allowed_days} working days"


def _left_words(left) -> str:
    if left is None:
        return "stopped"
    return f"{-left} over" if left < 0 else f"{left} left"
