"""A line manager's day: Declan of Canal Street, with and without script (issue 2, sections 7 and 8)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import faults
from tests.e2e.steps import DECLAN, says
from tests.servers import ROOT

pytestmark = pytest.mark.e2e

SHEETS = ROOT / "tests" / "data"
TABLES = ("person", "case", "goal", "action", "case_assignment", "case_agency", "consent_grant", "event")


def counts(live):
    return {table: live.value(f'SELECT count(*) FROM "{table}"') for table in TABLES}  # noqa: S608


def read_sheet(page, name):
    page.goto("/imports")
    page.get_by_label("The sheet", exact=True).set_input_files(SHEETS / name)
    page.get_by_label("Procedure that new cases follow").select_option(
        label="Homeless and drug services (Ireland)"
    )
    page.get_by_role("button", name="Read the sheet").click()


def test_my_team_shows_the_load_and_a_waiting_case_is_given_to_a_worker(live, browse, sign_in, script):
    page = sign_in(browse(script), DECLAN)
    expect(page.get_by_role("heading", level=1)).to_have_text("My team")
    says(page, "Orla Keaveney")
    page.get_by_role("link", name=re.compile("^Allocate a case, 2 waiting")).click()
    page.get_by_role("link", name=re.compile("of Tess Hollis-Wray$")).click()
    page.get_by_role("button", name="Save and tell the worker").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    label = page.get_by_label("Case manager").locator("option", has_text="Niamh Costigan").inner_text()
    page.get_by_label("Case manager").select_option(label=label)
    page.get_by_role("button", name="Save and tell the worker").click()
    expect(page.get_by_role("button", name="Save and tell the worker")).to_have_count(0)
    says(page, "Niamh Costigan")
    managers = """SELECT u.name FROM case_assignment a JOIN "case" c ON c.id = a.case_id JOIN user u ON u.id = a.user_id
        WHERE c.reference = '28451071' AND a.role = 'case_manager' AND a.to_at IS NULL"""
    assert live.rows(managers) == [("Niamh Costigan",)]

    niamh = sign_in(browse(script), "niamh@canal.example", "/caseload")
    says(niamh, "Tess Hollis-Wray")


def test_a_sheet_of_another_service_with_its_mess_is_read_row_by_row_and_writes_nothing(
    live, browse, sign_in, script
):
    page = sign_in(browse(script), DECLAN, to=None)
    before = counts(live)
    read_sheet(page, "caseload-sample.csv")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look before importing")
    says(page, "Nothing has been written yet.")
    says(page, re.compile("Row by row"))
    expect(page.locator(".ca-import tbody tr").nth(20)).to_be_attached()
    expect(page.locator(".ca-import .why").first).to_be_attached()  # errors and rows left out say why
    assert counts(live) == before
    if script:
        found = faults(page)
        assert not found, found


def test_a_sheet_is_imported_after_looking_and_a_second_time_changes_nothing(live, browse, sign_in, script):
    page = sign_in(browse(script), DECLAN, to=None)
    before = counts(live)
    read_sheet(page, "caseload-canal.csv")
    button = page.get_by_role("button", name=re.compile("^Import 2 cases and 4 actions"))
    expect(button).to_be_visible()
    assert counts(live) == before, "looking writes nothing"
    button.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Imported"))
    after = counts(live)
    assert {table: after[table] - before[table] for table in ("person", "case", "goal", "action")} == {
        "person": 2,
        "case": 2,
        "goal": 3,
        "action": 4,
    }
    assert after["consent_grant"] == before["consent_grant"], "no consent comes from a sheet"

    read_sheet(page, "caseload-canal.csv")
    says(page, "everything that can be imported is here already")
    expect(page.get_by_role("button", name=re.compile("^Import "))).to_have_count(0)
    assert counts(live) == after


def test_what_was_imported_is_shown_to_no_partner_before_consent(live, browse, sign_in, script):
    page = sign_in(browse(script), DECLAN, to=None)
    read_sheet(page, "caseload-canal.csv")
    page.get_by_role("button", name=re.compile("^Import ")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Imported"))
    tomasz = sign_in(browse(script), "tomasz@harbour.example", to=None)
    for path in ("/our-actions?whose=all", "/news", "/people?which=all", "/people?q=Ottilie+Sample-Reed"):
        assert tomasz.goto(path).status == 200, path
        text = (
            tomasz.content().replace("q=Ottilie+Sample-Reed", "").replace('value="Ottilie Sample-Reed"', "")
        )
        assert "second floor" not in text and "Ottilie" not in re.sub(r"<title>.*?</title>", "", text), path
