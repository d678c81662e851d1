"""Arranging a meeting: day, place, chair, who is invited; inviting one more, taking an invitation back."""

from flask import abort, url_for

from caseapp import clock, dates, ids
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.forms.arranging import ANYBODY, ArrangeForm, InviteForm, RemoveForm
from caseapp.blueprints.meetings.record import around, mail_link
from caseapp.policy.do import Do
from caseapp.queries import group_meetings, meeting_choices, meeting_page, meeting_seats
from caseapp.services.meetings import arranging
from caseapp.services.meetings import invitations as service
from caseapp.services.meetings.arranging import Plan
from caseapp.vocabulary import AgencyKind, MeetingKind
from caseapp.web.access import on_meeting
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _show(meeting_id):
    return url_for("meetings.show", meeting_id=meeting_id)


def _arranging(meeting, form, candidates, **more):
    return around(
        meeting,
        form=form,
        candidates=candidates,
        barred=meeting_choices.barred(meeting),
        first=not meeting.called,
        exit=meeting.kind is MeetingKind.EXIT,
        lead=meeting.kind is MeetingKind.LEAD_AGENCY,
        day=form.day.data,
        **more,
    )


@bp.get("/meetings/<id:meeting_id>/arrangements")
@on_meeting(Do.ARRANGE_MEETING, reads="the form to arrange a meeting")
def arrange(meeting):
    candidates = meeting_choices.candidates(meeting, viewer=viewer())
    form = ArrangeForm.for_meeting(candidates, first=not meeting.called, formdata=None)
    _fill(meeting, form)
    return page("meetings/arrange.html", **_arranging(meeting, form, candidates))


def _fill(meeting, form):
    details = meeting_page.details(meeting, viewer=viewer())
    form.version.data = str(meeting.version)
    for name in (
        "place",
        "link",
        "message",
        "chair_reason",
        "person_invited_how",
        "person_not_invited_reason",
    ):
        form[name].data = getattr(details, name)
    _put_day(form.day, details.day)
    _put_day(form.person_invited_on, details.person_invited_on)
    if meeting.starts_at:
        form.starts.data = dates.hour(meeting.starts_at)
        form.ends.data = dates.hour(meeting.ends_at) if meeting.ends_at else ""
        form.manager_joins.data = dates.hour(details.manager_joins_at) if details.manager_joins_at else ""
    form.chair.data = ids.written(meeting.chair_id) if meeting.chair_id else ""
    form.minutes_by.data = ids.written(meeting.minutes_by_id) if meeting.minutes_by_id else ""
    form.chair_name.data = "" if meeting.chair_id else details.chair_name
    form.minutes_by_name.data = "" if meeting.minutes_by_id else details.minutes_by_name
    sitting = group_meetings.of_meeting(meeting, viewer=viewer()) if meeting.starts_at is None else None
    if sitting and sitting.held_on >= clock.today():
        _put_day(form.day, sitting.held_on)
        form.place.data = form.place.data or sitting.place
    if not meeting.called:
        form.chair.data = form.chair.data or (
            "" if meeting.kind is MeetingKind.LEAD_AGENCY else ids.written(viewer().user_id)
        )
        for one, field in form.guest_fields:
            field.data = ANYBODY if one.actions and not one.lead else ""


def _put_day(field, day):
    field.data = day
    field.parts = (str(day.day), str(day.month), str(day.year)) if day else ("", "", "")


@bp.post("/meetings/<id:meeting_id>/arrangements")
@on_meeting(Do.ARRANGE_MEETING)
def save_arrangements(meeting):
    candidates = meeting_choices.candidates(meeting, viewer=viewer())
    form = ArrangeForm.for_meeting(candidates, first=not meeting.called)
    day = form.day.data
    if form.validate_on_submit() and form.accepts(
        arranging.arrange,
        meeting,
        Plan(
            starts_at=form.starts.on(day),
            ends_at=form.ends.on(day),
            place=form.place.data,
            link=form.link.data,
            message=form.message.data,
            chair_id=form.chair.picked,
            chair_name=form.chair_name.data,
            chair_reason=form.chair_reason.data,
            minutes_by_id=form.minutes_by.picked,
            minutes_by_name=form.minutes_by_name.data,
            manager_joins_at=form.manager_joins.on(day),
            person_invited_on=form.person_invited_on.data,
            person_invited_how=form.person_invited_how.data,
            person_not_invited_reason=form.person_not_invited_reason.data,
        ),
        actor=viewer(),
        at=clock.now(),
        guests=form.guests(),
        version=form.seen_version,
        link=mail_link(meeting.id),
    ):
        say = (
            "It is arranged, and everybody who was invited has been told."
            if not meeting.called
            else "Saved. Who is invited has been told of what changed."
        )
        return saved(_show(meeting.id), say=say)
    form.catch_up()
    return refused("meetings/arrange.html", **_arranging(meeting, form, candidates))


@bp.get("/meetings/<id:meeting_id>/people/new")
@on_meeting(Do.ARRANGE_MEETING, reads="the form to invite somebody to a meeting")
def invite(meeting):
    return page("meetings/invite.html", **_inviting(meeting, InviteForm(formdata=None)))


def _inviting(meeting, form):
    candidates = meeting_choices.candidates(meeting, viewer=viewer())
    form.offer(candidates, about_somebody=meeting.case is not None)
    return around(
        meeting,
        form=form,
        candidates=candidates,
        barred=meeting_choices.barred(meeting),
        social_work=any(one.kind is AgencyKind.SOCIAL_WORK for one in candidates),
    )


@bp.post("/meetings/<id:meeting_id>/people/new")
@on_meeting(Do.ARRANGE_MEETING)
def send_invitation(meeting):
    form = InviteForm()
    context = _inviting(meeting, form)
    if form.validate_on_submit() and form.accepts(
        service.invite,
        meeting,
        form.guest(),
        actor=viewer(),
        at=clock.now(),
        link=mail_link(meeting.id),
    ):
        return saved(
            _show(meeting.id),
            say="At the table. The invitation is out."
            if meeting.called
            else "At the table. The invitation goes out with the others.",
        )
    return refused("meetings/invite.html", **context)


def _seat(meeting, attendee_id):
    return meeting_seats.seat(meeting, attendee_id, viewer=viewer()) or abort(404)


@bp.get("/meetings/<id:meeting_id>/people/<id:attendee_id>/removal")
@on_meeting(Do.ARRANGE_MEETING, reads="the form to take an invitation back")
def remove(meeting, attendee_id):
    seat = _seat(meeting, attendee_id)
    form = RemoveForm(formdata=None)
    form.version.data = str(seat.version)
    return page("meetings/remove.html", **around(meeting, form=form, seat=seat))


@bp.post("/meetings/<id:meeting_id>/people/<id:attendee_id>/removal")
@on_meeting(Do.ARRANGE_MEETING)
def take_back(meeting, attendee_id):
    seat, form = _seat(meeting, attendee_id), RemoveForm()
    if form.validate_on_submit() and form.accepts(
        service.take_back,
        meeting,
        attendee_id,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        version=form.seen_version,
        link=mail_link(meeting.id),
    ):
        return saved(_show(meeting.id), say="The invitation is taken back.")
    form.catch_up()
    return refused("meetings/remove.html", **around(meeting, form=form, seat=seat))
