"""Named denial (X-8): a member of staff who may not know of a person, whatever else would show them.

Who answers for a case records it on the case, for somebody of the lead agency or of an agency on the case. A line manager
or administrator records it for their own staff by the reference alone, without reading anything: what they read back is
the same whether such a case exists or not. Whoever is shut out is told nothing by the system."""

from datetime import datetime

from sqlalchemy import select, update

from caseapp import references
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    AccessDenial,
    AccessDenialStep,
    Action,
    Case,
    CaseAgency,
    CaseAssignment,
    ConsentGrant,
    PlanReview,
    User,
)
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import assignments, audit, events, last_hand, shut_out
from caseapp.services.agency_staff import managers
from caseapp.services.case_hold import hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import OPEN_ACTIONS, AssignmentRole, DenialAct, DenialGround

KIND = "denial"
#: A reason needs this many characters: it must still be understood at the next review.
REASON_LEAST = 10


@use_case
def deny(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    user_id: int | None,
    ground: DenialGround,
    reason: str,
    instead_id: int | None = None,
) -> int:
    """Shut somebody out of everything about the person of this case, from the next request on. Whoever works on it now
    hands that over first; for the case's line manager `instead_id` names another, where the agency has one. Actions that
    name them stay with their agency, without a name. Returns the denial's id."""
    if not rules.may(actor, Do.DENY_ACCESS, case):
        raise NotAllowed
    held = hold(case, even_closed=True)
    who = _member(user_id)
    if who is None or who.agency_id not in agencies_on(case):
        raise RuleBroken("Choose somebody of your agency, or of an agency on this case", "user_id")
    _check_reason(reason)
    if who.id in shut_out.of_person(case.person_id):
        raise RuleBroken(f"{who.name} is shut out already", "user_id")
    role = _role_of(who.id, case.person_id)
    if role is not None:
        raise RuleBroken(
            f"{who.name} is {role.label.lower()} now. First name somebody else, or end that part, then record this",
            "user_id",
        )
    if held.closed_at is None and held.line_manager_id == who.id:
        _another_line_manager(case, held, who, instead_id, actor, at)
    _take_names_off(who.id, case.person_id, actor, at)
    denial = _write(who, case.person_id, "", ground, reason, actor, at)
    audit.record(
        actor, "named denial: recorded", at=at, case=case, about_id=who.id, detail={"denial": denial}
    )
    _tell(case.id, held.line_manager_id, {actor.user_id, who.id}, at)
    return denial


@use_case
def deny_by_reference(
    *, actor: Viewer, at: datetime, user_id: int | None, reference: str, ground: DenialGround, reason: str
) -> int:
    """Shut one of the own staff out of a case that one need not see, by its reference. Kept, and shown, in the same way
    where no case has it. Returns the denial's id."""
    if not rules.may(actor, Do.KEEP_DENIALS):
        raise NotAllowed
    who = _member(user_id)
    if who is None or who.agency_id != actor.agency_id:
        raise RuleBroken("Choose somebody of your agency", "user_id")
    known = references.parse(reference or "")
    if known is None:
        raise RuleBroken(
            "This is no reference: it has eight digits, of which the last two check the rest", "reference"
        )
    _check_reason(reason)
    row = db.session.execute(
        select(Case.id, Case.person_id, Case.lead_agency_id, Case.line_manager_id)
        .where(Case.reference == known)
        .with_for_update()
    ).first()
    if row is not None and _role_of(who.id, row.person_id) is not None:
        raise RuleBroken(
            f"{who.name} works on a case with this reference. Ask their line manager to name somebody else first",
            "reference",
        )
    person_id = row.person_id if row is not None else None
    denial = _write(who, person_id, known, ground, reason, actor, at)
    audit.record(
        actor,
        "named denial: recorded by reference",
        at=at,
        case_id=row.id if row is not None else None,
        person_id=person_id,
        about_id=who.id,
        detail={"denial": denial},
    )
    if row is not None:
        _take_names_off(who.id, person_id, actor, at)
        _tell(row.id, row.line_manager_id, {actor.user_id, who.id}, at)
    return denial


@use_case
def keep(case: CaseFile, denial_id: int, *, actor: Viewer, at: datetime, text: str = "") -> int:
    """Looked at again, as at each review of the plan: it is still needed. Returns the denial's id."""
    if not rules.may(actor, Do.DENY_ACCESS, case):
        raise NotAllowed
    row = _of_case(case, denial_id)
    if row.ended_at is not None:
        raise RuleBroken("It has ended already")
    row.looked_at = at
    _step(row.id, DenialAct.KEPT, text, actor, at)
    audit.record(actor, "named denial: still needed", at=at, case=case, about_id=row.user_id)
    return row.id


@use_case
def end(
    case: CaseFile, denial_id: int, *, actor: Viewer, at: datetime, reason: str, version: int | None = None
) -> int:
    """Let somebody in again as far as consent and roles do. One that another agency recorded about its own staff is for
    that agency to end. Returns the denial's id."""
    if not rules.may(actor, Do.DENY_ACCESS, case):
        raise NotAllowed
    row = _of_case(case, denial_id)
    if not ends_here(row.agency_id, row.set_by_agency_id, actor):
        raise RuleBroken("Their own agency recorded this about its own staff, so it ends it too")
    _end(row, actor, at, reason, version)
    audit.record(actor, "named denial: ended", at=at, case=case, about_id=row.user_id)
    return row.id


@use_case
def end_own(denial_id: int, *, actor: Viewer, at: datetime, reason: str, version: int | None = None) -> int:
    """The own agency ends one that it recorded by reference about its own staff. Nobody ends their own. Returns the
    denial's id."""
    if not rules.may(actor, Do.KEEP_DENIALS):
        raise NotAllowed
    row = _hold(denial_id)
    own = row is not None and row.set_by_agency_id == actor.agency_id and row.reference
    if not own or row.user_id == actor.user_id:
        raise NotVisible
    if row.person_id is not None and actor.user_id in shut_out.of_person(row.person_id):
        raise NotVisible
    _end(row, actor, at, reason, version)
    audit.record(
        actor, "named denial: ended by reference", at=at, person_id=row.person_id, about_id=row.user_id
    )
    return row.id


def ask_again(case: CaseFile, *, actor: Viewer, at: datetime) -> None:
    """A review of the plan was recorded: whoever answers for the case looks again at who is shut out."""
    if shut_out.of_person(case.person_id):
        events.notify(
            events.case_workers(case.id),
            KIND,
            at=at,
            plain="The plan was reviewed: look again at who may not know of the case",
            case_id=case.id,
        )


def ends_here(agency_id: int, set_by_agency_id: int, actor: Viewer) -> bool:
    """Whether who answers for the case may end it: not what another agency recorded about its own staff."""
    return set_by_agency_id == actor.agency_id or agency_id != set_by_agency_id


def agencies_on(case: CaseFile) -> set[int]:
    """The lead agency, those known on the case, and those that ever had consent."""
    found = set(db.session.scalars(select(CaseAgency.agency_id).where(CaseAgency.case_id == case.id)))
    found |= set(db.session.scalars(select(ConsentGrant.agency_id).where(ConsentGrant.case_id == case.id)))
    return found | {case.lead_agency_id}


def last_review(case: CaseFile) -> datetime | None:
    """When the plan was last reviewed."""
    return db.session.scalar(
        select(PlanReview.recorded_at)
        .where(PlanReview.case_id == case.id)
        .order_by(PlanReview.recorded_at.desc())
        .limit(1)
    )


def _member(user_id):
    return db.session.execute(
        select(User.id, User.agency_id, User.name).where(User.id == user_id, User.disabled_at.is_(None))
    ).first()


def _check_reason(reason):
    if len(reason or "") < REASON_LEAST:
        raise RuleBroken(f"Say why, in at least {REASON_LEAST} characters", "reason")


def _role_of(user_id, person_id) -> AssignmentRole | None:
    """What this worker is now on a case of the person; the case is held, so nobody becomes it meanwhile."""
    return db.session.scalar(
        select(CaseAssignment.role)
        .join(Case, Case.id == CaseAssignment.case_id)
        .where(CaseAssignment.user_id == user_id, CaseAssignment.to_at.is_(None), Case.person_id == person_id)
        .limit(1)
    )


def _another_line_manager(case, held, who, instead_id, actor, at):
    """The case needs a line manager who may know of it, where the agency has another."""
    others = managers(held.lead_agency_id) - {who.id} - shut_out.of_person(case.person_id)
    if instead_id is None and others:
        raise RuleBroken(
            f"{who.name} is the line manager of this case. Choose who is it instead", "instead_id"
        )
    if instead_id is not None:
        if instead_id not in others:
            raise RuleBroken("Choose another line manager of your agency", "instead_id")
        assignments.set_line_manager(case, actor=actor, at=at, user_id=instead_id)


def _take_names_off(user_id, person_id, actor, at):
    """Open actions that name this worker stay with the agency, for somebody else to take."""
    table = Action.__table__
    of_person = select(Case.id).where(Case.person_id == person_id)
    db.session.execute(
        update(table)
        .where(
            table.c.case_id.in_(of_person),
            table.c.owner_user_id == user_id,
            table.c.status.in_(OPEN_ACTIONS),
        )
        .values(owner_user_id=None, changed_at=at, changed_by_id=actor.user_id, version=table.c.version + 1)
    )


def _write(who, person_id, reference, ground, reason, actor, at) -> int:
    row = AccessDenial(
        id=new_id(),
        user_id=who.id,
        agency_id=who.agency_id,
        person_id=person_id,
        reference=reference,
        ground=DenialGround(ground),
        reason=reason,
        set_at=at,
        set_by_id=actor.user_id,
        set_by_agency_id=actor.agency_id,
        looked_at=at,
    )
    db.session.add(row)
    db.session.flush()
    _step(row.id, DenialAct.SET, reason, actor, at)
    return row.id


def _hold(denial_id):
    return db.session.scalar(
        select(AccessDenial)
        .where(AccessDenial.id == denial_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _of_case(case, denial_id):
    row = _hold(denial_id)
    if row is None or row.person_id != case.person_id:
        raise NotVisible
    return row


def _end(row, actor, at, reason, version):
    if version is not None and row.version != version:
        hand = last_hand.by_step(
            AccessDenialStep, AccessDenialStep.user_id, AccessDenialStep.denial_id == row.id, actor=actor
        )
        raise Stale({}, **hand, version=row.version)
    if row.ended_at is not None:
        raise RuleBroken("It has ended already")
    _check_reason(reason)
    row.ended_at, row.ended_by_id = at, actor.user_id
    _step(row.id, DenialAct.ENDED, reason, actor, at)


def _step(denial_id, act, text, actor, at):
    db.session.add(AccessDenialStep(denial_id=denial_id, at=at, user_id=actor.user_id, act=act, text=text))
    db.session.flush()


def _tell(case_id, line_manager_id, but, at):
    """Those who answer for the case, never who is shut out."""
    events.notify(
        (events.case_workers(case_id) | {line_manager_id}) - but - shut_out.of_case(case_id),
        KIND,
        at=at,
        plain="It was recorded that somebody may not know of a case. Who and why stands under “Who works on it”",
        case_id=case_id,
    )
