"""The triage list and the register, as saved views and addresses know them."""

from caseapp.policy.do import Do
from caseapp.vocabulary import EscalationKind, EscalationState, Rung
from caseapp.web.lists import Choice, Column, ListSpec, Words

#: view → its words in the row of links; the number stands behind
VIEWS = {
    "": "All open",
    "mine": "With me",
    "back": "Asked back",
    "group": "With the group",
    "national": "National",
    "old": "Older than 60 days",
}

TRIAGE = ListSpec(
    name="triage",
    title="Gaps and blocks",
    endpoint="triage.index",
    act=Do.TRIAGE_GAPS,
    filters=(
        Choice("view", "View", tuple(VIEWS.items()), in_bar=False),
        Choice("theme", "Theme", (("", "All themes"),)),
        Choice("area", "Area", (("", "All areas"),)),
        Choice("agency", "Agency concerned", (("", "All agencies"),)),
        Choice(
            "held",
            "Held by",
            (
                ("", "Anybody"),
                *((str(int(rung)), "Group" if rung is Rung.GROUP else rung.label) for rung in Rung),
            ),
        ),
        Choice(
            "age",
            "Age",
            (
                ("", "Any age"),
                ("30", "30 days or more"),
                ("60", "60 days or more"),
                ("90", "90 days or more"),
            ),
        ),
        Choice("urgent", "Urgency", (("", "Urgent or not"), ("yes", "Urgent only"))),
        Words("words", "Words or number"),
    ),
    columns=(
        Column("what", "What is missing or shut"),
        Column("theme", "Theme and area", sort=True),
        Column("age", "Age", sort=True, descending_first=True),
        Column("holder", "Who holds it", sort=True),
        Column("left", "Working days left", sort=True),
    ),
    order="left",
)

_REGISTER_FILTERS = (
    Choice(
        "kind",
        "Kind",
        (("", "Gaps and blocks"), *((kind.value, kind.short + "s") for kind in EscalationKind)),
    ),
    Choice(
        "state",
        "State",
        (
            ("", "Any"),
            *(
                (state.value, state.label)
                for state in EscalationState
                if state is not EscalationState.WITHDRAWN
            ),
        ),
    ),
    Choice("theme", "Theme", (("", "All themes"),)),
    Words("words", "Words"),
)

REGISTER = ListSpec(
    name="register",
    title="Register",
    endpoint="triage.register",
    act=Do.SEE_REGISTER,
    filters=_REGISTER_FILTERS,
    columns=(
        Column("title", "What is missing or shut", sort=True),
        Column("people", "People", sort=True, numeric=True, descending_first=True),
        Column("days", "Days lost", sort=True, numeric=True, descending_first=True),
    ),
    order="-people",
)

KEEPING = ListSpec(
    name="register_keeping",
    title="Register, being kept",
    endpoint="triage.register_keeping",
    act=Do.KEEP_REGISTER,
    filters=_REGISTER_FILTERS,
    columns=REGISTER.columns,
    order="-people",
)
