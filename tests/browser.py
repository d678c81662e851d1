"""The test browser: holds every response to the house rules, so that no test has to remember them.

Each request runs in a context of its own, as in production: nothing that a test has open (its application context,
its session, who was signed in before) reaches it. What the test has set up is committed first, and its session
starts afresh afterwards, so the rows that the test then looks at are the ones that the request left.
"""

import contextvars
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

from flask import has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from caseapp.extensions import db
from tests import asked, doors

MAY_BE_WRITTEN_BY_GET = {"audit_entry", "user_session", "user: how fast they read"}
"""Reading a record is itself recorded, a session remembers when it was last used, and whoever reads very many records is
slowed (ASVS 2.4.1). Nothing else."""

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
DATA_SCRIPTS = {"application/json", "importmap"}
#: Elements that begin a field or belong to one.
OF_FORMS = frozenset(["button", "fieldset", "input", "object", "option", "output", "select", "textarea"])
#: Attributes that name the id of another element.
POINTING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
#: What differs between two pages that are the same: values that are new each time, of which no rule says anything.
ONCE_ONLY = re.compile(r'(?<=name="csrf_token" value=")[^"]+|(?<=name="once" value=")[^"]+')

_flawless = set()
"""Hashes of answers that kept the rules, so that the same page is judged once."""


class Browser(FlaskClient):
    """`client.get(…)` and `client.post(…)` as in Flask; an AssertionError when the answer breaks a house rule."""

    judging = True

    def open(self, *args, **kwargs):
        if has_app_context():
            db.session.commit()
        response, watch = contextvars.Context().run(self._open, args, kwargs)
        if has_app_context():
            db.session.rollback()
            db.session.expire_all()  # what the test holds on to is read anew
        if self.judging:
            judge(response, watch)
        return response

    def _open(self, args, kwargs):
        watch = Watch()
        _watch.set(watch)
        noted = asked.listen()
        response = super().open(*args, **kwargs)
        response.asked = noted
        return response, watch

    def token(self, page: str = "/sign-in") -> str:
        """A CSRF token as a form on `page` carries it."""
        return fields_of(self.get(page).text)["csrf_token"]

    def submit(self, page: str, action: str | None = None, follow: bool = False, htmx: bool = False, **typed):
        """Fetch `page`, fill in its form that posts to `action` (the only one if None) and send it.

        Keeps what the form already holds, hidden fields included; `htmx` sends it as the script would.
        """
        forms = [form for form in parse(self.get(page).text).forms if form.method == "post"]
        if action is not None:
            forms = [form for form in forms if (form.action or page).split("?")[0] == action]
        assert len(forms) == 1, f"{page} has {len(forms)} forms that post to {action or 'anything'}"
        (form,) = forms
        headers = {"HX-Request": "true"} if htmx else {}
        return self.post(
            form.action or page, data=form.fields | typed, headers=headers, follow_redirects=follow
        )


@dataclass
class Watch:
    """What one request wrote: `pending` on open connections, `left` there when the view had answered."""

    pending: dict = field(default_factory=dict)
    tables: set = field(default_factory=set)
    left: list = field(default_factory=list)


_watch = contextvars.ContextVar("watch", default=None)


@event.listens_for(Engine, "after_cursor_execute")
def _wrote(connection, _cursor, statement, _parameters, context, _many):
    watch = _watch.get()
    if watch is None or context is None:
        return
    words = statement.split(None, 3)
    if words[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
        table = words[1] if words[0].upper() == "UPDATE" else words[2]
        table = table.split("(")[0].strip('"')
        if table == "user" and "SET reading_" in statement:
            table = "user: how fast they read"
        watch.tables.add(table)
        watch.pending.setdefault(id(connection.connection.driver_connection), []).append(table)


def _settled(connection):
    if (watch := _watch.get()) is not None:
        watch.pending.pop(id(connection.connection.driver_connection), None)


event.listen(Engine, "commit", _settled)
event.listen(Engine, "rollback", _settled)


def watch_over(app) -> None:
    """Note what the view left open; call it last, so that it looks before anything else ends the transaction."""

    @app.after_request
    def note(response):
        if (watch := _watch.get()) is not None:
            watch.left += [table for tables in watch.pending.values() for table in tables]
        return response


def judge(response, watch=None) -> None:
    """Raise AssertionError, naming the address, when `response` breaks a rule that every response must keep."""
    where = f"{response.request.method} {response.request.path} ({response.status_code})"
    wrong = doors.faults_of_headers(response)
    assert not wrong, f"{where}: headers: {wrong}"
    if watch is not None:
        if response.status_code < 400:
            assert not watch.left, f"{where}: left uncommitted: {watch.left}"
        if response.request.method in {"GET", "HEAD"}:
            wrote = watch.tables - MAY_BE_WRITTEN_BY_GET
            assert not wrote, f"{where}: a GET wrote {sorted(wrote)}"
    if response.mimetype != "text/html" or not response.data or 300 <= response.status_code < 400:
        return
    assert not silent(response), f"{where}: refused without a word of why"
    fragment = "HX-Fragment" in response.headers
    known = hash((fragment, ONCE_ONLY.sub("", response.text)))
    if known in _flawless:
        return
    broken = faults_of_fragment(response.text) if fragment else faults_of_page(response.text)
    assert not broken, f"{where}: " + "; ".join(broken)
    _flawless.add(known)


#: What tells people that something was refused, and why: the summary of errors, an error at a field, words that are
#: announced (base.html has a place for them that stands empty), the page of an error, the notice on the chair's page.
SAYS_WHY = re.compile(
    r'class="[^"]*\bgovuk-error-(?:summary|message)\b|role="alert"[^>]*>\s*(?!\s|</)|class="ca-error"|>Not saved<'
)


def silent(response) -> bool:
    """Whether it refused what was sent (409, 422), and nothing on the page says so."""
    refused = response.status_code in {409, 422} and response.mimetype == "text/html"
    return refused and not SAYS_WHY.search(response.text)


def faults_of_page(text: str) -> list[str]:
    """What breaks the rules for a whole page."""
    page = parse(text)
    faults = page.faults()
    if not text.lstrip().lower().startswith("<!doctype html>"):
        faults.append("no doctype")
    if "lang" not in page.root_attributes:
        faults.append("no language on <html>")
    if len(page.headings) != 1:
        faults.append(f"{len(page.headings)} h1: {page.headings}")
    elif not page.title.removeprefix("Error: ").startswith(page.headings[0]):
        faults.append(f"the title {page.title!r} does not start with the h1 {page.headings[0]!r}")
    ids = set(page.ids)
    faults += [f"{name}={value!r} points at nothing" for name, value in page.pointers if value not in ids]
    return faults


def faults_of_fragment(text: str) -> list[str]:
    """What breaks the rules for a fragment: one root with an id, beside parts that go elsewhere (hx-swap-oob)."""
    page = parse(text)
    faults = page.faults()
    roots = [attributes for attributes in page.roots if "hx-swap-oob" not in attributes]
    if len(roots) > 1 or not page.roots:
        faults.append(f"a fragment with {len(roots)} roots")
    if any("id" not in attributes for attributes in roots):
        faults.append("the fragment's root has no id")
    if page.root_attributes is not None:
        faults.append("a whole page sent as a fragment")
    return faults


@dataclass
class Form:
    method: str
    action: str
    fields: dict = field(default_factory=dict)


class Page:
    """What the rules need to know about a piece of HTML."""

    def __init__(self, line_of):
        self.open, self.roots, self.ids, self.pointers, self.headings, self.forms = [], [], [], [], [], []
        self.line_of = line_of
        self.root_attributes = None
        self.title = ""
        self._faults = []
        self._select = self._textarea = None

    def start(self, element):
        """An element begins, as `_element` tells of it."""
        tag, attributes, faults, pointers = element
        if not self.open:
            self.roots.append(attributes)
        if faults:
            self._faults += faults
        if tag == "html":
            self.root_attributes = attributes
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if pointers:
            self.pointers += pointers
        if tag == "h1":
            self.headings.append("")
        if tag == "form":
            if "form" in self.open:
                self._faults.append("a form inside a form")
            self.forms.append(
                Form((attributes.get("method") or "get").lower(), attributes.get("action") or "")
            )
        if tag in OF_FORMS:
            self._note_field(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def end(self, tag, at):
        """It ends; `at` is the place in the text, as `line_of` knows it."""
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            inside = self.open[-1] if self.open else "nothing"
            self._faults.append(f"</{tag}> on line {self.line_of(at)} closes <{inside}>")
            if tag not in self.open:
                return
            while self.open[-1] != tag:
                self.open.pop()
        self.open.pop()
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._textarea = None

    def words(self, data):
        """Text between the tags, its references resolved."""
        if not self.open:
            if data.strip():
                self._faults.append(f"text outside any element: {data.strip()[:40]!r}")
            return
        if "h1" in self.open:
            self.headings[-1] += data
        elif self.open[-1] == "title" and "svg" not in self.open:
            self.title += data
        if self._textarea and self.open[-1] == "textarea":
            self.forms[-1].fields[self._textarea] += data

    def _note_field(self, tag, attributes):
        name, kind = attributes.get("name"), attributes.get("type")
        if "form" not in self.open or "disabled" in attributes:
            return
        fields = self.forms[-1].fields
        if tag == "option" and self._select:
            value = attributes.get("value", "")
            if "selected" in attributes or self._select not in fields:
                fields[self._select] = value
        if not name:
            return
        if tag == "input" and kind not in {"submit", "button", "file", "image", "reset"}:
            if kind not in {"checkbox", "radio"}:
                fields[name] = attributes.get("value") or ""
            elif "checked" in attributes:
                value = attributes.get("value", "on")
                fields[name] = [*_listed(fields[name]), value] if name in fields else value
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""
        elif tag == "select":
            self._select = name

    def faults(self):
        faults = list(self._faults)
        if self.open:
            faults.append(f"never closed: {self.open}")
        doubled = sorted(one for one, times in Counter(self.ids).items() if times > 1)
        if doubled:
            faults.append(f"ids used twice: {doubled}")
        for form in self.forms:
            if form.method == "post" and not any(
                name.endswith("csrf_token") and value for name, value in form.fields.items()
            ):
                faults.append(f"the form posting to {form.action!r} has no csrf token")
        return faults


def _listed(value):
    return value if isinstance(value, list) else [value]


@lru_cache(50_000)
def _element(tag, pairs) -> tuple[str, dict, list, list]:
    """Of a tag: its name, its attributes, what is wrong with it by itself, and the ids that it points at. The same few
    thousand tags stand in all pages."""
    attributes, faults = dict(pairs), []
    if "style" in attributes or tag == "style":
        faults.append(f"inline style on <{tag}>")
    if tag == "script" and "src" not in attributes and attributes.get("type") not in DATA_SCRIPTS:
        faults.append("inline script")
    for name, value in attributes.items():
        if name.startswith(("on", "hx-on")) or (value or "").strip().lower().startswith("javascript:"):
            faults.append(f"script in {name}= on <{tag}>")
    if tag == "img" and "alt" not in attributes:
        faults.append("a picture without alt")
    pointers = [(name, one) for name in POINTING for one in (attributes.get(name) or "").split()]
    return tag, attributes, faults, pointers


class _Reader(HTMLParser):
    """Reads whatever calls itself HTML, as lenient as a browser."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.page = page

    def handle_starttag(self, tag, pairs):
        self.page.start(_element(tag, tuple(pairs)))

    def handle_startendtag(self, tag, pairs):
        self.handle_starttag(tag, pairs)
        if tag not in VOID:
            self.page.open.pop()

    def handle_endtag(self, tag):
        self.page.end(tag, self.getpos()[0])

    def handle_data(self, data):
        self.page.words(data)


#: One piece of HTML as our templates write it: names in small letters, values in double quotes. Read so it costs a quarter;
#: a text in which anything stands otherwise goes whole to the lenient reader.
PIECE = re.compile(
    r"""([^<]+)"""
    r"""|<(?:/([a-z][a-z0-9]*)>"""
    r"""|([a-z][a-z0-9]*)((?:\s+[a-zA-Z_:][-a-zA-Z0-9_:.]*(?:="[^"]*")?)*)\s*(/?)>"""
    r"""|!(?:DOCTYPE|doctype)[ ]html>)"""
)
_PAIR = re.compile(r'([a-zA-Z_:][-a-zA-Z0-9_:.]*)(?:="([^"]*)")?')
#: A & that does not surely begin a reference: readers differ about it.
_DOUBTFUL = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp);|#[0-9]+;)")
#: What they hold is text, and where it ends is not for PIECE to say once a < stands in it.
RAW = frozenset("script style textarea title iframe noscript noembed noframes xmp plaintext".split())


def _read_strictly(page, text) -> bool:
    """Read what is written as PIECE says; False where something is not."""
    at, raw = 0, None
    for found in PIECE.finditer(text):
        if found.start() != at:
            return False
        at = found.end()
        words, closing, tag, attributes, closed = found.groups()
        if words is not None:
            page.words(unescape(words) if "&" in words else words)
        elif closing is not None:
            if raw not in (None, closing):
                return False
            raw = None
            page.end(closing, found.start())
        elif raw is not None:
            return False
        elif tag is not None:
            element = _written(tag, attributes)
            if element is None:
                return False
            page.start(element)
            if closed:
                if tag not in VOID:
                    page.open.pop()
            elif tag in RAW:
                raw = tag
    return at == len(text)


@lru_cache(50_000)
def _written(tag, attributes):
    if _DOUBTFUL.search(attributes):
        return None
    pairs = [(found[1].lower(), found[2] and unescape(found[2])) for found in _PAIR.finditer(attributes)]
    return _element(tag, tuple(pairs))


@lru_cache(16)
def parse(text: str) -> Page:
    """What the rules need to know; nobody changes it. A page that is judged is often read again for its forms."""
    page = Page(lambda at: text.count("\n", 0, at) + 1)
    if not _read_strictly(page, text):
        page = Page(lambda line: line)
        reader = _Reader(page)
        reader.feed(text)
        reader.close()
    page.title = " ".join(page.title.split())
    page.headings = [" ".join(heading.split()) for heading in page.headings]
    for form in page.forms:
        form.fields = {
            name: value.removeprefix("\n") if isinstance(value, str) else value
            for name, value in form.fields.items()
        }
    return page


def fields_of(text: str) -> dict:
    """Name and value of every field on the page."""
    fields = {}
    for form in parse(text).forms:
        fields |= form.fields
    return fields
