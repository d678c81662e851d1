"""Asking to be let into a case, and answering."""

from flask import abort, url_for

from caseapp import clock, dates, references
from caseapp.blueprints.doors import bp
from caseapp.blueprints.doors.forms import AnswerForm, AskByNameForm, AskForm
from caseapp.blueprints.doors.views.denials import around
from caseapp.policy.do import Do
from caseapp.queries import access_requests as reads
from caseapp.services import access_requests
from caseapp.services.identification import Whom
from caseapp.web import lists
from caseapp.web.access import allowed, on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

READS = "requests for access"


@bp.get("/access-requests")
@allowed(Do.SEE_ACCESS_REQUESTS)
def index():
    waiting, own = reads.to_answer(viewer=viewer()), reads.own(viewer=viewer())
    lists.note_listed(
        READS,
        [one.case_id for one in waiting],
        references=[one.reference for one in own],
        asked=[one.id for one in own],
    )
    return page("doors/requests.html", waiting=waiting, own=own)


@bp.get("/access-requests/new")
@allowed(Do.SEE_ACCESS_REQUESTS)
def new_request():
    return page("doors/ask_by_name.html", form=AskByNameForm(formdata=None))


@bp.post("/access-requests/new")
@allowed(Do.SEE_ACCESS_REQUESTS)
def ask_by_name():
    form = AskByNameForm()
    if form.validate_on_submit():
        name = f"{form.given_name.data} {form.family_name.data}".strip()
        whom = Whom(name, form.born_on.data, form.reference.data)
        known = references.parse(whom.reference)
        sought = (
            f"reference {references.say(known)}"
            if known
            else f"{name}, born {dates.day(whom.born_on)}"
            if whom.born_on
            else name
        )
        if form.accepts(
            access_requests.ask_by_name,
            actor=viewer(),
            at=clock.now(),
            whom=whom,
            sought=sought,
            purpose=form.purpose.data,
            needed_until=form.needed_until.data,
            permission=form.permission.data,
        ):
            return saved(
                url_for("doors.index"),
                say="Sent. If an agency here works with this person, whoever answers for the case reads it.",
            )
    return refused("doors/ask_by_name.html", form=form)


@bp.post("/access-requests/<id:request_id>/take-back")
@allowed(Do.SEE_ACCESS_REQUESTS)
def take_back(request_id):
    access_requests.take_back(request_id, actor=viewer(), at=clock.now())
    return saved(url_for("doors.index"), say="Taken back.")


@bp.get("/cases/<ref:reference>/access/ask")
@on_case(Do.ASK_FOR_ACCESS, READS)
def new_ask(case):
    return page("doors/ask.html", form=AskForm(formdata=None), **around(case))


@bp.post("/cases/<ref:reference>/access/ask")
@on_case(Do.ASK_FOR_ACCESS, READS)
def ask(case):
    form = AskForm()
    if form.validate_on_submit() and form.accepts(
        access_requests.ask,
        case,
        actor=viewer(),
        at=clock.now(),
        purpose=form.purpose.data,
        needed_until=form.needed_until.data,
    ):
        return saved(
            url_for("doors.index"),
            say="Sent to the case manager and the line manager. You read here what they say.",
        )
    return refused("doors/ask.html", form=form, **around(case))


@bp.get("/cases/<ref:reference>/access-requests")
@on_case(Do.ANSWER_ACCESS, READS)
def of_case_requests(case):
    return page("doors/of_case.html", asked=reads.of_case(case, viewer=viewer()), **around(case))


def _one(case, request_id):
    for one in reads.of_case(case, viewer=viewer()):
        if one.id == request_id:
            return one
    return abort(404)


@bp.get("/cases/<ref:reference>/access-requests/<id:request_id>")
@on_case(Do.ANSWER_ACCESS, READS)
def one_request(case, request_id):
    one = _one(case, request_id)
    form = AnswerForm(formdata=None, data={"version": str(one.version)})
    return page("doors/answer.html", form=form, one=one, **around(case))


@bp.post("/cases/<ref:reference>/access-requests/<id:request_id>")
@on_case(Do.ANSWER_ACCESS, READS)
def answer(case, request_id):
    one = _one(case, request_id)
    form = AnswerForm()
    yes = form.yes.data == "yes"
    if form.validate_on_submit() and form.accepts(
        access_requests.let_in if yes else access_requests.refuse,
        case,
        request_id,
        actor=viewer(),
        at=clock.now(),
        answer=form.answer.data,
        version=form.seen_version,
    ):
        say = "Let in. They have been told." if yes else "Refused. The reason is kept with the request."
        return saved(url_for("doors.of_case_requests", reference=case.reference), say=say)
    form.catch_up()
    return refused("doors/answer.html", form=form, one=one, **around(case))
