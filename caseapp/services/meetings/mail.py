"""Mail about meetings: that there is one, that it changed, that it is off; with a calendar file. It names nobody and
nothing but the day and the hour; the rest is read in Caseapp, by those who may (docs/decisions/0014-invitations.md).

To the named worker, or to whoever comes instead; where an agency was invited without a name, its news and digests tell.
Whoever chose never to get mail gets none.
"""

import logging
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from caseapp import clock, dates
from caseapp.calendar_files import CANCEL, REQUEST, Invitation, calendar_file
from caseapp.extensions import db
from caseapp.models import Attendee, Meeting, User
from caseapp.policy.meetings import MeetingFile
from caseapp.services import outbox, shut_out
from caseapp.vocabulary import Answer, DigestChoice

log = logging.getLogger(__name__)

SUBJECTS = {
    "invited": "You are invited to a meeting",
    "changed": "A meeting has changed",
    "off": "A meeting is off",
}
BODY = """Good day,

{say}

{way}
This mail names nobody on purpose. The attached file puts the day into your calendar, or takes it out.
Nobody reads answers to this address.
"""


def uid(meeting_id: int) -> str:
    """What calendars know the meeting by."""
    return f"{meeting_id}@caseapp.meeting"


def invitation(
    meeting: Meeting,
    *,
    method: str,
    at: datetime,
    link: str = "",
    to: str = "",
    joins_at: datetime | None = None,
) -> str:
    """The calendar file of a meeting as it stands; `joins_at` is the recipient's own start (S3-56)."""
    return calendar_file(
        Invitation(
            uid=uid(meeting.id),
            sequence=meeting.sequence,
            method=method,
            starts_at=joins_at or meeting.starts_at,
            ends_at=meeting.ends_at,
            made_at=at,
            link=link,
            recipient=to,
            organiser=f"caseapp@{urlsplit(link).hostname or 'localhost'}" if to else "",
        )
    )


def invited(file: MeetingFile, meeting: Meeting, rows: list[Attendee], *, at: datetime, link: str) -> int:
    """Mail an invitation, new or changed, to everybody behind these rows. Returns how many messages."""
    return sum(
        _send(meeting, row, to, "changed" if meeting.sequence else "invited", REQUEST, at, link)
        for row, to in _mailboxes(meeting, rows)
    )


def cancelled(file: MeetingFile, meeting: Meeting, rows: list[Attendee], *, at: datetime, link: str) -> int:
    """Mail that the meeting is off for these rows: put off, called off, or not for them any more."""
    if meeting.starts_at is None:
        return 0
    return sum(_send(meeting, row, to, "off", CANCEL, at, link) for row, to in _mailboxes(meeting, rows))


def passed_on(meeting: Meeting, row: Attendee, *, at: datetime, link: str) -> int:
    """Mail the invitation to whoever comes instead."""
    return sum(
        _send(meeting, row, to, "invited", REQUEST, at, link) for row, to in _mailboxes(meeting, [row])
    )


def _mailboxes(meeting, rows):
    """(row, address) of the live account behind each row that wants mail, and may know of the person."""
    wanted = {}
    for row in rows:
        who = row.substitute_id if row.answer is Answer.SUBSTITUTE and row.substitute_id else row.user_id
        if who and row.answer is not Answer.DECLINED:
            wanted[who] = row
    for one in shut_out.of_case(meeting.case_id):
        wanted.pop(one, None)
    found = db.session.execute(
        select(User.id, User.email).where(
            User.id.in_(wanted), User.disabled_at.is_(None), User.digest != DigestChoice.NEVER
        )
    ).all()
    return [(wanted[user_id], (user_id, email)) for user_id, email in found]


def _send(meeting, row, to, word, method, at, link):
    user_id, address = to
    day = f"{dates.long_day(clock.local_day(row.joins_at or meeting.starts_at))} at {dates.hour(row.joins_at or meeting.starts_at)}"
    say = {
        "invited": f"You are invited to a meeting on {day}. Please answer in Caseapp whether you come.",
        "changed": f"A meeting to which you are invited has changed. It is on {day}.",
        "off": f"The meeting on {day} does not take place, or not with you.",
    }[word]
    way = (
        f"What it is about and where you read here, after signing in:\n{link}\n"
        if link
        else "Sign in to Caseapp to read more.\n"
    )
    try:
        return outbox.enqueue(
            f"meeting:{meeting.id}:{meeting.sequence}:{word}:{user_id}:{row.version}",
            to=address,
            subject=SUBJECTS[word],
            body=BODY.format(say=say, way=way),
            at=at,
            calendar=invitation(meeting, method=method, at=at, link=link, to=address, joins_at=row.joins_at),
        )
    except ValueError:
        log.warning("user %s has an address to which no mail can go", user_id)
        return False
