"""Which account in a directory signs in which account here: connected once, by issuer and subject.

Never by an e-mail address that a directory reports: whoever may write addresses there could take over any account here.
An account is connected by somebody who holds a link that was mailed to its owner, or who is signed in to it and has just
proved it; in both cases they have just given the directory's password too (docs/decisions/0023).
"""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import DirectoryAccount, OneTimeLink, User
from caseapp.policy.viewer import Viewer
from caseapp.queries import accounts as account_reads
from caseapp.queries import agency_sign_in as reads
from caseapp.queries.accounts import link_hash
from caseapp.services import account_links, audit, outbox, sessions
from caseapp.services.directories import Found
from caseapp.services.transaction import use_case
from caseapp.vocabulary import LinkKind

_TABLE = DirectoryAccount.__table__


@use_case
def connect(found: Found, *, actor: Viewer, at: datetime) -> None:
    """The actor's own account is signed in by this account in a directory from now on. Raises RuleBroken for one that
    signs in somebody else."""
    _connect(actor.user_id, found, actor, at)


@use_case
def connect_by_link(token: str, found: Found, *, at: datetime, address: str = "") -> bool:
    """The same, for whoever holds a link that was mailed to the account's owner: it is used up, as for a password. False
    if it was used before, has run out, or never was."""
    link = account_reads.link(token, at=at)
    if link is None:
        return False
    links = OneTimeLink.__table__
    taken = db.session.execute(
        update(links)
        .where(links.c.token_hash == link_hash(token), links.c.used_at.is_(None))
        .values(used_at=at)
    )
    if taken.rowcount != 1:
        return False
    actor = account_reads.viewer_for(link.user_id)
    _connect(link.user_id, found, actor, at)
    account_links.void(link.user_id, at)
    sessions.end_all(link.user_id, at=at, reason="directory account connected")
    what = "invitation taken up" if link.kind is LinkKind.INVITE else "directory account connected by link"
    audit.record(actor, f"account: {what}", at=at, about_id=link.user_id, address=address)
    return True


@use_case
def disconnect(user_id: int, *, actor: Viewer, at: datetime) -> None:
    """The owner, or an administrator (the caller has judged that), takes the connection away: every session that came
    through it ends. Raises RuleBroken where there is none."""
    done = db.session.execute(delete(_TABLE).where(_TABLE.c.user_id == user_id))
    if not done.rowcount:
        raise RuleBroken("No directory account is connected.")
    sessions.end_all_via_directory(user_id, at=at)
    _told(user_id, "disconnected", actor, at)


@use_case
def used(found: Found, *, at: datetime) -> None:
    """Note that somebody came in with it."""
    db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.issuer == found.issuer, _TABLE.c.subject == found.subject)
        .values(used_at=at, label=found.label)
    )


def _connect(user_id, found, actor, at):
    owner = reads.owner(found.issuer, found.subject)
    if owner is not None and owner.user_id != user_id:
        raise RuleBroken(
            "That directory account signs in somebody else here. Sign out of the directory and come back with your own."
        )
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update())
    db.session.execute(delete(_TABLE).where(_TABLE.c.user_id == user_id))
    db.session.execute(
        insert(_TABLE).values(
            id=new_id(),
            user_id=user_id,
            issuer=found.issuer,
            subject=found.subject,
            label=found.label,
            connected_at=at,
        )
    )
    _told(user_id, "connected", actor, at)


def _told(user_id, what, actor, at):
    audit.record(actor, f"account: directory account {what}", at=at, about_id=user_id)
    email = db.session.scalar(select(User.email).where(User.id == user_id))
    sentence = {
        "connected": "an account in a directory was connected with your account: it signs you in from now on.",
        "disconnected": "your account is no longer connected with an account in a directory.",
    }[what]
    outbox.enqueue(
        f"directory:{user_id}:{at:%Y%m%d%H%M%S%f}:{what}",
        to=email,
        subject="A change to signing in to Caseapp",
        body=f"Good day,\n\n{sentence}\n\nIf this was not you, tell your agency's administrator at once.\n",
        at=at,
    )
