"""Two at once, twice at once, no connection, no session: nothing written is lost, nothing is done twice (S3-66)."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import (
    AMINA,
    BED,
    DECLAN,
    LETTER,
    NIALL,
    ORLA,
    PLAN,
    TOMASZ,
    action,
    action_id,
    choose,
    named,
    notes_of,
    open_row,
    row,
    says,
)

pytestmark = pytest.mark.e2e

HIS = "Met him at noon, he wants the corner room."
HERS = "The roof leaks; he sleeps in room 2 until it is mended."


def note_box(place):
    return place.get_by_label(re.compile("^Note"))


def save(place):
    place.get_by_role("button", name="Save and tell Orla").click()


def both_write(browse, sign_in, script):
    """Tomasz and Amina open the same action; he saves first, she is shown both texts."""
    his, hers = sign_in(browse(script), TOMASZ, PLAN), sign_in(browse(script), AMINA, PLAN)
    places = [open_row(page, BED) for page in (his, hers)]
    note_box(places[0]).fill(HIS)
    save(places[0])
    says(his, "has been told")
    choose(places[1], "Blocked")
    note_box(places[1]).fill(HERS)
    save(places[1])
    says(hers, re.compile("Tomasz Wilk changed this action at .* Nothing is lost"))
    for words in (HIS, HERS):
        expect(hers.locator(".ca-act--open")).to_contain_text(words)
    return hers


def test_whoever_saves_second_gets_both_texts_and_adds_the_own_note(live, browse, sign_in, script):
    hers = both_write(browse, sign_in, script)
    if script:
        expect(hers.get_by_role("alert").filter(has_text="Nothing is lost")).to_be_focused()
        found = faults(hers)
        assert not found, found
    assert action(live, BED)["status"] == "in_progress", "nothing was overwritten"
    assert HERS not in notes_of(live, BED)
    choose(hers, "Tomasz’s changes, with my note added")
    hers.get_by_role("button", name="Save my choice").click()
    says(hers, "has been told")
    assert notes_of(live, BED)[-2:] == [HIS, HERS]
    assert action(live, BED)["status"] == "in_progress"


def test_whoever_saves_second_can_let_the_own_status_and_note_stand(live, browse, sign_in, script):
    hers = both_write(browse, sign_in, script)
    choose(hers, "My status and note, with Tomasz’s new words")
    hers.get_by_role("button", name="Save my choice").click()
    says(hers, "has been told")
    assert notes_of(live, BED)[-2:] == [HIS, HERS], "his note stays in the list of notes"
    assert action(live, BED)["status"] == "blocked"


def test_whoever_saves_second_can_leave_it_as_saved_or_go_on_editing(live, browse, sign_in, script):
    hers = both_write(browse, sign_in, script)
    hers.get_by_role("button", name="Go on editing mine").click()
    box = note_box(hers.locator(".ca-act--open"))
    expect(box).to_have_value(HERS)
    box.fill(HERS + " Wes helps.")
    save(hers)
    says(hers, "has been told")
    assert notes_of(live, BED)[-2:] == [HIS, HERS + " Wes helps."]

    his = sign_in(browse(script), TOMASZ, PLAN)
    mine = open_row(his, BED)
    hers.goto(PLAN)
    theirs = open_row(hers, BED)
    note_box(theirs).fill("Roof is mended.")
    save(theirs)
    says(hers, "has been told")
    note_box(mine).fill("I take this back.")
    save(mine)
    choose(his, "Only Amina’s")
    his.get_by_role("button", name="Save my choice").click()
    expect(his.get_by_role("button", name="Save my choice")).to_have_count(0)
    expect(row(his, BED)).to_contain_text("Roof is mended.")
    assert "I take this back." not in notes_of(live, BED)


def test_two_who_lead_the_case_change_the_words_of_one_action(live, browse, sign_in, script):
    pages = []
    for email in (ORLA, DECLAN):
        page = sign_in(browse(script), email, PLAN)
        page.get_by_role("link", name=named("Open", LETTER)).click()
        page.get_by_role("link", name="Change what this action says").click()
        pages.append(page)
    orla, declan = pages
    orla.get_by_label("What is to be done").fill("Send the housing support letter by mail")
    orla.get_by_role("button", name=re.compile("^Save and")).click()
    says(orla, "Send the housing support letter by mail")
    declan.get_by_label("What is to be done").fill("Send the housing support letter and ring the council")
    declan.get_by_role("button", name=re.compile("^Save and")).click()
    says(declan, re.compile("Orla Keaveney changed this at .*, while you were writing"))
    says(declan, re.compile("Nothing is lost: here are both"))
    expect(declan.locator("main")).to_contain_text("by mail")
    expect(declan.get_by_label("What is to be done")).to_have_value(
        "Send the housing support letter and ring the council"
    )
    assert action(live, LETTER)["version"] == live.value(
        "SELECT version FROM action WHERE what LIKE '%by mail'"
    )
    if script:
        found = faults(declan)
        assert not found, found
    declan.get_by_role("button", name=re.compile("^Save and")).click()
    expect(declan.get_by_role("button", name=re.compile("^Save and"))).to_have_count(0)
    says(declan, "and ring the council")
    assert (
        live.value("SELECT count(*) FROM action WHERE what LIKE 'Send the housing support letter and ring%'")
        == 1
    )


def twice(page, button):
    """A double click, and what it sent has been answered. Without script the browser lets go of the first of two, which is
    worked off all the same: a page later."""
    sent = []
    page.on("request", lambda asked: sent.append(asked) if asked.method == "POST" else None)
    button.dblclick()
    says(page, "has been told")
    assert sent
    for asked in sent:
        asked.response()
    page.reload()


def test_a_double_click_on_save_writes_one_note(live, browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ, PLAN)
    form = open_row(page, BED)
    note_box(form).fill("Clicked twice in a hurry.")
    twice(page, form.get_by_role("button", name="Save and tell Orla"))
    assert notes_of(live, BED).count("Clicked twice in a hurry.") == 1
    assert live.value("SELECT count(*) FROM event WHERE change LIKE '%Clicked twice%'") == 1


def test_a_double_click_on_accept_accepts_once(live, browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ)
    what = "Write a page on how Dessie copes at night"
    before = action(live, what)["version"]
    twice(page, page.get_by_role("button", name=named("Accept", what)))
    assert action(live, what)["version"] == before + 1


def test_without_a_connection_the_text_stays_and_nothing_claims_to_be_saved(live, browse, sign_in):
    page = sign_in(browse(), TOMASZ, PLAN)
    form = open_row(page, BED)
    note_box(form).fill("Typed in the lift.")
    page.route(
        "**/actions/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    save(form)
    expect(form.get_by_role("alert")).to_contain_text(
        "We could not confirm that this was saved. Your text is still here."
    )
    expect(note_box(form)).to_have_value("Typed in the lift.")
    assert "Typed in the lift." not in notes_of(live, BED)
    page.unroute_all()
    save(form)
    says(page, "has been told")
    assert notes_of(live, BED).count("Typed in the lift.") == 1


def test_where_only_the_answer_was_lost_saving_again_does_not_save_twice(live, browse, sign_in):
    page = sign_in(browse(), TOMASZ, PLAN)
    form = open_row(page, BED)
    note_box(form).fill("The answer got lost.")

    def lose_the_answer(route):
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/actions/*", lose_the_answer)
    save(form)
    expect(form.get_by_role("alert")).to_contain_text("Trying again will not save it twice")
    page.unroute_all()
    assert notes_of(live, BED).count("The answer got lost.") == 1
    save(form)
    says(page, "has been told")
    assert notes_of(live, BED).count("The answer got lost.") == 1


def end_session(live, page):
    """What an administrator, the clock or another tab does: the row says that it is over."""
    live.change("UPDATE user_session SET ended_at = ?", datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))


def sign_out_elsewhere(live, page):
    other = page.context.new_page()
    other.goto("/account")
    other.get_by_role("button", name="Sign out", exact=True).click()
    other.wait_for_url("**/signed-out")
    other.close()


@pytest.mark.parametrize("ending", [end_session, sign_out_elsewhere], ids=["ended", "signed-out-elsewhere"])
def test_text_typed_before_the_session_ended_is_kept_over_the_sign_in_and_saved_once(
    live, browse, sign_in, script, ending
):
    page = sign_in(browse(script), TOMASZ, PLAN)
    form = open_row(page, BED)
    choose(form, "Blocked")
    note_box(form).fill("Half an hour of writing.\nOn two lines.")
    ending(live, page)
    save(form)
    says(page, "You were signed out")
    expect(page.locator(".ca-act")).to_have_count(0)  # the sign-in page is a page, not a row
    page.get_by_label("Work e-mail").fill(TOMASZ)
    page.get_by_label("Password", exact=True).fill(live.accounts[TOMASZ]["password"])
    page.get_by_role("button", name="Sign in").click()
    says(page, "Half an hour of writing.")
    assert notes_of(live, BED).count("Half an hour of writing.\nOn two lines.") == 0
    if script:
        found = faults(page)
        assert not found, found
    page.get_by_role("button", name="Save it now").click()
    says(page, "has been told")
    assert notes_of(live, BED).count("Half an hour of writing.\nOn two lines.") == 1
    assert action(live, BED)["status"] == "blocked"


def test_a_row_asked_for_after_the_session_ended_leads_to_the_door_not_into_the_plan(live, browse, sign_in):
    page = sign_in(browse(), TOMASZ, PLAN)
    end_session(live, page)
    page.get_by_role("link", name=named("Update", BED)).click()
    page.wait_for_url(re.compile(r"/sign-in\?next="))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator(".ca-act")).to_have_count(0)
    assert action_id(live, BED)
    assert NIALL in page.url
