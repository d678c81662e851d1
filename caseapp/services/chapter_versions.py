"""The versions of a chapter: the draft of the next one, and publishing it (S3-2, X-14). What was published is never changed
(trigger, migration 0002): every change is a next version."""

import re
from datetime import date, datetime, timedelta

from sqlalchemy import delete, or_, select

from caseapp import clock, dates
from caseapp import settings_catalogue as catalogue
from caseapp.chapter_text import as_plain, blanks_in, fold, minutes_to_read, words_of
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Chapter, ChapterFile, ChapterRelated, ChapterStep, ChapterVersion
from caseapp.policy.chapters import ChapterFile as Seen
from caseapp.policy.viewer import Viewer
from caseapp.queries.accounts import name_of
from caseapp.services import audit, last_hand, reading_again
from caseapp.services.handbook import hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import ChapterChange, ChapterForm

_LINK = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+\S*\Z", re.IGNORECASE)
#: The words of a version, as a form gives them.
WORDS = (
    "title",
    "about",
    "quality_theme",
    "we_statement",
    "i_statement",
    "form",
    "text",
    "link",
    "file_id",
    "changed",
)
MOST_AHEAD = timedelta(days=366)


@use_case
def write_draft(chapter: Seen, *, actor: Viewer, at: datetime, version: int, **words) -> int:
    """Keep the words of the next version; `version` is the draft's as the form showed it, 0 where there was none.
    Raises Stale if somebody wrote since. Returns the draft's id."""
    row = held(chapter)
    _stands(row)
    draft = _draft(row.id)
    if (draft.version if draft else 0) != version:
        raise _stale(draft, row.id, actor)
    if draft is None:
        draft = ChapterVersion(
            chapter_id=row.id, number=_latest(row.id).number + 1, written_at=at, written_by_id=actor.user_id
        )
    write_words(draft, words, chapter.agency_id)
    draft.written_at, draft.written_by_id = at, actor.user_id
    db.session.add(draft)
    if row.published_at is None:
        row.title = draft.title
    db.session.flush()
    audit.record(
        actor, f"chapter {row.number}: draft of version {draft.number} written", at=at, about_id=row.id
    )
    return draft.id


@use_case
def drop_draft(chapter: Seen, *, actor: Viewer, at: datetime, version: int) -> None:
    """Throw the draft of a next version away. That of a first version goes with its chapter, which nobody has seen."""
    row = held(chapter)
    draft = _draft(row.id)
    if draft is None:
        return
    if draft.version != version:
        raise _stale(draft, row.id, actor)
    number = draft.number
    db.session.delete(draft)
    db.session.flush()
    audit.record(actor, f"chapter {row.number}: draft of version {number} dropped", at=at, about_id=row.id)
    if row.published_at is None:
        hold(chapter.agency_id, at=at)
        for table, where in (
            (ChapterStep, ChapterStep.chapter_id == row.id),
            (ChapterRelated, or_(ChapterRelated.chapter_id == row.id, ChapterRelated.other_id == row.id)),
            (Chapter, Chapter.id == row.id),
        ):
            db.session.execute(delete(table).where(where))


@use_case
def publish(
    chapter: Seen,
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    change: ChapterChange,
    changed: str,
    effective_on: date,
    read_by: date | None = None,
    next_revision_on: date | None = None,
) -> int:
    """Bring the draft out. A minor edit leaves earlier confirmations standing; "must be read again" asks everybody who
    was asked or has read an earlier version to read it by `read_by` (X-14). It holds from `effective_on` on. Raises
    Stale if the draft is another than the one looked at, RuleBroken. Returns the version's id."""
    hold(chapter.agency_id, at=at)
    row = held(chapter)
    _stands(row)
    draft, today = _draft(row.id), clock.local_day(at)
    if draft is None or draft.version != version:
        raise _stale(draft, row.id, actor)
    before = _latest(row.id)
    _can_be_published(draft)
    change = ChapterChange.FIRST if before is None else change
    if before is not None:
        if change is ChapterChange.FIRST:
            raise RuleBroken("Say whether it must be read again", "change")
        if not changed:
            raise RuleBroken("Say in a sentence what is new", "changed")
        if effective_on < today:
            raise RuleBroken("A new version cannot hold before today", "effective_on")
        if effective_on < before.effective_on:
            raise RuleBroken(
                f"Version {before.number} holds from {dates.day(before.effective_on)}; this one cannot come before it",
                "effective_on",
            )
    if effective_on > today + MOST_AHEAD:
        raise RuleBroken("A year ahead is the most", "effective_on")
    again = change is ChapterChange.READ_AGAIN
    if again and read_by is None:
        raise RuleBroken("Say by when it is to be read", "read_by")
    if again and read_by < max(effective_on, today):
        raise RuleBroken("Leave time to read it: a day after it begins to hold", "read_by")
    if next_revision_on is not None and next_revision_on <= today:
        raise RuleBroken("The next revision lies ahead", "next_revision_on")
    draft.change, draft.changed = change, changed or "First version"
    draft.counts_from = before.counts_from if change is ChapterChange.MINOR else draft.number
    draft.read_by = read_by if again else None
    draft.effective_on, draft.published_at, draft.published_by_id = effective_on, at, actor.user_id
    if before is not None:
        before.superseded_on = effective_on
    row.title, row.published_at = draft.title, row.published_at or at
    row.next_revision_on = next_revision_on
    db.session.flush()
    if again:
        reading_again.ask(row, draft, before, at=at)
    audit.record(
        actor,
        f"chapter {row.number}: version {draft.number} published",
        at=at,
        about_id=row.id,
        detail={"change": change.label, "effective_on": effective_on.isoformat()},
    )
    return draft.id


def held(chapter: Seen) -> Chapter:
    """The chapter, held until the use case ends. Raises NotVisible."""
    row = db.session.scalar(
        select(Chapter)
        .where(Chapter.id == chapter.id, Chapter.agency_id == chapter.agency_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    return row


def _stands(row):
    if row.withdrawn_on is not None:
        raise RuleBroken("This chapter is withdrawn. Bring it back first")


def _draft(chapter_id):
    return db.session.scalar(
        select(ChapterVersion)
        .where(ChapterVersion.chapter_id == chapter_id, ChapterVersion.published_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _latest(chapter_id):
    """The newest published version, also one that does not hold yet."""
    return db.session.scalar(
        select(ChapterVersion)
        .where(ChapterVersion.chapter_id == chapter_id, ChapterVersion.published_at.is_not(None))
        .order_by(ChapterVersion.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _stale(draft, chapter_id, actor):
    if draft is None:  # published meanwhile, or thrown away
        return Stale({}, **last_hand.by_record("chapter ", actor=actor, about_id=chapter_id))
    by = name_of(draft.written_by_id) if draft.written_by_id else ""
    saved = {name: getattr(draft, name) for name in WORDS if name != "file_id"}
    return Stale(saved, by=by, at=draft.written_at, version=draft.version)


def write_words(draft, words, agency_id):
    """Judge the words of a version and put them into its draft."""
    if not words.get("title"):
        raise RuleBroken("Give the chapter a title", "title")
    form = words.get("form", ChapterForm.TEXT)
    link = words.get("link", "")
    if link and not _LINK.match(link):
        raise RuleBroken("An address begins with https:// and has no blanks", "link")
    texts = " ".join(words.get(n) or "" for n in ("text", "we_statement", "i_statement"))
    unknown = [key for key in blanks_in(texts) if key not in catalogue.catalogue()]
    if unknown:
        raise RuleBroken(f"There is no setting called {unknown[0]}. See the list of blanks below", "text")
    file_id = words.get("file_id")
    file = db.session.get(ChapterFile, file_id) if file_id is not None else None
    if file and file.agency_id != agency_id:
        raise NotVisible
    for name in WORDS:
        if name in words:
            setattr(draft, name, words[name])
    draft.form = form
    plain = as_plain(words.get("text") or "") if form is ChapterForm.TEXT else ""
    if form is ChapterForm.FILE and file:
        plain = words_of(file.content)
    draft.search_text = fold(
        " ".join(words.get(n) or "" for n in ("title", "about", "we_statement", "i_statement")) + " " + plain
    )
    draft.minutes = minutes_to_read(plain)


def _can_be_published(draft):
    if draft.form is ChapterForm.TEXT and not draft.text.strip():
        raise RuleBroken("There is no text yet. Write it first")
    if draft.form is ChapterForm.FILE and draft.file_id is None:
        raise RuleBroken("There is no file yet. Attach it first")
    if draft.form is ChapterForm.LINK and not draft.link:
        raise RuleBroken("There is no address yet. Enter it first")
