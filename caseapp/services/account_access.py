"""What an administrator does about somebody's way in: signing them out, a lost telephone, an account that was locked."""

from collections.abc import Callable
from datetime import datetime

from caseapp.errors import RuleBroken
from caseapp.policy.viewer import Viewer
from caseapp.services import account_links, audit, second_factor, sessions
from caseapp.services.accounts import Invited, reach
from caseapp.services.transaction import use_case
from caseapp.vocabulary import LinkKind


@use_case
def unlock(user_id: int, *, actor: Viewer, at: datetime, link_to: Callable[[str], str]) -> Invited:
    """Open an account that was locked because nobody used it. Its owner is sent a link and chooses a new password."""
    user = reach(actor, user_id)
    if user.disabled_at is not None:
        raise RuleBroken("This account is switched off. Switch it on first.")
    user.locked_at, user.locked_reason = None, ""
    link = account_links.make(user.id, user.email, LinkKind.RESET, at=at, link_to=link_to, by=actor.user_id)
    audit.record(actor, "account: opened again", at=at, about_id=user.id)
    return Invited(user.id, link)


@use_case
def end_sessions(user_id: int, *, actor: Viewer, at: datetime) -> int:
    """Sign somebody out everywhere, at once: a telephone was lost, a desk left open. Returns how many sessions."""
    user = reach(actor, user_id)
    count = sessions.end_all(user.id, at=at, reason="ended by an administrator")
    audit.record(actor, "account: signed out everywhere", at=at, about_id=user.id, detail={"sessions": count})
    return count


@use_case
def turn_second_step_off(user_id: int, *, actor: Viewer, at: datetime) -> None:
    """For somebody whose telephone and recovery codes are gone. Every session ends; the owner is told by mail. It opens
    nothing to the administrator, who has neither the password nor the owner's mailbox."""
    user = reach(actor, user_id)
    if not second_factor.is_on(user.id):
        raise RuleBroken("The second step is off already.")
    sessions.end_all(user.id, at=at, reason="second step turned off")
    second_factor.turn_off(user.id, actor=actor, at=at)


@use_case
def reviewed(*, actor: Viewer, at: datetime, accounts: int) -> None:
    """Record that the access list was gone through, once a year (DSPT; design: security, 2b)."""
    audit.record(
        actor, "access list: gone through", at=at, about_id=actor.agency_id, detail={"accounts": accounts}
    )
