"""The privacy officer: what they may know (docs/decisions/0019-privacy-officer.md).

An officer belongs to one agency and answers for it; one of a coordination body answers for the agencies of its area, so
that no agency is without. They read the record of who looked, never the record of care: names of staff and agencies, acts
and times, a case by its reference. A person's name is shown for one record at a time, for a reason, and that is written
down itself.

`SERVES(column)` is the one predicate: the agency in that column is one that the viewer answers for. Of the audit record
they see what staff of these agencies did, and what anybody did on cases that these agencies lead. A finding about
themselves they do not see: another officer does.

A statement that uses a predicate of this module is executed with this module's `binds(viewer)`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import Agency, AuditEntry, Case, Person, ReadingFinding
from caseapp.models.base import Id
from caseapp.policy.case_sight import not_denied
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AgencyKind, AuditAct, FindingKind, FindingOutcome, Role

#: Whose work this is.
OFFICER = Role.PRIVACY_OFFICER

_AGENCY = bindparam("officer_agency", type_=Id)
_USER = bindparam("officer_user", type_=Id)
_IS_OFFICER = bindparam("officer_is_one", type_=Boolean())

_Own = aliased(Agency, name="officer_own_agency")
_Other = aliased(Agency, name="officer_other_agency")
_Led = aliased(Case, name="officer_led_case")
_Seen = aliased(AuditEntry, name="officer_seen_entry")


def binds(viewer: Viewer) -> dict:
    """The values behind the predicates of this module."""
    return {
        "officer_agency": viewer.agency_id,
        "officer_user": viewer.user_id,
        "officer_is_one": viewer.has(OFFICER),
        "viewer_user": viewer.user_id,
        "viewer_undenied": viewer.undenied,
    }


def SERVES(agency_id):
    """The agency in this column is one that the viewer answers for."""
    return agency_id.in_(SERVED)


#: The agencies that the viewer answers for: the own, and those of its area for an officer of a coordination body.
SERVED = select(_Other.id).where(
    _IS_OFFICER,
    or_(
        _Other.id == _AGENCY,
        _Other.area_id.in_(
            select(_Own.area_id).where(_Own.id == _AGENCY, _Own.kind == AgencyKind.COORDINATION)
        ),
    ),
)

#: Select from AuditEntry: done on a case that an agency leads which the viewer answers for.
ON_LED_CASE = (
    exists().where(_Led.id == AuditEntry.case_id, _Led.lead_agency_id.in_(SERVED)).correlate(AuditEntry)
)
#: … or by the staff of one; and not about somebody whom the officer may not know of (X-8).
SEES_ENTRY = and_(
    or_(AuditEntry.agency_id.in_(SERVED), ON_LED_CASE),
    or_(AuditEntry.person_id.is_(None), not_denied(AuditEntry.person_id)),
)

SEES_FINDING = and_(
    ReadingFinding.agency_id.in_(SERVED),
    ReadingFinding.user_id != _USER,
    or_(ReadingFinding.person_id.is_(None), not_denied(ReadingFinding.person_id)),
)

#: Select from Case: one that a served agency leads, or on which its staff did or read something.
SEES_REFERENCE = and_(
    or_(
        Case.lead_agency_id.in_(SERVED),
        exists()
        .where(
            _Seen.chain == Case.person_id,
            _Seen.case_id == Case.id,
            _Seen.agency_id.in_(SERVED),
            _Seen.act != AuditAct.REFUSED,  # whoever asks in vain, an officer too, opens nothing by it
        )
        .correlate(Case),
    ),
    not_denied(Case.person_id),
)


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A case as the privacy officer knows it: its reference and who leads it, nothing else."""

    id: int
    reference: str
    person_id: int
    lead_agency_id: int
    ground: str = "privacy officer"
    grant_id: int | None = None


@dataclass(frozen=True, slots=True)
class FindingFile:
    """Reading that a rule called unusual, of an agency that the viewer answers for."""

    id: int
    version: int
    kind: FindingKind
    user_id: int
    agency_id: int
    person_id: int | None
    closed_at: datetime | None
    outcome: FindingOutcome | None

    @property
    def open(self) -> bool:
        return self.closed_at is None


_RECORD = (
    select(Case.id, Case.reference, Case.person_id, Case.lead_agency_id)
    .join(Person, Person.id == Case.person_id)
    .where(Case.reference == bindparam("reference"), _IS_OFFICER, SEES_REFERENCE)
)
_FINDING = select(
    ReadingFinding.id,
    ReadingFinding.version,
    ReadingFinding.kind,
    ReadingFinding.user_id,
    ReadingFinding.agency_id,
    ReadingFinding.person_id,
    ReadingFinding.closed_at,
    ReadingFinding.outcome,
).where(ReadingFinding.id == bindparam("finding_id", type_=Id), SEES_FINDING)


def find_record(viewer: Viewer, reference: str) -> RecordFile | None:
    """The case behind a reference, or None where nothing of it is the viewer's to look after."""
    row = read(_RECORD, binds(viewer) | {"reference": reference}).first()
    return row and RecordFile(*row)


def find_finding(viewer: Viewer, finding_id: int) -> FindingFile | None:
    """The finding, or None where the viewer does not answer for that agency, or is the one it is about."""
    row = read(_FINDING, binds(viewer) | {"finding_id": finding_id}).first()
    return row and FindingFile(*row)


ON_RECORD_FILE = {Do.NAME_RECORD: lambda viewer, record: viewer.has(OFFICER)}

ON_FINDING = {
    Do.SEE_FINDING: lambda viewer, finding: viewer.has(OFFICER),
    Do.NOTE_FINDING: lambda viewer, finding: viewer.has(OFFICER),
    Do.CLOSE_FINDING: lambda viewer, finding: viewer.has(OFFICER) and finding.open,
    Do.REOPEN_FINDING: lambda viewer, finding: viewer.has(OFFICER) and not finding.open,
}
