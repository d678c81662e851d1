"""Goals: written with the person, in their own words; their steps, their order, and how they end (C6, S0-8, S4-16)."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame, plan_at
from caseapp.blueprints.plan.forms.editing import (
    DropForm,
    GoalForm,
    HoldForm,
    Press,
    ReachForm,
    StepDoneForm,
    StepForm,
)
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import plan_goals, plan_needs
from caseapp.services import goal_steps
from caseapp.services import goals as service
from caseapp.services.plan_records import protocol_of
from caseapp.vocabulary import GoalStatus
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/goals")
@on_case(Do.EDIT_PLAN, reads="the goals")
def goals(case):
    """The goals in the person's own order."""
    return page("plan/goals.html", **_list(case))


def _list(case, form=None):
    rows = plan_goals.goals(case, viewer=viewer())
    return frame(
        case,
        form or Press(formdata=None),
        live=[g for g in rows if not g.ended],
        ended=[g for g in rows if g.ended],
    )


@bp.get("/cases/<ref:reference>/goals/new")
@on_case(Do.EDIT_PLAN, reads="a new goal")
def new_goal(case):
    form = GoalForm(protocol_of(case).domains)
    form.domain.data = request.args.get("domain", "")
    return page("plan/goal.html", **_new(case, form))


@bp.post("/cases/<ref:reference>/goals/new")
@on_case(Do.EDIT_PLAN)
def add_goal(case):
    form = GoalForm(protocol_of(case).domains)
    if form.validate_on_submit() and form.accepts(
        service.add, case, actor=viewer(), at=clock.now(), steps=form.first_steps(), **form.aim()
    ):
        say = "Saved as proposed. It becomes active with the next agreed version."
        return saved(plan_at(case), say=say)
    return refused("plan/goal.html", **_new(case, form))


def _new(case, form):
    need = plan_needs.need(case, form.domain.data, viewer=viewer()) if form.domain.data else None
    return frame(case, form, goal=None, need=need)


@bp.get("/cases/<ref:reference>/goals/<id:goal_id>")
@on_case(Do.EDIT_PLAN, reads="a goal")
def edit_goal(case, goal_id):
    goal = _goal(case, goal_id)
    data = {name: getattr(goal, name) for name in GoalForm.NAMES}
    data |= {"priority": str(goal.priority or ""), "achievement": goal.achievement}
    form = GoalForm(protocol_of(case).domains, version=goal.version, data=data)
    return page("plan/goal.html", **_one(case, goal, form))


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>")
@on_case(Do.EDIT_PLAN)
def write_goal(case, goal_id):
    goal = _goal(case, goal_id)
    form = GoalForm(protocol_of(case).domains)
    aim = form.aim() if form.validate_on_submit() else {}
    if aim and form.accepts(
        service.amend,
        case,
        actor=viewer(),
        at=clock.now(),
        goal_id=goal.id,
        version=form.seen_version,
        achievement=form.achievement.data or goal.achievement,
        **aim,
    ):
        return saved(plan_at(case, f"g{goal.number}"), say="Saved.")

    def said(now):
        return now | {
            "priority": str(now.get("priority") or ""),
            "achievement": str(now.get("achievement", "")),
        }

    return refused("plan/goal.html", **_one(case, goal, form, said))


def _one(case, goal, form, said=None, **forms):
    blank = {"formdata": None, "version": goal.version}
    own = {
        "step_form": StepForm(formdata=None),
        "done_form": StepDoneForm(formdata=None, data={"done_on": clock.today()}),
        "press": Press(**blank),
        "reach_form": ReachForm(key="r", **blank),
        "drop_form": DropForm(key="d", **blank),
        "hold_form": HoldForm(key="h", **blank),
    }
    for other in ("press", "reach_form", "drop_form", "hold_form"):
        own[other].version.data = str(goal.version)
    if form is None:
        data = {name: getattr(goal, name) for name in GoalForm.NAMES}
        data |= {"priority": str(goal.priority or ""), "achievement": goal.achievement}
        form = GoalForm(protocol_of(case).domains, formdata=None, data=data)
        form.version.data = str(goal.version)
    return frame(
        case, form, said, goal=goal, on_hold=goal.status is GoalStatus.ON_HOLD, need=None, **(own | forms)
    )


def _goal(case, goal_id):
    goal = plan_goals.goal(case, goal_id, viewer=viewer())
    if goal is None:
        raise NotVisible
    return goal


# --- order and steps ---------------------------------------------------------------------------------------------


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/up")
@on_case(Do.EDIT_PLAN)
def raise_goal(case, goal_id):
    form = Press()
    here = url_for("plan.goals", reference=case.reference)
    if form.validate_on_submit() and form.accepts(
        service.raise_by_one, case, actor=viewer(), at=clock.now(), goal_id=goal_id
    ):
        return saved(here, say="Moved up.")
    return refused("plan/goals.html", **_list(case, form))


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/steps")
@on_case(Do.EDIT_PLAN)
def add_step(case, goal_id):
    goal = _goal(case, goal_id)
    form = StepForm()
    if form.validate_on_submit() and form.accepts(
        goal_steps.add_step, case, actor=viewer(), at=clock.now(), goal_id=goal.id, text=form.text.data
    ):
        return saved(_steps(case, goal), say="Step added.")
    return _refused(case, goal, form, "step_form")


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/steps/<id:step_id>/done")
@on_case(Do.EDIT_PLAN)
def finish_step(case, goal_id, step_id):
    goal = _goal(case, goal_id)
    form = StepDoneForm()
    if form.validate_on_submit() and form.accepts(
        goal_steps.finish_step,
        case,
        actor=viewer(),
        at=clock.now(),
        goal_id=goal.id,
        step_id=step_id,
        done_on=form.done_on.data,
    ):
        return saved(_steps(case, goal), say="Done: one more success.")
    return _refused(case, goal, form, "done_form")


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/steps/<id:step_id>/removal")
@on_case(Do.EDIT_PLAN)
def remove_step(case, goal_id, step_id):
    goal = _goal(case, goal_id)
    form = Press()
    if form.validate_on_submit() and form.accepts(
        goal_steps.remove_step, case, actor=viewer(), at=clock.now(), goal_id=goal.id, step_id=step_id
    ):
        return saved(_steps(case, goal), say="Step taken away.")
    return _refused(case, goal, form, "press")


def _steps(case, goal):
    return url_for("plan.edit_goal", reference=case.reference, goal_id=goal.id) + "#steps"


# --- how it ends -------------------------------------------------------------------------------------------------


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/reached")
@on_case(Do.EDIT_PLAN)
def reach_goal(case, goal_id):
    goal = _goal(case, goal_id)
    form = ReachForm(key="r")
    if form.validate_on_submit() and _does(service.complete, case, goal, form, note=form.note.data):
        return saved(plan_at(case, f"g{goal.number}"), say=f"Goal {goal.number} is reached.")
    return _refused(case, goal, form, "reach_form")


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/dropped")
@on_case(Do.EDIT_PLAN)
def drop_goal(case, goal_id):
    goal = _goal(case, goal_id)
    form = DropForm(key="d")
    if form.validate_on_submit() and _does(
        service.drop,
        case,
        goal,
        form,
        reason=form.reason.data,
        person_agreed=form.person_agreed.data,
        achievement=form.achievement.data,
        stop_actions=form.stop_actions.data,
    ):
        return saved(plan_at(case, f"g{goal.number}"), say=f"Goal {goal.number} was dropped.")
    return _refused(case, goal, form, "drop_form")


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/on-hold")
@on_case(Do.EDIT_PLAN)
def hold_goal(case, goal_id):
    goal = _goal(case, goal_id)
    form = HoldForm(key="h")
    if form.validate_on_submit() and _does(service.hold, case, goal, form, reason=form.reason.data):
        return saved(plan_at(case, f"g{goal.number}"), say=f"Goal {goal.number} waits.")
    return _refused(case, goal, form, "hold_form")


@bp.post("/cases/<ref:reference>/goals/<id:goal_id>/reopening")
@on_case(Do.EDIT_PLAN)
def reopen_goal(case, goal_id):
    goal = _goal(case, goal_id)
    form = Press()
    if form.validate_on_submit() and _does(service.reopen, case, goal, form):
        return saved(plan_at(case, f"g{goal.number}"), say=f"Goal {goal.number} is taken up again.")
    return _refused(case, goal, form, "press")


def _does(act, case, goal, form, **values):
    return form.accepts(
        act, case, actor=viewer(), at=clock.now(), goal_id=goal.id, version=form.seen_version, **values
    )


def _refused(case, goal, form, name):
    """The goal's page with the one small form that did not go through."""
    context = _one(case, _goal(case, goal.id), None, **{name: form})
    form.catch_up()
    if form.stale:
        context |= {"stale": form.stale, "stale_by": form.stale.by or "Somebody", "stale_at": ""}
    return page("plan/goal.html", 409 if form.stale else 422, **context | {"failed": form})
