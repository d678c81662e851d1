"""What the timeline and the audit record say of a goal."""

from datetime import datetime

from caseapp.extensions import db
from caseapp.models import Goal
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.vocabulary import Audience, GoalStatus

ENDED = frozenset({GoalStatus.COMPLETED, GoalStatus.CANCELLED})


def happened(
    case: CaseFile, kind: str, summary: str, goal: Goal, *, actor: Viewer, at: datetime, change=None
) -> None:
    """Those with the whole plan may read it; the audience looks at what they may not (X-3)."""
    db.session.flush()
    events.happened(
        case,
        kind,
        summary,
        actor=actor,
        at=at,
        audience=Audience.PLAN,
        goal_id=goal.id,
        change=change,
        tell_case_workers=True,
    )
    audit.record(actor, f"{kind.replace('_', ' ')}: goal {goal.number}", at=at, case=case)
