"""A meeting as it is held: begun, the reminder, the person's view, notes to points, a part without the person, closed.
Everything here is a draft for the minutes; the plan does not change before they are issued."""

from datetime import date, datetime

from sqlalchemy import select

from caseapp import clock, working_days
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import AgendaPoint, Attendee, Meeting, MeetingApart, MeetingRecord, User
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda as agendas
from caseapp.queries import settings
from caseapp.services.meetings import agenda
from caseapp.services.meetings.hold import running
from caseapp.services.meetings.records import meeting_of, move, must_stand_at, name_of, record, step
from caseapp.services.plan_records import protocol_of
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AttendeeKind, MeetingStatus, PointSource, Presence

#: What is typed about the meeting as a whole, by the names of the columns.
WRITTEN = (
    "persons_view",
    "read_back",
    "persons_view_from",
    "not_agreed",
    "person_agrees",
    "next_at",
    "next_place",
    "next_review_on",
)


@use_case
def begin(file: MeetingFile, *, actor: Viewer, at: datetime) -> None:
    """The meeting begins: its agenda stands from here on, and each place at the table has a row. Begun twice it has
    begun once."""
    if not rules.may(actor, Do.RUN_MEETING, file):
        raise NotAllowed
    meeting = meeting_of(file)
    if meeting.status is MeetingStatus.HELD:
        return
    must_stand_at(meeting, MeetingStatus.SCHEDULED, say="Only a meeting that has been arranged can begin.")
    move(meeting, MeetingStatus.HELD, at)
    agenda.fix(file, actor=actor, at=at)
    meeting.begun_at = at
    db.session.add(MeetingRecord(meeting_id=meeting.id, saved_at=at, saved_by_id=actor.user_id))
    _seat(file, meeting, actor, at)
    db.session.flush()
    step(meeting, "begun", "The meeting began", actor=actor, at=at, for_all=True)
    record(file, "meeting begun", actor=actor, at=at)


def _seat(file, meeting, actor, at):
    """Rows for those who are there without an invitation: the person, the chair, whoever writes."""
    rows = db.session.scalars(
        select(Attendee).where(Attendee.meeting_id == meeting.id, Attendee.removed_at.is_(None))
    ).all()
    known = {row.user_id for row in rows if row.user_id} | {row.substitute_id for row in rows}

    def seat(**values):
        db.session.add(Attendee(meeting_id=meeting.id, added_at=at, added_by_id=actor.user_id, **values))

    if agendas.has_plan(file) and not any(row.kind is AttendeeKind.PERSON for row in rows):
        seat(kind=AttendeeKind.PERSON)
    for user_id in dict.fromkeys((meeting.chair_id, meeting.minutes_by_id)):
        if user_id and user_id not in known:
            user = db.session.execute(select(User.agency_id, User.name).where(User.id == user_id)).one()
            seat(kind=AttendeeKind.AGENCY, agency_id=user.agency_id, user_id=user_id, name=user.name)


def record_of(meeting: Meeting) -> MeetingRecord:
    """What is written about the meeting as a whole, held for writing."""
    return db.session.scalars(
        select(MeetingRecord)
        .where(MeetingRecord.meeting_id == meeting.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


@use_case
def read_reminder(file: MeetingFile, *, actor: Viewer, at: datetime, read: bool) -> None:
    """The confidentiality reminder was read out, now; or the tick is taken back."""
    row = record_of(running(file, actor))
    if read and row.reminder_read_at is None:
        row.reminder_read_at, row.reminder_by_id = at, actor.user_id
    elif not read:
        row.reminder_read_at = row.reminder_by_id = None
    row.saved_at, row.saved_by_id = at, actor.user_id
    point = agenda.row_of(file, "reminder", actor=actor, at=at)
    point.settled_at = at if read else None
    db.session.flush()
    record(file, "confidentiality reminder", actor=actor, at=at)


@use_case
def write(file: MeetingFile, *, actor: Viewer, at: datetime, version: int | None = None, **typed) -> int:
    """Keep what is typed about the meeting as a whole; names of WRITTEN, the others stay. Raises Stale where somebody
    else has written the same fields since. Returns the version that now stands."""
    row = record_of(running(file, actor))
    if version is not None and row.version != version and row.saved_by_id != actor.user_id:
        saved = {name: getattr(row, name) for name in typed}
        if saved != typed:
            raise Stale(saved, by=name_of(row.saved_by_id), at=row.saved_at, version=row.version)
    review = typed.get("next_review_on")
    if review is not None and review <= clock.local_day(at):
        raise RuleBroken("The next review is still to come: choose a later day", "next_review_on")
    for name in WRITTEN:
        if name in typed:
            setattr(row, name, typed[name])
    row.saved_at, row.saved_by_id = at, actor.user_id
    db.session.flush()
    record(file, "meeting written down", actor=actor, at=at)
    return row.version


@use_case
def note(
    file: MeetingFile, *, actor: Viewer, at: datetime, key: str, text: str, version: int | None = None
) -> int:
    """A note to a point, kept as it is typed. Raises Stale. Returns the point's version."""
    running(file, actor)
    point = agenda.row_of(file, key, actor=actor, at=at)
    if version and point.version != version and point.note != text and point.note:
        raise Stale({"note": point.note}, version=point.version)
    point.note = text
    db.session.flush()
    record(file, "note to a point of a meeting", actor=actor, at=at)
    return point.version


@use_case
def settle(file: MeetingFile, *, actor: Viewer, at: datetime, key: str, settled: bool = True) -> None:
    """A point has been spoken of; or is taken up again."""
    running(file, actor)
    point = agenda.row_of(file, key, actor=actor, at=at)
    point.settled_at = at if settled else None
    if settled:
        point.carried = False
    db.session.flush()
    record(file, "a point of a meeting settled", actor=actor, at=at)


@use_case
def carry(file: MeetingFile, *, actor: Viewer, at: datetime, key: str, carried: bool = True) -> None:
    """A point, or one action ("action:<id>"), is left for the next meeting."""
    running(file, actor)
    if key.startswith("action:"):
        point = _action_row(file, key, actor, at)
    else:
        point = agenda.row_of(file, key, actor=actor, at=at)
    point.carried = carried
    if carried and not key.startswith("action:"):
        point.settled_at = at
    db.session.flush()
    record(file, "a point of a meeting carried over", actor=actor, at=at)


def _action_row(file, key, actor, at):
    shown = agendas.agenda(file, viewer=actor, rows=False)
    if key.removeprefix("action:") not in {str(action_id) for action_id in shown.actions}:
        raise NotVisible
    found = db.session.scalars(
        select(AgendaPoint).where(AgendaPoint.meeting_id == file.id, AgendaPoint.key == key)
    ).first()
    if found is None:
        found = AgendaPoint(
            meeting_id=file.id,
            key=key,
            source=PointSource.CARRIED,
            added_at=at,
            added_by_id=actor.user_id,
            added_agency_id=actor.agency_id,
        )
        db.session.add(found)
    return found


# --- a part without the person -------------------------------------------------------------------------------------


@use_case
def begin_apart(file: MeetingFile, *, actor: Viewer, at: datetime, reason: str) -> int:
    """From now on the person is not in the room: only with a reason, and minuted apart. Returns its id."""
    meeting = running(file, actor)
    if not reason:
        raise RuleBroken("Say why this part is held without the person", "reason")
    if _open_apart(meeting) is not None:
        raise RuleBroken("Such a part has begun already.")
    there = db.session.scalars(
        select(Attendee.id).where(
            Attendee.meeting_id == meeting.id,
            Attendee.presence.in_((Presence.THERE, Presence.BY_PHONE)),
            Attendee.kind == AttendeeKind.AGENCY,
        )
    ).all()
    apart = MeetingApart(
        meeting_id=meeting.id, reason=reason, begun_at=at, begun_by_id=actor.user_id, there=list(there)
    )
    db.session.add(apart)
    db.session.flush()
    record(file, "a part of a meeting without the person begun", actor=actor, at=at)
    return apart.id


@use_case
def write_apart(file: MeetingFile, *, actor: Viewer, at: datetime, text: str, end: bool = False) -> None:
    """What was said in the part without the person; `end` when the person is back."""
    apart = _open_apart(running(file, actor))
    if apart is None:
        raise RuleBroken("No such part is being held.")
    apart.text = text
    if end:
        apart.ended_at = at
    db.session.flush()
    record(file, "a part of a meeting without the person written down", actor=actor, at=at)


def _open_apart(meeting):
    return db.session.scalars(
        select(MeetingApart)
        .where(MeetingApart.meeting_id == meeting.id, MeetingApart.ended_at.is_(None))
        .execution_options(populate_existing=True)
    ).first()


def open_apart_id(meeting: Meeting) -> int | None:
    """The part without the person that is being held now; what is decided meanwhile belongs to it."""
    found = _open_apart(meeting)
    return found and found.id


# --- the end -------------------------------------------------------------------------------------------------------


@use_case
def close(file: MeetingFile, *, actor: Viewer, at: datetime) -> None:
    """The meeting is over and its minutes are being written: the clocks of the chair start (B7). Raises RuleBroken
    while it is not said of everybody whether they were there, or a part without the person is still open."""
    meeting = running(file, actor)
    if meeting.status is MeetingStatus.MINUTES_DRAFT:
        return
    unsaid = db.session.scalars(
        select(Attendee.id).where(
            Attendee.meeting_id == meeting.id,
            Attendee.removed_at.is_(None),
            Attendee.presence.is_(None),
        )
    ).all()
    if unsaid:
        some = "one person" if len(unsaid) == 1 else f"{len(unsaid)} people"
        raise RuleBroken(f"Say first who was there: {some} on the list are not marked yet", "presence")
    if open_apart_id(meeting) is not None:
        raise RuleBroken("The part without the person has not ended yet.", "apart")
    move(meeting, MeetingStatus.MINUTES_DRAFT, at)
    meeting.ended_at = at
    today = clock.local_day(at)
    meeting.decisions_due_on = _due(file, today, "meeting_decisions_working_days")
    meeting.minutes_due_on = _due(file, today, "meeting_minutes_working_days")
    db.session.flush()
    step(meeting, "ended", "The meeting ended", actor=actor, at=at, for_all=True)
    record(file, "meeting closed", actor=actor, at=at)


@use_case
def reopen(file: MeetingFile, *, actor: Viewer, at: datetime) -> None:
    """It goes on after all; the clocks stop."""
    meeting = running(file, actor)
    if meeting.status is MeetingStatus.HELD:
        return
    move(meeting, MeetingStatus.HELD, at)
    meeting.ended_at = meeting.decisions_due_on = meeting.minutes_due_on = None
    db.session.flush()
    step(meeting, "reopened", "The meeting goes on", actor=actor, at=at)
    record(file, "meeting taken up again", actor=actor, at=at)


def _due(file: MeetingFile, day: date, key: str) -> date:
    """The last day of one of the chair's clocks, by the settings of the agency that called the meeting."""
    days = settings.value(file.agency_id, key)
    calendar = (
        protocol_of(file.case).calendar
        if file.case is not None
        else settings.value(file.agency_id, "working_day_calendar")
    )
    return working_days.add_working_days(day, days, calendar)
