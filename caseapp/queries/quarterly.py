"""The quarter's report (Quarterly Service Activity: S2-39, S2-41, forms B14a): needs, goals, gaps and blocks, meetings that
could not be convened, what became of decisions, how cases ended or went over; by agency, for one quarter.

A line manager reads the own agency's figures. A coordinator reads one area at a time, small numbers left out: two areas
together would give away what each leaves out. The national coordinator reads all. Each table is counted once
(queries.quarterly_counts), and page, chart, CSV and XLSX write down the same numbers.

A quarter that has ended is kept as it stood then (services.quarter_figures) and reads the same ever after: needs as they
were. Where small numbers are left out, only such a quarter is shown at all: figures that change from one day to the next
would tell who came and who went.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select

from caseapp import clock, dates
from caseapp.extensions import db, read
from caseapp.models import Agency, QuarterFigures
from caseapp.models.base import Id
from caseapp.policy.viewer import Viewer
from caseapp.queries import need_domains, register_small_numbers
from caseapp.queries.quarterly_counts import (
    AGENCY_COLUMNS,
    DECISION_COLUMNS,
    ENDING_COLUMNS,
    GAP_STATES,
    GOAL_COLUMNS,
    LEVELS,
    THEME,
    TRANSFER_COLUMNS,
    Counts,
    counts,
    format_of,
    summed,
)
from caseapp.queries.quarters import Quarter
from caseapp.queries.register import least_for
from caseapp.queries.triage_options import areas as areas_of
from caseapp.vocabulary import Role


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
    #: When a quarter that has ended was counted, for good; none where the figures are those of now.
    counted_at: datetime | None = None

    def table(self, key: str) -> Table:
        return next(one for one in self.tables if one.key == key)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures, and how they are called: one agency's, one area's (small numbers under `least` left out), all."""

    of: str
    least: int
    agency_id: int | None = None
    area_id: int | None = None


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
        return Scope(words, 0, agency_id=viewer.agency_id)
    if key == "":
        return Scope(words, 0)
    return Scope(words, least_for(viewer), area_id=int(key))


_KEPT = select(QuarterFigures.agency_id, QuarterFigures.content, QuarterFigures.counted_at).where(
    QuarterFigures.quarter == bindparam("quarter")
)
_ONE = _KEPT.where(QuarterFigures.agency_id == bindparam("agency_id", type_=Id))
_AREA = _KEPT.where(QuarterFigures.area_id == bindparam("area_id", type_=Id))


def kept(quarter: Quarter, scope: Scope) -> tuple[Counts, datetime | None]:
    """The figures of a quarter as they stood when it had ended, and when that was; nothing where none are kept."""
    statement = _AREA if scope.area_id else _ONE if scope.agency_id else _KEPT
    values = {"quarter": quarter.key, "agency_id": scope.agency_id, "area_id": scope.area_id}
    rows = read(statement, values)
    return {row[0]: row[1] for row in rows}, min((row[2] for row in rows), default=None)


def report(quarter: Quarter, scope: Scope) -> Report:
    """The report of one quarter; a fixed number of statements. Without tables where nothing may be shown yet."""
    found, counted_at = {}, None
    if quarter.ends <= clock.today():
        found, counted_at = kept(quarter, scope)
    if counted_at is None:
        if scope.least:
            return Report(quarter, scope.of, scope.least)
        found = counts(quarter, today=clock.today(), only_agency=scope.agency_id)
    return Report(quarter, scope.of, scope.least, tables(found, scope, counted_at), counted_at)


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


#: Where small numbers are left out, no number stands in two tables: one could give away what the other leaves out.
FEWER = (
    ("Cases open", (0,)),
    ("Opened", (1,)),
    ("Referrals asked", (2,)),
    ("Gaps and blocks raised", (4, 5)),
    ("Meetings not convened", (6,)),
)


def tables(found: Counts, scope: Scope, counted_at: datetime | None) -> tuple[Table, ...]:
    """The tables of these counts, with what the reader of this scope may not see left out."""
    as_it_was = f" on {dates.day(clock.local_day(counted_at))}" if counted_at else ""
    agencies, columns = _named(found, "agencies"), AGENCY_COLUMNS
    if scope.least:
        columns = tuple(words for words, _ in FEWER)
        agencies = {
            name: [sum(numbers[place] for place in places) for _, places in FEWER]
            for name, numbers in agencies.items()
        }
    return (
        _table(
            "agencies",
            "By agency",
            "Agency",
            columns,
            agencies,
            scope,
            note="Cases count for the agency that leads them; open is at the end of the quarter, or today.",
        ),
        _table(
            "needs",
            "Needs by part of life",
            "Part of life",
            tuple(level.label for level in LEVELS),
            _ordered(summed(found, "needs")),
            scope,
            note="Of everybody whose case was open in the quarter and for whom it was assessed; the level as it was "
            f"last recorded{as_it_was}.",
            row_totals=True,
            totals=False,
        ),
        _table(
            "goals",
            "Goals by part of life",
            "Part of life",
            GOAL_COLUMNS,
            _ordered(summed(found, "goals")),
            scope,
            note=f"Reached and dropped in the quarter; the others as they were last recorded{as_it_was}.",
            row_totals=True,
        ),
        _table(
            "gaps",
            "Gaps and blocks raised, by theme",
            "Theme",
            tuple(GAP_STATES),
            _by_theme(summed(found, "gaps")),
            scope,
            note="Each raising counts, also where several are joined. Without a theme it stands under its part of "
            f"life. The answer is as it {'stood' + as_it_was if counted_at else 'stands today'}.",
            row_totals=True,
        ),
        _table(
            "decisions",
            "What became of what meetings decided",
            "Agency",
            DECISION_COLUMNS,
            _named(found, "decisions"),
            scope,
            note="Actions that minutes issued in the quarter added or changed, for the agency that leads the case, as "
            f"they {'stood' + as_it_was if counted_at else 'stand today'}. An action that two meetings decided counts "
            "for each.",
            row_totals=True,
        ),
        _table(
            "endings",
            "How cases ended, and where contact was lost",
            "Agency",
            ENDING_COLUMNS,
            _named(found, "endings"),
            scope,
            note="Ended in the quarter. Somebody who stops coming stands under contact lost until the case is closed; "
            f"that is as it {'stood' + as_it_was if counted_at else 'stands now'}. A case that another lead agency "
            "took over goes on: it stands below.",
        ),
        _handed_over(found, scope, counted_at),
    )


def _handed_over(found: Counts, scope: Scope, counted_at: datetime | None) -> Table:
    """Transfers that took effect (C10). Each stands with two agencies: where small numbers are left out only with the one
    that handed over, as one number could give away what the other leaves out."""
    key, title, of = "transfers", "Cases handed over to another lead agency", "Agency"
    if counted_at and format_of(found) < 2:
        return Table(
            key, title, of, TRANSFER_COLUMNS, (), (), "It was not counted yet when this quarter ended."
        )
    agencies, columns = _named(found, key), TRANSFER_COLUMNS
    if scope.least:
        columns = columns[:1]
        agencies = {name: numbers[:1] for name, numbers in agencies.items() if numbers[0]}
    return _table(
        key,
        title,
        of,
        columns,
        agencies,
        scope,
        note="Taken over by another lead agency in the quarter, also where the other agency is not of this report.",
    )


_NAMES = select(Agency.id, Agency.name).order_by(Agency.name)


def _named(found: Counts, table: str) -> dict[str, list[int]]:
    """By the names of the agencies, those with nothing left away."""
    numbers = {agency_id: tables.get(table, {}).get("", ()) for agency_id, tables in found.items()}
    return {
        name: numbers[agency_id] for agency_id, name in read(_NAMES, {}) if any(numbers.get(agency_id, ()))
    }


def _ordered(rows: dict[str, list[int]]) -> dict[str, list[int]]:
    """By the names of the parts of life, in the procedures' order."""
    labels = need_domains.labels()
    order = {key: at for at, key in enumerate(labels)}
    keys = sorted(rows, key=lambda key: (order.get(key, len(order)), key))
    return {labels.get(key, key): rows[key] for key in keys}


def _by_theme(rows: dict[str, list[int]]) -> dict[str, list[int]]:
    """By theme, else by part of life; the most first."""
    labels = need_domains.labels()
    found: dict[str, list[int]] = {}
    for key, numbers in rows.items():
        name = key.removeprefix(THEME) if key.startswith(THEME) else labels.get(key, key)
        there = found.setdefault(name, [0] * len(numbers))
        found[name] = [a + b for a, b in zip(there, numbers, strict=True)]
    return dict(sorted(found.items(), key=lambda pair: (-sum(pair[1]), pair[0])))
