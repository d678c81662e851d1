"""One agency's part of the plan (screen 04): its own actions, of each goal only the words that they serve, the issues
it raised, what happened in its part. And one action with its notes, for whoever sees it."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, select
from sqlalchemy import case as case_
from sqlalchemy.orm import aliased

from caseapp import clock, dates, ids, working_days
from caseapp.extensions import db, read
from caseapp.models import Action, ActionNote, Agency, Case, Event, Goal, PlanIssue, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.queries import plan_head, plan_page, plan_quality, plan_rows
from caseapp.queries.plan_head import Head
from caseapp.queries.plan_page import Event_
from caseapp.queries.plan_rows import CASE_ID, Raw, Row
from caseapp.vocabulary import Role

_OWN = plan_rows.statement(Goal.words, Goal.domain)
_N = len(plan_rows.COLUMNS)
_ONE = plan_rows.statement(
    Goal.words, Goal.domain, Action.start_on, Action.review_on, Action.clinic_talk_on, Action.clinic_talk_with
).where(Action.id == bindparam("action_id", type_=Id))


class Served(NamedTuple):
    """A goal that the agency's actions serve: its area of life and the person's words, nothing else of it."""

    id: str
    domain: str
    words: str
    rows: list[Row]


class Issue(NamedTuple):
    """Something wrong with the plan that an agency raised (S3-18). `late`: working days past the answer's day."""

    id: int
    text: str
    agency: str
    raised_by: str
    raised_on: str
    about: str
    answer: str
    answered_on: str
    answered_by: str
    due_on: str
    late: int
    version: int


@dataclass(slots=True)
class PlanPart:
    """What one agency sees of the plan."""

    head: Head
    agency_name: str
    goals: list[Served]
    workers: list[str]
    actions: int
    issues: list[Issue]
    events: list[Event_]


def part(case: CaseFile, *, viewer: Viewer, quiet: bool = False) -> PlanPart:
    """The part that the viewer's agency sees. `quiet`: for reading only (see as, print)."""
    head = plan_head.head(case, viewer=viewer)
    binds = case.binds(viewer) | {"case_id": case.id}
    reader = plan_rows.reader(viewer, case, first_name=head.first_name, calendar=head.calendar, quiet=quiet)
    goals: dict[int, Served] = {}
    workers: list[str] = []
    count = 0
    for found in read(_OWN, binds):
        a = Raw(*found[:_N])
        words, domain = found[_N:]
        if a.goal_id not in goals:
            goals[a.goal_id] = Served(ids.written(a.goal_id), head.protocol.domain_label(domain), words, [])
        goals[a.goal_id].rows.append(plan_rows.in_words(a, reader))
        name = plan_rows.worker_name(a)
        if name and name not in workers:
            workers.append(name)
        count += 1
    return PlanPart(
        head,
        viewer.agency_name,
        list(goals.values()),
        workers,
        count,
        issues(case, viewer=viewer, head=head),
        plan_page.recent_events(binds),
    )


_Raiser = aliased(User, name="raiser")
_Answerer = aliased(User, name="answerer")
_ISSUES = (
    select(
        PlanIssue.id,
        PlanIssue.text,
        Agency.name,
        _Raiser.name,
        PlanIssue.raised_at,
        case_((scopes.SEES_ACTION, Action.what)),
        PlanIssue.answer,
        PlanIssue.answered_at,
        _Answerer.name,
        PlanIssue.version,
    )
    .join(Case, Case.id == PlanIssue.case_id)
    .join(Agency, Agency.id == PlanIssue.agency_id)
    .join(_Raiser, _Raiser.id == PlanIssue.raised_by_id)
    .outerjoin(Action, Action.id == PlanIssue.action_id)
    .outerjoin(Goal, Goal.id == Action.goal_id)
    .outerjoin(_Answerer, _Answerer.id == PlanIssue.answered_by_id)
    .where(PlanIssue.case_id == CASE_ID, scopes.SEES_ISSUE)
    .order_by(PlanIssue.answered_at.is_not(None), PlanIssue.raised_at.desc(), PlanIssue.id.desc())
)


def issues(case: CaseFile, *, viewer: Viewer, head: Head) -> list[Issue]:
    """The issues that the viewer may read, those without an answer first."""
    today = clock.today()
    found = []
    rows = read(_ISSUES, scopes.binds(viewer) | {"case_id": case.id})
    for id_, text, agency, raiser, raised_at, about, answer, answered_at, answerer, version in rows:
        due = working_days.add_working_days(clock.local_day(raised_at), head.issue_days, head.calendar)
        late = 0 if answered_at else plan_quality.days_over(raised_at, head.issue_days, head.calendar, today)
        found.append(
            Issue(
                id_,
                text,
                agency,
                raiser,
                dates.day_of(raised_at),
                about or "",
                answer,
                dates.day_of(answered_at),
                answerer or "",
                dates.day(due),
                late,
                version,
            )
        )
    return found


class Note(NamedTuple):
    """A progress note of an action (S4-7: author, agency and time)."""

    text: str
    when: str
    who: str
    agency: str
    status: str


@dataclass(slots=True)
class OneAction:
    """One action as the viewer sees it, with the goal that it serves."""

    id: int
    row: Row
    raw: Raw
    head: Head
    goal_words: str
    goal_domain: str
    start: str
    review: str
    asked: str
    clinic_talk: str
    notes: list[Note]
    may_update: bool


def action(
    case: CaseFile, action_id: int, *, viewer: Viewer, notes: bool = True, quiet: bool = False
) -> OneAction | None:
    """One action of the case, or None where the viewer may not know of it. `notes`: with its progress notes."""
    binds = case.binds(viewer) | {"case_id": case.id, "action_id": action_id}
    found = read(_ONE, binds).first()
    if found is None:
        return None
    head = plan_head.head(case, viewer=viewer)
    reader = plan_rows.reader(viewer, case, first_name=head.first_name, calendar=head.calendar, quiet=quiet)
    a = Raw(*found[:_N])
    words, domain, start_on, review_on, talked_on, talked_with = found[_N:]
    if not case.sees_whole_plan:  # between the case manager and the clinic
        talked_on = None
    row = plan_rows.in_words(a, reader)
    return OneAction(
        a.id,
        row,
        a,
        head,
        words,
        head.protocol.domain_label(domain),
        dates.day(start_on),
        dates.day(review_on),
        dates.day_of(a.asked_at),
        f"{dates.day(talked_on)}, with {talked_with}" if talked_on and talked_with else dates.day(talked_on),
        _notes(binds) if notes else [],
        reader.may_update(a.agency_id),
    )


_NOTES = (
    select(ActionNote.text, ActionNote.at, User.name, Agency.name, ActionNote.status)
    .join(Action, Action.id == ActionNote.action_id)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .join(User, User.id == ActionNote.author_id)
    .join(Agency, Agency.id == ActionNote.agency_id)
    .where(
        ActionNote.action_id == bindparam("action_id", type_=Id),
        Action.case_id == CASE_ID,
        scopes.SEES_ACTION,
    )
    .order_by(ActionNote.at.desc(), ActionNote.id.desc())
)


def _notes(binds) -> list[Note]:
    return [
        Note(text, dates.moment(at), who, agency, status.label if status else "")
        for text, at, who, agency, status in read(_NOTES, binds)
    ]


_COLLEAGUES = (
    select(User.id, User.name)
    .where(
        User.agency_id == scopes.VIEWER_AGENCY,
        User.disabled_at.is_(None),
        User.roles.op("&")(int(PRACTISES)) != 0,
    )
    .order_by(User.name)
)


def colleagues(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Those of the viewer's own agency who may take an action: (id, name), by name."""
    return [(id_, name) for id_, name in read(_COLLEAGUES, scopes.binds(viewer))]


class Choice(NamedTuple):
    """An action to choose in a form."""

    id: int
    what: str


_CHOICES = (
    select(Action.id, Action.what)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(Action.case_id == CASE_ID, Action.owner_agency_id == scopes.VIEWER_AGENCY, scopes.SEES_ACTION)
    .order_by(Goal.number, Action.id)
)


def own_choices(case: CaseFile, *, viewer: Viewer) -> list[Choice]:
    """The own actions that an issue may be about."""
    return [Choice(*row) for row in read(_CHOICES, scopes.binds(viewer) | {"case_id": case.id})]


_AGENCY = select(Agency.id, Agency.name).where(Agency.id == bindparam("agency_id", type_=Id))


def as_agency(agency_id: int) -> Viewer | None:
    """A worker of that agency, for seeing the plan as it does; None if there is no such agency. What this viewer sees
    is decided by the same scopes as for anybody else."""
    row = read(_AGENCY, {"agency_id": agency_id}).first()
    return row and Viewer(0, row.id, Role.WORKER, row.name, row.name)


_CHANGES = (
    select(Event.change)
    .join(Case, Case.id == Event.case_id)
    .where(Event.case_id == CASE_ID, Event.action_id == bindparam("action_id", type_=Id), scopes.SEES_EVENT)
    .order_by(Event.at.desc(), Event.id.desc())
    .limit(bindparam("most", type_=Integer))
)


def as_it_was(case: CaseFile, action_id: int, *, viewer: Viewer, steps: int) -> dict[str, str]:
    """The words of an action before its last `steps` changes, as far as they changed: {"what": …, "by when": …}. For
    the side of a conflict that somebody had before them while they wrote."""
    binds = scopes.binds(viewer) | {
        "case_id": case.id,
        "action_id": action_id,
        "most": max(1, min(steps, 50)),
    }
    before: dict[str, str] = {}
    for change in db.session.scalars(_CHANGES, binds):  # newest first, so the oldest value stays
        before |= {what: old_new[0] for what, old_new in (change or {}).items()}
    return before
