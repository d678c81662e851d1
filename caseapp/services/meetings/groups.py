"""Calling a group together: a coordinator’s meeting about no person, also for a sitting of the group, whose agenda it then
carries (S3-74, B7)."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Meeting
from caseapp.policy.meetings import COORDINATES
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, triage
from caseapp.services.meetings.records import step
from caseapp.services.transaction import use_case
from caseapp.vocabulary import COMING_MEETINGS, HELD_MEETINGS, MeetingKind, MeetingStatus


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
    sitting.meeting_id = call_group(actor=actor, at=at, title=title, aim=aim)
    audit.record(actor, "group agenda: group called together", at=at, detail={"sitting": sitting.id})
    return sitting.meeting_id


@use_case
def call_group(*, actor: Viewer, at: datetime, title: str, aim: str, previous_id: int | None = None) -> int:
    """A group meeting of a coordinator: about no person and no plan. Returns its id; it is arranged next."""
    if not actor.has(COORDINATES):
        raise NotAllowed
    if not title:
        raise RuleBroken("Give the meeting a name", "title")
    if previous_id is not None:
        previous_id = db.session.scalar(
            select(Meeting.id).where(
                Meeting.id == previous_id,
                Meeting.agency_id == actor.agency_id,
                Meeting.kind == MeetingKind.GROUP,
            )
        )
    meeting = Meeting(
        id=new_id(),
        agency_id=actor.agency_id,
        kind=MeetingKind.GROUP,
        status=MeetingStatus.APPROVED,
        status_at=at,
        title=title,
        aim=aim,
        proposed_at=at,
        proposed_by_id=actor.user_id,
        decided_at=at,
        decided_by_id=actor.user_id,
        previous_id=previous_id,
    )
    db.session.add(meeting)
    db.session.flush()
    step(meeting, "proposed", title, actor=actor, at=at)
    audit.record(actor, "group meeting called", at=at, about_id=meeting.id)
    return meeting.id
