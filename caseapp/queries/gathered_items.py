"""What was gathered for a request for what is kept, thing by thing, as those who answer it read it (policy.rights)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from caseapp.extensions import db
from caseapp.models import SubjectItem, SubjectRequest, User
from caseapp.policy import rights as policy
from caseapp.policy.rights import SubjectFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import everything_held
from caseapp.queries.rights import PER_PAGE
from caseapp.vocabulary import ItemDecision, WithholdGround


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was gathered."""

    id: int
    version: int
    section: str
    at: datetime | None
    title: str
    content: list
    look_why: str
    decision: ItemDecision
    ground: WithholdGround | None
    why: str
    decided_at: datetime | None
    decided_by: str

    @property
    def apart(self) -> bool:
        return self.look_why == everything_held.APART


_Decider = aliased(User)
_ITEMS = (
    select(
        SubjectItem.id,
        SubjectItem.version,
        SubjectItem.section,
        SubjectItem.at,
        SubjectItem.title,
        SubjectItem.content,
        SubjectItem.look_why,
        SubjectItem.decision,
        SubjectItem.ground,
        SubjectItem.why,
        SubjectItem.decided_at,
        func.coalesce(_Decider.name, ""),
    )
    .join(SubjectRequest, SubjectRequest.id == SubjectItem.request_id)
    .outerjoin(_Decider, _Decider.id == SubjectItem.decided_by_id)
    .where(policy.SEES_SUBJECT_ITEM)
)


#: As the pack shows them: ids that were made in the same millisecond have no order of their own.
_IN_ORDER = (
    case(
        {name: number for number, name in enumerate(everything_held.SECTIONS)},
        value=SubjectItem.held_in,
        else_=len(everything_held.SECTIONS),
    ),
    SubjectItem.at,
    SubjectItem.id,
)


def items(
    asked: SubjectFile, *, viewer: Viewer, section: str = "", which: str = "waiting", offset: int = 0
) -> tuple[list[Item], int]:
    """A page of what was gathered, of one section or all, and how many there are; `which` is waiting, given, withheld or
    all. Empty for whoever does not answer."""
    statement = _ITEMS.where(SubjectItem.request_id == asked.id)
    if section:
        statement = statement.where(SubjectItem.section == section)
    if which in set(ItemDecision):
        statement = statement.where(SubjectItem.decision == ItemDecision(which))
    total = db.session.scalar(
        select(func.count()).select_from(statement.with_only_columns(SubjectItem.id).subquery()),
        policy.binds(viewer),
    )
    rows = db.session.execute(
        statement.order_by(*_IN_ORDER).offset(offset).limit(PER_PAGE), policy.binds(viewer)
    )
    return [Item(*row) for row in rows], total


def item(item_id: int, *, viewer: Viewer) -> Item:
    """One thing that was gathered."""
    return Item(*db.session.execute(_ITEMS.where(SubjectItem.id == item_id), policy.binds(viewer)).one())
