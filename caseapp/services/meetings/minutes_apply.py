"""From what a meeting decided to the plan: each drafted change goes through the same use case that the plan's own pages
use, so that a decision is judged by the same rules, told to the same agencies and stands in the same history."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, Goal
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import action_progress, actions, goals
from caseapp.vocabulary import ActionStatus, ChangeKind, GoalStatus

#: What can be decided about an action; for those with a status, the status that it then has.
KEEP, DATE, AGENCY, WORDS, STOP = "keep", "date", "agency", "words", "stop"
STATUS = {
    "accepted": ActionStatus.ACCEPTED,
    "going": ActionStatus.IN_PROGRESS,
    "blocked": ActionStatus.BLOCKED,
    "done": ActionStatus.COMPLETED,
    "not_done": ActionStatus.NOT_COMPLETED,
}
#: … and about a goal.
COMPLETE, DROP, HOLD, REOPEN = "complete", "drop", "hold", "reopen"

_DAYS = ("start_on", "due_on", "target_on")
#: Goals come before their actions; a goal ends after what was decided about its actions.
_ORDER = {
    ChangeKind.GOAL_ADDED: 0,
    ChangeKind.ACTION_ADDED: 1,
    ChangeKind.ACTION_CHANGED: 2,
    ChangeKind.GOAL_CHANGED: 3,
    ChangeKind.NEXT_REVIEW: 4,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """One change as it is drafted. `said` are the words of its decision, which become note or reason in the plan."""

    id: int
    kind: ChangeKind
    content: dict[str, Any]
    said: str
    action_id: int | None = None
    goal_id: int | None = None
    new_goal_id: int | None = None
    base_version: int = 0
    decision_id: int | None = None


@dataclass(slots=True)
class Applied:
    """What came of the drafts: the ids of the actions and goals that they made or changed, by the draft's id."""

    actions: dict[int, int] = field(default_factory=dict)
    goals: dict[int, int] = field(default_factory=dict)


def overtaken(case: CaseFile, drafts: list[Draft]) -> list[Draft]:
    """Drafts whose action or goal was changed by somebody else after they were written: nothing of theirs may be
    overwritten. Holds the rows, so that none can change between this look and the writing."""
    found = []
    for model, name, kind in (
        (Action, "action_id", ChangeKind.ACTION_CHANGED),
        (Goal, "goal_id", ChangeKind.GOAL_CHANGED),
    ):
        mine = {getattr(draft, name): draft for draft in drafts if draft.kind is kind}
        rows = db.session.execute(
            select(model.id, model.version)
            .where(model.id.in_(list(mine)), model.case_id == case.id)
            .order_by(model.id)
            .with_for_update()
        ).all()
        now = {row.id: row.version for row in rows}
        found += [draft for key, draft in mine.items() if now.get(key) != draft.base_version]
    return found


def apply(case: CaseFile, drafts: list[Draft], *, actor: Viewer, at: datetime) -> Applied:
    """Make the changes. Raises RuleBroken, naming the action, where the plan's own rules refuse one."""
    done = Applied()
    for draft in sorted(drafts, key=lambda draft: (_ORDER[draft.kind], draft.id)):
        one(case, draft, done, actor=actor, at=at)
    return done


def one(case: CaseFile, draft: Draft, done: Applied, *, actor: Viewer, at: datetime) -> None:
    """Make one change, through the plan's own use cases."""
    with_days = {
        name: date.fromisoformat(value) if name in _DAYS and value else value
        for name, value in draft.content.items()
    }
    by = {"actor": actor, "at": at}
    if draft.kind is ChangeKind.GOAL_ADDED:
        done.goals[draft.id] = goals.add(case, **by, **with_days)
    elif draft.kind is ChangeKind.ACTION_ADDED:
        goal_id = done.goals.get(draft.new_goal_id, draft.goal_id)
        done.actions[draft.id] = actions.add(case, **by, goal_id=goal_id, **with_days)
    elif draft.kind is ChangeKind.ACTION_CHANGED:
        done.actions[draft.id] = _action(case, draft, with_days, by)
    elif draft.kind is ChangeKind.GOAL_CHANGED:
        done.goals[draft.id] = _goal(case, draft, with_days, by)


def _action(case, draft, content, by) -> int:
    do = content.pop("do", KEEP)
    action_id = draft.action_id
    if do == STOP:
        return actions.cancel(case, **by, action_id=action_id, reason=draft.said)
    if do in STATUS:
        now = db.session.scalar(select(Action.status).where(Action.id == action_id))
        if STATUS[do] is not now:
            action_progress.minuted(case, action_id, **by, status=STATUS[do], note=draft.said)
    fields = {name: value for name, value in content.items() if value not in (None, "")}
    if do == AGENCY:
        fields |= {"owner_user_id": content.get("owner_user_id"), "owner_name": "", "by_person": False}
    if fields and do not in ("done", "not_done"):
        return actions.amend(case, **by, action_id=action_id, **fields)
    return action_id


def _goal(case, draft, content, by) -> int:
    do = content.pop("do", KEEP)
    if do == COMPLETE:
        return goals.complete(case, **by, goal_id=draft.goal_id, note=draft.said[:300])
    if do == DROP:
        return goals.drop(
            case,
            **by,
            goal_id=draft.goal_id,
            reason=draft.said[:300],
            person_agreed=bool(content.get("person_agreed")),
            stop_actions=True,
        )
    if do == HOLD:
        return goals.hold(case, **by, goal_id=draft.goal_id, reason=draft.said[:300])
    if do == REOPEN:
        return goals.reopen(case, **by, goal_id=draft.goal_id)
    fields = {name: value for name, value in content.items() if value not in (None, "")}
    if fields:
        return goals.amend(case, **by, goal_id=draft.goal_id, **fields)
    return draft.goal_id


def trial(case: CaseFile, drafts: list[Draft], *, actor: Viewer, at: datetime) -> None:
    """Make the changes and take them back at once: what the plan would refuse is heard while everybody is still at the
    table, not when the minutes are issued."""
    nested = db.session.begin_nested()
    try:
        apply(case, drafts, actor=actor, at=at)
        db.session.flush()
    finally:
        nested.rollback()
        db.session.expire_all()


def ended(case: CaseFile, goal_id: int) -> bool:
    """Whether a goal has ended."""
    status = db.session.scalar(select(Goal.status).where(Goal.id == goal_id, Goal.case_id == case.id))
    if status is None:
        raise RuleBroken("Choose a goal of this plan", "goal")
    return status in (GoalStatus.COMPLETED, GoalStatus.CANCELLED)
