"""What a meeting decides, written in the row: saved as it is typed, recorded when it is said to be decided, taken back
while the minutes are not issued. A decision about an action or a goal drafts the change; nothing touches the plan yet."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Action, Agency, Attendee, DecisionView, Goal, MeetingChange, MeetingDecision, User
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_agenda as agendas
from caseapp.services import submissions
from caseapp.services.meetings import minutes_apply as plan
from caseapp.services.meetings.hold import running
from caseapp.services.meetings.records import name_of, record
from caseapp.services.meetings.room import open_apart_id
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ChangeKind, Presence, Standpoint

HERE = (Presence.THERE, Presence.BY_PHONE)


@dataclass(frozen=True)
class Said:
    """What is typed about a decision. `agrees` and `disagrees` are attendees' ids; `against` what those who do not agree
    want instead. `change` drafts the plan: the fields of services.meetings.minutes_apply, days as ISO text; `first` an
    action for a goal that is added with it."""

    text: str = ""
    reason: str = ""
    agrees: frozenset[int] = frozenset()
    disagrees: frozenset[int] = frozenset()
    against: str = ""
    for_all: bool = False
    to_gaps: bool = False
    kind: ChangeKind | None = None
    change: dict[str, Any] = field(default_factory=dict)
    first: dict[str, Any] = field(default_factory=dict)


@use_case
def save(
    file: MeetingFile,
    said: Said,
    *,
    actor: Viewer,
    at: datetime,
    decision_id: int | None = None,
    page: str | None = None,
    point_key: str = "",
    action_id: int | None = None,
    goal_id: int | None = None,
    base: int | None = None,
    stood: dict[str, Any] | None = None,
    over: bool = False,
    version: int | None = None,
    recorded: bool = False,
) -> int:
    """Keep a decision as it is typed, or (`recorded`) as it was decided. One action has one decision in a meeting.
    `page` is the key of the page on which a decision of its own is written: what the same page sends before it has heard
    under which id the first of it was kept goes into that one, and begins no second.

    `base` is the version of the action or goal that stood on the writer's page, `stood` what it said there (as `stands` gives
    it): where it was changed before anything of the decision was kept, only that page still knows. `over` says that they
    have seen what its agency changed since, and decide over it. Raises Stale, with what is saved, where somebody else wrote
    the same decision meanwhile or, on recording, where the action was changed since. Returns the decision's id."""
    meeting = running(file, actor)
    about = _about(file, action_id, goal_id, actor)
    begins = bool(page) and decision_id is None and submissions.claim(_begun(page), actor=actor, at=at)
    if page and decision_id is None and not begins:
        decision_id = submissions.result(_begun(page), actor=actor)
    row = _find(meeting, decision_id, action_id, said.kind, goal_id)
    if row is None:
        goal_id = goal_id or (about and getattr(about, "goal_id", None))
        row = _new_decision(meeting, point_key, action_id, goal_id, actor, at)
    elif version is not None and row.version != version and row.made_by_id != actor.user_id:
        saved = {"text": row.text, "reason": row.reason}
        if saved != {"text": said.text, "reason": said.reason}:
            raise Stale(saved, by=name_of(row.made_by_id), version=row.version)
    row.text, row.reason, row.for_all, row.to_gaps = said.text, said.reason, said.for_all, said.to_gaps
    row.made_by_id = actor.user_id
    _keep_views(meeting, row, said)
    change = _keep_change(meeting, row, said, about, base, stood, over, actor, at)
    db.session.flush()
    if recorded:
        _check(file, meeting, row, change, said, about, actor, at)
        row.recorded_at = row.recorded_at or at
        row.dropped_at = None
    db.session.flush()
    if begins:
        submissions.settle(_begun(page), row.id)
    record(file, "decision of a meeting", actor=actor, at=at)
    return row.id


def _begun(page: str) -> str:
    return f"begun-{page}"[:64]


@use_case
def take_theirs(file: MeetingFile, action_id: int, *, actor: Viewer, at: datetime) -> int | None:
    """ "Use this": what the agency wrote meanwhile is the ground on which the meeting decides; its words are put into the
    decision. Returns the id of the decision, None where none was begun."""
    meeting = running(file, actor)
    action = _about(file, action_id, None, actor)
    row = _find(meeting, None, action_id, ChangeKind.ACTION_CHANGED, None)
    said = action.last_note or action.status_reason
    if row is None:
        row = _new_decision(meeting, f"goal:{action.goal_id}", action_id, action.goal_id, actor, at)
    if said and said not in row.text:
        row.text = f"{row.text}\n{said}".strip()
    row.made_by_id = actor.user_id
    change = _change_of(row)
    if change is None:
        change = _new_change(meeting, row, ChangeKind.ACTION_CHANGED, actor, at, content={"do": plan.KEEP})
    change.base_version, change.base = action.version, _stands(action)
    change.saved_at, change.saved_by_id = at, actor.user_id
    db.session.flush()
    record(file, "an agency’s own update taken into a decision", actor=actor, at=at)
    return row.id


@use_case
def drop(file: MeetingFile, decision_id: int, *, actor: Viewer, at: datetime) -> None:
    """Take a decision back; it can be put back until the minutes are issued."""
    row = _of(running(file, actor), decision_id)
    row.dropped_at = at
    db.session.flush()
    record(file, "a decision of a meeting taken back", actor=actor, at=at)


@use_case
def put_back(file: MeetingFile, decision_id: int, *, actor: Viewer, at: datetime) -> None:
    """A decision that was taken back stands again."""
    meeting = running(file, actor)
    row = _of(meeting, decision_id)
    if row.action_id and _find(meeting, None, row.action_id, ChangeKind.ACTION_CHANGED, None):
        raise RuleBroken("Something else has been decided about this action meanwhile.")
    row.dropped_at = None
    db.session.flush()
    record(file, "a decision of a meeting put back", actor=actor, at=at)


# --- the parts ------------------------------------------------------------------------------------------------------


def _about(file, action_id, goal_id, actor):
    """The action or goal that is decided about, as it stands; None where it is about neither. Only what the actor sees of
    the plan can be decided about."""
    if action_id is None and goal_id is None:
        return None
    if not agendas.has_plan(file):
        raise NotVisible
    shown = agendas.agenda(file, viewer=actor, rows=False)
    if action_id is not None:
        if action_id not in shown.actions:
            raise NotVisible
        return db.session.get(Action, action_id, populate_existing=True)
    goal = db.session.get(Goal, goal_id, populate_existing=True)
    if goal is None or goal.case_id != file.case.id or not file.case.sees_all:
        raise NotVisible
    return goal


def _find(meeting, decision_id, action_id, kind, goal_id):
    if decision_id is not None:
        return _of(meeting, decision_id)
    query = select(MeetingDecision).where(
        MeetingDecision.meeting_id == meeting.id, MeetingDecision.dropped_at.is_(None)
    )
    if action_id is not None and kind in (None, ChangeKind.ACTION_CHANGED):
        query = query.where(MeetingDecision.action_id == action_id)
    elif goal_id is not None and kind is ChangeKind.GOAL_CHANGED:
        query = query.join(MeetingChange, MeetingChange.decision_id == MeetingDecision.id).where(
            MeetingChange.goal_id == goal_id, MeetingChange.kind == kind
        )
    else:
        return None
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def _new_decision(meeting, point_key, action_id, goal_id, actor, at):
    row = MeetingDecision(
        id=new_id(),
        meeting_id=meeting.id,
        point_key=point_key,
        action_id=action_id,
        goal_id=goal_id,
        apart_id=open_apart_id(meeting),
        made_at=at,
        made_by_id=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _of(meeting, decision_id):
    row = db.session.get(MeetingDecision, decision_id, populate_existing=True, with_for_update=True)
    if row is None or row.meeting_id != meeting.id:
        raise NotVisible
    return row


def _keep_views(meeting, row, said):
    places = set(
        db.session.scalars(
            select(Attendee.id).where(Attendee.meeting_id == meeting.id, Attendee.removed_at.is_(None))
        )
    )
    db.session.execute(delete(DecisionView).where(DecisionView.decision_id == row.id))
    for attendee_id in sorted((said.agrees | said.disagrees) & places):
        against = attendee_id in said.disagrees
        db.session.add(
            DecisionView(
                decision_id=row.id,
                attendee_id=attendee_id,
                stands=Standpoint.DISAGREES if against else Standpoint.AGREES,
                words=said.against if against else "",
            )
        )


def _keep_change(meeting, row, said, about, base, stood, over, actor, at):
    if said.kind is None:
        return None
    change = _change_of(row)
    if change is None:
        change = _new_change(meeting, row, said.kind, actor, at)
        if about is not None and said.kind in (ChangeKind.ACTION_CHANGED, ChangeKind.GOAL_CHANGED):
            seen = about.version if over or base is None else base
            change.base_version = min(seen, about.version)
            change.base = _stands(about) if seen >= about.version else stood or {}
    elif over and about is not None:
        change.base_version, change.base = about.version, _stands(about)
    change.content = said.change
    change.saved_at, change.saved_by_id = at, actor.user_id
    if said.kind is ChangeKind.GOAL_ADDED:
        _keep_first(meeting, row, change, said.first, actor, at)
    return change


def _keep_first(meeting, row, goal, content, actor, at):
    """The first action of a goal that is added, in the same decision."""
    first = db.session.scalars(
        select(MeetingChange).where(
            MeetingChange.decision_id == row.id, MeetingChange.kind == ChangeKind.ACTION_ADDED
        )
    ).first()
    if not content.get("what"):
        if first is not None:
            first.dropped_at, first.dropped_reason = at, "taken out of the decision"
        return
    if first is None:
        first = _new_change(meeting, row, ChangeKind.ACTION_ADDED, actor, at)
        db.session.flush()
        first.new_goal_id = goal.id
    first.content, first.dropped_at, first.dropped_reason = content, None, ""
    first.saved_at, first.saved_by_id = at, actor.user_id


def _new_change(meeting, row, kind, actor, at, content=None):
    change = MeetingChange(
        id=new_id(),
        meeting_id=meeting.id,
        decision_id=row.id,
        point_key=row.point_key,
        kind=kind,
        action_id=row.action_id if kind is ChangeKind.ACTION_CHANGED else None,
        goal_id=row.goal_id if kind is not ChangeKind.GOAL_ADDED else None,
        content=content or {},
        saved_at=at,
        saved_by_id=actor.user_id,
    )
    db.session.add(change)
    db.session.flush()
    return change


def _change_of(row):
    """The change that the decision is about; not the first action of a new goal."""
    return db.session.scalars(
        select(MeetingChange)
        .where(MeetingChange.decision_id == row.id, MeetingChange.new_goal_id.is_(None))
        .execution_options(populate_existing=True)
    ).first()


def stands(action, *, agency: str | None, worker: str) -> dict:
    """How an action stands, for the two sides of a conflict: its columns, and in words who does it."""
    return {
        "status": action.status.value,
        "due_on": action.due_on and action.due_on.isoformat(),
        "who": ", ".join(part for part in (agency, worker) if part),
        "what": action.what,
        "note": action.last_note,
    }


def _stands(about) -> dict:
    """What stood there when the change was written."""
    if not isinstance(about, Action):
        return {"status": about.status.value, "words": about.words}
    agency, worker = db.session.execute(
        select(
            select(Agency.name).where(Agency.id == about.owner_agency_id).scalar_subquery(),
            select(User.name).where(User.id == about.owner_user_id).scalar_subquery(),
        )
    ).one()
    return stands(about, agency=agency, worker=worker or about.owner_name)


def _check(file, meeting, row, change, said, about, actor, at):
    """A decision that is recorded makes sense: in words, against what stands now, by the plan's own rules."""
    if not said.text:
        raise RuleBroken("Say what was decided", "text")
    if said.disagrees & said.agrees:
        raise RuleBroken("Nobody both agrees and does not agree", "disagrees")
    if said.disagrees and not said.against:
        raise RuleBroken("Say what they want instead", "against")
    if change is None:
        return
    if (
        about is not None
        and change.kind in (ChangeKind.ACTION_CHANGED, ChangeKind.GOAL_CHANGED)
        and change.base_version != about.version
    ):
        by = getattr(about, "changed_by_id", None)
        raise Stale(
            _stands(about),
            by=name_of(by),
            at=getattr(about, "changed_at", None),
            version=about.version,
        )
    do = change.content.get("do")
    if change.kind is ChangeKind.ACTION_CHANGED:
        if do == plan.DATE and not change.content.get("due_on"):
            raise RuleBroken("Say by when", "due_on")
        if do == plan.AGENCY and not change.content.get("owner_agency_id"):
            raise RuleBroken("Choose the agency", "agency")
        if do == plan.WORDS and not change.content.get("what"):
            raise RuleBroken("Write the new words", "what")
        if do in plan.STATUS:
            _owner_agrees(file, about, said)
    elif change.kind is ChangeKind.ACTION_ADDED and not change.content.get("what"):
        raise RuleBroken("Say what is to be done", "what")
    if file.case.sees_all:
        drafts = drafts_of(meeting, decision_id=row.id, said=said)
        plan.trial(file.case, drafts, actor=actor, at=at)


def _owner_agrees(file, action, said):
    """Only its owner says how an action stands (C7): the owner was there and agreed, or it is the lead agency's own."""
    owner = action.owner_agency_id
    if owner is None or owner == file.case.lead_agency_id:
        return
    agreed = db.session.scalar(
        select(Attendee.id).where(
            Attendee.meeting_id == file.id, Attendee.agency_id == owner, Attendee.id.in_(said.agrees)
        )
    )
    if agreed is None:
        name = db.session.scalar(select(Agency.name).where(Agency.id == owner))
        raise RuleBroken(
            f"Only {name} says how its own action stands. Tick who agreed for it, or choose a new date.",
            "agrees",
        )


def drafts_of(meeting, *, decision_id: int | None = None, said: Said | None = None) -> list[plan.Draft]:
    """The drafted changes of decisions that stand: all recorded ones of the meeting, or those of one decision."""
    query = (
        select(MeetingChange, MeetingDecision.text, MeetingDecision.reason)
        .join(MeetingDecision, MeetingDecision.id == MeetingChange.decision_id)
        .where(MeetingChange.meeting_id == meeting.id, MeetingChange.dropped_at.is_(None))
        .order_by(MeetingChange.id)
        .execution_options(populate_existing=True)
    )
    if decision_id is None:
        query = query.where(
            MeetingDecision.recorded_at.is_not(None),
            MeetingDecision.dropped_at.is_(None),
        )
    else:
        query = query.where(MeetingDecision.id == decision_id)
    return [
        plan.Draft(
            change.id,
            change.kind,
            dict(change.content),
            ". ".join(part.rstrip(".") for part in (text, reason) if part),
            change.action_id,
            change.goal_id,
            change.new_goal_id,
            change.base_version,
            change.decision_id,
        )
        for change, text, reason in db.session.execute(query)
    ]
