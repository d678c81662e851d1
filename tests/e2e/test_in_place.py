"""After each change in place the focus and the live region are where the reader needs them; Back after signing out
shows nothing; and what a first view weighs."""

import gzip
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import BED, ORLA, PLAN, TOMASZ, choose, open_row, row, says

pytestmark = pytest.mark.e2e

MOST_REQUESTS = 6
MOST_BYTES = 60 * 1024


def test_opening_refusing_saving_and_cancelling_a_row_each_put_the_focus_where_the_news_is(browse, sign_in):
    page = sign_in(browse(), TOMASZ, PLAN)
    live_region = page.locator("#live")

    form = open_row(page, BED)
    expect(form.get_by_role("heading", level=4)).to_be_focused()

    choose(form, "Blocked")
    form.get_by_role("button", name="Save and tell Orla").click()
    summary = form.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    found = faults(page)
    assert not found, found
    summary.get_by_role("link").first.click()
    expect(form.get_by_label(re.compile("^Note"))).to_be_focused()

    form.get_by_label(re.compile("^Note")).fill("The lock is broken.")
    form.get_by_role("button", name="Save and tell Orla").click()
    expect(live_region).to_have_text(re.compile("^Saved at .*Orla Keaveney has been told"))
    expect(row(page, BED).get_by_role("link")).to_be_focused()
    found = faults(page)
    assert not found, found

    form = open_row(page, BED)
    expect(live_region).to_have_text("")
    form.get_by_role("link", name="Cancel").click()
    expect(page.locator(".ca-act--open")).to_have_count(0)
    expect(row(page, BED).get_by_role("link")).to_be_focused()


def test_the_same_words_are_announced_again(browse, sign_in):
    page = sign_in(browse(), TOMASZ, PLAN)
    page.evaluate(
        """() => { window.heard = []; new MutationObserver(() => {
        const said = document.getElementById('live').textContent; if (said) window.heard.push(said); }
        ).observe(document.getElementById('live'), {childList: true, characterData: true, subtree: true}) }"""
    )
    heard = 0
    for _ in range(2):
        form = open_row(page, BED)
        form.get_by_label(re.compile("^Note")).fill("Still waiting.")
        form.get_by_role("button", name="Save and tell Orla").click()
        expect(page.locator(".ca-act--open")).to_have_count(0)
        page.wait_for_function("before => window.heard.length > before", arg=heard)
        expect(page.locator("#live")).to_have_text(re.compile("has been told"))
        heard = page.evaluate("window.heard.length")


def test_a_need_is_changed_in_its_row_and_the_focus_stays_with_it(browse, sign_in):
    page = sign_in(browse(), ORLA, f"{PLAN.removesuffix('plan')}needs")
    link = page.locator("main a[hx-get]").first
    link.click()
    expect(page.locator("main form[hx-post]").first).to_be_visible()
    expect(page.locator("main :focus")).to_have_count(1)  # it has not fallen off the page
    found = faults(page)
    assert not found, found
    page.locator("main form[hx-post] button[type=submit]").first.click()
    expect(page.locator("main form[hx-post]:not(:has(.govuk-error-summary))")).to_have_count(0)
    expect(page.locator("main :focus")).to_have_count(1)


def test_back_after_signing_out_shows_nothing_of_the_record(browse, sign_in, script):
    page = sign_in(browse(script, keeps=True), TOMASZ)
    page.goto(PLAN)
    says(page, BED)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/signed-out")
    for _ in range(2):
        page.go_back(wait_until="commit")  # a page out of the browser's memory never loads
        expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
        text = page.content()
        assert BED not in text and "Niall" not in text, page.url


def test_back_within_a_session_shows_the_plan_as_it_is_now(browse, sign_in):
    page = sign_in(browse(keeps=True), TOMASZ, PLAN)
    form = open_row(page, BED)
    form.get_by_label(re.compile("^Note")).fill("Written before going on.")
    form.get_by_role("button", name="Save and tell Orla").click()
    says(page, "has been told")
    page.goto("/our-actions")
    page.go_back(wait_until="commit")
    expect(row(page, BED)).to_contain_text("Written before going on.")


def weigh(page, path):
    """Requests of a first view, and their bytes when compressed; the same file twice counts twice."""
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path, wait_until="networkidle")
    sizes = {answer.url: len(gzip.compress(answer.body(), 6)) for answer in answers if answer.status == 200}
    assert all(answer.url.startswith(page.url.split("/", 3)[0]) for answer in answers)
    return len(answers), sum(sizes.values()), sizes


def test_the_first_view_of_the_door_is_small(browse):
    requests, weight, sizes = weigh(browse(fresh=True), "/sign-in")
    assert requests <= MOST_REQUESTS and weight <= MOST_BYTES, sizes


@pytest.mark.parametrize("email", [ORLA, TOMASZ], ids=["case-manager", "partner-agency"])
def test_the_first_view_of_a_plan_is_small(browse, sign_in, email):
    page = sign_in(browse(fresh=True), email, to=None)
    requests, weight, sizes = weigh(page, PLAN)
    assert requests <= MOST_REQUESTS and weight <= MOST_BYTES, sizes
    assert row(page, BED).count() == 1, "a plan was weighed"
