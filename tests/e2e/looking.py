"""How a page is looked at: axe (WCAG 2.2 A and AA, and best practice) and the width that it takes, at 390 and at 1280.

Axe judges the narrow page by all rules. At the wide one it judges again what a width changes:
sizes and what scrolls, or everything where other elements show. The frame around <main> is judged where it is new. Contrast
is much of its work, and follows from colours alone: it is judged for each letter colour, size and weight on each background
once, on whichever page shows it first.
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
BEGIN = "(window.showing_before = null, 'axe' in window)"
HTML = "document.documentElement.outerHTML"

#: How far the page scrolls sideways, whether other elements show than when it was asked before (if it was), and for each text what
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
  const before = window.showing_before || new Set();
  window.showing_before = showing;
  window.texts_here = texts;
  return {
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    other: showing.size !== before.size || [...showing].some(e => !before.has(e)),
    texts: [...texts.keys()],
  };
}"""
JUDGE = """async ([options, contrast, texts, framed]) => {
  const frame = [];
  for (let e = framed ? null : document.querySelector('main'); e && e !== document.body; e = e.parentElement)
    frame.push(...[...e.parentElement.children].filter(one => one !== e));
  const found = options ? (await axe.run({include: [document.documentElement], exclude: frame}, options)).violations : [];
  if (texts.length) found.push(...(await axe.run({include: texts.flatMap(one => texts_here.get(one))}, contrast)).violations);
  return found.map(one => [one.id, one.help, one.nodes[0].html.slice(0, 160)]);
}"""


def faults(page, due=None) -> list[str]:
    """What axe finds on the page as it stands, and how far it scrolls sideways; nothing where all that it shows has been
    looked at on pages of its kind. `due`: how it has to be looked at (`Shown.look`), where the caller knows; the window is
    then left at the width that was looked at last.

    Axe itself is a script: on a page where none may run it would wait for ever, so there the width alone is judged.
    """
    script, shown = page.context.runs_script, page.context.shown
    page.wait_for_load_state()  # half a page has half its faults, and others of its own
    stays, found, size = not due, [], page.viewport_size
    due = due or shown.look(urlsplit(page.url).path, page.evaluate(HTML), "" if script else "without script ")
    if not due:
        return []
    if script and not page.evaluate(BEGIN):
        page.evaluate(AXE)
    for width in WIDTHS:
        _resize(page, {"width": width, "height": size["height"]})
        seen = page.evaluate(SURVEY)
        if seen["wide"] > 1:
            found.append(f"{page.url} at {width}: scrolls sideways by {seen['wide']} pixels")
        if not script:
            continue
        if due == "part":
            rules = ALL if width == WIDTHS[0] else None
        else:
            rules = ALL if width == WIDTHS[0] or seen["other"] else BY_SIZE
        texts = shown.colours(seen["texts"])
        asked = [rules, CONTRAST, texts, due == "whole"]
        for rule, means, node in page.evaluate(JUDGE, asked) if rules or texts else ():
            found.append(f"{page.url} at {width}: {rule}: {means}: {node}")
    if stays:
        _resize(page, size)
    return found


def _resize(page, size):
    if page.viewport_size != size:
        page.set_viewport_size(size)
