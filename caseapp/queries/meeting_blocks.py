"""The seam between meetings and gaps and blocks: which barriers of a case are open, for an agenda; and, for a row of the
chair's page, which barrier an action already hangs on. Gaps and blocks are another capability: this module is the one
place where meetings ask for them."""

from typing import NamedTuple

from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer


class Barrier(NamedTuple):
    """An open gap or block as an agenda names it: title, and why it is there ("with the manager, 12 days")."""

    id: int
    title: str
    why: str
    action_id: int | None = None


def open_on(case: CaseFile, *, viewer: Viewer) -> list[Barrier]:
    """The barriers of this case that the viewer may read and that are still open."""
    return []
