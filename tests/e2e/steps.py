"""What people do again and again on these pages, in their words."""

import contextlib
import re
import time

from playwright.sync_api import expect

NIALL = "41729304"
PLAN = f"/cases/{NIALL}/plan"
ORLA = "orla@canal.example"
DECLAN = "declan@canal.example"
TOMASZ = "tomasz@harbour.example"
AMINA = "amina@harbour.example"

LETTER = "Send the housing support letter"
BED = "Keep the bed until a tenancy starts"
DENTIST = "Go with Niall to the dental hospital"


def named(verb: str, what: str):
    """The accessible name of a row's link or button: "Update: Send the letter"."""
    return re.compile(rf"^{re.escape(verb)}\s?:\s?{re.escape(what)}")


def row(page, what: str):
    """The row of an action, closed or open."""
    return page.locator("li.ca-act", has_text=what)


def open_row(page, what: str, verb="Update"):
    """Open an action's form, in its row or (without script) on its own page, and give back the element around it."""
    page.get_by_role("link", name=named(verb, what)).click()
    opened = page.locator(".ca-act--open", has_text=what)
    expect(opened).to_be_visible()
    return opened


def choose(place, label: str):
    """Tick a radio or a box by its words, as a hand does: on the label."""
    place.locator("label", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$")).click()


def put_day(place, legend: str, day):
    """Fill the three boxes of a day."""
    boxes = place.get_by_role("group", name=re.compile(f"^{re.escape(legend)}"))
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        boxes.get_by_label(label, exact=True).fill(str(value))


def says(page, text):
    """The page says so, visibly."""
    expect(page.get_by_text(text).first).to_be_visible()


@contextlib.contextmanager
def answered(page, address: str, words: str = ""):
    """What is done inside makes the script send something to an address that ends so, with these words in it; it is over
    when that has been answered. To be begun before the typing, as a pause in it is enough to send."""

    def meant(answer):
        asked = answer.request
        return asked.method == "POST" and asked.url.endswith(address) and words in (asked.post_data or "")

    with page.expect_response(meant) as got:
        yield
    assert got.value.ok, got.value.status


def becomes(ask, wanted, within=20):
    """Wait until `ask()` is this: what the server does for a script that says nothing of it. `within`: seconds."""
    until = time.monotonic() + within
    while (is_now := ask()) != wanted:
        assert time.monotonic() < until, f"still {is_now!r}, not {wanted!r}"
        time.sleep(0.05)


def action_id(live, what: str) -> int:
    return live.value("SELECT id FROM action WHERE what LIKE ?", f"{what}%")


def action(live, what: str) -> dict:
    """The row of an action in the database."""
    columns = ("status", "status_reason", "version", "last_note", "owner_user_id", "due_on")
    ((*values,),) = live.rows(f"SELECT {', '.join(columns)} FROM action WHERE what LIKE ?", f"{what}%")  # noqa: S608
    return dict(zip(columns, values, strict=True))


def notes_of(live, what: str) -> list[str]:
    found = live.rows("SELECT text FROM action_note WHERE action_id = ? ORDER BY id", action_id(live, what))
    return [text for (text,) in found]
