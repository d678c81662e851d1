"""Where things are put right."""

from caseapp import ids
from caseapp.web.navigation import reach

#: What mends a fault (queries.plan_quality), and the parameter that says which.
MENDS = {
    "goal": ("plan.edit_goal", "goal_id"),
    "action": ("plan.amend_action", "action_id"),
    "talk": ("plan.clinic_talk", "action_id"),
    "remind": ("plan.reminder", "action_id"),
    "stop": ("plan.stop_action", "action_id"),
    "new_action": ("plan.new_action", "goal"),
    "need": ("plan.new_goal", "domain"),
    "consent": ("consent.index", None),
    "review": ("plan.new_review", None),
    "contingency": ("plan.edit_plan", None),
    "issue": ("plan.issues", None),
}


def mend_url(case, kind: str, key=None) -> str:
    """The page that puts a fault right."""
    endpoint, name = MENDS[kind]
    values = {"reference": case.reference}
    if name and key is not None:
        values[name] = key if isinstance(key, str) or name.endswith("_id") else ids.written(key)
    return reach(endpoint, **values)


def around(case, kind: str) -> tuple[str, str]:
    """The address that puts one record right, as the texts before and after its id: a list writes the id itself, as
    building an address for each of forty rows costs more than the rows."""
    url = mend_url(case, kind, 1)
    before, found, after = url.partition("/actions/1" if "/actions/1" in url else "/goals/1")
    return (before + found[:-1], after) if found else (url, "")
