"""Another e-mail address for an account that is in use takes two people (docs/decisions/0016).

Whoever has the address gets the link for a new password: an administrator who could change it alone could open any
colleague's cases. So the administrator asks, the owner is told at the address that they have, and the owner or another
administrator agrees. Nothing happens by waiting.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import EmailChange, User
from caseapp.policy.viewer import Viewer
from caseapp.services import account_links, audit, outbox, sessions
from caseapp.services.account_checks import check_email, kept_out_of_reach
from caseapp.services.transaction import use_case

#: An administrator whose account is younger does not count as the second person: it could be the first one's own.
OLD_ENOUGH = timedelta(days=7)

TAKEN, REFUSED, WITHDRAWN = "taken", "refused", "withdrawn"


def ask(user: User, new_email: str, *, actor: Viewer, at: datetime) -> None:
    """Ask for another address, in the transaction that is open; an earlier request that still waits is withdrawn. The
    owner is told at the address that counts now."""
    if (open_one := _waiting(user.id)) is not None:
        _decide(open_one, WITHDRAWN, actor, at)
        db.session.flush()
    db.session.add(
        EmailChange(id=new_id(), user_id=user.id, new_email=new_email, asked_at=at, asked_by_id=actor.user_id)
    )
    _mail(
        user.email,
        "asked",
        user,
        at,
        "Another address was asked for, for your account at Caseapp",
        "your agency's administrator asked that your account gets another e-mail address. Nothing has changed yet: it "
        "counts only if you, or another administrator, agree. You find it under Your account.",
    )
    audit.record(
        actor,
        "account: another e-mail asked for",
        at=at,
        about_id=user.id,
        detail={"email": [user.email, new_email]},
    )


@use_case
def take(user_id: int, *, actor: Viewer, at: datetime) -> None:
    """The second person agrees: the owner, or another administrator than the one who asked. Every session and link of
    the account ends. Raises RuleBroken for whoever asked, and for an administrator whose account is new."""
    user, change = _held(user_id, actor)
    if actor.user_id != user.id:
        if actor.user_id == change.asked_by_id:
            raise RuleBroken("You asked for it yourself. The owner, or another administrator, has to agree.")
        own = db.session.get(User, actor.user_id)
        if at - own.created_at < OLD_ENOUGH:
            raise RuleBroken(
                "Your own account is less than a week old, so it does not count as the second person yet."
            )
    old, user.email = user.email, check_email(change.new_email, but=user.id)
    _decide(change, TAKEN, actor, at)
    account_links.void(user.id, at)
    sessions.end_all(user.id, at=at, reason="e-mail address changed")
    for address in (old, user.email):
        _mail(
            address,
            f"taken:{address}",
            user,
            at,
            "Your account at Caseapp has another address now",
            "your account has another e-mail address from now on. Sign in with it; your password is the same.",
        )
    audit.record(
        actor, "account: e-mail changed", at=at, about_id=user.id, detail={"email": [old, user.email]}
    )


@use_case
def turn_down(user_id: int, *, actor: Viewer, at: datetime) -> None:
    """The owner or an administrator refuses it; whoever asked takes it back."""
    user, change = _held(user_id, actor)
    outcome = WITHDRAWN if actor.user_id == change.asked_by_id else REFUSED
    _decide(change, outcome, actor, at)
    audit.record(
        actor,
        f"account: another e-mail {outcome}",
        at=at,
        about_id=user.id,
        detail={"email": [user.email, change.new_email]},
    )


def _held(user_id, actor):
    user = db.session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None or (user.id != actor.user_id and kept_out_of_reach(actor, user)):
        raise NotVisible
    change = _waiting(user_id)
    if change is None:
        raise RuleBroken("Nothing waits any more: it was decided, or taken back.")
    return user, change


def _waiting(user_id):
    return db.session.scalar(
        select(EmailChange).where(EmailChange.user_id == user_id, EmailChange.decided_at.is_(None))
    )


def _decide(change, outcome, actor, at):
    change.decided_at, change.decided_by_id, change.outcome = at, actor.user_id, outcome


def _mail(to, key, user, at, subject, sentence):
    outbox.enqueue(
        f"address:{user.id}:{at:%Y%m%d%H%M%S%f}:{key}"[:200],
        to=to,
        subject=subject,
        body=f"Good day,\n\n{sentence}\n\nIf you did not expect this, tell another administrator of your agency at once.\n",
        at=at,
    )
