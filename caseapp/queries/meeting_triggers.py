"""Which of the five reasons for a case meeting hold on a case now (S2-35), and, for unmet needs, what was tried one to
one already (S2-36). One statement; what it finds is a hint, the case manager ticks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, distinct, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from caseapp import clock, dates, protocols
from caseapp.extensions import read
from caseapp.models import (
    Action,
    Case,
    CaseAgency,
    CaseNote,
    Goal,
    LeadClaim,
    Meeting,
    Need,
    PlanAgreement,
    PlanIssue,
    Transfer,
    User,
)
from caseapp.models.base import UTC, Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import case_manager
from caseapp.vocabulary import (
    COMING_MEETINGS,
    OPEN_ACTIONS,
    ActionStatus,
    CaseStatus,
    GoalStatus,
    MeetingKind,
    MeetingStatus,
    MeetingTrigger,
    NeedLevel,
    NoteKind,
    TransferReason,
)

CASE_ID = bindparam("case_id", type_=Id)
_LONG_ASKED = bindparam("long_asked", type_=UTC)
#: An action that an agency was asked for and has not answered after so many calendar days is an open question.
SILENT_AFTER = timedelta(days=7)
#: So many other agencies with something to do, and so many open questions between them, make one meeting quicker.
SEVERAL, QUESTIONS = 3, 3


@dataclass(frozen=True, slots=True)
class Noticed:
    """A reason that holds now, in a sentence without anybody's own words."""

    trigger: MeetingTrigger
    say: str


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """The meeting that comes next, for a line on the plan's page."""

    id: int
    kind: MeetingKind
    starts_at: datetime | None
    status_words: str

    @property
    def when(self) -> str:
        return dates.moment(self.starts_at) if self.starts_at else "No day yet"


@dataclass(frozen=True, slots=True)
class Calling:
    """What a case's page says about meetings: the reasons that hold, and the meeting that is coming already."""

    noticed: tuple[Noticed, ...]
    next: NextMeeting | None = None

    @property
    def needed(self) -> bool:
        """A meeting is mandatory and none is on its way."""
        return bool(self.noticed) and self.next is None


def _count(model, *which):
    return select(func.count()).where(model.case_id == CASE_ID, *which).scalar_subquery()


_LIVE_GOAL = exists().where(
    Goal.case_id == Need.case_id,
    Goal.domain == Need.domain,
    Goal.status.in_([GoalStatus.PROPOSED, GoalStatus.ACTIVE, GoalStatus.ON_HOLD]),
    exists().where(
        Action.case_id == Goal.case_id,
        Action.goal_id == Goal.id,
        Action.status.in_(sorted(OPEN_ACTIONS)),
    ),
)
_MET = exists().where(
    Goal.case_id == Need.case_id, Goal.domain == Need.domain, Goal.status == GoalStatus.COMPLETED
)
UNMET = and_(Need.level.in_([NeedLevel.MEDIUM, NeedLevel.HIGH]), Need.wants_help, ~_LIVE_GOAL, ~_MET)
_Next = aliased(Meeting, name="calling_next")
#: What the case's actions say, in one look at them: how many nobody has taken on, how many are stuck (blocked, or long
#: without an answer), how many agencies beside the lead have something to do.
_ACTIONS = (
    select(
        func.count().filter(Action.status == ActionStatus.DECLINED).label("declined"),
        func.count()
        .filter(
            or_(
                Action.status == ActionStatus.BLOCKED,
                and_(Action.status == ActionStatus.REQUESTED, Action.asked_at < _LONG_ASKED),
            )
        )
        .label("stuck"),
        func.count(distinct(Action.owner_agency_id))
        .filter(Action.owner_agency_id != Case.lead_agency_id, Action.status.in_(sorted(OPEN_ACTIONS)))
        .label("acting"),
    )
    .join(Case, Case.id == Action.case_id)
    .where(Action.case_id == CASE_ID)
    .subquery("calling_actions")
)

_ALL = (
    select(
        Case.status,
        exists()
        .where(
            case_manager.of_case(),
        )
        .label("managed"),
        select(func.count(distinct(LeadClaim.agency_id)))
        .join(Meeting, Meeting.id == LeadClaim.meeting_id)
        .where(
            Meeting.case_id == CASE_ID,
            Meeting.status.in_([MeetingStatus.CANCELLED, MeetingStatus.NOT_CONVENED]),
        )
        .scalar_subquery()
        .label("claims"),
        _count(CaseAgency, CaseAgency.ended_at.is_(None)).label("agencies"),
        _count(Need, UNMET).label("unmet"),
        _ACTIONS.c.declined,
        _ACTIONS.c.stuck,
        _ACTIONS.c.acting,
        _count(PlanIssue, PlanIssue.answered_at.is_(None)).label("issues"),
        select(func.count())
        .where(
            PlanAgreement.case_id == CASE_ID,
            PlanAgreement.agreed.is_(False),
            PlanAgreement.agency_id.is_not(None),
            PlanAgreement.number
            == select(func.max(PlanAgreement.number))
            .where(PlanAgreement.case_id == CASE_ID)
            .scalar_subquery(),
        )
        .scalar_subquery()
        .label("disagree"),
        exists()
        .where(
            Transfer.case_id == CASE_ID,
            Transfer.ended_at.is_(None),
            Transfer.reason == TransferReason.EXCLUDED,
        )
        .label("excluded"),
        _Next.id.label("next_id"),
        _Next.kind.label("next_kind"),
        _Next.starts_at.label("next_at"),
        _Next.status.label("next_status"),
    )
    .select_from(Case)
    .join(_ACTIONS, true())
    .outerjoin(
        _Next,
        _Next.id
        == select(Meeting.id)
        .where(
            Meeting.case_id == CASE_ID,
            Meeting.kind != MeetingKind.CONFERENCE,
            Meeting.status.in_(sorted(COMING_MEETINGS | {MeetingStatus.HELD, MeetingStatus.MINUTES_DRAFT})),
        )
        .order_by(Meeting.starts_at.is_(None), Meeting.starts_at, Meeting.id)
        .limit(1)
        .scalar_subquery(),
    )
    .where(Case.id == CASE_ID)
)


def calling(case: CaseFile, *, viewer: Viewer) -> Calling:
    """Which reasons hold now; only for those who hold the plan of an open case."""
    if not case.sees_all or case.closed:
        return Calling(())
    row = read(_ALL, {"case_id": case.id, "long_asked": clock.now() - SILENT_AFTER}).first()
    if row is None:
        return Calling(())
    found = []

    def notice(trigger, say):
        found.append(Noticed(trigger, say))

    if row.claims > 1:
        notice(MeetingTrigger.NO_LEAD, f"{row.claims} agencies claimed the lead, and no meeting settled it")
    elif not row.managed and row.agencies > 1 and row.status is CaseStatus.CASE_MANAGED:
        notice(MeetingTrigger.NO_LEAD, f"Nobody is case manager, and {row.agencies} agencies are involved")
    if row.unmet:
        needs, them = ("One need is", "it") if row.unmet == 1 else (f"{row.unmet} needs are", "them")
        notice(
            MeetingTrigger.UNMET_NEEDS, f"{needs} medium or high with nothing in the plan that meets {them}"
        )
    unclear = [
        words
        for count, words in (
            (row.disagree, "an agency does not agree to its part"),
            (row.declined, "an action was declined and nobody has taken it on"),
        )
        if count
    ]
    if unclear:
        notice(MeetingTrigger.UNCLEAR, " and ".join(unclear).capitalize())
    questions = row.stuck + row.issues
    if row.acting >= SEVERAL and questions >= QUESTIONS:
        notice(
            MeetingTrigger.SEVERAL,
            f"{row.acting} agencies have something to do here, and {questions} questions between them are open",
        )
    if row.excluded:
        notice(MeetingTrigger.EXCLUDED, "The person is excluded from our service, and the transfer has begun")
    coming = row.next_id and NextMeeting(row.next_id, row.next_kind, row.next_at, row.next_status.label)
    return Calling(tuple(found), coming or None)


# --- trigger 2: what was tried one to one (S2-36) ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effort:
    """One thing that was tried: a note, or an action that an agency declined."""

    when: str
    what: str
    who: str


_TRIED = (NoteKind.LIAISON, NoteKind.ENQUIRY, NoteKind.ADVOCACY, NoteKind.CONTACT)
_NOTES = (
    select(CaseNote.happened_at, CaseNote.kind, CaseNote.sector, CaseNote.text, User.name)
    .join(User, User.id == CaseNote.author_id)
    .join(Case, Case.id == CaseNote.case_id)
    .where(CaseNote.case_id == CASE_ID, CaseNote.kind.in_(_TRIED), scopes.SEES_NOTE)
    .order_by(CaseNote.happened_at.desc(), CaseNote.id.desc())
    .limit(8)
)
_NEEDS = (
    select(Need.domain, Need.level).where(Need.case_id == CASE_ID, UNMET).order_by(Need.priority, Need.domain)
)
#: As much of a note as stands in a line.
SHORT = 160


def efforts(case: CaseFile, *, viewer: Viewer) -> list[Effort]:
    """What was tried one to one already, newest first; only for those who hold the plan."""
    if not case.sees_all:
        return []
    return [
        Effort(dates.day_of(row[0]), f"{row[1].label}: {_short(row[3])}", row[4])
        for row in read(_NOTES, {"case_id": case.id} | scopes.binds(viewer))
    ]


def unmet(case: CaseFile, *, viewer: Viewer) -> list[tuple[str, str]]:
    """The needs behind trigger 2: (part of life, how big)."""
    if not case.sees_all:
        return []
    protocol = protocols.get(case.protocol_key, case.protocol_version)
    return [(protocol.domain_label(row[0]), row[1].label) for row in read(_NEEDS, {"case_id": case.id})]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHORT else text[: SHORT - 1].rsplit(" ", 1)[0] + "…"
