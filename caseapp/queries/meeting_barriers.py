"""Barriers that issued minutes send to gaps and blocks and that nobody has raised yet (S2-39, issue 3): for the case
manager's home page, the minutes' page, and the form on which they are raised."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, exists, select

from caseapp import clock, dates, working_days
from caseapp.extensions import read
from caseapp.models import Case, CaseAssignment, Escalation, Meeting, MeetingDecision, Person
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.escalations import said
from caseapp.policy.meetings import HOSTS, MeetingFile, binds
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.queries.meeting_waiting import Waiting
from caseapp.vocabulary import MeetingStatus

#: Working days after which a barrier that waits to be raised is late.
LATE = 3
ISSUED = Meeting.status.in_([MeetingStatus.ISSUED, MeetingStatus.AMENDED])
_TICKED = (
    MeetingDecision.to_gaps,
    MeetingDecision.recorded_at.is_not(None),
    MeetingDecision.dropped_at.is_(None),
)
_WAITS = (*_TICKED, MeetingDecision.escalation_id.is_(None), MeetingDecision.not_raised_reason == "")
_MINE = (
    exists()
    .where(
        case_manager.of_case(case_id=Meeting.case_id),
        CaseAssignment.user_id == scopes.VIEWER_USER,
    )
    .correlate(Meeting)
)
_WAITING = (
    select(
        Meeting.id,
        Meeting.case_id,
        Case.reference,
        Person.given_name,
        Person.family_name,
        Meeting.kind,
        Meeting.issued_at,
    )
    .select_from(MeetingDecision)
    .join(Meeting, Meeting.id == MeetingDecision.meeting_id)
    .join(Case, Case.id == Meeting.case_id)
    .join(Person, Person.id == Case.person_id)
    .where(ISSUED, *_WAITS, _MINE, HOSTS, Case.closed_at.is_(None))
    .order_by(Meeting.issued_at, MeetingDecision.id)
    .limit(20)
)


def waiting(*, viewer: Viewer, limits: dict) -> list[Waiting]:
    """Those of the cases that the viewer manages, the oldest first; one statement."""
    found, calendar = [], limits["working_day_calendar"]
    for row in read(_WAITING, binds(viewer)):
        day = clock.local_day(row.issued_at)
        held = working_days.working_days_between(day, clock.today(), calendar)
        found.append(
            Waiting(
                row.id,
                row.case_id,
                row.reference,
                f"{row.given_name} {row.family_name}".strip(),
                row.kind,
                "Raise the barrier that the minutes name",
                f"decided in minutes of {dates.short_day(day)}",
                held > LATE,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Barrier:
    """A decision that names a barrier. `number` ("GB-118") and `escalation_id` once it is raised."""

    id: int
    text: str
    reason: str
    action_id: int | None
    goal_id: int | None
    escalation_id: int | None
    number: str
    set_aside: str


_OF_MEETING = (
    select(
        MeetingDecision.id,
        MeetingDecision.text,
        MeetingDecision.reason,
        MeetingDecision.action_id,
        MeetingDecision.goal_id,
        MeetingDecision.escalation_id,
        Escalation.number,
        MeetingDecision.not_raised_reason,
    )
    .outerjoin(Escalation, Escalation.id == MeetingDecision.escalation_id)
    .where(MeetingDecision.meeting_id == bindparam("meeting_id", type_=Id), *_TICKED)
    .order_by(MeetingDecision.recorded_at, MeetingDecision.id)
)


def of_meeting(meeting: MeetingFile) -> list[Barrier]:
    """All that the meeting ticked, for those who call it."""
    if not meeting.hosts or meeting.case is None:
        return []
    return [
        Barrier(*row[:6], said(row.number) if row.number else "", row.not_raised_reason)
        for row in read(_OF_MEETING, {"meeting_id": meeting.id})
    ]


@dataclass(frozen=True, slots=True)
class ToRaise:
    """What a decision already says of the gap or block that is to be raised from it."""

    id: int
    text: str
    reason: str
    action_id: int | None
    goal_id: int | None
    day: date


_ONE = (
    select(
        MeetingDecision.id,
        MeetingDecision.text,
        MeetingDecision.reason,
        MeetingDecision.action_id,
        MeetingDecision.goal_id,
        Meeting.begun_at,
        Meeting.issued_at,
    )
    .join(Meeting, Meeting.id == MeetingDecision.meeting_id)
    .join(Case, Case.id == Meeting.case_id)
    .where(
        MeetingDecision.id == bindparam("decision_id", type_=Id),
        Meeting.case_id == bindparam("case_id", type_=Id),
        ISSUED,
        *_WAITS,
        HOSTS,
    )
)


def to_raise(case: CaseFile, decision_id: int, *, viewer: Viewer) -> ToRaise | None:
    """The decision of this case that waits to be raised; None where it does not, or not for this viewer."""
    if not case.sees_all:
        return None
    row = read(_ONE, binds(viewer) | {"decision_id": decision_id, "case_id": case.id}).first()
    return row and ToRaise(*row[:5], clock.local_day(row.begun_at or row.issued_at))
