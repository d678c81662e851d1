"""What became of the actions that issued minutes decided: done by the day, done late, still open (S2-40, issue "After").

An action counts for a meeting where its minutes added it, or changed it and left it to be done; what was ended in the
meeting itself is no promise, and what was decided without the person stays with those who were there. It is measured
against the day that the plan gives it now; without a day nothing is late. Seeing is decided by SEES_MEETING and
SEES_ACTION, so a consent withdrawn closes these rows too.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Integer, and_, bindparam, case, func, or_, select

from caseapp import clock, dates, working_days
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Agency,
    Case,
    Goal,
    Meeting,
    MeetingChange,
    MeetingDecision,
    Person,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import HOSTS, SEES_MEETING, MeetingFile, binds
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    ActionStatus,
    ChangeKind,
    MeetingKind,
    MeetingStatus,
)

#: standing → (words, class of its mark), in the order in which they are counted
STANDINGS = {
    "on_time": ("Done by the day", "g-ok"),
    "done_late": ("Done after the day", "g-wait"),
    "open_late": ("Open and late", "g-late"),
    "open_in_time": ("Open, in time", ""),
    "not_done": ("Will not be done", ""),
}
#: What a meeting can say of an action that leaves nothing to be done.
_ENDED_THERE = ("done", "not_done", "stop")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

_DONE = Action.status == ActionStatus.COMPLETED
_OPEN = Action.status.in_(sorted(OPEN_ACTIONS))
STANDING = case(
    (and_(_DONE, Action.ended_on > Action.due_on), "done_late"),
    (_DONE, "on_time"),
    (and_(_OPEN, Action.due_on < scopes.TODAY), "open_late"),
    (_OPEN, "open_in_time"),
    else_="not_done",
)

#: One row for each action of each meeting, however often it was spoken of.
DECIDED = (
    select(MeetingChange.meeting_id, MeetingChange.action_id)
    .outerjoin(MeetingDecision, MeetingDecision.id == MeetingChange.decision_id)
    .where(
        MeetingChange.applied_at.is_not(None),
        MeetingChange.dropped_at.is_(None),
        MeetingChange.action_id.is_not(None),
        or_(
            MeetingChange.kind == ChangeKind.ACTION_ADDED,
            and_(
                MeetingChange.kind == ChangeKind.ACTION_CHANGED,
                func.coalesce(MeetingChange.content["do"].as_string(), "").not_in(_ENDED_THERE),
            ),
        ),
        MeetingDecision.apart_id.is_(None),
    )
    .distinct()
)
ISSUED = Meeting.status.in_([MeetingStatus.ISSUED, MeetingStatus.AMENDED])


def _of(decided, *columns):
    """Decided actions with all that decides whether they are seen."""
    return (
        select(*columns)
        .select_from(Meeting)
        .join(decided, decided.c.meeting_id == Meeting.id)
        .join(Action, Action.id == decided.c.action_id)
        .join(Goal, Goal.id == Action.goal_id)
        .join(Case, and_(Case.id == Meeting.case_id, Case.id == Action.case_id))
    )


@dataclass(frozen=True, slots=True)
class DecidedAction:
    """One action that the minutes decided, and how it stands today."""

    what: str
    #: who does it: an agency, the person (empty `agency`, `by_person`), or nobody yet
    agency: str
    by_person: bool
    due_on: date | None
    ended_on: date | None
    standing: str
    #: "3 working days late", where it is open and late
    late: str

    @property
    def words(self) -> str:
        return STANDINGS[self.standing][0]

    @property
    def mark(self) -> str:
        return STANDINGS[self.standing][1]


_HERE = DECIDED.where(MeetingChange.meeting_id == bindparam("meeting_id", type_=Id)).subquery("decided_here")
_OF_MEETING = (
    _of(
        _HERE,
        Action.what,
        Agency.name.label("agency"),
        Action.by_person,
        Action.due_on,
        Action.ended_on,
        STANDING.label("standing"),
    )
    .outerjoin(Agency, Agency.id == Action.owner_agency_id)
    .where(ISSUED, SEES_MEETING, scopes.SEES_ACTION)
    .order_by(Action.due_on.is_(None), Action.due_on, Action.id)
)


def of_meeting(
    meeting: MeetingFile, *, viewer: Viewer, calendar: str, today: date | None = None
) -> list[DecidedAction]:
    """The decided actions of one meeting that this viewer sees in the plan: all for those who hold it, its own for an
    invited agency. None before the minutes are issued. The nearest day first; one statement."""
    today = today or clock.today()
    found = read(_OF_MEETING, binds(viewer, today) | {"meeting_id": meeting.id})
    return [
        DecidedAction(
            row.what,
            row.agency or "",
            row.by_person,
            row.due_on,
            row.ended_on,
            row.standing,
            working_days.in_words(row.due_on, today, calendar) if row.standing == "open_late" else "",
        )
        for row in found
    ]


# --- over the meetings of the agency's cases ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counts:
    """How many actions were decided, and how they stand; the five add up to `decided`."""

    decided: int
    on_time: int
    done_late: int
    open_late: int
    open_in_time: int
    not_done: int


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """One meeting with what became of its actions."""

    id: int
    kind: MeetingKind
    day: date
    case_id: int
    reference: str
    person: str
    counts: Counts

    @property
    def when(self) -> str:
        return dates.day(self.day)


_ALL = DECIDED.subquery("decided")
_SINCE = bindparam("since", type_=Meeting.issued_at.type)
_COUNTS = (
    func.count(Action.id).label("decided"),
    *(func.coalesce(func.sum(case({name: 1}, value=STANDING, else_=0)), 0).label(name) for name in STANDINGS),
)
#: A line manager sees the whole of every case that the own agency leads.
_OURS = (
    Case.lead_agency_id == scopes.VIEWER_AGENCY,
    ISSUED,
    Meeting.issued_at >= _SINCE,
    HOSTS,
    scopes.SEES_ACTION,
)
_TOTAL = _of(_ALL, func.count(Meeting.id.distinct()).label("meetings"), *_COUNTS).where(*_OURS)
_ROWS = (
    _of(
        _ALL,
        Meeting.id,
        Meeting.kind,
        Meeting.starts_at,
        Meeting.issued_at,
        Case.id.label("case_id"),
        Case.reference,
        Person.given_name,
        Person.family_name,
        *_COUNTS,
    )
    .join(Person, Person.id == Case.person_id)
    .where(*_OURS)
    .group_by(Meeting.id, Case.id, Person.id)
    .order_by(Meeting.issued_at.desc(), Meeting.id.desc())
    .offset(bindparam("skip", type_=Integer()))
    .limit(bindparam("most", type_=Integer()))
)


def _values(viewer, days, today):
    since = clock.now() - timedelta(days=days) if days else _LONG_AGO
    return binds(viewer, today) | {"since": since}


def _counts(row) -> Counts:
    return Counts(row.decided, *(int(getattr(row, name)) for name in STANDINGS))


def total(*, viewer: Viewer, days: int | None = None, today: date | None = None) -> tuple[int, Counts]:
    """How many meetings whose minutes were issued in the last so many calendar days (None: ever) decided actions, and
    the counts over all of them. An action that two meetings decided counts for each."""
    row = read(_TOTAL, _values(viewer, days, today)).one()
    return row.meetings, _counts(row)


def rows(
    *,
    viewer: Viewer,
    days: int | None = None,
    offset: int = 0,
    limit: int = 25,
    today: date | None = None,
) -> list[FollowedUp]:
    """Those meetings, the newest minutes first; one statement."""
    values = _values(viewer, days, today) | {"skip": offset, "most": limit}
    return [
        FollowedUp(
            row.id,
            row.kind,
            clock.local_day(row.starts_at or row.issued_at),
            row.case_id,
            row.reference,
            f"{row.given_name} {row.family_name}".strip(),
            _counts(row),
        )
        for row in read(_ROWS, values)
    ]
