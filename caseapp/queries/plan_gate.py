"""What stands between a plan and its agreement (S4-11, S4-14, S3-16, S0-8). Pure: looks at the content that would be
agreed, so that what is checked is what is kept."""

from dataclasses import dataclass

from caseapp.queries.plan_diff import name_of

SMART = ("specific", "measurable", "achievable", "relevant", "timed")
LIVE_ACTIONS = frozenset({"requested", "accepted", "in_progress", "blocked"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is missing, and where it is mended: `about` is head, goal, need or action, `key` its id."""

    text: str
    about: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """`blocks`: without these the plan cannot be agreed. `warns`: it can, but this is left open."""

    blocks: tuple[Fault, ...]
    warns: tuple[Fault, ...]


def check(content: dict, rules) -> Gate:
    """Look at a content (plan_versions.snapshot) by a protocol's rules for plans (Protocol.plan)."""
    blocks, warns = [], []
    head = content["head"]
    if rules.contingency and not head.get("contingency") and not head.get("no_contingency_reason"):
        blocks.append(Fault("Nothing says what to do if things go wrong, nor why not", "head", "contingency"))
    if not head.get("strengths") and not head.get("strengths_around"):
        warns.append(Fault("No strengths are written down", "head", "strengths"))
    live = [goal for goal in content["goals"] if goal["status"] in ("proposed", "active")]
    if not live:
        blocks.append(Fault("There is no goal yet", "goal"))
    for goal in live:
        _goal(goal, rules, blocks, warns)
    served = {goal["domain_id"] for goal in content["goals"] if goal["status"] != "cancelled"}
    for need in content["needs"]:
        if need["level"] == "high" and need["domain"] not in served:
            warns.append(
                Fault(f"{need['domain_label']} is a high need without a goal", "need", need["domain"])
            )
    return Gate(tuple(blocks), tuple(warns))


def _goal(goal, rules, blocks, warns):
    key, name = str(goal["id"]), f"Goal {goal['number']}"
    if not goal["target_on"]:
        blocks.append(Fault(f"{name} has no date by when", "goal", key))
    if not goal["made_with_person"] and not goal["made_without_reason"]:
        blocks.append(Fault(f"{name}: tick that it was made together, or say why not", "goal", key))
    lacks = what_a_goal_lacks(goal, rules)
    if lacks and goal["status"] == "proposed":
        warns.append(Fault(f"{name} stays proposed: {lacks}", "goal", key))
    elif lacks:
        warns.append(Fault(f"{name}: {lacks}", "goal", key))
    if not any(action["status"] not in ("cancelled", "declined") for action in goal["actions"]):
        warns.append(Fault(f"{name} has no action", "goal", key))
    for action in goal["actions"]:
        what, one = name_of("action", action), str(action["id"])
        if action["status"] in LIVE_ACTIONS and not action["due_on"]:
            blocks.append(Fault(f"No date by when: {what}", "action", one))
        elif action["status"] == "proposed":
            warns.append(Fault(f"Only proposed yet: {what}", "action", one))
        elif action["status"] == "declined":
            warns.append(Fault(f"Declined, and nothing is in its place: {what}", "action", one))


def what_a_goal_lacks(goal: dict, rules) -> str:
    """What keeps a goal from being agreed, in words; "" when it is ready (S0-8, S3-16)."""
    lacks = []
    if rules.own_words and not goal["words"] and not goal["made_without_reason"]:
        lacks.append("the person’s own words are missing")
    if not goal["measure"]:
        lacks.append("nothing says how we will know that it is reached")
    if rules.smart_check:
        missing = [name for name in SMART if not goal[name]]
        if missing:
            lacks.append(f"the SMART check lacks {', '.join(missing)}")
    return "; ".join(lacks)
