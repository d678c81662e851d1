"""What is still wrong with a plan, each fault with the place where it is mended (S3-15, S3-24, S1-2, S4-11, S4-14).
Pure: it judges the rows that the plan page has read anyway."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from caseapp import clock, dates, ids, working_days
from caseapp.queries import plan_rows
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, GoalStatus, NeedLevel


class Fault(NamedTuple):
    """A line of "things to put right": `anchor` is where it stands on the page; without one, `mend` (and `key`) say
    which page puts it right."""

    text: str
    anchor: str
    mend: str
    key: str | int | None = None


@dataclass(slots=True)
class Faults:
    """All faults in the order of the page, and those that stand beside a goal, an action or an agency, by its id:
    (sentence, what mends it, words of the link)."""

    all: list[Fault] = field(default_factory=list)
    goals: dict[int, list[tuple]] = field(default_factory=dict)
    actions: dict[int, tuple] = field(default_factory=dict)
    agencies: dict[int, tuple] = field(default_factory=dict)

    def add(self, text, anchor, mend, key=None):
        self.all.append(Fault(text, anchor, mend, key))


ENDED_GOALS = frozenset({GoalStatus.COMPLETED, GoalStatus.CANCELLED})
#: An action in one of these is somebody's promise, or waits to become one.
LIVE = OPEN_ACTIONS | {ActionStatus.COMPLETED}
_WATCHED = OPEN_ACTIONS | {ActionStatus.DECLINED}


def faults(head, goals, actions, agencies, needs, issues, *, today: date) -> Faults:
    """`goals` are GoalRows, `actions` Raws, `agencies` Standings, `needs` (domain, level), `issues` (id, agency name,
    raised at)."""
    found = Faults()
    _goals(found, head, goals, actions)
    _actions(found, actions)
    _agencies(found, head, agencies, today)
    _needs(found, head, goals, needs)
    _issues(found, head, issues, today)
    _plan(found, head, goals, today)
    return found


def _goals(found, head, goals, actions):
    served = {a.goal_id for a in actions if a.status in LIVE}
    rules = head.protocol.plan
    for goal in goals:
        if goal.status in ENDED_GOALS:
            continue
        here = []
        anchor = f"g-{ids.written(goal.id)}"
        if rules.own_words and not goal.words:
            found.add(f"Goal {goal.number} is not in {head.first_name}’s own words", anchor, "goal")
            here.append((f"{head.first_name}’s own words are still missing.", "goal", "Write them down"))
        if not goal.measure:
            found.add(f"Goal {goal.number} has no measure", anchor, "goal")
            here.append(("Nothing says yet how we will know that this is reached.", "goal", "Add a measure"))
        elif rules.smart_check and not goal.smart:
            found.add(f"Goal {goal.number} has not passed the SMART check", anchor, "goal")
            here.append(
                ("The SMART check is not finished, so this goal cannot be agreed.", "goal", "Go through it")
            )
        if goal.id not in served:
            found.add(f"Nobody works on goal {goal.number} yet", anchor, "new_action")
            here.append(("Nobody works on this goal yet.", "new_action", "Add an action"))
        if here:
            found.goals[goal.id] = here


def _actions(found, actions):
    for a in actions:
        if a.status not in _WATCHED:
            continue
        anchor = f"a-{ids.written(a.id)}"
        if a.status is ActionStatus.DECLINED:
            found.add(f"{_short(a.what)}: declined, nothing in its place", anchor, "action")
            found.actions[a.id] = (
                "Declined, and nothing is in its place.",
                "action",
                "Choose what happens now",
            )
        else:
            missing = []
            if a.agency_id is None and not a.by_person:
                missing.append("nobody to do it")
            elif not a.by_person and a.status in plan_rows.ANSWERED and not plan_rows.worker_name(a):
                missing.append("no worker")
            if a.due_on is None:
                if a.status is ActionStatus.REQUESTED and not a.by_person and not plan_rows.worker_name(a):
                    missing.append("no worker")
                missing.append("no date")
            if missing:
                words = " and ".join(missing)
                found.add(f"{_short(a.what)}: {words}", anchor, "action")
                found.actions[a.id] = (f"{words[0].upper()}{words[1:]}.", "action", "Put it right")


def _agencies(found, head, agencies, today):
    for one in agencies:
        if one.lead:
            continue
        anchor = f"ag-{ids.written(one.id)}"
        first = head.first_name
        if one.never:
            if one.open:
                found.add(f"{one.name} must never be told, and has an action", anchor, "consent")
                found.agencies[one.id] = (
                    f"{first} wants it never to be told, but it has an action.",
                    "consent",
                    "Look",
                )
        elif one.granted_on is None:
            if one.open:
                found.add(f"{one.name}: an action, but no consent", anchor, "consent")
                found.agencies[one.id] = (
                    "It has an action but sees nothing: there is no consent.",
                    "consent",
                    f"Ask {first}",
                )
            else:
                found.add(f"{one.name}: no consent, no action", anchor, "consent")
                found.agencies[one.id] = ("Known, but no consent and no action.", "consent", f"Ask {first}")
        else:
            if not one.actions:
                found.add(f"{one.name} has no action", anchor, "new_action")
                found.agencies[one.id] = ("Known, and no action in the plan.", "new_action", "Add an action")
            left = (one.until - today).days if one.until else None
            if left is not None and left <= head.consent_days:
                found.add(f"{one.name}: consent ends {_in_days(left)}", anchor, "consent")


def _needs(found, head, goals, needs):
    aimed = {goal.domain for goal in goals if goal.status is not GoalStatus.CANCELLED}
    for domain, level in needs:
        if level == NeedLevel.HIGH and domain not in aimed:
            found.add(
                f"{head.protocol.domain_label(domain)} is a high need without a goal", "", "need", domain
            )


def _issues(found, head, issues, today):
    for issue_id, agency, raised_at in issues:
        over = days_over(raised_at, head.issue_days, head.calendar, today)
        late = f", {over} working day{'' if over == 1 else 's'} late" if over else ""
        found.add(f"{agency} waits for your answer{late}", "", "issue", issue_id)


def days_over(raised_at, limit: int, calendar: str, today: date) -> int:
    """Working days by which an issue has waited longer than the case manager has to answer it (S3-18); 0 if it has
    not."""
    due = working_days.add_working_days(clock.local_day(raised_at), limit, calendar)
    return working_days.working_days_late(due, today, calendar)


def _plan(found, head, goals, today):
    if not goals:
        return
    if head.next_review_on is None:
        found.add("No day is set for the next review", "", "review")
    elif head.next_review_on < today:
        found.add(f"The review was due on {dates.day(head.next_review_on)}", "", "review")
    if head.protocol.plan.contingency and not head.contingency and not head.no_contingency_reason:
        found.add("Nothing says what to do if things go wrong", "contingency", "contingency")


def _in_days(left: int) -> str:
    return "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"


def _short(text: str, most: int = 48) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + "…"
