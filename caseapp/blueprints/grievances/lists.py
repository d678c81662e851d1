"""The two lists of grievances, as saved views and addresses know them."""

from caseapp.policy.do import Do
from caseapp.vocabulary import PersonGrievanceStage, ProviderGrievanceStage
from caseapp.web.lists import Choice, Column, ListSpec, Words


def _states(stages):
    return (
        ("", "Any"),
        ("open", "Going on"),
        ("ended", "Ended"),
        *((stage.value, stage.label) for stage in stages),
    )


BETWEEN = ListSpec(
    name="grievances_between",
    title="Grievances between agencies",
    endpoint="grievances.index",
    act=Do.SEE_GRIEVANCES,
    filters=(Choice("state", "Stands", _states(ProviderGrievanceStage)), Words("words", "Words or agency")),
    columns=(
        Column("title", "What it is about", sort=True),
        Column("day", "Written down", sort=True, descending_first=True),
    ),
    order="-day",
)

OF_PERSONS = ListSpec(
    name="grievances_of_persons",
    title="Persons’ own grievances",
    endpoint="grievances.persons",
    act=Do.SEE_GRIEVANCES,
    filters=(
        Choice(
            "state",
            "Stands",
            _states(stage for stage in PersonGrievanceStage if stage is not PersonGrievanceStage.ENDED),
        ),
        Choice("late", "Answer", (("", "Late or not"), ("yes", "Late"))),
        Words("words", "Name, agency or words"),
    ),
    columns=(
        Column("person", "Who, and about which agency", sort=True),
        Column("day", "Received", sort=True, descending_first=True),
        Column("due", "Answer by", sort=True),
    ),
    order="-day",
)
