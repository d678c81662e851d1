"""What an agency may read of the consent given to it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, or_, select

from caseapp.extensions import db
from caseapp.models import Case, ConsentGrant
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import ConsentKind, ConsentMode, ConsentStatus, SharingDirection

_CASE = bindparam("case_id", type_=Id)


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """What the person agreed to with the viewer's own agency: never what is kept from it, nor how the rest stands."""

    kind: ConsentKind
    purpose: str
    full_plan: bool
    direction: SharingDirection
    contact_name: str
    spoken: bool
    starts_on: date
    expires_on: date | None
    expires_when: str


_OWN = (
    select(
        ConsentGrant.kind,
        ConsentGrant.purpose,
        ConsentGrant.full_plan,
        ConsentGrant.direction,
        ConsentGrant.contact_name,
        ConsentGrant.mode,
        ConsentGrant.starts_on,
        ConsentGrant.expires_on,
        ConsentGrant.expires_when,
    )
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(
        ConsentGrant.case_id == _CASE,
        ConsentGrant.agency_id == scopes.VIEWER_AGENCY,
        scopes.SEES_CASE,
        ConsentGrant.status == ConsentStatus.ACTIVE,
        ConsentGrant.starts_on <= scopes.TODAY,
        or_(ConsentGrant.expires_on.is_(None), ConsentGrant.expires_on >= scopes.TODAY),
    )
    .order_by(ConsentGrant.kind)
)


def own(case: CaseFile, *, viewer: Viewer) -> list[OwnGrant]:
    """The consents in force with the viewer's own agency, sharing first."""
    rows = [
        OwnGrant(row[0], row[1], row[2], row[3], row[4], row[5] is ConsentMode.VERBAL, *row[6:])
        for row in db.session.execute(_OWN, {"case_id": case.id} | scopes.binds(viewer))
    ]
    return sorted(rows, key=lambda row: row.kind is not ConsentKind.INFORMATION_SHARING)
