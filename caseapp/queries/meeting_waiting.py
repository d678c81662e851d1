"""What waits for somebody about meetings: an invitation for an answer, a worker for permission, a proposal for the line
manager, decisions and minutes for the chair (S3-63, S3-67, S3-82, B7)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates, working_days
from caseapp.extensions import read
from caseapp.models import Attendee, Case, CaseAssignment, Meeting, Person, User
from caseapp.models.base import UTC
from caseapp.policy import scopes
from caseapp.policy.meetings import SEES_MEETING, binds, not_withdrawn_since, standing
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import Answer, MeetingKind, MeetingStatus

NOW = bindparam("now", type_=UTC)
#: An invitation without an answer is shown as pressing so many working days before the day.
PRESSING = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: for which meeting, about whom, what, when. `attendee_id` where it hangs on one place."""

    meeting_id: int
    case_id: int | None
    reference: str | None
    person: str
    kind: MeetingKind
    what: str
    when: str
    late: bool
    attendee_id: int | None = None

    @property
    def name(self) -> str:
        return self.person or "Group meeting"


_Seat = aliased(Attendee, name="waiting_seat")
_Asker = aliased(User, name="waiting_asker")
_SEATS = (
    select(
        Meeting.id,
        Meeting.case_id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Meeting.kind,
        Meeting.title,
        Meeting.starts_at,
        _Seat.id,
        _Seat.answer,
        _Seat.user_id,
        _Seat.permission_asked_at,
        _Asker.name,
    )
    .select_from(_Seat)
    .join(Meeting, Meeting.id == _Seat.meeting_id)
    .outerjoin(Case, Case.id == Meeting.case_id)
    .outerjoin(Person, Person.id == Case.person_id)
    .outerjoin(_Asker, _Asker.id == _Seat.permission_asked_by_id)
    .where(
        _Seat.agency_id == scopes.VIEWER_AGENCY,
        standing(_Seat),
        not_withdrawn_since(_Seat),
        Meeting.status == MeetingStatus.SCHEDULED,
        Meeting.starts_at > NOW,
        SEES_MEETING,
    )
    .order_by(Meeting.starts_at, _Seat.id)
    .limit(20)
)
_UNANSWERED = _SEATS.where(
    _Seat.answer == Answer.INVITED,
    or_(_Seat.user_id.is_(None), _Seat.user_id == scopes.VIEWER_USER),
)
_ASKING = _SEATS.where(_Seat.answer == Answer.ASKING)

_PROPOSED = (
    select(
        Meeting.id,
        Meeting.case_id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Meeting.kind,
        Meeting.title,
        Meeting.proposed_at,
        User.name,
    )
    .select_from(Meeting)
    .join(Case, Case.id == Meeting.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(User, User.id == Meeting.proposed_by_id)
    .where(
        Case.lead_agency_id == scopes.VIEWER_AGENCY,
        Case.closed_at.is_(None),
        Meeting.status == MeetingStatus.PROPOSED,
        scopes.SEES_ALL,
        scopes.VIEWER_MANAGES,
    )
    .order_by(Meeting.proposed_at)
    .limit(20)
)
_MINE = or_(
    Meeting.chair_id == scopes.VIEWER_USER,
    exists()
    .where(
        case_manager.of_case(case_id=Meeting.case_id),
        CaseAssignment.user_id == scopes.VIEWER_USER,
    )
    .correlate(Meeting),
)
_CLOCKS = (
    select(
        Meeting.id,
        Meeting.case_id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Meeting.kind,
        Meeting.title,
        Meeting.starts_at,
        Meeting.decisions_due_on,
        Meeting.decisions_sent_at,
        Meeting.minutes_due_on,
    )
    .select_from(Meeting)
    .outerjoin(Case, Case.id == Meeting.case_id)
    .outerjoin(Person, Person.id == Case.person_id)
    .where(Meeting.status == MeetingStatus.MINUTES_DRAFT, SEES_MEETING)
    .order_by(Meeting.minutes_due_on, Meeting.id)
    .limit(20)
)
_MY_CLOCKS = _CLOCKS.where(_MINE)
_OUR_CLOCKS = _CLOCKS.where(Meeting.agency_id == scopes.VIEWER_AGENCY)


def to_answer(*, viewer: Viewer, limits: dict) -> list[Waiting]:
    """Invitations that wait for the viewer, or for anybody of the agency where nobody is named; soonest first."""
    return [
        _waiting(
            row,
            "Invited; nobody has answered yet" if row[10] is None else "Invited",
            row[7],
            limits,
            attendee_id=row[8],
        )
        for row in read(_UNANSWERED, binds(viewer) | {"now": clock.now()})
    ]


def to_permit(*, viewer: Viewer, limits: dict) -> list[Waiting]:
    """Workers of the agency who ask whether they may go (S3-67), for their managers; soonest meeting first (S3-82)."""
    if not viewer.manages:
        return []
    return [
        _waiting(row, f"{row[12] or 'A worker'} asks whether to go", row[7], limits, attendee_id=row[8])
        for row in read(_ASKING, binds(viewer) | {"now": clock.now()})
    ]


def to_agree(*, viewer: Viewer, limits: dict) -> list[Waiting]:
    """Meetings that workers propose, for the line manager's agreement (S3-63), the oldest first."""
    if not viewer.manages:
        return []
    found, calendar = [], limits["working_day_calendar"]
    for row in read(_PROPOSED, binds(viewer)):
        held = working_days.working_days_between(clock.local_day(row[7]), clock.today(), calendar)
        words = "proposed today" if held <= 0 else f"waits {held} working day{'' if held == 1 else 's'}"
        found.append(
            Waiting(row[0], row[1], row[2], _person(row), row[5], f"{row[8]} proposes it", words, held > 2)
        )
    return found


def clocks(*, viewer: Viewer, limits: dict, ours: bool = False) -> list[Waiting]:
    """Meetings that were held and whose decisions or minutes are still to come: the chair's clocks (B7). `ours`: those
    of the whole agency, for its line manager."""
    found, today, calendar = [], clock.today(), limits["working_day_calendar"]
    for row in read(_OUR_CLOCKS if ours else _MY_CLOCKS, binds(viewer)):
        for due, what, done in (
            (row[8], "Send the decisions", row[9] is not None),
            (row[10], "Issue the minutes", False),
        ):
            if due is None or done:
                continue
            words = working_days.in_words(due, today, calendar)
            found.append(
                Waiting(
                    row[0],
                    row[1],
                    row[2],
                    _person(row) or row[6],
                    row[5],
                    f"{what} of {dates.short_day(clock.local_day(row[7]))}",
                    words,
                    due < today,
                )
            )
            break
    return found


def _waiting(row, what, starts_at: datetime, limits, attendee_id) -> Waiting:
    calendar, today, day = limits["working_day_calendar"], clock.today(), clock.local_day(starts_at)
    left = working_days.working_days_between(today, day, calendar)
    return Waiting(
        row[0],
        row[1],
        row[2],
        _person(row) or row[6],
        row[5],
        what,
        f"{dates.day(day)}, {dates.hour(starts_at)}",
        left <= PRESSING,
        attendee_id,
    )


def _person(row) -> str:
    return f"{row[3]} {row[4]}".strip() if row[1] else ""


#: For the number beside the navigation: invitations to the viewer, or to their agency where nobody is named.
COUNT_MOST = 30
TO_ANSWER_COUNT = (
    select(func.count())
    .select_from(
        select(_Seat.id)
        .join(Meeting, Meeting.id == _Seat.meeting_id)
        .outerjoin(Case, Case.id == Meeting.case_id)
        .where(
            _Seat.agency_id == scopes.VIEWER_AGENCY,
            _Seat.answer == Answer.INVITED,
            or_(_Seat.user_id.is_(None), _Seat.user_id == scopes.VIEWER_USER),
            standing(_Seat),
            Meeting.status == MeetingStatus.SCHEDULED,
            Meeting.starts_at > NOW,
            or_(Case.id.is_(None), and_(scopes.SEES_CASE, not_withdrawn_since(_Seat))),
        )
        .limit(COUNT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
