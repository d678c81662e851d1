"""Open gaps and blocks for those who work above the agencies: which, how old, who holds them, how long they have left
(C9, D10). Everything is selected through policy.escalations.SEES_FROM_ABOVE; no column of a case or a person is read.

The page is chosen first, by ids alone, and only its rows are looked up; the numbers over it come from one pass.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Agency,
    Area,
    Escalation,
    EscalationHolding,
    EscalationPause,
    GapTheme,
    User,
    UserArea,
)
from caseapp.models.escalations import ON_LADDER
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.typed_words import MOST, contains
from caseapp.vocabulary import EscalationState, Role, Rung, StepAct
from caseapp.working_days import add_working_days, is_working_day, working_days_between

#: Calendar days from which an age is looked for.
AGES = {"30": 30, "60": 60, "90": 90}
OLD = 60
#: From so few working days left on, the number stands out.
SOON = 2

#: What stands on the ladder and may be read from above.
ABOVE = and_(ON_LADDER, policy.SEES_FROM_ABOVE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is asked for; nothing filters where a field is empty."""

    view: str = ""  # mine, back, group, national, old
    theme: str = ""  # an id, or "none"
    area: str = ""
    agency: str = ""  # the agency concerned
    held: str = ""  # a rung's number
    age: str = ""  # a key of AGES
    urgent: str = ""  # "yes"
    words: str = ""


def _lowest(viewer: Viewer) -> Rung:
    """The lowest rung that is the viewer's own: what stands below it was asked back."""
    return Rung.COORDINATOR if viewer.has(Role.COORDINATOR) else Rung.GROUP


def _views(viewer: Viewer, today: date) -> dict:
    return {
        "mine": Escalation.holder_id == viewer.user_id,
        "back": Escalation.level < _lowest(viewer),
        "group": Escalation.level == Rung.GROUP,
        "national": Escalation.level == Rung.NATIONAL,
        "old": Escalation.age_from < today - timedelta(days=OLD),
    }


def _where(wanted: Wanted, viewer: Viewer, today: date) -> list:
    where = []
    if wanted.view:
        where.append(_views(viewer, today)[wanted.view])
    if wanted.theme:
        known = wanted.theme.isdigit()
        where.append(Escalation.theme_id == int(wanted.theme) if known else Escalation.theme_id.is_(None))
    if wanted.area:
        where.append(Escalation.area_id == int(wanted.area))
    if wanted.agency:
        where.append(Escalation.concerned_agency_id == int(wanted.agency))
    if wanted.held:
        where.append(Escalation.level == Rung(int(wanted.held)))
    if wanted.age:
        where.append(Escalation.age_from <= today - timedelta(days=AGES[wanted.age]))
    if wanted.urgent:
        where.append(Escalation.urgent)
    for word in wanted.words.split()[:MOST]:
        number = word.lower().removeprefix("gb-")
        if number.isascii() and number.isdigit() and len(number) < 10:
            where.append(Escalation.number == int(number))
            continue
        like = contains(word)
        texts = (Escalation.title, Escalation.service, Escalation.concerned_name)
        where.append(or_(*(func.lower(text).like(like, escape="\\") for text in texts)))
    return where


# --- numbers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbers:
    """Over all that the viewer may triage: how many in each view, how many over their time or nearly so."""

    all: int
    views: dict[str, int]
    over: int
    soon: int


def numbers(*, viewer: Viewer, calendar: str) -> Numbers:
    """One pass over what is open. `over` counts what has less than no working day left of this calendar, `soon` what has
    two or fewer."""
    today = clock.today()
    working = today if is_working_day(today, calendar) else add_working_days(today, -1, calendar)
    running = Escalation.paused_at.is_(None)
    over = and_(running, Escalation.due_on < working)
    soon = and_(
        running,
        Escalation.due_on >= working,
        Escalation.due_on <= add_working_days(today, SOON, calendar),
    )
    sums = {"over": over, "soon": soon} | _views(viewer, today)
    statement = select(func.count(), *(func.sum(case((where, 1), else_=0)) for where in sums.values()))
    row = db.session.execute(statement.select_from(Escalation).where(ABOVE), policy.binds(viewer)).one()
    found = {name: row[at] or 0 for at, name in enumerate(sums, 1)}
    return Numbers(row[0], found, found.pop("over"), found.pop("soon"))


def total(wanted: Wanted, *, viewer: Viewer) -> int:
    """How many match."""
    statement = select(func.count()).select_from(Escalation)
    return db.session.scalar(
        statement.where(ABOVE, *_where(wanted, viewer, clock.today())), policy.binds(viewer)
    )


def totals(several: list[Wanted], *, viewer: Viewer) -> list[int]:
    """How many match each of several (a user's saved views), in one statement."""
    if not several:
        return []
    today = clock.today()
    parts = [
        select(literal(at), func.count()).select_from(Escalation).where(ABOVE, *_where(wanted, viewer, today))
        for at, wanted in enumerate(several)
    ]
    found = dict(tuple(row) for row in db.session.execute(union_all(*parts), policy.binds(viewer)))
    return [found[at] for at in range(len(several))]


# --- rows -----------------------------------------------------------------------------------------------------------

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
    select(func.min(_Like.number))
    .where(
        _Like.service_key == Escalation.service_key,
        _Like.service_key != "",
        _Like.domain == Escalation.domain,
        _Like.state == EscalationState.OPEN,
        _Like.joined_to_id.is_(None),
        _Like.number < Escalation.number,
        policy.from_above(_Like),
    )
    .correlate(Escalation)
    .scalar_subquery()
    .label("alike"),
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
    today = clock.today()
    ordering = _ordering(order, descending)
    page = select(Escalation.id).where(ABOVE, *_where(wanted, viewer, today))
    if order == "theme":
        page = page.join(Area, Area.id == Escalation.area_id).outerjoin(
            GapTheme, GapTheme.id == Escalation.theme_id
        )
    if order == "left":
        ids = _running_first(page, ordering[1:], offset, limit, viewer)
    else:
        ids = _ids(page.order_by(*ordering).offset(offset).limit(limit), viewer)
    if not ids:
        return []
    statement = _joined(select(*_COLUMNS)).where(Escalation.id.in_(ids))
    found = {row.id: row for row in db.session.execute(statement, policy.binds(viewer))}
    return [_row(found[one], viewer, domains, today) for one in ids if one in found]


def _ids(statement, viewer) -> list[int]:
    return list(db.session.scalars(statement, policy.binds(viewer)))


def _running_first(page, ordering, offset, limit, viewer) -> list[int]:
    """Those whose clock runs, then those whose clock stands: each read in the order of the index of due days, so that the
    first page costs the same among thousands."""
    running = page.where(~_STOPPED)
    ids = _ids(running.order_by(*ordering).offset(offset).limit(limit), viewer)
    if len(ids) < limit:
        before = len(ids)
        if offset and not ids:
            counted = select(func.count()).select_from(running.subquery())
            before = db.session.scalar(counted, policy.binds(viewer)) - offset
        standing = page.where(_STOPPED).order_by(*ordering).offset(max(0, -before)).limit(limit - len(ids))
        ids += _ids(standing, viewer)
    return ids


def chosen(ids: list[int], *, viewer: Viewer, domains: dict[str, str]) -> list[TriageRow]:
    """Those of the ids that the viewer may triage and that still stand on the ladder, least time left first."""
    if not ids:
        return []
    statement = (
        _joined(select(*_COLUMNS)).where(ABOVE, Escalation.id.in_(ids)).order_by(*_ordering("left", False))
    )
    today = clock.today()
    return [_row(row, viewer, domains, today) for row in db.session.execute(statement, policy.binds(viewer))]


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


# --- what the filters offer -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Options:
    """(id, name) pairs of what can be chosen."""

    themes: list[tuple[int, str]]
    areas: list[tuple[int, str]]
    agencies: list[tuple[int, str]]


_AREAS = (
    select(Area.id, Area.name)
    .where(
        or_(
            policy.VIEWER_NATIONAL,
            and_(
                policy.VIEWER_SERVES,
                Area.id.in_(select(UserArea.area_id).where(UserArea.user_id == scopes.VIEWER_USER)),
            ),
        )
    )
    .order_by(Area.name)
)


def areas(*, viewer: Viewer) -> list[tuple[int, str]]:
    """The areas that the viewer coordinates; all of them for the national coordinator."""
    return [tuple(row) for row in db.session.execute(_AREAS, policy.binds(viewer))]


def themes() -> list[tuple[int, str]]:
    """The themes that can be given, by name."""
    statement = select(GapTheme.id, GapTheme.name).where(GapTheme.active).order_by(GapTheme.name)
    return [tuple(row) for row in db.session.execute(statement)]


def options(*, viewer: Viewer) -> Options:
    """What the filter bar offers: areas, themes, and the agencies concerned in what is open."""
    concerned = (
        select(Agency.id, Agency.name)
        .where(
            exists().where(ABOVE, Escalation.concerned_agency_id == Agency.id).correlate_except(Escalation)
        )
        .order_by(Agency.name)
        .limit(200)
    )
    agencies = [tuple(row) for row in db.session.execute(concerned, policy.binds(viewer))]
    return Options(themes(), areas(viewer=viewer), agencies)
