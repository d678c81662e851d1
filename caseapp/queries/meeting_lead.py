"""The question of the lead: the steps written down, the claims against the criteria, and per agency what the record
itself shows: contacts and number of plan actions (S2-13, S3-43, S3-44)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, func, or_, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Action, Agency, Attendee, Case, CaseNote, ConsentGrant, LeadClaim, LeadTalk, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile, standing
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus

CASE_ID = bindparam("case_id", type_=Id)
_TODAY = bindparam("today", type_=scopes.TODAY.type)


@dataclass(frozen=True, slots=True)
class Talk:
    """The steps towards one lead; for those who hold the plan."""

    version: int
    staff_on: date | None
    staff_said: str
    staff_persons_view: str
    managers_on: date | None
    managers_said: str
    managers_persons_view: str
    principles: str
    principles_agreed_at: datetime | None
    persons_choice: str
    agreed_agency_id: int | None
    agreed_agency: str
    agreed_how: str


_TALK = (
    select(
        LeadTalk.version,
        LeadTalk.staff_on,
        LeadTalk.staff_said,
        LeadTalk.staff_persons_view,
        LeadTalk.managers_on,
        LeadTalk.managers_said,
        LeadTalk.managers_persons_view,
        LeadTalk.principles,
        LeadTalk.principles_agreed_at,
        LeadTalk.persons_choice,
        LeadTalk.agreed_agency_id,
        Agency.name,
        LeadTalk.agreed_how,
    )
    .outerjoin(Agency, Agency.id == LeadTalk.agreed_agency_id)
    .where(LeadTalk.meeting_id == MEETING_ID)
)


def talk(meeting: MeetingFile) -> Talk | None:
    """The steps, or None where there are none or the viewer does not hold the plan."""
    row = read(_TALK, {"meeting_id": meeting.id}).first() if meeting.hosts else None
    return row and Talk(*row[:11], row[11] or "", row[12])


@dataclass(frozen=True, slots=True)
class Claim:
    """What one agency claims, and what the record shows of it. Without a claim `id` is None."""

    agency_id: int
    agency: str
    lead: bool
    own: bool
    id: int | None
    version: int
    most_contact: bool | None
    has_time: bool | None
    six_months: bool | None
    words: str
    written_by: str
    contacts: int
    last_contact: datetime | None
    actions: int
    done: int


_ROWS = (
    select(
        Agency.id,
        Agency.name,
        Case.lead_agency_id,
        LeadClaim.id,
        LeadClaim.version,
        LeadClaim.most_contact,
        LeadClaim.has_time,
        LeadClaim.six_months,
        LeadClaim.words,
        User.name,
    )
    .select_from(Case)
    .join(Agency, Agency.active.is_(True))
    .outerjoin(LeadClaim, and_(LeadClaim.meeting_id == MEETING_ID, LeadClaim.agency_id == Agency.id))
    .outerjoin(User, User.id == LeadClaim.written_by_id)
    .where(
        Case.id == CASE_ID,
        or_(
            Agency.id == Case.lead_agency_id,
            LeadClaim.id.is_not(None),
            select(Attendee.id)
            .join(
                ConsentGrant,
                and_(
                    ConsentGrant.case_id == CASE_ID,
                    ConsentGrant.agency_id == Attendee.agency_id,
                    scopes.in_force(ConsentGrant, _TODAY),
                ),
            )
            .where(Attendee.meeting_id == MEETING_ID, Attendee.agency_id == Agency.id, standing(Attendee))
            .correlate(Agency)
            .exists(),
        ),
    )
    .order_by(Agency.name)
)
_CONTACTS = (
    select(CaseNote.agency_id, func.count(), func.max(CaseNote.happened_at))
    .where(CaseNote.case_id == CASE_ID)
    .group_by(CaseNote.agency_id)
)
_ACTIONS = (
    select(
        Action.owner_agency_id,
        func.count().filter(Action.status.in_(sorted(OPEN_ACTIONS))),
        func.count().filter(Action.status == ActionStatus.COMPLETED),
    )
    .where(Action.case_id == CASE_ID)
    .group_by(Action.owner_agency_id)
)


def claims(meeting: MeetingFile, *, viewer: Viewer) -> list[Claim]:
    """The agencies at the table with their claims and the evidence; an agency reads its own row only."""
    about = {"meeting_id": meeting.id, "case_id": meeting.case.id, "today": clock.today()}
    contacts = {row[0]: (row[1], row[2]) for row in read(_CONTACTS, about)}
    actions = {row[0]: (row[1], row[2]) for row in read(_ACTIONS, about)}
    found = []
    for row in read(_ROWS, about):
        own = row[0] == viewer.agency_id
        if not (meeting.hosts or own):
            continue
        seen, last = contacts.get(row[0], (0, None))
        found.append(
            Claim(
                row[0],
                row[1],
                row[0] == row[2],
                own,
                row[3],
                row[4] or 0,
                *row[5:8],
                row[8] or "",
                row[9] or "",
                seen,
                last,
                *actions.get(row[0], (0, 0)),
            )
        )
    return found
