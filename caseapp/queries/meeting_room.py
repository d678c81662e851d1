"""What a meeting holds while it runs and while its minutes are written: what is typed, who is there, what was decided. Read
by those who run it (the guard of every page that asks has seen to that); copies for others are cut in meeting_minutes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates, names
from caseapp.extensions import read
from caseapp.models import (
    Agency,
    Attendee,
    AttendeeReport,
    Case,
    ConsentGrant,
    DecisionView,
    Goal,
    Meeting,
    MeetingApart,
    MeetingChange,
    MeetingDecision,
    MeetingRecord,
    Person,
    User,
)
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import AttendeeKind, ChangeKind, MeetingKind, MeetingStatus, Presence, Standpoint

HERE = (Presence.THERE, Presence.BY_PHONE)


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


_TYPED = select(
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
).where(MeetingRecord.meeting_id == MEETING_ID)


def typed(meeting: MeetingFile) -> Typed:
    """What is typed; empty before the meeting has begun."""
    row = read(_TYPED, {"meeting_id": meeting.id}).first()
    return Typed(*row) if row else Typed()


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


def frame(meeting: MeetingFile) -> Frame:
    """The meeting's facts. Raises NotVisible where it vanished between two statements."""
    row = scopes.still_there(read(_FRAME, {"meeting_id": meeting.id}).first())
    given, family, known_as = row[16:]
    person = f"{given} {family}".strip() if given is not None else ""
    first = names.first_name(known_as or "", given, family or "") if person else ""
    return Frame(*row[:8], row[9] or row[8], row[11] or row[10], *row[12:16], person, first)


class Place(NamedTuple):
    """One place at the table. `consent` says whether its agency may hear of the person today; "" where it may."""

    id: int
    kind: AttendeeKind
    agency_id: int | None
    agency: str
    name: str
    stands_for: str
    role: str
    presence: Presence | None
    arrived_at: datetime | None
    left_at: datetime | None
    uninvited: bool
    handover_on: date | None
    report_at: datetime | None
    call_at: datetime | None
    answer: str
    answer_note: str
    consent: str

    @property
    def here(self) -> bool:
        return self.presence in HERE


_Invited = aliased(User, name="invited")
_Substitute = aliased(User, name="substitute")
_Given = aliased(ConsentGrant, name="standing_grant")
_PLACES = (
    select(
        Attendee.id,
        Attendee.kind,
        Attendee.agency_id,
        Agency.name,
        Attendee.name,
        Attendee.role,
        _Invited.name,
        Attendee.substitute_name,
        _Substitute.name,
        Attendee.presence,
        Attendee.arrived_at,
        Attendee.left_at,
        Attendee.uninvited,
        Attendee.handover_on,
        AttendeeReport.sent_at,
        Attendee.call_at,
        Attendee.answer,
        Attendee.answer_note,
        or_(
            Attendee.agency_id.is_(None),
            Meeting.case_id.is_(None),
            Case.lead_agency_id == Attendee.agency_id,
            exists()
            .where(
                _Given.case_id == Meeting.case_id,
                _Given.agency_id == Attendee.agency_id,
                scopes.in_force(_Given),
            )
            .correlate(Meeting, Attendee),
        ),
    )
    .join(Meeting, Meeting.id == Attendee.meeting_id)
    .outerjoin(Case, Case.id == Meeting.case_id)
    .outerjoin(Agency, Agency.id == Attendee.agency_id)
    .outerjoin(_Invited, _Invited.id == Attendee.user_id)
    .outerjoin(_Substitute, _Substitute.id == Attendee.substitute_id)
    .outerjoin(
        AttendeeReport,
        and_(AttendeeReport.attendee_id == Attendee.id, AttendeeReport.sent_at.is_not(None)),
    )
    .where(Attendee.meeting_id == MEETING_ID, Attendee.removed_at.is_(None))
    .order_by(Attendee.added_at, Attendee.id)
)
_KIND_ORDER = {
    AttendeeKind.PERSON: 0,
    AttendeeKind.SUPPORTER: 1,
    AttendeeKind.AGENCY: 2,
    AttendeeKind.GUEST: 3,
}


def places(meeting: MeetingFile, *, viewer: Viewer, person: str = "") -> list[Place]:
    """Everybody on the list, the person first. `person` is the person's name."""
    found = []
    for row in read(_PLACES, {"meeting_id": meeting.id} | scopes.binds(viewer)):
        id_, kind, agency_id, agency, name, role, invited, sub_name, sub, *rest, consent = row
        meant = invited or name
        who = sub or sub_name or meant
        if kind is AttendeeKind.PERSON:
            who = person
        stands_for = meant if (sub or sub_name) and meant else ""
        presence, arrived, left, uninvited, handover, report, call, answer, note = rest
        found.append(
            Place(
                id_,
                kind,
                agency_id,
                agency or "",
                who or (agency or "Nobody named yet"),
                stands_for,
                role,
                presence,
                arrived,
                left,
                bool(uninvited),
                handover,
                report,
                call,
                answer.label,
                note,
                "" if consent else "No consent is in force: they may not hear of this, and get no copy",
            )
        )
    return sorted(found, key=lambda place: _KIND_ORDER[place.kind])


class Stand(NamedTuple):
    """Where one place at the table stands on a decision."""

    attendee_id: int
    stands: Standpoint
    words: str


@dataclass(slots=True)
class Decision:
    """A decision as it is typed or recorded. `number` counts the recorded ones; None while it is only typed.
    `overtaken`: its action was changed by somebody else since it was written."""

    id: int
    point_key: str
    action_id: int | None
    goal_id: int | None
    goal_number: int | None
    domain: str | None
    text: str
    reason: str
    for_all: bool
    for_agency_id: int | None
    apart_id: int | None
    to_gaps: bool
    made_at: datetime
    made_by: str
    recorded_at: datetime | None
    dropped_at: datetime | None
    version: int
    number: int | None = None
    views: tuple[Stand, ...] = ()
    change_id: int | None = None
    kind: ChangeKind | None = None
    content: Any = None
    base_version: int = 0
    base: Any = None
    saved_at: datetime | None = None
    first: Any = None

    @property
    def agrees(self) -> set[int]:
        return {one.attendee_id for one in self.views if one.stands is Standpoint.AGREES}

    @property
    def disagrees(self) -> set[int]:
        return {one.attendee_id for one in self.views if one.stands is Standpoint.DISAGREES}

    @property
    def against(self) -> str:
        return next((one.words for one in self.views if one.stands is Standpoint.DISAGREES), "")

    @property
    def do(self) -> str:
        return (self.content or {}).get("do", "")


_Maker = aliased(User, name="maker")
_DECISIONS = (
    select(
        MeetingDecision.id,
        MeetingDecision.point_key,
        MeetingDecision.action_id,
        MeetingDecision.goal_id,
        Goal.number,
        Goal.domain,
        MeetingDecision.text,
        MeetingDecision.reason,
        MeetingDecision.for_all,
        MeetingDecision.for_agency_id,
        MeetingDecision.apart_id,
        MeetingDecision.to_gaps,
        MeetingDecision.made_at,
        _Maker.name.label("made_by"),
        MeetingDecision.recorded_at,
        MeetingDecision.dropped_at,
        MeetingDecision.version,
    )
    .join(_Maker, _Maker.id == MeetingDecision.made_by_id)
    .outerjoin(Goal, Goal.id == MeetingDecision.goal_id)
    .where(MeetingDecision.meeting_id == MEETING_ID)
    .order_by(MeetingDecision.recorded_at.is_(None), MeetingDecision.recorded_at, MeetingDecision.id)
)
_VIEWS = (
    select(DecisionView.decision_id, DecisionView.attendee_id, DecisionView.stands, DecisionView.words)
    .join(MeetingDecision, MeetingDecision.id == DecisionView.decision_id)
    .where(MeetingDecision.meeting_id == MEETING_ID)
    .order_by(DecisionView.id)
)
_CHANGES = (
    select(
        MeetingChange.id,
        MeetingChange.decision_id,
        MeetingChange.kind,
        MeetingChange.content,
        MeetingChange.base_version,
        MeetingChange.base,
        MeetingChange.saved_at,
        MeetingChange.new_goal_id,
    )
    .where(MeetingChange.meeting_id == MEETING_ID, MeetingChange.dropped_at.is_(None))
    .order_by(MeetingChange.id)
)


def decisions(meeting: MeetingFile) -> list[Decision]:
    """Every decision, recorded ones first, in the order in which they were recorded; taken back ones have no number."""
    binds = {"meeting_id": meeting.id}
    found = {row[0]: Decision(*row) for row in read(_DECISIONS, binds)}
    views: dict[int, list[Stand]] = {}
    for decision_id, *view in read(_VIEWS, binds):
        views.setdefault(decision_id, []).append(Stand(*view))
    for id_, decision_id, kind, content, base_version, base, saved_at, new_goal_id in read(_CHANGES, binds):
        one = found.get(decision_id)
        if one is None:
            continue
        if new_goal_id is not None:
            one.first = content
        else:
            one.change_id, one.kind, one.content = id_, kind, content
            one.base_version, one.base, one.saved_at = base_version, base, saved_at
    number = 0
    for one in found.values():
        one.views = tuple(views.get(one.id, ()))
        if one.recorded_at is not None and one.dropped_at is None:
            number += 1
            one.number = number
    return list(found.values())


class Apart(NamedTuple):
    """A part without the person."""

    id: int
    reason: str
    text: str
    begun_at: datetime
    ended_at: datetime | None
    begun_by: str
    there: Any


_APARTS = (
    select(
        MeetingApart.id,
        MeetingApart.reason,
        MeetingApart.text,
        MeetingApart.begun_at,
        MeetingApart.ended_at,
        User.name,
        MeetingApart.there,
    )
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


def presence_words(place: Place) -> str:
    """ "There from 10:15", "Written report 20 Nov, call 23 Nov, 14:10", "Not there, no word"."""
    if place.here:
        words = place.presence.label
        if place.arrived_at:
            words += f" from {dates.hour(place.arrived_at)}"
        if place.left_at:
            words += f" until {dates.hour(place.left_at)}"
        return words
    if place.report_at:
        words = f"Written report {dates.short_day(clock.local_day(place.report_at))}"
        return f"{words}, call {dates.short_day(clock.local_day(place.call_at))}" if place.call_at else words
    if place.presence is None:
        return "Not marked"
    if place.call_at:
        return f"Not there, call {dates.short_day(clock.local_day(place.call_at))}"
    return "Not there" if place.answer_note or place.kind is not AttendeeKind.AGENCY else "Not there, no word"
