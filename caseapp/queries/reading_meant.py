"""Whom an assignment of reading meets: by agency, role, profession, team or person (C12)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, false, func, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Chapter, ChapterVersion, ReadingStanding, User
from caseapp.policy import reading as policy
from caseapp.policy.chapters import in_force
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import ReadingTarget, Role

#: So many names are read before somebody is asked; the page says how many there are besides.
NAMES = 60


@dataclass(frozen=True, slots=True)
class Target:
    """Whom it meets; what the kind does not need is None or empty."""

    agency_id: int
    kind: ReadingTarget
    role: Role | None = None
    profession: str = ""
    user_id: int | None = None


def meant(target: Target):
    """The condition on User; only live accounts are ever asked."""
    live = (User.agency_id == target.agency_id, User.disabled_at.is_(None))
    if target.kind is ReadingTarget.AGENCY:
        return and_(*live)
    if target.kind is ReadingTarget.ROLE:
        return and_(*live, User.roles.op("&")(int(target.role or 0)) != 0)
    if target.kind is ReadingTarget.PROFESSION:
        return and_(*live, func.lower(User.profession) == target.profession.lower())
    if target.kind is ReadingTarget.TEAM:
        return and_(*live, User.line_manager_id == target.user_id)
    if target.kind is ReadingTarget.PERSON:
        return and_(*live, User.id == target.user_id)
    return false()


@dataclass(frozen=True, slots=True)
class Touched:
    """Who would be asked, shown before anybody is. `done` is how many have read all of it in a version that counts,
    `waived` how many are asked for none of it any more; both None for whoever may not know that."""

    count: int
    names: list[str]
    done: int | None
    waived: int | None

    @property
    def more(self) -> int:
        return self.count - len(self.names)


def touched(target: Target, chapter_ids: Sequence[int], *, viewer: Viewer) -> Touched:
    """Whom it would meet. How they stand is said only to the line manager of them all."""
    where = meant(target)
    count = db.session.scalar(select(func.count()).select_from(User).where(where)) or 0
    names = list(db.session.scalars(select(User.name).where(where).order_by(User.name, User.id).limit(NAMES)))
    not_own = (
        db.session.scalar(
            select(func.count()).select_from(User).where(where, ~policy.OWN_STAFF.self_group()),
            policy.binds(viewer),
        )
        if viewer.manages
        else 1
    )
    if not_own or not chapter_ids:
        return Touched(count, names, None, None)
    per_person = (
        select(
            ReadingStanding.user_id,
            func.sum(
                case((ReadingStanding.confirmed_number >= ChapterVersion.counts_from, 1), else_=0)
            ).label("done"),
            func.count(ReadingStanding.waived_at).label("waived"),
        )
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, and_(ChapterVersion.chapter_id == Chapter.id, in_force(day=clock.today())))
        .join(User, User.id == ReadingStanding.user_id)
        .where(where, ReadingStanding.chapter_id.in_(chapter_ids))
        .group_by(ReadingStanding.user_id)
        .subquery()
    )
    most = len(set(chapter_ids))
    done, waived = db.session.execute(
        select(
            func.count().filter(per_person.c.done >= most),
            func.count().filter(per_person.c.waived >= most),
        ).select_from(per_person)
    ).one()
    return Touched(count, names, done, waived)
