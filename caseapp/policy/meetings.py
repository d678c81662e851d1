"""Meetings: who may know of one, and who may do what with it.

Those who hold the plan see every meeting of the case. An invited agency sees a meeting only while the person's consent
to share with it is in force, only once its own invitation has been sent, and no more after a consent that was given
then has been withdrawn, even where a later one was given: it must be invited again (F5, F7). A group meeting is about
no person: the coordinator's agency and the invited agencies see it. A conference is statutory: social work, which
calls it, and those who hold the plan see its record; nobody else does (S2-20, X-6).

A statement that uses a predicate of this module is executed with this module's `binds(viewer)`; it selects from Meeting
with an OUTER join to Case.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import Attendee, Case, ConsentGrant, Meeting
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    CALLED_MEETINGS,
    HELD_MEETINGS,
    AttendeeKind,
    ConsentKind,
    ConsentStatus,
    MeetingKind,
    MeetingStatus,
    Role,
)

COORDINATES = Role.COORDINATOR | Role.NATIONAL_COORDINATOR

VIEWER_COORDINATES = bindparam("viewer_coordinates", type_=Boolean())


def binds(viewer: Viewer, today: date | None = None) -> dict:
    """The values behind every predicate here and in scopes."""
    return scopes.binds(viewer, today) | {"viewer_coordinates": viewer.has(COORDINATES)}


_Own = aliased(Attendee, name="vis_attendee")
_Ended = aliased(ConsentGrant, name="vis_ended_grant")


def standing(attendee=Attendee):
    """An invitation that was sent and stands: the row by which an agency is in a meeting."""
    return and_(
        attendee.kind == AttendeeKind.AGENCY,
        attendee.invited_at.is_not(None),
        attendee.removed_at.is_(None),
        attendee.uninvited.is_(False),
    )


def not_withdrawn_since(attendee=Attendee, case_id=Meeting.case_id):
    """No consent for the attendee's agency was withdrawn after it was invited."""
    return not_(
        exists()
        .where(
            _Ended.case_id == case_id,
            _Ended.agency_id == attendee.agency_id,
            _Ended.kind == ConsentKind.INFORMATION_SHARING,
            _Ended.status == ConsentStatus.WITHDRAWN,
            _Ended.withdrawn_at >= attendee.invited_at,
        )
        .correlate_except(_Ended)
    )


#: The viewer's own agency is at the table. In the lead agency itself only who is named there, as its other workers see
#: no more of the case than a partner does.
INVITED = (
    exists()
    .where(
        _Own.meeting_id == Meeting.id,
        _Own.agency_id == scopes.VIEWER_AGENCY,
        standing(_Own),
        or_(
            Case.id.is_(None),
            Case.lead_agency_id != scopes.VIEWER_AGENCY,
            _Own.user_id == scopes.VIEWER_USER,
            _Own.substitute_id == scopes.VIEWER_USER,
        ),
        not_withdrawn_since(_Own),
    )
    .correlate(Meeting, Case)
)

#: Those who call it and run it: they see all that hangs on it.
HOSTS = or_(
    and_(Meeting.case_id.is_not(None), Meeting.kind != MeetingKind.CONFERENCE, scopes.SEES_ALL),
    and_(
        Meeting.kind == MeetingKind.CONFERENCE,
        Meeting.agency_id == scopes.VIEWER_AGENCY,
        scopes.SEES_CASE,
    ),
    and_(Meeting.case_id.is_(None), Meeting.agency_id == scopes.VIEWER_AGENCY, VIEWER_COORDINATES),
)

#: Select from Meeting, OUTER joined to Case.
SEES_MEETING = or_(
    HOSTS,
    and_(Meeting.kind == MeetingKind.CONFERENCE, scopes.SEES_ALL),
    and_(
        Meeting.kind != MeetingKind.CONFERENCE,
        Meeting.status.in_(sorted(CALLED_MEETINGS)),
        or_(
            scopes.SEES_CASE,
            and_(Meeting.case_id.is_(None), or_(scopes.VIEWER_PRACTISES, VIEWER_COORDINATES)),
        ),
        INVITED,
    ),
)


@dataclass(frozen=True, slots=True)
class MeetingFile:
    """A meeting as far as this viewer may know it. `case` is the case it is about, seen by the same viewer with the
    same sight (None for a group meeting); `hosts` calls and runs it, `invited` is at the table for an agency."""

    id: int
    kind: MeetingKind
    status: MeetingStatus
    version: int
    agency_id: int
    starts_at: datetime | None
    ends_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    chair_id: int | None
    minutes_by_id: int | None
    proposed_by_id: int
    previous_id: int | None
    hosts: bool
    invited: bool
    case: CaseFile | None

    @property
    def held(self) -> bool:
        """It has begun, or is over."""
        return self.status in HELD_MEETINGS

    @property
    def called(self) -> bool:
        """Invitations are out."""
        return self.status in CALLED_MEETINGS

    @property
    def sees_all(self) -> bool:
        return self.hosts

    @property
    def reference(self) -> str | None:
        """The reference of the case, for links."""
        return self.case and self.case.reference


_OWN_COLUMNS = (
    Meeting.id,
    Meeting.kind,
    Meeting.status,
    Meeting.version,
    Meeting.agency_id,
    Meeting.starts_at,
    Meeting.ends_at,
    Meeting.begun_at,
    Meeting.ended_at,
    Meeting.chair_id,
    Meeting.minutes_by_id,
    Meeting.proposed_by_id,
    Meeting.previous_id,
    HOSTS.label("hosts"),
    INVITED.label("invited"),
)
_ONE = (
    select(*_OWN_COLUMNS, *scopes.CASE_COLUMNS)
    .select_from(Meeting)
    .outerjoin(Case, Case.id == Meeting.case_id)
    .where(Meeting.id == bindparam("meeting_id", type_=Id), SEES_MEETING)
)
_SIZE = len(_OWN_COLUMNS)


def find_meeting(viewer: Viewer, meeting_id: int, today: date | None = None) -> MeetingFile | None:
    """The meeting, or None where the viewer may not know that there is one."""
    row = read(_ONE, {"meeting_id": meeting_id} | binds(viewer, today)).first()
    if row is None:
        return None
    case = scopes.case_file(row[_SIZE:]) if row[_SIZE] is not None else None
    return MeetingFile(*row[: _SIZE - 2], bool(row[_SIZE - 2]), bool(row[_SIZE - 1]), case)


# --- who may do what ---------------------------------------------------------------------------------------------


def _sees(viewer, meeting):
    return True


def _open(meeting):
    return meeting.case is None or not meeting.case.closed


def _arranges(viewer, meeting):
    return meeting.hosts and _open(meeting)


def _leads(viewer, meeting):
    """The line manager of the lead agency."""
    case = meeting.case
    return meeting.hosts and case is not None and viewer.manages and case.lead_agency_id == viewer.agency_id


def _runs(viewer, meeting):
    """Those who hold the plan; a neutral chair and whoever takes the minutes, at the table for their agency (S3-80)."""
    named = viewer.user_id in (meeting.chair_id, meeting.minutes_by_id)
    return _open(meeting) and (meeting.hosts or (named and meeting.invited))


def _at_the_table(viewer, meeting):
    return _open(meeting) and (meeting.invited or meeting.hosts)


def _not_of_a_conference(acts):
    """A conference is recorded and looked at, and nothing else: no agenda, no room and no minutes take in what social
    work was told, whoever knows their addresses (S2-20, X-6, F12)."""
    return {
        act: (
            lambda viewer, meeting, rule=rule: (
                meeting.kind is not MeetingKind.CONFERENCE and rule(viewer, meeting)
            )
        )
        for act, rule in acts.items()
    }


#: Whether a step is right at this point of a meeting's life (C8) is said by the use case, in a sentence.
ON_MEETING = {Do.VIEW_MEETING: lambda viewer, meeting: True} | _not_of_a_conference(
    {
        Do.DECIDE_MEETING: _leads,
        Do.ARRANGE_MEETING: _arranges,
        Do.ANSWER_INVITATION: _at_the_table,
        Do.PERMIT_ATTENDANCE: lambda viewer, meeting: (
            _at_the_table(viewer, meeting) and (viewer.manages or viewer.has(COORDINATES))
        ),
        Do.VIEW_AGENDA: _sees,
        Do.ADD_AGENDA_POINT: _at_the_table,
        Do.VIEW_REPORTS: lambda viewer, meeting: meeting.hosts or meeting.invited,
        Do.RUN_MEETING: _runs,
        Do.ISSUE_MINUTES: _arranges,
        Do.VIEW_MINUTES: _sees,
        Do.RECEIVE_MINUTES: _at_the_table,
    }
)

__all__ = [
    "COORDINATES",
    "HOSTS",
    "INVITED",
    "ON_MEETING",
    "SEES_MEETING",
    "MeetingFile",
    "binds",
    "find_meeting",
    "not_withdrawn_since",
    "standing",
]
