"""The one who asks: a signed-in member of staff, or a job that acts for one."""

from dataclasses import dataclass

from caseapp.vocabulary import Role

PRACTISES = Role.WORKER | Role.LINE_MANAGER
_MANAGES = Role.LINE_MANAGER


@dataclass(frozen=True, slots=True)
class Viewer:
    """Read anew on every request, so that a changed role or a disabled account bites at once."""

    user_id: int
    agency_id: int
    roles: Role
    name: str
    agency_name: str
    email: str = ""
    demo: bool = False
    #: Whether any denial names this viewer (X-8). Nobody knows of a Viewer that was not read with its session: then the
    #: table is asked each time, so that a denial is never forgotten.
    denied: bool = True

    @property
    def undenied(self) -> bool:
        return not self.denied

    @property
    def practises(self) -> bool:
        """Works with people: only workers and line managers ever see a case."""
        return int.__and__(self.roles, PRACTISES) != 0  # flags of an enum cost fifty times as much

    @property
    def manages(self) -> bool:
        return int.__and__(self.roles, _MANAGES) != 0

    def has(self, role: Role) -> bool:
        return int.__and__(self.roles, role) != 0
