"""Seeing, decided in SQL: what a viewer may know of. Lists, details, search, counts, exports, prints and mail all
select through these predicates; there is no other way in.

A statement that uses one must be executed with `binds(viewer)`; forgetting them fails, so nothing is shown by mistake.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from sqlalchemy import Boolean, Date, Integer, and_, bindparam, case, exists, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.errors import NotVisible
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Case,
    CaseAssignment,
    CaseNote,
    CaseNoteShare,
    ConsentGrant,
    ConsentWithheld,
    Event,
    Goal,
    Person,
    PlanIssue,
)
from caseapp.models.base import Id
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    CLOSED,
    ActionStatus,
    AssignmentRole,
    Audience,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
)


class Sight(IntEnum):
    """How much of a case a viewer sees; each level contains the one before."""

    PART = 1  # the head, the own agency's actions, and of each goal only what they serve
    WHOLE_PLAN = (
        2  # the whole plan by the person's consent (a prescribing clinic), never the lead's own notes
    )
    ALL = 3  # case manager, key worker and line manager of the lead agency


VIEWER_AGENCY = bindparam("viewer_agency", type_=Id)
VIEWER_USER = bindparam("viewer_user", type_=Id)
VIEWER_MANAGES = bindparam("viewer_manages", type_=Boolean())
VIEWER_PRACTISES = bindparam("viewer_practises", type_=Boolean())
TODAY = bindparam("viewer_today", type_=Date())


def binds(viewer: Viewer, today: date | None = None) -> dict:
    """The values behind every predicate here; `today` is the local day on which consent is judged."""
    return {
        "viewer_agency": viewer.agency_id,
        "viewer_user": viewer.user_id,
        "viewer_manages": viewer.manages,
        "viewer_practises": viewer.practises,
        "viewer_today": today or clock.today(),
    }


_Grant = aliased(ConsentGrant, name="vis_grant")
_Assignment = aliased(CaseAssignment, name="vis_assignment")
_Withheld = aliased(ConsentWithheld, name="vis_withheld")


def in_force(grant=ConsentGrant, today=TODAY):
    """Consent to share the plan that holds on that day: recorded, begun, not ended, not withdrawn (C3)."""
    return and_(
        grant.kind == ConsentKind.INFORMATION_SHARING,
        grant.status == ConsentStatus.ACTIVE,
        grant.starts_on <= today,
        or_(grant.expires_on.is_(None), grant.expires_on >= today),
    )


def _granted(*more):
    return (
        exists()
        .where(_Grant.case_id == Case.id, _Grant.agency_id == VIEWER_AGENCY, in_force(_Grant), *more)
        .correlate(Case)
    )


def _assigned(*more):
    return (
        exists()
        .where(
            _Assignment.case_id == Case.id,
            _Assignment.user_id == VIEWER_USER,
            _Assignment.to_at.is_(None),
            *more,
        )
        .correlate(Case)
    )


# --- predicates over Case -------------------------------------------------------------------------------------

#: Case manager, key worker or line manager of the lead agency (C14).
SEES_ALL = and_(VIEWER_PRACTISES, Case.lead_agency_id == VIEWER_AGENCY, or_(VIEWER_MANAGES, _assigned()))
#: … or an agency with the person's consent to the whole plan (S3-48).
SEES_WHOLE_PLAN = or_(SEES_ALL, and_(VIEWER_PRACTISES, _granted(_Grant.full_plan)))
#: … or one with consent to its own part (S3-47), or another worker of the lead agency.
SEES_CASE = and_(VIEWER_PRACTISES, or_(Case.lead_agency_id == VIEWER_AGENCY, _granted()))
#: Cases on which the viewer is case manager or key worker.
MY_CASE = and_(VIEWER_PRACTISES, Case.lead_agency_id == VIEWER_AGENCY, _assigned())

SIGHT = case(
    (SEES_ALL, int(Sight.ALL)),
    (SEES_WHOLE_PLAN, int(Sight.WHOLE_PLAN)),
    (SEES_CASE, int(Sight.PART)),
    else_=0,
)


# --- predicates over what hangs on a case; the select must also join or name Case -------------------------------


def _withheld(domain, case_id):
    """The person keeps this domain of life from the viewer's agency (X-3)."""
    return (
        exists()
        .where(
            _Grant.case_id == case_id,
            _Grant.agency_id == VIEWER_AGENCY,
            in_force(_Grant),
            _Withheld.grant_id == _Grant.id,
            _Withheld.domain == domain,
        )
        .correlate_except(_Grant, _Withheld)
    )


#: Select from Action, joined to Goal and Case. The own part holds what the agency has been asked to do (S3-47);
#: what is only proposed is not yet asked, so no partner reads it as agreed (F4).
SEES_ACTION = or_(
    SEES_ALL,
    and_(
        SEES_CASE,
        not_(_withheld(Goal.domain, Case.id)),
        or_(
            SEES_WHOLE_PLAN,
            and_(Action.owner_agency_id == VIEWER_AGENCY, Action.status != ActionStatus.PROPOSED),
        ),
    ),
)

_Own = aliased(Action, name="vis_action")

#: Select from Goal, joined to Case: all, or only the goals that the viewer's own actions serve.
SEES_GOAL = or_(
    SEES_ALL,
    and_(
        SEES_CASE,
        not_(_withheld(Goal.domain, Case.id)),
        or_(
            SEES_WHOLE_PLAN,
            exists()
            .where(
                _Own.case_id == Goal.case_id,  # for the index: an agency has actions on thousands of cases
                _Own.goal_id == Goal.id,
                _Own.owner_agency_id == VIEWER_AGENCY,
                _Own.status != ActionStatus.PROPOSED,
            )
            .correlate(Goal),
        ),
    ),
)

#: What an agency's own list shows: asked of it, consented to, not withheld. Select from Action, joined to Goal and Case;
#: implies SEES_ACTION, and is cheaper where the rows are found by their owner.
SEES_OWN_ACTION = and_(
    Action.owner_agency_id == VIEWER_AGENCY,
    SEES_CASE,
    or_(
        Case.lead_agency_id == VIEWER_AGENCY,
        and_(Action.status != ActionStatus.PROPOSED, not_(_withheld(Goal.domain, Case.id))),
    ),
    or_(Action.status != ActionStatus.PROPOSED, SEES_ALL),
)

# Within one case whose CaseFile is at hand, its sight is already known: the same rules without asking anew for each row.
# Executed with `case.binds(viewer)`, whose sight and grant were decided in SQL when the case was found.
ALL_HERE = bindparam("case_sight", type_=Integer()) == int(Sight.ALL)
WHOLE_PLAN_HERE = bindparam("case_sight", type_=Integer()) == int(Sight.WHOLE_PLAN)
CASE_GRANT = bindparam("case_grant", type_=Id)


def _withheld_by_grant(domain):
    return (
        exists()
        .where(_Withheld.grant_id == CASE_GRANT, _Withheld.domain == domain)
        .correlate_except(_Withheld)
    )


#: Select from Action, joined to Goal, both of the one case.
SEES_ACTION_HERE = or_(
    ALL_HERE,
    and_(
        not_(_withheld_by_grant(Goal.domain)),
        or_(
            WHOLE_PLAN_HERE,
            and_(Action.owner_agency_id == VIEWER_AGENCY, Action.status != ActionStatus.PROPOSED),
        ),
    ),
)

#: Select from Goal of the one case.
SEES_GOAL_HERE = or_(
    ALL_HERE,
    and_(
        not_(_withheld_by_grant(Goal.domain)),
        or_(
            WHOLE_PLAN_HERE,
            exists()
            .where(
                _Own.case_id == Goal.case_id,  # for the index: an agency has actions on thousands of cases
                _Own.goal_id == Goal.id,
                _Own.owner_agency_id == VIEWER_AGENCY,
                _Own.status != ActionStatus.PROPOSED,
            )
            .correlate(Goal),
        ),
    ),
)

_EventAction = aliased(Action, name="vis_event_action")
_EventGoal = aliased(Goal, name="vis_event_goal")

#: Select from Event, joined to Case.
SEES_EVENT = or_(
    SEES_ALL,
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
                .where(_EventGoal.id == Event.goal_id, not_(_withheld(_EventGoal.domain, Event.case_id)))
                .correlate(Event),
            ),
            and_(
                Event.audience == Audience.ACTION,
                exists()
                .where(
                    _EventAction.id == Event.action_id,
                    _EventGoal.id == _EventAction.goal_id,
                    not_(_withheld(_EventGoal.domain, Event.case_id)),
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

#: Select from CaseNote, joined to Case: the lead agency's own notes, or one shared with the viewer's agency (S3-14)
#: under the consent that is in force now: a later consent does not bring back what was shared under an earlier one.
SEES_NOTE = or_(
    SEES_ALL,
    and_(
        SEES_CASE,
        exists()
        .where(
            _Share.note_id == CaseNote.id,
            _Share.agency_id == VIEWER_AGENCY,
            _Grant.case_id == CaseNote.case_id,
            _Grant.agency_id == VIEWER_AGENCY,
            in_force(_Grant),
            _Grant.recorded_at <= _Share.shared_at,
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
    _assigned().label("assigned"),
    _assigned(_Assignment.role == AssignmentRole.CASE_MANAGER).label("manager"),
    select(_Grant.id)
    .where(
        _Grant.case_id == Case.id,
        _Grant.agency_id == VIEWER_AGENCY,
        in_force(_Grant),
        Case.lead_agency_id != VIEWER_AGENCY,
    )
    .correlate(Case)
    .scalar_subquery()
    .label("grant_id"),
)

_BY_REFERENCE = select(*CASE_COLUMNS).where(Case.reference == bindparam("reference"), SEES_CASE)
_BY_ID = select(*CASE_COLUMNS).where(Case.id == bindparam("case_id"), SEES_CASE)


def case_file(row) -> CaseFile | None:
    """The CaseFile behind a row of CASE_COLUMNS."""
    if row is None:
        return None
    return CaseFile(*row[:8], Sight(row[8]), bool(row[9]), bool(row[10]), row[11])


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
