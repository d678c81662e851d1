"""Seeing, decided in SQL: which cases a viewer may know of, and how much of each. scopes builds on it for what hangs on
a case; everything that selects goes through there.

Whoever is denied a person sees none of their cases, whatever else would show them (X-8): each predicate here holds that
clause itself, so that no combination of them can leave it out. Most viewers are denied nobody. The statement that finds
the session says so (queries.sessions), it is bound as `viewer_undenied`, and the database then asks nothing more; for a
Viewer made without that knowledge it is false, and the table of denials is asked.

A statement that uses one must be executed with `binds(viewer)`; forgetting them fails, so nothing is shown by mistake.
"""

from datetime import date
from enum import IntEnum

from sqlalchemy import Boolean, Date, and_, bindparam, case, exists, not_, or_
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.models import AccessDenial, Case, CaseAssignment, ConsentGrant, ConsentWithheld
from caseapp.models.base import Id
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import ConsentKind, ConsentStatus


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
#: Nobody has named this viewer in any denial.
VIEWER_UNDENIED = bindparam("viewer_undenied", type_=Boolean())
TODAY = bindparam("viewer_today", type_=Date())


def binds(viewer: Viewer, today: date | None = None) -> dict:
    """The values behind every predicate here; `today` is the local day on which consent is judged."""
    return {
        "viewer_agency": viewer.agency_id,
        "viewer_user": viewer.user_id,
        "viewer_manages": viewer.manages,
        "viewer_practises": viewer.practises,
        "viewer_undenied": viewer.undenied,
        "viewer_today": today or clock.today(),
    }


Grant = aliased(ConsentGrant, name="vis_grant")
Assignment = aliased(CaseAssignment, name="vis_assignment")
Withheld = aliased(ConsentWithheld, name="vis_withheld")
_Denial = aliased(AccessDenial, name="vis_denial")
_DeniedCase = aliased(Case, name="vis_denied_case")


def in_force(grant=ConsentGrant, today=TODAY):
    """Consent to share the plan that holds on that day: recorded, begun, not ended, not withdrawn (C3)."""
    return and_(
        grant.kind == ConsentKind.INFORMATION_SHARING,
        grant.status == ConsentStatus.ACTIVE,
        grant.starts_on <= today,
        or_(grant.expires_on.is_(None), grant.expires_on >= today),
    )


def denied(user_id, person_id):
    """This user may not know of this person: somebody has shut them out (X-8)."""
    return (
        exists()
        .where(_Denial.user_id == user_id, _Denial.person_id == person_id, _Denial.ended_at.is_(None))
        .correlate_except(_Denial)
    )


def not_denied(person_id):
    """The viewer may know of this person."""
    return or_(VIEWER_UNDENIED, not_(denied(VIEWER_USER, person_id)))


#: The viewer is shut out of nobody at all: for what holds names that no statement could tell apart, as a sheet does.
DENIED_NOBODY = or_(
    VIEWER_UNDENIED,
    not_(
        exists()
        .where(_Denial.user_id == VIEWER_USER, _Denial.person_id.is_not(None), _Denial.ended_at.is_(None))
        .correlate_except(_Denial)
    ),
)


def case_not_denied(case_id):
    """The same for what hangs on a case, or on none, and is selected without joining Case."""
    return or_(
        VIEWER_UNDENIED,
        not_(
            exists()
            .where(
                _DeniedCase.id == case_id,
                _Denial.user_id == VIEWER_USER,
                _Denial.person_id == _DeniedCase.person_id,
                _Denial.ended_at.is_(None),
            )
            .correlate_except(_Denial, _DeniedCase)
        ),
    )


def granted(*more):
    return (
        exists()
        .where(Grant.case_id == Case.id, Grant.agency_id == VIEWER_AGENCY, in_force(Grant), *more)
        .correlate(Case)
    )


def assigned(*more):
    return (
        exists()
        .where(
            Assignment.case_id == Case.id,
            Assignment.user_id == VIEWER_USER,
            Assignment.to_at.is_(None),
            *more,
        )
        .correlate(Case)
    )


# --- predicates over Case -------------------------------------------------------------------------------------

NOT_DENIED = not_denied(Case.person_id)

#: Case manager, key worker or line manager of the lead agency (C14).
SEES_ALL = and_(
    VIEWER_PRACTISES,
    Case.lead_agency_id == VIEWER_AGENCY,
    or_(VIEWER_MANAGES, assigned()),
    NOT_DENIED,
)
#: … or an agency with the person's consent to the whole plan (S3-48).
SEES_WHOLE_PLAN = or_(SEES_ALL, and_(VIEWER_PRACTISES, granted(Grant.full_plan), NOT_DENIED))
#: … or one with consent to its own part (S3-47), or another worker of the lead agency.
SEES_CASE = and_(VIEWER_PRACTISES, or_(Case.lead_agency_id == VIEWER_AGENCY, granted()), NOT_DENIED)
#: Cases on which the viewer is case manager or key worker.
MY_CASE = and_(VIEWER_PRACTISES, Case.lead_agency_id == VIEWER_AGENCY, assigned(), NOT_DENIED)

SIGHT = case(
    (SEES_ALL, int(Sight.ALL)),
    (SEES_WHOLE_PLAN, int(Sight.WHOLE_PLAN)),
    (SEES_CASE, int(Sight.PART)),
    else_=0,
)
