"""Inviting to a meeting: who is at the table, and taking an invitation back (B7, S2-22).

Only an agency with consent in force can be invited (S2-40); a part of the person's own life is not told by inviting.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, Attendee, CaseAssignment, ConsentGrant, User
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.services import shut_out
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
from caseapp.services.plan_records import is_excluded
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AgencyKind, Answer, AssignmentRole, AttendeeKind, MeetingStatus


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to invite: a worker of an agency (`user_id`), an agency that chooses whom it sends (`agency_id` alone),
    somebody without an account (`name`), or somebody beside the person."""

    agency_id: int | None = None
    user_id: int | None = None
    name: str = ""
    role: str = ""
    kind: AttendeeKind = AttendeeKind.AGENCY


@use_case
def invite(file: MeetingFile, guest: Guest, *, actor: Viewer, at: datetime, link: str = "") -> int:
    """Invite one more; before the day is set the place is kept, and the invitation goes out with the others. Returns the
    attendee's id."""
    meeting = meeting_of(file)
    must_stand_at(
        meeting,
        MeetingStatus.APPROVED,
        MeetingStatus.SCHEDULED,
        MeetingStatus.POSTPONED,
        say="Nobody can be invited to this meeting now.",
    )
    row = seat(file, meeting, guest, actor=actor, at=at)
    if row is None:
        raise RuleBroken("That place is at the table already", "agency")
    if meeting.status is MeetingStatus.SCHEDULED:
        send(file, meeting, actor=actor, at=at, link=link)
    record(file, "invited to a meeting", actor=actor, at=at)
    return row.id


def seat(file, meeting, guest, *, actor, at) -> Attendee | None:
    """A place at the table; None where there is one already."""
    same = [Attendee.meeting_id == meeting.id, Attendee.kind == guest.kind, Attendee.removed_at.is_(None)]
    if guest.kind is AttendeeKind.AGENCY:
        _may_come(file, guest, at)
        same.append(Attendee.agency_id == guest.agency_id)
        if guest.user_id is not None:
            same.append((Attendee.user_id == guest.user_id) | (Attendee.substitute_id == guest.user_id))
        else:
            same.append(Attendee.name == guest.name)
    elif guest.kind is not AttendeeKind.PERSON:
        if not guest.name:
            raise RuleBroken("Say who it is", "name")
        if guest.kind is AttendeeKind.GUEST and file.case is not None:
            shut_out.refuse_name(guest.name, agencies_asked(file, at), file.case.person_id, "name")
        same.append(Attendee.name == guest.name)
    if db.session.scalar(select(Attendee.id).where(*same)):
        return None
    row = Attendee(
        id=new_id(),
        meeting_id=meeting.id,
        kind=guest.kind,
        agency_id=guest.agency_id if guest.kind is AttendeeKind.AGENCY else None,
        user_id=guest.user_id,
        name="" if guest.user_id else guest.name,
        role=guest.role,
        added_at=at,
        added_by_id=actor.user_id,
    )
    if guest.user_id is not None and guest.user_id == meeting.manager_id:
        row.joins_at = meeting.manager_joins_at
    db.session.add(row)
    db.session.flush()
    return row


def _may_come(file, guest, at):
    """Refuse an agency without consent, and a worker who is not of the agency."""
    agency = guest.agency_id and db.session.get(Agency, guest.agency_id)
    if agency is None or not agency.active:
        raise RuleBroken("Choose an agency from the list", "agency")
    if guest.user_id is not None:
        there = db.session.scalar(
            select(User.id).where(
                User.id == guest.user_id, User.agency_id == agency.id, User.disabled_at.is_(None)
            )
        )
        if there is None:
            raise RuleBroken(f"Choose a worker of {agency.name}", "agency")
    if file.case is None:
        return
    if agency.id not in agencies_asked(file, at):
        raise RuleBroken(f"No consent is in force for {agency.name}, so it cannot be invited", "agency")
    shut_out.refuse(guest.user_id, file.case.person_id, "agency")


def agencies_asked(file: MeetingFile, at: datetime) -> set[int]:
    """Whose staff can be asked to a meeting about this case: the agency that leads it, and those with consent in force that
    the person does not exclude (S2-40)."""
    case, today = file.case, clock.local_day(at)
    granted = db.session.scalars(
        select(ConsentGrant.agency_id).where(
            ConsentGrant.case_id == case.id, scopes.in_force(ConsentGrant, today)
        )
    )
    return {one for one in granted if not is_excluded(case, one)} | {case.lead_agency_id}


def must_have_social_work(file, meeting):
    """Where child or family matters are touched, the assigned social worker is on the list (S2-22)."""
    if not meeting.touches_family or file.case is None:
        return
    invited = db.session.scalar(
        select(Attendee.id)
        .outerjoin(Agency, Agency.id == Attendee.agency_id)
        .outerjoin(User, User.id == Attendee.user_id)
        .where(
            Attendee.meeting_id == meeting.id,
            Attendee.removed_at.is_(None),
            (Agency.kind == AgencyKind.SOCIAL_WORK)
            | Attendee.user_id.in_(
                select(CaseAssignment.user_id).where(
                    CaseAssignment.case_id == file.case.id,
                    CaseAssignment.role == AssignmentRole.SOCIAL_WORKER,
                    CaseAssignment.to_at.is_(None),
                )
            )
            | (func.lower(Attendee.role) == SOCIAL_WORKER.lower()),
        )
        .limit(1)
    )
    if invited is None:
        raise RuleBroken(
            "This meeting touches child or family matters: invite the social worker. Where there is no consent for "
            "their agency, or they have no account here, name them as a guest in the role “social worker”",
            "guests",
        )


#: What the role of a guest says where the assigned social worker has no account here.
SOCIAL_WORKER = "Social worker"


def send(file, meeting, *, actor, at, link):
    """Send what was not sent yet, and ask the agencies to answer."""
    rows = list(
        db.session.scalars(
            select(Attendee).where(
                Attendee.meeting_id == meeting.id,
                Attendee.invited_at.is_(None),
                Attendee.removed_at.is_(None),
            )
        )
    )
    for row in rows:
        row.invited_at = at
        if row.user_id == actor.user_id:
            row.answer, row.answered_at, row.answered_by_id = Answer.COMING, at, actor.user_id
    db.session.flush()
    out = [row for row in rows if row.kind is AttendeeKind.AGENCY and row.user_id != actor.user_id]
    for row in out:
        tell(
            file,
            meeting,
            "meeting_invited",
            f"Invited to a meeting on {when(meeting)}",
            actor=actor,
            at=at,
            agency_id=row.agency_id,
            to_user_ids=(row.user_id,) if row.user_id else (),
            to_agency=row.user_id is None,
        )
        step(
            meeting,
            "invited",
            f"{_agency_name(row.agency_id)} invited",
            actor=actor,
            at=at,
            for_agency_id=row.agency_id,
        )
    mail.invited(file, meeting, out, at=at, link=link)


def _agency_name(agency_id):
    return db.session.scalar(select(Agency.name).where(Agency.id == agency_id)) or ""


@use_case
def take_back(
    file: MeetingFile,
    attendee_id: int,
    *,
    actor: Viewer,
    at: datetime,
    reason: str = "",
    version: int | None = None,
    link: str = "",
) -> None:
    """Take an invitation back: the agency sees the meeting no more, and its calendar drops it."""
    meeting = meeting_of(file)
    row = attendee_of(meeting, attendee_id)
    if row.removed_at is not None:
        return
    if file.held:
        raise RuleBroken("The meeting has begun: note instead who was there.")
    must_be(
        row,
        version,
        {},
        actor=actor,
        kinds=("invited", "answer_", "permitted", "not_permitted", "called"),
        agency_id=row.agency_id,
    )
    if row.user_id and row.user_id in (meeting.chair_id, meeting.minutes_by_id):
        raise RuleBroken("Name another chair or minute-taker first")
    if row.kind is AttendeeKind.PERSON:
        raise RuleBroken("The person belongs to the meeting. Say in its details why they were not invited")
    sent = row.invited_at is not None and row.kind is AttendeeKind.AGENCY
    if sent:
        tell(
            file,
            meeting,
            "meeting_off",
            f"The invitation to the meeting of {when(meeting)} was taken back",
            actor=actor,
            at=at,
            agency_id=row.agency_id,
            to_user_ids=(row.user_id,) if row.user_id else (),
            to_agency=row.user_id is None,
        )
        mail.cancelled(file, meeting, [row], at=at, link="")
    row.removed_at, row.removed_reason = at, reason or "Taken back"
    db.session.flush()
    if meeting.status is MeetingStatus.SCHEDULED:
        must_have_social_work(file, meeting)
    step(
        meeting,
        "taken_back",
        f"Invitation of {_agency_name(row.agency_id) or row.name} taken back{': ' + reason if reason else ''}",
        actor=actor,
        at=at,
    )
    record(file, "invitation taken back", actor=actor, at=at)
