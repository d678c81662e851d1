"""What the plan puts on a meeting's agenda, each point with why it is there (B7, S2-40). Computed anew on every look:
nothing of it is stored, so it can not go stale before the meeting begins. Every viewer's agenda is cut by the same
scopes as the plan: a partner reads points about its own actions, and never that there are others."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    String,
    bindparam,
    case,
    cast,
    exists,
    or_,
    union_all,
)

from caseapp import clock, dates, names, protocols
from caseapp.extensions import read
from caseapp.models import Action, Agency, CarePlan, Case, ConsentGrant, Goal, Need, Person, PlanIssue
from caseapp.models.base import UTC
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile, Sight
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda_items, meeting_blocks, plan_rows
from caseapp.queries.meeting_agenda_items import Item, Look, counted
from caseapp.queries.mixed_rows import mixed_rows
from caseapp.queries.plan_rows import CASE_ID
from caseapp.vocabulary import ActionStatus, GoalStatus, NeedLevel, PointSource

#: Without a day for the next review, what is due within so many calendar days after the meeting is "before the next".
UNTIL_NEXT = 42


@dataclass(slots=True)
class Point:
    """One point of an agenda. `why` says in a few words why it is there; `text` is what was written to it."""

    key: str
    source: PointSource
    title: str
    why: str = ""
    words: str = ""
    domain: str = ""
    items: list[Item] = field(default_factory=list)
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
    def pressing(self) -> list[Item]:
        """The actions that need a word."""
        return [item for item in self.items if item.words]

    @property
    def others(self) -> list[Item]:
        return [item for item in self.items if not item.words]

    @property
    def anchor(self) -> str:
        """The key as it stands in the ids of a page."""
        return self.key.replace(":", "-")

    @property
    def asked(self) -> str:
        """The key as it is asked for in an address."""
        return self.key.replace(":", "%3A")


class _Matter(NamedTuple):
    """One row of what the plan is about beside its actions; what the columns mean depends on `kind`."""

    kind: str
    id: int
    text: str | None
    name: str | None
    level: str | None
    flag: bool | None
    until: date | None
    at: datetime | None
    number: int | None
    rank: int | None
    more: int | None


_part = mixed_rows(
    text=String,
    name=String,
    level=String,
    flag=Boolean(),
    until=Date,
    at=UTC,
    number=Integer,
    rank=Integer,
    more=Integer,
)

_SERVED = (
    exists()
    .where(
        Goal.case_id == Need.case_id,
        Goal.domain == Need.domain,
        Goal.status != GoalStatus.CANCELLED,
        Action.goal_id == Goal.id,
        or_(Action.owner_agency_id.is_not(None), Action.by_person),
        Action.status.not_in((ActionStatus.DECLINED, ActionStatus.CANCELLED, ActionStatus.NOT_COMPLETED)),
    )
    .correlate(Need)
)
#: Consent that ends before the next review, or where none is planned before that day, within UNTIL_NEXT.
_WARN_UNTIL = case(
    (CarePlan.next_review_on > bindparam("meets_on", type_=Date()), CarePlan.next_review_on),
    else_=bindparam("warn_until", type_=Date()),
)


def _matter(sight):
    return union_all(
        _part(
            "head",
            Case.id,
            text=Person.given_name,
            name=Person.family_name,
            level=Person.known_as,
            flag=CarePlan.case_id.is_not(None),
            until=CarePlan.next_review_on,
        )
        .select_from(Case)
        .join(Person, Person.id == Case.person_id)
        .outerjoin(CarePlan, CarePlan.case_id == Case.id)
        .where(Case.id == CASE_ID, sight),
        _part(
            "goal",
            Goal.id,
            text=case((Goal.words != "", Goal.words), else_=Goal.title),
            name=Goal.domain,
            level=cast(Goal.status, String()),
            flag=Goal.measure != "",
            number=Goal.number,
            rank=Goal.priority,
        ).where(Goal.case_id == CASE_ID, scopes.SEES_GOAL_HERE),
        _part(
            "need",
            Need.id,
            text=Need.domain,
            flag=_SERVED,
            at=Need.changed_at,
            rank=Need.priority,
        ).where(Need.case_id == CASE_ID, scopes.ALL_HERE, Need.level == NeedLevel.HIGH, Need.wants_help),
        _part("issue", PlanIssue.id, text=PlanIssue.text, name=Agency.name, at=PlanIssue.raised_at)
        .join(Agency, Agency.id == PlanIssue.agency_id)
        .where(
            PlanIssue.case_id == CASE_ID,
            PlanIssue.answered_at.is_(None),
            or_(scopes.ALL_HERE, PlanIssue.agency_id == scopes.VIEWER_AGENCY),
        ),
        _part("consent", ConsentGrant.id, name=Agency.name, until=ConsentGrant.expires_on)
        .join(Agency, Agency.id == ConsentGrant.agency_id)
        .outerjoin(CarePlan, CarePlan.case_id == ConsentGrant.case_id)
        .where(
            ConsentGrant.case_id == CASE_ID,
            scopes.in_force(),
            ConsentGrant.expires_on <= _WARN_UNTIL,
            or_(scopes.ALL_HERE, ConsentGrant.agency_id == scopes.VIEWER_AGENCY),
        ),
        meeting_blocks.open_on(_part),
    )


_MATTER = {
    Sight.PART: _matter(scopes.SEES_CASE),
    Sight.WHOLE_PLAN: _matter(scopes.SEES_WHOLE_PLAN),
    Sight.ALL: _matter(scopes.SEES_ALL),
}


class Head(NamedTuple):
    """Whose plan it is, for an agenda. `has_plan` is for those who see the whole plan."""

    name: str
    first_name: str
    next_review_on: date | None
    protocol: Any
    has_plan: bool


@dataclass(frozen=True, slots=True)
class Around:
    """What the plan alone does not know: when the last meeting was, when this one is, whether it is about who leads.
    Without `rows` actions are only counted: no words of any are read."""

    since: datetime | None = None
    on: date | None = None
    about_lead: bool = False
    rows: bool = True


@dataclass(frozen=True, slots=True)
class PlanAgenda:
    """What the plan writes, and the head that says whose it is."""

    head: Head
    points: list[Point]
    actions: dict[int, Item]


def written(file: CaseFile, *, viewer: Viewer, around: Around) -> PlanAgenda:
    """The points that the viewer's sight of the plan puts on the agenda, in the order in which they are spoken of: the
    person first, the lead, the goals in the person's order, what has no goal, what waits, the next review. Raises
    NotVisible where the case was taken from the viewer a moment ago."""
    today = clock.today()
    on = around.on or today
    late = on + timedelta(UNTIL_NEXT)
    binds = file.binds(viewer) | {"meets_on": on, "warn_until": late}
    matter: dict[str, list[_Matter]] = {}
    for row in read(_MATTER[file.sight], binds, _Matter):
        matter.setdefault(row.kind, []).append(row)
    head = _head(file, scopes.still_there(next(iter(matter.get("head", ())), None)))
    review = head.next_review_on
    reader = plan_rows.reader(
        viewer, file, first_name=head.first_name, calendar=head.protocol.calendar, quiet=True
    )
    look = Look(reader, today, review if review and review > on else late, around.since)
    every, by_goal = meeting_agenda_items.of_case(binds, look, rows=around.rows)
    points = [
        Point("reminder", PointSource.REMINDER, "Welcome and confidentiality"),
        Point("person", PointSource.PERSON, f"{head.first_name}’s view, first"),
        Point("apologies", PointSource.APOLOGIES, "Apologies and reports"),
    ]
    if around.about_lead and file.sees_whole_plan:
        points.append(Point("lead", PointSource.LEAD, "Who leads", "the person’s wish, then the criteria"))
    goals = sorted(matter.get("goal", ()), key=lambda one: (one.rank is None, one.rank or 0, one.number))
    for goal in goals:
        items = by_goal.get(goal.id, [])
        if goal.level not in _ENDED or any(item.words for item in items):
            points.append(_of_goal(goal, items, head))
    points += _of_asides(matter, goals, head)
    barriers = sorted(matter.get("barrier", ()), key=lambda one: (one.until, one.id))
    for one in (meeting_blocks.in_words(row, today) for row in barriers):
        points.append(Point(f"barrier:{one.id}", PointSource.BARRIER, one.title, one.why, record_id=one.id))
    return PlanAgenda(head, points, every)


_ENDED = frozenset({GoalStatus.COMPLETED.value, GoalStatus.CANCELLED.value})


def _head(file: CaseFile, row: _Matter) -> Head:
    return Head(
        f"{row.text} {row.name}".strip(),
        names.first_name(row.level, row.text, row.name),
        row.until,
        protocols.get(file.protocol_key, file.protocol_version),
        bool(row.flag) and file.sees_whole_plan,
    )


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


def _of_goal(goal: _Matter, items: list[Item], head: Head) -> Point:
    why = counted(items)
    if head.protocol.plan.own_words and not goal.flag and head.has_plan:
        why = f"no measure, {why}" if why else "no measure"
    if not items:
        why = f"{why}, nobody works on it" if why else "nobody works on it yet"
    label = head.protocol.domain_label(goal.name)
    return Point(
        f"goal:{goal.id}",
        PointSource.GOAL,
        f"Goal {goal.number}, {label[0].lower()}{label[1:]}",
        why or "nothing waits",
        goal.text,
        label,
        items,
        goal.number,
        goal.id,
    )


def _of_asides(matter: dict[str, list[_Matter]], goals: list[_Matter], head: Head) -> list[Point]:
    aimed = {goal.name for goal in goals if goal.level != GoalStatus.CANCELLED.value}
    points = []
    needs = [one for one in matter.get("need", ()) if not one.flag]
    for one in sorted(needs, key=lambda one: (one.rank or 99, one.text)):
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
    points += [
        Point(
            f"issue:{one.id}",
            PointSource.ISSUE,
            f"Issue raised by {one.name}",
            f"since {dates.short_day(clock.local_day(one.at))}, not answered",
            one.text,
            record_id=one.id,
        )
        for one in sorted(matter.get("issue", ()), key=lambda one: (one.at, one.id))  # a union keeps no order
    ]
    points += [
        Point(
            f"consent:{one.id}",
            PointSource.CONSENT,
            f"Consent of {one.name}" if one.name else "Consent",
            f"ends {dates.full_day(one.until)}",
            record_id=one.id,
        )
        for one in sorted(matter.get("consent", ()), key=lambda one: (one.until, one.name or "", one.id))
    ]
    return points
