"""Signing in through an agency's own directory, against a real provider in a process of its own (ASVS 6.8, issue 6)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

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
from caseapp.services import directory_accounts
from tests.browser import fields_of
from tests.directories import back, canal, directory, found, invitation, running, sessions, there, through  # noqa: F401 - fixtures
from tests.keys import Key
from tests.test_security_keys import added

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
