"""The minutes as one content: frozen when they are issued, and the same content, not yet frozen, as their draft. Moments
and days stand as ISO text. What changed in the plan is not in it: that is the difference between the two versions that
the minutes name, worked out from those versions on every reading, so that neither can ever tell something else."""

from dataclasses import dataclass

from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda, meeting_decisions, meeting_places, meeting_room
from caseapp.queries.meeting_agenda import Agenda
from caseapp.queries.meeting_decisions import Decision
from caseapp.queries.meeting_places import presence_words
from caseapp.queries.meeting_room import Apart, Frame, Typed

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Held:
    """All that the minutes are written from; of the agenda no words of actions, which stand in the plan."""

    frame: Frame
    typed: Typed
    places: list
    agenda: Agenda
    decisions: list[Decision]
    aparts: list[Apart]


def held(meeting: MeetingFile, *, viewer: Viewer) -> Held:
    """What this meeting holds so far, for those who write its minutes."""
    frame, typed = meeting_room.opened(meeting)
    return Held(
        frame,
        typed,
        meeting_places.places(meeting, viewer=viewer, person=frame.person),
        meeting_agenda.agenda(meeting, viewer=viewer, rows=False),
        meeting_decisions.decisions(meeting),
        meeting_room.aparts(meeting),
    )


def content(held: Held) -> dict:
    """Attendance, the person's view, decisions, notes, what was not agreed, parts held apart, what comes next."""
    frame, typed = held.frame, held.typed
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
            for place in held.places
        ],
        "view": {
            "words": typed.persons_view,
            "read_back": typed.read_back,
            "from": typed.persons_view_from,
        },
        "decisions": [_decision(one) for one in held.decisions if one.number],
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
            for point in held.agenda.points
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
            for one in held.aparts
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
