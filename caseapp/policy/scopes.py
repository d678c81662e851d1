"""Seeing, decided in SQL: what a viewer may know of. Lists, details, search, counts, exports, prints and mail all
select through these predicates; there is no other way in.

A statement that uses one must be executed with `binds(viewer)`; forgetting them fails, so nothing is shown by mistake.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp.errors import NotVisible
from caseapp.extensions import read
from caseapp.models import Action, Case, CaseNote, CaseNoteShare, Correction, Event, Goal, Person, PlanIssue
from caseapp.models.base import Id
from caseapp.policy.case_sight import (
    DENIED_NOBODY,
    MY_CASE,
    SEES_ALL,
    SEES_CASE,
    SEES_WHOLE_PLAN,
    SIGHT,
    TODAY,
    VIEWER_AGENCY,
    VIEWER_MANAGES,
    VIEWER_PRACTISES,
    VIEWER_USER,
    Assignment,
    Grant,
    Sight,
    assigned,
    binds,
    case_not_denied,
    denied,
    in_force,
    not_denied,
)
from caseapp.policy.plan_sight import (
    ALL_HERE,
    CASE_GRANT,
    SEES_ACTION,
    SEES_ACTION_HERE,
    SEES_GOAL,
    SEES_GOAL_HERE,
    SEES_OWN_ACTION,
    WHOLE_PLAN_HERE,
    withheld,
)
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import CLOSED, ActionStatus, AssignmentRole, Audience, CaseStatus

# --- predicates over what hangs on a case; the select must also join or name Case -------------------------------

#: Select from Event, joined to Case: what an agency wrote down for itself alone while it led stays with it when another
#: leads (S3-29, X-4); what was for others too, and what the plan says, goes on with the case.
EVENT_OF_THIS_LEAD = or_(
    Case.lead_since.is_(None),
    Event.audience != Audience.LEAD,
    Event.at >= Case.lead_since,
    Event.agency_id == VIEWER_AGENCY,
)

_EventAction = aliased(Action, name="vis_event_action")
_EventGoal = aliased(Goal, name="vis_event_goal")

#: Select from Event, joined to Case.
SEES_EVENT = or_(
    and_(SEES_ALL, EVENT_OF_THIS_LEAD),
    and_(
        SEES_CASE,
        or_(
            Event.audience == Audience.ALL,
            and_(Event.audience == Audience.AGENCY, Event.for_agency_id == VIEWER_AGENCY),
            and_(Event.audience == Audience.PLAN, SEES_WHOLE_PLAN, Event.goal_id.is_(None)),
            and_(
                Event.audience == Audience.PLAN,
                SEES_WHOLE_PLAN,
                exists()
                .where(_EventGoal.id == Event.goal_id, not_(withheld(_EventGoal.domain, Event.case_id)))
                .correlate(Event),
            ),
            and_(
                Event.audience == Audience.ACTION,
                exists()
                .where(
                    _EventAction.id == Event.action_id,
                    _EventGoal.id == _EventAction.goal_id,
                    not_(withheld(_EventGoal.domain, Event.case_id)),
                    or_(
                        SEES_WHOLE_PLAN,
                        and_(
                            _EventAction.owner_agency_id == VIEWER_AGENCY,
                            _EventAction.status != ActionStatus.PROPOSED,
                        ),
                    ),
                )
                .correlate(Event, Case),
            ),
        ),
    ),
)

_Share = aliased(CaseNoteShare, name="vis_share")

#: Select from CaseNote, joined to Case: notes of another agency that led before go along only where they were handed
#: over with the case, each by itself (S3-52).
NOTE_OF_THIS_LEAD = or_(
    Case.lead_since.is_(None),
    CaseNote.written_at >= Case.lead_since,
    CaseNote.agency_id == VIEWER_AGENCY,
    exists().where(_Share.note_id == CaseNote.id, _Share.agency_id == VIEWER_AGENCY).correlate_except(_Share),
)
#: Select from CaseNote, joined to Case: the lead agency's own notes, or one shared with the viewer's agency (S3-14)
#: under the consent that is in force now: a later consent does not bring back what was shared under an earlier one.
SEES_NOTE = or_(
    and_(SEES_ALL, NOTE_OF_THIS_LEAD),
    and_(
        SEES_CASE,
        exists()
        .where(
            _Share.note_id == CaseNote.id,
            _Share.agency_id == VIEWER_AGENCY,
            Grant.case_id == CaseNote.case_id,
            Grant.agency_id == VIEWER_AGENCY,
            in_force(Grant),
            Grant.recorded_at <= _Share.shared_at,
        )
        .correlate(CaseNote),
    ),
)

#: Select from PlanIssue, joined to Case: all issues, or those that the viewer's own agency raised (S3-18).
SEES_ISSUE = or_(SEES_ALL, and_(SEES_CASE, PlanIssue.agency_id == VIEWER_AGENCY))

_AnyCase = aliased(Case, name="vis_any_case")


def _with_case(predicate):
    return exists().where(Case.person_id == Person.id, predicate).correlate(Person)


_NO_CASE_YET = and_(
    VIEWER_PRACTISES,
    Person.registered_by_agency_id == VIEWER_AGENCY,
    not_denied(Person.id),
    not_(exists().where(_AnyCase.person_id == Person.id).correlate(Person)),
)

_Later = aliased(Case, name="vis_later")

#: Select from Case: no later episode of this person is led by another agency. Whoever led an earlier one keeps that
#: record, but learns nothing of where the person is now, what they are called or how they are reached.
NOT_MOVED_ON = not_(
    exists()
    .where(
        _Later.person_id == Case.person_id,
        _Later.episode > Case.episode,
        _Later.lead_agency_id != Case.lead_agency_id,
    )
    .correlate(Case)
)

#: Select from Person: there is a case the viewer may know of, or the viewer's agency registered them and no case is
#: open anywhere yet.
SEES_PERSON = or_(
    _with_case(and_(SEES_CASE, or_(Case.lead_agency_id != VIEWER_AGENCY, NOT_MOVED_ON))), _NO_CASE_YET
)
#: … and may read the person's own page: contact, family, warnings, identifiers.
SEES_PERSON_PAGE = or_(_with_case(and_(SEES_ALL, NOT_MOVED_ON)), _NO_CASE_YET)


# --- the two look-ups that the guards use ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as far as this viewer may know it. Use cases take it instead of an id that anybody could type."""

    id: int
    reference: str
    person_id: int
    lead_agency_id: int
    line_manager_id: int
    protocol_key: str
    protocol_version: int
    status: CaseStatus
    sight: Sight
    assigned: bool
    manager: bool
    grant_id: int | None
    #: Whether anything that the person says stands beside the record at all (X-12); never shown, only spares the asking.
    said_beside: bool

    @property
    def sees_all(self) -> bool:
        return self.sight is Sight.ALL

    @property
    def sees_whole_plan(self) -> bool:
        return self.sight >= Sight.WHOLE_PLAN

    @property
    def closed(self) -> bool:
        return self.status in CLOSED

    def binds(self, viewer: Viewer, today: date | None = None) -> dict:
        """The values behind the predicates that end in _HERE, for this viewer and this case."""
        return binds(viewer, today) | {
            "case_id": self.id,
            "case_sight": int(self.sight),
            "case_grant": self.grant_id,
        }

    @property
    def ground(self) -> str:
        """Why the viewer may look, for the audit record."""
        return "consent" if self.grant_id else "lead agency"


#: What a CaseFile is made of, for a statement that finds another record together with its case.
CASE_COLUMNS = (
    Case.id,
    Case.reference,
    Case.person_id,
    Case.lead_agency_id,
    Case.line_manager_id,
    Case.protocol_key,
    Case.protocol_version,
    Case.status,
    SIGHT.label("sight"),
    assigned().label("assigned"),
    assigned(Assignment.role == AssignmentRole.CASE_MANAGER).label("manager"),
    select(Grant.id)
    .where(
        Grant.case_id == Case.id,
        Grant.agency_id == VIEWER_AGENCY,
        in_force(Grant),
        Case.lead_agency_id != VIEWER_AGENCY,
    )
    .correlate(Case)
    .scalar_subquery()
    .label("grant_id"),
    exists().where(Correction.case_id == Case.id).correlate(Case).label("said_beside"),
)

_BY_REFERENCE = select(*CASE_COLUMNS).where(Case.reference == bindparam("reference"), SEES_CASE)
_BY_ID = select(*CASE_COLUMNS).where(Case.id == bindparam("case_id"), SEES_CASE)


def case_file(row) -> CaseFile | None:
    """The CaseFile behind a row of CASE_COLUMNS."""
    if row is None:
        return None
    return CaseFile(*row[:8], Sight(row[8]), bool(row[9]), bool(row[10]), row[11], bool(row[12]))


def find_case(viewer: Viewer, reference: str, today: date | None = None) -> CaseFile | None:
    """The case behind a reference, or None where the viewer may not know that it exists."""
    return case_file(read(_BY_REFERENCE, {"reference": reference} | binds(viewer, today)).first())


def find_case_by_id(viewer: Viewer, case_id: int, today: date | None = None) -> CaseFile | None:
    """As find_case, by the record's own id."""
    return case_file(read(_BY_ID, {"case_id": case_id} | binds(viewer, today)).first())


_MOVED_ON = select(not_(NOT_MOVED_ON)).where(Case.id == bindparam("case_id", type_=Id))


def moved_on(case: CaseFile) -> bool:
    """Whether the person of this case works with another lead agency since: then what is kept of them today is not for
    those who led this episode. Never so while a case is open, as a person has one open case."""
    return case.closed and bool(read(_MOVED_ON, {"case_id": case.id}).scalar())


@dataclass(frozen=True, slots=True)
class PersonFile:
    """A person as far as this viewer may know them. `all` opens the person's own page."""

    id: int
    name: str
    all: bool


_PERSON = select(Person.id, Person.given_name, Person.family_name, SEES_PERSON_PAGE.label("all")).where(
    Person.id == bindparam("person_id"), SEES_PERSON
)


def find_person(viewer: Viewer, person_id: int, today: date | None = None) -> PersonFile | None:
    """The person, or None where the viewer may not know that they exist."""
    row = read(_PERSON, {"person_id": person_id} | binds(viewer, today)).first()
    return row and PersonFile(row.id, f"{row.given_name} {row.family_name}".strip(), bool(row.all))


def still_there(row):
    """The row of a record that was found a moment ago. On PostgreSQL each statement of a request reads what is saved
    by then, so a consent that is withdrawn between two of them takes the record away: NotVisible, not an error."""
    if row is None:
        raise NotVisible
    return row


__all__ = [
    "ALL_HERE",
    "CASE_COLUMNS",
    "CASE_GRANT",
    "DENIED_NOBODY",
    "EVENT_OF_THIS_LEAD",
    "MY_CASE",
    "NOTE_OF_THIS_LEAD",
    "NOT_MOVED_ON",
    "SEES_ACTION",
    "SEES_ACTION_HERE",
    "SEES_ALL",
    "SEES_CASE",
    "SEES_EVENT",
    "SEES_GOAL",
    "SEES_GOAL_HERE",
    "SEES_ISSUE",
    "SEES_NOTE",
    "SEES_OWN_ACTION",
    "SEES_PERSON",
    "SEES_PERSON_PAGE",
    "SEES_WHOLE_PLAN",
    "SIGHT",
    "TODAY",
    "VIEWER_AGENCY",
    "VIEWER_MANAGES",
    "VIEWER_PRACTISES",
    "VIEWER_USER",
    "WHOLE_PLAN_HERE",
    "CaseFile",
    "PersonFile",
    "Sight",
    "binds",
    "case_file",
    "case_not_denied",
    "denied",
    "find_case",
    "find_case_by_id",
    "find_person",
    "in_force",
    "moved_on",
    "not_denied",
    "still_there",
]
