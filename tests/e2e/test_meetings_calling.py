"""A meeting is called from the plan, agreed, arranged and answered by three agencies that are signed in at once (F5)."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from caseapp import clock
from tests.e2e.looking import faults
from tests.e2e.steps import AMINA, DECLAN, ORLA, TOMASZ, choose, put_day, says

pytestmark = pytest.mark.e2e

DESSIE = "12031105"
LEAH = "leah@millroad.example"


def looks_right(page, script):
    """What axe says of the page; it is a script itself."""
    if script:
        found = faults(page)
        assert not found, found


def the_meeting(page):
    """The meeting from the list, as this browser sees it."""
    page.goto("/meetings")
    page.get_by_role("row", name=re.compile("Dessie")).get_by_role("link").click()
    page.wait_for_url(re.compile(r"/meetings/\w+$"))


def test_a_meeting_is_called_agreed_arranged_and_answered(live, browse, sign_in, script):
    orla = sign_in(browse(script), ORLA, f"/cases/{DESSIE}/meetings")
    orla.get_by_role("link", name="Call a meeting").first.click()
    looks_right(orla, script)
    choose(orla, "Several agencies are involved and one meeting saves many calls")
    orla.get_by_label("What the meeting is to reach").fill("Who is there at night")
    orla.get_by_label("Why phone and mail were not enough").fill("Three agencies, three answers")
    orla.get_by_role("button", name="Propose it to the line manager").click()
    says(orla, "The line manager has been told")
    expect(orla.get_by_role("heading", name="Waits for the line manager")).to_be_visible()

    declan = sign_in(browse(script), DECLAN, "/team")
    declan.get_by_role("link", name=re.compile("Orla Keaveney proposes it")).first.click()
    declan.get_by_role("link", name="Look and answer").click()
    looks_right(declan, script)
    choose(declan, "Yes, arrange it")
    declan.get_by_role("button", name=re.compile("^Answer and tell Orla")).click()
    says(declan, "Agreed. Whoever proposed it has been told.")

    the_meeting(orla)
    orla.get_by_role("link", name="Arrange and invite").click()
    put_day(orla, "Day", clock.today() + timedelta(days=9))
    orla.get_by_label("Begins").fill("10:00")
    orla.get_by_label("Place (optional)").fill("Canal Street, room 1")
    orla.get_by_label("Who takes the minutes").select_option(label="Shauna Begley, Canal Street Drug Service")
    put_day(orla, "Dessie was invited on", clock.today())
    orla.get_by_label(re.compile("^How")).first.fill("by phone")
    orla.get_by_label("Harbour Hostel").select_option(label="Tomasz Wilk")
    orla.get_by_label("Mill Road Clinic").select_option(label="Leah Quigg")
    looks_right(orla, script)
    orla.get_by_role("button", name="Arrange it and send the invitations").click()
    says(orla, "everybody who was invited has been told")
    assert live.value("SELECT count(*) FROM outbox_message WHERE calendar LIKE '%METHOD:REQUEST%'") >= 2
    assert not live.rows(
        "SELECT 1 FROM outbox_message WHERE body LIKE '%Dessie%' OR calendar LIKE '%Dessie%'"
    )

    leah = sign_in(browse(script), LEAH, to=None)
    the_meeting(leah)
    leah.get_by_role("link", name="We come").click()
    leah.get_by_role("button", name="Save and tell the chair").click()
    says(leah, "Your answer is in: you come.")
    expect(leah.get_by_text("Who is there at night")).to_have_count(0)

    tomasz = sign_in(browse(script, width=390), TOMASZ, to=None)
    the_meeting(tomasz)
    looks_right(tomasz, script)
    expect(tomasz.get_by_text("Mill Road Clinic")).to_have_count(0)
    tomasz.get_by_role("link", name="Somebody else comes").click()
    tomasz.get_by_label("Who comes instead").select_option(label="Amina Yusuf")
    put_day(tomasz, "Handed over on", clock.today())
    tomasz.get_by_label("What they were told").fill("The night rota")
    looks_right(tomasz, script)
    tomasz.get_by_role("button", name="Save and tell the chair").click()
    says(tomasz, "Your answer is in: somebody else comes.")

    amina = sign_in(browse(script), AMINA, "/news")
    says(amina, re.compile("Tomasz Wilk asks you to go to the meeting"))

    the_meeting(orla)
    says(orla, "Amina Yusuf for Tomasz Wilk")
    looks_right(orla, script)


def test_a_consent_withdrawn_yesterday_closes_the_meeting_while_it_is_open(live, browse, sign_in):
    """F5: the list of who is invited still holds the agency, which sees nothing of it any more."""
    leah, orla = sign_in(browse(), LEAH, "/meetings"), sign_in(browse(), ORLA, to=None)
    leah.get_by_role("row", name=re.compile("Niall")).get_by_role("link").click()
    leah.wait_for_url(re.compile(r"/meetings/\w+$"))
    says(leah, "Niall")
    address = leah.url
    live.change(
        "UPDATE consent_grant SET status = 'withdrawn', withdrawn_at = datetime('now'), version = version + 1"
        " WHERE agency_id = (SELECT agency_id FROM user WHERE email = ?)"
        " AND case_id = (SELECT id FROM 'case' WHERE reference = '41729304') AND status = 'active'",
        LEAH,
    )
    leah.goto(address)
    expect(leah.get_by_text("Niall")).to_have_count(0)
    orla.goto(address)
    says(orla, re.compile("Consent has ended since the invitation: Mill Road Clinic"))


def test_a_manager_answers_whether_a_worker_may_go(live, browse, sign_in, script):
    """S3-67, S3-82."""
    gerald = sign_in(browse(script), "gerald@estuary-housing.example", "/meetings")
    says(gerald, re.compile("Ruth Adair asks whether to go"))
    gerald.get_by_role("link", name=re.compile(r"^Answer\s?: Niall")).click()
    looks_right(gerald, script)
    choose(gerald, "Yes")
    gerald.get_by_role("button", name="Answer").click()
    says(gerald, "They may go.")
    assert live.value("SELECT answer FROM meeting_attendee WHERE permission_given = 1") == "coming"
