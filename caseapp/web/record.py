"""The pages of one case as links: on every page of the record the same row, each link only for those who may go."""

from dataclasses import dataclass

from flask import current_app, url_for

from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.web.sessions import viewer


@dataclass(frozen=True, slots=True)
class Place:
    """One link; drawn by components/head.html record_places."""

    label: str
    url: str
    current: bool


PLACES = (
    ("Plan", "plan.show", Do.VIEW_PLAN),
    ("Case", "cases.show", Do.VIEW_CASE),
    ("Notes", "cases.notes", Do.VIEW_NOTES),
    ("Needs", "plan.needs", Do.EDIT_PLAN),
    ("Consent", "consent.index", Do.VIEW_CONSENT),
    ("Issues", "plan.issues", Do.VIEW_PLAN),
    ("Timeline", "cases.timeline", Do.VIEW_TIMELINE),
    ("Who has looked", "cases.audit", Do.VIEW_AUDIT),
)

#: Pages that stand under one of these.
WITHIN = {"cases.team": "cases.show"}


def places(case, endpoint: str = "") -> list[Place]:
    """The row of links under a record's head; `endpoint` is the page that shows it."""
    return [
        Place(label, url_for(to, reference=case.reference), to == WITHIN.get(endpoint, endpoint))
        for label, to, act in PLACES
        if to in current_app.view_functions and rules.may(viewer(), act, case)
    ]


def address(endpoint: str, **values) -> str:
    """The address of a page of another part of the house, or the start page where it is not built in."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else url_for("home.start")
