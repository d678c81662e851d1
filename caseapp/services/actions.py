"""Actions as the case manager writes them: what, who, by when; asked of an agency only once its columns are filled
(S3-46), consent is in force (X-2) and, for detox or rehab, the clinic has been talked with (S2-45). What the owner does
with an action is in action_progress (C7)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select

from caseapp import clock, dates
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, ActionNote, Agency, Event, Goal, User
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.plan_records import (
    action_of,
    agency_named,
    change_of,
    clinic_on,
    consent_of,
    day_within,
    first_name,
    goal_of,
    is_excluded,
    is_withheld,
    know,
    must_be,
    protocol_of,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ActionKind, ActionStatus, Advocacy, Audience, GoalStatus, Role
from caseapp.working_days import add_working_days, working_days_between

S = ActionStatus

#: The columns that the case manager writes, as the timeline names them.
WORDS = {
    "goal_id": "goal",
    "what": "what",
    "kind": "kind",
    "owner_agency_id": "agency",
    "owner_user_id": "worker",
    "owner_name": "worker’s name",
    "by_person": "the person does it",
    "start_on": "start",
    "due_on": "by when",
    "review_on": "look again on",
    "advocacy": "who speaks",
    "advocacy_until": "until",
}

OVER = frozenset({S.COMPLETED, S.NOT_COMPLETED, S.CANCELLED})
ASKED = frozenset({S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.BLOCKED})


@dataclass(frozen=True)
class Task:
    """What an action says. The owner is an agency, the person alone (`by_person` without agency), the person with an
    agency's help, or nobody yet. `owner_name` names a worker without an account. Days are local calendar days."""

    goal_id: int
    what: str
    kind: ActionKind = ActionKind.INTERVENTION
    owner_agency_id: int | None = None
    owner_user_id: int | None = None
    owner_name: str = ""
    by_person: bool = False
    start_on: date | None = None
    due_on: date | None = None
    review_on: date | None = None
    advocacy: Advocacy = Advocacy.PERSON
    advocacy_until: date | None = None

    def __post_init__(self):
        """A word may be given as its stored text, as world files and forms do."""
        object.__setattr__(self, "kind", ActionKind(self.kind))
        object.__setattr__(self, "advocacy", Advocacy(self.advocacy))


@use_case
def add(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    goal_id: int,
    what: str,
    clinic_talk: dict | None = None,
    **task,
) -> int:
    """Write an action and ask its agency at once; where something is still missing it stays proposed, shown to no
    partner, and `waits_for` says what for. `task` holds the other fields of Task; `clinic_talk` those of
    record_clinic_talk. Returns its id."""
    task = Task(goal_id=goal_id, what=what, **task)
    _check(case, task, at)
    action = Action(
        case_id=case.id,
        status=S.PROPOSED,
        created_at=at,
        created_by_id=actor.user_id,
        changed_at=at,
        changed_by_id=actor.user_id,
        **asdict(task),
    )
    if clinic_talk:
        _set_talk(action, actor, at, **clinic_talk)
    db.session.add(action)
    db.session.flush()
    if action.owner_agency_id:
        know(case, action.owner_agency_id, on=clock.local_day(at))
    _lead_line(case, action, "action_added", f"Action proposed: {what}", actor=actor, at=at)
    _move_on(case, action, actor=actor, at=at)
    return action.id


@use_case
def amend(
    case: CaseFile, *, actor: Viewer, at: datetime, action_id: int, version: int | None = None, **task
) -> int:
    """Change what an action says; fields of Task that are not given stay. Its agency is told of old and new values. Given
    to another agency, the action that the first one knew is stopped and a new one is asked of the other, so that neither
    reads what the other wrote (C7, X-4). Raises Stale with what now stands. Returns the id of the action that now
    stands: the new one's, where there is one."""
    action = action_of(case, action_id)
    must_be(action, version, _saved, Event.case_id == case.id, Event.action_id == action.id)
    if action.status in OVER:
        raise RuleBroken("This action is over and stays as it was. Add a new one.")
    new = Task(**({name: getattr(action, name) for name in WORDS} | task))
    _check(case, new, at, action)
    if new.owner_agency_id != action.owner_agency_id and _known_to_owner(action):
        return _hand_over(case, action, new, actor=actor, at=at)
    before = _in_words(case, action)
    for name, value in asdict(new).items():
        setattr(action, name, value)
    action.changed_at, action.changed_by_id = at, actor.user_id
    db.session.flush()
    change = change_of(before, _in_words(case, action))
    if action.owner_agency_id:
        know(case, action.owner_agency_id, on=clock.local_day(at))
    if action.status in (S.PROPOSED, S.DECLINED):
        if change or action.status is S.DECLINED:
            _lead_line(
                case, action, "action_changed", f"Changed: {action.what}", actor=actor, at=at, change=change
            )
        action.status = S.PROPOSED
        _move_on(case, action, actor=actor, at=at)
    elif change:
        _refuse_unready(case, action, at)
        _tell_owner(
            case,
            action,
            "action_changed",
            f"Changed ({', '.join(change)}): {action.what}",
            actor=actor,
            at=at,
            change=change,
        )
    return action.id


@use_case
def cancel(
    case: CaseFile, *, actor: Viewer, at: datetime, action_id: int, reason: str, version: int | None = None
) -> int:
    """Stop an action; its agency is told, with the reason. One that was never asked is no agency's, so that nobody
    learns afterwards what was once weighed."""
    if not reason:
        raise RuleBroken("Say why it stops", "reason")
    action = action_of(case, action_id)
    must_be(action, version, _saved, Event.case_id == case.id, Event.action_id == action.id)
    if action.status in OVER:
        raise RuleBroken("This action is over already.")
    known = _known_to_owner(action)
    if not known and action.owner_agency_id:
        meant = db.session.scalar(select(Agency.name).where(Agency.id == action.owner_agency_id))
        action.owner_agency_id = action.owner_user_id = None
        reason = f"{reason} (was meant for {meant})"
    action.status, action.status_reason = S.CANCELLED, reason
    action.changed_at, action.changed_by_id = at, actor.user_id
    tell = _tell_owner if known else _lead_line
    tell(
        case,
        action,
        "action_stopped",
        f"Stopped: {action.what}",
        actor=actor,
        at=at,
        change={"why": ["", reason]},
    )
    return action.id


@use_case
def record_clinic_talk(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    action_id: int,
    on: date,
    with_whom: str,
    said: str,
    version: int | None = None,
) -> int:
    """The talk with the prescribing clinic about a detox or rehab referral (S2-45); with it the action moves on."""
    action = action_of(case, action_id)
    must_be(action, version, _saved, Event.case_id == case.id, Event.action_id == action.id)
    if action.kind is not ActionKind.DETOX_REFERRAL:
        raise RuleBroken("Only a referral to detox or rehab waits for this talk.")
    if action.status in OVER:
        raise RuleBroken("This action is over already.")
    _set_talk(action, actor, at, on=on, with_whom=with_whom, said=said)
    action.changed_at, action.changed_by_id = at, actor.user_id
    _lead_line(
        case,
        action,
        "clinic_talk",
        f"Talk with {with_whom} on {dates.day(on)} about: {action.what}",
        actor=actor,
        at=at,
        change={"said": ["", said]},
    )
    if action.status is S.PROPOSED:
        _move_on(case, action, actor=actor, at=at)
    return action.id


@use_case
def remind(case: CaseFile, *, actor: Viewer, at: datetime, action_id: int) -> int:
    """Remind an agency of an action that it has not answered; at most once a working day. Returns the event's id."""
    action = action_of(case, action_id)
    if action.status is not S.REQUESTED:
        raise RuleBroken("This action has been answered: there is nothing to remind of.")
    if not _may_tell(case, action, at):
        raise RuleBroken("There is no consent in force for this agency, so it cannot be reminded.")
    calendar = protocol_of(case).calendar
    today = clock.local_day(at)
    last = db.session.scalar(
        select(func.max(Event.at)).where(Event.action_id == action.id, Event.kind == "action_reminded")
    )
    last = clock.local_day(last) if last else None
    if last and (last == today or working_days_between(last, today, calendar) < 1):
        again = add_working_days(last, 1, calendar)
        raise RuleBroken(
            f"They were reminded on {dates.day(last)}. You can remind again on {dates.day(again)}."
        )
    return _tell_owner(
        case, action, "action_reminded", f"Reminder, not answered yet: {action.what}", actor=actor, at=at
    )


@use_case
def release(case: CaseFile, agency_id: int, *, actor: Viewer, at: datetime) -> int:
    """Ask an agency for everything that waited only for its consent. Returns how many actions were asked."""
    waiting = db.session.scalars(
        select(Action.id).where(
            Action.case_id == case.id, Action.owner_agency_id == agency_id, Action.status == S.PROPOSED
        )
    ).all()
    asked = 0
    for action_id in waiting:
        action = action_of(case, action_id)
        _move_on(case, action, actor=actor, at=at)
        asked += action.status is not S.PROPOSED
    return asked


def waits_for(case: CaseFile, action, *, today: date) -> str:
    """Why an action is only proposed, in one sentence; "" when nothing is missing."""
    protocol = protocol_of(case)
    agency_id = action.owner_agency_id
    if agency_id is None and not action.by_person:
        return "Nobody has been found to do it yet."
    if action.due_on is None and protocol.plan.full_action_columns:
        return "It has no date by when yet."
    if agency_id is not None and agency_id != case.lead_agency_id:
        grant_id = consent_of(case, agency_id, today)
        if grant_id is None:
            name = db.session.scalar(select(Agency.name).where(Agency.id == agency_id))
            return f"No consent is in force for {name}, so it has not been asked and does not see this."
        domain = db.session.scalar(select(Goal.domain).where(Goal.id == action.goal_id))
        if is_withheld(grant_id, domain):
            name = db.session.scalar(select(Agency.name).where(Agency.id == agency_id))
            return f"{first_name(case)} keeps this part of life from {name}, so it has not been asked."
    if action.kind is ActionKind.DETOX_REFERRAL and action.clinic_talk_on is None:
        clinic = clinic_on(case, today)
        if clinic:
            return f"Waits for the talk with {clinic}."
    return ""


# --- checks ------------------------------------------------------------------------------------------------------


def _check(case, task, at, action=None):
    if not task.what:
        raise RuleBroken("Say what is to be done", "what")
    goal = goal_of(case, task.goal_id, "goal_id")
    if goal.status in (GoalStatus.COMPLETED, GoalStatus.CANCELLED) and (
        action is None or action.goal_id != goal.id
    ):
        raise RuleBroken("This goal has ended. Choose another, or take it up again.", "goal_id")
    if task.start_on and task.due_on and task.due_on < task.start_on:
        raise RuleBroken("It cannot be due before it starts", "due_on")
    if task.advocacy is Advocacy.CASE_MANAGER and task.advocacy_until is None:
        raise RuleBroken("Say until when you speak for the person", "advocacy_until")
    if task.advocacy is Advocacy.PERSON and task.advocacy_until is not None:
        raise RuleBroken("Only speaking for the person has an end date", "advocacy_until")
    if task.owner_agency_id is None:
        if task.owner_user_id is not None:
            raise RuleBroken("A worker belongs to an agency: choose it too", "owner_agency_id")
    elif action is None or task.owner_agency_id != action.owner_agency_id or task.goal_id != action.goal_id:
        _check_agency(case, task, goal, at)
    if task.owner_user_id is not None and (
        action is None
        or task.owner_user_id != action.owner_user_id
        or task.owner_agency_id != action.owner_agency_id
    ):
        worker = db.session.get(User, task.owner_user_id)
        if (
            worker is None
            or worker.agency_id != task.owner_agency_id
            or worker.disabled_at is not None
            or not worker.roles & (Role.WORKER | Role.LINE_MANAGER)
        ):
            raise RuleBroken("This worker does not work for that agency: choose another", "owner_user_id")
    if task.owner_user_id is not None and task.owner_name:
        raise RuleBroken("Choose a worker or write a name, not both", "owner_name")


def _check_agency(case, task, goal, at):
    agency = agency_named(task.owner_agency_id, "owner_agency_id")
    if agency.id == case.lead_agency_id:
        return
    if is_excluded(case, agency.id):
        raise RuleBroken(
            f"{first_name(case)} asked that {agency.name} is never told, so it cannot be asked.",
            "owner_agency_id",
        )
    if is_withheld(consent_of(case, agency.id, clock.local_day(at)), goal.domain):
        label = protocol_of(case).domain_label(goal.domain)
        raise RuleBroken(
            f"{first_name(case)} asked not to share {label.lower()} with {agency.name}.", "owner_agency_id"
        )


def _refuse_unready(case, action, at):
    """What was asked already keeps the columns without which it would not have been asked."""
    if action.owner_agency_id is None and not action.by_person:
        raise RuleBroken("It has been asked already: say who does it", "owner_agency_id")
    if action.due_on is None:
        raise RuleBroken("It has been asked already: say by when", "due_on")
    if action.kind is ActionKind.DETOX_REFERRAL and action.clinic_talk_on is None:
        clinic = clinic_on(case, clock.local_day(at))
        if clinic:
            raise RuleBroken(
                f"A referral to detox or rehab waits for the talk with {clinic}: add it as a new action",
                "kind",
            )


# --- moving on -------------------------------------------------------------------------------------------------


def _move_on(case, action, *, actor, at):
    """From proposed to asked, or straight to accepted where the one who writes it is the one who does it."""
    if waits_for(case, action, today=clock.local_day(at)):
        return
    own = action.owner_agency_id == case.lead_agency_id and action.owner_user_id == actor.user_id
    alone = action.by_person and action.owner_agency_id is None
    action.asked_at, action.asked_by_id, action.status_reason = at, actor.user_id, ""
    action.changed_at, action.changed_by_id = at, actor.user_id
    if own or alone:
        action.status, action.answered_at = S.ACCEPTED, at
        who = first_name(case) if alone else "its own worker"
        _lead_line(case, action, "action_accepted", f"Taken on by {who}: {action.what}", actor=actor, at=at)
        return
    action.status, action.answered_at = S.REQUESTED, None
    name = db.session.scalar(select(Agency.name).where(Agency.id == action.owner_agency_id))
    _tell_owner(case, action, "action_asked", f"Asked of {name}: {action.what}", actor=actor, at=at)


def _known_to_owner(action):
    """Whether its agency has ever been asked, or anybody has written on it."""
    return (
        action.status is not S.PROPOSED
        or action.asked_at is not None
        or bool(db.session.scalar(select(exists().where(ActionNote.action_id == action.id))))
    )


def _hand_over(case, old, new, *, actor, at):
    before = _in_words(case, old)
    declined = old.status is S.DECLINED
    why = (
        "Declined; something else is tried" if declined else "The plan was changed: it is done in another way"
    )
    if declined and old.status_reason:
        why = f"{why}. {old.status_reason}"
    cancel(case, actor=actor, at=at, action_id=old.id, reason=why)
    fields = asdict(new)
    if fields["owner_user_id"] == old.owner_user_id and fields["owner_agency_id"] is None:
        fields["owner_user_id"] = None
    talk = None
    if old.clinic_talk_on:
        talk = {"on": old.clinic_talk_on, "with_whom": old.clinic_talk_with, "said": old.clinic_talk_note}
    action_id = add(case, actor=actor, at=at, clinic_talk=talk, **fields)
    action = db.session.get(Action, action_id)
    change = change_of(before, _in_words(case, action))
    _lead_line(
        case,
        action,
        "action_reassigned",
        f"Given to somebody else: {action.what}",
        actor=actor,
        at=at,
        change=change,
    )
    return action_id


def _set_talk(action, actor, at, *, on, with_whom, said):
    if on is None:
        raise RuleBroken("Say when you talked", "on")
    day_within(on, at, "on", "The talk must have taken place already")
    if not with_whom:
        raise RuleBroken("Say with whom you talked", "with_whom")
    if not said:
        raise RuleBroken("Say what the clinic said", "said")
    action.clinic_talk_on, action.clinic_talk_with, action.clinic_talk_note = on, with_whom, said
    action.clinic_talk_by_id = actor.user_id


# --- telling ---------------------------------------------------------------------------------------------------


def _may_tell(case, action, at):
    """Its agency may know of it on that day."""
    agency_id = action.owner_agency_id
    if agency_id is None:
        return False
    if agency_id == case.lead_agency_id:
        return True
    grant_id = consent_of(case, agency_id, clock.local_day(at))
    domain = db.session.scalar(select(Goal.domain).where(Goal.id == action.goal_id))
    return grant_id is not None and not is_withheld(grant_id, domain)


def _tell_owner(case, action, kind, summary, *, actor, at, change=None):
    """A line that everyone who sees the action may read, and word to its agency: to the named worker where there is
    one, else (and where the worker changes) to all its workers."""
    db.session.flush()
    told, workers = (), None
    if _may_tell(case, action, at):
        if action.owner_user_id and WORDS["owner_user_id"] not in (change or {}):
            told = (action.owner_user_id,)
        elif action.owner_agency_id != case.lead_agency_id:
            workers = action.owner_agency_id
    audit.record(actor, f"{kind.replace('_', ' ')}: action {action.id}", at=at, case=case)
    return events.happened(
        case,
        kind,
        summary,
        actor=actor,
        at=at,
        audience=Audience.ACTION,
        action_id=action.id,
        goal_id=action.goal_id,
        change=change,
        tell_case_workers=True,
        tell_agency_id=workers,
        tell_user_ids=told,
    )


def _lead_line(case, action, kind, summary, *, actor, at, change=None):
    """A line for the lead agency alone: nothing has been asked of anybody yet."""
    db.session.flush()
    audit.record(actor, f"{kind.replace('_', ' ')}: action {action.id}", at=at, case=case)
    return events.happened(
        case,
        kind,
        summary,
        actor=actor,
        at=at,
        action_id=action.id,
        goal_id=action.goal_id,
        change=change,
        tell_case_workers=True,
    )


# --- words -----------------------------------------------------------------------------------------------------


def _saved(action):
    return {name: getattr(action, name) for name in WORDS} | {"status": action.status.label}


def _in_words(case, action):
    agency = worker = goal = ""
    if action.owner_agency_id:
        agency = db.session.scalar(select(Agency.name).where(Agency.id == action.owner_agency_id))
    if action.owner_user_id:
        worker = db.session.scalar(select(User.name).where(User.id == action.owner_user_id))
    number = db.session.scalar(select(Goal.number).where(Goal.id == action.goal_id))
    goal = f"goal {number}"
    return {
        WORDS["goal_id"]: goal,
        WORDS["what"]: action.what,
        WORDS["kind"]: action.kind.label,
        WORDS["owner_agency_id"]: agency,
        WORDS["owner_user_id"]: worker or action.owner_name,
        WORDS["by_person"]: "yes" if action.by_person else "no",
        WORDS["start_on"]: dates.day(action.start_on),
        WORDS["due_on"]: dates.day(action.due_on),
        WORDS["review_on"]: dates.day(action.review_on),
        WORDS["advocacy"]: action.advocacy.label,
        WORDS["advocacy_until"]: dates.day(action.advocacy_until),
    }
