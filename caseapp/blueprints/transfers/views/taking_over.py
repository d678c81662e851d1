"""The receiving line manager takes the case over: what that does, then the button that does it."""

from flask import url_for

from caseapp import clock, dates
from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.context import about, data
from caseapp.blueprints.transfers.forms import TakeOverForm
from caseapp.policy.do import Do
from caseapp.protocols import add_months
from caseapp.queries import case_team, transfer_choices
from caseapp.services import transfer_taking_over
from caseapp.web.access import on_transfer
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _offered(form):
    workers = [(one.id, one.label) for one in case_team.candidates(viewer=viewer())]
    managers = [(one.id, one.label) for one in case_team.candidates(viewer=viewer(), managers=True)]
    form.case_manager_id.offer(workers, empty="Choose a worker")
    form.line_manager_id.offer(managers, empty="Choose a line manager")
    return form


def _context(transfer):
    promise = add_months(clock.today(), transfer_taking_over.COMMITMENT)
    return about(transfer) | {
        "effects": transfer_choices.effects(transfer, viewer=viewer()),
        "promise": dates.full_day(promise),
    }


@bp.get("/transfers/<id:transfer_id>/taking-over")
@on_transfer(Do.TAKE_TRANSFER, "a transfer, to take the case over")
def taking_over(transfer):
    context = _context(transfer)
    taker = context["it"].taker
    values = data(context["it"], case_manager_id=taker and taker.worker_id, line_manager_id=viewer().user_id)
    return page(
        "transfers/taking_over.html", form=_offered(TakeOverForm(formdata=None, data=values)), **context
    )


@bp.post("/transfers/<id:transfer_id>/taking-over")
@on_transfer(Do.TAKE_TRANSFER, "a transfer, to take the case over")
def take_over(transfer):
    form = _offered(TakeOverForm())
    names = ("case_manager_id", "line_manager_id", "person_told_on")
    if form.takes(transfer_taking_over.take_over, transfer, *names):
        return saved(
            url_for("plan.show", reference=transfer.reference),
            say="Your agency leads this plan from now on. Every agency in it has been told whom to call.",
        )
    form.catch_up()
    return refused("transfers/taking_over.html", form=form, **_context(transfer))
