"""Mail: claimed once, tried again ever more seldom, given up in the end, and never carrying anything into a header."""

import smtplib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import OutboxMessage
from caseapp.services import outbox
from caseapp.services.outbox import Message, Server
from caseapp.services.transaction import unit_of_work

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SERVER = Server(host="mail.example", mail_from="Caseapp <caseapp@house.example>")


class Post:
    """A mail server that remembers what it took; `faults` are raised first, one for each message."""

    def __init__(self, *faults):
        self.taken, self.faults, self.opened = [], list(faults), 0
        self.lock = threading.Lock()

    def __call__(self, server):
        self.opened += 1
        return self

    def send_message(self, mail):
        with self.lock:
            if self.faults:
                raise self.faults.pop(0)
            self.taken.append(mail)

    def quit(self):
        pass

    close = quit


def put(*keys, to="tomasz@harbour.example", at=AT):
    with unit_of_work():
        return [outbox.enqueue(key, to=to, subject="One thing waits", body="Sign in", at=at) for key in keys]


def send(post, at=AT, server=SERVER):
    return outbox.send_all(server, now=lambda: at, connect=post)


def messages():
    return {row.dedupe: row for row in db.session.scalars(select(OutboxMessage))}


def test_the_same_message_is_put_in_once(db_session):
    assert put("a") == [True]
    assert put("a", "b") == [False, True]
    assert len(messages()) == 2


def test_what_is_sent_is_gone_and_a_second_run_sends_nothing(db_session):
    put("a", "b")
    post = Post()
    assert str(send(post)) == "2 sent"
    assert str(send(post)) == "0 sent"
    assert [mail["To"] for mail in post.taken] == ["tomasz@harbour.example"] * 2
    assert {row.body for row in messages().values()} == {""}, (
        "a single-use link does not stay in the database"
    )
    assert post.opened == 1


def test_nothing_leaves_before_its_time(db_session):
    with unit_of_work():
        outbox.enqueue(
            "later", to="a@b.example", subject="s", body="b", at=AT, due_at=AT + timedelta(hours=1)
        )
    assert str(send(Post())) == "0 sent"
    assert str(send(Post(), at=AT + timedelta(hours=1))) == "1 sent"


def test_without_a_mail_server_everything_is_kept_and_said(db_session, caplog):
    put("a", "b")
    assert str(send(Post(), server=Server())) == "no mail server: 2 kept"
    assert str(send(Post(), server=Server())) == "no mail server: 2 kept"
    assert "no mail server" in caplog.text
    assert {(row.attempts, row.error) for row in messages().values()} == {(0, "no mail server")}
    assert str(send(Post())) == "2 sent"


def test_what_fails_is_tried_again_ever_more_seldom_and_then_given_up(db_session):
    put("a")
    at, waits = AT, []
    for attempt in range(1, outbox.ATTEMPTS_MOST):
        assert str(send(Post(OSError("no route")), at=at)) == "0 sent, 1 to be tried again"
        row = messages()["a"]
        db.session.refresh(row)
        assert row.attempts == attempt
        waits.append(row.due_at - at)
        assert str(send(Post(), at=row.due_at - timedelta(seconds=1))) == "0 sent", "not before its time"
        db.session.expire_all()
        at = messages()["a"].due_at
    assert waits[0] == outbox.FIRST_WAIT
    assert waits == sorted(waits)
    assert max(waits) <= outbox.LONGEST_WAIT
    assert str(send(Post(OSError()), at=at)) == "0 sent, 1 given up"
    assert str(send(Post(), at=at + timedelta(days=9))) == "0 sent"
    db.session.expire_all()
    row = messages()["a"]
    assert row.dead_at is not None
    assert row.error == "OSError"


def test_an_address_that_the_server_refuses_for_good_is_not_tried_again(db_session):
    put("a")
    refused = smtplib.SMTPRecipientsRefused({"tomasz@harbour.example": (550, b"no such user Tomasz")})
    assert str(send(Post(refused))) == "0 sent, 1 given up"
    assert "Tomasz" not in messages()["a"].error


def test_one_that_fails_does_not_keep_the_others(db_session):
    put("a", "b", "c")
    post = Post(smtplib.SMTPServerDisconnected("gone"))
    assert str(send(post)) == "2 sent, 1 to be tried again"
    assert post.opened == 2, "a fault ends the connection; the next message opens another"


def test_a_claim_that_its_sender_never_settled_runs_out(db_session):
    put("a")
    (first,) = outbox.claim(at=AT)
    assert outbox.claim(at=AT + timedelta(minutes=1)) == []
    (again,) = outbox.claim(at=AT + outbox.LEASE + timedelta(seconds=1))
    assert again.id == first.id
    letters = [outbox.letter(message, SERVER)["Message-ID"] for message in (first, again)]
    assert letters[0] == letters[1], "a mail program shows it once"
    assert letters[0].endswith(".outbox@house.example>")


def test_two_senders_at_once_send_each_message_once(app, db_session):
    put(*[f"m{n}" for n in range(60)])
    db.session.rollback()
    post, faults = Post(), []

    def sender():
        try:
            with app.app_context():
                outbox.send_all(SERVER, now=lambda: AT, connect=lambda server: post)
        except Exception as error:
            faults.append(error)

    senders = [threading.Thread(target=sender) for _ in range(3)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert faults == []
    ids = [mail["Message-ID"] for mail in post.taken]
    assert len(ids) == len(set(ids)) == 60
    assert all(row.sent_at for row in messages().values())


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\nBcc: everybody@x.example",
        "a@b.example, c@d.example",
        "a@b.example\r",
        "two@b.example c@d.example",
        "<a@b.example>",
        "nobody",
        "",
        "a\x00@b.example",
    ],
)
def test_what_is_no_single_address_is_refused(db_session, address):
    with pytest.raises(ValueError, match="not one mail address"):
        put("a", to=address)
    assert messages() == {}


def test_a_line_break_in_a_subject_never_reaches_a_header(db_session):
    with unit_of_work():
        outbox.enqueue("a", to="a@b.example", subject="Hello\r\nBcc: x@y.example\n\nbody", body="b", at=AT)
    post = Post()
    send(post)
    (mail,) = post.taken
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: x@y.example body"


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_makes_a_header_of_its_own(subject, body):
    subject = outbox._BREAKS.sub(" ", subject).strip()
    try:
        mail = outbox.letter(Message(1, "a@b.example", subject, body, AT, 1), SERVER)
        raw = mail.as_bytes()
    except (ValueError, UnicodeError):
        return
    head = raw.split(b"\n\n", 1)[0].decode("ascii")
    names = {line.split(":")[0].lower() for line in head.splitlines() if line and line[0] not in " \t"}
    assert names <= {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "x-auto-response-suppress",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    }
