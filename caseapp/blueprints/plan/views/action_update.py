"""An action and what its owner does with it (screen 05): in its row by htmx, or as a page of its own; one address."""

from flask import request, url_for

from caseapp import clock, dates, ids
from caseapp.blueprints.plan import bp, places
from caseapp.blueprints.plan.forms.update import AnswerForm, UpdateForm
from caseapp.blueprints.plan.views.show import actions_base
from caseapp.errors import NotAllowed, NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import escalations, plan_part
from caseapp.services import action_progress
from caseapp.vocabulary import OPEN_ACTIONS, ActionKind, ActionStatus
from caseapp.web.access import on_case
from caseapp.web.answers import either, fragment, page, refused, saved, wants_fragment
from caseapp.web.navigation import reach
from caseapp.web.sessions import viewer

BACK = {"home": "home.our_actions"}


def _load(case, action_id, notes=None):
    """The action, or 404 where the viewer may not know of it."""
    one = plan_part.action(
        case, action_id, viewer=viewer(), notes=not wants_fragment() if notes is None else notes
    )
    if one is None:
        raise NotVisible
    return one


def _owned(case, action_id):
    """The action, to be updated; its notes are read only where a page shows them again."""
    one = _load(case, action_id, notes=False)
    if not one.may_update:
        raise NotAllowed
    return one


def _form(one):
    """The form that fits how the action stands; None where there is nothing to fill in."""
    if not one.may_update or one.row.do == "open":
        return None
    kind = UpdateForm if action_progress.choices(one.raw.status) else AnswerForm
    form = kind(one, _workers(one))
    if not form.is_submitted():
        form.back.data = request.args.get("back", "") if request.args.get("back") in BACK else ""
    return form


def _workers(one):
    found = plan_part.colleagues(viewer=viewer())
    if one.raw.user_id and one.raw.user_id not in {id_ for id_, _ in found}:
        found.insert(0, (one.raw.user_id, one.raw.user_name))
    return found


def _context(case, one, form=None, **more):
    """What the page, the row and the forms in it need."""
    back = form.back.data if form and form.back.data in BACK else ""
    plan = url_for("plan.show", reference=case.reference)
    return {
        "case": case,
        "one": one,
        "head": one.head,
        "form": form,
        "rows": [one.row],
        "wide": case.sees_whole_plan,
        "base": actions_base(case),
        "action_url": url_for("plan.edit_action", reference=case.reference, action_id=one.id),
        "plan_url": plan,
        "back": back,
        "cancel": url_for(BACK[back]) if back else f"{plan}#a-{one.row.id}",
        "level": 4 if wants_fragment() else 2,
        "tells": one.head.cm_first if one.head.cm_id != viewer().user_id else "",
        "steps": [
            *(_steps(case, one) if rules.may(viewer(), Do.EDIT_PLAN, case) else []),
            *_raising(case, one),
        ],
        "gaps": [] if wants_fragment() else escalations.of_action(one.id, viewer=viewer()),
    } | more


def _raising(case, one):
    """The way to raise a service that is missing or shut, while the action is open."""
    if one.raw.status not in OPEN_ACTIONS or not rules.may(viewer(), Do.RAISE_FROM_CASE, case):
        return []
    url = reach("escalations.raise_from_action", reference=case.reference, action_id=one.id)
    return [(url, "Raise a gap or block")] if url else []


def _steps(case, one):
    """What those who lead the case can do with the action."""
    status = one.raw.status
    if status in action_progress.ENDS or status is ActionStatus.CANCELLED:
        return []
    steps = [("action", "Change what this action says")]
    if status is ActionStatus.REQUESTED and one.raw.agency_id != case.lead_agency_id:
        steps.append(("remind", "Remind the agency"))
    if one.raw.kind is ActionKind.DETOX_REFERRAL:
        steps.append(("talk", "Record the talk with the clinic"))
    return [
        (places.mend_url(case, kind, one.id), label) for kind, label in [*steps, ("stop", "Stop this action")]
    ]


@bp.get("/cases/<ref:reference>/actions/<id:action_id>")
@on_case(Do.VIEW_PLAN, reads="an action of the plan")
def edit_action(case, action_id):
    one = _load(case, action_id)
    if wants_fragment() and "row" in request.args:
        return fragment("plan/_action.html", **_context(case, one, focus=True))
    form = _form(one)
    if form is None:
        if wants_fragment():
            raise NotAllowed
        return page("plan/action.html", **_context(case, one))
    declining = request.args.get("answer") == "decline" and one.raw.status is ActionStatus.REQUESTED
    return either(
        "plan/action.html", "plan/_action_form.html", **_context(case, one, form, declining=declining)
    )


@bp.post("/cases/<ref:reference>/actions/<id:action_id>")
@on_case(Do.UPDATE_ACTION)
def update_action(case, action_id):
    one = _owned(case, action_id)
    form = UpdateForm(one, _workers(one))
    if "edit" in (form.choice.raw_data or ()):  # the button comes beside the radio that stands ticked
        form.choice.data = None
        one = _load(case, action_id)
        return either("plan/action.html", "plan/_action_form.html", **_context(case, one, form))
    if form.choice.data == "theirs":
        return _row(case, one, form, "Nothing was changed. Here is what is saved.")
    if form.validate_on_submit() and form.accepts(
        action_progress.progress,
        case,
        action_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        status=form.step,
        note=form.note.data or "",
        ended_on=form.ended_on.data,
        worker_id=form.worker_id if form.choice.data != "note" else None,
    ):
        return _row(case, one, form)
    if form.stale:
        return _conflict(case, one, form)
    one = _load(case, action_id)
    return refused("plan/action.html", "plan/_action_form.html", **_context(case, one, form))


@bp.post("/cases/<ref:reference>/actions/<id:action_id>/acceptance")
@on_case(Do.UPDATE_ACTION)
def accept_action(case, action_id):
    one = _owned(case, action_id)
    form = AnswerForm(one, _workers(one))
    if form.validate_on_submit() and form.accepts(
        action_progress.accept,
        case,
        action_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        worker_id=form.worker_id,
    ):
        return _row(case, one, form)
    return _unanswered(case, one, form)


@bp.post("/cases/<ref:reference>/actions/<id:action_id>/refusal")
@on_case(Do.UPDATE_ACTION)
def decline_action(case, action_id):
    one = _owned(case, action_id)
    form = AnswerForm(one, _workers(one))
    if form.validate_on_submit() and form.accepts(
        action_progress.decline,
        case,
        action_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        reason=form.reason.data or "",
    ):
        return _row(case, one, form)
    return _unanswered(case, one, form)


def _unanswered(case, one, form):
    """The question again: with what is wrong, or, where somebody changed the action meanwhile, as it is now."""
    one = _load(case, one.id)
    if not form.stale:
        if action_progress.choices(one.raw.status):  # it has been answered: show the form that fits now
            form = _like(one, form)
        return refused("plan/action.html", "plan/_action_form.html", **_context(case, one, _taking(form)))
    reason, stale = form.reason.data, form.stale
    again = _like(one, form)
    if isinstance(again, AnswerForm):
        again.reason.data = reason
    context = _context(case, one, _taking(again), changed=_who_changed(stale, one))
    return either("plan/action.html", "plan/_action_form.html", 409, **context)


def _taking(form):
    """Whoever accepts takes it, also where only a reason for declining was sent: else the list would begin with whichever
    colleague comes first in it."""
    if isinstance(form, AnswerForm) and not form.worker.data:
        form.worker.data = ids.written(viewer().user_id)
    return form


def _like(one, form):
    """A fresh form for how the action stands now, keeping where it leads back to and what was found wrong."""
    kind = UpdateForm if action_progress.choices(one.raw.status) else AnswerForm
    fresh = kind(one, _workers(one), formdata=None)
    fresh.see(one.raw.version, one.raw.status)
    fresh.back.data, fresh.form_errors = form.back.data, [*form.form_errors]
    fresh.worker.data = form.worker.data
    if isinstance(fresh, UpdateForm):
        fresh.status.data = one.raw.status.value
        fresh.note.data = getattr(form, "reason", None) and form.reason.data
    return fresh


def _who_changed(stale, one):
    who = stale.by or "Somebody"
    when = f" at {dates.hour(stale.at)}" if stale.at else ""
    return f"{who} changed this action{when}, while you were reading. This is how it stands now."


def _row(case, one, form, say=None):
    """The row as it now is, with the note that says so; or the page it stands on."""
    if say is None:
        say = f"Saved at {dates.hour(clock.now())}."
        if one.head.cm_id != viewer().user_id:
            say += f" {one.head.told} has been told."
    if form.back.data in BACK:
        return saved(url_for(BACK[form.back.data]), say=say)
    if not wants_fragment():
        return saved(url_for("plan.show", reference=case.reference), say=say)
    context = _context(case, _load(case, one.id, notes=False), form)
    return saved(
        context["plan_url"], "plan/_action.html", **context | {"say": say, "saved_line": say, "focus": True}
    )


def _conflict(case, one, form):
    """Both texts side by side; nothing is overwritten (409)."""
    stale = form.stale
    one = _load(case, one.id)
    a = one.raw
    was = plan_part.as_it_was(case, one.id, viewer=viewer(), steps=a.version - form.seen_version)
    due = dates.day(a.due_on, "no date yet")
    wanted = ActionStatus(form.wanted) if form.wanted in set(ActionStatus) else None
    seen = ActionStatus(form.seen_status) if form.seen_status in set(ActionStatus) else a.status
    mine = (wanted or seen).label
    sides = [
        ("Status", a.status.label, mine),
        ("By when", due, was.get("by when", due) or "no date yet"),
        ("Words", a.what, was.get("what", a.what)),
        ("Note", "" if a.last_note == was.get("note", a.last_note) else a.last_note, form.note.data or ""),
    ]
    by = (stale.by or one.head.told).split(" ")[0]
    note = form.note.data
    choices = [
        ("note", f"{by}’s changes, with my note added", f"Status stays {a.status.label}, by {due}"),
        (
            "mine",
            f"My status and note, with {by}’s new words",
            f"Status becomes {mine}" if wanted else "With my note",
        ),
        ("theirs", f"Only {by}’s", "Your text is thrown away"),
    ]
    if not note:
        choices.pop(0)
    if not note and not wanted:
        choices = choices[-1:]
    form.choice.choices = [(value, label) for value, label, _ in choices]
    form.choice.data = choices[0][0]
    form.see(a.version, a.status)
    context = _context(
        case,
        one,
        form,
        sides=sides,
        hints={value: hint for value, _, hint in choices},
        by=stale.by or "Somebody",
        by_first=by,
        at=dates.hour(stale.at or clock.now()),
        typed_status=form.wanted or "",
        conflict=True,
    )
    return either("plan/action.html", "plan/_conflict.html", 409, **context)
