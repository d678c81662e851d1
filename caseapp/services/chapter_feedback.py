"""What readers tell the editor of a chapter, and the answer."""

from datetime import datetime

from sqlalchemy import select

from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Chapter, ChapterFeedback, ChapterVersion, Notification, User
from caseapp.policy.chapters import ChapterFile, FeedbackFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.accounts import name_of
from caseapp.services import audit
from caseapp.services.transaction import use_case

GIVEN, ANSWERED = "chapter_feedback", "chapter_answer"


@use_case
def give(chapter: ChapterFile, version_id: int, *, actor: Viewer, at: datetime, text: str) -> int:
    """Tell the editor something about a version. Raises RuleBroken. Returns the feedback's id."""
    if not text:
        raise RuleBroken("Write what the editor should know", "text")
    known = db.session.scalar(
        select(ChapterVersion.id).where(
            ChapterVersion.id == version_id,
            ChapterVersion.chapter_id == chapter.id,
            ChapterVersion.published_at.is_not(None),
        )
    )
    if known is None:
        raise NotVisible
    feedback = ChapterFeedback(
        agency_id=chapter.agency_id,
        chapter_id=chapter.id,
        chapter_version_id=version_id,
        user_id=actor.user_id,
        at=at,
        text=text,
    )
    db.session.add(feedback)
    db.session.flush()
    editor_id = db.session.scalar(
        select(Chapter.editor_id)
        .join(User, User.id == Chapter.editor_id)
        .where(Chapter.id == chapter.id, User.disabled_at.is_(None))
    )
    if editor_id is not None and editor_id != actor.user_id:
        _tell(
            editor_id,
            GIVEN,
            f"A reader has something to say about chapter {chapter.number}.",
            feedback.id,
            at,
        )
    audit.record(actor, f"chapter {chapter.number}: feedback given", at=at, about_id=chapter.id)
    return feedback.id


@use_case
def answer(feedback: FeedbackFile, *, actor: Viewer, at: datetime, version: int, answer: str) -> int:
    """Answer a reader, who is told. An answer can be given once; another editor's is never overwritten (Stale)."""
    if not answer:
        raise RuleBroken("Write the answer", "answer")
    row = db.session.scalar(
        select(ChapterFeedback)
        .where(ChapterFeedback.id == feedback.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    if row.version != version or row.answered_at is not None:
        by = name_of(row.answered_by_id)
        raise Stale({"answer": row.answer}, by=by, at=row.answered_at, version=row.version)
    row.answer, row.answered_at, row.answered_by_id = answer, at, actor.user_id
    if row.user_id != actor.user_id:
        _tell(row.user_id, ANSWERED, "The editor of a chapter has answered you.", row.id, at)
    audit.record(actor, "chapter: feedback answered", at=at, about_id=row.chapter_id)
    return row.id


def _tell(user_id, kind, plain, feedback_id, at):
    db.session.add(
        Notification(user_id=user_id, at=at, kind=kind, plain=plain, dedupe=f"{kind}:{feedback_id}:{user_id}")
    )
