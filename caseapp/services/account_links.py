"""Single-use links: an invitation lasts seven days, a link for a new password one hour. The database keeps a hash."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from caseapp.extensions import db
from caseapp.models import OneTimeLink, User
from caseapp.queries import accounts as reads
from caseapp.queries import agency_sign_in
from caseapp.queries.accounts import link_hash
from caseapp.services import audit, outbox, sessions, throttle
from caseapp.services.transaction import use_case
from caseapp.vocabulary import LinkKind

LASTS = {LinkKind.INVITE: timedelta(days=7), LinkKind.RESET: timedelta(hours=1)}

#: At most one mail with a link to an address in this time, in seconds, so that nobody can flood a mailbox.
PAUSE = 120

_TABLE = OneTimeLink.__table__

SUBJECT = {
    LinkKind.INVITE: "Your invitation to Caseapp",
    LinkKind.RESET: "A new password for Caseapp",
}
BODY = {
    LinkKind.INVITE: """Good day,

you have been invited to Caseapp, where several agencies work on one care plan together.
Set up your own way in here, within seven days:

{link}

The link works once. If you did not expect this, tell your agency's administrator and do nothing else.
""",
    LinkKind.RESET: """Good day,

somebody, probably you, asked for a new password for Caseapp. Choose it here, within one hour:

{link}

The link works once. If it was not you, do nothing: your password stays as it is.
""",
}
CHANGED_SUBJECT = "Your password for Caseapp was changed"
CHANGED_BODY = """Good day,

the password of your account was changed just now, and every session was ended.

If it was not you, tell your agency's administrator at once.
"""


def make(
    user_id: int,
    email: str,
    kind: LinkKind,
    *,
    at: datetime,
    link_to: Callable[[str], str],
    by: int | None = None,
) -> str:
    """A new link, mailed; the ones before are void. Runs in the transaction that is open. `link_to` makes the full
    address from the token. Returns that address."""
    token = secrets.token_urlsafe(32)
    void(user_id, at)
    db.session.execute(
        insert(_TABLE).values(
            token_hash=link_hash(token),
            user_id=user_id,
            kind=kind,
            created_at=at,
            created_by_id=by,
            expires_at=at + LASTS[kind],
        )
    )
    address = link_to(token)
    outbox.enqueue(
        f"link:{link_hash(token)}",
        to=email,
        subject=SUBJECT[kind],
        body=BODY[kind].format(link=address),
        at=at,
    )
    return address


@use_case
def ask_for_password(email: str, *, at: datetime, link_to: Callable[[str], str], address: str = "") -> None:
    """Somebody forgot a password. A link is mailed if the account is live; otherwise nothing happens, and the caller
    learns neither."""
    account = reads.credentials(email)
    if account is None or not account.live or _asked_just_now(account.user_id, at):
        return
    way = agency_sign_in.of(account.agency_id)
    if not agency_sign_in.password_opens(agency_sign_in.roles_of(account.user_id), way):
        return  # a new password would open nothing; a link of an administrator connects a directory account
    make(account.user_id, reads.plain_email(email), LinkKind.RESET, at=at, link_to=link_to)
    audit.record(None, "account: a new password asked for", at=at, about_id=account.user_id, address=address)


@use_case
def use(token: str, *, at: datetime, new_hash: str, address: str = "") -> bool:
    """Set the password that was chosen with a link. Ends every session of the account and voids its other links.
    False if the link has been used, has run out or never was."""
    link = reads.link(token, at=at)
    if link is None:
        return False
    taken = db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.token_hash == link_hash(token), _TABLE.c.used_at.is_(None))
        .values(used_at=at)
    )
    if taken.rowcount != 1:
        return False
    throttle.forget(link.email)
    set_password(link.user_id, link.email, new_hash, at=at, tell=link.kind is LinkKind.RESET)
    what = "account: invitation taken up" if link.kind is LinkKind.INVITE else "account: new password by link"
    audit.record(reads.viewer_for(link.user_id), what, at=at, about_id=link.user_id, address=address)
    return True


def set_password(user_id: int, email: str, new_hash: str, *, at: datetime, tell: bool = True) -> None:
    """Keep a new password, in the transaction that is open: every session ends, every link is void, and its owner is
    told by mail."""
    user = db.session.get(User, user_id)
    user.password_hash, user.password_changed_at = new_hash, at
    void(user_id, at)
    sessions.end_all(user_id, at=at, reason="password changed")
    if tell:
        stamp = f"{at:%Y%m%d%H%M%S%f}"
        outbox.enqueue(
            f"password:{user_id}:{stamp}", to=email, subject=CHANGED_SUBJECT, body=CHANGED_BODY, at=at
        )


def void(user_id: int, at: datetime) -> None:
    """End every link of an account that could still be used, in the transaction that is open."""
    db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.user_id == user_id, _TABLE.c.used_at.is_(None), _TABLE.c.expires_at > at)
        .values(expires_at=at)
    )


def _asked_just_now(user_id, at):
    return db.session.scalar(
        select(_TABLE.c.user_id)
        .where(
            _TABLE.c.user_id == user_id,
            _TABLE.c.kind == LinkKind.RESET,
            _TABLE.c.created_at > at - timedelta(seconds=PAUSE),
        )
        .limit(1)
    )
