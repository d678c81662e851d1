"""Nothing is shown, refused, sent or signed in to without an entry in the audit record, in the answer's own transaction
(X-5, X-13, ASVS 16.2, 16.3)."""

import re

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.engine import Engine

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, User
from caseapp.services import outbox, passwords, sessions
from caseapp.services.audit.verify import verify
from tests import canaries
from tests.asked import Alike
from tests.meetings_at import scheduled
from tests.test_canaries import addresses
from tests.world import sign_in

#: Words that stand for somebody's record.
OF_SOMEBODY = re.compile(r"CANARY-(LEAD|NAME|PLAN|HARBOUR|CLINIC|SHARED|FOREIGN)|Rafter")
#: The words that somebody gave to their own saved view or sheet hold a canary, and are read by them alone.
OWN_WORDS = {"home.new_view", "home.rename_view_form", "home.delete_view_form", "imports.index"}
CASE = "/cases/41729304"


@pytest.fixture
def everything(app, database, db_session):
    return database.kept("canaries", canaries.build)


def entries():
    db.session.rollback()
    count = db.session.scalar(select(func.count()).select_from(AuditEntry))
    db.session.rollback()
    return count


@pytest.mark.parametrize("name", ["declan", "mark", "amina"])
def test_every_answer_about_somebody_and_every_refusal_leaves_an_entry(app, everything, database, name):
    if (database.kind == "postgresql") != (name == "amina"):
        return  # each of them walks once
    client = app.test_client()
    client.judging = False
    sign_in(client, everything.viewers[name])
    unnoted, alike = [], Alike()
    for endpoint, method, address in addresses(app, everything.ids, wide=False):
        access = getattr(app.view_functions[endpoint], "access", "public")
        if method != "GET" or endpoint in OWN_WORDS or alike.known(method, address):
            continue
        before = entries()
        answer = client.get(address)
        alike.note(method, address, answer)
        shown = answer.status_code == 200 and OF_SOMEBODY.search(answer.get_data().decode(errors="replace"))
        refused = answer.status_code in (403, 404) and access != "public"
        if (shown or refused) and entries() == before:
            unnoted.append((endpoint, address, answer.status_code, shown and shown[0]))
    assert not unnoted, "\n".join(map(str, unnoted))
    assert verify() == []


@pytest.mark.parametrize(
    "address, headers",
    [
        (CASE + "/plan", {}),
        (CASE + "/plan", {"HX-Request": "true"}),
        (CASE + "/print/plan", {}),
        (CASE + "/audit.csv", {}),
        (CASE + "/notes", {}),
        (CASE + "/timeline", {"HX-Request": "true"}),
        ("/caseload", {}),
        ("/caseload.csv", {}),
        ("/our-actions", {}),
        ("/people", {}),
        ("/meetings", {}),
    ],
)
def test_no_page_fragment_print_or_file_is_shown_without_its_entry(
    app, world, as_, address, headers, monkeypatch
):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)  # as in production
    scheduled(world)
    client = as_("orla")
    client.judging = False
    whole = client.get(address, headers=headers)
    assert whole.status_code == 200
    before = entries()

    def full(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO audit_entry"):
            raise OSError("no space left on the disk")

    event.listen(Engine, "before_cursor_execute", full)
    try:
        answer = client.get(address, headers=headers)
    finally:
        event.remove(Engine, "before_cursor_execute", full)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert not OF_SOMEBODY.search(shown) and "Niall" not in shown and "41729304" not in shown
    assert entries() == before and client.get(address, headers=headers).status_code == 200


def of(act, **which):
    db.session.rollback()
    wanted = [getattr(AuditEntry, name) == value for name, value in which.items()]
    return db.session.scalars(
        select(AuditEntry).where(AuditEntry.act == act, *wanted).order_by(AuditEntry.id)
    ).all()


def test_a_part_of_a_record_that_is_not_there_is_a_refusal_about_the_record(world, as_):
    as_("orla").get(f"{CASE}/actions/1234567")
    (entry,) = of("refused")
    assert (entry.case_id, entry.person_id, entry.user_id) == (
        world.case_id,
        world.person_id,
        world.orla.user_id,
    )
    assert entry.what == "plan:view" and entry.address == "127.0.0.1"


def test_a_refusal_by_the_guard_is_written_once(world, as_):
    as_("leah").get(CASE)
    as_("mark").get(CASE)
    assert [(entry.user_name, entry.case_id == world.case_id) for entry in of("refused")] == [
        ("Leah Quigg", True),
        ("Mark Ellery", True),
    ]


# --- signing in and out -------------------------------------------------------------------------------------------


def test_signing_in_and_out_says_who_when_from_where_and_how(world, client):
    secret = passwords.hashed("a long enough pass phrase")
    db.session.execute(update(User).where(User.id == world.orla.user_id).values(password_hash=secret))
    db.session.commit()
    assert client.submit("/sign-in", email="orla@canal.example", password="wrong").status_code == 422
    came = client.submit("/sign-in", email="orla@canal.example", password="a long enough pass phrase")
    assert came.status_code == 303
    client.post("/sign-out", data={"csrf_token": client.token("/account")})
    (came,), (went,) = of("signed_in"), of("signed_out")
    for entry in (came, went):
        assert (entry.user_name, entry.agency_name) == ("Orla Keaveney", "Canal Street Drug Service")
        assert entry.chain == world.orla.user_id and entry.address == "127.0.0.1" and entry.person_id is None
    assert (came.what, went.what) == ("signed in with a password", "signed out")


def test_sessions_that_are_ended_for_somebody_are_about_their_account(world, as_):
    for _ in range(2):
        as_("tomasz")
    sessions.end_all(world.tomasz.user_id, at=clock.now(), reason="roles changed")
    sessions.end_all(world.tomasz.user_id, at=clock.now(), reason="roles changed")
    (entry,) = of("signed_out")
    assert (entry.what, entry.user_id, entry.about_id) == (
        "signed out: roles changed",
        None,
        world.tomasz.user_id,
    )
    assert entry.detail == {"sessions": 2}


# --- mail -----------------------------------------------------------------------------------------------------------


def test_each_mail_that_left_says_to_whom_and_on_whose_record(world, db_session):
    meeting = scheduled(world)
    for key, to in (
        ("digest:1", "orla@canal.example"),
        (f"meeting:{meeting}:1:invited:5:1", "x@harbour.example"),
    ):
        outbox.enqueue(key, to=to, subject="Something for you", body="A link", at=clock.now())
    outbox.enqueue("never", to="y@harbour.example", subject="Later", body="A link", at=clock.now())
    db_session.commit()
    for message in outbox.claim(at=clock.now()):
        failed = OSError("no line") if message.subject == "Later" else None
        outbox.settle(message, at=clock.now(), error=failed)
        outbox.settle(message, at=clock.now(), error=failed)
    told = {entry.detail["to"]: (entry.what, entry.about_id, entry.case_id) for entry in of("sent")}
    assert len(of("sent")) == 2 and told == {
        "orla@canal.example": ("mail: Something for you", world.orla.user_id, None),
        "x@harbour.example": ("mail: Something for you", None, world.case_id),
    }
