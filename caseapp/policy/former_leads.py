"""What a lead agency keeps for itself when another takes over its case (C10, X-4; docs/decisions/0030, 0032).

The case goes on, and nearly all of it with it. What does not: the lead's own notes and timeline, its restricted section, its
disclosures, how it handed over, and who looked while it led. Each agency answers for its own time: the new lead agency reads
none of that, whether on a page, on a print or while it gathers what the person asks for (X-5); the agency that led reads it
only where it answers such a request.

A predicate of this module joins or names Case and is executed with `scopes.binds(viewer)`; one that asks for an agency and
nobody in particular with `binds_of(agency_id)`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.models import (
    AccessDenial,
    AccessDenialStep,
    AccessRequest,
    AuditEntry,
    Case,
    CaseNote,
    CaseNoteShare,
    Correction,
    Disclosure,
    EmergencyAccess,
    Event,
    RestrictedAccess,
    RestrictedEntry,
    RestrictedHandover,
    Transfer,
    TransferApproach,
    TransferHandover,
    TransferStep,
)
from caseapp.policy import scopes
from caseapp.policy.restricted import HANDED_TO_LEAD
from caseapp.policy.scopes import TODAY, VIEWER_AGENCY
from caseapp.vocabulary import Audience, CorrectionOf, TransferStage

_Went = aliased(Transfer, name="vis_went_over")
_Before = aliased(Transfer, name="vis_led_before")
_Note = aliased(CaseNote, name="vis_corrected_note")


def binds_of(agency_id: int) -> dict:
    """The values behind the predicates of this module, for an agency."""
    return {VIEWER_AGENCY.key: agency_id, TODAY.key: clock.today()}


def led_at(moment):
    """Select from Case: the viewer's agency led it at that moment, a column in UTC."""
    handed_over = (
        select(_Went.from_agency_id)
        .where(
            _Went.case_id == Case.id,
            _Went.stage == TransferStage.EFFECTIVE,
            _Went.ended_at > moment,
        )
        .order_by(_Went.ended_at)
        .limit(1)
        .correlate_except(_Went)
        .scalar_subquery()
    )
    return or_(
        and_(Case.lead_since.is_(None), Case.lead_agency_id == VIEWER_AGENCY),
        func.coalesce(handed_over, Case.lead_agency_id) == VIEWER_AGENCY,
    )


#: Select from Case: the viewer's agency leads it.
LEADS = Case.lead_agency_id == VIEWER_AGENCY
#: … led it until another agency took over, and does not lead it now.
LED_BEFORE = and_(
    Case.lead_agency_id != VIEWER_AGENCY,
    exists()
    .where(
        _Before.case_id == Case.id,
        _Before.stage == TransferStage.EFFECTIVE,
        _Before.from_agency_id == VIEWER_AGENCY,
    )
    .correlate_except(_Before),
)

#: Select from AuditEntry, with the case that it is about: looks of the time in which the viewer's agency led, and its own.
LOOKS_OF_OUR_TIME = or_(AuditEntry.agency_id == VIEWER_AGENCY, led_at(AuditEntry.at))

#: Select from AuditEntry, with the person's newest case, for a look at the person and no case in particular: what an agency that
#: led before does since with what it kept is its own.
PERSONS_LOOKS_OF_OUR_TIME = and_(
    LOOKS_OF_OUR_TIME,
    or_(
        AuditEntry.agency_id == VIEWER_AGENCY,
        AuditEntry.agency_id.is_(None),
        ~exists()
        .where(
            _Before.case_id == Case.id,
            _Before.stage == TransferStage.EFFECTIVE,
            _Before.from_agency_id == AuditEntry.agency_id,
            _Before.ended_at <= AuditEntry.at,
        )
        .correlate_except(_Before),
    ),
)

#: Select from AccessDenial: it stands, or ended while the viewer's agency led.
DENIALS_OF_OUR_TIME = or_(
    AccessDenial.ended_at.is_(None),
    AccessDenial.set_by_agency_id == VIEWER_AGENCY,
    led_at(AccessDenial.ended_at),
)
#: Select from AccessDenial: why is the viewer's agency's to read.
DENIAL_IN_OUR_WORDS = or_(AccessDenial.set_by_agency_id == VIEWER_AGENCY, led_at(AccessDenial.set_at))
#: Select from AccessDenialStep, joined to AccessDenial.
DENIAL_STEPS_OF_OUR_TIME = or_(AccessDenial.set_by_agency_id == VIEWER_AGENCY, led_at(AccessDenialStep.at))

#: Select from AccessRequest: it waits for whoever leads now, or was asked or answered in the viewer's agency's time.
REQUESTS_OF_OUR_TIME = or_(
    and_(LEADS, AccessRequest.decided_at.is_(None), AccessRequest.lapses_on >= TODAY),
    led_at(func.coalesce(AccessRequest.decided_at, AccessRequest.asked_at)),
)


# --- what an agency answers for when a person asks for everything (X-5) ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """Which rows of a table an agency answers for; of those that hang on the person alone `own`, where another agency
    answers for the person. `joins` lead from the table to Case where it has no case_id; `silent` are columns that stay with
    the agency in `by`, in rows that go on without them: where the case went over, or `always`."""

    rows: object
    own: object = None
    joins: tuple = ()
    silent: tuple[str, ...] = ()
    by: str = ""
    always: bool = False


def _agencys_own(table, led):
    """Of the agency that leads what `led` says; of one that led before, what it wrote itself."""
    return or_(table.agency_id == VIEWER_AGENCY, and_(LEADS, led))


def _of_transfer(*which):
    return or_(Transfer.from_agency_id == VIEWER_AGENCY, *which)


_TO_TRANSFER = (Transfer, Transfer.id == TransferStep.transfer_id)
_OF_PERSON = (Case, Case.person_id == AccessDenial.person_id)

#: Select from Disclosure, one of another agency: what the person may read of it, and with them whoever answers for the case.
#: Not that there was one about the protection of a child, nor one that is kept from the person's copy: whether telling of it
#: does harm is for the agency that made it to say (decision 20).
TOLD_BY_OTHERS = and_(Disclosure.child_protection.is_(False), Disclosure.withheld_until.is_(None))
#: … and these columns of it stay with the agency that made it: who told whom, when, on what ground and of what kind goes on.
WORDS_OF_A_DISCLOSURE = (
    *("ground_note", "their_reference", "text", "not_told_reason", "decided_by", "author_id", "manager_id"),
    *("seen_at", "seen_by_id", "withheld_reason"),
)

#: Select from CaseNote, joined to Case: shown to the agency that leads now, which answers for it since.
_GIVEN_ON = (
    exists()
    .where(CaseNoteShare.note_id == CaseNote.id, CaseNoteShare.agency_id == Case.lead_agency_id)
    .correlate(CaseNote, Case)
)
_NOTE_STAYED = and_(CaseNote.agency_id == VIEWER_AGENCY, ~_GIVEN_ON)


def stayed(entries_given_on: Iterable[int] = ()) -> dict:
    """table → what of it stayed with the agency alone and goes when its time is over (X-9): nobody else answers for it. Who
    was let in, shut out or handed over to is history of the case, and goes with that. `entries_given_on` of the restricted
    section were handed to the agency that leads now, or are corrected by such."""
    return {
        "case_note": Kept(_NOTE_STAYED),
        "event": Kept(and_(Event.audience == Audience.LEAD, led_at(Event.at))),
        "correction": Kept(
            and_(
                Correction.about == CorrectionOf.NOTE,
                select(CaseNote.id)
                .where(CaseNote.id == Correction.about_id, _NOTE_STAYED)
                .correlate(Correction, Case)
                .exists(),
            )
        ),
        "restricted_entry": Kept(
            and_(
                RestrictedEntry.agency_id == VIEWER_AGENCY,
                RestrictedEntry.id.not_in(sorted(entries_given_on)),
            )
        ),
        "restricted_access": Kept(RestrictedAccess.agency_id == VIEWER_AGENCY),
        "restricted_handover": Kept(
            and_(
                RestrictedHandover.from_agency_id == VIEWER_AGENCY,
                or_(
                    RestrictedHandover.taken_back_at.is_not(None),
                    RestrictedHandover.to_agency_id != Case.lead_agency_id,
                ),
            )
        ),
        "disclosure": Kept(
            Disclosure.agency_id == VIEWER_AGENCY,
            own=and_(Disclosure.agency_id == VIEWER_AGENCY, Disclosure.case_id.is_(None)),
        ),
    }


#: table → the part of it that is the agency's. Of a table that is not here all went over with the case.
KEPT = {
    "case_note": Kept(_agencys_own(CaseNote, scopes.NOTE_OF_THIS_LEAD)),
    "event": Kept(
        or_(
            and_(LEADS, scopes.EVENT_OF_THIS_LEAD),
            and_(Event.audience == Audience.LEAD, or_(Event.agency_id == VIEWER_AGENCY, led_at(Event.at))),
        )
    ),
    "correction": Kept(
        or_(
            and_(LEADS, Correction.about != CorrectionOf.NOTE),
            and_(
                Correction.about == CorrectionOf.NOTE,
                exists()
                .where(_Note.id == Correction.about_id, _Note.agency_id == VIEWER_AGENCY)
                .correlate_except(_Note),
            ),
            and_(
                LEADS,
                Correction.about == CorrectionOf.NOTE,
                select(CaseNote.id)
                .where(CaseNote.id == Correction.about_id, scopes.NOTE_OF_THIS_LEAD)
                .correlate_except(CaseNote)
                .exists(),
            ),
        )
    ),
    "restricted_entry": Kept(_agencys_own(RestrictedEntry, or_(Case.lead_since.is_(None), HANDED_TO_LEAD))),
    "disclosure": Kept(
        or_(
            Disclosure.agency_id == VIEWER_AGENCY,
            and_(Disclosure.case_id.is_(None), TOLD_BY_OTHERS),
            and_(
                LEADS,
                TOLD_BY_OTHERS,
                ~exists()
                .where(
                    _Before.case_id == Case.id,
                    _Before.stage == TransferStage.EFFECTIVE,
                    _Before.from_agency_id == Disclosure.agency_id,
                    _Before.ended_at > Disclosure.written_at,
                )
                .correlate_except(_Before),
            ),
        ),
        own=Disclosure.agency_id == VIEWER_AGENCY,
        silent=WORDS_OF_A_DISCLOSURE,
        by="agency_id",
        always=True,
    ),
    "access_request": Kept(or_(and_(LEADS, Case.lead_since.is_(None)), REQUESTS_OF_OUR_TIME)),
    "emergency_access": Kept(
        or_(and_(LEADS, Case.lead_since.is_(None)), EmergencyAccess.lead_agency_id == VIEWER_AGENCY)
    ),
    "access_denial": Kept(
        or_(
            AccessDenial.set_by_agency_id == VIEWER_AGENCY,
            and_(LEADS, or_(Case.lead_since.is_(None), DENIALS_OF_OUR_TIME)),
        ),
        own=AccessDenial.set_by_agency_id == VIEWER_AGENCY,
        joins=(_OF_PERSON,),
        silent=("reason",),
        by="set_by_agency_id",
    ),
    "access_denial_step": Kept(
        or_(and_(LEADS, Case.lead_since.is_(None)), DENIAL_STEPS_OF_OUR_TIME),
        joins=((AccessDenial, AccessDenial.id == AccessDenialStep.denial_id), _OF_PERSON),
    ),
    "transfer": Kept(
        _of_transfer(Transfer.to_agency_id == VIEWER_AGENCY),
        silent=("why", "interim", "ended_reason"),
        by="from_agency_id",
    ),
    "transfer_approach": Kept(
        _of_transfer(TransferApproach.agency_id == VIEWER_AGENCY),
        joins=(
            (Transfer, Transfer.id == TransferApproach.transfer_id),
            (Case, Case.id == Transfer.case_id),
        ),
    ),
    "transfer_step": Kept(
        _of_transfer(TransferStep.for_agency_id == VIEWER_AGENCY),
        joins=(_TO_TRANSFER, (Case, Case.id == Transfer.case_id)),
    ),
    # the form by which the case went over is read by the agency that leads since, and no more by the one that wrote it
    "transfer_handover": Kept(
        or_(
            and_(
                Transfer.from_agency_id == VIEWER_AGENCY,
                or_(
                    LEADS,
                    Transfer.stage != TransferStage.EFFECTIVE,
                    TransferHandover.superseded_at.is_not(None),
                ),
            ),
            and_(
                Transfer.to_agency_id == VIEWER_AGENCY,
                TransferHandover.superseded_at.is_(None),
                TransferHandover.handed_over_at.is_not(None),
            ),
        ),
        joins=(
            (Transfer, Transfer.id == TransferHandover.transfer_id),
            (Case, Case.id == Transfer.case_id),
        ),
    ),
}
