"""Lists of meetings: mine, my agency's, those of one case; which is next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, exists, func, or_, select, union
from sqlalchemy.orm import aliased

from caseapp import clock, dates, names
from caseapp.extensions import db, read
from caseapp.models import Agency, Attendee, Case, CaseAssignment, Meeting, Person
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import HOSTS, SEES_MEETING, binds, standing
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    COMING_MEETINGS,
    HELD_MEETINGS,
    Answer,
    MeetingKind,
    MeetingStatus,
)

#: Counting stops here.
AT_MOST = 1000

_Mine = aliased(Attendee, name="list_attendee")
_Found = aliased(Attendee, name="list_found")

_MY_ANSWER = (
    select(_Mine.answer)
    .where(
        _Mine.meeting_id == Meeting.id,
        _Mine.agency_id == scopes.VIEWER_AGENCY,
        standing(_Mine),
        or_(
            _Mine.user_id == scopes.VIEWER_USER,
            _Mine.substitute_id == scopes.VIEWER_USER,
            Case.id.is_(None),
            Case.lead_agency_id != scopes.VIEWER_AGENCY,
        ),
    )
    .order_by(_Mine.user_id != scopes.VIEWER_USER, _Mine.id)
    .limit(1)
    .correlate(Meeting, Case)
    .scalar_subquery()
)

#: Where to look: meetings that the viewer's agency calls, leads or is invited to. Sight is asked of these.
_NEAR = union(
    select(Meeting.id).where(Meeting.agency_id == scopes.VIEWER_AGENCY),
    select(_Found.meeting_id).where(_Found.agency_id == scopes.VIEWER_AGENCY),
    select(Meeting.id)
    .join(Case, Case.id == Meeting.case_id)
    .where(Case.lead_agency_id == scopes.VIEWER_AGENCY),
)

#: Mine: I am named in it, or I am case manager or key worker.
_IS_MINE = or_(
    Meeting.chair_id == scopes.VIEWER_USER,
    Meeting.minutes_by_id == scopes.VIEWER_USER,
    Meeting.proposed_by_id == scopes.VIEWER_USER,
    exists()
    .where(
        _Found.meeting_id == Meeting.id,
        or_(_Found.user_id == scopes.VIEWER_USER, _Found.substitute_id == scopes.VIEWER_USER),
        _Found.removed_at.is_(None),
    )
    .correlate(Meeting),
    exists()
    .where(
        CaseAssignment.case_id == Meeting.case_id,
        CaseAssignment.user_id == scopes.VIEWER_USER,
        CaseAssignment.to_at.is_(None),
    )
    .correlate(Meeting),
)

_COLUMNS = (
    Meeting.id,
    Meeting.kind,
    Meeting.status,
    Meeting.title,
    Meeting.starts_at,
    Meeting.ends_at,
    Meeting.place,
    Meeting.link,
    Meeting.case_id,
    Case.reference,
    Person.given_name,
    Person.family_name,
    Person.known_as,
    Agency.name.label("agency"),
    HOSTS.label("hosts"),
    _MY_ANSWER.label("answer"),
)


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """One meeting in a list, as the viewer may know it."""

    id: int
    kind: MeetingKind
    status: MeetingStatus
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    place: str
    online: bool
    case_id: int | None
    reference: str | None
    person: str
    first_name: str
    agency: str
    hosts: bool
    answer: Answer | None

    @property
    def name(self) -> str:
        """What stands as its heading: the person, or the name of a group meeting."""
        return self.person or self.title

    @property
    def when(self) -> str:
        if self.starts_at is None:
            return "No day yet"
        day = clock.local_day(self.starts_at)
        return f"{dates.day(day)}, {dates.hour(self.starts_at)}"

    @property
    def tag(self) -> str:
        return TAGS.get(self.status, "")

    @property
    def status_words(self) -> str:
        """The status from the viewer's side: an invited agency reads what it answered."""
        if self.status is MeetingStatus.SCHEDULED and self.answer is not None and not self.hosts:
            return "To answer" if self.answer is Answer.INVITED else self.answer.label
        if self.kind is MeetingKind.CONFERENCE and self.status is MeetingStatus.HELD:
            return "Held"  # it has no minutes here that would still be to come
        return self.status.label


TAGS = {
    MeetingStatus.PROPOSED: "t-proposed",
    MeetingStatus.REFUSED: "t-declined",
    MeetingStatus.APPROVED: "t-accepted",
    MeetingStatus.SCHEDULED: "t-going",
    MeetingStatus.POSTPONED: "t-wait",
    MeetingStatus.CANCELLED: "t-notdone",
    MeetingStatus.NOT_CONVENED: "t-notdone",
    MeetingStatus.HELD: "t-going",
    MeetingStatus.MINUTES_DRAFT: "t-wait",
    MeetingStatus.ISSUED: "t-done",
    MeetingStatus.AMENDED: "t-done",
}


def _row(row) -> MeetingRow:
    return MeetingRow(
        row.id,
        row.kind,
        row.status,
        row.title,
        row.starts_at,
        row.ends_at,
        row.place,
        bool(row.link),
        row.case_id,
        row.reference,
        f"{row.given_name} {row.family_name}".strip() if row.case_id else "",
        names.first_name(row.known_as, row.given_name, row.family_name) if row.case_id else "",
        row.agency,
        bool(row.hosts),
        row.answer,
    )


def _select(*columns):
    return (
        select(*columns)
        .select_from(Meeting)
        .join(Agency, Agency.id == Meeting.agency_id)
        .outerjoin(Case, Case.id == Meeting.case_id)
        .outerjoin(Person, Person.id == Case.person_id)
    )


#: The answers to "which": what may still take place, what has, and what will not.
WHICH = {
    "coming": or_(Meeting.status.in_(sorted(COMING_MEETINGS)), Meeting.status == MeetingStatus.HELD),
    "past": Meeting.status.in_(sorted(HELD_MEETINGS - {MeetingStatus.HELD})),
    "off": Meeting.status.in_([MeetingStatus.REFUSED, MeetingStatus.CANCELLED, MeetingStatus.NOT_CONVENED]),
    "all": Meeting.id.is_not(None),
}


def _narrowed(statement, *, which: str, whose: str, kind: str, words: str):
    statement = statement.where(Meeting.id.in_(_NEAR), SEES_MEETING, WHICH[which])
    if whose == "mine":
        statement = statement.where(_IS_MINE)
    if kind:
        statement = statement.where(Meeting.kind == MeetingKind(kind))
    for word in words.split():
        like = f"%{word.replace('%', '').replace('_', '')}%"
        statement = statement.where(
            or_(
                Person.given_name.ilike(like),
                Person.family_name.ilike(like),
                Meeting.title.ilike(like),
                Case.reference.ilike(like),
            )
        )
    return statement


def total(*, viewer: Viewer, **wanted) -> int:
    """How many meetings; counting stops at AT_MOST."""
    inner = _narrowed(_select(Meeting.id), **wanted).limit(AT_MOST).subquery()
    return db.session.scalar(select(func.count()).select_from(inner), binds(viewer))


def rows(*, viewer: Viewer, offset: int = 0, limit: int = 25, **wanted) -> list[MeetingRow]:
    """Meetings that the viewer may know of: what is to come in the order of its day, what is past newest first."""
    statement = _narrowed(_select(*_COLUMNS), **wanted)
    if wanted["which"] == "coming":
        order = (Meeting.starts_at.is_(None).desc(), Meeting.starts_at, Meeting.id)
    else:
        order = (Meeting.starts_at.is_(None), Meeting.starts_at.desc(), Meeting.id.desc())
    statement = statement.order_by(*order).offset(offset).limit(limit)
    return [_row(row) for row in db.session.execute(statement, binds(viewer))]


_OF_CASE = (
    _select(*_COLUMNS)
    .where(Meeting.case_id == bindparam("case_id", type_=Id), SEES_MEETING)
    .order_by(
        case((Meeting.status.in_(sorted(COMING_MEETINGS)), 0), else_=1),
        Meeting.starts_at.desc(),
        Meeting.id.desc(),
    )
)


def of_case(case: CaseFile, *, viewer: Viewer) -> list[MeetingRow]:
    """All meetings of a case that the viewer may know of: what is to come first, then newest first."""
    return [_row(row) for row in read(_OF_CASE, binds(viewer) | {"case_id": case.id})]


_NEXT = (
    _select(*_COLUMNS)
    .where(
        Meeting.case_id == bindparam("case_id", type_=Id),
        Meeting.status.in_(sorted(COMING_MEETINGS | {MeetingStatus.HELD})),
        SEES_MEETING,
    )
    .order_by(Meeting.starts_at.is_(None), Meeting.starts_at, Meeting.id)
    .limit(2)
)


def next_of(case: CaseFile, *, viewer: Viewer) -> list[MeetingRow]:
    """The next meetings of a case, at most two: for the plan page."""
    return [_row(row) for row in read(_NEXT, binds(viewer) | {"case_id": case.id})]


def seen(meeting_ids: set[int], *, viewer: Viewer) -> set[int]:
    """Those of these meetings that the viewer may know of now."""
    if not meeting_ids:
        return set()
    statement = (
        select(Meeting.id)
        .outerjoin(Case, Case.id == Meeting.case_id)
        .where(Meeting.id.in_(sorted(meeting_ids)), SEES_MEETING)
    )
    return set(db.session.scalars(statement, binds(viewer)))
