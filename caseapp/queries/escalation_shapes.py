"""What the page of a gap or block shows, in shapes: its words, its rungs, who held it, what was said."""

from dataclasses import dataclass
from datetime import date, datetime

from caseapp.vocabulary import EscalationState, Rung, StepAct


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in the form (B5). The second half is empty for those who merely follow it."""

    title: str
    service: str
    concerned: str
    domain: str
    area: str
    agency: str
    theme: str
    noticed_on: date
    raised_at: datetime
    version: int
    urgent: bool
    state: EscalationState
    how: str
    closed_at: datetime | None
    lead_id: int | None
    lead: str
    raised_by: str = ""
    description: str = ""
    effect: str = ""
    colleagues_advice: str = ""
    one_to_one: str = ""
    meeting_not_convened: bool = False
    meeting_why: str = ""
    meanwhile: str = ""
    wanted: str = ""
    urgent_reason: str = ""
    wish: str = ""


@dataclass(frozen=True, slots=True)
class Stint:
    """One time in which somebody held it."""

    who: str
    since: date
    to: date | None


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the log, as it is read."""

    at: datetime
    act: StepAct
    who: str
    text: str
    tried: str
    not_enough: str
    told: int
    meeting_on: date | None
    minute: str
    to_level: Rung | None


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung: past, now or later; who held it and how many of its working days."""

    rung: Rung
    standing: str
    stints: tuple[Stint, ...]
    held: int
    allowed: int | None
    late: int
    said: tuple[Said, ...]
    #: who would hold it, for a rung that has not been asked yet
    expected: str


@dataclass(frozen=True, slots=True)
class Joined:
    """One of the raisings that go together."""

    id: int
    said: str
    agency: str
    raised_by: str
    raised_on: date
    open: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """Everything the page of a gap or block shows."""

    words: Words
    rungs: tuple[RungView, ...]
    holder: str
    holder_agency: str
    held_since: date | None
    #: The day on which the holder's clock started, where that is not the day it came.
    starts_on: date | None
    held: int
    allowed: int | None
    left: int | None
    due_on: date | None
    accepted: bool
    paused_since: date | None
    pause_until: date | None
    pause_reason: str
    question: str
    days: int
    total_held: int
    joined: tuple[Joined, ...]
    waiting_actions: int
    person: str
    case_reference: str | None
    case_id: int | None
    action: str
    action_id: int | None
    goal: str
    identity: str
    superior: str
    rises_on: date | None
    asks: Rung | None
