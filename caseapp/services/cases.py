"""Opening a case, its dates, and whether contact holds (C2, S2-1, S2-3, S2-7, S3-19). Closing: services.closing."""

from datetime import date, datetime

from sqlalchemy import select, update

from caseapp import clock, protocols
from caseapp.dates import day as day_in_words
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Case, CaseAssignment, Transfer, User
from caseapp.policy.scopes import CaseFile, PersonFile, find_case_by_id
from caseapp.policy.viewer import Viewer
from caseapp.services import assignments, audit, events, last_hand
from caseapp.services.case_hold import first_name, hold, live_worker
from caseapp.services.closing import close
from caseapp.services.episodes import begin
from caseapp.services.reopening import reopen
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AssignmentRole, CaseStatus, Role

__all__ = ["CALLED", "close", "contact", "edit", "open_case", "reopen"]

_TABLE = Case.__table__


@use_case
def open_case(
    person: PersonFile,
    *,
    actor: Viewer,
    at: datetime,
    protocol_key: str,
    case_manager_id: int | None = None,
    key_worker_id: int | None = None,
    line_manager_id: int | None = None,
    intensive_needs: str = "",
    first_contact_on: date | None = None,
    referral_on: date | None = None,
    checks_made: str = "",
    choice: str = "",
    permission_on: date | None = None,
    commitment_ends_on: date | None = None,
    person_told_on: date | None = None,
    taken_over: str = "",
) -> CaseFile:
    """Open a case for a person, led by the actor's agency, with an empty plan beside it.

    With a case manager it opens as case managed, which needs complex and long-term needs (`intensive_needs`, S0-1),
    the checks made and the permission that came first (S2-3), and the person's choice of lead agency (S2-7); with a
    key worker only, as key working; with neither it waits for allocation. A worker opens with themself, a line manager
    with anybody of the agency. `taken_over` says where a case comes from that was opened before this system (a
    caseload sheet); those checks are then not asked for. The commitment ends six months later unless given (S3-19).

    Raises RuleBroken, naming the field; and where the person has an open case already. Returns the case as the actor
    sees it."""
    protocol = _protocol(protocol_key)
    if case_manager_id and key_worker_id:
        raise RuleBroken(
            "Choose a case manager or a key worker; the other can be named afterwards", "worker_id"
        )
    worker_id = case_manager_id or key_worker_id
    if worker_id is not None and worker_id != actor.user_id and not actor.manages:
        raise RuleBroken(
            "Your line manager names somebody else. Open it with yourself, or let it wait", "worker_id"
        )
    if worker_id is not None:
        live_worker(worker_id, actor.agency_id, field="worker_id")
    if case_manager_id and not taken_over:
        _check_first_steps(person, intensive_needs, checks_made, choice, permission_on)
    today = clock.local_day(at)
    _check_past(at, first_contact_on=first_contact_on, referral_on=referral_on, permission_on=permission_on)
    manager = live_worker(
        line_manager_id or _default_manager(actor), actor.agency_id, field="line_manager_id", manager=True
    )
    case = begin(
        person.id,
        actor=actor,
        at=at,
        protocol_key=protocol.key,
        protocol_version=protocol.version,
        line_manager_id=manager.id,
        status=CaseStatus.ALLOCATION,
        first_contact_on=first_contact_on,
        referral_on=referral_on,
        permission_on=permission_on,
        intensive_needs=intensive_needs,
        lead_settled=taken_over or _settled(checks_made, choice),
        commitment_ends_on=commitment_ends_on or protocols.add_months(today, 6),
    )
    events.happened(
        case,
        "case_opened",
        f"Case opened for {first_name(person.id)}",
        actor=actor,
        at=at,
        tell_user_ids=(manager.id,),
    )
    audit.record(actor, "case opened", at=at, case=case)
    if case_manager_id:
        assignments.allocate(case, actor=actor, at=at, user_id=case_manager_id, person_told_on=person_told_on)
    elif key_worker_id:
        assignments.add_key_worker(
            case, actor=actor, at=at, user_id=key_worker_id, person_told_on=person_told_on
        )
    return find_case_by_id(actor, case.id)


@use_case
def edit(case: CaseFile, *, actor: Viewer, at: datetime, version: int | None, **values) -> None:
    """Change how and when it began: first_contact_on, referral_on, permission_on, commitment_ends_on, support_due_on,
    support_due_reason, intensive_needs, lead_settled. Raises Stale if somebody saved since `version`."""
    hold(case)
    row = db.session.get(Case, case.id, populate_existing=True)
    if version is not None and version != row.version:
        hand = last_hand.by_record(
            *("case details changed", "contact lost", "contact regained", "taken over from"),
            actor=actor,
            person_id=case.person_id,
            case_id=case.id,
        )
        raise Stale({name: getattr(row, name) for name in CALLED}, **hand, version=row.version)
    _check_past(
        at, **{name: values.get(name) for name in ("first_contact_on", "referral_on", "permission_on")}
    )
    if values.get("support_due_on") and not values.get("support_due_reason"):
        raise RuleBroken("Say from which need or risk this day follows", "support_due_reason")
    change = {}
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            change[CALLED[name]] = [_said(before), _said(value)]
            setattr(row, name, value)
    if change:
        db.session.flush()
        events.happened(
            case,
            "case_edited",
            "How the case began was changed",
            actor=actor,
            at=at,
            change=change,
            tell_case_workers=True,
        )
        audit.record(actor, "case details changed", at=at, case=case)


CALLED = {
    "first_contact_on": "First contact",
    "referral_on": "Referral",
    "permission_on": "Permission to ask",
    "commitment_ends_on": "Promise until",
    "support_due_on": "Support due",
    "support_due_reason": "Why then",
    "intensive_needs": "Needs",
    "lead_settled": "How the lead was settled",
}


@use_case
def contact(case: CaseFile, *, actor: Viewer, at: datetime, lost: bool, how: str) -> None:
    """Contact was lost, or the person is back; a case is never closed by itself (C2, S3-57)."""
    held = hold(case)
    if lost == (held.status == CaseStatus.CONTACT_LOST):
        return
    if not how:
        raise RuleBroken(
            "Say when contact was lost and what you tried" if lost else "Say how they came back", "how"
        )
    working = {CaseStatus.CASE_MANAGED, CaseStatus.KEY_WORKING, CaseStatus.TRANSFER_PENDING}
    if lost and held.status not in working:
        raise RuleBroken("Contact can be lost only once somebody works with the person", "how")
    status = CaseStatus.CONTACT_LOST if lost else _status_by_workers(case.id)
    db.session.execute(update(_TABLE).where(_TABLE.c.id == case.id).values(status=status))
    name = first_name(case.person_id)
    events.happened(
        case,
        "contact_lost" if lost else "contact_back",
        f"Contact with {name} was lost" if lost else f"{name} is back in contact",
        actor=actor,
        at=at,
        change={"What happened": ["", how]},
        tell_case_workers=True,
        tell_user_ids=(held.line_manager_id,),
    )
    audit.record(actor, "contact lost" if lost else "contact regained", at=at, case=case)


def _status_by_workers(case_id):
    under_way = select(Transfer.id).where(Transfer.case_id == case_id, Transfer.ended_at.is_(None))
    if db.session.scalar(under_way) is not None:
        return CaseStatus.TRANSFER_PENDING
    roles = set(
        db.session.scalars(
            select(CaseAssignment.role).where(
                CaseAssignment.case_id == case_id, CaseAssignment.to_at.is_(None)
            )
        )
    )
    if AssignmentRole.CASE_MANAGER in roles:
        return CaseStatus.CASE_MANAGED
    return CaseStatus.KEY_WORKING if roles else CaseStatus.ALLOCATION


def _protocol(key):
    try:
        return protocols.get(key)
    except LookupError:
        raise RuleBroken("Choose the procedure that this case follows", "protocol_key") from None


def _check_first_steps(person, intensive_needs, checks_made, choice, permission_on):
    if not intensive_needs:
        raise RuleBroken(
            "Say which complex and long-term needs there are. Without them the case opens as key working",
            "intensive_needs",
        )
    if permission_on is None:
        raise RuleBroken(f"Say when {person.name} permitted you to ask: that comes first", "permission_on")
    if not checks_made:
        raise RuleBroken(
            "Say where you asked for a case manager or key worker, and what you heard", "checks_made"
        )
    if not choice:
        raise RuleBroken("Say which agencies were explained, and what was chosen", "choice")


def _check_past(at, **days):
    for name, value in days.items():
        if value is not None and value > clock.local_day(at):
            raise RuleBroken("This day lies in the future", name)


def _settled(checks_made, choice):
    parts = (("Checked", checks_made), ("The person’s choice", choice))
    return "\n".join(f"{what}: {text}" for what, text in parts if text)


def _default_manager(actor):
    if actor.manages:
        return actor.user_id
    own = db.session.scalar(select(User.line_manager_id).where(User.id == actor.user_id))
    return own or db.session.scalar(
        select(User.id)
        .where(
            User.agency_id == actor.agency_id,
            User.disabled_at.is_(None),
            User.roles.op("&")(int(Role.LINE_MANAGER)) != 0,
        )
        .order_by(User.name)
        .limit(1)
    )


def _said(value):
    return day_in_words(value) if isinstance(value, date) else value or ""
