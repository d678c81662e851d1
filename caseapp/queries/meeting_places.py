"""Everybody on the list of a meeting while it runs: who is there, since when, and whether their agency may hear of the
person. Read by those who run it (the guard of every page that asks has seen to that)."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import Agency, Attendee, AttendeeReport, Case, ConsentGrant, Meeting, User
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import AttendeeKind, Presence

HERE = (Presence.THERE, Presence.BY_PHONE)


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
