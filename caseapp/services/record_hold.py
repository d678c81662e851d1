"""Holding the row behind a record that was looked up, while something is done with it."""

from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    PersonGrievanceStep,
    ProviderGrievanceStep,
    SubjectStep,
)
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.services import last_hand

#: table → its history, and the column there that says of which record a step is. The histories of these name everybody
#: whom their readers may know.
_HISTORIES = {
    "subject_request": (SubjectStep, SubjectStep.request_id),
    "person_grievance": (PersonGrievanceStep, PersonGrievanceStep.grievance_id),
    "provider_grievance": (ProviderGrievanceStep, ProviderGrievanceStep.grievance_id),
}


def hold(table, record, act: Do, *, actor: Viewer, version: int | None = None, even_ended: bool = True):
    """The row of a record, as it is now, held until the use case ends, where the actor may do this with it. Without
    `even_ended`, only while it goes on.

    Raises NotAllowed, NotVisible where it is gone, Stale where somebody saved since the form was drawn, RuleBroken."""
    if not rules.may(actor, act, record):
        raise NotAllowed
    row = db.session.get(table, record.id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotVisible
    if version is not None and row.version != version:
        raise Stale({}, **_last_hand(row, actor), version=row.version)
    if not even_ended and row.ended_at is not None:
        raise RuleBroken("It has ended already")
    return row


def _last_hand(row, actor) -> dict:
    name = row.__tablename__
    if name in _HISTORIES:
        step, of = _HISTORIES[name]
        return last_hand.by_step(step, step.user_id, of == row.id, actor=actor, across=True)
    if name == "subject_item":
        return last_hand.by_user(row.decided_by_id, row.decided_at, actor=actor)
    return last_hand.by_record("retention:", actor=actor, person_id=row.person_id)
