"""Somebody saved first: both texts side by side, so that nothing is overwritten unseen (409)."""

from datetime import date

from caseapp import dates
from caseapp.web.marks import two_texts


def sides(form, saved: dict) -> list[tuple]:
    """(what, theirs, mine) for every field of the form that the saved text has too, in the form's order. From here on
    the form is filled in over what stands now: sending it once more saves it."""
    rows = []
    for field in form:
        if field.name in saved and not field.name.startswith("version"):
            theirs, mine = _words(field, saved[field.name]), _words(field, field.data)
            rows.append((field.label.text, *two_texts(theirs, mine)))
    if hasattr(form, "version") and form.stale and form.stale.version is not None:
        form.version.data = str(form.stale.version)
    return rows


def who(stale) -> str:
    """Who saved first, for a sentence."""
    return stale.by or "Somebody"


def _words(field, value) -> str:
    if isinstance(value, date):
        return dates.day(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if getattr(field, "choices", None):
        words = {str(one.value): one.label for one in field.choices}
        return words.get(str(value or ""), str(value or ""))
    return "" if value is None else str(value)
