"""Rights of the person: who may know that somebody asked for what is kept of them, who looks it through, who decides how
long a record is kept (X-5, X-9).

A request is answered by the agency that leads the person's case: its line managers who see the case, and its privacy
officers. Whoever wrote it down follows it as long as they see the person, but never what was gathered for it. An agency that
led the case before, until another took over, answers for what stayed with it (policy.former_leads): its line managers and
privacy officers read that, where the person asked for it, and nothing else of them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Boolean, and_, bindparam, exists, or_, select

from caseapp import clock
from caseapp.extensions import read
from caseapp.models import Case, Person, RetentionReview, SubjectItem, SubjectRequest
from caseapp.models.base import Id
from caseapp.policy import former_leads, scopes
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    OPEN_ACCESS,
    AccessStage,
    ItemDecision,
    RetentionDecision,
    RetentionRule,
    Role,
)

#: Who reads the lists of requests and of what has been kept long enough.
ANSWERS = Role.LINE_MANAGER | Role.PRIVACY_OFFICER

_OFFICER = bindparam("rights_officer", type_=Boolean())


def binds(viewer: Viewer) -> dict:
    """The values behind the predicates of this module."""
    return scopes.binds(viewer) | {"rights_officer": viewer.has(Role.PRIVACY_OFFICER)}


def _knows(person_id):
    """The viewer sees a case of this person, or the person."""
    return or_(
        exists().where(Case.person_id == person_id, scopes.SEES_CASE).correlate_except(Case),
        exists().where(Person.id == person_id, scopes.SEES_PERSON).correlate_except(Person),
    )


def _answers(table):
    """The privacy officers of the agency that answers, and its line managers who see the person's case."""
    return and_(
        table.agency_id == scopes.VIEWER_AGENCY,
        or_(
            _OFFICER,
            and_(scopes.VIEWER_PRACTISES, scopes.VIEWER_MANAGES, _led(table)),
            _registered_only(table),
        ),
    )


def _led(table):
    return (
        exists()
        .where(Case.person_id == table.person_id, Case.lead_agency_id == table.agency_id, scopes.SEES_ALL)
        .correlate_except(Case)
    )


def _registered_only(table):
    """Somebody whom the agency registered and for whom no case was ever opened."""
    return and_(
        scopes.VIEWER_MANAGES,
        exists().where(Person.id == table.person_id, scopes.SEES_PERSON_PAGE).correlate_except(Person),
    )


#: The viewer's agency answers for what stayed with it when it handed the person's case over.
_HANDED_OVER = and_(
    SubjectRequest.agency_id == scopes.VIEWER_AGENCY,
    scopes.VIEWER_PRACTISES,
    scopes.not_denied(SubjectRequest.person_id),
    exists()
    .where(Case.person_id == SubjectRequest.person_id, former_leads.LED_BEFORE)
    .correlate_except(Case),
)
#: Select from SubjectRequest.
ANSWERS_REQUEST = or_(_answers(SubjectRequest), and_(scopes.VIEWER_MANAGES, _HANDED_OVER))
SEES_SUBJECT_REQUEST = or_(
    ANSWERS_REQUEST,
    and_(
        scopes.VIEWER_PRACTISES,
        SubjectRequest.recorded_by_id == scopes.VIEWER_USER,
        or_(_knows(SubjectRequest.person_id), _HANDED_OVER),
    ),
)
#: Select from RetentionReview. What stayed with an agency that handed the case over is for its line managers too.
SEES_RETENTION = or_(
    _answers(RetentionReview),
    and_(
        RetentionReview.agency_id == scopes.VIEWER_AGENCY,
        scopes.VIEWER_PRACTISES,
        scopes.VIEWER_MANAGES,
        scopes.not_denied(RetentionReview.person_id),
        exists()
        .where(Case.person_id == RetentionReview.person_id, former_leads.LED_BEFORE)
        .correlate_except(Case),
    ),
)
#: Select from SubjectItem, joined to SubjectRequest. The worker whom an item is about does not read it.
SEES_SUBJECT_ITEM = and_(
    ANSWERS_REQUEST, or_(SubjectItem.not_for_id.is_(None), SubjectItem.not_for_id != scopes.VIEWER_USER)
)


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """A request that the viewer may know of. `answers`: they are of those who look it through."""

    id: int
    version: int
    agency_id: int
    person_id: int
    name: str
    stage: AccessStage
    answers: bool

    @property
    def open(self) -> bool:
        return self.stage in OPEN_ACCESS


@dataclass(frozen=True, slots=True)
class ItemFile:
    """One thing that was gathered for a request that the viewer looks through."""

    id: int
    version: int
    request: SubjectFile
    decision: ItemDecision


@dataclass(frozen=True, slots=True)
class RetentionFile:
    """What an agency has kept of one person long enough."""

    id: int
    version: int
    agency_id: int
    person_id: int
    rule: RetentionRule
    due_on: date
    decision: RetentionDecision


_ACCESS = (
    SubjectRequest.id,
    SubjectRequest.version,
    SubjectRequest.agency_id,
    SubjectRequest.person_id,
    SubjectRequest.asked_as,
    SubjectRequest.stage,
    ANSWERS_REQUEST.label("answers"),
)
_ONE = select(*_ACCESS).where(SubjectRequest.id == bindparam("request_id", type_=Id), SEES_SUBJECT_REQUEST)
_ITEM = (
    select(SubjectItem.id, SubjectItem.version, SubjectItem.decision, *_ACCESS)
    .join(SubjectRequest, SubjectRequest.id == SubjectItem.request_id)
    .where(SubjectItem.id == bindparam("item_id", type_=Id), SEES_SUBJECT_ITEM)
)
_RETENTION = select(
    RetentionReview.id,
    RetentionReview.version,
    RetentionReview.agency_id,
    RetentionReview.person_id,
    RetentionReview.rule,
    RetentionReview.due_on,
    RetentionReview.decision,
).where(RetentionReview.id == bindparam("review_id", type_=Id), SEES_RETENTION)


def find_subject_request(viewer: Viewer, request_id: int) -> SubjectFile | None:
    """The request, or None where the viewer may not know that there is one."""
    row = read(_ONE, binds(viewer) | {"request_id": request_id}).first()
    return row and SubjectFile(*row[:6], bool(row[6]))


def find_subject_item(viewer: Viewer, item_id: int) -> ItemFile | None:
    """One thing that was gathered, or None."""
    row = read(_ITEM, binds(viewer) | {"item_id": item_id}).first()
    return row and ItemFile(row[0], row[1], SubjectFile(*row[3:9], bool(row[9])), row[2])


def find_retention_review(viewer: Viewer, review_id: int) -> RetentionFile | None:
    """What has been kept long enough, or None."""
    row = read(_RETENTION, binds(viewer) | {"review_id": review_id}).first()
    return row and RetentionFile(*row)


def _answers_open(viewer, request):
    return request.answers and request.open


ON_SUBJECT_REQUEST = {
    Do.VIEW_SUBJECT_REQUEST: lambda viewer, request: True,
    #: what was gathered, and the pack
    Do.REVIEW_SUBJECT_REQUEST: lambda viewer, request: request.answers,
    Do.DECIDE_SUBJECT_REQUEST: _answers_open,
    Do.TAKE_SUBJECT_PACK: lambda viewer, request: (
        request.answers and request.stage in (AccessStage.MADE, AccessStage.ANSWERED)
    ),
    #: identity and what the person says next, which whoever wrote it down may bring too
    Do.SPEAK_FOR_SUBJECT: lambda viewer, request: request.open,
}
ON_SUBJECT_ITEM = {
    Do.DECIDE_SUBJECT_ITEM: lambda viewer, item: (
        item.request.answers and item.request.stage in (AccessStage.RECEIVED, AccessStage.REVIEW)
    ),
}


def _decides(viewer, review):
    """A line manager decides; a privacy officer reads along and may put a hold on it."""
    return viewer.practises and viewer.manages


ON_RETENTION = {
    Do.VIEW_RETENTION: lambda viewer, review: True,
    Do.DECIDE_RETENTION: lambda viewer, review: (
        _decides(viewer, review)
        and review.due_on <= clock.today()
        and review.decision in (RetentionDecision.WAITING, RetentionDecision.DISPOSE, RetentionDecision.KEEP)
    ),
    Do.HOLD_RETENTION: lambda viewer, review: review.decision is not RetentionDecision.DISPOSED,
}
