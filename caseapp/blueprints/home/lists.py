"""The lists of the home pages, as saved views and addresses know them."""

from caseapp.policy.do import Do
from caseapp.queries import caseload as caseload_query
from caseapp.vocabulary import CLOSED, ActionStatus, CaseStatus
from caseapp.web.lists import Choice, Column, ListSpec, Words

_ASKED = (
    ActionStatus.REQUESTED,
    ActionStatus.ACCEPTED,
    ActionStatus.IN_PROGRESS,
    ActionStatus.BLOCKED,
)

OUR_ACTIONS = ListSpec(
    name="our_actions",
    title="Our actions",
    endpoint="home.our_actions",
    act=Do.SEE_OUR_ACTIONS,
    filters=(
        Choice(
            "whose",
            "Whose actions",
            (("", "Mine and unassigned"), ("all", "All of the agency")),
            in_bar=False,
        ),
        Choice(
            "section",
            "Part of the list",
            (("", "All"), ("answer", ""), ("late", ""), ("due", ""), ("later", ""), ("changed", "")),
            in_bar=False,
        ),
        Choice("person", "Person", (("", "Everybody"),)),
        Choice(
            "status",
            "Status",
            (
                ("", "Any"),
                *(
                    (status.value, "To accept" if status is ActionStatus.REQUESTED else status.label)
                    for status in _ASKED
                ),
            ),
        ),
        Choice(
            "within",
            "By when",
            (("", "Any day"), ("7", "Late or in 7 days"), ("30", "Late or in 30 days"), ("none", "No date")),
        ),
        Words("words", "Words"),
    ),
    columns=(Column("due", "By when", sort=True), Column("person", "For", sort=True)),
    order="due",
)

_CASELOAD_FILTERS = (
    Choice(
        "status",
        "Status",
        (
            ("open", "All open cases"),
            *((status.value, status.label) for status in CaseStatus if status not in CLOSED),
            ("closed", "Closed cases"),
            ("all", "Open and closed"),
        ),
    ),
    Choice("needs", "Needs", (("", "Anything or nothing"), *caseload_query.NEEDS.items())),
    Words("words", "Name or reference"),
)
_CASELOAD_COLUMNS = (
    Column("person", "Person", sort=True),
    Column("status", "Status", sort=True),
    Column("review", "Next review", sort=True),
    Column("open", "Open", sort=True, numeric=True, descending_first=True),
    Column("late", "Late", sort=True, numeric=True, descending_first=True),
    Column("unanswered", "Asked", sort=True, numeric=True, descending_first=True),
    Column("contact", "Last contact", sort=True),
    Column("active", "Last change", sort=True, descending_first=True),
)

CASELOAD = ListSpec(
    name="caseload",
    title="My caseload",
    endpoint="home.caseload",
    act=Do.SEE_CASELOAD,
    filters=_CASELOAD_FILTERS,
    columns=_CASELOAD_COLUMNS,
    order="review",
)

#: the same list for one worker of the team, as the line manager sees it
WORKER = ListSpec(
    name="worker",
    title="A worker’s caseload",
    endpoint="home.worker",
    act=Do.SEE_TEAM,
    filters=_CASELOAD_FILTERS,
    columns=_CASELOAD_COLUMNS,
    order="review",
    saved=False,
)

TEAM = ListSpec(
    name="team",
    title="My team",
    endpoint="home.team",
    act=Do.SEE_TEAM,
    filters=(Words("words", "Name"),),
    columns=(
        Column("worker", "Worker", sort=True),
        Column("cases", "Cases", sort=True, numeric=True, descending_first=True),
        Column("weight", "Weight", sort=True, descending_first=True),
        Column("overdue", "Overdue", sort=True, numeric=True, descending_first=True),
        Column("reviews", "Reviews in 14 days", sort=True, numeric=True, descending_first=True),
    ),
    order="-weight",
)
