"""Disclosures without consent as the person may read of them: what stands on their own list, and in their copy (X-5)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, or_, select

from caseapp import clock, disclosure_grounds
from caseapp.extensions import read
from caseapp.models import Agency, Case, Disclosure
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.disclosures_made import STANDS
from caseapp.vocabulary import DisclosureHow, DisclosureTold


@dataclass(frozen=True, slots=True)
class Told:
    """What stands on the person's list of disclosures: who told whom what, when, on what ground (X-5). Its words stay
    with the agency that disclosed."""

    id: int
    disclosed_at: datetime
    day: date
    agency: str
    recipient_name: str
    recipient_office: str
    ground: str
    categories: tuple[str, ...]
    how: DisclosureHow
    told: DisclosureTold


_LISTED = (
    Disclosure.id,
    Disclosure.disclosed_at,
    Agency.name,
    Disclosure.recipient_name,
    Disclosure.recipient_office,
    Disclosure.ground_words,
    Disclosure.categories,
    Disclosure.how,
    Disclosure.told,
)
#: Never one about the protection of a child, and none that is kept from the person's copy.
_SHOWN = and_(Disclosure.child_protection.is_(False), Disclosure.withheld_until.is_(None), STANDS)
_OF_CASE = (
    select(*_LISTED)
    .select_from(Disclosure)
    .join(Case, Case.id == Disclosure.case_id)
    .join(Agency, Agency.id == Disclosure.agency_id)
    .where(Case.id == bindparam("case_id", type_=Id), scopes.SEES_ALL, _SHOWN)
    .order_by(Disclosure.disclosed_at.desc(), Disclosure.id.desc())
)
_OF_PERSON = (
    select(*_LISTED)
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .join(Agency, Agency.id == Disclosure.agency_id)
    .where(
        Disclosure.person_id == bindparam("person_id", type_=Id),
        or_(Disclosure.agency_id == scopes.VIEWER_AGENCY, Case.lead_agency_id == scopes.VIEWER_AGENCY),
        _SHOWN,
    )
    .order_by(Disclosure.disclosed_at, Disclosure.id)
)


def on_the_persons_list(case: CaseFile, *, viewer: Viewer) -> list[Told]:
    """Disclosures without consent that the person may read of, newest first: for those who hold the case, and for the
    print of the person's copy."""
    return _as_told(read(_OF_CASE, {"case_id": case.id} | scopes.binds(viewer)))


def for_the_persons_copy(person_id: int, *, viewer: Viewer) -> list[Told]:
    """The same for a copy of everything held about a person, over all their cases, oldest first: what the viewer's
    agency disclosed, and what was disclosed on cases that it leads. For whoever makes such a copy."""
    return _as_told(read(_OF_PERSON, {"person_id": person_id, "viewer_agency": viewer.agency_id}))


def _as_told(rows) -> list[Told]:
    words = disclosure_grounds.load().categories
    return [
        Told(
            row[0],
            row[1],
            clock.local_day(row[1]),
            *row[2:6],
            tuple(words.get(key, key) for key in row[6] or ()),
            *row[7:],
        )
        for row in rows
    ]
