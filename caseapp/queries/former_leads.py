"""Which agencies led a person's case before, until when, and how they are reached: each answers for what it kept of its time
(C10, X-5; policy.former_leads)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, exists, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Agency, Case, ConsentGrant, Transfer
from caseapp.models.base import Id
from caseapp.policy import former_leads as policy
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import ConsentKind, ConsentStatus, TransferStage


@dataclass(frozen=True, slots=True)
class Lead:
    """An agency that led until a local day, or leads since one: how it is reached, as its own page says it."""

    agency_id: int
    name: str
    on: date
    reach: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Who keeps records of the same person beside the agency that answers: those that led before it, with their last day;
    and who took over from it, with the first."""

    before: tuple[Lead, ...] = ()
    after: tuple[Lead, ...] = ()
    #: Agencies that do, or did, a part under a consent of the person's: name and how they are reached.
    partners: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


_ADDRESS = (Agency.id, Agency.name, Transfer.ended_at, Agency.address, Agency.phone, Agency.email)
_WENT_OVER = (
    select(*_ADDRESS)
    .select_from(Transfer)
    .join(Case, Case.id == Transfer.case_id)
    .where(Transfer.stage == TransferStage.EFFECTIVE)
    .order_by(Transfer.ended_at)
)
_BEFORE = _WENT_OVER.join(Agency, Agency.id == Transfer.from_agency_id).where(
    Transfer.from_agency_id != scopes.VIEWER_AGENCY, policy.LEADS
)
_OF_CASE = _BEFORE.where(Case.id == bindparam("case_id", type_=Id), scopes.SEES_ALL)
_OF_PERSON = _BEFORE.where(Case.person_id == bindparam("person_id", type_=Id))
_AFTER = _WENT_OVER.join(Agency, Agency.id == Transfer.to_agency_id).where(
    Transfer.from_agency_id == scopes.VIEWER_AGENCY,
    policy.LED_BEFORE,
    Case.person_id == bindparam("person_id", type_=Id),
)
_HELD = (ConsentStatus.ACTIVE, ConsentStatus.WITHDRAWN, ConsentStatus.EXPIRED, ConsentStatus.SUPERSEDED)
_PARTNERS = (
    select(Agency.name, Agency.address, Agency.phone, Agency.email)
    .where(
        Agency.id != scopes.VIEWER_AGENCY,
        exists().where(
            ConsentGrant.agency_id == Agency.id,
            ConsentGrant.kind == ConsentKind.INFORMATION_SHARING,
            ConsentGrant.status.in_(_HELD),
            ConsentGrant.case_id == Case.id,
            Case.person_id == bindparam("person_id", type_=Id),
            policy.LEADS,
        ),
    )
    .order_by(Agency.name)
)


def of_case(case: CaseFile, *, viewer: Viewer) -> tuple[Lead, ...]:
    """The agencies that led this case before the one that leads it now, for those who hold it; none for anybody else."""
    return _leads(read(_OF_CASE, scopes.binds(viewer) | {"case_id": case.id}))


def beside(person_id: int, agency_id: int) -> Beside:
    """Who else keeps records of a person, as the answer of this agency says it. It reads without a viewer’s scope, for the
    use cases and pages of policy.rights."""
    values = policy.binds_of(agency_id) | {"person_id": person_id}
    partners = tuple((name, _reach(reach)) for name, *reach in read(_PARTNERS, values))
    return Beside(_leads(read(_OF_PERSON, values)), _leads(read(_AFTER, values)), partners)


def _leads(rows) -> tuple[Lead, ...]:
    """Each agency once, with the latest day."""
    found = {}
    for agency_id, name, at, *reach in rows:
        found[agency_id] = Lead(agency_id, name, clock.local_day(at), _reach(reach))
    return tuple(found.values())


def _reach(parts) -> str:
    return ", ".join(one for one in parts if one)
