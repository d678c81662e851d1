"""Asking for chapters to be read: whom, which, by when and why; and taking that back (B11, C12, S1-17).

What somebody is asked for stands in reading_standing, one row for a person and a chapter, written in the same commit. Of
several days the earliest counts, unless one person alone is asked: then that day is theirs, so a manager can give time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Date, and_, case, exists, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from caseapp import clock, dates
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Chapter,
    ChapterVersion,
    Notification,
    ReadingAssignment,
    ReadingAssignmentChapter,
    ReadingSet,
    ReadingSetChapter,
    ReadingStanding,
    ReadingWaiver,
    User,
)
from caseapp.models.base import UTC, Id
from caseapp.policy import reading as policy
from caseapp.policy import rules
from caseapp.policy.chapters import in_force
from caseapp.policy.do import Do
from caseapp.policy.reading import AssignmentFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.reading_meant import Target, meant
from caseapp.services import audit, last_hand
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ReadingPurpose, ReadingTarget, Role

#: Chapters of one assignment.
MOST = 100
LATEST = timedelta(days=2 * 366)
ASKED_KIND = "reading_asked"

_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_STANDING = ReadingStanding.__table__


@use_case
def assign(
    target: Target,
    *,
    actor: Viewer,
    at: datetime,
    chapter_ids: Sequence[int] = (),
    set_id: int | None = None,
    due_on: date | None,
    reason: str,
    purpose: ReadingPurpose = ReadingPurpose.OTHER,
    due_days: int = 0,
) -> int:
    """Ask everybody meant by `target` to read these chapters, or those of a set, by `due_on`. With `due_days`, whoever
    comes to be meant later is asked too, by so many days after that. A waiver stands: who was waived is not asked
    again. Raises RuleBroken; NotAllowed for people whom the actor may not ask. Returns the assignment's id."""
    if target.kind is ReadingTarget.PERSON:
        due_days = 0  # nobody else can come to be this person
    chapters = judge(
        target, actor=actor, at=at, chapter_ids=chapter_ids, set_id=set_id, due_on=due_on, reason=reason,
        due_days=due_days,
    )  # fmt: skip
    assignment = write(
        target, chapters, at=at, by_id=actor.user_id, due_on=due_on, reason=reason, purpose=purpose,
        set_id=set_id, due_days=due_days,
    )  # fmt: skip
    count = tell(assignment, at=at)
    audit.record(
        actor,
        f"reading: {len(chapters)} {'chapter' if len(chapters) == 1 else 'chapters'} asked of {target.kind.label.lower()}",
        at=at,
        about_id=assignment.id,
        detail={"told": count, "due_on": due_on.isoformat()},
    )
    return assignment.id


@use_case
def withdraw(assignment: AssignmentFile, *, actor: Viewer, at: datetime, version: int, reason: str) -> None:
    """End an assignment. Whoever was asked by it alone is asked no more; where another asks for the same chapter, that
    one's day counts. What was confirmed stays. Raises RuleBroken, Stale."""
    if not reason:
        raise RuleBroken("Say why it is withdrawn", "reason")
    row = db.session.get(
        ReadingAssignment, assignment.id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row.ended_at is not None:
        return
    if row.version != version:
        raise Stale({}, **last_hand.by_record("reading:", actor=actor, about_id=row.id), version=row.version)
    row.ended_at, row.ended_by_id, row.ended_reason = at, actor.user_id, reason
    db.session.flush()
    release(row, at=at)
    audit.record(actor, "reading: assignment withdrawn", at=at, about_id=row.id, detail={"reason": reason})


# --- judging ------------------------------------------------------------------------------------------------------


def judge(
    target: Target,
    *,
    actor: Viewer,
    at: datetime,
    chapter_ids: Sequence[int] = (),
    set_id: int | None = None,
    due_on: date | None,
    reason: str,
    due_days: int = 0,
    **_others,
) -> list[int]:
    """Everything that `assign` asks for, without doing it: for the look at who is asked. Returns the chapters."""
    check_target(target, actor)
    if not reason:
        raise RuleBroken("Say in a sentence why it is to be read", "reason")
    if due_on is None:
        raise RuleBroken("Say by when", "due_on")
    today = clock.local_day(at)
    if due_on < today:
        raise RuleBroken("This day has passed. Leave time to read it", "due_on")
    if due_on > today + LATEST:
        raise RuleBroken("Two years ahead is the most", "due_on")
    if not 0 <= due_days <= 730 and target.kind is not ReadingTarget.PERSON:
        raise RuleBroken("From 1 to 730 days", "due_days")
    chapters = check_chapters(chapter_ids, set_id, target.agency_id)
    if db.session.scalar(select(User.id).where(meant(target)).limit(1)) is None and not due_days:
        raise RuleBroken("There is nobody whom this would meet", "target")
    return chapters


def check_target(target: Target, actor: Viewer) -> None:
    """Whom this actor may ask: an administrator everybody of the own agency; a line manager the own staff, one or all."""
    if target.agency_id != actor.agency_id or not rules.may(actor, Do.ASSIGN_READING):
        raise NotAllowed
    if target.kind is ReadingTarget.ROLE and (target.role is None or target.role not in list(Role)):
        raise RuleBroken("Choose the role", "role")
    if target.kind is ReadingTarget.PROFESSION and not target.profession:
        raise RuleBroken("Choose the profession", "profession")
    if target.kind is ReadingTarget.TEAM and target.user_id is None:
        raise RuleBroken("Choose whose team", "team")
    if target.kind is ReadingTarget.PERSON and target.user_id is None:
        raise RuleBroken("Choose the person", "person")
    if policy.asks_all(actor):
        if target.user_id is not None and not _of_agency(target.user_id, actor.agency_id):
            raise RuleBroken("Choose somebody of the list", target.kind.value)
        return
    own = (target.kind is ReadingTarget.TEAM and target.user_id == actor.user_id) or (
        target.kind is ReadingTarget.PERSON and policy.find_reader(actor, target.user_id) is not None
    )
    if not own:
        raise RuleBroken(
            "You can ask your own staff. Others are asked by your agency’s administrator", "target"
        )


def _of_agency(user_id, agency_id):
    return db.session.scalar(
        select(User.id).where(User.id == user_id, User.agency_id == agency_id, User.disabled_at.is_(None))
    )


def check_chapters(chapter_ids: Sequence[int], set_id: int | None, agency_id: int) -> list[int]:
    """The chapters asked for, those of the set first; all published, in force some day and of this agency's handbook."""
    wanted = list(dict.fromkeys(chapter_ids))
    if set_id is not None:
        of_set = db.session.scalars(
            select(ReadingSetChapter.chapter_id)
            .join(ReadingSet, ReadingSet.id == ReadingSetChapter.set_id)
            .join(Chapter, Chapter.id == ReadingSetChapter.chapter_id)
            .where(
                ReadingSet.id == set_id,
                ReadingSet.agency_id == agency_id,
                ReadingSet.ended_at.is_(None),
                Chapter.withdrawn_on.is_(None),
                Chapter.published_at.is_not(None),
            )
            .order_by(ReadingSetChapter.position)
        )
        wanted = list(dict.fromkeys([*of_set, *wanted]))
    if not wanted:
        raise RuleBroken("Choose at least one chapter, or a set", "chapters")
    if len(wanted) > MOST:
        raise RuleBroken(f"At most {MOST} chapters at a time", "chapters")
    known = set(
        db.session.scalars(
            select(Chapter.id).where(
                Chapter.id.in_(wanted),
                Chapter.agency_id == agency_id,
                Chapter.published_at.is_not(None),
                Chapter.withdrawn_on.is_(None),
            )
        )
    )
    if set(wanted) - known:
        raise RuleBroken(
            "One of these chapters is not in the handbook any more. Choose them again", "chapters"
        )
    return wanted


# --- writing ------------------------------------------------------------------------------------------------------


def write(
    target: Target,
    chapters: Sequence[int],
    *,
    at: datetime,
    by_id: int | None,
    due_on: date,
    reason: str,
    purpose: ReadingPurpose,
    set_id: int | None = None,
    due_days: int = 0,
) -> ReadingAssignment:
    """The assignment and what it asks of whom, in the transaction that is open; nobody is told yet."""
    assignment = ReadingAssignment(
        agency_id=target.agency_id,
        target=target.kind,
        target_role=target.role if target.kind is ReadingTarget.ROLE else None,
        target_profession=target.profession if target.kind is ReadingTarget.PROFESSION else "",
        target_user_id=target.user_id if target.kind in (ReadingTarget.TEAM, ReadingTarget.PERSON) else None,
        set_id=set_id,
        purpose=purpose,
        reason=reason,
        due_on=due_on,
        due_days=due_days,
        at=at,
        by_id=by_id,
    )
    db.session.add(assignment)
    db.session.flush()
    db.session.execute(
        insert(ReadingAssignmentChapter),
        [{"assignment_id": assignment.id, "chapter_id": chapter_id} for chapter_id in chapters],
    )
    ask(assignment, at=at, due_on=due_on, among=[User.created_at <= at])
    return assignment


def ask(assignment: ReadingAssignment, *, at: datetime, due_on: date, among=(), free: bool = False) -> None:
    """Put what an assignment asks into the standings of all it meets: one statement, in one order, so that two who ask
    at once never wait for one another crosswise. `among` narrows whom (conditions on User); with `free`, only what
    nobody else asks for. A waiver that was not lifted stands."""
    waived = (
        select(func.max(ReadingWaiver.at))
        .where(
            ReadingWaiver.user_id == User.id,
            ReadingWaiver.chapter_id == ReadingAssignmentChapter.chapter_id,
            ReadingWaiver.lifted_at.is_(None),
        )
        .correlate(User, ReadingAssignmentChapter)
        .scalar_subquery()
    )
    source = (
        select(
            User.id,
            ReadingAssignmentChapter.chapter_id,
            literal(at, UTC()),
            literal(assignment.id, Id),
            literal(due_on, Date()),
            waived,
            literal(0),
        )
        .select_from(User)
        .join(ReadingAssignmentChapter, ReadingAssignmentChapter.assignment_id == assignment.id)
        .where(meant(target_of(assignment)), *among)
        .order_by(User.id, ReadingAssignmentChapter.chapter_id)
    )
    names = ["user_id", "chapter_id", "asked_at", "assignment_id", "due_on", "waived_at", "confirmed_number"]
    statement = _INSERT[db.engine.dialect.name](_STANDING).from_select(names, source)
    new, old = statement.excluded, _STANDING.c
    one_person = assignment.target is ReadingTarget.PERSON and assignment.by_id is not None
    earlier = case((or_(old.due_on.is_(None), new.due_on < old.due_on), new.due_on), else_=old.due_on)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "chapter_id"],
            set_={
                "asked_at": func.coalesce(old.asked_at, new.asked_at),
                "assignment_id": new.assignment_id,
                "due_on": new.due_on if one_person else earlier,
                "waived_at": func.coalesce(old.waived_at, new.waived_at),
            },
            where=old.asked_at.is_(None) if free else None,
        )
    )
    _forget_standings()


def _forget_standings():
    """Standings that were loaded before are looked at again: they were just written past the session."""
    for one in db.session:
        if isinstance(one, ReadingStanding):
            db.session.expire(one)


def target_of(assignment: ReadingAssignment) -> Target:
    return Target(
        assignment.agency_id,
        assignment.target,
        assignment.target_role,
        assignment.target_profession,
        assignment.target_user_id,
    )


def tell(assignment: ReadingAssignment, *, at: datetime, only: int | None = None) -> int:
    """A notice to everybody who has something to read by it now. Returns how many."""
    rows = db.session.execute(
        select(ReadingStanding.user_id, func.count(), func.min(ReadingStanding.due_on))
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(
            ChapterVersion,
            and_(ChapterVersion.chapter_id == Chapter.id, in_force(day=clock.local_day(at))),
        )
        .where(
            ReadingStanding.assignment_id == assignment.id,
            ReadingStanding.waived_at.is_(None),
            ReadingStanding.confirmed_number < ChapterVersion.counts_from,
            *([ReadingStanding.user_id == only] if only else []),
        )
        .group_by(ReadingStanding.user_id)
        .order_by(ReadingStanding.user_id)
    ).all()
    notices = [
        {
            "id": new_id(),
            "user_id": user_id,
            "at": at,
            "kind": ASKED_KIND,
            "plain": (
                f"You are asked to read {'a chapter' if count == 1 else f'{count} chapters'} of the procedures, "
                f"{'' if count == 1 else 'the first '}by {dates.day(due_on)}."
            ),
            "dedupe": f"{ASKED_KIND}:{assignment.id}:{user_id}",
        }
        for user_id, count, due_on in rows
    ]
    if notices:
        statement = _INSERT[db.engine.dialect.name](Notification.__table__).on_conflict_do_nothing(
            index_elements=["dedupe"], index_where=text("dedupe IS NOT NULL")
        )
        db.session.execute(statement, notices)
    return len(notices)


def release(ended: ReadingAssignment, *, at: datetime) -> None:
    """Take what an ended assignment asked out of the standings; where another live one asks the same person for the same
    chapter, the newest of them takes its place."""
    chapters = select(ReadingAssignmentChapter.chapter_id).where(
        ReadingAssignmentChapter.assignment_id == ended.id
    )
    db.session.execute(
        update(_STANDING)
        .where(_STANDING.c.assignment_id == ended.id)
        .values(assignment_id=None, asked_at=None, due_on=None, waived_at=None)
    )
    others = db.session.scalars(
        select(ReadingAssignment)
        .where(
            ReadingAssignment.agency_id == ended.agency_id,
            ReadingAssignment.ended_at.is_(None),
            exists().where(
                ReadingAssignmentChapter.assignment_id == ReadingAssignment.id,
                ReadingAssignmentChapter.chapter_id.in_(chapters),
            ),
        )
        .order_by(ReadingAssignment.at.desc(), ReadingAssignment.id.desc())
    ).all()
    today = clock.local_day(at)
    for other in others:
        ask(other, at=at, due_on=other.due_on, among=[User.created_at <= other.at], free=True)
        if other.due_days:
            later = today + timedelta(days=other.due_days)
            ask(other, at=at, due_on=later, among=[User.created_at > other.at], free=True)
