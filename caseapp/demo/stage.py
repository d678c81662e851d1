"""The stage on which a world is played: who is who by their keys in the file, and one act after the other in time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from caseapp import clock
from caseapp.demo.reading import Fault, WorldRefused
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile, PersonFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.accounts import viewer_for

#: What happens at the same moment happens in this order.
ORDER = (
    "person",
    "opening",
    "worker",
    "details",
    "agency",
    "exclusion",
    "consent",
    "need",
    "plan",
    "goal",
    "action",
    "deed",
    "note",
    "issue",
    "review",
    "agreement",
    "meeting",
    "transfer",
    "gap",
    "register",
    "end",
    "closing",
    "reading",
    "door",
    "look",
    "night",
    "account",
)


@dataclass(frozen=True)
class Step:
    """One act of one person at one moment; `path` is where the file tells of it."""

    at: datetime
    rank: int
    number: int
    path: str
    act: Callable[[], None]
    fields: frozenset[str]


@dataclass
class Stage:
    """Ids by key, viewers, and the acts that wait for their time."""

    now: datetime
    areas: dict[str, int] = field(default_factory=dict)
    agencies: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    _viewers: dict[str, Viewer] = field(default_factory=dict)

    def viewer(self, key: str) -> Viewer:
        """The member of staff of that key, as the one who acts."""
        if key not in self._viewers:
            self._viewers[key] = viewer_for(self.users[key])
        return self._viewers[key]

    def plan(self, at: datetime, what: str, item, act: Callable[[], None]) -> None:
        """Let an act happen at its time. `item` is the object of the file that tells of it."""
        self.steps.append(
            Step(at, ORDER.index(what), len(self.steps), item.path, act, frozenset(vars(item)) - {"path"})
        )

    def play(self) -> None:
        """Everything in the order of time; what the house refuses names the place in the file."""
        for step in sorted(self.steps, key=lambda s: (s.at, s.rank, s.number)):
            with clock.standing_at(step.at), told_at(step.path, step.fields):
                step.act()

    def person_for(self, key: str, by: str, act: Do) -> PersonFile:
        """The person as this user sees them; refused where they may not do this."""
        person = scopes.find_person(self.viewer(by), self.people[key])
        if person is None:
            raise RuleBroken(f"at that time {self.viewer(by).name} could not know of this person")
        return self._may(by, act, person)

    def case_for(self, key: str, by: str, act: Do) -> CaseFile:
        """The case as this user sees it at that time; refused where they may not do this."""
        if key not in self.cases:
            raise RuleBroken("the case was not open yet at that time")
        case = scopes.find_case_by_id(self.viewer(by), self.cases[key])
        if case is None:
            raise RuleBroken(
                f"at that time {self.viewer(by).name} could not see this case: no consent was in force"
            )
        return self._may(by, act, case)

    def _may(self, by, act, record):
        if not rules.may(self.viewer(by), act, record):
            raise RuleBroken(f"at that time {self.viewer(by).name} was not allowed to do this ({act.value})")
        return record


@contextmanager
def told_at(path: str, fields=frozenset()) -> Iterator[None]:
    """What the house refuses inside becomes a WorldRefused that names the place in the file; `fields` are the names
    of the object there, so that a refusal about one of them names it too."""
    try:
        yield
    except RuleBroken as why:
        place = f"{path}.{why.field}" if why.field in fields else path
        raise WorldRefused([Fault(place, str(why))]) from why
    except NotVisible:
        raise WorldRefused([Fault(path, "whoever does this could not see it at that time")]) from None
    except NotAllowed:
        raise WorldRefused([Fault(path, "whoever does this was not allowed to at that time")]) from None
    except Stale:
        raise WorldRefused([Fault(path, "this had been changed or ended before")]) from None
