"""How a field is called in words where only its name is at hand: text that was typed into a form that could not be
taken is shown again under the words its writer read beside the box."""

import re
from collections import defaultdict
from functools import cache

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from wtforms.fields.core import UnboundField

from caseapp import ids
from caseapp.web.forms import Form

_PARTS = {"day", "month", "year"}
#: Fields that nobody fills in.
PLUMBING = {"once", "version"}


def in_words(name: str, endpoint: str | None) -> str:
    """The label of a field of a form that this endpoint takes; its name, readable, where forms differ about it."""
    stem, _, part = name.rpartition("-")
    name, part = (stem, part) if stem and part in _PARTS else (name, "")
    plain = name.rsplit("-", 1)[-1]
    words = _labels((endpoint or "").partition(".")[0]).get(plain) or _readable(plain)
    return f"{words.rstrip('?')}, {part}" if part else words


def readable(fields, endpoint: str | None) -> list[tuple[str, str]]:
    """What its writer will recognise of the fields that a browser sent: each in words with its text, the three boxes of a
    day as one; without what the house put there itself, and without choices that were sent as an id."""
    shown: dict[str, list[str]] = {}
    for name, value in fields:
        if value.strip() and name not in PLUMBING and not _is_id(value):
            stem, _, part = name.rpartition("-")
            words = in_words(stem if part in _PARTS else name, endpoint)
            shown.setdefault(words, []).append(_said(value))
    return [(words, (" " if len(texts) == 3 else "\n").join(texts)) for words, texts in shown.items()]


def endpoint_of(path: str) -> str | None:
    """The view that takes forms at an address of ours."""
    try:
        return current_app.create_url_adapter(request).match(path.partition("?")[0], method="POST")[0]
    except HTTPException:
        return None


def _said(value: str) -> str:
    """A ticked box and a choice by its code, in words."""
    if value == "y":
        return "Yes"
    return _readable(value) if re.fullmatch(r"[a-z]+(_[a-z]+)+", value) else value


def _is_id(value: str) -> bool:
    try:
        return len(value) > 10 and any(letter.isdigit() for letter in value) and bool(ids.read(value))
    except ValueError:
        return False


def _readable(name: str) -> str:
    words = re.sub(r"[^\w]+|_+", " ", name).strip()
    return words[:1].upper() + words[1:] or "Text"


@cache
def _labels(blueprint: str) -> dict[str, str]:
    """name → label, for the names about which all forms of one blueprint agree."""
    found = defaultdict(set)
    for form in _below(Form):
        if form.__module__.startswith((f"caseapp.blueprints.{blueprint}.", "caseapp.web.")):
            for name in dir(form):
                field = getattr(form, name, None)
                if isinstance(field, UnboundField):
                    label = field.kwargs.get("label") or next(iter(field.args), None)
                    found[name].add(label if isinstance(label, str) else "")
    return {name: labels.pop() for name, labels in found.items() if len(labels) == 1}


def _below(form):
    for one in form.__subclasses__():
        yield one
        yield from _below(one)
