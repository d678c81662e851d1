"""Reading a protocol file strictly: every fault names the file and the key, and no key goes unread."""

import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from caseapp.protocols import rules
from caseapp.vocabulary import AssignmentRole
from caseapp.vocabulary import NeedLevel as Levels
from caseapp.working_days import CALENDARS

T = TypeVar("T")

_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_PROTOCOL_KEY = re.compile(r"[a-z][a-z0-9-]{1,39}\Z")
_CLAUSE = re.compile(
    r"(S[0-4]-\d+[a-z]?|X-\d+|B\d+a?|C\d+|K\d+|CFG-\d+|F\d+)(, (S[0-4]-\d+[a-z]?|X-\d+|B\d+a?|C\d+|K\d+|CFG-\d+|F\d+))*\Z"
)
_LONGEST = {
    rules.Unit.DAYS: 3660,
    rules.Unit.WORKING_DAYS: 2600,
    rules.Unit.WEEKS: 520,
    rules.Unit.MONTHS: 120,
}


class ProtocolError(ValueError):
    """A protocol file that cannot be used."""

    def __init__(self, file: str, key: str, fault: str):
        super().__init__(f"{file}: {key}: {fault}" if key else f"{file}: {fault}")


class _Table:
    """A table of the file that knows its place in it, and which of its keys were read."""

    def __init__(self, values: dict[str, Any], file: str, place: str = ""):
        self._values, self._file, self._place = dict(values), file, place

    def fault(self, key: str, what: str) -> ProtocolError:
        return ProtocolError(self._file, f"{self._place}{key}", what)

    def has(self, key: str) -> bool:
        return key in self._values

    def _take(self, key: str, kind: type[T], called: str) -> T:
        if key not in self._values:
            raise self.fault(key, "is missing")
        value = self._values.pop(key)
        # true is an int and a date with a time is a date, to Python
        if not isinstance(value, kind) or (type(value) in (bool, datetime) and type(value) is not kind):
            raise self.fault(key, f"must be {called}")
        return value

    def text(self, key: str, *, shape: re.Pattern[str] | None = None, choices: Any = None) -> str:
        value = self._take(key, str, "a text")
        if not value.strip() or value != value.strip():
            raise self.fault(key, "must be a text without blanks around it")
        if shape is not None and not shape.match(value):
            raise self.fault(key, f"{value!r} is not written as it must be")
        if choices is not None and value not in choices:
            raise self.fault(key, f"{value!r} is none of {', '.join(choices)}")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        value = self._take(key, int, "a whole number")
        if not low <= value <= high:
            raise self.fault(key, f"must be from {low} to {high}")
        return value

    def flag(self, key: str) -> bool:
        return self._take(key, bool, "true or false")

    def day(self, key: str) -> date:
        return self._take(key, date, "a day such as 2026-01-01")

    def table(self, key: str, build: Callable[["_Table"], T]) -> T:
        return self._build(self._take(key, dict, "a table"), f"{key}.", build)

    def tables(self, key: str, build: Callable[["_Table"], T], *, some: bool = True) -> tuple[T, ...]:
        values = self._take(key, list, "a list of tables") if some or self.has(key) else []
        if some and not values:
            raise self.fault(key, "is empty")
        built = []
        for at, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise self.fault(f"{key} {at}", "must be a table")
            built.append(self._build(value, f"{key} {at}: ", build))
        names = [getattr(thing, "key", at) for at, thing in enumerate(built)]
        for at, name in enumerate(names, start=1):
            if name in names[: at - 1]:
                raise self.fault(f"{key} {at}: key", f"{name!r} stands here twice")
        return tuple(built)

    def _build(self, values: dict[str, Any], place: str, build: Callable[["_Table"], T]) -> T:
        table = _Table(values, self._file, self._place + place)
        built = build(table)
        table.done()
        return built

    def done(self) -> None:
        for key in self._values:
            raise self.fault(key, "is not a key that is known here")


def read(path: Path) -> rules.Protocol:
    """The protocol in a file. Raises ProtocolError, whose words name the file and the key."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ProtocolError(path.name, "", f"is not TOML: {broken}") from broken
    table = _Table(values, path.name)
    protocol = _protocol(table)
    table.done()
    if not path.stem.startswith(protocol.key):
        raise ProtocolError(path.name, "key", f"the file's name must begin with {protocol.key}")
    return protocol


def _protocol(t: _Table) -> rules.Protocol:
    return rules.Protocol(
        key=t.text("key", shape=_PROTOCOL_KEY),
        version=t.whole("version", 1, 999),
        effective_from=t.day("effective_from"),
        name=t.text("name"),
        summary=t.text("summary"),
        calendar=t.text("calendar", choices=CALENDARS),
        words=t.table(
            "words", lambda w: rules.Words(**{name: w.text(name) for name in rules.Words.__slots__})
        ),
        reviews=t.table("reviews", _reviews),
        eligibility=t.table("eligibility", _eligibility),
        plan=t.table("plan", _plan),
        domains=t.tables("domain", lambda d: rules.Item(**_item(d))),
        need_levels=_levels(t),
        assessment_types=t.tables("assessment", _assessment),
        clock_rules=t.tables("clock", _clock, some=False),
        roles=t.tables("role", _role),
        steps=t.tables("step", _step),
        letters=t.tables("letter", lambda letter: rules.Item(**_item(letter))),
    )


def _item(t: _Table) -> dict[str, str]:
    return {
        "key": t.text("key", shape=_KEY),
        "label": t.text("label"),
        "clause": t.text("clause", shape=_CLAUSE),
    }


def _levels(t: _Table) -> tuple[rules.NeedLevel, ...]:
    known = [level.value for level in Levels]
    levels = t.tables("need_level", lambda n: (n.text("key", choices=known), n.text("label")))
    if [key for key, _ in levels] != known:
        raise t.fault("need_level", f"must be {', '.join(known)}, in this order")
    return tuple(rules.NeedLevel(key, label, rank) for rank, (key, label) in enumerate(levels))


def _span(t: _Table) -> rules.Span:
    named = [unit for unit in rules.Unit if t.has(unit.value)]
    if len(named) != 1:
        raise t.fault("days", "give exactly one of days, working_days, weeks, months")
    return rules.Span(t.whole(named[0].value, 1, _LONGEST[named[0]]), named[0])


def _reviews(t: _Table) -> rules.ReviewRhythm:
    first = t.table("first", _span) if t.has("first") else None
    opens = t.table("first_opens", _span) if t.has("first_opens") else None
    if opens and (first is None or opens.unit != first.unit or opens.number >= first.number):
        raise t.fault("first_opens", "must come before first, in the same unit")
    return rules.ReviewRhythm(
        t.text("label"), t.text("clause", shape=_CLAUSE), t.table("every", _span), first, opens
    )


def _clock(t: _Table) -> rules.ClockRule:
    starts = [start.value for start in rules.Start]
    return rules.ClockRule(
        **_item(t), starts_from=rules.Start(t.text("starts_from", choices=starts)), span=_span(t)
    )


def _assessment(t: _Table) -> rules.AssessmentType:
    return rules.AssessmentType(
        **_item(t),
        by_domain=t.has("by_domain") and t.flag("by_domain"),
        contributions=t.has("contributions") and t.flag("contributions"),
        signed_off_by=t.text("signed_off_by", shape=_KEY) if t.has("signed_off_by") else "",
    )


def _eligibility(t: _Table) -> rules.Eligibility:
    scheme = t.text("scheme", choices=("none", "bands", "national_criteria"))
    if scheme == "none":
        return rules.Eligibility(scheme)

    def items(key: str) -> tuple[rules.Item, ...]:
        return t.tables(key, lambda i: rules.Item(**_item(i)), some=False)

    clause, intake, otherwise = t.text("clause", shape=_CLAUSE), items("intake"), items("otherwise")
    if not otherwise:
        raise t.fault("otherwise", "must say what is recorded when the answer is no")
    if scheme == "bands":
        bands = t.tables("band", lambda b: rules.Band(**_item(b), enters=b.flag("enters")))
        return rules.Eligibility(scheme, clause, bands=bands, intake=intake, otherwise=otherwise)
    criteria = t.tables("criterion", lambda c: rules.Item(**_item(c)))
    needed = t.whole("criteria_needed", 1, len(criteria))
    return rules.Eligibility(
        scheme, clause, criteria=criteria, criteria_needed=needed, intake=intake, otherwise=otherwise
    )


def _role(t: _Table) -> rules.CaseRole:
    role = rules.CaseRole(**_item(t), holders=t.text("holders", choices=("one", "one_per_agency", "many")))
    if role.key not in [known.value for known in AssignmentRole]:
        raise t.fault("key", f"{role.key!r} is no role of a case")
    if role.key == AssignmentRole.CASE_MANAGER and role.holders != "one":
        raise t.fault("holders", "a case has exactly one case manager")
    return role


def _plan(t: _Table) -> rules.PlanRules:
    plan = rules.PlanRules(**{name: t.flag(name) for name in rules.PlanRules.__slots__})
    if not plan.consent_before_sharing:
        raise t.fault("consent_before_sharing", "cannot be switched off")
    return plan


def _step(t: _Table) -> rules.Step:
    facts = [fact.value for fact in rules.Fact]

    def need(n: _Table) -> rules.Need:
        return rules.Need(
            rules.Fact(n.text("fact", choices=facts)), n.text("say"), n.text("clause", shape=_CLAUSE)
        )

    return rules.Step(**_item(t), needs=t.tables("need", need))
