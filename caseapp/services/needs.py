"""What stands in each part of the person's life, how big the need is, and where it stands for them (B2, S2-41, S4-17)."""

from datetime import datetime

from sqlalchemy import select, update

from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Need, User
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.plan_records import change_of, domain_or_refuse, plan_of, protocol_of
from caseapp.services.transaction import use_case
from caseapp.vocabulary import NeedLevel


@use_case
def assess(
    case: CaseFile,
    *,
    actor: Viewer,
    at: datetime,
    domain: str,
    level: NeedLevel,
    priority: int | None = None,
    situation: str = "",
    functioning: str = "",
    words: str = "",
    wants_help: bool = True,
    version: int | None = None,
) -> int:
    """Write down one part of life. `priority` is the person's own rank, 1 first: what stood on that rank and after it
    moves one down. `version` is that of the text the form was filled in over, 0 where there was none. Raises Stale with
    what now stands. Returns the need's id."""
    domain_or_refuse(case, domain)
    level = NeedLevel(level)
    most = len(protocol_of(case).domains)
    if priority is not None and not 1 <= priority <= most:
        raise RuleBroken(f"The rank is a number from 1, what matters most, to {most}", "priority")
    if priority is not None and level is NeedLevel.NONE:
        raise RuleBroken("What is no need has no rank among the needs", "priority")
    plan_of(case)  # two people ranking at once wait for each other
    need = db.session.scalar(
        select(Need)
        .where(Need.case_id == case.id, Need.domain == domain)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if version is not None and version != (need.version if need else 0):
        raise Stale(
            {name: getattr(need, name) for name in WORDS} if need else {},
            by=(need and db.session.scalar(select(User.name).where(User.id == need.changed_by_id))) or "",
            at=need and need.changed_at,
            version=need.version if need else 0,
        )
    new = need is None
    if new:
        need = Need(case_id=case.id, domain=domain)
    before = {} if new else _in_words(need)
    if priority is not None and (new or need.priority != priority):
        _make_room(case, need, priority)
    need.level, need.priority, need.wants_help = level, priority, wants_help
    need.situation, need.functioning, need.words = situation, functioning, words
    need.changed_at, need.changed_by_id = at, actor.user_id
    db.session.add(need)
    db.session.flush()
    label = protocol_of(case).domain_label(domain)
    change = change_of(before, _in_words(need))
    if change:
        events.happened(
            case,
            "need_assessed",
            f"{label}: {level.label.lower()}" + ("" if new else f" ({', '.join(change)} changed)"),
            actor=actor,
            at=at,
            change=change,
        )
    audit.record(actor, f"need written: {label}", at=at, case=case)
    return need.id


#: The fields of a need, as the timeline names them.
WORDS = {
    "level": "level",
    "priority": "rank",
    "situation": "how things are",
    "functioning": "what works day to day",
    "words": "own words",
    "wants_help": "wants help",
}


def _in_words(need):
    return {what: _said(getattr(need, name)) for name, what in WORDS.items()}


def _said(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, NeedLevel):
        return value.label
    return "" if value is None else str(value)


def _make_room(case, need, priority):
    """Nothing else holds the rank: what stood there moves down, and so on as far as it pushes."""
    others = db.session.execute(
        select(Need.id, Need.priority)
        .where(Need.case_id == case.id, Need.domain != need.domain, Need.priority.is_not(None))
        .order_by(Need.priority, Need.id)
    ).all()
    taken = priority
    table = Need.__table__
    for other in others:
        if other.priority == taken:
            taken += 1
            db.session.execute(
                update(table)
                .where(table.c.id == other.id)
                .values(priority=taken, version=table.c.version + 1)
            )
