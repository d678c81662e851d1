"""Who is at the table, also those whom nobody invited."""

from caseapp import clock
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings import room as rooms
from caseapp.blueprints.meetings.forms.room import ComerForm, PlacesForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import imports, meeting_places, meeting_room
from caseapp.services.meetings import attendance as service
from caseapp.vocabulary import Presence
from caseapp.web.access import on_meeting
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _by() -> dict:
    return {"actor": viewer(), "at": clock.now()}


def _context(meeting, form=None, comer=None):
    if meeting.begun_at is None:
        raise NotVisible
    frame = meeting_room.frame(meeting)
    comer = comer or _comer()
    return {
        "meeting": meeting,
        "frame": frame,
        "places": meeting_places.places(meeting, viewer=viewer(), person=frame.person),
        "presences": Presence.choices(),
        "form": form or PlacesForm(),
        "comer": comer,
        "first_name": frame.first_name,
        "room_url": rooms.back_to(meeting),
    }


def _comer():
    form = ComerForm()
    form.agency.offer(imports.agencies())
    form._prefix = "comer-"
    return form


@bp.get("/meetings/<id:meeting_id>/room/places")
@on_meeting(Do.RUN_MEETING, reads="attendance of a meeting")
def places(meeting):
    return page("meetings/places.html", **_context(meeting))


@bp.post("/meetings/<id:meeting_id>/room/places")
@on_meeting(Do.RUN_MEETING)
def mark_places(meeting):
    form = PlacesForm()
    context = _context(meeting, form)
    if form.validate_on_submit() and form.accepts(
        service.mark_all, meeting, **_by(), marks=form.marks(context["places"])
    ):
        return saved(rooms.back_to(meeting, anchor="att"), say="Attendance is saved.")
    return refused("meetings/places.html", **context)


@bp.post("/meetings/<id:meeting_id>/room/places/new")
@on_meeting(Do.RUN_MEETING)
def add_place(meeting):
    comer = _comer()
    if comer.validate_on_submit() and comer.accepts(
        service.add,
        meeting,
        **_by(),
        name=comer.name.data,
        agency_id=comer.agency.picked,
        role=comer.role.data or "",
        supporter=bool(comer.supporter.data),
    ):
        return saved(rooms.back_to(meeting, anchor="att"), say=f"{comer.name.data} is on the list.")
    return refused("meetings/places.html", **_context(meeting, comer=comer) | {"form": comer})
