"""A person asks for what is kept about them, and it is answered: in a real browser, with and without script (X-5)."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from caseapp import clock
from tests.e2e.steps import says

pytestmark = pytest.mark.e2e

CASE = "/cases/41729304"


def on(part):
    """Fill in the three boxes of today."""
    day = clock.today()
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        part.get_by_label(label, exact=True).fill(str(value))


def test_a_request_is_written_down_looked_through_and_given(live, browse, sign_in, script):
    orla = sign_in(browse(script), "orla@canal.example", CASE)
    orla.get_by_role("link", name="Niall asks for what is kept").click()
    orla.get_by_role("button", name="Write it down and tell those who answer").click()
    expect(orla.locator(".govuk-error-summary")).to_be_visible()
    orla.get_by_label("Spoken, here").check()
    orla.get_by_label("What they asked for, in their own words").fill("All of it, on paper")
    orla.get_by_role("button", name="Write it down and tell those who answer").click()
    says(orla, "Written down. Those who answer have been told.")
    page = orla.url

    declan = sign_in(browse(script), "declan@canal.example", page)
    identity = declan.locator("#identity")
    identity.get_by_label("How you know that it is them").fill("Known in person")
    on(identity)
    identity.get_by_role("button", name="Write it down").click()
    declan.get_by_role("button", name="Gather what is held").click()
    declan.get_by_role("link", name="Look them through").click()
    declan.get_by_role("link", name="Look at it").first.click()
    declan.get_by_label("Withhold it").check()
    declan.get_by_role("button", name="Decide").click()
    expect(declan.locator(".govuk-error-summary")).to_be_visible()
    declan.get_by_label("The ground in law").select_option("third_party")
    declan.get_by_label("Why this ground holds here").fill("It is about his sister")
    declan.get_by_role("button", name="Decide").click()
    says(declan, "Decided.")
    waits = "SELECT count(*) FROM subject_item WHERE decision = 'waiting' AND look_why NOT LIKE 'Kept apart%'"
    for section in (
        "Who you are",
        "Your plan",
        "Notes",
        "Meetings",
        "Gaps and blocks",
        "Disclosures and letters",
    ):
        declan.goto(f"{page}/items?section={section}")
        rest = declan.get_by_role("button", name="Give the rest")
        if rest.count():
            rest.click()
            expect(rest).to_have_count(0)
    assert live.value(waits) == 0
    live.change(
        "UPDATE subject_item SET decision = 'withheld', ground = 'child_protection' WHERE decision = 'waiting'"
    )
    declan.goto(page)
    declan.get_by_role("button", name="Make the pack").click()
    says(declan, "The pack is made. It never changes now.")
    with declan.expect_download() as taken:
        declan.get_by_role("button", name="Take the pack out as a ZIP file").click()
    with zipfile.ZipFile(io.BytesIO(taken.value.path().read_bytes())) as pack:
        assert "Niall Rafter" in pack.read("read-me-first.html").decode()
    assert "Niall" not in taken.value.suggested_filename
    declan.goto(page)
    declan.get_by_label("How they were given it").fill("Read through together and given")
    declan.get_by_role("button", name="Write down that Niall has it").click()
    says(declan, "Answered.")
