"""An agency's handbook begins with the starting library and is its own from then on (docs/decisions/0009)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.chapter_text import as_plain, fold, minutes_to_read
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Agency,
    Area,
    Chapter,
    ChapterRelated,
    ChapterStep,
    ChapterVersion,
    Handbook,
    ReadingSet,
    ReadingSetChapter,
)
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.procedures_library import LibraryChapter
from caseapp.services import audit
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AreaKind, ChapterChange, ChapterForm

INDUCTION = "Induction"
INDUCTION_DAYS = 28

_TABLES = (Chapter, ChapterVersion, ChapterStep, ChapterRelated)


@use_case
def begin(
    agency_id: int, *, actor: Viewer | None, at: datetime, families: Iterable[str] | None = None
) -> int:
    """Give an agency the starting chapters of its procedures, and an induction set of those that everybody new needs.
    `families` are keys of config/protocols; without them the kind of its area says. An agency that has a handbook keeps
    it as it is. `actor` is None for worlds and for agencies that are just being made. Returns how many were added."""
    if actor is not None and actor.agency_id == agency_id and not rules.may(actor, Do.EDIT_HANDBOOK):
        raise NotAllowed
    if db.session.get(Handbook, agency_id) is not None:
        return 0
    keys = list(families) if families is not None else _families_of(agency_id)
    db.session.add(Handbook(agency_id=agency_id, families=keys, began_at=at))
    db.session.flush()
    chapters = library.for_families(keys)
    ids = _write(agency_id, chapters, actor, at, taken={})
    starters = [ids[chapter.key] for chapter in chapters if chapter.induction]
    if starters:
        induction = ReadingSet(
            agency_id=agency_id,
            name=INDUCTION,
            about="What everybody who starts here reads first",
            induction=True,
            due_days=INDUCTION_DAYS,
        )
        db.session.add(induction)
        db.session.flush()
        db.session.execute(
            insert(ReadingSetChapter),
            [
                {"set_id": induction.id, "chapter_id": chapter_id, "position": at_}
                for at_, chapter_id in enumerate(starters, 1)
            ],
        )
    audit.record(actor, f"handbook: begun with {len(chapters)} chapters", at=at, about_id=agency_id)
    return len(chapters)


@use_case
def take(keys: Iterable[str], *, actor: Viewer, at: datetime) -> int:
    """Take chapters of the library over into the actor's own handbook; those it has already are left alone. Where a
    number is taken, the next free one of the same part is given. Returns how many were added. Raises RuleBroken."""
    if not rules.may(actor, Do.EDIT_HANDBOOK):
        raise NotAllowed
    shelf = library.load()
    wanted = [shelf[key] for key in dict.fromkeys(keys) if key in shelf]
    if not wanted:
        raise RuleBroken("Choose the chapters to take over", "keys")
    book = hold(actor.agency_id, at=at)
    rows = db.session.execute(
        select(Chapter.library_key, Chapter.id).where(
            Chapter.agency_id == actor.agency_id, Chapter.library_key != "", Chapter.withdrawn_on.is_(None)
        )
    )
    taken = dict(rows.all())
    new = [chapter for chapter in wanted if chapter.key not in taken]
    _write(actor.agency_id, new, actor, at, taken=taken)
    book.families = sorted({*book.families, *(family for chapter in new for family in chapter.families)})
    if new:
        audit.record(
            actor,
            f"handbook: {len(new)} chapters taken from the library",
            at=at,
            about_id=actor.agency_id,
            detail={"chapters": [chapter.key for chapter in new]},
        )
    return len(new)


def hold(agency_id: int, *, at: datetime) -> Handbook:
    """The agency's handbook, held until the end of the use case, and marked as changed: whatever remembers its chapters
    looks again. Made where there was none."""
    db.session.execute(select(Agency.id).where(Agency.id == agency_id).with_for_update(key_share=True))
    book = db.session.get(Handbook, agency_id, populate_existing=True)
    if book is None:
        book = Handbook(agency_id=agency_id, families=[], began_at=at)
        db.session.add(book)
    book.stamp = new_id()
    db.session.flush()
    return book


def _families_of(agency_id):
    kind = db.session.scalar(
        select(Area.kind).join(Agency, Agency.area_id == Area.id).where(Agency.id == agency_id)
    )
    return ["uk-adult"] if kind is AreaKind.COUNCIL else ["ie-homeless-drug"]


def _write(agency_id, chapters: list[LibraryChapter], actor, at, *, taken: dict[str, int]) -> dict[str, int]:
    """Insert chapters with their first version, their steps and their relations. Returns key → id."""
    numbers = set(
        db.session.scalars(
            select(Chapter.number).where(Chapter.agency_id == agency_id, Chapter.withdrawn_on.is_(None))
        )
    )
    today, by = clock.local_day(at), actor and actor.user_id
    ids = dict(taken)
    rows = {model: [] for model in _TABLES}
    for one in chapters:
        number = _free(one.number, numbers)
        numbers.add(number)
        chapter_id = ids[one.key] = new_id()
        plain = as_plain(one.text)
        rows[Chapter].append(
            {
                "id": chapter_id,
                "version": 1,
                "agency_id": agency_id,
                "number": number,
                "place": library.place_of(number),
                "title": one.title,
                "area": one.area,
                "family": one.families[0] if len(one.families) == 1 else "",
                "library_key": one.key,
                "library_edition": one.edition,
                "created_at": at,
                "created_by_id": by,
                "published_at": at,
                "withdrawn_reason": "",
                "next_revision_on": _in_two_years(today),
            }
        )
        rows[ChapterVersion].append(
            {
                "id": new_id(),
                "version": 1,
                "chapter_id": chapter_id,
                "number": 1,
                "title": one.title,
                "about": one.about,
                "quality_theme": one.theme,
                "we_statement": one.we,
                "i_statement": one.i,
                "form": ChapterForm.TEXT,
                "text": one.text,
                "link": "",
                "search_text": fold(f"{one.title} {one.about} {one.we} {one.i} {plain}"),
                "minutes": minutes_to_read(plain),
                "change": ChapterChange.FIRST,
                "changed": "Taken from the starting library",
                "counts_from": 1,
                "effective_on": today,
                "written_at": at,
                "written_by_id": by,
                "published_at": at,
                "published_by_id": by,
            }
        )
        rows[ChapterStep] += [{"chapter_id": chapter_id, "step": step} for step in one.steps]
    pairs = {
        tuple(sorted((ids[one.key], ids[other])))
        for one in chapters
        for other in one.related
        if other in ids and other != one.key
    }
    rows[ChapterRelated] = [{"chapter_id": a, "other_id": b} for a, b in sorted(pairs)]
    for model in _TABLES:
        if rows[model]:
            db.session.execute(insert(model), rows[model])
    return ids


def _free(number, numbers):
    part, _, at = number.partition(".")
    last = int(at)
    while f"{part}.{last}" in numbers:
        last += 1
    return f"{part}.{last}"


def _in_two_years(day):
    return day.replace(year=day.year + 2, day=min(day.day, 28))
