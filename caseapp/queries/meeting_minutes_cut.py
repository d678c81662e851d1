"""What one reader may read of minutes, and of the two versions that they name. Pure: contents and a Reader in, what is left
out. The same rule for screen, print, PDF and every agency: those who hold the plan read all; an agency with consent to
the whole plan reads it without the parts of life that the person keeps from it; any other reads what is about its own
actions, and of who was there only itself, the lead agency and the person."""

from dataclasses import dataclass

OTHERS_PART = frozenset({"id", "number", "domain", "domain_id", "words", "steps", "actions"})
#: Of a plan's content, what belongs to those who hold it alone.
LEAD_HEAD = ("no_contingency_reason", "budget", "budget_source")
LEAD_GOAL = ("made_without_reason",)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose copy it is. `actions` and `goals` are the ids that this reader sees in the plan today; `withheld` the parts of
    life that the person keeps from it."""

    agency_id: int
    lead_agency_id: int | None
    hosts: bool
    whole: bool
    actions: frozenset[int] = frozenset()
    goals: frozenset[int] = frozenset()
    withheld: frozenset[str] = frozenset()

    @property
    def free(self) -> bool:
        """Reads words that hang on no action or goal: they may speak of anything, so not where anything is withheld."""
        return self.hosts or (self.whole and not self.withheld)


def decisions(content: dict, reader: Reader) -> list[dict]:
    """The decisions of this copy, with the views of those whom the reader knows of."""
    known = {place["id"] for place in attendance(content, reader)}
    found = []
    for one in content["decisions"]:
        if not _reads(one, reader):
            continue
        kept = one if reader.hosts else one | {"reason": one["reason"]}
        found.append(
            kept | {"views": [v for v in one["views"] if v["id"] in known], "hidden": len(one["views"])}
        )
    return found


def _reads(one: dict, reader: Reader) -> bool:
    if reader.hosts:
        return True
    if one["apart_id"] is not None:
        return False
    if one["for_agency_id"] == reader.agency_id or (one["for_all"] and not one["actions"]):
        return True
    if one["actions"]:
        if one["handed_over"] and not reader.whole:  # it would tell one agency of the other
            return False
        return bool(reader.actions.intersection(one["actions"]))
    if one["goal_id"] is not None or one.get("goals"):
        return reader.whole and bool(reader.goals & {one["goal_id"], *one.get("goals", ())})
    return reader.free


def attendance(content: dict, reader: Reader) -> list[dict]:
    """The rows of who was there that this reader may know of."""
    if reader.whole or reader.hosts:
        return content["attendance"]
    return [
        place
        for place in content["attendance"]
        if place["kind"] == "person"
        or (
            place["agency_id"] is not None and place["agency_id"] in (reader.agency_id, reader.lead_agency_id)
        )
    ]


def notes(content: dict, reader: Reader) -> list[dict]:
    """Notes to points. One that somebody added and that the chair did not show to all is read by those who hold the plan,
    and by the agency that added it where it reads free words."""
    found = []
    for point in content["points"]:
        if point["source"] == "own" and not point["for_all"]:
            if reader.hosts or (reader.free and point["agency_id"] == reader.agency_id):
                found.append(point)
        elif (
            reader.hosts
            or (reader.free and point["goal_id"] is None)
            or (reader.whole and point["goal_id"] in reader.goals)
            or point["for_all"]
        ):
            found.append(point)
    return found


def plan(content: dict | None, reader: Reader) -> dict:
    """A version's content as far as this reader may read it; empty for None."""
    if content is None:
        return {"head": {}, "needs": [], "goals": []}
    if reader.hosts:
        return content
    goals = []
    for goal in content["goals"]:
        if goal["domain_id"] in reader.withheld:
            continue
        actions = [action for action in goal["actions"] if _sees_action(action, reader)]
        if reader.whole and goal["id"] in reader.goals:
            shown = {name: value for name, value in goal.items() if name not in LEAD_GOAL}
        elif actions:
            shown = {name: value for name, value in goal.items() if name in OTHERS_PART} | {"steps": []}
            shown |= {"words": "", "title": "", "status": ""}
        else:
            continue
        goals.append(shown | {"actions": actions})
    head = {name: value for name, value in content["head"].items() if reader.free and name not in LEAD_HEAD}
    return {"format": content.get("format", 1), "head": head, "needs": [], "goals": goals}


def _sees_action(action: dict, reader: Reader) -> bool:
    if action["id"] not in reader.actions:
        return False
    if reader.whole:
        return True
    return action["agency_id"] == reader.agency_id and action["status"] != "proposed"
