"""The doors of a case in a real browser: an emergency at night and its review, and somebody who is shut out (X-7, X-8)."""

import os
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import NIALL, ORLA, PLAN, choose, put_day, says

pytestmark = pytest.mark.e2e

LORCAN, FEMI, MAEVE, SHAUNA, LEAH = (
    "lorcan@quayhouse.example",
    "femi@canal.example",
    "maeve@canal.example",
    "shauna@canal.example",
    "leah@millroad.example",
)
WHY = "Found on the stairs again, hardly awake, and his girlfriend has gone."


def sound(page, name):
    """No fault by axe, nowhere wider than the window; with LOOKS the page's picture is kept."""
    found = faults(page)
    if folder := os.environ.get("LOOKS"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 1000})
    assert not found, found


def test_a_night_worker_opens_one_record_and_the_officer_reviews_it(live, browse, sign_in, script):
    page = sign_in(browse(script), LORCAN, PLAN)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Niall")
    page.goto("/emergency")
    page.get_by_role("button", name="Open the record").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    sound(page, "emergency-begin")
    choose(page, "Overdose or poisoning")
    page.get_by_label("What has happened").fill(WHY)
    page.get_by_label("First name").fill("Niall")
    page.get_by_label("Family name").fill("Rafter")
    put_day(page, "Date of birth", date(1989, 5, 11))
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Niall Rafter")
    says(page, "never ring his mother")
    sound(page, "emergency-record")
    page.goto("/directory")
    expect(page.locator(".ca-emergency")).to_contain_text("minutes left")
    page.goto(PLAN)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Niall")
    page.locator(".ca-emergency").get_by_role("button", name="End it now").click()
    says(page, "Ended. The record is closed to you again.")
    expect(page.locator(".ca-emergency")).to_have_count(0)

    officer = sign_in(browse(script), FEMI, "/emergency/reviews")
    sound(officer, "emergency-reviews")
    officer.get_by_role("link", name="Lorcan Sheehy").last.click()
    says(officer, "Found on the stairs again")
    sound(officer, "emergency-review")
    choose(officer, "Justified")
    officer.get_by_label("Why, and what was done about it").fill(
        "The shelter’s log of that night says the same."
    )
    officer.get_by_role("button", name="Save and tell the case manager").click()
    says(officer, "Written down.")
    assert live.value("SELECT count(*) FROM emergency_review") == 2


def test_somebody_is_shut_out_and_sees_nothing_on_their_next_step(live, browse, sign_in, script):
    leah = sign_in(browse(script), LEAH, PLAN)
    expect(leah.get_by_role("heading", level=1)).to_contain_text("Niall")
    page = sign_in(browse(script), ORLA, f"/cases/{NIALL}/team")
    page.get_by_role("link", name="See who and why").click()
    sound(page, "denials")
    page.get_by_role("link", name="Shut somebody out").click()
    sound(page, "denial-new")
    page.get_by_label("Who may not know of this case").select_option(label="Leah Quigg, Mill Road Clinic")
    choose(page, "Family of the person")
    page.get_by_label("Why, in your own words").fill("She is his cousin, and said so today.")
    page.get_by_role("button", name="Shut them out").click()
    says(page, "Recorded. From their next step on they see nothing of this person.")
    leah.goto(PLAN)
    expect(leah.get_by_role("heading", level=1)).not_to_contain_text("Niall")
    sound(page, "denials-after")


def test_asking_to_be_let_in_and_being_let_in(live, browse, sign_in, script):
    shauna = sign_in(browse(script), SHAUNA, "/access-requests")
    says(shauna, "Waits for an answer")
    sound(shauna, "requests-own")
    shauna.goto("/access-requests/new")
    sound(shauna, "request-new")
    page = sign_in(browse(script), ORLA, "/access-requests")
    sound(page, "requests-answer")
    page.get_by_role("link", name="Shauna Begley").click()
    sound(page, "request-one")
    choose(page, "Refuse")
    page.get_by_label("In words").fill("The group leader has what you need: ring her.")
    page.get_by_role("button", name="Save your answer").click()
    says(page, "Refused.")
    shauna.goto("/access-requests")
    says(shauna, "The group leader has what you need")


def test_the_administrator_s_lists(live, browse, sign_in):
    page = sign_in(browse(True), MAEVE, "/emergency/rights")
    says(page, "On call for the outreach van")
    sound(page, "emergency-rights")
    page.goto("/conflicts")
    sound(page, "conflicts")
    page.goto("/conflicts/new")
    sound(page, "conflict-new")
