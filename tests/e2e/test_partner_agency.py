"""A partner agency's day: Tomasz of Harbour Hostel, with and without script (issue 2, section 8; S2-48, S3-18, S3-66)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import LETTER, ORLA, PLAN, TOMASZ, action, choose, named, notes_of, open_row, row, says

pytestmark = pytest.mark.e2e

SLEEP_NOTES = "Write a page on how Dessie copes at night"
WELFARE = "Go with Marta to the welfare office"
#: What others do in the plans that Harbour Hostel has a part in.
FOREIGN = (
    "Review the dose",
    "Hepatitis C",
    "Refer to Hollow Farm",
    "Parenting course",
    "Move supervision",
    "relapse plan",
)


def test_an_agency_accepts_an_action_from_its_list(live, browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ)
    assert page.url.endswith("/our-actions")
    page.get_by_role("button", name=named("Accept", SLEEP_NOTES)).click()
    says(page, "has been told")
    expect(page.get_by_role("button", name=named("Accept", SLEEP_NOTES))).to_have_count(0)
    assert page.url.endswith("/our-actions")
    assert action(live, SLEEP_NOTES)["status"] == "accepted"
    tomasz = live.value("SELECT id FROM user WHERE email = ?", TOMASZ)
    assert action(live, SLEEP_NOTES)["owner_user_id"] == tomasz, "whoever accepts takes it"


def test_an_agency_reports_an_action_done_in_its_row_of_the_plan(live, browse, sign_in, script):
    page = sign_in(browse(script, width=390), TOMASZ, PLAN)
    form = open_row(page, LETTER)
    assert page.url.endswith(PLAN) is script, "with script the plan stays where it is"
    if script:
        found = faults(page)
        assert not found, found
    choose(form, "Done")
    form.get_by_label("Note").fill("Posted on Friday, a copy is in the house folder.")
    form.get_by_role("button", name="Save and tell Orla").click()
    says(page, re.compile(r"Saved at .*Orla.* has been told"))
    assert re.search(rf"{PLAN}(#|$)", page.url)
    expect(row(page, LETTER)).to_contain_text("Done")
    expect(row(page, LETTER)).to_contain_text("a copy is in the house folder")
    assert action(live, LETTER)["status"] == "completed"
    assert notes_of(live, LETTER)[-1] == "Posted on Friday, a copy is in the house folder."

    orla = sign_in(browse(script), ORLA, "/news")
    says(orla, re.compile(f"Done: {LETTER}"))
    says(orla, re.compile("a copy is in the house folder"))


def test_an_agency_declines_and_must_say_why(live, browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ)
    page.get_by_role("link", name=named("Decline", WELFARE)).click()
    page.get_by_role("button", name="Decline and tell Colm").click()
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_be_focused() if script else expect(summary).to_be_visible()
    assert action(live, WELFARE)["status"] == "requested", "nothing was declined without a reason"
    page.get_by_label(re.compile("^Or decline: why")).fill(
        "Both of us are in court that morning; Thursday would do."
    )
    page.get_by_role("button", name="Decline and tell Colm").click()
    says(page, re.compile("Colm Treacy has been told"))
    assert page.url.endswith("/our-actions")
    declined = action(live, WELFARE)
    assert declined["status"] == "declined"
    assert declined["status_reason"] == "Both of us are in court that morning; Thursday would do."


def test_an_agency_raises_an_issue_and_sees_that_it_waits_for_an_answer(live, browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ, PLAN)
    page.get_by_role("button", name="Send to Orla").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.get_by_label("What should change, and why").fill(
        "The form asks for a bank account he does not have yet."
    )
    page.get_by_role("button", name="Send to Orla").click()
    raised = page.get_by_role("region", name="Issues you raised")
    expect(raised).to_contain_text("a bank account he does not have yet")
    expect(raised).to_contain_text("Answer by")
    assert live.value("SELECT count(*) FROM plan_issue WHERE text LIKE 'The form asks for a bank%'") == 1


def test_an_agency_finds_nothing_of_the_others_actions_on_any_page_it_works_with(browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ, to=None)
    for path in (
        "/our-actions?whose=all",
        PLAN,
        f"{PLAN.removesuffix('plan')}print/part",
        "/news",
        "/people",
    ):
        assert page.goto(path).status == 200, path
        text = page.content()
        assert not [words for words in FOREIGN if words in text], path


def test_a_click_beside_everything_changes_nothing_and_the_skip_link_still_shows_where_one_is(
    browse, sign_in
):
    page = sign_in(browse(), TOMASZ, "/our-actions")
    drawn = "() => { const s = getComputedStyle(document.querySelector('main')); return [s.backgroundColor, s.outlineStyle]; }"
    before = page.evaluate(drawn)
    page.mouse.click(640, 160)
    expect(page.locator("main")).to_be_focused()
    assert page.evaluate(drawn) == before
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("#main")).to_have_css("outline-style", "solid")
    assert page.evaluate(drawn) == [before[0], "solid"]
