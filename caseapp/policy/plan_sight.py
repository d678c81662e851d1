"""Seeing, decided in SQL: how much of a plan a viewer sees, goal by goal and action by action; the select must also join or name
Case. scopes gives it on; everything that selects goes through there.

A statement that uses one must be executed with `binds(viewer)` (policy.case_sight); one of those that end in _HERE, for one
case whose CaseFile is at hand, with `case.binds(viewer)`.
"""

from sqlalchemy import Integer, and_, bindparam, exists, not_, or_
from sqlalchemy.orm import aliased

from caseapp.models import Action, Case, Goal
from caseapp.models.base import Id
from caseapp.policy.case_sight import (
    SEES_ALL,
    SEES_CASE,
    SEES_WHOLE_PLAN,
    VIEWER_AGENCY,
    Grant,
    Sight,
    Withheld,
    in_force,
)
from caseapp.vocabulary import ActionStatus


def withheld(domain, case_id):
    """The person keeps this domain of life from the viewer's agency (X-3)."""
    return (
        exists()
        .where(
            Grant.case_id == case_id,
            Grant.agency_id == VIEWER_AGENCY,
            in_force(Grant),
            Withheld.grant_id == Grant.id,
            Withheld.domain == domain,
        )
        .correlate_except(Grant, Withheld)
    )


_ASKED_OF_US = and_(Action.owner_agency_id == VIEWER_AGENCY, Action.status != ActionStatus.PROPOSED)
_Own = aliased(Action, name="vis_action")
_SERVED_BY_US = (
    exists()
    .where(
        _Own.case_id == Goal.case_id,  # for the index: an agency has actions on thousands of cases
        _Own.goal_id == Goal.id,
        _Own.owner_agency_id == VIEWER_AGENCY,
        _Own.status != ActionStatus.PROPOSED,
    )
    .correlate(Goal)
)

#: Select from Action, joined to Goal and Case. The own part holds what the agency has been asked to do (S3-47);
#: what is only proposed is not yet asked, so no partner reads it as agreed (F4).
SEES_ACTION = or_(
    SEES_ALL,
    and_(
        SEES_CASE,
        not_(withheld(Goal.domain, Case.id)),
        or_(
            SEES_WHOLE_PLAN,
            _ASKED_OF_US,
        ),
    ),
)

#: Select from Goal, joined to Case: all, or only the goals that the viewer's own actions serve.
SEES_GOAL = or_(
    SEES_ALL,
    and_(
        SEES_CASE,
        not_(withheld(Goal.domain, Case.id)),
        or_(
            SEES_WHOLE_PLAN,
            _SERVED_BY_US,
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
        and_(Action.status != ActionStatus.PROPOSED, not_(withheld(Goal.domain, Case.id))),
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
        exists().where(Withheld.grant_id == CASE_GRANT, Withheld.domain == domain).correlate_except(Withheld)
    )


#: Select from Action, joined to Goal, both of the one case.
SEES_ACTION_HERE = or_(
    ALL_HERE,
    and_(
        not_(_withheld_by_grant(Goal.domain)),
        or_(
            WHOLE_PLAN_HERE,
            _ASKED_OF_US,
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
            _SERVED_BY_US,
        ),
    ),
)
