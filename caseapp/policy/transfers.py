"""Transfers: who may know of one, and how much of it (C10, C14).

LEAD: the case manager and the line managers of the agency that leads see all of it. Another agency sees only that it was
asked, in words that name nobody; and there only its line managers, and the worker whom they named. NAMED: once the
person has agreed to be handed over to it, and as long as that consent is in force, it also reads the name and the
handover; the agency that took over goes on to. RECEIPT: the agency that led keeps that it handed over, to whom and when,
and nothing about the person. Everybody else: nothing.

The name is a matter of its own (`knows_name`): an agency that was asked reads it only under a consent of the person's
that is in force, be it a permission to ask (K8), a consent to share, or the one to be handed over.

A statement that uses a predicate of this module joins Case and is executed with `scopes.binds(viewer)`.
"""

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import Case, Transfer, TransferApproach
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.case_sight import Assignment, Grant, assigned, in_force
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    ENDED_TRANSFERS,
    ApproachState,
    AssignmentRole,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    TransferReason,
    TransferStage,
)


class Sight(IntEnum):
    """How much of a transfer a viewer sees; each level holds more of the person than the one before."""

    RECEIPT = 1
    ASKED = 2
    NAMED = 3
    LEAD = 4


_Own = aliased(TransferApproach, name="vis_approach")
_NOT_DENIED = scopes.not_denied(Case.person_id)
_ANSWERS = or_(scopes.VIEWER_MANAGES, assigned(Assignment.role == AssignmentRole.CASE_MANAGER))

#: The case manager and the line managers of the agency that leads and has not handed over.
_LEAD = and_(scopes.SEES_ALL, Transfer.from_agency_id == Case.lead_agency_id, _ANSWERS)
#: … and those of the agency that leads since.
_TOOK_OVER = and_(
    scopes.SEES_ALL,
    Transfer.stage == TransferStage.EFFECTIVE,
    Transfer.to_agency_id == Case.lead_agency_id,
    _ANSWERS,
)


def _approach(*which):
    return (
        exists()
        .where(_Own.transfer_id == Transfer.id, _Own.agency_id == scopes.VIEWER_AGENCY, *which)
        .correlate_except(_Own)
    )


def _granted(*which):
    return (
        exists()
        .where(Grant.case_id == Case.id, Grant.agency_id == scopes.VIEWER_AGENCY, *which)
        .correlate_except(Grant)
    )


_ACCEPTED = _Own.state == ApproachState.ACCEPTED
#: The viewer's agency was asked; the viewer answers for it, or is to become case manager there.
_ASKED = and_(
    scopes.VIEWER_PRACTISES,
    _NOT_DENIED,
    _approach(
        or_(scopes.VIEWER_MANAGES, and_(_Own.worker_id == scopes.VIEWER_USER, _ACCEPTED)),
    ),
)
#: … it accepted, and the person's consent to be handed over to it is in force at this moment.
_NAMED = and_(
    _ASKED,
    Transfer.ended_at.is_(None),
    _approach(_ACCEPTED),
    _granted(Grant.id == Transfer.grant_id, in_force(Grant)),
)
_PERMITTED = _granted(
    Grant.kind.in_([ConsentKind.ENQUIRY_PERMISSION, ConsentKind.INFORMATION_SHARING]),
    Grant.status == ConsentStatus.ACTIVE,
    Grant.starts_on <= scopes.TODAY,
    or_(Grant.expires_on.is_(None), Grant.expires_on >= scopes.TODAY),
)
_RECEIPT = and_(
    scopes.VIEWER_PRACTISES,
    _NOT_DENIED,
    Transfer.stage == TransferStage.EFFECTIVE,
    Transfer.from_agency_id == scopes.VIEWER_AGENCY,
    or_(scopes.VIEWER_MANAGES, Transfer.requested_by_id == scopes.VIEWER_USER),
)

#: Select from Transfer, joined to Case.
SEES_TRANSFER = or_(_LEAD, _TOOK_OVER, _ASKED, _RECEIPT)
SIGHT = case(
    (_LEAD, int(Sight.LEAD)),
    (or_(_TOOK_OVER, _NAMED), int(Sight.NAMED)),
    (_ASKED, int(Sight.ASKED)),
    (_RECEIPT, int(Sight.RECEIPT)),
    else_=0,
)
#: Whether the person's name may be read with it.
KNOWS_NAME = or_(_LEAD, _TOOK_OVER, _NAMED, and_(_ASKED, _PERMITTED))
#: Those of the lead agency, for a number that is asked for on every page.
KEEPS = and_(Transfer.from_agency_id == scopes.VIEWER_AGENCY, _LEAD)


@dataclass(frozen=True, slots=True)
class Subject:
    """The case behind a transfer, for what is written about it: the audit record, the timeline, notices."""

    id: int
    reference: str
    person_id: int
    lead_agency_id: int
    ground: str
    grant_id: int | None


@dataclass(frozen=True, slots=True)
class TransferFile:
    """A transfer as far as this viewer may know it. `approach_id` and what follows are those of the viewer's agency."""

    id: int
    version: int
    case_id: int
    reference: str
    person_id: int
    lead_agency_id: int
    case_status: CaseStatus
    from_agency_id: int
    to_agency_id: int | None
    reason: TransferReason
    stage: TransferStage
    grant_id: int | None
    sight: Sight
    knows_name: bool
    approach_id: int | None
    approach_state: ApproachState | None

    @property
    def open(self) -> bool:
        return self.stage not in ENDED_TRANSFERS

    @property
    def leads(self) -> bool:
        return self.sight is Sight.LEAD

    @property
    def named(self) -> bool:
        """The handover may be read."""
        return self.sight >= Sight.NAMED

    @property
    def subject(self) -> Subject:
        ground = {
            Sight.LEAD: "lead agency",
            Sight.NAMED: "lead agency" if self.lead_agency_id == self.to_agency_id else "consent",
            Sight.ASKED: "asked to take over" if self.knows_name else "asked to take over, without a name",
            Sight.RECEIPT: "handed over",
        }[self.sight]
        grant = self.grant_id if ground == "consent" else None
        return Subject(self.case_id, self.reference, self.person_id, self.lead_agency_id, ground, grant)


_Mine = aliased(TransferApproach, name="my_approach")
_ONE = (
    select(
        Transfer.id,
        Transfer.version,
        Transfer.case_id,
        Case.reference,
        Case.person_id,
        Case.lead_agency_id,
        Case.status,
        Transfer.from_agency_id,
        Transfer.to_agency_id,
        Transfer.reason,
        Transfer.stage,
        Transfer.grant_id,
        SIGHT.label("sight"),
        KNOWS_NAME.label("knows_name"),
        _Mine.id.label("approach_id"),
        _Mine.state.label("approach_state"),
    )
    .select_from(Transfer)
    .join(Case, Case.id == Transfer.case_id)
    .outerjoin(
        _Mine,
        _Mine.id
        == select(_Own.id)
        .where(_Own.transfer_id == Transfer.id, _Own.agency_id == scopes.VIEWER_AGENCY)
        .order_by(_Own.asked_at.desc(), _Own.id.desc())
        .limit(1)
        .correlate(Transfer)
        .scalar_subquery(),
    )
    .where(Transfer.id == bindparam("transfer_id", type_=Id), SEES_TRANSFER)
)


def find_transfer(viewer: Viewer, transfer_id: int) -> TransferFile | None:
    """The transfer, or None where the viewer may not know that there is one."""
    row = read(_ONE, {"transfer_id": transfer_id} | scopes.binds(viewer)).first()
    return row and TransferFile(*row[:12], Sight(row.sight), bool(row.knows_name), *row[14:])


def _keeps(viewer, transfer):
    return transfer.leads and transfer.open


ON_TRANSFER = {
    Do.VIEW_TRANSFER: lambda viewer, transfer: True,
    Do.KEEP_TRANSFER: _keeps,
    #: the line manager of the agency that hands over
    Do.REVIEW_HANDOVER: lambda viewer, transfer: _keeps(viewer, transfer) and viewer.manages,
    #: the agency that led: what the person asks it for is what stayed with it (X-5)
    Do.RECORD_SUBJECT_REQUEST: lambda viewer, transfer: (
        transfer.stage is TransferStage.EFFECTIVE
        and transfer.from_agency_id == viewer.agency_id != transfer.lead_agency_id
    ),
    Do.READ_HANDOVER: lambda viewer, transfer: transfer.named,
    #: the line manager of the agency that was asked; they may also take their word back until the case is theirs
    Do.ANSWER_TRANSFER: lambda viewer, transfer: (
        transfer.open
        and viewer.manages
        and not transfer.leads
        and transfer.approach_state in (ApproachState.ASKED, ApproachState.ACCEPTED)
    ),
    Do.TAKE_TRANSFER: lambda viewer, transfer: (
        transfer.open and viewer.manages and transfer.sight is Sight.NAMED
    ),
}
