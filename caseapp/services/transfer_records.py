"""What every use case about a transfer does alike: take the case and then the transfer for writing, notice who saved first,
add to the history, leave word that names nobody."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm.attributes import flag_modified

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db, read
from caseapp.ids import new_id
from caseapp.models import CaseAssignment, Transfer, TransferApproach, TransferHandover, TransferStep, User
from caseapp.models.base import Id
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.transfers import TransferFile, find_transfer
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.services import agency_staff, audit, events, shut_out
from caseapp.services.case_hold import hold
from caseapp.vocabulary import ApproachState, TransferAct, TransferStage

#: The kind of every notice about a transfer; it leads to the list of transfers (queries.notifications).
NOTICE = "transfer"
#: What a new form takes over from one that was handed over to an agency that did not take the case over.
GOES_ON = (
    *("transfer_id", "summary", "chronology", "works", "risks", "next_weeks"),
    *("reassess", "reassess_why", "notes_from"),
)


def take(file: TransferFile, act: Do, *, actor: Viewer, version: int | None = None) -> Transfer:
    """The transfer's row, its case held before it, so that whatever happens to one case happens in turn. What the actor
    may do is asked anew now that it is held. Raises NotVisible, NotAllowed, RuleBroken where it is over, and Stale where
    the form was filled in over an older version."""
    hold(file.subject, even_closed=True)
    now = find_transfer(actor, file.id)
    if now is None:
        raise NotVisible
    if not now.open:
        raise RuleBroken(f"This transfer is over: {now.stage.label.lower()}. Nothing was changed.")
    if not rules.may(actor, act, now):
        raise NotAllowed
    row = db.session.scalar(
        select(Transfer)
        .where(Transfer.id == file.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if version is not None and row.version != version:
        by, at = last_hand(row.id)
        raise Stale({"stage": row.stage.label}, by=by, at=at, version=row.version)
    return row


def case_of(file: TransferFile, actor: Viewer) -> CaseFile:
    """The case as the one who acts sees it: for what other use cases do with it."""
    return scopes.still_there(scopes.find_case_by_id(actor, file.case_id))


_LAST = (
    select(User.name, TransferStep.at)
    .join(User, User.id == TransferStep.user_id)
    .where(TransferStep.transfer_id == bindparam("of_transfer", type_=Id))
    .order_by(TransferStep.at.desc(), TransferStep.id.desc())
    .limit(1)
)


def last_hand(transfer_id: int) -> tuple[str, datetime | None]:
    """Who did the last step, and when."""
    row = read(_LAST, {"of_transfer": transfer_id}).first()
    return (row[0], row[1]) if row else ("", None)


def step(
    transfer: Transfer,
    act: TransferAct,
    *,
    actor: Viewer,
    at: datetime,
    text: str = "",
    for_agency_id: int | None = None,
) -> None:
    """Add a line to the history; `for_agency_id` is the agency that reads it too. The transfer gets its next version."""
    db.session.add(
        TransferStep(
            id=new_id(),
            transfer_id=transfer.id,
            at=at,
            act=act,
            user_id=actor.user_id,
            agency_id=actor.agency_id,
            for_agency_id=for_agency_id,
            text=text,
        )
    )
    # its next version also where nothing but what hangs on it changed: whoever looks at an older page is told
    flag_modified(transfer, "ended_reason")
    db.session.flush()


def move(transfer: Transfer, stage: TransferStage, *, at: datetime | None = None, reason: str = "") -> None:
    """To another stage; with `at` it is over."""
    transfer.stage = stage
    if at is not None:
        transfer.ended_at, transfer.ended_reason = at, reason
    db.session.flush()


def must_stand_at(transfer: Transfer, *stages: TransferStage, say: str) -> None:
    if transfer.stage not in stages:
        raise RuleBroken(say)


def standing(transfer: Transfer, *states: ApproachState) -> list[TransferApproach]:
    """The agencies that were asked and have not declined, held for writing."""
    wanted = states or (ApproachState.ASKED, ApproachState.ACCEPTED)
    return list(
        db.session.scalars(
            select(TransferApproach)
            .where(TransferApproach.transfer_id == transfer.id, TransferApproach.state.in_(wanted))
            .order_by(TransferApproach.asked_at, TransferApproach.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def accepted(transfer: Transfer) -> TransferApproach | None:
    """The agency that is to take over."""
    found = standing(transfer, ApproachState.ACCEPTED)
    return found[0] if found else None


def look_further(transfer: Transfer, at: datetime) -> None:
    """Back to where nobody has accepted: the next agency can be asked (C10). What had been agreed and arranged was for
    the one that does not take over; a form that was handed over to it stays as it was, and a draft goes on from it."""
    asked = standing(transfer, ApproachState.ASKED)
    transfer.stage = TransferStage.APPROACHED if asked else TransferStage.REQUESTED
    transfer.grant_id = transfer.meeting_id = transfer.handover_on = None
    db.session.flush()
    old = db.session.scalar(
        select(TransferHandover)
        .where(
            TransferHandover.transfer_id == transfer.id,
            TransferHandover.superseded_at.is_(None),
            TransferHandover.handed_over_at.is_not(None),
        )
        .with_for_update()
    )
    if old is not None:
        old.superseded_at = at
        db.session.flush()  # before the next one: only one is current
        going_on = {name: getattr(old, name) for name in GOES_ON}
        db.session.add(
            TransferHandover(id=new_id(), changed_at=at, changed_by_id=old.changed_by_id, **going_on)
        )
        db.session.flush()


# --- word to those concerned ---------------------------------------------------------------------------------------


def managers(agency_id: int, person_id: int) -> set[int]:
    """The line managers of an agency who may know of the person."""
    return agency_staff.managers(agency_id) - shut_out.of_person(person_id)


def own_side(file: TransferFile) -> set[int]:
    """The case manager and the case's line manager."""
    case_managers = db.session.scalars(
        select(CaseAssignment.user_id).where(
            case_manager.of_case(case_id=file.case_id),
        )
    )
    held = hold(file.subject, even_closed=True)
    return {*case_managers, held.line_manager_id} - shut_out.of_person(file.person_id)


def tell(file: TransferFile, users: set[int], words: str, *, actor: Viewer, at: datetime) -> None:
    """A notice that names nobody and leads to the list of transfers."""
    events.notify(
        users - {actor.user_id}, NOTICE, at=at, case_id=file.case_id, plain=f"{words} See Transfers."
    )


def record(file: TransferFile, what: str, *, actor: Viewer, at: datetime, **detail) -> None:
    """The audit entry of a change."""
    audit.record(actor, f"transfer: {what}", at=at, case=file.subject, detail={"transfer": file.id, **detail})


def day_not_to_come(day, at: datetime, field: str) -> None:
    """Refuse a local day that has not come yet."""
    if day is not None and day > clock.local_day(at):
        raise RuleBroken("This day has not come yet", field)
