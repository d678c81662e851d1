"""The few numbers that stand beside the navigation on every page: one small statement."""

from dataclasses import dataclass
from datetime import date
from itertools import product

from sqlalchemy import bindparam, exists, func, literal, select

from caseapp import clock
from caseapp.extensions import db, read
from caseapp.models import (
    Action,
    Case,
    CaseAssignment,
    Chapter,
    ChapterVersion,
    Escalation,
    Goal,
    Handbook,
    Notification,
    ReadingStanding,
)
from caseapp.models.base import Id
from caseapp.models.plan import IS_ASKED
from caseapp.models.reading import ASKED
from caseapp.policy import chapters, scopes
from caseapp.policy.news import NEWS_NOT_DENIED
from caseapp.policy.privacy import OFFICER
from caseapp.policy.rights import ANSWERS
from caseapp.policy.viewer import Viewer
from caseapp.queries import waiting_doors
from caseapp.queries.meeting_waiting import TO_ANSWER_COUNT
from caseapp.queries.transfers import WAITING_COUNT

#: Counting stops here: "30+" then, and every page costs the same in a large agency.
AT_MOST = 30


@dataclass(frozen=True, slots=True)
class Counts:
    unread: int
    to_answer: int
    #: Whether the viewer is case manager or key worker of any case.
    caseload: bool
    #: The handbook's stamp, None without one; what the viewer confirmed of the chapter asked about; chapters to read.
    stamp: int | None = None
    confirmed: int | None = None
    confirmed_on: date | None = None
    to_read: int = 0
    #: Invitations to meetings without an answer.
    meetings: int = 0
    #: Gaps and blocks that the viewer holds: they wait for an answer.
    gaps: int = 0
    #: Requests to be let into a case that the viewer answers for.
    access_requests: int = 0
    #: People who asked what is kept about them, for whoever answers them.
    subject_requests: int = 0
    #: Unusual reading, and openings in an emergency, for a privacy officer.
    findings: int = 0
    emergencies: int = 0
    #: Transfers of cases whose next step is the viewer’s.
    transfers: int = 0


_UNREAD = (
    select(func.count())
    .select_from(
        select(Notification.id)
        .where(
            Notification.user_id == scopes.VIEWER_USER,
            Notification.read_at.is_(None),
            NEWS_NOT_DENIED,
        )
        .limit(AT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
_TO_ANSWER = (
    select(func.count())
    .select_from(
        select(Action.id)
        .join(Goal, Goal.id == Action.goal_id)
        .join(Case, Case.id == Action.case_id)
        .where(
            IS_ASKED,
            Case.closed_at.is_(None),
            scopes.SEES_OWN_ACTION,
        )
        .limit(AT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
_CASELOAD = exists().where(CaseAssignment.user_id == scopes.VIEWER_USER, CaseAssignment.to_at.is_(None))
_STAMP = select(Handbook.stamp).where(Handbook.agency_id == scopes.VIEWER_AGENCY).scalar_subquery()


def _of_standing(column):
    return (
        select(column)
        .where(
            ReadingStanding.user_id == scopes.VIEWER_USER,
            ReadingStanding.chapter_id == bindparam("governing_chapter", type_=Id),
        )
        .scalar_subquery()
    )


_CONFIRMED = (_of_standing(ReadingStanding.confirmed_number), _of_standing(ReadingStanding.confirmed_on))
_TO_READ = (
    select(func.count())
    .select_from(
        select(ReadingStanding.chapter_id)
        .join(Chapter, Chapter.id == ReadingStanding.chapter_id)
        .join(ChapterVersion, ChapterVersion.chapter_id == ReadingStanding.chapter_id)
        .where(
            ReadingStanding.user_id == scopes.VIEWER_USER,
            ASKED,
            Chapter.withdrawn_on.is_(None),
            chapters.in_force(day=scopes.TODAY),
            ReadingStanding.confirmed_number < ChapterVersion.counts_from,
        )
        .limit(AT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
_GAPS = (
    select(func.count())
    .select_from(
        select(Escalation.id)
        .where(Escalation.holder_id == scopes.VIEWER_USER, scopes.case_not_denied(Escalation.case_id))
        .limit(AT_MOST)
        .subquery()
    )
    .scalar_subquery()
)
_READING = (_STAMP, *_CONFIRMED, _TO_READ)


def _numbers(practises, answers, officer):
    """The statement for a viewer of this kind: what cannot wait for them is not asked."""
    return select(
        _UNREAD,
        *((_TO_ANSWER, _CASELOAD) if practises else (literal(0), literal(False))),
        *_READING,
        TO_ANSWER_COUNT,
        _GAPS,
        waiting_doors.access_requests(AT_MOST) if practises else literal(0),
        waiting_doors.subject_requests(AT_MOST) if answers else literal(0),
        waiting_doors.findings(AT_MOST) if officer else literal(0),
        waiting_doors.emergencies(AT_MOST) if officer else literal(0),
        WAITING_COUNT if practises else literal(0),
    )


_NUMBERS = {kind: _numbers(*kind) for kind in product((False, True), repeat=3)}


def counts(*, viewer: Viewer, chapter_id: int = 0) -> Counts:
    """Unread notifications of the viewer, and actions that the viewer's agency is asked to accept or decline; chapters
    to read, and what the viewer confirmed of the chapter that governs the page (queries.governing); what waits at the
    doors of records."""
    now = clock.now()
    binds = {
        **scopes.binds(viewer),
        **waiting_doors.binds(viewer, now),
        "governing_chapter": chapter_id,
        "now": now,
    }
    kind = viewer.practises, viewer.has(ANSWERS), viewer.has(OFFICER)
    return Counts(*read(_NUMBERS[kind], binds).one())


def has_caseload(*, viewer: Viewer) -> bool:
    """Whether the viewer is case manager or key worker of any case."""
    return bool(db.session.scalar(select(_CASELOAD), scopes.binds(viewer)))
