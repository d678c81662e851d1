"""Asking to be let in. A request opens nothing and goes round no consent.

A colleague of the lead agency who has no part in a case asks on its page. Another agency asks by naming the person, with
the person's permission to ask (X-2): it reads the same whether there is such a record or not, and what a case manager
answers, other than by recording consent, is not told to it; else a refusal would say that there is one."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import AccessRequest, Case
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings
from caseapp.services import assignments, audit, events, last_hand, shut_out
from caseapp.services.case_hold import hold
from caseapp.services.identification import Whom, check_whom, find_case
from caseapp.services.plan_records import consent_of
from caseapp.services.transaction import use_case
from caseapp.vocabulary import RequestOutcome

KIND = "access_request"
#: Calendar days after which a request without an answer lapses; days after which those who answer are reminded.
LAPSES_AFTER = 21
REMIND_AFTER = 5
PURPOSE_LEAST = 20
LONGEST = timedelta(days=366)


@use_case
def ask(case: CaseFile, *, actor: Viewer, at: datetime, purpose: str, needed_until: date | None) -> int:
    """A colleague of the lead agency asks those who answer for the case. Returns the request's id."""
    if not rules.may(actor, Do.ASK_FOR_ACCESS, case):
        raise NotAllowed
    hold(case)
    _check(purpose, needed_until, at)
    if _waiting(actor.user_id, case.id, at):
        raise RuleBroken("You have asked already, and it waits for an answer")
    row = _write(actor, at, case.id, "", purpose, needed_until, "")
    audit.record(actor, "asked for access", at=at, case=case, detail={"request": row.id})
    _tell_those_who_answer(case.id, actor, at)
    return row.id


@use_case
def ask_by_name(
    *,
    actor: Viewer,
    at: datetime,
    whom: Whom,
    sought: str,
    purpose: str,
    needed_until: date | None,
    permission: str,
) -> int:
    """A worker of another agency asks whether whoever works with the person would let them take part. It is kept, and
    answered, alike whether anybody does. Returns the request's id."""
    if not rules.may(actor, Do.SEE_ACCESS_REQUESTS):
        raise NotAllowed
    check_whom(whom)
    _check(purpose, needed_until, at)
    if not permission:
        raise RuleBroken("Say how and when the person permitted you to ask", "permission")
    lately = db.session.scalar(
        select(func.count())
        .select_from(AccessRequest)
        .where(
            AccessRequest.asker_id == actor.user_id,
            AccessRequest.sought != "",
            AccessRequest.asked_at > at - timedelta(days=1),
        )
    )
    if lately >= int(settings.value(actor.agency_id, "access_requests_a_day")):
        raise RuleBroken("You have asked about several persons within a day. Ask again tomorrow, or ring")
    found = find_case(whom, actor)
    if found is not None and (
        scopes.find_case_by_id(actor, found.id) is not None or _waiting(actor.user_id, found.id, at)
    ):
        found = None  # they see it by now, or have asked: kept without a word that another could not read
    row = _write(actor, at, found.id if found else None, sought, purpose, needed_until, permission)
    audit.record(
        actor,
        "asked for access by name",
        at=at,
        case_id=found.id if found else None,
        person_id=found.person_id if found else None,
        detail={"request": row.id},
    )
    if found is not None:
        _tell_those_who_answer(found.id, actor, at)
    return row.id


@use_case
def let_in(
    case: CaseFile,
    request_id: int,
    *,
    actor: Viewer,
    at: datetime,
    answer: str = "",
    version: int | None = None,
) -> int:
    """Yes. A colleague becomes key worker, by the rules for key workers. For another agency it is a yes once consent for
    it is in force, and refused before: the person decides that, not the request. Returns the request's id."""
    row = _hold(case, request_id, actor, version, at)
    if row.agency_id == case.lead_agency_id:
        if not actor.manages:
            raise RuleBroken("Your line manager names who works on a case: ask them to let this colleague in")
        assignments.add_key_worker(
            case, actor=actor, at=at, user_id=row.asker_id, reason="Asked for access: " + row.purpose[:200]
        )
    elif not _consents(case, row.agency_id, at):
        raise RuleBroken(
            "No consent is in force for this agency. Talk with the person and record it first: a request opens nothing"
        )
    _decide(row, RequestOutcome.GRANTED, answer, actor, at)
    audit.record(
        actor,
        "request for access: let in",
        at=at,
        case=case,
        about_id=row.asker_id,
        detail={"request": row.id},
    )
    events.notify(
        {row.asker_id} - {actor.user_id},
        KIND,
        at=at,
        case_id=case.id,
        plain="You asked for access to a case: you have it now",
    )
    return row.id


@use_case
def refuse(
    case: CaseFile,
    request_id: int,
    *,
    actor: Viewer,
    at: datetime,
    answer: str,
    version: int | None = None,
) -> int:
    """No, with the reason. A colleague reads both; another agency reads neither, and its request lapses on its day.
    Returns the request's id."""
    row = _hold(case, request_id, actor, version, at)
    if not answer:
        raise RuleBroken("Say why not", "answer")
    _decide(row, RequestOutcome.REFUSED, answer, actor, at)
    audit.record(
        actor,
        "request for access: refused",
        at=at,
        case=case,
        about_id=row.asker_id,
        detail={"request": row.id},
    )
    if row.agency_id == case.lead_agency_id:
        events.notify(
            {row.asker_id} - {actor.user_id},
            KIND,
            at=at,
            case_id=case.id,
            plain="You asked for access to a case: it was refused. See Requests for access",
        )
    return row.id


@use_case
def take_back(request_id: int, *, actor: Viewer, at: datetime) -> int:
    """The one who asked needs it no longer. Returns the request's id."""
    row = db.session.scalar(
        select(AccessRequest)
        .where(AccessRequest.id == request_id, AccessRequest.asker_id == actor.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    if row.decided_at is None:
        _decide(row, RequestOutcome.WITHDRAWN, "", actor, at)
        audit.record(actor, "request for access: taken back", at=at, case_id=row.case_id)
    return row.id


def run(*, at: datetime) -> list[dict]:
    """Reminders for those who answer, once: a request waits for some days (for services.reminders)."""
    rows = db.session.execute(
        select(AccessRequest.id, AccessRequest.case_id, Case.line_manager_id)
        .join(Case, Case.id == AccessRequest.case_id)
        .where(
            AccessRequest.decided_at.is_(None),
            AccessRequest.lapses_on >= clock.local_day(at),
            AccessRequest.asked_at < at - timedelta(days=REMIND_AFTER),
            Case.closed_at.is_(None),
        )
    ).all()
    return [
        {
            "user_id": user_id,
            "at": at,
            "kind": KIND,
            "case_id": row.case_id,
            "plain": "A request for access still waits for your answer",
            "dedupe": f"{KIND}:{row.id}:{user_id}",
        }
        for row in rows
        for user_id in sorted(
            (events.case_workers(row.case_id) | {row.line_manager_id}) - shut_out.of_case(row.case_id)
        )
    ]


def _check(purpose, needed_until, at):
    today = clock.local_day(at)
    if len(purpose or "") < PURPOSE_LEAST:
        raise RuleBroken(f"Say what you need it for, in at least {PURPOSE_LEAST} characters", "purpose")
    if needed_until is None:
        raise RuleBroken("Say until when you need it", "needed_until")
    if needed_until < today:
        raise RuleBroken("This day has passed", "needed_until")
    if needed_until > today + LONGEST:
        raise RuleBroken("A year at most: ask again then", "needed_until")


def _write(actor, at, case_id, sought, purpose, needed_until, permission):
    row = AccessRequest(
        id=new_id(),
        asker_id=actor.user_id,
        agency_id=actor.agency_id,
        case_id=case_id,
        sought=sought,
        purpose=purpose,
        needed_until=needed_until,
        permission=permission,
        asked_at=at,
        lapses_on=clock.local_day(at) + timedelta(days=LAPSES_AFTER),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _waiting(user_id, case_id, at):
    """Whether this user's request waits; one that has lapsed makes room for the next."""
    row = db.session.scalar(
        select(AccessRequest)
        .where(
            AccessRequest.asker_id == user_id,
            AccessRequest.case_id == case_id,
            AccessRequest.decided_at.is_(None),
        )
        .with_for_update()
    )
    if row is None:
        return False
    if row.lapses_on >= clock.local_day(at):
        return True
    row.outcome, row.decided_at = RequestOutcome.WITHDRAWN, at
    db.session.flush()
    return False


def _hold(case, request_id, actor, version, at):
    if not rules.may(actor, Do.ANSWER_ACCESS, case):
        raise NotAllowed
    hold(case)
    row = db.session.scalar(
        select(AccessRequest)
        .where(AccessRequest.id == request_id, AccessRequest.case_id == case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotVisible
    if version is not None and row.version != version:
        hand = last_hand.by_user(row.decided_by_id, row.decided_at, actor=actor)
        raise Stale({}, **hand, version=row.version)
    if row.decided_at is not None:
        raise RuleBroken("This was answered already")
    if row.lapses_on < clock.local_day(at):
        raise RuleBroken("This request has lapsed: it must be asked again")
    return row


def _decide(row, outcome, answer, actor, at):
    row.outcome, row.decided_at, row.decided_by_id, row.answer = outcome, at, actor.user_id, answer
    db.session.flush()


def _consents(case, agency_id, at) -> bool:
    return consent_of(case, agency_id, clock.local_day(at)) is not None


def _tell_those_who_answer(case_id, actor, at):
    manager = db.session.scalar(select(Case.line_manager_id).where(Case.id == case_id))
    events.notify(
        (events.case_workers(case_id) | {manager}) - {actor.user_id} - shut_out.of_case(case_id),
        KIND,
        at=at,
        case_id=case_id,
        plain="Somebody asks for access to a case of yours. See Requests for access",
    )
