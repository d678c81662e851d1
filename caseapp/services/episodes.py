"""Storing a new episode, first or later, under a fresh reference."""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from caseapp import references
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import CarePlan, Case
from caseapp.policy.scopes import CaseFile, find_case_by_id
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import CaseStatus

_TABLE = Case.__table__
_TRIES = 30


def begin(person_id: int, *, actor: Viewer, at: datetime, status: CaseStatus, **columns) -> CaseFile:
    """Store a new episode under a fresh reference, and its plan. The database holds that a person has one open case;
    it holds too that no two cases share a reference, and then another one is tried."""
    episode = 1 + (db.session.scalar(select(func.max(Case.episode)).where(Case.person_id == person_id)) or 0)
    case_id = new_id()
    values = {
        "id": case_id,
        "version": 1,
        "person_id": person_id,
        "episode": episode,
        "lead_agency_id": actor.agency_id,
        "status": status,
        "support_due_reason": "",
        "close_reason": "",
        "opened_at": at,
        "opened_by_id": actor.user_id,
        "last_activity_at": at,
        **columns,
    }
    for _ in range(_TRIES):
        reference = references.new_reference()
        if db.session.scalar(select(Case.id).where(Case.reference == reference)):
            continue
        try:
            with db.session.begin_nested():
                db.session.execute(insert(_TABLE).values(reference=reference, **values))
        except IntegrityError as taken:
            if "reference" not in str(taken.orig):
                raise _already_open(taken) from taken
            continue
        db.session.add(CarePlan(case_id=case_id))
        db.session.flush()
        return find_case_by_id(actor, case_id)
    raise RuleBroken("No free reference was found. Try again.")


def _already_open(taken):
    said = str(taken.orig)
    if "person_id" in said or "episode" in said:
        return RuleBroken("There is already an open case for this person, so no second one was opened.")
    return taken
