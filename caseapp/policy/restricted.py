"""The restricted section of a case: who may know that there is one, and who reads which entry (X-6).

On its list stand the case manager, the line manager of the case, and the workers whom that line manager named, with a
reason, from when to when; all of the agency that leads the case, and only while it leads it. Nobody of a partner agency,
whatever the person consented to; a prescribing clinic with the whole plan does not. Opening a record in an emergency
does not open this: the rule asks for the place on the list, not for sight of the case alone.

An entry that another agency wrote while it led is read after a hand-over only; a narrower entry by the line manager, by
whoever wrote it and by those it names (docs/decisions/0020-restricted-section.md).

A statement that uses a predicate of this module is executed with `scopes.binds(viewer)`; it names or joins Case.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import (
    AuditEntry,
    Case,
    CaseAssignment,
    RestrictedAccess,
    RestrictedEntry,
    RestrictedHandover,
    RestrictedHandoverEntry,
    RestrictedReader,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import TODAY, VIEWER_AGENCY, VIEWER_MANAGES, VIEWER_USER, CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AssignmentRole

#: What the audit record calls it, whatever was read or done there: never what it holds.
SECTION = "the restricted section"
#: What it calls a disclosure without consent.
DISCLOSURE = "a disclosure without consent"

_Manager = aliased(CaseAssignment, name="section_manager")
_Access = aliased(RestrictedAccess, name="section_access")
_Reader = aliased(RestrictedReader, name="section_reader")
_Handover = aliased(RestrictedHandover, name="section_handover")
_Handed = aliased(RestrictedHandoverEntry, name="section_handed")

_LEADS = and_(scopes.SEES_CASE, Case.lead_agency_id == VIEWER_AGENCY)

#: Select from Case: the viewer is the line manager of this very case, not of the agency at large (S3-21).
IS_LINE_MANAGER = and_(VIEWER_MANAGES, Case.line_manager_id == VIEWER_USER)
_IS_CASE_MANAGER = (
    exists()
    .where(
        _Manager.case_id == Case.id,
        _Manager.user_id == VIEWER_USER,
        _Manager.role == AssignmentRole.CASE_MANAGER,
        _Manager.to_at.is_(None),
    )
    .correlate(Case)
)


def in_force(access=RestrictedAccess, today=TODAY):
    """A worker's place on the list that holds on that day: named by the agency that leads, not ended, not run out, the
    case not closed. Join or name Case."""
    return and_(
        access.agency_id == Case.lead_agency_id,
        access.ended_at.is_(None),
        or_(access.until_on.is_(None), access.until_on >= today),
        Case.closed_at.is_(None),
    )


_IS_NAMED = (
    exists()
    .where(_Access.case_id == Case.id, _Access.user_id == VIEWER_USER, in_force(_Access))
    .correlate(Case)
)

#: Select from Case: the viewer stands on the list of its restricted section.
SEES_SECTION = and_(_LEADS, or_(IS_LINE_MANAGER, _IS_CASE_MANAGER, _IS_NAMED))

#: Select from RestrictedEntry, joined to Case: handed to the agency that leads now.
HANDED_TO_LEAD = (
    exists()
    .where(
        _Handed.entry_id == RestrictedEntry.id,
        _Handover.id == _Handed.handover_id,
        _Handover.case_id == Case.id,
        _Handover.to_agency_id == Case.lead_agency_id,
        _Handover.taken_back_at.is_(None),
    )
    .correlate(RestrictedEntry, Case)
)
#: Select from RestrictedEntry, joined to Case.
SEES_ENTRY = and_(
    SEES_SECTION,
    or_(RestrictedEntry.agency_id == Case.lead_agency_id, HANDED_TO_LEAD),
    or_(
        RestrictedEntry.narrow.is_(False),
        IS_LINE_MANAGER,
        RestrictedEntry.author_id == VIEWER_USER,
        exists()
        .where(_Reader.entry_id == RestrictedEntry.id, _Reader.user_id == VIEWER_USER)
        .correlate(RestrictedEntry),
    ),
)

#: Select from AuditEntry: what says nothing of the section, or of disclosures, which have lists of their own readers.
SAYS_NOTHING_OF_IT = not_(
    or_(
        AuditEntry.what.startswith(SECTION),
        AuditEntry.what.startswith("restricted:"),
        AuditEntry.what.startswith(DISCLOSURE),
        AuditEntry.what.startswith("disclosure:"),
    )
)


@dataclass(frozen=True, slots=True)
class SectionFile:
    """The restricted section of a case for somebody on its list."""

    case: CaseFile
    #: The viewer is the line manager of this case, who names readers and hands over.
    manages: bool

    @property
    def id(self) -> int:
        return self.case.id

    @property
    def reference(self) -> str:
        return self.case.reference


@dataclass(frozen=True, slots=True)
class EntryFile:
    """One entry that the viewer reads."""

    id: int
    narrow: bool
    section: SectionFile


_BY_REFERENCE = select(*scopes.CASE_COLUMNS, IS_LINE_MANAGER.label("line_manager")).where(
    Case.reference == bindparam("reference"), SEES_SECTION
)
_ENTRY = (
    select(*scopes.CASE_COLUMNS, IS_LINE_MANAGER.label("line_manager"), RestrictedEntry.narrow)
    .select_from(RestrictedEntry)
    .join(Case, Case.id == RestrictedEntry.case_id)
    .where(
        RestrictedEntry.id == bindparam("entry_id", type_=Id),
        Case.reference == bindparam("reference"),
        SEES_ENTRY,
    )
)
_ON_THE_LIST = select(Case.id).where(Case.id == bindparam("case_id", type_=Id), SEES_SECTION)
_SIZE = len(scopes.CASE_COLUMNS)


def find_section(viewer: Viewer, reference: str, today: date | None = None) -> SectionFile | None:
    """The restricted section of the case, or None where the viewer may not know that it has one."""
    row = read(_BY_REFERENCE, {"reference": reference} | scopes.binds(viewer, today)).first()
    return row and SectionFile(scopes.case_file(row[:_SIZE]), bool(row[_SIZE]))


def find_entry(viewer: Viewer, reference: str, entry_id: int) -> EntryFile | None:
    """One entry of that case's section, or None."""
    row = read(_ENTRY, {"reference": reference, "entry_id": entry_id} | scopes.binds(viewer)).first()
    if row is None:
        return None
    section = SectionFile(scopes.case_file(row[:_SIZE]), bool(row[_SIZE]))
    return EntryFile(entry_id, bool(row[_SIZE + 1]), section)


def on_the_list(viewer: Viewer, case: CaseFile) -> bool:
    """Whether to offer the viewer a link to the section of a case that they see. Opening it asks again, in SQL; the
    database is asked here only about somebody of the lead agency who has no part in the case that says it already."""
    if not viewer.practises or case.lead_agency_id != viewer.agency_id:
        return False
    if case.manager or (viewer.manages and case.line_manager_id == viewer.user_id):
        return True
    return read(_ON_THE_LIST, {"case_id": case.id} | scopes.binds(viewer)).first() is not None


#: A closed case's section stays as it is, but for what reaches its line manager afterwards.
ON_SECTION = {
    Do.VIEW_RESTRICTED: lambda viewer, section: True,
    Do.ADD_RESTRICTED: lambda viewer, section: section.manages or not section.case.closed,
    Do.NAME_READERS: lambda viewer, section: section.manages and not section.case.closed,
    Do.HAND_OVER_RESTRICTED: lambda viewer, section: section.manages and not section.case.closed,
}
