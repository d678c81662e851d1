"""The daily duties about reading: calling to mind before and after the day, telling the line manager what is overdue, and
keeping how each team stands (C12). Called from services.reminders; doing it twice does it once.

A notice holds no name and no title: how many chapters, and the day."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, Chapter, ChapterVersion, ReadingCoverage, ReadingStanding, User
from caseapp.queries.reading_cells import FIGURES, OPEN, OVERDUE, STANDS, VERSION_NOW, soon
from caseapp.vocabulary import Role

#: Calendar days before its day on which a chapter is called to mind.
AHEAD = 7
#: Calendar days after which what is overdue is called to mind again, and told to the line manager again.
AGAIN = 7
#: Calendar days past its day after which the line manager is told.
RISES = 3

_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_Manager = aliased(User, name="manager")


def remind(at: datetime, told: Callable[[Iterable[dict]], str]) -> str:
    """What is open, to each reader: a week before its day, the day after it, and each week from then on; and, once a
    week, to each line manager how many of the own staff have something overdue. `told` leaves what is new."""
    return told(_reminders(at))


def _reminders(at):
    today = clock.local_day(at)
    values = {"reader_day": today, "reader_soon": soon(today)}
    open_by_day = db.session.execute(
        _open(select(ReadingStanding.user_id, ReadingStanding.due_on, func.count().label("chapters")))
        .where(OPEN, ReadingStanding.due_on <= today + timedelta(days=AHEAD))
        .group_by(ReadingStanding.user_id, ReadingStanding.due_on),
        values,
    )
    late: dict[int, tuple[int, date]] = {}
    for user_id, due_on, chapters in open_by_day.all():
        if due_on >= today:
            yield _notice(user_id, "reading_due", due_on, _due(chapters, due_on), at)
        else:
            count, first = late.get(user_id, (0, due_on))
            late[user_id] = (count + chapters, min(first, due_on))
    for user_id, (count, first) in late.items():
        key = f"{first}:{(today - first).days // AGAIN}"
        yield _notice(user_id, "reading_late", key, _late(count), at)
    rising = db.session.execute(
        _open(
            select(
                _Manager.id,
                func.count(func.distinct(ReadingStanding.user_id)).label("people"),
            )
        )
        .join(
            _Manager,
            and_(
                _Manager.id == User.line_manager_id,
                _Manager.agency_id == User.agency_id,
                _Manager.disabled_at.is_(None),
                _Manager.roles.op("&")(int(Role.LINE_MANAGER)) != 0,
            ),
        )
        .where(OVERDUE, ReadingStanding.due_on <= today - timedelta(days=RISES))
        .group_by(_Manager.id),
        values,
    )
    for manager_id, people in rising.all():
        monday = today - timedelta(days=today.weekday())
        words = (
            "One of your staff has chapters of the procedures past their day."
            if people == 1
            else f"{people} of your staff have chapters of the procedures past their day."
        )
        yield _notice(manager_id, "reading_rises", monday, f"{words} See Reading.", at)


def _open(statement):
    return (
        statement.select_from(ReadingStanding)
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, VERSION_NOW)
        .join(User, User.id == ReadingStanding.user_id)
        .join(Agency, Agency.id == User.agency_id)
        .where(STANDS, User.disabled_at.is_(None), Agency.active, Chapter.agency_id == User.agency_id)
    )


def _notice(user_id, kind, key, words, at):
    return {
        "user_id": user_id,
        "at": at,
        "kind": kind,
        "plain": words,
        "dedupe": f"{kind}:{key}:{user_id}",
    }


def _due(chapters, due_on):
    what = "A chapter" if chapters == 1 else f"{chapters} chapters"
    return f"{what} of the procedures {'is' if chapters == 1 else 'are'} to be read by {dates.day(due_on)}."


def _late(chapters):
    what = "A chapter" if chapters == 1 else f"{chapters} chapters"
    them = ("is", "it") if chapters == 1 else ("are", "them")
    return f"{what} of the procedures {them[0]} past the day by which you were asked to read {them[1]}."


def keep_coverage(at: datetime) -> str:
    """How each agency and each team stands now, as the row of this local day; later on the same day it is brought up to
    date. Figures only, no names."""
    today = clock.local_day(at)
    values = {"reader_day": today, "reader_soon": soon(today)}
    teams = db.session.execute(
        _open(select(User.agency_id, User.line_manager_id, *FIGURES)).group_by(
            User.agency_id, User.line_manager_id
        ),
        values,
    ).all()
    rows: dict[tuple[int, int], list[int]] = {}
    for agency_id, manager_id, asked, current, overdue, _soon, older in teams:
        figures = (asked, current, older, overdue)
        for key in {(agency_id, 0), (agency_id, manager_id or 0)}:
            rows[key] = [a + b for a, b in zip(rows.get(key, (0, 0, 0, 0)), figures, strict=True)]
    entries = [
        {
            "id": new_id(),
            "agency_id": agency_id,
            "on_day": today,
            "line_manager_id": manager_id,
            "asked": asked,
            "current": current,
            "outdated": older,
            "overdue": overdue,
        }
        for (agency_id, manager_id), (asked, current, older, overdue) in sorted(rows.items())
        if asked
    ]
    if entries:
        insert = _INSERT[db.engine.dialect.name](ReadingCoverage.__table__)
        db.session.execute(
            insert.on_conflict_do_update(
                index_elements=["agency_id", "on_day", "line_manager_id"],
                set_={name: insert.excluded[name] for name in ("asked", "current", "outdated", "overdue")},
            ),
            entries,
        )
    return f"{len(entries)} kept"
