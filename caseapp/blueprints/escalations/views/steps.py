"""Steps that have a page of their own: stop the clock, take back, withdraw, open again, hand on, take out of a joining."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.escalations import bp
from caseapp.blueprints.escalations.forms import HandOnForm, PauseForm, ReasonForm
from caseapp.blueprints.escalations.views.ladder import here
from caseapp.errors import RuleBroken
from caseapp.policy.do import Do
from caseapp.queries import escalation_ladder
from caseapp.services import escalations as acts
from caseapp.services.escalations import joins, places
from caseapp.web.access import on_escalation
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer

#: What each step does, in the words of its page: title, effects, label of the reason, button.
STEPS = {
    "take_back": (
        "Take back",
        (
            "It comes back to your level, and whoever holds it now is told",
            "Your level’s answer time goes on from where it was",
        ),
        "Why you take it back",
        "Take it back and tell them",
    ),
    "withdraw": (
        "Withdraw",
        (
            "It goes off the ladder, and nobody answers it any more",
            "It stays readable, with your reason, and can be opened again",
        ),
        "Why it is no longer needed",
        "Withdraw it and tell the holder",
    ),
    "reopen": (
        "Open again",
        (
            "It goes back to the level that closed it, with that level’s whole answer time",
            "Its age has never stopped: it counts from the day it was noticed",
        ),
        "Why it is opened again",
        "Open it again and tell them",
    ),
    "part": (
        "Take out of the joining",
        (
            "It goes on for itself, from the level where it stood",
            "Its own words, people and age stay as they are",
        ),
        "Why it is not the same",
        "Take it out",
    ),
}


def _page(gap, step, form):
    title, effects, label, button = STEPS[step]
    return {
        "gap": gap,
        "words": escalation_ladder.ladder(gap, viewer=viewer()).words,
        "step": step,
        "title": title,
        "effects": effects,
        "label": label,
        "button": button,
        "action": url_for(f"escalations.save_{step}", escalation_id=gap.id),
        "form": form,
        "back": here(gap),
    }


def _ask(gap, step):
    form = ReasonForm(formdata=None)
    found = _page(gap, step, form)
    form.version.data = str(found["words"].version)
    return page("escalations/step.html", **found)


def _save(gap, step, act, say, versioned=True):
    form = ReasonForm()
    more = {"version": form.seen_version} if versioned else {}
    if form.validate_on_submit() and form.accepts(
        act, gap, actor=viewer(), at=clock.now(), reason=form.reason.data, **more
    ):
        return saved(here(gap), say=say)
    form.catch_up()
    return refused("escalations/step.html", **_page(gap, step, form))


@bp.get("/gaps-and-blocks/<id:escalation_id>/take-back")
@on_escalation(Do.TAKE_BACK_ESCALATION, "a gap or block, to take it back")
def take_back(gap):
    return _ask(gap, "take_back")


@bp.post("/gaps-and-blocks/<id:escalation_id>/take-back")
@on_escalation(Do.TAKE_BACK_ESCALATION, "a gap or block, to take it back")
def save_take_back(gap):
    return _save(gap, "take_back", acts.take_back, "Taken back.")


@bp.get("/gaps-and-blocks/<id:escalation_id>/withdraw")
@on_escalation(Do.WITHDRAW_ESCALATION, "a gap or block, to withdraw it")
def withdraw(gap):
    return _ask(gap, "withdraw")


@bp.post("/gaps-and-blocks/<id:escalation_id>/withdraw")
@on_escalation(Do.WITHDRAW_ESCALATION, "a gap or block, to withdraw it")
def save_withdraw(gap):
    return _save(gap, "withdraw", acts.withdraw, "Withdrawn.")


@bp.get("/gaps-and-blocks/<id:escalation_id>/reopen")
@on_escalation(Do.REOPEN_ESCALATION, "a gap or block, to open it again")
def reopen(gap):
    return _ask(gap, "reopen")


@bp.post("/gaps-and-blocks/<id:escalation_id>/reopen")
@on_escalation(Do.REOPEN_ESCALATION, "a gap or block, to open it again")
def save_reopen(gap):
    return _save(gap, "reopen", acts.reopen, "Open again.")


@bp.get("/gaps-and-blocks/<id:escalation_id>/part")
@on_escalation(Do.PART_ESCALATION, "a gap or block, to take it out")
def part(gap):
    return _ask(gap, "part")


@bp.post("/gaps-and-blocks/<id:escalation_id>/part")
@on_escalation(Do.PART_ESCALATION, "a gap or block, to take it out")
def save_part(gap):
    return _save(gap, "part", joins.part, "It goes on for itself.", versioned=False)


# --- the holder's own --------------------------------------------------------------------------------------------


@bp.post("/gaps-and-blocks/<id:escalation_id>/take-on")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to take it on")
def take_on(gap):
    return _at_once(gap, acts.accept, "Taken on. Those who raised it have been told.")


@bp.post("/gaps-and-blocks/<id:escalation_id>/resume")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to let its clock run")
def resume(gap):
    return _at_once(gap, acts.resume, "The clock runs again.")


def _at_once(gap, act, say):
    """A step that is one button; what the house refuses is said over the page."""
    form = Form()
    if form.validate_on_submit() and form.accepts(act, gap, actor=viewer(), at=clock.now()):
        return saved(here(gap), say=say)
    return saved(
        here(gap),
        say="Nothing was changed: " + (" ".join(form.form_errors) or "somebody took a step meanwhile") + ".",
    )


@bp.get("/gaps-and-blocks/<id:escalation_id>/pause")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to stop its clock")
def pause(gap):
    words = escalation_ladder.ladder(gap, viewer=viewer()).words
    form = PauseForm(formdata=None, data={"version": str(words.version)})
    return page("escalations/pause.html", gap=gap, words=words, form=form, back=here(gap))


@bp.post("/gaps-and-blocks/<id:escalation_id>/pause")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to stop its clock")
def save_pause(gap):
    form = PauseForm()
    if form.validate_on_submit() and form.accepts(
        acts.pause,
        gap,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        reason=form.reason.data,
        until_on=form.until_on.data,
    ):
        return saved(here(gap), say="The clock stands. Everybody who raised it reads why.")
    form.catch_up()
    words = escalation_ladder.ladder(gap, viewer=viewer()).words
    return refused("escalations/pause.html", gap=gap, words=words, form=form, back=here(gap))


def _others(gap):
    people = places.named_on(gap.level, gap.id)
    return [(user_id, name) for user_id, name in people if user_id != gap.holder_id]


@bp.get("/gaps-and-blocks/<id:escalation_id>/hand-on")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to hand it on")
def hand_on(gap):
    form = HandOnForm(formdata=None)
    form.user_id.offer(_others(gap))
    return page("escalations/hand_on.html", gap=gap, form=form, back=here(gap))


@bp.post("/gaps-and-blocks/<id:escalation_id>/hand-on")
@on_escalation(Do.HOLD_ESCALATION, "a gap or block, to hand it on")
def save_hand_on(gap):
    form = HandOnForm()
    form.user_id.offer(_others(gap))
    try:
        chosen = form.validate_on_submit() and form.user_id.data
        if chosen and form.accepts(
            acts.hand_on, gap, actor=viewer(), at=clock.now(), user_id=form.user_id.data
        ):
            return saved(here(gap), say="Handed on. They have been told.")
        if not chosen and not form.user_id.errors:
            form.reject("Choose somebody", "user_id")
    except RuleBroken as broken:
        form.reject(str(broken), broken.field)
    return refused("escalations/hand_on.html", gap=gap, form=form, back=here(gap))
