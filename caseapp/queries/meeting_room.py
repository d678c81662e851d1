"""What a meeting holds while it runs and while its minutes are written: its facts, what is typed, parts without the person,
reports. Read by those who run it (the guard of every page that asks has seen to that), like meeting_places and
meeting_decisions; copies for others are cut in meeting_minutes."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from caseapp import names
from caseapp.extensions import read
from caseapp.models import (
    Agency,
    Attendee,
    AttendeeReport,
    Case,
    Meeting,
    MeetingApart,
    MeetingRecord,
    Person,
    User,
)
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import MeetingKind, MeetingStatus


class Typed(NamedTuple):
    """What is typed about the meeting as a whole."""

    reminder_read_at: datetime | None = None
    persons_view: str = ""
    read_back: bool = False
    persons_view_from: str = ""
    not_agreed: str = ""
    person_agrees: bool = False
    next_at: datetime | None = None
    next_place: str = ""
    next_review_on: date | None = None
    saved_at: datetime | None = None
    version: int = 0


_TYPED_COLUMNS = (
    MeetingRecord.reminder_read_at,
    MeetingRecord.persons_view,
    MeetingRecord.read_back,
    MeetingRecord.persons_view_from,
    MeetingRecord.not_agreed,
    MeetingRecord.person_agrees,
    MeetingRecord.next_at,
    MeetingRecord.next_place,
    MeetingRecord.next_review_on,
    MeetingRecord.saved_at,
    MeetingRecord.version,
)


class Frame(NamedTuple):
    """The meeting's own facts, as its pages and minutes name them."""

    kind: MeetingKind
    status: MeetingStatus
    title: str
    starts_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    place: str
    chair_id: int | None
    chair: str
    minutes_by: str
    agency: str
    decisions_due_on: date | None
    decisions_sent_at: datetime | None
    minutes_due_on: date | None
    person: str
    first_name: str

    @property
    def day(self) -> datetime | None:
        """When it took place, or is to."""
        return self.begun_at or self.starts_at


_Chair = aliased(User, name="chair")
_Writer = aliased(User, name="minute_taker")
_FRAME = (
    select(
        Meeting.kind,
        Meeting.status,
        Meeting.title,
        Meeting.starts_at,
        Meeting.begun_at,
        Meeting.ended_at,
        Meeting.place,
        Meeting.chair_id,
        Meeting.chair_name,
        _Chair.name,
        Meeting.minutes_by_name,
        _Writer.name,
        Agency.name,
        Meeting.decisions_due_on,
        Meeting.decisions_sent_at,
        Meeting.minutes_due_on,
        Person.given_name,
        Person.family_name,
        Person.known_as,
    )
    .join(Agency, Agency.id == Meeting.agency_id)
    .outerjoin(_Chair, _Chair.id == Meeting.chair_id)
    .outerjoin(_Writer, _Writer.id == Meeting.minutes_by_id)
    .outerjoin(Case, Case.id == Meeting.case_id)
    .outerjoin(Person, Person.id == Case.person_id)
    .where(Meeting.id == MEETING_ID)
)


_OPENED = _FRAME.add_columns(*_TYPED_COLUMNS).outerjoin(MeetingRecord, MeetingRecord.meeting_id == Meeting.id)
_OF_FRAME = len(_FRAME.selected_columns)
_OF_TYPED = _OF_FRAME + len(_TYPED_COLUMNS)


def frame(meeting: MeetingFile) -> Frame:
    """The meeting's facts. Raises NotVisible where it vanished between two statements."""
    return _as_frame(scopes.still_there(read(_FRAME, {"meeting_id": meeting.id}).first()))


def opened(meeting: MeetingFile) -> tuple[Frame, Typed]:
    """The meeting's facts and what is typed about it, in one statement. Raises NotVisible as `frame` does."""
    row = scopes.still_there(read(_OPENED, {"meeting_id": meeting.id}).first())
    return _as_frame(row[:_OF_FRAME]), _as_typed(row[_OF_FRAME:])


def in_session(meeting: MeetingFile) -> tuple[Frame, Typed, "Apart | None"]:
    """As `opened`, and the part without the person that is going on, if one is."""
    row = scopes.still_there(read(_IN_SESSION, {"meeting_id": meeting.id}).first())
    apart = None if row[_OF_TYPED] is None else Apart(*row[_OF_TYPED:])
    return _as_frame(row[:_OF_FRAME]), _as_typed(row[_OF_FRAME:_OF_TYPED]), apart


def _as_typed(row) -> Typed:
    return Typed(*row) if row[-1] is not None else Typed()


def _as_frame(row) -> Frame:
    given, family, known_as = row[16:]
    person = f"{given} {family}".strip() if given is not None else ""
    first = names.first_name(known_as or "", given, family or "") if person else ""
    return Frame(*row[:8], row[9] or row[8], row[11] or row[10], *row[12:16], person, first)


class Apart(NamedTuple):
    """A part without the person."""

    id: int
    reason: str
    text: str
    begun_at: datetime
    ended_at: datetime | None
    begun_by: str = ""


_OF_APART = (
    MeetingApart.id,
    MeetingApart.reason,
    MeetingApart.text,
    MeetingApart.begun_at,
    MeetingApart.ended_at,
)
_IN_SESSION = (
    _OPENED.add_columns(*_OF_APART)
    .outerjoin(MeetingApart, and_(MeetingApart.meeting_id == Meeting.id, MeetingApart.ended_at.is_(None)))
    .order_by(MeetingApart.begun_at)
    .limit(1)
)
_APARTS = (
    select(*_OF_APART, User.name)
    .join(User, User.id == MeetingApart.begun_by_id)
    .where(MeetingApart.meeting_id == MEETING_ID)
    .order_by(MeetingApart.begun_at)
)


def aparts(meeting: MeetingFile) -> list[Apart]:
    """The parts without the person, in order."""
    return [Apart(*row) for row in read(_APARTS, {"meeting_id": meeting.id})]


class Report(NamedTuple):
    """What somebody who could not come wrote, for those who hold the plan."""

    attendee_id: int
    agency: str
    contribution: str
    issues: str
    proposals: str
    sent_at: datetime
    call_at: datetime | None
    call_note: str


_REPORTS = (
    select(
        Attendee.id,
        Agency.name,
        AttendeeReport.contribution,
        AttendeeReport.issues,
        AttendeeReport.proposals,
        AttendeeReport.sent_at,
        Attendee.call_at,
        Attendee.call_note,
    )
    .join(Attendee, Attendee.id == AttendeeReport.attendee_id)
    .join(Agency, Agency.id == AttendeeReport.agency_id)
    .where(
        AttendeeReport.meeting_id == MEETING_ID,
        AttendeeReport.sent_at.is_not(None),
    )
    .order_by(AttendeeReport.sent_at)
)


def reports(meeting: MeetingFile) -> list[Report]:
    """The written reports that were sent; only those who call the meeting read them."""
    if not meeting.hosts:
        return []
    return [Report(*row) for row in read(_REPORTS, {"meeting_id": meeting.id})]
