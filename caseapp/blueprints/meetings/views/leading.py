"""Towards one lead agency: the calls, the principles, the claims beside what the record shows (S2-13, S3-43, S3-44)."""

from flask import abort, url_for

from caseapp import clock, ids
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.forms.leading import ClaimForm, TalkForm
from caseapp.blueprints.meetings.record import around
from caseapp.policy.do import Do
from caseapp.queries import meeting_lead
from caseapp.services.meetings import leads as service
from caseapp.vocabulary import MeetingKind
from caseapp.web.access import on_meeting
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

TEXTS = (
    "staff_said",
    "staff_persons_view",
    "managers_said",
    "managers_persons_view",
    "principles",
    "persons_choice",
    "agreed_how",
)


def _here(meeting):
    return url_for("meetings.lead", meeting_id=meeting.id)


def _about_lead(meeting):
    if meeting.kind is not MeetingKind.LEAD_AGENCY:
        abort(404)


@bp.get("/meetings/<id:meeting_id>/lead")
@on_meeting(Do.VIEW_MEETING, reads="the question of the lead agency")
def lead(meeting):
    _about_lead(meeting)
    return page(
        "meetings/lead.html",
        **around(
            meeting,
            talk=meeting_lead.talk(meeting),
            claims=meeting_lead.claims(meeting, viewer=viewer()),
        ),
    )


def _talking(meeting, form):
    claims = meeting_lead.claims(meeting, viewer=viewer())
    form.agreed_agency.offer([(one.agency_id, one.agency) for one in claims])
    return around(meeting, form=form)


@bp.get("/meetings/<id:meeting_id>/lead/steps")
@on_meeting(Do.ARRANGE_MEETING, reads="the steps towards one lead agency")
def lead_steps(meeting):
    _about_lead(meeting)
    form, talk = TalkForm(formdata=None), meeting_lead.talk(meeting)
    if talk:
        form.version.data = str(talk.version)
        for name in TEXTS:
            form[name].data = getattr(talk, name)
        for name in ("staff_on", "managers_on"):
            day = getattr(talk, name)
            form[name].data = day
            form[name].parts = (str(day.day), str(day.month), str(day.year)) if day else ("", "", "")
        form.principles_agreed.data = talk.principles_agreed_at is not None
        form.agreed_agency.data = ids.written(talk.agreed_agency_id) if talk.agreed_agency_id else ""
    return page("meetings/lead_steps.html", **_talking(meeting, form))


@bp.post("/meetings/<id:meeting_id>/lead/steps")
@on_meeting(Do.ARRANGE_MEETING)
def save_lead_steps(meeting):
    _about_lead(meeting)
    form = TalkForm()
    context = _talking(meeting, form)
    if form.validate_on_submit() and form.accepts(
        service.talk,
        meeting,
        actor=viewer(),
        at=clock.now(),
        staff_on=form.staff_on.data,
        managers_on=form.managers_on.data,
        principles_agreed=form.principles_agreed.data,
        agreed_agency_id=form.agreed_agency.picked,
        version=form.seen_version,
        **{name: form[name].data for name in TEXTS},
    ):
        return saved(_here(meeting), say="Saved.")
    form.catch_up()
    return refused("meetings/lead_steps.html", **context)


def _claim(meeting, agency_id):
    _about_lead(meeting)
    found = meeting_lead.claims(meeting, viewer=viewer())
    return next((one for one in found if one.agency_id == agency_id), None) or abort(404)


@bp.get("/meetings/<id:meeting_id>/lead/claims/<id:agency_id>")
@on_meeting(Do.ADD_AGENDA_POINT, reads="a claim to lead")
def lead_claim(meeting, agency_id):
    claim, form = _claim(meeting, agency_id), ClaimForm(formdata=None)
    form.version.data = str(claim.version)
    form.words.data = claim.words
    for name in ("most_contact", "has_time", "six_months"):
        form[name].data = {True: "yes", False: "no"}.get(getattr(claim, name))
    return page("meetings/lead_claim.html", **around(meeting, form=form, claim=claim))


@bp.post("/meetings/<id:meeting_id>/lead/claims/<id:agency_id>")
@on_meeting(Do.ADD_AGENDA_POINT)
def save_lead_claim(meeting, agency_id):
    claim, form = _claim(meeting, agency_id), ClaimForm()
    if form.validate_on_submit() and form.accepts(
        service.claim,
        meeting,
        actor=viewer(),
        at=clock.now(),
        agency_id=agency_id,
        words=form.words.data,
        version=form.seen_version or 0,
        **form.answers(),
    ):
        return saved(_here(meeting), say="The claim is written down.")
    form.catch_up()
    return refused("meetings/lead_claim.html", **around(meeting, form=form, claim=claim))
