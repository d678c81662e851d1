"""Who is at the table of a meeting and what they answered, as far as the reader’s own place goes (S2-40)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import Agency, Attendee, AttendeeReport, User
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import Answer, AttendeeKind, Presence


@dataclass(frozen=True, slots=True)
class Seat:
    """One place at the table. For an agency other than the viewer's own only its name and who comes; the rest is empty."""

    id: int
    version: int
    kind: AttendeeKind
    agency_id: int | None
    agency: str
    user_id: int | None
    name: str
    role: str
    joins_at: datetime | None
    sent: bool
    removed_at: datetime | None
    removed_reason: str
    answer: Answer
    answered_at: datetime | None
    answered_by: str
    answer_note: str
    asked_at: datetime | None
    asked_by_id: int | None
    permission_given: bool | None
    permission_reason: str
    substitute: str
    substitute_id: int | None
    handover_on: date | None
    handover_note: str
    call_at: datetime | None
    call_by: str
    call_note: str
    presence: Presence | None
    report_id: int | None
    report_sent_at: datetime | None
    own: bool

    @property
    def who(self) -> str:
        """ "Amina Yusuf for Tomasz Wilk", or the agency where nobody is named yet."""
        if self.substitute:
            return f"{self.substitute} for {self.name}" if self.name else self.substitute
        return self.name

    @property
    def said(self) -> str:
        """What stands beside the name: C8 in words."""
        if self.removed_at is not None:
            return "Invitation taken back"
        if self.presence is not None:
            return self.presence.label
        if not self.sent:
            return "Not sent yet"
        if self.call_at is not None:
            return f"Report and call of {dates.short_day(clock.local_day(self.call_at))}"
        if self.report_sent_at is not None:
            return "Report in, no call yet"
        return self.answer.label

    @property
    def tag(self) -> str:
        if self.removed_at is not None:
            return ""
        if self.presence is not None:
            return "" if self.presence is Presence.ABSENT else "g-ok"
        return {
            Answer.INVITED: "g-wait",
            Answer.ASKING: "g-wait",
            Answer.COMING: "g-ok",
            Answer.SUBSTITUTE: "g-ok",
            Answer.DECLINED: "",
        }[self.answer]

    @property
    def waits(self) -> bool:
        agency = self.kind is AttendeeKind.AGENCY
        return (
            agency
            and self.sent
            and self.removed_at is None
            and self.presence is None
            and self.answer in (Answer.INVITED, Answer.ASKING)
        )


_Named = aliased(User, name="seat_user")
_Instead = aliased(User, name="seat_instead")
_Answerer = aliased(User, name="seat_answerer")
_Caller = aliased(User, name="seat_caller")
_SEATS = (
    select(
        Attendee.id,
        Attendee.version,
        Attendee.kind,
        Attendee.agency_id,
        Agency.name,
        Attendee.user_id,
        _Named.name,
        Attendee.name,
        Attendee.role,
        Attendee.joins_at,
        Attendee.invited_at.is_not(None),
        Attendee.removed_at,
        Attendee.removed_reason,
        Attendee.answer,
        Attendee.answered_at,
        _Answerer.name,
        Attendee.answer_note,
        Attendee.permission_asked_at,
        Attendee.permission_asked_by_id,
        Attendee.permission_given,
        Attendee.permission_reason,
        _Instead.name,
        Attendee.substitute_name,
        Attendee.substitute_id,
        Attendee.handover_on,
        Attendee.handover_note,
        Attendee.call_at,
        _Caller.name,
        Attendee.call_note,
        Attendee.presence,
        AttendeeReport.id,
        AttendeeReport.sent_at,
    )
    .select_from(Attendee)
    .outerjoin(Agency, Agency.id == Attendee.agency_id)
    .outerjoin(_Named, _Named.id == Attendee.user_id)
    .outerjoin(_Instead, _Instead.id == Attendee.substitute_id)
    .outerjoin(_Answerer, _Answerer.id == Attendee.answered_by_id)
    .outerjoin(_Caller, _Caller.id == Attendee.call_by_id)
    .outerjoin(AttendeeReport, AttendeeReport.attendee_id == Attendee.id)
    .where(Attendee.meeting_id == MEETING_ID)
    .order_by(Attendee.added_at, Attendee.id)
)
_ORDER = {AttendeeKind.PERSON: 0, AttendeeKind.SUPPORTER: 1, AttendeeKind.AGENCY: 2, AttendeeKind.GUEST: 3}


def seats(meeting: MeetingFile, *, viewer: Viewer) -> list[Seat]:
    """Who is at the table. All for those who call it; for an agency with the whole plan, and in a group meeting, also
    which other agencies are; else the own places only."""
    everybody = meeting.hosts or meeting.case is None or meeting.case.sees_whole_plan
    found = []
    for row in read(_SEATS, {"meeting_id": meeting.id}):
        own = row[3] is not None and row[3] == viewer.agency_id
        full = meeting.hosts or own
        if not full and (not everybody or row[2] is not AttendeeKind.AGENCY or row[11] or not row[10]):
            continue
        staff_only = row[20] if own else ""  # the manager's reason stays within the agency
        name = row[6] or row[7]
        found.append(
            Seat(
                *row[:6],
                name,
                row[8],
                row[9],
                bool(row[10]),
                row[11],
                row[12] if meeting.hosts else "",
                row[13] if full else Answer.COMING if row[13] in _COMES else Answer.INVITED,
                row[14] if full else None,
                (row[15] or "") if full else "",
                row[16] if full else "",
                row[17] if own else None,
                row[18] if own else None,
                row[19] if own else None,
                staff_only,
                (row[21] or row[22]) if full else "",
                row[23] if full else None,
                row[24] if full else None,
                row[25] if full else "",
                row[26] if full else None,
                (row[27] or "") if full else "",
                row[28] if full else "",
                row[29] if full else None,
                row[30] if own or (full and row[31]) else None,
                row[31] if full else None,
                own,
            )
        )
    return sorted(
        found,
        key=lambda seat: (
            _ORDER[seat.kind],
            seat.kind is AttendeeKind.AGENCY and not seat.own and meeting.hosts is False,
        ),
    )


_COMES = (Answer.COMING, Answer.SUBSTITUTE)


def seat(meeting: MeetingFile, attendee_id: int, *, viewer: Viewer) -> Seat | None:
    """One place that the viewer reads in full."""
    return next(
        (
            one
            for one in seats(meeting, viewer=viewer)
            if one.id == attendee_id and (one.own or meeting.hosts)
        ),
        None,
    )
