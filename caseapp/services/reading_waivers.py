"""A line manager stops asking one of the own staff for one chapter, and says why; and asks again (C12)."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Chapter, ReadingStanding, ReadingWaiver
from caseapp.policy.reading import ReaderFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit
from caseapp.services.transaction import use_case


@use_case
def waive(reader: ReaderFile, chapter_id: int, *, actor: Viewer, at: datetime, reason: str) -> int:
    """Ask this person for this chapter no more, also when others ask for it later. What was confirmed stays. Raises
    RuleBroken, and NotVisible for a chapter nobody asks them for. Returns the waiver's id."""
    if not reason:
        raise RuleBroken("Say why it need not be read", "reason")
    standing, number = _held(reader.id, chapter_id, actor)
    if standing.asked_at is None:
        raise RuleBroken("Nobody asks for this chapter any more. Reload the page", "reason")
    there = _live(reader.id, chapter_id)
    if there is not None:
        return there.id
    waiver = ReadingWaiver(
        user_id=reader.id, chapter_id=chapter_id, at=at, by_id=actor.user_id, reason=reason
    )
    db.session.add(waiver)
    standing.waived_at = at
    audit.record(actor, f"reading: chapter {number} waived", at=at, about_id=reader.id)
    db.session.flush()
    return waiver.id


@use_case
def lift(reader: ReaderFile, chapter_id: int, *, actor: Viewer, at: datetime) -> None:
    """Ask again. The waiver and its reason stay on the record. The day is the one that stood."""
    standing, number = _held(reader.id, chapter_id, actor)
    there = _live(reader.id, chapter_id)
    if there is None:
        return
    there.lifted_at, there.lifted_by_id = at, actor.user_id
    standing.waived_at = None
    audit.record(actor, f"reading: chapter {number} asked again", at=at, about_id=reader.id)


def _held(user_id, chapter_id, actor):
    number = db.session.scalar(
        select(Chapter.number).where(Chapter.id == chapter_id, Chapter.agency_id == actor.agency_id)
    )
    standing = db.session.scalar(
        select(ReadingStanding)
        .where(ReadingStanding.user_id == user_id, ReadingStanding.chapter_id == chapter_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if number is None or standing is None:
        raise NotVisible
    return standing, number


def _live(user_id, chapter_id):
    return db.session.scalar(
        select(ReadingWaiver)
        .where(
            ReadingWaiver.user_id == user_id,
            ReadingWaiver.chapter_id == chapter_id,
            ReadingWaiver.lifted_at.is_(None),
        )
        .limit(1)
    )
