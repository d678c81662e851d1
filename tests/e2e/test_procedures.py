"""Reading and confirming in a real browser, with and without script (issue 5; S0-31, S1-1, X-14, X-15; screen 09b)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import TOMASZ, choose, says

pytestmark = pytest.mark.e2e

BRID = "brid@harbour.example"
KEEPING = "9.1 Keeping records"


def open_chapter(page, words):
    page.goto("/procedures")
    page.get_by_role("link", name=re.compile(words)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def looks_well(page, script):
    """Nothing for axe to find, at any width; without script axe itself cannot run."""
    if script:
        found = faults(page)
        assert not found, found


def numbers(live, email):
    return [
        row[0]
        for row in live.rows(
            "SELECT c.number FROM reading_confirmation c JOIN user u ON u.id = c.user_id "
            "WHERE u.email = ? ORDER BY c.at",
            email,
        )
    ]


def test_a_member_of_staff_finds_reads_and_confirms_a_chapter(live, browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ, "/procedures")
    before = len(numbers(live, TOMASZ))
    page.get_by_label("Words in the text").fill("photographs relapse")
    page.get_by_role("button", name="Search").click()
    says(page, "No chapter matches")
    page.goto("/procedures?words=relapse")
    expect(page.locator("mark").first).to_have_text(re.compile("relapse", re.I))
    looks_well(page, script)
    open_chapter(page, "7.3 Closing a case")
    says(page, "I know what helps me stay well")
    looks_well(page, script)
    page.get_by_role("link", name="Confirm that you have read it").click()
    page.get_by_role("button", name="Confirm reading").click()
    says(page, "Say what you read it for")
    looks_well(page, script)
    choose(page, "Team discussion")
    choose(page, "I have read the chapters ticked above, understood them, and will work by them.")
    page.get_by_role("button", name="Confirm reading").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receipt R-")
    says(page, "Team discussion")
    looks_well(page, script)
    assert len(numbers(live, TOMASZ)) == before + 1
    page.goto("/procedures/my-reading")
    says(page, re.compile("7.3 Closing a case"))
    looks_well(page, script)


def test_the_version_that_was_open_is_confirmed_although_a_newer_one_came_out(live, browse, sign_in, script):
    shown = live.value(
        "SELECT max(v.number) FROM chapter_version v JOIN chapter c ON c.id = v.chapter_id "
        "JOIN agency a ON a.id = c.agency_id WHERE a.name = 'Harbour Hostel' AND c.number = '9.1'"
    )
    reader = sign_in(browse(script), TOMASZ, to=None)
    open_chapter(reader, KEEPING)
    reader.get_by_role("link", name="Confirm that you have read it").click()

    editor = sign_in(browse(script), BRID, to=None)
    open_chapter(editor, KEEPING)
    editor.get_by_role("link", name="Write the next version").first.click()
    box = editor.get_by_label("Text", exact=True)
    box.fill(box.input_value() + "\n\nPhotographs only with consent in writing.")
    looks_well(editor, script)
    editor.get_by_role("button", name="Save the draft and look at it").click()
    says(editor, "Photographs only with consent in writing.")
    editor.get_by_role("link", name="Publish version").first.click()
    choose(editor, "Must be read again")
    due = editor.get_by_role("group", name=re.compile("To be read by"))
    for label, value in (("Day", "1"), ("Month", "12"), ("Year", "2098")):
        due.get_by_label(label, exact=True).fill(value)
    editor.get_by_label("What is new").fill("A rule on photographs")
    looks_well(editor, script)
    editor.get_by_role("button", name="Publish version").click()
    says(editor, "Published.")
    editor.get_by_role("link", name=re.compile("What is new in version")).click()
    expect(editor.locator("ins").first).to_contain_text("Photographs only with consent")
    looks_well(editor, script)

    choose(reader, "Supervision")
    reader.get_by_role("button", name="Confirm reading").click()
    says(reader, re.compile(f"while you had version {shown} open"))
    says(reader, re.compile(f"You confirm version {shown}"))
    choose(reader, "I have read the chapters ticked above, understood them, and will work by them.")
    reader.get_by_role("button", name="Confirm reading").click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Receipt R-")
    assert numbers(live, TOMASZ)[-1] == shown
    reader.goto("/our-actions")
    expect(reader.locator(".ca-proc")).to_contain_text("Procedure for this page: 5.3 Doing our part")


def test_reading_aids_change_every_page_without_script_too(browse, sign_in, script):
    page = sign_in(browse(script), TOMASZ, to=None)
    for tint in ("Cream", "Pale blue", "Pale green", "Rose"):
        page.goto("/procedures/reading-aids")
        choose(page, "Largest text")
        choose(page, tint)
        page.get_by_role("button", name="Show pages like this").click()
        looks_well(page, script)
    expect(page.locator("html")).to_have_css("font-size", "21px")
    page.goto("/our-actions")
    looks_well(page, script)
    page.goto("/procedures/reading-aids")
    choose(page, "Normal text")
    choose(page, "As usual")
    page.get_by_role("button", name="Show pages like this").click()
    expect(page.locator("html")).not_to_have_css("font-size", "21px")
