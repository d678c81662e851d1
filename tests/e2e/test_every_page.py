"""Every page that a role can walk to: axe finds nothing (WCAG 2.2 A, AA and best practice), no CSP violation, no
sideways scroll, at 1280 and at 390 pixels."""

import re

import pytest

ROLES = {
    "worker": "Worker",
    "line_manager": "Line manager",
    "agency_admin": "Agency administrator",
    "system_admin": "System administrator",
    "coordinator": "Coordinator",
}
#: Addresses that differ only in their ids are one kind of page; of each kind so many are looked at.
OF_A_KIND = 2
MOST_PAGES = 70

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def kind(path: str) -> str:
    path = re.sub(r"\?.*", "", path)
    return re.sub(r"/(\d{8}|[0-9a-hjkmnp-tv-z]{9,13}|\d+)(?=/|$)", "/…", path)


def personas(live):
    """One demo account for each role, plus a prescribing clinic and a case manager."""
    found = {}
    for email, account in live.accounts.items():
        for role in account["roles"]:
            found.setdefault(role, email)
    return found


def axe(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [f"{v['id']}: {v['help']} – {v['nodes'][0]['html'][:160]}" for v in results.response["violations"]]


def walk(page, sign_in, email):
    """Every kind of page reachable by links from the landing page."""
    sign_in(page, email)
    queue, seen, kinds = ["/"], set(), {}
    while queue and len(seen) < MOST_PAGES:
        path = queue.pop(0)
        if path in seen or kinds.get(kind(path), 0) >= OF_A_KIND:
            continue
        seen.add(path)
        kinds[kind(path)] = kinds.get(kind(path), 0) + 1
        response = page.goto(path)
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        assert response.status < 400, (path, response.status)
        yield path
        for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
            if (
                href.startswith("/")
                and not href.startswith("/static")
                and not re.search(r"\.(csv|xlsx|pdf)|export", href)
            ):
                queue.append(href.split("#")[0])


@pytest.mark.parametrize("role", ["line_manager", "worker", "agency_admin", "system_admin", "coordinator"])
def test_every_page_of_a_role_is_accessible_at_both_widths(live, browse, sign_in, role):
    people = personas(live)
    assert role in people, f"the demo world has nobody who is {role}: {sorted(people)}"
    page = browse()
    found, looked = [], 0
    for path in walk(page, sign_in, people[role]):
        looked += 1
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{path} at {width}: {fault}" for fault in axe(page)]
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if wide > 1:
                found.append(f"{path} at {width}: scrolls sideways by {wide} pixels")
    assert not found, "\n".join(found[:25])
    assert looked >= 4, f"only {looked} pages"
