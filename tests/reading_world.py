"""The standing world with a small handbook: Declan leads Orla and Shauna at Canal Street, Amina leads Tomasz at Harbour
Hostel. `book(world)` writes five chapters for Canal Street and one for Harbour Hostel, each with a version in force."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import User
from caseapp.policy import chapters as policy
from caseapp.queries.reading_meant import Target
from caseapp.services import chapter_versions, chapters, confirmations, reading_assign
from caseapp.vocabulary import ChapterChange, PracticeArea, ReadingPurpose, ReadingTarget

TITLES = {
    "1.2": "Consent and sharing",
    "2.1": "First contact",
    "3.4": "Assessment",
    "5.2": "The shared plan",
    "9.1": "Keeping records",
}


@dataclass
class Book:
    """Ids of chapters by number, of Canal Street; `harbour` is the one of Harbour Hostel."""

    world: object
    chapters: dict[str, int] = field(default_factory=dict)
    harbour: int = 0

    def file(self, number):
        return policy.find_chapter(self.world.ciara, self.chapters[number])

    def again(self, number, *, at=None, read_by=None, change=ChapterChange.READ_AGAIN):
        """Publish the next version."""
        at = at or clock.now()
        chapter_versions.write_draft(
            self.file(number), actor=self.world.ciara, at=at, version=0,
            title=TITLES[number], text=f"New words {at}",
        )  # fmt: skip
        chapter_versions.publish(
            self.file(number),
            actor=self.world.ciara,
            at=at,
            version=1,
            change=change,
            changed="A new rule",
            effective_on=clock.local_day(at),
            read_by=(read_by or clock.local_day(at) + timedelta(days=10))
            if change is ChapterChange.READ_AGAIN
            else None,
        )

    def read(self, who, *numbers, at=None, purpose=ReadingPurpose.SUPERVISION, on=None):
        """One receipt for the versions in force."""
        at = at or clock.now()
        return confirmations.confirm(
            [version_in_force(self.chapters[one], at) for one in numbers],
            actor=getattr(self.world, who),
            at=at,
            read_on=on or clock.local_day(at),
            purpose=purpose,
            stated=True,
        )

    def ask(self, by, *numbers, team=None, person=None, at=None, days=14, due_on=None, **more):
        """Ask a team (of whom), a person, or, by an administrator, the whole agency."""
        at = at or clock.now()
        actor = getattr(self.world, by)
        if person:
            target = Target(
                actor.agency_id, ReadingTarget.PERSON, user_id=getattr(self.world, person).user_id
            )
        elif team:
            target = Target(actor.agency_id, ReadingTarget.TEAM, user_id=getattr(self.world, team).user_id)
        else:
            target = more.pop("target", None) or Target(actor.agency_id, ReadingTarget.AGENCY)
        return reading_assign.assign(
            target,
            actor=actor,
            at=at,
            chapter_ids=[self.chapters[one] for one in numbers],
            due_on=due_on or clock.local_day(at) + timedelta(days=days),
            reason=more.pop("reason", "The new rules"),
            **more,
        )


def version_in_force(chapter_id, at) -> int:
    from sqlalchemy import select

    from caseapp.models import ChapterVersion

    return db.session.scalar(
        select(ChapterVersion.id).where(
            ChapterVersion.chapter_id == chapter_id, policy.in_force(day=clock.local_day(at))
        )
    )


def teams(world):
    """Who leads whom."""
    for manager, staff in (("declan", ("orla", "shauna")), ("amina", ("tomasz",)), ("nora", ("mark",))):
        ids = [getattr(world, one).user_id for one in staff]
        db.session.execute(
            update(User).where(User.id.in_(ids)).values(line_manager_id=getattr(world, manager).user_id)
        )
    db.session.commit()


def book(world, at: datetime | None = None) -> Book:
    teams(world)
    at = at or clock.now() - timedelta(days=60)
    found = Book(world)
    for number, title in TITLES.items():
        found.chapters[number] = _chapter(world.ciara, number, title, at)
    found.harbour = _chapter(world.brid, "1.1", "The house", at)
    return found


def _chapter(actor, number, title, at):
    made = chapters.create(
        actor=actor, at=at, number=number, area=PracticeArea.PLANNING, title=title, text=f"{title}: words",
        steps=["reviews"] if number == "5.2" else [],
    )  # fmt: skip
    chapter_versions.publish(
        policy.find_chapter(actor, made),
        actor=actor,
        at=at,
        version=1,
        change=ChapterChange.FIRST,
        changed="",
        effective_on=clock.local_day(at),
    )
    return made
