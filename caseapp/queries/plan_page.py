"""The whole shared plan on one page (screen 03): for those who lead the case, and, read-only and without the lead
agency's own matter, for an agency with consent to the full plan (S3-48). Three statements beside the head."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Boolean, Date, Integer, String, and_, bindparam, cast, select, union_all
from sqlalchemy.orm import aliased

from caseapp import clock, dates, ids
from caseapp.extensions import read
from caseapp.models import (
    Agency,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    Event,
    Goal,
    GoalStep,
    Need,
    PlanIssue,
    PlanVersion,
    User,
)
from caseapp.models.base import UTC, Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import plan_head, plan_quality, plan_rows, plan_standing
from caseapp.queries.mixed_rows import mixed_rows
from caseapp.queries.plan_head import Head
from caseapp.queries.plan_rows import CASE_ID, Raw, Row
from caseapp.queries.plan_standing import Standing
from caseapp.vocabulary import GoalStatus, NeedLevel

EVENTS_SHOWN = 6
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_ACTIONS = plan_rows.statement()


class GoalRow(NamedTuple):
    """A goal with the level of the need it serves; `raw` words, nothing worked out."""

    id: int
    number: int
    domain: str
    words: str
    title: str
    measure: str
    smart: bool
    priority: int | None
    target_on: date | None
    status: GoalStatus
    level: NeedLevel | None


_GOALS = (
    select(
        Goal.id,
        Goal.number,
        Goal.domain,
        Goal.words,
        Goal.title,
        Goal.measure,
        and_(
            Goal.smart_specific,
            Goal.smart_measurable,
            Goal.smart_achievable,
            Goal.smart_relevant,
            Goal.smart_timed,
        ),
        Goal.priority,
        Goal.target_on,
        Goal.status,
        Need.level,
    )
    .outerjoin(Need, and_(Need.case_id == Goal.case_id, Need.domain == Goal.domain))
    .where(Goal.case_id == CASE_ID, scopes.SEES_GOAL_HERE)
    .order_by(Goal.number)
)


class Aside(NamedTuple):
    """One row of what stands beside the plan; what the columns mean depends on `kind`."""

    kind: str
    id: int
    agency_id: int | None
    name: str | None
    text: str | None
    more: str | None
    flag: bool | None
    number: int | None
    day: date | None
    until: date | None
    at: datetime | None


_WORD = String()
_aside = mixed_rows(
    agency_id=Id,
    name=String,
    text=String,
    more=String,
    flag=Boolean(),
    number=Integer,
    day=Date,
    until=Date,
    at=UTC,
)

_Author = aliased(User, name="author")

_newest = (
    select(Event.id, Event.summary, Event.at, Event.actor_id)
    .join(Case, Case.id == Event.case_id)
    .where(Event.case_id == CASE_ID, scopes.ALL_HERE, scopes.EVENT_OF_THIS_LEAD)
    .order_by(Event.at.desc(), Event.id.desc())
    .limit(EVENTS_SHOWN)
    .subquery("newest")
)


def _of_case(model):
    """The model's rows on this case, for those who see all of it."""
    return and_(model.case_id == CASE_ID, scopes.ALL_HERE)


_ASIDE = union_all(
    _aside(
        "grant",
        ConsentGrant.id,
        agency_id=ConsentGrant.agency_id,
        name=Agency.name,
        text=ConsentGrant.contact_name,
        more=cast(Agency.kind, _WORD),
        flag=ConsentGrant.full_plan,
        day=ConsentGrant.starts_on,
        until=ConsentGrant.expires_on,
    )
    .join(Agency, Agency.id == ConsentGrant.agency_id)
    .where(_of_case(ConsentGrant), scopes.in_force()),
    _aside(
        "known",
        CaseAgency.id,
        agency_id=CaseAgency.agency_id,
        name=Agency.name,
        text=CaseAgency.contact_name,
        more=cast(Agency.kind, _WORD),
        day=CaseAgency.known_on,
    )
    .join(Agency, Agency.id == CaseAgency.agency_id)
    .where(_of_case(CaseAgency), CaseAgency.ended_at.is_(None)),
    _aside("never", ConsentExclusion.id, agency_id=ConsentExclusion.agency_id, name=Agency.name)
    .join(Agency, Agency.id == ConsentExclusion.agency_id)
    .where(_of_case(ConsentExclusion), ConsentExclusion.lifted_at.is_(None)),
    _aside("need", Need.id, text=Need.domain, more=cast(Need.level, _WORD), number=Need.priority).where(
        _of_case(Need)
    ),
    _aside(
        "step",
        GoalStep.id,
        agency_id=GoalStep.goal_id,
        text=GoalStep.text,
        number=GoalStep.position,
        day=GoalStep.done_on,
    )
    .join(Goal, Goal.id == GoalStep.goal_id)
    .where(_of_case(Goal)),
    _aside(
        "version",
        PlanVersion.id,
        text=PlanVersion.reason,
        number=PlanVersion.number,
        at=PlanVersion.agreed_at,
    ).where(_of_case(PlanVersion)),
    _aside("issue", PlanIssue.id, agency_id=PlanIssue.agency_id, name=Agency.name, at=PlanIssue.raised_at)
    .join(Agency, Agency.id == PlanIssue.agency_id)
    .where(_of_case(PlanIssue), PlanIssue.answered_at.is_(None)),
    _aside("event", _newest.c.id, text=_newest.c.summary, name=_Author.name, at=_newest.c.at).join(
        _Author, _Author.id == _newest.c.actor_id
    ),
)


class Event_(NamedTuple):
    """A line of the timeline, in the words of components/timeline.html."""

    title: str
    when: str
    who: str
    text: str = ""
    url: str = ""


@dataclass(slots=True)
class GoalBlock:
    """A goal as it stands on the page."""

    id: str
    number: int
    domain: str
    level: str
    priority: str
    by: str
    words: str
    title: str
    measure: str
    status: str
    ended: bool
    mends: list[tuple]
    steps: list[tuple[str, str]]
    rows: list[Row]


@dataclass(slots=True)
class AgencyBlock:
    """One agency's rows, when the plan is read by agency."""

    id: str
    name: str
    rows: list[Row]


@dataclass(slots=True)
class Counts:
    """How many actions each filter shows."""

    all: int = 0
    late: int = 0
    unanswered: int = 0
    mine: int = 0


SHOWS = ("all", "late", "unanswered", "mine")
GROUPS = ("goal", "agency")


@dataclass(slots=True)
class PlanPage:
    """The whole plan. What belongs to the lead agency alone is empty for anybody else."""

    head: Head
    goals: list[GoalBlock]
    by_agency: list[AgencyBlock]
    counts: Counts
    shown: int
    agencies: list[Standing]
    versions: list[tuple[int, str, str]]
    events: list[Event_]
    faults: list
    clinic: str
    issues_open: int = 0


def plan(
    case: CaseFile, *, viewer: Viewer, show: str = "all", group: str = "goal", quiet: bool = False
) -> PlanPage:
    """The plan with the rows that `show` keeps, grouped by goal or by agency. `quiet`: for reading only (see as, print),
    so no row offers anything to do."""
    today = clock.today()
    head = plan_head.head(case, viewer=viewer)
    binds = case.binds(viewer) | {"case_id": case.id}
    goals = read(_GOALS, binds, GoalRow)
    actions = read(_ACTIONS, binds, Raw)
    aside: dict[str, list[Aside]] = {}
    if case.sees_all:
        for row in read(_ASIDE, binds, Aside):
            aside.setdefault(row.kind, []).append(row)
        # in order again: PostgreSQL need not keep the order of what it joins
        events = [
            _event(one.text, one.at, one.name)
            for one in sorted(aside.get("event", ()), key=lambda e: (e.at, e.id), reverse=True)
        ]
        agencies = plan_standing.standings(head, aside, actions, today)
        faults = plan_quality.faults(
            head,
            goals,
            actions,
            agencies,
            [(n.text, n.more) for n in sorted(aside.get("need", ()), key=lambda n: (n.number or 99, n.text))],
            [(i.id, i.name, i.at) for i in sorted(aside.get("issue", ()), key=lambda i: (i.at, i.id))],
            today=today,
        )
        for one in agencies:
            plan_standing.say(one, head, faults, today)
    else:
        events, agencies, faults = recent_events(binds), [], plan_quality.Faults()
    clinic = next((one.name for one in agencies if one.clinic), "")
    reader = plan_rows.reader(viewer, case, first_name=head.first_name, calendar=head.calendar, quiet=quiet)
    counts = Counts(all=len(actions))
    kept: list[Row] = []
    for a in actions:
        late = plan_rows.is_late(a, today)
        unanswered = a.status is plan_rows.REQUESTED
        mine = a.user_id == viewer.user_id if case.sees_all else a.agency_id == viewer.agency_id
        counts.late += late
        counts.unanswered += unanswered
        counts.mine += mine
        if (
            show == "all"
            or (show == "late" and late)
            or (show == "unanswered" and unanswered)
            or (show == "mine" and mine)
        ):
            kept.append(plan_rows.in_words(a, reader, mend=faults.actions.get(a.id), clinic=clinic))
    steps: dict[int, list] = {}
    for one in sorted(aside.get("step", ()), key=lambda s: s.number or 0):
        steps.setdefault(one.agency_id, []).append((one.text, dates.day(one.day)))
    blocks = _by_goal(head, goals, kept, faults, steps, show) if group == "goal" else []
    return PlanPage(
        head,
        blocks,
        _by_agency(kept) if group == "agency" else [],
        counts,
        len(kept),
        agencies,
        [
            (one.number, dates.day_of(one.at), one.text)
            for one in sorted(aside.get("version", ()), key=lambda v: -(v.number or 0))
        ],
        events,
        faults.all,
        clinic,
        len(aside.get("issue", ())),
    )


def _event(summary, at, who) -> Event_:
    return Event_(summary, dates.day_of(at), who)


_EVENTS = (
    select(Event.summary, Event.at, User.name)
    .join(Case, Case.id == Event.case_id)
    .join(User, User.id == Event.actor_id)
    .where(Event.case_id == CASE_ID, scopes.SEES_EVENT)
    .order_by(Event.at.desc(), Event.id.desc())
    .limit(bindparam("most", type_=Integer))
)


def recent_events(binds: dict, most: int = EVENTS_SHOWN) -> list[Event_]:
    """The newest lines of the timeline that the viewer behind `binds` may read."""
    return [_event(*row) for row in read(_EVENTS, binds | {"most": most})]


def _by_goal(head, goals, kept, faults, steps, show) -> list[GoalBlock]:
    rows: dict[int, list[Row]] = {}
    for row in kept:
        rows.setdefault(row.raw.goal_id, []).append(row)
    blocks = []
    for goal in goals:
        if show != "all" and goal.id not in rows:
            continue
        ended = goal.status in plan_quality.ENDED_GOALS
        place = goal.priority
        blocks.append(
            GoalBlock(
                ids.written(goal.id),
                goal.number,
                head.protocol.domain_label(goal.domain),
                goal.level.label.lower() if goal.level and goal.level is not NeedLevel.NONE else "",
                f"{head.first_name}’s {ORDINALS[place - 1]} priority" if place and 0 < place <= 10 else "",
                f"by {dates.full_day(goal.target_on)}" if goal.target_on else "",
                goal.words,
                goal.title,
                goal.measure,
                goal.status.label if ended or goal.status is GoalStatus.ON_HOLD else "",
                ended,
                faults.goals.get(goal.id, []),
                steps.get(goal.id, []),
                rows.get(goal.id, []),
            )
        )
    return blocks


def _by_agency(kept) -> list[AgencyBlock]:
    blocks: dict = {}
    for row in kept:
        a = row.raw
        key = a.agency_id or 0
        if key not in blocks:
            name = a.agency_name or ("The person alone" if a.by_person else "Nobody yet")
            blocks[key] = AgencyBlock(ids.written(key), name, [])
        blocks[key].rows.append(row)
    return sorted(blocks.values(), key=lambda block: block.name.casefold())
