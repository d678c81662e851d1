"""Every page that a role can walk to: axe finds nothing, no CSP violation, no sideways scroll, at 1280 and at 390.

Each role walks every link from its landing page. Addresses that differ only in ids are one kind of page; of each kind
a few are opened, and one is looked at with axe whenever it shows something (an element with its classes) that no page
of its kind showed before, in whichever role. So each kind is looked at, and each state of it that looks different.
"""

import fcntl
import json
import re

import pytest

from tests.e2e.looking import faults

OF_A_KIND = 1
LOOKS_AT_A_KIND = 2
MOST_PAGES = 160

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

SHAPES = """() => [...new Set([...document.querySelectorAll('main *')].map(
    e => e.localName + '.' + [...e.classList].sort().join('.')))]"""


class Shown:
    """For each kind of page: how often it has been looked at, and what was seen there, by whichever worker."""

    def __init__(self, folder):
        self.file = folder / "shown.json"

    def is_new(self, kind, shapes) -> int | None:
        """How often this kind was looked at before; None where another of its kind has shown all that this one shows."""
        with self.file.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            known = json.loads(file.read() or "{}")
            looks, before = known.get(kind, (0, ()))
            if looks >= LOOKS_AT_A_KIND or shapes <= set(before):
                return None
            known[kind] = looks + 1, sorted(shapes | set(before))
            file.truncate(0)
            json.dump(known, file)
            return looks


@pytest.fixture(scope="module")
def shown(demo):
    return Shown(demo[0])


def kind(path: str) -> str:
    path = re.sub(r"\?.*", "", path)
    return re.sub(r"/(\d{8}|[0-9a-hjkmnp-tv-z]{9,13}|\d+)(?=/|$)", "/…", path)


def walk(page):
    """Every kind of page that links lead to, each opened a few times."""
    queue, seen, kinds = ["/"], set(), {}
    while queue and len(seen) < MOST_PAGES:
        path = queue.pop(0)
        if path in seen or kinds.get(kind(path), 0) >= OF_A_KIND:
            continue
        seen.add(path)
        kinds[kind(path)] = kinds.get(kind(path), 0) + 1
        response = page.goto(path)
        assert response.status < 400, (path, response.status)
        yield path
        for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
            file = re.search(r"\.(csv|xlsx|pdf|ics)\b|/file\b", href)
            if href.startswith("/") and not href.startswith("/static") and not file:
                queue.append(href.split("#")[0])


def look(page, path, shown):
    """What is wrong with this page; nothing where another of its kind has shown all that it shows."""
    before = shown.is_new(kind(path), set(page.evaluate(SHAPES)))
    return [] if before is None else faults(page, again=bool(before))


@pytest.mark.e2e
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_accessible_at_both_widths(browse, sign_in, shown, role):
    page = sign_in(browse(), ROLES[role])
    found, opened = [], 0
    for path in walk(page):
        opened += 1
        found += look(page, path, shown)
    assert not found, "\n".join(found[:25])
    assert opened >= 8, f"only {opened} pages"


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
    page = sign_in(browse(), ROLES["partner agency"])
    found = []
    for path, status in (("/cases/00000001/plan", 404), ("/system/agencies", 403), ("/no/such/page", 404)):
        assert page.goto(path).status == status, path
        found += faults(page)
    assert not found, "\n".join(found)
