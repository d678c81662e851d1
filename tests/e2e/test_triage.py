"""A coordinator's morning: Sinéad sorts what has come up, answers many at once, makes the group's agenda and publishes the
register; a worker reads both answer and register (S3-74, S2-39, screen 08a)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import DECLAN, says

pytestmark = pytest.mark.e2e

SINEAD = "sinead@liffeynorth.example"
GEAROID = "gearoid@national.example"
KIT = "kit@lantern.example"


def tick(page, *titles):
    for title in titles:
        page.get_by_role("row").filter(has_text=title).locator(".pick input").check()


def whole(page, script):
    """Without a fault that a machine can find; it needs script to look."""
    if script:
        found = faults(page)
        assert not found, found


def test_a_coordinator_starts_with_triage_and_answers_many_at_once(live, browse, sign_in, script):
    page = sign_in(browse(script), SINEAD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Gaps and blocks")
    says(page, "No person is named in this list.")
    whole(page, script)
    page.get_by_label("Urgency").select_option("yes")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Six-month wait for trauma counselling")).to_have_count(0)
    says(page, "No detox bed that takes a mother with a baby")
    page.get_by_role("link", name="Show all", exact=True).click()
    tick(page, "Six-month wait for trauma counselling", "Clinic asks a GP letter")
    page.get_by_role("button", name="Reply to all who raised them").click()
    whole(page, script)
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.get_by_label("What those who raised them should know").fill("The group takes it up in December.")
    page.get_by_role("button", name="Send the reply").click()
    says(page, re.compile("everybody who raised one is told"))
    assert live.value("SELECT count(*) FROM escalation_step WHERE act = 'replied'") == 2

    kit = sign_in(browse(script), KIT, "/gaps-and-blocks")
    kit.get_by_role("link", name=re.compile("Six-month wait for trauma counselling")).first.click()
    says(kit, "The group takes it up in December.")


def test_what_is_ticked_gets_a_theme_and_goes_on_the_groups_agenda(live, browse, sign_in, script):
    page = sign_in(browse(script), SINEAD)
    tick(page, "Interpreter refused for key work")
    page.get_by_role("button", name="Give a theme").click()
    page.get_by_label(re.compile("^Or a new theme")).fill("Language")
    page.get_by_role("button", name="Give this theme").click()
    expect(page.get_by_role("row").filter(has_text="Interpreter refused")).to_contain_text("Language")
    tick(page, "Interpreter refused for key work")
    page.get_by_role("button", name="Put on the group’s agenda").click()
    page.get_by_label("Agenda", exact=True).select_option(index=1)
    page.get_by_role("button", name="Put on the agenda").click()
    expect(page.get_by_role("button", name="Put on the agenda")).to_have_count(0)
    says(page, "Interpreter refused for key work, allowed for doctors")
    whole(page, script)
    page.get_by_role("button", name=re.compile("^Up")).last.click()
    says(page, "Moved.")
    page.get_by_role("link", name="Print this agenda").click()
    says(page, "no person is named or to be named")
    whole(page, script)


def test_the_same_gap_becomes_one_entry_and_is_published_to_all(live, browse, sign_in, script):
    page = sign_in(browse(script), SINEAD)
    tick(page, "Six-month wait for trauma counselling")
    page.get_by_role("button", name="Join as one").click()
    page.get_by_role("button", name="Join them in the register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Six-month wait for trauma counselling")
    whole(page, script)
    page.get_by_label(re.compile("^What was asked")).fill("Two more counsellors.")
    page.get_by_role("button", name="Save the entry").click()
    says(page, re.compile("^Saved. Agencies read it once"))
    page.get_by_role("link", name="Register", exact=True).click()
    page.get_by_role("link", name="Publish an edition").click()
    whole(page, script)
    page.get_by_role("button", name="Publish to all agencies").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.get_by_text("I have read every line").click()
    page.get_by_role("button", name="Publish to all agencies").click()
    says(page, re.compile("^Published."))

    kit = sign_in(browse(script), KIT, "/register")
    says(kit, "Six-month wait for trauma counselling")
    expect(kit.get_by_role("link", name="Publish an edition")).to_have_count(0)
    whole(kit, script)


def test_each_reads_the_report_that_is_theirs(live, browse, sign_in):
    for who, whose in (
        (DECLAN, "Canal Street Drug Service"),
        (SINEAD, "Liffey North"),
        (GEAROID, "All areas"),
    ):
        page = sign_in(browse(True), who, "/reports")
        says(page, re.compile(f"^{whose}, "))
        assert page.locator("svg.ca-chart").count() <= 2
        whole(page, True)
