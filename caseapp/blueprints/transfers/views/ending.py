"""A transfer that ends without effect: no service takes over, or it is taken back."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.context import about, data, page_of
from caseapp.blueprints.transfers.forms import NoServiceForm, WithdrawForm
from caseapp.policy.do import Do
from caseapp.queries import transfer_choices
from caseapp.services import transfers
from caseapp.web.access import on_transfer
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _with_domains(form, transfer):
    form.domain.choices = transfer_choices.domains(transfer, viewer=viewer())
    return form


@bp.get("/transfers/<id:transfer_id>/no-service")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to say that no service was found")
def no_service(transfer):
    context = about(transfer)
    it = context["it"]
    domains = transfer_choices.domains(transfer, viewer=viewer())
    values = data(
        it,
        title="No service takes over as lead agency",
        service="An agency that takes over as lead agency and case manager",
        wanted="An agency that takes over the plan and stays for six months at least",
        noticed_on=clock.local_day(it.requested_at),
        domain=next(iter(domains), None),
    )
    form = _with_domains(NoServiceForm(formdata=None, data=values), transfer)
    return page("transfers/no_service.html", form=form, **context)


@bp.post("/transfers/<id:transfer_id>/no-service")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to say that no service was found")
def save_no_service(transfer):
    form = _with_domains(NoServiceForm(), transfer)
    names = ("interim", "domain", "title", "service", "effect", "wanted", "noticed_on")
    if form.takes(transfers.no_service, transfer, *names):
        return saved(
            url_for("escalations.show", escalation_id=form.result_id),
            say="Written down. You keep the case; the gap has gone to the line manager.",
        )
    form.catch_up()
    return refused("transfers/no_service.html", form=form, **about(transfer))


@bp.get("/transfers/<id:transfer_id>/end")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to end it")
def end(transfer):
    context = about(transfer)
    form = WithdrawForm(formdata=None, data=data(context["it"]))
    return page("transfers/end.html", form=form, **context)


@bp.post("/transfers/<id:transfer_id>/end")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to end it")
def withdraw(transfer):
    form = WithdrawForm()
    if form.takes(transfers.withdraw, transfer, "reason"):
        return saved(
            page_of(transfer),
            say="The transfer has ended. You keep the case, as it stood before.",
        )
    form.catch_up()
    return refused("transfers/end.html", form=form, **about(transfer))
