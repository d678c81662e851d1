"""Accounts that nobody uses: warned after 30 days, locked after 60 (design: security, 2b). A duty of each run.

Counted are days since somebody last signed in, or, if they never did, since the account was made, its password set, or
its owner sent a link. Demo accounts are left alone. What is locked keeps everything; an administrator opens it again,
and its owner then chooses a new password.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from caseapp.extensions import db
from caseapp.models import DirectoryAccount, OneTimeLink, User
from caseapp.services import audit, outbox, sessions

WARN_AFTER = timedelta(days=30)
LOCK_AFTER = timedelta(days=60)
REASON = "not used for 60 days"

_TABLE = User.__table__


def run(*, at: datetime) -> str:
    """Warn and lock, in the transaction that is open; what was done, in words."""
    warned = locked = 0
    for row in _unused(at - WARN_AFTER):
        if row.since <= at - LOCK_AFTER:
            _lock(row, at)
            locked += 1
        else:
            warned += _warn(row, at)
    return f"{warned} warned, {locked} locked"


def _unused(before):
    """Live accounts with a password, or a directory account, whose last sign of life is earlier."""
    link = (
        select(OneTimeLink.user_id, func.max(OneTimeLink.created_at).label("at"))
        .group_by(OneTimeLink.user_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            User.id,
            User.email,
            User.last_signed_in_at,
            User.created_at,
            User.password_changed_at,
            link.c.at.label("link_at"),
        )
        .outerjoin(link, link.c.user_id == User.id)
        .outerjoin(DirectoryAccount, DirectoryAccount.user_id == User.id)
        .where(
            or_(User.password_hash.is_not(None), DirectoryAccount.id.is_not(None)),
            User.disabled_at.is_(None),
            User.locked_at.is_(None),
            User.demo.is_(False),
            User.created_at <= before,
            (User.last_signed_in_at.is_(None)) | (User.last_signed_in_at <= before),
        )
        .order_by(User.id)
    )
    for row in rows.all():
        signs = (row.last_signed_in_at, row.created_at, row.password_changed_at, row.link_at)
        since = max(sign for sign in signs if sign is not None)
        if since <= before:
            yield _Unused(row.id, row.email, since)


class _Unused:
    def __init__(self, id_, email, since):
        self.id, self.email, self.since = id_, email, since


def _warn(row, at) -> bool:
    """Once for each time of absence."""
    return outbox.enqueue(
        f"unused:{row.id}:{row.since:%Y%m%d%H%M}",
        to=row.email,
        subject="Your account at Caseapp has not been used",
        body="Good day,\n\nnobody has signed in with your account for 30 days. After 60 days it is locked, so that "
        "nobody else finds it open.\n\nIf you still work with it, sign in once. If not, tell your agency's "
        "administrator.\n",
        at=at,
    )


def _lock(row, at):
    db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.id == row.id, _TABLE.c.locked_at.is_(None))
        .values(locked_at=at, locked_reason=REASON, version=_TABLE.c.version + 1)
    )
    sessions.end_all(row.id, at=at, reason="account locked")
    audit.record(None, "account: locked", at=at, about_id=row.id, detail={"reason": REASON})
    outbox.enqueue(
        f"locked:{row.id}:{at:%Y%m%d%H%M}",
        to=row.email,
        subject="Your account at Caseapp is locked",
        body="Good day,\n\nnobody has signed in with your account for 60 days, so it is locked. Your agency's "
        "administrator can open it again.\n",
        at=at,
    )
