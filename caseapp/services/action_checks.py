"""What must hold before an action is written, asked or moved on."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, Agency, Goal, User
from caseapp.policy.scopes import CaseFile
from caseapp.services import shut_out
from caseapp.services.action_words import Task
from caseapp.services.case_hold import first_name
from caseapp.services.plan_records import (
    agency_named,
    clinic_on,
    consent_of,
    day_within,
    goal_of,
    is_excluded,
    is_withheld,
    protocol_of,
)
from caseapp.vocabulary import ActionKind, Advocacy, GoalStatus, Role


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
            return (
                f"{first_name(case.person_id)} keeps this part of life from {name}, so it has not been asked."
            )
    if action.kind is ActionKind.DETOX_REFERRAL and action.clinic_talk_on is None:
        clinic = clinic_on(case, today)
        if clinic:
            return f"Waits for the talk with {clinic}."
    return ""


def check(case: CaseFile, task: Task, at: datetime, action: Action | None = None) -> None:
    """Raises RuleBroken where a task cannot be; `action` is what it changes, of which the rest may stay as it is."""
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
        shut_out.refuse(worker.id, case.person_id, "owner_user_id")
    if task.owner_user_id is not None and task.owner_name:
        raise RuleBroken("Choose a worker or write a name, not both", "owner_name")


def _check_agency(case, task, goal, at):
    agency = agency_named(task.owner_agency_id, "owner_agency_id")
    if agency.id == case.lead_agency_id:
        return
    if is_excluded(case, agency.id):
        raise RuleBroken(
            f"{first_name(case.person_id)} asked that {agency.name} is never told, so it cannot be asked.",
            "owner_agency_id",
        )
    if is_withheld(consent_of(case, agency.id, clock.local_day(at)), goal.domain):
        label = protocol_of(case).domain_label(goal.domain)
        raise RuleBroken(
            f"{first_name(case.person_id)} asked not to share {label.lower()} with {agency.name}.",
            "owner_agency_id",
        )


def refuse_unready(case, action, at):
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


def set_talk(action, actor, at, *, on, with_whom, said) -> None:
    """Write down the talk with the clinic (S2-45). Raises RuleBroken where something is missing."""
    if on is None:
        raise RuleBroken("Say when you talked", "on")
    day_within(on, at, "on", "The talk must have taken place already")
    if not with_whom:
        raise RuleBroken("Say with whom you talked", "with_whom")
    if not said:
        raise RuleBroken("Say what the clinic said", "said")
    action.clinic_talk_on, action.clinic_talk_with, action.clinic_talk_note = on, with_whom, said
    action.clinic_talk_by_id = actor.user_id
