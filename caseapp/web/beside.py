"""What the person says about the record, for the pages that show the record (X-12): a template asks `beside_of(case)`."""

from caseapp.policy.meetings import MeetingFile
from caseapp.policy.scopes import CaseFile
from caseapp.queries import corrections
from caseapp.queries.corrections import Said
from caseapp.web.sessions import viewer


def beside_of(case) -> list[Said]:
    """What the person says about the things of this case that whoever is signed in reads; nothing where there is no
    case."""
    if not isinstance(case, CaseFile) or not case.said_beside:
        return []
    return corrections.said(case, viewer=viewer())


def beside_of_minutes(meeting) -> list[Said]:
    """What the person says about the minutes of this meeting, for whoever reads them."""
    return corrections.of_minutes(meeting) if isinstance(meeting, MeetingFile) else []
