"""A group's sitting and the meeting that carries it, each seen from the other (S3-74).

From the sitting: when and where its group meets, who was invited, what they answered. From the meeting: the sitting's
points, each only where the reader may read that gap or block by its own rules, by number and title; of the others only
how many there are.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, select

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import Agency, Escalation, GroupItem, GroupSitting, Meeting
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile, find_meeting
from caseapp.policy.rules import may
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_seats, triage_agenda
from caseapp.queries.triage_agenda import Sitting
from caseapp.vocabulary import COMING_MEETINGS, HELD_MEETINGS, AttendeeKind, MeetingKind, MeetingStatus

_MEETING = (
    select(
        Meeting.id,
        Meeting.status,
        Meeting.starts_at,
        Meeting.ends_at,
        Meeting.place,
        Agency.name.label("agency"),
    )
    .select_from(GroupSitting)
    .join(Meeting, Meeting.id == GroupSitting.meeting_id)
    .join(Agency, Agency.id == Meeting.agency_id)
    .where(
        GroupSitting.id == bindparam("sitting_id", type_=Id),
        Meeting.kind == MeetingKind.GROUP,
        Meeting.case_id.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class CalledTogether:
    """The meeting of a sitting. `seen`: the viewer may open it; only then `invited` says who is invited and what each
    answered, as (who, answer, tag)."""

    id: int
    status: MeetingStatus
    starts_at: datetime | None
    ends_at: datetime | None
    place: str
    agency: str
    seen: bool
    invited: tuple[tuple[str, str, str], ...] = ()

    @property
    def day(self) -> date | None:
        return self.starts_at and clock.local_day(self.starts_at)

    @property
    def hours(self) -> str:
        """ "10:00 to 11:30" """
        if self.starts_at is None:
            return ""
        return dates.hour(self.starts_at) + (f" to {dates.hour(self.ends_at)}" if self.ends_at else "")

    @property
    def off(self) -> bool:
        return self.status not in COMING_MEETINGS | HELD_MEETINGS


def of_sitting(sitting: Sitting, *, viewer: Viewer) -> CalledTogether | None:
    """The meeting called for a sitting that the viewer sees, if there is one."""
    row = read(_MEETING, {"sitting_id": sitting.id}).first()
    if row is None:
        return None
    file = find_meeting(viewer, row.id)
    invited = [
        (seat.who or seat.agency, seat.agency if seat.who else "", seat.said, seat.tag)
        for seat in (meeting_seats.seats(file, viewer=viewer) if file else ())
        if seat.kind is AttendeeKind.AGENCY and seat.removed_at is None
    ]
    return CalledTogether(
        *row,
        file is not None,
        tuple((f"{who}, {of}" if of else who, said, tag) for who, of, said, tag in invited),
    )


_SITTING = select(GroupSitting.id, GroupSitting.held_on, GroupSitting.place).where(
    GroupSitting.meeting_id == bindparam("meeting_id", type_=Id)
)
_TOTAL = select(func.count()).where(GroupItem.sitting_id == bindparam("sitting_id", type_=Id))
_POINTS = (
    select(
        Escalation.id,
        Escalation.number,
        Escalation.kind,
        Escalation.title,
    )
    .join(GroupItem, GroupItem.escalation_id == Escalation.id)
    .where(GroupItem.sitting_id == bindparam("sitting_id", type_=Id), policy.SEES_ESCALATION)
    .order_by(GroupItem.position, GroupItem.id)
)


@dataclass(frozen=True, slots=True)
class Point:
    """A gap or block on the group's agenda: its number and title, and nobody's name."""

    id: int
    said: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class SittingPoints:
    """What a group's meeting is about. `sitting_id` only for those who coordinate that group; `total` counts all points,
    `points` holds those that the viewer may read."""

    sitting_id: int | None
    held_on: date
    place: str
    total: int
    points: tuple[Point, ...]

    @property
    def others(self) -> int:
        return self.total - len(self.points)


def of_meeting(meeting: MeetingFile, *, viewer: Viewer) -> SittingPoints | None:
    """The points of the sitting that this meeting carries; None for every other meeting."""
    if meeting.kind is not MeetingKind.GROUP:
        return None
    row = read(_SITTING, {"meeting_id": meeting.id}).first()
    if row is None:
        return None
    about = {"sitting_id": row.id}
    serves = may(viewer, Do.TRIAGE_GAPS) and triage_agenda.find(row.id, viewer=viewer) is not None
    return SittingPoints(
        row.id if serves else None,
        row.held_on,
        row.place,
        read(_TOTAL, about).first()[0],
        tuple(
            Point(one[0], policy.said(one[1]), one[2].short, one[3])
            for one in read(_POINTS, about | policy.binds(viewer))
        ),
    )
