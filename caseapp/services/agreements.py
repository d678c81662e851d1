"""Agreeing the plan: the person to the whole, each agency to its own part (C5, S2-26). Every agreed version is kept as it
stood (S4-13)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select

from caseapp import clock, dates
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Action, Agency, Event, Goal, PlanAgreement, PlanVersion
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import plan_diff, plan_gate, plan_versions
from caseapp.services import audit, events
from caseapp.services.case_hold import first_name
from caseapp.services.plan_records import (
    consent_of,
    day_within,
    is_withheld,
    last_hand,
    plan_of,
    protocol_of,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ActionStatus, AgreementRoute, Audience, GoalStatus, PlanStatus

KIND = "plan_agreed"


@dataclass(frozen=True)
class Answer:
    """One agency's answer for its own part. `who` is the person who gave it; a disagreement needs a `note`."""

    agency_id: int
    agreed: bool
    route: AgreementRoute
    agreed_on: date | None = None
    who: str = ""
    note: str = ""


@use_case
def propose(case: CaseFile, *, actor: Viewer, at: datetime) -> None:
    """Put the draft before the person and the agencies: each agency that has been asked for something is told, looks at
    its own part and can raise what should be different before anything is agreed (C5, S3-18). Raises RuleBroken when it
    has been put forward already."""
    plan = plan_of(case)
    if plan.status is not PlanStatus.DRAFT:
        raise RuleBroken("The plan has been put forward already.")
    plan.status = PlanStatus.PROPOSED
    db.session.flush()
    event_id = events.happened(
        case,
        "plan_proposed",
        "The plan was put forward, to be agreed",
        actor=actor,
        at=at,
        audience=Audience.ALL,
        tell_case_workers=True,
    )
    for agency in involved(case, clock.local_day(at)):
        workers = events.agency_workers(agency.id) - {actor.user_id}
        events.notify(workers, "plan_proposed", at=at, case_id=case.id, event_id=event_id)
    audit.record(actor, "plan put forward", at=at, case=case)


@use_case
def agree(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    person: dict,
    agencies: list[dict] = (),
    reason: str = "",
    seen: str | None = None,
    version: int | None = None,
) -> int:
    """Record that the person agreed, and what each agency said of its part; keep the plan as it stands as the next
    version. `person`: agreed_on, route, who, note. `agencies`: fields of Answer. `seen` is the fingerprint of what was
    put before them and `version` that of the plan's head: Raises Stale when either is no longer so. Raises RuleBroken
    with what is missing. Goals that pass the SMART check become active; others stay proposed (S3-16). The next review
    is set by the protocol (S3-17). Returns the new version's number."""
    plan = plan_of(case)
    content = plan_versions.snapshot(case, viewer=actor)
    if (version is not None and plan.version != version) or (
        seen and seen != plan_versions.fingerprint(content)
    ):
        by, when = last_hand(Event.case_id == case.id)
        raise Stale({"agreed version": plan.agreed_version}, by=by, at=when, version=plan.version)
    if plan.status is PlanStatus.ENDED:
        raise RuleBroken("This plan has ended.")
    rules = protocol_of(case).plan
    gate = plan_gate.check(content, rules)
    if gate.blocks:
        raise RuleBroken(f"The plan cannot be agreed yet. {'. '.join(fault.text for fault in gate.blocks)}.")
    agreed_on = _said_by_person(person, at)
    answers = [Answer(**answer) for answer in agencies]
    _activate(case, content, rules)
    content = plan_versions.snapshot(case, viewer=actor)
    number = plan.agreed_version + 1
    last = db.session.scalar(
        select(PlanVersion.content).where(PlanVersion.case_id == case.id, PlanVersion.number == number - 1)
    )
    if not reason and last is not None:
        reason = plan_diff.in_one_line(plan_diff.compare(last, content)) or "Agreed again, nothing changed"
    db.session.add(
        PlanVersion(
            case_id=case.id,
            number=number,
            agreed_at=at,
            recorded_by_id=actor.user_id,
            reason=reason[:300],
            content=content,
        )
    )
    db.session.add(
        PlanAgreement(
            case_id=case.id,
            number=number,
            by_person=True,
            agreed_on=agreed_on,
            route=AgreementRoute(person["route"]),
            who=person.get("who") or first_name(case.person_id),
            note=person.get("note", ""),
            recorded_at=at,
            recorded_by_id=actor.user_id,
        )
    )
    due = protocol_of(case).next_review(agreed_on)
    if plan.status is PlanStatus.IN_REVIEW and plan.next_review_on and agreed_on < plan.next_review_on < due:
        due = plan.next_review_on  # an earlier day was settled at the review
    plan.status, plan.agreed_version, plan.agreed_at, plan.next_review_on = PlanStatus.AGREED, number, at, due
    db.session.flush()
    for answer in answers:
        _record(case, number, answer, actor=actor, at=at)
    event_id = events.happened(
        case,
        KIND,
        f"Version {number} of the plan was agreed",
        actor=actor,
        at=at,
        audience=Audience.ALL,
        tell_case_workers=True,
    )
    answered = {answer.agency_id for answer in answers}
    for agency in involved(case, clock.local_day(at)):
        if agency.id not in answered:
            workers = events.agency_workers(agency.id) - {actor.user_id}
            events.notify(workers, KIND, at=at, case_id=case.id, event_id=event_id)
    audit.record(actor, f"plan agreed, version {number}", at=at, case=case)
    return number


@use_case
def record_part(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    agency_id: int,
    agreed: bool,
    route: AgreementRoute,
    agreed_on: date | None = None,
    who: str = "",
    note: str = "",
) -> int:
    """What an agency said of its part in the version that stands, written down for it by those who hold the plan. A later
    answer is added; the earlier one stays. Returns the agreement's id."""
    if not case.sees_all:
        raise NotAllowed
    number = _standing(case)
    answer = Answer(agency_id, agreed, AgreementRoute(route), agreed_on, who, note)
    return _record(case, number, answer, actor=actor, at=at)


@use_case
def agree_part(case: CaseFile, *, actor: Viewer, at: datetime, agreed: bool, note: str = "") -> int:
    """An agency's own answer for its part in the version that stands. Returns the agreement's id."""
    number = _standing(case)
    answer = Answer(actor.agency_id, agreed, AgreementRoute.HERE, clock.local_day(at), actor.name, note)
    return _record(case, number, answer, actor=actor, at=at)


def involved(case: CaseFile, today: date) -> list:
    """Partner agencies that have been asked to do something in this plan and may know of it: rows of id and name."""
    rows = db.session.execute(
        select(Agency.id, Agency.name, Goal.domain)
        .join(Action, Action.owner_agency_id == Agency.id)
        .join(Goal, Goal.id == Action.goal_id)
        .where(
            Action.case_id == case.id,
            Agency.id != case.lead_agency_id,
            Action.status.not_in((ActionStatus.PROPOSED, ActionStatus.CANCELLED, ActionStatus.DECLINED)),
        )
        .order_by(Agency.name)
        .distinct()
    ).all()
    found, grants = {}, {}
    for row in rows:
        if row.id not in grants:
            grants[row.id] = consent_of(case, row.id, today)
        if grants[row.id] and row.id not in found and not is_withheld(grants[row.id], row.domain):
            found[row.id] = row
    return list(found.values())


def _said_by_person(person, at):
    agreed_on = person.get("agreed_on")
    if agreed_on is None:
        raise RuleBroken("Say on which day the person agreed", "agreed_on")
    day_within(agreed_on, at, "agreed_on", "The person must have agreed already")
    if not person.get("route"):
        raise RuleBroken("Say how it was agreed", "route")
    return agreed_on


def _activate(case, content, rules):
    ready = {
        goal["id"]
        for goal in content["goals"]
        if goal["status"] == "proposed" and not plan_gate.what_a_goal_lacks(goal, rules)
    }
    for goal in db.session.scalars(
        select(Goal)
        .where(Goal.case_id == case.id, Goal.id.in_(ready))
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        goal.status = GoalStatus.ACTIVE
    db.session.flush()


def _standing(case):
    number = plan_of(case).agreed_version
    if not number:
        raise RuleBroken("There is no agreed version yet.")
    return number


def _record(case, number, answer, *, actor, at):
    agency = db.session.get(Agency, answer.agency_id)
    has_part = agency and db.session.scalar(
        select(
            exists().where(
                Action.case_id == case.id,
                Action.owner_agency_id == agency.id,
                Action.status != ActionStatus.PROPOSED,
            )
        )
    )
    if not has_part or agency.id == case.lead_agency_id:
        raise RuleBroken("This agency has no part in the plan.", "agency_id")
    if not answer.agreed and not answer.note:
        raise RuleBroken("Say what should be different", "note")
    agreed_on = answer.agreed_on or clock.local_day(at)
    day_within(agreed_on, at, "agreed_on", "It must have been said already")
    row = PlanAgreement(
        case_id=case.id,
        number=number,
        agency_id=agency.id,
        agreed=answer.agreed,
        agreed_on=agreed_on,
        route=answer.route,
        who=answer.who,
        note=answer.note,
        recorded_at=at,
        recorded_by_id=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    verb = "agrees to its part of" if answer.agreed else "does not agree to its part of"
    events.happened(
        case,
        "part_agreed" if answer.agreed else "part_disagreed",
        f"{agency.name} {verb} version {number}, {dates.day(agreed_on)}",
        actor=actor,
        at=at,
        audience=Audience.AGENCY,
        for_agency_id=agency.id,
        change={"note": ["", answer.note]} if answer.note else None,
        tell_case_workers=True,
    )
    audit.record(actor, f"{agency.name} {verb} version {number}", at=at, case=case)
    return row.id
