"""A meeting's agenda as one viewer may read it: what the plan writes, in the chair's order, with what was added, timed or
dropped (B7). Live until the meeting begins; then the list stands, and only what is known of each point goes on moving."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Boolean, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import Agency, AgendaPoint, Meeting, Minutes, MinutesConfirmation, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda_plan as plan
from caseapp.queries.meeting_agenda_plan import Around, Item, Point, Why
from caseapp.queries.plan_head import Head
from caseapp.vocabulary import MeetingKind, PointSource

MEETING_ID = bindparam("meeting_id", type_=Id)
HOSTS_IT = bindparam("meeting_hosts", type_=Boolean())


def bound(meeting: MeetingFile, viewer: Viewer, **more) -> dict:
    """The values behind a statement about this meeting whose file is at hand."""
    return {
        "meeting_id": meeting.id,
        "meeting_hosts": meeting.hosts,
        "viewer_agency": viewer.agency_id,
    } | more


class _Stored(NamedTuple):
    id: int
    key: str
    source: PointSource
    position: int | None
    minutes: int | None
    title: str
    text: str
    agency_id: int
    agency: str
    for_all: bool
    dropped_at: datetime | None
    dropped_reason: str
    dropped_by: str | None
    settled_at: datetime | None
    note: str
    carried: bool
    version: int


_Dropper = aliased(User, name="dropper")
#: The words of a point are for those who run the meeting and for the agency that added it, unless it is shown to all.
_OPEN_WORDS = or_(HOSTS_IT, AgendaPoint.for_all, AgendaPoint.added_agency_id == scopes.VIEWER_AGENCY)
_COLUMNS = (
    AgendaPoint.id,
    AgendaPoint.key,
    AgendaPoint.source,
    AgendaPoint.position,
    AgendaPoint.minutes,
    AgendaPoint.title,
    AgendaPoint.text,
    AgendaPoint.added_agency_id,
    Agency.name,
    AgendaPoint.for_all,
    AgendaPoint.dropped_at,
    AgendaPoint.dropped_reason,
    _Dropper.name,
    AgendaPoint.settled_at,
    AgendaPoint.note,
    AgendaPoint.carried,
    AgendaPoint.version,
)
_STORED = (
    select(*_COLUMNS)
    .join(Agency, Agency.id == AgendaPoint.added_agency_id)
    .outerjoin(_Dropper, _Dropper.id == AgendaPoint.dropped_by_id)
    .where(AgendaPoint.meeting_id == MEETING_ID, or_(AgendaPoint.source != PointSource.OWN, _OPEN_WORDS))
    .order_by(AgendaPoint.position.is_(None), AgendaPoint.position, AgendaPoint.id)
)
_CARRIED = (
    select(*_COLUMNS)
    .join(Agency, Agency.id == AgendaPoint.added_agency_id)
    .outerjoin(_Dropper, _Dropper.id == AgendaPoint.dropped_by_id)
    .where(
        AgendaPoint.meeting_id == bindparam("last_id", type_=Id),
        AgendaPoint.carried,
        AgendaPoint.dropped_at.is_(None),
        or_(AgendaPoint.source.in_((PointSource.GOAL, PointSource.CARRIED)), _OPEN_WORDS),
    )
    .order_by(AgendaPoint.position, AgendaPoint.id)
)
_Own = aliased(Meeting, name="this_meeting")
_LAST = (
    select(
        Meeting.id,
        Meeting.begun_at,
        Minutes.id.label("minutes_id"),
        exists().where(MinutesConfirmation.minutes_id == Minutes.id).label("confirmed"),
    )
    .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
    .join(_Own, _Own.id == MEETING_ID)
    .where(
        Meeting.id != MEETING_ID,
        Meeting.begun_at.is_not(None),
        or_(
            Meeting.id == _Own.previous_id,
            and_(_Own.case_id.is_not(None), Meeting.case_id == _Own.case_id),
        ),
        Meeting.kind != MeetingKind.CONFERENCE,
    )
    .order_by(Meeting.begun_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is spoken of, in order; what was dropped, with the reason; and the head of the plan, where there is one.

    `minutes` is the time that the chair has given to points; `actions` every action that the viewer sees, by id."""

    points: tuple[Point, ...]
    dropped: tuple[Point, ...]
    head: Head | None
    actions: dict[int, Item]
    last: object = None

    @property
    def minutes(self) -> int:
        return sum(point.minutes or 0 for point in self.points)

    def point(self, key: str) -> Point | None:
        return next((point for point in self.points if point.key == key), None)


def has_plan(meeting: MeetingFile) -> bool:
    """Whether the meeting speaks of a plan, and its minutes may change it. A conference has rules of its own, and what
    is said there stays out of the plan (S2-20, X-6)."""
    return meeting.case is not None and meeting.kind is not MeetingKind.CONFERENCE


def agenda(meeting: MeetingFile, *, viewer: Viewer) -> Agenda:
    """The agenda as this viewer may read it. The number of statements does not depend on the plan's size."""
    stored = [_Stored(*row) for row in read(_STORED, bound(meeting, viewer))]
    last = read(_LAST, {"meeting_id": meeting.id}).first()
    head, actions, found = None, {}, []
    if has_plan(meeting):
        around = Around(
            since=last and last.begun_at,
            on=clock.local_day(meeting.starts_at) if meeting.starts_at else None,
            about_lead=meeting.kind is MeetingKind.LEAD_AGENCY,
        )
        written = plan.written(meeting.case, viewer=viewer, around=around)
        head, actions, found = written.head, written.actions, list(written.points)
    else:
        found = [
            Point("reminder", PointSource.REMINDER, "Welcome and confidentiality"),
            Point("apologies", PointSource.APOLOGIES, "Apologies and reports"),
        ]
    if last is not None:
        if last.minutes_id and not last.confirmed and (meeting.hosts or head is None):
            place = 3 if head else 2
            day = dates.full_day(clock.local_day(last.begun_at))
            found.insert(
                place,
                Point(
                    f"minutes:{last.id}",
                    PointSource.MINUTES,
                    f"Minutes of {day}",
                    "not confirmed yet",
                    record_id=last.id,
                ),
            )
        carried = [_Stored(*row) for row in read(_CARRIED, bound(meeting, viewer, last_id=last.id))]
        found, actions = _with_carried(found, actions, carried)
    end = plan.last_points(head) if head else (Point("review", PointSource.REVIEW, "Who does what by when"),)
    found += [_own(row, viewer) for row in stored if row.source is PointSource.OWN]
    found += end
    points = _in_order(found, stored, begun=meeting.begun_at is not None)
    return Agenda(
        tuple(one for one in points if not one.dropped_reason),
        tuple(one for one in points if one.dropped_reason),
        head,
        actions,
        last,
    )


def _own(row: _Stored, viewer) -> Point:
    return Point(
        row.key,
        PointSource.OWN,
        row.title,
        f"added by {row.agency}",
        text=row.text,
        added_by=row.agency,
        for_all=row.for_all,
        mine=row.agency_id == viewer.agency_id,
        agency_id=row.agency_id,
        record_id=row.id,
    )


def _with_carried(found, actions, carried):
    """What the last meeting did not settle: an action says so, a point of the plan too, an added one comes again."""
    keys = {row.key: row for row in carried}
    again, changed = [], dict(actions)
    for point in found:
        items = []
        for item in point.items:
            if f"action:{item.raw.id}" in keys:
                item = replace(item, whys=(*item.whys, Why("carried", "Carried over from the last meeting")))
                changed[item.raw.id] = item
            items.append(item)
        why = f"{point.why}, carried over" if point.key in keys else point.why
        again.append(replace(point, items=tuple(items), why=why))
    for row in carried:
        if row.source is PointSource.OWN or row.key.startswith("carried:"):
            again.append(
                Point(
                    f"carried:{row.id}",
                    PointSource.CARRIED,
                    row.title,
                    "from the last meeting",
                    text=row.text,
                    for_all=row.for_all,
                    record_id=row.id,
                )
            )
    return again, changed


def _in_order(found: Iterable[Point], stored: list[_Stored], *, begun: bool) -> list[Point]:
    """The chair's order where there is one; a point that came later stands behind the one that the plan puts before it.
    Once the meeting has begun nothing comes in by itself any more."""
    rows = {row.key: row for row in stored}
    points = [_dressed(point, rows.get(point.key)) for point in found]
    if begun:
        points = [point for point in points if point.key in rows]
    placed = [point for point in points if _position(rows, point) is not None]
    placed.sort(key=lambda point: _position(rows, point))
    natural = [point.key for point in points]
    for at, point in enumerate(points):
        if _position(rows, point) is not None:
            continue
        before = set(natural[:at])
        place = max((n + 1 for n, one in enumerate(placed) if one.key in before), default=0)
        placed.insert(place, point)
    return placed


def _position(rows, point):
    row = rows.get(point.key)
    return row.position if row else None


def _dressed(point: Point, row: _Stored | None) -> Point:
    if row is None:
        return point
    return replace(
        point,
        minutes=row.minutes,
        dropped_reason=row.dropped_reason if row.dropped_at else "",
        dropped_by=row.dropped_by or "",
        settled_at=row.settled_at,
        note=row.note,
        carried=row.carried,
        version=row.version,
    )
