"""One line of the plan as people read it: who does what by when, and how it stands. Everything that a template would
have to work out for each row (words of dates, lateness, tags, what the reader may do) is worked out here, once."""

import secrets
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, select

from caseapp import clock, dates, ids, working_days
from caseapp.models import Action, Agency, Goal, User
from caseapp.models.base import Id
from caseapp.policy import rules, scopes
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import OPEN_ACTIONS, STATUS_TAG, ActionKind, ActionStatus

#: "in 6 working days" stands beside a date this many calendar days ahead, and nothing beside later ones.
SOON = 10

#: From so many working days without an answer, the case manager is offered to remind.
REMIND_AFTER = 2

PROPOSED, REQUESTED, CANCELLED = ActionStatus.PROPOSED, ActionStatus.REQUESTED, ActionStatus.CANCELLED
ANSWERED = frozenset({ActionStatus.ACCEPTED, ActionStatus.IN_PROGRESS, ActionStatus.BLOCKED})
FINISHED = frozenset({ActionStatus.COMPLETED, ActionStatus.NOT_COMPLETED})

CASE_ID = bindparam("case_id", type_=Id)


class Raw(NamedTuple):
    """The columns of one action, in the order of COLUMNS."""

    id: int
    goal_id: int
    what: str
    kind: ActionKind
    agency_id: int | None
    user_id: int | None
    owner_name: str
    by_person: bool
    due_on: date | None
    status: ActionStatus
    status_reason: str
    asked_at: object
    ended_on: date | None
    clinic_talk_on: date | None
    last_note: str
    last_note_at: object
    last_note_by: str
    version: int
    agency_name: str | None
    agency_short: str | None
    user_name: str | None


COLUMNS = (
    Action.id,
    Action.goal_id,
    Action.what,
    Action.kind,
    Action.owner_agency_id,
    Action.owner_user_id,
    Action.owner_name,
    Action.by_person,
    Action.due_on,
    Action.status,
    Action.status_reason,
    Action.asked_at,
    Action.ended_on,
    Action.clinic_talk_on,
    Action.last_note,
    Action.last_note_at,
    Action.last_note_by,
    Action.version,
    Agency.name,
    Agency.short_name,
    User.name,
)


def statement(*more):
    """Actions of one case that the viewer sees, in the order of goals and dates; `more` adds columns. Executed with
    `case.binds(viewer)` and the case's own id."""
    return (
        select(*COLUMNS, *more)
        .join(Goal, Goal.id == Action.goal_id)
        .outerjoin(Agency, Agency.id == Action.owner_agency_id)
        .outerjoin(User, User.id == Action.owner_user_id)
        .where(Action.case_id == CASE_ID, scopes.SEES_ACTION_HERE)
        .order_by(Goal.number, Action.due_on.is_(None), Action.due_on, Action.id)
    )


class Row(NamedTuple):
    """One action, in words. `do` says what the reader may do: "open", "update", "change", "answer" or "remind"; `once` is
    the key of the accept button's form, `mend` a fault and where it is put right: (text, kind, link words)."""

    id: str
    who: str
    worker: str
    what: str
    note: str
    when: str
    late: str
    soon: str
    status: str
    tag: str
    done: bool
    do: str
    version: int
    once: str
    mend: tuple | None
    raw: Raw


class Reader(NamedTuple):
    """Who reads the rows, and in which calendar their days are counted."""

    viewer: Viewer
    first_name: str
    calendar: str
    today: date
    may_update: Callable[[int | None], bool]
    partner: bool
    own_part: bool


def reader(viewer, case, *, first_name: str, calendar: str, quiet: bool = False) -> Reader:
    """What is needed to put rows into words. `quiet`: nothing can be done from this page (see as, print)."""
    known: dict[int | None, bool] = {}

    def may_update(agency_id):
        if agency_id not in known:
            known[agency_id] = not quiet and rules.may_update_action(viewer, case, owner_agency_id=agency_id)
        return known[agency_id]

    return Reader(
        viewer, first_name, calendar, clock.today(), may_update, not case.sees_all, not case.sees_whole_plan
    )


def worker_name(a: Raw) -> str:
    """The named worker, with or without an account."""
    return a.user_name or a.owner_name


def agency_label(a: Raw) -> str:
    return a.agency_short or a.agency_name or ""


def is_late(a: Raw, today: date) -> bool:
    """Past its day and not finished. Lateness belongs to the date, never to the status."""
    return a.due_on is not None and a.due_on < today and a.status in OPEN_ACTIONS


def in_words(a: Raw, r: Reader, *, mend: tuple | None = None, clinic: str = "") -> Row:
    """The row as this reader sees it. `clinic` names the prescribing clinic on the case, where there is one."""
    status, due = a.status, a.due_on
    late = soon = ""
    if status in OPEN_ACTIONS and due is not None:
        if due < r.today:
            late = working_days.in_words(due, r.today, r.calendar)
        elif (due - r.today).days <= SOON:
            soon = working_days.in_words(due, r.today, r.calendar)
    if status in FINISHED:
        when = dates.day(a.ended_on)
    else:
        when = dates.day(due, "no date yet")
    own = r.may_update(a.agency_id)
    waits = waits_for_clinic(a, clinic)
    asks = own and (status is REQUESTED or (status is PROPOSED and not r.partner and not waits))
    if status is REQUESTED and not own and not r.partner and _waited(a, r) >= REMIND_AFTER:
        do = "remind"
    elif status is CANCELLED or not own:
        do = "open"
    elif asks:
        do = "answer"
    elif status in ANSWERED:
        do = "update"
    else:
        do = "change" if status is not PROPOSED else "open"
    who, worker = owner(a, r)
    if waits:
        mend = (f"Waits for the talk with {clinic}.", "talk", "Record that talk")
    label = "To accept" if asks and status is REQUESTED else status.label
    return Row(
        ids.written(a.id),
        who,
        worker,
        a.what,
        _note(a, r),
        when,
        late,
        soon,
        label,
        STATUS_TAG[status],
        status in FINISHED or status is CANCELLED,
        do,
        a.version,
        secrets.token_urlsafe(16) if do == "answer" else "",
        mend,
        a,
    )


def owner(a: Raw, r: Reader) -> tuple[str, str]:
    """Who does it, and their worker or with whom. Who stands in both where a part of a plan has no column for it."""
    if a.by_person:
        worker = f"with {worker_name(a) or agency_label(a)}" if a.agency_id else "alone"
        return r.first_name, f"{r.first_name}, {worker}" if r.own_part else worker
    if a.agency_id:
        return agency_label(a), worker_name(a) or ("No" if r.own_part else "no") + " worker named yet"
    return "Nobody yet", worker_name(a)


def waits_for_clinic(a: Raw, clinic: str) -> bool:
    """A detox or rehab referral that stays proposed until the talk with the clinic is recorded (S2-45)."""
    return (
        a.kind is ActionKind.DETOX_REFERRAL
        and bool(clinic)
        and a.clinic_talk_on is None
        and a.status in (PROPOSED, REQUESTED)
    )


def _waited(a: Raw, r: Reader) -> int:
    """Working days since the agency was asked."""
    if a.asked_at is None:
        return 0
    return working_days.working_days_between(clock.local_day(a.asked_at), r.today, r.calendar)


def _note(a: Raw, r: Reader) -> str:
    if a.last_note:
        told = dates.short_day(clock.local_day(a.last_note_at)) if a.last_note_at else ""
        who = "" if r.own_part and a.last_note_by == worker_name(a) else a.last_note_by
        by = ", ".join(part for part in (told, who) if part)
        return f"{by}: {a.last_note}" if by else a.last_note
    if a.status_reason:
        return a.status_reason
    if a.status is REQUESTED and a.asked_at:
        waited = _waited(a, r)
        day = dates.short_day(clock.local_day(a.asked_at))
        if waited < 2:
            return f"Asked {day}."
        return f"Asked {day}, no answer for {waited} working days."
    return ""
