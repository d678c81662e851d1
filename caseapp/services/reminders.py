"""The daily and hourly duties, run by `flask --app app reminders` from the machine's timer.

Every duty may run twice, or in two processes at once, and does its work once: reminders carry a `dedupe` key that the
database keeps unique, mail likewise, and on PostgreSQL one duty at a time holds an advisory lock (on SQLite the writing
transaction is that lock). Each run leaves a row in job_run, so that a silent stop is seen (queries.jobs).

Who is reminded is decided with the same consent that decides what they may read: nobody is told that something waits
in a plan that they do not see.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import and_, delete, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from caseapp import clock, working_days
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    CarePlan,
    Case,
    CaseAssignment,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    JobRun,
    Notification,
    PlanIssue,
    User,
)
from caseapp.policy import scopes
from caseapp.queries.agency_limits import Limits
from caseapp.services import (
    access_requests,
    consent_effects,
    digests,
    disclosures_again,
    disposals,
    dormant,
    emergency_news,
    imports,
    outbox,
    privacy_watch,
    quarter_figures,
    reading_reminders,
    retention,
    subject_requests,
    throttle,
)
from caseapp.services.agency_staff import PRACTISING
from caseapp.services.audit import checkpoints
from caseapp.services.escalations import duties as escalation_duties
from caseapp.services.meetings import reminders as meeting_reminders
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import UNDER_WAY, ActionStatus, AssignmentRole, ConsentKind, ConsentStatus

log = logging.getLogger(__name__)

#: Calendar days before its day on which an action is called to mind.
ACTION_SOON = 3
#: Working days after which an agency is reminded of what it was asked and has not answered.
UNANSWERED = 3
#: A reminder of something late comes again after this many calendar days.
AGAIN = 7
#: Runs of duties are remembered for so long.
KEPT = timedelta(days=90)
LOCK = 0x63617365  # any number that nothing else in this database locks

_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_TABLE = Notification.__table__


@dataclass(frozen=True, slots=True)
class Done:
    """One duty of one run, in words."""

    name: str
    outcome: str
    failed: bool = False


def run(
    *,
    now: Callable[[], datetime],
    server: outbox.Server,
    public_url: str,
    connect: Callable | None = None,
    checkpoint_every: timedelta = checkpoints.EVERY,
    checkpoint_lines: str = "",
) -> list[Done]:
    """Do everything that is due. A duty that fails is written down and does not keep the others from running."""
    done = [
        _duty("consents that end or begin", now, _consents),
        _duty("reviews", now, _reviews),
        _duty("actions", now, _actions),
        _duty("consents ending soon", now, _consents_ending),
        _duty("issues without an answer", now, _issues),
        _duty("gaps and blocks", now, lambda at: escalation_duties.run(at=at)),
        _duty("reading of procedures", now, lambda at: reading_reminders.remind(at, _told)),
        _duty("coverage of reading", now, reading_reminders.keep_coverage),
        _duty("meetings", now, lambda at: _told(meeting_reminders.due(at=at))),
        _duty("figures of the quarter", now, lambda at: f"{quarter_figures.keep(at=at)} kept"),
        _duty("caseload sheets left lying", now, lambda at: f"{imports.forget_old(at=at)} dropped"),
        _duty("requests for what is kept", now, lambda at: _told(subject_requests.due(at=at))),
        _duty("records kept long enough", now, lambda at: f"{retention.list_due(at=at)} put forward"),
        _duty("disposals", now, _disposals, own_transactions=True),
        _duty("accounts that nobody uses", now, lambda at: dormant.run(at=at)),
        _duty("unusual reading", now, lambda at: privacy_watch.run(at=at)),
        _duty("tries at secrets", now, lambda at: f"{throttle.forget_old(at=at)} forgotten"),
        _duty("emergency access without a review", now, lambda at: emergency_news.run(at=at)),
        _duty("requests for access", now, lambda at: _told(access_requests.run(at=at))),
        _duty("disclosures to look at again", now, lambda at: _told(disclosures_again.due(at=at))),
        _duty("digests", now, lambda at: f"{digests.write(at=at, public_url=public_url)} written"),
    ]
    done.append(
        _duty(
            "audit checkpoint",
            now,
            lambda at: checkpoints.make_due(at=at, every=checkpoint_every, lines_to=checkpoint_lines),
            own_transactions=True,
        )
    )
    with unit_of_work():
        db.session.execute(delete(JobRun).where(JobRun.started_at < now() - KEPT))
    done.append(
        _duty(
            "mail",
            now,
            lambda at: str(outbox.send_all(server, now=now, connect=connect)),
            own_transactions=True,
        )
    )
    return done


def _duty(name, now, act, own_transactions=False) -> Done:
    run_id, at = new_id(), now()
    with unit_of_work():
        db.session.add(JobRun(id=run_id, name=name, started_at=at, outcome=""))
    failed = False
    try:
        if own_transactions:
            outcome = act(at)
        else:
            with unit_of_work():
                _one_at_a_time()
                outcome = act(at)
    except Exception as error:
        db.session.rollback()
        without_words = RuntimeError(
            "details left out"
        )  # the text of an error may hold what is kept of a person
        log.error(
            "reminders, %s: %s",
            name,
            type(error).__name__,
            exc_info=(RuntimeError, without_words, error.__traceback__),
        )
        outcome, failed = f"failed: {type(error).__name__}", True
    with unit_of_work():
        db.session.execute(
            update(JobRun).where(JobRun.id == run_id).values(finished_at=now(), outcome=outcome[:300])
        )
    return Done(name, outcome, failed)


def _one_at_a_time():
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _told(rows: Iterable[dict]) -> str:
    """Leave reminders that are not there yet; says how many were new. Those that are there cost one look-up for each
    five hundred, so the timer may call every few minutes."""
    count, waiting = 0, iter(rows)
    insert = _INSERT[db.engine.dialect.name]
    while chunk := list(islice(waiting, 500)):
        keys = [row["dedupe"] for row in chunk]
        there = set(db.session.scalars(select(_TABLE.c.dedupe).where(_TABLE.c.dedupe.in_(keys))))
        new = [{"id": new_id(), "plain": "", **row} for row in chunk if row["dedupe"] not in there]
        if new:
            statement = insert(_TABLE).values(new)
            statement = statement.on_conflict_do_nothing(
                index_elements=["dedupe"], index_where=text("dedupe IS NOT NULL")
            )
            count += len(db.session.scalars(statement.returning(_TABLE.c.id)).all())
    return f"{count} told"


def _consents(at: datetime) -> str:
    ended, asked = consent_effects.mark_expired(at=at), consent_effects.begin_due(at=at)
    return f"{ended} ended, {asked} actions asked"


def _disposals(at: datetime) -> str:
    done, stopped = disposals.dispose_due(at=at)
    return f"{done} disposed of, {stopped} stopped"


# --- who ---------------------------------------------------------------------------------------------------------


class People:
    """Who works in an agency and on a case, each looked up once in a run."""

    def __init__(self):
        self._agencies: dict[int, list[int]] = {}
        self._cases: dict[int, list[int]] = {}

    def agency(self, agency_id: int) -> list[int]:
        if agency_id not in self._agencies:
            statement = select(User.id).where(User.agency_id == agency_id, PRACTISING)
            self._agencies[agency_id] = list(db.session.scalars(statement))
        return self._agencies[agency_id]

    def case(self, case_id: int, line_manager_id: int) -> list[int]:
        """The case manager; without one the key workers; without any the line manager. Only live accounts."""
        if case_id not in self._cases:
            held = db.session.execute(
                select(CaseAssignment.user_id, CaseAssignment.role)
                .join(User, User.id == CaseAssignment.user_id)
                .where(CaseAssignment.case_id == case_id, CaseAssignment.to_at.is_(None), PRACTISING)
            ).all()
            managers = [row.user_id for row in held if row.role is AssignmentRole.CASE_MANAGER]
            self._cases[case_id] = managers or sorted({row.user_id for row in held}) or [line_manager_id]
        return self._cases[case_id]


def _reminders(users: Iterable[int], kind: str, key: str, *, at, case_id, action_id=None) -> Iterable[dict]:
    for user_id in sorted(set(users)):
        yield {
            "user_id": user_id,
            "at": at,
            "kind": kind,
            "case_id": case_id,
            "action_id": action_id,
            "dedupe": f"{kind}:{key}:{user_id}",
        }


def _weeks_late(due: date, today: date) -> int:
    return (today - due).days // AGAIN


# --- duties ------------------------------------------------------------------------------------------------------


def _reviews(at: datetime) -> str:
    """Reviews that fall due within the lead agency's reminder time, to the case manager; late ones, also to the line
    manager and again each week (S3-17)."""
    today, limits, people = clock.local_day(at), Limits(), People()
    horizon = today + timedelta(days=limits.most("review_reminder_days"))
    rows = db.session.execute(
        select(Case.id, Case.lead_agency_id, Case.line_manager_id, CarePlan.next_review_on)
        .join(CarePlan, CarePlan.case_id == Case.id)
        .where(Case.closed_at.is_(None), CarePlan.next_review_on <= horizon)
    ).all()

    def reminders():
        for row in rows:
            due = row.next_review_on
            workers = people.case(row.id, row.line_manager_id)
            if due < today:
                key = f"{row.id}:{due}:{_weeks_late(due, today)}"
                yield from _reminders(
                    [*workers, row.line_manager_id], "review_late", key, at=at, case_id=row.id
                )
            elif (due - today).days <= limits.get(row.lead_agency_id, "review_reminder_days"):
                yield from _reminders(workers, "review_due", f"{row.id}:{due}", at=at, case_id=row.id)

    return _told(reminders())


_OWN_CASE = Case.lead_agency_id == Action.owner_agency_id


def _owner_sees(today: date):
    """The agency that owns the action sees it now: it leads the case, or has consent that does not leave this out."""
    granted = (
        select(ConsentGrant.id)
        .where(
            ConsentGrant.case_id == Case.id,
            ConsentGrant.agency_id == Action.owner_agency_id,
            scopes.in_force(ConsentGrant, today),
            ~select(ConsentWithheld.grant_id)
            .where(ConsentWithheld.grant_id == ConsentGrant.id, ConsentWithheld.domain == Goal.domain)
            .correlate(ConsentGrant, Goal)
            .exists(),
        )
        .correlate(Case, Action, Goal)
        .exists()
    )
    return or_(_OWN_CASE, granted)


def _actions(at: datetime) -> str:
    """To whoever holds an action: that its day is near, that it is past (again each week), that it waits for a yes or
    no. To the named worker, or to all workers of the agency where nobody is named (S4-15)."""
    today, limits, people = clock.local_day(at), Limits(), People()
    rows = db.session.execute(
        select(
            Action.id,
            Action.case_id,
            Action.status,
            Action.due_on,
            Action.asked_at,
            Action.owner_agency_id,
            Action.owner_user_id,
        )
        .join(Case, Case.id == Action.case_id)
        .join(Goal, Goal.id == Action.goal_id)
        .where(
            Case.closed_at.is_(None),
            Action.owner_agency_id.is_not(None),
            or_(
                and_(Action.status.in_(UNDER_WAY), Action.due_on <= today + timedelta(days=ACTION_SOON)),
                and_(
                    Action.status == ActionStatus.REQUESTED, Action.asked_at < at - timedelta(days=UNANSWERED)
                ),
            ),
            _owner_sees(today),
        )
    ).all()

    def reminders():
        for row in rows:
            staff = people.agency(row.owner_agency_id)
            holders = [row.owner_user_id] if row.owner_user_id in staff else staff
            about = {"at": at, "case_id": row.case_id, "action_id": row.id}
            if row.status is ActionStatus.REQUESTED:
                asked = clock.local_day(row.asked_at)
                calendar = limits.get(row.owner_agency_id, "working_day_calendar")
                if working_days.working_days_between(asked, today, calendar) >= UNANSWERED:
                    key = f"{row.id}:{asked}:{_weeks_late(asked, today)}"
                    yield from _reminders(holders, "action_unanswered", key, **about)
            elif row.due_on < today:
                key = f"{row.id}:{row.due_on}:{_weeks_late(row.due_on, today)}"
                yield from _reminders(holders, "action_late", key, **about)
            else:
                yield from _reminders(holders, "action_due", f"{row.id}:{row.due_on}", **about)

    return _told(reminders())


def _consents_ending(at: datetime) -> str:
    """Consents to share that end within the lead agency's warning time, to the case manager: in time to talk again."""
    today, limits, people = clock.local_day(at), Limits(), People()
    horizon = today + timedelta(days=limits.most("consent_warning_days"))
    rows = db.session.execute(
        select(ConsentGrant.id, ConsentGrant.expires_on, Case.id, Case.lead_agency_id, Case.line_manager_id)
        .join(Case, Case.id == ConsentGrant.case_id)
        .where(
            Case.closed_at.is_(None),
            ConsentGrant.kind == ConsentKind.INFORMATION_SHARING,
            ConsentGrant.status == ConsentStatus.ACTIVE,
            ConsentGrant.expires_on >= today,
            ConsentGrant.expires_on <= horizon,
        )
    ).all()

    def reminders():
        for grant_id, ends, case_id, lead, manager in rows:
            if (ends - today).days <= limits.get(lead, "consent_warning_days"):
                workers = people.case(case_id, manager)
                yield from _reminders(workers, "consent_ending", f"{grant_id}:{ends}", at=at, case_id=case_id)

    return _told(reminders())


def _issues(at: datetime) -> str:
    """Issues that nobody answered within the lead agency's limit, to the case manager and the line manager (S3-18)."""
    today, limits, people = clock.local_day(at), Limits(), People()
    rows = db.session.execute(
        select(PlanIssue.id, PlanIssue.raised_at, Case.id, Case.lead_agency_id, Case.line_manager_id)
        .join(Case, Case.id == PlanIssue.case_id)
        .where(Case.closed_at.is_(None), PlanIssue.answered_at.is_(None))
    ).all()

    def reminders():
        for issue_id, raised, case_id, lead, manager in rows:
            calendar = limits.get(lead, "working_day_calendar")
            most = limits.get(lead, "issue_answer_working_days")
            held = working_days.working_days_between(clock.local_day(raised), today, calendar)
            if held > most:
                users = [*people.case(case_id, manager), manager]
                key = f"{issue_id}:{(held - most - 1) // 5}"
                yield from _reminders(users, "issue_late", key, at=at, case_id=case_id)

    return _told(reminders())
