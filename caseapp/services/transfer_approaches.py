"""Asking an agency to take over, and its answer (C10): in words that name nobody, as the person has not agreed yet."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, TransferApproach
from caseapp.policy.do import Do
from caseapp.policy.transfers import TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.services import consent, events, last_hand, shut_out, transfer_endings, transfer_records
from caseapp.services.case_hold import live_worker
from caseapp.services.escalations import words as escalation_words
from caseapp.services.plan_records import is_excluded
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ApproachState, ConsentKind, TransferAct, TransferStage

_BEFORE_CONSENT = (TransferStage.REQUESTED, TransferStage.APPROACHED)


@use_case
def approach(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    agency_id: int | None,
    words: str,
    version: int | None = None,
) -> int:
    """Ask an agency, manager to manager, whether it could take over. Several may be asked; the words name nobody, and
    nothing else about the person goes with them (X-2, X-4). Raises RuleBroken for an agency that is never to be told (X-3),
    that was asked and has not declined, or where nobody could answer. Returns the id of the question."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    if row.stage not in _BEFORE_CONSENT:
        raise RuleBroken("An agency has accepted already. Go on with it, or take the question back first")
    agency = db.session.execute(
        select(Agency.id, Agency.name).where(Agency.id == agency_id, Agency.active)
    ).first()
    if agency is None or agency.id == row.from_agency_id:
        raise RuleBroken("Choose another agency", "agency_id")
    if is_excluded(file.subject, agency.id):
        raise RuleBroken(f"The person asked that {agency.name} is never told", "agency_id")
    if any(one.agency_id == agency.id for one in transfer_records.standing(row)):
        raise RuleBroken(f"{agency.name} was asked already and has not answered", "agency_id")
    if not words:
        raise RuleBroken("Write what is asked, without a name", "words")
    escalation_words.name_nobody(row.case_id, words=words)
    told = transfer_records.managers(agency.id, file.person_id)
    if not told:
        raise RuleBroken(
            f"{agency.name} has no line manager here who could answer. Ask them by phone", "agency_id"
        )
    asked = TransferApproach(
        id=new_id(),
        transfer_id=row.id,
        agency_id=agency.id,
        words=words,
        asked_at=at,
        asked_by_id=actor.user_id,
    )
    db.session.add(asked)
    transfer_records.move(row, TransferStage.APPROACHED)
    transfer_records.step(
        row, TransferAct.APPROACHED, actor=actor, at=at, for_agency_id=agency.id, text=agency.name
    )
    words = "Another agency asks whether yours could take over a case."
    transfer_records.tell(file, told, words, actor=actor, at=at)
    _on_timeline(file, "transfer_approached", f"{agency.name} was asked to take over", actor, at)
    transfer_records.record(file, f"{agency.name} asked, without a name", actor=actor, at=at)
    return asked.id


@use_case
def answer(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    accepts: bool | None,
    text: str,
    worker_id: int | None = None,
    version: int | None = None,
) -> int:
    """The receiving line manager accepts in principle, with whoever is to become case manager if that is known, or
    declines with the reason (C10). Of several agencies that were asked the first to accept takes it on, and nothing is
    asked of the others any more. Who has accepted may still decline until the case is theirs. `version` is that of the
    question. Raises RuleBroken, Stale. Returns the id of the question."""
    row = transfer_records.take(file, Do.ANSWER_TRANSFER, actor=actor)
    asked = next((one for one in transfer_records.standing(row) if one.agency_id == actor.agency_id), None)
    if asked is None:
        raise RuleBroken("Nothing is asked of your agency any more.")
    if version is not None and asked.version != version:
        hand = last_hand.by_user(asked.answered_by_id, asked.answered_at, actor=actor)
        raise Stale({"text": asked.answer}, **hand, version=asked.version)
    if accepts is None:
        raise RuleBroken("Say whether you accept", "answer")
    if not accepts and not text:
        raise RuleBroken("Say why not: another agency is asked next", "text")
    if not file.knows_name:
        escalation_words.name_nobody(row.case_id, text=text)
    before, agency = asked.state, actor.agency_name
    if not accepts and worker_id is not None:
        raise RuleBroken("Name somebody only where you accept", "worker_id")
    asked_for = _worker(worker_id, actor, file)
    asked.state = ApproachState.ACCEPTED if accepts else ApproachState.DECLINED
    asked.answer, asked.answered_at, asked.answered_by_id = text, at, actor.user_id
    asked.worker_id = asked_for
    db.session.flush()
    if accepts:
        for other in transfer_records.standing(row, ApproachState.ASKED):
            transfer_endings.take_back(
                row, other, file, actor=actor, at=at, why="Another agency has accepted in principle"
            )
        if before is ApproachState.ASKED:
            transfer_records.move(row, TransferStage.ACCEPTED_IN_PRINCIPLE)
        act, said = TransferAct.ACCEPTED, f"{agency} accepts in principle"
    else:
        if before is ApproachState.ACCEPTED:
            transfer_endings.end_grant(row, file, at=at, reason="The agency declined after all")
        transfer_records.look_further(row, at)
        act, said = TransferAct.DECLINED, f"{agency} declines to take over"
    transfer_records.step(row, act, actor=actor, at=at, text=text, for_agency_id=actor.agency_id)
    told = transfer_records.own_side(file)
    events.happened(
        file.subject,
        "transfer_answered",
        said,
        actor=actor,
        at=at,
        change={"In words": ["", text]} if text else None,
        tell_user_ids=tuple(told),
    )
    transfer_records.record(file, said, actor=actor, at=at)
    return asked.id


def _worker(worker_id, actor, file):
    """Who is to become case manager: of the own agency, and nobody who may not know of the person (X-8)."""
    if worker_id is None:
        return None
    worker = live_worker(worker_id, actor.agency_id, field="worker_id")
    shut_out.refuse(worker.id, file.person_id, "worker_id")
    return worker.id


@use_case
def take_back(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    approach_id: int,
    reason: str,
    person_refused: bool = False,
    version: int | None = None,
) -> int:
    """Ask this agency no longer; with `person_refused` because the person said no to it, which is kept with the consents
    (X-2). A consent that was given for it ends, and the next agency can be asked. Returns the id of the question."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    asked = next((one for one in transfer_records.standing(row) if one.id == approach_id), None)
    if asked is None:
        raise RuleBroken("This agency has answered, or is not asked any more. Nothing was changed.")
    if not reason:
        raise RuleBroken("Say why", "reason")
    name = db.session.scalar(select(Agency.name).where(Agency.id == asked.agency_id))
    if asked.state is ApproachState.ACCEPTED:
        transfer_endings.end_grant(row, file, at=at, reason="The transfer goes another way")
    transfer_endings.take_back(row, asked, file, actor=actor, at=at, why=reason)
    if person_refused:
        case = transfer_records.case_of(file, actor)
        consent.refuse(
            case,
            actor=actor,
            at=at,
            agency_id=asked.agency_id,
            kind=ConsentKind.SERVICE_DELIVERY,
            reason=reason[:300],
        )
        transfer_records.step(row, TransferAct.REFUSED, actor=actor, at=at, text=reason)
    transfer_records.look_further(row, at)
    _on_timeline(file, "transfer_taken_back", f"{name} is not asked any more", actor, at, reason)
    transfer_records.record(file, f"{name} is not asked any more", actor=actor, at=at)
    return asked.id


def _on_timeline(file, kind, summary, actor, at, reason=""):
    events.happened(
        file.subject,
        kind,
        summary,
        actor=actor,
        at=at,
        change={"Why": ["", reason]} if reason else None,
        tell_case_workers=True,
    )
