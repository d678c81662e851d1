"""Closing an episode: what must hold, and everything that ends with it, in one transaction (C11, S3-53 … S3-59)."""

from datetime import datetime

from sqlalchemy import select, update

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, CarePlan, Case, Goal
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import assignments, audit, consent, events, transfer_endings
from caseapp.services.case_hold import first_name, hold
from caseapp.services.escalations import endings
from caseapp.services.transaction import use_case
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus, CaseStatus, Closing, GoalStatus, PlanStatus

_CASE = Case.__table__
_ACTION = Action.__table__

BECOMES = {
    Closing.POSITIVE: CaseStatus.CLOSED_POSITIVE,
    Closing.OTHER: CaseStatus.CLOSED_OTHER,
    Closing.TRANSFERRED: CaseStatus.CLOSED_TRANSFERRED,
    Closing.REFERRED_ON: CaseStatus.REFERRED_ON,
}

#: What an open action says afterwards.
STOPPED = "Case closed"


@use_case
def close(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    kind: Closing,
    reason: str,
    attempts: str = "",
    aftercare: str = "",
    person_agrees: bool = False,
) -> int:
    """Close the episode. Every consent ends, every agency loses sight, open actions are stopped with the reason "Case
    closed", everybody's part ends, the plan ends; nothing of the record goes.

    A positive closing needs every goal reached, or dropped with the person's agreement, and that the person agrees
    (S3-53, C6). Any other needs what was tried: by mail, by phone, through other services (S3-59); `attempts` then
    holds that, or the manager's reason why not. `aftercare` keeps the aftercare and open-door words (S3-55, S3-56).
    Raises RuleBroken, naming the field. Returns the case's id."""
    held = hold(case, even_closed=True)
    if held.closed_at is not None:
        raise RuleBroken("This case is closed already. Nothing was changed.")
    kind = Closing(kind)
    if not reason:
        raise RuleBroken("Say why the case closes", "reason")
    if kind == Closing.POSITIVE:
        _check_goals(case, person_agrees)
    if kind == Closing.OTHER and not attempts:
        raise RuleBroken(
            "Say what was tried, by mail, by phone and through other services; or why nothing could be",
            "attempts",
        )
    name = first_name(case.person_id)
    workers = events.case_workers(case.id)
    stopped = db.session.execute(
        update(_ACTION)
        .where(_ACTION.c.case_id == case.id, _ACTION.c.status.in_(OPEN_ACTIONS))
        .values(
            status=ActionStatus.CANCELLED,
            status_reason=STOPPED,
            changed_at=at,
            changed_by_id=actor.user_id,
            version=_ACTION.c.version + 1,
        )
    ).rowcount
    ended = consent.end_for_case(case, actor=actor, at=at, reason=STOPPED)
    transfer_endings.case_ended(case.id, actor=actor, at=at)
    gaps = endings.case_ended(case.id, actor=actor, at=at)
    assignments.end_all(case, actor=actor, at=at)
    plan = CarePlan.__table__
    db.session.execute(
        update(plan)
        .where(plan.c.case_id == case.id)
        .values(status=PlanStatus.ENDED, next_review_on=None, version=plan.c.version + 1)
    )
    db.session.execute(
        update(_CASE)
        .where(_CASE.c.id == case.id)
        .values(
            status=BECOMES[kind],
            closed_at=at,
            closed_by_id=actor.user_id,
            close_reason=reason,
            version=_CASE.c.version + 1,
        )
    )
    texts = {
        "Why": reason,
        "What was tried": attempts,
        "Aftercare and open door": aftercare,
        "Actions stopped": str(stopped or ""),
        "Consents ended": str(ended or ""),
        "Go on as service gaps, without identity": str(gaps or ""),
    }
    events.happened(
        case,
        "case_closed",
        f"Case closed: {kind.label.lower()}",
        actor=actor,
        at=at,
        change={what: ["", text] for what, text in texts.items() if text},
        tell_user_ids=tuple(workers | {held.line_manager_id}),
    )
    audit.record(actor, f"case closed: {kind.label.lower()} ({name}’s plan ended)", at=at, case=case)
    return case.id


def _check_goals(case, person_agrees):
    goals = db.session.execute(
        select(Goal.number, Goal.status, Goal.person_agreed_to_drop)
        .where(Goal.case_id == case.id)
        .order_by(Goal.number)
    ).all()
    if not goals:
        raise RuleBroken(
            "There is no goal in the plan, so none was reached. Choose another way of closing", "kind"
        )
    left = [goal.number for goal in goals if not reached(goal.status, goal.person_agreed_to_drop)]
    if left:
        which = f"Goal {left[0]} is" if len(left) == 1 else f"Goals {', '.join(map(str, left))} are"
        raise RuleBroken(
            f"{which} neither reached nor dropped with the person’s agreement. Finish them, offer a transfer, or "
            "choose another way of closing",
            "kind",
        )
    if not person_agrees:
        raise RuleBroken(
            "Both must agree that the goals are reached: tick this once they have said so", "person_agrees"
        )


def reached(status: GoalStatus, person_agreed_to_drop: bool) -> bool:
    """Whether a goal allows a positive closing: reached, or dropped with the person's agreement (C6)."""
    return status == GoalStatus.COMPLETED or (status == GoalStatus.CANCELLED and person_agreed_to_drop)
