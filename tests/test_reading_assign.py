"""Asking for chapters, withdrawing, waiving, sets and starters (B11, C12, S1-17, X-14)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Notification, ReadingAssignment, ReadingStanding, ReadingWaiver, User
from caseapp.policy import reading as policy
from caseapp.queries.reading_meant import Target
from caseapp.services import accounts, reading_assign, reading_sets, reading_starters, reading_waivers
from caseapp.vocabulary import ChapterChange, ReadingTarget, Role
from tests.reading_world import book as write_book

TODAY = clock.today


@pytest.fixture
def book(world):
    return write_book(world)


def stand(who, chapter_id):
    db.session.expire_all()
    return db.session.get(ReadingStanding, (who.user_id, chapter_id))


def notices(who, kind="reading_asked"):
    return list(
        db.session.scalars(
            select(Notification.plain).where(Notification.user_id == who.user_id, Notification.kind == kind)
        )
    )


def end(assignment_id, actor, reason="Asked by mistake"):
    file = policy.find_assignment(actor, assignment_id)
    reading_assign.withdraw(file, actor=actor, at=clock.now(), version=file.version, reason=reason)


def test_a_line_manager_asks_the_own_staff_and_nobody_else(book, world):
    """B11: assigned by, due; only those whose line manager asks."""
    book.ask("declan", "1.2", "5.2", team="declan")
    assert stand(world.orla, book.chapters["1.2"]).due_on == TODAY() + timedelta(days=14)
    assert stand(world.shauna, book.chapters["5.2"]).asked_at is not None
    assert stand(world.femi, book.chapters["1.2"]) is None
    assert notices(world.orla) == [
        f"You are asked to read 2 chapters of the procedures, the first by {_day(14)}."
    ]
    with pytest.raises(RuleBroken):
        book.ask("declan", "1.2", person="femi")  # of the same agency, but not Declan's
    with pytest.raises(RuleBroken):
        book.ask("declan", "1.2")  # the whole agency is the administrator's
    with pytest.raises(RuleBroken):
        book.ask("declan", "1.2", person="tomasz")
    with pytest.raises(NotAllowed):
        book.ask("orla", "1.2", person="shauna")


def _day(days):
    from caseapp import dates

    return dates.day(TODAY() + timedelta(days=days))


def test_an_administrator_asks_by_agency_role_profession_team_and_person(book, world):
    canal = world.agencies["canal"]
    db.session.execute(
        User.__table__.update().where(User.id == world.orla.user_id).values(profession="Nurse")
    )
    db.session.commit()
    cases = (
        (Target(canal, ReadingTarget.ROLE, role=Role.WORKER), "1.2", {"orla", "shauna"}),
        (Target(canal, ReadingTarget.PROFESSION, profession="nurse"), "2.1", {"orla"}),
        (Target(canal, ReadingTarget.AGENCY), "3.4", {"orla", "shauna", "declan", "femi", "ciara"}),
        (Target(canal, ReadingTarget.PERSON, user_id=world.femi.user_id), "9.1", {"femi"}),
        (Target(canal, ReadingTarget.TEAM, user_id=world.declan.user_id), "5.2", {"orla", "shauna"}),
    )
    for target, number, meant in cases:
        book.ask("ciara", number, target=target)
        asked = {
            name
            for name, viewer in world.viewers.items()
            if db.session.get(ReadingStanding, (viewer.user_id, book.chapters[number]))
        }
        assert asked == meant, number
    with pytest.raises(RuleBroken):
        book.ask("ciara", "1.2", target=Target(canal, ReadingTarget.PERSON, user_id=world.tomasz.user_id))
    with pytest.raises(NotAllowed):
        book.ask("ciara", "1.2", target=Target(world.agencies["harbour"], ReadingTarget.AGENCY))


@pytest.mark.parametrize(
    "wrong",
    [{"reason": ""}, {"days": -1}, {"days": 800}, {"due_days": 900}, {"due_days": -1}],
)
def test_an_assignment_needs_a_reason_and_a_day_that_can_be_kept(book, wrong):
    with pytest.raises(RuleBroken):
        book.ask("ciara", "1.2", **wrong)


def test_chapters_of_another_agency_cannot_be_asked_for(book, world):
    book.chapters["there"] = book.harbour
    with pytest.raises(RuleBroken):
        book.ask("ciara", "there")
    with pytest.raises(RuleBroken):
        book.ask("ciara")


def test_the_earliest_day_counts_unless_one_person_alone_is_given_time(book, world):
    book.ask("declan", "1.2", team="declan", days=20)
    book.ask("declan", "1.2", team="declan", days=10)
    book.ask("declan", "1.2", team="declan", days=30)
    assert stand(world.orla, book.chapters["1.2"]).due_on == TODAY() + timedelta(days=10)
    book.ask("declan", "1.2", person="orla", days=40)
    assert stand(world.orla, book.chapters["1.2"]).due_on == TODAY() + timedelta(days=40)
    assert stand(world.shauna, book.chapters["1.2"]).due_on == TODAY() + timedelta(days=10)


def test_what_was_read_before_counts_and_is_not_told(book, world):
    book.read("orla", "1.2")
    book.ask("declan", "1.2", team="declan")
    assert stand(world.orla, book.chapters["1.2"]).confirmed_number == 1
    assert notices(world.orla) == []
    assert len(notices(world.shauna)) == 1


def test_withdrawn_asks_no_more_and_leaves_what_others_ask_and_what_was_confirmed(book, world):
    first = book.ask("declan", "1.2", team="declan", days=30)
    second = book.ask("ciara", "1.2", "2.1", days=9)
    book.read("shauna", "1.2")
    end(second, world.ciara)
    assert stand(world.orla, book.chapters["2.1"]).asked_at is None
    left = stand(world.orla, book.chapters["1.2"])
    assert (left.assignment_id, left.due_on) == (first, TODAY() + timedelta(days=30))
    assert stand(world.femi, book.chapters["1.2"]).asked_at is None
    assert stand(world.shauna, book.chapters["1.2"]).confirmed_number == 1
    end(first, world.declan)
    assert stand(world.orla, book.chapters["1.2"]).asked_at is None
    row = db.session.get(ReadingAssignment, first)
    assert (row.ended_reason, row.ended_by_id) == ("Asked by mistake", world.declan.user_id)


def test_who_may_withdraw_what(book, world):
    from caseapp.policy import rules
    from caseapp.policy.do import Do

    wide = book.ask("ciara", "1.2")
    own = book.ask("declan", "2.1", team="declan")
    for who, assignment, sees, ends in (
        ("declan", wide, True, False),
        ("declan", own, True, True),
        ("ciara", own, True, True),
        ("amina", wide, False, False),
        ("brid", own, False, False),
        ("nora", wide, False, False),
    ):
        viewer = getattr(world, who)
        file = policy.find_assignment(viewer, assignment)
        assert (file is not None) == sees, who
        if file:
            assert rules.may(viewer, Do.END_ASSIGNMENT, file) == ends, who


def test_two_who_withdraw_at_once_do_not_overwrite_each_other(book, world):
    made = book.ask("declan", "1.2", team="declan")
    file = policy.find_assignment(world.declan, made)
    with pytest.raises(Stale):
        reading_assign.withdraw(file, actor=world.declan, at=clock.now(), version=9, reason="x")


# --- waivers ----------------------------------------------------------------------------------------------------


def waive(book, world, who="orla", number="1.2", reason="On leave until spring"):
    reader = policy.find_reader(world.declan, getattr(world, who).user_id)
    return reading_waivers.waive(
        reader, book.chapters[number], actor=world.declan, at=clock.now(), reason=reason
    )


def test_a_waiver_has_a_reason_stands_against_later_asking_and_can_be_lifted(book, world):
    """C12: assigned -> waived (manager, reason)."""
    book.ask("declan", "1.2", team="declan")
    with pytest.raises(RuleBroken):
        waive(book, world, reason="")
    waive(book, world)
    assert waive(book, world) == db.session.scalar(select(ReadingWaiver.id))
    assert stand(world.orla, book.chapters["1.2"]).waived_at is not None
    book.ask("ciara", "1.2")
    assert stand(world.orla, book.chapters["1.2"]).waived_at is not None
    assert len(notices(world.orla)) == 1  # of the first asking only
    reader = policy.find_reader(world.declan, world.orla.user_id)
    reading_waivers.lift(reader, book.chapters["1.2"], actor=world.declan, at=clock.now())
    assert stand(world.orla, book.chapters["1.2"]).waived_at is None
    kept = db.session.scalars(select(ReadingWaiver)).one()
    assert kept.lifted_by_id == world.declan.user_id and kept.reason == "On leave until spring"


def test_a_waiver_outlives_the_assignment_it_was_made_for(book, world):
    made = book.ask("declan", "1.2", team="declan")
    waive(book, world)
    end(made, world.declan)
    assert stand(world.orla, book.chapters["1.2"]).waived_at is None  # asked of nobody
    book.ask("ciara", "1.2")
    assert stand(world.orla, book.chapters["1.2"]).waived_at is not None


def test_nobody_but_the_own_line_manager_knows_a_reader(world, book):
    for who in ("ciara", "femi", "orla", "amina", "nora", "root", "sinead"):
        assert policy.find_reader(getattr(world, who), world.orla.user_id) is None, who
    assert policy.find_reader(world.declan, world.orla.user_id).name == "Orla Keaveney"
    assert policy.find_reader(world.declan, world.femi.user_id) is None


# --- read again -------------------------------------------------------------------------------------------------


def test_a_minor_edit_asks_nobody_again_and_one_to_be_read_again_asks_everybody(book, world):
    """X-14: outdated is derived, and asked again only when the editor said so."""
    from caseapp.queries import reading_matrix

    book.ask("declan", "1.2", team="declan", days=5)
    book.read("orla", "1.2")

    def cell():
        found = reading_matrix.matrix(reading_matrix.Wanted(), viewer=world.declan)
        orla = next(one for one in found.readers if one.name.startswith("Orla"))
        return orla.cells[0], orla.figures

    book.again("1.2", change=ChapterChange.MINOR)
    assert cell()[0].key == "current" and cell()[1].said == "1 of 1"
    read_by = TODAY() + timedelta(days=12)
    book.again("1.2", read_by=read_by)
    now, figures = cell()
    assert (now.key, now.confirmed, now.due_on, figures.said) == ("outdated", 1, read_by, "0 of 1")
    assert now.words.startswith("v1, due ")
    # Shauna never read it: her earlier day stands
    assert stand(world.shauna, book.chapters["1.2"]).due_on == TODAY() + timedelta(days=5)


def test_what_is_new_is_said_to_those_who_read_an_earlier_version_and_to_no_newcomer(book, world, as_):
    book.ask("declan", "1.2", team="declan", days=5)
    book.read("orla", "1.2")
    book.again("1.2", read_by=TODAY() + timedelta(days=12))
    for page, says in (("/procedures/my-reading", "New: "), ("/procedures/confirm", "Read again")):
        assert says in as_("orla").get(page).text, page
        shauna = as_("shauna").get(page).text
        assert says not in shauna and "1.2" in shauna, page


# --- sets and starters ------------------------------------------------------------------------------------------


def make_set(book, world, *numbers, **more):
    return reading_sets.create(
        actor=world.ciara,
        at=clock.now(),
        **{"name": "Induction", "induction": True, "due_days": 28} | more,
        chapter_ids=[book.chapters[one] for one in numbers],
    )


def invite(world, **more):
    made = accounts.invite(
        actor=world.ciara,
        at=clock.now(),
        link_to=lambda token: f"https://caseapp.example/{token}",
        **{
            "email": "new@canal.example",
            "name": "Grace Newly-Here",
            "roles": Role.WORKER,
            "line_manager_id": world.declan.user_id,
        }
        | more,
    )
    return made.id


def asked_of(user_id):
    return {
        row.chapter_id: row
        for row in db.session.scalars(
            select(ReadingStanding).where(
                ReadingStanding.user_id == user_id, ReadingStanding.asked_at.is_not(None)
            )
        )
    }


def test_new_starters_get_the_induction_set_by_themselves_once(book, world):
    """S1-17; issue 5: new starters get the induction set by themselves."""
    make_set(book, world, "1.2", "3.4")
    make_set(book, world, "9.1", name="For managers", roles=Role.LINE_MANAGER)
    make_set(book, world, "2.1", name="Everyday", induction=False)
    grace = invite(world)
    found = asked_of(grace)
    assert set(found) == {book.chapters["1.2"], book.chapters["3.4"]}
    assert {row.due_on for row in found.values()} == {TODAY() + timedelta(days=28)}
    assert reading_starters.start(grace, at=clock.now()) == 0
    plain = list(db.session.scalars(select(Notification.plain).where(Notification.user_id == grace)))
    assert len(plain) == 1 and "Grace" not in plain[0]
    assert policy.find_reader(world.declan, grace) is not None


def test_whoever_comes_later_is_asked_by_what_says_so(book, world):
    book.ask(
        "ciara",
        "2.1",
        target=Target(world.agencies["canal"], ReadingTarget.ROLE, role=Role.WORKER),
        due_days=20,
    )
    book.ask("ciara", "3.4", target=Target(world.agencies["canal"], ReadingTarget.ROLE, role=Role.WORKER))
    grace = invite(world)
    found = asked_of(grace)
    assert set(found) == {book.chapters["2.1"]}
    assert found[book.chapters["2.1"]].due_on == TODAY() + timedelta(days=20)


def test_whoever_changes_role_or_team_is_asked_what_is_asked_there(book, world):
    canal = world.agencies["canal"]
    book.ask("ciara", "9.1", target=Target(canal, ReadingTarget.ROLE, role=Role.LINE_MANAGER), due_days=15)
    row = db.session.get(User, world.shauna.user_id)
    accounts.change_roles(
        row.id,
        actor=world.ciara,
        at=clock.now(),
        version=row.version,
        roles=Role.WORKER | Role.LINE_MANAGER,
    )
    assert set(asked_of(world.shauna.user_id)) == {book.chapters["9.1"]}


def test_a_set_is_changed_by_one_at_a_time_and_put_away(book, world):
    made = make_set(book, world, "1.2")
    with pytest.raises(RuleBroken):
        make_set(book, world, "1.2")  # the name is taken
    with pytest.raises(RuleBroken):
        make_set(book, world, name="Empty")
    with pytest.raises(NotAllowed):
        reading_sets.create(
            actor=world.declan, at=clock.now(), name="Mine", chapter_ids=[book.chapters["1.2"]]
        )
    file = policy.find_set(world.ciara, made)
    assert policy.find_set(world.brid, made) is None
    values = {"name": "Induction", "induction": True, "due_days": 14, "chapter_ids": [book.chapters["2.1"]]}
    reading_sets.change(file, actor=world.ciara, at=clock.now(), version=file.version, **values)
    with pytest.raises(Stale):
        reading_sets.change(file, actor=world.ciara, at=clock.now(), version=file.version, **values)
    reading_sets.end(file, actor=world.ciara, at=clock.now())
    assert policy.find_set(world.ciara, made) is None
    assert asked_of(invite(world)) == {}


def test_a_set_asks_for_its_chapters_and_single_ones_once_each(book, world):
    made = make_set(book, world, "1.2", "3.4", induction=False)
    book.ask("declan", "3.4", "9.1", team="declan", set_id=made)
    assert set(asked_of(world.orla.user_id)) == {book.chapters[one] for one in ("1.2", "3.4", "9.1")}
