"""How a page is looked at: axe (WCAG 2.2 A and AA, and best practice) and the width that it takes, at 390 and at 1280.

Axe judges the narrow page by all rules. At the wide one it judges again what a width changes: sizes and what scrolls, or
everything where other elements show. Contrast is two thirds of its work, and follows from colours alone: it is judged
for each letter colour, size and weight on each background once, on whichever page shows it first.
"""

from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (390, 1280)
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
QUICK = {"resultTypes": ["violations"], "preload": False, "iframes": False}
ALL = QUICK | {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"color-contrast": {"enabled": False}},
}
BY_SIZE = QUICK | {"runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}}
CONTRAST = QUICK | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}

#: How far the page scrolls sideways, whether other elements show than when it was asked before, and for each text what
#: its contrast follows from: its own colour, size and weight, and whatever stands behind it.
SURVEY = """() => {
  const behind = new Map([[null, '']]), texts = new Map(), showing = new Set();
  const story = e => {
    if (!behind.has(e)) {
      const s = getComputedStyle(e);
      behind.set(e, story(e.parentElement) + [
        s.backgroundColor === 'rgba(0, 0, 0, 0)' ? '' : s.backgroundColor,
        s.backgroundImage === 'none' ? '' : s.backgroundImage,
        s.opacity === '1' ? '' : 'opacity ' + s.opacity,
        s.filter + s.mixBlendMode === 'nonenormal' ? '' : s.filter + s.mixBlendMode,
        s.position === 'static' || s.position === 'relative' ? '' : s.position,
        s.clipPath === 'none' && s.clip === 'auto' ? '' : 'clipped',
        e.matches(':disabled, [aria-disabled=true]') ? 'disabled' : '',
      ].filter(Boolean).join());
    }
    return behind.get(e);
  };
  for (const e of document.body.querySelectorAll('*')) {
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    showing.add(e);
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.matches('input, select, textarea')) continue;
    const s = getComputedStyle(e);
    const key = [e.matches('input, select, textarea') ? e.localName : '', s.color, s.fontSize, s.fontWeight, s.textShadow, story(e)].join(' ');
    if (!texts.has(key)) texts.set(key, []);
    texts.get(key).push(e);
  }
  const before = window.showing_before || showing;
  window.showing_before = showing;
  window.texts_here = texts;
  return {
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    other: showing.size !== before.size || [...showing].some(e => !before.has(e)),
    texts: [...texts.keys()],
  };
}"""
JUDGE = """async ([options, contrast, texts]) => {
  const found = options ? (await axe.run(document, options)).violations : [];
  if (texts.length) found.push(...(await axe.run({include: texts.flatMap(one => texts_here.get(one))}, contrast)).violations);
  return found.map(one => [one.id, one.help, one.nodes[0].html.slice(0, 160)]);
}"""


def faults(page, due=None) -> list[str]:
    """What axe finds on the page as it stands, and how far it scrolls sideways; nothing where all that it shows has been
    looked at on pages of its kind. `due`: "whole" or "part", where the caller knows that it has to be looked at.

    Axe itself is a script: on a page where none may run it would wait for ever, so there the width alone is judged.
    """
    script, shown = page.context.runs_script, page.context.shown
    page.wait_for_load_state()  # half a page has half its faults, and others of its own
    due = shown.look(urlsplit(page.url).path, page.content(), "" if script else "without script ") or due
    if not due:
        return []
    found, size = [], page.viewport_size
    if script and not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    for width in WIDTHS:
        _resize(page, {"width": width, "height": 900})
        seen = page.evaluate(SURVEY)
        if seen["wide"] > 1:
            found.append(f"{page.url} at {width}: scrolls sideways by {seen['wide']} pixels")
        if not script:
            continue
        if width == WIDTHS[0]:
            rules = ALL
        elif due == "whole":
            rules = ALL if seen["other"] else BY_SIZE
        else:
            rules = None
        texts = shown.colours(seen["texts"])
        for rule, means, node in page.evaluate(JUDGE, [rules, CONTRAST, texts]) if rules or texts else ():
            found.append(f"{page.url} at {width}: {rule}: {means}: {node}")
    _resize(page, size)
    return found


def _resize(page, size):
    if page.viewport_size != size:
        page.set_viewport_size(size)
