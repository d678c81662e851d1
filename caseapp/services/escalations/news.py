"""Who learns of a step on the ladder: whoever raised it, the people of the action it stops, those who held it before. A
notice names nobody; what it leads to is read through each one's own sight. Mail only counts (services.digests)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    Case,
    Escalation,
    EscalationHolding,
    EscalationNotice,
    Goal,
    Notification,
    User,
)
from caseapp.policy import scopes
from caseapp.policy.escalations import said
from caseapp.policy.viewer import Viewer
from caseapp.services import events, shut_out
from caseapp.vocabulary import Audience, Role


@dataclass(frozen=True, slots=True)
class _CaseOf:
    """What the timeline needs to know of a case that the one who acts may not see."""

    id: int


def joined_to(row) -> list[Escalation]:
    """The raisings that go with this one, open or not."""
    return list(
        db.session.scalars(
            select(Escalation).where(Escalation.joined_to_id == row.id).order_by(Escalation.raised_at)
        )
    )


def raisers(row) -> set[int]:
    """Whoever raised it or the same."""
    return {row.raised_by_id, *(one.raised_by_id for one in joined_to(row))}


def past_holders(row) -> set[int]:
    """Everybody who has held it."""
    return set(
        db.session.scalars(
            select(EscalationHolding.user_id).where(EscalationHolding.escalation_id == row.id).distinct()
        )
    )


def action_people(row) -> set[int]:
    """Those who work on the case it came from, and those who do the action it stops, as long as they see it."""
    if row.case_id is None or row.case_ended_at is not None:
        return set()
    case_closed, lead = db.session.execute(
        select(Case.closed_at, Case.lead_agency_id).where(Case.id == row.case_id)
    ).one()
    if case_closed is not None:
        return set()
    people = events.case_workers(row.case_id)
    if row.action_id is not None:
        action = db.session.execute(
            select(Action.owner_agency_id, Action.owner_user_id).where(Action.id == row.action_id)
        ).one()
        if action.owner_agency_id and action.owner_agency_id != lead:
            staff = events.agency_workers(action.owner_agency_id)
            asked = {action.owner_user_id} & staff or staff
            people |= {one for one in asked if _sees_action(one, action.owner_agency_id, row)}
    return people


_SEEN = (
    select(Action.id)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(scopes.SEES_ACTION)
)


def _sees_action(user_id, agency_id, row):
    worker = Viewer(user_id, agency_id, Role.WORKER, "", "")
    return (
        db.session.execute(_SEEN.where(Action.id == row.action_id), scopes.binds(worker)).first() is not None
    )


def live(user_ids) -> set[int]:
    """Those of them whose accounts are live."""
    if not user_ids:
        return set()
    return set(
        db.session.scalars(select(User.id).where(User.id.in_(sorted(user_ids)), User.disabled_at.is_(None)))
    )


def tell(
    row,
    people,
    words: str,
    *,
    at: datetime,
    actor: Viewer | None = None,
    kind: str = "gap",
    event_id: int | None = None,
) -> int:
    """Leave a notice, "GB-118: …", with each of these people but the actor. Returns how many were told."""
    told = live(set(people) - {actor.user_id if actor else None, None} - shut_out.of_case(row.case_id))
    notices = [
        {
            "id": new_id(),
            "user_id": user_id,
            "at": at,
            "kind": kind,
            "case_id": None,
            "event_id": event_id,
            "plain": f"{said(row.number)}: {words}"[:300],
        }
        for user_id in sorted(told)
    ]
    if notices:
        db.session.execute(insert(Notification.__table__), notices)
        db.session.execute(
            insert(EscalationNotice.__table__),
            [{"notification_id": one["id"], "escalation_id": row.id} for one in notices],
        )
    return len(notices)


def on_timeline(row, summary: str, *, actor: Viewer, at: datetime, answer: str = "") -> None:
    """A line in the timeline of the case it came from, as long as that case is open: for everybody who sees the
    action, without one for the lead agency and the agency that raised it."""
    for one in [row, *joined_to(row)]:
        if one.case_id is None or one.case_ended_at is not None or (one is not row and not one.is_open):
            continue
        case = db.session.execute(
            select(Case.closed_at, Case.lead_agency_id).where(Case.id == one.case_id)
        ).one()
        if case.closed_at is not None:
            continue
        if one.action_id is not None:
            audience = {"audience": Audience.ACTION, "action_id": one.action_id}
        elif one.agency_id == case.lead_agency_id:
            audience = {"audience": Audience.LEAD}
        else:
            audience = {"audience": Audience.AGENCY, "for_agency_id": one.agency_id}
        events.happened(
            _CaseOf(one.case_id),
            "gap",
            f"{said(one.number)}: {summary}",
            actor=actor,
            at=at,
            goal_id=one.goal_id,
            change={"answer": ["", answer]} if answer else None,
            **audience,
        )
