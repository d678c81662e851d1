"""Who is at the table: marked as it happens, also those whom nobody invited (B7). Having been there opens nothing: what
an agency reads afterwards rests on the consent that is in force then."""

from datetime import datetime

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Agency, Attendee
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.services import shut_out
from caseapp.services.meetings.hold import running
from caseapp.services.meetings.invitations import agencies_asked
from caseapp.services.meetings.records import attendee_of, record
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AttendeeKind, Presence

HERE = (Presence.THERE, Presence.BY_PHONE)


@use_case
def mark(
    file: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    attendee_id: int,
    presence: Presence | None,
    arrived_at: datetime | None = None,
    left_at: datetime | None = None,
) -> None:
    """Say whether somebody is there. Whoever comes after the beginning has the time beside the name; so has whoever goes
    before the end. None takes the mark back."""
    meeting = running(file, actor)
    row = attendee_of(meeting, attendee_id)
    if left_at and arrived_at and left_at < arrived_at:
        raise RuleBroken("Nobody goes before they have come", "left_at")
    row.presence = presence
    row.arrived_at = arrived_at if presence in HERE else None
    row.left_at = left_at if presence in HERE else None
    db.session.flush()
    record(file, "attendance of a meeting", actor=actor, at=at)


@use_case
def mark_all(file: MeetingFile, *, actor: Viewer, at: datetime, marks: dict[int, Presence | None]) -> None:
    """Say of several at once whether they are there; who is not named stays as they are."""
    meeting = running(file, actor)
    late = (at - meeting.begun_at).total_seconds() > LATE and meeting.ended_at is None
    for attendee_id, presence in marks.items():
        row = attendee_of(meeting, attendee_id)
        if row.presence == presence:
            continue
        came = presence in HERE and row.presence not in HERE
        row.arrived_at = at if came and late and row.presence is Presence.ABSENT else row.arrived_at
        row.presence = presence
        if presence not in HERE:
            row.arrived_at = row.left_at = None
    db.session.flush()
    record(file, "attendance of a meeting", actor=actor, at=at)


#: Whoever is marked as there within so many seconds came in time.
LATE = 600


@use_case
def add(
    file: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    name: str,
    agency_id: int | None = None,
    role: str = "",
    supporter: bool = False,
) -> int:
    """Somebody came whom nobody had invited; or sits beside the person. A colleague who may not know of the person has no
    place at the table (X-8). Returns the id of their place."""
    meeting = running(file, actor)
    if not name:
        raise RuleBroken("Write the name", "name")
    if agency_id is not None:
        agency = db.session.get(Agency, agency_id)
        if agency is None or not agency.active:
            raise RuleBroken("Choose an agency from the list, or none", "agency")
    if file.case is not None and not supporter:
        asked = agencies_asked(file, at)
        shut_out.refuse_name(name, asked & {agency_id} if agency_id else asked, file.case.person_id, "name")
    kind = AttendeeKind.SUPPORTER if supporter else AttendeeKind.AGENCY if agency_id else AttendeeKind.GUEST
    row = Attendee(
        meeting_id=meeting.id,
        kind=kind,
        agency_id=None if supporter else agency_id,
        name=name,
        role=role,
        added_at=at,
        added_by_id=actor.user_id,
        presence=Presence.THERE,
        arrived_at=at
        if (at - meeting.begun_at).total_seconds() > LATE and meeting.ended_at is None
        else None,
        uninvited=True,
    )
    db.session.add(row)
    db.session.flush()
    record(file, "somebody uninvited at a meeting", actor=actor, at=at)
    return row.id
