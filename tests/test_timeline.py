"""The timeline: who did what, when, and never more than the reader may see."""

import pytest

from caseapp import clock
from caseapp.services import events
from caseapp.vocabulary import Audience

TIMELINE = "/cases/41729304/timeline"


@pytest.fixture
def told(world, db_session):
    """One event for each audience, as the services write them."""
    case = world.case_for(world.orla)

    def say(words, audience, **more):
        events.happened(case, "note", words, actor=world.orla, at=clock.now(), audience=audience, **more)

    say("CANARY-EVENT-lead", Audience.LEAD)
    say("CANARY-EVENT-plan", Audience.PLAN)
    say("CANARY-EVENT-harbour", Audience.AGENCY, for_agency_id=world.agencies["harbour"])
    say("CANARY-EVENT-northgate", Audience.AGENCY, for_agency_id=world.agencies["northgate"])
    say(
        "CANARY-EVENT-letter",
        Audience.ACTION,
        action_id=world.actions["letter"],
        change={"Status": ["Asked", "CANARY-CHANGE"]},
    )
    say("CANARY-EVENT-dose", Audience.ACTION, action_id=world.actions["dose"])
    say("CANARY-EVENT-detox", Audience.ACTION, action_id=world.actions["detox"])
    say("CANARY-EVENT-all", Audience.ALL)
    db_session.commit()
    return ("lead", "plan", "harbour", "northgate", "letter", "dose", "detox", "all")


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("orla", {"lead", "plan", "harbour", "northgate", "letter", "dose", "detox", "all"}),
        ("declan", {"lead", "plan", "harbour", "northgate", "letter", "dose", "detox", "all"}),
        ("tomasz", {"harbour", "letter", "all"}),
        ("leah", {"plan", "letter", "dose", "detox", "all"}),
        ("shauna", {"all"}),
    ],
)
def test_each_reader_sees_the_lines_for_them_and_no_others(world, as_, told, name, sees):
    text = as_(name).get(TIMELINE).text
    assert {word for word in told if f"CANARY-EVENT-{word}" in text} == sees
    assert ("CANARY-CHANGE" in text) == ("letter" in sees)


def test_what_is_not_shown_is_not_counted_either(world, as_, told):
    assert "3 entries, all shown" in as_("tomasz").get(TIMELINE).text
    assert "8 entries, all shown" in as_("orla").get(TIMELINE).text


@pytest.mark.parametrize("name", ["mark", "nora", "root", "femi", "sinead"])
def test_for_others_there_is_none(world, as_, told, name):
    assert as_(name).get(TIMELINE).status_code == 404


def test_old_and_new_values_stand_beside_each_other(world, as_, told):
    text = as_("tomasz").get(TIMELINE).text
    assert "<del><span" in text and "CANARY-CHANGE</ins>" in text


def test_it_is_narrowed_by_what_and_by_agency_and_junk_is_left_out(world, as_, told):
    orla = as_("orla")
    assert "CANARY-EVENT-lead" in orla.get(TIMELINE + "?group=notes").text
    assert "CANARY-EVENT" not in orla.get(TIMELINE + "?group=consent").text
    assert "CANARY-EVENT" not in orla.get(TIMELINE + f"?agency={world.agencies['harbour']}").text
    for junk in ("?group=nonsense&agency=x", "?page=-1", "?page=99999999", "?agency=" + "9" * 30, "?page=²"):
        assert orla.get(TIMELINE + junk).status_code == 200, junk


def test_newest_first_in_pages(world, as_, db_session):
    case = world.case_for(world.orla)
    for number in range(35):
        events.happened(case, "note", f"Number {number:02}", actor=world.orla, at=clock.now())
    db_session.commit()
    first, second = as_("orla").get(TIMELINE).text, as_("orla").get(TIMELINE + "?page=2").text
    assert (
        first.index("Number 34") < first.index("Number 33")
        and "Number 04" in second
        and "Number 04" not in first
    )


def test_a_change_that_was_stored_oddly_breaks_nothing(world, as_, db_session):
    case = world.case_for(world.orla)
    for change in ({"x": None}, {"x": ["a"]}, {"x": [None, 3]}, {"x": "y"}):
        events.happened(case, "note", "odd", actor=world.orla, at=clock.now(), change=change)
    db_session.commit()
    assert as_("orla").get(TIMELINE).status_code == 200
