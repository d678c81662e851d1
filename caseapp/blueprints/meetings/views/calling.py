"""Calling a meeting: proposing it, the line manager's answer, putting it off, calling it off, not bringing it about."""

from functools import partial

from flask import abort, request, url_for

from caseapp import clock, ids
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.forms.calling import (
    KIND_HINTS,
    ConferenceForm,
    DecideForm,
    FailedForm,
    GroupForm,
    OffForm,
    ProposeForm,
)
from caseapp.blueprints.meetings.record import around, mail_link
from caseapp.errors import NotAllowed
from caseapp.policy.do import Do
from caseapp.queries import cases, meeting_page, meeting_triggers, triage_agenda
from caseapp.services.meetings import calling as service
from caseapp.services.meetings import conferences, groups
from caseapp.vocabulary import MeetingStatus
from caseapp.web.access import allowed, on_case, on_meeting
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _show(meeting_id):
    return url_for("meetings.show", meeting_id=meeting_id)


def _proposal(case, form, **more):
    me = viewer()
    return {
        "case": case,
        "form": form,
        "head": cases.head(case, viewer=me),
        "calling": meeting_triggers.calling(case, viewer=me),
        "efforts": meeting_triggers.efforts(case, viewer=me),
        "unmet": meeting_triggers.unmet(case, viewer=me),
        "kind_hints": KIND_HINTS,
        "manages": me.manages,
    } | more


@bp.get("/cases/<ref:reference>/meetings/new")
@on_case(Do.CALL_MEETING, reads="the form to call a meeting")
def new(case):
    noticed = meeting_triggers.calling(case, viewer=viewer()).noticed
    form = ProposeForm(formdata=None, data={"triggers": [one.trigger.value for one in noticed]})
    form.kind.data = form.kind.data or next(iter(KIND_HINTS))
    return page("meetings/propose.html", **_proposal(case, form))


@bp.post("/cases/<ref:reference>/meetings/new")
@on_case(Do.CALL_MEETING)
def propose(case):
    form = ProposeForm()
    if form.validate_on_submit():
        noticed = meeting_triggers.calling(case, viewer=viewer()).noticed
        if form.accepts(
            service.propose,
            case,
            actor=viewer(),
            at=clock.now(),
            kind=form.meeting_kind,
            aim=form.aim.data,
            triggers=form.reasons(),
            noticed=frozenset(one.trigger for one in noticed),
            why_not_phone=form.why_not_phone.data,
            touches_family=form.touches_family.data,
        ):
            say = (
                "The meeting is agreed. Arrange it next."
                if viewer().manages
                else "The meeting is proposed. The line manager has been told."
            )
            if form.result_id is None:
                return saved(url_for("meetings.of_case", reference=case.reference), say=say)
            return saved(_show(form.result_id), say=say)
    return refused("meetings/propose.html", **_proposal(case, form))


@bp.get("/meetings/<id:meeting_id>/proposal")
@on_meeting(Do.ARRANGE_MEETING, reads="the proposal of a meeting")
def edit(meeting):
    return page("meetings/proposal.html", **_edit(meeting, _filled(meeting)))


def _filled(meeting):
    details = meeting_page.details(meeting, viewer=viewer())
    reasons = meeting_page.reasons(meeting)
    form = ProposeForm(
        formdata=None,
        data={
            "kind": meeting.kind.value,
            "triggers": [one.trigger.value for one in reasons],
            "note": reasons[0].note if reasons else "",
            "aim": details.aim,
            "why_not_phone": details.why_not_phone,
            "touches_family": details.touches_family,
        },
    )
    form.version.data = str(meeting.version)
    return form


def _edit(meeting, form):
    if meeting.case is None:
        raise NotAllowed
    return around(meeting) | _proposal(meeting.case, form)


@bp.post("/meetings/<id:meeting_id>/proposal")
@on_meeting(Do.ARRANGE_MEETING)
def save(meeting):
    if meeting.case is None:
        raise NotAllowed
    form = ProposeForm()
    form.kind.data = meeting.kind.value
    noticed = meeting_triggers.calling(meeting.case, viewer=viewer()).noticed
    if form.validate_on_submit() and form.accepts(
        service.revise,
        meeting,
        actor=viewer(),
        at=clock.now(),
        aim=form.aim.data,
        triggers=form.reasons(),
        noticed=frozenset(one.trigger for one in noticed),
        why_not_phone=form.why_not_phone.data,
        touches_family=form.touches_family.data,
        version=form.seen_version,
    ):
        again = meeting.status is MeetingStatus.REFUSED
        say = "Proposed again. The line manager has been told." if again else "The proposal is saved."
        return saved(_show(meeting.id), say=say)
    form.catch_up()
    return refused("meetings/proposal.html", **_edit(meeting, form))


@bp.get("/meetings/<id:meeting_id>/decision")
@on_meeting(Do.DECIDE_MEETING, reads="a proposed meeting")
def decision(meeting):
    return page("meetings/decide.html", **_deciding(meeting, DecideForm(formdata=None)))


def _deciding(meeting, form):
    me = viewer()
    return around(
        meeting,
        form=form,
        reasons=meeting_page.reasons(meeting),
        efforts=meeting_triggers.efforts(meeting.case, viewer=me),
    )


@bp.post("/meetings/<id:meeting_id>/decision")
@on_meeting(Do.DECIDE_MEETING)
def decide(meeting):
    form = DecideForm()
    agreed = {"yes": True, "no": False}.get(form.agreed.data)
    if form.validate_on_submit() and form.accepts(
        service.decide, meeting, actor=viewer(), at=clock.now(), agreed=agreed, note=form.note.data
    ):
        say = "Agreed. Whoever proposed it has been told." if agreed else "Not agreed. Your reason is kept."
        return saved(_show(meeting.id), say=say)
    return refused("meetings/decide.html", **_deciding(meeting, form))


OFF = {
    "postponed": (service.postpone, "Put off", "It is put off. Everybody who was invited has been told."),
    "cancelled": (service.cancel, "Call off", "It is called off. Everybody who was invited has been told."),
}


@bp.get("/meetings/<id:meeting_id>/<any(postponed, cancelled):how>")
@on_meeting(Do.ARRANGE_MEETING, reads="the form to call a meeting off")
def off(meeting, how):
    return page("meetings/off.html", **around(meeting, form=OffForm(formdata=None), how=how))


@bp.post("/meetings/<id:meeting_id>/<any(postponed, cancelled):how>")
@on_meeting(Do.ARRANGE_MEETING)
def call_off(meeting, how):
    form = OffForm()
    act, _, say = OFF[how]
    if form.validate_on_submit() and form.accepts(
        act,
        meeting,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        message=form.message.data,
        link=mail_link(meeting.id),
    ):
        return saved(_show(meeting.id), say=say)
    return refused("meetings/off.html", **around(meeting, form=form, how=how))


@bp.get("/meetings/<id:meeting_id>/not-convened")
@on_meeting(Do.ARRANGE_MEETING, reads="the form to record that a meeting could not be brought about")
def failed(meeting):
    return page("meetings/failed.html", **around(meeting, form=FailedForm(formdata=None)))


@bp.post("/meetings/<id:meeting_id>/not-convened")
@on_meeting(Do.ARRANGE_MEETING)
def record_failed(meeting):
    form = FailedForm()
    if form.validate_on_submit() and form.accepts(
        service.not_convened,
        meeting,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        link=mail_link(meeting.id),
    ):
        return saved(_show(meeting.id), say="It is recorded. The line manager has been told.")
    return refused("meetings/failed.html", **around(meeting, form=form))


@bp.get("/meetings/group/new")
@allowed(Do.CALL_GROUP_MEETING)
def new_group():
    """An empty form, or with `?sitting=` the one of a sitting that the viewer's own groups hold."""
    sitting = _sitting()
    form = GroupForm(formdata=None, title=sitting.title if sitting else "")
    return page("meetings/group.html", form=form, sitting=sitting)


def _sitting():
    written = request.args.get("sitting", "")
    if not written:
        return None
    try:
        sitting_id = ids.read(written)
    except ValueError:
        abort(404)
    return triage_agenda.find(sitting_id, viewer=viewer()) or abort(404)


@bp.post("/meetings/group/new")
@allowed(Do.CALL_GROUP_MEETING)
def call_group():
    form, sitting = GroupForm(), _sitting()
    words = {"title": form.title.data, "aim": form.aim.data}
    call = partial(groups.call_together, sitting.id) if sitting else groups.call_group
    if form.validate_on_submit() and form.accepts(call, actor=viewer(), at=clock.now(), **words):
        return saved(_show(form.result_id), say="The meeting is there. Arrange it and invite next.")
    return refused("meetings/group.html", form=form, sitting=sitting)


def _conference(case, form):
    if not conferences.is_social_work(viewer().agency_id):
        raise NotAllowed
    return {
        "case": case,
        "form": form,
        "head": cases.head(case, viewer=viewer()),
        "plan_url": url_for("plan.show", reference=case.reference),
    }


@bp.get("/cases/<ref:reference>/meetings/conference")
@on_case(Do.RECORD_CONFERENCE, reads="the form to record a case conference")
def new_conference(case):
    return page("meetings/conference.html", **_conference(case, ConferenceForm(formdata=None)))


@bp.post("/cases/<ref:reference>/meetings/conference")
@on_case(Do.RECORD_CONFERENCE)
def record_conference(case):
    form = ConferenceForm()
    context = _conference(case, form)
    if form.validate_on_submit() and form.accepts(
        conferences.record_conference,
        case,
        actor=viewer(),
        at=clock.now(),
        starts_at=form.hour.on(form.day.data),
        place=form.place.data,
        chair_name=form.chair_name.data,
        case_manager_invited=form.invited.data == "yes",
        message=form.message.data,
        aim=form.aim.data,
        kept_apart=form.kept_apart.data,
    ):
        return saved(_show(form.result_id), say="The conference is recorded. The case manager has been told.")
    return refused("meetings/conference.html", **context)
