"""Answering an invitation: each agency for itself (C8). Coming, permission asked of the manager, somebody else with what
was handed over, not coming with a written report and a call before the meeting (S3-67 … S3-69, S3-82)."""

from datetime import date, datetime

from sqlalchemy import delete, select

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Action, Agency, Attendee, AttendeeReport, Meeting, ReportProgress, User
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.services import shut_out
from caseapp.services.agency_staff import managers
from caseapp.services.case_hold import live_worker
from caseapp.services.meetings import mail
from caseapp.services.meetings.records import (
    attendee_of,
    meeting_of,
    must_be,
    must_stand_at,
    record,
    step,
    tell,
    when,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Answer, AttendeeKind, MeetingStatus

OVER = "The meeting has begun, or is off: it can no longer be answered."
#: Steps that change how an agency's place stands.
ANSWERS = ("answer_", "permitted", "not_permitted")


def _own(file: MeetingFile, attendee_id: int, actor: Viewer) -> tuple[Meeting, Attendee]:
    """The meeting and a place of the actor's own agency at it. Raises NotAllowed for another agency's (C8)."""
    meeting = meeting_of(file)
    row = attendee_of(meeting, attendee_id)
    if row.kind is not AttendeeKind.AGENCY or row.agency_id != actor.agency_id:
        raise NotAllowed
    if row.removed_at is not None or row.invited_at is None:
        raise RuleBroken("This invitation was taken back.")
    return meeting, row


@use_case
def answer(
    file: MeetingFile,
    attendee_id: int,
    *,
    actor: Viewer,
    at: datetime,
    answer: Answer | None,
    note: str = "",
    substitute_id: int | None = None,
    substitute_name: str = "",
    handover_on: date | None = None,
    handover_note: str = "",
    version: int | None = None,
    link: str = "",
) -> None:
    """Answer for one's own agency. `substitute_id` is a colleague with an account, `substitute_name` one without; what
    was handed over to them is noted (S3-69). Raises RuleBroken, Stale, NotAllowed."""
    meeting, row = _own(file, attendee_id, actor)
    must_stand_at(meeting, MeetingStatus.SCHEDULED, say=OVER)
    must_be(
        row,
        version,
        {"answer": row.answer.label, "note": row.answer_note},
        actor=actor,
        kinds=ANSWERS,
        agency_id=row.agency_id,
    )
    if answer is None or answer is Answer.INVITED:
        raise RuleBroken("Say whether somebody comes", "answer")
    if answer is Answer.DECLINED and not note:
        raise RuleBroken("Say why not, in a sentence", "note")
    was_coming = row.substitute_id or row.user_id
    row.answer, row.answered_at, row.answered_by_id, row.answer_note = answer, at, actor.user_id, note
    if answer is Answer.SUBSTITUTE:
        _may_know(file, actor, substitute_id, substitute_name)
        _substitute(row, actor, at, substitute_id, substitute_name, handover_on, handover_note)
    else:
        row.substitute_id, row.substitute_name = None, ""
        row.handover_on, row.handover_note = None, ""
    if answer is Answer.ASKING:
        _ask(file, meeting, row, actor, at)
    elif answer is Answer.COMING and row.user_id is None and not row.name:
        row.user_id = (
            actor.user_id
        )  # whoever says yes for the agency is the one who comes, until they pass it on
    db.session.flush()
    agency = _agency(row.agency_id)
    said = {
        Answer.COMING: "comes to the meeting",
        Answer.ASKING: "asks its manager before it answers about the meeting",
        Answer.SUBSTITUTE: f"sends {_comes(row)} to the meeting",
        Answer.DECLINED: "does not come to the meeting",
    }[answer]
    tell(
        file,
        meeting,
        "meeting_answered",
        f"{agency} {said} of {when(meeting)}",
        actor=actor,
        at=at,
        agency_id=row.agency_id,
        to_case_workers=True,
    )
    if answer is Answer.SUBSTITUTE and row.substitute_id and row.substitute_id != was_coming:
        tell(
            file,
            meeting,
            "meeting_passed_on",
            f"{actor.name} asks you to go to the meeting of {when(meeting)}",
            actor=actor,
            at=at,
            agency_id=row.agency_id,
            to_user_ids=(row.substitute_id,),
        )
        mail.passed_on(meeting, row, at=at, link=link)
    step(
        meeting,
        f"answer_{answer.value}",
        f"{agency} {said}",
        actor=actor,
        at=at,
        for_agency_id=row.agency_id,
    )
    record(file, f"meeting invitation: {answer.value}", actor=actor, at=at)


def _may_know(file, actor, substitute_id, substitute_name):
    """Nobody is sent who may not know of the person, neither by account nor by name (X-8)."""
    if file.case is None:
        return
    if substitute_id is not None:
        live_worker(substitute_id, actor.agency_id, field="substitute")  # of a stranger nothing is said
        shut_out.refuse(substitute_id, file.case.person_id, "substitute")
    else:
        shut_out.refuse_name(substitute_name, {actor.agency_id}, file.case.person_id, "substitute_name")


def _substitute(row, actor, at, substitute_id, substitute_name, handover_on, handover_note):
    if substitute_id is not None:
        live_worker(substitute_id, actor.agency_id, field="substitute")
    elif not substitute_name:
        raise RuleBroken("Say who comes instead", "substitute")
    if substitute_id is not None and substitute_id == row.user_id:
        raise RuleBroken("That is who was invited. Say “coming” for them", "substitute")
    if handover_on is not None and handover_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "handover_on")
    if handover_note and handover_on is None:
        raise RuleBroken("Say on which day it was handed over", "handover_on")
    row.substitute_id = substitute_id
    row.substitute_name = "" if substitute_id else substitute_name
    row.handover_on, row.handover_note = handover_on, handover_note


def _ask(file, meeting, row, actor, at):
    """Permission is asked at once (S3-82)."""
    to_ask = managers(row.agency_id)
    if not to_ask - {actor.user_id}:
        raise RuleBroken("There is nobody in your agency to ask: say whether you come", "answer")
    row.permission_asked_at, row.permission_asked_by_id = at, actor.user_id
    row.permission_given = row.permission_at = row.permission_by_id = None
    row.permission_reason = ""
    if row.user_id is None:
        row.user_id = actor.user_id
    tell(
        file,
        meeting,
        "meeting_permission",
        f"{actor.name} asks for permission to go to the meeting of {when(meeting)}",
        actor=actor,
        at=at,
        agency_id=row.agency_id,
        to_user_ids=tuple(to_ask),
    )


@use_case
def permit(
    file: MeetingFile,
    attendee_id: int,
    *,
    actor: Viewer,
    at: datetime,
    given: bool | None,
    reason: str = "",
    version: int | None = None,
) -> None:
    """The manager's answer to a worker who asked to attend (S3-67): yes, or no because of the service's own needs. The
    reason stays within the agency; the case manager reads only that nobody comes."""
    meeting, row = _own(file, attendee_id, actor)
    must_stand_at(meeting, MeetingStatus.SCHEDULED, say=OVER)
    must_be(row, version, {}, actor=actor, kinds=ANSWERS, agency_id=row.agency_id)
    if row.answer is not Answer.ASKING:
        raise RuleBroken("This was answered already.")
    if given is None:
        raise RuleBroken("Say whether they may go", "given")
    if not given and not reason:
        raise RuleBroken("Say why not: it stays within your agency", "reason")
    if row.permission_asked_by_id == actor.user_id:
        raise RuleBroken("Another manager answers what you asked yourself")
    row.permission_given, row.permission_at, row.permission_by_id = given, at, actor.user_id
    row.permission_reason = reason
    row.answer = Answer.COMING if given else Answer.DECLINED
    row.answered_at, row.answered_by_id = at, actor.user_id
    if not given:
        row.answer_note = "The service cannot release anybody that day"
    agency = _agency(row.agency_id)
    said = "comes to the meeting" if given else "does not come to the meeting"
    tell(
        file,
        meeting,
        "meeting_permitted",
        f"{agency} {said} of {when(meeting)}",
        actor=actor,
        at=at,
        agency_id=row.agency_id,
        to_user_ids=tuple(u for u in {row.user_id, row.permission_asked_by_id} if u),
        to_case_workers=True,
    )
    step(
        meeting,
        "permitted" if given else "not_permitted",
        f"{agency} {said}",
        actor=actor,
        at=at,
        for_agency_id=row.agency_id,
    )
    record(file, "permission to attend a meeting answered", actor=actor, at=at)


@use_case
def report(
    file: MeetingFile,
    attendee_id: int,
    *,
    actor: Viewer,
    at: datetime,
    contribution: str = "",
    issues: str = "",
    proposals: str = "",
    availability: str = "",
    progress: dict[int, str] | None = None,
    send: bool = False,
    version: int = 0,
) -> int:
    """Write the report of an agency that does not come, and send it (S3-68). `progress` holds a text by the id of each
    own action. Until it is sent nobody outside the agency reads it; afterwards it can be added to until the meeting
    begins. `version` 0 is a report that was not there yet. Returns its id."""
    meeting, row = _own(file, attendee_id, actor)
    must_stand_at(
        meeting, MeetingStatus.SCHEDULED, MeetingStatus.POSTPONED, say="The meeting has begun, or is off."
    )
    found = db.session.scalar(
        select(AttendeeReport).where(AttendeeReport.attendee_id == row.id).with_for_update()
    )
    if found is None:
        found = AttendeeReport(
            id=new_id(),
            attendee_id=row.id,
            meeting_id=meeting.id,
            agency_id=row.agency_id,
            written_at=at,
            written_by_id=actor.user_id,
        )
        db.session.add(found)
    else:
        must_be(
            found,
            version,
            {
                "contribution": found.contribution,
                "issues": found.issues,
                "proposals": found.proposals,
                "availability": found.availability,
            },
            actor=actor,
        )
    progress = {key: text for key, text in (progress or {}).items() if text}
    if send and not (contribution or progress or issues or proposals):
        raise RuleBroken("Write what you would have said at the meeting", "contribution")
    if send and not availability:
        raise RuleBroken("Say when you can be called before the meeting", "availability")
    found.contribution, found.issues, found.proposals = contribution, issues, proposals
    found.availability, found.written_at, found.written_by_id = availability, at, actor.user_id
    first = send and found.sent_at is None
    if first:
        found.sent_at = at
    db.session.flush()
    _keep_progress(file, found, row, progress)
    agency = _agency(row.agency_id)
    if first and row.answer in (Answer.INVITED, Answer.ASKING):
        row.answer, row.answered_at, row.answered_by_id = Answer.DECLINED, at, actor.user_id
        row.answer_note = row.answer_note or "A written report instead"
    if send:
        tell(
            file,
            meeting,
            "meeting_report",
            f"{agency} {'sent its report' if first else 'added to its report'} for the meeting of {when(meeting)}",
            actor=actor,
            at=at,
            agency_id=row.agency_id,
            to_case_workers=True,
        )
        step(
            meeting,
            "report",
            f"{agency} sent its report",
            actor=actor,
            at=at,
            for_agency_id=row.agency_id,
        )
    record(file, "meeting report written", actor=actor, at=at)
    return found.id


def _keep_progress(file, found, row, progress):
    own = set()
    if file.case is not None:
        own = set(
            db.session.scalars(
                select(Action.id).where(
                    Action.case_id == file.case.id,
                    Action.owner_agency_id == row.agency_id,
                    Action.id.in_(progress),
                )
            )
        )
    db.session.execute(delete(ReportProgress).where(ReportProgress.report_id == found.id))
    for action_id in sorted(own):
        db.session.add(ReportProgress(report_id=found.id, action_id=action_id, progress=progress[action_id]))
    db.session.flush()


@use_case
def called(
    file: MeetingFile,
    attendee_id: int,
    *,
    actor: Viewer,
    at: datetime,
    call_at: datetime | None,
    note: str,
    version: int | None = None,
) -> None:
    """The follow-up call with somebody who sends a report instead of coming (S3-68), logged by whoever holds the plan.
    Raises NotAllowed for others."""
    if not file.hosts:
        raise NotAllowed
    meeting = meeting_of(file)
    row = attendee_of(meeting, attendee_id)
    if row.kind is AttendeeKind.PERSON:
        raise RuleBroken("A call to an agency is logged here")
    must_be(
        row,
        version,
        {"note": row.call_note},
        actor=actor,
        kinds=(*ANSWERS, "called"),
        agency_id=row.agency_id,
    )
    if call_at is None:
        raise RuleBroken("Say when you spoke", "day")
    if call_at > at:
        raise RuleBroken("The call must have been made already", "day")
    if meeting.begun_at is not None and call_at > meeting.begun_at:
        raise RuleBroken("This call belongs before the meeting", "day")
    if not note:
        raise RuleBroken("Say what was agreed", "note")
    row.call_at, row.call_by_id, row.call_note = call_at, actor.user_id, note
    who = _agency(row.agency_id) or row.name
    step(meeting, "called", f"Call with {who}", actor=actor, at=at, for_agency_id=row.agency_id)
    record(file, "follow-up call before a meeting logged", actor=actor, at=at)


def _comes(row) -> str:
    if row.substitute_id:
        return db.session.scalar(select(User.name).where(User.id == row.substitute_id)) or ""
    return row.substitute_name


def _agency(agency_id) -> str:
    return (agency_id and db.session.scalar(select(Agency.name).where(Agency.id == agency_id))) or ""
