"""Minutes as one reader may read them, by the reader's rights at the time of reading (S2-40, S3-47, S3-48): what was
frozen, cut; the difference between the two versions of the plan, cut; corrections; and on what consent the copy rests."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, protocols, working_days
from caseapp.errors import NotVisible
from caseapp.extensions import read
from caseapp.models import (
    Action,
    ConsentWithheld,
    Goal,
    Meeting,
    Minutes,
    MinutesAmendment,
    MinutesConfirmation,
    PlanVersion,
    User,
)
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_minutes_content, meeting_minutes_cut, settings
from caseapp.queries.meeting_agenda import MEETING_ID, has_plan
from caseapp.queries.meeting_minutes_content import Held
from caseapp.queries.meeting_minutes_cut import Reader
from caseapp.queries.meeting_minutes_difference import ChangeRow, difference
from caseapp.queries.meeting_minutes_words import (
    Attended,
    Decided,
    attended,
    basis_of,
    decided,
    facts_of,
    moment_of,
    next_of,
)
from caseapp.queries.plan_rows import CASE_ID
from caseapp.vocabulary import ActionStatus, MeetingKind, MeetingStatus

ISSUED = (MeetingStatus.ISSUED, MeetingStatus.AMENDED)

_SEEN_ACTIONS = (
    select(Action.id, Action.what, Action.due_on, Action.status, Action.owner_agency_id)
    .join(Goal, Goal.id == Action.goal_id)
    .where(Action.case_id == CASE_ID, scopes.SEES_ACTION_HERE)
    .order_by(Action.due_on.is_(None), Action.due_on, Action.id)
)
_SEEN_GOALS = select(Goal.id).where(Goal.case_id == CASE_ID, scopes.SEES_GOAL_HERE)
_WITHHELD = select(ConsentWithheld.domain).where(ConsentWithheld.grant_id == scopes.CASE_GRANT)

_Issuer = aliased(User, name="issuer")
_MINUTES = (
    select(
        Meeting.decisions_sent_at,
        Minutes.id,
        Minutes.issued_at,
        _Issuer.name,
        Minutes.version_before,
        Minutes.version_after,
        Minutes.content,
        MinutesConfirmation.at,
        MinutesConfirmation.note,
    )
    .select_from(Meeting)
    .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
    .outerjoin(_Issuer, _Issuer.id == Minutes.issued_by_id)
    .outerjoin(MinutesConfirmation, MinutesConfirmation.minutes_id == Minutes.id)
    .where(Meeting.id == MEETING_ID)
)
_VERSIONS = select(PlanVersion.number, PlanVersion.agreed_at, PlanVersion.content).where(
    PlanVersion.case_id == CASE_ID,
    or_(
        PlanVersion.number == bindparam("before"),
        PlanVersion.number == bindparam("after"),
    ),
)


class Amendment(NamedTuple):
    number: int
    at: datetime
    by: str
    text: str


class Asked(NamedTuple):
    """What the plan asks of the reader's agency and is not answered."""

    id: int
    what: str
    due_on: date | None


@dataclass(slots=True)
class Copy:
    """One reader's copy. `issued_at` is None while it is only a draft, or only the decisions have been sent."""

    minutes_id: int | None
    kind: str
    title: str
    person: str
    first_name: str
    held_at: datetime | None
    issued_at: datetime | None
    issued_by: str
    version_before: int | None
    version_after: int | None
    before_at: datetime | None
    after_at: datetime | None
    for_whom: str
    basis: str
    attended: list[Attended]
    others: int
    facts: str
    view: dict | None
    decisions: list[Decided]
    changes: list[ChangeRow]
    unchanged: int
    notes: list[dict]
    not_agreed: str
    aparts: list[dict]
    next: str
    corrections_by: date | None
    amendments: list[Amendment]
    asked: list[Asked]
    confirmed_at: datetime | None
    confirmed_note: str
    whole: bool
    hosts: bool
    has_plan: bool
    only_decisions: bool = False
    raw: Any = None
    #: Of a draft, for those who write it: all that it is written from.
    held: Held | None = None


def reader(meeting: MeetingFile, *, viewer: Viewer) -> tuple[Reader, list]:
    """Who reads, by today's rights, and the actions that they see; none are looked for where all is read."""
    case = meeting.case
    if case is None:
        return Reader(viewer.agency_id, None, meeting.hosts, True), []
    if meeting.kind is MeetingKind.CONFERENCE:
        return Reader(viewer.agency_id, case.lead_agency_id, meeting.hosts or case.sees_all, True), []
    if meeting.hosts:  # who reads all needs no list of what they see
        return Reader(viewer.agency_id, case.lead_agency_id, True, case.sees_whole_plan), []
    binds = case.binds(viewer)
    actions = read(_SEEN_ACTIONS, binds)
    withheld = (
        frozenset(row[0] for row in read(_WITHHELD, {"case_grant": case.grant_id}))
        if case.grant_id
        else frozenset()
    )
    return (
        Reader(
            viewer.agency_id,
            case.lead_agency_id,
            False,
            case.sees_whole_plan,
            frozenset(row.id for row in actions),
            frozenset(row.id for row in read(_SEEN_GOALS, binds)),
            withheld,
        ),
        actions,
    )


def copy(meeting: MeetingFile, *, viewer: Viewer) -> Copy:
    """The reader's copy: of the minutes where they are issued; of the decisions alone where only these were sent; of the
    draft for those who write it. Raises NotVisible where there is nothing yet that this reader may read."""
    who, actions = reader(meeting, viewer=viewer)
    row = scopes.still_there(read(_MINUTES, {"meeting_id": meeting.id}).first())
    sent, minutes_id, issued_at, issuer, before, after, content, confirmed_at, confirmed_note = row
    if minutes_id is None:
        return _draft(meeting, viewer, who, sent)
    made = _made(meeting, viewer, who, content)
    made.minutes_id, made.issued_at, made.issued_by = minutes_id, issued_at, issuer
    made.version_before, made.version_after = before, after
    made.confirmed_at, made.confirmed_note = confirmed_at, confirmed_note or ""
    if after is not None:
        versions = {
            r.number: r
            for r in read(_VERSIONS, {"case_id": meeting.case.id, "before": before, "after": after})
        }
        old, new = versions.get(before), versions[after]
        made.before_at, made.after_at = old and old.agreed_at, new.agreed_at
        made.changes, made.unchanged = difference(
            meeting_minutes_cut.plan(old and old.content, who),
            meeting_minutes_cut.plan(new.content, who),
            made.first_name,
        )
    made.amendments = amendments(meeting, who)
    made.asked = [
        Asked(a.id, a.what, a.due_on)
        for a in actions
        if a.status is ActionStatus.REQUESTED and a.owner_agency_id == viewer.agency_id
    ]
    days = settings.value(meeting.agency_id, "meeting_minutes_working_days")
    calendar = meeting_calendar(meeting)
    made.corrections_by = working_days.add_working_days(clock.local_day(issued_at), days, calendar)
    return made


def _draft(meeting, viewer, who, sent) -> Copy:
    if not meeting.hosts and not (sent and meeting.status is MeetingStatus.MINUTES_DRAFT):
        raise NotVisible
    if meeting.begun_at is None:
        raise NotVisible
    held = meeting_minutes_content.held(meeting, viewer=viewer)
    made = _made(meeting, viewer, who, meeting_minutes_content.content(held))
    made.held = held if meeting.hosts else None
    made.only_decisions = not meeting.hosts
    return made


def meeting_calendar(meeting: MeetingFile) -> str:
    """The calendar in which the meeting's working days are counted."""
    if meeting.case is not None:
        return protocols.get(meeting.case.protocol_key, meeting.case.protocol_version).calendar
    return settings.value(meeting.agency_id, "working_day_calendar")


def _made(meeting, viewer, who: Reader, content: dict) -> Copy:
    for_whom, basis = basis_of(meeting, viewer, who, content)
    shown = meeting_minutes_cut.attendance(content, who)
    known = {place["id"]: place for place in content["attendance"]}
    here = {place["id"] for place in content["attendance"] if place["here"]}
    return Copy(
        minutes_id=None,
        kind=content["kind"],
        title=content["title"],
        person=content["person"],
        first_name=content["first_name"],
        held_at=moment_of(content["begun_at"]),
        issued_at=None,
        issued_by="",
        version_before=None,
        version_after=None,
        before_at=None,
        after_at=None,
        for_whom=for_whom,
        basis=basis,
        attended=[attended(place, content) for place in shown],
        others=len(content["attendance"]) - len(shown) if who.hosts else 0,
        facts=facts_of(content),
        view=content["view"] if who.free and content["first_name"] else None,
        decisions=[decided(one, known, here, who) for one in meeting_minutes_cut.decisions(content, who)],
        changes=[],
        unchanged=0,
        notes=[point for point in meeting_minutes_cut.notes(content, who) if point["note"]],
        not_agreed=content["not_agreed"] if who.free else "",
        aparts=content["aparts"] if who.hosts else [],
        next=next_of(content),
        corrections_by=None,
        amendments=[],
        asked=[],
        confirmed_at=None,
        confirmed_note="",
        whole=who.whole,
        hosts=who.hosts,
        has_plan=has_plan(meeting),
        raw=content if who.hosts else None,
    )


# --- corrections, copies ---------------------------------------------------------------------------------------------

_AMENDMENTS = (
    select(
        MinutesAmendment.number,
        MinutesAmendment.at,
        User.name,
        MinutesAmendment.text,
        MinutesAmendment.for_all,
        MinutesAmendment.for_agency_id,
    )
    .join(Minutes, Minutes.id == MinutesAmendment.minutes_id)
    .join(User, User.id == MinutesAmendment.by_id)
    .where(Minutes.meeting_id == MEETING_ID)
    .order_by(MinutesAmendment.number)
)


def amendments(meeting: MeetingFile, who: Reader) -> list[Amendment]:
    """The dated corrections of this copy."""
    return [
        Amendment(*row[:4])
        for row in read(_AMENDMENTS, {"meeting_id": meeting.id})
        if who.free or row.for_all or row.for_agency_id == who.agency_id
    ]
