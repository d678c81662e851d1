"""A meeting on Niall's case in the standing world, at any point of its life; for the tests of what happens in it."""

from datetime import timedelta

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Attendee, Meeting
from caseapp.policy.meetings import find_meeting
from caseapp.services.meetings import attendance, room
from caseapp.vocabulary import AttendeeKind, MeetingKind, MeetingStatus, Presence


def scheduled(world, *, kind=MeetingKind.CASE_MEETING, agencies=("harbour", "clinic"), at=None) -> int:
    """A meeting that has been arranged for an hour ago; Orla chairs. Returns its id."""
    at = at or clock.now()
    orla = world.orla
    meeting = Meeting(
        case_id=world.case_id,
        agency_id=world.agencies["canal"],
        kind=kind,
        status=MeetingStatus.SCHEDULED,
        status_at=at,
        proposed_at=at - timedelta(days=9),
        proposed_by_id=orla.user_id,
        starts_at=at - timedelta(hours=1),
        place="Canal Street, room 2",
        chair_id=orla.user_id,
        chair_name=orla.name,
        minutes_by_id=world.shauna.user_id,
        minutes_by_name=world.shauna.name,
        invited_at=at - timedelta(days=7),
    )
    db.session.add(meeting)
    db.session.flush()
    people = {"harbour": "tomasz", "clinic": "leah", "northgate": "mark"}
    seats = [(AttendeeKind.PERSON, None, None)]
    seats += [(AttendeeKind.AGENCY, "canal", "orla")]
    seats += [(AttendeeKind.AGENCY, agency, people[agency]) for agency in agencies]
    for kind_, agency, who in seats:
        db.session.add(
            Attendee(
                meeting_id=meeting.id,
                kind=kind_,
                agency_id=agency and world.agencies[agency],
                user_id=who and world.viewers[who].user_id,
                name=world.viewers[who].name if who else "",
                added_at=at - timedelta(days=7),
                added_by_id=orla.user_id,
                invited_at=at - timedelta(days=7),
            )
        )
        db.session.flush()
    db.session.commit()
    return meeting.id


def file(world, meeting_id, who="orla"):
    """The meeting as this person may know it; None if not at all."""
    return find_meeting(world.viewers[who], meeting_id)


def by(world, who="orla") -> dict:
    return {"actor": world.viewers[who], "at": clock.now()}


def begun(world, **more) -> int:
    """A meeting that has begun, with everybody there and the reminder read."""
    return begin(world, scheduled(world, **more))


def begin(world, meeting_id) -> int:
    """Let a meeting begin, with everybody there and the reminder read."""
    room.begin(file(world, meeting_id), **by(world))
    here = file(world, meeting_id)
    marks = dict.fromkeys(seats(meeting_id).values(), Presence.THERE)
    attendance.mark_all(here, **by(world), marks=marks)
    room.read_reminder(here, **by(world), read=True)
    return meeting_id


def closed(world, meeting_id) -> None:
    room.close(file(world, meeting_id), **by(world))


def seats(meeting_id) -> dict[str, int]:
    """Attendee ids by name ("" is the person)."""
    from sqlalchemy import select

    rows = db.session.execute(select(Attendee.name, Attendee.id).where(Attendee.meeting_id == meeting_id))
    return dict(rows.all())
