"""The group's agendas: sittings of the treatment and rehabilitation group of an area, with the gaps and blocks on them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, func, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Area, Escalation, GroupItem, GroupSitting, User, UserArea
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import Rung

#: No more sittings than this are listed; older ones are found by their area's history.
MOST = 60

_SERVED = select(UserArea.area_id).where(UserArea.user_id == scopes.VIEWER_USER)
_MINE = policy.VIEWER_NATIONAL | and_(policy.VIEWER_SERVES, GroupSitting.area_id.in_(_SERVED))
_COUNT = (
    select(func.count())
    .where(GroupItem.sitting_id == GroupSitting.id)
    .correlate(GroupSitting)
    .scalar_subquery()
)
_OPEN_ITEMS = (
    select(func.count())
    .where(GroupItem.sitting_id == GroupSitting.id, GroupItem.decision == "")
    .correlate(GroupSitting)
    .scalar_subquery()
)
_COLUMNS = (
    GroupSitting.id,
    GroupSitting.version,
    GroupSitting.title,
    GroupSitting.held_on,
    GroupSitting.place,
    GroupSitting.closed_at,
    Area.name.label("area"),
    GroupSitting.area_id,
    _COUNT.label("items"),
    _OPEN_ITEMS.label("undecided"),
)
_SITTINGS = (
    select(*_COLUMNS)
    .join(Area, Area.id == GroupSitting.area_id)
    .where(_MINE)
    .order_by(GroupSitting.held_on.desc(), GroupSitting.id.desc())
    .limit(MOST)
)
_ONE = (
    select(*_COLUMNS)
    .join(Area, Area.id == GroupSitting.area_id)
    .where(_MINE, GroupSitting.id == bindparam("sitting_id", type_=Id))
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One sitting of a group."""

    id: int
    version: int
    title: str
    held_on: date
    place: str
    closed_at: datetime | None
    area: str
    area_id: int
    items: int
    undecided: int

    @property
    def open(self) -> bool:
        return self.closed_at is None

    def ahead(self, today: date) -> bool:
        return self.held_on > today


def sittings(*, viewer: Viewer) -> list[Sitting]:
    """The sittings of the viewer's areas, the latest first."""
    return [Sitting(*row) for row in read(_SITTINGS, policy.binds(viewer))]


def find(sitting_id: int, *, viewer: Viewer) -> Sitting | None:
    """One of them; None where the viewer does not serve its area."""
    row = read(_ONE, policy.binds(viewer) | {"sitting_id": sitting_id}).first()
    return row and Sitting(*row)


@dataclass(frozen=True, slots=True)
class Item:
    """One gap or block on an agenda. `days` is its age in calendar days."""

    id: int
    position: int
    escalation_id: int
    said: str
    kind: str
    title: str
    description: str
    effect: str
    wanted: str
    service: str
    days: int
    level: Rung
    joined: int
    open: bool
    decision: str
    minute: str
    decided_by: str
    decided_at: datetime | None


_JOINED = (
    select(func.count())
    .select_from(Escalation.__table__.alias("with_it"))
    .where(Escalation.__table__.alias("with_it").c.joined_to_id == Escalation.id)
)
_ITEMS = (
    select(
        GroupItem.id,
        GroupItem.position,
        Escalation.id.label("escalation_id"),
        Escalation.number,
        Escalation.kind,
        Escalation.title,
        Escalation.description,
        Escalation.effect,
        Escalation.wanted,
        Escalation.service,
        Escalation.age_from,
        Escalation.level,
        Escalation.state,
        GroupItem.decision,
        GroupItem.minute,
        User.name,
        GroupItem.decided_at,
    )
    .join(Escalation, Escalation.id == GroupItem.escalation_id)
    .outerjoin(User, User.id == GroupItem.decided_by_id)
    .where(GroupItem.sitting_id == bindparam("sitting_id", type_=Id), policy.SEES_FROM_ABOVE)
    .order_by(GroupItem.position, GroupItem.id)
)
_WITH = (
    select(Escalation.joined_to_id, func.count())
    .join(GroupItem, GroupItem.escalation_id == Escalation.joined_to_id)
    .where(GroupItem.sitting_id == bindparam("sitting_id", type_=Id))
    .group_by(Escalation.joined_to_id)
)


def items(sitting: Sitting, *, viewer: Viewer) -> list[Item]:
    """What is on an agenda, in its order; two statements."""
    today = clock.today()
    values = policy.binds(viewer) | {"sitting_id": sitting.id}
    joined = dict(tuple(row) for row in read(_WITH, values))
    return [
        Item(
            row.id,
            row.position,
            row.escalation_id,
            policy.said(row.number),
            row.kind.short,
            row.title,
            row.description,
            row.effect,
            row.wanted,
            row.service,
            max(0, (today - row.age_from).days),
            row.level,
            joined.get(row.escalation_id, 0),
            row.state == "open",
            row.decision,
            row.minute,
            row.name or "",
            row.decided_at,
        )
        for row in read(_ITEMS, values)
    ]
