"""Actions as the case manager writes them: what, who, by when; asked of an agency only once its columns are filled
(S3-46), consent is in force (X-2) and, for detox or rehab, the clinic has been talked with (S2-45). What the owner does
with an action is in action_progress (C7)."""

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import exists, func, select

from caseapp import clock, dates
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, ActionNote, Agency, Event
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services.action_checks import check, refuse_unready, set_talk, waits_for
from caseapp.services.action_news import lead_line, may_tell, tell_owner
from caseapp.services.action_words import WORDS, Task, in_words, saved
from caseapp.services.case_hold import first_name
from caseapp.services.plan_records import (
    action_of,
    change_of,
    know,
    must_be,
    protocol_of,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ActionKind, ActionStatus
from caseapp.working_days import add_working_days, working_days_between

S = ActionStatus

OVER = frozenset({S.COMPLETED, S.NOT_COMPLETED, S.CANCELLED})
ASKED = frozenset({S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.BLOCKED})


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
    check(case, task, at)
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
        set_talk(action, actor, at, **clinic_talk)
    db.session.add(action)
    db.session.flush()
    if action.owner_agency_id:
        know(case, action.owner_agency_id, on=clock.local_day(at))
    lead_line(case, action, "action_added", f"Action proposed: {what}", actor=actor, at=at)
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
    must_be(action, version, saved, Event.case_id == case.id, Event.action_id == action.id)
    if action.status in OVER:
        raise RuleBroken("This action is over and stays as it was. Add a new one.")
    new = Task(**({name: getattr(action, name) for name in WORDS} | task))
    check(case, new, at, action)
    if new.owner_agency_id != action.owner_agency_id and _known_to_owner(action):
        return _hand_over(case, action, new, actor=actor, at=at)
    before = in_words(action)
    for name, value in asdict(new).items():
        setattr(action, name, value)
    action.changed_at, action.changed_by_id = at, actor.user_id
    db.session.flush()
    change = change_of(before, in_words(action))
    if action.owner_agency_id:
        know(case, action.owner_agency_id, on=clock.local_day(at))
    if action.status in (S.PROPOSED, S.DECLINED):
        if change or action.status is S.DECLINED:
            lead_line(
                case, action, "action_changed", f"Changed: {action.what}", actor=actor, at=at, change=change
            )
        action.status = S.PROPOSED
        _move_on(case, action, actor=actor, at=at)
    elif change:
        refuse_unready(case, action, at)
        tell_owner(
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
    must_be(action, version, saved, Event.case_id == case.id, Event.action_id == action.id)
    if action.status in OVER:
        raise RuleBroken("This action is over already.")
    known = _known_to_owner(action)
    if not known and action.owner_agency_id:
        meant = db.session.scalar(select(Agency.name).where(Agency.id == action.owner_agency_id))
        action.owner_agency_id = action.owner_user_id = None
        reason = f"{reason} (was meant for {meant})"
    action.status, action.status_reason = S.CANCELLED, reason
    action.changed_at, action.changed_by_id = at, actor.user_id
    tell = tell_owner if known else lead_line
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
    must_be(action, version, saved, Event.case_id == case.id, Event.action_id == action.id)
    if action.kind is not ActionKind.DETOX_REFERRAL:
        raise RuleBroken("Only a referral to detox or rehab waits for this talk.")
    if action.status in OVER:
        raise RuleBroken("This action is over already.")
    set_talk(action, actor, at, on=on, with_whom=with_whom, said=said)
    action.changed_at, action.changed_by_id = at, actor.user_id
    lead_line(
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
    if not may_tell(case, action, at):
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
    return tell_owner(
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
        who = first_name(case.person_id) if alone else "its own worker"
        lead_line(case, action, "action_accepted", f"Taken on by {who}: {action.what}", actor=actor, at=at)
        return
    action.status, action.answered_at = S.REQUESTED, None
    name = db.session.scalar(select(Agency.name).where(Agency.id == action.owner_agency_id))
    tell_owner(case, action, "action_asked", f"Asked of {name}: {action.what}", actor=actor, at=at)


def _known_to_owner(action):
    """Whether its agency has ever been asked, or anybody has written on it."""
    return (
        action.status is not S.PROPOSED
        or action.asked_at is not None
        or bool(db.session.scalar(select(exists().where(ActionNote.action_id == action.id))))
    )


def _hand_over(case, old, new, *, actor, at):
    before = in_words(old)
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
    change = change_of(before, in_words(action))
    lead_line(
        case,
        action,
        "action_reassigned",
        f"Given to somebody else: {action.what}",
        actor=actor,
        at=at,
        change=change,
    )
    return action_id
