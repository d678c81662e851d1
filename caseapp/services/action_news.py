"""Who is told of what happens to an action: its agency where it may know of it, else the lead agency alone."""

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Goal
from caseapp.services import audit, events
from caseapp.services.action_words import WORDS
from caseapp.services.plan_records import consent_of, is_withheld
from caseapp.vocabulary import Audience


def may_tell(case, action, at):
    """Its agency may know of it on that day."""
    agency_id = action.owner_agency_id
    if agency_id is None:
        return False
    if agency_id == case.lead_agency_id:
        return True
    grant_id = consent_of(case, agency_id, clock.local_day(at))
    domain = db.session.scalar(select(Goal.domain).where(Goal.id == action.goal_id))
    return grant_id is not None and not is_withheld(grant_id, domain)


def tell_owner(case, action, kind, summary, *, actor, at, change=None):
    """A line that everyone who sees the action may read, and word to its agency: to the named worker where there is
    one, else (and where the worker changes) to all its workers."""
    db.session.flush()
    told, workers = (), None
    if may_tell(case, action, at):
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


def lead_line(case, action, kind, summary, *, actor, at, change=None):
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
