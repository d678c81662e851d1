"""One meeting as its page shows it: what it is about, who is at the table, what was answered, what happened with it.

Those who call it read all. An agency reads its own places and answers; whoever sees the whole plan reads also which
agencies are invited; nobody reads another agency's reasons or report (S2-40).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates, names
from caseapp.extensions import read
from caseapp.models import Agency, Case, Meeting, MeetingReason, MeetingStep, Person, User
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import MeetingKind, MeetingTrigger

_Proposer = aliased(User, name="proposer")
_Decider = aliased(User, name="decider")
_Manager = aliased(User, name="joining_manager")


@dataclass(frozen=True, slots=True)
class MeetingDetails:
    """The words of a meeting. What is for those who call it alone is empty for everybody else."""

    version: int
    agency: str
    title: str
    message: str
    place: str
    link: str
    starts_at: datetime | None
    ends_at: datetime | None
    chair_name: str
    minutes_by_name: str
    manager_name: str
    manager_joins_at: datetime | None
    reports_due_on: date | None
    invited_at: datetime | None
    sequence: int
    decisions_due_on: date | None
    decisions_sent_at: datetime | None
    minutes_due_on: date | None
    issued_at: datetime | None
    proposed_at: datetime
    #: Whom it is about; "" for a meeting about nobody.
    person: str
    first_name: str
    # for those who call it
    aim: str = ""
    why_not_phone: str = ""
    status_reason: str = ""
    touches_family: bool = False
    proposed_by: str = ""
    decided_at: datetime | None = None
    decided_by: str = ""
    decided_note: str = ""
    chair_reason: str = ""
    person_invited_on: date | None = None
    person_invited_how: str = ""
    person_not_invited_reason: str = ""

    @property
    def day(self) -> date | None:
        return self.starts_at and clock.local_day(self.starts_at)

    @property
    def hours(self) -> str:
        """ "10:00 to 11:30" """
        if self.starts_at is None:
            return ""
        return dates.hour(self.starts_at) + (f" to {dates.hour(self.ends_at)}" if self.ends_at else "")


_OPEN = (
    Meeting.version,
    Agency.name.label("agency"),
    Meeting.title,
    Meeting.message,
    Meeting.place,
    Meeting.link,
    Meeting.starts_at,
    Meeting.ends_at,
    Meeting.chair_name,
    Meeting.minutes_by_name,
    _Manager.name.label("manager_name"),
    Meeting.manager_joins_at,
    Meeting.reports_due_on,
    Meeting.invited_at,
    Meeting.sequence,
    Meeting.decisions_due_on,
    Meeting.decisions_sent_at,
    Meeting.minutes_due_on,
    Meeting.issued_at,
    Meeting.proposed_at,
    Person.given_name,
    Person.family_name,
    Person.known_as,
)
_NAME = slice(len(_OPEN) - 3, len(_OPEN))
_CLOSED = (
    Meeting.aim,
    Meeting.why_not_phone,
    Meeting.status_reason,
    Meeting.touches_family,
    _Proposer.name.label("proposed_by"),
    Meeting.decided_at,
    _Decider.name.label("decided_by"),
    Meeting.decided_note,
    Meeting.chair_reason,
    Meeting.person_invited_on,
    Meeting.person_invited_how,
    Meeting.person_not_invited_reason,
)


def _one(*columns):
    return (
        select(*columns)
        .select_from(Meeting)
        .join(Agency, Agency.id == Meeting.agency_id)
        .join(_Proposer, _Proposer.id == Meeting.proposed_by_id)
        .outerjoin(_Decider, _Decider.id == Meeting.decided_by_id)
        .outerjoin(_Manager, _Manager.id == Meeting.manager_id)
        .outerjoin(Case, and_(Case.id == Meeting.case_id, scopes.SEES_CASE))
        .outerjoin(Person, Person.id == Case.person_id)
        .where(Meeting.id == MEETING_ID)
    )


_FOR_GUESTS, _FOR_HOSTS = _one(*_OPEN), _one(*_OPEN, *_CLOSED)


def details(meeting: MeetingFile, *, viewer: Viewer) -> MeetingDetails:
    """The meeting's words, as far as the viewer's place at the table goes. Raises NotVisible where the meeting, or the case
    that it is about, was taken from the viewer a moment ago."""
    statement = _FOR_HOSTS if meeting.hosts else _FOR_GUESTS
    row = scopes.still_there(read(statement, scopes.binds(viewer) | {"meeting_id": meeting.id}).first())
    given, family, known_as = row[_NAME]
    if meeting.case is not None:
        scopes.still_there(given)
    values = row._asdict()
    for name in ("given_name", "family_name", "known_as"):
        del values[name]
    for name in _WORDS & values.keys():
        values[name] = values[name] or ""
    return MeetingDetails(
        **values,
        person=f"{given} {family}".strip() if given is not None else "",
        first_name=names.first_name(known_as, given, family) if given is not None else "",
    )


_WORDS = {"manager_name", "decided_by"}


@dataclass(frozen=True, slots=True)
class Reason:
    trigger: MeetingTrigger
    noticed: bool
    note: str


_REASONS = (
    select(MeetingReason.trigger, MeetingReason.noticed, MeetingReason.note)
    .where(MeetingReason.meeting_id == MEETING_ID)
    .order_by(MeetingReason.trigger)
)


def reasons(meeting: MeetingFile) -> list[Reason]:
    """Why it was called; for those who call it."""
    if not meeting.hosts:
        return []
    found = [Reason(*row) for row in read(_REASONS, {"meeting_id": meeting.id})]
    order = list(MeetingTrigger)
    return sorted(found, key=lambda one: order.index(one.trigger))


# --- history -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history, for components/timeline.html."""

    title: str
    when: str
    who: str
    text: str = ""
    url: str = ""


_STEPS = (
    select(
        MeetingStep.at,
        MeetingStep.text,
        User.name,
        MeetingStep.agency_id,
        MeetingStep.for_agency_id,
        MeetingStep.for_all,
    )
    .join(User, User.id == MeetingStep.actor_id)
    .where(MeetingStep.meeting_id == MEETING_ID)
    .order_by(MeetingStep.at.desc(), MeetingStep.id.desc())
    .limit(60)
)


def history(meeting: MeetingFile, *, viewer: Viewer) -> list[Line]:
    """What was done with the meeting, newest first; an agency reads what concerns it."""
    lead_only = meeting.kind is MeetingKind.CONFERENCE and not meeting.hosts
    return [
        Line(row[1], dates.moment(row[0]), row[2])
        for row in read(_STEPS, {"meeting_id": meeting.id})
        if meeting.hosts or (not lead_only and (row[5] or viewer.agency_id in (row[3], row[4])))
    ]
