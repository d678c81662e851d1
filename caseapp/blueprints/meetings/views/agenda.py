"""The agenda: written by the plan, in the chair's hand; each reader's own copy of it."""

import secrets

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.forms.agenda import AddForm, PointForm
from caseapp.blueprints.meetings.record import around, named
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import group_meetings, meeting_agenda, meeting_page
from caseapp.services.meetings import agenda as service
from caseapp.vocabulary import COMING_MEETINGS, AuditAct, MeetingStatus
from caseapp.web import navigation
from caseapp.web.access import on_meeting, replace_reading
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _by() -> dict:
    return {"actor": viewer(), "at": clock.now()}


def _context(meeting, add=None, form=None, **more) -> dict:
    me = viewer()
    live = meeting.status in COMING_MEETINGS or meeting.status is MeetingStatus.HELD
    runs = rules.may(me, Do.RUN_MEETING, meeting)
    shown = meeting_agenda.agenda(meeting, viewer=me)
    if shown.head is not None:
        context = named(meeting, shown.head.name, shown.head.first_name, "")
    else:
        context = around(meeting)
    return (
        context
        | {
            "agenda": shown,
            "points": list(enumerate(shown.points, 1)),
            "sitting": group_meetings.of_meeting(meeting, viewer=me),
            "form": form or add,
            "add": add,
            "once": secrets.token_urlsafe(16),
            "wrong": form,
            "runs": runs and live,
            "may_add": live and rules.may(me, Do.ADD_AGENDA_POINT, meeting),
            "dropping": request.args.get("drop", ""),
            "live": meeting.status in COMING_MEETINGS,
            "change_url": navigation.link("meetings.change_point", meeting_id=meeting.id),
        }
        | more
    )


@bp.get("/meetings/<id:meeting_id>/agenda")
@on_meeting(Do.VIEW_AGENDA, reads="the agenda of a meeting")
def agenda(meeting):
    return page("meetings/agenda.html", **_context(meeting))


@bp.get("/meetings/<id:meeting_id>/agenda/print")
@on_meeting(Do.VIEW_AGENDA)
def print_agenda(meeting):
    if meeting.case is not None:
        replace_reading(AuditAct.PRINTED, "the agenda of a meeting", case=meeting.case)
    details = meeting_page.details(meeting, viewer=viewer())
    return page("meetings/agenda_print.html", **_context(meeting, details=details), at=clock.now())


@bp.post("/meetings/<id:meeting_id>/agenda")
@on_meeting(Do.ADD_AGENDA_POINT)
def add_point(meeting):
    form = AddForm()
    if form.validate_on_submit() and form.accepts(
        service.add,
        meeting,
        **_by(),
        title=form.title.data,
        text=form.text.data or "",
        minutes=form.minutes.number,
        for_all=bool(form.for_all.data),
    ):
        return saved(_there(meeting), say="The point is on the agenda.")
    return refused("meetings/agenda.html", **_context(meeting, add=form))


def _there(meeting, key: str = "") -> str:
    url = url_for("meetings.agenda", meeting_id=meeting.id)
    return f"{url}#p-{key.replace(':', '-')}" if key else url


@bp.post("/meetings/<id:meeting_id>/agenda/point")
@on_meeting(Do.RUN_MEETING)
def change_point(meeting):
    form = PointForm()
    key, do = form.key.data or "", form.do.data
    acts = {
        "up": lambda file, **by: service.move(file, **by, key=key, to="up"),
        "down": lambda file, **by: service.move(file, **by, key=key, to="down"),
        "drop": lambda file, **by: service.drop(file, **by, key=key, reason=form.reason.data),
        "back": lambda file, **by: service.take_back(file, **by, key=key),
    }
    act = acts.get(
        do,
        lambda file, **by: service.write(
            file, **by, key=key, minutes=form.minutes.number, for_all=bool(form.for_all.data)
        ),
    )
    says = {
        "drop": "The point is left out. It stands below and can be put back.",
        "back": "The point is on the agenda again.",
        "up": "",
        "down": "",
    }
    if form.validate_on_submit() and form.accepts(act, meeting, **_by()):
        return saved(_there(meeting, "" if do == "drop" else key), say=says.get(do, "Saved."))
    return refused(
        "meetings/agenda.html", **_context(meeting, form=form, dropping=key if do == "drop" else "")
    )
