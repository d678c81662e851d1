"""The group's agenda: made from the triage list, printed, decided on."""

from flask import abort, url_for

from caseapp import clock
from caseapp.blueprints.triage import bp
from caseapp.blueprints.triage.forms import DecisionForm
from caseapp.policy.do import Do
from caseapp.queries import group_meetings, triage_agenda
from caseapp.services import triage as services
from caseapp.web import lists, navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer


def _find(sitting_id):
    return triage_agenda.find(sitting_id, viewer=viewer()) or abort(404)


@bp.get("/triage/agenda")
@allowed(Do.TRIAGE_GAPS)
def group_agenda():
    sittings = triage_agenda.sittings(viewer=viewer())
    lists.note_listed("group agendas", [], sittings=[one.id for one in sittings])
    today = clock.today()
    return page(
        "triage/agendas.html",
        ahead=sorted((one for one in sittings if one.open), key=lambda one: one.held_on),
        past=[one for one in sittings if not one.open],
        today=today,
    )


def _around(sitting, form=None, item_id=None, opened=None):
    items = triage_agenda.items(sitting, viewer=viewer())
    return {
        "sitting": sitting,
        "items": items,
        "form": form or Form(formdata=None),
        "item_id": item_id,
        "today": clock.today(),
        "reach": navigation.reach,
        "decision": opened,
        "together": group_meetings.of_sitting(sitting, viewer=viewer()),
    }


@bp.get("/triage/agenda/<id:sitting_id>")
@allowed(Do.TRIAGE_GAPS)
def sitting(sitting_id):
    found = _find(sitting_id)
    lists.note_listed("group agenda", [], sittings=[found.id])
    return page("triage/agenda.html", **_around(found))


@bp.get("/triage/agenda/<id:sitting_id>/print")
@allowed(Do.TRIAGE_GAPS)
def print_sitting(sitting_id):
    found = _find(sitting_id)
    lists.note_printed("group agenda", [], sittings=[found.id])
    return page("triage/agenda_print.html", at=clock.now(), **_around(found))


@bp.get("/triage/agenda/<id:sitting_id>/items/<id:item_id>")
@allowed(Do.TRIAGE_GAPS)
def decision_form(sitting_id, item_id):
    found = _find(sitting_id)
    item = _item(found, item_id)
    lists.note_listed("group agenda", [], sittings=[found.id])
    form = DecisionForm(formdata=None, decision=item.decision, minute=item.minute)
    return page("triage/decision.html", sitting=found, item=item, form=form)


def _item(found, item_id):
    items = triage_agenda.items(found, viewer=viewer())
    return next((one for one in items if one.id == item_id), None) or abort(404)


@bp.post("/triage/agenda/<id:sitting_id>/items/<id:item_id>")
@allowed(Do.TRIAGE_GAPS)
def decide(sitting_id, item_id):
    found = _find(sitting_id)
    item = _item(found, item_id)
    form = DecisionForm()
    if form.validate_on_submit() and form.accepts(
        services.decide,
        sitting_id,
        item_id,
        decision=form.decision.data,
        minute=form.minute.data,
        actor=viewer(),
        at=clock.now(),
    ):
        return saved(_url(sitting_id), say=f"Saved. Everybody who raised {item.said} is told.")
    return refused("triage/decision.html", form=form, sitting=found, item=item)


def _url(sitting_id):
    return url_for("triage.sitting", sitting_id=sitting_id)


def _one_button(sitting_id, act, say):
    """A form that is one button: done, or said in a line why not."""
    found = _find(sitting_id)
    form = Form()
    if form.validate_on_submit() and form.accepts(act):
        return saved(_url(sitting_id), say=say)
    return refused("triage/agenda.html", **_around(found, form))


@bp.post("/triage/agenda/<id:sitting_id>/items/<id:item_id>/off")
@allowed(Do.TRIAGE_GAPS)
def take_off(sitting_id, item_id):
    return _one_button(
        sitting_id,
        lambda: services.take_off_agenda(sitting_id, item_id, actor=viewer(), at=clock.now()),
        "Taken off. It stays in the triage list.",
    )


@bp.post("/triage/agenda/<id:sitting_id>/items/<id:item_id>/<any(up, down):way>")
@allowed(Do.TRIAGE_GAPS)
def move(sitting_id, item_id, way):
    return _one_button(
        sitting_id,
        lambda: services.move_on_agenda(sitting_id, item_id, up=way == "up", actor=viewer(), at=clock.now()),
        "Moved.",
    )


@bp.post("/triage/agenda/<id:sitting_id>/close")
@allowed(Do.TRIAGE_GAPS)
def close_agenda(sitting_id):
    return _one_button(
        sitting_id,
        lambda: services.close_agenda(sitting_id, actor=viewer(), at=clock.now()),
        "Closed. What was not decided stays in the triage list.",
    )
