"""Raising a gap or block (B5, S3-8): by a worker, from an action, a plan, a meeting or from nothing in particular."""

from datetime import date, datetime, time

from sqlalchemy import bindparam, func, select, text

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Action, Agency, Case, Escalation, EscalationHolding, Goal
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import escalation_likeness, settings
from caseapp.queries.escalations import domains as known_domains
from caseapp.services import action_progress, audit, events
from caseapp.services.escalations import joins, moves, news, places, words
from caseapp.services.meetings import barriers
from caseapp.services.transaction import use_case
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, EscalationKind, Rung, StepAct

#: Held while a number is given, so that two raisings at the same moment get two (any number nothing else locks).
LOCK = 0x47422D31
LINES = {
    "title": "Say in one line what is missing or shut",
    "service": "Name the service that is missing or shut",
    "effect": "Say what this does to the person, or to people",
    "wanted": "Say what you want to come of it",
}


@use_case
def raise_gap(
    case: CaseFile | None,
    *,
    actor: Viewer,
    at: datetime,
    kind: EscalationKind,
    domain: str,
    title: str,
    service: str,
    effect: str,
    wanted: str,
    noticed_on: date,
    description: str = "",
    colleagues_advice: str = "",
    one_to_one: str = "",
    meeting_not_convened: bool = False,
    meeting_why: str = "",
    meanwhile: str = "",
    concerned_agency_id: int | None = None,
    concerned_name: str = "",
    action_id: int | None = None,
    goal_id: int | None = None,
    identity_on: date | None = None,
    urgent_reason: str = "",
    ask_colleagues: bool = False,
    same_as: int | None = None,
    mark_blocked: bool = False,
    decision_id: int | None = None,
) -> int:
    """Raise a gap or block and send it to the manager; with `ask_colleagues` it first stays with the worker while the
    agency's workers are asked (S3-71). `case` is None where it is about nobody in particular.

    `noticed_on` is the local day on which it was noticed, from which its age counts (S3-8). `identity_on` is the day on
    which the person agreed to be named above the manager; without it they are not. `same_as` joins it to one that was
    raised before: at once within the agency, else once the own manager has passed it up (S3-72). `mark_blocked` also
    says in the plan that the action is blocked. `decision_id` is the decision of a meeting that asked for it.

    Raises RuleBroken, naming the field. Returns its id."""
    if not rules.may(actor, Do.RAISE_GAP) or (case and not rules.may(actor, Do.RAISE_FROM_CASE, case)):
        raise NotAllowed
    kind = EscalationKind(kind)
    today = clock.local_day(at)
    for field, what in (("title", title), ("service", service), ("effect", effect), ("wanted", wanted)):
        if not what:
            raise RuleBroken(LINES[field], field)
    if domain not in known_domains():
        raise RuleBroken("Choose the part of life that it touches", "domain")
    _check_days(noticed_on, identity_on, today, case)
    if meeting_not_convened and not meeting_why:
        raise RuleBroken("Say why the meeting could not be convened", "meeting_why")
    concerned_agency_id, concerned_name = _concerned(kind, concerned_agency_id, concerned_name)
    goal_id = _stopped(case, actor, action_id, goal_id)
    words.name_nobody(
        case and case.id,
        title=title,
        service=service,
        description=description,
        effect=effect,
        wanted=wanted,
        colleagues_advice=colleagues_advice,
        one_to_one=one_to_one,
        meeting_why=meeting_why,
        meanwhile=meanwhile,
        concerned_name=concerned_name,
        urgent_reason=urgent_reason,
    )
    row = Escalation(
        id=new_id(),
        number=_next_number(),
        kind=kind,
        domain=domain,
        case_id=case and case.id,
        action_id=action_id,
        goal_id=goal_id,
        agency_id=actor.agency_id,
        raised_by_id=actor.user_id,
        area_id=db.session.scalar(select(Agency.area_id).where(Agency.id == actor.agency_id)),
        concerned_agency_id=concerned_agency_id,
        concerned_name=concerned_name,
        service=service,
        service_key=escalation_likeness.key(service),
        title=title,
        description=description,
        effect=effect,
        colleagues_advice=colleagues_advice,
        one_to_one=one_to_one,
        meeting_not_convened=meeting_not_convened,
        meeting_why=meeting_why,
        meanwhile=meanwhile,
        wanted=wanted,
        noticed_on=noticed_on,
        raised_at=at,
        age_from=noticed_on,
        identity_consent=identity_on is not None,
        identity_on=identity_on,
        urgent=bool(urgent_reason),
        urgent_reason=urgent_reason,
        colleagues_asked=ask_colleagues,
        level=Rung.WORKER,
        reads_up_to=Rung.MANAGER,
        holder_id=actor.user_id,
        held_since=at,
        last_step_at=at,
    )
    db.session.add(row)
    db.session.flush()
    _time_before(row, actor, at, today)
    moves.step(row, StepAct.RAISED, actor=actor, at=at, text=wanted)
    same = _same(same_as, actor)
    if same is not None and same.agency_id == actor.agency_id:
        joins.attach(row, same, actor=actor, at=at)
    else:
        row.join_wish_id = same and same.id
        _begin(row, actor, at, ask_colleagues)
    audit.record(actor, "gap or block: raised", at=at, case=case, detail={"escalation": row.id})
    news.on_timeline(row, f"{kind.short} raised: {title}", actor=actor, at=at)
    if case is not None and decision_id is not None:
        barriers.raised(case, decision_id, row.id, actor=actor, at=at)
    if mark_blocked and action_id is not None:
        _mark_blocked(case, action_id, actor, at, title)
    return row.id


def _check_days(noticed_on, identity_on, today, case):
    if noticed_on is None:
        raise RuleBroken("Say when you first noticed it: its age counts from that day", "noticed_on")
    if noticed_on > today:
        raise RuleBroken("This day has not come yet", "noticed_on")
    if identity_on is not None and case is None:
        raise RuleBroken("This is about no person, so nobody can agree to be named", "identity_on")
    if identity_on is not None and identity_on > today:
        raise RuleBroken("This day has not come yet", "identity_on")


def _concerned(kind, agency_id, name):
    if agency_id is not None:
        if db.session.scalar(select(Agency.id).where(Agency.id == agency_id, Agency.active)) is None:
            raise RuleBroken("Choose an agency of the list, or write its name", "concerned_agency_id")
        return agency_id, ""
    if kind is EscalationKind.BLOCK and not name:
        raise RuleBroken(
            "Say whose service it is: choose the agency, or write its name", "concerned_agency_id"
        )
    return None, name


_ACTION = (
    select(Action.goal_id, Action.status)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.id == bindparam("action_id", type_=Id),
        Action.case_id == bindparam("case_id", type_=Id),
        scopes.SEES_ACTION,
    )
)
_GOAL = (
    select(Goal.id)
    .join(Case, Case.id == Goal.case_id)
    .where(
        Goal.id == bindparam("goal_id", type_=Id),
        Goal.case_id == bindparam("case_id", type_=Id),
        scopes.SEES_GOAL,
    )
)


def _stopped(case, actor, action_id, goal_id):
    """The goal behind what it stops; both must be of this case and in the actor's sight."""
    if action_id is None and goal_id is None:
        return None
    if case is None:
        raise RuleBroken("This is about no plan, so it stops no action of one", "action_id")
    binds = scopes.binds(actor) | {"case_id": case.id}
    if action_id is not None:
        row = db.session.execute(_ACTION, binds | {"action_id": action_id}).first()
        if row is None or row.status not in OPEN_ACTIONS:
            raise RuleBroken("Choose an open action of this plan, or none", "action_id")
        return row.goal_id
    if db.session.execute(_GOAL, binds | {"goal_id": goal_id}).first() is None:
        raise RuleBroken("Choose a goal of this plan, or none", "goal_id")
    return goal_id


def _next_number() -> int:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    return (db.session.scalar(select(func.max(Escalation.number))) or 0) + 1


def _time_before(row, actor, at, today):
    """The worker's own time, from noticing to raising: shown like any holder's (S3-8)."""
    values = settings.values(actor.agency_id)
    since = min(clock.at_local(row.noticed_on, time()), at)
    db.session.add(
        EscalationHolding(
            id=new_id(),
            escalation_id=row.id,
            position=0,
            level=Rung.WORKER,
            user_id=actor.user_id,
            from_at=since,
            starts_on=row.noticed_on,
            to_at=at,
            calendar=values["working_day_calendar"],
            came_by=StepAct.RAISED,
        )
    )
    db.session.flush()


def _begin(row, actor, at, ask_colleagues):
    """To the manager, or first to the colleagues."""
    if not ask_colleagues:
        manager = places.holder(Rung.MANAGER, row)
        moves.begin_holding(row, Rung.MANAGER, at=at, came_by=StepAct.SENT, place=manager)
        moves.step(row, StepAct.SENT, actor=actor, at=at, level=Rung.WORKER, to_level=Rung.MANAGER)
        news.tell(row, {row.holder_id}, "waits for your answer", at=at, actor=actor)
        return
    place = places.place(Rung.WORKER, actor.user_id, actor.agency_id)
    moves.begin_holding(row, Rung.WORKER, at=at, came_by=StepAct.COLLEAGUES_ASKED, place=place)
    moves.step(row, StepAct.COLLEAGUES_ASKED, actor=actor, at=at)
    colleagues = events.agency_workers(actor.agency_id)
    news.tell(row, colleagues, "a colleague asks for your advice", at=at, actor=actor)


_OFFERED = select(Escalation).where(
    Escalation.id == bindparam("escalation_id", type_=Id),
    (Escalation.agency_id == scopes.VIEWER_AGENCY) | (Escalation.reads_up_to >= Rung.COORDINATOR),
)


def _same(escalation_id, actor):
    """The one that it is said to be the same as. What was closed meanwhile is no longer anything to join."""
    if escalation_id is None:
        return None
    row = db.session.scalar(
        _OFFERED.with_for_update(of=Escalation), policy.binds(actor) | {"escalation_id": escalation_id}
    )
    if row is None:
        raise RuleBroken("Choose one of those shown, or that it is none of them", "same_as")
    if row.joined_to_id is not None:
        row = db.session.get(Escalation, row.joined_to_id)
    if not row.is_open:
        raise RuleBroken(f"{policy.said(row.number)} was closed meanwhile. Raise yours on its own", "same_as")
    return row


def _mark_blocked(case, action_id, actor, at, title):
    """Say so in the plan, where the actor may and the action has been taken on."""
    row = db.session.execute(
        select(Action.status, Action.version, Action.owner_agency_id).where(Action.id == action_id)
    ).one()
    if row.status in (ActionStatus.ACCEPTED, ActionStatus.IN_PROGRESS) and rules.may_update_action(
        actor, case, owner_agency_id=row.owner_agency_id
    ):
        action_progress.progress(
            case,
            action_id,
            actor=actor,
            at=at,
            version=row.version,
            status=ActionStatus.BLOCKED,
            note=title,
        )
