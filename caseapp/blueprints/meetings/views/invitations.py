"""Answering an invitation, asking and giving permission, writing a report; logging the call with who does not come."""

from flask import abort, request, url_for

from caseapp import clock, dates, ids
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.forms.answering import AnswerForm, CallForm, PermitForm, ReportForm
from caseapp.blueprints.meetings.record import around, mail_link
from caseapp.errors import NotAllowed
from caseapp.policy.do import Do
from caseapp.queries import meeting_choices, meeting_reports, meeting_seats
from caseapp.services.meetings import answers as service
from caseapp.vocabulary import Answer
from caseapp.web.access import on_meeting
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

SAID = {
    Answer.COMING: "Your answer is in: you come.",
    Answer.ASKING: "Your manager has been asked. The case manager sees that you wait for permission.",
    Answer.SUBSTITUTE: "Your answer is in: somebody else comes.",
    Answer.DECLINED: "Your answer is in. Write your report, so that your part is heard.",
}


def _show(meeting_id):
    return url_for("meetings.show", meeting_id=meeting_id)


def _seat(meeting, attendee_id):
    return meeting_seats.seat(meeting, attendee_id, viewer=viewer()) or abort(404)


def _own(meeting, attendee_id):
    seat = _seat(meeting, attendee_id)
    if not seat.own:
        raise NotAllowed
    return seat


def _answering(meeting, seat, form):
    colleagues = meeting_choices.colleagues(viewer=viewer())
    form.substitute.offer([one for one in colleagues if one[0] != seat.user_id])
    return around(meeting, form=form, seat=seat)


@bp.get("/meetings/<id:meeting_id>/people/<id:attendee_id>/answer")
@on_meeting(Do.ANSWER_INVITATION, reads="the form to answer an invitation")
def answer(meeting, attendee_id):
    seat = _own(meeting, attendee_id)
    wanted = request.args.get("say", "")
    form = AnswerForm(formdata=None, data={"handover_on": seat.handover_on})
    form.version.data = str(seat.version)
    form.note.data = seat.answer_note
    known = {one.value for one in Answer} - {Answer.INVITED.value}
    form.answer.data = (
        wanted if wanted in known else "" if seat.answer is Answer.INVITED else seat.answer.value
    )
    form.handover_note.data = seat.handover_note
    if seat.substitute_id:
        form.substitute.data = ids.written(seat.substitute_id)
    else:
        form.substitute_name.data = seat.substitute
    return page("meetings/answer.html", **_answering(meeting, seat, form))


@bp.post("/meetings/<id:meeting_id>/people/<id:attendee_id>/answer")
@on_meeting(Do.ANSWER_INVITATION)
def save_answer(meeting, attendee_id):
    seat, form = _own(meeting, attendee_id), AnswerForm()
    context = _answering(meeting, seat, form)
    if form.validate_on_submit() and form.accepts(
        service.answer,
        meeting,
        attendee_id,
        actor=viewer(),
        at=clock.now(),
        answer=form.chosen,
        note=form.note.data,
        substitute_id=form.substitute.picked,
        substitute_name=form.substitute_name.data,
        handover_on=form.handover_on.data,
        handover_note=form.handover_note.data,
        version=form.seen_version,
        link=mail_link(meeting.id),
    ):
        if form.chosen is Answer.DECLINED:
            url = url_for("meetings.report", meeting_id=meeting.id, attendee_id=attendee_id)
        else:
            url = _show(meeting.id)
        return saved(url, say=SAID.get(form.chosen, "Your answer is in."))
    form.catch_up()
    return refused("meetings/answer.html", **context)


@bp.get("/meetings/<id:meeting_id>/people/<id:attendee_id>/permission")
@on_meeting(Do.PERMIT_ATTENDANCE, reads="a worker’s request to go to a meeting")
def permission(meeting, attendee_id):
    seat, form = _own(meeting, attendee_id), PermitForm(formdata=None)
    form.version.data = str(seat.version)
    return page("meetings/permit.html", **around(meeting, form=form, seat=seat))


@bp.post("/meetings/<id:meeting_id>/people/<id:attendee_id>/permission")
@on_meeting(Do.PERMIT_ATTENDANCE)
def permit(meeting, attendee_id):
    seat, form = _own(meeting, attendee_id), PermitForm()
    given = {"yes": True, "no": False}.get(form.given.data)
    if form.validate_on_submit() and form.accepts(
        service.permit,
        meeting,
        attendee_id,
        actor=viewer(),
        at=clock.now(),
        given=given,
        reason=form.reason.data,
        version=form.seen_version,
    ):
        say = (
            "They may go. The case manager reads that your agency comes."
            if given
            else "Answered. The case manager reads that your agency does not come; your reason stays with you."
        )
        return saved(_show(meeting.id), say=say)
    form.catch_up()
    return refused("meetings/permit.html", **around(meeting, form=form, seat=seat))


def _reporting(meeting, seat, form, report):
    return around(meeting, form=form, seat=seat, report=report)


@bp.get("/meetings/<id:meeting_id>/people/<id:attendee_id>/report")
@on_meeting(Do.VIEW_REPORTS, reads="a report for a meeting")
def report(meeting, attendee_id):
    me, seat = viewer(), _seat(meeting, attendee_id)
    found = meeting_reports.report(meeting, seat, viewer=me)
    progress = meeting_reports.progress(meeting, seat, found, viewer=me)
    if not seat.own or meeting.held:
        if found.sent_at is None:
            abort(404)
        return page("meetings/report.html", **around(meeting, seat=seat, report=found, progress=progress))
    form = ReportForm.for_actions(progress, formdata=None)
    form.version.data = str(found.version)
    for name in ("contribution", "issues", "proposals", "availability"):
        form[name].data = getattr(found, name)
    return page("meetings/write_report.html", **_reporting(meeting, seat, form, found))


@bp.post("/meetings/<id:meeting_id>/people/<id:attendee_id>/report")
@on_meeting(Do.ANSWER_INVITATION)
def save_report(meeting, attendee_id):
    me, seat = viewer(), _own(meeting, attendee_id)
    found = meeting_reports.report(meeting, seat, viewer=me)
    form = ReportForm.for_actions(meeting_reports.progress(meeting, seat, found, viewer=me))
    send = request.form.get("send") == "yes" or found.sent_at is not None
    if form.validate_on_submit() and form.accepts(
        service.report,
        meeting,
        attendee_id,
        actor=me,
        at=clock.now(),
        contribution=form.contribution.data,
        issues=form.issues.data,
        proposals=form.proposals.data,
        availability=form.availability.data,
        progress=form.progress(),
        send=send,
        version=form.seen_version or 0,
    ):
        if send:
            return saved(_show(meeting.id), say="Your report is with the case manager.")
        return saved(
            url_for("meetings.report", meeting_id=meeting.id, attendee_id=attendee_id),
            say="Kept. Nobody outside your agency reads it until you send it.",
        )
    form.catch_up()
    return refused("meetings/write_report.html", **_reporting(meeting, seat, form, found))


@bp.get("/meetings/<id:meeting_id>/people/<id:attendee_id>/call")
@on_meeting(Do.ARRANGE_MEETING, reads="the form to log a call before a meeting")
def call(meeting, attendee_id):
    seat, form = _seat(meeting, attendee_id), CallForm(formdata=None)
    form.version.data = str(seat.version)
    if seat.call_at:
        day = clock.local_day(seat.call_at)
        form.day.data, form.day.parts = day, (str(day.day), str(day.month), str(day.year))
        form.hour.data, form.note.data = dates.hour(seat.call_at), seat.call_note
    return page("meetings/call.html", **_calling(meeting, seat, form))


def _calling(meeting, seat, form):
    return around(
        meeting, form=form, seat=seat, report=meeting_reports.report(meeting, seat, viewer=viewer())
    )


@bp.post("/meetings/<id:meeting_id>/people/<id:attendee_id>/call")
@on_meeting(Do.ARRANGE_MEETING)
def log_call(meeting, attendee_id):
    seat, form = _seat(meeting, attendee_id), CallForm()
    if form.validate_on_submit() and form.accepts(
        service.called,
        meeting,
        attendee_id,
        actor=viewer(),
        at=clock.now(),
        call_at=form.hour.on(form.day.data),
        note=form.note.data,
        version=form.seen_version,
    ):
        return saved(_show(meeting.id), say="The call is logged.")
    form.catch_up()
    return refused("meetings/call.html", **_calling(meeting, seat, form))
