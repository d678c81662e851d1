"""What is counted for the quarter's report, by agency: one pass over all agencies or one, a fixed number of statements.

Cases, needs, goals and decisions count for the agency that leads the case, gaps and blocks for the one that raised them.
The numbers are whole; leaving small ones out is for whoever shows them (queries.quarterly).
"""

from datetime import date
from functools import lru_cache

from sqlalchemy import and_, bindparam, case, func, or_, select

from caseapp.extensions import read
from caseapp.models import Action, Case, Escalation, GapTheme, Goal, Meeting, Need, Transfer
from caseapp.models.base import UTC, Id
from caseapp.policy import scopes
from caseapp.queries.meeting_followup import DECIDED, ISSUED, STANDING, STANDINGS
from caseapp.queries.quarters import Quarter
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
    TransferStage,
)

#: agency → table → row → numbers. The row of a table with one for each agency is "".
Counts = dict[int, dict[str, dict[str, list[int]]]]

AGENCY_COLUMNS = (
    "Cases open",
    "Opened",
    "Referrals asked",
    "Goals reached",
    "Gaps raised",
    "Blocks raised",
    "Meetings not convened",
)
LEVELS = (NeedLevel.HIGH, NeedLevel.MEDIUM, NeedLevel.LOW, NeedLevel.NONE)
GOAL_COLUMNS = ("Reached", "Getting better", "Under way, no change yet", "Getting worse", "Dropped")
GAP_STATES = {
    "Still open": EscalationState.OPEN,
    "Resolved": EscalationState.RESOLVED,
    "In part": EscalationState.PARTLY,
    "Not resolved": EscalationState.NOT_RESOLVED,
}
_CLOSED = {
    CaseStatus.CLOSED_POSITIVE.label: CaseStatus.CLOSED_POSITIVE,
    CaseStatus.CLOSED_TRANSFERRED.label: CaseStatus.CLOSED_TRANSFERRED,
    CaseStatus.REFERRED_ON.label: CaseStatus.REFERRED_ON,
    "Closed for another reason": CaseStatus.CLOSED_OTHER,
}
ENDING_COLUMNS = (*_CLOSED, "Contact lost, case still open")
TRANSFER_COLUMNS = ("Handed over", "Taken over")
DECISION_COLUMNS = tuple(words for words, _ in STANDINGS.values())

_START = bindparam("quarter_starts", type_=UTC())
_END = bindparam("quarter_ends", type_=UTC())
_ONLY = bindparam("only_agency", type_=Id)


def _within(column):
    return and_(column >= _START, column < _END)


def _count(condition):
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


#: Cases that were open at some time in the quarter.
_WAS_OPEN = and_(Case.opened_at < _END, or_(Case.closed_at.is_(None), Case.closed_at >= _START))
_WENT_OVER = and_(Transfer.stage == TransferStage.EFFECTIVE, _within(Transfer.ended_at))
_RAISED = and_(Escalation.state != EscalationState.WITHDRAWN, _within(Escalation.raised_at))


def _goal_ways():
    going = or_(Goal.ended_at.is_(None), Goal.ended_at >= _END)
    on = and_(going, Goal.status.in_((GoalStatus.ACTIVE, GoalStatus.ON_HOLD, GoalStatus.COMPLETED)))
    better = Goal.achievement.in_((Achievement.IMPROVING, Achievement.ACHIEVED, Achievement.SUSTAINING))
    worse = Goal.achievement.in_(
        (Achievement.WORSENING, Achievement.NOT_ACHIEVED, Achievement.NOT_ATTAINABLE)
    )
    return (
        and_(Goal.status == GoalStatus.COMPLETED, _within(Goal.ended_at)),
        and_(on, better),
        and_(on, ~better, ~worse),
        and_(on, worse),
        and_(Goal.status == GoalStatus.CANCELLED, _within(Goal.ended_at)),
    )


#: table → (agency, the kind of row or None, from what, its numbers and where they stand in the row)
def _parts():
    lead = Case.lead_agency_id
    decided = DECIDED.subquery("decided")
    return (
        (
            "agencies",
            lead,
            (),
            select(
                _count(or_(Case.closed_at.is_(None), Case.closed_at >= _END)),
                _count(Case.opened_at >= _START),
            )
            .select_from(Case)
            .where(_WAS_OPEN),
            0,
        ),
        (
            "agencies",
            lead,
            (),
            select(func.count())
            .select_from(Action)
            .join(Case, Case.id == Action.case_id)
            .where(
                Action.kind.in_((ActionKind.REFERRAL, ActionKind.DETOX_REFERRAL)),
                Action.status != ActionStatus.PROPOSED,
                _within(Action.asked_at),
            ),
            2,
        ),
        (
            "agencies",
            lead,
            (),
            select(func.count())
            .select_from(Goal)
            .join(Case, Case.id == Goal.case_id)
            .where(Goal.status == GoalStatus.COMPLETED, _within(Goal.ended_at)),
            3,
        ),
        (
            "agencies",
            Escalation.agency_id,
            (),
            select(
                _count(Escalation.kind == EscalationKind.GAP), _count(Escalation.kind == EscalationKind.BLOCK)
            )
            .select_from(Escalation)
            .where(_RAISED),
            4,
        ),
        (
            "agencies",
            Meeting.agency_id,
            (),
            select(func.count())
            .select_from(Meeting)
            .where(
                Meeting.status == MeetingStatus.NOT_CONVENED,
                Meeting.case_id.is_not(None),
                _within(Meeting.status_at),
            ),
            6,
        ),
        (
            "needs",
            lead,
            (Need.domain,),
            select(*(_count(Need.level == level) for level in LEVELS))
            .select_from(Need)
            .join(Case, Case.id == Need.case_id)
            .where(_WAS_OPEN),
            0,
        ),
        (
            "goals",
            lead,
            (Goal.domain,),
            select(*(_count(way) for way in _goal_ways()))
            .select_from(Goal)
            .join(Case, Case.id == Goal.case_id)
            .where(
                _WAS_OPEN,
                Goal.created_at < _END,
                or_(Goal.ended_at.is_(None), Goal.ended_at >= _START),
                Goal.status != GoalStatus.PROPOSED,
            ),
            0,
        ),
        (
            "gaps",
            Escalation.agency_id,
            (GapTheme.name, Escalation.domain),
            select(*(_count(Escalation.state == state) for state in GAP_STATES.values()))
            .select_from(Escalation)
            .outerjoin(GapTheme, GapTheme.id == Escalation.theme_id)
            .where(_RAISED),
            0,
        ),
        (
            "endings",
            lead,
            (),
            select(
                *(_count(and_(Case.status == one, _within(Case.closed_at))) for one in _CLOSED.values()),
                _count(Case.status == CaseStatus.CONTACT_LOST),
            )
            .select_from(Case)
            .where(_WAS_OPEN),
            0,
        ),
        ("transfers", Transfer.from_agency_id, (), select(func.count()).where(_WENT_OVER), 0),
        ("transfers", Transfer.to_agency_id, (), select(func.count()).where(_WENT_OVER), 1),
        (
            "decisions",
            lead,
            (),
            select(*(_count(name == STANDING) for name in STANDINGS))
            .select_from(Meeting)
            .join(decided, decided.c.meeting_id == Meeting.id)
            .join(Action, Action.id == decided.c.action_id)
            .join(Case, and_(Case.id == Meeting.case_id, Case.id == Action.case_id))
            .where(ISSUED, _within(Meeting.issued_at)),
            0,
        ),
    )


WIDTHS = {
    "agencies": len(AGENCY_COLUMNS),
    "needs": len(LEVELS),
    "goals": len(GOAL_COLUMNS),
    "gaps": len(GAP_STATES),
    "endings": len(ENDING_COLUMNS),
    "transfers": len(TRANSFER_COLUMNS),
    "decisions": len(DECISION_COLUMNS),
}


@lru_cache(2)
def _statements(one_agency: bool):
    found = []
    for table, agency, kinds, statement, first in _parts():
        statement = statement.add_columns(agency, *kinds).group_by(agency, *kinds)
        found.append(
            (table, len(kinds), statement.where(agency == _ONLY) if one_agency else statement, first)
        )
    return found


def counts(quarter: Quarter, *, today: date, only_agency: int | None = None) -> Counts:
    """Of one quarter, by agency; of one agency only where that is given. How decisions stand is as of `today`."""
    starts, ends = quarter.moments
    values = {"quarter_starts": starts, "quarter_ends": ends, "only_agency": only_agency}
    values |= {scopes.TODAY.key: today}
    found: Counts = {}
    for table, kinds, statement, first in _statements(only_agency is not None):
        for row in read(statement, values):
            width = len(row) - kinds - 1
            agency_id, *of = row[width:]
            rows = found.setdefault(agency_id, {}).setdefault(table, {})
            numbers = rows.setdefault(_row_key(*of), [0] * WIDTHS[table])
            for at, number in enumerate(row[:width]):
                numbers[first + at] += int(number)
    return found


def _row_key(*of) -> str:
    """A part of life by its key, a theme by "theme:" and its name, nothing where the agency is the row."""
    if len(of) == 2:
        theme, domain = of
        return f"{THEME}{theme}" if theme else domain
    return of[0] if of else ""


#: What the figures of a quarter hold, kept with them since the second: 1 without transfers, 2 with them.
FORMAT = 2
_FORMAT_KEY = "format"


def sealed(tables: dict[str, dict[str, list[int]]]) -> dict[str, dict[str, list[int]]]:
    """One agency's tables as they are kept for good: with their format."""
    return tables | {_FORMAT_KEY: {"": [FORMAT]}}


def format_of(kept: Counts) -> int:
    """The format of figures that were kept; 1 for those that say none."""
    return max((tables.get(_FORMAT_KEY, {}).get("", [1])[0] for tables in kept.values()), default=1)


#: What stands before the name of a theme, to tell it from a part of life.
THEME = "theme:"


def summed(counts: Counts, table: str) -> dict[str, list[int]]:
    """Row → numbers over all agencies, without rows of nothing."""
    found: dict[str, list[int]] = {}
    for tables in counts.values():
        for row, numbers in tables.get(table, {}).items():
            there = found.setdefault(row, [0] * len(numbers))
            found[row] = [a + b for a, b in zip(there, numbers, strict=True)]
    return found
