"""Minutes (screen 07): the draft for those who write them, each reader's copy once they are issued, on paper and as PDF;
receipts and corrections."""

import secrets

from flask import render_template, request, url_for

from caseapp import clock, ids
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.forms.minutes import (
    AmendForm,
    AnswerForm,
    AsideForm,
    CorrectionForm,
    HandForm,
)
from caseapp.blueprints.meetings.record import around, named
from caseapp.documents import meeting_prints, pdf
from caseapp.errors import NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import (
    meeting_agenda,
    meeting_barriers,
    meeting_minutes,
    meeting_minutes_copies,
)
from caseapp.services.meetings import barriers
from caseapp.services.meetings import minutes as service
from caseapp.services.meetings import minutes_after as after
from caseapp.vocabulary import AuditAct, ChangeKind
from caseapp.web import navigation
from caseapp.web.access import on_meeting, replace_reading
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


def _by() -> dict:
    return {"actor": viewer(), "at": clock.now()}


def _there(meeting, anchor: str = "") -> str:
    url = url_for("meetings.minutes", meeting_id=meeting.id)
    return f"{url}#{anchor}" if anchor else url


def _context(meeting, form=None, aside=None, **more) -> dict:
    me = viewer()
    copy = meeting_minutes.copy(meeting, viewer=me)
    context = {
        "copy": copy,
        "form": form,
        "once": secrets.token_urlsafe(16),
        "issues": rules.may(me, Do.ISSUE_MINUTES, meeting),
        "receives": rules.may(me, Do.RECEIVE_MINUTES, meeting),
        "copies": [],
        "requests": [],
        "overtaken": [],
        "begun": [],
        "to_raise": [],
    }
    if copy.issued_at:
        context |= around(
            meeting,
            ask=CorrectionForm(formdata=None),
            amend=AmendForm(formdata=None),
            hand=HandForm(formdata=None),
            own_copy=None,
            answering=None,
            answer=AnswerForm(formdata=None),
            to_raise=_to_raise(meeting, aside),
        )
        copies = meeting_minutes_copies.copies(meeting, viewer=me)
        context["copies"] = copies if meeting.hosts else []
        context["own_copy"] = next((one for one in copies if one.agency_id == me.agency_id), None)
        context["requests"] = meeting_minutes_copies.requests(meeting, viewer=me)
    else:
        context |= named(meeting, copy.person, copy.first_name, copy.title)
    if copy.held is not None:
        context["frame"] = copy.held.frame
        decisions = copy.held.decisions
        context["begun"] = [d for d in decisions if not d.recorded_at and not d.dropped_at and d.text]
        if meeting_agenda.has_plan(meeting):
            context["overtaken"] = _overtaken(meeting, decisions, copy.held.agenda, me)
    return context | more


def _overtaken(meeting, decisions, agenda, me) -> list:
    """Recorded decisions whose action was changed since by its agency, each with that action as it stands."""
    found = [
        one
        for one in decisions
        if one.number
        and one.kind is ChangeKind.ACTION_CHANGED
        and one.action_id in agenda.actions
        and one.base_version != agenda.actions[one.action_id].raw.version
    ]
    if not found:
        return []
    now = meeting_agenda.agenda(meeting, viewer=me).actions
    return [(one, now[one.action_id]) for one in found if one.action_id in now]


def _to_raise(meeting, sent) -> list[dict]:
    """Decisions that name a barrier: each with the page on which it is raised, or what became of it; `sent` is the form
    that was refused."""
    found = []
    for one in meeting_barriers.of_meeting(meeting):
        about = {"action_id": one.action_id} if one.action_id else {}
        page_ = "escalations.raise_from_action" if about else "escalations.new_from_case"
        way = {"reference": meeting.case.reference, "decision": ids.written(one.id)} | about
        gap = one.escalation_id and navigation.reach("escalations.show", escalation_id=one.escalation_id)
        form = _aside(one.id, formdata=None)
        if sent is not None and sent._prefix == form._prefix:
            form = sent
        found.append({"barrier": one, "url": navigation.reach(page_, **way), "gap": gap, "form": form})
    return found


def _aside(decision_id, **given):
    return AsideForm(prefix=f"b{ids.written(decision_id)}-", **given)


@bp.post("/meetings/<id:meeting_id>/decisions/<id:decision_id>/not-raised")
@on_meeting(Do.ISSUE_MINUTES)
def set_barrier_aside(meeting, decision_id):
    form = _aside(decision_id)
    if form.validate_on_submit() and form.accepts(
        barriers.set_aside,
        meeting,
        decision_id,
        reason=form.reason.data,
        actor=viewer(),
        at=clock.now(),
    ):
        return saved(url_for("meetings.minutes", meeting_id=meeting.id), say="Set aside, with your reason.")
    return refused("meetings/minutes.html", **_context(meeting, form=form, aside=form))


@bp.get("/meetings/<id:meeting_id>/minutes")
@on_meeting(Do.VIEW_MINUTES, reads="the minutes of a meeting")
def minutes(meeting):
    return page("meetings/minutes.html", **_context(meeting))


@bp.get("/meetings/<id:meeting_id>/minutes/print")
@on_meeting(Do.VIEW_MINUTES)
def print_minutes(meeting):
    return page("meetings/minutes_print.html", **_sheet(meeting))


@bp.get("/meetings/<id:meeting_id>/minutes.pdf")
@on_meeting(Do.VIEW_MINUTES)
@proven
def minutes_pdf(meeting):
    """The printed page as a tagged PDF; its name tells nothing of anybody."""
    html = render_template("meetings/minutes_print.html", **_sheet(meeting), on_paper=True)
    return pdf.answer(html, "minutes.pdf")


def _sheet(meeting) -> dict:
    sheet = meeting_prints.minutes(meeting, viewer=viewer(), at=clock.now(), agency=_agency(meeting))
    if meeting.case is not None:
        replace_reading(AuditAct.PRINTED, f"the minutes of a meeting, {sheet.for_agency}", case=meeting.case)
    return {"sheet": sheet, "copy": sheet.copy, "back": _there(meeting), "meeting": meeting}


def _agency(meeting) -> int | None:
    """The agency whose copy is asked for by those who call the meeting, through that agency's own sight."""
    written = request.args.get("agency", "")
    if not written or not meeting.hosts:
        return None
    try:
        return ids.read(written)
    except ValueError:
        raise NotVisible from None


@bp.get("/meetings/<id:meeting_id>/minutes/person")
@on_meeting(Do.VIEW_MINUTES)
def persons_minutes(meeting):
    """The person's own copy, in plain words; made for them by those who hold the plan."""
    sheet = meeting_prints.person(meeting, viewer=viewer(), at=clock.now())
    replace_reading(AuditAct.PRINTED, "the minutes of a meeting, the person’s own copy", case=meeting.case)
    return page("meetings/minutes_person.html", sheet=sheet, back=_there(meeting))


@bp.post("/meetings/<id:meeting_id>/minutes/decisions")
@on_meeting(Do.ISSUE_MINUTES)
def send_decisions(meeting):
    form = Form()
    if form.validate_on_submit() and form.accepts(service.send_decisions, meeting, **_by()):
        return saved(_there(meeting), say="Each agency can read its part of the decisions now.")
    return refused("meetings/minutes.html", **_context(meeting, form))


@bp.post("/meetings/<id:meeting_id>/minutes/issue")
@on_meeting(Do.ISSUE_MINUTES)
def issue(meeting):
    form = Form()
    if form.validate_on_submit() and form.accepts(service.issue, meeting, **_by()):
        return saved(_there(meeting), say="The minutes are issued. Each agency has word of its copy.")
    if form.stale:
        form.stale = None
        form.reject(
            "An agency has changed its own action since the decision about it was written. Nothing was issued. Look at it below."
        )
    return refused("meetings/minutes.html", **_context(meeting, form))


@bp.post("/meetings/<id:meeting_id>/minutes/receipt")
@on_meeting(Do.RECEIVE_MINUTES)
def receive(meeting):
    form = Form()
    if form.validate_on_submit() and form.accepts(after.receive, meeting, **_by()):
        return saved(_there(meeting), say="Thank you. The chair sees that you have received them.")
    return refused("meetings/minutes.html", **_context(meeting, form))


@bp.post("/meetings/<id:meeting_id>/minutes/handed")
@on_meeting(Do.ISSUE_MINUTES)
def hand_over(meeting):
    form = HandForm()
    if form.validate_on_submit() and form.accepts(after.hand_over, meeting, **_by(), how=form.how.data):
        return saved(_there(meeting), say="Noted.")
    return refused("meetings/minutes.html", **_context(meeting, form, hand=form))


@bp.post("/meetings/<id:meeting_id>/minutes/corrections")
@on_meeting(Do.RECEIVE_MINUTES)
def ask_correction(meeting):
    form = CorrectionForm()
    if form.validate_on_submit() and form.accepts(after.ask, meeting, **_by(), text=form.text.data):
        return saved(_there(meeting), say="The chair has been told.")
    return refused("meetings/minutes.html", **_context(meeting, form, ask=form))


@bp.post("/meetings/<id:meeting_id>/minutes/corrections/<id:correction_id>")
@on_meeting(Do.ISSUE_MINUTES)
def answer_correction(meeting, correction_id):
    form = AnswerForm()
    if form.validate_on_submit() and form.accepts(
        after.answer,
        meeting,
        correction_id,
        **_by(),
        answer=form.answer.data,
        amend=form.do.data != "refuse" and request.form.get("do") != "refuse",
        for_all=bool(form.for_all.data),
    ):
        return saved(_there(meeting, "m-corrections"), say="The agency has been told.")
    return refused("meetings/minutes.html", **_context(meeting, form, answer=form, answering=correction_id))


@bp.post("/meetings/<id:meeting_id>/minutes/amendments")
@on_meeting(Do.ISSUE_MINUTES)
def amend(meeting):
    form = AmendForm()
    if form.validate_on_submit() and form.accepts(
        after.amend, meeting, **_by(), text=form.text.data, for_all=bool(form.for_all.data)
    ):
        return saved(_there(meeting, "m-corrections"), say="The correction is added with its date.")
    return refused("meetings/minutes.html", **_context(meeting, form, amend=form))
