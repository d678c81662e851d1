"""What the person agreed to, and what it takes for that to be a consent (X-1 to X-4, S2-10, S3-40, forms B3)."""

from dataclasses import dataclass, replace
from datetime import date

from caseapp import dates
from caseapp.errors import RuleBroken
from caseapp.models import Agency
from caseapp.policy.scopes import CaseFile
from caseapp.protocols import add_months
from caseapp.queries import settings
from caseapp.vocabulary import AgencyKind, ConsentGiver, ConsentKind, ConsentMode, SharingDirection


@dataclass(frozen=True)
class Terms:
    """What the person agreed to with one agency. Days are local calendar days; `expires_on` is the last one."""

    agency_id: int
    kind: ConsentKind
    starts_on: date
    talked_on: date | None
    expires_on: date | None = None
    expires_when: str = ""
    purpose: str = ""
    contact_name: str = ""
    direction: SharingDirection = SharingDirection.BOTH
    full_plan: bool = False
    withheld: frozenset[str] = frozenset()
    left_out: str = ""
    mode: ConsentMode = ConsentMode.WRITTEN
    verbal_reason: str = ""
    written_due_on: date | None = None
    given_by: ConsentGiver = ConsentGiver.PERSON
    giver_name: str = ""
    giver_authority: str = ""
    understood: bool = False
    copy_given: bool = False
    read_aloud: bool = False
    interpreter: str = ""


def judged(case: CaseFile, terms: Terms, agency: Agency, today: date) -> Terms:
    """The terms as they will be written down; a consent that ends with an event still gets a last day, the longest
    that the lead agency allows. Raises RuleBroken, naming the field, for whatever is no consent."""
    _check_talk(terms, today)
    _check_giver(terms)
    _check_scope(case, terms, agency)
    return _ended(case, terms)


def _check_talk(terms, today):
    if terms.talked_on is None:
        raise RuleBroken(
            "Say when the limits of confidentiality were talked through: that comes first", "talked_on"
        )
    if terms.talked_on > today:
        raise RuleBroken("The talk must have taken place already", "talked_on")
    if terms.talked_on > terms.starts_on:
        raise RuleBroken("The talk comes before the consent begins", "talked_on")
    if not terms.understood:
        raise RuleBroken("Tick this once it was understood; until then there is no consent", "understood")
    if not terms.copy_given and not terms.read_aloud:
        raise RuleBroken("Give a copy, or read it aloud, and tick which", "copy_given")
    if terms.mode == ConsentMode.VERBAL:
        if not terms.verbal_reason:
            raise RuleBroken("Say why it was spoken and not signed", "verbal_reason")
        if terms.written_due_on is None:
            raise RuleBroken("Say by when the signature follows", "written_due_on")
        if terms.written_due_on < today:
            raise RuleBroken("The signature follows later: this day has passed", "written_due_on")


def _check_giver(terms):
    if terms.given_by == ConsentGiver.REPRESENTATIVE and not terms.giver_name:
        raise RuleBroken("Name the representative", "giver_name")
    if terms.given_by != ConsentGiver.PERSON and not terms.giver_authority:
        raise RuleBroken("Say on what authority or ground", "giver_authority")


def _check_scope(case, terms, agency):
    if terms.kind == ConsentKind.INFORMATION_SHARING and agency.id == case.lead_agency_id:
        raise RuleBroken("The lead agency holds the plan and needs no sharing with itself", "agency_id")
    if terms.kind == ConsentKind.INFORMATION_SHARING and not terms.purpose:
        raise RuleBroken("Say what the sharing is for: it is kept to that", "purpose")
    if terms.full_plan and terms.kind != ConsentKind.INFORMATION_SHARING:
        raise RuleBroken("The whole plan can be shared only by a consent to share the plan", "full_plan")
    if terms.full_plan and agency.kind != AgencyKind.PRESCRIBING_CLINIC:
        raise RuleBroken(
            "Only a prescribing clinic is given the whole plan; others see their own part", "full_plan"
        )


def _ended(case, terms):
    if terms.expires_on is None and not terms.expires_when:
        raise RuleBroken("Say until when it holds", "expires_on")
    if terms.expires_on is not None and terms.expires_on < terms.starts_on:
        raise RuleBroken("It cannot end before it begins", "expires_on")
    latest = add_months(terms.starts_on, settings.value(case.lead_agency_id, "consent_longest_months"))
    if terms.expires_on is None:
        return replace(terms, expires_on=latest)
    if terms.expires_on > latest:
        raise RuleBroken(
            f"It holds until {dates.day(latest)} at the longest; then it is talked through again",
            "expires_on",
        )
    return terms
