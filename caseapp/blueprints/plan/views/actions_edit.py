"""Actions as the case manager writes them: add, change, stop, remind, and the talk with the clinic (C7, S2-45, S3-46)."""

from flask import request

from caseapp import clock, ids
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame, plan_at
from caseapp.blueprints.plan.forms.actions_edit import (
    ActionTextForm,
    ClinicTalkForm,
    StopForm,
    as_filled_in,
)
from caseapp.blueprints.plan.forms.editing import Press, picks
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import plan_actions, plan_goals, plan_text
from caseapp.services import actions as service
from caseapp.services.plan_records import protocol_of
from caseapp.vocabulary import ActionStatus
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/actions/new")
@on_case(Do.EDIT_PLAN, reads="a new action")
def new_action(case):
    form = _form(case)
    form.goal.data = request.args.get("goal", "")
    form.who.data = "agency"
    form.advocacy.data = "person"
    return page("plan/action_edit.html", **_context(case, form))


@bp.post("/cases/<ref:reference>/actions/new")
@on_case(Do.EDIT_PLAN)
def add_action(case):
    form = _form(case)
    task = form.task() if form.validate_on_submit() else None
    if task and form.accepts(service.add, case, actor=viewer(), at=clock.now(), **task):
        return _there(case, form.result_id)
    return refused("plan/action_edit.html", **_context(case, form))


@bp.get("/cases/<ref:reference>/actions/<id:action_id>/words")
@on_case(Do.EDIT_PLAN, reads="an action of the plan")
def amend_action(case, action_id):
    action = _action(case, action_id)
    data = as_filled_in({name: getattr(action, name) for name in service.WORDS})
    form = _form(case, action, version=action.version, data=data)
    return page("plan/action_edit.html", **_context(case, form, action))


@bp.post("/cases/<ref:reference>/actions/<id:action_id>/words")
@on_case(Do.EDIT_PLAN)
def write_action(case, action_id):
    action = _action(case, action_id)
    form = _form(case, action)
    task = form.task() if form.validate_on_submit() else None
    if task and form.accepts(
        service.amend,
        case,
        actor=viewer(),
        at=clock.now(),
        action_id=action.id,
        version=form.seen_version,
        **task,
    ):
        return _there(case, form.result_id or action.id)
    return refused("plan/action_edit.html", **_context(case, form, action, as_filled_in))


@bp.get("/cases/<ref:reference>/actions/<id:action_id>/stop")
@on_case(Do.EDIT_PLAN, reads="an action of the plan")
def stop_action(case, action_id):
    action = _action(case, action_id)
    return page("plan/action_stop.html", **frame(case, StopForm(version=action.version), action=action))


@bp.post("/cases/<ref:reference>/actions/<id:action_id>/stop")
@on_case(Do.EDIT_PLAN)
def cancel_action(case, action_id):
    action = _action(case, action_id)
    form = StopForm()
    if form.validate_on_submit() and form.accepts(
        service.cancel,
        case,
        actor=viewer(),
        at=clock.now(),
        action_id=action.id,
        reason=form.reason.data,
        version=form.seen_version,
    ):
        return saved(plan_at(case, f"a-{ids.written(action.id)}"), say="Stopped.")
    return refused(
        "plan/action_stop.html", **frame(case, form, as_filled_in, action=_action(case, action_id))
    )


@bp.get("/cases/<ref:reference>/actions/<id:action_id>/clinic-talk")
@on_case(Do.EDIT_PLAN, reads="an action of the plan")
def clinic_talk(case, action_id):
    action = _action(case, action_id)
    form = ClinicTalkForm(version=action.version)
    return page("plan/clinic_talk.html", **_talk(case, form, action))


@bp.post("/cases/<ref:reference>/actions/<id:action_id>/clinic-talk")
@on_case(Do.EDIT_PLAN)
def write_clinic_talk(case, action_id):
    action = _action(case, action_id)
    form = ClinicTalkForm()
    if form.validate_on_submit() and form.accepts(
        service.record_clinic_talk,
        case,
        actor=viewer(),
        at=clock.now(),
        action_id=action.id,
        on=form.on.data,
        with_whom=form.with_whom.data,
        said=form.said.data,
        version=form.seen_version,
    ):
        return _there(case, action.id)
    return refused("plan/clinic_talk.html", **_talk(case, form, action))


@bp.get("/cases/<ref:reference>/actions/<id:action_id>/reminder")
@on_case(Do.EDIT_PLAN, reads="an action of the plan")
def reminder(case, action_id):
    action = _action(case, action_id)
    return page("plan/remind.html", **frame(case, Press(version=action.version), action=action))


@bp.post("/cases/<ref:reference>/actions/<id:action_id>/reminder")
@on_case(Do.EDIT_PLAN)
def remind_action(case, action_id):
    action = _action(case, action_id)
    form = Press()
    if form.validate_on_submit() and form.accepts(
        service.remind, case, actor=viewer(), at=clock.now(), action_id=action.id
    ):
        return saved(plan_at(case, f"a-{ids.written(action.id)}"), say=f"{action.agency} has been reminded.")
    return refused("plan/remind.html", **frame(case, form, action=action))


# --- shared ------------------------------------------------------------------------------------------------------


def _action(case, action_id):
    action = plan_actions.action(case, action_id, viewer=viewer())
    if action is None:
        raise NotVisible
    return action


def _form(case, action=None, **kwargs):
    who = viewer()
    goals = [
        g for g in plan_goals.goals(case, viewer=who) if not g.ended or (action and g.id == action.goal_id)
    ]
    agencies = plan_actions.agencies(case, viewer=who)
    workers = plan_actions.workers([a.id for a in agencies])
    form = ActionTextForm(plan_text.first_name(case, viewer=who), goals, agencies, workers, **kwargs)
    if action and action.owner_agency_id and action.owner_agency_id not in {a.id for a in agencies}:
        form.agency.choices = [
            *form.agency.choices,
            *picks([(ids.written(action.owner_agency_id), action.agency)]),
        ]
    form.withheld = [a for a in agencies if a.withheld]
    return form


def _context(case, form, action=None, said=None):
    protocol = protocol_of(case)
    withheld = [
        (a.name, ", ".join(protocol.domain_label(d).lower() for d in sorted(a.withheld)))
        for a in form.withheld
    ]
    waits = ""
    if action and action.status is ActionStatus.PROPOSED:
        waits = service.waits_for(case, action, today=clock.today())
    return frame(
        case,
        form,
        said,
        action=action,
        withheld=withheld,
        waits=waits,
        over=bool(action) and action.status in service.OVER,
        tells=action.agency if action and action.status in service.ASKED and action.agency else "",
    )


def _talk(case, form, action):
    return frame(case, form, lambda now: {}, action=action)


def _there(case, action_id):
    """Back to the plan, with a sentence that says who has been asked, or what it still waits for."""
    action = action_id and plan_actions.action(case, action_id, viewer=viewer())
    if not action:
        return saved(plan_at(case), say="Saved.")
    if action.status is ActionStatus.PROPOSED:
        say = f"Saved as proposed. {service.waits_for(case, action, today=clock.today())}".strip()
    elif action.status is ActionStatus.REQUESTED:
        say = f"Saved. {action.agency} has been asked and told."
    else:
        told = action.owner_agency_id and action.owner_agency_id != case.lead_agency_id
        say = f"Saved. {action.agency} has been told." if told else "Saved."
    return saved(plan_at(case, f"a-{ids.written(action.id)}"), say=say)
