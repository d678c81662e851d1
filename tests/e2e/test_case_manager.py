"""A case manager's day: Orla of Canal Street, with and without script (issue 2, section 8)."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from caseapp import clock
from tests.e2e.steps import BED, LETTER, NIALL, ORLA, PLAN, TOMASZ, choose, put_day, row, says

pytestmark = pytest.mark.e2e

CASE = f"/cases/{NIALL}"


def choices_of(page, label):
    return page.get_by_label(label, exact=True)


def test_a_person_is_found_by_a_misspelt_name_and_the_plan_opened(browse, sign_in, script):
    page = sign_in(browse(script), ORLA)
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Find a person").fill("Niel Raftar")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=re.compile("^Plan of Niall Rafter|^Plan")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Niall Rafter")
    assert page.url.endswith(PLAN)


def test_seeing_as_an_agency_shows_what_it_sees_and_no_more(browse, sign_in, script):
    page = sign_in(browse(script), ORLA, PLAN)
    page.get_by_label("See the plan as").select_option(label="Harbour Hostel")
    page.get_by_role("button", name="Show", exact=True).click()
    says(page, re.compile("What Harbour Hostel does"))
    part = page.locator("#part")
    expect(part).to_contain_text(LETTER)
    expect(part).not_to_contain_text("Review the dose")
    expect(part.locator("form")).to_have_count(0)  # seeing as somebody is only looking

    tomasz = sign_in(browse(script), TOMASZ, PLAN)
    rows = "#part .ca-act__what"
    assert page.locator(rows).all_inner_texts() == tomasz.locator(rows).all_inner_texts()


def test_an_action_is_added_and_its_agency_asked_at_once(live, browse, sign_in, script):
    page = sign_in(browse(script), ORLA, PLAN)
    page.get_by_role("link", name="Add an action").click()
    page.get_by_label("What is to be done").fill("Show Niall two flats near the clinic")
    page.get_by_role("button", name="Add and ask").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    expect(page.get_by_label("What is to be done")).to_have_value("Show Niall two flats near the clinic")
    page.get_by_label("Goal it serves").select_option(index=1)
    choose(page, "An agency")
    choices_of(page, "Agency").select_option(label="Harbour Hostel")
    page.get_by_label("Worker").first.select_option(label="Tomasz Wilk")
    put_day(page, "By when", clock.today() + timedelta(days=12))
    page.get_by_role("button", name="Add and ask").click()
    expect(row(page, "Show Niall two flats near the clinic")).to_be_visible()
    assert live.rows("SELECT status FROM action WHERE what LIKE 'Show Niall two flats%'") == [("requested",)]

    tomasz = sign_in(browse(script), TOMASZ, "/our-actions")
    expect(tomasz.get_by_role("heading", name="Show Niall two flats near the clinic").first).to_be_visible()


def test_an_issue_is_answered_and_the_agency_reads_the_answer(browse, sign_in, script):
    tomasz = sign_in(browse(script), TOMASZ, PLAN)
    tomasz.get_by_label("What should change, and why").fill("Could the letter go by mail instead?")
    tomasz.get_by_role("button", name="Send to Orla").click()
    says(tomasz, "Could the letter go by mail instead?")

    page = sign_in(browse(script), ORLA, f"{CASE}/issues")
    says(page, "Could the letter go by mail instead?")
    page.get_by_label(re.compile("answer", re.IGNORECASE)).first.fill(
        "Yes, mail is fine; the council takes scans."
    )
    page.get_by_role("button", name=re.compile("nswer")).first.click()
    says(page, "the council takes scans")
    expect(page.get_by_text("All are answered").first).to_be_visible()

    tomasz.goto(PLAN)
    expect(tomasz.get_by_role("region", name="Issues you raised")).to_contain_text("the council takes scans")


def test_a_consent_is_recorded_after_the_talk(live, browse, sign_in, script):
    page = sign_in(browse(script), ORLA, f"{CASE}/consent")
    page.get_by_role("link", name="Ask Niall").first.click()
    page.get_by_role("button", name=re.compile("^Save, and let Brook Lane Practice")).click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    put_day(page, "When you talked it through", clock.today())
    choose(page, "The limits were understood")
    choose(page, "A printed copy was given")
    choose(page, "Physical health")
    page.get_by_label("What it is for").fill("Medical card and general health")
    choose(page, "In writing, signed")
    choose(page, "The person")
    page.get_by_role("button", name=re.compile("^Save, and let Brook Lane Practice")).click()
    entry = page.locator("section", has=page.get_by_role("heading", name="Brook Lane Practice"))
    expect(entry.first).to_contain_text("Medical card and general health")
    standing = """SELECT status FROM consent_grant g JOIN agency a ON a.id = g.agency_id
        WHERE a.name = 'Brook Lane Practice' AND g.purpose LIKE 'Medical card%'"""
    assert live.rows(standing) == [("active",)]


def test_a_consent_is_withdrawn_after_its_effects_were_shown_and_bites_on_the_next_click(
    browse, sign_in, script
):
    tomasz = sign_in(browse(script), TOMASZ, PLAN)

    page = sign_in(browse(script), ORLA, f"{CASE}/consent")
    page.get_by_role("link", name=re.compile(r"^Withdraw\s?: Harbour Hostel")).click()
    for hidden in (LETTER, BED):  # the actions that will be hidden are named
        expect(page.locator("main")).to_contain_text(hidden)
    choose(page, "By phone")
    page.get_by_role("button", name=re.compile("^Withdraw now: Harbour Hostel stops seeing")).click()
    says(page, "Withdrawn.")

    tomasz.get_by_role("link", name=re.compile(rf"^Update\s?: {LETTER}")).click()
    if script:
        expect(
            tomasz.get_by_role("alert").filter(has_text=re.compile("out of date|no longer"))
        ).to_be_visible()
        expect(tomasz.locator(".ca-act--open")).to_have_count(0)
    assert tomasz.goto(PLAN).status == 404
    assert "Niall" not in tomasz.inner_text("body")
    assert tomasz.goto("/our-actions?whose=all").status == 200
    assert LETTER not in tomasz.content()


def test_a_version_is_agreed_and_kept_to_be_compared(live, browse, sign_in, script):
    page = sign_in(browse(script), ORLA, PLAN)
    before = live.value(
        'SELECT count(*) FROM plan_version v JOIN "case" c ON c.id = v.case_id WHERE reference = ?', NIALL
    )
    page.get_by_role("link", name="Record an agreement").click()
    choose(page, "In person")
    harbour = page.get_by_role("group", name=re.compile("^Harbour Hostel"))
    choose(harbour, "Agrees")
    page.get_by_role("button", name=re.compile("^Record the agreement, keep version")).click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("agree", ignore_case=True)
    expect(page.get_by_text(f"Version {before + 1}").first).to_be_visible()
    after = live.value(
        'SELECT count(*) FROM plan_version v JOIN "case" c ON c.id = v.case_id WHERE reference = ?', NIALL
    )
    assert after == before + 1
    assert page.goto(f"{CASE}/plan/compare").status == 200
    assert page.goto(f"{CASE}/plan/versions/{before + 1}").status == 200


def test_a_review_is_held_and_the_next_one_falls_due(live, browse, sign_in, script):
    page = sign_in(browse(script), ORLA, f"{CASE}/plan/reviews")
    page.get_by_role("link", name=re.compile("eview")).filter(
        has_text=re.compile("Hold|Record|Write|now")
    ).first.click()
    page.get_by_role("group", name="Was Niall there?").get_by_text("Yes", exact=True).click()
    page.get_by_label("What works, and what does not").fill("Mondays work; the letter is the snag.")
    page.get_by_role("button", name="Record the review").click()
    says(page, "The review is recorded")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Agree version"))
    page.goto(f"{CASE}/plan/reviews")
    says(page, "Mondays work; the letter is the snag.")
    assert live.value("SELECT count(*) FROM plan_review WHERE works LIKE 'Mondays work%'") == 1


def test_registering_looks_first_and_shows_likely_duplicates(live, browse, sign_in, script):
    page = sign_in(browse(script), ORLA, "/people/new")
    page.get_by_label("First name").fill("Nial")
    page.get_by_label("Family name").fill("Rafter")
    put_day(page, "Date of birth", date(1989, 5, 11))
    page.get_by_role("button", name="Look, then go on").click()
    says(page, re.compile("Niall Rafter"))
    assert live.value("SELECT count(*) FROM person WHERE given_name = 'Nial'") == 0, "looking writes nothing"

    page.goto("/people/new")
    page.get_by_label("First name").fill("Quentin")
    page.get_by_label("Family name").fill("Ashgrove-Vane")
    page.get_by_role("button", name="Look, then go on").click()
    page.get_by_role("button", name=re.compile("^Register")).click()
    says(page, "Quentin is registered.")
    says(page, "Quentin Ashgrove-Vane")
    assert live.value("SELECT count(*) FROM person WHERE family_name = 'Ashgrove-Vane'") == 1


LONGEST = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft"
BROKEN = """rows => rows.flatMap(cell => [...cell.childNodes].filter(one => one.nodeType === 3).flatMap(one =>
  [...one.data.matchAll(/[^\\s]+/g)].filter(word => {
    const range = document.createRange();
    range.setStart(one, word.index);
    range.setEnd(one, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map(word => word[0])))"""


@pytest.mark.parametrize("width", (1280, 390))
def test_beside_the_longest_name_no_word_of_the_status_is_broken(live, browse, sign_in, width):
    live.change(
        "UPDATE person SET given_name = ?, family_name = ? WHERE given_name = 'Niall'", LONGEST, LONGEST
    )
    page = sign_in(browse(width=width), ORLA, "/caseload")
    says(page, LONGEST)
    cells = page.locator("#cases tbody td[data-l='Status:']")
    assert cells.count() and cells.evaluate_all(BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
