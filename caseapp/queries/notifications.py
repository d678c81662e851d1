"""News: what a user should know, in words that the user may read now.

A notification holds no words about anyone. They are joined in through the viewer's own sight at the time of reading, so
whoever has lost sight of a case since reads its plain sentence, or that there is nothing left to see.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from caseapp import clock, dates
from caseapp.extensions import db
from caseapp.models import Action, Case, Event, Goal, Notification, Person, User
from caseapp.policy import scopes
from caseapp.policy.news import NEWS_NOT_DENIED
from caseapp.policy.viewer import Viewer
from caseapp.queries import escalations, meetings
from caseapp.queries.our_changes import old_and_new

PER_PAGE = 40
AT_MOST = 2000

#: What a notice says by its kind, where no event says it better (reminders), or the event may not be read.
WORDS = {
    "action_due": "An action is due soon",
    "action_late": "An action is past its day",
    "action_unanswered": "An action waits for a yes or no",
    "review_due": "A review of the plan is due soon",
    "review_late": "The review of the plan is past its day",
    "consent_ending": "A consent ends soon",
    "consent_ended": "A consent has ended",
    "issue_late": "An issue on the plan has waited too long for an answer",
    "meeting_unanswered": "An invitation to a meeting waits for your answer, and the day is near",
    "meeting_permission_waits": "A worker waits for your permission to go to a meeting, and the day is near",
    "meeting_report_missing": "Your report for a meeting is still to come",
    "meeting_soon": "You have a meeting on the next working day",
    "meeting_decisions_due": "The decisions of a meeting are to be sent",
    "meeting_decisions_late": "The decisions of a meeting are late",
    "meeting_minutes_due": "The minutes of a meeting are to be issued",
    "meeting_minutes_late": "The minutes of a meeting are late",
    "involvement_ended": "Your involvement in a plan has ended",
}
#: Where notices about reading lead.
PLACES = {
    "chapter_again": ("procedures.my_reading", "To my reading"),
    "chapter_answer": ("procedures.my_reading", "To my reading"),
    "chapter_feedback": ("procedures.feedback", "To what readers say"),
    "reading_asked": ("procedures.my_reading", "To my reading"),
    "reading_due": ("procedures.my_reading", "To my reading"),
    "reading_late": ("procedures.my_reading", "To my reading"),
    "reading_rises": ("reading.index", "To Reading"),
    "subject_request": ("rights.requests", "To Requests"),
    "subject_request_due": ("rights.requests", "To Requests"),
    "subject_request_late": ("rights.requests", "To Requests"),
    "retention": ("rights.retention", "To Retention"),
    "privacy_finding": ("privacy.findings", "To unusual reading"),
    "transfer": ("transfers.index", "To transfers"),
    "disclosure": ("restricted.disclosures", "To Disclosures"),
    "disclosure_again": ("restricted.disclosures", "To Disclosures"),
    "disclosure_again_late": ("restricted.disclosures", "To Disclosures"),
    "access_request": ("doors.index", "To Requests for access"),
}
GONE = "Something changed in a plan that you no longer see."
SOMETHING = "Something changed in the plan"

_Actor = aliased(User, name="news_actor")
_EventCase = Event.case_id == Case.id
_NEWS = (
    select(
        Notification.id,
        Notification.at,
        Notification.kind,
        Notification.plain,
        Notification.read_at,
        Notification.case_id,
        Notification.meeting_id,
        Case.id.label("seen_case"),
        Case.reference,
        Person.given_name,
        Person.family_name,
        Event.id.label("seen_event"),
        Event.summary,
        Event.change,
        _Actor.name.label("who"),
        Action.id.label("seen_action"),
        Action.what,
        Action.due_on,
    )
    .select_from(Notification)
    .outerjoin(Case, and_(Case.id == Notification.case_id, scopes.SEES_CASE))
    .outerjoin(Person, Person.id == Case.person_id)
    .outerjoin(Event, and_(Event.id == Notification.event_id, _EventCase, scopes.SEES_EVENT))
    .outerjoin(_Actor, _Actor.id == Event.actor_id)
    .outerjoin(
        Goal,
        Goal.id
        == select(Action.goal_id)
        .where(Action.id == Notification.action_id)
        .correlate(Notification)
        .scalar_subquery(),
    )
    .outerjoin(
        Action,
        and_(
            Action.id == Notification.action_id,
            Action.case_id == Case.id,
            Action.goal_id == Goal.id,
            scopes.SEES_ACTION,
        ),
    )
    .where(Notification.user_id == scopes.VIEWER_USER)
    .order_by(Notification.at.desc(), Notification.id.desc())
)
#: the page is chosen first, by the index; only then is its sight worked out
_PAGE = (
    select(Notification.id)
    .where(Notification.user_id == scopes.VIEWER_USER, NEWS_NOT_DENIED)
    .order_by(Notification.at.desc(), Notification.id.desc())
)


@dataclass(frozen=True, slots=True)
class News:
    """One notice, in words."""

    id: int
    at: datetime
    hour: str
    text: str
    #: (what, old, new)
    changes: tuple[tuple[str, str, str], ...]
    who: str
    unread: bool
    #: None where the viewer sees no case behind it
    case_id: int | None
    reference: str | None
    #: The meeting behind it, where the viewer may see it now.
    meeting_id: int | None = None
    #: the gap or block that it leads to, where the viewer may read it
    escalation_id: int | None = None
    #: The page where somebody goes on, for what is about no plan: an endpoint and the words of its link.
    place: tuple[str, str] | None = None


@dataclass(slots=True)
class Group:
    """The news of one day about one person, or about nobody in particular (person is empty)."""

    day: date
    person: str
    reference: str | None
    notices: list[News]

    @property
    def unread(self) -> int:
        return sum(one.unread for one in self.notices)


def total(*, viewer: Viewer, unread_only: bool = False) -> int:
    """How many notices there are; counting stops at AT_MOST."""
    inner = select(Notification.id).where(Notification.user_id == scopes.VIEWER_USER, NEWS_NOT_DENIED)
    if unread_only:
        inner = inner.where(Notification.read_at.is_(None))
    statement = select(func.count()).select_from(inner.limit(AT_MOST).subquery())
    return db.session.scalar(statement, scopes.binds(viewer))


def groups(
    *, viewer: Viewer, offset: int = 0, limit: int = PER_PAGE, unread_only: bool = False
) -> list[Group]:
    """Notices, newest first, those of one day about one case together."""
    chosen = _PAGE.where(Notification.read_at.is_(None)) if unread_only else _PAGE
    shown = aliased(chosen.offset(offset).limit(limit).subquery())
    statement = _NEWS.where(Notification.id.in_(select(shown.c.id)))
    found: dict[tuple, Group] = {}
    rows = db.session.execute(statement, scopes.binds(viewer)).all()
    gaps = escalations.of_notices([row.id for row in rows if row.kind == "gap"], viewer=viewer)
    seen = meetings.seen({row.meeting_id for row in rows if row.meeting_id}, viewer=viewer)
    for row in rows:
        day = clock.local_day(row.at)
        person = f"{row.given_name} {row.family_name}".strip() if row.seen_case else ""
        group = found.setdefault((day, row.seen_case), Group(day, person, row.reference, []))
        group.notices.append(_news(row, row.meeting_id if row.meeting_id in seen else None, gaps.get(row.id)))
    return list(found.values())


def newest(*, viewer: Viewer) -> datetime | None:
    """When the newest notice came: "mark all as read" reaches as far as this and not to what comes after."""
    return db.session.scalar(select(func.max(Notification.at)).where(Notification.user_id == viewer.user_id))


def _news(row, meeting_id=None, escalation_id=None) -> News:
    changes = old_and_new(row.change) if row.seen_event else ()
    if row.seen_event:
        text = row.summary
    elif row.seen_action:
        text = f"{WORDS.get(row.kind, SOMETHING)}: {row.what}"
        if row.due_on:
            text += f" (by {dates.day(row.due_on)})"
    elif row.plain:
        text = row.plain
    elif row.seen_case:
        text = WORDS.get(row.kind, SOMETHING)
    else:
        text = GONE
    return News(
        row.id,
        row.at,
        dates.hour(row.at),
        text,
        changes,
        row.who or "" if row.seen_event else "",
        row.read_at is None,
        row.seen_case,
        row.reference if row.seen_case else None,
        meeting_id,
        escalation_id,
        PLACES.get(row.kind),
    )
