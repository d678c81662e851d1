"""Signing in through an agency's own directory, against a real provider in a process of its own (ASVS 6.8, issue 6)."""

import dataclasses
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, update

from caseapp import clock, ids
from caseapp.errors import RuleBroken
from caseapp.models import (
    Agency,
    AgencySignIn,
    AuditEntry,
    DirectoryAccount,
    OneTimeLink,
    OutboxMessage,
    User,
    UserSession,
)
from caseapp.services import account_links, agency_sign_in, directories, directory_accounts, passwords
from caseapp.services.directories import Found
from caseapp.vocabulary import LinkKind
from tests import directory as provider
from tests.browser import fields_of
from tests.keys import Key
from tests.test_security_keys import added

SECRET = "linden-harbour-42"
BACK = "/sign-in/with/canal/back"


@pytest.fixture(scope="module")
def running():
    with provider.running() as found:
        yield found


@pytest.fixture
def directory(running, app, tmp_path):
    """Canal Street's directory, telling the truth, as the operator has set it up."""
    running.lies()
    directories.forget()
    before = app.extensions["directories"]
    path = running.file(tmp_path / "directories.toml")
    app.extensions["directories"] = directories.read(
        path, {"CANAL_SECRET": provider.SECRET}, production=False
    )
    yield running
    app.extensions["directories"] = before


@pytest.fixture(scope="module")
def secret_hash():
    return passwords.hashed(SECRET)


@pytest.fixture
def canal(world, directory, db_session):
    """Canal Street signs in through it; Orla's account is connected with `orla-at-canal`."""
    chosen(db_session, world)
    directory_accounts.connect(found(directory, "orla-at-canal"), actor=world.orla, at=clock.now())
    return world


def chosen(db_session, world, **more):
    db_session.add(
        AgencySignIn(
            agency_id=world.agencies["canal"],
            changed_at=clock.now(),
            changed_by_id=world.ciara.user_id,
            **({"directory": "canal"} | more),
        )
    )
    db_session.commit()


def found(directory, subject):
    return Found(directory.issuer, subject, subject, False, None)


def there(client, address="/sign-in/with/canal"):
    answer = client.get(address)
    assert answer.status_code == 303, answer.text
    return answer.location


def back(client, address):
    """The browser comes back: the page with one button, and its pressing."""
    parts = urlsplit(address)
    shown = client.get(f"{parts.path}?{parts.query}")
    if shown.status_code != 200 or "form" not in shown.text:
        return shown
    return client.post(parts.path, data=fields_of(shown.text))


def through(client, directory, subject="orla-at-canal", address="/sign-in/with/canal"):
    return back(client, directory.let_in(there(client, address), subject))


def sessions(db_session):
    return db_session.scalar(select(func.count()).select_from(UserSession))


# --- the way in -----------------------------------------------------------------------------------------------------


def test_the_door_offers_it_and_leads_to_where_one_was_going(client, canal, directory, db_session):
    door = client.get("/sign-in?next=/directory")
    assert "Sign in with Canal Street account" in door.text
    leads = there(client, "/sign-in/with/canal?next=/directory")
    asked = parse_qs(urlsplit(leads).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["prompt"] == ["login"]
    assert len(asked["state"][0]) > 40 and len(asked["nonce"][0]) > 40
    assert back(client, directory.let_in(leads, "orla-at-canal")).location == "/directory"
    assert "through your directory" in client.get("/account").text
    row = db_session.scalars(select(UserSession)).one()
    assert (row.via, row.factor, row.user_id) == ("canal", "", canal.orla.user_id)


def test_a_get_changes_nothing_not_even_on_the_way_back(client, canal, directory, db_session):
    address = urlsplit(directory.let_in(there(client), "orla-at-canal"))
    page = client.get(f"{address.path}?{address.query}")
    assert page.status_code == 200 and "Go on" in page.text
    assert not sessions(db_session)


def test_without_an_agency_that_uses_it_there_is_no_such_door(client, world, directory):
    assert "Canal Street account" not in client.get("/sign-in").text
    assert client.get("/sign-in/with/canal").status_code == 404
    assert client.get("/sign-in/with/nobody").status_code == 404


@pytest.mark.parametrize(("ago", "status"), [(0, 303), (3600, 403), (None, 303)])
def test_whoever_a_directory_only_remembers_is_not_let_in_where_it_was_to_ask_and_has_proved_nothing(
    client, canal, directory, db_session, ago, status
):
    now = int(clock.now().timestamp())
    directory.lies(**({"drop": ["auth_time"]} if ago is None else {"claims": {"auth_time": now - ago}}))
    assert through(client, directory).status_code == status
    proved = [row.proved_at is not None for row in db_session.scalars(select(UserSession))]
    assert proved == {0: [True], 3600: [], None: [False]}[ago]


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_leads_to_this_site_only(client, canal, directory, next_):
    answer = through(client, directory, address=f"/sign-in/with/canal?next={next_}")
    assert answer.location.startswith("/") and "evil" not in answer.location


def test_an_own_second_step_is_asked_for_besides(client, canal, directory, db_session):
    key = added(canal.orla, Key())
    assert through(client, directory).location == "/sign-in/code"
    assert not sessions(db_session)
    client.post("/sign-in/code", data=fields_of(client.get("/sign-in/code").text) | {"code": key.codes[0]})
    row = db_session.scalars(select(UserSession)).one()
    assert (row.via, row.factor) == ("canal", "recovery code")


@pytest.mark.parametrize(
    ("counts", "amr", "factor"),
    [(True, ["pwd", "mfa"], "directory"), (True, ["pwd"], None), (True, "mfa", None), (False, ["mfa"], None)],
)
def test_the_directorys_second_step_is_enough_only_where_the_agency_says_so_and_it_was_seen(
    client, canal, directory, db_session, counts, amr, factor
):
    added(canal.orla, Key())
    db_session.execute(update(AgencySignIn).values(directory_step_counts=counts))
    directory.lies(claims={"amr": amr})
    through(client, directory)
    assert db_session.scalar(select(UserSession.factor)) == factor


def test_where_a_second_step_is_needed_whoever_has_none_sets_it_up_first(client, app, canal, directory):
    app.config["SECOND_FACTOR"] = "required"
    try:
        through(client, directory)
        assert client.get("/caseload").location == "/account/second-step"
    finally:
        app.config["SECOND_FACTOR"] = "offered"


# --- whose account --------------------------------------------------------------------------------------------------


def test_an_address_that_the_directory_reports_opens_nothing(client, canal, directory, db_session):
    """The classic fault: whoever may write addresses into a directory takes over any account."""
    directory.lies(
        claims={
            "email": "declan@canal.example",
            "email_verified": True,
            "preferred_username": "declan@canal.example",
        }
    )
    answer = through(client, directory, "an intruder")
    assert answer.status_code == 403 and "no account here" in answer.text.lower()
    assert not sessions(db_session)
    assert db_session.scalar(
        select(func.count()).select_from(AuditEntry).where(AuditEntry.what == "signing in")
    )


def test_the_same_subject_of_another_issuer_is_somebody_else(client, canal, directory, db_session):
    db_session.execute(update(DirectoryAccount).values(issuer="https://elsewhere.example"))
    assert through(client, directory).status_code == 403


@pytest.mark.parametrize("what", ["account", "locked", "agency", "directory"])
def test_what_is_switched_off_stays_shut(client, canal, directory, db_session, what):
    leads = there(client)
    orla = update(User).where(User.id == canal.orla.user_id)
    db_session.execute(
        {
            "account": orla.values(disabled_at=clock.now()),
            "locked": orla.values(locked_at=clock.now()),
            "agency": update(Agency).where(Agency.id == canal.agencies["canal"]).values(active=False),
            "directory": update(AgencySignIn).values(directory=""),
        }[what]
    )
    assert back(client, directory.let_in(leads, "orla-at-canal")).status_code == 403
    assert not sessions(db_session)


def test_roles_are_never_taken_from_the_directory(client, canal, directory, db_session):
    directory.lies(claims={"roles": ["admin"], "groups": ["administrators"], "role": 63})
    through(client, directory)
    assert db_session.scalar(select(User.roles).where(User.id == canal.orla.user_id)) == canal.orla.roles
    assert client.get("/staff").status_code == 403


def invitation(world, who="declan"):
    addresses = []
    account_links.make(
        world.viewers[who].user_id,
        world.viewers[who].email,
        LinkKind.INVITE,
        at=clock.now(),
        link_to=lambda token: addresses.append(token) or token,
    )
    return addresses[0]


def test_an_invitation_connects_an_account_once_and_signs_nobody_in(client, canal, directory, db_session):
    token = invitation(canal)
    db_session.commit()
    page = client.get(f"/password/{token}")
    assert "Connect with Canal Street account" in page.text
    done = through(client, directory, "declan-at-canal", f"/password/{token}/directory")
    assert done.status_code == 200 and "is connected" in done.text and not sessions(db_session)
    assert "a directory was connected" in " ".join(db_session.scalars(select(OutboxMessage.body)))
    assert client.get(f"/password/{token}").status_code == 410
    assert client.get(f"/password/{token}/directory").status_code == 410
    assert through(client, directory, "declan-at-canal").status_code == 303
    assert db_session.scalar(select(UserSession.user_id)) == canal.declan.user_id


def test_a_link_that_was_used_meanwhile_connects_nothing(client, canal, directory, db_session):
    token = invitation(canal)
    db_session.commit()
    leads = there(client, f"/password/{token}/directory")
    db_session.execute(update(OneTimeLink).values(used_at=clock.now()))
    db_session.commit()
    assert back(client, directory.let_in(leads, "declan-at-canal")).status_code == 410
    assert db_session.scalar(select(func.count()).select_from(DirectoryAccount)) == 1


def test_an_account_there_signs_in_one_person_here(client, canal, directory, db_session):
    token = invitation(canal)
    db_session.commit()
    answer = through(client, directory, "orla-at-canal", f"/password/{token}/directory")
    assert answer.status_code == 409 and "somebody else" in answer.text
    assert db_session.scalar(select(DirectoryAccount.user_id)) == canal.orla.user_id
    with pytest.raises(RuleBroken, match="somebody else"):
        directory_accounts.connect(found(directory, "orla-at-canal"), actor=canal.declan, at=clock.now())


def test_people_connect_and_disconnect_their_own_account(as_, canal, directory, db_session):
    client = as_("declan")
    answer = through(client, directory, "declan-at-canal", "/account/directory")
    assert answer.location == "/account" and "declan-at-canal" in client.get("/account").text
    other = client.application.test_client()
    assert through(other, directory, "declan-at-canal").status_code == 303
    assert "no password yet" in client.submit("/account", "/account/directory/end", follow=True).text
    db_session.execute(update(User).values(password_hash="x"))
    client.submit("/account", "/account/directory/end")
    assert other.get("/account").status_code == 303, "sessions that came through it end"
    assert through(other, directory, "declan-at-canal").status_code == 403


def test_an_administrator_disconnects_it(as_, canal, directory, db_session):
    client = as_("ciara")
    address = f"/staff/{ids.written(canal.orla.user_id)}"
    assert "Comes through the agency’s directory as orla-at-canal" in client.get(address).text
    client.submit(address, address + "/directory/end")
    assert not db_session.scalar(select(func.count()).select_from(DirectoryAccount))


# --- tampered -------------------------------------------------------------------------------------------------------

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


# --- no passwords ---------------------------------------------------------------------------------------------------


@pytest.fixture
def no_passwords(canal, db_session, secret_hash):
    db_session.execute(update(AgencySignIn).values(passwords=False))
    db_session.execute(update(User).values(password_hash=secret_hash))
    db_session.commit()
    return canal


def give(client, who):
    return client.submit("/sign-in", email=f"{who}@canal.example", password=SECRET)


def test_without_passwords_the_right_one_does_not_open(client, no_passwords, directory, db_session):
    answer = give(client, "orla")
    assert answer.status_code == 422 and "signs in with Canal Street account" in answer.text
    assert "Change your password" not in as_page(client, directory)
    assert sessions(db_session) == 1, "only through the directory"


def as_page(client, directory):
    through(client, directory)
    return client.get("/account").text


def test_an_administrator_breaks_the_glass_with_a_second_step_and_all_of_them_are_told(
    client, no_passwords, directory, db_session
):
    answer = give(client, "ciara")
    assert answer.status_code == 422 and "second step" in answer.text, "never with a password alone"
    key = added(no_passwords.ciara, Key())
    assert give(client, "ciara").location == "/sign-in/code"
    client.post("/sign-in/code", data=fields_of(client.get("/sign-in/code").text) | {"code": key.codes[0]})
    assert sessions(db_session) == 1
    told = db_session.scalars(
        select(OutboxMessage).where(OutboxMessage.subject.contains("past your directory"))
    ).all()
    assert [one.to for one in told] == ["ciara@canal.example"] if hasattr(told[0], "to") else told
    assert db_session.scalar(select(AuditEntry.id).where(AuditEntry.what.contains("past the directory")))


def test_no_link_for_a_password_is_sent_where_it_would_open_nothing(client, no_passwords, db_session):
    for who, many in (("orla", 0), ("ciara", 1)):
        client.submit("/password/forgotten", email=f"{who}@canal.example")
        assert db_session.scalar(select(func.count()).select_from(OneTimeLink)) == many
    token = invitation(no_passwords, "declan")
    db_session.commit()
    page = client.get(f"/password/{token}")
    assert "Connect your account" in page.text and "New password" not in page.text
    posted = client.post(
        f"/password/{token}",
        data={"csrf_token": client.token(), "new": "quiet-otter-lantern-9", "again": "quiet-otter-lantern-9"},
    )
    assert posted.status_code == 422
    assert (
        db_session.scalar(select(User.password_changed_at).where(User.id == no_passwords.declan.user_id))
        is None
    )


# --- set by the agency ----------------------------------------------------------------------------------------------


def test_the_administrator_chooses_directory_and_passwords_and_nobody_is_locked_out(
    as_, world, directory, db_session
):
    client = as_("ciara")
    chosen_ = {"directory": "canal", "passwords": "yes", "directory_step_counts": "yes"}
    assert "Canal Street account" in client.get("/agency/sign-in").text
    client.submit("/agency/sign-in", "/agency/sign-in", **chosen_)
    row = db_session.scalars(select(AgencySignIn)).one()
    assert (row.directory, row.passwords, row.directory_step_counts) == ("canal", True, True)
    refused = client.submit("/agency/sign-in", "/agency/sign-in", **chosen_ | {"passwords": "no"})
    assert refused.status_code == 422 and "First connect your own account" in refused.text
    through(client, directory, "ciara-at-canal", "/account/directory")
    assert (
        client.submit("/agency/sign-in", "/agency/sign-in", **chosen_ | {"passwords": "no"}).status_code
        == 303
    )
    nobody = client.submit(
        "/agency/sign-in", "/agency/sign-in", **chosen_ | {"directory": "", "passwords": "no"}
    )
    assert nobody.status_code == 422 and "nobody could sign in" in nobody.text
    for odd in ({"directory": "elsewhere"}, {"passwords": "maybe"}):
        assert client.submit("/agency/sign-in", "/agency/sign-in", **chosen_ | odd).status_code == 422
    history = db_session.scalars(
        select(AuditEntry).where(AuditEntry.what == "agency: how staff sign in")
    ).all()
    assert history[-1].detail == {"passwords": ["yes", "no"]}


def test_what_was_saved_meanwhile_is_not_overwritten(as_, world, directory, db_session):
    client = as_("ciara")
    form = fields_of(client.get("/agency/sign-in").text)
    client.submit("/agency/sign-in", "/agency/sign-in", directory="canal")
    answer = client.post("/agency/sign-in", data=form | {"directory_step_counts": "yes"})
    assert answer.status_code == 409 and "while you were writing" in answer.text
    assert db_session.scalar(select(AgencySignIn.directory)) == "canal"


def test_only_its_administrator_sets_it_after_giving_the_password_once_more(
    as_, world, directory, db_session
):
    assert as_("orla").get("/agency/sign-in").status_code == 403
    client = as_("ciara")
    db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db_session.commit()
    assert client.get("/agency/sign-in").location.startswith("/prove")


# --- proving it once more -------------------------------------------------------------------------------------------


@pytest.fixture
def inside(client, canal, directory, db_session):
    through(client, directory)
    db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db_session.commit()
    return client


def test_whoever_has_no_password_proves_it_at_the_directory_afresh(inside, directory, db_session):
    leads = inside.get("/caseload.csv").location
    page = inside.get(leads)
    assert "With Canal Street account" in page.text and "With your password" not in page.text
    now = int(clock.now().timestamp())
    prove = "/prove/directory?next=/caseload.csv"
    for claims, drop in (({}, ["auth_time"]), ({"auth_time": now - 3600}, []), ({"auth_time": "now"}, [])):
        directory.lies(claims=claims, drop=drop)
        assert through(inside, directory, address=prove).status_code in {400, 403}
        assert inside.get("/caseload.csv").status_code == 303
    directory.lies(claims={"auth_time": now})
    assert through(inside, directory, "somebody else", prove).status_code == 403
    assert through(inside, directory, address=prove).location == "/caseload.csv"
    assert inside.get("/caseload.csv").status_code == 200


def test_what_was_typed_waits_while_it_is_proved_in_another_tab(inside, directory, db_session):
    asked = inside.post(
        "/account/e-mail", data={"csrf_token": inside.token("/account"), "note": "a text that was typed"}
    )
    assert asked.status_code == 401 and "I have done that" in asked.text
    directory.lies(claims={"auth_time": int(clock.now().timestamp())})
    assert "Close this tab" in through(inside, directory, address="/prove/directory").text
    kept = inside.post("/prove", data=fields_of(asked.text))
    assert kept.status_code == 200 and "a text that was typed" in kept.text


def test_typed_text_waits_at_the_door_while_somebody_signs_in_in_another_tab(
    client, canal, directory, db_session
):
    door = client.post(
        f"/cases/{canal.reference}/notes",
        data={"csrf_token": client.token(), "kind": "contact", "text": "Typed before the session ended"},
    )
    assert door.status_code == 401 and "I am signed in now" in door.text
    form = fields_of(door.text)
    assert client.post("/sign-in/text", data=form).status_code == 422
    through(client, directory)
    kept = client.post("/sign-in/text", data=form)
    assert kept.status_code == 200 and "Typed before the session ended" in kept.text


# --- the operator's file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"issuer": "http://directory.example"}, "https"),
        ({"key": "Canal Street"}, "small letters"),
        ({"client_id": ""}, "client_id is missing"),
        ({"client_secret": "in plain"}, "there is no client_secret"),
        ({"client_secret_env": "NOT_SET"}, "has no NOT_SET"),
    ],
)
def test_a_slip_in_the_operators_file_is_seen_at_the_start(running, tmp_path, change, said):
    path = running.file(tmp_path / "d.toml", **change)
    with pytest.raises(ValueError, match=said):
        directories.read(path, {"CANAL_SECRET": "x"}, production=False)


def test_production_takes_no_directory_that_can_be_overheard(running, tmp_path):
    path = running.file(tmp_path / "d.toml")
    with pytest.raises(ValueError, match="https"):
        directories.read(path, {"CANAL_SECRET": "x"}, production=True)


def test_the_secret_is_read_from_a_file_and_shown_nowhere(running, tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    path = running.file(
        tmp_path / "d.toml", client_secret_file=str(tmp_path / "secret"), client_secret_env=""
    )
    (one,) = directories.read(path, {}, production=False).values()
    assert one.secret == "hush" and "hush" not in repr(one)


def test_the_day_of_the_second_step_comes_sooner_never_later(world, db_session):
    def change(day, version):
        agency_sign_in.change(
            actor=world.ciara, at=clock.now(), version=version, known={}, directory="", passwords=True,
            directory_step_counts=False, second_step_from=day,
        )  # fmt: skip

    today = clock.today()
    with pytest.raises(RuleBroken, match="At most 60 days"):
        change(today + timedelta(days=61), 0)
    change(today + timedelta(days=60), 0)
    change(today + timedelta(days=20), 1)
    for later in (today + timedelta(days=21), None):
        with pytest.raises(RuleBroken, match="never later"):
            change(later, 2)
