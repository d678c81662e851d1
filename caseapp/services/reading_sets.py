"""Reading sets: chapters that are asked for together, kept by an agency's administrator (S1-17)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm.attributes import flag_modified

from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import ReadingSet, ReadingSetChapter
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.reading import SetFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, last_hand
from caseapp.services.reading_assign import check_chapters
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Role

FIELDS = ("name", "about", "induction", "roles", "due_days")


@use_case
def create(
    *,
    actor: Viewer,
    at: datetime,
    name: str,
    about: str = "",
    induction: bool = False,
    roles: Role | None = None,
    due_days: int = 28,
    chapter_ids: Sequence[int] = (),
) -> int:
    """A new set, its chapters in the order given. With `induction` whoever starts is asked for it by itself, due
    `due_days` days after the account is made; only those with one of `roles`, or everybody. Raises RuleBroken. Returns
    its id."""
    if not rules.may(actor, Do.KEEP_READING_SETS):
        raise NotAllowed
    row = ReadingSet(agency_id=actor.agency_id)
    _write(row, name, about, induction, roles, due_days)
    chapters = check_chapters(chapter_ids, None, actor.agency_id)
    db.session.add(row)
    db.session.flush()
    _put(row.id, chapters)
    audit.record(actor, f"reading set made, {len(chapters)} chapters", at=at, about_id=row.id)
    return row.id


@use_case
def change(
    one: SetFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    name: str,
    about: str = "",
    induction: bool = False,
    roles: Role | None = None,
    due_days: int = 28,
    chapter_ids: Sequence[int] = (),
) -> int:
    """Change a set. What was asked with it before stays as it was asked. Raises Stale, RuleBroken."""
    row = _held(one)
    if row.version != version:
        hand = last_hand.by_record("reading set", actor=actor, about_id=row.id)
        raise Stale({n: getattr(row, n) for n in ("name", "about", "due_days")}, **hand, version=row.version)
    _write(row, name, about, induction, roles, due_days)
    chapters = check_chapters(chapter_ids, None, row.agency_id)
    flag_modified(row, "name")  # its chapters are part of it: whoever saves next with the old version is told
    db.session.flush()
    db.session.execute(delete(ReadingSetChapter).where(ReadingSetChapter.set_id == row.id))
    _put(row.id, chapters)
    audit.record(actor, f"reading set changed, {len(chapters)} chapters", at=at, about_id=row.id)
    return row.id


@use_case
def end(one: SetFile, *, actor: Viewer, at: datetime) -> None:
    """Put a set away: nobody is asked for it any more. Assignments that were made with it go on."""
    row = _held(one)
    if row.ended_at is None:
        row.ended_at = at
        audit.record(actor, "reading set put away", at=at, about_id=row.id)


def _held(one):
    row = db.session.get(ReadingSet, one.id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None or row.ended_at is not None:
        raise NotVisible
    return row


def _write(row, name, about, induction, roles, due_days):
    if not name:
        raise RuleBroken("Give the set a name", "name")
    if not 1 <= due_days <= 730:
        raise RuleBroken("A number of days from 1 to 730", "due_days")
    with db.session.no_autoflush:
        same = db.session.scalar(
            select(ReadingSet.id).where(
                ReadingSet.agency_id == row.agency_id,
                ReadingSet.name == name,
                ReadingSet.ended_at.is_(None),
                ReadingSet.id != (row.id or 0),
            )
        )
    if same is not None:
        raise RuleBroken("There is a set of this name already", "name")
    row.name, row.about, row.induction, row.due_days = name, about, induction, due_days
    row.roles = roles or None if induction else None


def _put(set_id, chapters):
    db.session.execute(
        insert(ReadingSetChapter),
        [
            {"set_id": set_id, "chapter_id": chapter_id, "position": position}
            for position, chapter_id in enumerate(chapters, 1)
        ],
    )
