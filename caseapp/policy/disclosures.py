"""Disclosures without consent: who may read one again (S2-43).

Whoever made it, and the line manager who was told; the other line managers of the agency that made it, and the
case manager, where it is not about the protection of a child. One about a child that the lead agency made lives in the
restricted section of the case and is read by its list; one that a partner agency made stays with its author and its line
managers. What another agency disclosed is read on the person's list in its head facts only (queries/disclosures_made).

A statement that uses SEES_DISCLOSURE selects from Disclosure with an OUTER join to Case and is executed with
`scopes.binds(viewer)`.
"""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, or_, select

from caseapp.extensions import read
from caseapp.models import Case, Disclosure
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.restricted import SEES_SECTION
from caseapp.policy.scopes import VIEWER_AGENCY, VIEWER_MANAGES, VIEWER_PRACTISES, VIEWER_USER
from caseapp.policy.viewer import Viewer

SEES_DISCLOSURE = and_(
    VIEWER_PRACTISES,
    Disclosure.agency_id == VIEWER_AGENCY,
    scopes.not_denied(Disclosure.person_id),  # whoever is kept from a person reads nothing of them
    or_(
        Disclosure.author_id == VIEWER_USER,
        Disclosure.manager_id == VIEWER_USER,
        and_(Disclosure.in_section.is_(False), VIEWER_MANAGES),
        and_(Disclosure.child_protection.is_(False), scopes.SEES_ALL),
        and_(Disclosure.in_section, SEES_SECTION),
    ),
)


@dataclass(frozen=True, slots=True)
class DisclosureFile:
    """A disclosure that the viewer may read."""

    id: int
    version: int
    person_id: int
    case_id: int | None
    agency_id: int
    author_id: int
    manager_id: int | None
    child_protection: bool
    in_section: bool
    seen: bool
    withheld: bool


_ONE = (
    select(
        Disclosure.id,
        Disclosure.version,
        Disclosure.person_id,
        Disclosure.case_id,
        Disclosure.agency_id,
        Disclosure.author_id,
        Disclosure.manager_id,
        Disclosure.child_protection,
        Disclosure.in_section,
        Disclosure.seen_at.is_not(None),
        Disclosure.withheld_until.is_not(None),
    )
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .where(Disclosure.id == bindparam("disclosure_id", type_=Id), SEES_DISCLOSURE)
)


def find_disclosure(viewer: Viewer, disclosure_id: int) -> DisclosureFile | None:
    """The disclosure, or None where the viewer may not know of it."""
    row = read(_ONE, {"disclosure_id": disclosure_id} | scopes.binds(viewer)).first()
    return row and DisclosureFile(*row[:7], *(bool(one) for one in row[7:]))


def _manages(viewer, disclosure):
    return viewer.manages and viewer.agency_id == disclosure.agency_id


def _acknowledges(viewer, disclosure):
    """A line manager other than whoever made it; a second look is the point of it (C13)."""
    return _manages(viewer, disclosure) and not disclosure.seen and viewer.user_id != disclosure.author_id


ON_DISCLOSURE = {
    Do.VIEW_DISCLOSURE: lambda viewer, disclosure: True,
    Do.ACKNOWLEDGE_DISCLOSURE: _acknowledges,
    Do.CORRECT_DISCLOSURE: lambda viewer, disclosure: (
        viewer.user_id == disclosure.author_id or _manages(viewer, disclosure)
    ),
    Do.WITHHOLD_DISCLOSURE: _manages,
    Do.TELL_OF_DISCLOSURE: lambda viewer, disclosure: (
        viewer.user_id == disclosure.author_id or _manages(viewer, disclosure)
    ),
}
