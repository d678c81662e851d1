"""Reports of those who do not come: what one says, and what it says of each of the agency's own actions (S3-68)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, or_, select

from caseapp.extensions import db, read
from caseapp.models import Action, AttendeeReport, Goal, ReportProgress, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.queries.meeting_seats import Seat
from caseapp.vocabulary import OPEN_ACTIONS


@dataclass(frozen=True, slots=True)
class Progress:
    """One of the agency's own actions in its report."""

    action_id: int
    what: str
    due_on: date | None
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    id: int | None
    version: int
    contribution: str
    issues: str
    proposals: str
    availability: str
    written_at: datetime | None
    written_by: str
    sent_at: datetime | None


_REPORT = (
    select(
        AttendeeReport.id,
        AttendeeReport.version,
        AttendeeReport.contribution,
        AttendeeReport.issues,
        AttendeeReport.proposals,
        AttendeeReport.availability,
        AttendeeReport.written_at,
        User.name,
        AttendeeReport.sent_at,
    )
    .join(User, User.id == AttendeeReport.written_by_id)
    .where(
        AttendeeReport.attendee_id == bindparam("attendee_id", type_=Id),
        AttendeeReport.meeting_id == MEETING_ID,
    )
)
NO_REPORT = Report(None, 0, "", "", "", "", None, "", None)


def report(meeting: MeetingFile, seat: Seat, *, viewer: Viewer) -> Report:
    """The report of one place: for its own agency also before it is sent, for those who call the meeting once it is."""
    row = read(_REPORT, {"meeting_id": meeting.id, "attendee_id": seat.id}).first()
    if row is None or not (seat.own or (meeting.hosts and row[8] is not None)):
        return NO_REPORT
    return Report(*row)


def progress(meeting: MeetingFile, seat: Seat, report: Report, *, viewer: Viewer) -> list[Progress]:
    """The agency's actions with what its report says of each: those that are open, and those that it wrote of."""
    if meeting.case is None:
        return []
    said = (
        dict(
            db.session.execute(
                select(ReportProgress.action_id, ReportProgress.progress).where(
                    ReportProgress.report_id == report.id
                )
            ).all()
        )
        if report.id
        else {}
    )
    found = db.session.execute(
        select(Action.id, Action.what, Action.due_on, Action.status)
        .join(Goal, Goal.id == Action.goal_id)
        .where(
            Action.case_id == meeting.case.id,
            Action.owner_agency_id == seat.agency_id,
            or_(Action.status.in_(sorted(OPEN_ACTIONS)), Action.id.in_(said)),
            scopes.SEES_ACTION_HERE,
        )
        .order_by(Action.due_on.is_(None), Action.due_on, Action.id)
        .limit(100),
        meeting.case.binds(viewer),
    )
    return [Progress(row.id, row.what, row.due_on, row.status.label, said.get(row.id, "")) for row in found]
