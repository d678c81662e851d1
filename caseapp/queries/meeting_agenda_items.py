"""The actions of a plan as an agenda looks at them: which need a word, and why (B7). The words are counted for every
action; the sentences are written for those that a page shows."""

from collections import namedtuple
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from caseapp import clock, dates, working_days
from caseapp.extensions import read
from caseapp.models import Action, Goal
from caseapp.policy import scopes
from caseapp.queries import plan_rows
from caseapp.queries.plan_rows import CASE_ID, Raw, Row
from caseapp.vocabulary import OPEN_ACTIONS, ActionStatus

S = ActionStatus


class Brief(NamedTuple):
    """What is read of an action where nobody reads its words: enough to say why it stands on the agenda."""

    id: int
    goal_id: int
    due_on: date | None
    status: ActionStatus
    version: int
    changed_at: datetime


#: An action with all that is said of it: what a plan's page reads, and when it was last changed.
Told = namedtuple("Told", (*Raw._fields, "changed_at"))


class Item:
    """An action under its goal; `words` says shortly why it needs one ("late", "due"), and is empty for one that nobody need
    speak of. Whatever is told in sentences is put into them when it is asked for: of forty actions a page shows ten.

    `raw` is a Told, or where the agenda was asked for without rows a Brief; then there is no `row` and no `why`."""

    __slots__ = ("_look", "_row", "raw", "words")

    def __init__(self, raw: Told | Brief, look: "Look"):
        self.raw, self._look, self._row = raw, look, None
        self.words = _words(raw, look)

    @property
    def row(self) -> Row:
        if self._row is None:
            self._row = plan_rows.in_words(self.raw, self._look.reader)
        return self._row

    @property
    def whose(self) -> str:
        """ "Harbour, Tomasz Wilk": who does it, and with whom."""
        who, worker = plan_rows.owner(self.raw, self._look.reader)
        if self.raw.by_person and self._look.reader.own_part:
            return worker  # who does it stands in it
        return f"{who}, {worker}" if worker else who

    @property
    def why(self) -> str:
        return ". ".join(_said(word, self.raw, self._look) for word in self.words)


class Look(NamedTuple):
    """What an action is looked at with: by whom, on which day, what counts as before the next meeting, what as new."""

    reader: plan_rows.Reader
    today: date
    horizon: date
    since: datetime | None


_ACTIONS = plan_rows.statement(Action.changed_at)
_BRIEF = (
    select(Action.id, Action.goal_id, Action.due_on, Action.status, Action.version, Action.changed_at)
    .join(Goal, Goal.id == Action.goal_id)
    .where(Action.case_id == CASE_ID, scopes.SEES_ACTION_HERE)
    .order_by(Goal.number, Action.due_on.is_(None), Action.due_on, Action.id)
)


def of_case(binds, look: Look, *, rows: bool) -> tuple[dict[int, Item], dict[int, list[Item]]]:
    """Every action that the viewer sees but those that were cancelled, by its id and by its goal."""
    every: dict[int, Item] = {}
    by_goal: dict[int, list[Item]] = {}
    for row in read(_ACTIONS, binds, Told) if rows else read(_BRIEF, binds, Brief):
        if row.status is not S.CANCELLED:
            item = every[row.id] = Item(row, look)
            by_goal.setdefault(row.goal_id, []).append(item)
    return every, by_goal


#: What a status by itself says on an agenda.
_STANDS = {S.BLOCKED: "blocked", S.REQUESTED: "unanswered", S.DECLINED: "declined", S.PROPOSED: "waits"}


def _words(a: Told | Brief, look: Look) -> tuple[str, ...]:
    words = []
    status, due = a.status, a.due_on
    soon = False
    if due is not None and status in OPEN_ACTIONS:
        if due < look.today:
            words.append("late")
        else:
            soon = due <= look.horizon
    if status in _STANDS:
        words.append(_STANDS[status])
    if soon:
        words.append("due")
    if look.since is not None and a.changed_at > look.since:
        words.append("changed")
    return tuple(words)


def _said(word: str, a: Told, look: Look) -> str:
    """The sentence of one word, beside the action."""
    day = clock.local_day
    if word == "late":
        late = working_days.in_words(a.due_on, look.today, look.reader.calendar)
        return late[0].upper() + late[1:]
    if word == "blocked":
        return f"Blocked: {a.status_reason.rstrip('. ')}" if a.status_reason else "Blocked"
    if word == "unanswered":
        return f"Asked {dates.short_day(day(a.asked_at))}, not answered" if a.asked_at else "Not answered"
    if word == "due":
        return f"Due {dates.short_day(a.due_on)}"
    if word == "changed":
        said = f": {a.last_note}" if _says_more(a) else ""
        return f"Changed {dates.short_day(day(a.changed_at))}{said}"
    return _PLAIN[word]


_PLAIN = {
    "declined": "Declined, and nothing is in its place",
    "waits": "Not asked yet",
    "carried": "Carried over from the last meeting",
}


def _says_more(a: Told) -> bool:
    """Whether the last note is of the last change, and not the reason that is told already."""
    told = a.status is S.BLOCKED and a.last_note == a.status_reason
    return bool(a.last_note and a.last_note_at and a.last_note_at >= a.changed_at and not told)


#: How the words of an agenda's side line are counted, in the order of urgency.
COUNTED = ("late", "blocked", "declined", "unanswered", "waits", "due", "changed")


def counted(items: Iterable[Item]) -> str:
    """ "1 late, 1 blocked, 2 changed": each action counts once, under its most urgent word."""
    numbers = dict.fromkeys(COUNTED, 0)
    for item in items:
        if item.words:
            numbers[min(item.words, key=_URGENT.__getitem__)] += 1
    return ", ".join(
        f"{n} {'wait' if word == 'waits' and n > 1 else word}" for word, n in numbers.items() if n
    )


_URGENT = {word: place for place, word in enumerate(COUNTED)}
