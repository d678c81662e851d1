"""What is kept apart, in a browser: as the case manager, the line manager, a worker without the right, and a clinic with
the whole plan, with and without script (X-6, S2-43)."""

import re

import pytest
from playwright.sync_api import expect

from caseapp import clock
from tests.e2e.looking import faults
from tests.e2e.steps import DECLAN, NIALL, ORLA, PLAN, TOMASZ, choose, put_day, says

pytestmark = pytest.mark.e2e

SECTION = f"/cases/{NIALL}/restricted"
LEAH, PETER, SHAUNA = "leah@millroad.example", "peter@canal.example", "shauna@canal.example"
KEPT = "The duty team has had a call about Ella’s household"
WORDS = "His sister asked that he never learns that she rang"


def test_the_case_manager_keeps_something_apart_and_finds_it_there_alone(browse, sign_in, script):
    page = sign_in(browse(script), ORLA, PLAN)
    page.get_by_role("link", name="Restricted", exact=True).click()
    says(page, KEPT)
    page.get_by_role("link", name="Write something down").click()
    page.get_by_role("button", name="Keep it apart").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    choose(page, "About somebody else, or from them")
    page.get_by_label("Who gave it").fill("His sister, by phone")
    put_day(page, "Received on", clock.today())
    page.get_by_label("What was said or given").fill(WORDS)
    page.get_by_label("Why it is kept apart").fill("She is afraid of what he would say")
    page.get_by_role("button", name="Keep it apart").click()
    says(page, WORDS)
    page.get_by_label("Words").fill("sister never")
    page.get_by_role("button", name="Search in here").click()
    expect(page.get_by_text(KEPT)).to_have_count(0)
    says(page, WORDS)
    assert KEPT not in page.content() and "sister" not in page.url
    if script:  # axe runs where there is script
        assert not faults(page)
    page.emulate_media(media="print")
    expect(page.get_by_text(WORDS)).to_be_hidden()
    expect(page.get_by_text("This page is not printed")).to_be_visible()
    page.emulate_media(media="screen")
    for path in ("plan", "timeline", "notes", "audit", "consent/disclosures"):
        assert page.goto(f"/cases/{NIALL}/{path}").status == 200, path
        assert WORDS not in page.content() and KEPT not in page.content(), path


def test_the_line_manager_names_a_worker_and_ends_it(browse, sign_in, script):
    peter = sign_in(browse(script), PETER, to=None)
    assert peter.goto(SECTION).status == 404
    page = sign_in(browse(script), DECLAN, SECTION)
    says(page, "A neighbour, by phone")  # the narrower entry, which is his alone
    page.get_by_role("link", name=re.compile("^Change")).click()
    page.get_by_label("Worker", exact=True).select_option(label="Peter Lambe")
    page.get_by_label("Why they need to read it").fill("Visits the house with Orla")
    page.get_by_role("button", name="Let them read it").click()
    says(page, "Visits the house with Orla")
    assert peter.goto(SECTION).status == 200
    assert "A neighbour, by phone" not in peter.content() and KEPT in peter.content()
    page.get_by_role("link", name=re.compile("^End Peter")).click()
    page.get_by_label("Why it ends").fill("The visits are over")
    page.get_by_role("button", name="End their place now").click()
    says(page, "Who could before")
    assert peter.goto(SECTION).status == 404


def test_a_clinic_with_the_whole_plan_learns_nothing_of_it(browse, sign_in, script):
    page = sign_in(browse(script), LEAH, to=None)
    assert page.goto(PLAN).status == 200
    assert "Restricted" not in page.inner_text("body")
    for path in ("", "/new", "/access", "/handover"):
        assert page.goto(SECTION + path).status == 404


def test_a_partner_records_a_disclosure_and_the_manager_acknowledges_it(browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ, PLAN)
    page.get_by_role("link", name="Record a disclosure").click()
    choose(page, "Reasonable concern for a child’s safety or welfare (Children First: National Guidance)")
    page.get_by_label("Who was told").fill("D. Demo-Worker")
    page.get_by_label("Their organisation and office").fill("Estuary Social Work, duty team")
    page.get_by_label("What was told").fill("What he said on the stairs about Ella")
    choose(page, "By phone")
    choose(page, "No")
    page.get_by_role("button", name="Record it and tell the line manager").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say why they were not told")
    page.get_by_label("Why not").fill("It could put her at risk")
    page.get_by_role("button", name="Record it and tell the line manager").click()
    says(page, "Not acknowledged yet")
    if script:  # axe runs where there is script
        assert not faults(page)

    cathal = sign_in(browse(script), "cathal@harbour.example", "/disclosures")
    cathal.locator("tr", has_text="About the protection of a child").get_by_role("link").click()
    says(cathal, "What he said on the stairs about Ella")
    cathal.get_by_role("button", name="I have seen it").click()
    says(cathal, "Acknowledged by Cathal")

    orla = sign_in(browse(script), ORLA, to=None)
    for path in (SECTION, f"/cases/{NIALL}/consent/disclosures", f"/cases/{NIALL}/audit", "/disclosures"):
        orla.goto(path)
        assert "stairs" not in orla.content() and "D. Demo-Worker" not in orla.content(), path
