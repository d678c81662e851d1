"""What tests/test_hostile_*.py share: values that nobody should send, and the forms of a page with all their fields."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle

#: All that markup, SQL, templates, spreadsheets and headers might take for their own, in one text.
EVIL = (
    "'; DROP TABLE person; -- {{7*7}} ${7*7} <script>alert(1)</script> \"><img src=x onerror=alert(1)> "
    "=cmd|' /C calc'!A0 %0d%0aSet-Cookie: a=b \U0001f600 \u0627\u0644 ../../etc/passwd"
)
#: As EVIL would have to stand in a page to do its harm.
ALIVE = ("<script>alert(1)", "<img src=x onerror", "${49}", "{{49}}")

#: Sent in every field at once. Of two that are junk of one kind, every other field gets the one, and the rest the other.
EVERYWHERE = {
    "evil": EVIL,
    "empty or blank": ("", " "),
    "nul and turned": "a\x00b\u202egnp.exe\u2066",
    "huge or squared": ("9" * 25, "\u00b2"),
    "arabic or just too big": ("\u0663", str(2**63)),
    "negative": "-1",
    "last day": "9999-12-31",
    "no id": "zzzzzzzzzzzzz",
    "long": "x" * 10_001,
}
#: Sent in one field while the others hold something plausible, by what the field is. NUL is here too: what would let it
#: through to the database is seen only where everything else is in order.
IN_ONE = {
    "text": (EVIL + "\x00", "\u00e9" * 300),
    "textarea": (EVIL + "\x00", "y" * 10_000),
    "choice": ("\u00b2", "9223372036854775808"),
    "hidden": ("\u00b2", "999999999"),
    "day": ("\u00b2", "99999999999"),
    "year": ("0000", "\u0662\u0660\u0662\u0666"),
    "one box": ("0001-01-01", "9999-12-31"),
}


@dataclass
class Field:
    name: str
    kind: str
    value: str = ""
    options: list = field(default_factory=list)
    checked: list = field(default_factory=list)


@dataclass
class WholeForm:
    """A form with every field, also those that a browser would send only when ticked."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    def plausible(self, today) -> dict:
        """What a careful person might send; unlike the page, no required field is left empty."""
        return {one.name: _plausible(one, today) for one in self.fields.values()}


def _plausible(one, today):
    if one.kind == "hidden":
        return one.value
    if one.kind in ("radio", "select"):
        picked = one.checked or [option for option in one.options if option]
        return picked[0] if picked else ""
    if one.kind == "checkbox":
        return one.checked or one.options[:1]
    if one.name.endswith(("-day", "-month", "-year")):
        return one.value or str(getattr(today, one.name.rsplit("-", 1)[1]))
    if "email" in one.name:
        return one.value or "somebody.new@harbour.example"
    if one.kind == "password":
        return "correct horse battery staple"
    return one.value or "12"


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms, self.here, self.select, self.textarea = [], None, None, None

    def handle_starttag(self, tag, pairs):
        a = dict(pairs)
        if tag == "form":
            self.here = WholeForm(a.get("action") or "", (a.get("method") or "get").lower())
            self.forms.append(self.here)
        if self.here is None:
            return
        name = a.get("name")
        if tag == "option" and self.select:
            self.select.options.append(a.get("value", ""))
            if "selected" in a:
                self.select.checked.append(a.get("value", ""))
        elif name and tag == "input":
            kind = a.get("type", "text")
            one = self.here.fields.setdefault(name, Field(name, kind, a.get("value") or ""))
            if kind in ("radio", "checkbox"):
                one.options.append(a.get("value", "on"))
                if "checked" in a:
                    one.checked.append(a.get("value", "on"))
        elif name and tag == "select":
            self.select = self.here.fields[name] = Field(name, "select")
        elif name and tag == "textarea":
            self.textarea = self.here.fields[name] = Field(name, "textarea")
        elif name and tag == "button":
            self.here.fields.setdefault(name, Field(name, "hidden", a.get("value") or ""))

    def handle_data(self, data):
        if self.textarea is not None:
            self.textarea.value += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.here = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.textarea is not None:
            self.textarea.value = self.textarea.value.removeprefix("\n")
            self.textarea = None


def forms_of(text: str) -> list[WholeForm]:
    """The forms of a page that post."""
    page = _Forms()
    page.feed(text)
    return [form for form in page.forms if form.method == "post"]


def sort_of(one: Field) -> str:
    """Which values of IN_ONE suit a field."""
    if one.name.endswith("-year"):
        return "year"
    if one.name.endswith(("-day", "-month")):
        return "day"
    if one.kind in ("radio", "select", "checkbox"):
        return "choice"
    return {"hidden": "hidden", "textarea": "textarea"}.get(one.kind, "text")


#: What databases take differently: lengths, NUL and numbers that no column holds. Everything else is ours, and alike on both.
OF_THE_DATABASE = {
    "evil": EVIL,
    "nul": "a\x00b",
    "just too big": str(2**63),
    "long": "x" * 10_001,
}
#: So in one field while the others hold something plausible, and may get as far as the database.
OF_THE_DATABASE_IN_ONE = {
    "text": ("a\x00b", "\u00e9" * 300),
    "textarea": ("a\x00b", "y" * 10_000),
    "choice": ("9223372036854775808",),
    "one box": ("9999-12-31",),
}


def attempts(form: WholeForm, today, send, narrow: bool = False) -> None:
    """Send all that is tried with one form. What goes into one field while the others are plausible goes into all together
    that say for themselves what is wrong with them; a year is looked at only beside a good day, and what hides has no
    place for an error. `send(what, data)` posts it and returns its status and the ids of the fields
    that were found wrong. The CSRF token stays, or nothing would be tried. `narrow`: only what one database may take and
    another not."""
    token = {"csrf_token": form.fields["csrf_token"].value} if "csrf_token" in form.fields else {}
    names = [name for name in form.fields if name != "csrf_token"]
    _status, needed = (None, set()) if narrow else send("nothing", dict(token))
    days = {name.rsplit("-", 1)[0] for name in names if name.endswith("-year")}
    everywhere = [*names, *sorted(days)]
    for what, value in (OF_THE_DATABASE if narrow else EVERYWHERE).items():
        for values in _dealt(value, len([name for name in everywhere if name not in MACHINERY])):
            junk = dict(zip(sorted(everywhere, key=MACHINERY.__contains__), cycle(values), strict=False))
            send(what, token | junk | {"is_admin": "1", "id": values[0]})
    good = form.plausible(today)
    send("plausible", good)
    if not narrow:  # of several values of one name a form takes the first, before any database is asked
        send("doubled", token | {name: [good[name], EVIL] for name in names})
    in_one = OF_THE_DATABASE_IN_ONE if narrow else IN_ONE
    for at in range(2):
        together, alone = {}, {"hidden": {}, "year": {}}
        for name in names:
            sort = sort_of(form.fields[name])
            if name != "once" and at < len(in_one.get(sort, ())):
                alone.get(sort, together)[name] = {name: in_one[sort][at]}
        for spoilt in (together, *alone.values()):
            _each(f"={at}. of IN_ONE", spoilt, good, send)
    if not narrow:
        left_out = {name: {name: None} for name in names if name != "once" and _id(name) not in needed}
        _each(" left out", left_out, good, send)
    for value in in_one["one box"]:
        for name in days:
            gone = {f"{name}-{part}": None for part in ("day", "month", "year")}
            send(f"{name}={value}", _without(good | gone | {name: value}))


#: What every form has for itself.
MACHINERY = ("once", "version", "next", "back")


def _dealt(value, fields: int):
    """The values that go in turn into the fields of one request. A form with one field gets each of two alone."""
    if isinstance(value, str):
        return [(value,)]
    return [value] if fields > 1 else [(one,) for one in value]


def _each(what, spoilt, good, send):
    """Try each of the changes in `spoilt`, {field: {name: value}}, with everything else plausible.

    All at once first. Taken: so would each have been. Where some fields are found wrong, these are known, and the
    others go again without them. Only where nobody says which field it was does each have to go alone."""
    while spoilt:
        together = {name: value for change in spoilt.values() for name, value in change.items()}
        status, wrong = send(f"{', '.join(spoilt)}{what}", _without(good | together))
        if status < 400:
            return
        rest = {name: change for name, change in spoilt.items() if _id(name) not in wrong}
        if len(rest) == len(spoilt):
            break
        spoilt = rest
    if len(spoilt) > 1:
        for name, change in spoilt.items():
            send(f"{name}{what}", _without(good | change))


def _without(data):
    return {name: value for name, value in data.items() if value is not None}


def _id(name):
    """The id under which the error of a field stands; the three boxes of a day share one."""
    head, _dash, tail = name.rpartition("-")
    return head if tail in ("day", "month", "year") else name


WRONG = re.compile(r'id="([^"]+)-error"')


def found_wrong(text: str) -> set[str]:
    """The fields that a page shows an error at."""
    return set(WRONG.findall(text))


def kept_in(text: str, typed: str) -> bool:
    """Whether a page gives back what was typed."""
    return typed.strip() in html.unescape(text)
