"""Reading in a real browser: Declan's matrix and what he asks, Maeve's sets, Cathal who sees nothing of it (issue 5)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import DECLAN, says

pytestmark = pytest.mark.e2e

MAEVE = "maeve@canal.example"
CATHAL = "cathal@harbour.example"


def cell(page, who, chapter):
    row = page.locator(".ca-matrix tbody tr", has=page.get_by_role("link", name=who, exact=True))
    return row.locator(f'td[data-l^="{chapter} "]')


def everyday(page):
    page.goto("/reading")
    page.get_by_label("Chapters", exact=True).select_option(label="Everyday eight")
    page.get_by_role("button", name="Show", exact=True).click()


def test_the_matrix_says_who_read_what_and_what_is_open(live, browse, sign_in, script):
    page = sign_in(browse(script), DECLAN, to=None)
    everyday(page)
    expect(cell(page, "Shauna Begley", "7.3")).to_have_text(f"{9 + live.age} days over")
    expect(cell(page, "Shauna Begley", "5.2")).to_have_text(f"v1, {9 + live.age} days over")
    expect(cell(page, "Ivan Horvat", "6.1")).to_have_text("waived")
    expect(cell(page, "Peter Lambe", "9.1")).to_have_text(f"v1, {2 + live.age} days over")
    expect(cell(page, "Orla Keaveney", "5.4")).to_have_text(re.compile(r"^v1, due \d"))
    expect(cell(page, "Grace Okafor", "3.4")).to_have_text(re.compile(r"^due \d"))
    assert not script or faults(page) == []
    page.get_by_role("link", name="Overdue", exact=True).click()
    expect(page.locator(".ca-matrix tbody tr")).to_have_count(3)
    # keyboard: the table that scrolls sideways can be reached and scrolled
    page.locator(".ca-scroll").focus()
    expect(page.locator(".ca-scroll")).to_be_focused()


def test_on_a_phone_only_what_is_open_stands_there(live, browse, sign_in, script):
    page = sign_in(browse(script, width=390), DECLAN, to=None)
    everyday(page)
    expect(cell(page, "Shauna Begley", "7.3")).to_be_visible()
    expect(cell(page, "Colm Treacy", "1.2")).to_be_hidden()
    expect(cell(page, "Colm Treacy", "1.2")).to_have_count(1)
    says(page, "On this narrow screen, chapters that are read and current are left out")


def test_he_asks_one_of_his_staff_after_a_look_and_waives_it_again(live, browse, sign_in, script):
    page = sign_in(browse(script), DECLAN, "/reading")
    page.get_by_role("link", name="Orla Keaveney").click()
    page.get_by_role("link", name="Ask for a chapter").click()
    page.locator("summary", has_text="Single chapters").click()
    page.get_by_label("10.1 Supervision, caseload and learning").check()
    page.get_by_role("button", name="Show who is asked").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say in a sentence why")
    page.get_by_label("Why, in a sentence").fill("Before our next supervision")
    assert not script or faults(page) == []
    page.get_by_role("button", name="Show who is asked").click()
    says(page, re.compile("Orla Keaveney.*: 1 person"))
    assert live.value("SELECT count(*) FROM reading_assignment WHERE reason LIKE 'Before our next%'") == 0
    page.get_by_role("button", name="Ask this person").click()
    says(page, "Asked. Everybody who has something to read finds it under Procedures")
    page.goto("/reading")
    page.get_by_role("link", name="Orla Keaveney").click()
    page.get_by_role("link", name=re.compile(r"^Waive\s?: 10\.1")).click()
    page.get_by_label("Why it need not be read").fill("Talked through instead")
    page.get_by_role("button", name="Waive this chapter").click()
    says(page, "is not asked for chapter 10.1 any more")
    page.get_by_role("button", name=re.compile(r"^Ask again\s?: 10\.1")).click()
    says(page, "is asked for chapter 10.1 again")
    assert not script or faults(page) == []


def test_the_evidence_has_the_figures_of_the_page(live, browse, sign_in, script):
    page = sign_in(browse(script), DECLAN, "/reading")
    said = page.locator(".ca-sum li").first.inner_text()
    current, asked = re.search(r"(\d+) of (\d+) asked", said).groups()
    page.get_by_role("link", name="Export as evidence").click()
    expect(page.locator("dl.ca-defs")).to_contain_text(asked)
    assert not script or faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.count("read, current") >= int(current)
    page.get_by_role("link", name="Print", exact=True).click()
    expect(page.get_by_role("row", name=f"Asked {asked}")).to_be_visible()
    assert not script or faults(page) == []


def test_the_administrator_keeps_sets_and_sees_figures_without_a_name(live, browse, sign_in, script):
    page = sign_in(browse(script), MAEVE)
    page.get_by_role("link", name="Reading sets").click()
    page.get_by_role("link", name="Make a set").click()
    page.get_by_label("Name of the set").fill("Working alone")
    page.get_by_label("8.1 Risk, safety and protection").check()
    page.get_by_role("button", name="Make the set").click()
    says(page, "The set “Working alone” is made.")
    assert not script or faults(page) == []
    page.get_by_role("link", name="Figures of the agency").click()
    says(page, "3 members of staff have no line manager")
    expect(page.get_by_text("Shauna")).to_have_count(0)
    assert not script or faults(page) == []
    page.goto("/reading/assign")
    page.get_by_label("Everybody with a role").check()
    page.get_by_label("Role", exact=True).select_option(label="Worker")
    page.get_by_label("A reading set").select_option(label="Working alone, 1 chapter")
    page.get_by_label("Why, in a sentence").fill("For the evening shifts")
    page.get_by_role("button", name="Show who is asked").click()
    says(page, "Everybody with the role worker: 7 people")
    assert not script or faults(page) == []
    assert page.goto("/reading").status == 403


def test_a_manager_of_another_agency_sees_nothing_of_it(live, browse, sign_in, script):
    page = sign_in(browse(script), CATHAL, "/reading")
    says(page, "Tomasz Wilk")
    for name in ("Orla", "Shauna", "Declan"):
        expect(page.get_by_text(name)).to_have_count(0)
