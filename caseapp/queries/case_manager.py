"""Who is case manager of a case now: the one join behind every page that names them."""

from sqlalchemy import and_

from caseapp.models import Case, CaseAssignment
from caseapp.vocabulary import AssignmentRole


def of_case(assignment=CaseAssignment):
    """The condition that makes an assignment that of the present case manager; for a join with Case."""
    return and_(
        assignment.case_id == Case.id,
        assignment.role == AssignmentRole.CASE_MANAGER,
        assignment.to_at.is_(None),
    )
