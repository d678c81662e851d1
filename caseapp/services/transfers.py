"""A transfer begins, with its reason; is taken back; or finds no service (C10, S3-25, S3-50, S3-54, S3-60, S2-37).

Until another agency has taken over, nothing of who answers for the case changes here (S3-51): its status says that a
transfer is under way, its case manager and lead agency stay."""

from datetime import date, datetime

from sqlalchemy import select, update

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Case, Transfer
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.transfers import TransferFile, find_transfer
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events, transfer_endings, transfer_records
from caseapp.services.case_hold import first_name, hold
from caseapp.services.escalations import raising
from caseapp.services.transaction import use_case
from caseapp.vocabulary import (
    CaseStatus,
    EscalationKind,
    TransferAct,
    TransferReason,
    TransferStage,
)

_CASE = Case.__table__

#: States of a case from which it can be handed over: somebody works with the person.
FROM = frozenset({CaseStatus.CASE_MANAGED, CaseStatus.KEY_WORKING, CaseStatus.CONTACT_LOST})


@use_case
def begin(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    reason: TransferReason,
    why: str,
    excluded_on: date | None = None,
    persons_view: str = "",
    who_now: str = "",
    plan_goes_on: str = "",
    who_after: str = "",
    assured_on: date | None = None,
) -> int:
    """Begin to hand the case over (S3-50). An exclusion names the day from which it holds (S2-37). The three assurances
    (who does what now, that the plan goes on, who will be there afterwards) are kept as the person was told them on the
    local day `assured_on` (S3-81); they may follow. Raises RuleBroken, naming the field. Returns the transfer's id."""
    if not rules.may(actor, Do.BEGIN_TRANSFER, case):
        raise NotAllowed
    reason = TransferReason(reason)
    if not why:
        raise RuleBroken("Say why, in a sentence or two", "why")
    if assured_on is not None and not (who_now and plan_goes_on and who_after):
        raise RuleBroken("Write all three as they were told", "who_now")
    transfer_records.day_not_to_come(assured_on, at, "assured_on")
    transfer = _store(
        case,
        actor,
        at,
        reason=reason,
        why=why,
        excluded_on=excluded_on,
        persons_view=persons_view,
        who_now=who_now,
        plan_goes_on=plan_goes_on,
        who_after=who_after,
        assured_on=assured_on,
    )
    if assured_on is not None:
        transfer_records.step(transfer, TransferAct.ASSURED, actor=actor, at=at)
    return transfer.id


@use_case
def begin_by_exclusion(case: CaseFile, *, actor: Viewer, at: datetime, why: str) -> int | None:
    """The person was excluded from the case manager's service: that alone begins the transfer, whoever wrote it down, in
    the very step that records it (S2-37). Returns its id, or None where one is under way already or nobody works with
    the person yet."""
    held = hold(case)
    if held.status not in FROM or open_of(case.id) is not None:
        return None
    excluded_on = clock.local_day(at)
    return _store(case, actor, at, reason=TransferReason.EXCLUDED, why=why, excluded_on=excluded_on).id


def _store(case, actor, at, *, reason, excluded_on, **texts):
    held = hold(case)
    if open_of(case.id) is not None:
        raise RuleBroken("A transfer of this case is under way already. Go on with that one")
    if held.status not in FROM:
        raise RuleBroken("Only a case in which somebody works with the person can be handed over")
    if (reason is TransferReason.EXCLUDED) != (excluded_on is not None):
        raise RuleBroken(
            "Say from which day the person is excluded"
            if excluded_on is None
            else "This day belongs to an exclusion; leave it empty for another reason",
            "excluded_on",
        )
    transfer_records.day_not_to_come(excluded_on, at, "excluded_on")
    transfer = Transfer(
        id=new_id(),
        case_id=case.id,
        from_agency_id=held.lead_agency_id,
        reason=reason,
        excluded_on=excluded_on,
        status_before=held.status,
        requested_at=at,
        requested_by_id=actor.user_id,
        **texts,
    )
    db.session.add(transfer)
    db.session.flush()
    db.session.execute(
        update(_CASE)
        .where(_CASE.c.id == case.id)
        .values(status=CaseStatus.TRANSFER_PENDING, version=_CASE.c.version + 1)
    )
    transfer_records.step(transfer, TransferAct.REQUESTED, actor=actor, at=at, text=texts["why"])
    name = first_name(case.person_id)
    summary = "A transfer to another lead agency has begun"
    if reason is TransferReason.EXCLUDED:
        summary = f"{name} is excluded from our service: a transfer to another lead agency has begun"
    events.happened(
        case,
        "transfer_begun",
        summary,
        actor=actor,
        at=at,
        change={"Reason": ["", reason.label]},
        tell_case_workers=True,
        tell_user_ids=(held.line_manager_id,),
    )
    audit.record(
        actor, f"transfer: begun ({reason.label.lower()})", at=at, case=case, detail={"transfer": transfer.id}
    )
    return transfer


def open_of(case_id: int) -> int | None:
    """The id of the transfer that is under way."""
    return db.session.scalar(
        select(Transfer.id).where(Transfer.case_id == case_id, Transfer.ended_at.is_(None))
    )


@use_case
def assure(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    who_now: str,
    plan_goes_on: str,
    who_after: str,
    assured_on: date | None,
    persons_view: str = "",
    version: int | None = None,
) -> int:
    """What the person was told, on which local day, and what they say to it (S3-81, S2-49). It can be told again: the
    history keeps what was told before. Raises Stale, RuleBroken. Returns the transfer's id."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    for text, field, what in (
        (who_now, "who_now", "who does what now"),
        (plan_goes_on, "plan_goes_on", "that the plan goes on"),
        (who_after, "who_after", "who will be there afterwards"),
    ):
        if not text:
            raise RuleBroken(f"Write what was said about {what}", field)
    if assured_on is None:
        raise RuleBroken("Say on which day the person was told", "assured_on")
    transfer_records.day_not_to_come(assured_on, at, "assured_on")
    before = (row.who_now, row.plan_goes_on, row.who_after)
    row.who_now, row.plan_goes_on, row.who_after = who_now, plan_goes_on, who_after
    row.assured_on, row.persons_view = assured_on, persons_view
    told = "" if not any(before) else "Told before: " + " / ".join(text for text in before if text)
    transfer_records.step(row, TransferAct.ASSURED, actor=actor, at=at, text=told)
    events.happened(
        file.subject,
        "transfer_assured",
        f"{first_name(file.person_id)} was told who does what now, that the plan goes on, and who will be there afterwards",
        actor=actor,
        at=at,
    )
    transfer_records.record(file, "the three assurances told", actor=actor, at=at)
    return row.id


@use_case
def withdraw(
    file: TransferFile, *, actor: Viewer, at: datetime, reason: str, version: int | None = None
) -> int:
    """End the transfer: the agency that leads keeps the case, which stands as it stood before. Whoever was asked is told
    that nothing is asked of them any more; a consent to be handed over ends. Returns its id."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    if not reason:
        raise RuleBroken("Say why the transfer ends", "reason")
    transfer_endings.end(row, file, TransferStage.WITHDRAWN, actor=actor, at=at, reason=reason)
    transfer_records.step(row, TransferAct.WITHDRAWN, actor=actor, at=at, text=reason)
    events.happened(
        file.subject,
        "transfer_withdrawn",
        "The transfer was ended: the lead agency keeps the case",
        actor=actor,
        at=at,
        change={"Why": ["", reason]},
        tell_case_workers=True,
    )
    transfer_records.record(file, "ended without effect", actor=actor, at=at)
    return row.id


@use_case
def no_service(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    interim: str,
    domain: str,
    title: str,
    service: str,
    effect: str,
    wanted: str,
    noticed_on: date | None,
    version: int | None = None,
) -> int:
    """No agency takes over (S3-25, F8): what the agency that leads goes on to give is written down, a gap is raised in
    the same step, and the case stays with it; it is never without a case manager. Returns the id of the gap."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    if transfer_records.standing(row):
        raise RuleBroken(
            "An agency has not answered yet, or has accepted. Take the question back first, or go on with it"
        )
    if not interim:
        raise RuleBroken("List what we go on to give meanwhile", "interim")
    row.interim = interim
    gap = raising.raise_gap(
        transfer_records.case_of(file, actor),
        actor=actor,
        at=at,
        kind=EscalationKind.GAP,
        domain=domain,
        title=title,
        service=service,
        effect=effect,
        wanted=wanted,
        noticed_on=noticed_on,
        meanwhile=interim,
        one_to_one=_asked_in_words(row),
    )
    row.escalation_id = gap
    transfer_endings.end(row, file, TransferStage.NO_SERVICE_FOUND, actor=actor, at=at, reason=interim)
    transfer_records.step(row, TransferAct.NO_SERVICE, actor=actor, at=at, text=interim)
    events.happened(
        file.subject,
        "transfer_no_service",
        "No service takes over: the lead agency keeps the case, and a gap was raised",
        actor=actor,
        at=at,
        change={"Meanwhile": ["", interim]},
        tell_case_workers=True,
    )
    transfer_records.record(file, "no service found", actor=actor, at=at, escalation=gap)
    return gap


def _asked_in_words(row) -> str:
    asked = transfer_endings.declined(row.id)
    return f"Asked to take over, without success: {', '.join(asked)}." if asked else ""


def of_case(case: CaseFile, viewer: Viewer) -> TransferFile | None:
    """The transfer that is under way, as the viewer may know it."""
    found = open_of(case.id)
    return found and find_transfer(viewer, found)
