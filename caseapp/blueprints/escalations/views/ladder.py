"""The page of one gap or block: the ladder, and the answer of the rung that holds it (screen 08b)."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.escalations import bp
from caseapp.blueprints.escalations.forms import (
    SHORT,
    AdviceForm,
    AnswerForm,
    SendForm,
)
from caseapp.documents import ladder_bar
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.escalations import find_escalation
from caseapp.queries import escalation_choices, escalation_ladder
from caseapp.services import escalations as acts
from caseapp.vocabulary import EscalationState, Rung
from caseapp.web import navigation
from caseapp.web.access import on_escalation
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

#: What people read after an answer.
SAID = {
    "advise": "Sent: everybody who raised it has been told. It stays with you.",
    "ask_back": "Asked back. Your clock rests until the answer is there.",
    "up": "Passed up. You can go on reading it here.",
}


def _offer(form, gap, ladder):
    return form.offer(gap.level, asked=bool(ladder.question)) if gap.held_by(viewer()) else form


def context(gap, **forms):
    """Everything the page of a gap or block needs; `forms` are those that were sent and refused."""
    who = viewer()
    ladder = escalation_ladder.ladder(gap, viewer=who)
    version = {"version": str(ladder.words.version)}
    holds = gap.held_by(who)
    found = {
        "gap": gap,
        "ladder": ladder,
        "words": ladder.words,
        "pieces": ladder_bar.pieces([(int(one.rung), one.held) for one in ladder.rungs if one.stints]),
        "holds": holds,
        "may": {act.name: rules.may(who, act, gap) for act in ACTS},
        "SHORT": SHORT,
        "Rung": Rung,
        "open_states": EscalationState,
        "reach": navigation.reach,
        "today": clock.today(),
        "mine": gap.holder_id == who.user_id,
        "forum": escalation_choices.forum(viewer=who)[0] if holds and gap.level is Rung.MANAGER else "",
        "answer_form": None,
        "send_form": None,
        "advice_form": None,
        "consult_form": None,
    }
    if holds and gap.level > Rung.WORKER:
        found["answer_form"] = _offer(AnswerForm(formdata=None, data=version), gap, ladder)
    if holds and gap.level is Rung.WORKER:
        found["send_form"] = SendForm(formdata=None, data=version)
    if found["may"]["ADVISE_COLLEAGUE"]:
        found["advice_form"] = AdviceForm(formdata=None, prefix="advice-")
    if found["may"]["CONSULT_ESCALATION"] and gap.on_ladder and gap.level is Rung.GROUP and not gap.serves:
        found["consult_form"] = AdviceForm(formdata=None, prefix="advice-")
    return found | forms


ACTS = (
    Do.ADVISE_COLLEAGUE,
    Do.CONSULT_ESCALATION,
    Do.HOLD_ESCALATION,
    Do.NAME_PERSON,
    Do.PART_ESCALATION,
    Do.REOPEN_ESCALATION,
    Do.SEND_ESCALATION,
    Do.SORT_ESCALATION,
    Do.TAKE_BACK_ESCALATION,
    Do.WITHDRAW_ESCALATION,
)


def here(gap) -> str:
    """The address of its page."""
    return url_for("escalations.show", escalation_id=gap.id)


@bp.get("/gaps-and-blocks/<id:escalation_id>")
@on_escalation(Do.VIEW_ESCALATION, "a gap or block")
def show(gap):
    return page("escalations/show.html", **context(gap))


@bp.get("/gaps-and-blocks/<id:escalation_id>/print")
@on_escalation(Do.VIEW_ESCALATION, "a gap or block, to print it")
def print_one(gap):
    return page("escalations/print.html", **context(gap))


def _again(gap, name, form):
    """The page with the form as it was sent: with its errors, or with what was done meanwhile."""
    now = find_escalation(viewer(), gap.id) or gap
    if form.stale and "version" in form:
        form.version.data = str(form.stale.version)
    found = context(now)
    if name == "answer_form" and form.stale and not now.held_by(viewer()):
        form.answer.choices = form.answer.choices or {}
    return refused("escalations/show.html", form=form, **found | {name: form, "refused_form": form})


@bp.post("/gaps-and-blocks/<id:escalation_id>/answer")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to answer it")
def answer(gap):
    form = AnswerForm()
    ladder = escalation_ladder.ladder(gap, viewer=viewer())
    form.offer(gap.level if gap.level > Rung.WORKER else Rung.MANAGER, asked=bool(ladder.question))
    common = {"actor": viewer(), "at": clock.now(), "version": form.seen_version, "text": form.text.data}
    group = {"meeting_on": form.meeting_on.data, "minute": form.minute.data or ""}
    if form.validate_on_submit():
        chosen = form.answer.data
        if chosen == "advise":
            done = form.accepts(acts.advise, gap, **common, **group)
        elif chosen == "ask_back":
            done = form.accepts(acts.ask_back, gap, **common)
        elif chosen == "up":
            done = form.accepts(
                acts.pass_up,
                gap,
                **common,
                **group,
                tried=form.tried.data,
                not_enough=form.not_enough.data,
                urgent_reason=form.urgent_reason.data,
            )
        else:
            done = form.accepts(acts.close, gap, **common, **group, outcome=EscalationState(chosen))
        if done:
            say = SAID.get(chosen, "Closed. Everybody who raised it has been told.")
            return saved(here(gap), say=say)
    return _again(gap, "answer_form", form)


@bp.post("/gaps-and-blocks/<id:escalation_id>/send")
@on_escalation(Do.SEND_ESCALATION, "a gap or block, to send it")
def send(gap):
    form = SendForm()
    if form.validate_on_submit() and form.accepts(
        acts.send, gap, actor=viewer(), at=clock.now(), version=form.seen_version, text=form.text.data
    ):
        return saved(here(gap), say="Sent to the manager.")
    return _again(gap, "send_form", form)


@bp.post("/gaps-and-blocks/<id:escalation_id>/advice")
@on_escalation(Do.ADVISE_COLLEAGUE, "a gap or block, to advise")
def advise(gap):
    form = AdviceForm(prefix="advice-")
    if form.validate_on_submit() and form.accepts(
        acts.advise_as_colleague, gap, actor=viewer(), at=clock.now(), text=form.text.data
    ):
        return saved(here(gap), say="Your advice stands on the ladder. Whoever asked has been told.")
    return _again(gap, "advice_form", form)


@bp.post("/gaps-and-blocks/<id:escalation_id>/consulted")
@on_escalation(Do.CONSULT_ESCALATION, "a gap or block, to advise the group")
def consult(gap):
    form = AdviceForm(prefix="advice-")
    if form.validate_on_submit() and form.accepts(
        acts.consult, gap, actor=viewer(), at=clock.now(), text=form.text.data
    ):
        return saved(here(gap), say="The group has been told. It goes on holding it.")
    return _again(gap, "consult_form", form)
