"""Asking an agency, its answer, and asking it no longer."""

from flask import abort

from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.context import about, data, page_of
from caseapp.blueprints.transfers.forms import AnswerForm, ApproachForm, TakeBackForm
from caseapp.policy.do import Do
from caseapp.queries import case_team, transfer_choices
from caseapp.services import transfer_approaches
from caseapp.vocabulary import ApproachState
from caseapp.web.access import on_transfer
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/transfers/<id:transfer_id>/approaches/new")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to ask an agency")
def new_approach(transfer):
    context = about(transfer)
    proposed = transfer_choices.words_proposed(transfer, viewer=viewer())
    form = _offered(ApproachForm(formdata=None, data=data(context["it"], words=proposed)), transfer)
    return page("transfers/approach.html", form=form, **context)


def _offered(form, transfer):
    form.agency_id.offer(transfer_choices.agencies(transfer, viewer=viewer()), empty="Choose an agency")
    return form


@bp.post("/transfers/<id:transfer_id>/approaches/new")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to ask an agency")
def create_approach(transfer):
    form = _offered(ApproachForm(), transfer)
    if form.takes(transfer_approaches.approach, transfer, "agency_id", "words"):
        return saved(page_of(transfer), say="Asked. Their line managers have been told; they read no name.")
    form.catch_up()
    return refused("transfers/approach.html", form=form, **about(transfer))


def _standing(context, approach_id):
    found = (one for one in context["it"].approaches if one.id == approach_id and one.standing)
    return next(found, None)


@bp.get("/transfers/<id:transfer_id>/approaches/<id:approach_id>/end")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to ask an agency no longer")
def end_approach(transfer, approach_id):
    context = about(transfer)
    approach = _standing(context, approach_id) or abort(404)
    form = TakeBackForm(formdata=None, data=data(context["it"]))
    return page("transfers/end_approach.html", form=form, approach=approach, **context)


@bp.post("/transfers/<id:transfer_id>/approaches/<id:approach_id>/end")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to ask an agency no longer")
def take_approach_back(transfer, approach_id):
    form = TakeBackForm()
    if form.takes(
        transfer_approaches.take_back, transfer, "reason", "person_refused", approach_id=approach_id
    ):
        return saved(page_of(transfer), say="They have been told that nothing is asked of them any more.")
    form.catch_up()
    context = about(transfer)
    approach = _standing(context, approach_id) or abort(404)
    return refused("transfers/end_approach.html", form=form, approach=approach, **context)


def _answering(form):
    people = [(one.id, one.label) for one in case_team.candidates(viewer=viewer())]
    form.worker_id.offer(people, empty="Not known yet")
    return form


def _own(context):
    return next((one for one in context["it"].approaches if one.standing), None)


@bp.get("/transfers/<id:transfer_id>/answer")
@on_transfer(Do.ANSWER_TRANSFER, "a transfer, to answer it")
def answer(transfer):
    context = about(transfer)
    approach = _own(context) or abort(404)
    values = {"version": str(approach.version)}
    if approach.state is ApproachState.ACCEPTED:
        values |= {"answer": "yes", "text": approach.answer, "worker_id": approach.worker_id}
    form = _answering(AnswerForm(formdata=None, data=values))
    return page("transfers/answer.html", form=form, approach=approach, **context)


@bp.post("/transfers/<id:transfer_id>/answer")
@on_transfer(Do.ANSWER_TRANSFER, "a transfer, to answer it")
def save_answer(transfer):
    form = _answering(AnswerForm())
    yes = form.answer.data == "yes"
    if form.takes(transfer_approaches.answer, transfer, "text", "worker_id", accepts=yes):
        say = (
            "They have been told. You read more once the person has agreed."
            if yes
            else "They have been told."
        )
        return saved(page_of(transfer), say=say)
    form.catch_up()
    context = about(transfer)
    approach = _own(context) or abort(404)
    return refused("transfers/answer.html", form=form, approach=approach, **context)
