"""Registering people and keeping what is known of them, as staff see it; on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock, names
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import (
    AuditEntry,
    Case,
    Event,
    GoalStep,
    Notification,
    Person,
    PersonIdentifier,
    PersonRelative,
    PersonTrigram,
    PersonWarning,
)
from caseapp.policy.scopes import find_person
from caseapp.queries import people as read
from caseapp.services import people
from caseapp.vocabulary import RelativeRole, WarningKind
from tests.browser import fields_of


def url(world, rest=""):
    return f"/people/{written(world.person_id)}{rest}"


def niall(world, viewer=None):
    return find_person(viewer or world.orla, world.person_id)


def count(model, *where):
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def changes():
    return db.session.scalars(
        select(AuditEntry.what).where(AuditEntry.act == "changed").order_by(AuditEntry.id)
    ).all()


# --- registering ---------------------------------------------------------------------------------------------------


def look(browser, **typed):
    """The first step: who is it?"""
    return browser.submit("/people/new", "/people/new", **typed)


def register(browser, page, **typed):
    """The second step, from the page that the first one gave."""
    fields = {k: v for k, v in fields_of(page.text).items() if k != "q"}
    return browser.post("/people/new", data=fields | {"step": "register"} | typed)


def test_registering_looks_first_then_writes_down_and_leads_on_to_a_case(world, as_):
    browser = as_("shauna")
    page = look(browser, given_name="Łucja", family_name="Żółć", **{"born_on-year": "1984"})
    assert page.status_code == 200
    assert "knows nobody of this name" in page.text
    answer = register(
        browser,
        page,
        known_as="Lu",
        phone="020 915 0100",
        safe_contact="by text only",
        language="Polish",
        interpreter="y",
        access_needs="reads slowly",
        needs="a doctor",
        preferences="mornings",
        link_number="lk 12",
        other_scheme="DAIS",
        other_number="d-9",
    )
    assert answer.status_code == 303
    row = db.session.scalar(select(Person).where(Person.family_name == "Żółć"))
    assert answer.location.endswith(f"/people/{written(row.id)}/cases/new")
    assert (row.given_name, row.known_as, row.born_on, row.born_approximate) == (
        "Łucja",
        "Lu",
        date(1984, 1, 1),
        True,
    )
    assert (row.language, row.interpreter, row.needs, row.preferences) == (
        "Polish",
        True,
        "a doctor",
        "mornings",
    )
    assert (row.registered_by_agency_id, row.registered_by_id) == (
        world.agencies["canal"],
        world.shauna.user_id,
    )
    kept = db.session.execute(select(PersonIdentifier.scheme, PersonIdentifier.value)).all()
    assert sorted(map(tuple, kept)) == [("DAIS", "D-9"), ("LINK", "LK12")]
    assert set(
        db.session.scalars(select(PersonTrigram.trigram).where(PersonTrigram.person_id == row.id))
    ) == names.trigrams("Łucja Żółć Lu")
    assert changes() == ["person: registered"]
    shown = browser.get(f"/people/{written(row.id)}").text
    for text in ("about 1984", "by text only", "LK12", "Polish", "with an interpreter", "Open a case"):
        assert text in shown, text


def test_somebody_alike_is_shown_and_must_be_ruled_out(world, as_):
    browser = as_("shauna")
    page = look(browser, given_name="Nial", family_name="Raftr")
    assert "May be the same person" in page.text
    assert "Niall Rafter" in page.text
    again = register(browser, page, safe_contact="only by post")
    assert again.status_code == 422
    assert "say that it is none of these" in again.text
    assert "only by post" in again.text
    assert count(Person) == 1
    assert register(browser, again, new_person="y").status_code == 303
    assert count(Person) == 2


def test_a_near_name_with_the_same_birth_is_alike_and_a_far_one_is_not(world, as_):
    browser = as_("shauna")
    birth = {"born_on-day": "11", "born_on-month": "5", "born_on-year": "1989"}
    assert "Niall Rafter" in look(browser, given_name="Neil", family_name="Rafferty", **birth).text
    assert "Niall Rafter" not in look(browser, given_name="Neil", family_name="Rafferty").text
    assert "Niall Rafter" not in look(browser, given_name="Zofia", family_name="Wilk", **birth).text


def test_looking_is_recorded_with_whom_it_showed(world, as_):
    look(as_("shauna"), given_name="Niall", family_name="Rafter")
    found = db.session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "searched")).all()
    assert found == [{"people": [world.person_id], "cases": [world.case_id]}]


@pytest.mark.parametrize("step", ["look", "register"])
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Give at least one name"),
        (
            {"given_name": "Ann", "born_on-day": "31", "born_on-month": "11", "born_on-year": "1989"},
            "There is no 31",
        ),
        ({"given_name": "Ann", "born_on-day": "3"}, "also needs"),
        ({"given_name": "x" * 121}, "At most 120 characters"),
    ],
)
def test_what_cannot_be_a_person_is_sent_back_with_what_was_typed(world, as_, step, typed, says):
    browser = as_("orla")
    data = {"csrf_token": browser.token("/people/new"), "step": step, "family_name": ""} | typed
    answer = browser.post("/people/new", data=data)
    assert answer.status_code == 422
    assert says in answer.text
    assert all(value in answer.text for value in typed.values())
    assert count(Person) == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"given_name": "🙂🙂"}, "A name needs letters"),
        ({"given_name": "Ann", "born_on-year": "1900"}, "more than 125 years"),
        (
            {"given_name": "Ann", "born_on-day": "1", "born_on-month": "1", "born_on-year": "2099"},
            "has not come yet",
        ),
        ({"given_name": "Ann", "other_number": "77"}, "Say which system"),
        ({"given_name": "Ann", "safe_contact": "x" * 301}, "At most 300"),
    ],
)
def test_what_makes_no_sense_is_sent_back_beside_its_field(world, as_, typed, says):
    browser = as_("orla")
    data = {"csrf_token": browser.token("/people/new"), "step": "register"} | typed
    answer = browser.post("/people/new", data=data)
    assert answer.status_code == 422
    assert says in answer.text
    assert count(Person) == 1


@pytest.mark.parametrize(
    "given", ["Zoë 🙂", "Anna\x00Maria", "<b>Bold</b>", "O'Brien & Sons", "名前", "x" * 120]
)
def test_any_name_that_people_have_is_kept_as_written(world, as_, given):
    browser = as_("orla")
    data = {"csrf_token": browser.token("/people/new"), "step": "register", "given_name": given}
    answer = browser.post("/people/new", data=data)
    assert answer.status_code == 303
    kept = db.session.scalar(select(Person).where(Person.id != world.person_id))
    assert kept.given_name == given.replace("\x00", "")
    shown = browser.get(f"/people/{written(kept.id)}").text
    assert "<b>Bold</b>" not in shown


def test_sent_twice_registers_one_person_and_leads_to_the_same_place(world, as_):
    browser = as_("orla")
    page = look(browser, given_name="Uma", family_name="Twice")
    data = fields_of(page.text) | {"step": "register"}
    first, second = browser.post("/people/new", data=data), browser.post("/people/new", data=data)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(Person, Person.family_name == "Twice") == 1


@pytest.mark.parametrize("name", ["brid", "sinead", "gearoid", "root", "femi", "ciara"])
def test_those_who_do_not_practise_register_nobody(world, as_, name):
    browser = as_(name)
    assert browser.get("/people/new").status_code == 403
    data = {"csrf_token": browser.token("/directory"), "step": "register", "given_name": "Ann"}
    assert browser.post("/people/new", data=data).status_code == 403
    assert count(Person) == 1


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_shows_how_to_reach_safely_cases_and_successes(world, as_):
    db.session.add(
        GoalStep(goal_id=world.goals["home"], position=1, text="Viewed a flat", done_on=date(2026, 10, 3))
    )
    db.session.commit()
    text = as_("orla").get(url(world)).text
    for part in ("Niall Rafter", "11 May 1989", "text first, after 10:00", "41 72 93 04", "Viewed a flat"):
        assert part in text, part
    assert "Orla Keaveney" in text
    assert "CANARY-LEAD-address" in text


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("orla", 200),
        ("declan", 200),
        ("shauna", 403),
        ("tomasz", 403),
        ("amina", 403),
        ("leah", 403),
        ("mark", 404),
        ("nora", 404),
        ("brid", 404),
        ("femi", 404),
        ("root", 404),
    ],
)
def test_only_the_lead_agencys_own_open_the_page_or_anything_below_it(world, as_, name, status):
    at = clock.now()
    relative = people.add_relative(
        niall(world), actor=world.orla, at=at, name="CANARY-LEAD-mother", role=RelativeRole.PARENT
    )
    warning = people.add_warning(
        niall(world), actor=world.orla, at=at, kind=WarningKind.SAFETY, text="CANARY-LEAD-warning"
    )
    browser = as_(name)
    for rest in (
        "",
        "/edit",
        "/death",
        "/family/new",
        f"/family/{written(relative)}",
        "/warnings/new",
        f"/warnings/{written(warning)}",
    ):
        answer = browser.get(url(world, rest))
        assert answer.status_code == status, rest
        if status != 200:
            assert "CANARY" not in answer.text
            assert "Rafter" not in answer.text


@pytest.mark.parametrize("name", ["shauna", "tomasz", "leah", "mark", "root"])
def test_nobody_else_changes_anything(world, as_, name):
    at = clock.now()
    relative = people.add_relative(
        niall(world), actor=world.orla, at=at, name="Mam", role=RelativeRole.PARENT
    )
    warning = people.add_warning(niall(world), actor=world.orla, at=at, kind=WarningKind.OTHER, text="x")
    number = people.add_identifier(niall(world), actor=world.orla, at=at, scheme="LINK", value="1")
    before = changes()
    browser = as_(name)
    typed = {
        "csrf_token": browser.token("/directory"),
        "version": "1",
        "given_name": "Changed",
        "name": "Changed",
    }
    typed |= {"text": "Changed", "scheme": "LINK", "value": "9", "decision": "ended", "reason": "none"}
    for rest in (
        "/edit",
        "/death",
        "/death/removal",
        "/family/new",
        f"/family/{written(relative)}",
        f"/family/{written(relative)}/end",
        "/warnings/new",
        f"/warnings/{written(warning)}",
        "/numbers",
        f"/numbers/{written(number)}/removal",
    ):
        assert browser.post(url(world, rest), data=typed).status_code in (403, 404), rest
    assert changes() == before


def test_what_belongs_to_another_person_is_not_there(world, as_):
    at = clock.now()
    other = people.register(actor=world.orla, at=at, given_name="Uma")
    file = find_person(world.orla, other)
    relative = people.add_relative(file, actor=world.orla, at=at, name="Mam", role=RelativeRole.PARENT)
    warning = people.add_warning(file, actor=world.orla, at=at, kind=WarningKind.OTHER, text="x")
    number = people.add_identifier(file, actor=world.orla, at=at, scheme="LINK", value="1")
    browser = as_("orla")
    token = browser.token("/people/new")
    assert browser.get(url(world, f"/family/{written(relative)}")).status_code == 404
    assert browser.get(url(world, f"/warnings/{written(warning)}")).status_code == 404
    gone = browser.post(url(world, f"/numbers/{written(number)}/removal"), data={"csrf_token": token})
    assert gone.status_code == 404
    with pytest.raises(NotVisible):
        people.end_relative(niall(world), relative, actor=world.orla, at=at, version=1)


def test_reading_the_page_is_recorded(world, as_):
    as_("orla").get(url(world))
    rows = db.session.execute(
        select(AuditEntry.what, AuditEntry.person_id, AuditEntry.user_name).where(AuditEntry.act == "read")
    ).all()
    assert [tuple(row) for row in rows] == [("the person's page", world.person_id, "Orla Keaveney")]


# --- changing ------------------------------------------------------------------------------------------------------


def test_a_change_is_kept_told_on_the_timeline_and_found_by_the_new_name(world, as_):
    browser = as_("orla")
    answer = browser.submit(
        url(world, "/edit"), url(world, "/edit"), family_name="Raftery", phone="020 915 0111"
    )
    assert answer.status_code == 303
    row = db.session.get(Person, world.person_id)
    assert (row.family_name, row.phone, row.version) == ("Raftery", "020 915 0111", 2)
    assert row.safe_contact == "text first, after 10:00 CANARY-LEAD-safe"
    change, audience = db.session.execute(select(Event.change, Event.audience)).one()
    assert change == {
        "Family name": ["Rafter", "Raftery"],
        "Phone": ["020 915 0199", "020 915 0111"],
    }
    assert audience == "lead"
    assert changes() == ["person: family name, phone"]
    held = set(db.session.scalars(select(PersonTrigram.trigram)))
    assert held == names.trigrams("Niall Raftery")
    assert "Family name, phone" in browser.get(url(world)).text


def test_saving_without_a_change_writes_nothing(world, as_):
    as_("orla").submit(url(world, "/edit"), url(world, "/edit"))
    assert db.session.get(Person, world.person_id).version == 1
    assert changes() == []


def test_a_stale_edit_shows_both_texts_overwrites_nothing_and_can_then_be_saved(world, as_):
    browser = as_("orla")
    mine = fields_of(browser.get(url(world, "/edit")).text) | {"address": "MINE Harbour Row"}
    mine.pop("q", None)
    people.amend(
        niall(world, world.declan), actor=world.declan, at=clock.now(), version=1, address="THEIRS Canal Row"
    )
    db.session.commit()
    answer = browser.post(url(world, "/edit"), data=mine)
    assert answer.status_code == 409
    for text in ("THEIRS Canal Row", "MINE Harbour Row", "Declan Moyne", "Nothing is lost"):
        assert text in answer.text, text
    assert db.session.get(Person, world.person_id).address == "THEIRS Canal Row"
    again = {k: v for k, v in fields_of(answer.text).items() if k != "q"}
    assert again["address"] == "MINE Harbour Row"
    assert browser.post(url(world, "/edit"), data=again).status_code == 303
    assert db.session.get(Person, world.person_id).address == "MINE Harbour Row"


@pytest.mark.parametrize("version", ["", "0", "x", "-1", "9" * 30, "²"])
def test_a_version_that_no_form_carries_is_stale(world, as_, version):
    answer = as_("orla").submit(url(world, "/edit"), url(world, "/edit"), version=version, phone="1")
    assert answer.status_code == 409
    assert db.session.get(Person, world.person_id).phone == "020 915 0199"


def test_the_name_cannot_be_emptied(world, as_):
    answer = as_("orla").submit(url(world, "/edit"), url(world, "/edit"), given_name="", family_name="")
    assert answer.status_code == 422
    assert "Give at least one name" in answer.text
    only = as_("orla").submit(url(world, "/edit"), url(world, "/edit"), given_name="")
    assert only.status_code == 303


def test_a_death_is_recorded_after_saying_what_it_does_and_can_be_taken_back(world, as_):
    browser = as_("declan")
    assert "Nothing is closed or deleted" in browser.get(url(world, "/death")).text
    empty = browser.submit(url(world, "/death"), url(world, "/death"))
    assert empty.status_code == 422
    day = {"died_on-day": "3", "died_on-month": "Nov", "died_on-year": "2026"}
    assert browser.submit(url(world, "/death"), url(world, "/death"), **day).status_code == 303
    assert db.session.get(Person, world.person_id).died_on == date(2026, 11, 3)
    assert "Died 3 Nov 2026" in browser.get(url(world)).text
    assert db.session.scalars(select(Notification.user_id)).all() == [world.orla.user_id]
    assert db.session.get(Case, world.case_id).closed_at is None
    browser.submit(url(world, "/death"), url(world, "/death/removal"))
    assert db.session.get(Person, world.person_id).died_on is None


@pytest.mark.parametrize(
    ("day", "says"), [(date(2099, 1, 1), "has not come yet"), (date(1980, 1, 1), "before the date of birth")]
)
def test_a_day_of_death_must_make_sense(world, day, says):
    with pytest.raises(RuleBroken, match=says):
        people.record_death(niall(world), actor=world.orla, at=clock.now(), version=1, died_on=day)


# --- carers and family ---------------------------------------------------------------------------------------------


def test_a_carer_is_added_with_what_they_may_be_told(world, as_):
    browser = as_("orla")
    answer = browser.submit(
        url(world, "/family/new"),
        url(world, "/family/new"),
        name="Máire Rafter",
        role="parent",
        engaged="yes",
        may_be_told="when the reviews are",
        willing_and_able="as long as she has a break",
        **{"checked_on-day": "3", "checked_on-month": "9", "checked_on-year": "2026"},
    )
    assert answer.status_code == 303
    text = browser.get(url(world)).text
    for part in ("Máire Rafter", "May be told: when the reviews are", "asked 3 Sep 2026"):
        assert part in text, part
    assert changes() == ["person: relative added"]


def test_family_that_takes_part_needs_what_it_may_be_told_and_others_are_told_nothing(world, as_):
    browser = as_("orla")
    refused = browser.submit(url(world, "/family/new"), url(world, "/family/new"), name="Mam", engaged="yes")
    assert refused.status_code == 422
    assert "Say what they may be told" in refused.text
    assert count(PersonRelative) == 0
    assert (
        browser.submit(
            url(world, "/family/new"), url(world, "/family/new"), name="Mam", engaged="no"
        ).status_code
        == 303
    )
    assert "Takes no part: tell them nothing." in browser.get(url(world)).text


def test_a_relative_is_changed_and_ended_and_stays_in_the_record(world, as_):
    added = people.add_relative(
        niall(world),
        actor=world.orla,
        at=clock.now(),
        name="Mam",
        role=RelativeRole.PARENT,
        engaged=True,
        may_be_told="all",
    )
    page = url(world, f"/family/{written(added)}")
    browser = as_("orla")
    assert browser.submit(page, page, may_be_told="reviews only").status_code == 303
    change = db.session.scalars(select(Event.change).order_by(Event.id.desc())).first()
    assert change == {"May be told": ["all", "reviews only"]}
    junk = browser.submit(page, page + "/end", version="9" * 301)
    assert junk.status_code == 422 and "At most 300 characters" in junk.text
    assert browser.submit(page, page + "/end").status_code == 303
    row = db.session.get(PersonRelative, added)
    assert row.ended_at
    assert not row.engaged
    assert "No longer part of this (1)" in browser.get(url(world)).text
    assert browser.submit(page, page, name="Again").status_code == 422


def test_a_stale_change_of_a_relative_shows_both_texts(world, as_):
    at = clock.now()
    added = people.add_relative(niall(world), actor=world.orla, at=at, name="Mam", role=RelativeRole.PARENT)
    page = url(world, f"/family/{written(added)}")
    browser = as_("orla")
    mine = fields_of(browser.get(page).text) | {"phone": "MINE 1"}
    people.amend_relative(
        niall(world, world.declan), added, actor=world.declan, at=at, version=1, phone="THEIRS 2"
    )
    db.session.commit()
    mine["version"] = "1"
    answer = browser.post(page, data=mine)
    assert answer.status_code == 409
    assert "MINE 1" in answer.text
    assert "THEIRS 2" in answer.text
    with pytest.raises(Stale):
        people.end_relative(niall(world), added, actor=world.orla, at=at, version=1)


# --- warnings ------------------------------------------------------------------------------------------------------


def later(days=90):
    day = clock.today() + timedelta(days=days)
    return {"review_on-day": str(day.day), "review_on-month": str(day.month), "review_on-year": str(day.year)}


def test_a_warning_stands_first_tells_the_team_and_has_a_day_to_look_again(world, as_):
    browser = as_("declan")
    page = url(world, "/warnings/new")
    without_day = browser.submit(page, page, kind="safety", text="Meet in pairs")
    assert without_day.status_code == 422
    assert "carries a warning for ever" in without_day.text
    assert "Meet in pairs" in without_day.text
    assert browser.submit(page, page, kind="safety", text="Meet in pairs", **later()).status_code == 303
    text = browser.get(url(world)).text
    assert text.index("Meet in pairs") < text.index("Contact and access")
    assert db.session.scalars(select(Notification.user_id)).all() == [world.orla.user_id]
    past = browser.submit(page, page, kind="safety", text="x", **later(-1))
    assert past.status_code == 422


def test_a_warning_is_kept_with_a_new_day_or_ended_with_a_reason(world, as_):
    added = people.add_warning(
        niall(world), actor=world.orla, at=clock.now(), kind=WarningKind.SAFETY, text="Meet in pairs"
    )
    page = url(world, f"/warnings/{written(added)}")
    browser = as_("orla")
    assert browser.submit(page, page, decision="holds").status_code == 422
    assert browser.submit(page, page, decision="holds", text="Meet in threes", **later()).status_code == 303
    assert "Meet in threes" in browser.get(url(world)).text
    refused = browser.submit(page, page, decision="ended")
    assert refused.status_code == 422
    assert "Say why it holds no more" in refused.text
    assert browser.submit(page, page, decision="ended", reason="he moved").status_code == 303
    row = db.session.get(PersonWarning, added)
    assert (row.ended_reason, row.ended_by_id) == ("he moved", world.orla.user_id)
    text = browser.get(url(world)).text
    assert "Ended warnings (1)" in text
    assert "he moved" in text


def test_a_warning_that_is_due_says_so_where_it_is_mended(world, as_):
    at = clock.now() - timedelta(days=40)
    people.add_warning(
        niall(world),
        actor=world.orla,
        at=at,
        kind=WarningKind.HEALTH,
        text="Allergy",
        review_on=clock.today() - timedelta(days=2),
    )
    assert "To be looked at again since" in as_("orla").get(url(world)).text


# --- numbers -------------------------------------------------------------------------------------------------------


def test_a_number_is_added_and_taken_off_in_its_place(world, as_):
    browser = as_("orla")
    answer = browser.submit(url(world), url(world, "/numbers"), htmx=True, scheme="LINK", value="lk 1")
    assert answer.status_code == 200
    assert answer.headers["HX-Fragment"]
    assert "LK1" in answer.text
    twice = browser.submit(url(world), url(world, "/numbers"), htmx=True, scheme="LINK", value="LK1")
    assert twice.status_code == 422
    assert "here already" in twice.text
    plain = browser.submit(url(world), url(world, "/numbers"), scheme="PASS", value="")
    assert plain.status_code == 422
    assert "Write the number" in plain.text
    row = db.session.scalar(select(PersonIdentifier.id))
    gone = browser.submit(url(world), url(world, f"/numbers/{written(row)}/removal"))
    assert gone.status_code == 303
    assert count(PersonIdentifier) == 0


# --- use cases for the world loader and the import -----------------------------------------------------------------


def test_find_same_knows_only_whom_the_viewer_may_know_of(world):
    born = date(1989, 5, 11)
    assert [one.id for one in people.find_same("Niall Raftr", born, viewer=world.orla)] == [world.person_id]
    assert people.find_same("Niall Raftr", born, viewer=world.mark) == []
    assert people.find_same("", None, viewer=world.orla) == []


def test_nothing_but_known_fields_is_taken(world):
    with pytest.raises(TypeError, match="no such thing"):
        people.register(actor=world.orla, at=clock.now(), given_name="Ann", died_on=date(2020, 1, 1))


def test_a_person_of_another_agency_is_nobodys_page(world):
    mine = people.register(actor=world.mark, at=clock.now(), given_name="Uma")
    assert read.page(mine, viewer=world.mark)
    for viewer in (world.orla, world.tomasz, world.brid):
        assert read.page(mine, viewer=viewer) is None
        assert read.known(mine, viewer=viewer) is None
        assert read.numbers(mine, viewer=viewer) == ()
