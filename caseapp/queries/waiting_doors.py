"""How many wait at the doors of records, for the numbers beside the navigation: requests to be let into a case, people who
asked what is kept about them, openings in an emergency and unusual reading. Each is a column of the one statement of
queries.waiting, and costs a page what is open now, never what ever was."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, select

from caseapp import ids
from caseapp.models import AccessRequest, Case, EmergencyAccess, ReadingFinding, SubjectRequest
from caseapp.models.base import Id
from caseapp.policy import emergency, privacy, rights, scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.access_requests import ANSWERS

#: Who asked longer ago waits for nothing any more: such a request has lapsed (services.access_requests.LAPSES_AFTER). Ids
#: are in the order of time, so no index is needed to leave the older ones alone.
OLDEST = timedelta(days=30)
_SINCE = bindparam("access_since", type_=Id)


def _count(what, most):
    return select(func.count()).select_from(what.limit(most).subquery()).scalar_subquery()


def access_requests(most: int):
    """To be answered by the case manager or a line manager. The few requests come first and ask for their case: a join
    might go through all cases of the agency instead."""
    mine = exists().where(Case.id == AccessRequest.case_id, Case.closed_at.is_(None), ANSWERS)
    return _count(
        select(AccessRequest.id).where(
            AccessRequest.id >= _SINCE,
            AccessRequest.decided_at.is_(None),
            AccessRequest.lapses_on >= scopes.TODAY,
            mine.correlate(AccessRequest),
        ),
        most,
    )


def subject_requests(most: int):
    """To be answered by line managers and privacy officers of the agency that leads."""
    return _count(
        select(SubjectRequest.id).where(SubjectRequest.ended_at.is_(None), rights.ANSWERS_REQUEST), most
    )


def findings(most: int):
    """Unusual reading that no officer has closed."""
    return _count(
        select(ReadingFinding.id).where(ReadingFinding.closed_at.is_(None), privacy.SEES_FINDING), most
    )


def emergencies(most: int):
    """Openings in an emergency that an officer has to review."""
    return _count(
        select(EmergencyAccess.id).where(EmergencyAccess.reviewed_at.is_(None), emergency.REVIEWS), most
    )


def binds(viewer: Viewer, now: datetime) -> dict:
    """The values behind them, beyond those of scopes; `now` is a moment in UTC."""
    return {
        **privacy.binds(viewer),
        "access_since": ids.at_least(now - OLDEST),
        "rights_officer": viewer.has(privacy.OFFICER),
    }
