"""What is held, in words: the names of columns and their values as a person reads them in their pack (X-5)."""

from datetime import date, datetime
from enum import Enum

from caseapp import dates

LABELS = {
    "text": "In words",
    "what": "What",
    "words": "In your own words",
    "does": "What it does",
    "agency_id": "Agency",
    "user_id": "Who",
    "at": "When",
    "born_on": "Born on",
    "seq": "Number",
    "on": "Day",
    "actor_id": "By",
    "author_id": "Written by",
    "owner_agency_id": "Agency that does it",
    "owner_user_id": "Worker who does it",
    "cm": "Case manager",
}


def label(column: str) -> str:
    """The name of a column as people read it."""
    if column in LABELS:
        return LABELS[column]
    words = column.removesuffix("_id").replace("_", " ")
    return words[:1].upper() + words[1:]


def said(value) -> str:
    """One value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return getattr(value, "label", str(value))
    if isinstance(value, datetime):
        return dates.moment(value)
    if isinstance(value, date):
        return dates.day(value)
    if isinstance(value, dict | list | tuple):
        return "\n".join(_lines(value))
    if isinstance(value, bytes):
        return f"a file of {len(value):,} bytes"
    return str(value)


def _lines(value, path=""):
    """A nested record, one line for each value that says something."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "id" or str(key).endswith("_id"):
                continue
            yield from _lines(one, f"{path}{' – ' if path else ''}{label(str(key))}")
    elif isinstance(value, list | tuple):
        if value and all(not isinstance(one, dict | list | tuple) for one in value):
            yield f"{path}: {', '.join(said(one) for one in value if one not in (None, ''))}"
            return
        for number, one in enumerate(value, 1):
            yield from _lines(one, f"{path} {number}".strip())
    elif value not in (None, ""):
        yield f"{path}: {said(value)}" if path else said(value)
