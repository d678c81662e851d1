"""What whoever holds it answers (C9, S3-72 … S3-76): advice, a question back, up to the next rung, or the end. Every answer
reaches whoever raised it, the action’s people and those who held it before, at once."""

from datetime import date, datetime

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Escalation
from caseapp.policy.escalations import EscalationFile
from caseapp.policy.viewer import Viewer
from caseapp.services.escalations import joins, moves, news, places
from caseapp.services.escalations.steps import record, take_as_holder
from caseapp.services.transaction import use_case
from caseapp.vocabulary import EscalationState, Rung, StepAct


def _answered(row, act, words, *, actor, at, text, level=None, to_level=None, **more) -> None:
    """Log an answer and bring it to whoever raised it, to the action's people and to those who held it before."""
    raisers = news.live(news.raisers(row) - {actor.user_id})
    others = news.action_people(row) | news.past_holders(row)
    moves.step(
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
    news.tell(row, raisers | others, words, at=at, actor=actor)
    news.on_timeline(row, words, actor=actor, at=at, answer=text)


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
    row = take_as_holder(gap, actor, version, text=text)
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
    record(actor, "advice given", row, at)
    return row.id


def _note_taken_on(row, actor, at):
    holding = moves.holding_of(row)
    if holding.accepted_at is None:
        holding.accepted_at = at


@use_case
def ask_back(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, text: str
) -> int:
    """Return it one step with a question; the clock of this level rests until the answer is there. Returns its id."""
    row = take_as_holder(gap, actor, version, text=text)
    if not text:
        raise RuleBroken("Write what you need to know", "text")
    level = row.level
    moves.move(row, level.below, at=at, came_by=StepAct.ASKED_BACK)
    moves.step(row, StepAct.ASKED_BACK, actor=actor, at=at, level=level, to_level=level.below, text=text)
    news.tell(row, {row.holder_id}, "comes back to you with a question", at=at, actor=actor)
    others = news.raisers(row) - {row.holder_id}
    news.tell(row, others, f"the {level.label.lower()} asked back", at=at, actor=actor)
    record(actor, "asked back", row, at)
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
    row = take_as_holder(
        gap, actor, version, text=text, tried=tried, not_enough=not_enough, urgent_reason=urgent_reason
    )
    level, above = row.level, row.level.above
    if above is None:
        raise RuleBroken("There is no rung above the national coordinator. Close it, and say how far it came")
    question = moves.question_to(row, level)
    if question is not None:
        if not text:
            raise RuleBroken(f"Answer what the {above.label.lower()} asked", "text")
    elif missing := _missing(row, at, text, tried, not_enough, urgent_reason):
        first, *also = missing
        raise RuleBroken(*first, also=tuple(also))
    if urgent_reason and not row.urgent:
        row.urgent, row.urgent_reason = True, urgent_reason
        moves.step(row, StepAct.URGENT, actor=actor, at=at, text=urgent_reason)
    if level is Rung.MANAGER and row.join_wish_id is not None and question is None:
        lead = db.session.get(Escalation, row.join_wish_id)
        lead = db.session.get(Escalation, lead.joined_to_id) if lead.joined_to_id else lead
        if lead.is_open and lead.id != row.id:
            _join_as_wished(row, lead, actor, at, text, tried, not_enough)
            return row.id
    act = StepAct.PASSED_UP if question is None else StepAct.ANSWERED_BACK
    moves.move(row, above, at=at, came_by=act)
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
    record(actor, f"passed to the {above.label.lower()}", row, at)
    return row.id


def _missing(row, at, text, tried, not_enough, urgent_reason) -> list[tuple[str, str]]:
    """All that going up still wants, in the order of the form: (message, field)."""
    wanted = (
        (text, "Write what those who raised it should know", "text"),
        (tried, "Say what was tried at your level", "tried"),
        (not_enough, "Say why it was not enough", "not_enough"),
        (
            urgent_reason or not _came_today(row, at),
            "It came to you today. Give your advice, and pass it up from tomorrow; or say why it is urgent, and it "
            "goes today",
            "urgent_reason",
        ),
    )
    return [(message, field) for there, message, field in wanted if not there]


def _came_today(row, at) -> bool:
    """It waits for the manager's advice of this day first (S3-72)."""
    if row.level is not Rung.MANAGER or row.urgent:
        return False
    holding = moves.holding_of(row)
    fresh = holding.came_by in (StepAct.SENT, StepAct.ANSWERED_BACK, StepAct.PARTED, StepAct.REOPENED)
    return fresh and clock.local_day(holding.from_at) == clock.local_day(at)


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
    joins.attach(row, lead, actor=actor, at=at)
    record(actor, "passed up and joined", row, at)


def _tell_above(row, rung, actor, at):
    """Everybody of the rung learns that it waits there; the national coordinator also of what a group now has."""
    people = {one.id for one in places.standing_on(rung, row)}
    news.tell(row, people, "waits for your answer", at=at, actor=actor)
    if rung is Rung.GROUP:
        national = {one.id for one in places.standing_on(Rung.NATIONAL, row)}
        news.tell(row, national - people, "stands with a group: you are consulted", at=at, actor=actor)


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
    row = take_as_holder(gap, actor, version, text=text)
    if outcome not in OUTCOMES:
        raise RuleBroken("Choose how it ended", "answer")
    if not text:
        raise RuleBroken("Write how, for those who raised it", "text")
    level, outcome = row.level, EscalationState(outcome)
    moves.end(row, outcome, actor=actor, at=at, how=text)
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
    joins.close_joined(row, actor=actor, at=at)
    record(actor, f"closed, {outcome.label.lower()}", row, at)
    return row.id
