"""What a directory says is believed only where it is whole, meant for us, of now and answered once."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import dataclasses
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from caseapp import clock
from caseapp.models import User
from caseapp.services import directories
from tests import directory as provider
from tests.directories import BACK, back, canal, directory, running, sessions, there, through  # noqa: F401 - fixtures
from tests.passwords import SECRET, secret_hash  # noqa: F401 - fixtures

AGO = {"iat": 1_700_000_000, "exp": 1_700_000_600}


@pytest.mark.parametrize(
    "lies",
    [
        {"claims": {"aud": "somebody else"}},
        {"claims": {"aud": ["caseapp", "somebody else"]}},
        {"claims": {"aud": "somebody else", "azp": "caseapp"}},
        {"claims": {"aud": ["caseapp", "somebody else"], "azp": "caseapp"}},
        {"drop": ["aud"]},
        {"claims": {"iss": "https://elsewhere.example"}},
        {"drop": ["iss"]},
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"drop": ["nonce"]},
        {"claims": AGO},
        {"claims": {"exp": AGO["exp"]}},
        {"claims": {"iat": AGO["iat"]}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"nbf": 4_000_000_000}},
        {"drop": ["exp"]},
        {"claims": {"azp": "somebody else"}},
        {"claims": {"at_hash": "wrong"}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "orla-at-canal\x00"}},
        {"drop": ["sub"]},
        {"alg": "none"},
        {"alg": "HS256"},
        {"key": "another"},
        {"signature": "broken"},
        {"header": {"kid": "unknown"}},
        {"about": {"issuer": "https://elsewhere.example"}},
    ],
    ids=str,
)
def test_a_tampered_token_is_not_believed(running, tmp_path, lies):
    running.lies()
    directories.forget()
    path = running.file(tmp_path / "d.toml")
    (one,) = directories.read(path, {"CANAL_SECRET": provider.SECRET}, production=False).values()
    back_to = "http://localhost/back"
    for told in ({}, lies):  # the truth is believed, the lie is not
        running.lies()
        leads, trip = directories.begin(one, back=back_to, at=clock.now())
        code = parse_qs(urlsplit(running.let_in(leads, "orla-at-canal")).query)["code"][0]
        running.lies(**told)
        directories.forget()
        if not told:
            assert (
                directories.finish(one, trip, code=code, issuer=None, back=back_to, at=clock.now()).subject
                == "orla-at-canal"
            )
            continue
        with pytest.raises((directories.Refused, directories.Unreachable)):
            directories.finish(one, trip, code=code, issuer=None, back=back_to, at=clock.now())


def test_a_token_that_is_not_believed_opens_nothing_and_the_page_does_not_say_why(
    client, canal, directory, db_session
):
    leads = there(client)
    directory.lies(alg="none")
    answer = back(client, directory.let_in(leads, "orla-at-canal"))
    assert answer.status_code == 400 and not sessions(db_session)
    assert "does not fit what was asked" in answer.text


def test_a_clock_that_is_a_little_off_does_no_harm(client, canal, directory, db_session):
    now = int(clock.now().timestamp())
    directory.lies(claims={"iat": now + 40, "exp": now + 60, "nbf": now + 40})
    assert through(client, directory).status_code == 303


def test_a_state_counts_once_and_a_code_counts_once(client, app, canal, directory, db_session):
    address = directory.let_in(there(client), "orla-at-canal")
    cookie = client.get_cookie("caseapp").value
    assert back(client, address).status_code == 303
    client.post("/sign-out", data={"csrf_token": client.token("/account")})
    assert back(client, address).status_code == 400, "the cookie has forgotten it"
    client.set_cookie("caseapp", cookie)
    directory.lies(down=True)
    assert back(client, address).status_code == 400, "an old cookie does not help: nobody is asked even"
    directory.lies()
    assert sessions(db_session) == 1
    code = parse_qs(urlsplit(address).query)["code"][0]
    state = parse_qs(urlsplit(there(client)).query)["state"][0]
    assert back(client, f"{BACK}?code={code}&state={state}").status_code == 400, "a code of before"


def test_somebody_elses_answer_is_not_taken(client, app, canal, directory, db_session):
    """Whoever makes you open their own way back would have you work in their account."""
    attacker = app.test_client()
    address = directory.let_in(there(attacker), "an intruder")
    assert back(client, address).status_code == 400
    there(client)
    assert back(client, address).status_code == 400 and not sessions(db_session)


def test_a_code_of_another_browser_is_worth_nothing_without_its_verifier(
    client, app, canal, directory, db_session
):
    stolen = parse_qs(urlsplit(directory.let_in(there(client), "orla-at-canal")).query)["code"][0]
    thief = app.test_client()
    state = parse_qs(urlsplit(there(thief)).query)["state"][0]
    assert back(thief, f"{BACK}?code={stolen}&state={state}").status_code == 400 and not sessions(db_session)


def test_answers_of_two_directories_are_not_mixed_up(client, canal, directory, app, db_session):
    (one,) = app.extensions["directories"].values()
    app.extensions["directories"]["other"] = dataclasses.replace(
        one, key="other", issuer="https://other.example"
    )
    address = directory.let_in(there(client), "orla-at-canal")
    assert back(client, address.replace("/with/canal/", "/with/other/")).status_code == 400
    address = directory.let_in(there(client), "orla-at-canal")
    assert back(client, address + "&iss=https://other.example").status_code == 400
    directory.lies(about={"authorization_response_iss_parameter_supported": True})
    directories.forget()
    assert back(client, directory.let_in(there(client), "orla-at-canal")).status_code == 400
    address = directory.let_in(there(client), "orla-at-canal")
    assert back(client, f"{address}&iss={directory.issuer}").status_code == 303


def test_a_way_that_took_too_long_begins_again(client, canal, directory, monkeypatch):
    address = directory.let_in(there(client), "orla-at-canal")
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert back(client, address).status_code == 400


def test_a_directory_that_is_down_has_a_calm_page_and_the_password_still_opens(
    client, canal, directory, db_session, secret_hash
):
    leads = there(client)
    address = directory.let_in(leads, "orla-at-canal")
    directory.lies(down=True)
    directories.forget()
    for answer in (client.get("/sign-in/with/canal"), back(client, address)):
        assert answer.status_code == 503 and "Your directory does not answer" in answer.text
    db_session.execute(update(User).where(User.id == canal.orla.user_id).values(password_hash=secret_hash))
    assert client.submit("/sign-in", email="orla@canal.example", password=SECRET).status_code == 303


def test_whoever_stops_on_the_way_reads_why(client, canal, directory):
    answer = client.get(BACK + "?error=access_denied&error_description=<script>")
    assert (
        answer.status_code == 200
        and "you stopped on the way" in answer.text
        and "<script>" not in answer.text
    )
    for odd in ("", "?state=a", "?code=b", "?state=%00&code=1", f"?state=a&code={'x' * 4001}"):
        assert client.get(BACK + odd).status_code == 400
    assert client.post(BACK, data={"csrf_token": client.token()}).status_code == 400
