"""Accounts that cannot be borrowed: tries that wait, the second step, the password once more (X-13, issue 6)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select, update

from caseapp import clock
from caseapp.models import (
    Attempt,
    AuditEntry,
    Authenticator,
    CaseNote,
    OutboxMessage,
    RecoveryCode,
    User,
    UserSession,
)
from caseapp.services import passwords, second_factor, throttle
from tests.browser import fields_of
from tests.passwords import SECRET, orla, secret_hash  # noqa: F401 - fixtures

KEY = "only for tests"
WRONG = "something else altogether"


@pytest.fixture
def cheap(monkeypatch):
    """Wrong passwords cost nothing, so that a hundred of them can be tried."""
    monkeypatch.setattr(passwords, "right", lambda stored, given: stored is not None and given == SECRET)


def give(client, email="orla@canal.example", password=SECRET, **more):
    return client.submit("/sign-in", email=email, password=password, **more)


def a_while_ago(db_session, **ago):
    """Time goes by: every try is that much older."""
    for row in db_session.scalars(select(Attempt)):
        row.at -= timedelta(**ago)
    db_session.commit()


# --- tries at the password ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["orla@canal.example", "nobody@canal.example"])
def test_the_eleventh_try_waits_alike_for_an_account_that_there_is_and_one_that_there_is_not(
    client, orla, cheap, db_session, email
):
    for _ in range(10):
        assert give(client, email, WRONG).status_code == 422
    answer = give(client, email)
    assert answer.status_code == 429 and "too many wrong tries" in answer.text
    assert db_session.scalar(select(func.count()).select_from(UserSession)) == 0, (
        "not even the right one counts"
    )
    a_while_ago(db_session, seconds=31)
    assert give(client, email).status_code == (303 if email == orla.email else 422)


def test_each_further_try_waits_twice_as_long_and_never_more_than_a_quarter_of_an_hour(
    client, orla, cheap, db_session
):
    for _ in range(10):
        give(client, password=WRONG)
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        a_while_ago(db_session, seconds=seconds - 5)
        assert give(client, password=WRONG).status_code == 429, seconds
        a_while_ago(db_session, seconds=6)
        assert give(client, password=WRONG).status_code == 422, seconds


def test_the_right_password_takes_the_tries_before_it_away(client, app, orla, cheap, db_session):
    for _ in range(9):
        give(client, password=WRONG)
    assert give(client).status_code == 303
    other = app.test_client()
    for _ in range(9):
        assert give(other, password=WRONG).status_code == 422
    assert give(other).status_code == 303


def test_guessing_from_elsewhere_does_not_lock_the_owner_out(client, app, orla, cheap):
    for _ in range(11):
        client.post(
            "/sign-in",
            data={"email": orla.email, "password": WRONG, "csrf_token": client.token()},
            environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
        )
    assert give(app.test_client()).status_code == 303


def test_after_a_hundred_wrong_ones_in_a_row_only_a_new_password_by_link_opens(
    client, orla, cheap, db_session
):
    key = throttle.account_key(orla.email)
    db_session.add_all(Attempt(key=key, at=clock.now() - timedelta(days=3, minutes=n)) for n in range(100))
    db_session.commit()
    answer = give(client)
    assert answer.status_code == 429 and "I forgot my password" in answer.text
    throttle.forget(orla.email)
    db_session.commit()
    assert give(client).status_code == 303


def test_an_address_from_which_many_accounts_are_tried_waits(client, orla, cheap):
    for number in range(50):
        assert give(client, f"n{number}@canal.example", WRONG).status_code == 422
    assert give(client).status_code == 429


def test_the_table_of_tries_tells_nobody_who_signs_in(client, orla, cheap, db_session):
    give(client, password=WRONG)
    assert all("orla" not in row.key and "127" not in row.key for row in db_session.scalars(select(Attempt)))


# --- the second step ------------------------------------------------------------------------------------------------


@pytest.fixture
def app_of_orla(orla, db_session):
    """Orla's second step is on: `.now()` of the answer is her telephone; her recovery codes."""
    at = clock.now() - timedelta(minutes=5)
    telephone = pyotp.TOTP(second_factor.begin(actor=orla, at=at, under=KEY))
    codes = second_factor.confirm(telephone.at(at), actor=orla, at=at, under=KEY)
    return telephone, codes


def test_it_is_set_up_with_a_code_that_the_app_shows(client, app, orla, db_session):
    give(client)
    page = client.post("/account/second-step", data={"csrf_token": client.token("/account")})
    assert page.status_code == 200 and "<svg" in page.text
    secret = second_factor.begin(actor=orla, at=clock.now(), under=KEY)
    wrong = client.post("/account/second-step/code", data=fields_of(page.text) | {"code": "000000x"})
    assert wrong.status_code == 422 and "not the code" in wrong.text
    done = client.post(
        "/account/second-step/code",
        data=fields_of(wrong.text) | {"code": pyotp.TOTP(secret).at(clock.now())},
    )
    assert done.status_code == 200 and done.text.count("<li>") >= 10
    assert secret not in db_session.scalar(select(Authenticator.sealed))
    assert db_session.scalar(select(func.count()).select_from(RecoveryCode)) == 10
    assert "asks for a code" in db_session.scalars(select(OutboxMessage.body)).all()[-1]
    assert give(app.test_client()).location.startswith("/sign-in/code")


def test_the_password_alone_opens_nothing(client, app_of_orla, db_session):
    answer = give(client)
    assert answer.location == "/sign-in/code"
    assert client.get("/caseload").status_code == 303
    assert db_session.scalar(select(func.count()).select_from(UserSession)) == 0
    assert client.get("/sign-in/code").status_code == 200


def test_a_code_opens_once_and_never_again(client, app, app_of_orla, db_session):
    telephone, _codes = app_of_orla
    give(client)
    code = telephone.at(clock.now())
    assert client.submit("/sign-in/code", code=f"{code[:3]} {code[3:]}").status_code == 303
    assert client.get("/account").status_code == 200
    assert db_session.scalar(select(UserSession.factor)) == "app"
    other = app.test_client()
    give(other)
    answer = other.submit("/sign-in/code", code=code)
    assert answer.status_code == 422 and "used before" in answer.text


def test_a_recovery_code_does_it_once_and_its_owner_is_told(client, app, app_of_orla, db_session):
    _telephone, codes = app_of_orla
    for browser, status in ((client, 303), (app.test_client(), 422)):
        give(browser)
        assert browser.submit("/sign-in/code", code=codes[3].upper()).status_code == status
    told = db_session.scalars(
        select(OutboxMessage.body).where(OutboxMessage.body.contains("recovery codes"))
    ).all()
    assert any("signed in to your account with one of its recovery codes" in body for body in told)
    assert all(code not in body for body in told for code in codes)


def test_the_sixth_wrong_code_waits_and_then_even_the_right_one_does(client, app_of_orla):
    give(client)
    for _ in range(5):
        assert client.submit("/sign-in/code", code="123456").status_code == 422
    assert client.submit("/sign-in/code", code=app_of_orla[0].at(clock.now())).status_code == 429


def test_halfway_in_ends_when_the_password_does(client, app_of_orla, orla, db_session):
    give(client)
    db_session.execute(
        update(User).where(User.id == orla.user_id).values(password_hash=passwords.hashed(WRONG))
    )
    db_session.commit()
    assert client.get("/sign-in/code").location.startswith("/sign-in")
    give(client, password=WRONG)
    db_session.execute(update(User).where(User.id == orla.user_id).values(disabled_at=clock.now()))
    db_session.commit()
    code = client.post("/sign-in/code", data={"code": "1", "csrf_token": client.token()})
    assert code.location.startswith("/sign-in")


def test_text_that_was_typed_is_carried_over_both_steps(client, world, app_of_orla, db_session):
    client.submit("/sign-in", email="orla@canal.example", password=SECRET)
    client.submit("/sign-in/code", code=app_of_orla[0].at(clock.now()))
    form = fields_of(client.get(f"/cases/{world.reference}/notes/new").text) | {
        "kind": "contact",
        "text": "Typed before the session ended",
    }
    db_session.execute(update(UserSession).values(ended_at=clock.now()))
    db_session.commit()
    door = client.post(f"/cases/{world.reference}/notes", data=form)
    assert door.status_code == 401
    step = client.post(
        "/sign-in", data=fields_of(door.text) | {"email": "orla@canal.example", "password": SECRET}
    )
    assert step.status_code == 200 and "One more step" in step.text
    later = app_of_orla[0].at(clock.now() + timedelta(seconds=30))
    kept = client.post("/sign-in/code", data=fields_of(step.text) | {"code": later})
    assert "Typed before the session ended" in kept.text
    assert client.post(f"/cases/{world.reference}/notes", data=fields_of(kept.text)).status_code == 303
    assert "Typed before the session ended" in db_session.scalars(select(CaseNote.text)).all()


def test_where_it_is_required_nothing_else_opens_first(app, as_, world):
    app.config["SECOND_FACTOR"] = "required"
    try:
        client = as_("tomasz")
        assert client.get("/our-actions").location == "/account/second-step"
        refused = client.post(
            f"/cases/{world.reference}/issues",
            data={
                "csrf_token": client.token("/account/second-step"),
                "text": "A long text that must not be lost",
            },
        )
        assert refused.status_code == 403 and "must not be lost" in refused.text
        assert "With your account a second step is needed" in client.get("/account/second-step").text
    finally:
        app.config["SECOND_FACTOR"] = "offered"


def test_turning_it_off_tells_the_owner_and_ends_every_other_session(client, app, app_of_orla, db_session):
    for browser in (client, other := app.test_client()):
        give(browser)
        browser.submit("/sign-in/code", code=app_of_orla[1].pop())
    client.submit("/account/second-step", "/account/second-step/off")
    assert other.get("/account").status_code == 303 and client.get("/account").status_code == 200
    assert db_session.scalar(select(func.count()).select_from(RecoveryCode)) == 0
    assert any("no longer asks" in body for body in db_session.scalars(select(OutboxMessage.body)))


def test_a_database_under_another_key_makes_no_codes_but_recovery_codes_still_work(app_of_orla, orla):
    telephone, codes = app_of_orla
    assert not second_factor.verified(
        orla.user_id, telephone.at(clock.now()), at=clock.now(), under="another key"
    )
    assert (
        second_factor.verified(orla.user_id, codes[0], at=clock.now(), under="another key") == "recovery code"
    )


# --- once more ------------------------------------------------------------------------------------------------------


@pytest.fixture
def stale(as_, world, db_session, secret_hash):
    """A browser in which somebody showed eleven minutes ago who they are."""

    def browser(name):
        client = as_(name)
        db_session.execute(
            update(User).where(User.id == world.viewers[name].user_id).values(password_hash=secret_hash)
        )
        db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
        db_session.commit()
        return client

    return browser


def test_a_dangerous_page_asks_for_the_password_and_then_leads_there(stale):
    client = stale("ciara")
    answer = client.get("/staff/new")
    assert answer.status_code == 303 and answer.location.startswith("/prove?next=")
    assert client.submit(answer.location, "/prove", password=WRONG).status_code == 422
    before = _token(client)
    assert client.submit(answer.location, "/prove", password=SECRET).location == "/staff/new"
    assert _token(client) != before, "a new session id"
    assert client.get("/staff/new").status_code == 200


def test_what_was_typed_is_shown_again_and_sent_on_after_the_password(stale, world, db_session):
    client = stale("ciara")
    form = {"name": "Nuala Test-Person", "email": "nuala@canal.example", "roles": "1", "capacity": "100"}
    asked = client.post("/staff/new", data=form | {"csrf_token": client.token("/account")})
    assert asked.status_code == 401 and "Is it still you?" in asked.text
    assert not db_session.scalar(select(User).where(User.email == "nuala@canal.example"))
    kept = client.post("/prove", data=fields_of(asked.text) | {"password": SECRET})
    assert "Nuala Test-Person" in kept.text
    client.post("/staff/new", data=fields_of(kept.text))
    assert db_session.scalar(select(User).where(User.email == "nuala@canal.example"))


def test_whoever_finds_a_browser_open_guesses_five_times(stale, cheap):
    client = stale("ciara")
    for _ in range(5):
        assert client.submit("/prove", "/prove", password=WRONG).status_code == 422
    assert client.submit("/prove", "/prove", password=SECRET).status_code == 429


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("orla", "/caseload.csv"),
        ("declan", "/team.csv"),
        ("orla", "/our-actions.csv"),
        ("orla", "/account/second-step"),
        ("orla", "/cases/41729304/audit.csv"),
    ],
)
def test_exports_and_the_second_step_want_the_password_again(stale, name, path):
    client = stale(name)
    assert client.get(path).location.startswith("/prove?next=")


def _token(client):
    with client.session_transaction() as cookie:
        return cookie["_user_id"]


# --- own sessions ---------------------------------------------------------------------------------------------------


def test_people_end_one_session_of_their_own_and_nobody_elses(app, as_, db_session):
    here, there, another = as_("tomasz"), as_("tomasz"), as_("orla")
    page = here.get("/account").text
    (key,) = [
        part.split("/end")[0] for part in page.split("/account/sessions/")[1:] if not part.startswith("end-")
    ]
    token = here.token("/account")
    assert (
        another.post(
            f"/account/sessions/{key}/end", data={"csrf_token": another.token("/account")}
        ).status_code
        == 303
    )
    assert there.get("/account").status_code == 200, "a key of another's session does nothing"
    here.post(f"/account/sessions/{key}/end", data={"csrf_token": token})
    assert there.get("/account").status_code == 303 and here.get("/account").status_code == 200
    for odd in ("%", "_" * 16, "", "x"):
        assert here.post(f"/account/sessions/{odd or 'y'}/end", data={"csrf_token": token}).status_code == 303
    assert here.get("/account").status_code == 200


def test_a_wrong_code_stands_in_the_record_without_itself(client, app_of_orla, db_session):
    give(client)
    client.submit("/sign-in/code", code="424242")
    row = db_session.scalars(select(AuditEntry).where(AuditEntry.what == "signing in")).one()
    assert "424242" not in f"{row.detail}{row.user_name}"
