"""Raising a gap or block: from the home page, a plan, an action of it, or a meeting that could not be convened."""

from flask import request, url_for

from caseapp import clock, ids
from caseapp.blueprints.escalations import bp
from caseapp.blueprints.escalations.forms import NONE_OF_THEM, RaiseForm, number
from caseapp.policy.do import Do
from caseapp.queries import escalation_choices as choices
from caseapp.queries import escalation_likeness, meeting_barriers
from caseapp.queries.plan_text import first_name
from caseapp.services.escalations import raising
from caseapp.vocabulary import EscalationKind
from caseapp.web.access import allowed, on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

FIELDS = (
    "kind",
    "title",
    "service",
    "domain",
    "description",
    "effect",
    "colleagues_advice",
    "one_to_one",
    "meeting_not_convened",
    "meeting_why",
    "meanwhile",
    "wanted",
    "noticed_on",
    "concerned_agency_id",
    "concerned_name",
    "urgent_reason",
)


def _offer(form, case):
    form.concerned_agency_id.offer(choices.agencies(viewer=viewer()))
    form.domain.choices = {"": "Choose one"} | choices.domains(case, viewer=viewer())
    if case is None:
        del form.action_id, form.goal_id, form.mark_blocked, form.identity, form.identity_on
        return form
    form.action_id.offer((one.id, _short(one.what)) for one in choices.actions(case, viewer=viewer()))
    form.goal_id.offer(
        (one.id, f"Goal {one.number}: {_short(one.words or one.title)}")
        for one in choices.goals(case, viewer=viewer())
    )
    return form


def _short(text, most=90):
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _context(case, likely=()):
    forum, local = choices.forum(viewer=viewer())
    return {
        "case": case,
        "name": first_name(case, viewer=viewer()) if case else "",
        "likely": likely,
        "forum": forum,
        "local": local,
        "back": url_for("plan.show", reference=case.reference) if case else url_for("escalations.index"),
        "NONE": NONE_OF_THEM,
    }


def _known(case, action_id=None):
    """What the way here says already: the action, the goal, a meeting that could not be convened (S2-38)."""
    data = {"noticed_on": clock.today()}
    if case is None:
        return data
    if action_id is None:
        action_id = _in_address("action")
    for one in choices.actions(case, viewer=viewer()):
        if one.id == action_id:
            data |= {"action_id": one.id, "domain": one.domain}
    goal_id = _in_address("goal")
    for one in choices.goals(case, viewer=viewer()):
        if one.id == goal_id:
            data |= {"goal_id": one.id, "domain": data.get("domain") or one.domain}
    decided = (found := _in_address("decision")) and meeting_barriers.to_raise(case, found, viewer=viewer())
    if decided:
        data |= {"decision": str(decided.id), "noticed_on": decided.day, "title": _short(decided.text, 200)}
        data |= {"description": decided.text, "one_to_one": decided.reason}
    if request.args.get("not_convened") == "1":
        data |= {"meeting_not_convened": True, "meeting_why": request.args.get("why", "")[:300]}
    return data


def _in_address(name):
    try:
        return ids.read(request.args.get(name, ""))
    except ValueError:
        return None


def _ask(case, action_id=None):
    form = _offer(RaiseForm(formdata=None, data=_known(case, action_id)), case)
    return page("escalations/new.html", form=form, **_context(case))


def _raise(case):
    form = _offer(RaiseForm(), case)
    good = form.validate_on_submit()
    likely = _likely(form)
    if good and likely and form.same_as.data not in form.same_as.choices:
        form.reject("This may have been raised before. Say whether yours is the same", "same_as")
        good = False
    if good and form.accepts(raising.raise_gap, case, actor=viewer(), at=clock.now(), **_values(form)):
        where = "your colleagues have been asked" if _colleagues(form) else "your manager has been told"
        return saved(
            url_for("escalations.show", escalation_id=form.result_id),
            say=f"Raised: {where}.",
        )
    return refused("escalations/new.html", form=form, **_context(case, likely))


def _likely(form):
    """Those that look the same, as answers to the question whether they are."""
    found = escalation_likeness.likely(
        viewer=viewer(),
        service=form.service.data or "",
        domain=form.domain.data if form.domain.data and not form.domain.errors else "",
        concerned_agency_id=None if form.concerned_agency_id.errors else form.concerned_agency_id.data,
    )
    form.same_as.choices = {str(one.id): one.said for one in found}
    if found:
        form.same_as.choices[NONE_OF_THEM] = "None of them: raise mine on its own"
    return found


def _colleagues(form):
    return form.ask_colleagues.data == "colleagues"


def _values(form):
    values = {name: form[name].data for name in FIELDS}
    values |= {
        "kind": EscalationKind(form.kind.data),
        "ask_colleagues": _colleagues(form),
        "same_as": number(form.same_as.data),
    }
    if "action_id" in form:
        values |= {
            "action_id": form.action_id.data,
            "goal_id": None if form.action_id.data else form.goal_id.data,
            "mark_blocked": form.mark_blocked.data,
            "identity_on": form.identity_on.data if form.identity.data else None,
            "decision_id": number(form.decision.data),
        }
    return values


@bp.get("/gaps-and-blocks/new")
@allowed(Do.RAISE_GAP)
def new():
    return _ask(None)


@bp.post("/gaps-and-blocks/new")
@allowed(Do.RAISE_GAP)
def create():
    return _raise(None)


@bp.get("/cases/<ref:reference>/gaps-and-blocks/new")
@on_case(Do.RAISE_FROM_CASE, "a gap or block, to raise it")
def new_from_case(case):
    return _ask(case)


@bp.get("/cases/<ref:reference>/actions/<id:action_id>/gaps-and-blocks/new")
@on_case(Do.RAISE_FROM_CASE, "a gap or block, to raise it")
def raise_from_action(case, action_id):
    return _ask(case, action_id)


@bp.post("/cases/<ref:reference>/gaps-and-blocks/new")
@on_case(Do.RAISE_FROM_CASE, "a gap or block, to raise it")
def create_from_case(case):
    return _raise(case)
