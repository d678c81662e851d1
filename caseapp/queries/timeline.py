"""The timeline of a case: who did what, when; each line only for those who may see it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from caseapp.extensions import db
from caseapp.models import Agency, Case, Event, User
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer

PAGE = 30

#: Kinds of event by what people look for; a kind that stands in none is found under "everything" only.
GROUPS = {
    "plan": (
        "Plan and actions",
        ("plan", "action", "goal", "need", "review", "issue", "version", "agreement"),
    ),
    "people": (
        "People and agencies",
        ("case_manager", "key_worker", "line_manager", "person", "worker", "agency"),
    ),
    "notes": ("Notes", ("note",)),
    "consent": ("Consent", ("consent", "exclusion")),
    "gaps": ("Gaps and blocks", ("gap",)),
    "case": (
        "Opening, transfer and closing",
        ("case_opened", "case_edited", "case_closed", "case_reopened", "contact", "transfer"),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened, with old and new values in words."""

    id: int
    at: datetime
    kind: str
    summary: str
    who: str
    agency: str
    changes: tuple[tuple[str, str, str], ...]


def _visible(*columns):
    return (
        select(*columns)
        .select_from(Event)
        .join(Case, Case.id == Event.case_id)
        .join(_Actor, _Actor.id == Event.actor_id)
        .join(Agency, Agency.id == Event.agency_id)
        .where(scopes.SEES_EVENT)
    )


_Actor = aliased(User, name="actor")


def events(
    case: CaseFile,
    *,
    viewer: Viewer,
    group: str = "",
    agency_id: int | None = None,
    page: int = 1,
    size: int = PAGE,
) -> tuple[list[Line], int]:
    """One page of the timeline, newest first, and how many lines the viewer may see."""
    binds = scopes.binds(viewer)
    which = [Event.case_id == case.id]
    if group in GROUPS:
        which.append(_begins_with_any(GROUPS[group][1]))
    if agency_id:
        which.append(Event.agency_id == agency_id)
    total = db.session.scalar(_visible(func.count()).where(*which), binds)
    rows = db.session.execute(
        _visible(Event.id, Event.at, Event.kind, Event.summary, _Actor.name, Agency.name, Event.change)
        .where(*which)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(size)
        .offset((page - 1) * size),
        binds,
    )
    return [Line(*row[:6], _in_words(row.change)) for row in rows], total


def agencies(case: CaseFile, *, viewer: Viewer) -> list[tuple[int, str]]:
    """The agencies that did something which the viewer may see."""
    rows = db.session.execute(
        _visible(Agency.id, Agency.name).where(Event.case_id == case.id).distinct().order_by(Agency.name),
        scopes.binds(viewer),
    )
    return [tuple(row) for row in rows]


def _begins_with_any(words):
    condition = None
    for word in words:
        one = Event.kind.startswith(word, autoescape=True)
        condition = one if condition is None else condition | one
    return condition


def _in_words(change):
    """(what, old, new) of each changed field; whatever was stored, only text leaves."""
    if not isinstance(change, dict):
        return ()
    lines = []
    for what, values in change.items():
        if isinstance(values, list) and len(values) == 2:
            lines.append((str(what), _text(values[0]), _text(values[1])))
    return tuple(lines)


def _text(value):
    return "" if value is None else str(value)
