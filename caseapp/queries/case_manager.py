"""Who is case manager of a case now: the one condition behind every page and every word that goes to them."""

from sqlalchemy import and_

from caseapp.models import Case, CaseAssignment
from caseapp.vocabulary import AssignmentRole


def of_case(assignment=CaseAssignment, case_id=Case.id):
    """The condition that makes an assignment that of the present case manager: of the row of Case that is joined, or of the
    case named."""
    return and_(
        assignment.case_id == case_id,
        assignment.role == AssignmentRole.CASE_MANAGER,
        assignment.to_at.is_(None),
    )
