"""A transfer that ends without effect: by itself, because nobody takes over, or because the case closed meanwhile."""

from datetime import datetime

from sqlalchemy import select, update

from caseapp.extensions import db
from caseapp.models import Agency, Case, ConsentGrant, Transfer, TransferApproach
from caseapp.policy.transfers import TransferFile, find_transfer
from caseapp.policy.viewer import Viewer
from caseapp.services import consent_effects, transfer_records
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    ApproachState,
    CaseStatus,
    ConsentStatus,
    TransferAct,
    TransferStage,
)

_CASE = Case.__table__


def end(
    row: Transfer, file: TransferFile, stage: TransferStage, *, actor: Viewer, at: datetime, reason: str
) -> None:
    """Close it: questions are taken back, the consent to be handed over ends, the case stands as it stood."""
    for approach in transfer_records.standing(row):
        take_back(row, approach, file, at=at, actor=actor, why="The transfer has ended")
    end_grant(row, file, at=at, reason="The transfer has ended")
    transfer_records.move(row, stage, at=at, reason=reason)
    db.session.execute(
        update(_CASE)
        .where(_CASE.c.id == row.case_id, _CASE.c.status == CaseStatus.TRANSFER_PENDING)
        .values(status=row.status_before, version=_CASE.c.version + 1)
    )


def take_back(
    row: Transfer, approach: TransferApproach, file: TransferFile, *, actor: Viewer, at: datetime, why: str
) -> None:
    """Nothing is asked of this agency any more; its line managers are told that, and no more."""
    approach.state, approach.answer = ApproachState.TAKEN_BACK, why
    approach.answered_at = approach.answered_at or at
    db.session.flush()
    transfer_records.step(
        row,
        TransferAct.TAKEN_BACK,
        actor=actor,
        at=at,
        for_agency_id=approach.agency_id,
    )
    told = transfer_records.managers(approach.agency_id, file.person_id)
    words = "Another agency no longer asks yours to take over a case."
    transfer_records.tell(file, told, words, actor=actor, at=at)


def end_grant(row: Transfer, file: TransferFile, *, at: datetime, reason: str) -> None:
    """The consent that was given for this handing over ends. Where it took the place of one by which the agency did its
    part of the plan already, it stands for that part, and only the handover is shut: an agency that helps does not lose
    sight because it does not lead."""
    if row.grant_id is None or _did_its_part_before(row.grant_id):
        return
    table = ConsentGrant.__table__
    agency = db.session.execute(
        update(table)
        .where(table.c.id == row.grant_id, table.c.status == ConsentStatus.ACTIVE)
        .values(status=ConsentStatus.EXPIRED, ended_reason=reason, version=table.c.version + 1)
        .returning(table.c.agency_id)
    ).scalar()
    if agency is not None:
        consent_effects.forget(row.case_id, agency, at)


def _did_its_part_before(grant_id: int) -> bool:
    this, before = ConsentGrant.__table__, ConsentGrant.__table__.alias("before")
    last = db.session.scalar(
        select(before.c.status)
        .join(
            this,
            (this.c.case_id == before.c.case_id)
            & (this.c.agency_id == before.c.agency_id)
            & (this.c.kind == before.c.kind),
        )
        .where(this.c.id == grant_id, before.c.id != this.c.id, before.c.recorded_at <= this.c.recorded_at)
        .order_by(before.c.recorded_at.desc(), before.c.id.desc())
        .limit(1)
    )
    return last == ConsentStatus.SUPERSEDED


def declined(transfer_id: int) -> list[str]:
    """The agencies that were asked and do not take over, by name."""
    return list(
        db.session.scalars(
            select(Agency.name)
            .join(TransferApproach, TransferApproach.agency_id == Agency.id)
            .where(
                TransferApproach.transfer_id == transfer_id,
                TransferApproach.state.in_([ApproachState.DECLINED, ApproachState.TAKEN_BACK]),
            )
            .distinct()
            .order_by(Agency.name)
        )
    )


@use_case
def case_ended(case_id: int, *, actor: Viewer, at: datetime) -> bool:
    """The case closes: a transfer that is under way ends with it. Returns whether there was one."""
    found = db.session.scalar(
        select(Transfer.id).where(Transfer.case_id == case_id, Transfer.ended_at.is_(None))
    )
    file = found and find_transfer(actor, found)
    if not file:
        return False
    row = db.session.scalar(
        select(Transfer)
        .where(Transfer.id == found)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    end(row, file, TransferStage.WITHDRAWN, actor=actor, at=at, reason="Case closed")
    transfer_records.step(row, TransferAct.WITHDRAWN, actor=actor, at=at, text="Case closed")
    return True
