"""F8: excluded from the case manager's service, a case goes over to another agency; nobody is ever without an answer."""

import re

import pytest
from playwright.sync_api import expect

from caseapp import clock
from tests.e2e.looking import faults
from tests.e2e.steps import DECLAN, ORLA, choose, put_day, says

pytestmark = pytest.mark.e2e

DESSIE = "12031105"
UNA = "una@quayhouse.example"


def looks_right(page):
    found = faults(page)
    assert not found, found


def the_transfer(page, name):
    """The transfer from the list, as this browser sees it."""
    page.goto("/transfers")
    page.get_by_role("row", name=re.compile(name)).get_by_role("link").first.click()


def test_an_exclusion_becomes_a_handover_and_a_new_case_manager(live, browse, sign_in, script):
    orla = sign_in(browse(script), ORLA, f"/cases/{DESSIE}")
    today = clock.today()
    orla.get_by_role("link", name="Hand over to another agency").click()
    choose(orla, "The person is excluded from our service")
    orla.get_by_label("In a sentence or two").fill("Barred for three months after a fight in the hall")
    orla.get_by_role("button", name="Begin the transfer").click()
    says(orla, "from which day the person is excluded")
    put_day(orla, "Excluded from", today)
    looks_right(orla)
    orla.get_by_role("button", name="Begin the transfer").click()
    says(orla, "nothing changes in who answers")
    says(orla, "Dessie has not been told yet")
    looks_right(orla)

    orla.get_by_role("link", name="Ask an agency").click()
    orla.get_by_label("Agency", exact=True).select_option(label="Quay House")
    orla.get_by_label("What you ask, without a name").fill("Dessie needs somebody")
    orla.get_by_role("button", name="Ask their line managers").click()
    says(orla, "is the person’s name")
    orla.get_by_label("What you ask, without a name").fill("One person needs another lead agency")
    orla.get_by_role("button", name="Ask their line managers").click()
    says(orla, "they read no name")

    una = sign_in(browse(script, width=390), UNA, "/team")
    una.get_by_role("link", name=re.compile("asks whether we take a case over")).first.click()
    says(una, "One person needs another lead agency")
    expect(una.get_by_text("Dessie")).to_have_count(0)
    una.get_by_role("link", name="Answer").click()
    choose(una, "We would take it over: talk with the person first")
    lorcan = una.locator("option", has_text="Lorcan Sheehy").first.get_attribute("value")
    una.get_by_label("Who could be case manager").select_option(lorcan)
    looks_right(una)
    una.get_by_role("button", name=re.compile("^Answer and tell")).click()
    says(una, "You read more once the person has agreed")

    the_transfer(orla, "Dessie")
    orla.get_by_role("link", name="Record Dessie’s consent").click()
    put_day(orla, "When you talked it through", today)
    choose(orla, "The limits were understood")
    choose(orla, "A printed copy was given")
    looks_right(orla)
    orla.get_by_role("button", name=re.compile("^Save, and let Quay House")).click()
    says(orla, "They read the name now")
    orla.get_by_role("link", name="Arrange the handover").click()
    put_day(orla, "Or on a day", today)
    orla.get_by_role("button", name=re.compile("^Arrange it")).click()
    orla.get_by_role("link", name="Write the form and hand over").click()
    for label, words in (
        ("Summary: where the work stands", "Barred here; the plan goes on"),
        ("Risks, and what is done about them", "None known"),
        ("Open in the next four weeks", "The review"),
        ("Who was there", "Dessie, Orla, Lorcan"),
    ):
        orla.get_by_label(label).fill(words)
    looks_right(orla)
    orla.get_by_role("button", name="Hand over").click()
    says(orla, "You stay responsible until the other agency takes the case over")

    declan = sign_in(browse(script), DECLAN, "/team")
    declan.get_by_role("link", name="Look through a handover").click()
    declan.get_by_role("link", name="Look through the handover").click()
    looks_right(declan)
    declan.get_by_role("button", name=re.compile("^Looked through")).click()
    says(declan, "The other agency can take the case over")

    the_transfer(una, "Dessie")
    una.get_by_role("link", name="Read the handover").click()
    says(una, "Barred here; the plan goes on")
    looks_right(una)
    una.get_by_role("link", name=re.compile(", transfer$")).click()
    una.get_by_role("link", name="Take the case over").click()
    choose(una, "I have read what taking over does")
    looks_right(una)
    una.get_by_role("button", name="Take the case over now").click()
    says(una, "Your agency leads this plan from now on")
    led = live.rows(
        "SELECT a.name, u.name FROM 'case' c JOIN agency a ON a.id = c.lead_agency_id JOIN case_assignment s ON"
        " s.case_id = c.id AND s.to_at IS NULL JOIN user u ON u.id = s.user_id WHERE c.reference = ?",
        DESSIE,
    )
    assert led == [("Quay House", "Lorcan Sheehy")]

    assert orla.goto(f"/cases/{DESSIE}").status == 404
    orla.goto("/transfers?state=ended")
    orla.get_by_role("link", name="A case that we handed over").click()
    says(orla, "Quay House took it over")
    expect(orla.get_by_text("Dessie")).to_have_count(0)
    looks_right(orla)
