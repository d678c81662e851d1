"""Pages of asking, sets and the matrix: what they say, what they refuse, what they keep (S1-17, B11)."""

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import ReadingAssignment, ReadingSet, ReadingStanding
from caseapp.vocabulary import ReadingTarget
from tests.browser import fields_of, parse
from tests.reading_world import book as write_book

ASSIGN = "/reading/assign"


@pytest.fixture
def book(world):
    return write_book(world)


def chapters(book, *numbers):
    return [str(book.chapters[one]) for one in numbers]


def look(client, **typed):
    """The form of asking filled in and sent: the look at who is asked, or the form with its errors."""
    return client.submit(ASSIGN, ASSIGN, **{"reason": "The new rules"} | typed)


def ask(client, seen):
    """The button of the look at who is asked."""
    (form,) = [form for form in parse(seen.text).forms if form.fields.get("step") == "ask"]
    return client.post(ASSIGN, data=form.fields)


def test_before_anybody_is_asked_the_page_says_who_and_nothing_is_written(book, as_, world):
    client = as_("declan")
    book.read("orla", "1.2")
    seen = look(client, target="team", chapters=chapters(book, "1.2"))
    assert seen.status_code == 200
    assert "All of your staff: 2 people" in seen.text
    assert "Orla Keaveney, Shauna Begley." in seen.text
    assert "1 of them has read all of it already" in seen.text
    assert db.session.scalar(select(ReadingAssignment.id)) is None
    assert ask(client, seen).status_code == 303
    made = db.session.scalars(select(ReadingAssignment)).one()
    assert (made.target, made.reason, made.by_id) == (
        ReadingTarget.TEAM,
        "The new rules",
        world.declan.user_id,
    )
    page = client.get("/reading/asked").text
    assert "The team of Declan Moyne" in page and "1 chapter" in page


def test_sending_the_asking_twice_asks_once(book, as_):
    client = as_("declan")
    seen = look(client, target="team", chapters=chapters(book, "1.2", "2.1"))
    assert ask(client, seen).status_code == ask(client, seen).status_code == 303
    assert len(db.session.scalars(select(ReadingAssignment)).all()) == 1


def test_what_was_typed_is_kept_when_the_look_is_left_for_a_change(book, as_):
    client = as_("ciara")
    seen = look(
        client, target="role", role="1", chapters=chapters(book, "3.4"), later="y", due_days="21",
        reason="Kept words",
    )  # fmt: skip
    assert "Everybody with the role worker: 2 people" in seen.text
    assert "has read" not in seen.text  # an administrator is not told
    (form,) = [form for form in parse(seen.text).forms if form.fields.get("step") == "change"]
    again = fields_of(client.post(ASSIGN, data=form.fields).text)
    assert (again["reason"], again["due_days"], again["later"]) == ("Kept words", "21", "y")


def test_an_administrator_is_not_told_who_has_read_what_when_asking(book, as_):
    book.read("orla", "1.2")
    seen = look(as_("ciara"), target="agency", chapters=chapters(book, "1.2"))
    assert "Orla Keaveney" in seen.text and "already" not in seen.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"target": "person"}, "Choose the person"),
        ({"chapters": []}, "Choose at least one chapter, or a set"),
        ({"reason": ""}, "Say in a sentence why it is to be read"),
        ({"due_on-day": "31", "due_on-month": "2", "due_on-year": "2027"}, "There is no 31 February"),
        ({"due_on-day": "1", "due_on-month": "2", "due_on-year": "2024"}, "This day has passed"),
        ({"target": "agency"}, "You can ask your own staff"),
        ({"target": "junk"}, "Choose who reads it"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(book, as_, typed, said):
    answer = look(as_("declan"), **{"target": "team", "chapters": chapters(book, "1.2")} | typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert "reason" in typed or "The new rules" in answer.text
    assert db.session.scalar(select(ReadingAssignment.id)) is None


def test_withdrawing_needs_a_reason_and_says_what_it_does(book, as_, world):
    made = book.ask("declan", "1.2", team="declan")
    client, address = as_("declan"), f"/reading/asked/{ids.written(made)}"
    assert "Whoever was asked by this alone is asked no more" in client.get(address).text
    refused = client.submit(address, f"{address}/withdraw", reason="")
    assert refused.status_code == 422 and "Say why it is withdrawn" in refused.text
    late = client.submit(address, f"{address}/withdraw", reason="Too early", version="9")
    assert (
        late.status_code == 409 and "Look at it, then withdraw it" in late.text
    )  # and is announced: browser.silent
    assert client.submit(address, f"{address}/withdraw", reason="Too early").status_code == 303
    assert "Too early" in client.get(address).text
    assert "The team of Declan" in client.get("/reading/asked?which=ended").text
    assert as_("nora").get(address).status_code == 404
    assert as_("orla").get(address).status_code == 404


def test_sets_are_made_changed_and_put_away_by_the_administrator_alone(book, as_, world):
    client = as_("ciara")
    empty = client.get("/reading/sets").text
    made = client.submit(
        "/reading/sets/new", "/reading/sets/new", name="First weeks", chapters=chapters(book, "1.2", "9.1"),
        induction="y", due_days="20",
    )  # fmt: skip
    assert made.status_code == 303, made.text
    page = client.get("/reading/sets").text
    assert "First weeks" in page and "due 20 days after" in page and "First weeks" not in empty
    one = db.session.scalar(select(ReadingSet).where(ReadingSet.name == "First weeks"))
    address = f"/reading/sets/{ids.written(one.id)}"
    wrong = client.submit(address, address, name="First weeks", due_days="many")
    assert wrong.status_code == 422 and "A number of days from 1 to 730" in wrong.text
    old = fields_of(client.get(address).text)
    assert client.submit(address, address, name="First month").status_code == 303
    stale = client.post(address, data={**old, "name": "Mine", "chapters": chapters(book, "2.1")})
    assert stale.status_code == 409 and "Mine" in stale.text and "First month" in stale.text
    assert "You changed this yourself at " in stale.text
    for who in ("declan", "orla", "femi"):
        assert as_(who).get("/reading/sets").status_code == 403
    assert as_("brid").get(address).status_code == 404
    assert client.submit(f"{address}/end", f"{address}/end").status_code == 303
    assert "is put away" in client.get("/reading/sets").text
    assert "First month" not in client.get("/reading/sets").text


def test_the_matrix_says_when_there_is_nobody_and_when_nothing_was_asked(book, as_, world):
    assert "Nobody of your staff has been asked to read anything" in as_("declan").get("/reading").text
    book.ask("declan", "1.2", team="declan")
    page = as_("declan").get("/reading?which=overdue").text
    assert "What you chose hides the others" in page
    assert as_("declan").get("/reading?page=junk&across=-1&which=x&area=%27&chapters=99").status_code == 200


def test_a_chapter_asked_for_shows_up_with_its_reader(book, as_, world):
    """B11: the person asked finds it under Procedures, with who asked and by when."""
    book.ask("declan", "1.2", team="declan", reason="New rule on photographs")
    page = as_("orla").get("/procedures").text
    assert "Consent and sharing" in page
    stand = db.session.get(ReadingStanding, (world.orla.user_id, book.chapters["1.2"]))
    assert stand.due_on > clock.today()


def test_the_place_in_the_navigation_is_there_for_those_who_have_work_there(book, as_):
    assert 'href="/reading"' in as_("declan").get("/reading").text
    assert 'href="/reading/sets"' in as_("ciara").get("/staff").text
    assert 'href="/reading"' not in as_("orla").get("/account").text
