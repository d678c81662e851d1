"""Signing in and out: who gets in, what is told to those who do not, and that a session ends when it must."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pytest
from flask import url_for
from sqlalchemy import select, update

from caseapp import clock
from caseapp.models import AuditEntry, User, UserSession
from caseapp.services import passwords
from tests.passwords import SECRET, orla, secret_hash  # noqa: F401 - fixtures


def give(client, email="orla@canal.example", password=SECRET, page="/sign-in", **more):
    return client.submit(page, email=email, password=password, **more)


def test_the_right_password_opens_the_role_s_own_work(client, app, orla):
    answer = give(client)
    assert (answer.status_code, answer.location) == (303, own_work(app))


def own_work(app):
    with app.test_request_context():
        return url_for("home.caseload" if "home.caseload" in app.view_functions else "auth.account")


def test_capitals_and_blanks_in_the_address_do_not_matter(client, orla):
    assert give(client, email="  Orla@Canal.EXAMPLE ").status_code == 303


def test_a_password_is_taken_whole(client, world, db_session):
    odd = "  ends with blanks \u00e9 🙂  "
    db_session.execute(
        update(User).where(User.id == world.orla.user_id).values(password_hash=passwords.hashed(odd))
    )
    assert give(client, password=odd.strip()).status_code == 422
    assert give(client, password=odd.replace("é", "e\u0301")).status_code == 303


@pytest.mark.parametrize(
    "who", ["nobody@canal.example", "orla@canal.example", "shauna@canal.example", "\x00", "🙂"]
)
def test_unknown_wrong_and_unused_accounts_read_alike(client, orla, who):
    answer = give(client, email=who, password="something else altogether")
    assert answer.status_code == 422
    text = answer.text.replace(who, "")
    if who.isprintable() and "@" in who:
        assert "do not fit together" in text
    with client.session_transaction() as cookie:
        assert "_user_id" not in cookie


def test_a_disabled_account_reads_like_a_wrong_password(client, orla, db_session):
    db_session.execute(update(User).where(User.id == orla.user_id).values(disabled_at=clock.now()))
    assert "do not fit together" in give(client).text


def test_an_unknown_address_costs_a_hash_like_a_known_one(monkeypatch, client, orla):
    seen = []
    true_right = passwords.right
    monkeypatch.setattr(
        passwords, "right", lambda stored, given: seen.append(stored) or true_right(stored, given)
    )
    give(client, email="nobody@canal.example")
    give(client, password="wrong password here")
    assert seen[0] is None
    assert seen[1] is not None


def test_a_refused_sign_in_leaves_a_row_without_what_was_typed(client, orla, db_session):
    give(client, email="my-password-by-mistake")
    (row,) = db_session.scalars(select(AuditEntry).where(AuditEntry.what == "signing in"))
    assert "mistake" not in f"{row.user_name}{row.detail}{row.what}"


def test_the_address_stays_and_the_password_does_not(client, orla):
    answer = give(client, password="wrong password here")
    assert 'value="orla@canal.example"' in answer.text
    assert "wrong password here" not in answer.text


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/plan", "/plan"),
        ("//evil.example", None),
        ("https://evil.example", None),
        ("/\\evil.example", None),
        ("/sign-in", None),
    ],
)
def test_signing_in_leads_on_only_within_this_site(client, app, orla, target, goes_to):
    token = client.token()
    answer = client.post(
        "/sign-in",
        query_string={"next": target},
        data={"email": orla.email, "password": SECRET, "csrf_token": token},
    )
    assert answer.location == (goes_to or own_work(app))


def test_signing_out_ends_the_session_in_every_tab(client, app, orla, db_session):
    give(client)
    with client.session_transaction() as cookie:
        stolen = cookie["_user_id"]
    answer = client.submit("/account", "/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "You are signed out" in client.get(answer.location).text
    other_tab = app.test_client()
    with other_tab.session_transaction() as cookie:
        cookie["_user_id"] = stolen
    assert other_tab.get("/account").status_code == 303
    assert db_session.scalar(select(UserSession.ended_reason)) == "signed out"


def test_signing_out_twice_is_answered_kindly(client, orla):
    give(client)
    token = client.token("/account")
    client.post("/sign-out", data={"csrf_token": token})
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/signed-out"


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
def test_a_session_ends_idle_and_for_good(client, orla, db_session, column):
    give(client)
    db_session.execute(update(UserSession).values(**{column: clock.now() - timedelta(hours=2)}))
    assert client.get("/account").location.startswith("/sign-in?next=")


def test_signing_in_again_ends_the_session_that_this_browser_had(client, orla, db_session):
    give(client)
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
    token = client.token("/account")
    client.post("/sign-in", data={"email": orla.email, "password": SECRET, "csrf_token": token})
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first
    assert db_session.scalars(select(UserSession.ended_at)).all().count(None) == 1


def test_demo_accounts_are_listed_only_where_demo_data_is(client, orla, db_session):
    assert "Demo accounts" not in client.get("/sign-in").text
    db_session.execute(update(User).where(User.id == orla.user_id).values(demo=True))
    page = client.get("/sign-in").text
    assert "Demo accounts" in page
    assert "orla@canal.example" in page
    assert "declan@canal.example" not in page
    assert 'value="orla@canal.example"' in client.get("/sign-in?as=orla@canal.example").text


def test_a_live_system_lists_no_demo_accounts(client, app, orla, db_session):
    db_session.execute(update(User).where(User.id == orla.user_id).values(demo=True))
    app.config["PRODUCTION"] = True
    client.judging = False  # what a live system sends beside is judged in test_doors
    try:
        assert "Demo accounts" not in client.get("/sign-in").text
    finally:
        app.config["PRODUCTION"] = False
