"""The register as it was published: editions, each a frozen copy that every agency reads, and what the next would say."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import RegisterSnapshot, User
from caseapp.models.base import Id
from caseapp.queries import register
from caseapp.queries.register import Figures
from caseapp.vocabulary import EscalationKind, EscalationState, GapScope

#: Days lost are said to the nearest so many: their growth from one edition to the next tells no small number.
DAYS_STEP = 50
#: So many editions are listed and looked back on.
EDITIONS_MOST = 200


@dataclass(frozen=True, slots=True)
class Edition:
    """One publication; `said` is "fourth quarter of 2026, edition 2"."""

    id: int
    quarter: str
    edition: int
    least: int
    published_at: datetime
    published_by: str

    @property
    def said(self) -> str:
        year, number = self.quarter.split("-Q")
        more = f", edition {self.edition}" if self.edition > 1 else ""
        return f"{('First', 'Second', 'Third', 'Fourth')[int(number) - 1]} quarter of {year}{more}"


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    """One entry as it was published."""

    id: int
    title: str
    kind: EscalationKind
    domain: str
    theme: str
    scope: GapScope | None
    service: str
    asked: str
    answered: str
    state: EscalationState
    figures: Figures
    #: The day on which its figures were counted: an earlier one where they have hardly changed since.
    counted_on: date


_COLUMNS = (
    RegisterSnapshot.id,
    RegisterSnapshot.quarter,
    RegisterSnapshot.edition,
    RegisterSnapshot.least,
    RegisterSnapshot.published_at,
    User.name,
)
_EDITIONS = (
    select(*_COLUMNS)
    .join(User, User.id == RegisterSnapshot.published_by_id)
    .order_by(RegisterSnapshot.published_at.desc(), RegisterSnapshot.id.desc())
    .limit(EDITIONS_MOST)
)
_CONTENT = select(RegisterSnapshot.content).where(RegisterSnapshot.id == bindparam("edition_id", type_=Id))


def editions() -> list[Edition]:
    """All of them, the newest first."""
    return [Edition(*row) for row in read(_EDITIONS, {})]


def content(edition_id: int) -> list[PublishedEntry]:
    """What an edition says."""
    row = read(_CONTENT, {"edition_id": edition_id}).first()
    return [_entry(one) for one in row[0]["entries"]] if row else []


def _entry(one: dict) -> PublishedEntry:
    return PublishedEntry(
        int(one["id"]),
        one["title"],
        EscalationKind(one["kind"]),
        one["domain"],
        one["theme"],
        GapScope(one["scope"]) if one["scope"] else None,
        one["service"],
        one["asked"],
        one["answered"],
        EscalationState(one["state"]),
        _figures(one),
        date.fromisoformat(one["counted_on"]),
    )


def _figures(one: dict) -> Figures:
    return Figures(
        one["raised"], one["people"], one["days"], tuple((name, n) for name, n in one["areas"]), None, None
    )


def history(entry_id: int) -> list[tuple[Edition, PublishedEntry]]:
    """An entry through the editions in which it stands, the newest first."""
    told = {edition.id: edition for edition in editions()}
    statement = select(RegisterSnapshot.id, RegisterSnapshot.content).order_by(
        RegisterSnapshot.published_at.desc(), RegisterSnapshot.id.desc()
    )
    return [
        (told[edition_id], _entry(one))
        for edition_id, kept in db.session.execute(statement.limit(EDITIONS_MOST))
        for one in kept["entries"]
        if int(one["id"]) == entry_id and edition_id in told
    ]


# --- what the next edition would say --------------------------------------------------------------------------------


def next_entries(least: int, *, leave_out: frozenset[int] = frozenset()) -> list[dict]:
    """What an edition published now would hold, ready to be kept: of all areas, with small numbers left out, and so
    that it also gives none away beside an earlier edition."""
    today = clock.today()
    raw = register.raw_figures(db.session.execute(register.ALL_RAISINGS), today)
    before = _published_before()
    found = []
    for row in read(register.ENTRIES, {}):
        if row.id in leave_out or row.id not in raw:
            continue
        found.append(
            {
                "id": str(row.id),
                "title": row.title,
                "kind": row.kind.value,
                "domain": row.domain,
                "theme": row.theme,
                "scope": row.scope.value if row.scope else "",
                "service": row.service,
                "asked": row.asked,
                "answered": row.answered,
                "state": row.state.value,
                **beside_earlier(register.figures(raw[row.id], least), before.get(row.id, []), least, today),
            }
        )
    return found


def mark(entries: list[dict]) -> str:
    """A short mark of what a preview showed, to tell whether it is still so."""
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()[:24]


def as_published(entries: list[dict]) -> list[PublishedEntry]:
    """Entries that are ready to be kept, as readers will see them."""
    return [_entry(one) for one in entries]


def _published_before() -> dict[int, list[dict]]:
    """Entry id → its figures in each earlier edition, the newest first."""
    found: dict[int, list[dict]] = {}
    statement = select(RegisterSnapshot.content).order_by(
        RegisterSnapshot.published_at.desc(), RegisterSnapshot.id.desc()
    )
    for (one,) in db.session.execute(statement.limit(EDITIONS_MOST)):
        for entry in one["entries"]:
            found.setdefault(int(entry["id"]), []).append(entry)
    return found


def beside_earlier(now: Figures, earlier: list[dict], least: int, today: date) -> dict:
    """The figures to be published: those of now, where no difference to an earlier edition is a small number; else only
    their sums; else those of the last edition again."""
    whole = _kept(now, today)
    sums = whole | {"areas": [[name, None] for name, _ in whole["areas"]]}
    for candidate in (whole, sums):
        if not any(_tells(candidate, one, least) for one in earlier):
            return candidate
    last = earlier[0]
    return {name: last[name] for name in ("raised", "people", "days", "areas", "counted_on")}


def _kept(now: Figures, today: date) -> dict:
    days = now.days if now.days is None else round(now.days / DAYS_STEP) * DAYS_STEP
    return {
        "raised": now.raised,
        "people": now.people,
        "days": days,
        "areas": [[name, people] for name, people in now.areas],
        "counted_on": today.isoformat(),
    }


def _tells(new: dict, old: dict, least: int) -> bool:
    """Whether a number or a rest of the two differs by a small number."""
    pairs = [(new["raised"], old["raised"]), (new["people"], old["people"])]
    areas, were = dict(new["areas"]), dict(old["areas"])
    pairs += [(areas.get(name, 0), were.get(name, 0)) for name in areas.keys() | were.keys()]
    pairs.append((_rest(new), _rest(old)))
    return any(a is not None and b is not None and 0 < abs(a - b) < least for a, b in pairs)


def _rest(one: dict) -> int | None:
    """The people of the areas that are left out, taken together."""
    if one["people"] is None:
        return None
    return one["people"] - sum(people or 0 for _, people in one["areas"])
