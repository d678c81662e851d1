"""What has been looked at already, by whichever test and worker, so that no browser judges the same thing twice.

Addresses that differ only in ids are one kind of page. What a page shows is the set of its elements, each with its
classes and with what changes how it is judged (its type and role, ARIA, whether a field has a label, whether it is
empty). The frame around <main> is a kind of its own, as it is the same on every page.
"""

import fcntl
import itertools
import re

_ID = re.compile(r"/(\d{8}|[0-9a-hjkmnp-tv-z]{12,13}|\d+)(?=/|$)")
#: Where a word stands for a record: a setting, a part of life, a chapter that comes along.
_WORD = re.compile(r"(/agency/settings|/needs|/procedures/library)/[\w-]+$")
_TAG = re.compile(r"<([a-z][a-z0-9-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z_:][\w:.-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_FOR = re.compile(r"<label\b[^>]*\sfor=\"([^\"]*)\"")
_EMPTY = re.compile(r"\s*</(?:a|button|h[1-6]|th|label|legend|option|summary|caption)>")
_HEADING = re.compile(r"<h([1-6])\b")
_NAMES = {"aria-label", "aria-labelledby", "title"}
_FIELDS = {"input", "select", "textarea"}
#: Attributes that say nothing about how an element looks or is read aloud; their values never do.
_INDIFFERENT = frozenset(
    """class id href name value for action method datetime colspan rowspan checked selected maxlength rows cols size
    src width height content charset d cx cy r x y x1 x2 y1 y2 points viewbox fill stroke version headers download
    autocomplete spellcheck autocapitalize inputmode novalidate enctype accept min max step cite rel target""".split()
)

LONG = 20  # letters of a word that may not fit on a narrow page


def kind(path: str) -> str:
    """The address without what differs between two pages of one kind."""
    return _WORD.sub(r"\1/…", _ID.sub("/…", re.sub(r"[?#].*", "", path)))


def shapes(html: str) -> tuple[set[str], set[str]]:
    """What <main> shows, and what the frame around it shows (the line on the governing procedure is of the frame)."""
    labelled = set(_FOR.findall(html))
    begin, end = html.find("<main"), html.find("</main>")
    if (governing := html.find('<p class="ca-proc"', begin)) > 0:
        end = governing
    inside, around = _texts(html[begin:end]), set()
    for tag in _TAG.finditer(html):
        shape = _shape(tag[1], tag[2], labelled, bool(_EMPTY.match(html, tag.end())))
        (inside if begin <= tag.start() < end else around).add(shape)
    return inside, around


def _texts(html):
    """What the words themselves change: the levels of the headings, one after the other, and words so long that they may
    not fit."""
    levels = _HEADING.findall(html)
    long = {len(word) // 10 * 10 for word in re.sub(r"<[^>]*>", " ", html).split() if len(word) >= LONG}
    return {f"h{a} h{b}" for a, b in itertools.pairwise(levels)} | {f"words of {one} letters" for one in long}


def _shape(name, attributes, labelled, empty):
    given = {found[1].lower(): found[2] or found[3] or "" for found in _ATTRIBUTE.finditer(attributes)}
    marks = {one for one in given if one not in _INDIFFERENT and not one.startswith(("data-", "hx-"))}
    marks |= {f"{one}={given[one]}" for one in ("type", "role") if one in given}
    is_field = name in _FIELDS and given.get("type") not in {"hidden", "submit", "button"}
    if is_field and given.get("id") not in labelled and not _NAMES & given.keys():
        marks.add("unnamed")
    if empty:
        marks.add("empty")
    classes = ".".join(sorted(given.get("class", "").split()))
    return f"{name}.{classes}[{' '.join(sorted(marks))}]"


class Shown:
    """What each kind of page has shown so far, to all workers together."""

    def __init__(self, folder):
        self.folder = folder / "shown"
        self.folder.mkdir(exist_ok=True)

    def look(self, path, html, how="") -> str:
        """How this page has to be looked at: "whole" where its frame is new, "first" where it is the first of its kind, "part"
        where there is more on it than others of its kind had, "" where there is nothing new. All of it counts as seen then.

        `how` keeps apart what is judged in another way, as pages without script are.
        """
        inside, around = shapes(html)
        more, frame = self._new(how + kind(path), inside), self._new(f"{how}frame", around)
        return "whole" if frame else "first" if more == inside else "part" if more else ""

    def colours(self, texts) -> list[str]:
        """Those of these colours of texts (looking.SURVEY) that no page has shown; they count as seen from now on."""
        return sorted(self._new("colours", set(texts)))

    def _new(self, name, found) -> set:
        """What of this was not known under this name; from now on it is."""
        with (self.folder / re.sub(r"\W+", "-", name)).open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            new = found - set(file.read().split("\n"))
            file.writelines(f"{one}\n" for one in sorted(new))
        return new
