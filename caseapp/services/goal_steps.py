"""The small steps of a goal (S4-16): each one done counts as a success."""

from datetime import date, datetime

from sqlalchemy import func, select

from caseapp import clock, dates
from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import GoalStep
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services.goal_news import ENDED, happened
from caseapp.services.plan_records import day_within, goal_of
from caseapp.services.transaction import use_case

#: More steps than this are goals of their own.
MOST_STEPS = 40


@use_case
def add_step(case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int, text: str) -> int:
    """Add a step at the end. Returns its id."""
    if not text:
        raise RuleBroken("Write the step", "text")
    goal = goal_of(case, goal_id)
    if goal.status in ENDED:
        raise RuleBroken("This goal has ended. Take it up again first.")
    last = db.session.scalar(select(func.max(GoalStep.position)).where(GoalStep.goal_id == goal.id)) or 0
    if last >= MOST_STEPS:
        raise RuleBroken(f"A goal has at most {MOST_STEPS} steps: make two goals of it", "text")
    step = GoalStep(goal_id=goal.id, position=last + 1, text=text)
    db.session.add(step)
    db.session.flush()
    happened(case, "step_added", f"Goal {goal.number}, new step: {text}", goal, actor=actor, at=at)
    return step.id


@use_case
def finish_step(
    case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int, step_id: int, done_on: date | None = None
) -> int:
    """A step is done, today unless another day is given. It counts as a success."""
    done_on = done_on or clock.local_day(at)
    day_within(done_on, at, "done_on", "It must have been done already")
    goal, step = _step(case, goal_id, step_id)
    if step.done_on != done_on:
        step.done_on = done_on
        happened(
            case,
            "step_done",
            f"Goal {goal.number}, step done on {dates.day(done_on)}: {step.text}",
            goal,
            actor=actor,
            at=at,
        )
    return step.id


@use_case
def remove_step(case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int, step_id: int) -> None:
    """Take a step away that has not been done; one that was done stays as a success."""
    goal, step = _step(case, goal_id, step_id)
    if step.done_on is not None:
        raise RuleBroken("This step was done, and stays as a success.")
    db.session.delete(step)
    happened(
        case, "step_removed", f"Goal {goal.number}, step taken away: {step.text}", goal, actor=actor, at=at
    )


def _step(case, goal_id, step_id):
    goal = goal_of(case, goal_id)
    step = db.session.get(GoalStep, step_id, populate_existing=True, with_for_update=True)
    if step is None or step.goal_id != goal.id:
        raise NotVisible
    return goal, step
