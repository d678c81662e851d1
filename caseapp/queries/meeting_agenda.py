"""A meeting's agenda as one viewer may read it: what the plan writes, in the chair's order, with what was added, timed or
dropped (B7). Live until the meeting begins; then the list stands, and only what is known of each point goes on moving."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Boolean,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import Agency, AgendaPoint, Meeting, Minutes, MinutesConfirmation, User
from caseapp.models.base import UTC, Id
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda_plan as plan
from caseapp.queries.meeting_agenda_items import Item
from caseapp.queries.meeting_agenda_plan import Around, Head, Point
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
    """A row of the agenda itself. `part` says whose: "own", a point of this meeting; "carried", one that the last meeting did
    not settle; "last", that meeting itself, in the columns that `_stored` takes it from."""

    part: str
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


class Last(NamedTuple):
    """The meeting before: when it began, its minutes, and whether they were confirmed."""

    id: int
    begun_at: datetime
    minutes_id: int | None
    confirmed: bool


_Dropper = aliased(User, name="dropper")
#: The words of a point are for those who run the meeting and for the agency that added it, unless it is shown to all.
_OPEN_WORDS = or_(HOSTS_IT, AgendaPoint.for_all, AgendaPoint.added_agency_id == scopes.VIEWER_AGENCY)
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
    .cte("last_meeting")
)


def _points(part: str, *where):
    return (
        select(
            literal(part).label("part"),
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
        .join(Agency, Agency.id == AgendaPoint.added_agency_id)
        .outerjoin(_Dropper, _Dropper.id == AgendaPoint.dropped_by_id)
        .where(*where)
    )


def _none(kind):
    return cast(null(), kind)


#: The points of this meeting, what the last one carried over, and which that was.
_STORED = union_all(
    _points(
        "own", AgendaPoint.meeting_id == MEETING_ID, or_(AgendaPoint.source != PointSource.OWN, _OPEN_WORDS)
    ),
    _points(
        "carried",
        AgendaPoint.meeting_id == select(_LAST.c.id).scalar_subquery(),
        AgendaPoint.carried,
        AgendaPoint.dropped_at.is_(None),
        or_(AgendaPoint.source.in_((PointSource.GOAL, PointSource.CARRIED)), _OPEN_WORDS),
    ),
    select(
        literal("last"),
        _LAST.c.id,
        _none(String),
        _none(String),
        _none(Integer),
        _none(Integer),
        _none(String),
        _none(String),
        _LAST.c.minutes_id,
        _none(String),
        _LAST.c.confirmed,
        _none(UTC),
        _none(String),
        _none(String),
        _LAST.c.begun_at,
        _none(String),
        _none(Boolean()),
        _none(Integer),
    ),
)


def _stored(meeting: MeetingFile, viewer: Viewer) -> tuple[list[_Stored], list[_Stored], Last | None]:
    """The agenda's own rows in the chair's order, what was carried over, and the last meeting."""
    found: dict[str, list[_Stored]] = {"own": [], "carried": [], "last": []}
    for row in read(_STORED, bound(meeting, viewer), _Stored):
        found[row.part].append(row)
    for part in ("own", "carried"):
        found[part].sort(key=lambda row: (row.position is None, row.position or 0, row.id))
    last = [Last(row.id, row.settled_at, row.agency_id, bool(row.for_all)) for row in found["last"]]
    return found["own"], found["carried"], last[0] if last else None


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is spoken of, in order; what was dropped, with the reason; and the head of the plan, where there is one.

    `minutes` is the time that the chair has given to points; `actions` every action that the viewer sees, by id. Without
    `rows` actions are only counted and looked for; their words were not read."""

    points: list[Point]
    dropped: list[Point]
    head: Head | None
    actions: dict[int, Item]
    last: Last | None = None
    rows: bool = True

    @property
    def minutes(self) -> int:
        return sum(point.minutes or 0 for point in self.points)

    def point(self, key: str) -> Point | None:
        return next((point for point in self.points if point.key == key), None)


def has_plan(meeting: MeetingFile) -> bool:
    """Whether the meeting speaks of a plan, and its minutes may change it. A conference has rules of its own, and what
    is said there stays out of the plan (S2-20, X-6)."""
    return meeting.case is not None and meeting.kind is not MeetingKind.CONFERENCE


def agenda(meeting: MeetingFile, *, viewer: Viewer, rows: bool | None = True) -> Agenda:
    """The agenda as this viewer may read it. The number of statements does not depend on the plan's size.

    `rows`: True reads every action for its words, False none, None only where the first point that is not settled is a
    goal, as on a page that opens that one."""
    stored, carried, last = _stored(meeting, viewer)
    if rows is None:
        next_one = next((row for row in stored if not row.settled_at and not row.dropped_at), None)
        rows = next_one is not None and next_one.source is PointSource.GOAL
    head, actions, found = None, {}, []
    if has_plan(meeting):
        around = Around(
            since=last and last.begun_at,
            on=clock.local_day(meeting.starts_at) if meeting.starts_at else None,
            about_lead=meeting.kind is MeetingKind.LEAD_AGENCY,
            rows=rows,
        )
        written = plan.written(meeting.case, viewer=viewer, around=around)
        head, actions, found = written.head, written.actions, written.points
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
        found += _carry(found, carried)
    end = plan.last_points(head) if head else (Point("review", PointSource.REVIEW, "Who does what by when"),)
    found += [_own(row, viewer) for row in stored if row.source is PointSource.OWN]
    found += end
    points = _in_order(found, stored, begun=meeting.begun_at is not None)
    return Agenda(
        [one for one in points if not one.dropped_reason],
        [one for one in points if one.dropped_reason],
        head,
        actions,
        last,
        rows,
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


def _carry(found: list[Point], carried: list[_Stored]) -> list[Point]:
    """What the last meeting did not settle: an action says so, a point of the plan too; an added one comes again, and is
    given back."""
    keys = {row.key for row in carried}
    for point in found if keys else ():
        for item in point.items:
            if f"action:{item.raw.id}" in keys:
                item.words = (*item.words, "carried")
        if point.key in keys:
            point.why = f"{point.why}, carried over"
    return [
        Point(
            f"carried:{row.id}",
            PointSource.CARRIED,
            row.title,
            "from the last meeting",
            text=row.text,
            for_all=row.for_all,
            record_id=row.id,
        )
        for row in carried
        if row.source is PointSource.OWN or row.key.startswith("carried:")
    ]


def _in_order(found: Iterable[Point], stored: list[_Stored], *, begun: bool) -> list[Point]:
    """The chair's order where there is one; a point that came later stands behind the one that the plan puts before it.
    Once the meeting has begun nothing comes in by itself any more."""
    rows = {row.key: row for row in stored}
    points = [point for point in found if point.key in rows] if begun else list(found)
    positions = {}
    for point in points:
        if (row := rows.get(point.key)) is not None:
            _dress(point, row)
            positions[point.key] = row.position
    placed = [point for point in points if positions.get(point.key) is not None]
    placed.sort(key=lambda point: positions[point.key])
    natural = [point.key for point in points]
    for at, point in enumerate(points):
        if positions.get(point.key) is not None:
            continue
        before = set(natural[:at])
        place = max((n + 1 for n, one in enumerate(placed) if one.key in before), default=0)
        placed.insert(place, point)
    return placed


def _dress(point: Point, row: _Stored) -> None:
    point.minutes = row.minutes
    point.dropped_reason = row.dropped_reason if row.dropped_at else ""
    point.dropped_by = row.dropped_by or ""
    point.settled_at = row.settled_at
    point.note = row.note
    point.carried = row.carried
    point.version = row.version
