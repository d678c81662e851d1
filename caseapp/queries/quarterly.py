"""The quarter's report (Quarterly Service Activity: S2-39, S2-41, forms B14a): needs, goals, gaps and blocks, meetings that
could not be convened, how cases ended; by agency, for one quarter.

A line manager reads the own agency's figures. A coordinator reads one area at a time, small numbers left out: two areas
together would give away what each leaves out. The national coordinator reads all. Each table is counted once here, and
page, chart, CSV and XLSX write down the same numbers.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import and_, case, func, or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Action, Agency, Case, Escalation, GapTheme, Goal, Meeting, Need
from caseapp.policy.viewer import Viewer
from caseapp.queries import need_domains, register_small_numbers
from caseapp.queries.register import least_for
from caseapp.queries.triage_options import areas as areas_of
from caseapp.vocabulary import (
    Achievement,
    ActionKind,
    ActionStatus,
    CaseStatus,
    EscalationKind,
    EscalationState,
    GoalStatus,
    MeetingStatus,
    NeedLevel,
    Role,
)

#: So many quarters can be looked at.
QUARTERS = 8


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year: "2026-Q4", its first day, and the first day of the next."""

    key: str
    starts: date
    ends: date

    @property
    def said(self) -> str:
        months = ("January to March", "April to June", "July to September", "October to December")
        return f"{months[(self.starts.month - 1) // 3]} {self.starts.year}"

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Its first moment and the first of the next quarter, by the local clock."""
        return _moment(self.starts), _moment(self.ends)


def _moment(day: date) -> datetime:
    """The moment at which a local day begins."""
    guess = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for hours in (0, -1, 1):
        moment = guess + timedelta(hours=hours)
        here = clock.local(moment)
        if here.date() == day and here.hour == 0:
            return moment
    return guess


def quarter(key: str) -> Quarter | None:
    """The quarter behind a key, one of the last eight; None for anything else."""
    return next((one for one in quarters() if one.key == key), None)


def quarters() -> list[Quarter]:
    """The last eight, this one first."""
    today = clock.today()
    year, number = today.year, (today.month - 1) // 3
    found = []
    for _ in range(QUARTERS):
        starts = date(year, number * 3 + 1, 1)
        ends = date(year + (number == 3), (number + 1) % 4 * 3 + 1, 1)
        found.append(Quarter(f"{year}-Q{number + 1}", starts, ends))
        year, number = (year, number - 1) if number else (year - 1, 3)
    return found


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the report. None in place of a number: it is left out because it is small, or would give one away."""

    key: str
    title: str
    #: what a row is, for its column's heading
    of: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]
    #: under the columns; empty where they do not add up to anything
    totals: tuple[int | None, ...] = ()
    note: str = ""

    @property
    def left_out(self) -> bool:
        return any(number is None for _, row in self.rows for number in row) or None in self.totals

    def column(self, name: str) -> list[tuple[str, int]]:
        """(row, number) of one column, without what is left out and without nothing."""
        at = self.columns.index(name)
        return [(words, row[at]) for words, row in self.rows if row[at]]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole: `of` says of whom, `least` is the smallest number shown (0: all are)."""

    quarter: Quarter
    of: str
    least: int
    tables: tuple[Table, ...] = field(default=())

    def table(self, key: str) -> Table:
        return next(one for one in self.tables if one.key == key)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: agencies where the condition holds, and how they are called."""

    agencies: object
    of: str
    least: int


def scopes_of(viewer: Viewer) -> list[tuple[str, str]]:
    """(key, words) of what the viewer may choose between, the widest first."""
    if viewer.has(Role.NATIONAL_COORDINATOR):
        found = [("", "All areas")]
    elif viewer.has(Role.COORDINATOR):
        found = []
    else:
        return [("own", viewer.agency_name)]
    home = db.session.scalar(select(Agency.area_id).where(Agency.id == viewer.agency_id))
    areas = sorted(areas_of(viewer=viewer), key=lambda area: area[0] != home)  # the own agency's first
    found += [(str(area_id), name) for area_id, name in areas]
    return [*found, ("own", viewer.agency_name)] if viewer.manages else found


def scope(key: str, *, viewer: Viewer) -> Scope | None:
    """What a key of scopes_of stands for; None where the viewer may not choose it."""
    words = dict(scopes_of(viewer)).get(key)
    if words is None:
        return None
    if key == "own":
        return Scope(Agency.id == viewer.agency_id, words, 0)
    if key == "":
        return Scope(Agency.id.is_not(None), words, 0)
    return Scope(Agency.area_id == int(key), words, least_for(viewer))


def report(quarter: Quarter, scope: Scope) -> Report:
    """The report of one quarter; a fixed number of statements."""
    return Report(
        quarter,
        scope.of,
        scope.least,
        (
            _by_agency(quarter, scope),
            _needs(quarter, scope),
            _goals(quarter, scope),
            _gaps(quarter, scope),
            _endings(quarter, scope),
        ),
    )


def _table(key, title, of, columns, counts, scope, *, note="", row_totals=False, totals=True) -> Table:
    """A table of {row: [numbers]}, with what its reader may not see left out. `row_totals`: the last column is the sum
    of the others, and is added here."""
    names = list(counts)
    grid = [list(counts[name]) for name in names]
    if row_totals:
        columns = (*columns, "All")
    if not grid:
        return Table(key, title, of, columns, (), (), note)
    if not scope.least:
        rows = [[*row, sum(row)] if row_totals else row for row in grid]
        below = [sum(column) for column in zip(*rows, strict=True)] if totals else []
    else:
        safe = register_small_numbers.protect(grid, scope.least, row_totals=row_totals, column_totals=totals)
        rows = [[*row, safe.row_totals[at]] if row_totals else list(row) for at, row in enumerate(safe.cells)]
        below = [*safe.column_totals, safe.total] if row_totals and totals else list(safe.column_totals)
    return Table(
        key,
        title,
        of,
        columns,
        tuple((name, tuple(row)) for name, row in zip(names, rows, strict=True)),
        tuple(below) if totals else (),
        note,
    )


def _in_quarter(column, quarter):
    starts, ends = quarter.moments
    return and_(column >= starts, column < ends)


def _was_open(quarter):
    """Cases that were open at some time in the quarter."""
    starts, ends = quarter.moments
    return and_(Case.opened_at < ends, or_(Case.closed_at.is_(None), Case.closed_at >= starts))


def _count(condition):
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


# --- by agency ------------------------------------------------------------------------------------------------------

AGENCY_COLUMNS = (
    "Cases open",
    "Opened",
    "Referrals asked",
    "Goals reached",
    "Gaps raised",
    "Blocks raised",
    "Meetings not convened",
)
#: Where small numbers are left out, no number stands in two tables: one could give away what the other leaves out.
FEWER = (
    ("Cases open", (0,)),
    ("Opened", (1,)),
    ("Referrals asked", (2,)),
    ("Gaps and blocks raised", (4, 5)),
    ("Meetings not convened", (6,)),
)


def _by_agency(quarter, scope) -> Table:
    starts, ends = quarter.moments
    parts = (
        (
            Case.lead_agency_id,
            select(
                Case.lead_agency_id,
                _count(or_(Case.closed_at.is_(None), Case.closed_at >= ends)),
                _count(Case.opened_at >= starts),
            ).where(_was_open(quarter)),
            (0, 1),
        ),
        (
            Case.lead_agency_id,
            select(Case.lead_agency_id, func.count())
            .select_from(Action)
            .join(Case, Case.id == Action.case_id)
            .where(
                Action.kind.in_((ActionKind.REFERRAL, ActionKind.DETOX_REFERRAL)),
                Action.status != ActionStatus.PROPOSED,
                _in_quarter(Action.asked_at, quarter),
            ),
            (2,),
        ),
        (
            Case.lead_agency_id,
            select(Case.lead_agency_id, func.count())
            .select_from(Goal)
            .join(Case, Case.id == Goal.case_id)
            .where(Goal.status == GoalStatus.COMPLETED, _in_quarter(Goal.ended_at, quarter)),
            (3,),
        ),
        (
            Escalation.agency_id,
            select(
                Escalation.agency_id,
                _count(Escalation.kind == EscalationKind.GAP),
                _count(Escalation.kind == EscalationKind.BLOCK),
            ).where(_raised(quarter)),
            (4, 5),
        ),
        (
            Meeting.agency_id,
            select(Meeting.agency_id, func.count()).where(
                Meeting.status == MeetingStatus.NOT_CONVENED,
                Meeting.case_id.is_not(None),
                _in_quarter(Meeting.status_at, quarter),
            ),
            (6,),
        ),
    )
    counts: dict[int, list[int]] = {}
    within = select(Agency.id).where(scope.agencies)
    for agency, statement, places in parts:
        for row in db.session.execute(statement.where(agency.in_(within)).group_by(agency)):
            numbers = counts.setdefault(row[0], [0] * len(AGENCY_COLUMNS))
            for place, number in zip(places, row[1:], strict=True):
                numbers[place] = number
    named = _named(counts, scope)
    columns = AGENCY_COLUMNS
    if scope.least:
        columns = tuple(words for words, _ in FEWER)
        named = {
            name: [sum(numbers[place] for place in places) for _, places in FEWER]
            for name, numbers in named.items()
        }
    return _table(
        "agencies",
        "By agency",
        "Agency",
        columns,
        named,
        scope,
        note="Cases count for the agency that leads them; open is at the end of the quarter, or today.",
    )


def _named(counts: dict[int, list[int]], scope) -> dict[str, list[int]]:
    """By the names of the agencies, those with nothing left away."""
    ours = db.session.execute(select(Agency.id, Agency.name).where(scope.agencies).order_by(Agency.name))
    return {name: counts[agency_id] for agency_id, name in ours if any(counts.get(agency_id, ()))}


def _raised(quarter):
    return and_(Escalation.state != EscalationState.WITHDRAWN, _in_quarter(Escalation.raised_at, quarter))


# --- needs and goals ------------------------------------------------------------------------------------------------


def _ordered(counts: dict[str, list[int]]) -> dict[str, list[int]]:
    """By the names of the parts of life, in the procedures' order."""
    labels = need_domains.labels()
    order = {key: at for at, key in enumerate(labels)}
    keys = sorted(counts, key=lambda key: (order.get(key, len(order)), key))
    return {labels.get(key, key): counts[key] for key in keys}


def _needs(quarter, scope) -> Table:
    levels = (NeedLevel.HIGH, NeedLevel.MEDIUM, NeedLevel.LOW, NeedLevel.NONE)
    statement = (
        select(Need.domain, *(_count(Need.level == level) for level in levels))
        .join(Case, Case.id == Need.case_id)
        .join(Agency, Agency.id == Case.lead_agency_id)
        .where(_was_open(quarter), scope.agencies)
        .group_by(Need.domain)
    )
    counts = {row[0]: list(row[1:]) for row in db.session.execute(statement)}
    return _table(
        "needs",
        "Needs by part of life",
        "Part of life",
        tuple(level.label for level in levels),
        _ordered(counts),
        scope,
        note="Of everybody whose case was open in the quarter and for whom it was assessed; the level as it was last "
        "recorded.",
        row_totals=True,
        totals=False,
    )


def _goals(quarter, scope) -> Table:
    starts, ends = quarter.moments
    going = or_(Goal.ended_at.is_(None), Goal.ended_at >= ends)
    reached = and_(Goal.status == GoalStatus.COMPLETED, _in_quarter(Goal.ended_at, quarter))
    dropped = and_(Goal.status == GoalStatus.CANCELLED, _in_quarter(Goal.ended_at, quarter))
    on = and_(going, Goal.status.in_((GoalStatus.ACTIVE, GoalStatus.ON_HOLD, GoalStatus.COMPLETED)))
    better = Goal.achievement.in_((Achievement.IMPROVING, Achievement.ACHIEVED, Achievement.SUSTAINING))
    worse = Goal.achievement.in_(
        (Achievement.WORSENING, Achievement.NOT_ACHIEVED, Achievement.NOT_ATTAINABLE)
    )
    ways = (
        ("Reached", reached),
        ("Getting better", and_(on, better)),
        ("Under way, no change yet", and_(on, ~better, ~worse)),
        ("Getting worse", and_(on, worse)),
        ("Dropped", dropped),
    )
    statement = (
        select(Goal.domain, *(_count(way) for _, way in ways))
        .join(Case, Case.id == Goal.case_id)
        .join(Agency, Agency.id == Case.lead_agency_id)
        .where(
            _was_open(quarter),
            scope.agencies,
            Goal.created_at < ends,
            or_(Goal.ended_at.is_(None), Goal.ended_at >= starts),
            Goal.status != GoalStatus.PROPOSED,
        )
        .group_by(Goal.domain)
    )
    counts = {row[0]: list(row[1:]) for row in db.session.execute(statement)}
    return _table(
        "goals",
        "Goals by part of life",
        "Part of life",
        tuple(words for words, _ in ways),
        _ordered(counts),
        scope,
        note="Reached and dropped in the quarter; the others as they were last recorded.",
        row_totals=True,
    )


# --- gaps and blocks ------------------------------------------------------------------------------------------------


def _gaps(quarter, scope) -> Table:
    ways = (
        ("Still open", EscalationState.OPEN),
        ("Resolved", EscalationState.RESOLVED),
        ("In part", EscalationState.PARTLY),
        ("Not resolved", EscalationState.NOT_RESOLVED),
    )
    statement = (
        select(GapTheme.name, Escalation.domain, *(_count(Escalation.state == state) for _, state in ways))
        .select_from(Escalation)
        .join(Agency, Agency.id == Escalation.agency_id)
        .outerjoin(GapTheme, GapTheme.id == Escalation.theme_id)
        .where(scope.agencies, _raised(quarter))
        .group_by(GapTheme.name, Escalation.domain)
    )
    labels = need_domains.labels()
    counts: dict[str, list[int]] = {}
    for theme, domain, *numbers in db.session.execute(statement):
        name = theme or labels.get(domain, domain)
        there = counts.setdefault(name, [0] * len(ways))
        counts[name] = [a + b for a, b in zip(there, numbers, strict=True)]
    return _table(
        "gaps",
        "Gaps and blocks raised, by theme",
        "Theme",
        tuple(words for words, _ in ways),
        dict(sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0]))),
        scope,
        note="Each raising counts, also where several are joined. Without a theme it stands under its part of life. The "
        "answer is as it stands today.",
        row_totals=True,
    )


def _endings(quarter, scope) -> Table:
    ways = (
        (CaseStatus.CLOSED_POSITIVE.label, _closed(CaseStatus.CLOSED_POSITIVE, quarter)),
        (CaseStatus.CLOSED_TRANSFERRED.label, _closed(CaseStatus.CLOSED_TRANSFERRED, quarter)),
        (CaseStatus.REFERRED_ON.label, _closed(CaseStatus.REFERRED_ON, quarter)),
        ("Closed for another reason", _closed(CaseStatus.CLOSED_OTHER, quarter)),
        ("Contact lost, case still open", Case.status == CaseStatus.CONTACT_LOST),
    )
    statement = (
        select(Case.lead_agency_id, *(_count(way) for _, way in ways))
        .join(Agency, Agency.id == Case.lead_agency_id)
        .where(_was_open(quarter), scope.agencies)
        .group_by(Case.lead_agency_id)
    )
    counts = {row[0]: list(row[1:]) for row in db.session.execute(statement)}
    return _table(
        "endings",
        "How cases ended, and where contact was lost",
        "Agency",
        tuple(words for words, _ in ways),
        _named(counts, scope),
        scope,
        note="Ended in the quarter. Somebody who stops coming stands under contact lost until the case is closed; that "
        "is as it stands now.",
    )


def _closed(status, quarter):
    return and_(Case.status == status, _in_quarter(Case.closed_at, quarter))
