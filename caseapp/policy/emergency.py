"""Access in an emergency (X-7): who may read what for 60 minutes, and who looks at it afterwards.

It opens nothing of the ordinary record: SEES_CASE and all that is built on it know nothing of it. The one page for it
selects through SEES_IN_EMERGENCY, which asks in SQL, at each request: is it this viewer's, has it not run out, may they
still use emergency access, do they still work with people, is the case open, and are they not shut out of the person.

Those who review it are the privacy officers of the agency that leads the case and of the one that opened it; never who
opened it, and never somebody who is shut out of the person. They read who, when and why, with the case's reference.

A statement that uses a predicate of this module is executed with this module's `binds(viewer, now)`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Case, EmergencyAccess, EmergencyRight
from caseapp.models.base import UTC, Id
from caseapp.policy import privacy, scopes
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import EmergencyOutcome, Role

NOW = bindparam("emergency_now", type_=UTC)

_Open = aliased(EmergencyAccess, name="vis_emergency")
_Right = aliased(EmergencyRight, name="vis_emergency_right")


def binds(viewer: Viewer, now: datetime | None = None) -> dict:
    """The values behind every predicate here and in scopes; `now` is the moment in UTC at which it is judged."""
    return (
        scopes.binds(viewer)
        | privacy.binds(viewer)
        | {
            "emergency_now": now or clock.now(),
        }
    )


#: The viewer may use emergency access: their agency's administrator said so and has not taken it back.
HAS_RIGHT = and_(
    scopes.VIEWER_PRACTISES,
    exists().where(_Right.user_id == scopes.VIEWER_USER, _Right.ended_at.is_(None)).correlate_except(_Right),
)


def lasts(access):
    """This access is the viewer's and holds at this moment."""
    return and_(access.user_id == scopes.VIEWER_USER, access.ended_at.is_(None), access.ends_at > NOW)


#: Select from Case: the viewer has it open in an emergency, now.
SEES_IN_EMERGENCY = and_(
    HAS_RIGHT,
    Case.closed_at.is_(None),
    exists().where(_Open.case_id == Case.id, lasts(_Open)).correlate_except(_Open),
    scopes.not_denied(Case.person_id),
)

#: Select from EmergencyAccess: it is the viewer's to review.
REVIEWS = and_(
    EmergencyAccess.lead_agency_id.in_(privacy.SERVED) | EmergencyAccess.agency_id.in_(privacy.SERVED),
    EmergencyAccess.user_id != scopes.VIEWER_USER,
    scopes.case_not_denied(EmergencyAccess.case_id),
)


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """What the audit record says of a reading in an emergency; looks like a case there and is none anywhere else."""

    id: int
    person_id: int
    ground: str = "emergency"
    grant_id: None = None


@dataclass(frozen=True, slots=True)
class EmergencyFile:
    """An emergency access that the viewer has open. No use case about cases takes it."""

    id: int
    case_id: int
    person_id: int
    reference: str
    lead_agency_id: int
    protocol_key: str
    protocol_version: int
    opened_at: datetime
    ends_at: datetime

    @property
    def subject(self) -> OpenedCase:
        return OpenedCase(self.case_id, self.person_id)


@dataclass(frozen=True, slots=True)
class EmergencyReviewFile:
    """An emergency access as a privacy officer knows it."""

    id: int
    version: int
    user_id: int
    agency_id: int
    case_id: int
    lead_agency_id: int
    outcome: EmergencyOutcome | None


_ONE = (
    select(
        EmergencyAccess.id,
        Case.id,
        Case.person_id,
        Case.reference,
        Case.lead_agency_id,
        Case.protocol_key,
        Case.protocol_version,
        EmergencyAccess.opened_at,
        EmergencyAccess.ends_at,
    )
    .join(Case, Case.id == EmergencyAccess.case_id)
    .where(
        EmergencyAccess.id == bindparam("emergency_id", type_=Id),
        lasts(EmergencyAccess),
        SEES_IN_EMERGENCY,
    )
)
_TO_REVIEW = select(
    EmergencyAccess.id,
    EmergencyAccess.version,
    EmergencyAccess.user_id,
    EmergencyAccess.agency_id,
    EmergencyAccess.case_id,
    EmergencyAccess.lead_agency_id,
    EmergencyAccess.outcome,
).where(EmergencyAccess.id == bindparam("emergency_id", type_=Id), REVIEWS)


def find_emergency(viewer: Viewer, access_id: int, now: datetime | None = None) -> EmergencyFile | None:
    """The access, while it lasts; None for everybody else and as soon as it has ended."""
    row = read(_ONE, binds(viewer, now) | {"emergency_id": access_id}).first()
    return row and EmergencyFile(*row)


def find_emergency_review(viewer: Viewer, access_id: int) -> EmergencyReviewFile | None:
    """The access to review, or None for who may not know of it."""
    row = read(_TO_REVIEW, binds(viewer) | {"emergency_id": access_id}).first()
    return row and EmergencyReviewFile(*row)


def _sees(viewer, access):
    return True


ON_EMERGENCY = {Do.VIEW_EMERGENCY: _sees, Do.END_EMERGENCY: _sees}
ON_EMERGENCY_REVIEW = {
    Do.REVIEW_EMERGENCY: lambda viewer, access: (
        viewer.has(Role.PRIVACY_OFFICER) and access.user_id != viewer.user_id
    )
}
