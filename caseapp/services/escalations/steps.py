"""What every step on the ladder asks for, and the steps of those who do not hold it: whoever raised it, their colleagues, the
rung below and the rung above (C9, S3-71, S3-74)."""

from datetime import datetime

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.escalations import EscalationFile
from caseapp.policy.viewer import Viewer
from caseapp.services import audit
from caseapp.services.escalations import joins, moves, news, places
from caseapp.services.escalations.words import name_nobody
from caseapp.services.transaction import use_case
from caseapp.vocabulary import EscalationState, Rung, StepAct


def take(gap, act, actor, version, **texts):
    """The row, held, if the actor may take this step with it now; the texts name nobody."""
    if not rules.may(actor, act, gap):
        raise NotAllowed
    row = moves.hold(gap, version=version)
    if (row.level, row.state, row.joined_to_id) != (gap.level, gap.state, gap.joined_to_id):
        raise moves.stale(row)  # it moved between the look and the step
    if row.joined_to_id is not None and act is not Do.WITHDRAW_ESCALATION:
        raise RuleBroken("It goes on with another one, which is about the same. Answer that one")
    name_nobody(row.case_id, **texts)
    return row


def take_as_holder(gap, actor, version, **texts):
    """As take, for the rung above the worker that holds it now. Somebody of a rung that held it before is shown what was
    done since; so is a manager who works on the case too, while it is with the worker."""
    row = take(gap, Do.HOLD_ESCALATION, actor, version, **texts)
    if row.level is Rung.WORKER or row.level is not gap.level or not gap.held_by(viewer=actor):
        raise moves.stale(row)
    return row


def record(actor, what, row, at):
    """A step, in the audit record."""
    audit.record(actor, f"gap or block: {what}", at=at, case_id=row.case_id, detail={"escalation": row.id})


# --- below: the worker and the colleagues ------------------------------------------------------------------------


@use_case
def send(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, text: str = ""
) -> int:
    """The worker sends it to the manager: after the colleagues, after taking it back, or with the answer to what the
    manager asked. Returns its id."""
    row = take(gap, Do.SEND_ESCALATION, actor, version, text=text)
    if row.level is not Rung.WORKER:
        raise RuleBroken("It is with the manager already")
    question = moves.question_to(row, Rung.WORKER)
    if question is not None and not text:
        raise RuleBroken("Answer what the manager asked", "text")
    act = StepAct.SENT if question is None else StepAct.ANSWERED_BACK
    moves.move(row, Rung.MANAGER, at=at, came_by=act)
    moves.step(row, act, actor=actor, at=at, level=Rung.WORKER, to_level=Rung.MANAGER, text=text)
    news.tell(row, {row.holder_id}, "waits for your answer", at=at, actor=actor)
    record(actor, "sent to the manager", row, at)
    return row.id


@use_case
def advise_as_colleague(gap: EscalationFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """A colleague who was asked gives advice; it is noted, and optional (S3-71). Returns its id."""
    row = take(gap, Do.ADVISE_COLLEAGUE, actor, None, text=text)
    if not text:
        raise RuleBroken("Write your advice", "text")
    moves.step(row, StepAct.COLLEAGUE_ADVISED, actor=actor, at=at, text=text)
    news.tell(row, {row.raised_by_id}, "a colleague has given advice", at=at, actor=actor)
    record(actor, "advice of a colleague", row, at)
    return row.id


@use_case
def withdraw(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, reason: str
) -> int:
    """Take it off the ladder for good, with a reason: by whoever raised it or their manager. Others who raised the same
    keep theirs: then it cannot be withdrawn. Returns its id."""
    row = take(gap, Do.WITHDRAW_ESCALATION, actor, version, reason=reason)
    if not row.is_open:
        raise RuleBroken("It is closed already")
    if any(one.is_open for one in news.joined_to(row)):
        raise RuleBroken(
            "Others raised the same and wait for an answer with it, so it goes on. Ask whoever holds it to take "
            "theirs out first"
        )
    if not reason:
        raise RuleBroken("Say why it is no longer needed", "reason")
    holder, level = row.holder_id, row.level
    moves.end(row, EscalationState.WITHDRAWN, actor=actor, at=at, how=reason)
    moves.step(row, StepAct.WITHDRAWN, actor=actor, at=at, level=level, text=reason)
    news.tell(row, {holder, row.raised_by_id}, "was withdrawn", at=at, actor=actor)
    record(actor, "withdrawn", row, at)
    return row.id


# --- the rungs beside the holder's -------------------------------------------------------------------------------


@use_case
def consult(gap: EscalationFile, *, actor: Viewer, at: datetime, text: str) -> int:
    """The national coordinator, consulted while the group holds it, says something to it (S3-74). Returns its id."""
    row = take(gap, Do.CONSULT_ESCALATION, actor, None, text=text)
    if row.level is not Rung.GROUP or not row.is_open:
        raise moves.stale(row)
    if not text:
        raise RuleBroken("Write your advice to the group", "text")
    moves.step(row, StepAct.CONSULTED, actor=actor, at=at, level=Rung.NATIONAL, text=text)
    news.tell(row, {row.holder_id}, "the national coordinator has given advice", at=at, actor=actor)
    record(actor, "advice of the national coordinator", row, at)
    return row.id


@use_case
def take_back(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, reason: str
) -> int:
    """By the rung below, which passed it up: it comes down again. By the rung above, which asked: it does not wait for
    the answer any more. Returns its id."""
    row = take(gap, Do.TAKE_BACK_ESCALATION, actor, version, reason=reason)
    if not row.is_open:
        raise moves.stale(row)
    if not reason:
        raise RuleBroken("Say why you take it back", "reason")
    level, before = row.level, row.holder_id
    asked = moves.question_to(row, level)
    if asked is not None and gap.stands_on(actor, level.above):
        target = level.above
    elif level > Rung.WORKER and gap.stands_on(actor, level.below):
        target = level.below
    else:
        raise moves.stale(row)
    moves.move(row, target, at=at, came_by=StepAct.TAKEN_BACK)
    moves.step(row, StepAct.TAKEN_BACK, actor=actor, at=at, level=target, to_level=target, text=reason)
    people = {before, row.holder_id} | news.raisers(row)
    news.tell(row, people, f"the {target.label.lower()} took it back", at=at, actor=actor)
    record(actor, "taken back", row, at)
    return row.id


@use_case
def reopen(
    gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None, reason: str
) -> int:
    """What was closed goes on at the rung that closed it, with that rung's whole time. Its age never stopped. Returns
    its id."""
    row = take(gap, Do.REOPEN_ESCALATION, actor, version, reason=reason)
    if row.is_open:
        raise RuleBroken("It is open already")
    if not reason:
        raise RuleBroken("Say why it is opened again", "reason")
    rung = Rung.MANAGER if row.level is Rung.WORKER else row.level
    place = places.holder(rung, row)
    closed_at = row.closed_at
    row.state, row.how, row.closed_at, row.closed_by_id = EscalationState.OPEN, "", None, None
    row.holder_id = place.user_id
    moves.begin_holding(row, rung, at=at, came_by=StepAct.REOPENED, place=place)
    moves.step(row, StepAct.REOPENED, actor=actor, at=at, to_level=rung, text=reason)
    joins.reopen_joined(row, closed_at=closed_at, actor=actor, at=at)
    people = {row.holder_id} | news.raisers(row) | news.action_people(row)
    news.tell(row, people, "was opened again", at=at, actor=actor)
    news.on_timeline(row, "opened again", actor=actor, at=at)
    record(actor, "opened again", row, at)
    return row.id
