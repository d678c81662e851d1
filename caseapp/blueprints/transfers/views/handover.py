"""The handover: its day, the form, looking through it, and its print."""

from flask import abort

from caseapp import clock, dates
from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.context import about, data, page_of
from caseapp.blueprints.transfers.forms import HandoverForm, ReviewForm, ScheduleForm
from caseapp.policy.do import Do
from caseapp.queries import transfer_choices, transfer_page
from caseapp.services import transfer_handover
from caseapp.vocabulary import AuditAct
from caseapp.web.access import on_transfer, replace_reading
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _with_meetings(form, transfer):
    offered = transfer_choices.meetings(transfer, viewer=viewer())
    form.meeting_id.offer(offered, empty="No meeting here")
    return form


@bp.get("/transfers/<id:transfer_id>/handover-day")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to arrange the handover")
def handover_day(transfer):
    context = about(transfer)
    it = context["it"]
    values = data(it, meeting_id=it.meeting_id, on=None if it.meeting_id else it.handover_on)
    form = _with_meetings(ScheduleForm(formdata=None, data=values), transfer)
    return page("transfers/handover_day.html", form=form, **context)


@bp.post("/transfers/<id:transfer_id>/handover-day")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to arrange the handover")
def schedule(transfer):
    form = _with_meetings(ScheduleForm(), transfer)
    if form.takes(transfer_handover.schedule, transfer, "meeting_id", "on"):
        return saved(page_of(transfer), say="Arranged. The other agency has been told the day.")
    form.catch_up()
    return refused("transfers/handover_day.html", form=form, **about(transfer))


@bp.get("/transfers/<id:transfer_id>/handover")
@on_transfer(Do.KEEP_TRANSFER, "a handover form, to write it")
def edit_handover(transfer):
    context = about(transfer)
    form = transfer_page.handover(transfer, viewer=viewer())
    if form is not None and form.handed_over_at is not None:
        return page("transfers/handover.html", form=None, handover=form, **context)
    values = {"version": "0"}
    if form is not None:
        values = {name: getattr(form, name) for name in transfer_handover.WORDS}
        values["version"] = str(form.version)
    if not values.get("held_on"):
        values["held_on"] = context["it"].handover_on
    return page(
        "transfers/handover.html", form=HandoverForm(formdata=None, data=values), handover=None, **context
    )


def _write(transfer, *, hand_over, say):
    form = HandoverForm()
    if form.takes(transfer_handover.write, transfer, *transfer_handover.WORDS, hand_over=hand_over):
        return saved(page_of(transfer), say=say)
    form.catch_up()
    return refused("transfers/handover.html", form=form, handover=None, **about(transfer))


@bp.post("/transfers/<id:transfer_id>/handover")
@on_transfer(Do.KEEP_TRANSFER, "a handover form, to write it")
def save_handover(transfer):
    return _write(transfer, hand_over=False, say="The draft is saved. Nobody else reads it yet.")


@bp.post("/transfers/<id:transfer_id>/handover/handed-over")
@on_transfer(Do.KEEP_TRANSFER, "a handover form, to hand over")
def hand_over(transfer):
    return _write(
        transfer,
        hand_over=True,
        say="Handed over. You stay responsible until the other agency takes the case over.",
    )


@bp.get("/transfers/<id:transfer_id>/handover/review")
@on_transfer(Do.REVIEW_HANDOVER, "a handover, to look through it")
def review(transfer):
    handover = transfer_page.handover(transfer, viewer=viewer())
    if handover is None or handover.handed_over_at is None:
        abort(404)
    context = about(transfer)
    form = ReviewForm(formdata=None, data=data(context["it"]))
    return page("transfers/review.html", form=form, handover=handover, **context)


@bp.post("/transfers/<id:transfer_id>/handover/review")
@on_transfer(Do.REVIEW_HANDOVER, "a handover, to look through it")
def save_review(transfer):
    form = ReviewForm()
    if form.takes(transfer_handover.review, transfer, "note"):
        return saved(page_of(transfer), say="Looked through. The other agency can take the case over.")
    form.catch_up()
    handover = transfer_page.handover(transfer, viewer=viewer()) or abort(404)
    return refused("transfers/review.html", form=form, handover=handover, **about(transfer))


@bp.get("/transfers/<id:transfer_id>/handover/read")
@on_transfer(Do.READ_HANDOVER, "the handover: form, plan and needs")
def read_handover(transfer):
    handover = transfer_page.handover(transfer, viewer=viewer()) or abort(404)
    if handover.handed_over_at is None:
        abort(404)
    return page("transfers/pack.html", handover=handover, **about(transfer))


@bp.get("/transfers/<id:transfer_id>/handover/print")
@on_transfer(Do.READ_HANDOVER, "the handover: form, plan and needs")
def print_handover(transfer):
    handover = transfer_page.handover(transfer, viewer=viewer()) or abort(404)
    if handover.handed_over_at is None:
        abort(404)
    replace_reading(AuditAct.PRINTED, "the handover: form, plan and needs", case=transfer.subject)
    me = viewer()
    printed = f"Printed on {dates.moment(clock.now())}, by {me.name}, {me.agency_name}."
    return page("transfers/print.html", handover=handover, printed=printed, **about(transfer))
