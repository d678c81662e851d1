"""What changed between two versions of a plan, in the words of minutes. Pure: two contents in, rows out."""

from typing import NamedTuple

from caseapp.queries import plan_diff


class Piece(NamedTuple):
    """A piece of one side of the difference; `new` is marked as changed."""

    text: str
    new: bool


class ChangeRow(NamedTuple):
    """One line of "What changed in the plan"."""

    name: str
    who: str
    was: tuple[Piece, ...]
    now: tuple[Piece, ...]


def difference(old: dict, new: dict, first_name: str) -> tuple[list[ChangeRow], int]:
    """What changed between two contents, in the words of the minutes; and how many actions did not."""
    changes = plan_diff.compare(old, new)
    was, now = _actions(old), _actions(new)
    rows = [_row(change, was, now, first_name) for change in changes]
    touched = {change.key for change in changes if change.about == "action"}
    return rows, len([key for key in now if key not in touched])


def _actions(content: dict) -> dict[str, dict]:
    return {str(action["id"]): action for goal in content["goals"] for action in goal.get("actions", ())}


def _row(change: plan_diff.Change, was: dict, now: dict, first_name: str) -> ChangeRow:
    action = (now.get(change.key) or was.get(change.key)) if change.about == "action" else None
    name = change.name
    if change.about == "goal":
        number = f"Goal {change.goal}"
        name = number if change.name.lower() == number.lower() else f"{number}: {change.name}"
    who = _who(action, first_name) if action else ""
    nothing = (Piece("–", False),)
    if change.how == "added":
        return ChangeRow(name, who, nothing, (Piece(f"New: {_new(action)}" if action else "New", True),))
    if change.how == "removed":
        return ChangeRow(name, who, nothing, (Piece("No longer in the plan", True),))
    before = [
        Piece(words, True) for field in change.fields if (words := _said(change, field.what, field.was))
    ]
    after = [Piece(words, True) for field in change.fields if (words := _said(change, field.what, field.now))]
    return ChangeRow(name, who, tuple(before) or nothing, tuple(after) or nothing)


#: How one thing is told in minutes, and what is told where there is nothing.
TOLD = {
    "By when": ("by {}", "no date"),
    "Status": ("{}", ""),
    "Why": ("why: {}", ""),
    "Worker": ("{}", "no worker named"),
    "Start": ("from {}", ""),
    "Ended on": ("ended on {}", ""),
    "Done on": ("done on {}", "not done"),
    "How we will know": ("how we will know: {}", "no measure"),
}


def _said(change: plan_diff.Change, what: str, value: str) -> str:
    if change.about == "head":
        return value
    words, none = TOLD.get(what, (f"{what[0].lower()}{what[1:]}: {{}}", ""))
    if what == "Status":
        value = value.lower()
    return words.replace("{}", value) if value else none


def _who(action: dict, first_name: str) -> str:
    if action["by_person"]:
        return f"{first_name}, with {action['agency']}" if action["agency"] else first_name
    return action["agency"] or "Nobody yet"


def _new(action: dict) -> str:
    parts = [action["worker"]] if action["worker"] else []
    if action["due_on"]:
        parts.append(f"by {plan_diff.plain('action', 'due_on', action['due_on'])}")
    words = ", ".join(parts)
    status = plan_diff.plain("action", "status", action["status"])
    return f"{words}, {status.lower()}" if words else status.lower()
