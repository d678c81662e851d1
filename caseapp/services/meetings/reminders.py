"""What a meeting calls to mind: an invitation without an answer, a request for permission that waits, a report that is
missing, the meeting itself the day before, decisions and minutes that are due (S3-67, S3-68, S3-82, B7).

Rows for the daily duties (services.reminders): each carries a `dedupe` key, so that reminding twice leaves one. Nobody
is reminded of a meeting that they no longer see.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from caseapp import clock, working_days
from caseapp.extensions import db
from caseapp.models import Attendee, AttendeeReport, Case, CaseAssignment, ConsentGrant, Meeting, User
from caseapp.policy import scopes
from caseapp.policy.meetings import not_withdrawn_since, standing
from caseapp.queries import case_manager
from caseapp.queries.agency_limits import Limits
from caseapp.services.agency_staff import PRACTISING
from caseapp.vocabulary import Answer, MeetingStatus, Role

#: Working days before the meeting on which what is missing is called to mind.
BEFORE = 3
#: Calendar days that are looked ahead: enough for BEFORE over any run of holidays.
AHEAD = timedelta(days=14)
#: What is late comes again after so many calendar days.
AGAIN = 7


def due(*, at: datetime) -> Iterable[dict]:
    """Every reminder that is due now, for services.reminders._told."""
    limits = Limits()
    yield from _before(at, limits)
    yield from _after(at, limits)


def _before(at, limits):
    today = clock.local_day(at)
    granted = (
        select(ConsentGrant.id)
        .where(
            ConsentGrant.case_id == Meeting.case_id,
            ConsentGrant.agency_id == Attendee.agency_id,
            scopes.in_force(ConsentGrant, today),
        )
        .correlate(Meeting, Attendee)
        .exists()
    )
    rows = db.session.execute(
        select(
            Meeting.id,
            Meeting.case_id,
            Meeting.starts_at,
            Meeting.sequence,
            Attendee.id,
            Attendee.agency_id,
            Attendee.user_id,
            Attendee.substitute_id,
            Attendee.answer,
            Attendee.permission_asked_by_id,
            AttendeeReport.sent_at,
            Case.lead_agency_id,
        )
        .select_from(Attendee)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .outerjoin(Case, Case.id == Meeting.case_id)
        .outerjoin(AttendeeReport, AttendeeReport.attendee_id == Attendee.id)
        .where(
            Meeting.status == MeetingStatus.SCHEDULED,
            Meeting.starts_at > at,
            Meeting.starts_at <= at + AHEAD,
            standing(Attendee),
            or_(
                Case.id.is_(None),
                Case.lead_agency_id == Attendee.agency_id,
                and_(granted, not_withdrawn_since(Attendee)),
            ),
            or_(Case.id.is_(None), Case.closed_at.is_(None)),
        )
    ).all()
    for row in rows:
        day = clock.local_day(row[2])
        calendar = limits.get(row[5], "working_day_calendar")
        left = working_days.working_days_between(today, day, calendar)
        if left > BEFORE:
            continue
        key = f"{row[4]}:{row[3]}"
        about = {"at": at, "case_id": row[1], "meeting_id": row[0]}
        named = row[7] if row[8] is Answer.SUBSTITUTE else row[6]
        if row[8] is Answer.INVITED:
            yield from _rows([row[6]] if row[6] else _staff(row[5]), "meeting_unanswered", key, about)
        elif row[8] is Answer.ASKING:
            managers = [one for one in _staff(row[5], managers=True) if one != row[9]]
            yield from _rows(managers, "meeting_permission_waits", key, about)
        elif row[8] is Answer.DECLINED and row[10] is None:
            if row[11] != row[5]:
                yield from _rows([row[6]] if row[6] else _staff(row[5]), "meeting_report_missing", key, about)
        elif left <= 1 and named:
            yield from _rows([named], "meeting_soon", key, about)


def _after(at, limits):
    today = clock.local_day(at)
    rows = db.session.execute(
        select(
            Meeting.id,
            Meeting.case_id,
            Meeting.agency_id,
            Meeting.chair_id,
            Meeting.proposed_by_id,
            Meeting.decisions_due_on,
            Meeting.decisions_sent_at,
            Meeting.minutes_due_on,
            Case.line_manager_id,
        )
        .outerjoin(Case, Case.id == Meeting.case_id)
        .where(Meeting.status == MeetingStatus.MINUTES_DRAFT)
    ).all()
    for row in rows:
        users = {row[3] or row[4], *_case_managers(row[1])}
        about = {"at": at, "case_id": row[1], "meeting_id": row[0]}
        for kind, day, done in (
            ("meeting_decisions", row[5], row[6] is not None),
            ("meeting_minutes", row[7], False),
        ):
            if day is None or done:
                continue
            if day < today:
                week = (today - day).days // AGAIN
                yield from _rows({*users, row[8]}, f"{kind}_late", f"{row[0]}:{day}:{week}", about)
            elif (
                working_days.working_days_between(today, day, limits.get(row[2], "working_day_calendar")) <= 1
            ):
                yield from _rows(users, f"{kind}_due", f"{row[0]}:{day}", about)


def _rows(users, kind, key, about):
    for user_id in sorted({user for user in users if user}):
        yield {"user_id": user_id, "kind": kind, "dedupe": f"{kind}:{key}:{user_id}", **about}


def _staff(agency_id, managers=False) -> list[int]:
    statement = select(User.id).where(User.agency_id == agency_id, PRACTISING)
    if managers:
        statement = statement.where(User.roles.op("&")(int(Role.LINE_MANAGER)) != 0)
    return list(db.session.scalars(statement))


def _case_managers(case_id) -> list[int]:
    if case_id is None:
        return []
    return list(
        db.session.scalars(
            select(CaseAssignment.user_id).where(
                case_manager.of_case(case_id=case_id),
            )
        )
    )
