"""Story F5 in the real browser: the chair, an agency that sees its part and the clinic with the whole plan, signed in at the
same time; with and without script (B7, S2-40, S3-67 … S3-69)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from caseapp import ids
from tests.e2e.looking import faults
from tests.e2e.steps import (
    LETTER,
    ORLA,
    PLAN,
    TOMASZ,
    action,
    action_id,
    answered,
    becomes,
    choose,
    named,
    open_row,
    put_day,
    says,
)

pytestmark = pytest.mark.e2e

LEAH = "leah@millroad.example"


@pytest.fixture
def meeting(live):
    """A meeting on Niall's case, arranged for now: Orla chairs, Tomasz and Leah are invited. Gives its address."""
    now = datetime.now(UTC).replace(tzinfo=None)

    def stamp(moment):
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")

    case, canal, harbour, clinic = (
        live.value(sql)
        for sql in (
            "SELECT id FROM \"case\" WHERE reference = '41729304'",
            f"SELECT agency_id FROM user WHERE email = '{ORLA}'",  # noqa: S608 - our own words
            f"SELECT agency_id FROM user WHERE email = '{TOMASZ}'",  # noqa: S608
            f"SELECT agency_id FROM user WHERE email = '{LEAH}'",  # noqa: S608
        )
    )
    orla, tomasz, leah = (live.value("SELECT id FROM user WHERE email = ?", e) for e in (ORLA, TOMASZ, LEAH))
    columns = {row[1]: row for row in live.rows("PRAGMA table_info(meeting)")}
    meeting_id = ids.new_id()
    values = {
        "id": meeting_id,
        "version": 1,
        "case_id": case,
        "agency_id": canal,
        "kind": "case_meeting",
        "status": "scheduled",
        "status_at": stamp(now),
        "touches_family": 0,
        "proposed_at": stamp(now),
        "proposed_by_id": orla,
        "starts_at": stamp(now - timedelta(minutes=5)),
        "place": "Canal Street, room 2",
        "chair_id": orla,
        "chair_name": "Orla Keaveney",
        "sequence": 0,
        "invited_at": stamp(now - timedelta(days=1)),
    }
    _insert(live, "meeting", columns, values)
    seats = {row[1]: row for row in live.rows("PRAGMA table_info(meeting_attendee)")}
    for kind, agency, user, name in (
        ("person", None, None, ""),
        ("agency", canal, orla, "Orla Keaveney"),
        ("agency", harbour, tomasz, "Tomasz Wilk"),
        ("agency", clinic, leah, "Leah Quigg"),
    ):
        _insert(
            live,
            "meeting_attendee",
            seats,
            {
                "id": ids.new_id(),
                "version": 1,
                "meeting_id": meeting_id,
                "kind": kind,
                "agency_id": agency,
                "user_id": user,
                "name": name,
                "added_at": stamp(now),
                "added_by_id": orla,
                "invited_at": stamp(now - timedelta(days=1)),
                "answer": "invited",
                "uninvited": 0,
            },
        )
    return f"/meetings/{ids.written(meeting_id)}"


def _id(meeting) -> int:
    return ids.read(meeting.rsplit("/", 1)[1])


def _insert(live, table, columns, values):
    """A row, its other texts empty."""
    for name, row in columns.items():
        if name not in values and row[3] and row[4] is None:  # not null, and no default
            values[name] = ""
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    live.change(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608


def begin(page, meeting):
    """Begin, mark everybody as there, tick the reminder."""
    page.goto(f"{meeting}/room")
    page.get_by_role("button", name="Begin the meeting now").click()
    page.get_by_role("link", name="Change attendance").click()
    there = page.locator("fieldset label", has_text=re.compile("^There$"))
    expect(there).to_have_count(4)
    for box in there.all():
        box.click()
    page.get_by_role("button", name="Save attendance").click()
    page.get_by_role("button", name=re.compile("^Tick: the confidentiality")).click()
    says(page, re.compile("Confidentiality reminder read out"))


def test_story_f5_with_three_agencies_at_once(live, browse, sign_in, meeting, script):
    orla = sign_in(browse(script), ORLA, to=None)
    # each reads its own agenda
    tomasz = sign_in(browse(script), TOMASZ, f"{meeting}/agenda")
    says(tomasz, "This is Harbour Hostel’s copy")
    assert "Refer to Hollow Farm" not in tomasz.content()
    leah = sign_in(browse(script), LEAH, f"{meeting}/agenda")
    says(leah, re.compile("Refer to Hollow Farm"))

    begin(orla, meeting)
    orla.goto(f"{meeting}/room?point=person")
    said, own_words = "I can’t get forms done without a number.", orla.get_by_label(re.compile("own words"))
    if script:
        with answered(orla, "/room/written", "a+number"):
            own_words.fill(said)
    else:
        own_words.fill(said)
        orla.get_by_role("button", name=re.compile("^Save Niall")).click()
    assert live.value("SELECT persons_view FROM meeting_record WHERE meeting_id = ?", _id(meeting)) == said
    orla.goto(f"{meeting}/room?point=person")
    expect(own_words).to_have_value(said)

    # a decision in the row
    orla.locator(".ca-agenda a", has_text="Goal 1").click()
    orla.get_by_role("link", name=named("Decide", LETTER)).click()
    row = orla.locator(".ca-decide")
    expect(row).to_contain_text(LETTER)
    if script:
        found = faults(orla)
        assert not found, found
    choose(row, "New date")
    row.get_by_label("What was decided").fill("Goes on Friday; Tomasz brings Niall a copy.")
    due = (datetime.now(UTC) + timedelta(days=12)).date()
    put_day(row, "New date", due)
    if script:
        with answered(orla, f"/room/actions/{ids.written(action_id(live, LETTER))}", "everybody=y"):
            choose(row, "Everybody here agrees")
    else:
        choose(row, "Everybody here agrees")

    # meanwhile its agency updates the same action
    tomasz.goto(PLAN)
    form = open_row(tomasz, LETTER)
    form.get_by_label("Note").fill("The manager signs it tomorrow.")
    form.get_by_role("button", name="Save and tell Orla").click()
    says(tomasz, re.compile("has been told"))
    row.get_by_role("button", name="Record this decision").click()
    says(orla, re.compile("Nothing was overwritten"))
    says(orla, "The manager signs it tomorrow.")
    expect(orla.get_by_label("What was decided")).to_have_value("Goes on Friday; Tomasz brings Niall a copy.")
    orla.get_by_role("button", name="Decide this, knowing of their change").click()
    says(orla, re.compile("Decision 1 is recorded"))
    assert action(live, LETTER)["last_note"] == "The manager signs it tomorrow."
    assert str(action(live, LETTER)["due_on"]) != str(due), "the plan waits for the minutes"

    # closed, issued
    orla.get_by_role("button", name="Close the meeting").click()
    says(orla, re.compile("The meeting is closed"))
    orla.get_by_role("button", name="Issue the minutes").click()
    says(orla, re.compile("The minutes are issued"))
    assert str(action(live, LETTER)["due_on"]) == str(due)
    found = faults(orla) if script else []
    assert not found, found

    # every copy by its reader's rights
    tomasz.goto(f"{meeting}/minutes")
    says(tomasz, "Goes on Friday; Tomasz brings Niall a copy.")
    says(tomasz, re.compile("Copy for Harbour Hostel: its own part"))
    for words in ("Leah Quigg", "Mill Road", "Hepatitis", "I can’t get forms done"):
        assert words not in tomasz.content(), words
    leah.goto(f"{meeting}/minutes")
    says(leah, re.compile("the whole plan"))
    says(leah, re.compile("I can’t get forms done without a number"))
    leah.get_by_role("button", name="We have received them").click()
    says(leah, re.compile("Received .*Leah Quigg"))
    orla.goto(f"{meeting}/minutes")
    says(orla, re.compile("Not received yet"))

    # consent withdrawn: nothing, though it was there
    live.change(
        "UPDATE consent_grant SET status = 'withdrawn', withdrawn_at = ? WHERE status = 'active' AND agency_id ="
        " (SELECT agency_id FROM user WHERE email = ?)",
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        TOMASZ,
    )
    assert tomasz.goto(f"{meeting}/minutes").status == 404
    assert tomasz.goto(f"{meeting}/minutes/print").status == 404


def test_what_is_typed_survives_a_lost_connection_and_a_lost_session(live, browse, sign_in, meeting):
    orla = sign_in(browse(True), ORLA, to=None)
    begin(orla, meeting)
    orla.goto(f"{meeting}/room?point=person")
    field = orla.get_by_label(re.compile("own words"))
    orla.context.set_offline(True)
    field.fill("Said while the line was down")
    says(orla, re.compile("could not confirm that this was saved"))
    orla.context.set_offline(False)
    with answered(orla, "/room/written", "and+after"):
        field.fill("Said while the line was down, and after")
    view = "SELECT persons_view FROM meeting_record WHERE meeting_id = ?"
    becomes(lambda: live.value(view, _id(meeting)), "Said while the line was down, and after")
    live.change("DELETE FROM user_session")
    field.fill("Said after the session had ended")
    orla.wait_for_url(re.compile("/room/written|/sign-in"))
    says(orla, re.compile("your text is still here"))
    orla.get_by_label("Work e-mail").fill(ORLA)
    orla.get_by_label("Password", exact=True).fill(live.accounts[ORLA]["password"])
    orla.get_by_role("button", name="Sign in").click()
    says(orla, re.compile("Said after the session had ended"))


def test_the_chair_works_from_the_keyboard_alone(live, browse, sign_in, meeting):
    orla = sign_in(browse(True), ORLA, to=None)
    begin(orla, meeting)
    orla.goto(f"{meeting}/room")
    orla.locator(".ca-agenda a", has_text="Goal 1").press("Enter")
    orla.get_by_role("link", name=named("Decide", LETTER)).press("Enter")
    expect(orla.locator(".ca-decide h3")).to_be_focused()
    orla.get_by_label("What was decided").focus()
    orla.keyboard.type("It stays as it is.")
    orla.get_by_role("button", name="Record this decision").press("Enter")
    says(orla, re.compile("Decision 1 is recorded"))
    recorded = "SELECT count(*) FROM meeting_decision WHERE recorded_at IS NOT NULL AND meeting_id = ?"
    assert live.value(recorded, _id(meeting)) == 1
    assert action_id(live, LETTER)
