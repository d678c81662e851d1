"""What others changed in the actions of the viewer's agency since the viewer looked (S3-66)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Integer, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Case,
    Event,
    Goal,
    Person,
    User,
)
from caseapp.models.base import UTC
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.our_actions import AT_MOST, said
from caseapp.vocabulary import STATUS_TAG

#: Calendar days that it goes back for someone who never said "I have seen these".
FIRST_LOOK = 30

_SINCE = func.coalesce(
    select(User.looked_at).where(User.id == scopes.VIEWER_USER).scalar_subquery(),
    bindparam("first_look", type_=UTC),
)
_Actor = aliased(User, name="event_actor")
_CHANGES = (
    select(
        Event.id,
        Event.at,
        Event.summary,
        Event.change,
        _Actor.name.label("who"),
        Action.id.label("action_id"),
        Action.case_id,
        Action.what,
        Action.due_on,
        Action.status,
        Action.status_reason,
        Case.reference,
        Person.given_name,
        Person.family_name,
    )
    .join(Action, Action.id == Event.action_id)
    .join(Case, Case.id == Action.case_id)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Person, Person.id == Case.person_id)
    .join(_Actor, _Actor.id == Event.actor_id)
    .where(
        Action.changed_at > _SINCE,
        Event.at > _SINCE,
        Event.actor_id != scopes.VIEWER_USER,
        or_(Event.agency_id != scopes.VIEWER_AGENCY, Action.owner_user_id == scopes.VIEWER_USER),
        scopes.SEES_OWN_ACTION,
        scopes.SEES_EVENT,
    )
    .order_by(Event.at.desc(), Event.id.desc())
)
_NEWEST = _CHANGES.limit(bindparam("most", type_=Integer()))
_COUNT = select(func.count()).select_from(
    _CHANGES.with_only_columns(Event.id).order_by(None).limit(AT_MOST + 1).subquery()
)


@dataclass(frozen=True, slots=True)
class Changed:
    """One change that somebody else made in an action of the agency, with old and new values (S3-66)."""

    event_id: int
    at: datetime
    day: str
    who: str
    summary: str
    #: (what, old, new)
    changes: tuple[tuple[str, str, str], ...]
    action_id: int
    case_id: int
    what: str
    due_on: date | None
    status_words: str
    tag: str
    reference: str
    person: str


def changed(*, viewer: Viewer, limit: int = 10) -> list[Changed]:
    """What others changed in the agency's actions since the viewer said "I have seen these", newest first."""
    values = scopes.binds(viewer) | {"first_look": clock.now() - timedelta(days=FIRST_LOOK), "most": limit}
    return [
        Changed(
            row.id,
            row.at,
            dates.short_day(clock.local_day(row.at)),
            row.who,
            row.summary,
            old_and_new(row.change),
            row.action_id,
            row.case_id,
            row.what,
            row.due_on,
            said(row.status),
            STATUS_TAG[row.status],
            row.reference,
            f"{row.given_name} {row.family_name}".strip(),
        )
        for row in read(_NEWEST, values)
    ]


def count_changed(*, viewer: Viewer) -> int:
    """How many changes `changed` has in all; stops at AT_MOST."""
    values = scopes.binds(viewer) | {"first_look": clock.now() - timedelta(days=FIRST_LOOK)}
    return read(_COUNT, values).scalar()


def old_and_new(change) -> tuple[tuple[str, str, str], ...]:
    """The stored {"what": [old, new]} as rows of words; whatever else stands there is left out."""
    if not isinstance(change, dict):
        return ()
    return tuple(
        (str(what), *("" if one is None else str(one) for one in values))
        for what, values in change.items()
        if isinstance(values, list) and len(values) == 2
    )
