"""Mail that says how many things wait in Caseapp, as often as each person chose. It names nobody and nothing: no
person, no case, no agency, no kind of news."""

import logging
from datetime import datetime, time, timedelta

from sqlalchemy import case, func, not_, select, update

from caseapp import clock, working_days
from caseapp.extensions import db
from caseapp.models import Agency, Notification, User
from caseapp.policy.news import tells_the_shut_out
from caseapp.queries.agency_limits import Limits
from caseapp.services import outbox
from caseapp.services.transaction import use_case
from caseapp.vocabulary import DigestChoice

log = logging.getLogger(__name__)
_TABLE = Notification.__table__


@use_case
def write(*, at: datetime, public_url: str) -> int:
    """Put into the outbox a digest for everybody for whom one is due and who has something unread of which no mail told
    yet. Returns how many.

    Soon after each change: at each run. Once a working day: at the first run of a working day, by the calendar of the
    agency. Once a week: at the first run of a week, about what came before its Monday. Never: never."""
    today, limits = clock.local_day(at), Limits()
    monday = clock.at_local(today - timedelta(days=today.weekday()), time())
    unread = func.count().label("unread")
    news = func.sum(case((Notification.mailed_at.is_(None), 1), else_=0))
    rows = db.session.execute(
        select(
            User.id,
            User.email,
            User.digest,
            User.agency_id,
            unread,
            news,
            func.max(Notification.id),
            func.min(Notification.at).filter(Notification.mailed_at.is_(None)),
        )
        .join(Notification, Notification.user_id == User.id)
        .join(Agency, Agency.id == User.agency_id)
        .where(
            Notification.read_at.is_(None),
            User.disabled_at.is_(None),
            Agency.active,
            User.digest != DigestChoice.NEVER,
            not_(tells_the_shut_out(User.id)),
        )
        .group_by(User.id, User.email, User.digest, User.agency_id)
        .having(news > 0)
    ).all()
    written = 0
    for user_id, email, choice, agency_id, count, _new, newest, oldest in rows:
        if choice is DigestChoice.DAILY:
            if not working_days.is_working_day(today, limits.get(agency_id, "working_day_calendar")):
                continue
            dedupe = f"digest:{user_id}:{today}"
        elif choice is DigestChoice.WEEKLY:
            if oldest >= monday:
                continue
            year, week, _ = today.isocalendar()
            dedupe = f"digest:{user_id}:{year}-W{week:02}"
        else:
            dedupe = f"digest:{user_id}:{newest}"
        try:
            new = outbox.enqueue(
                dedupe, to=email, subject=subject(count), body=body(count, public_url), at=at
            )
        except ValueError:
            log.warning("user %s has an address to which no mail can go", user_id)
            continue
        if new:
            written += 1
            db.session.execute(
                update(_TABLE)
                .where(
                    _TABLE.c.user_id == user_id,
                    _TABLE.c.mailed_at.is_(None),
                    _TABLE.c.read_at.is_(None),
                    _TABLE.c.id <= newest,
                )
                .values(mailed_at=at)
            )
    return written


def subject(count: int) -> str:
    """One thing waits for you in Caseapp; 3 things wait for you in Caseapp."""
    return "One thing waits for you in Caseapp" if count == 1 else f"{count} things wait for you in Caseapp"


def body(count: int, public_url: str) -> str:
    """The whole mail: the number, the way in, how to change how often it comes."""
    where = (
        f"Sign in to read {'it' if count == 1 else 'them'}:\n{public_url}/news\n"
        if public_url
        else (f"Sign in to Caseapp to read {'it' if count == 1 else 'them'}.\n")
    )
    account = f":\n{public_url}/account" if public_url else "."
    return (
        f"{subject(count)}.\n\n{where}\n"
        f"This mail names nobody on purpose. How often it comes you choose in your account{account}\n"
        "Nobody reads answers to this address.\n"
    )
