"""Somebody saved first: both texts side by side, so that nothing is overwritten unseen (409)."""

from caseapp.web import clash


def sides(form, saved: dict) -> list[tuple[str, str, str]]:
    """(what, theirs, mine) for every field of the form whose saved text is another one. From here on the form is filled
    in over what stands now: sending it once more saves it."""
    rows = clash.rows(form, saved)
    if hasattr(form, "version") and form.stale and form.stale.version is not None:
        form.version.data = str(form.stale.version)
    return rows


def who(stale) -> str:
    """Who saved first, for a sentence."""
    return stale.by or "Somebody"
