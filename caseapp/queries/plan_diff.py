"""What differs between two plans, in words. Pure: two frozen contents in, a list of changes out; no database, no clock.

A content is what plan_versions.snapshot() makes and PlanVersion.content keeps: {"format": 1, "head": {…}, "needs": […],
"goals": [{…, "steps": […], "actions": […]}]}, with days as ISO text. Minutes and reviews quote the same list.
"""

from dataclasses import dataclass
from datetime import date

from caseapp import dates
from caseapp.vocabulary import Achievement, ActionKind, ActionStatus, Advocacy, GoalStatus, NeedLevel

FORMAT = 1


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One thing that is different, in words; an empty side means that there was, or is, nothing."""

    what: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the plan that was added, removed or changed. `about` is head, need, goal, step or action; `key` its
    id (a need's domain); `name` what people call it; `goal` the number of the goal it hangs on, or None."""

    how: str
    about: str
    key: str
    name: str
    goal: int | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def sentence(self) -> str:
        """ "Goal 2, action added: Hepatitis C test" """
        place = f"Goal {self.goal}, " if self.goal is not None and self.about != "goal" else ""
        thing = {"head": "", "need": "Need ", "goal": "Goal ", "step": "step ", "action": "action "}[
            self.about
        ]
        said = {"added": "added", "removed": "taken away", "changed": "changed"}[self.how]
        if self.about == "head":
            return self.name
        return f"{place}{thing}{said}: {self.name}".replace("  ", " ")


#: name in the content → how it is called, in the order it is shown
HEAD = {
    "strengths": "Strengths",
    "strengths_around": "Strengths around the person",
    "contingency": "If things go wrong",
    "no_contingency_reason": "Why nothing is written for when things go wrong",
    "budget": "Budget",
    "budget_source": "Where the budget comes from",
}
NEED = {
    "level": "Level",
    "priority": "Rank",
    "situation": "How things are",
    "functioning": "What works day to day",
    "words": "Own words",
    "wants_help": "Wants help",
}
GOAL = {
    "words": "Own words",
    "title": "Short name",
    "domain": "Part of life",
    "measure": "How we will know",
    "specific": "Specific",
    "measurable": "Measurable",
    "achievable": "Achievable",
    "relevant": "Relevant",
    "timed": "Timed",
    "priority": "Priority",
    "target_on": "By when",
    "made_with_person": "Made with the person",
    "made_without_reason": "Why not made with the person",
    "status": "Status",
    "achievement": "How it goes",
    "ended_reason": "Why",
}
STEP = {"text": "Step", "done_on": "Done on"}
ACTION = {
    "what": "What",
    "kind": "Kind",
    "agency": "Who",
    "worker": "Worker",
    "by_person": "The person does it",
    "start_on": "Start",
    "due_on": "By when",
    "review_on": "Look again on",
    "advocacy": "Who speaks",
    "advocacy_until": "Until",
    "status": "Status",
    "status_reason": "Why",
    "clinic_talk_on": "Talk with the clinic",
    "clinic_talk_with": "Talked with",
    "ended_on": "Ended on",
}

LABELS = {
    ("need", "level"): NeedLevel,
    ("goal", "status"): GoalStatus,
    ("goal", "achievement"): Achievement,
    ("action", "status"): ActionStatus,
    ("action", "kind"): ActionKind,
    ("action", "advocacy"): Advocacy,
}


def compare(old: dict, new: dict) -> list[Change]:
    """Every difference between two contents: head, needs, then goal by goal with its steps and actions. The same
    content twice gives an empty list; an action that moved to another goal is one change, not two."""
    changes = []
    head = _fields("head", HEAD, old.get("head", {}), new.get("head", {}))
    changes += [Change("changed", "head", "head", f"{f.what} changed", None, (f,)) for f in head]
    changes += _each("need", NEED, _needs(old), _needs(new))
    old_goals, new_goals = _by_id(old.get("goals", ())), _by_id(new.get("goals", ()))
    steps = _inner(old, "steps"), _inner(new, "steps")
    actions = _inner(old, "actions"), _inner(new, "actions")
    for key in _in_order(old_goals, new_goals):
        changes += _each("goal", GOAL, _only(old_goals, key), _only(new_goals, key))
        for about, words, (before, after) in (("step", STEP, steps), ("action", ACTION, actions)):
            here = [
                k
                for k in _in_order(before, after)
                if (after.get(k) or before[k])["goal_id"] == _goal_id(old_goals, new_goals, key)
            ]
            for one in here:
                changes += _each(about, words, _only(before, one), _only(after, one))
    return changes


def in_one_line(changes: list[Change], most: int = 300) -> str:
    """The first changes as one line, and how many more there are; for a version's name in a list."""
    if not changes:
        return ""
    line = ""
    for at, change in enumerate(changes):
        more = f"; and {len(changes) - at} more" if at else ""
        longer = f"{line}; {change.sentence}" if line else change.sentence
        if len(longer) > most - 20:
            return f"{line}{more}" if line else f"{longer[: most - 1]}…"
        line = longer
    return line


def plain(about: str, name: str, value) -> str:
    """A value of the content as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    words = LABELS.get((about, name))
    if words is not None:
        try:
            return words(value).label
        except ValueError:
            return str(value)
    if name.endswith("_on"):
        try:
            return dates.day(date.fromisoformat(value))
        except (ValueError, TypeError):
            return str(value)
    return str(value)


def name_of(about: str, row: dict) -> str:
    """What people call a part of the plan."""
    if about == "need":
        return row.get("domain_label") or row.get("domain") or "need"
    if about == "goal":
        words = row.get("words")
        return f"“{words}”" if words else row.get("title") or f"goal {row.get('number')}"
    return row.get("text" if about == "step" else "what") or about


# --- the work ----------------------------------------------------------------------------------------------------


def _each(about, words, before, after):
    found = []
    for key in _in_order(before, after):
        old, new = before.get(key), after.get(key)
        row = new or old
        goal = row.get("number") if about == "goal" else row.get("goal_number")
        if old is None or new is None:
            how = "added" if old is None else "removed"
            found.append(Change(how, about, key, name_of(about, row), goal))
            continue
        fields = _fields(about, words, old, new)
        if about in ("action", "step") and old["goal_id"] != new["goal_id"]:
            fields = [
                FieldChange("Goal", f"goal {old['goal_number']}", f"goal {new['goal_number']}"),
                *fields,
            ]
        if fields:
            found.append(Change("changed", about, key, name_of(about, row), goal, tuple(fields)))
    return found


def _fields(about, words, old, new):
    found = []
    for name, what in words.items():
        was, now = old.get(name), new.get(name)
        if _same(was, now) and old.get(f"{name}_id") == new.get(f"{name}_id"):
            continue
        said_was, said_now = plain(about, name, was), plain(about, name, now)
        if said_was == said_now:
            said_now = f"{said_now} (another of that name)" if said_now else said_now
        found.append(FieldChange(what, said_was, said_now))
    return found


def _same(was, now):
    """Nothing is nothing, however it was written down."""
    return (
        (was or None) == (now or None)
        if not isinstance(was, bool) and not isinstance(now, bool)
        else was == now
    )


def _needs(content):
    return {need["domain"]: need for need in content.get("needs", ())}


def _by_id(rows):
    return {str(row["id"]): row for row in rows}


def _inner(content, kind):
    return {
        str(row["id"]): row | {"goal_id": goal["id"], "goal_number": goal.get("number")}
        for goal in content.get("goals", ())
        for row in goal.get(kind, ())
    }


def _goal_id(old, new, key):
    return (new.get(key) or old[key])["id"]


def _only(rows, key):
    return {key: rows[key]} if key in rows else {}


def _in_order(before, after):
    """Keys of the new side in its order, then what only the old side had."""
    return [*after, *(key for key in before if key not in after)]
