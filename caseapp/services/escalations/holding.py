"""Holding a gap or block: taken on, handed to another of the same rung, its clock stopped and running again (C9). The rung stays
the same; nothing here moves it up or down."""

from datetime import date, datetime

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.policy.escalations import EscalationFile
from caseapp.policy.viewer import Viewer
from caseapp.services.escalations import moves, news, places
from caseapp.services.escalations.steps import record, take_as_holder
from caseapp.services.transaction import use_case
from caseapp.vocabulary import StepAct

#: A clock stands still for so many calendar days at most; then it is stopped anew, with a reason, or runs.
PAUSE_MOST = 92


@use_case
def accept(gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """The holder takes it on; another one of the same rung takes it over. The clock runs on. Returns its id."""
    row = take_as_holder(gap, actor, version)
    holding = moves.holding_of(row)
    if holding.accepted_at is not None and row.holder_id == actor.user_id:
        raise RuleBroken("You have taken it on already")
    if row.holder_id != actor.user_id:
        holding = _hand_to(row, actor.user_id, actor.agency_id, actor=actor, at=at)
    holding.accepted_at = at
    moves.step(row, StepAct.ACCEPTED, actor=actor, at=at)
    news.tell(
        row,
        news.raisers(row),
        f"the {row.level.label.lower()} has taken it on",
        at=at,
        actor=actor,
    )
    record(actor, "taken on", row, at)
    return row.id


def _hand_to(row, user_id, agency_id, *, actor, at):
    """To another one of the same rung: the time that is used stays used."""
    ended = moves.end_holding(row, at=at)
    spent = ended.used_before + moves.used_days(ended, clock.local_day(at))
    holding = moves.begin_holding(
        row,
        row.level,
        at=at,
        came_by=StepAct.HANDED_ON,
        place=places.place(row.level, user_id, agency_id),
        used_before=spent,
    )
    moves.step(row, StepAct.HANDED_ON, actor=actor, at=at)
    return holding


@use_case
def hand_on(gap: EscalationFile, *, actor: Viewer | None, at: datetime, user_id: int) -> int:
    """Give it to another one of the same rung, who is told. `actor` is None where the calendar does it, because the
    holder's account is gone. Returns its id."""
    row = take_as_holder(gap, actor, None) if actor else moves.hold(gap)
    people = {one.id: one.agency_id for one in places.standing_on(row.level, row)}
    if user_id not in people:
        raise RuleBroken("Choose somebody of this rung whose account is live", "user_id")
    if user_id == row.holder_id:
        raise RuleBroken("They hold it already", "user_id")
    _hand_to(row, user_id, people[user_id], actor=actor, at=at)
    news.tell(row, {user_id}, "is handed to you", at=at, actor=actor)
    if actor:
        record(actor, "handed on", row, at)
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
    row = take_as_holder(gap, actor, version, reason=reason)
    today = clock.local_day(at)
    if row.paused_at is not None:
        raise RuleBroken("The clock stands already")
    if not reason:
        raise RuleBroken("Say what it waits for", "reason")
    if until_on is None or until_on <= today:
        raise RuleBroken("Choose a day to come: then the clock runs again", "until_on")
    if (until_on - today).days > PAUSE_MOST:
        raise RuleBroken("At most three months; stop it again then if it must be", "until_on")
    moves.pause(row, actor=actor, at=at, reason=reason, until_on=until_on)
    moves.step(row, StepAct.PAUSED, actor=actor, at=at, text=reason, to_raisers=True)
    news.tell(row, news.raisers(row), "its clock was stopped, with a reason", at=at, actor=actor)
    record(actor, "clock stopped", row, at)
    return row.id


@use_case
def resume(gap: EscalationFile, *, actor: Viewer, at: datetime, version: int | None = None) -> int:
    """Let the holder's clock run again. Returns its id."""
    row = take_as_holder(gap, actor, version)
    if row.paused_at is None:
        raise RuleBroken("The clock runs already")
    moves.resume(row, at=at)
    moves.step(row, StepAct.RESUMED, actor=actor, at=at)
    record(actor, "clock runs again", row, at)
    return row.id
