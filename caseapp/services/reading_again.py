"""A new version that must be read again: whoever was asked, or has read an earlier one, is asked anew (X-14, C12)."""

from datetime import date, datetime

from sqlalchemy import func, insert, select, update

from caseapp import dates
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Chapter, ChapterVersion, Notification, ReadingStanding, User

KIND = "chapter_again"


def ask(chapter: Chapter, version: ChapterVersion, before: ChapterVersion | None, *, at: datetime) -> int:
    """Give everybody whose confirmation no longer counts a new day, and tell them. Who is late with an earlier version
    stays late; who was waived stays waived. Returns how many were told."""
    stand = ReadingStanding
    db.session.execute(
        update(stand)
        .where(
            stand.chapter_id == chapter.id,
            stand.waived_at.is_(None),
            stand.confirmed_number >= (before.counts_from if before else 1),
            stand.confirmed_number < version.counts_from,
        )
        .values(asked_at=func.coalesce(stand.asked_at, at), due_on=version.read_by)
        .execution_options(synchronize_session=False)
    )
    meant = db.session.execute(
        select(stand.user_id, stand.due_on)
        .join(User, User.id == stand.user_id)
        .where(
            stand.chapter_id == chapter.id,
            stand.asked_at.is_not(None),
            stand.waived_at.is_(None),
            stand.confirmed_number < version.counts_from,
            User.disabled_at.is_(None),
        )
    ).all()
    notices = [
        {
            "id": new_id(),
            "user_id": user_id,
            "at": at,
            "kind": KIND,
            "plain": words(chapter.number, version.number, due_on),
            "dedupe": f"{KIND}:{version.id}:{user_id}",
        }
        for user_id, due_on in meant
    ]
    if notices:
        db.session.execute(insert(Notification), notices)
    return len(notices)


def words(number: str, version: int, due_on: date) -> str:
    """The notice: no words that anybody typed."""
    return f"Chapter {number} of the procedures has a new version, {version}. Please read it by {dates.day(due_on)}."
