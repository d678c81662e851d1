"""What the form for a gap or block offers to choose from, and what is known already (B5)."""

from sqlalchemy import bindparam, select

from caseapp import protocols
from caseapp.extensions import read
from caseapp.models import Action, Agency, Case, Goal
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings
from caseapp.vocabulary import OPEN_ACTIONS

_CASE = bindparam("case_id", type_=Id)
_ACTIONS = (
    select(Action.id, Action.what, Goal.domain, Action.owner_agency_id)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(Action.case_id == _CASE, Action.status.in_(sorted(OPEN_ACTIONS)), scopes.SEES_ACTION)
    .order_by(Goal.number, Action.created_at)
)
_GOALS = (
    select(Goal.id, Goal.number, Goal.words, Goal.title, Goal.domain)
    .join(Case, Case.id == Goal.case_id)
    .where(Goal.case_id == _CASE, Goal.ended_at.is_(None), scopes.SEES_GOAL)
    .order_by(Goal.number)
)
_AGENCIES = select(Agency.id, Agency.name).where(Agency.active).order_by(Agency.name)


def agencies(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Every agency that is registered here, (id, name)."""
    return [(row.id, row.name) for row in read(_AGENCIES, {})]


def actions(case: CaseFile, *, viewer: Viewer) -> list:
    """The open actions of the plan that the viewer sees: id, what, domain, owner_agency_id."""
    return read(_ACTIONS, scopes.binds(viewer) | {"case_id": case.id})


def goals(case: CaseFile, *, viewer: Viewer) -> list:
    """The open goals that the viewer sees: id, number, words, title, domain."""
    return read(_GOALS, scopes.binds(viewer) | {"case_id": case.id})


def domains(case: CaseFile | None, *, viewer: Viewer) -> dict[str, str]:
    """The domains of life: of the case's procedure, else of the one that the viewer's agency follows."""
    if case is not None:
        protocol = protocols.get(case.protocol_key, case.protocol_version)
    else:
        try:
            protocol = protocols.get(settings.value(viewer.agency_id, "protocol"))
        except LookupError:
            protocol = protocols.all_current()[0]
    return {one.key: one.label for one in protocol.domains}


def forum(*, viewer: Viewer) -> tuple[str, str]:
    """What the agency itself set: the forum for what a manager could not resolve (S3-7, CFG-4), and the local process
    for engagement, empty where that is the gaps and blocks form (S3-49, CFG-10)."""
    values = settings.values(viewer.agency_id)
    local = (
        values["engagement_local_process"] if values["engagement_problem_route"] == "local_process" else ""
    )
    return values["unresolved_barriers_forum"], local
