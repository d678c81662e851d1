"""An agency's directory as it is set up: passwords or none, who may set it, the operator's file; and proving oneself there anew."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.models import AgencySignIn, AuditEntry, OneTimeLink, OutboxMessage, User, UserSession
from caseapp.services import agency_sign_in, directories
from tests.browser import fields_of
from tests.directories import canal, directory, invitation, running, sessions, through  # noqa: F401 - fixtures
from tests.keys import Key
from tests.passwords import SECRET, secret_hash  # noqa: F401 - fixtures
from tests.test_security_keys import added

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
    assert posted.status_code == 422 and "No password was set" in posted.text
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
        select(AuditEntry).where(AuditEntry.what == "agency: how staff sign in").order_by(AuditEntry.id)
    ).all()
    assert history[-1].detail == {"passwords": ["yes", "no"]}


def test_what_was_saved_meanwhile_is_not_overwritten(as_, world, directory, db_session):
    client = as_("ciara")
    form = fields_of(client.get("/agency/sign-in").text)
    client.submit("/agency/sign-in", "/agency/sign-in", directory="canal")
    answer = client.post("/agency/sign-in", data=form | {"directory_step_counts": "yes"})
    assert answer.status_code == 409 and "in another window" in answer.text
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
