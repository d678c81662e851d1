"""F6 from end to end: a block on its way from the worker to the national coordinator and back, by five who are signed in,
with and without script; two workers raise the same, and the person's case is closed meanwhile."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import DECLAN, ORLA, choose, says

pytestmark = pytest.mark.e2e

TITLE = "Hospital keeps no interpreter at night"


def known(live, beginning):
    """The e-mail of a demo account."""
    return next(email for email in live.accounts if email.startswith(beginning))


def fill_form(page, title=TITLE):
    choose(page.locator("main"), "Block: the service exists, access is refused or delayed")
    page.get_by_label("What is missing or shut, in one line").fill(title)
    page.get_by_label("Which service").fill("Night interpreter of the hospital")
    page.get_by_label("Its name, if it is not on the list").fill("Estuary General Hospital")
    page.get_by_label("Part of life").select_option(label="Physical health")
    page.get_by_label("What it does to the person, or to people").fill("Nobody understands what is asked.")
    page.get_by_label("What you want to come of it").fill("An interpreter by telephone.")


def send(page, answer, text, **more):
    """The answer form of whoever holds it."""
    form = page.locator("#answer, #sending")
    choose(form, answer)
    form.get_by_label(re.compile("^What (the raiser|those who raised it) should know")).fill(text)
    if more:
        details = form.locator("details", has_text="To pass it up")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        for label, words in more.items():
            form.get_by_label(label.replace("_", " ")).fill(words)
    form.get_by_role("button", name="Send the answer").click()


UP = {"What_was_tried_at_your_level": "Rang the ward", "Why_it_was_not_enough": "It is their contract"}
URGENT = {"If it is urgent: why it goes up today": "An operation tomorrow"}


def open_block(page, title=TITLE):
    page.goto("/gaps-and-blocks?which=all&state=any")
    page.get_by_role("link", name=title).first.click()


def test_a_block_from_the_worker_to_the_national_coordinator_and_back(live, browse, sign_in, script):
    orla = sign_in(browse(script), ORLA, to=None)
    action = live.value("SELECT id FROM action WHERE what LIKE 'Key work hour each week%'")
    from caseapp import ids

    orla.goto(f"/cases/41729304/actions/{ids.written(action)}/gaps-and-blocks/new")
    orla.get_by_role("button", name="Raise it").click()
    expect(orla.locator(".govuk-error-summary")).to_be_visible()
    fill_form(orla)
    orla.get_by_role("button", name="Raise it").click()
    says(orla, "your manager has been told")
    if script:
        assert not faults(orla), faults(orla)
    assert live.value("SELECT level FROM escalation WHERE title = ?", TITLE) == 2

    shauna = sign_in(browse(script), known(live, "shauna@"), "/gaps-and-blocks/new")
    fill_form(shauna, "No interpreter in the hospital")
    shauna.get_by_role("button", name="Raise it").click()
    says(shauna, "This may have been raised before")
    expect(shauna.locator("#likely")).not_to_contain_text(TITLE)  # not hers to read
    shauna.locator("#likely .govuk-radios__item").first.locator("label").click()
    shauna.get_by_role("button", name="Raise it").click()
    says(shauna, "which is about the same")

    declan = sign_in(browse(script), DECLAN, to=None)
    open_block(declan)
    block = declan.url
    send(declan, "Pass up to the coordinator", "The ward will not change it.", **UP)
    says(declan, "It came to you today")
    send(declan, "Pass up to the coordinator", "The ward will not change it.", **UP, **URGENT)
    says(declan, "Passed up")

    sinead = sign_in(browse(script), known(live, "sinead@"), to=None)
    open_block(sinead)
    says(sinead, "The ward will not change it.")
    expect(sinead.locator("main")).not_to_contain_text("Niall")
    for question in ("How often?", "And at weekends?"):  # a level may ask back twice
        send(sinead, "Ask the manager back", question)
        expect(sinead.locator("#answer, #sending")).to_have_count(0)  # it is with the manager
        says(sinead, "Asked back")
        declan.goto(block)
        says(declan, question)
        send(declan, "Answer the coordinator’s question", "Every week.")
        expect(declan.locator("#answer, #sending")).to_have_count(0)
        says(declan, "Passed up")
        sinead.goto(block)

    # the case is closed meanwhile: it goes on as a service gap without identity
    declan.goto("/cases/41729304/close")
    choose(declan.locator("main"), "Closed for another reason")
    declan.get_by_label(re.compile("^Why")).first.fill("Moved to another county")
    declan.get_by_label(re.compile("What was tried")).fill("Rang, wrote, asked the hostel")
    declan.locator("input[name=sure]").check(force=True)
    declan.get_by_role("button", name="Close the case").click()
    says(declan, "The case is closed.")
    open_block(orla)
    says(orla, "It goes on as a service gap")
    expect(orla.locator("main")).not_to_contain_text("Niall")

    sinead.goto(block)
    send(sinead, "Pass up to the group", "To the group on Thursday.", **UP)
    send(sinead, "Pass up to the national coordinator", "No group can change the contract.", **UP)
    expect(sinead.locator("#answer, #sending")).to_have_count(0)
    gearoid = sign_in(browse(script), known(live, "gearoid@"), to=None)
    open_block(gearoid)
    if script:
        assert not faults(gearoid), faults(gearoid)
    send(gearoid, "Resolved", "The contract now has a telephone line at night.")
    says(gearoid, "Everybody who raised it has been told")

    for page in (orla, shauna):
        page.goto("/news")
        page.get_by_role("link", name=re.compile("Open it")).first.click()
        says(page, "The contract now has a telephone line at night.")
    levels = [
        level
        for (level,) in live.rows(
            "SELECT h.level FROM escalation_holding h JOIN escalation e ON e.id = h.escalation_id "
            "WHERE e.title = ? ORDER BY h.position",
            TITLE,
        )
    ]
    assert levels == [1, 2, 3, 2, 3, 2, 3, 4, 5]
    assert (
        live.value("SELECT count(*) FROM escalation WHERE state = 'resolved' AND case_ended_at IS NOT NULL")
        >= 1
    )
