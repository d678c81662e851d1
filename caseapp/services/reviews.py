"""Formal reviews of the plan: what works, what was changed, where the person lives, when the next one is (S3-17, S4-13,
S0-18)."""

from datetime import date, datetime

from sqlalchemy import func, select

from caseapp import clock, dates
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import CarePlan, Event, PersonRelative, PlanReview
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, denials, events
from caseapp.services.plan_records import day_within, last_hand, plan_of, protocol_of
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Audience, PlanStatus

KIND = "plan_reviewed"


@use_case
def hold(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    held_on: date,
    works: str,
    changed: str = "",
    persons_view: str = "",
    with_person: bool = True,
    without_reason: str = "",
    place: str = "",
    carers: str = "",
    carers_asked: tuple[int, ...] = (),
    next_on: date | None = None,
    next_reason: str = "",
    version: int | None = None,
) -> int:
    """Record a review. `changed` says what was modified since the last version; `place` where the person lives now;
    `carers` what carers and family said, `carers_asked` the ids of those who were asked again. Without `next_on` the protocol sets the next day; a later one
    needs `next_reason`. The plan is then in review until its next version is agreed. Raises Stale where the plan's head
    changed meanwhile. Returns the review's id."""
    plan = plan_of(case)
    if version is not None and plan.version != version:
        by, when = last_hand(
            Event.case_id == case.id, Event.kind.in_((KIND, "plan_agreed", "plan_head_changed"))
        )
        raise Stale({"next review": dates.day(plan.next_review_on)}, by=by, at=when, version=plan.version)
    if plan.status is PlanStatus.ENDED:
        raise RuleBroken("This plan has ended.")
    if held_on is None:
        raise RuleBroken("Say when the review was held", "held_on")
    day_within(held_on, at, "held_on", "The review must have been held already")
    if not works:
        raise RuleBroken("Say what works and what does not", "works")
    if not with_person and not without_reason:
        raise RuleBroken("Say why the person was not there", "without_reason")
    due = next_due(case, plan, held_on)
    next_on = next_on or due
    if next_on <= held_on:
        raise RuleBroken("The next review comes after this one", "next_on")
    if next_on > due and not next_reason:
        raise RuleBroken(f"The next one is due by {dates.day(due)}. Say why it comes later", "next_reason")
    review = PlanReview(
        case_id=case.id,
        due_on=plan.next_review_on,
        held_on=held_on,
        with_person=with_person,
        without_reason="" if with_person else without_reason,
        works=works,
        changed=changed,
        persons_view=persons_view,
        place=place,
        carers=carers,
        next_on=next_on,
        next_reason=next_reason,
        recorded_at=at,
        recorded_by_id=actor.user_id,
    )
    db.session.add(review)
    for relative in db.session.scalars(
        select(PersonRelative)
        .where(PersonRelative.person_id == case.person_id, PersonRelative.id.in_(carers_asked))
        .execution_options(populate_existing=True)
    ):
        relative.checked_on = held_on
    plan.next_review_on = next_on
    if plan.agreed_version:
        plan.status = PlanStatus.IN_REVIEW
    db.session.flush()
    events.happened(
        case,
        KIND,
        f"The plan was reviewed on {dates.day(held_on)}; next by {dates.day(next_on)}",
        actor=actor,
        at=at,
        audience=Audience.PLAN,
        tell_case_workers=True,
    )
    denials.ask_again(case, actor=actor, at=at)
    audit.record(actor, "plan review recorded", at=at, case=case)
    return review.id


def next_due(case: CaseFile, plan: CarePlan | None, held_on: date) -> date:
    """The last day for the review after one held on that day, by the case's protocol."""
    protocol = protocol_of(case)
    if plan is None or plan.agreed_at is None:
        return protocol.next_review(held_on)
    agreed_on = clock.local_day(plan.agreed_at)
    held = db.session.scalar(
        select(func.count(PlanReview.id)).where(
            PlanReview.case_id == case.id, PlanReview.held_on >= agreed_on
        )
    )
    return protocol.next_review(agreed_on, held + 1, held_on)
