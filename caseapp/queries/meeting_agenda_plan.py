"""What the plan puts on a meeting's agenda, each point with why it is there (B7, S2-40). Computed anew on every look:
nothing of it is stored, so it can not go stale before the meeting begins. Every viewer's agenda is cut by the same
scopes as the plan: a partner reads points about its own actions, and never that there are others."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    String,
    bindparam,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
    union_all,
)

from caseapp import clock, dates, working_days
from caseapp.extensions import read
from caseapp.models import Action, Agency, ConsentGrant, Goal, Need, PlanIssue
from caseapp.models.base import UTC
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_blocks, plan_head, plan_rows
from caseapp.queries.plan_head import Head
from caseapp.queries.plan_rows import CASE_ID, Raw, Row
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, GoalStatus, NeedLevel, PointSource

S = ActionStatus

#: Without a day for the next review, what is due within so many calendar days after the meeting is "before the next".
UNTIL_NEXT = 42


class Why(NamedTuple):
    """Why an action stands on the agenda: a short word that is counted, and the sentence beside the action."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """An action under its goal; `whys` is empty for one that nobody need speak of."""

    row: Row
    whys: tuple[Why, ...]

    @property
    def raw(self) -> Raw:
        return self.row.raw

    @property
    def why(self) -> str:
        return ". ".join(one.text for one in self.whys)


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an agenda. `why` says in a few words why it is there; `text` is what was written to it."""

    key: str
    source: PointSource
    title: str
    why: str = ""
    words: str = ""
    domain: str = ""
    items: tuple[Item, ...] = ()
    number: int = 0
    record_id: int | None = None
    minutes: int | None = None
    text: str = ""
    added_by: str = ""
    note: str = ""
    settled_at: datetime | None = None
    carried: bool = False
    dropped_reason: str = ""
    dropped_by: str = ""
    for_all: bool = False
    mine: bool = False
    #: who added it, where somebody did
    agency_id: int | None = None
    version: int = 0

    @property
    def pressing(self) -> tuple[Item, ...]:
        """The actions that need a word."""
        return tuple(item for item in self.items if item.whys)

    @property
    def others(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.whys)


class _Goal(NamedTuple):
    id: int
    number: int
    domain: str
    words: str
    title: str
    measure: str
    priority: int | None
    status: GoalStatus


_GOALS = (
    select(
        Goal.id, Goal.number, Goal.domain, Goal.words, Goal.title, Goal.measure, Goal.priority, Goal.status
    )
    .where(Goal.case_id == CASE_ID, scopes.SEES_GOAL_HERE)
    .order_by(Goal.priority.is_(None), Goal.priority, Goal.number)
)
_ACTIONS = plan_rows.statement(Action.changed_at, Action.answered_at)
_N = len(plan_rows.COLUMNS)


class _Aside(NamedTuple):
    kind: str
    id: int
    text: str | None
    name: str | None
    level: str | None
    served: bool | None
    until: date | None
    at: datetime | None
    number: int | None


_EMPTY = {
    "text": cast(null(), String),
    "name": cast(null(), String),
    "level": cast(null(), String),
    "served": cast(null(), Boolean()),
    "until": cast(null(), Date),
    "at": cast(null(), UTC),
    "number": cast(null(), Integer),
}


def _aside(kind, id_, **columns):
    return select(
        literal(kind).label("kind"),
        id_.label("id"),
        *(columns.get(name, empty).label(name) for name, empty in _EMPTY.items()),
    )


_SERVED = (
    exists()
    .where(
        Goal.case_id == Need.case_id,
        Goal.domain == Need.domain,
        Goal.status != GoalStatus.CANCELLED,
        Action.goal_id == Goal.id,
        or_(Action.owner_agency_id.is_not(None), Action.by_person),
        Action.status.not_in((S.DECLINED, S.CANCELLED, S.NOT_COMPLETED)),
    )
    .correlate(Need)
)
_ASIDES = union_all(
    _aside(
        "need",
        Need.id,
        text=Need.domain,
        level=cast(Need.level, String()),
        served=_SERVED,
        at=Need.changed_at,
        number=Need.priority,
    ).where(Need.case_id == CASE_ID, scopes.ALL_HERE, Need.level == NeedLevel.HIGH, Need.wants_help),
    _aside("issue", PlanIssue.id, text=PlanIssue.text, name=Agency.name, at=PlanIssue.raised_at)
    .join(Agency, Agency.id == PlanIssue.agency_id)
    .where(
        PlanIssue.case_id == CASE_ID,
        PlanIssue.answered_at.is_(None),
        or_(scopes.ALL_HERE, PlanIssue.agency_id == scopes.VIEWER_AGENCY),
    ),
    _aside("consent", ConsentGrant.id, name=Agency.name, until=ConsentGrant.expires_on)
    .join(Agency, Agency.id == ConsentGrant.agency_id)
    .where(
        ConsentGrant.case_id == CASE_ID,
        scopes.in_force(),
        ConsentGrant.expires_on <= bindparam("warn_until", type_=Date()),
        or_(scopes.ALL_HERE, ConsentGrant.agency_id == scopes.VIEWER_AGENCY),
    ),
)


@dataclass(frozen=True, slots=True)
class Around:
    """What the plan alone does not know: when the last meeting was, when this one and the next are, what was carried."""

    since: datetime | None = None
    on: date | None = None
    next_on: date | None = None
    about_lead: bool = False


@dataclass(frozen=True, slots=True)
class PlanAgenda:
    """What the plan writes, and the head that says whose it is."""

    head: Head
    points: tuple[Point, ...]
    actions: dict[int, Item]


def written(case: CaseFile, *, viewer: Viewer, around: Around) -> PlanAgenda:
    """The points that the viewer's sight of the plan puts on the agenda, in the order in which they are spoken of: the
    person first, the lead, the goals in the person's order, what has no goal, what waits, the next review."""
    head = plan_head.head(case, viewer=viewer)
    today = clock.today()
    on = around.on or today
    horizon = around.next_on or (
        head.next_review_on
        if head.next_review_on and head.next_review_on > on
        else on + timedelta(UNTIL_NEXT)
    )
    binds = case.binds(viewer) | {"warn_until": horizon}
    goals = [_Goal(*row) for row in read(_GOALS, binds)]
    reader = plan_rows.reader(viewer, case, first_name=head.first_name, calendar=head.calendar, quiet=True)
    found: dict[int, list[Item]] = {}
    every: dict[int, Item] = {}
    for row in read(_ACTIONS, binds):
        a, (changed_at, answered_at) = Raw(*row[:_N]), row[_N:]
        if a.status is S.CANCELLED:
            continue
        whys = _whys(a, today, horizon, around.since, changed_at, answered_at, head.calendar)
        item = every[a.id] = Item(plan_rows.in_words(a, reader), whys)
        found.setdefault(a.goal_id, []).append(item)
    asides = [_Aside(*row) for row in read(_ASIDES, binds)]
    points = [
        Point("reminder", PointSource.REMINDER, "Welcome and confidentiality"),
        Point("person", PointSource.PERSON, f"{head.first_name}’s view, first"),
        Point("apologies", PointSource.APOLOGIES, "Apologies and reports"),
    ]
    if around.about_lead and case.sees_whole_plan:
        points.append(Point("lead", PointSource.LEAD, "Who leads", "the person’s wish, then the criteria"))
    points += [_of_goal(goal, found.get(goal.id, ()), head) for goal in goals if _is_open(goal, found)]
    points += _of_asides(asides, goals, head, today)
    points += [
        Point(f"barrier:{one.id}", PointSource.BARRIER, one.title, one.why, record_id=one.id)
        for one in meeting_blocks.open_on(case, viewer=viewer)
    ]
    return PlanAgenda(head, tuple(points), every)


def last_points(head: Head) -> tuple[Point, ...]:
    """What every meeting ends with."""
    due = dates.full_day(head.next_review_on)
    return (
        Point(
            "review",
            PointSource.REVIEW,
            "Who does what; next review",
            f"planned for {due}" if due else "no day is set yet",
        ),
    )


def _is_open(goal, found):
    return goal.status not in (GoalStatus.COMPLETED, GoalStatus.CANCELLED) or any(
        item.whys for item in found.get(goal.id, ())
    )


def _whys(a, today, horizon, since, changed_at, answered_at, calendar):
    whys = []
    day = clock.local_day
    if plan_rows.is_late(a, today):
        late = working_days.in_words(a.due_on, today, calendar)
        whys.append(Why("late", late[0].upper() + late[1:]))
    if a.status is S.BLOCKED:
        whys.append(
            Why("blocked", f"Blocked: {a.status_reason.rstrip('. ')}" if a.status_reason else "Blocked")
        )
    elif a.status is S.REQUESTED:
        asked = f"Asked {dates.short_day(day(a.asked_at))}, not answered" if a.asked_at else "Not answered"
        whys.append(Why("unanswered", asked))
    elif a.status is S.DECLINED:
        whys.append(Why("declined", "Declined, and nothing is in its place"))
    elif a.status is S.PROPOSED:
        whys.append(Why("waits", "Not asked yet"))
    if a.status in OPEN_ACTIONS and a.due_on and today <= a.due_on <= horizon:
        whys.append(Why("due", f"Due {dates.short_day(a.due_on)}"))
    if since is not None and changed_at > since:
        said = f": {a.last_note}" if _says_more(a, changed_at) else ""
        whys.append(Why("changed", f"Changed {dates.short_day(day(changed_at))}{said}"))
    return tuple(whys)


def _says_more(a, changed_at) -> bool:
    """Whether the last note is of the last change, and not the reason that is told already."""
    told = a.status is S.BLOCKED and a.last_note == a.status_reason
    return bool(a.last_note and a.last_note_at and a.last_note_at >= changed_at and not told)


#: How the words of an agenda's side line are counted, in the order of urgency.
COUNTED = ("late", "blocked", "declined", "unanswered", "waits", "due", "changed")


def counted(items) -> str:
    """ "1 late, 1 blocked, 2 changed": each action counts once, under its most urgent word."""
    numbers = dict.fromkeys(COUNTED, 0)
    for item in items:
        if item.whys:
            numbers[min((w.word for w in item.whys), key=COUNTED.index)] += 1
    return ", ".join(
        f"{n} {'wait' if word == 'waits' and n > 1 else word}" for word, n in numbers.items() if n
    )


def _of_goal(goal, items, head):
    why = counted(items)
    if head.protocol.plan.own_words and not goal.measure and head.plan_status is not None:
        why = f"no measure, {why}" if why else "no measure"
    if not items:
        why = f"{why}, nobody works on it" if why else "nobody works on it yet"
    label = head.protocol.domain_label(goal.domain)
    return Point(
        f"goal:{goal.id}",
        PointSource.GOAL,
        f"Goal {goal.number}, {label[0].lower()}{label[1:]}",
        why or "nothing waits",
        goal.words or goal.title,
        label,
        tuple(items),
        goal.number,
        goal.id,
    )


def _of_asides(asides, goals, head, today):
    aimed = {goal.domain for goal in goals if goal.status is not GoalStatus.CANCELLED}
    points = []
    needs = [one for one in asides if one.kind == "need" and not one.served]
    for one in sorted(needs, key=lambda one: (one.number or 99, one.text)):
        label = head.protocol.domain_label(one.text)
        what = "nobody works on it" if one.text in aimed else "no goal yet"
        points.append(
            Point(
                f"need:{one.id}",
                PointSource.NEED,
                f"{label}: a high need, {what}",
                f"high need since {dates.short_day(clock.local_day(one.at))}",
                domain=one.text,
                record_id=one.id,
            )
        )
    for one in asides:
        if one.kind == "issue":
            points.append(
                Point(
                    f"issue:{one.id}",
                    PointSource.ISSUE,
                    f"Issue raised by {one.name}",
                    f"since {dates.short_day(clock.local_day(one.at))}, not answered",
                    one.text,
                    record_id=one.id,
                )
            )
    for one in asides:
        if one.kind == "consent":
            points.append(
                Point(
                    f"consent:{one.id}",
                    PointSource.CONSENT,
                    f"Consent of {one.name}" if one.name else "Consent",
                    f"ends {dates.full_day(one.until)}",
                    record_id=one.id,
                )
            )
    return points
