"""The house rules that templates keep, read from the templates themselves; no server, no database.

A template is read twice: `every_branch` with all branches of its conditions, for what may never appear,
and `as_drawn` with the first branch of each and every loop run twice, for what a browser would get.
An expression stands as HOLE in both.
"""

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

CASEAPP = Path(__file__).resolve().parent.parent / "caseapp"
TEMPLATES = CASEAPP / "templates"
HOLE = "\x00"
NO_END = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
NO_END |= {"path", "circle", "line", "rect", "polyline", "polygon", "use", "ellipse"}

# htmx 4, and of it only what the browser tests hold. hx-disable switches controls off during a request.
HX_NAMES = {"get", "post", "target", "swap", "sync", "disable", "status", "swap-oob", "trigger", "include"}
HX_NAMES |= {"select", "indicator"}
HANDLERS = r"\bon(?:click|dblclick|change|submit|input|load|error|focus\w*|blur|key\w+|mouse\w+|pointer\w+|touch\w+|toggle)\s*="
REFUSED = {
    "an inline style": r"[\s\"']style\s*=|<style\b",
    "an inline script": r"<script(?![^>]*\ssrc=)|javascript:|[\"']js:",
    "an event handler": HANDLERS + r"|hx-on",
    "unescaped text": r"\|\s*safe\b|autoescape\s+false",
    "a file from elsewhere": r"(?:src|href)=[\"'](?:https?:)?//",
}


def environment():
    return Environment(autoescape=True, extensions=["jinja2.ext.do"])


def names(pattern="**/*.html"):
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.glob(pattern))


ALL = names()
FRAGMENTS = [name for name in ALL if "/_" in name and not name.startswith("components/")]
#: Pieces that several pages share, or that keep a long page readable: included, never an answer of their own.
PARTS = [name for name in ALL if "/parts/" in name]
PAGES = [
    name
    for name in ALL
    if name not in FRAGMENTS + PARTS and not name.startswith(("components/", "mail/", "base"))
]


@cache
def source(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def tree(name):
    return environment().parse(source(name), name)


def text(body, drawn):
    """The characters of a template's nodes; see the top of this file."""
    out = []
    for node in body:
        match node:
            case nodes.Output():
                out += [part.data if isinstance(part, nodes.TemplateData) else HOLE for part in node.nodes]
            case nodes.If() if drawn:
                out.append(text(node.body, drawn))
            case nodes.If():
                out += [text(part, drawn) for part in (node.body, node.elif_, node.else_)]
            case nodes.For():
                out.append(
                    text(node.body, drawn) * (2 if drawn else 1) + ("" if drawn else text(node.else_, drawn))
                )
            case nodes.CallBlock():
                out.append(f"<call>{text(node.body, drawn)}</call>")
            case nodes.Include():
                out.append(f"<include>{HOLE}</include>")
            case nodes.Macro() if drawn:
                pass
            case nodes.AssignBlock() | nodes.Import() | nodes.FromImport() | nodes.Extends() | nodes.Assign():
                pass
            case nodes.Node() if hasattr(node, "body"):
                out.append(text(node.body, drawn))
    return "".join(out)


@cache
def as_drawn(name):
    return text(tree(name).body, drawn=True)


@cache
def every_branch(name):
    return text(tree(name).body, drawn=False)


class Reader(HTMLParser):
    """Collects the roots and all elements of a piece of HTML as (name, attributes)."""

    def __init__(self, html):
        super().__init__()
        self.open, self.roots, self.elements = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        element = (tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if not self.open:
            self.roots.append(element)
        if tag not in NO_END:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in NO_END:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def roots(html):
    """Root elements, without the ones that htmx puts elsewhere."""
    return [root for root in Reader(html).roots if "hx-swap-oob" not in root[1]]


@cache
def without_comments(name):
    return re.sub(r"\{#.*?#\}", "", source(name), flags=re.DOTALL)


def refused(html):
    return [why for why, pattern in REFUSED.items() if re.search(pattern, html)]


def unknown_hx(html):
    """hx- names that htmx 4 would take for nothing, or for something that we do not use."""
    found = re.findall(r"\bhx-([a-z-]+)((?::[a-z0-9]+)*)(?=[\s=>])", html)
    return sorted(
        {
            f"hx-{name}{rest}"
            for name, rest in found
            if name not in HX_NAMES or (rest and name != "status" and rest not in (":inherited", ":append"))
        }
    )


def without_script(html):
    """Elements that only htmx could use: the same address must be a plain link or form."""
    faults = []
    for tag, attrs in Reader(html).elements:
        if "hx-post" in attrs and not (
            tag == "form" and attrs.get("method") == "post" and attrs.get("action")
        ):
            faults.append(f"<{tag} hx-post> is no form with method=post and action")
        if "hx-get" in attrs and not (attrs.get("href") or (tag == "form" and attrs.get("action"))):
            faults.append(f"<{tag} hx-get> has no href")
        if "[" in attrs.get("hx-trigger", ""):
            faults.append("hx-trigger with a filter needs eval")
    return faults


def unprotected(html):
    """POST forms in a template's source without a csrf token."""
    forms = re.findall(r"<form\b(?=[^>]*method=\"post\").*?</form>", html, re.DOTALL)
    return [
        form[:80]
        for form in forms
        if not re.search(r"hidden\(|token\(|csrf_token|\{\{\s*fields\s*\}\}", form)
    ]


@cache
def styled():
    css = "".join(path.read_text(encoding="utf-8") for path in (CASEAPP / "static").rglob("*.css"))
    bare = {"govuk-checkboxes", "govuk-radios"}  # the base styles only their parts
    return bare | set(re.findall(r"\.((?:govuk|moj|ca)-[A-Za-z0-9_-]+)", css))


def unstyled(html):
    words = {word for found in re.findall(r"class=\"([^\"]*)\"", html) for word in found.split()}
    wanted = {word for word in words if re.match(r"(?:govuk|moj|ca)-", word) and HOLE not in word}
    return sorted(wanted - styled())


def wrong(templates, faults) -> dict:
    """What a check finds, by template. One test for each rule: a test for each rule and file costs more than the look at
    the file."""
    assert templates
    return {name: found for name in templates if (found := faults(name))}


class TestEveryTemplate:
    def test_holds_nothing_that_the_content_policy_would_stop(self):
        assert wrong(ALL, lambda name: refused(without_comments(name))) == {}

    def test_uses_only_what_htmx_4_knows(self):
        assert wrong(ALL, lambda name: unknown_hx(without_comments(name))) == {}

    def test_works_without_script(self):
        assert wrong(ALL, lambda name: without_script(every_branch(name))) == {}

    def test_protects_each_post_form_with_a_token(self):
        assert wrong(ALL, lambda name: unprotected(without_comments(name))) == {}

    def test_names_only_classes_that_have_a_rule(self):
        assert wrong(ALL, lambda name: unstyled(every_branch(name))) == {}, (
            "write the rule in static/app.css, or use a class that is there"
        )

    def test_gives_no_id_twice(self):
        assert wrong(ALL, ids_given_twice) == {}

    def test_includes_and_extends_only_what_exists(self):
        assert wrong(ALL, used_but_not_there) == {}


def ids_given_twice(name):
    ids = Counter(attrs["id"] for _, attrs in Reader(as_drawn(name)).elements if "id" in attrs)
    loops = Counter(re.findall(r"\bid=\"([^\"{]+)\"", without_comments(name)))
    return [one for one, times in ids.items() if times > 1 and HOLE not in one and (loops[one] or times > 2)]


def used_but_not_there(name):
    kinds = (nodes.Include, nodes.Extends, nodes.FromImport, nodes.Import)
    used = [
        node.template.value for node in tree(name).find_all(kinds) if isinstance(node.template, nodes.Const)
    ]
    return [one for one in used if one not in ALL]


def blocks(name):
    return {block.name: text(block.body, drawn=False) for block in tree(name).find_all(nodes.Block)}


def test_every_page_has_a_title_and_one_h1():
    assert wrong(PAGES, without_a_head) == {}


def without_a_head(name):
    found, faults = blocks(name), []
    if not any(tree(name).find_all(nodes.Extends)):
        faults.append("extend base.html or base_print.html")
    if not found.get("title", "").strip():
        faults.append("fill the title block")
    if "heading" in found:  # the page draws its own head
        if not ("<h1" in every_branch(name) or re.search(r"record_head\(|include", source(name))):
            faults.append("draw an h1")
    elif "<h1" in every_branch(name):
        faults.append("base.html draws the h1 from the title or h1 block")
    return faults


def used_by_nobody(name):
    return not any(f'"{name}"' in source(other) for other in ALL if other != name)


def test_a_part_is_used_by_another_template():
    assert wrong(PARTS, used_by_nobody) == {}


def shown_by_nobody(name):
    """Whether no other template shows what this one does: includes it, or calls the macro of which it is one call."""
    macro = drawn_by(name) if as_drawn(name).strip() == HOLE else None
    return used_by_nobody(name) and not (
        macro and any(calls(other, macro.name) for other in ALL if other not in (name, macros()[macro.name]))
    )


def calls(name, macro):
    return any(
        isinstance(call.node, nodes.Name) and call.node.name == macro
        for call in tree(name).find_all(nodes.Call)
    )


class TestEveryFragment:
    def test_has_one_root_element_with_an_id(self):
        assert wrong(FRAGMENTS, not_of_one_root) == {}

    def test_is_included_by_a_page(self):
        assert wrong(FRAGMENTS, shown_by_nobody) == {}, (
            "the page includes the same file, or calls the same macro"
        )

    def test_brings_its_own_macros(self):
        assert wrong(FRAGMENTS, macros_of_others) == {}


def not_of_one_root(name):
    """How often a macro draws its root is seen in each answer (tests/browser.py)."""
    if as_drawn(name).strip() == HOLE and (macro := drawn_by(name)):
        found = roots(text(macro.body, drawn=True))
        return not found or any(root[0] != found[0][0] or not root[1].get("id") for root in found)
    found = roots(as_drawn(name))
    if len(found) != 1:
        return f"{len(found)} roots: {[tag for tag, _ in found]}"
    tag, attrs = found[0]
    return not (attrs.get("id") or tag in ("call", "include"))


def drawn_by(name):
    """The macro that a fragment calls, and holds nothing besides."""
    for call in tree(name).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and (home := macros().get(call.node.name)):
            return next(one for one in tree(home).find_all(nodes.Macro) if one.name == call.node.name)
    return None


def macros_of_others(name):
    called = {
        node.node.name
        for node in tree(name).find_all(nodes.Call)
        if isinstance(node.node, nodes.Name) and node.node.ctx == "load"
    }
    imported = {
        one[-1] if isinstance(one, tuple) else one
        for found in tree(name).find_all(nodes.FromImport)
        for one in found.names
    }
    return sorted((called & macros().keys()) - imported)


@cache
def macros():
    """Public macros by name, with the file that holds them."""
    return {
        macro.name: name
        for name in names("components/*.html")
        for macro in tree(name).find_all(nodes.Macro)
        if not macro.name.startswith("_")
    }


def test_there_are_fragments_once_there_is_a_plan():
    assert FRAGMENTS or not [name for name in PAGES if name.startswith("plan/")]


def test_every_macro_is_used():
    unused = set()
    for macro, home in macros().items():
        calls = sum(len(re.findall(rf"\b{macro}\(", without_comments(name))) for name in ALL)
        if calls <= len(re.findall(rf"macro {macro}\(", without_comments(home))):
            unused.add(macro)
    assert unused == set()


def test_every_macro_file_says_how_it_is_used():
    assert wrong(names("components/[!_]*.html"), lambda name: not source(name).startswith("{#")) == {}


@pytest.mark.parametrize(
    ("check", "html"),
    [
        (refused, '<p style="color:red">'),
        (refused, '<a onclick="go()">'),
        (refused, "<script>go()</script>"),
        (refused, "{{ text|safe }}"),
        (refused, '<img src="https://elsewhere.example/x.png">'),
        (unknown_hx, '<form hx-disabled-elt="this">'),
        (unknown_hx, '<body hx-boost="true">'),
        (unknown_hx, '<p hx-target:parent="x">'),
        (without_script, '<form hx-post="/x">'),
        (without_script, '<a hx-get="/x">'),
        (without_script, '<form method="post" action="/x" hx-post="/x" hx-trigger="click[ctrlKey]">'),
        (unprotected, '<form method="post" action="/x"><button>Go</button></form>'),
        (unstyled, '<p class="govuk-body ca-nowhere">'),
    ],
)
def test_each_check_sees_a_planted_fault(check, html):
    assert check(html)


@pytest.mark.parametrize(
    ("template", "count"),
    [
        ('<li id="a"><b>x</b></li>', 1),
        ('{% if x %}<li id="a"></li>{% else %}<form id="a"></form>{% endif %}', 1),
        ("{% for x in y %}<li></li>{% endfor %}", 2),
        ('<li id="a"></li><div hx-swap-oob="innerHTML:#live">Saved</div>', 1),
        ("<p></p><p></p>", 2),
        ("{{ row }}", 0),
        ('<p id="a"><input><br><img alt=""></p>', 1),
    ],
)
def test_roots_are_counted_as_a_browser_would_get_them(template, count):
    assert len(roots(text(environment().parse(template).body, drawn=True))) == count
