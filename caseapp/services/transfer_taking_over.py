"""The case goes over: lead agency, case manager and line manager change in one transaction and in no other (C10, S3-51).

Whoever led answers for it until that very moment, whoever leads now from that moment on; there is no time in which nobody
does, and none in which two do."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select, update

from caseapp import clock, dates, protocols
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseAgency,
    CaseAssignment,
    CaseNote,
    CaseNoteShare,
    ConsentGrant,
    TransferHandover,
)
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.transfers import TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.services import (
    consent,
    consent_effects,
    events,
    restricted,
    retention,
    shut_out,
    subject_requests,
    transfer_consent,
    transfer_records,
)
from caseapp.services.case_hold import first_name, hold, live_worker
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    ActionStatus,
    AssignmentRole,
    Audience,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    TransferAct,
    TransferKeeps,
    TransferStage,
)

_CASE = Case.__table__
_ACTION = Action.__table__
#: The promise of the agency that leads (S3-19).
COMMITMENT = 6


@dataclass(frozen=True, slots=True)
class _Case:
    """The case as the agency that leads from now on has it, for what is written about it."""

    id: int
    reference: str
    person_id: int
    lead_agency_id: int
    ground: str = "lead agency"
    grant_id: int | None = None


@use_case
def take_over(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    case_manager_id: int | None,
    line_manager_id: int | None = None,
    person_told_on: date | None = None,
    version: int | None = None,
) -> int:
    """The receiving line manager takes the case over: their agency leads, `case_manager_id` is case manager and
    `line_manager_id` (themself, unless given) line manager from this moment. The promise of six months begins anew
    (S3-19), all workers of the agency that led end with it, named readers of the restricted section too. The agencies
    of the plan are told whom to call; the person is told on `person_told_on`, or it stands open until it is recorded
    (S2-49). The agency that led keeps what the person's consent leaves it, and actions that were its own pass to the
    new lead agency where that is nothing.

    Raises RuleBroken unless it was handed over, looked through and the consent is in force; for a worker of another
    agency, one whose account is off, or one who may not know of the person (X-8). Returns the case's id."""
    row = transfer_records.take(file, Do.TAKE_TRANSFER, actor=actor, version=version)
    transfer_records.must_stand_at(
        row, TransferStage.HANDED_OVER, say="It is not handed over yet: the other agency still answers for it"
    )
    held = hold(file.subject)
    form = db.session.execute(
        select(TransferHandover.reviewed_at, TransferHandover.notes_from).where(
            TransferHandover.transfer_id == row.id, TransferHandover.superseded_at.is_(None)
        )
    ).one()
    if form.reviewed_at is None:
        raise RuleBroken("The line manager of the agency that hands over has not looked through it yet")
    transfer_consent.must_hold(row, file, at)
    worker = live_worker(case_manager_id, actor.agency_id, field="case_manager_id")
    shut_out.refuse(worker.id, file.person_id, "case_manager_id")
    manager = live_worker(
        line_manager_id or actor.user_id, actor.agency_id, field="line_manager_id", manager=True
    )
    shut_out.refuse(manager.id, file.person_id, "line_manager_id")
    if person_told_on is not None and person_told_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "person_told_on")
    old = db.session.execute(select(Agency.id, Agency.name).where(Agency.id == row.from_agency_id)).one()
    old_side = transfer_records.own_side(file) | events.case_workers(row.case_id)

    _swap(held, row, actor, at, worker, manager, old, person_told_on)
    case = _Case(row.case_id, file.reference, file.person_id, actor.agency_id)
    passed = _consents_and_actions(case, row, actor, at, old)
    handed = _notes(row, form.notes_from, actor, at)
    restricted.lead_changed(
        row.case_id, actor=actor, at=at, old_agency_id=old.id, old_line_manager_id=held.line_manager_id
    )
    subject_requests.lead_changed(file.person_id, old.id, old.name, actor=actor, at=at)

    row.to_agency_id = actor.agency_id
    transfer_records.move(row, TransferStage.EFFECTIVE, at=at)
    db.session.flush()
    retention.part_stays(old.id, file.person_id, at=at)
    transfer_records.step(
        row, TransferAct.EFFECTIVE, actor=actor, at=at, for_agency_id=actor.agency_id, text=worker.name
    )
    _tell(case, file, row, actor, at, worker, manager, old, old_side, passed, handed)
    return row.case_id


def _swap(held, row, actor, at, worker, manager, old, person_told_on):
    """Everybody's part at the agency that led ends at the moment at which the new case manager's begins."""
    parts = CaseAssignment.__table__
    db.session.execute(
        update(parts).where(parts.c.case_id == row.case_id, parts.c.to_at.is_(None)).values(to_at=at)
    )
    today = clock.local_day(at)
    taken = f"Taken over from {old.name} on {dates.day(today)}, as handed over"
    db.session.execute(
        update(_CASE)
        .where(_CASE.c.id == row.case_id)
        .values(
            lead_agency_id=actor.agency_id,
            lead_since=at,
            line_manager_id=manager.id,
            status=CaseStatus.CASE_MANAGED,
            commitment_ends_on=protocols.add_months(today, COMMITMENT),
            lead_settled=f"{held.lead_settled}\n{taken}".strip(),
            last_activity_at=at,
            version=_CASE.c.version + 1,
        )
    )
    db.session.execute(
        insert(parts).values(
            id=new_id(),
            case_id=row.case_id,
            user_id=worker.id,
            role=AssignmentRole.CASE_MANAGER,
            from_at=at,
            given_by_id=actor.user_id,
            reason=f"Taken over from {old.name}",
            person_told_on=person_told_on,
        )
    )


def _consents_and_actions(case, row, actor, at, old) -> int:
    """The agency that leads needs no consent to share with itself; the one that led gets one, if the person gave it, and
    else its open actions pass on. Returns how many did."""
    today = clock.local_day(at)
    grants = ConsentGrant.__table__
    db.session.execute(
        update(grants)
        .where(
            grants.c.case_id == case.id,
            grants.c.agency_id == actor.agency_id,
            grants.c.kind == ConsentKind.INFORMATION_SHARING,
            grants.c.status == ConsentStatus.ACTIVE,
        )
        .values(
            status=ConsentStatus.SUPERSEDED,
            ended_reason=f"Leads the plan since {dates.day(today)}",
            version=grants.c.version + 1,
        )
    )
    known = CaseAgency.__table__
    db.session.execute(delete(known).where(known.c.case_id == case.id, known.c.agency_id == actor.agency_id))
    if row.keeps is TransferKeeps.OWN_PART and row.keeps_until >= today:
        given = db.session.get(ConsentGrant, row.grant_id)
        kept = {
            name: getattr(given, name)
            for name in (
                *("mode", "verbal_reason", "written_due_on", "given_by", "giver_name", "giver_authority"),
                *("understood", "copy_given", "read_aloud", "interpreter", "talked_on", "talked_by_id"),
            )
        }
        db.session.add(
            ConsentGrant(
                case_id=case.id,
                agency_id=old.id,
                kind=ConsentKind.INFORMATION_SHARING,
                status=ConsentStatus.ACTIVE,
                purpose="Goes on with its own part after handing over",
                starts_on=today,
                expires_on=row.keeps_until,
                recorded_at=at,
                recorded_by_id=actor.user_id,
                **kept,
            )
        )
        db.session.flush()
        consent.know_agency(case, old.id, on=today)
        return 0
    consent_effects.forget(case.id, old.id, at)
    return _pass_on(case, actor, at, old)


def _pass_on(case, actor, at, old) -> int:
    """Open actions of the agency that led are asked of the one that leads; what was only proposed stays proposed."""
    mine = (_ACTION.c.case_id == case.id, _ACTION.c.owner_agency_id == old.id)
    stamp = {
        "owner_agency_id": actor.agency_id,
        "owner_user_id": None,
        "changed_at": at,
        "changed_by_id": actor.user_id,
        "version": _ACTION.c.version + 1,
    }
    under_way = (*mine, _ACTION.c.status.in_(OPEN_ACTIONS), _ACTION.c.status != ActionStatus.PROPOSED)
    asked = db.session.execute(
        update(_ACTION)
        .where(*under_way)
        .values(
            status=ActionStatus.REQUESTED, asked_at=at, asked_by_id=actor.user_id, answered_at=None, **stamp
        )
        .returning(_ACTION.c.id)
    ).all()
    proposed = db.session.execute(
        update(_ACTION)
        .where(*mine, _ACTION.c.status == ActionStatus.PROPOSED)
        .values(**stamp)
        .returning(_ACTION.c.id)
    ).all()
    return len(asked) + len(proposed)


def _notes(row, notes_from, actor, at) -> int:
    """Case notes go along from the day that the form names; without a day none does. Returns how many."""
    if notes_from is None:
        return 0
    since = clock.at_local(notes_from, datetime.min.time())
    table = CaseNote.__table__
    shown = CaseNoteShare.__table__
    there = select(shown.c.note_id).where(shown.c.agency_id == actor.agency_id)
    notes = db.session.scalars(
        select(table.c.id).where(
            table.c.case_id == row.case_id,
            table.c.agency_id == row.from_agency_id,
            table.c.happened_at >= since,
            table.c.id.not_in(there),
        )
    ).all()
    if notes:
        db.session.execute(
            insert(shown),
            [
                {
                    "note_id": note,
                    "agency_id": actor.agency_id,
                    "shared_at": at,
                    "shared_by_id": row.requested_by_id,
                }
                for note in notes
            ],
        )
    return len(notes)


def _tell(case, file, row, actor, at, worker, manager, old, old_side, passed, handed):
    """The new side, every agency of the plan, and the side that led; each by what it may know."""
    partners = db.session.scalars(
        select(ConsentGrant.agency_id).where(
            ConsentGrant.case_id == case.id, scopes.in_force(ConsentGrant, today=clock.local_day(at))
        )
    ).all()
    told = {user for agency in partners for user in events.agency_workers(agency)}
    told |= {worker.id, manager.id}
    told -= shut_out.of_person(file.person_id)
    change = {"Lead agency": [old.name, actor.agency_name], "Case manager": ["", worker.name]}
    events.happened(
        case,
        "transfer_effective",
        f"{actor.agency_name} leads {first_name(file.person_id)}’s plan; {worker.name} is the case manager",
        actor=actor,
        at=at,
        audience=Audience.ALL,
        change=change,
        tell_user_ids=tuple(told),
    )
    if passed:
        events.happened(
            case,
            "transfer_actions",
            f"{passed} open {'action passes' if passed == 1 else 'actions pass'} from {old.name} to "
            f"{actor.agency_name}, to be answered anew",
            actor=actor,
            at=at,
            audience=Audience.PLAN,
        )
    transfer_records.tell(
        file,
        old_side - shut_out.of_person(file.person_id),
        "A case that your agency handed over was taken over: it answers for it no more.",
        actor=actor,
        at=at,
    )
    transfer_records.record(
        file,
        f"taken over from {old.name}; case manager {worker.name}",
        actor=actor,
        at=at,
        notes=handed,
        actions=passed,
    )
