"""The minutes as one content: frozen when they are issued, and the same content, not yet frozen, as their draft. Moments
and days stand as ISO text. What changed in the plan is not in it: that is the difference between the two versions that
the minutes name, worked out from those versions on every reading, so that neither can ever tell something else."""

from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda, meeting_decisions, meeting_places, meeting_room
from caseapp.queries.meeting_places import presence_words

FORMAT = 1


def content(meeting: MeetingFile, *, viewer: Viewer) -> dict:
    """Attendance, the person's view, decisions, notes, what was not agreed, parts held apart, what comes next."""
    frame, typed = meeting_room.frame(meeting), meeting_room.typed(meeting)
    places = meeting_places.places(meeting, viewer=viewer, person=frame.person)
    agenda = meeting_agenda.agenda(meeting, viewer=viewer)
    decided = [one for one in meeting_decisions.decisions(meeting) if one.number]
    return {
        "format": FORMAT,
        "kind": frame.kind.label,
        "title": frame.title,
        "person": frame.person,
        "first_name": frame.first_name,
        "begun_at": _iso(frame.begun_at or frame.starts_at),
        "ended_at": _iso(frame.ended_at),
        "place": frame.place,
        "chair": frame.chair,
        "chair_id": frame.chair_id,
        "minutes_by": frame.minutes_by,
        "reminder_at": _iso(typed.reminder_read_at),
        "attendance": [
            {
                "id": place.id,
                "kind": place.kind.value,
                "agency_id": place.agency_id,
                "agency": place.agency,
                "name": place.name,
                "stands_for": place.stands_for,
                "handover_on": _iso(place.handover_on),
                "role": place.role,
                "presence": presence_words(place),
                "here": place.here,
                "uninvited": place.uninvited,
            }
            for place in places
        ],
        "view": {
            "words": typed.persons_view,
            "read_back": typed.read_back,
            "from": typed.persons_view_from,
        },
        "decisions": [_decision(one) for one in decided],
        "not_agreed": typed.not_agreed,
        "person_agrees": typed.person_agrees,
        "points": [
            {
                "key": point.key,
                "source": point.source.value,
                "title": point.title,
                "note": point.note,
                "carried": point.carried,
                "for_all": point.for_all,
                "goal_id": point.record_id if point.key.startswith("goal:") else None,
                "agency_id": point.agency_id,
            }
            for point in agenda.points
            if point.note or point.carried
        ],
        "aparts": [
            {
                "id": one.id,
                "reason": one.reason,
                "text": one.text,
                "begun_at": _iso(one.begun_at),
                "ended_at": _iso(one.ended_at),
                "by": one.begun_by,
            }
            for one in meeting_room.aparts(meeting)
        ],
        "next": {
            "review_on": _iso(typed.next_review_on),
            "at": _iso(typed.next_at),
            "place": typed.next_place,
        },
    }


def _decision(one) -> dict:
    return {
        "id": one.id,
        "number": one.number,
        "text": one.text,
        "reason": one.reason,
        "point_key": one.point_key,
        "action_id": one.action_id,
        "actions": [one.action_id] if one.action_id else [],
        "goal_id": one.goal_id,
        "goal_number": one.goal_number,
        "domain": one.domain,
        "handed_over": one.do == "agency",
        "for_all": one.for_all,
        "for_agency_id": one.for_agency_id,
        "apart_id": one.apart_id,
        "to_gaps": one.to_gaps,
        "kind": one.kind.value if one.kind else None,
        "do": one.do,
        "views": [
            {"id": view.attendee_id, "stands": view.stands.value, "words": view.words} for view in one.views
        ],
    }


def _iso(value):
    return value.isoformat() if value is not None else None
