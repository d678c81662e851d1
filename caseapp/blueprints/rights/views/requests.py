"""A person asks for what is kept about them: writing it down, the list, one request, the pack (X-5)."""

from flask import make_response, request, url_for

from caseapp import clock, dates
from caseapp.blueprints.rights import bp
from caseapp.blueprints.rights.forms import (
    AnswerForm,
    ExtendForm,
    IdentityForm,
    ReceiveBeforeForm,
    ReceiveForm,
    RefuseForm,
    SectionForm,
    WithdrawForm,
    WithVersion,
)
from caseapp.documents import subject_pack
from caseapp.errors import RuleBroken
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.scopes import find_case
from caseapp.protocols import add_months
from caseapp.queries import former_leads
from caseapp.queries import rights as reads
from caseapp.services import subject_items, subject_packs
from caseapp.services import subject_requests as acts
from caseapp.vocabulary import AskedHow, AuditAct
from caseapp.web import lists
from caseapp.web.access import (
    allowed,
    on_case,
    on_handed_over,
    on_person,
    on_subject_request,
    replace_reading,
)
from caseapp.web.answers import page, refused, saved
from caseapp.web.lists import Choice, ListSpec
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

LIST = ListSpec(
    name="subject_requests",
    title="Requests",
    endpoint="rights.requests",
    act=Do.SEE_SUBJECT_REQUESTS,
    filters=(
        Choice(
            "which",
            "Which",
            (("open", "Open"), ("ended", "Ended"), ("all", "All")),
        ),
    ),
    columns=(),
    order="due",
    per_page=reads.PER_PAGE,
    saved=False,
)


@bp.get("/requests")
@allowed(Do.SEE_SUBJECT_REQUESTS)
def requests():
    state = LIST.read(request.args)
    lines, total = reads.requests(viewer=viewer(), which=state["which"], offset=state.offset)
    lists.note_listed("requests of people", [], requests=[line.id for line in lines])
    return page("rights/requests.html", lines=lines, state=state, pages=state.page(total))


# --- writing it down ------------------------------------------------------------------------------------------------


def _receiving(about, form=None, kind=ReceiveForm):
    form = form or kind(formdata=None, data={"received_on": clock.today()})
    return {"form": form, "today": clock.today(), "due_on": add_months(clock.today(), 1), **about}


def _receive(record, about, kind=ReceiveForm):
    form = kind()
    names = ("received_on", "words", "through", "answer_how", "identity_how", "identity_on", "asked_as")
    if form.validate_on_submit() and form.accepts(
        acts.receive,
        record,
        actor=viewer(),
        at=clock.now(),
        how=AskedHow(form.how.data),
        **{name: form[name].data for name in names if name in form},
    ):
        return saved(
            url_for("rights.show", asked_id=form.result_id),
            say="Written down. Those who answer have been told.",
        )
    return refused("rights/new_request.html", **_receiving(about, form))


def _of_case(case):
    from caseapp.queries.plan_text import first_name

    return {
        "first": first_name(case, viewer=viewer()),
        "action": url_for("rights.receive_of_case", reference=case.reference),
        "back": url_for("plan.show", reference=case.reference),
        "former": former_leads.of_case(case, viewer=viewer()),
    }


@bp.get("/cases/<ref:reference>/requests/new")
@on_case(Do.RECORD_SUBJECT_REQUEST, "a request for what is kept, to write it down")
def new_of_case(case):
    return page("rights/new_request.html", **_receiving(_of_case(case)))


@bp.post("/cases/<ref:reference>/requests/new")
@on_case(Do.RECORD_SUBJECT_REQUEST, "a request for what is kept, to write it down")
def receive_of_case(case):
    return _receive(case, _of_case(case))


def _of_person(person):
    return {
        "first": person.name,
        "action": url_for("rights.receive_of_person", person_id=person.id),
        "back": url_for("people.show", person_id=person.id),
    }


@bp.get("/people/<id:person_id>/requests/new")
@on_person(Do.RECORD_SUBJECT_REQUEST, "a request for what is kept, to write it down")
def new_of_person(person):
    return page("rights/new_request.html", **_receiving(_of_person(person)))


@bp.post("/people/<id:person_id>/requests/new")
@on_person(Do.RECORD_SUBJECT_REQUEST, "a request for what is kept, to write it down")
def receive_of_person(person):
    return _receive(person, _of_person(person))


def _of_handed_over(transfer):
    return {
        "first": "The person",
        "handed_over": transfer,
        "action": url_for("rights.receive_of_handed_over", transfer_id=transfer.id),
        "back": url_for("transfers.show", transfer_id=transfer.id),
    }


@bp.get("/transfers/<id:transfer_id>/requests/new")
@on_handed_over(Do.RECORD_SUBJECT_REQUEST, "a request for what is kept, to write it down")
def new_of_handed_over(transfer):
    return page("rights/new_request.html", **_receiving(_of_handed_over(transfer), kind=ReceiveBeforeForm))


@bp.post("/transfers/<id:transfer_id>/requests/new")
@on_handed_over(Do.RECORD_SUBJECT_REQUEST, "a request for what is kept, to write it down")
def receive_of_handed_over(transfer):
    return _receive(transfer, _of_handed_over(transfer), ReceiveBeforeForm)


# --- one request ----------------------------------------------------------------------------------------------------


def _about(asked, **forms):
    who = viewer()
    one = reads.request(asked, viewer=who)
    version = {"version": str(one.version)}
    may = {
        name: rules.may(who, Do[name], asked)
        for name in ("DECIDE_SUBJECT_REQUEST", "SPEAK_FOR_SUBJECT", "TAKE_SUBJECT_PACK")
    }
    drawn = {}
    if may["SPEAK_FOR_SUBJECT"]:
        drawn["identity"] = IdentityForm(formdata=None, data=version, prefix="identity-")
        drawn["withdrawing"] = WithdrawForm(formdata=None, data=version, prefix="withdraw-")
    if may["DECIDE_SUBJECT_REQUEST"]:
        drawn["plain"] = WithVersion(formdata=None, data=version)
        drawn["extending"] = ExtendForm(formdata=None, data=version, prefix="extend-")
        drawn["answering"] = AnswerForm(
            formdata=None, data=version | {"on": clock.today(), "how": one.answer_how}, prefix="answer-"
        )
        drawn["refusing"] = RefuseForm(formdata=None, data=version, prefix="refuse-")
    first = one.name.split(" ")[0] if one.name else "the person"
    case = find_case(who, one.reference) if one.reference else None
    return (
        {
            "one": one,
            "asked": asked,
            "first": first,
            "may": may,
            "case": case,
            "latest": dates.day(add_months(one.received_on, 3)),
            "beside": former_leads.beside(asked.person_id, asked.agency_id) if asked.answers else None,
        }
        | drawn
        | forms
    )


@bp.get("/requests/<id:asked_id>")
@on_subject_request(Do.VIEW_SUBJECT_REQUEST, "a request for what is kept")
def show(asked):
    return page("rights/show.html", **_about(asked))


def _done(asked, say):
    return saved(url_for("rights.show", asked_id=asked.id), say=say)


def _again(asked, name, form):
    form.catch_up()
    return refused("rights/show.html", form=form, **_about(asked, **{name: form}))


def _step(asked, name, form, act, say, *fields):
    """One step of a request: `act` with what the `fields` of its form hold; the page again, with the form as `name`, where it
    cannot be taken."""
    if form.takes(act, asked, *fields):
        return _done(asked, say)
    return _again(asked, name, form)


@bp.post("/requests/<id:asked_id>/identity")
@on_subject_request(Do.SPEAK_FOR_SUBJECT, "a request for what is kept, to say who asks")
def identity(asked):
    form = IdentityForm(prefix="identity-")
    return _step(asked, "identity", form, acts.check_identity, "Written down: it is them.", "how", "on")


@bp.post("/requests/<id:asked_id>/extend")
@on_subject_request(Do.DECIDE_SUBJECT_REQUEST, "a request for what is kept, to take more time")
def extend(asked):
    form = ExtendForm(prefix="extend-")
    return _step(asked, "extending", form, acts.extend, "More time was taken.", "until", "reason", "told_on")


@bp.post("/requests/<id:asked_id>/gather")
@on_subject_request(Do.DECIDE_SUBJECT_REQUEST, "a request for what is kept, to gather it")
def gather(asked):
    form = WithVersion()
    return _step(asked, "plain", form, subject_items.gather, "Gathered, as it stands now.")


@bp.post("/requests/<id:asked_id>/rest")
@on_subject_request(Do.DECIDE_SUBJECT_REQUEST, "a request for what is kept, to give the rest of a section")
def give_rest(asked):
    form = SectionForm()
    return _step(
        asked,
        "plain",
        form,
        subject_items.give_rest,
        f"The rest of “{form.section.data}” is given.",
        "section",
    )


@bp.post("/requests/<id:asked_id>/pack")
@on_subject_request(Do.DECIDE_SUBJECT_REQUEST, "a request for what is kept, to make the pack")
@proven
def make_pack(asked):
    form = WithVersion()
    if form.validate_on_submit() and form.accepts(
        subject_packs.make_pack,
        asked,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        write=subject_pack.archive,
    ):
        return _done(asked, "The pack is made. It never changes now.")
    return _again(asked, "plain", form)


@bp.post("/requests/<id:asked_id>/pack/take")
@on_subject_request(Do.TAKE_SUBJECT_PACK, "a pack of everything held")
@proven
def take_pack(asked):
    form = WithVersion()
    if not form.validate_on_submit():
        return _again(asked, "taking", form)
    try:
        content, digest = subject_packs.take_out(asked, actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        form.reject(str(broken))
        return _again(asked, "taking", form)
    replace_reading(
        AuditAct.EXPORTED,
        "a pack of everything held",
        person_id=asked.person_id,
        detail={"request": asked.id, "sha256": digest},
    )
    response = make_response(content)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="everything-held-{digest[:8]}.zip"'
    return response


@bp.post("/requests/<id:asked_id>/answer")
@on_subject_request(Do.DECIDE_SUBJECT_REQUEST, "a request for what is kept, to end it")
def answer(asked):
    form = AnswerForm(prefix="answer-")
    return _step(asked, "answering", form, acts.answer, "Answered.", "on", "how")


@bp.post("/requests/<id:asked_id>/refuse")
@on_subject_request(Do.DECIDE_SUBJECT_REQUEST, "a request for what is kept, to refuse it")
@proven
def refuse(asked):
    form = RefuseForm(prefix="refuse-")
    return _step(asked, "refusing", form, acts.refuse, "Refused.", "reason", "told_on")


@bp.post("/requests/<id:asked_id>/withdraw")
@on_subject_request(Do.SPEAK_FOR_SUBJECT, "a request for what is kept, to withdraw it")
def withdraw(asked):
    form = WithdrawForm(prefix="withdraw-")
    return _step(asked, "withdrawing", form, acts.withdraw, "Withdrawn.", "words")
