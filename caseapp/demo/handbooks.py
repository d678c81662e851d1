"""What the staff of a world were asked to read and have read, and which chapters were brought out anew."""

from datetime import timedelta
from types import SimpleNamespace

from sqlalchemy import select

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Chapter, ChapterVersion, ReadingSet
from caseapp.policy import chapters as handbook
from caseapp.policy import reading as readers
from caseapp.policy.chapters import in_force
from caseapp.queries.reading_meant import Target
from caseapp.services import (
    chapter_versions,
    confirmations,
    reading_assign,
    reading_reminders,
    reading_sets,
    reading_starters,
    reading_waivers,
)
from caseapp.vocabulary import ChapterChange, ReadingPurpose, ReadingTarget

#: How many weeks of figures a world tells.
WEEKS = 12


def plan(stage: Stage, world) -> None:
    """Let all of it happen at its time, and keep how teams stood each week."""
    for item in world.reading:
        stage.plan(item.at or stage.now, "reading", item, lambda item=item: ACTS[item.do](stage, item))
    if world.reading:
        for week in range(WEEKS):
            item = SimpleNamespace(path="reading")
            at = stage.now - timedelta(weeks=week)
            stage.plan(at, "account", item, lambda at=at: reading_reminders.keep_coverage(at))


def _chapters(actor, numbers) -> list[int]:
    rows = db.session.execute(
        select(Chapter.number, Chapter.id).where(
            Chapter.agency_id == actor.agency_id,
            Chapter.number.in_(numbers),
            Chapter.withdrawn_on.is_(None),
        )
    )
    known = dict(rows.all())
    for number in numbers:
        if number not in known:
            raise RuleBroken(f"{actor.agency_name} has no chapter {number}", "chapters")
    return [known[number] for number in numbers]


def _user(stage, item):
    if item.user is None:
        raise RuleBroken("this needs a user", "user")
    return stage.users[item.user]


def _ask(stage, item):
    actor = stage.viewer(item.by)
    kind = item.of or (ReadingTarget.PERSON if item.user else ReadingTarget.TEAM)
    user_id = stage.users[item.user] if item.user else actor.user_id
    set_id = None
    if item.set:
        set_id = db.session.scalar(
            select(ReadingSet.id).where(ReadingSet.agency_id == actor.agency_id, ReadingSet.name == item.set)
        )
        if set_id is None:
            raise RuleBroken(f"{actor.agency_name} has no set of this name", "set")
    reading_assign.assign(
        Target(actor.agency_id, kind, user_id=None if kind is ReadingTarget.AGENCY else user_id),
        actor=actor,
        at=item.at,
        chapter_ids=_chapters(actor, item.chapters),
        set_id=set_id,
        due_on=item.due,
        reason=item.reason,
        purpose=item.purpose or ReadingPurpose.OTHER,
        due_days=item.due_days or 0,
    )


def _read(stage, item):
    actor = stage.viewer(item.by)
    versions = db.session.scalars(
        select(ChapterVersion.id).where(
            ChapterVersion.chapter_id.in_(_chapters(actor, item.chapters)),
            in_force(day=clock.local_day(item.at)),
        )
    ).all()
    confirmations.confirm(
        versions,
        actor=actor,
        at=item.at,
        read_on=clock.local_day(item.at),
        purpose=item.purpose or ReadingPurpose.SUPERVISION,
        purpose_other=item.reason,
        stated=True,
        comment=item.comment,
    )


def _publish(stage, item):
    actor = stage.viewer(item.by)
    for chapter_id in _chapters(actor, item.chapters):
        now = db.session.scalar(
            select(ChapterVersion).where(
                ChapterVersion.chapter_id == chapter_id, in_force(day=clock.local_day(item.at))
            )
        )
        words = {name: getattr(now, name) for name in chapter_versions.WORDS if name != "changed"}
        words["text"] = f"{now.text}\n\n{item.reason}".strip()
        found = handbook.find_chapter(actor, chapter_id)
        chapter_versions.write_draft(found, actor=actor, at=item.at, version=0, **words)
        chapter_versions.publish(
            found,
            actor=actor,
            at=item.at,
            version=1,
            change=ChapterChange.READ_AGAIN if item.due else ChapterChange.MINOR,
            changed=item.reason,
            effective_on=clock.local_day(item.at),
            read_by=item.due,
        )


def _set(stage, item):
    actor = stage.viewer(item.by)
    reading_sets.create(
        actor=actor, at=item.at, name=item.set, about=item.reason, chapter_ids=_chapters(actor, item.chapters)
    )


def _start(stage, item):
    reading_starters.start(_user(stage, item), at=item.at)


def _waive(stage, item):
    actor = stage.viewer(item.by)
    reader = readers.find_reader(actor, _user(stage, item))
    if reader is None:
        raise RuleBroken("this is not one of their own staff", "user")
    for chapter_id in _chapters(actor, item.chapters):
        reading_waivers.waive(reader, chapter_id, actor=actor, at=item.at, reason=item.reason)


ACTS = {
    "ask": _ask,
    "read": _read,
    "publish": _publish,
    "set": _set,
    "start": _start,
    "waive": _waive,
}
