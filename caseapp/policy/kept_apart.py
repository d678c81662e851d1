"""What an agency wrote into the restricted section while it led, once another leads: who there reads it again (X-6, X-9).

The agency that led answers for it as long as it keeps it: to the person, to a court, to social work. So it is read by those who
stood on the list of the section when the case went over (its line manager and case manager, the named workers), a narrower entry
by the line manager, its writer and those named with it; and where none of them is with the agency any more, by its line
managers, or nobody could answer. Read only: nothing is added, corrected or handed on. It opens nothing of the case.

A statement that uses a predicate of this module joins Case and is executed with `scopes.binds(viewer)`
(docs/decisions/0035-what-stays-is-kept.md).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import (
    Agency,
    Case,
    CaseAssignment,
    RestrictedAccess,
    RestrictedEntry,
    RestrictedReader,
    Transfer,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.former_leads import LED_BEFORE
from caseapp.policy.scopes import VIEWER_AGENCY, VIEWER_MANAGES, VIEWER_PRACTISES, VIEWER_USER
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AssignmentRole, TransferStage

_Went = aliased(Transfer, name="kept_went_over")
_Place = aliased(RestrictedAccess, name="kept_place")
_Part = aliased(CaseAssignment, name="kept_part")
_Reader = aliased(RestrictedReader, name="kept_reader")

#: The case went over from the viewer's agency at a moment at which a place or part ended.
_WENT_OVER = and_(
    _Went.case_id == Case.id,
    _Went.stage == TransferStage.EFFECTIVE,
    _Went.from_agency_id == VIEWER_AGENCY,
)


def _had_place(user_id, *which):
    return (
        exists()
        .where(
            _WENT_OVER,
            _Place.case_id == Case.id,
            _Place.agency_id == VIEWER_AGENCY,
            _Place.user_id == user_id,
            _Place.ended_at == _Went.ended_at,
            *which,
        )
        .correlate_except(_Went, _Place)
    )


def _was_case_manager(user_id):
    return (
        exists()
        .where(
            _WENT_OVER,
            _Part.case_id == Case.id,
            _Part.user_id == user_id,
            _Part.role == AssignmentRole.CASE_MANAGER,
            _Part.to_at == _Went.ended_at,
        )
        .correlate_except(_Went, _Part)
    )


def _stood_on_the_list(user_id):
    return or_(_had_place(user_id), _was_case_manager(user_id))


#: The line manager needs no place while the case is led; services.restricted.lead_changed writes one that begins and ends as
#: the case goes over, as the case itself forgets who it was.
_WAS_LINE_MANAGER = _had_place(VIEWER_USER, _Place.given_at == _Place.ended_at)
#: Nobody who stood on the list is with the agency any more: then its line managers answer.
_NOBODY_LEFT = not_(
    exists()
    .where(User.agency_id == VIEWER_AGENCY, User.disabled_at.is_(None), _stood_on_the_list(User.id))
    .correlate_except(User)
)
_ANSWERS = and_(VIEWER_MANAGES, _NOBODY_LEFT)

#: Select from Case: the viewer reads what their agency kept apart in the time in which it led.
READS_KEPT_APART = and_(
    VIEWER_PRACTISES,
    scopes.not_denied(Case.person_id),
    LED_BEFORE,
    or_(_stood_on_the_list(VIEWER_USER), _ANSWERS),
)
#: Select from RestrictedEntry, joined to Case.
READS_KEPT_ENTRY = and_(
    READS_KEPT_APART,
    RestrictedEntry.agency_id == VIEWER_AGENCY,
    or_(
        RestrictedEntry.narrow.is_(False),
        RestrictedEntry.author_id == VIEWER_USER,
        _WAS_LINE_MANAGER,
        _ANSWERS,
        exists()
        .where(_Reader.entry_id == RestrictedEntry.id, _Reader.user_id == VIEWER_USER)
        .correlate(RestrictedEntry),
    ),
)


@dataclass(frozen=True, slots=True)
class KeptApartFile:
    """What an agency kept apart of a case that it handed over, for somebody who reads it."""

    transfer_id: int
    case_id: int
    person_id: int
    reference: str
    to_agency: str
    went_over_at: datetime


_ONE = (
    select(Transfer.id, Case.id, Case.person_id, Case.reference, Agency.name, Transfer.ended_at)
    .select_from(Transfer)
    .join(Case, Case.id == Transfer.case_id)
    .join(Agency, Agency.id == Transfer.to_agency_id)
    .where(
        Transfer.id == bindparam("transfer_id", type_=Id),
        Transfer.stage == TransferStage.EFFECTIVE,
        Transfer.from_agency_id == VIEWER_AGENCY,
        READS_KEPT_APART,
    )
)


def find_kept_apart(viewer: Viewer, transfer_id: int) -> KeptApartFile | None:
    """What was kept apart of the case that this transfer handed over, or None where the viewer does not read it."""
    row = read(_ONE, {"transfer_id": transfer_id} | scopes.binds(viewer)).first()
    return row and KeptApartFile(*row)


ON_KEPT_APART = {Do.READ_KEPT_APART: lambda viewer, kept: True}
