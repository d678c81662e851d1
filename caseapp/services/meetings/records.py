"""What every use case about a meeting does alike: take its row for writing, notice who saved first, add to its history."""

from datetime import datetime

from sqlalchemy import insert, or_, select

from caseapp import dates
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Attendee, Meeting, MeetingStep, User
from caseapp.policy.meetings import MeetingFile, standing
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events, last_hand
from caseapp.services.case_hold import hold
from caseapp.vocabulary import Audience, MeetingStatus


def meeting_of(file: MeetingFile) -> Meeting:
    """The meeting's row, held for writing until the end of the transaction, its case held before it. Raises RuleBroken
    where the case was closed meanwhile."""
    if file.case is not None:
        hold(file.case)
    row = db.session.get(Meeting, file.id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotVisible
    return row


def attendee_of(meeting: Meeting, attendee_id: int) -> Attendee:
    """One place of this meeting, held for writing. Raises NotVisible."""
    row = db.session.get(Attendee, attendee_id, populate_existing=True, with_for_update=True)
    if row is None or row.meeting_id != meeting.id:
        raise NotVisible
    return row


def must_be(
    row, version: int | None, saved: dict, *, actor: Viewer, kinds: tuple[str, ...] = (), agency_id=None
) -> None:
    """Raise Stale, with what stands now and who wrote it, where the form was filled in over an older version; None asks
    nothing. Steps of these `kinds` change such a row, where it does not say itself who wrote it; where it is the place of
    one agency, those about `agency_id`. Whoever may change the row reads these steps, with their names."""
    if version is None or row.version == version:
        return
    if not kinds:
        hand = last_hand.by_user(row.written_by_id, row.written_at, actor=actor, across=True)
        raise Stale(saved, **hand, version=row.version)
    about = [MeetingStep.meeting_id == getattr(row, "meeting_id", row.id)]
    about.append(or_(*(MeetingStep.kind.startswith(kind, autoescape=True) for kind in kinds)))
    if agency_id is not None:
        about.append(or_(MeetingStep.for_agency_id == agency_id, MeetingStep.agency_id == agency_id))
    hand = last_hand.by_step(MeetingStep, MeetingStep.actor_id, *about, actor=actor, across=True)
    raise Stale(saved, **hand, version=row.version)


def must_stand_at(meeting: Meeting, *states: MeetingStatus, say: str) -> None:
    """Raise RuleBroken unless the meeting is at one of these points of its life (C8)."""
    if meeting.status not in states:
        raise RuleBroken(say)


def move(meeting: Meeting, status: MeetingStatus, at: datetime, reason: str = "") -> None:
    meeting.status, meeting.status_at, meeting.status_reason = status, at, reason


def step(
    meeting: Meeting,
    kind: str,
    text: str,
    *,
    actor: Viewer,
    at: datetime,
    for_agency_id: int | None = None,
    for_all: bool = False,
) -> None:
    """Add a line to the meeting's own history."""
    db.session.execute(
        insert(MeetingStep.__table__),
        {
            "id": new_id(),
            "meeting_id": meeting.id,
            "at": at,
            "actor_id": actor.user_id,
            "agency_id": actor.agency_id,
            "for_agency_id": for_agency_id,
            "for_all": for_all,
            "kind": kind,
            "text": text[:300],
        },
    )


def tell(
    file: MeetingFile,
    meeting: Meeting,
    kind: str,
    summary: str,
    *,
    actor: Viewer,
    at: datetime,
    agency_id: int | None = None,
    to_user_ids: tuple[int, ...] = (),
    to_agency: bool = False,
    to_case_workers: bool = False,
) -> None:
    """A line in the case's timeline and word to those concerned; about a group meeting only word. With `agency_id` the
    line is for that agency and the lead agency; without it for the lead agency alone."""
    if file.case is not None:
        own = agency_id is None or agency_id == file.case.lead_agency_id
        events.happened(
            file.case,
            kind,
            summary,
            actor=actor,
            at=at,
            audience=Audience.LEAD if own else Audience.AGENCY,
            for_agency_id=None if own else agency_id,
            meeting_id=meeting.id,
            tell_case_workers=to_case_workers,
            tell_agency_id=agency_id if to_agency else None,
            tell_user_ids=to_user_ids,
        )
        return
    people = set(to_user_ids)
    if to_agency and agency_id is not None:
        people |= events.agency_workers(agency_id)
    if to_case_workers:
        people |= {meeting.proposed_by_id, meeting.chair_id} - {None}
    events.notify(
        people - {actor.user_id}, kind, at=at, meeting_id=meeting.id, plain=GROUP_NEWS.get(kind, "")
    )


#: What a notice about a group meeting says: it names nobody.
GROUP_NEWS = {
    "meeting_invited": "You are invited to a group meeting",
    "meeting_changed": "A group meeting has changed",
    "meeting_off": "A group meeting is off",
    "meeting_answered": "An agency has answered to a group meeting",
    "meeting_permission": "A worker asks for permission to go to a group meeting",
    "meeting_permitted": "Your manager has answered about a group meeting",
    "meeting_passed_on": "You are asked to go to a group meeting",
    "meeting_point": "A point was put on the agenda of a group meeting",
}


def record(file: MeetingFile, what: str, *, actor: Viewer, at: datetime) -> None:
    """The audit entry of a change."""
    if file.case is not None:
        audit.record(actor, what, at=at, case=file.case)
    else:
        audit.record(actor, what, at=at, about_id=file.id)


def standing_rows(meeting: Meeting) -> list[Attendee]:
    """The places that were sent out and stand, of agencies."""
    return list(
        db.session.scalars(
            select(Attendee)
            .where(Attendee.meeting_id == meeting.id, standing(Attendee))
            .order_by(Attendee.added_at, Attendee.id)
            .execution_options(populate_existing=True)
        )
    )


def name_of(user_id: int | None) -> str:
    """The name of an account."""
    return (user_id and db.session.scalar(select(User.name).where(User.id == user_id))) or ""


def when(meeting: Meeting) -> str:
    """ "9 Dec 2026, 10:00", or that no day is set."""
    return dates.moment(meeting.starts_at) if meeting.starts_at else "no day yet"
