"""What the person says about the record: added beside it, never put in place of it (X-12, GDPR art. 16).

Whoever reads a thing reads what the person says about it; what is said about the record as a whole or about themself is
for those who hold the plan. Nobody else learns that anything was said."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from caseapp import dates, ids
from caseapp.extensions import db, read
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseNote,
    Correction,
    Goal,
    Meeting,
    Minutes,
    MinutesCopy,
    Need,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import need_domains
from caseapp.vocabulary import CorrectionOf

_CASE = bindparam("case_id", type_=Id)
_Answerer = aliased(User)


def _thing(table, *more):
    return select(table.id).where(table.id == Correction.about_id, *more).correlate(Correction).exists()


_NOTE = (
    select(CaseNote.id)
    .join(Case, Case.id == CaseNote.case_id)
    .where(CaseNote.id == Correction.about_id, scopes.SEES_NOTE)
    .correlate(Correction)
    .exists()
)
_ACTION = (
    select(Action.id)
    .join(Goal, Goal.id == Action.goal_id)
    .where(Action.id == Correction.about_id, scopes.SEES_ACTION_HERE)
    .correlate(Correction)
    .exists()
)
_MINUTES = (
    select(MinutesCopy.id)
    .where(
        MinutesCopy.minutes_id == Correction.about_id,
        MinutesCopy.agency_id == scopes.VIEWER_AGENCY,
        MinutesCopy.grant_id == scopes.CASE_GRANT,
    )
    .correlate(Correction)
    .exists()
)
#: Select from Correction of the one case; executed with `case.binds(viewer)`.
SEES_CORRECTION = or_(
    and_(scopes.ALL_HERE, Correction.about != CorrectionOf.NOTE),  # not all notes are this lead agency's
    and_(Correction.about == CorrectionOf.PLAN, scopes.WHOLE_PLAN_HERE),
    and_(Correction.about == CorrectionOf.GOAL, _thing(Goal, scopes.SEES_GOAL_HERE)),
    and_(Correction.about == CorrectionOf.ACTION, _ACTION),
    and_(Correction.about == CorrectionOf.NOTE, _NOTE),
    and_(Correction.about == CorrectionOf.MINUTES, _MINUTES),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the person said about one thing, and what was answered."""

    id: int
    version: int
    about: CorrectionOf
    about_id: int | None
    title: str
    words: str
    said_on: date
    recorded_at: datetime
    recorded_by: str
    agency: str
    answer: str
    answered_at: datetime | None
    answered_by: str | None
    person_told_on: date | None


_SAID = (
    select(
        Correction.id,
        Correction.version,
        Correction.about,
        Correction.about_id,
        Correction.title,
        Correction.words,
        Correction.said_on,
        Correction.recorded_at,
        User.name.label("recorded_by"),
        Agency.name.label("agency"),
        Correction.answer,
        Correction.answered_at,
        _Answerer.name.label("answered_by"),
        Correction.person_told_on,
    )
    .join(User, User.id == Correction.recorded_by_id)
    .join(Agency, Agency.id == Correction.agency_id)
    .outerjoin(_Answerer, _Answerer.id == Correction.answered_by_id)
    .where(Correction.case_id == _CASE, SEES_CORRECTION)
    .order_by(Correction.said_on.desc(), Correction.id.desc())
)


def said(case: CaseFile, *, viewer: Viewer) -> list[Said]:
    """What the person says about the things of this case that the viewer reads, newest first."""
    return [Said(*row) for row in read(_SAID, case.binds(viewer))]


_OF_MINUTES = (
    select(*_SAID.selected_columns)
    .select_from(Correction)
    .join(User, User.id == Correction.recorded_by_id)
    .join(Agency, Agency.id == Correction.agency_id)
    .outerjoin(_Answerer, _Answerer.id == Correction.answered_by_id)
    .join(Minutes, and_(Minutes.id == Correction.about_id, Correction.about == CorrectionOf.MINUTES))
    .where(Minutes.meeting_id == bindparam("meeting_id", type_=Id))
    .order_by(Correction.said_on.desc(), Correction.id.desc())
)


def of_minutes(meeting: MeetingFile) -> list[Said]:
    """What the person says about the minutes of a meeting that the viewer reads (policy.meetings)."""
    return [Said(*row) for row in read(_OF_MINUTES, {"meeting_id": meeting.id})]


def key(about: CorrectionOf, about_id: int | None = None) -> str:
    """How a form names a thing: "note-7h3…"."""
    return about.value if about_id is None else f"{about.value}-{ids.written(about_id)}"


def choices(case: CaseFile, *, viewer: Viewer) -> dict[str, tuple[CorrectionOf, int | None, str]]:
    """The things of this case that the viewer reads and the person may say something about: {key: (kind, id, title)}."""
    found: list[tuple[CorrectionOf, int | None, str]] = []
    if case.sees_all:
        found.append((CorrectionOf.RECORD, None, "The record as a whole"))
        found.append((CorrectionOf.PERSON, None, "Name, contact, family: what is kept of the person"))
    if case.sees_whole_plan:
        found.append((CorrectionOf.PLAN, None, "The plan as a whole"))
    binds = case.binds(viewer)
    for row in db.session.execute(
        select(Goal.id, Goal.words, Goal.number)
        .where(Goal.case_id == _CASE, scopes.SEES_GOAL_HERE)
        .order_by(Goal.number),
        binds,
    ):
        found.append((CorrectionOf.GOAL, row.id, f"Goal: {row.words or row.number}"))
    for row in db.session.execute(
        select(Action.id, Action.what)
        .join(Goal, Goal.id == Action.goal_id)
        .where(Action.case_id == _CASE, scopes.SEES_ACTION_HERE)
        .order_by(Goal.number, Action.id),
        binds,
    ):
        found.append((CorrectionOf.ACTION, row.id, f"Action: {row.what}"))
    if case.sees_all:
        domains = need_domains.labels()
        for row in db.session.execute(
            select(Need.id, Need.domain).where(Need.case_id == _CASE).order_by(Need.priority, Need.id), binds
        ):
            found.append((CorrectionOf.NEED, row.id, f"Need: {domains.get(row.domain, row.domain)}"))
    for row in db.session.execute(
        select(CaseNote.id, CaseNote.kind, CaseNote.happened_at)
        .join(Case, Case.id == CaseNote.case_id)
        .where(CaseNote.case_id == _CASE, scopes.SEES_NOTE)
        .order_by(CaseNote.happened_at.desc(), CaseNote.id.desc()),
        binds,
    ):
        found.append(
            (CorrectionOf.NOTE, row.id, f"Note, {row.kind.label.lower()}, {dates.moment(row.happened_at)}")
        )
    minutes = (
        select(Minutes.id, Meeting.starts_at)
        .join(Meeting, Meeting.id == Minutes.meeting_id)
        .where(
            Minutes.case_id == _CASE,
            or_(
                scopes.ALL_HERE,
                select(MinutesCopy.id)
                .where(
                    MinutesCopy.minutes_id == Minutes.id,
                    MinutesCopy.agency_id == scopes.VIEWER_AGENCY,
                    MinutesCopy.grant_id == scopes.CASE_GRANT,
                )
                .correlate(Minutes)
                .exists(),
            ),
        )
        .order_by(Minutes.id.desc())
    )
    for row in db.session.execute(minutes, binds):
        found.append((CorrectionOf.MINUTES, row.id, f"Minutes of {dates.day_of(row.starts_at)}"))
    return {key(about, about_id): (about, about_id, title[:300]) for about, about_id, title in found}
