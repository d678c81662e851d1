"""The steps on the ladder (C9, S3-71 … S3-76): worker, manager, coordinator, treatment and rehabilitation group, national
coordinator. One rung at a time, up or down; every answer reaches whoever raised it and the action's people at once."""

from datetime import date, datetime

from caseapp import clock
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.models import Escalation
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.escalations import EscalationFile
from caseapp.policy.viewer import Viewer
from caseapp.services import (
    audit,
    escalation_joins,
    escalation_moves,
    escalation_news,
    escalation_words,
)
from caseapp.services import escalation_places as places
from caseapp.services.transaction import use_case
from caseapp.vocabulary import EscalationState, Rung, StepAct

#: A clock stands still for so many calendar days at most; then it is stopped anew, with a reason, or runs.
PAUSE_MOST = 92


def _take(gap, act, actor, version, **texts):
    """The row, held, if the actor may take this step with it now; the texts name nobody."""
    if not rules.may(actor, act, gap):
        raise NotAllowed
    row = escalation_moves.hold(gap, version=version)
    if (row.level, row.state, row.joined_to_id) != (gap.level, gap.state, gap.joined_to_id):
        raise escalation_moves.stale(row)  # it moved between the look and the step
    if row.joined_to_id is not None and act is not Do.WITHDRAW_ESCALATION:
        raise RuleBroken("It goes on with another one, which is about the same. Answer that one")
    escalation_words.name_nobody(row.case_id, **texts)
    return row


def _hold(gap, actor, version, **texts):
    """As _take, for the rung that holds it now. Somebody of a rung that held it before is shown what was done since."""
    row = _take(gap, Do.HOLD_ESCALATION, actor, version, **texts)
    if not gap.held_by(viewer=actor):
        raise escalation_moves.stale(row)
    return row


def _record(actor, what, row, at):
    audit.record(actor, f"gap or block: {what}", at=at, case_id=row.case_id, detail={"escalation": row.id})


def _answered(row, act, words, *, actor, at, text, level=None, to_level=None, **more) -> None:
    """Log an answer and bring it to whoever raised it, to the action's people and to those who held it before."""
    raisers = escalation_news.live(escalation_news.raisers(row) - {actor.user_id})
    others = escalation_news.action_people(row) | escalation_news.past_holders(row)
    escalation_moves.step(
        row,
        act,
        actor=actor,
        at=at,
        level=level,
        to_level=to_level,
        text=text,
        to_raisers=True,
        told=len(raisers),
        **more,
    )
    escalation_news.tell(row, raisers | others, words, at=at, actor=actor)
    escalation_news.on_timeline(row, words, actor=actor, at=at, answer=text)


# --- the worker --------------------------------------------------------------------------------------------------


@use_case
def send(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, text: str = ""
) -> int:
    """The worker sends it to the manager: after the colleagues, after taking it back, or with the answer to what the
    manager asked. Returns its id."""
    row = _take(gap, Do.SEND_ESCALATION, actor, version, text=text)
    if row.level is not Rung.WORKER:
        raise RuleBroken("It is with the manager already")
    question = escalation_moves.question_to(row, Rung.WORKER)
    if question is not None and not text:
        raise RuleBroken("Answer what the manager asked", "text")
    act = StepAct.SENT if question is None else StepAct.ANSWERED_BACK
    escalation_moves.move(row, Rung.MANAGER, at=at, came_by=act)
    escalation_moves.step(row, act, actor=actor, at=at, level=Rung.WORKER, to_level=Rung.MANAGER, text=text)
    escalation_news.tell(row, {row.holder_id}, "waits for your answer", at=at, actor=actor)
    _record(actor, "sent to the manager", row, at)
    return row.id


@use_case
def advise_as_colleague(gap: EscalationFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """A colleague who was asked gives advice; it is noted, and optional (S3-71). Returns its id."""
    row = _take(gap, Do.ADVISE_COLLEAGUE, actor, None, text=text)
    if not text:
        raise RuleBroken("Write your advice", "text")
    escalation_moves.step(row, StepAct.COLLEAGUE_ADVISED, actor=actor, at=at, text=text)
    escalation_news.tell(row, {row.raised_by_id}, "a colleague has given advice", at=at, actor=actor)
    _record(actor, "advice of a colleague", row, at)
    return row.id


@use_case
def withdraw(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, reason: str
) -> int:
    """Take it off the ladder for good, with a reason: by whoever raised it or their manager. Others who raised the same
    keep theirs: then it cannot be withdrawn. Returns its id."""
    row = _take(gap, Do.WITHDRAW_ESCALATION, actor, version, reason=reason)
    if not row.is_open:
        raise RuleBroken("It is closed already")
    if any(one.is_open for one in escalation_news.joined_to(row)):
        raise RuleBroken(
            "Others raised the same and wait for an answer with it, so it goes on. Ask whoever holds it to take "
            "theirs out first"
        )
    if not reason:
        raise RuleBroken("Say why it is no longer needed", "reason")
    holder, level = row.holder_id, row.level
    escalation_moves.end(row, EscalationState.WITHDRAWN, actor=actor, at=at, how=reason)
    escalation_moves.step(row, StepAct.WITHDRAWN, actor=actor, at=at, level=level, text=reason)
    escalation_news.tell(row, {holder, row.raised_by_id}, "was withdrawn", at=at, actor=actor)
    _record(actor, "withdrawn", row, at)
    return row.id


# --- whoever holds it --------------------------------------------------------------------------------------------


@use_case
def accept(gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """The holder takes it on; another one of the same rung takes it over. The clock runs on. Returns its id."""
    row = _hold(gap, actor, version)
    holding = escalation_moves.holding_of(row)
    if holding.accepted_at is not None and row.holder_id == actor.user_id:
        raise RuleBroken("You have taken it on already")
    if row.holder_id != actor.user_id:
        holding = _hand_to(row, actor.user_id, actor.agency_id, actor=actor, at=at)
    holding.accepted_at = at
    escalation_moves.step(row, StepAct.ACCEPTED, actor=actor, at=at)
    escalation_news.tell(
        row,
        escalation_news.raisers(row),
        f"the {row.level.label.lower()} has taken it on",
        at=at,
        actor=actor,
    )
    _record(actor, "taken on", row, at)
    return row.id


def _hand_to(row, user_id, agency_id, *, actor, at):
    """To another one of the same rung: the time that is used stays used."""
    ended = escalation_moves.end_holding(row, at=at)
    spent = ended.used_before + escalation_moves.used_days(ended, clock.local_day(at))
    holding = escalation_moves.begin_holding(
        row,
        row.level,
        at=at,
        came_by=StepAct.HANDED_ON,
        place=places.place(row.level, user_id, agency_id),
        used_before=spent,
    )
    escalation_moves.step(row, StepAct.HANDED_ON, actor=actor, at=at)
    return holding


@use_case
def hand_on(gap: EscalationFile, *, actor: Viewer | None, at: datetime, user_id: int) -> int:
    """Give it to another one of the same rung, who is told. `actor` is None where the calendar does it, because the
    holder's account is gone. Returns its id."""
    row = _hold(gap, actor, None) if actor else escalation_moves.hold(gap)
    people = {one.id: one.agency_id for one in places.standing_on(row.level, row)}
    if user_id not in people:
        raise RuleBroken("Choose somebody of this rung whose account is live", "user_id")
    if user_id == row.holder_id:
        raise RuleBroken("They hold it already", "user_id")
    _hand_to(row, user_id, people[user_id], actor=actor, at=at)
    escalation_news.tell(row, {user_id}, "is handed to you", at=at, actor=actor)
    if actor:
        _record(actor, "handed on", row, at)
    return row.id


@use_case
def advise(
    gap: EscalationFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    text: str,
    meeting_on: date | None = None,
    minute: str = "",
) -> int:
    """Advice, which reaches whoever raised it at once; the rung keeps holding it and its clock runs on (S3-7).
    Returns its id."""
    row = _hold(gap, actor, version, text=text)
    if not text:
        raise RuleBroken("Write what those who raised it should know", "text")
    act = StepAct.GROUP_DECIDED if meeting_on and row.level is Rung.GROUP else StepAct.ADVISED
    _note_taken_on(row, actor, at)
    _answered(
        row,
        act,
        f"there is advice from the {row.level.label.lower()}",
        actor=actor,
        at=at,
        text=text,
        meeting_on=meeting_on,
        minute=minute,
    )
    _record(actor, "advice given", row, at)
    return row.id


def _note_taken_on(row, actor, at):
    holding = escalation_moves.holding_of(row)
    if holding.accepted_at is None:
        holding.accepted_at = at


@use_case
def ask_back(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, text: str
) -> int:
    """Return it one step with a question; the clock of this level rests until the answer is there. Returns its id."""
    row = _hold(gap, actor, version, text=text)
    if not text:
        raise RuleBroken("Write what you need to know", "text")
    level = row.level
    escalation_moves.move(row, level.below, at=at, came_by=StepAct.ASKED_BACK)
    escalation_moves.step(
        row, StepAct.ASKED_BACK, actor=actor, at=at, level=level, to_level=level.below, text=text
    )
    escalation_news.tell(row, {row.holder_id}, "comes back to you with a question", at=at, actor=actor)
    others = escalation_news.raisers(row) - {row.holder_id}
    escalation_news.tell(row, others, f"the {level.label.lower()} asked back", at=at, actor=actor)
    _record(actor, "asked back", row, at)
    return row.id


@use_case
def pass_up(
    gap: EscalationFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    text: str,
    tried: str = "",
    not_enough: str = "",
    urgent_reason: str = "",
    meeting_on: date | None = None,
    minute: str = "",
) -> int:
    """To the next rung, with what was tried and why it was not enough (S3-76); or, where the next rung had asked, with
    the answer to its question. `text` reaches whoever raised it.

    The manager's advice comes before going on (S3-72): not on the day on which it came, unless it is marked urgent, by
    the manager with `urgent_reason` or when it was raised. Returns its id."""
    row = _hold(
        gap, actor, version, text=text, tried=tried, not_enough=not_enough, urgent_reason=urgent_reason
    )
    level, above = row.level, row.level.above
    if above is None:
        raise RuleBroken("There is no rung above the national coordinator. Close it, and say how far it came")
    question = escalation_moves.question_to(row, level)
    if not text:
        asked = f"Answer what the {above.label.lower()} asked" if question else None
        raise RuleBroken(asked or "Write what those who raised it should know", "text")
    if question is None:
        if not tried:
            raise RuleBroken("Say what was tried at your level", "tried")
        if not not_enough:
            raise RuleBroken("Say why it was not enough", "not_enough")
        _check_same_day(row, level, at, urgent_reason)
    if urgent_reason and not row.urgent:
        row.urgent, row.urgent_reason = True, urgent_reason
        escalation_moves.step(row, StepAct.URGENT, actor=actor, at=at, text=urgent_reason)
    if level is Rung.MANAGER and row.join_wish_id is not None and question is None:
        lead = db.session.get(Escalation, row.join_wish_id)
        lead = db.session.get(Escalation, lead.joined_to_id) if lead.joined_to_id else lead
        if lead.is_open and lead.id != row.id:
            _join_as_wished(row, lead, actor, at, text, tried, not_enough)
            return row.id
    act = StepAct.PASSED_UP if question is None else StepAct.ANSWERED_BACK
    escalation_moves.move(row, above, at=at, came_by=act)
    _answered(
        row,
        act,
        f"the {level.label.lower()} answered and passed it to the {above.label.lower()}",
        actor=actor,
        at=at,
        text=text,
        level=level,
        to_level=above,
        tried=tried,
        not_enough=not_enough,
        meeting_on=meeting_on,
        minute=minute,
    )
    _tell_above(row, above, actor, at)
    _record(actor, f"passed to the {above.label.lower()}", row, at)
    return row.id


def _check_same_day(row, level, at, urgent_reason):
    if level is not Rung.MANAGER or row.urgent or urgent_reason:
        return
    holding = escalation_moves.holding_of(row)
    fresh = holding.came_by in (StepAct.SENT, StepAct.ANSWERED_BACK, StepAct.PARTED, StepAct.REOPENED)
    if fresh and clock.local_day(holding.from_at) == clock.local_day(at):
        raise RuleBroken(
            "It came to you today. Give your advice, and pass it up from tomorrow; or say why it is urgent, and it "
            "goes today",
            "urgent_reason",
        )


def _join_as_wished(row, lead, actor, at, text, tried, not_enough):
    """The own manager has answered; from here it goes with the one that it is like."""
    _answered(
        row,
        StepAct.PASSED_UP,
        "the manager answered, and it goes on with one that is about the same",
        actor=actor,
        at=at,
        text=text,
        level=Rung.MANAGER,
        to_level=lead.level,
        tried=tried,
        not_enough=not_enough,
    )
    escalation_joins.attach(row, lead, actor=actor, at=at)
    _record(actor, "passed up and joined", row, at)


def _tell_above(row, rung, actor, at):
    """Everybody of the rung learns that it waits there; the national coordinator also of what a group now has."""
    people = {one.id for one in places.standing_on(rung, row)}
    escalation_news.tell(row, people, "waits for your answer", at=at, actor=actor)
    if rung is Rung.GROUP:
        national = {one.id for one in places.standing_on(Rung.NATIONAL, row)}
        escalation_news.tell(
            row, national - people, "stands with a group: you are consulted", at=at, actor=actor
        )


OUTCOMES = (EscalationState.RESOLVED, EscalationState.PARTLY, EscalationState.NOT_RESOLVED)


@use_case
def close(
    gap: EscalationFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    outcome: EscalationState,
    text: str,
    meeting_on: date | None = None,
    minute: str = "",
) -> int:
    """Resolved, in part, or not: with how. Ends it, and all that is joined to it. Returns its id."""
    row = _hold(gap, actor, version, text=text)
    if outcome not in OUTCOMES:
        raise RuleBroken("Choose how it ended", "answer")
    if not text:
        raise RuleBroken("Write how, for those who raised it", "text")
    level, outcome = row.level, EscalationState(outcome)
    escalation_moves.end(row, outcome, actor=actor, at=at, how=text)
    _answered(
        row,
        StepAct.CLOSED,
        outcome.label.lower(),
        actor=actor,
        at=at,
        text=text,
        level=level,
        meeting_on=meeting_on,
        minute=minute,
    )
    escalation_joins.close_joined(row, actor=actor, at=at)
    _record(actor, f"closed, {outcome.label.lower()}", row, at)
    return row.id


@use_case
def consult(gap: EscalationFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """The national coordinator, consulted while the group holds it, says something to it (S3-74). Returns its id."""
    row = _take(gap, Do.CONSULT_ESCALATION, actor, None, text=text)
    if row.level is not Rung.GROUP or not row.is_open:
        raise escalation_moves.stale(row)
    if not text:
        raise RuleBroken("Write your advice to the group", "text")
    escalation_moves.step(row, StepAct.CONSULTED, actor=actor, at=at, level=Rung.NATIONAL, text=text)
    escalation_news.tell(
        row, {row.holder_id}, "the national coordinator has given advice", at=at, actor=actor
    )
    _record(actor, "advice of the national coordinator", row, at)
    return row.id


@use_case
def take_back(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, reason: str
) -> int:
    """By the rung below, which passed it up: it comes down again. By the rung above, which asked: it does not wait for
    the answer any more. Returns its id."""
    row = _take(gap, Do.TAKE_BACK_ESCALATION, actor, version, reason=reason)
    if not row.is_open:
        raise escalation_moves.stale(row)
    if not reason:
        raise RuleBroken("Say why you take it back", "reason")
    level, before = row.level, row.holder_id
    asked = escalation_moves.question_to(row, level)
    if asked is not None and gap.stands_on(actor, level.above):
        target = level.above
    elif level > Rung.WORKER and gap.stands_on(actor, level.below):
        target = level.below
    else:
        raise escalation_moves.stale(row)
    escalation_moves.move(row, target, at=at, came_by=StepAct.TAKEN_BACK)
    escalation_moves.step(
        row, StepAct.TAKEN_BACK, actor=actor, at=at, level=target, to_level=target, text=reason
    )
    people = {before, row.holder_id} | escalation_news.raisers(row)
    escalation_news.tell(row, people, f"the {target.label.lower()} took it back", at=at, actor=actor)
    _record(actor, "taken back", row, at)
    return row.id


@use_case
def reopen(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, reason: str
) -> int:
    """What was closed goes on at the rung that closed it, with that rung's whole time. Its age never stopped. Returns
    its id."""
    row = _take(gap, Do.REOPEN_ESCALATION, actor, version, reason=reason)
    if row.is_open:
        raise RuleBroken("It is open already")
    if not reason:
        raise RuleBroken("Say why it is opened again", "reason")
    rung = Rung.MANAGER if row.level is Rung.WORKER else row.level
    place = places.holder(rung, row)
    closed_at = row.closed_at
    row.state, row.how, row.closed_at, row.closed_by_id = EscalationState.OPEN, "", None, None
    row.holder_id = place.user_id
    escalation_moves.begin_holding(row, rung, at=at, came_by=StepAct.REOPENED, place=place)
    escalation_moves.step(row, StepAct.REOPENED, actor=actor, at=at, to_level=rung, text=reason)
    escalation_joins.reopen_joined(row, closed_at=closed_at, actor=actor, at=at)
    people = {row.holder_id} | escalation_news.raisers(row) | escalation_news.action_people(row)
    escalation_news.tell(row, people, "was opened again", at=at, actor=actor)
    escalation_news.on_timeline(row, "opened again", actor=actor, at=at)
    _record(actor, "opened again", row, at)
    return row.id


@use_case
def pause(
    gap: EscalationFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    reason: str,
    until_on: date | None,
) -> int:
    """Stop the holder's clock, with a reason all can read, until a day on which it runs again by itself. The age goes
    on. Returns its id."""
    row = _hold(gap, actor, version, reason=reason)
    today = clock.local_day(at)
    if row.paused_at is not None:
        raise RuleBroken("The clock stands already")
    if not reason:
        raise RuleBroken("Say what it waits for", "reason")
    if until_on is None or until_on <= today:
        raise RuleBroken("Choose a day to come: then the clock runs again", "until_on")
    if (until_on - today).days > PAUSE_MOST:
        raise RuleBroken("At most three months; stop it again then if it must be", "until_on")
    escalation_moves.pause(row, actor=actor, at=at, reason=reason, until_on=until_on)
    escalation_moves.step(row, StepAct.PAUSED, actor=actor, at=at, text=reason, to_raisers=True)
    escalation_news.tell(
        row, escalation_news.raisers(row), "its clock was stopped, with a reason", at=at, actor=actor
    )
    _record(actor, "clock stopped", row, at)
    return row.id


@use_case
def resume(gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """Let the holder's clock run again. Returns its id."""
    row = _hold(gap, actor, version)
    if row.paused_at is None:
        raise RuleBroken("The clock runs already")
    escalation_moves.resume(row, at=at)
    escalation_moves.step(row, StepAct.RESUMED, actor=actor, at=at)
    _record(actor, "clock runs again", row, at)
    return row.id
