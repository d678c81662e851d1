"""The lists of the privacy officer: what an address may ask of them."""

from dataclasses import dataclass
from datetime import date

from caseapp import ids
from caseapp.policy import escalations
from caseapp.policy.do import Do
from caseapp.vocabulary import AuditAct, FindingKind, FindingOutcome
from caseapp.web.lists import Choice, Column, ListSpec, Words


@dataclass(frozen=True, slots=True)
class Day:
    """A filter by a local calendar day, as the browser's own field for days writes it."""

    name: str
    label: str
    in_bar: bool = True
    default = ""

    def read(self, text: str) -> str:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return ""
        return day.isoformat() if 1900 <= day.year <= 2100 else ""


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def id_of(text: str) -> int | None:
    """The id that stands in an address, or None."""
    try:
        return ids.read(text) if text else None
    except ValueError:
        return None


#: On what ground records are opened (CaseFile.ground, EscalationFile.ground).
GROUNDS = (
    *("lead agency", "consent", "emergency", "privacy officer"),
    *(escalations.OWN_GAP, escalations.FOLLOWED_GAP, escalations.LADDER, escalations.NAMED_LADDER),
)

RECORD = ListSpec(
    name="access-record",
    title="The access record",
    endpoint="privacy.record",
    act=Do.SEARCH_AUDIT,
    filters=(
        Words("reference", "Case reference"),
        Choice("agency", "Whose acts", (("", "Our staff"),)),
        Choice("staff", "Member of staff", (("", "Everybody"),)),
        Choice("act", "What was done", (("", "Everything"), *AuditAct.choices())),
        Choice("ground", "Ground", (("", "Any"), *((one, one.capitalize()) for one in GROUNDS))),
        Day("since", "From"),
        Day("until", "Until"),
        Words("words", "Words"),
    ),
    columns=(),
    order="",
)

FINDINGS = ListSpec(
    name="unusual-reading",
    title="Unusual reading",
    endpoint="privacy.findings",
    act=Do.LOOK_AFTER_PRIVACY,
    filters=(
        Choice("state", "Open or closed", (("open", "Open"), ("closed", "Closed"), ("any", "All"))),
        Choice("kind", "Kind", (("", "Any"), *FindingKind.choices())),
        Choice("outcome", "What came of it", (("", "Anything"), *FindingOutcome.choices())),
        Choice("agency", "Agency", (("", "All"),)),
        Choice("staff", "Member of staff", (("", "Everybody"),)),
    ),
    columns=(
        Column("found", "Found", sort=True, descending_first=True),
        Column("who", "Who", sort=True),
        Column("day", "Day", sort=True, descending_first=True),
        Column("count", "Records", sort=True, numeric=True, descending_first=True),
    ),
    order="-found",
)
