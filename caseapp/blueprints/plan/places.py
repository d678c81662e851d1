"""Where things are put right, and the other pages of the same record."""

from typing import NamedTuple

from flask import current_app, url_for

from caseapp import ids
from caseapp.policy import rules
from caseapp.policy.do import Do

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


class Place(NamedTuple):
    """A page of the record, for components/head.html."""

    label: str
    url: str
    current: bool
    count: int = 0


def mend_url(case, kind: str, key=None) -> str:
    """The page that puts a fault right."""
    endpoint, name = MENDS[kind]
    values = {"reference": case.reference}
    if name and key is not None:
        values[name] = key if isinstance(key, str) or name.endswith("_id") else ids.written(key)
    return link(endpoint, **values) or url_for("plan.show", reference=case.reference)


def link(endpoint: str, **values) -> str:
    """The address of a page, or "" where this installation does not have it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def around(case, kind: str) -> tuple[str, str]:
    """The address that puts one record right, as the texts before and after its id: a list writes the id itself, as
    building an address for each of forty rows costs more than the rows."""
    url = mend_url(case, kind, 1)
    before, found, after = url.partition("/actions/1" if "/actions/1" in url else "/goals/1")
    return (before + found[:-1], after) if found else (url, "")


PAGES = (
    ("Plan", "plan.show", Do.VIEW_PLAN),
    ("Case", "cases.show", Do.VIEW_CASE),
    ("Notes", "cases.notes", Do.VIEW_NOTES),
    ("Needs", "plan.needs", Do.VIEW_CASE),
    ("Consent", "consent.index", Do.VIEW_CONSENT),
    ("Reviews", "plan.reviews", Do.VIEW_CASE),
    ("Issues", "plan.issues", Do.VIEW_PLAN),
    ("Timeline", "cases.timeline", Do.VIEW_TIMELINE),
)


def record_pages(viewer, case, current: str, issues: int = 0) -> list[Place]:
    """The pages of this record that the viewer may open."""
    return [
        Place(label, url, endpoint == current, issues if endpoint == "plan.issues" else 0)
        for label, endpoint, act in PAGES
        if rules.may(viewer, act, case) and (url := link(endpoint, reference=case.reference))
    ]
