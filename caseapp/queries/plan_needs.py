"""Every part of life of a case as it is edited. Only for those who see the whole case."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select

from caseapp import protocols
from caseapp.extensions import db
from caseapp.models import Action, Case, Goal, Need, User
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.plan_text import MINE, bound
from caseapp.vocabulary import ActionStatus, GoalStatus, NeedLevel


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One part of life. `level` is None where nothing is written yet; `unserved` means a need with which the person
    wants help and for which no service does anything (S3-15)."""

    domain: str
    label: str
    level: NeedLevel | None = None
    priority: int | None = None
    situation: str = ""
    functioning: str = ""
    words: str = ""
    wants_help: bool = True
    changed_at: datetime | None = None
    changed_by: str = ""
    version: int = 0
    served: bool = False
    goals: int = 0

    @property
    def unserved(self) -> bool:
        return self.level not in (None, NeedLevel.NONE) and self.wants_help and not self.served


_SERVED = (
    exists()
    .where(
        Goal.case_id == Need.case_id,
        Goal.domain == Need.domain,
        Goal.status != GoalStatus.CANCELLED,
        Action.goal_id == Goal.id,
        or_(Action.owner_agency_id.is_not(None), Action.by_person),
        Action.status.not_in((ActionStatus.DECLINED, ActionStatus.CANCELLED, ActionStatus.NOT_COMPLETED)),
    )
    .correlate(Need)
)
_GOALS = (
    select(func.count(Goal.id))
    .where(Goal.case_id == Need.case_id, Goal.domain == Need.domain, Goal.status != GoalStatus.CANCELLED)
    .correlate(Need)
    .scalar_subquery()
)
_NEEDS = (
    select(
        Need.domain,
        Need.level,
        Need.priority,
        Need.situation,
        Need.functioning,
        Need.words,
        Need.wants_help,
        Need.changed_at,
        User.name,
        Need.version,
        _SERVED,
        _GOALS,
    )
    .join(Case, Case.id == Need.case_id)
    .join(User, User.id == Need.changed_by_id)
    .where(*MINE)
)


def needs(case: CaseFile, *, viewer: Viewer) -> list[NeedRow]:
    """Every part of life of the case's protocol, those written down first in the person's order; a domain that this
    version of the protocol does not know is not lost."""
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    written = {
        row[0]: NeedRow(row[0], protocol.domain_label(row[0]), *row[1:])
        for row in db.session.execute(_NEEDS, bound(case, viewer))
    }
    rows = [written.pop(item.key, NeedRow(item.key, item.label)) for item in protocol.domains]
    rows += written.values()
    order = {NeedLevel.HIGH: 0, NeedLevel.MEDIUM: 1, NeedLevel.LOW: 2, NeedLevel.NONE: 4, None: 3}
    return sorted(rows, key=lambda n: (n.priority is None, n.priority or 0, order[n.level]))


def need(case: CaseFile, domain: str, *, viewer: Viewer) -> NeedRow | None:
    return next((row for row in needs(case, viewer=viewer) if row.domain == domain), None)
