"""Writing the handbook: a chapter begun, its place, withdrawn and brought back (S3-2, X-14); its words stand in versions
(chapter_versions). Editors are an agency's administrators and line managers, each for the own agency only
(docs/decisions/0009)."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm.attributes import flag_modified

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Chapter, ChapterRelated, ChapterStep, ChapterVersion, User
from caseapp.policy import rules
from caseapp.policy.chapters import EDITORS
from caseapp.policy.chapters import ChapterFile as Seen
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, last_hand
from caseapp.services.chapter_versions import held, write_words
from caseapp.services.handbook import hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import PracticeArea

_NUMBER = re.compile(r"[1-9][0-9]?(\.[1-9][0-9]?){0,2}\Z")
HEAD = ("number", "area", "family", "editor_id", "next_revision_on")


@use_case
def create(
    *,
    actor: Viewer,
    at: datetime,
    number: str,
    area: PracticeArea,
    family: str = "",
    editor_id: int | None = None,
    next_revision_on: date | None = None,
    steps: Iterable[str] = (),
    related: Iterable[int] = (),
    **words,
) -> int:
    """A new chapter with the draft of its first version, seen by editors only until it is published. `words` are those
    of chapter_versions.WORDS. Raises RuleBroken. Returns the chapter's id."""
    if not rules.may(actor, Do.EDIT_HANDBOOK):
        raise NotAllowed
    hold(actor.agency_id, at=at)
    chapter = Chapter(
        agency_id=actor.agency_id,
        title=words.get("title", ""),
        created_at=at,
        created_by_id=actor.user_id,
        number=_number(number, actor.agency_id),
        place=library.place_of(number),
        area=area,
        family=_family(family),
        editor_id=_editor(editor_id, actor.agency_id),
        next_revision_on=next_revision_on,
    )
    db.session.add(chapter)
    db.session.flush()
    draft = ChapterVersion(chapter_id=chapter.id, number=1, written_at=at, written_by_id=actor.user_id)
    write_words(draft, words, actor.agency_id)
    db.session.add(draft)
    _say_steps(chapter.id, steps)
    _say_related(chapter.id, related, actor.agency_id)
    audit.record(actor, f"chapter {chapter.number}: begun", at=at, about_id=chapter.id)
    db.session.flush()
    return chapter.id


@use_case
def change_head(
    chapter: Seen, *, actor: Viewer, at: datetime, version: int, steps=(), related=(), **values
) -> int:
    """Change what is about the chapter and not in its text: number, area, procedure, editor, next revision, steps,
    related chapters. Nobody need read anything again for it. Raises Stale, RuleBroken."""
    hold(chapter.agency_id, at=at)
    row = held(chapter)
    if row.version != version:
        hand = last_hand.by_record("chapter ", actor=actor, about_id=row.id)
        raise Stale({name: getattr(row, name) for name in HEAD}, **hand, version=row.version)
    values["number"] = _number(values["number"], chapter.agency_id, but=row.id)
    values["family"] = _family(values.get("family", ""))
    values["editor_id"] = _editor(values.get("editor_id"), chapter.agency_id)
    values.setdefault("next_revision_on", None)
    changed = {n: [_said(getattr(row, n)), _said(values[n])] for n in HEAD if values[n] != getattr(row, n)}
    for name in HEAD:
        setattr(row, name, values[name])
    row.place = library.place_of(row.number)
    _say_steps(row.id, steps)
    _say_related(row.id, related, chapter.agency_id)
    flag_modified(row, "number")  # steps and relations count as changes of it too: whoever saves next is told
    audit.record(
        actor, f"chapter {row.number}: its place changed", at=at, about_id=row.id, detail=changed or None
    )
    return row.id


@use_case
def withdraw(chapter: Seen, *, actor: Viewer, at: datetime, reason: str) -> int:
    """Take a chapter out of the handbook. It can still be looked up, and what was confirmed stays. Raises RuleBroken."""
    if not reason:
        raise RuleBroken("Say why, and what holds instead", "reason")
    hold(chapter.agency_id, at=at)
    row = held(chapter)
    if row.withdrawn_on is not None:
        return row.id
    if row.published_at is None:
        raise RuleBroken("This chapter is not out yet: drop its draft instead", "reason")
    row.withdrawn_on, row.withdrawn_reason = clock.local_day(at), reason
    audit.record(actor, f"chapter {row.number}: withdrawn", at=at, about_id=row.id)
    return row.id


@use_case
def bring_back(chapter: Seen, *, actor: Viewer, at: datetime) -> int:
    """Undo a withdrawal. Raises RuleBroken where its number was given to another chapter meanwhile."""
    hold(chapter.agency_id, at=at)
    row = held(chapter)
    if row.withdrawn_on is None:
        return row.id
    _number(row.number, chapter.agency_id, but=row.id)
    row.withdrawn_on, row.withdrawn_reason = None, ""
    audit.record(actor, f"chapter {row.number}: back in the handbook", at=at, about_id=row.id)
    return row.id


def _number(number, agency_id, but=None):
    if not _NUMBER.match(number):
        raise RuleBroken("A number such as 5 or 5.2, each part from 1 to 99", "number")
    same = db.session.scalar(
        select(Chapter.title).where(
            Chapter.agency_id == agency_id,
            Chapter.number == number,
            Chapter.withdrawn_on.is_(None),
            Chapter.id != (but or 0),
        )
    )
    if same is not None:
        raise RuleBroken(f"{number} is “{same}” already. Choose another number", "number")
    return number


def _family(key):
    if key and key not in library.families():
        raise RuleBroken("Choose a procedure of the list", "family")
    return key


def _editor(user_id, agency_id):
    if user_id is None:
        return None
    row = db.session.execute(
        select(User.roles, User.disabled_at).where(User.id == user_id, User.agency_id == agency_id)
    ).first()
    if row is None or row.disabled_at is not None or not row.roles & EDITORS:
        raise RuleBroken("Choose one of your agency’s administrators or line managers", "editor_id")
    return user_id


def _say_steps(chapter_id, steps):
    db.session.execute(delete(ChapterStep).where(ChapterStep.chapter_id == chapter_id))
    known = [step for step in dict.fromkeys(steps) if step in library.STEPS]
    if known:
        db.session.execute(insert(ChapterStep), [{"chapter_id": chapter_id, "step": step} for step in known])


def _say_related(chapter_id, related, agency_id):
    """Relations hold both ways; only chapters of the same handbook."""
    db.session.execute(
        delete(ChapterRelated).where(
            or_(ChapterRelated.chapter_id == chapter_id, ChapterRelated.other_id == chapter_id)
        )
    )
    own = db.session.scalars(
        select(Chapter.id).where(Chapter.agency_id == agency_id, Chapter.id.in_([*related][:60]))
    )
    pairs = [
        dict(zip(("chapter_id", "other_id"), sorted((chapter_id, o)), strict=True))
        for o in own
        if o != chapter_id
    ]
    if pairs:
        db.session.execute(insert(ChapterRelated), pairs)


def _said(value):
    return value.isoformat() if isinstance(value, date) else str(value or "")
