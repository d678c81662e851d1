"""One transfer as its page shows it: cut to what the viewer may read of it (policy.transfers)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from caseapp import dates, names
from caseapp.extensions import read
from caseapp.models import (
    Agency,
    Case,
    CaseAssignment,
    ConsentGrant,
    Escalation,
    Meeting,
    Person,
    Transfer,
    TransferApproach,
    TransferHandover,
    TransferStep,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.transfers import Sight, TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import (
    ApproachState,
    TransferAct,
    TransferKeeps,
    TransferReason,
    TransferStage,
)

_ID = bindparam("transfer_id", type_=Id)
_From = aliased(Agency, name="page_from")
_To = aliased(Agency, name="page_to")
_Lead = aliased(Agency, name="page_lead")
_Line = aliased(User, name="page_line_manager")
_Manager = aliased(User, name="page_case_manager")
_By = aliased(User, name="page_by")


@dataclass(frozen=True, slots=True)
class Approach:
    """One agency that was asked."""

    id: int
    version: int
    agency_id: int
    agency: str
    words: str
    asked_at: datetime
    asked_by: str
    asked_phone: str
    state: ApproachState
    answered_at: datetime | None
    answered_by: str
    answer: str
    worker_id: int | None
    worker: str

    @property
    def standing(self) -> bool:
        return self.state in (ApproachState.ASKED, ApproachState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history."""

    at: datetime
    act: TransferAct
    who: str
    agency: str
    text: str


@dataclass(frozen=True, slots=True)
class Handover:
    """The form (B9), as its reader may have it."""

    version: int
    summary: str
    chronology: str
    works: str
    risks: str
    next_weeks: str
    attendees: str
    held_on: date | None
    reassess: bool
    reassess_why: str
    notes_from: date | None
    changed_at: datetime
    changed_by: str
    handed_over_at: datetime | None
    content: Any
    reviewed_at: datetime | None
    reviewed_by: str
    review_note: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the page says. Fields that the viewer may not know keep their defaults."""

    id: int
    version: int
    stage: TransferStage
    from_agency: str
    to_agency: str
    requested_at: datetime
    ended_at: datetime | None
    # where the name may be read
    person: str = ""
    first_name: str = ""
    # for the lead agency, or once it may be read
    reason: TransferReason | None = None
    why: str = ""
    excluded_on: date | None = None
    persons_view: str = ""
    who_now: str = ""
    plan_goes_on: str = ""
    who_after: str = ""
    assured_on: date | None = None
    case_manager: str = ""
    line_manager: str = ""
    lead: str = ""
    promise_until: date | None = None
    keeps: TransferKeeps | None = None
    keeps_until: date | None = None
    consent_holds: bool = False
    consent_until: date | None = None
    meeting_id: int | None = None
    meeting_when: str = ""
    handover_on: date | None = None
    # for the lead agency alone
    interim: str = ""
    ended_reason: str = ""
    escalation_id: int | None = None
    gap: str = ""
    approaches: tuple[Approach, ...] = ()
    lines: tuple[Line, ...] = ()
    handed_over_at: datetime | None = None
    reviewed_at: datetime | None = None

    @property
    def taker(self) -> Approach | None:
        """The agency that accepted."""
        return next((one for one in self.approaches if one.state is ApproachState.ACCEPTED), None)

    @property
    def called(self) -> str:
        """How the person is called in a sentence."""
        return self.first_name or "the person"


_PAGE = (
    select(
        Transfer.id,
        Transfer.version,
        Transfer.stage,
        Transfer.requested_at,
        Transfer.ended_at,
        _From.name.label("from_agency"),
        func.coalesce(_To.name, "").label("to_agency"),
        Person.given_name,
        Person.family_name,
        Person.known_as,
        Transfer.reason,
        Transfer.why,
        Transfer.excluded_on,
        Transfer.persons_view,
        Transfer.who_now,
        Transfer.plan_goes_on,
        Transfer.who_after,
        Transfer.assured_on,
        _Manager.name.label("case_manager"),
        _Line.name.label("line_manager"),
        _Lead.name.label("lead"),
        Case.commitment_ends_on,
        Transfer.keeps,
        Transfer.keeps_until,
        exists()
        .where(ConsentGrant.id == Transfer.grant_id, scopes.in_force(ConsentGrant))
        .correlate(Transfer)
        .label("consent_holds"),
        select(ConsentGrant.expires_on)
        .where(ConsentGrant.id == Transfer.grant_id)
        .correlate(Transfer)
        .scalar_subquery()
        .label("consent_until"),
        Transfer.meeting_id,
        Meeting.starts_at.label("meeting_at"),
        Transfer.handover_on,
        Transfer.interim,
        Transfer.ended_reason,
        Transfer.escalation_id,
        Escalation.number.label("gap"),
        TransferHandover.handed_over_at,
        TransferHandover.reviewed_at,
    )
    .select_from(Transfer)
    .join(Case, Case.id == Transfer.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(_From, _From.id == Transfer.from_agency_id)
    .join(_Lead, _Lead.id == Case.lead_agency_id)
    .join(_Line, _Line.id == Case.line_manager_id)
    .outerjoin(_To, _To.id == Transfer.to_agency_id)
    .outerjoin(CaseAssignment, case_manager.of_case())
    .outerjoin(_Manager, _Manager.id == CaseAssignment.user_id)
    .outerjoin(Meeting, Meeting.id == Transfer.meeting_id)
    .outerjoin(Escalation, Escalation.id == Transfer.escalation_id)
    .outerjoin(
        TransferHandover,
        and_(TransferHandover.transfer_id == Transfer.id, TransferHandover.superseded_at.is_(None)),
    )
    .where(Transfer.id == _ID)
)
_APPROACHES = (
    select(
        TransferApproach.id,
        TransferApproach.version,
        TransferApproach.agency_id,
        Agency.name,
        TransferApproach.words,
        TransferApproach.asked_at,
        User.name.label("asked_by"),
        User.phone.label("asked_phone"),
        TransferApproach.state,
        TransferApproach.answered_at,
        func.coalesce(_By.name, "").label("answered_by"),
        TransferApproach.answer,
        TransferApproach.worker_id,
        func.coalesce(_Manager.name, "").label("worker"),
    )
    .select_from(TransferApproach)
    .join(Agency, Agency.id == TransferApproach.agency_id)
    .join(User, User.id == TransferApproach.asked_by_id)
    .outerjoin(_By, _By.id == TransferApproach.answered_by_id)
    .outerjoin(_Manager, _Manager.id == TransferApproach.worker_id)
    .where(TransferApproach.transfer_id == _ID)
    .order_by(TransferApproach.asked_at, TransferApproach.id)
)
#: Of another agency's question nobody there reads; of why theirs was taken back only the lead agency does.
_OWN_APPROACHES = _APPROACHES.where(TransferApproach.agency_id == scopes.VIEWER_AGENCY)
_LINES = (
    select(TransferStep.at, TransferStep.act, User.name, Agency.name, TransferStep.text)
    .join(User, User.id == TransferStep.user_id)
    .join(Agency, Agency.id == TransferStep.agency_id)
    .where(TransferStep.transfer_id == _ID)
    .order_by(TransferStep.at.desc(), TransferStep.id.desc())
)
_OWN_LINES = _LINES.where(TransferStep.for_agency_id == scopes.VIEWER_AGENCY)
_HANDOVER = (
    select(
        TransferHandover.version,
        TransferHandover.summary,
        TransferHandover.chronology,
        TransferHandover.works,
        TransferHandover.risks,
        TransferHandover.next_weeks,
        TransferHandover.attendees,
        TransferHandover.held_on,
        TransferHandover.reassess,
        TransferHandover.reassess_why,
        TransferHandover.notes_from,
        TransferHandover.changed_at,
        _By.name.label("changed_by"),
        TransferHandover.handed_over_at,
        TransferHandover.content,
        TransferHandover.reviewed_at,
        func.coalesce(_Manager.name, "").label("reviewed_by"),
        TransferHandover.review_note,
    )
    .join(_By, _By.id == TransferHandover.changed_by_id)
    .outerjoin(_Manager, _Manager.id == TransferHandover.reviewed_by_id)
    .where(TransferHandover.transfer_id == _ID, TransferHandover.superseded_at.is_(None))
)


def page(file: TransferFile, *, viewer: Viewer) -> Page:
    """The page, as far as the viewer's sight goes."""
    binds = scopes.binds(viewer) | {"transfer_id": file.id}
    row = scopes.still_there(read(_PAGE, binds).first())
    told: dict[str, Any] = {}
    if file.knows_name:
        told |= {
            "person": f"{row.given_name} {row.family_name}".strip(),
            "first_name": names.first_name(row.known_as, row.given_name, row.family_name),
        }
    if file.sight >= Sight.NAMED:
        told |= {
            name: getattr(row, name)
            for name in (
                *("reason", "excluded_on", "who_now", "plan_goes_on", "who_after", "assured_on"),
                *("persons_view", "line_manager", "lead", "keeps", "keeps_until", "consent_until"),
                *("handover_on", "handed_over_at", "reviewed_at"),
            )
        }
        told |= {
            "case_manager": row.case_manager or "",
            "promise_until": row.commitment_ends_on,
            "consent_holds": bool(row.consent_holds),
            "meeting_when": dates.moment(row.meeting_at) if row.meeting_at else "",
            "meeting_id": row.meeting_id,
        }
    if file.leads:
        told |= {
            "why": row.why,
            "interim": row.interim,
            "ended_reason": row.ended_reason,
            "escalation_id": row.escalation_id,
            "gap": f"GB-{row.gap}" if row.gap else "",
        }
    lines, approaches = (), ()
    if file.sight is Sight.LEAD:
        lines, approaches = read(_LINES, binds), read(_APPROACHES, binds)
    elif file.sight >= Sight.ASKED:
        lines, approaches = read(_OWN_LINES, binds), read(_OWN_APPROACHES, binds)
    return Page(
        row.id,
        row.version,
        row.stage,
        row.from_agency,
        row.to_agency,
        row.requested_at,
        row.ended_at,
        **told,
        approaches=tuple(_approach(one, file) for one in approaches),
        lines=tuple(Line(*one) for one in lines),
    )


def _approach(row, file) -> Approach:
    one = Approach(*row)
    if not file.leads and one.state is ApproachState.TAKEN_BACK:
        return Approach(*row[:11], "", None, "")
    return one


def handover(file: TransferFile, *, viewer: Viewer) -> Handover | None:
    """The handover form: a draft for those who write it, what was handed over for those who may read that. None where
    there is none for this viewer."""
    if not file.named:
        return None
    row = read(_HANDOVER, scopes.binds(viewer) | {"transfer_id": file.id}).first()
    if row is None or (not file.leads and row.handed_over_at is None):
        return None
    return Handover(*row)
