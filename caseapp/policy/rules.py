"""Doing, decided by one predicate: `may(viewer, act, record)`. Whether the record can be seen at all was decided before,
in scopes; what remains is who may do what with it."""

from caseapp.policy.chapters import (
    EDITORS,
    ON_CHAPTER,
    ON_FEEDBACK,
    ON_RECEIPT,
    ChapterFile,
    FeedbackFile,
    ReceiptFile,
)
from caseapp.policy.disclosures import ON_DISCLOSURE, DisclosureFile
from caseapp.policy.do import Do
from caseapp.policy.emergency import (
    ON_EMERGENCY,
    ON_EMERGENCY_REVIEW,
    EmergencyFile,
    EmergencyReviewFile,
)
from caseapp.policy.escalations import ABOVE_AGENCIES, ON_ESCALATION, EscalationFile
from caseapp.policy.grievances import (
    ON_PERSON_GRIEVANCE,
    ON_PROVIDER_GRIEVANCE,
    PersonGrievanceFile,
    ProviderGrievanceFile,
)
from caseapp.policy.kept_apart import ON_KEPT_APART, KeptApartFile
from caseapp.policy.meetings import COORDINATES, ON_MEETING, MeetingFile
from caseapp.policy.privacy import OFFICER, ON_FINDING, ON_RECORD_FILE, FindingFile, RecordFile
from caseapp.policy.reading import ON_ASSIGNMENT, ON_READER, ON_SET, AssignmentFile, ReaderFile, SetFile
from caseapp.policy.restricted import ON_SECTION, SectionFile
from caseapp.policy.rights import (
    ANSWERS,
    ON_RETENTION,
    ON_SUBJECT_ITEM,
    ON_SUBJECT_REQUEST,
    ItemFile,
    RetentionFile,
    SubjectFile,
)
from caseapp.policy.scopes import CaseFile, PersonFile
from caseapp.policy.transfers import ON_TRANSFER, TransferFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import Role


def _sees(viewer, case):
    return True


def _sees_whole_plan(viewer, case):
    return case.sees_whole_plan


def _sees_all(viewer, case):
    return case.sees_all


def _works_on_open(viewer, case):
    return case.sees_all and not case.closed


def _leads(viewer, case):
    """The line manager of the lead agency."""
    return case.sees_all and viewer.manages and case.lead_agency_id == viewer.agency_id


def _leads_open(viewer, case):
    return _leads(viewer, case) and not case.closed


def _answers_for_case(viewer, case):
    """The case manager, or the lead agency's line manager."""
    return case.manager or _leads(viewer, case)


def _open(viewer, case):
    return not case.closed


def _partner_in_open(viewer, case):
    """A partner agency; a colleague in the lead agency who has no role on the case is none."""
    return not case.closed and case.lead_agency_id != viewer.agency_id


#: Acts on a case. A record that is not here for an act cannot be acted on: refusing is the default.
ON_CASE = {
    Do.VIEW_PLAN: _sees,
    Do.VIEW_WHOLE_PLAN: _sees_whole_plan,
    Do.EDIT_PLAN: _works_on_open,
    Do.AGREE_PLAN: _works_on_open,
    Do.AGREE_PART: _partner_in_open,
    Do.REVIEW_PLAN: _works_on_open,
    Do.SEE_AS: _sees_all,
    Do.PRINT_PART: _sees,
    Do.PRINT_PLAN: _sees_whole_plan,
    Do.PRINT_PERSONS_COPY: _sees_all,
    Do.UPDATE_ACTION: _open,
    Do.RAISE_ISSUE: _partner_in_open,
    Do.ANSWER_ISSUE: _works_on_open,
    Do.VIEW_CASE: _sees_all,
    Do.EDIT_CASE: _works_on_open,
    Do.WRITE_NOTE: _sees_all,
    Do.VIEW_NOTES: _sees,
    Do.ALLOCATE: _leads_open,
    #: also when it is closed already: the use case says so, and a doubled click finds its page
    Do.CLOSE_CASE: _leads,
    Do.REOPEN_CASE: lambda viewer, case: case.sees_all and case.closed,
    Do.VIEW_TIMELINE: _sees,
    Do.VIEW_AUDIT: _answers_for_case,
    Do.VIEW_CONSENT: _sees_all,
    Do.VIEW_OWN_CONSENT: _sees,
    Do.RECORD_CONSENT: _works_on_open,
    Do.VIEW_DISCLOSURES: _answers_for_case,
    Do.DENY_ACCESS: _answers_for_case,
    Do.ANSWER_ACCESS: _answers_for_case,
    #: a colleague of the lead agency who knows of the case and has no part in it
    Do.ASK_FOR_ACCESS: lambda viewer, case: (
        not case.closed and not case.sees_all and case.lead_agency_id == viewer.agency_id
    ),
    Do.RAISE_FROM_CASE: _open,
    Do.RAISE_PERSON_GRIEVANCE: _sees,
    Do.CALL_MEETING: _works_on_open,
    #: whether the agency is social work is asked by the use case
    Do.RECORD_CONFERENCE: _open,
    Do.RECORD_SUBJECT_REQUEST: _sees,
    Do.VIEW_CORRECTIONS: _sees,
    Do.SAY_CORRECTION: _sees,
    Do.ANSWER_CORRECTION: _answers_for_case,
    Do.HOLD_RECORD: _leads,
    #: whoever sees the case, open or closed: nothing may stop what the law asks for (S2-43)
    Do.DISCLOSE: _sees,
    Do.BEGIN_TRANSFER: lambda viewer, case: _answers_for_case(viewer, case) and not case.closed,
    Do.VIEW_TRANSFERS_OF_CASE: _answers_for_case,
}

ON_PERSON = {
    Do.VIEW_PERSON: lambda viewer, person: person.all,
    Do.EDIT_PERSON: lambda viewer, person: person.all,
    Do.OPEN_CASE: lambda viewer, person: person.all,
    Do.RECORD_SUBJECT_REQUEST: lambda viewer, person: person.all,
    Do.DISCLOSE_OF_PERSON: lambda viewer, person: True,
}

#: Acts on no record in particular: the roles that may.
BY_ROLE = {
    Do.SEE_OUR_ACTIONS: Role.WORKER | Role.LINE_MANAGER,
    Do.SEE_CASELOAD: Role.WORKER | Role.LINE_MANAGER,
    Do.SEE_TEAM: Role.LINE_MANAGER,
    Do.SEARCH_PEOPLE: Role.WORKER | Role.LINE_MANAGER,
    Do.REGISTER_PERSON: Role.WORKER | Role.LINE_MANAGER,
    Do.IMPORT_CASELOAD: Role.LINE_MANAGER,
    Do.MANAGE_STAFF: Role.AGENCY_ADMIN,
    Do.MANAGE_OWN_AGENCY: Role.AGENCY_ADMIN,
    Do.MANAGE_AGENCIES: Role.SYSTEM_ADMIN,
    Do.SEE_DIRECTORY: Role(127),
    Do.SEE_GAPS: Role.WORKER | Role.LINE_MANAGER | ABOVE_AGENCIES,
    Do.RAISE_GAP: Role.WORKER | Role.LINE_MANAGER,
    Do.TRIAGE_GAPS: ABOVE_AGENCIES,
    Do.SEE_REGISTER: Role(127),
    Do.KEEP_REGISTER: ABOVE_AGENCIES,
    Do.SEE_REPORTS: Role.LINE_MANAGER | ABOVE_AGENCIES,
    Do.SEE_GRIEVANCES: Role.WORKER | Role.LINE_MANAGER,
    Do.SEE_DISCLOSURES: Role.WORKER | Role.LINE_MANAGER,
    Do.SEE_MEETINGS: Role.WORKER | Role.LINE_MANAGER | COORDINATES,
    Do.CALL_GROUP_MEETING: COORDINATES,
    Do.READ_HANDBOOK: Role(127),
    Do.EDIT_HANDBOOK: EDITORS,
    Do.SEE_READING: Role.LINE_MANAGER,
    Do.SEE_READING_FIGURES: Role.AGENCY_ADMIN,
    Do.ASSIGN_READING: Role.LINE_MANAGER | Role.AGENCY_ADMIN,
    Do.KEEP_READING_SETS: Role.AGENCY_ADMIN,
    Do.KEEP_DENIALS: Role.LINE_MANAGER | Role.AGENCY_ADMIN,
    Do.SEE_ACCESS_REQUESTS: Role.WORKER | Role.LINE_MANAGER,
    #: whether they are among those who may is asked of the agency's list, by the use case
    Do.USE_EMERGENCY: Role.WORKER | Role.LINE_MANAGER,
    Do.GIVE_EMERGENCY_RIGHT: Role.AGENCY_ADMIN,
    Do.SEE_EMERGENCY_REVIEWS: Role.PRIVACY_OFFICER,
    Do.LOOK_AFTER_PRIVACY: OFFICER,
    Do.SEARCH_AUDIT: OFFICER,
    Do.EXPORT_AUDIT: OFFICER,
    Do.SEE_SUBJECT_REQUESTS: Role.WORKER | ANSWERS,
    Do.SEE_RETENTION: ANSWERS,
    Do.SEE_TRANSFERS: Role.WORKER | Role.LINE_MANAGER,
}


def _by_practice(acts):
    """Cases and people are for those who work with people, whatever else a rule says."""
    return {
        act: (lambda viewer, record, rule=rule: viewer.practises and rule(viewer, record))
        for act, rule in acts.items()
    }


#: The acts on each kind of record; a new kind brings its own table (policy/<kind>.py) and its line here.
ON_RECORD = {
    CaseFile: _by_practice(ON_CASE),
    PersonFile: _by_practice(ON_PERSON),
    ChapterFile: ON_CHAPTER,
    FeedbackFile: ON_FEEDBACK,
    ReceiptFile: ON_RECEIPT,
    ReaderFile: ON_READER,
    AssignmentFile: ON_ASSIGNMENT,
    SetFile: ON_SET,
    MeetingFile: ON_MEETING,
    EscalationFile: ON_ESCALATION,
    ProviderGrievanceFile: ON_PROVIDER_GRIEVANCE,
    PersonGrievanceFile: ON_PERSON_GRIEVANCE,
    EmergencyFile: ON_EMERGENCY,
    EmergencyReviewFile: ON_EMERGENCY_REVIEW,
    RecordFile: ON_RECORD_FILE,
    FindingFile: ON_FINDING,
    SubjectFile: ON_SUBJECT_REQUEST,
    ItemFile: ON_SUBJECT_ITEM,
    RetentionFile: ON_RETENTION,
    SectionFile: _by_practice(ON_SECTION),
    KeptApartFile: _by_practice(ON_KEPT_APART),
    DisclosureFile: _by_practice(ON_DISCLOSURE),
    TransferFile: _by_practice(ON_TRANSFER),
}


def may(viewer: Viewer, act: Do, record=None) -> bool:
    """Whether this viewer may do this, with this record where the act is about one.

    An act that belongs to cases is refused without a case, and the other way about."""
    if record is None:
        return viewer.has(BY_ROLE.get(act, 0))
    rule = ON_RECORD[type(record)].get(act)
    return rule is not None and bool(rule(viewer, record))


def may_update_action(viewer: Viewer, case: CaseFile, *, owner_agency_id: int | None) -> bool:
    """Only the owner agency accepts and updates an action (C7). One that nobody or the person alone holds is kept by
    those who hold the plan; so is one whose agency has no live consent, which only `EDIT_PLAN` may touch."""
    if not may(viewer, Do.UPDATE_ACTION, case):
        return False
    if owner_agency_id is None:
        return case.sees_all
    return owner_agency_id == viewer.agency_id
