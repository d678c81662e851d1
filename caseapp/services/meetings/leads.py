"""The question of the lead agency: the calls that came first, the principles, the claims against the criteria, and what
came of it (S3-43, S3-44, S3-79, S2-14)."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, LeadClaim, LeadTalk
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.services.meetings.records import meeting_of, must_be, record, step, tell, when
from caseapp.services.transaction import use_case
from caseapp.vocabulary import MeetingKind


def _lead_meeting(file):
    meeting = meeting_of(file)
    if meeting.kind is not MeetingKind.LEAD_AGENCY:
        raise RuleBroken("This meeting is not about the lead agency.")
    return meeting


@use_case
def talk(
    file: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    staff_on: date | None = None,
    staff_said: str = "",
    staff_persons_view: str = "",
    managers_on: date | None = None,
    managers_said: str = "",
    managers_persons_view: str = "",
    principles: str = "",
    principles_agreed: bool = False,
    persons_choice: str = "",
    agreed_agency_id: int | None = None,
    agreed_how: str = "",
    version: int | None = None,
) -> None:
    """Keep the steps in their order: staff by phone, managers by phone, then the meeting, where the principles are
    agreed before any claim is heard; the person's view at each (S3-43). Who leads in the end is written down here; the
    lead agency itself changes by a transfer. Raises RuleBroken, Stale."""
    if not file.hosts:
        raise NotAllowed
    meeting = _lead_meeting(file)
    row = db.session.scalar(select(LeadTalk).where(LeadTalk.meeting_id == meeting.id).with_for_update())
    if row is None:
        row = LeadTalk(id=new_id(), meeting_id=meeting.id)
        db.session.add(row)
        db.session.flush()
    must_be(
        row,
        version,
        {
            "staff_said": row.staff_said,
            "managers_said": row.managers_said,
            "principles": row.principles,
            "persons_choice": row.persons_choice,
        },
        actor=actor,
        kinds=("lead_talk",),
    )
    today = clock.local_day(at)
    for day, field in ((staff_on, "staff_on"), (managers_on, "managers_on")):
        if day is not None and day > today:
            raise RuleBroken("This day has not come yet", field)
    if managers_on is not None and staff_on is None:
        raise RuleBroken("The staff speak first: say when they did", "staff_on")
    if managers_on is not None and managers_on < staff_on:
        raise RuleBroken("The managers speak after the staff", "managers_on")
    if principles_agreed and not principles:
        raise RuleBroken("Write down the principles that were agreed", "principles")
    if agreed_agency_id is not None and not (principles_agreed or row.principles_agreed_at):
        raise RuleBroken("The principles are agreed before the lead is", "principles_agreed")
    if agreed_agency_id is not None and not agreed_how:
        raise RuleBroken("Say how it was settled: the agencies agreed, or the person decided", "agreed_how")
    row.staff_on, row.staff_said, row.staff_persons_view = staff_on, staff_said, staff_persons_view
    row.managers_on, row.managers_said = managers_on, managers_said
    row.managers_persons_view = managers_persons_view
    row.principles = principles
    row.principles_agreed_at = (row.principles_agreed_at or at) if principles_agreed else None
    row.persons_choice = persons_choice
    row.agreed_agency_id, row.agreed_how = agreed_agency_id, agreed_how
    step(meeting, "lead_talk", "Steps towards one lead written down", actor=actor, at=at)
    record(file, "steps towards one lead agency recorded", actor=actor, at=at)


@use_case
def claim(
    file: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    agency_id: int,
    most_contact: bool | None,
    has_time: bool | None,
    six_months: bool | None,
    words: str = "",
    version: int = 0,
) -> int:
    """An agency's claim against the criteria (S3-44): most contact, a case manager with time, at least six months. Each
    agency writes its own; those who hold the plan may write one down for an agency at the table. Returns its id."""
    meeting = _lead_meeting(file)
    if agency_id != actor.agency_id and not file.hosts:
        raise NotAllowed
    if None in (most_contact, has_time, six_months):
        raise RuleBroken("Answer each of the three", "most_contact")
    if db.session.get(Agency, agency_id) is None:
        raise RuleBroken("Choose the agency", "agency")
    row = db.session.scalar(
        select(LeadClaim)
        .where(LeadClaim.meeting_id == meeting.id, LeadClaim.agency_id == agency_id)
        .with_for_update()
    )
    if row is None:
        row = LeadClaim(id=new_id(), meeting_id=meeting.id, agency_id=agency_id)
        db.session.add(row)
    else:
        must_be(row, version, {"words": row.words}, actor=actor)
    row.most_contact, row.has_time, row.six_months, row.words = most_contact, has_time, six_months, words
    row.written_at, row.written_by_id = at, actor.user_id
    db.session.flush()
    tell(
        file,
        meeting,
        "meeting_claim",
        f"A claim to lead was written for the meeting of {when(meeting)}",
        actor=actor,
        at=at,
        agency_id=agency_id,
        to_case_workers=True,
    )
    step(meeting, "claim", "A claim to lead was written", actor=actor, at=at, for_agency_id=agency_id)
    record(file, "claim to lead recorded", actor=actor, at=at)
    return row.id
