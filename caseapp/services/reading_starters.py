"""New starters get the induction set by themselves, and whoever changes role, profession or team is asked what is asked
of everybody there (S1-17, issue 5)."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Chapter,
    ReadingAssignment,
    ReadingSet,
    ReadingSetChapter,
    User,
)
from caseapp.queries.reading_meant import Target, meant
from caseapp.services.reading_assign import ask, target_of, tell, write
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ReadingPurpose, ReadingTarget

REASON = "Induction: what everybody who starts here reads first"


@use_case
def start(user_id: int, *, at: datetime) -> int:
    """Ask somebody whose account was made just now for the induction sets of their agency and roles, and for what is
    asked of everybody like them. Doing it twice asks once. Returns how many assignments met them."""
    user = db.session.get(User, user_id)
    sets = db.session.execute(
        select(ReadingSet.id, ReadingSet.roles, ReadingSet.due_days)
        .where(
            ReadingSet.agency_id == user.agency_id,
            ReadingSet.induction,
            ReadingSet.ended_at.is_(None),
            ~exists().where(
                ReadingAssignment.set_id == ReadingSet.id,
                ReadingAssignment.target_user_id == user_id,
                ReadingAssignment.by_id.is_(None),
            ),
        )
        .order_by(ReadingSet.name)
    ).all()
    count = 0
    today = clock.local_day(at)
    for row in sets:
        if row.roles and not row.roles & user.roles:
            continue
        chapters = db.session.scalars(
            select(ReadingSetChapter.chapter_id)
            .join(Chapter, Chapter.id == ReadingSetChapter.chapter_id)
            .where(
                ReadingSetChapter.set_id == row.id,
                Chapter.withdrawn_on.is_(None),
                Chapter.published_at.is_not(None),
            )
            .order_by(ReadingSetChapter.position)
        ).all()
        if chapters:
            assignment = write(
                Target(user.agency_id, ReadingTarget.PERSON, user_id=user_id),
                chapters,
                at=at,
                by_id=None,
                due_on=today + timedelta(days=row.due_days),
                reason=REASON,
                purpose=ReadingPurpose.INDUCTION,
                set_id=row.id,
            )
            tell(assignment, at=at)
            count += 1
    return count + meet(user_id, at=at)


@use_case
def meet(user_id: int, *, at: datetime) -> int:
    """Ask somebody for what every live assignment asks of those who come to be meant later; what they are asked already
    stays as it is. Returns how many there are."""
    agency = select(User.agency_id).where(User.id == user_id).scalar_subquery()
    assignments = db.session.scalars(
        select(ReadingAssignment)
        .where(
            ReadingAssignment.agency_id == agency,
            ReadingAssignment.ended_at.is_(None),
            ReadingAssignment.due_days > 0,
        )
        .order_by(ReadingAssignment.at.desc(), ReadingAssignment.id.desc())
    ).all()
    met = 0
    for one in assignments:
        if db.session.scalar(select(User.id).where(User.id == user_id, meant(target_of(one)))) is None:
            continue
        due_on = clock.local_day(at) + timedelta(days=one.due_days)
        ask(one, at=at, due_on=due_on, among=[User.id == user_id], free=True)
        tell(one, at=at, only=user_id)
        met += 1
    return met
