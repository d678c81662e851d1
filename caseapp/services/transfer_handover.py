"""The handover itself (S3-52, B9): the day and the meeting, the form, the copies of plan and needs, and the old side's
manager looking through it."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock, dates
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Meeting, TransferHandover
from caseapp.policy.do import Do
from caseapp.policy.transfers import TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import transfer_pack
from caseapp.services import events, transfer_consent, transfer_records
from caseapp.services.transaction import use_case
from caseapp.vocabulary import MeetingKind, MeetingStatus, TransferAct, TransferStage

#: The fields of the form, as the page and the history name them.
WORDS = {
    "summary": "Summary",
    "chronology": "What happened, in order",
    "works": "What works and what does not; how to reach them safely",
    "risks": "Risks",
    "next_weeks": "Open in the next four weeks",
    "attendees": "Who was there",
    "held_on": "The day of the handover",
    "reassess": "A new assessment",
    "reassess_why": "Why a new assessment",
    "notes_from": "Case notes from",
}
#: What a form that is handed over says in any case; the rest may be empty.
NEEDED = {
    "summary": "Say in a few sentences where the work stands",
    "risks": "Say which risks there are, or that none are known",
    "next_weeks": "Say what is open in the next four weeks",
    "attendees": "Say who was there when it was handed over",
}
_OFF = (MeetingStatus.CANCELLED, MeetingStatus.NOT_CONVENED, MeetingStatus.REFUSED)
_ARRANGES = (TransferStage.CONSENT, TransferStage.HANDOVER_SCHEDULED)


@use_case
def schedule(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    meeting_id: int | None = None,
    on: date | None = None,
    version: int | None = None,
) -> int:
    """Say when it is handed over: at a meeting of this case that is called for it, or on a local day without one. Raises
    RuleBroken while the person's consent is not in force. Returns the transfer's id."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor, version=version)
    transfer_records.must_stand_at(
        row, *_ARRANGES, say="The person agrees first; and what is handed over already is not arranged again"
    )
    transfer_consent.must_hold(row, file, at)
    if (meeting_id is None) == (on is None):
        raise RuleBroken("Choose the meeting, or give a day", "on")
    if on is not None and on < clock.local_day(at):
        raise RuleBroken("This day is past", "on")
    if meeting_id is not None:
        meeting = db.session.get(Meeting, meeting_id)
        if (
            meeting is None
            or meeting.case_id != row.case_id
            or meeting.kind is not MeetingKind.HANDOVER
            or meeting.status in _OFF
        ):
            raise RuleBroken("Choose a handover meeting of this case", "meeting_id")
        on = meeting.starts_at and clock.local_day(meeting.starts_at)
    row.meeting_id, row.handover_on = meeting_id, on
    row.stage = TransferStage.HANDOVER_SCHEDULED
    db.session.flush()
    when = f"on {dates.day(on)}" if on else "in a meeting that has no day yet"
    asked = transfer_records.accepted(row)
    transfer_records.step(
        row,
        TransferAct.SCHEDULED,
        actor=actor,
        at=at,
        text=f"Handover {when}",
        for_agency_id=asked and asked.agency_id,
    )
    _tell_receiving(row, file, f"A case is handed over to your agency {when}.", actor, at)
    transfer_records.record(file, "handover arranged", actor=actor, at=at)
    return row.id


@use_case
def write(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    hand_over: bool = False,
    version: int = 0,
    **fields,
) -> int:
    """Write the form; as long as it is not handed over it is the old side's own draft. With `hand_over` it is finished:
    the plan, the needs and the gaps of this moment are kept with it, the receiving agency reads it under the person's
    consent, and nothing in it changes any more (X-12). `version` is that of the form, 0 before the first. Raises
    Stale, RuleBroken. Returns the transfer's id."""
    row = transfer_records.take(file, Do.KEEP_TRANSFER, actor=actor)
    form = _form(row.id)
    if form is not None and form.handed_over_at is not None:
        raise RuleBroken("It was handed over already and stays as it is. Tell what is new in person")
    standing = form.version if form is not None else 0
    if version != standing:
        by, when = transfer_records.last_hand(row.id)
        raise Stale(
            {name: getattr(form, name) for name in WORDS} if form else {}, by=by, at=when, version=standing
        )
    if form is None:
        form = TransferHandover(id=new_id(), transfer_id=row.id, changed_at=at, changed_by_id=actor.user_id)
        db.session.add(form)
    for name in WORDS:
        if name in fields:
            setattr(form, name, fields[name])
    transfer_records.day_not_to_come(form.notes_from, at, "notes_from")
    if form.reassess and not form.reassess_why:
        raise RuleBroken("Say why a new assessment helps the person", "reassess_why")
    form.changed_at, form.changed_by_id = at, actor.user_id
    db.session.flush()
    if hand_over:
        _hand_over(row, file, form, actor, at)
    else:
        transfer_records.step(row, TransferAct.WRITTEN, actor=actor, at=at)
        transfer_records.record(file, "handover form written", actor=actor, at=at)
    return row.id


def _hand_over(row, file, form, actor, at):
    transfer_records.must_stand_at(
        row,
        TransferStage.HANDOVER_SCHEDULED,
        say="Say first when it is handed over: the day, or the meeting",
    )
    transfer_consent.must_hold(row, file, at)
    for name, why in NEEDED.items():
        if not getattr(form, name):
            raise RuleBroken(why, name)
    if form.held_on is None:
        raise RuleBroken("Say on which day it was handed over", "held_on")
    transfer_records.day_not_to_come(form.held_on, at, "held_on")
    case = transfer_records.case_of(file, actor)
    form.content = transfer_pack.content(case, viewer=actor)
    form.handed_over_at = at
    if actor.manages:  # whoever looks through it has written it
        form.reviewed_at, form.reviewed_by_id = at, actor.user_id
    transfer_records.move(row, TransferStage.HANDED_OVER)
    asked = transfer_records.accepted(row)
    transfer_records.step(
        row, TransferAct.HANDED_OVER, actor=actor, at=at, for_agency_id=asked and asked.agency_id
    )
    if actor.manages:
        transfer_records.step(row, TransferAct.REVIEWED, actor=actor, at=at)
    events.happened(
        file.subject,
        "transfer_handed_over",
        "Handed over; the lead changes once the other agency takes the case over",
        actor=actor,
        at=at,
        tell_case_workers=True,
    )
    transfer_records.tell(
        file,
        transfer_records.own_side(file),
        "A handover waits to be looked through." if not actor.manages else "A case was handed over.",
        actor=actor,
        at=at,
    )
    if actor.manages:
        _tell_receiving(row, file, "A case was handed over: your agency can take it over.", actor, at)
    transfer_records.record(file, "handed over: form, plan, needs", actor=actor, at=at)


@use_case
def review(
    file: TransferFile,
    *,
    actor: Viewer,
    at: datetime,
    note: str = "",
    version: int | None = None,
) -> int:
    """The line manager of the agency that hands over has looked through it (B9); then the other one can take over.
    Returns the transfer's id."""
    row = transfer_records.take(file, Do.REVIEW_HANDOVER, actor=actor, version=version)
    form = _form(row.id)
    if form is None or form.handed_over_at is None:
        raise RuleBroken("It is not handed over yet")
    if form.reviewed_at is not None:
        return row.id
    form.reviewed_at, form.reviewed_by_id, form.review_note = at, actor.user_id, note
    db.session.flush()
    transfer_records.step(row, TransferAct.REVIEWED, actor=actor, at=at, text=note)
    _tell_receiving(row, file, "A case was handed over: your agency can take it over.", actor, at)
    transfer_records.tell(
        file,
        transfer_records.own_side(file),
        "The handover was looked through; the other agency can take over.",
        actor=actor,
        at=at,
    )
    transfer_records.record(file, "handover looked through", actor=actor, at=at)
    return row.id


def form_version(transfer_id: int) -> int:
    """The version of the form as it stands, 0 before the first."""
    form = _form(transfer_id)
    return form.version if form is not None else 0


def _form(transfer_id: int) -> TransferHandover | None:
    return db.session.scalar(
        select(TransferHandover)
        .where(TransferHandover.transfer_id == transfer_id, TransferHandover.superseded_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _tell_receiving(row, file, words, actor, at):
    asked = transfer_records.accepted(row)
    if asked is not None:
        told = transfer_records.managers(asked.agency_id, file.person_id) | ({asked.worker_id} - {None})
        transfer_records.tell(file, told, words, actor=actor, at=at)
