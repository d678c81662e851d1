"""Somebody saved first (409): what stands now and what was typed, in the words of the form."""

from datetime import date

from caseapp import dates
from caseapp.web.sessions import viewer


def rows(form, saved: dict | None = None, called: dict | None = None) -> list[tuple[str, str, str]]:
    """(what, theirs, mine) of every field of the form whose saved value is another one, in the form's order. `saved`
    puts what stands now into the form's own names, `called` gives other words than the labels."""
    saved = form.stale.saved if saved is None else saved
    found = []
    for field in form:
        if field.name not in saved or field.name.startswith("version"):
            continue
        typed = field.data
        if isinstance(saved[field.name], bool) and isinstance(typed, str):
            typed = typed == "yes"
        theirs, mine = _words(field, saved[field.name]), _words(field, typed)
        if theirs != mine:
            found.append(((called or {}).get(field.name, field.label.text), theirs, mine))
    return found


def compares(form, stale) -> bool:
    """Whether what stands now can be laid beside the form at all: there may be nothing of the kind in it."""
    return form is not None and any(field.name in stale.saved for field in form)


def is_me(name: str) -> bool:
    """Whether it was the reader who saved first: in another window, as happens with a plan open twice."""
    me = viewer()
    return bool(name and me and me.name == name)


def _words(field, value) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return dates.day(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_words(field, one) for one in value)
    if getattr(field, "choices", None):
        words = {str(choice.value): choice.label for choice in field.iter_choices()}
        key = str(getattr(value, "value", value))
        if key in words:
            return str(words[key]) if key else ""
    return str(getattr(value, "label", value))
