"""The meeting itself: one page for the chair (screen 06). Everything on it is saved as it is typed, and by its own button
where there is no script."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings import room as rooms
from caseapp.blueprints.meetings.forms.room import (
    ApartForm,
    ApartTextForm,
    PointForm,
    ReminderForm,
    WrittenForm,
)
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import meeting_agenda
from caseapp.services.meetings import minutes_after
from caseapp.services.meetings import room as meeting_room
from caseapp.vocabulary import MeetingStatus
from caseapp.web.access import on_meeting
from caseapp.web.answers import page, refused, saved, wants_fragment
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer

OVER = (MeetingStatus.ISSUED, MeetingStatus.AMENDED)


def _by() -> dict:
    return {"actor": viewer(), "at": clock.now()}


@bp.get("/meetings/<id:meeting_id>/room")
@on_meeting(Do.RUN_MEETING, reads="a meeting in session")
def room(meeting):
    if meeting.begun_at is None or meeting.status in OVER:
        return page("meetings/room_closed.html", **_door(meeting))
    return page("meetings/room.html", **rooms.context(meeting))


def _door(meeting):
    """The page before a meeting begins, and after its minutes are issued."""
    from caseapp.blueprints.meetings.record import around

    return around(meeting, agenda=meeting_agenda.agenda(meeting, viewer=viewer(), rows=False), form=Form())


@bp.post("/meetings/<id:meeting_id>/room/begin")
@on_meeting(Do.RUN_MEETING)
def begin(meeting):
    form = Form()
    if form.validate_on_submit() and form.accepts(meeting_room.begin, meeting, **_by()):
        return saved(rooms.back_to(meeting))
    return refused("meetings/room_closed.html", **_door(meeting) | {"form": form})


@bp.post("/meetings/<id:meeting_id>/room/reminder")
@on_meeting(Do.RUN_MEETING)
def reminder(meeting):
    form = ReminderForm()
    read = form.read.data == "yes"
    if form.validate_on_submit() and form.accepts(meeting_room.read_reminder, meeting, **_by(), read=read):
        return saved(rooms.back_to(meeting, anchor="p-reminder"))
    return _refused(meeting, form)


@bp.post("/meetings/<id:meeting_id>/room/written")
@on_meeting(Do.RUN_MEETING)
def write(meeting):
    form = WrittenForm()
    group = form.group.data if form.group.data in WrittenForm.GROUPS else ""
    typing = wants_fragment()
    if typing:
        form.once.data = None  # a pause in typing is no sending: it may come as often as it likes
    done = form.validate_on_submit() and form.accepts(
        meeting_room.write, meeting, **_by(), version=form.seen_version, **form.typed()
    )
    if typing:
        if done:
            return rooms.kept(form, group, version=form.result)
        if form.stale:
            theirs = [
                (form[name].label.text, value) for name, value in form.stale.saved.items() if name in form
            ]
            return rooms.kept(form, group, sides=theirs, by=form.stale.by or "Somebody")
        return rooms.kept(form, group, trouble=_trouble(form))
    if done:
        return saved(rooms.back_to(meeting, request.form.get("point", ""), f"f-{group}"), say="Saved.")
    return _refused(meeting, form)


def _trouble(form) -> str:
    messages = [*form.form_errors, *(message for field in form for message in field.errors)]
    return ". ".join(dict.fromkeys(messages)) or "This could not be saved yet."


def _refused(meeting, form):
    """The chair's page again, with what is wrong on top and what was typed still in its place."""
    context = rooms.context(meeting)
    if isinstance(form, WrittenForm) and form.group.data in WrittenForm.GROUPS:
        group = form.group.data
        form._prefix = f"{group}-"
        for field in form:
            field.id = field.label.field_id = f"{group}-{field.id}"
        form.catch_up()
        context["view_form" if group == "view" else "end_form"] = form
    return refused("meetings/room.html", **context | {"form": form})


@bp.post("/meetings/<id:meeting_id>/room/points")
@on_meeting(Do.RUN_MEETING)
def point(meeting):
    form = PointForm()
    key, typing = form.key.data or "", wants_fragment()
    if typing:
        form.once.data = None
    do, act = form.do.data, None
    if do == "settle":
        act = _settle(key, form.note.data)
    elif do in ("open", "carry", "uncarry"):
        act = {
            "open": lambda file, **by: meeting_room.settle(file, **by, key=key, settled=False),
            "carry": lambda file, **by: meeting_room.carry(file, **by, key=key),
            "uncarry": lambda file, **by: meeting_room.carry(file, **by, key=key, carried=False),
        }[do]
    else:
        seen = form.seen_version
        act = lambda file, **by: meeting_room.note(file, **by, key=key, text=form.note.data, version=seen)  # noqa: E731
    done = form.validate_on_submit() and form.accepts(act, meeting, **_by())
    if typing:
        if done:
            return rooms.kept(form, f"n-{key}", version=form.result)
        sides = [("Note", form.stale.saved["note"])] if form.stale else ()
        return rooms.kept(
            form, f"n-{key}", sides=sides, by="Somebody", trouble="" if sides else _trouble(form)
        )
    if done:
        following = _next_key(meeting, key) if do == "settle" else key
        return saved(
            rooms.back_to(meeting, "" if key.startswith("action:") else following, anchor(following))
        )
    return _refused(meeting, form)


def _settle(key, note):
    """Settled, with the note that stood beside the button."""

    def act(file, **by):
        if note:
            meeting_room.note(file, **by, key=key, text=note)
        meeting_room.settle(file, **by, key=key)

    return act


def anchor(key: str) -> str:
    """The id of a point on the page."""
    return "p-" + key.replace(":", "-")


def _next_key(meeting, key):
    shown = meeting_agenda.agenda(meeting, viewer=viewer(), rows=False).points
    keys = [one.key for one in shown]
    place = keys.index(key) if key in keys else -1
    later = [one.key for one in shown[place + 1 :] if not one.settled_at]
    return later[0] if later else keys[min(place + 1, len(keys) - 1)] if keys else ""


@bp.post("/meetings/<id:meeting_id>/room/last-minutes")
@on_meeting(Do.RUN_MEETING)
def confirm_minutes(meeting):
    """The minutes of the last meeting are confirmed here, or an error in them noted."""
    form = PointForm()
    key = form.key.data or ""
    agenda = meeting_agenda.agenda(meeting, viewer=viewer(), rows=False)
    point = agenda.point(key)
    if point is None or not key.startswith("minutes:"):
        raise NotVisible
    earlier, note = point.record_id, form.note.data or ""

    def act(file, **by):
        minutes_after.confirm(file, earlier, **by, note=note)
        meeting_room.settle(file, **by, key=key)

    if form.validate_on_submit() and form.accepts(act, meeting, **_by()):
        return saved(rooms.back_to(meeting), say="The minutes are confirmed.")
    return _refused(meeting, form)


@bp.get("/meetings/<id:meeting_id>/room/apart")
@on_meeting(Do.RUN_MEETING, reads="a part of a meeting held apart")
def apart(meeting):
    context = rooms.context(meeting)
    form = ApartForm()
    return page("meetings/apart.html", **context | {"form": form})


@bp.post("/meetings/<id:meeting_id>/room/apart")
@on_meeting(Do.RUN_MEETING)
def begin_apart(meeting):
    form = ApartForm()
    if form.validate_on_submit() and form.accepts(
        meeting_room.begin_apart, meeting, **_by(), reason=form.reason.data
    ):
        return saved(rooms.back_to(meeting, anchor="apart"))
    return refused("meetings/apart.html", **rooms.context(meeting) | {"form": form})


@bp.post("/meetings/<id:meeting_id>/room/apart/text")
@on_meeting(Do.RUN_MEETING)
def write_apart(meeting):
    form, typing = ApartTextForm(), wants_fragment()
    if typing:
        form.once.data = None
    end = form.do.data == "end" or request.form.get("end") == "yes"
    done = form.validate_on_submit() and form.accepts(
        meeting_room.write_apart, meeting, **_by(), text=form.text.data, end=end
    )
    if typing:
        return rooms.kept(form, "apart", trouble="" if done else _trouble(form))
    if done:
        return saved(rooms.back_to(meeting, anchor="apart-h"))
    return _refused(meeting, form)


@bp.post("/meetings/<id:meeting_id>/room/close")
@on_meeting(Do.RUN_MEETING)
def close(meeting):
    form = Form()
    if form.validate_on_submit() and form.accepts(meeting_room.close, meeting, **_by()):
        return saved(
            url_for("meetings.minutes", meeting_id=meeting.id),
            say="The meeting is closed. Look through the minutes, then issue them.",
        )
    return _refused(meeting, form)


@bp.post("/meetings/<id:meeting_id>/room/again")
@on_meeting(Do.RUN_MEETING)
def reopen(meeting):
    form = Form()
    if form.validate_on_submit() and form.accepts(meeting_room.reopen, meeting, **_by()):
        return saved(rooms.back_to(meeting), say="The meeting goes on.")
    return _refused(meeting, form)
