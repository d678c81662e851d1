"""The pages of one case as links: on every page of the record the same row, each link only for those who may go."""

from dataclasses import dataclass

from caseapp.policy import restricted, rules
from caseapp.policy.do import Do
from caseapp.vocabulary import CaseStatus
from caseapp.web.navigation import reach
from caseapp.web.sessions import viewer


@dataclass(frozen=True, slots=True)
class Place:
    """One link; drawn by components/head.html record_places."""

    label: str
    url: str
    current: bool
    count: int = 0


PLACES = (
    ("Plan", "plan.show", Do.VIEW_PLAN),
    ("Case", "cases.show", Do.VIEW_CASE),
    ("Notes", "cases.notes", Do.VIEW_NOTES),
    ("Needs", "plan.needs", Do.VIEW_CASE),
    ("Consent", "consent.index", Do.VIEW_CONSENT),
    ("Reviews", "plan.reviews", Do.VIEW_CASE),
    ("Meetings", "meetings.of_case", Do.VIEW_PLAN),
    ("Issues", "plan.issues", Do.VIEW_PLAN),
    ("Gaps and blocks", "escalations.of_case", Do.VIEW_PLAN),
    ("Timeline", "cases.timeline", Do.VIEW_TIMELINE),
    ("Who has looked", "cases.audit", Do.VIEW_AUDIT),
    ("Ask for access", "doors.new_ask", Do.ASK_FOR_ACCESS),
)

#: Pages that stand under one of these.
WITHIN = {
    "cases.team": "cases.show",
    "doors.of_case": "cases.show",
    "doors.of_case_requests": "cases.show",
}


def places(case, endpoint: str = "", issues: int = 0) -> list[Place]:
    """The row of links under a record's head; `endpoint` is the page that shows it, `issues` how many wait."""
    who, here = viewer(), WITHIN.get(endpoint, endpoint)
    found = [
        Place(label, reach(to, reference=case.reference), to == here, issues if to == "plan.issues" else 0)
        for label, to, act in PLACES
        if rules.may(who, act, case)
    ]
    if case.status is CaseStatus.TRANSFER_PENDING and rules.may(who, Do.VIEW_TRANSFERS_OF_CASE, case):
        to = "transfers.of_case"
        found.append(Place("Transfer", reach(to, reference=case.reference), endpoint == to))
    # on every case alike, whether or not something stands there: the link itself tells nothing
    if restricted.on_the_list(who, case):
        to = "restricted.show"
        found.append(Place("Restricted", reach(to, reference=case.reference), to == here))
    return found
