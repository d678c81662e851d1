"""Mail: written with the change that causes it, sent by `flask --app app reminders`, at least once (design: data, 8).

A message is claimed by one UPDATE that no two senders can share: PostgreSQL skips rows that another has locked, on
SQLite the writing transaction lets only one in at a time. A sender that dies leaves its claim to run out after LEASE;
the message then goes again, with the same Message-ID, so that a mail program shows it once.

No message holds personal data; nothing that a user typed ever reaches a header.
"""

import logging
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import OutboxMessage
from caseapp.services.audit import mail as audit_mail
from caseapp.services.transaction import unit_of_work

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
AT_ONCE = 10
#: After this many attempts (about a day and a half) a message is given up; its row stays.
ATTEMPTS_MOST = 10
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=8)
NO_SERVER = "no mail server"

_TABLE = OutboxMessage.__table__
_INSERT = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\\x00-\x20\x7f]{1,64}@[A-Za-z0-9.-]{1,190}\Z")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. Without a host nothing is sent and everything is kept."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = True
    mail_from: str = "caseapp@localhost"

    @classmethod
    def of(cls, config) -> "Server":
        """From the application's settings (SMTP_…, MAIL_FROM)."""
        return cls(
            config["SMTP_HOST"],
            config["SMTP_PORT"],
            config["SMTP_USER"],
            config["SMTP_PASSWORD"],
            config["SMTP_STARTTLS"],
            config["MAIL_FROM"],
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One claimed message."""

    id: int
    to_address: str
    subject: str
    body: str
    created_at: datetime
    attempts: int
    calendar: str | None = None


def enqueue(
    dedupe: str,
    *,
    to: str,
    subject: str,
    body: str,
    at: datetime,
    due_at: datetime | None = None,
    calendar: str | None = None,
) -> bool:
    """Put a message in the outbox, in the transaction that is open; True unless one with this `dedupe` key is or was
    there already. Line breaks in the subject become spaces; a thing that is no single address is refused (ValueError).
    `calendar` is a calendar file (calendar_files) to go with it.
    """
    if not _ADDRESS.match(to):
        raise ValueError("not one mail address")
    values = {
        "id": new_id(),
        "dedupe": dedupe,
        "to_address": to,
        "subject": _BREAKS.sub(" ", subject).strip()[:300],
        "body": body,
        "calendar": calendar,
        "created_at": at,
        "due_at": due_at or at,
        "attempts": 0,
        "error": "",
    }
    made = _INSERT[db.engine.dialect.name](_TABLE).values(**values)
    made = made.on_conflict_do_nothing(index_elements=["dedupe"]).returning(_TABLE.c.id)
    return db.session.execute(made).first() is not None


def claim(*, at: datetime, most: int = AT_ONCE) -> list[Message]:
    """Take up to `most` messages that are due and that no live claim holds; counts as an attempt. Commits."""
    waiting = (
        select(_TABLE.c.id)
        .where(
            _TABLE.c.sent_at.is_(None),
            _TABLE.c.dead_at.is_(None),
            _TABLE.c.due_at <= at,
            (_TABLE.c.lease_until.is_(None)) | (_TABLE.c.lease_until < at),
        )
        .order_by(_TABLE.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(_TABLE)
        .where(_TABLE.c.id.in_(waiting))
        .values(lease_until=at + LEASE, attempts=_TABLE.c.attempts + 1)
        .returning(
            _TABLE.c.id,
            _TABLE.c.to_address,
            _TABLE.c.subject,
            _TABLE.c.body,
            _TABLE.c.created_at,
            _TABLE.c.attempts,
            _TABLE.c.calendar,
        )
    )
    with unit_of_work():
        return [Message(*row) for row in db.session.execute(statement)]


def letter(message: Message, server: Server) -> EmailMessage:
    """The message as it leaves. The library refuses any header with a line break in it (ValueError)."""
    mail = EmailMessage()
    mail["From"] = server.mail_from
    mail["To"] = message.to_address
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    domain = server.mail_from.rpartition("@")[2].strip("<> ") or "localhost"
    mail["Message-ID"] = f"<{message.id}.outbox@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.body)
    if message.calendar:
        method = "CANCEL" if "METHOD:CANCEL" in message.calendar else "REQUEST"
        mail.add_attachment(
            message.calendar.encode("utf-8"),
            maintype="text",
            subtype="calendar",
            filename="meeting.ics",
            params={"method": method, "charset": "utf-8"},
        )
    return mail


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run did."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    kept: int = 0

    def __str__(self):
        if self.kept:
            return f"{NO_SERVER}: {self.kept} kept"
        words = [f"{self.sent} sent"]
        if self.failed:
            words.append(f"{self.failed} to be tried again")
        if self.given_up:
            words.append(f"{self.given_up} given up")
        return ", ".join(words)


def send_all(
    server: Server, *, now: Callable[[], datetime], connect: Callable[[Server], object] | None = None
) -> Sent:
    """Send everything that is due, message by message; what fails is tried again later, ever more seldom. Without a
    server everything stays where it is, and the run says so."""
    if not server.host:
        return _keep(at=now())
    sent = failed = given_up = 0
    with _Line(server, connect or open_line) as line:
        while claimed := claim(at=now()):
            for message in claimed:
                try:
                    line.send(letter(message, server))
                except (smtplib.SMTPException, OSError, ValueError) as error:
                    line.drop()
                    dead = settle(message, at=now(), error=error)
                    given_up, failed = given_up + dead, failed + (not dead)
                    log.warning("mail %s not sent: %s", message.id, _reason(error))
                else:
                    settle(message, at=now())
                    sent += 1
    return Sent(sent, failed, given_up)


def settle(message: Message, *, at: datetime, error: Exception | None = None) -> bool:
    """Write down how it went. What has left, or never will, keeps no body: it may hold a single-use link. Returns whether the message was given up: after ATTEMPTS_MOST, or at once where the
    server says that the address will never do (a 5xx answer to the recipient)."""
    given_up = error is not None and (message.attempts >= ATTEMPTS_MOST or _never(error))
    if error is None:
        values = {"sent_at": at, "lease_until": None, "error": "", "body": "", "calendar": None}
    elif given_up:
        values = {"dead_at": at, "lease_until": None, "error": _reason(error), "body": "", "calendar": None}
    else:
        wait = min(FIRST_WAIT * 2 ** (message.attempts - 1), LONGEST_WAIT)
        values = {"due_at": at + wait, "lease_until": None, "error": _reason(error)}
    with unit_of_work():
        settled = db.session.execute(
            update(_TABLE)
            .where(_TABLE.c.id == message.id, _TABLE.c.sent_at.is_(None))
            .values(**values)
            .returning(_TABLE.c.dedupe)
        ).first()
        if settled and error is None:
            audit_mail.sent(settled.dedupe, to=message.to_address, subject=message.subject, at=at)
    return given_up


def open_line(server: Server):
    """A connection to the mail server, encrypted unless the setting says otherwise."""
    line = smtplib.SMTP(server.host, server.port, timeout=20)
    try:
        if server.starttls:
            line.starttls(context=ssl.create_default_context())
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


class _Line:
    """One connection for many messages, opened when the first needs it and again after a fault."""

    def __init__(self, server, connect):
        self.server, self.connect, self.open = server, connect, None

    def __enter__(self):
        return self

    def send(self, mail):
        if self.open is None:
            self.open = self.connect(self.server)
        self.open.send_message(mail)

    def drop(self):
        if self.open is not None:
            self.open.close()
        self.open = None

    def __exit__(self, *_):
        if self.open is not None:
            try:
                self.open.quit()
            except (smtplib.SMTPException, OSError):
                self.open.close()


def _keep(*, at):
    waiting = (_TABLE.c.sent_at.is_(None), _TABLE.c.dead_at.is_(None), _TABLE.c.due_at <= at)
    with unit_of_work():
        db.session.execute(
            update(_TABLE).where(*waiting, _TABLE.c.error != NO_SERVER).values(error=NO_SERVER)
        )
        kept = len(db.session.scalars(select(_TABLE.c.id).where(*waiting).limit(10_000)).all())
    if kept:
        log.warning("%s: %s messages are kept", NO_SERVER, kept)
    return Sent(kept=kept)


def _never(error) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    return isinstance(error, ValueError)


def _reason(error) -> str:
    """The kind of fault and the server's code; never its text, which may quote addresses."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"[:300]
