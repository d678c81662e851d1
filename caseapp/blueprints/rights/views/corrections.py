"""What the person says about the record, beside it (X-12, art. 16)."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.rights import bp
from caseapp.blueprints.rights.forms import AnswerSaidForm, SayForm
from caseapp.errors import NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import corrections as reads
from caseapp.queries.plan_text import first_name
from caseapp.services import corrections as acts
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _about(case, **more):
    return {
        "case": case,
        "first": first_name(case, viewer=viewer()),
        "said": reads.said(case, viewer=viewer()),
        "may_answer": rules.may(viewer(), Do.ANSWER_CORRECTION, case),
    } | more


@bp.get("/cases/<ref:reference>/said")
@on_case(Do.VIEW_CORRECTIONS, "what the person says about the record")
def corrections(case):
    return page("rights/corrections.html", **_about(case))


def _offered(form, case):
    known = reads.choices(case, viewer=viewer())
    form.about.choices = {"": "Choose what it is about"} | {key: one[2] for key, one in known.items()}
    return form


@bp.get("/cases/<ref:reference>/said/new")
@on_case(Do.SAY_CORRECTION, "what the person says about the record, to write it down")
def say(case):
    chosen = request.args.get("about", "")[:40]
    form = _offered(SayForm(formdata=None, data={"said_on": clock.today()}), case)
    form.about.data = chosen if chosen in form.about.choices else ""
    return page("rights/say.html", form=form, **_about(case))


@bp.post("/cases/<ref:reference>/said/new")
@on_case(Do.SAY_CORRECTION, "what the person says about the record, to write it down")
def say_now(case):
    form = _offered(SayForm(), case)
    if form.validate_on_submit() and form.accepts(
        acts.say,
        case,
        actor=viewer(),
        at=clock.now(),
        about=form.about.data,
        words=form.words.data,
        said_on=form.said_on.data,
    ):
        return saved(
            url_for("rights.corrections", reference=case.reference),
            say="Written down beside the record. Nothing that stood there was changed.",
        )
    return refused("rights/say.html", form=form, **_about(case))


def _one(case, correction_id):
    one = next((one for one in reads.said(case, viewer=viewer()) if one.id == correction_id), None)
    if one is None:
        raise NotVisible
    return one


@bp.get("/cases/<ref:reference>/said/<id:said_id>/answer")
@on_case(Do.ANSWER_CORRECTION, "what the person says about the record, to answer it")
def answer_said(case, said_id):
    one = _one(case, said_id)
    form = AnswerSaidForm(formdata=None, data={"version": str(one.version)})
    return page("rights/answer_said.html", form=form, one=one, **_about(case))


@bp.post("/cases/<ref:reference>/said/<id:said_id>/answer")
@on_case(Do.ANSWER_CORRECTION, "what the person says about the record, to answer it")
def answer_said_now(case, said_id):
    form = AnswerSaidForm()
    if form.validate_on_submit() and form.accepts(
        acts.answer,
        case,
        actor=viewer(),
        at=clock.now(),
        correction_id=said_id,
        version=form.seen_version,
        text=form.text.data,
        person_told_on=form.person_told_on.data,
    ):
        return saved(url_for("rights.corrections", reference=case.reference), say="Answered.")
    one = _one(case, said_id)
    form.catch_up()
    return refused("rights/answer_said.html", form=form, one=one, **_about(case))
