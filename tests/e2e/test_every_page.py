"""Every page that a role can walk to: axe finds nothing, no CSP violation, no sideways scroll, at 1280 and at 390.

Each role walks every link from its landing page, by plain HTTP, and reads one page of each kind (addresses that differ
only in ids are one kind). What it reads is opened in the browser and looked at whenever it shows something that no page
of its kind showed before, in whichever role (tests/e2e/shown.py). So each kind is looked at, and each state of it that
looks different.
"""

import html
import re
from collections import deque

import pytest

from tests.e2e.looking import AXE, faults
from tests.e2e.reader import Reader
from tests.e2e.shown import kind

MOST_PAGES = 400
LINK = re.compile(r'<a\s[^>]*?\bhref="(/[^"#]*)')
FILE = re.compile(r"\.(csv|xlsx|pdf|ics)\b|/file\b")

ROLES = {
    "case manager": "orla@canal.example",
    "partner agency": "tomasz@harbour.example",
    "prescribing clinic": "leah@millroad.example",
    "line manager": "declan@canal.example",
    "agency administrator": "brid@harbour.example",
    "several roles at once": "hugh@moneydesk.example",
    "system administrator": "system@national.example",
    "privacy officer": "femi@canal.example",
    "coordinator": "sinead@liffeynorth.example",
    "national coordinator": "gearoid@national.example",
}


def walk(reader):
    """One page of every kind that links lead to: its address and what it says."""
    queue, asked, kinds = deque(["/"]), set(), set()
    while queue and len(asked) < MOST_PAGES:
        path = queue.popleft()
        if path in asked or kind(path) in kinds:
            continue
        asked.add(path)
        answer = reader.get(path)
        assert answer.status < 400, (path, answer.status)
        met = kind(answer.path) in kinds
        kinds |= {kind(path), kind(answer.path)}
        if met or not answer.is_page:
            continue
        yield answer.path, answer.text
        links = map(html.unescape, LINK.findall(answer.text))
        queue += [link for link in links if not link.startswith("/static") and not FILE.search(link)]
    assert not queue or len(asked) < MOST_PAGES, "the walk was not finished"


@pytest.mark.e2e
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_accessible_at_both_widths(browse, sign_in, live, shown, role):
    page = sign_in(browse(width=390, drawn=False), ROLES[role], to=None)
    page.add_init_script(AXE)  # every page that is opened is looked at
    reader = Reader(live.url, {one["name"]: one["value"] for one in page.context.cookies()})
    found, read = [], 0
    for path, text in walk(reader):
        read += 1
        if due := shown.look(path, text):
            response = page.goto(path)
            assert response.status < 400, (path, response.status)
            found += faults(page, due)
    assert not found, "\n".join(found[:25])
    assert read >= 8, f"only {read} pages"


@pytest.mark.e2e
def test_every_page_at_the_door_is_accessible_at_both_widths(browse, live):
    page = browse()
    found = []
    for path in ("/sign-in", "/password/forgotten", "/password/sent", "/password/set", "/signed-out"):
        page.goto(path)
        found += faults(page)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in").click()
    found += faults(page)
    assert page.goto("/password/no-such-link").status in (404, 410)
    found += faults(page)
    assert not found, "\n".join(found)


@pytest.mark.e2e
def test_a_page_that_is_not_there_and_one_that_is_refused_are_accessible(browse, sign_in):
    page = sign_in(browse(drawn=False), ROLES["partner agency"], to=None)
    found = []
    for path, status in (("/cases/00000001/plan", 404), ("/system/agencies", 403), ("/no/such/page", 404)):
        assert page.goto(path).status == status, path
        found += faults(page)
    assert not found, "\n".join(found)
