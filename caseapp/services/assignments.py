"""Who works on a case: case manager, key workers, line manager; dated, never overwritten (S2-2, S3-23, S4-6)."""

from datetime import date, datetime

from sqlalchemy import func, insert, select, update

from caseapp import clock, protocols
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Case, CaseAssignment, ConsentGrant, Event, User
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events, shut_out
from caseapp.services.case_hold import first_name, hold, live_worker
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AssignmentRole, Audience, CaseStatus

_CASE = Case.__table__
_TABLE = CaseAssignment.__table__

#: States in which a case has no case manager yet; naming one ends them.
BEFORE_CASE_MANAGEMENT = frozenset(
    {CaseStatus.ENQUIRY, CaseStatus.INITIAL_ASSESSMENT, CaseStatus.ALLOCATION, CaseStatus.KEY_WORKING}
)


@use_case
def allocate(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    user_id: int,
    reason: str = "",
    seen: int | None = None,
    person_told_on: date | None = None,
) -> int:
    """Name the case manager. The one before stays responsible until this very moment: both ends are one transaction,
    so there is never none and never two (S3-23, S3-51).

    `seen` is the id of the assignment that the form showed (0: none), or None where nothing was shown; if another
    stands by now, raises Stale. Raises RuleBroken for a worker who is not of this agency or whose account is off, for
    a change without a reason, and for a first case manager before the checks are recorded (S2-3). Returns the
    assignment's id."""
    held = hold(case)
    now = _case_manager(case.id)
    if seen is not None and seen != (now.id if now else 0):
        raise Stale(
            {"user_id": now.name if now else "nobody"}, by=now.given_by if now else "", at=now and now.from_at
        )
    worker = live_worker(user_id, held.lead_agency_id, field="user_id")
    shut_out.refuse(worker.id, case.person_id, "user_id")
    if now is not None and now.user_id == worker.id:
        raise RuleBroken(f"{worker.name} is the case manager already", "user_id")
    if now is not None and not reason:
        raise RuleBroken("Say why the case manager changes", "reason")
    if now is None and not held.lead_settled:
        raise RuleBroken(
            "First record, under “How it began”, whether somebody else works with this person as case manager or "
            "key worker, and the permission that was obtained to ask",
            "user_id",
        )
    _check_told(person_told_on, at)
    if now is not None:
        _end(now.id, at)
    was_key_worker = db.session.scalar(
        select(_TABLE.c.id).where(*_open(case.id, AssignmentRole.KEY_WORKER), _TABLE.c.user_id == worker.id)
    )
    if was_key_worker:
        _end(was_key_worker, at)
    assignment = _begin(case.id, worker.id, AssignmentRole.CASE_MANAGER, actor, at, reason, person_told_on)
    if held.status in BEFORE_CASE_MANAGEMENT:
        _set_status(case.id, CaseStatus.CASE_MANAGED)
    events.happened(
        case,
        "case_manager",
        f"{worker.name} is the {'new ' if now else ''}case manager",
        actor=actor,
        at=at,
        audience=Audience.ALL,
        change={"Case manager": [now.name if now else "", worker.name]},
        tell_case_workers=True,
        tell_user_ids=(*([now.user_id] if now else []), *_partners(case.id, at)),
    )
    audit.record(actor, f"case manager: {worker.name}", at=at, case=case)
    return assignment


@use_case
def add_key_worker(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    user_id: int,
    reason: str = "",
    person_told_on: date | None = None,
) -> int:
    """Name a key worker. Where the protocol knows one for each service (S3-9), a second is refused until the first is
    ended. Returns the assignment's id."""
    held = hold(case)
    worker = live_worker(user_id, held.lead_agency_id, field="user_id")
    shut_out.refuse(worker.id, case.person_id, "user_id")
    standing = db.session.execute(
        select(_TABLE.c.user_id, User.name)
        .join(User, User.id == _TABLE.c.user_id)
        .where(*_open(case.id, AssignmentRole.KEY_WORKER))
    ).all()
    if any(row.user_id == worker.id for row in standing):
        raise RuleBroken(f"{worker.name} is key worker already", "user_id")
    if standing and _one_key_worker(held):
        raise RuleBroken(
            f"{standing[0].name} is key worker. There is one for each service: end that first, then name the next",
            "user_id",
        )
    now = _case_manager(case.id)
    if now is not None and now.user_id == worker.id:
        raise RuleBroken(f"{worker.name} is the case manager, who does key work too", "user_id")
    _check_told(person_told_on, at)
    assignment = _begin(case.id, worker.id, AssignmentRole.KEY_WORKER, actor, at, reason, person_told_on)
    if held.status in BEFORE_CASE_MANAGEMENT:
        _set_status(case.id, CaseStatus.KEY_WORKING)
    events.happened(
        case, "key_worker", f"{worker.name} is key worker", actor=actor, at=at, tell_case_workers=True
    )
    audit.record(actor, f"key worker: {worker.name}", at=at, case=case)
    return assignment


@use_case
def end(case: CaseFile, *, actor: Viewer, at: datetime, assignment_id: int, reason: str = "") -> None:
    """End a key worker's part. A case manager's part ends only when the next one begins or the case closes (S3-51).
    Ending what has ended already changes nothing."""
    held = hold(case)
    row = _assignment(case.id, assignment_id)
    if row.to_at is not None:
        return
    if row.role == AssignmentRole.CASE_MANAGER:
        raise RuleBroken("A case is never without its case manager: name the next one instead")
    if not reason:
        raise RuleBroken("Say why the key worker’s part ends", "reason")
    _end(row.id, at)
    if held.status == CaseStatus.KEY_WORKING and not db.session.scalar(
        select(func.count()).select_from(_TABLE).where(_TABLE.c.case_id == case.id, _TABLE.c.to_at.is_(None))
    ):
        _set_status(case.id, CaseStatus.ALLOCATION)
    events.happened(
        case,
        "key_worker_ended",
        f"{row.name} is no longer key worker",
        actor=actor,
        at=at,
        change={"Why": ["", reason]},
        tell_case_workers=True,
        tell_user_ids=(row.user_id,),
    )
    audit.record(actor, f"key worker ended: {row.name}", at=at, case=case)


@use_case
def end_all(case: CaseFile, *, actor: Viewer, at: datetime) -> set[int]:
    """When a case closes, everybody's part in it ends. Returns who they were."""
    workers = events.case_workers(case.id)
    db.session.execute(
        update(_TABLE).where(_TABLE.c.case_id == case.id, _TABLE.c.to_at.is_(None)).values(to_at=at)
    )
    return workers


@use_case
def set_line_manager(case: CaseFile, *, actor: Viewer, at: datetime, user_id: int) -> None:
    """Name the manager who helps with impediments (S3-21)."""
    held = hold(case)
    manager = live_worker(user_id, held.lead_agency_id, field="user_id", manager=True)
    if manager.id == held.line_manager_id:
        return
    shut_out.refuse(manager.id, case.person_id, "user_id")
    was = db.session.scalar(select(User.name).where(User.id == held.line_manager_id))
    db.session.execute(update(_CASE).where(_CASE.c.id == case.id).values(line_manager_id=manager.id))
    events.happened(
        case,
        "line_manager",
        f"{manager.name} is the line manager of this case",
        actor=actor,
        at=at,
        change={"Line manager": [was, manager.name]},
        tell_case_workers=True,
        tell_user_ids=(manager.id,),
    )
    audit.record(actor, f"line manager: {manager.name}", at=at, case=case)


@use_case
def person_told(case: CaseFile, *, actor: Viewer, at: datetime, assignment_id: int, on: date | None) -> None:
    """Record the day on which the person was told who works with them now (S2-49)."""
    hold(case)
    row = _assignment(case.id, assignment_id)
    if on is None:
        raise RuleBroken(f"Say on which day {first_name(case.person_id)} was told", "on")
    _check_told(on, at, field="on")
    db.session.execute(update(_TABLE).where(_TABLE.c.id == row.id).values(person_told_on=on))
    events.happened(
        case,
        "person_told",
        f"{first_name(case.person_id)} was told that {row.name} is {row.role.label.lower()}",
        actor=actor,
        at=at,
    )
    audit.record(actor, f"person told of {row.role.label.lower()}", at=at, case=case)


ASKED, AGREED, DECLINED = "worker_change_asked", "worker_change_agreed", "worker_change_declined"


@use_case
def ask_for_change(case: CaseFile, *, actor: Viewer, at: datetime, words: str) -> int:
    """The person asks for another worker; the line manager decides. No other agency ever sees it (S3-29)."""
    held = hold(case)
    if not words:
        raise RuleBroken("Write down what was asked", "words")
    if _change_asked(case.id):
        raise RuleBroken("This was asked already and waits for the line manager", "words")
    event = events.happened(
        case,
        ASKED,
        f"{first_name(case.person_id)} asked for another worker",
        actor=actor,
        at=at,
        change={"What was asked": ["", words]},
        tell_user_ids=(held.line_manager_id,),
    )
    audit.record(actor, "asked for another worker", at=at, case=case)
    return event


@use_case
def decide_change(case: CaseFile, *, actor: Viewer, at: datetime, agreed: bool, reason: str = "") -> int:
    """The line manager's answer to a request for another worker, with its reason (C13, X-12)."""
    hold(case)
    if not _change_asked(case.id):
        raise RuleBroken("No such request waits any more. Load the page again to see the answer.")
    if not reason:
        raise RuleBroken("Say what you decided and why", "reason")
    event = events.happened(
        case,
        AGREED if agreed else DECLINED,
        f"The request for another worker was {'agreed' if agreed else 'declined'}",
        actor=actor,
        at=at,
        change={"Why": ["", reason]},
        tell_case_workers=True,
    )
    audit.record(actor, "another worker: decided", at=at, case=case)
    return event


def _change_asked(case_id):
    last = db.session.scalar(
        select(Event.kind)
        .join(Case, Case.id == Event.case_id)
        .where(
            Event.case_id == case_id,
            Event.kind.in_((ASKED, AGREED, DECLINED)),
            # what was asked of the agency that led before was asked of that one
            Case.lead_since.is_(None) | (Event.at >= Case.lead_since),
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    )
    return last == ASKED


def _open(case_id, role):
    return (_TABLE.c.case_id == case_id, _TABLE.c.role == role, _TABLE.c.to_at.is_(None))


def _case_manager(case_id):
    giver = User.__table__.alias("giver")
    return db.session.execute(
        select(_TABLE.c.id, _TABLE.c.user_id, _TABLE.c.from_at, User.name, giver.c.name.label("given_by"))
        .join(User, User.id == _TABLE.c.user_id)
        .join(giver, giver.c.id == _TABLE.c.given_by_id)
        .where(*_open(case_id, AssignmentRole.CASE_MANAGER))
    ).first()


def _assignment(case_id, assignment_id):
    row = db.session.execute(
        select(
            CaseAssignment.id, CaseAssignment.user_id, CaseAssignment.role, CaseAssignment.to_at, User.name
        )
        .join(User, User.id == CaseAssignment.user_id)
        .where(CaseAssignment.id == assignment_id, CaseAssignment.case_id == case_id)
    ).first()
    if row is None:
        raise NotVisible
    return row


def _begin(case_id, user_id, role, actor, at, reason, told_on):
    assignment = new_id()
    db.session.execute(
        insert(_TABLE).values(
            id=assignment,
            case_id=case_id,
            user_id=user_id,
            role=role,
            from_at=at,
            given_by_id=actor.user_id,
            reason=reason,
            person_told_on=told_on,
        )
    )
    return assignment


def _end(assignment_id, at):
    db.session.execute(update(_TABLE).where(_TABLE.c.id == assignment_id).values(to_at=at))


def _set_status(case_id, status):
    db.session.execute(update(_CASE).where(_CASE.c.id == case_id).values(status=status))


def _check_told(day, at, field="person_told_on"):
    if day is not None and day > clock.local_day(at):
        raise RuleBroken("This day lies in the future", field)


def _one_key_worker(held):
    try:
        protocol = protocols.get(held.protocol_key, held.protocol_version)
    except LookupError:
        return False
    return any(
        role.key == AssignmentRole.KEY_WORKER and role.holders == "one_per_agency" for role in protocol.roles
    )


def _partners(case_id, at):
    """Workers of the agencies that share the plan today: they must know whom to call."""
    agencies = db.session.scalars(
        select(ConsentGrant.agency_id).where(
            ConsentGrant.case_id == case_id, scopes.in_force(today=clock.local_day(at))
        )
    )
    return [user for agency in agencies for user in events.agency_workers(agency)]
