"""Keeping the register: joining raisings into one entry, saying what was asked and answered, publishing an edition."""

from datetime import datetime

from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Escalation, GapTheme, RegisterEntry, RegisterSnapshot, User
from caseapp.policy.viewer import Viewer
from caseapp.queries import register, register_published, settings
from caseapp.services import audit, triage
from caseapp.services.escalations import moves, news
from caseapp.services.transaction import use_case
from caseapp.vocabulary import EscalationKind, EscalationState, GapScope, StepAct


@use_case
def join(
    gap_ids: list[int],
    *,
    actor: Viewer,
    at: datetime,
    entry_id: int | None = None,
    title: str = "",
    as_one: bool = False,
) -> int:
    """Let several raisings stand behind one entry, one that there is or a new one; each keeps its own way up the ladder,
    unless they are to go `as_one` from now. Returns the entry's id. Raises RuleBroken."""
    gaps = triage.seen(gap_ids, actor)
    entry = _stand_behind(gaps, entry_id, title, actor, at)
    if as_one and len(gaps) > 1:
        triage.join_as_one([gap.id for gap in gaps], actor=actor, at=at)
    return entry.id


@use_case
def begin(gap_id: int, *, actor: Viewer, at: datetime, title: str) -> int:
    """A new entry with one raising behind it, which may have ended. Returns its id."""
    return _stand_behind([triage.seen_or_ended(gap_id, actor)], None, title, actor, at).id


@use_case
def add(entry_id: int, *, actor: Viewer, at: datetime, number: str) -> int:
    """Let one more raising stand behind an entry, by its number; also one that has ended. Returns the entry's id."""
    gap = triage.numbered(number, actor)
    if gap.joined_to_id is not None:
        raise RuleBroken("It is joined to another one, and counts where that one counts", "number")
    return _stand_behind([gap], entry_id, "", actor, at).id


def _stand_behind(gaps, entry_id, title, actor, at) -> RegisterEntry:
    rows = [moves.hold(gap) for gap in gaps]
    entry = _entry_for(rows, entry_id, title, actor, at)
    for row in rows:
        for one in [row, *news.joined_to(row)]:
            if one.register_entry_id == entry.id:
                continue
            one.register_entry_id = entry.id
            moves.step(one, StepAct.JOINED, actor=actor, at=at, text=f"In the register: {entry.title}")
    db.session.flush()
    audit.record(
        actor,
        "register: raisings joined",
        at=at,
        about_id=entry.id,
        detail={"entry": entry.id, "escalations": [gap.id for gap in gaps]},
    )
    return entry


def _entry_for(rows: list[Escalation], entry_id, title, actor, at) -> RegisterEntry:
    if entry_id:
        entry = db.session.get(RegisterEntry, entry_id)
        if entry is None or entry.state is EscalationState.WITHDRAWN:
            raise RuleBroken("That entry is no longer there. Choose another one", "entry")
        return entry
    if not title:
        raise RuleBroken("Choose an entry, or say what is missing or shut", "title")
    first = min(rows, key=lambda row: (row.age_from, row.number))
    entry = RegisterEntry(
        title=title,
        kind=first.kind,
        domain=first.domain,
        theme_id=first.theme_id,
        scope=first.scope,
        service=first.service,
        service_key=first.service_key,
        state=EscalationState.OPEN,
        created_at=at,
        created_by_id=actor.user_id,
        changed_at=at,
        changed_by_id=actor.user_id,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


@use_case
def edit(
    entry_id: int,
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    title: str,
    kind: EscalationKind,
    theme_id: int | None,
    scope: GapScope | None,
    asked: str,
    answered: str,
    state: EscalationState,
) -> int:
    """Change what an entry says. Raises RuleBroken; Stale where somebody saved first."""
    entry = _hold(entry_id)
    now = {
        "title": title,
        "kind": kind,
        "theme_id": theme_id,
        "scope": scope,
        "asked": asked,
        "answered": answered,
        "state": state,
    }
    was = {name: getattr(entry, name) for name in now}
    if entry.version != version and was != now:
        by = db.session.scalar(select(User.name).where(User.id == entry.changed_by_id))
        texts = {name.removesuffix("_id"): _plain(value) for name, value in was.items()}
        raise Stale(texts, by=by, at=entry.changed_at, version=entry.version)
    if state is not EscalationState.OPEN and not answered:
        raise RuleBroken("Say what was answered, and by whom", "answered")
    if theme_id is not None and db.session.get(GapTheme, theme_id) is None:
        raise RuleBroken("Choose one of the themes", "theme")
    changed = {name: [_plain(was[name]), _plain(value)] for name, value in now.items() if was[name] != value}
    if not changed:
        return entry.id
    for name, value in now.items():
        setattr(entry, name, value)
    entry.changed_at, entry.changed_by_id = at, actor.user_id
    audit.record(
        actor,
        "register: entry changed",
        at=at,
        about_id=entry.id,
        detail={"entry": entry.id, "changes": changed},
    )
    return entry.id


def _plain(value):
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _hold(entry_id: int) -> RegisterEntry:
    entry = db.session.scalar(
        select(RegisterEntry)
        .where(RegisterEntry.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise NotVisible
    return entry


@use_case
def take_out(entry_id: int, gap_id: int, *, actor: Viewer, at: datetime) -> int:
    """Take a raising, and what is joined to it, out of an entry."""
    gap = triage.seen_or_ended(gap_id, actor)
    row = moves.hold(gap)
    for one in [row, *news.joined_to(row)]:
        if one.register_entry_id == entry_id:
            one.register_entry_id = None
            moves.step(one, StepAct.PARTED, actor=actor, at=at, text="Taken out of the register’s entry")
    audit.record(
        actor, "register: raising taken out", at=at, about_id=entry_id, detail={"escalation": gap.id}
    )
    return entry_id


def quarter_of(day) -> str:
    """ "2026-Q4"."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


@use_case
def publish(entry_ids: list[int], *, actor: Viewer, at: datetime, seen: str | None = None) -> int:
    """Publish an edition of these entries to all agencies, in the figures of now with small numbers left out. `seen` is
    the mark of the preview: what has changed since is not published unread. Returns the edition's id."""
    least = settings.value(actor.agency_id, register.LEAST)
    entries = [one for one in register_published.next_entries(least) if int(one["id"]) in set(entry_ids)]
    if not entries:
        raise RuleBroken("Tick at least one entry", "entries")
    if seen is not None and seen != register_published.mark(register_published.next_entries(least)):
        raise RuleBroken(
            "Something changed in the register while you were reading. Read it again, then publish it"
        )
    quarter = quarter_of(clock.local_day(at))
    last = db.session.scalar(
        select(func.max(RegisterSnapshot.edition)).where(RegisterSnapshot.quarter == quarter)
    )
    edition = RegisterSnapshot(
        id=new_id(),
        quarter=quarter,
        edition=(last or 0) + 1,
        least=least,
        published_at=at,
        published_by_id=actor.user_id,
        content={"entries": entries},
    )
    db.session.add(edition)
    db.session.flush()
    audit.record(
        actor,
        "register: published",
        at=at,
        about_id=edition.id,
        detail={"quarter": quarter, "edition": edition.edition, "entries": len(entries), "least": least},
    )
    return edition.id
