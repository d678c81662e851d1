"""The door stays open: a closed case goes on as a new episode, without retyping and without old consents (S3-62)."""

from datetime import date, datetime

from sqlalchemy import insert, select, update

from caseapp import clock, protocols
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import CarePlan, Case, CaseAgency, Goal, GoalStep, Need
from caseapp.policy.scopes import CaseFile, find_case_by_id
from caseapp.policy.viewer import Viewer
from caseapp.services import assignments, audit, events
from caseapp.services.case_hold import first_name, hold, live_worker
from caseapp.services.episodes import begin
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Achievement, CaseStatus, GoalStatus

#: What a goal of the earlier episode brings along; its measure, its words and its place, never its end.
GOAL = (
    "number",
    "domain",
    "words",
    "title",
    "measure",
    "smart_specific",
    "smart_measurable",
    "smart_achievable",
    "smart_relevant",
    "smart_timed",
    "priority",
    "made_with_person",
    "made_without_reason",
)
NEED = ("domain", "level", "priority", "situation", "functioning", "words", "wants_help")
AGENCY = ("agency_id", "contact_name", "contact_phone", "does", "known_on")
PLAN = ("strengths", "strengths_around", "contingency", "no_contingency_reason")


@use_case
def reopen(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    reason: str,
    case_manager_id: int | None = None,
    first_contact_on: date | None = None,
) -> CaseFile:
    """Go on with a closed case as a new episode under a new reference, by the protocol in force today.

    Needs, goals that were not reached, strengths, the contingency section and the known agencies are copied; actions
    and consents are not: nobody sees anything before the person has consented anew. Raises RuleBroken while the
    episode is still open, or another one of this person is. Returns the new case."""
    held = hold(case, even_closed=True)
    if held.closed_at is None:
        raise RuleBroken("This case is open: there is nothing to reopen.")
    if not reason:
        raise RuleBroken("Say why the case is reopened", "reason")
    today = clock.local_day(at)
    if first_contact_on is not None and first_contact_on > today:
        raise RuleBroken("This day lies in the future", "first_contact_on")
    if case_manager_id is not None:
        live_worker(case_manager_id, actor.agency_id, field="case_manager_id")
    old = db.session.execute(
        select(Case.intensive_needs, Case.lead_settled, Case.permission_on, Case.line_manager_id).where(
            Case.id == case.id
        )
    ).one()
    try:
        protocol = protocols.get(held.protocol_key)
        key, version = protocol.key, protocol.version
    except LookupError:
        key, version = held.protocol_key, held.protocol_version
    new = begin(
        case.person_id,
        actor=actor,
        at=at,
        status=CaseStatus.ALLOCATION,
        protocol_key=key,
        protocol_version=version,
        line_manager_id=_manager(old.line_manager_id, actor),
        first_contact_on=first_contact_on or today,
        referral_on=None,
        permission_on=None,
        intensive_needs=old.intensive_needs,
        lead_settled=old.lead_settled or f"The same agency as in the case before ({held.reference})",
        commitment_ends_on=protocols.add_months(today, 6),
        previous_case_id=case.id,
    )
    _copy(case.id, new.id, actor, at)
    name = first_name(case.person_id)
    for which, words in (
        (case, "The case was reopened as a new episode"),
        (new, f"{name}’s case was reopened"),
    ):
        events.happened(
            which,
            "case_reopened",
            words,
            actor=actor,
            at=at,
            change={"Why": ["", reason]},
            tell_user_ids=(old.line_manager_id,) if which is new else (),
        )
        audit.record(actor, "case reopened as a new episode", at=at, case=which)
    if case_manager_id is not None:
        assignments.allocate(new, actor=actor, at=at, user_id=case_manager_id)
    return find_case_by_id(actor, new.id)


def _manager(user_id, actor):
    """The manager before, where still there; else whoever reopens."""
    try:
        return live_worker(user_id, actor.agency_id, field="line_manager_id", manager=True).id
    except RuleBroken:
        return live_worker(actor.user_id, actor.agency_id, field="line_manager_id", manager=True).id


def _copy(old, new, actor, at):
    plan = CarePlan.__table__
    row = (
        db.session.execute(select(*(plan.c[name] for name in PLAN)).where(plan.c.case_id == old))
        .mappings()
        .first()
    )
    if row:
        db.session.execute(update(plan).where(plan.c.case_id == new).values(**row))
    by = {"changed_at": at, "changed_by_id": actor.user_id}
    _copy_rows(Need, NEED, Need.case_id == old, {"case_id": new, "version": 1, **by})
    open_agencies = (CaseAgency.case_id == old) & CaseAgency.ended_at.is_(None)
    _copy_rows(CaseAgency, AGENCY, open_agencies, {"case_id": new, "version": 1})
    made = {"case_id": new, "version": 1, "created_at": at, "created_by_id": actor.user_id}
    fresh = {
        "status": GoalStatus.PROPOSED,
        "achievement": Achievement.IN_PROGRESS,
        "person_agreed_to_drop": False,
        "ended_reason": "",
    }
    unfinished = (Goal.case_id == old) & Goal.status.in_(
        (GoalStatus.PROPOSED, GoalStatus.ACTIVE, GoalStatus.ON_HOLD)
    )
    goals = _copy_rows(Goal, GOAL, unfinished, made | fresh)
    for old_goal, new_goal in goals.items():
        steps = (GoalStep.goal_id == old_goal) & GoalStep.done_on.is_(None)
        _copy_rows(GoalStep, ("position", "text"), steps, {"goal_id": new_goal})


def _copy_rows(model, names, which, others):
    """Insert copies of the rows that `which` selects; returns old id → new id."""
    table = model.__table__
    rows = (
        db.session.execute(select(table.c.id, *(table.c[name] for name in names)).where(which))
        .mappings()
        .all()
    )
    ids = {row["id"]: new_id() for row in rows}
    if rows:
        db.session.execute(
            insert(table),
            [{name: row[name] for name in names} | others | {"id": ids[row["id"]]} for row in rows],
        )
    return ids
