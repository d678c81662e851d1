"""Calling a group together for a sitting of it: one meeting carries the sitting's agenda (S3-74, B7)."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Meeting
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, meetings, triage
from caseapp.services.transaction import use_case
from caseapp.vocabulary import COMING_MEETINGS, HELD_MEETINGS


@use_case
def call_together(sitting_id: int, *, actor: Viewer, at: datetime, title: str, aim: str = "") -> int:
    """Call the group's meeting for this sitting; another may be called once that one is off. What is decided about its
    points stays with the sitting (triage.decide). Raises NotVisible for a group that the actor does not serve,
    RuleBroken where it is closed or called together already. Returns the meeting's id."""
    sitting = triage.own_sitting(sitting_id, actor)
    if sitting.closed_at is not None:
        raise RuleBroken("That agenda is closed: no meeting is called for it any more")
    if sitting.meeting_id is not None:
        status = db.session.scalar(select(Meeting.status).where(Meeting.id == sitting.meeting_id))
        if status in COMING_MEETINGS | HELD_MEETINGS:
            raise RuleBroken("The group has been called together for this agenda already")
    sitting.meeting_id = meetings.call_group(actor=actor, at=at, title=title, aim=aim)
    audit.record(actor, "group agenda: group called together", at=at, detail={"sitting": sitting.id})
    return sitting.meeting_id
