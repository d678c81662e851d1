"""How a page is looked at: axe (WCAG 2.2 A and AA, and best practice) and the width that it takes."""

from pathlib import Path

import axe_playwright_python

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1280, 390)
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"], "preload": False}
#: Contrast takes half the time of axe, and no width changes a colour in app.css: seen once, it need not be seen again.
ONCE_SEEN = OPTIONS | {"rules": {"color-contrast": {"enabled": False}}}


def faults(page, widths=WIDTHS, again=False) -> list[str]:
    """What axe finds on the page as it stands, and how far it scrolls sideways, at each width.

    `again`: one of its kind has been looked at before, so it is judged at the narrow width alone. Axe itself is a script:
    on a page where none may run it would wait for ever, so there the width alone is judged.
    """
    found = []
    axe = getattr(page.context, "runs_script", True)
    if axe:
        page.evaluate(AXE)
    for number, width in enumerate(widths[-1:] if again else widths):
        page.set_viewport_size({"width": width, "height": 900})
        options = ONCE_SEEN if number else OPTIONS
        answer = page.evaluate("options => axe.run(document, options)", options) if axe else {}
        for one in answer.get("violations", ()):
            node = one["nodes"][0]["html"][:160]
            found.append(f"{page.url} at {width}: {one['id']}: {one['help']}: {node}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            found.append(f"{page.url} at {width}: scrolls sideways by {wide} pixels")
    page.set_viewport_size({"width": widths[0], "height": 900})
    return found
