"""The person's consent to be handed over (C10, S3-52, X-1): an ordinary consent to share with the agency that is to lead,
recorded for this; from that moment, and as long as it is in force, the handover may be read there."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Agency, ConsentGrant, ConsentWithheld
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.transfers import TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.services import consent, transfer_records
from caseapp.services.case_hold import first_name
from caseapp.services.consent_terms import Terms
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ConsentKind, TransferAct, TransferKeeps, TransferStage

PURPOSE = "To be handed over: the plan, the needs and the handover form, to the agency that is to lead"
_AFTER_ACCEPTANCE = (
    TransferStage.ACCEPTED_IN_PRINCIPLE,
    TransferStage.CONSENT,
    TransferStage.HANDOVER_SCHEDULED,
    TransferStage.HANDED_OVER,
)


@use_case
def record(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    terms: Terms,
    keeps: TransferKeeps,
    keeps_until: date | None = None,
    version: int | None = None,
) -> int:
    """Record what the person agreed to: to be handed over to the agency that accepted (`terms`, of which agency, kind and
    purpose are set here), and what the agency that led goes on to see when it no longer leads, until a last local day.

    An agency that does its part of the plan already goes on to see that part and no more of the plan by it; what the
    person keeps from it there stays kept. It can be recorded again while the transfer is under way, as after a
    withdrawal. Raises RuleBroken as services.consent does. Returns the consent's id."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    if row.stage not in _AFTER_ACCEPTANCE:
        raise RuleBroken("An agency must have accepted in principle first: then the person is asked")
    asked = transfer_records.accepted(row)
    if asked is None:
        raise RuleBroken("The agency has taken its word back. Ask another one")
    keeps = TransferKeeps(keeps)
    if keeps is TransferKeeps.OWN_PART and keeps_until is None:
        raise RuleBroken("Say until when we go on to see our part", "keeps_until")
    if keeps is TransferKeeps.NOTHING and keeps_until is not None:
        raise RuleBroken("Leave this empty, or choose that we keep our part", "keeps_until")
    if keeps_until is not None and keeps_until < clock.local_day(at):
        raise RuleBroken("This day is past", "keeps_until")
    case = transfer_records.case_of(file, actor)
    before = _sharing(row.case_id, asked.agency_id, clock.local_day(at))
    terms = replace(
        terms,
        agency_id=asked.agency_id,
        kind=ConsentKind.INFORMATION_SHARING,
        purpose=PURPOSE if before is None else f"{before.purpose}. {PURPOSE}"[:300],
        full_plan=bool(before and before.full_plan),
        left_out=before.left_out if before else "",
        withheld=_withheld(before),
    )
    grant = consent.record(case, actor=actor, at=at, terms=terms)
    row.grant_id, row.keeps, row.keeps_until = grant, keeps, keeps_until
    if row.stage is TransferStage.ACCEPTED_IN_PRINCIPLE:
        row.stage = TransferStage.CONSENT
    db.session.flush()
    name = db.session.scalar(select(Agency.name).where(Agency.id == asked.agency_id))
    words = f"{first_name(file.person_id)} agreed to be handed over to {name}"
    transfer_records.step(row, TransferAct.CONSENTED, actor=actor, at=at, text=words)
    told = transfer_records.managers(asked.agency_id, file.person_id) | ({asked.worker_id} - {None})
    transfer_records.tell(
        file, told, "The person agreed to be handed over to your agency.", actor=actor, at=at
    )
    transfer_records.record(file, f"consent to be handed over to {name}", actor=actor, at=at)
    return grant


def in_force(grant_id: int | None, today: date) -> bool:
    """Whether the consent to be handed over holds on that local day."""
    return grant_id is not None and bool(
        db.session.scalar(
            select(ConsentGrant.id).where(
                ConsentGrant.id == grant_id, scopes.in_force(ConsentGrant, today=today)
            )
        )
    )


def must_hold(row, file: TransferFile, at: datetime) -> None:
    """Raise RuleBroken unless the person's consent holds today."""
    if not in_force(row.grant_id, clock.local_day(at)):
        first = first_name(file.person_id)
        raise RuleBroken(f"{first}’s consent to be handed over is not in force. Talk with {first} first")


def _sharing(case_id, agency_id, today):
    return db.session.scalar(
        select(ConsentGrant).where(
            ConsentGrant.case_id == case_id,
            ConsentGrant.agency_id == agency_id,
            scopes.in_force(ConsentGrant, today=today),
        )
    )


def _withheld(grant) -> frozenset:
    if grant is None:
        return frozenset()
    return frozenset(
        db.session.scalars(select(ConsentWithheld.domain).where(ConsentWithheld.grant_id == grant.id))
    )
