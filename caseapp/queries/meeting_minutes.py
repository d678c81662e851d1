"""Minutes as one reader may read them, by the reader's rights at the time of reading (S2-40, S3-47, S3-48): what was
frozen, cut; the difference between the two versions of the plan, cut; corrections; and on what consent the copy rests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates, protocols, working_days
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
from caseapp.queries import (
    meeting_minutes_content,
    meeting_minutes_cut,
    plan_head,
    settings,
)
from caseapp.queries.meeting_agenda import MEETING_ID, has_plan
from caseapp.queries.meeting_minutes_cut import Reader
from caseapp.queries.meeting_minutes_difference import ChangeRow, difference
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
        Minutes.id,
        Minutes.issued_at,
        _Issuer.name,
        Minutes.version_before,
        Minutes.version_after,
        Minutes.content,
        MinutesConfirmation.at,
        MinutesConfirmation.note,
    )
    .join(_Issuer, _Issuer.id == Minutes.issued_by_id)
    .outerjoin(MinutesConfirmation, MinutesConfirmation.minutes_id == Minutes.id)
    .where(Minutes.meeting_id == MEETING_ID)
)
_VERSIONS = select(PlanVersion.number, PlanVersion.agreed_at, PlanVersion.content).where(
    PlanVersion.case_id == CASE_ID,
    or_(
        PlanVersion.number == bindparam("before"),
        PlanVersion.number == bindparam("after"),
    ),
)


class Attended(NamedTuple):
    name: str
    stands_for: str
    presence: str


class Decided(NamedTuple):
    """One decision as the copy says it."""

    number: int
    text: str
    reason: str
    agreed: str
    against: tuple[str, ...]
    apart: bool
    goal_number: int | None


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


def reader(meeting: MeetingFile, *, viewer: Viewer) -> tuple[Reader, list]:
    """Who reads, by today's rights, and the actions that they see."""
    case = meeting.case
    if case is None:
        return Reader(viewer.agency_id, None, meeting.hosts, True), []
    if meeting.kind is MeetingKind.CONFERENCE:
        return Reader(viewer.agency_id, case.lead_agency_id, meeting.hosts or case.sees_all, True), []
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
            meeting.hosts,
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
    row = read(_MINUTES, {"meeting_id": meeting.id}).first()
    if row is None:
        return _draft(meeting, viewer, who, actions)
    minutes_id, issued_at, issuer, before, after, content, confirmed_at, confirmed_note = row
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


def _draft(meeting, viewer, who, actions) -> Copy:
    sent = read(_SENT, {"meeting_id": meeting.id}).scalar()
    if not meeting.hosts and not (sent and meeting.status is MeetingStatus.MINUTES_DRAFT):
        raise NotVisible
    if meeting.begun_at is None:
        raise NotVisible
    made = _made(meeting, viewer, who, meeting_minutes_content.content(meeting, viewer=viewer))
    made.only_decisions = not meeting.hosts
    return made


_SENT = select(Meeting.decisions_sent_at).where(Meeting.id == MEETING_ID)


def meeting_calendar(meeting: MeetingFile) -> str:
    """The calendar in which the meeting's working days are counted."""
    if meeting.case is not None:
        return protocols.get(meeting.case.protocol_key, meeting.case.protocol_version).calendar
    return settings.value(meeting.agency_id, "working_day_calendar")


def _made(meeting, viewer, who: Reader, content: dict) -> Copy:
    for_whom, basis = _basis(meeting, viewer, who, content)
    shown = meeting_minutes_cut.attendance(content, who)
    known = {place["id"]: place for place in content["attendance"]}
    here = {place["id"] for place in content["attendance"] if place["here"]}
    return Copy(
        minutes_id=None,
        kind=content["kind"],
        title=content["title"],
        person=content["person"],
        first_name=content["first_name"],
        held_at=_moment(content["begun_at"]),
        issued_at=None,
        issued_by="",
        version_before=None,
        version_after=None,
        before_at=None,
        after_at=None,
        for_whom=for_whom,
        basis=basis,
        attended=[_attended(place, content) for place in shown],
        others=len(content["attendance"]) - len(shown) if who.hosts else 0,
        facts=_facts(content),
        view=content["view"] if who.free and content["first_name"] else None,
        decisions=[_decided(one, known, here, who) for one in meeting_minutes_cut.decisions(content, who)],
        changes=[],
        unchanged=0,
        notes=[point for point in meeting_minutes_cut.notes(content, who) if point["note"]],
        not_agreed=content["not_agreed"] if who.free else "",
        aparts=content["aparts"] if who.hosts else [],
        next=_next(content),
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


def _basis(meeting, viewer, who: Reader, content) -> tuple[str, str]:
    agency = viewer.agency_name
    if meeting.case is None:
        return f"Copy for {agency}.", "A group meeting is about no person; no consent is needed for it."
    if meeting.kind is MeetingKind.CONFERENCE:
        return (
            f"Record for {agency}.",
            "A statutory case conference has rules of its own. Nothing of it stands in the plan.",
        )
    first = content["first_name"]
    if who.hosts:
        return (
            f"Copy for {agency}: everything.",
            f"{agency} leads the case. Other agencies read what {first}’s consent opens to each of them.",
        )
    if meeting.case.grant_id is None:
        return (
            f"Copy for {agency}: its own part.",
            f"{agency} leads the case; this is what it was asked to do.",
        )
    head = plan_head.head(meeting.case, viewer=viewer)
    what = "the whole plan" if who.whole else "its own part"
    scope = "for the full plan" if who.whole else "for its own part of the plan"
    until = f", valid until {dates.full_day(head.grant_until)}" if head.grant_until else ""
    return (
        f"Copy for {agency}: {what}.",
        f"It rests on the consent that {first} gave on {dates.full_day(head.granted_on)} {scope}{until}.",
    )


def _attended(place: dict, content: dict) -> Attended:
    kind, agency = place["kind"], place["agency"]
    if kind == "person":
        beside = [one["name"] for one in content["attendance"] if one["kind"] == "supporter" and one["here"]]
        said = "in person"
        return Attended(
            place["name"],
            f"{said}, with {_listed(beside)} beside them" if beside else said,
            place["presence"],
        )
    if kind == "supporter":
        first = content["first_name"] or "the person"
        return Attended(
            place["name"], f"beside {first}{', ' + place['role'] if place['role'] else ''}", place["presence"]
        )
    stands = agency or place["role"] or "guest"
    if place["name"] and place["name"] == content["chair"]:
        stands += ", chair"
    if place["name"] and place["name"] == content["minutes_by"]:
        stands += ", minutes"
    if place["stands_for"]:
        stands += f", for {place['stands_for']}"
        if place["handover_on"]:
            stands += f" (handed over {dates.short_day(date.fromisoformat(place['handover_on']))})"
    if place["uninvited"] and kind != "person":
        stands += ", not invited"
    return Attended(place["name"], stands, place["presence"])


def _facts(content: dict) -> str:
    begun, ended = _moment(content["begun_at"]), _moment(content["ended_at"])
    hours = f"{dates.hour(begun)} to {dates.hour(ended)}" if ended else f"from {dates.hour(begun)}"
    parts = [f"{content['place']}, {hours}" if content["place"] else hours[0].upper() + hours[1:]]
    who = ", ".join(
        part
        for part in (
            f"Chair {content['chair']}" if content["chair"] else "",
            f"minutes {content['minutes_by']}" if content["minutes_by"] else "",
        )
        if part
    )
    if who:
        parts.append(who[0].upper() + who[1:])
    read_at = _moment(content["reminder_at"])
    parts.append(
        f"Confidentiality reminder read at {dates.hour(read_at)}"
        if read_at
        else "The confidentiality reminder was not read"
    )
    return ". ".join(parts) + "."


def _decided(one: dict, known: dict, here: set, who: Reader) -> Decided:
    agrees = {view["id"] for view in one["views"] if view["stands"] == "agrees"}
    against = [view for view in one["views"] if view["stands"] == "disagrees"]
    if agrees and agrees >= here and not against and one["hidden"] == len(one["views"]):
        agreed = "Agreed by all"
    elif agrees:
        agreed = f"Agreed by {_listed([_label(known[i], who) for i in sorted(agrees) if i in known])}"
    else:
        agreed = ""
    return Decided(
        one["number"],
        one["text"],
        one["reason"],
        agreed,
        tuple(
            f"{_label(known[view['id']], who)} does not agree: {view['words']}"
            for view in against
            if view["id"] in known
        ),
        one["apart_id"] is not None,
        one["goal_number"],
    )


def _label(place: dict, who: Reader) -> str:
    if place["kind"] == "person":
        return place["name"].split(" ")[0]
    return place["agency"] or place["name"]


def _next(content: dict) -> str:
    parts = []
    if content["next"]["review_on"]:
        parts.append(f"Review by {dates.long_day(date.fromisoformat(content['next']['review_on']))}")
    if content["next"]["at"]:
        at = _moment(content["next"]["at"])
        place = f", {content['next']['place']}" if content["next"]["place"] else ""
        parts.append(f"Next meeting on {dates.long_day(clock.local_day(at))}, {dates.hour(at)}{place}")
    return ". ".join(parts)


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


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _listed(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(words))
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"
