"""One transfer: where it stands, what is next, and what was said; each reader's own part of it."""

from caseapp import clock
from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.context import about, data, page_of
from caseapp.blueprints.transfers.forms import AssureForm
from caseapp.policy.do import Do
from caseapp.queries import transfer_page, transfer_steps
from caseapp.services import transfers
from caseapp.web.access import on_transfer
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/transfers/<id:transfer_id>")
@on_transfer(Do.VIEW_TRANSFER, "a transfer to another lead agency")
def show(transfer):
    context = about(transfer)
    return page(
        "transfers/show.html",
        steps=transfer_steps.steps(context["it"]),
        form=transfer_page.handover(transfer, viewer=viewer()),
        **context,
    )


@bp.get("/transfers/<id:transfer_id>/assurances")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to say what the person was told")
def assurances(transfer):
    context = about(transfer)
    it = context["it"]
    form = AssureForm(
        formdata=None,
        data=data(
            it,
            who_now=it.who_now
            or f"{it.case_manager or it.line_manager} stays responsible for everything until the "
            "new case manager has accepted.",
            plan_goes_on=it.plan_goes_on or "The plan goes on: goals, actions and agencies stay as they are.",
            who_after=it.who_after or _after(it),
            persons_view=it.persons_view,
            assured_on=clock.today(),
        ),
    )
    return page("transfers/assure.html", form=form, **context)


def _after(it):
    taker = it.taker
    if taker is None:
        return f"We look for the next case manager together with {it.called}."
    return f"{taker.worker or 'A case manager'} of {taker.agency} takes over the whole plan."


@bp.post("/transfers/<id:transfer_id>/assurances")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to say what the person was told")
def assure(transfer):
    form = AssureForm()
    names = ("who_now", "plan_goes_on", "who_after", "persons_view", "assured_on")
    if form.takes(transfers.assure, transfer, *names):
        return saved(page_of(transfer), say="Written down.")
    form.catch_up()
    return refused("transfers/assure.html", form=form, **about(transfer))
