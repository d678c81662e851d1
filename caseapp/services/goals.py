"""Goals: what the person wants, in their own words (S0-8), how all will know that it is reached, its steps (S4-16), and
how it ends (C6)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update

from caseapp import dates
from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, Event, Goal, GoalStep
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import actions, audit, events
from caseapp.services.goal_news import ENDED, happened
from caseapp.services.plan_records import (
    change_of,
    domain_or_refuse,
    goal_of,
    must_be,
    plan_of,
    protocol_of,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import OPEN_ACTIONS, Achievement, GoalStatus

#: The columns that a form writes, as the timeline names them.
WORDS = {
    "domain": "part of life",
    "words": "own words",
    "title": "short name",
    "measure": "how we will know",
    "smart_specific": "specific",
    "smart_measurable": "measurable",
    "smart_achievable": "achievable",
    "smart_relevant": "relevant",
    "smart_timed": "timed",
    "priority": "priority",
    "target_on": "by when",
    "made_with_person": "made with the person",
    "made_without_reason": "why not made with the person",
    "achievement": "how it goes",
}


@dataclass(frozen=True)
class Aim:
    """What a goal says. `words` are the person's own; `title` is a short name for staff until there are any. The five
    ticks are the SMART check (S3-16). `target_on` is a local day. `made_without_reason` says why it was not made with
    the person (S4-11)."""

    domain: str
    words: str = ""
    title: str = ""
    measure: str = ""
    smart_specific: bool = False
    smart_measurable: bool = False
    smart_achievable: bool = False
    smart_relevant: bool = False
    smart_timed: bool = False
    priority: int | None = None
    target_on: date | None = None
    made_with_person: bool = False
    made_without_reason: str = ""
    achievement: Achievement = Achievement.IN_PROGRESS

    def __post_init__(self):
        """A word may be given as its stored text, as world files and forms do."""
        object.__setattr__(self, "achievement", Achievement(self.achievement))


@use_case
def add(case: CaseFile, *, actor: Viewer, at: datetime, steps: tuple[str, ...] = (), **aim) -> int:
    """Put a goal on the plan as proposed; it becomes active with the next agreed version, once its SMART check passes.
    `aim` holds the fields of Aim. A goal without the person's own words may be kept and is flagged. Returns its id."""
    aim = Aim(**aim)
    _check(case, aim)
    plan_of(case)  # the next number is given to one at a time
    number = (db.session.scalar(select(func.max(Goal.number)).where(Goal.case_id == case.id)) or 0) + 1
    values = asdict(aim)
    if values["priority"] is None:
        values["priority"] = 1 + (
            db.session.scalar(
                select(func.max(Goal.priority)).where(Goal.case_id == case.id, Goal.status.not_in(ENDED))
            )
            or 0
        )
    goal = Goal(
        case_id=case.id,
        number=number,
        status=GoalStatus.PROPOSED,
        created_at=at,
        created_by_id=actor.user_id,
        **values,
    )
    db.session.add(goal)
    db.session.flush()
    for position, text in enumerate((text for text in steps if text), 1):
        db.session.add(GoalStep(goal_id=goal.id, position=position, text=text))
    happened(case, "goal_added", f"Goal {number} added: {name_of(goal)}", goal, actor=actor, at=at)
    return goal.id


@use_case
def amend(
    case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int, version: int | None = None, **aim
) -> int:
    """Change what a goal says; fields of Aim that are not given stay. Raises Stale with what now stands."""
    goal = goal_of(case, goal_id)
    must_be(goal, version, lambda row: {n: getattr(row, n) for n in WORDS}, *_about(goal))
    if goal.status in ENDED:
        raise RuleBroken("This goal has ended. Take it up again first.")
    new = Aim(**({name: getattr(goal, name) for name in WORDS} | aim))
    _check(case, new, goal)
    before = _in_words(case, goal)
    for name, value in asdict(new).items():
        setattr(goal, name, value)
    db.session.flush()
    change = change_of(before, _in_words(case, goal))
    if change:
        happened(
            case,
            "goal_changed",
            f"Goal {goal.number}: {', '.join(change)} changed",
            goal,
            actor=actor,
            at=at,
            change=change,
        )
    return goal.id


@use_case
def order(case: CaseFile, *, actor: Viewer, at: datetime, goal_ids: list[int]) -> None:
    """The person's own order of the goals, most important first (S4-17). Names every goal that has not ended, once."""
    plan_of(case)
    live = dict(
        db.session.execute(
            select(Goal.id, Goal.priority).where(Goal.case_id == case.id, Goal.status.not_in(ENDED))
        ).all()
    )
    if set(goal_ids) != set(live) or len(goal_ids) != len(live):
        raise RuleBroken("The goals changed while you were putting them in order. Look again.")
    changed = False
    table = Goal.__table__
    for priority, goal_id in enumerate(goal_ids, 1):
        if live[goal_id] != priority:
            changed = True
            db.session.execute(
                update(table)
                .where(table.c.id == goal_id)
                .values(priority=priority, version=table.c.version + 1)
            )
    if changed:
        events.happened(
            case,
            "goals_ordered",
            "The goals were put in the person’s own order",
            actor=actor,
            at=at,
        )
        audit.record(actor, "goals put in order", at=at, case=case)


@use_case
def raise_by_one(case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int) -> None:
    """Move a goal one place up in the person's order."""
    plan_of(case)
    ids = list(
        db.session.scalars(
            select(Goal.id)
            .where(Goal.case_id == case.id, Goal.status.not_in(ENDED))
            .order_by(Goal.priority.is_(None), Goal.priority, Goal.number)
        )
    )
    if goal_id not in ids:
        raise NotVisible
    place = ids.index(goal_id)
    if place:
        ids[place - 1], ids[place] = ids[place], ids[place - 1]
    order(case, actor=actor, at=at, goal_ids=ids)


# --- how it ends, and begins again ------------------------------------------------------------------------------


@use_case
def complete(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    goal_id: int,
    note: str = "",
    achievement: Achievement = Achievement.ACHIEVED,
    version: int | None = None,
) -> int:
    """The goal is reached. `note` says what shows it."""
    goal = _live(case, goal_id, version)
    goal.status, goal.achievement = GoalStatus.COMPLETED, Achievement(achievement)
    goal.ended_at, goal.ended_reason = at, note
    happened(case, "goal_reached", f"Goal {goal.number} reached: {name_of(goal)}", goal, actor=actor, at=at)
    return goal.id


@use_case
def drop(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    goal_id: int,
    reason: str,
    person_agreed: bool,
    achievement: Achievement = Achievement.NOT_ACHIEVED,
    stop_actions: bool = False,
    version: int | None = None,
) -> int:
    """The goal is given up. It counts for a positive closing only if the person agreed to drop it (C6). Its open actions
    are stopped with it when `stop_actions` says so; otherwise there must be none."""
    if not reason:
        raise RuleBroken("Say why it is dropped", "reason")
    goal = _live(case, goal_id, version)
    open_actions = db.session.scalars(
        select(Action.id).where(Action.goal_id == goal.id, Action.status.in_(OPEN_ACTIONS))
    ).all()
    if open_actions and not stop_actions:
        some = "One action is" if len(open_actions) == 1 else f"{len(open_actions)} actions are"
        raise RuleBroken(
            f"{some} still open under this goal: tick to stop them with it, or move them first",
            "stop_actions",
        )
    for action_id in open_actions:
        actions.cancel(case, actor=actor, at=at, action_id=action_id, reason="The goal it served was dropped")
    goal.status, goal.achievement = GoalStatus.CANCELLED, Achievement(achievement)
    goal.person_agreed_to_drop, goal.ended_at, goal.ended_reason = person_agreed, at, reason
    agreed = "with the person’s agreement" if person_agreed else "the person did not agree"
    happened(case, "goal_dropped", f"Goal {goal.number} dropped, {agreed}", goal, actor=actor, at=at)
    return goal.id


@use_case
def hold(case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int, reason: str, version=None) -> int:
    """Put a goal aside for a time."""
    if not reason:
        raise RuleBroken("Say why it waits", "reason")
    goal = _live(case, goal_id, version)
    if goal.status is GoalStatus.ON_HOLD:
        raise RuleBroken("This goal is on hold already.")
    goal.status, goal.ended_reason = GoalStatus.ON_HOLD, reason
    happened(case, "goal_on_hold", f"Goal {goal.number} put on hold", goal, actor=actor, at=at)
    return goal.id


@use_case
def reopen(case: CaseFile, *, actor: Viewer, at: datetime, goal_id: int, version: int | None = None) -> int:
    """Take up a goal that was on hold, reached or dropped."""
    goal = goal_of(case, goal_id)
    must_be(goal, version, _status, *_about(goal))
    if goal.status in (GoalStatus.PROPOSED, GoalStatus.ACTIVE):
        raise RuleBroken("This goal is being worked on already.")
    goal.status, goal.achievement = GoalStatus.ACTIVE, Achievement.IN_PROGRESS
    goal.ended_at, goal.ended_reason, goal.person_agreed_to_drop = None, "", False
    happened(case, "goal_reopened", f"Goal {goal.number} taken up again", goal, actor=actor, at=at)
    return goal.id


def name_of(goal) -> str:
    """How a goal is named in a sentence: the person's own words, else its short name, else its number."""
    if goal.words:
        return f"“{goal.words}”"
    return goal.title or f"goal {goal.number}"


def _live(case, goal_id, version):
    goal = goal_of(case, goal_id)
    must_be(goal, version, _status, *_about(goal))
    if goal.status in ENDED:
        raise RuleBroken(f"This goal was {goal.status.label.lower()} already.")
    return goal


def _status(goal):
    return {"status": goal.status.label}


def _about(goal):
    return Event.case_id == goal.case_id, Event.goal_id == goal.id


def _check(case, aim, goal=None):
    if goal is None or aim.domain != goal.domain:
        domain_or_refuse(case, aim.domain)
    if not aim.words and not aim.title:
        raise RuleBroken("Write what the person wants in their own words, or a short name for now", "words")
    if aim.made_with_person and aim.made_without_reason:
        raise RuleBroken("Tick it or give the reason, not both", "made_without_reason")
    if aim.priority is not None and not 1 <= aim.priority <= 99:
        raise RuleBroken("The priority is a number from 1, what matters most, to 99", "priority")


def _in_words(case, goal):
    return {what: _said(case, name, getattr(goal, name)) for name, what in WORDS.items()}


def _said(case, name, value):
    if name == "domain":
        return protocol_of(case).domain_label(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return dates.day(value)
    return value.label if isinstance(value, Achievement) else "" if value is None else str(value)
