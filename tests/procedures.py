"""For tests of the handbook: a world in which two agencies have begun theirs, and its chapters found, renewed and read in a line."""

from datetime import timedelta

import pytest

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.ids import written
from caseapp.policy.chapters import find_chapter
from caseapp.queries import chapter_list, chapters
from caseapp.services import chapter_versions, confirmations, handbook
from caseapp.vocabulary import ChapterChange, ReadingPurpose
from tests import world as standing


def build():
    """The standing world; Canal Street and Harbour have begun their handbooks."""
    world = standing.build()
    for agency in ("canal", "harbour"):
        handbook.begin(world.agencies[agency], actor=None, at=clock.now() - timedelta(days=40))
    return world


@pytest.fixture
def world(app, database, db_session):
    return database.kept("handbook", build)


def of(viewer, key):
    """The viewer's chapter that was taken from the library under this key."""
    for row in chapter_list.listed(viewer=viewer, limit=100)[0]:
        if row.title == library.load()[key].title:
            return find_chapter(viewer, row.id)
    raise AssertionError(key)


def in_force(viewer, chapter):
    return chapters.version(chapter.id, viewer=viewer)


def new_version(world, viewer, chapter, *, change=ChapterChange.READ_AGAIN, at=None, words="", **more):
    """Write and publish the next version; returns its id."""
    at = at or clock.now()
    old = in_force(viewer, chapter)
    chapter_versions.write_draft(
        chapter, actor=viewer, at=at, version=0, title=old.title, text=old.text + "\n\nA new rule. " + words
    )
    day = clock.local_day(at)
    return chapter_versions.publish(
        chapter,
        actor=viewer,
        at=at,
        version=chapters.draft(chapter.id, viewer=viewer).lock,
        change=change,
        changed="A new rule on photographs",
        **{"effective_on": day, "read_by": day + timedelta(days=14)} | more,
    )


def read(viewer, *versions, at=None, read_on=None, purpose=ReadingPurpose.SUPERVISION, stated=True, **more):
    return confirmations.confirm(
        list(versions),
        actor=viewer,
        at=at or clock.now(),
        read_on=read_on or clock.today(),
        purpose=purpose,
        stated=stated,
        **more,
    )


def path(chapter, *rest):
    return "/".join(["/procedures", written(chapter.id), *map(str, rest)])
