"""Calling a meeting: proposed with its reason, agreed or refused by the line manager, put off, called off, or not brought
about (C8, S2-35 … S2-39, S3-63)."""

from datetime import datetime

from sqlalchemy import delete, select

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import LeadTalk, Meeting, MeetingReason
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events, transfers
from caseapp.services.case_hold import hold
from caseapp.services.meetings import mail
from caseapp.services.meetings.records import (
    meeting_of,
    move,
    must_be,
    must_stand_at,
    record,
    standing_rows,
    step,
    tell,
    when,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import COMING_MEETINGS, Audience, MeetingKind, MeetingStatus, MeetingTrigger

#: What the case manager proposes.
KINDS = (
    MeetingKind.CASE_MEETING,
    MeetingKind.REVIEW,
    MeetingKind.LEAD_AGENCY,
    MeetingKind.HANDOVER,
    MeetingKind.EXIT,
)
#: Kinds for which phone and mail come first (S2-26, S3-43).
PHONE_FIRST = (MeetingKind.CASE_MEETING, MeetingKind.LEAD_AGENCY)


@use_case
def propose(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    kind: MeetingKind,
    aim: str,
    triggers: dict[MeetingTrigger, str] | None = None,
    noticed: frozenset[MeetingTrigger] = frozenset(),
    why_not_phone: str = "",
    touches_family: bool = False,
    previous_id: int | None = None,
) -> int:
    """Propose a meeting to the line manager (S3-63); one whom a line manager proposes is agreed at once. `triggers` are
    the reasons with the words to each (S2-35), `noticed` those that the system had found to hold. That the person was
    excluded from the case manager's service also begins the transfer, in this very step (S2-37). Returns its id."""
    hold(case)
    triggers = _checked(kind, aim, triggers or {}, why_not_phone)
    manages = actor.manages and actor.agency_id == case.lead_agency_id
    meeting = Meeting(
        id=new_id(),
        case_id=case.id,
        agency_id=case.lead_agency_id,
        kind=kind,
        status=MeetingStatus.APPROVED if manages else MeetingStatus.PROPOSED,
        status_at=at,
        aim=aim,
        why_not_phone=why_not_phone,
        touches_family=touches_family,
        proposed_at=at,
        proposed_by_id=actor.user_id,
        decided_at=at if manages else None,
        decided_by_id=actor.user_id if manages else None,
        previous_id=_previous(case, previous_id),
    )
    db.session.add(meeting)
    db.session.flush()
    _keep_reasons(meeting, triggers, noticed)
    if kind is MeetingKind.LEAD_AGENCY:
        db.session.add(LeadTalk(meeting_id=meeting.id))
    events.happened(
        case,
        "meeting_proposed",
        f"{kind.label} proposed" + (" and agreed" if manages else ""),
        actor=actor,
        at=at,
        audience=Audience.LEAD,
        meeting_id=meeting.id,
        tell_user_ids=() if manages else (case.line_manager_id,),
    )
    step(meeting, "proposed", f"{kind.label} proposed", actor=actor, at=at)
    if manages:
        step(meeting, "approved", "Agreed at once: proposed by a line manager", actor=actor, at=at)
    audit.record(actor, "meeting proposed", at=at, case=case)
    _begin_transfer(case, triggers, aim, actor, at)
    return meeting.id


def _begin_transfer(case, triggers, aim, actor, at):
    if MeetingTrigger.EXCLUDED in triggers:
        why = triggers[MeetingTrigger.EXCLUDED] or aim
        transfers.begin_by_exclusion(case, actor=actor, at=at, why=why)


def _checked(kind, aim, triggers, why_not_phone):
    if kind not in KINDS:
        raise RuleBroken("Choose what kind of meeting it is", "kind")
    if kind is MeetingKind.CASE_MEETING and not triggers:
        raise RuleBroken("Say what makes the meeting necessary", "triggers")
    if kind is MeetingKind.LEAD_AGENCY:
        triggers = triggers or {MeetingTrigger.NO_LEAD: ""}
    if not aim:
        raise RuleBroken("Say what the meeting is to reach", "aim")
    if kind in PHONE_FIRST and not why_not_phone:
        raise RuleBroken("Say why phone and mail were not enough", "why_not_phone")
    return triggers if kind in PHONE_FIRST else {}


def _previous(case, previous_id):
    """The meeting that this one follows: the one named, or the last that was held on the case."""
    last = select(Meeting.id).where(
        Meeting.case_id == case.id, Meeting.ended_at.is_not(None), Meeting.kind != MeetingKind.CONFERENCE
    )
    if previous_id is not None:
        last = last.where(Meeting.id == previous_id)
    return db.session.scalar(last.order_by(Meeting.starts_at.desc()).limit(1))


def _keep_reasons(meeting, triggers, noticed):
    db.session.execute(delete(MeetingReason).where(MeetingReason.meeting_id == meeting.id))
    for trigger, note in triggers.items():
        db.session.add(
            MeetingReason(meeting_id=meeting.id, trigger=trigger, noticed=trigger in noticed, note=note)
        )
    db.session.flush()


@use_case
def revise(
    file: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    aim: str,
    triggers: dict[MeetingTrigger, str] | None = None,
    noticed: frozenset[MeetingTrigger] = frozenset(),
    why_not_phone: str = "",
    touches_family: bool = False,
    version: int | None = None,
) -> None:
    """Change the proposal; one that was refused is put to the line manager again. Raises Stale."""
    meeting = meeting_of(file)
    must_stand_at(
        meeting,
        MeetingStatus.PROPOSED,
        MeetingStatus.REFUSED,
        MeetingStatus.APPROVED,
        say="The invitations are out: change the day, the place or who comes instead.",
    )
    must_be(
        meeting,
        version,
        {"aim": meeting.aim, "why_not_phone": meeting.why_not_phone},
        actor=actor,
        kinds=("proposed", "revised", "approved", "agreed", "not_agreed"),
    )
    triggers = _checked(meeting.kind, aim, triggers or {}, why_not_phone)
    meeting.aim, meeting.why_not_phone, meeting.touches_family = aim, why_not_phone, touches_family
    before = set(
        db.session.scalars(select(MeetingReason.trigger).where(MeetingReason.meeting_id == meeting.id))
    )
    _keep_reasons(meeting, triggers, noticed)
    if meeting.status is MeetingStatus.REFUSED:
        move(meeting, MeetingStatus.PROPOSED, at)
        meeting.decided_at = meeting.decided_by_id = None
        meeting.decided_note = ""
        tell(
            file,
            meeting,
            "meeting_proposed",
            f"{meeting.kind.label} proposed again",
            actor=actor,
            at=at,
            to_user_ids=(file.case.line_manager_id,),
        )
        step(meeting, "proposed", "Proposed again", actor=actor, at=at)
    else:
        step(meeting, "revised", "The proposal was changed", actor=actor, at=at)
    if MeetingTrigger.EXCLUDED not in before:
        _begin_transfer(file.case, triggers, aim, actor, at)
    record(file, "meeting proposal changed", actor=actor, at=at)


@use_case
def decide(file: MeetingFile, *, actor: Viewer, at: datetime, agreed: bool | None, note: str = "") -> None:
    """The line manager's agreement, or refusal with its reason (S3-63)."""
    meeting = meeting_of(file)
    must_stand_at(meeting, MeetingStatus.PROPOSED, say="This was answered already.")
    if agreed is None:
        raise RuleBroken("Say whether you agree", "agreed")
    if not agreed and not note:
        raise RuleBroken("Say why not: the reason is kept with the meeting", "note")
    meeting.decided_at, meeting.decided_by_id, meeting.decided_note = at, actor.user_id, note
    move(meeting, MeetingStatus.APPROVED if agreed else MeetingStatus.REFUSED, at, "" if agreed else note)
    said = "agreed" if agreed else "not agreed"
    tell(
        file,
        meeting,
        "meeting_decided",
        f"{meeting.kind.label} {said} by the line manager",
        actor=actor,
        at=at,
        to_user_ids=(meeting.proposed_by_id,),
        to_case_workers=True,
    )
    step(meeting, said.replace(" ", "_"), note or "The line manager agreed", actor=actor, at=at)
    record(file, f"meeting {said}", actor=actor, at=at)


@use_case
def postpone(
    file: MeetingFile, *, actor: Viewer, at: datetime, reason: str, message: str = "", link: str = ""
) -> None:
    """Put it off without a new day yet: everybody who was invited is told, and calendars drop it. `reason` stays with
    those who hold the plan; `message` is read by all who are invited."""
    meeting = meeting_of(file)
    must_stand_at(meeting, MeetingStatus.SCHEDULED, say="Only a meeting with a day can be put off.")
    if not reason:
        raise RuleBroken("Say why it is put off", "reason")
    _off(file, meeting, MeetingStatus.POSTPONED, reason, message, link, actor, at)


@use_case
def cancel(
    file: MeetingFile, *, actor: Viewer, at: datetime, reason: str, message: str = "", link: str = ""
) -> None:
    """Call it off, with the reason; whoever was invited is told."""
    meeting = meeting_of(file)
    must_stand_at(meeting, *COMING_MEETINGS, say="It has taken place, or is off already.")
    if not reason:
        raise RuleBroken("Say why it is called off", "reason")
    _off(file, meeting, MeetingStatus.CANCELLED, reason, message, link, actor, at)


def _off(file, meeting, status, reason, message, link, actor, at):
    was_out, day = meeting.status is MeetingStatus.SCHEDULED, when(meeting)
    move(meeting, status, at, reason)
    if message:
        meeting.message = message
    said = "put off" if status is MeetingStatus.POSTPONED else "called off"
    meeting.sequence += 1
    db.session.flush()
    rows = standing_rows(meeting) if was_out else []
    for agency_id in sorted({row.agency_id for row in rows}):
        tell(
            file,
            meeting,
            "meeting_off",
            f"The meeting of {day} is {said}",
            actor=actor,
            at=at,
            agency_id=agency_id,
            to_agency=agency_id != actor.agency_id,
            to_user_ids=tuple(row.user_id for row in rows if row.agency_id == agency_id and row.user_id),
        )
    if not rows:
        tell(
            file,
            meeting,
            "meeting_off",
            f"{meeting.kind.label} {said}",
            actor=actor,
            at=at,
            to_case_workers=True,
        )
    mail.cancelled(file, meeting, rows, at=at, link=link)
    step(meeting, status.value, f"{said.capitalize()}: {reason}", actor=actor, at=at)
    record(file, f"meeting {said}", actor=actor, at=at)


@use_case
def not_convened(file: MeetingFile, *, actor: Viewer, at: datetime, reason: str, link: str = "") -> None:
    """The meeting could not be brought about: recorded, and reported to the line manager (S2-38)."""
    meeting = meeting_of(file)
    must_stand_at(
        meeting,
        MeetingStatus.APPROVED,
        MeetingStatus.POSTPONED,
        MeetingStatus.SCHEDULED,
        say="Only a meeting that was agreed and has not taken place can fail to come about.",
    )
    if not reason:
        raise RuleBroken("Say why it could not be brought about", "reason")
    rows = standing_rows(meeting) if meeting.status is MeetingStatus.SCHEDULED else []
    move(meeting, MeetingStatus.NOT_CONVENED, at, reason)
    meeting.sequence += 1
    db.session.flush()
    mail.cancelled(file, meeting, rows, at=at, link=link)
    tell(
        file,
        meeting,
        "meeting_not_convened",
        f"{meeting.kind.label} could not be brought about",
        actor=actor,
        at=at,
        to_user_ids=(file.case.line_manager_id,) if file.case else (),
        to_case_workers=True,
    )
    step(meeting, "not_convened", reason, actor=actor, at=at)
    record(file, "meeting could not be brought about", actor=actor, at=at)
