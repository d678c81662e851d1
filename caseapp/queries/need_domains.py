"""The names of the parts of life over all procedures, for pages that are about no one case."""

from functools import cache

from caseapp import protocols


@cache
def labels() -> dict[str, str]:
    """Key → name, in the order in which the procedures write them; the first procedure's name counts."""
    found: dict[str, str] = {}
    for protocol in protocols.all_current():
        for item in protocol.domains:
            found.setdefault(item.key, item.label)
    return found
