"""The register: one entry for each gap in services, however often it was raised; how many people, how many days, where.

Two sides. What was published is read by everybody who signs in: frozen, with small numbers left out. What is being kept
is for those who coordinate: a local coordinator sees the figures of the own areas with small numbers left out, the
national coordinator all of them. An entry holds no word about a person, and no column of one is read here but its id, to
be counted.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import Agency, Area, Case, Escalation, GapTheme, RegisterEntry, User
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy.viewer import Viewer
from caseapp.queries import register_small_numbers, settings
from caseapp.queries.triage_options import areas as areas_of
from caseapp.vocabulary import EscalationKind, EscalationState, GapScope, Role, Rung

LEAST = "register_least_number"
#: No more entries than this are offered for joining or listed.
MOST = 2000


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands behind an entry. `people` are those known by name to the agencies that raised it; None is left out."""

    raised: int | None = 0
    people: int | None = 0
    #: calendar days from noticing to the answer, or to today, over all raisings
    days: int | None = 0
    #: (area, people), by name; areas with nobody are not in it
    areas: tuple[tuple[str, int | None], ...] = ()
    agencies: int | None = 0
    first: date | None = None

    @property
    def left_out(self) -> bool:
        return self.people is None or any(people is None for _, people in self.areas)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its figures, as one viewer may read them."""

    id: int
    version: int
    title: str
    kind: EscalationKind
    domain: str
    theme_id: int | None
    theme: str
    scope: GapScope | None
    service: str
    asked: str
    answered: str
    state: EscalationState
    changed_at: datetime
    changed_by: str
    figures: Figures


_COLUMNS = (
    RegisterEntry.id,
    RegisterEntry.version,
    RegisterEntry.title,
    RegisterEntry.kind,
    RegisterEntry.domain,
    RegisterEntry.theme_id,
    func.coalesce(GapTheme.name, "").label("theme"),
    RegisterEntry.scope,
    RegisterEntry.service,
    RegisterEntry.asked,
    RegisterEntry.answered,
    RegisterEntry.state,
    RegisterEntry.changed_at,
    User.name,
)
ENTRIES = (
    select(*_COLUMNS)
    .outerjoin(GapTheme, GapTheme.id == RegisterEntry.theme_id)
    .join(User, User.id == RegisterEntry.changed_by_id)
    .where(RegisterEntry.state != EscalationState.WITHDRAWN)
    .order_by(RegisterEntry.title, RegisterEntry.id)
    .limit(MOST)
)
_ONE = (
    select(*_COLUMNS)
    .outerjoin(GapTheme, GapTheme.id == RegisterEntry.theme_id)
    .join(User, User.id == RegisterEntry.changed_by_id)
    .where(RegisterEntry.id == bindparam("entry_id", type_=Id))
)

_Lead = aliased(Escalation, name="lead_gap")
#: What is joined to another on the ladder belongs where that one belongs.
_ENTRY_OF = func.coalesce(_Lead.register_entry_id, Escalation.register_entry_id)
_RAISINGS = (
    select(
        _ENTRY_OF.label("entry_id"),
        Area.name.label("area"),
        Escalation.agency_id,
        Escalation.noticed_on,
        Escalation.closed_at,
        Case.person_id,
    )
    .select_from(Escalation)
    .join(Area, Area.id == Escalation.area_id)
    .outerjoin(_Lead, _Lead.id == Escalation.joined_to_id)
    .outerjoin(Case, Case.id == Escalation.case_id)
    .where(Escalation.state != EscalationState.WITHDRAWN)
)
ALL_RAISINGS = _RAISINGS.where(_ENTRY_OF.is_not(None))
_OF_ONE = _RAISINGS.where(
    or_(
        Escalation.register_entry_id == bindparam("entry_id", type_=Id),
        _Lead.register_entry_id == bindparam("entry_id", type_=Id),
    )
)


def raw_figures(rows, today: date) -> dict[int, dict]:
    """Entry id → what its raisings add up to, with nothing left out: for those who may see all, and to be suppressed."""
    found: dict[int, dict] = {}
    for row in rows:
        one = found.setdefault(
            row.entry_id, {"raised": 0, "days": 0, "areas": {}, "agencies": set(), "first": row.noticed_on}
        )
        until = clock.local_day(row.closed_at) if row.closed_at else today
        one["raised"] += 1
        one["days"] += max(0, (until - row.noticed_on).days)
        one["agencies"].add(row.agency_id)
        one["first"] = min(one["first"], row.noticed_on)
        if row.person_id is not None:
            one["areas"].setdefault(row.area, set()).add(row.person_id)
    return {
        entry_id: one
        | {
            "areas": {name: len(people) for name, people in sorted(one["areas"].items())},
            "agencies": len(one["agencies"]),
        }
        for entry_id, one in found.items()
    }


def figures(raw: dict | None, least: int) -> Figures:
    """The figures with numbers below `least` left out, and whatever would give one away; `least` 0 shows all."""
    if raw is None:
        return Figures()
    areas = raw["areas"]
    people = sum(areas.values())
    if not least:
        return Figures(
            raw["raised"], people, raw["days"], tuple(areas.items()), raw["agencies"], raw["first"]
        )
    raised = register_small_numbers.alone(raw["raised"], least)
    days = raw["days"] if raised is not None else None
    agencies = register_small_numbers.alone(raw["agencies"], least)
    if not areas:
        return Figures(raised, 0, days, (), agencies, raw["first"])
    shown = register_small_numbers.protect([list(areas.values())], least, column_totals=False)
    total = shown.row_totals[0]
    named = tuple(zip(areas, shown.cells[0], strict=True))
    return Figures(raised, total, days if total is not None else None, named, agencies, raw["first"])


def least_for(viewer: Viewer) -> int:
    """The smallest number that this viewer is shown of what is being kept; 0 where all are shown."""
    if viewer.has(Role.NATIONAL_COORDINATOR):
        return 0
    return settings.value(viewer.agency_id, LEAST)


def _mine(statement, viewer: Viewer, areas: list[int]):
    return (
        statement if viewer.has(Role.NATIONAL_COORDINATOR) else statement.where(Escalation.area_id.in_(areas))
    )


def entries(*, viewer: Viewer) -> list[Entry]:
    """Every entry that is kept, with the figures of the viewer's areas; a fixed number of statements."""
    mine = [area_id for area_id, _ in areas_of(viewer=viewer)]
    raw = raw_figures(db.session.execute(_mine(ALL_RAISINGS, viewer, mine)), clock.today())
    least = least_for(viewer)
    return [Entry(*row, figures(raw.get(row.id), least)) for row in read(ENTRIES, {})]


def entry(entry_id: int, *, viewer: Viewer) -> Entry | None:
    """One of them."""
    row = read(_ONE, {"entry_id": entry_id}).first()
    if row is None:
        return None
    mine = [area_id for area_id, _ in areas_of(viewer=viewer)]
    raw = raw_figures(db.session.execute(_mine(_OF_ONE, viewer, mine), {"entry_id": entry_id}), clock.today())
    return Entry(*row, figures(raw.get(entry_id), least_for(viewer)))


def choices() -> list[tuple[int, str]]:
    """(id, title) of the entries to which something can be joined."""
    return [(row.id, row.title) for row in read(ENTRIES, {})]


@dataclass(frozen=True, slots=True)
class Raising:
    """One raising behind an entry, as far as the viewer may read it from above."""

    id: int
    said: str
    title: str
    agency: str
    area: str
    level: Rung
    state: EscalationState
    noticed_on: date
    wanted: str
    how: str
    leads: bool


_Own = aliased(Agency, name="raising_agency")
_READ = (
    select(
        Escalation.id,
        Escalation.number,
        Escalation.title,
        _Own.name,
        Area.name.label("area"),
        Escalation.level,
        Escalation.state,
        Escalation.noticed_on,
        Escalation.wanted,
        Escalation.how,
        Escalation.joined_to_id,
    )
    .join(_Own, _Own.id == Escalation.agency_id)
    .join(Area, Area.id == Escalation.area_id)
    .outerjoin(_Lead, _Lead.id == Escalation.joined_to_id)
    .where(
        policy.SEES_FROM_ABOVE,
        or_(
            Escalation.register_entry_id == bindparam("entry_id", type_=Id),
            _Lead.register_entry_id == bindparam("entry_id", type_=Id),
        ),
    )
    .order_by(Escalation.noticed_on, Escalation.id)
    .limit(200)
)


def raisings(entry_id: int, *, viewer: Viewer) -> list[Raising]:
    """The raisings behind an entry that the viewer may read, oldest first, at most 200."""
    return [
        Raising(
            row.id,
            policy.said(row.number),
            row.title,
            row.name,
            row.area,
            row.level,
            row.state,
            row.noticed_on,
            row.wanted,
            row.how,
            row.joined_to_id is None,
        )
        for row in read(_READ, policy.binds(viewer) | {"entry_id": entry_id})
    ]


def shown(
    found: list,
    *,
    kind: str = "",
    state: str = "",
    theme: str = "",
    words: str = "",
    order: str,
    descending: bool,
) -> list:
    """Entries of either side that match, in order; those whose figure is left out come last."""
    words = words.casefold().split()
    matching = [
        one
        for one in found
        if (not kind or one.kind == kind)
        and (not state or one.state == state)
        and (not theme or one.theme == theme)
        and all(word in f"{one.title} {one.asked} {one.answered} {one.service}".casefold() for word in words)
    ]
    if order == "title":
        return sorted(matching, key=lambda one: one.title.casefold(), reverse=descending)

    def figure(one):
        value = one.figures.people if order == "people" else one.figures.days
        return -1 if value is None else value

    return sorted(sorted(matching, key=lambda one: one.title.casefold()), key=figure, reverse=descending)
