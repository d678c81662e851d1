"""The list of transfers, as saved views and addresses know it."""

from caseapp.policy.do import Do
from caseapp.web.lists import Choice, Column, ListSpec, Words

TRANSFERS = ListSpec(
    name="transfers",
    title="Transfers",
    endpoint="transfers.index",
    act=Do.SEE_TRANSFERS,
    filters=(
        Choice(
            "state",
            "Stands",
            (
                ("open", "Under way"),
                ("waiting", "Waiting for me"),
                ("ended", "Ended"),
                ("any", "Under way or ended"),
            ),
        ),
        Choice(
            "side", "Side", (("", "Both"), ("asked", "Asked of us"), ("ours", "We hand over")), in_bar=False
        ),
        Words("words", "Name or agency"),
    ),
    columns=(
        Column("person", "About"),
        Column("stage", "Stands", sort=True),
        Column("since", "Since", sort=True, descending_first=True),
    ),
    order="-since",
)
