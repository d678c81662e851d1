"""The administrators of an agency and of the system, with and without script (issue 2, section 8; S3-20)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import choose, says

pytestmark = pytest.mark.e2e

MAEVE = "maeve@canal.example"
SYSTEM = "system@national.example"
PASSWORD = "violet kettle under ladder"


def follow_invitation(page, link):
    """Choose a password by the link of an invitation, and sign in with it."""
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your password")
    new = page.locator("input[autocomplete=new-password]")
    new.nth(0).fill("short")
    new.nth(1).fill("short")
    page.get_by_role("button", name="Set this password").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    new.nth(0).fill(PASSWORD)
    new.nth(1).fill(PASSWORD)
    page.get_by_role("button", name="Set this password").click()
    page.wait_for_url("**/password/set")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password is set")


def enter(page, email):
    page.goto("/sign-in")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def link_shown(page):
    says(page, "It works once, and it is shown only now.")
    return page.locator("main code").inner_text()


def test_a_worker_is_invited_chooses_a_password_and_signs_in(live, browse, sign_in, script):
    page = sign_in(browse(script), MAEVE)
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    choose(page, "Worker")
    page.get_by_label("Name", exact=True).fill("Petra Newcome-Demo")
    page.get_by_label("Work e-mail").fill("petra@canal.example")
    page.get_by_role("button", name="Send the invitation").click()
    link = link_shown(page)

    petra = browse(script)
    follow_invitation(petra, link)
    enter(petra, "petra@canal.example")
    says(petra, "Petra Newcome-Demo")
    assert petra.goto("/caseload").status == 200
    petra.goto("/cases/41729304/plan")
    says(
        petra,
        "You do not work on it yourself, so you see only what Canal Street Drug Service has been asked to do.",
    )
    assert petra.goto("/cases/41729304").status in (403, 404)

    again = browse(script)
    assert again.goto(link).status in (404, 410), "the link works once"


def test_a_setting_is_changed_and_goes_back_to_its_default(live, browse, sign_in, script):
    page = sign_in(browse(script), MAEVE, "/agency/settings")
    page.get_by_role(
        "link", name=re.compile(r"^Change\s?: Number of visits before the initial assessment")
    ).click()
    box = page.locator("main form input[name=value]")
    box.fill("banana")
    page.get_by_role("button", name="Save this setting").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    expect(box).to_have_value("banana")
    box.fill("6")
    page.get_by_role("button", name="Save this setting").click()
    expect(page.locator("main")).to_contain_text("6 visits")
    saved = "SELECT value FROM agency_setting WHERE key = 'initial_assessment_visits'"
    assert live.rows(saved) == [(6,)]
    page.goto("/agency/settings/initial_assessment_visits")
    page.get_by_role("button", name="Go back to the default").click()
    says(page, "Back to the default: Number of visits before the initial assessment.")
    expect(
        page.locator("tr, li", has_text="Number of visits before the initial assessment").first
    ).to_contain_text("3 visits")


def test_a_case_manager_with_open_cases_cannot_be_switched_off(live, browse, sign_in, script):
    page = sign_in(browse(script), MAEVE)
    page.get_by_role("link", name="Orla Keaveney").click()
    page.get_by_role("link", name=re.compile("witch")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Switch off"))
    says(page, re.compile("case manager of 3 open cases"))
    expect(page.get_by_role("button", name="Switch the account off")).to_have_count(0)
    assert (
        live.value("SELECT count(*) FROM user WHERE email = 'orla@canal.example' AND disabled_at IS NULL")
        == 1
    )


def test_somebody_without_cases_is_switched_off_and_out_on_the_next_click(live, browse, sign_in, script):
    femi = sign_in(browse(script), "femi@canal.example", to=None)
    page = sign_in(browse(script), MAEVE)
    page.get_by_role("link", name="Femi Adeyemi").click()
    page.get_by_role("link", name=re.compile("witch")).first.click()
    page.locator("main textarea").fill("Has left on 20 November")
    page.get_by_role("button", name="Switch the account off").click()
    says(page, "Femi Adeyemi’s account is switched off. Every session has ended.")
    femi.goto("/directory")
    assert "/sign-in" in femi.url


def test_the_system_administrator_adds_an_agency_whose_administrator_takes_over(
    live, browse, sign_in, script
):
    page = sign_in(browse(script), SYSTEM)
    page.get_by_role("link", name="Add an agency").click()
    page.get_by_role("button", name=re.compile("^Add the agency")).click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Weir Road Shelter")
    page.get_by_label("Kind").select_option(label="Homeless service")
    page.get_by_label("Area").select_option(label="Liffey North")
    page.get_by_label("Name of the first administrator").fill("Greta Newcome-Demo")
    page.get_by_label("Work e-mail of the first administrator").fill("greta@weir.example")
    page.get_by_role("button", name=re.compile("^Add the agency")).click()
    link = link_shown(page)
    greta = browse(script)
    follow_invitation(greta, link)
    enter(greta, "greta@weir.example")
    assert greta.url.endswith("/staff")
    says(greta, "Weir Road Shelter")
    assert page.goto("/people").status == 403, "the system administrator sees no case"
    assert page.goto("/cases/41729304/plan").status in (403, 404)
