"""Arranging a meeting: its day, place, link, chair and minute-taker, and everybody who is told of it (B7, S3-56, S3-80)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from caseapp import clock, working_days
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import GroupSitting, LeadClaim, User
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings
from caseapp.services import shut_out
from caseapp.services.meetings import mail
from caseapp.services.meetings.invitations import (
    Guest,
    agencies_asked,
    must_have_social_work,
    seat,
    send,
)
from caseapp.services.meetings.records import (
    meeting_of,
    move,
    must_be,
    must_stand_at,
    name_of,
    record,
    standing_rows,
    step,
    tell,
    when,
)
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Answer, AttendeeKind, MeetingKind, MeetingStatus

#: The manager joins an exit meeting for its last half hour (S3-56).
LAST_PART = timedelta(minutes=30)


#: Working days before the meeting by which a written report is asked for (S3-68).
REPORT_BEFORE = 2


LONGEST = timedelta(hours=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When and where. `chair` and `minutes_by` are accounts of an agency at the table, or names."""

    starts_at: datetime | None
    ends_at: datetime | None = None
    place: str = ""
    link: str = ""
    message: str = ""
    chair_id: int | None = None
    chair_name: str = ""
    chair_reason: str = ""
    minutes_by_id: int | None = None
    minutes_by_name: str = ""
    manager_joins_at: datetime | None = None
    person_invited_on: date | None = None
    person_invited_how: str = ""
    person_not_invited_reason: str = ""


@use_case
def arrange(
    file: MeetingFile,
    plan: Plan,
    *,
    actor: Viewer,
    at: datetime,
    guests: tuple[Guest, ...] = (),
    version: int | None = None,
    link: str = "",
) -> None:
    """Set the day and everything around it, and send the invitations; for a meeting that is arranged already, the
    change goes to everybody who was invited, and a new day asks for their answers again. `link` is the meeting's page,
    for the mail. Raises RuleBroken, Stale."""
    meeting = meeting_of(file)
    must_stand_at(
        meeting,
        MeetingStatus.APPROVED,
        MeetingStatus.SCHEDULED,
        MeetingStatus.POSTPONED,
        say="It must be agreed by the line manager first, and not have taken place.",
    )
    must_be(
        meeting,
        version,
        {"when": when(meeting), "place": meeting.place, "link": meeting.link, "message": meeting.message},
        actor=actor,
        kinds=("agreed", "scheduled", "changed", "postponed"),
    )
    _sensible(file, meeting, plan, at)
    first = meeting.invited_at is None
    new_day = not first and meeting.starts_at != plan.starts_at
    changed = new_day or (
        not first and (meeting.place, meeting.link, meeting.ends_at) != (plan.place, plan.link, plan.ends_at)
    )
    back = meeting.status is MeetingStatus.POSTPONED
    for name in (
        "starts_at",
        "ends_at",
        "place",
        "link",
        "message",
        "chair_id",
        "chair_name",
        "chair_reason",
        "minutes_by_id",
        "minutes_by_name",
        "person_invited_on",
        "person_invited_how",
        "person_not_invited_reason",
    ):
        setattr(meeting, name, getattr(plan, name))
    meeting.chair_name = name_of(plan.chair_id) or plan.chair_name
    meeting.minutes_by_name = name_of(plan.minutes_by_id) or plan.minutes_by_name
    calendar = settings.value(meeting.agency_id, "working_day_calendar")
    meeting.reports_due_on = working_days.add_working_days(
        clock.local_day(plan.starts_at), -REPORT_BEFORE, calendar
    )
    _manager(file, meeting, plan)
    if first:
        meeting.invited_at = at
    elif changed or back:
        meeting.sequence += 1
    move(meeting, MeetingStatus.SCHEDULED, at)
    if meeting.kind is MeetingKind.GROUP:  # the sitting that it carries meets on its day, at its place
        sitting = db.session.scalars(
            select(GroupSitting).where(GroupSitting.meeting_id == meeting.id)
        ).first()
        if sitting is not None:
            sitting.held_on, sitting.place = clock.local_day(plan.starts_at), plan.place
    db.session.flush()
    if new_day or back:
        _ask_again(meeting, at)
    elif changed:
        _tell_changed(file, meeting, actor, at, link)
    for guest in (*_always(file, meeting), *guests):
        seat(file, meeting, guest, actor=actor, at=at)
    must_have_social_work(file, meeting)
    send(file, meeting, actor=actor, at=at, link=link)
    step(
        meeting,
        "scheduled" if first else "changed",
        f"{'Arranged for' if first else 'Now on'} {when(meeting)}",
        actor=actor,
        at=at,
        for_all=True,
    )
    record(file, "meeting arranged", actor=actor, at=at)


def _sensible(file, meeting, plan, at):
    if plan.starts_at is None:
        raise RuleBroken("Say on which day", "day")
    if plan.starts_at <= at:
        raise RuleBroken("The meeting must lie ahead", "day")
    if plan.ends_at is not None and plan.ends_at <= plan.starts_at:
        raise RuleBroken("It must end after it begins", "ends")
    if plan.ends_at is not None and plan.ends_at - plan.starts_at > LONGEST:
        raise RuleBroken("It must end on the same day", "ends")
    if not plan.place and not plan.link:
        raise RuleBroken("Say where, or give a link", "place")
    if plan.link and not plan.link.startswith("https://"):
        raise RuleBroken("A link begins with https://", "link")
    if plan.chair_id is None and not plan.chair_name:
        raise RuleBroken("Say who chairs", "chair")
    _may_know(file, plan, at)
    same = plan.chair_id == plan.minutes_by_id if plan.chair_id else plan.chair_name == plan.minutes_by_name
    if same and (plan.minutes_by_id or plan.minutes_by_name):
        raise RuleBroken("Whoever chairs does not take the minutes", "minutes_by")
    if (
        meeting.kind is MeetingKind.LEAD_AGENCY
        and not plan.chair_reason
        and _of_claimant(file, meeting, plan.chair_id)
    ):
        raise RuleBroken("Choose a chair from neither side, or say why that is not possible", "chair_reason")
    if file.case is not None and plan.person_invited_on is None and not plan.person_not_invited_reason:
        raise RuleBroken("Invite the person, or say why not", "person_invited_on")
    if plan.person_invited_on is not None and plan.person_invited_on > clock.local_day(at):
        raise RuleBroken("This day has not come yet", "person_invited_on")
    if plan.person_invited_on is not None and not plan.person_invited_how:
        raise RuleBroken("Say how the person was invited", "person_invited_how")


def _may_know(file, plan, at):
    """Nobody chairs or takes the minutes who may not know of the person, neither by account nor by name (X-8). Of staff
    whom nobody could ask anyway nothing is said here."""
    if file.case is None:
        return
    asked = agencies_asked(file, at)
    for field in ("chair", "minutes_by"):
        user_id, name = getattr(plan, f"{field}_id"), getattr(plan, f"{field}_name")
        if user_id is None:
            shut_out.refuse_name(name, asked, file.case.person_id, f"{field}_name")
        elif db.session.scalar(select(User.agency_id).where(User.id == user_id)) in asked:
            shut_out.refuse(user_id, file.case.person_id, field)


def _of_claimant(file, meeting, chair_id) -> bool:
    """Whether the chair belongs to the lead agency or to one that claims the lead (S3-80)."""
    agency_id = chair_id and db.session.scalar(select(User.agency_id).where(User.id == chair_id))
    if not agency_id:
        return False
    claims = set(db.session.scalars(select(LeadClaim.agency_id).where(LeadClaim.meeting_id == meeting.id)))
    return agency_id in (claims | {file.case.lead_agency_id} if file.case else claims)


def _manager(file, meeting, plan):
    """The line manager joins an exit meeting at its own time (S3-56)."""
    if meeting.kind is not MeetingKind.EXIT or file.case is None:
        return
    meeting.manager_id = file.case.line_manager_id
    ends = plan.ends_at or plan.starts_at + timedelta(hours=1)
    meeting.ends_at = ends
    joins = plan.manager_joins_at or max(plan.starts_at, ends - LAST_PART)
    if not plan.starts_at <= joins < ends:
        raise RuleBroken("The manager joins while the meeting runs", "manager_joins")
    meeting.manager_joins_at = joins


def _always(file, meeting):
    """The person, the chair and whoever takes the minutes, and the manager of an exit meeting."""
    found = []
    if file.case is not None:
        found.append(Guest(kind=AttendeeKind.PERSON))
    for user_id in (meeting.chair_id, meeting.minutes_by_id, meeting.manager_id):
        agency_id = user_id and db.session.scalar(select(User.agency_id).where(User.id == user_id))
        if agency_id:
            found.append(Guest(agency_id=agency_id, user_id=user_id))
    return found


def _ask_again(meeting, at):
    """A new day: what everybody answered was about the old one."""
    for row in standing_rows(meeting):
        row.answer, row.answered_at, row.answered_by_id, row.answer_note = Answer.INVITED, None, None, ""
        row.substitute_id, row.substitute_name = None, ""
        row.permission_asked_at = row.permission_asked_by_id = None
        row.permission_given = row.permission_at = row.permission_by_id = None
        row.permission_reason = ""
        row.invited_at = None  # sent again below
        if row.user_id == meeting.manager_id:
            row.joins_at = meeting.manager_joins_at
    db.session.flush()


def _tell_changed(file, meeting, actor, at, link):
    rows = standing_rows(meeting)
    for agency_id in sorted({row.agency_id for row in rows}):
        users = tuple(row.user_id for row in rows if row.agency_id == agency_id and row.user_id)
        tell(
            file,
            meeting,
            "meeting_changed",
            f"The meeting of {when(meeting)} has changed",
            actor=actor,
            at=at,
            agency_id=agency_id,
            to_user_ids=users,
            to_agency=not users,
        )
    mail.invited(file, meeting, rows, at=at, link=link)
