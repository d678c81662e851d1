"""Where meetings ask for gaps and blocks: which barriers of a case are open, for an agenda, as far as the viewer sees them."""

from typing import NamedTuple

from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import escalations
from caseapp.vocabulary import EscalationState


class Barrier(NamedTuple):
    """An open gap or block as an agenda names it: title, and why it is there ("with Declan, 12 days")."""

    id: int
    title: str
    why: str


def open_on(case: CaseFile, *, viewer: Viewer) -> list[Barrier]:
    """The barriers of this case that the viewer may read and that are still open."""
    if not case.sees_all:
        return []
    return [
        Barrier(
            row.id,
            f"{row.kind.short} {row.said}: {row.title}",
            f"{row.place}, {row.days} day{'' if row.days == 1 else 's'}",
        )
        for row in escalations.of_case(case, viewer=viewer)
        if row.state is EscalationState.OPEN
    ]
