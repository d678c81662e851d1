"""After minutes are issued: received, asked to be corrected, amended with a date, confirmed by the next meeting. The
minutes themselves stay as they were issued; the databases refuse anything else."""

from datetime import datetime

from sqlalchemy import func, select

from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    CorrectionRequest,
    Meeting,
    Minutes,
    MinutesAmendment,
    MinutesConfirmation,
    MinutesCopy,
)
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile, find_meeting
from caseapp.policy.viewer import Viewer
from caseapp.services.meetings.hold import ISSUED, running
from caseapp.services.meetings.minutes import entitled
from caseapp.services.meetings.records import meeting_of, move, record, step, tell
from caseapp.services.transaction import use_case
from caseapp.vocabulary import MeetingStatus


@use_case
def receive(file: MeetingFile, *, actor: Viewer, at: datetime) -> None:
    """An agency has received its copy; said twice it was received once."""
    if not rules.may(actor, Do.RECEIVE_MINUTES, file):
        raise NotAllowed
    _, minutes = _issued(file)
    copy = db.session.scalars(
        select(MinutesCopy)
        .where(MinutesCopy.minutes_id == minutes.id, MinutesCopy.agency_id == actor.agency_id)
        .execution_options(populate_existing=True)
    ).first()
    if copy is None:  # consent was given, or given again, after the minutes were issued
        found = next((one for one in entitled(file, at) if one[0] == actor.agency_id), None)
        if found is None:
            raise RuleBroken("Your agency gets no copy of these minutes.")
        copy = MinutesCopy(
            minutes_id=minutes.id,
            agency_id=actor.agency_id,
            grant_id=found[1],
            whole=bool(found[2]),
            sent_at=at,
        )
        db.session.add(copy)
    if copy.received_at is None:
        copy.received_at, copy.received_by_id = at, actor.user_id
        copy.first_read_at, copy.first_read_by_id = copy.first_read_at or at, actor.user_id
        db.session.flush()
        record(file, "minutes received", actor=actor, at=at)


@use_case
def hand_over(file: MeetingFile, *, actor: Viewer, at: datetime, how: str) -> None:
    """The person has their own copy, and how they got it."""
    if not file.hosts:
        raise NotAllowed
    if not how:
        raise RuleBroken("Say how the copy was given", "how")
    _, minutes = _issued(file)
    copy = db.session.scalars(
        select(MinutesCopy).where(MinutesCopy.minutes_id == minutes.id, MinutesCopy.agency_id.is_(None))
    ).first()
    if copy is None:
        raise NotVisible
    copy.how, copy.received_at, copy.received_by_id = how, at, actor.user_id
    db.session.flush()
    record(file, "the person’s copy of the minutes handed over", actor=actor, at=at)


@use_case
def ask(file: MeetingFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """An agency asks the chair to correct the minutes. Returns the request's id."""
    if not rules.may(actor, Do.RECEIVE_MINUTES, file):
        raise NotAllowed
    if not text:
        raise RuleBroken("Say what is wrong, and what it should be", "text")
    meeting, minutes = _issued(file)
    row = CorrectionRequest(
        id=new_id(),
        minutes_id=minutes.id,
        agency_id=actor.agency_id,
        asked_at=at,
        asked_by_id=actor.user_id,
        text=text,
    )
    db.session.add(row)
    db.session.flush()
    chair = (meeting.chair_id,) if meeting.chair_id else ()
    tell(
        file,
        meeting,
        "correction_asked",
        f"{actor.agency_name} asks for a correction of the minutes",
        actor=actor,
        at=at,
        agency_id=actor.agency_id,
        to_case_workers=True,
        to_user_ids=chair,
    )
    record(file, "a correction of minutes asked for", actor=actor, at=at)
    return row.id


@use_case
def answer(
    file: MeetingFile,
    correction_id: int,
    *,
    actor: Viewer,
    at: datetime,
    answer: str,
    amend: bool,
    for_all: bool = False,
) -> int:
    """Answer a request: with an amendment (the answer is its text), or with why not. Answered once it stays. Returns the
    request's id."""
    if not rules.may(actor, Do.ISSUE_MINUTES, file):
        raise NotAllowed
    if not answer:
        raise RuleBroken(
            "Write the correction" if amend else "Say why the minutes stay as they are", "answer"
        )
    meeting, minutes = _issued(file)
    row = db.session.get(CorrectionRequest, correction_id, populate_existing=True, with_for_update=True)
    if row is None or row.minutes_id != minutes.id:
        raise NotVisible
    if row.answered_at is not None:
        raise RuleBroken("This has been answered already.")
    if amend:
        row.amendment_id = _amend(
            file, meeting, minutes, actor, at, answer, for_all=for_all, for_agency_id=row.agency_id
        )
    row.answer, row.answered_at, row.answered_by_id = answer, at, actor.user_id
    db.session.flush()
    tell(
        file,
        meeting,
        "correction_answered",
        "Your request about the minutes was answered",
        actor=actor,
        at=at,
        agency_id=row.agency_id,
        to_agency=any(row.agency_id == one[0] for one in entitled(file, at)),
    )
    return row.id


@use_case
def amend(file: MeetingFile, *, actor: Viewer, at: datetime, text: str, for_all: bool = False) -> int:
    """Add a dated correction. It is read by those with the whole minutes, and where `for_all` says so by every agency
    with a copy. Returns its id."""
    if not rules.may(actor, Do.ISSUE_MINUTES, file):
        raise NotAllowed
    if not text:
        raise RuleBroken("Write the correction", "text")
    meeting, minutes = _issued(file)
    return _amend(file, meeting, minutes, actor, at, text, for_all=for_all)


def _amend(file, meeting, minutes, actor, at, text, *, for_all, for_agency_id=None) -> int:
    number = 1 + (
        db.session.scalar(
            select(func.max(MinutesAmendment.number)).where(MinutesAmendment.minutes_id == minutes.id)
        )
        or 0
    )
    row = MinutesAmendment(
        id=new_id(),
        minutes_id=minutes.id,
        number=number,
        at=at,
        by_id=actor.user_id,
        text=text,
        for_all=for_all,
        for_agency_id=for_agency_id,
    )
    db.session.add(row)
    move(meeting, MeetingStatus.AMENDED, at)
    db.session.flush()
    step(meeting, "amended", f"Correction {number} was added to the minutes", actor=actor, at=at)
    for agency_id, _, whole in entitled(file, at):
        if agency_id != actor.agency_id and (for_all or whole or agency_id == for_agency_id):
            tell(
                file,
                meeting,
                "minutes_amended",
                "The minutes were corrected",
                actor=actor,
                at=at,
                agency_id=agency_id,
                to_agency=True,
            )
    record(file, "minutes amended", actor=actor, at=at)
    return row.id


@use_case
def confirm(file: MeetingFile, previous_id: int, *, actor: Viewer, at: datetime, note: str = "") -> None:
    """This meeting confirms the minutes of an earlier one, or notes an error in them; once."""
    running(file, actor)
    earlier = find_meeting(actor, previous_id)
    if earlier is None or (file.case and earlier.case and earlier.case.id != file.case.id):
        raise NotVisible
    if file.case is None and (earlier.case is not None or earlier.agency_id != file.agency_id):
        raise NotVisible
    minutes = db.session.scalars(select(Minutes).where(Minutes.meeting_id == previous_id)).first()
    if minutes is None:
        raise NotVisible
    if db.session.get(MinutesConfirmation, minutes.id) is not None:
        return
    db.session.add(
        MinutesConfirmation(minutes_id=minutes.id, meeting_id=file.id, at=at, by_id=actor.user_id, note=note)
    )
    db.session.flush()
    record(file, "minutes of the last meeting confirmed", actor=actor, at=at)


def _issued(file) -> tuple[Meeting, Minutes]:
    meeting = meeting_of(file)
    if meeting.status not in ISSUED:
        raise RuleBroken("The minutes have not been issued yet.")
    return meeting, db.session.scalars(select(Minutes).where(Minutes.meeting_id == meeting.id)).one()
