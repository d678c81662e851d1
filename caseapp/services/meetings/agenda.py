"""The chair's hand on the agenda: order, time, added points, points dropped with a reason and taken back (B7). And what
any agency at the table may do: put a point on it."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import AgendaPoint
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda
from caseapp.services.meetings.hold import open_agenda
from caseapp.services.meetings.records import record, step, tell
from caseapp.services.transaction import use_case
from caseapp.vocabulary import PointSource

#: No agenda of a single meeting needs more; a slip of the keyboard makes hours.
MOST_MINUTES = 240
MOST_POINTS = 60


@use_case
def add(
    meeting: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    title: str,
    text: str = "",
    minutes: int | None = None,
    for_all: bool = False,
) -> int:
    """Put a point on the agenda. An agency's point is read by it and by those who hold the plan, until the chair shows
    it to all. Returns the point's id."""
    if not rules.may(actor, Do.ADD_AGENDA_POINT, meeting):
        raise NotAllowed
    held = open_agenda(meeting)
    if not title:
        raise RuleBroken("Say in a few words what it is about", "title")
    _check_minutes(minutes)
    known = _rows(meeting)
    if sum(row.source is PointSource.OWN for row in known.values()) >= MOST_POINTS:
        raise RuleBroken("This agenda is full. Drop a point first.")
    point_id = new_id()
    last = max((row.position for row in known.values() if row.position), default=None)
    db.session.add(
        AgendaPoint(
            id=point_id,
            meeting_id=meeting.id,
            key=f"own:{point_id}",
            source=PointSource.OWN,
            title=title,
            text=text,
            minutes=minutes,
            for_all=for_all and rules.may(actor, Do.RUN_MEETING, meeting),
            position=last + 1 if last and held.begun_at else None,
            added_at=at,
            added_by_id=actor.user_id,
            added_agency_id=actor.agency_id,
        )
    )
    db.session.flush()
    record(meeting, "a point put on a meeting’s agenda", actor=actor, at=at)
    step(held, "point", "A point was put on the agenda", actor=actor, at=at, for_agency_id=actor.agency_id)
    if not meeting.hosts:
        chair = (held.chair_id,) if held.chair_id else ()
        tell(
            meeting,
            held,
            "meeting_point",
            f"{actor.agency_name} put a point on the agenda",
            actor=actor,
            at=at,
            agency_id=actor.agency_id,
            to_case_workers=True,
            to_user_ids=chair,
        )
    return point_id


@use_case
def move(meeting: MeetingFile, *, actor: Viewer, at: datetime, key: str, to: str) -> None:
    """Move a point one place "up" or "down". From then on the chair's order holds."""
    _run(meeting, actor)
    shown = meeting_agenda.agenda(meeting, viewer=actor, rows=False)
    keys = [point.key for point in shown.points]
    if key not in keys or to not in ("up", "down"):
        raise NotVisible
    place = keys.index(key)
    other = place + (-1 if to == "up" else 1)
    if not 0 <= other < len(keys):
        return
    keys[place], keys[other] = keys[other], keys[place]
    rows = _rows(meeting)
    sources = {point.key: point.source for point in shown.points}
    for position, one in enumerate(keys, 1):
        _row(meeting, rows, one, sources[one], actor, at).position = position
    db.session.flush()
    record(meeting, "agenda put in order", actor=actor, at=at)


@use_case
def write(
    meeting: MeetingFile,
    *,
    actor: Viewer,
    at: datetime,
    key: str,
    minutes: int | None = None,
    for_all: bool | None = None,
) -> None:
    """Give a point its time, and show an added one to everybody or only to those who hold the plan."""
    _run(meeting, actor)
    _check_minutes(minutes)
    point = _shown(meeting, actor, key)
    row = _row(meeting, _rows(meeting), key, point.source, actor, at)
    row.minutes = minutes
    if for_all is not None and row.source is PointSource.OWN:
        row.for_all = for_all
    db.session.flush()
    record(meeting, "a point of a meeting’s agenda changed", actor=actor, at=at)


@use_case
def drop(meeting: MeetingFile, *, actor: Viewer, at: datetime, key: str, reason: str) -> None:
    """Leave a point out, with the reason. It can be taken back."""
    _run(meeting, actor)
    if not reason:
        raise RuleBroken("Say why it is left out", "reason")
    point = _shown(meeting, actor, key)
    if point.source is PointSource.REMINDER:
        raise RuleBroken("The confidentiality reminder is never left out.")
    row = _row(meeting, _rows(meeting), key, point.source, actor, at)
    row.dropped_at, row.dropped_reason, row.dropped_by_id = at, reason, actor.user_id
    db.session.flush()
    record(meeting, "a point of a meeting’s agenda left out", actor=actor, at=at)


@use_case
def take_back(meeting: MeetingFile, *, actor: Viewer, at: datetime, key: str) -> None:
    """Put a dropped point on the agenda again."""
    _run(meeting, actor)
    row = _rows(meeting).get(key)
    if row is None:
        raise NotVisible
    row.dropped_at, row.dropped_reason, row.dropped_by_id = None, "", None
    db.session.flush()
    record(meeting, "a point of a meeting’s agenda taken back", actor=actor, at=at)


def fix(meeting: MeetingFile, *, actor: Viewer, at: datetime) -> None:
    """The agenda as it stands becomes that of the meeting, which begins now."""
    shown = meeting_agenda.agenda(meeting, viewer=actor, rows=False)
    rows = _rows(meeting)
    for position, point in enumerate(shown.points, 1):
        _row(meeting, rows, point.key, point.source, actor, at).position = position
    db.session.flush()


def row_of(meeting: MeetingFile, key: str, *, actor: Viewer, at: datetime) -> AgendaPoint:
    """What is kept of a point that the actor sees; made where there is nothing yet. Raises NotVisible."""
    known = _rows(meeting)
    if key in known:
        return known[key]
    return _row(meeting, known, key, _shown(meeting, actor, key).source, actor, at)


def _run(meeting, actor):
    if not rules.may(actor, Do.RUN_MEETING, meeting):
        raise NotAllowed
    return open_agenda(meeting)


def _shown(meeting, actor, key):
    point = meeting_agenda.agenda(meeting, viewer=actor, rows=False).point(key)
    if point is None:
        raise NotVisible
    return point


def _check_minutes(minutes):
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise RuleBroken(f"Between 1 and {MOST_MINUTES} minutes", "minutes")


def _rows(meeting):
    found = db.session.scalars(
        select(AgendaPoint)
        .where(AgendaPoint.meeting_id == meeting.id)
        .execution_options(populate_existing=True)
    )
    return {row.key: row for row in found}


def _row(meeting, rows, key, source, actor, at):
    if key not in rows:
        rows[key] = AgendaPoint(
            id=new_id(),
            meeting_id=meeting.id,
            key=key,
            source=source,
            added_at=at,
            added_by_id=actor.user_id,
            added_agency_id=actor.agency_id,
        )
        db.session.add(rows[key])
    return rows[key]
