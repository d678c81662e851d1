"""The canaries of procedures and reading: written with their words at once, for what is published never changes.

BOOK: Canal Street's handbook, for its own staff. ASKED: what Orla was asked and why, for her, her line manager and the
administrator. WAIVED: why Declan asks her no more for a chapter, for the two of them. READ: what she said it was read for.
EDITOR: what she told the editors. BOOKNORTH, READNORTH: the same at Northgate Probation, whose manager is Nora.
"""

from datetime import timedelta

from sqlalchemy import select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Chapter,
    ChapterFeedback,
    ChapterVersion,
    ReadingAssignment,
    ReadingReceipt,
    ReadingSet,
    ReadingSetChapter,
    User,
)
from caseapp.policy import chapters as policy
from caseapp.policy import reading as readers
from caseapp.queries.reading_meant import Target
from caseapp.services import chapter_versions, chapters, confirmations, reading_assign, reading_waivers
from caseapp.vocabulary import ChapterChange, PracticeArea, ReadingPurpose, ReadingTarget
from tests.world import LONG_AGO

MAY_READ = {
    "orla": {"BOOK", "ASKED", "WAIVED", "READ", "EDITOR"},
    "declan": {"BOOK", "ASKED", "WAIVED", "READ", "EDITOR"},
    "shauna": {"BOOK"},
    "femi": {"BOOK"},
    "dervla": {"BOOK", "EDITOR"},
    "ciara": {"BOOK", "ASKED", "EDITOR"},
    "mark": {"BOOKNORTH", "READNORTH"},
    "nora": {"BOOKNORTH", "READNORTH"},
}
TABLES = {
    "handbook",
    "chapter",
    "chapter_version",
    "chapter_file",
    "chapter_related",
    "chapter_step",
    "chapter_feedback",
    "reading_set",
    "reading_set_chapter",
    "reading_assignment",
    "reading_assignment_chapter",
    "reading_standing",
    "reading_waiver",
    "reading_receipt",
    "reading_confirmation",
    "reading_coverage",
    "reading_aids",
}


def fill(world) -> None:
    """A chapter with a version and a draft, asked of one, read, read again, waived, in each of the two agencies."""
    for manager, staff, words in (
        (world.declan, world.orla, ("BOOK", "ASKED", "WAIVED", "READ", "EDITOR")),
        (world.nora, world.mark, ("BOOKNORTH", *["READNORTH"] * 4)),
    ):
        _agency(world, manager, staff, *words)


def _agency(world, manager, staff, book, asked, waived, read, editor):
    now, today = clock.now(), clock.today()
    db.session.execute(update(User).where(User.id == staff.user_id).values(line_manager_id=manager.user_id))

    def chapter(number):
        made = chapters.create(
            actor=manager,
            at=LONG_AGO,
            number=number,
            area=PracticeArea.PLANNING,
            **{
                name: f"CANARY-{book}-{name} {number}"
                for name in ("title", "about", "text", "we_statement", "i_statement", "quality_theme")
            },
        )
        chapter_versions.publish(
            policy.find_chapter(manager, made),
            actor=manager,
            at=LONG_AGO,
            version=1,
            change=ChapterChange.FIRST,
            changed="",
            effective_on=clock.local_day(LONG_AGO),
        )
        return made

    first, second = chapter("1.1"), chapter("1.2")
    reading_assign.assign(
        Target(manager.agency_id, ReadingTarget.PERSON, user_id=staff.user_id),
        actor=manager,
        at=now,
        chapter_ids=[first, second],
        due_on=today + timedelta(days=9),
        reason=f"CANARY-{asked}-reason",
    )
    version = db.session.scalar(select(ChapterVersion.id).where(ChapterVersion.chapter_id == first))
    confirmations.confirm(
        [version],
        actor=staff,
        at=now,
        read_on=today,
        purpose=ReadingPurpose.OTHER,
        purpose_other=f"CANARY-{read}-purpose",
        stated=True,
        comment=f"CANARY-{editor}-comment",
    )
    reading_waivers.waive(
        readers.find_reader(manager, staff.user_id),
        second,
        actor=manager,
        at=now,
        reason=f"CANARY-{waived}-reason",
    )
    one = ReadingSet(agency_id=manager.agency_id, name=f"CANARY-{book}-set", about=f"CANARY-{book}-set")
    db.session.add(one)
    db.session.flush()
    db.session.add(ReadingSetChapter(set_id=one.id, chapter_id=first, position=1))
    db.session.flush()


def ids(world, side) -> dict[str, list]:
    """Values of the parameters that these routes have."""
    agency = world.agencies["canal" if side == "own" else "northgate"]

    def of(model):
        return list(db.session.scalars(select(model.id).where(model.agency_id == agency)))

    return {
        "chapter_id": of(Chapter),
        "feedback_id": of(ChapterFeedback),
        "receipt_id": of(ReadingReceipt),
        "assignment_id": of(ReadingAssignment),
        "set_id": of(ReadingSet),
    }
