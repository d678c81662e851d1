"""Points that people put on the agenda, beside those that the plan writes (queries of the agenda compute those)."""

from datetime import datetime

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id, written
from caseapp.models import AgendaPoint
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.services.meeting_records import meeting_of, record, step, tell, when
from caseapp.services.transaction import use_case
from caseapp.vocabulary import MeetingKind, MeetingStatus, PointSource

MOST_MINUTES = 240


@use_case
def put(
    file: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    title: str,
    text: str = "",
    minutes: int | None = None,
    for_all: bool = False,
) -> int:
    """Put a point on the agenda, until the meeting is closed. What an invited agency puts there is read by those who
    hold the plan and by itself, until the chair shows it to all. Returns its id."""
    meeting = meeting_of(file)
    if meeting.kind is MeetingKind.CONFERENCE or meeting.status not in (
        MeetingStatus.PROPOSED,
        MeetingStatus.APPROVED,
        MeetingStatus.SCHEDULED,
        MeetingStatus.POSTPONED,
        MeetingStatus.HELD,
    ):
        raise RuleBroken("Points can be added until the meeting is closed.")
    if not title:
        raise RuleBroken("Say what the point is", "title")
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise RuleBroken(f"From 1 to {MOST_MINUTES} minutes", "minutes")
    if for_all and not file.hosts:
        raise NotAllowed
    point_id = new_id()
    db.session.add(
        AgendaPoint(
            id=point_id,
            meeting_id=meeting.id,
            key=f"own:{written(point_id)}",
            source=PointSource.OWN,
            minutes=minutes,
            title=title,
            text=text,
            added_at=at,
            added_by_id=actor.user_id,
            added_agency_id=actor.agency_id,
            for_all=for_all,
        )
    )
    db.session.flush()
    if not file.hosts:
        tell(
            file,
            meeting,
            "meeting_point",
            f"{actor.agency_name} put a point on the agenda of {when(meeting)}",
            actor=actor,
            at=at,
            agency_id=actor.agency_id,
            to_case_workers=True,
        )
    step(meeting, "point", f"Point added: {title}", actor=actor, at=at, for_agency_id=actor.agency_id)
    record(file, "agenda point added", actor=actor, at=at)
    return point_id
