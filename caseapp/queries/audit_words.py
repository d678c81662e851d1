"""What an entry of the audit record says to a privacy officer.

They read who looked and what was done, never what the record of care holds. So a text in the audit record is shown up to
its first colon or bracket, unless it begins with words after which only agencies, staff or our own words can come: what
somebody adds tomorrow is cut until it is written down here.
"""

from caseapp.policy.do import Do
from caseapp.queries.case_audit import SAID

#: After these the rest is shown: it names agencies, staff, or a state in our own words.
SHOWN_WHOLE = (
    "consent ",
    "never to be told: ",
    "may be told again: ",
    "agency: ",
    "agency on the case",
    "account: ",
    "area: ",
    "setting: ",
    "case manager: ",
    "key worker",
    "line manager: ",
    "the plan, ",
    "the minutes of a meeting, ",
    "the person’s copy of a consent: ",
    "reading: ",
    "reading ",
    "chapter ",
    "handbook: ",
    "finding: ",
    "the access record",
)

_OURS = {
    Do.LOOK_AFTER_PRIVACY.value: "the privacy officer’s pages",
    Do.SEARCH_AUDIT.value: "the access record",
    Do.EXPORT_AUDIT.value: "the access record, as a file",
    Do.NAME_RECORD.value: "the name behind a reference",
    Do.SEE_FINDING.value: "a finding of unusual reading",
}


def said(what: str) -> str:
    """The entry's text for a privacy officer."""
    known = SAID.get(what) or _OURS.get(what)
    if known:
        return known
    if what.startswith(SHOWN_WHOLE):
        return what
    cut = min((at for at in (what.find(":"), what.find("(")) if at > 0), default=len(what))
    return what[:cut].rstrip()


def standing_for(words: list[str]) -> list[str]:
    """The stored texts that are shown in other words, where these hold every one of the words typed."""
    return [
        stored for stored, shown in {**SAID, **_OURS}.items() if all(w in shown.casefold() for w in words)
    ]


def matches(what: str, words: list[str]) -> bool:
    """Whether what is shown holds every word: nothing is found by what is not shown."""
    shown = said(what).casefold()
    return all(word in shown for word in words)


def size(act, detail) -> str:
    """How much one entry was about, in words: "12 records", "340 lines"; empty where it was about one."""
    if not isinstance(detail, dict):
        return ""
    if isinstance(rows := detail.get("rows"), int):
        return "1 line" if rows == 1 else f"{rows:,} lines"
    records = detail.get("cases") or detail.get("people")
    if isinstance(records, list) and records:
        return "1 record" if len(records) == 1 else f"{len(records):,} records"
    return ""
