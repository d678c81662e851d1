"""What the owner of an action does with it: accept, decline, say how it goes (C7). Each step tells the people who work
on the case at once, with old and new values (S3-66), and stands in the timeline and in the audit record."""

from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import bindparam, insert, select, update

from caseapp import clock, dates
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db, read, write
from caseapp.ids import new_id
from caseapp.models import Action, ActionNote, Case, Goal, User
from caseapp.models.base import Id
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.services import audit, events
from caseapp.services.plan_records import clinic_on
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ActionKind, ActionStatus, Audience

S = ActionStatus

#: From each status, where its owner may take it. The case manager's own steps (ask, stop, reassign) are elsewhere.
ALLOWED = {
    S.PROPOSED: frozenset({S.ACCEPTED}),
    S.REQUESTED: frozenset({S.ACCEPTED, S.DECLINED}),
    S.ACCEPTED: frozenset({S.IN_PROGRESS, S.BLOCKED, S.COMPLETED, S.NOT_COMPLETED}),
    S.IN_PROGRESS: frozenset({S.BLOCKED, S.COMPLETED, S.NOT_COMPLETED}),
    S.BLOCKED: frozenset({S.IN_PROGRESS, S.COMPLETED, S.NOT_COMPLETED}),
    S.DECLINED: frozenset({S.ACCEPTED}),
    S.COMPLETED: frozenset({S.IN_PROGRESS}),
    S.NOT_COMPLETED: frozenset({S.IN_PROGRESS}),
    S.CANCELLED: frozenset(),
}

#: What must be said with a step, and how it is asked for.
REASONS = {
    S.DECLINED: "Say why, and what could be done instead",
    S.NOT_COMPLETED: "Say why it was not done",
    S.BLOCKED: "Say what stands in the way",
}

ENDS = frozenset({S.COMPLETED, S.NOT_COMPLETED})

WORDS = {
    S.ACCEPTED: ("action_accepted", "Accepted"),
    S.DECLINED: ("action_declined", "Declined"),
    S.IN_PROGRESS: ("action_under_way", "Under way"),
    S.BLOCKED: ("action_blocked", "Blocked"),
    S.COMPLETED: ("action_done", "Done"),
    S.NOT_COMPLETED: ("action_not_done", "Not done"),
}


def choices(status: ActionStatus) -> list[ActionStatus]:
    """Where an action that has been answered can stand after an update: as it is, or one step on."""
    order = (S.ACCEPTED, S.IN_PROGRESS, S.COMPLETED, S.NOT_COMPLETED, S.BLOCKED)
    if status not in order:
        return []
    return [one for one in order if one is status or one in ALLOWED[status]]


def check_step(before: ActionStatus, after: ActionStatus, *, text: str, holds_plan: bool = False) -> None:
    """Whether the owner may take an action from one status to the next (C7), saying what must be said.

    `holds_plan`: the step is taken by those who lead the case, who may accept their own action without asking
    themselves first. Raises RuleBroken, in a sentence, for every other step."""
    if after is before:
        if before is S.CANCELLED:
            raise RuleBroken("This action was stopped. Nothing more is written to it.")
        if not text:
            raise RuleBroken("Write a note, or choose how it stands now", field="note")
        return
    if before is S.PROPOSED and not holds_plan:
        raise RuleBroken("This has not been asked of anybody yet: the case manager still prepares it.")
    if after not in ALLOWED[before]:
        raise RuleBroken(
            f"This action is “{before.label}”, and cannot become “{after.label}” from there.", "status"
        )
    if not text and after in REASONS:
        raise RuleBroken(REASONS[after], field="note")
    if not text and before in ENDS:
        raise RuleBroken("Say why it goes on", field="note")


_COLUMNS = (
    Action.id,
    Action.version,
    Action.status,
    Action.what,
    Action.kind,
    Action.goal_id,
    Action.owner_agency_id,
    Action.owner_user_id,
    Action.owner_name,
    Action.due_on,
    Action.clinic_talk_on,
    Action.last_note,
    Action.changed_at,
    Action.changed_by_id,
)
_FIND = (
    select(*_COLUMNS)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.id == bindparam("action_id", type_=Id),
        Action.case_id == bindparam("case_id", type_=Id),
        scopes.SEES_ACTION,
    )
    .with_for_update(of=Action)
)
_ACTION = Action.__table__


def own_action(case: CaseFile, action_id: int, *, actor: Viewer):
    """The action, held until the end of the use case, if the actor sees it (else NotVisible) and may update it
    (else NotAllowed)."""
    row = read(_FIND, scopes.binds(actor) | {"action_id": action_id, "case_id": case.id}).first()
    if row is None:
        raise NotVisible
    if not rules.may_update_action(actor, case, owner_agency_id=row.owner_agency_id):
        raise NotAllowed
    return row


def _refuse_stale(row, version: int) -> None:
    if row.version != version:
        by = db.session.scalar(select(User.name).where(User.id == row.changed_by_id)) or ""
        saved = {
            "status": row.status,
            "due_on": row.due_on,
            "what": row.what,
            "note": row.last_note,
        }
        raise Stale(saved, by=by, at=row.changed_at, version=row.version)


def _check_clinic(case, row, at):
    """A referral to detox or rehab is not accepted before the talk with the prescribing clinic (S2-45)."""
    if row.kind is not ActionKind.DETOX_REFERRAL or row.clinic_talk_on is not None:
        return
    if clinic_on(case, clock.local_day(at)):
        raise RuleBroken(
            "A referral to detox or rehab waits for the talk with the prescribing clinic. "
            "Once the case manager has recorded that talk, it can be accepted."
        )


def _worker(row, actor, worker_id) -> tuple[int | None, str]:
    """Who takes the action: the worker named, who must be of the owner agency; else the one who was already named;
    else whoever accepts. Returns (id, name)."""
    wanted = worker_id or row.owner_user_id or (None if row.owner_name else actor.user_id)
    if wanted is None:
        return None, row.owner_name
    agency = row.owner_agency_id or actor.agency_id
    name = db.session.scalar(
        select(User.name).where(
            User.id == wanted,
            User.agency_id == agency,
            User.disabled_at.is_(None),
            User.roles.op("&")(int(PRACTISES)) != 0,
        )
    )
    if name is None:
        if worker_id:
            raise RuleBroken("Choose a worker of your agency", field="worker")
        return actor.user_id, actor.name
    return wanted, name


@use_case
def accept(
    case: CaseFile, action_id: int, *, actor: Viewer, at: datetime, version: int, worker_id: int | None = None
) -> int:
    """Accept an action for the owner agency: one worker takes it. Returns the action's id."""
    row = own_action(case, action_id, actor=actor)
    _refuse_stale(row, version)
    if row.status is S.ACCEPTED:
        raise RuleBroken("This action has been accepted already.")
    check_step(row.status, S.ACCEPTED, text="yes", holds_plan=case.sees_all)
    _check_clinic(case, row, at)
    user_id, name = _worker(row, actor, worker_id)
    change = {"status": [row.status.label, S.ACCEPTED.label]}
    if user_id != row.owner_user_id:
        change["who"] = [_name_of(row), name]
    _write(row, actor, at, status=S.ACCEPTED, status_reason="", answered_at=at, owner_user_id=user_id)
    _tell(case, row, actor, at, S.ACCEPTED, change)
    return row.id


@use_case
def decline(case: CaseFile, action_id: int, *, actor: Viewer, at: datetime, version: int, reason: str) -> int:
    """Decline an action, with the reason; the case manager is told at once (C7). Returns the action's id."""
    row = own_action(case, action_id, actor=actor)
    _refuse_stale(row, version)
    if not reason:
        raise RuleBroken(REASONS[S.DECLINED], field="reason")
    if row.status is S.DECLINED:
        raise RuleBroken("This action has been declined already.")
    check_step(row.status, S.DECLINED, text=reason, holds_plan=case.sees_all)
    change = {"status": [row.status.label, S.DECLINED.label], "reason": ["", reason]}
    _write(
        row,
        actor,
        at,
        status=S.DECLINED,
        status_reason=reason,
        answered_at=at,
        **_note(row, actor, at, reason),
    )
    _add_note(case, row, actor, at, reason, S.DECLINED)
    _tell(case, row, actor, at, S.DECLINED, change)
    return row.id


@use_case
def progress(
    case: CaseFile,
    action_id: int,
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    status: ActionStatus | None = None,
    note: str = "",
    ended_on: date | None = None,
    worker_id: int | None = None,
) -> int:
    """Say how an action goes: a note, a step on, or both; None keeps the status. `ended_on` is the local day on which
    it was done or given up (today if not said). `worker_id` hands it to another worker of the agency.

    Raises RuleBroken, Stale, NotVisible, NotAllowed. Returns the action's id."""
    row = own_action(case, action_id, actor=actor)
    _refuse_stale(row, version)
    after = status or row.status
    moved = after is not row.status
    handed = worker_id is not None and worker_id != row.owner_user_id
    if after in (S.ACCEPTED, S.DECLINED) and moved:
        raise RuleBroken("Accept or decline it first.", field="status")
    if moved or not handed or note:
        check_step(row.status, after, text=note, holds_plan=case.sees_all)
    elif row.status is S.CANCELLED:
        raise RuleBroken("This action was stopped. Nothing more is written to it.")
    values, change = {}, {}
    if moved:
        values |= {"status": after, "status_reason": note if after in REASONS else ""}
        values["ended_on"] = _ended(ended_on, at) if after in ENDS else None
        change["status"] = [row.status.label, after.label]
        if after in ENDS:
            change["on"] = ["", dates.day(values["ended_on"])]
    if note:
        values |= _note(row, actor, at, note)
        change["note"] = [row.last_note, note]
    if handed:
        user_id, name = _worker(row, actor, worker_id)
        values["owner_user_id"] = user_id
        change["who"] = [_name_of(row), name]
    _write(row, actor, at, **values)
    if note:
        _add_note(case, row, actor, at, note, after if moved else None)
    _tell(case, row, actor, at, after if moved else None, change, noted=bool(note))
    return row.id


@use_case
def minuted(
    case: CaseFile,
    action_id: int,
    *,
    actor: Viewer,
    at: datetime,
    status: ActionStatus,
    note: str,
    version: int | None = None,
) -> int:
    """A step that was decided at a meeting, written down by those who hold the plan. That the owner was there and agreed
    is for the meeting to know (services.meetings.decisions); C7 holds for every step. The agency is told where it
    may know of the action. Returns the action's id."""
    if not rules.may(actor, Do.EDIT_PLAN, case):
        raise NotAllowed
    row = read(_FIND, scopes.binds(actor) | {"action_id": action_id, "case_id": case.id}).first()
    if row is None:
        raise NotVisible
    if version is not None:
        _refuse_stale(row, version)
    check_step(row.status, status, text=note, holds_plan=True)
    if status is S.ACCEPTED:
        _check_clinic(case, row, at)
    values = {"status": status, "status_reason": note if status in REASONS else ""}
    values["ended_on"] = clock.local_day(at) if status in ENDS else None
    if status in (S.ACCEPTED, S.DECLINED):
        values["answered_at"] = at
    _write(row, actor, at, **values, **_note(row, actor, at, note))
    _add_note(case, row, actor, at, note, status)
    change = {"status": [row.status.label, status.label], "note": [row.last_note, note]}
    owner = row.owner_agency_id
    knows = owner is not None and scopes.find_case_by_id(Viewer(0, owner, PRACTISES, "", ""), case.id)
    _tell(case, row, actor, at, status, change, tell_agency_id=owner if knows else None)
    return row.id


def _ended(day, at):
    day = day or clock.local_day(at)
    if day > clock.local_day(at):
        raise RuleBroken("This day has not come yet", field="ended_on")
    return day


def _name_of(row) -> str:
    if row.owner_user_id is None:
        return row.owner_name
    return db.session.scalar(select(User.name).where(User.id == row.owner_user_id)) or ""


def _note(row, actor, at, text):
    return {"last_note": text, "last_note_at": at, "last_note_by": actor.name}


@lru_cache(64)
def _step(*columns):
    """What is written when an action goes on: few sets of columns."""
    return (
        update(_ACTION)
        .where(_ACTION.c.id == bindparam("of_action"), _ACTION.c.version == bindparam("seen"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )


def _write(row, actor, at, **values):
    values |= {"version": row.version + 1, "changed_at": at, "changed_by_id": actor.user_id}
    binds = {f"new_{name}": value for name, value in values.items()}
    met = write(_step(*sorted(values)), binds | {"of_action": row.id, "seen": row.version})
    if met != 1:  # only where the database could not hold the row for us
        raise Stale({})


_NOTE = insert(ActionNote.__table__).values(
    {
        name: bindparam(name)
        for name in ("id", "action_id", "case_id", "at", "author_id", "agency_id", "text", "status")
    }
)


def _add_note(case, row, actor, at, text, status):
    write(
        _NOTE,
        {
            "id": new_id(),
            "action_id": row.id,
            "case_id": case.id,
            "at": at,
            "author_id": actor.user_id,
            "agency_id": actor.agency_id,
            "text": text,
            "status": status,
        },
    )


def _tell(case, row, actor, at, status, change, noted=True, tell_agency_id=None):
    kind, word = (
        WORDS[status] if status else (("action_note", "Note") if noted else ("action_worker", "Handed over"))
    )
    events.happened(
        case,
        kind,
        f"{word}: {_short(row.what)}",
        actor=actor,
        at=at,
        audience=Audience.ACTION,
        action_id=row.id,
        goal_id=row.goal_id,
        change=change,
        tell_case_workers=True,
        tell_agency_id=tell_agency_id,
    )
    audit.record(
        actor,
        f"action: {word.lower()}",
        at=at,
        case=case,
        detail={"action": row.id, "change": sorted(change)},
    )


def _short(text: str, most: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
