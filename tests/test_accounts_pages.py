"""The own account, passwords by link, and text that was typed before a session ended."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import re

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.models import OutboxMessage, User, UserSession
from caseapp.services import passwords
from tests.browser import fields_of
from tests.passwords import SECRET, secret_hash  # noqa: F401 - fixtures

NEW = "quiet lamp seven rivers"


@pytest.fixture
def tomasz(world, db_session, secret_hash):
    db_session.execute(update(User).where(User.id == world.tomasz.user_id).values(password_hash=secret_hash))
    db_session.commit()
    return world.tomasz


def mailed_link(db_session):
    body = db_session.scalars(select(OutboxMessage.body).order_by(OutboxMessage.id.desc())).first()
    return re.search(r"https?://[^/]+(/password/\S+)", body)[1]


# --- the own account ----------------------------------------------------------------------------------------


def test_people_keep_their_own_details(as_, world, db_session):
    client = as_("tomasz")
    assert (
        client.submit("/account", "/account/details", phone="020 915 0777", digest="weekly").status_code
        == 303
    )
    assert "020 915 0777" in client.get("/account").text
    assert db_session.get(User, world.tomasz.user_id).digest == "weekly"


def test_a_details_form_that_is_stale_shows_both_texts(as_, world, db_session):
    client = as_("tomasz")
    page = fields_of(client.get("/account").text)
    client.submit("/account", "/account/details", phone="020 915 0777")
    answer = client.post("/account/details", data=page | {"phone": "020 915 0888"})
    assert answer.status_code == 409
    assert "020 915 0777" in answer.text
    assert "020 915 0888" in answer.text
    assert db_session.get(User, world.tomasz.user_id).phone == "020 915 0777"


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"name": "x" * 5000}, {"digest": "hourly"}, {"version": "x"}, {"phone": "9" * 90}]
)
def test_details_that_cannot_be_are_refused_and_kept_on_the_page(as_, world, db_session, bad):
    answer = as_("tomasz").submit("/account", "/account/details", **bad)
    assert answer.status_code in {409, 422}
    assert db_session.get(User, world.tomasz.user_id).name == "Tomasz Wilk"


def test_a_nul_byte_in_a_name_is_dropped(as_, world, db_session):
    as_("tomasz").submit("/account", "/account/details", name="To\x00masz 🙂")
    assert db_session.get(User, world.tomasz.user_id).name == "Tomasz 🙂"


def change(client, **more):
    values = {"old": SECRET, "new": NEW, "again": NEW} | more
    return client.submit("/account", "/account/password", **values)


def test_changing_the_password_ends_every_other_session_and_tells_the_owner(as_, tomasz, db_session):
    here, elsewhere = as_("tomasz"), as_("tomasz")
    assert change(here).status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert passwords.right(db_session.get(User, tomasz.user_id).password_hash, NEW)
    assert db_session.scalar(select(OutboxMessage.to_address)) == tomasz.email


@pytest.mark.parametrize(
    "typed",
    [
        {"old": "not the old one at all"},
        {"again": "something else again"},
        {"new": "short", "again": "short"},
        {"new": SECRET, "again": SECRET},
        {"new": "", "again": ""},
        {"new": "x" * 100_000, "again": "x" * 100_000},
    ],
)
def test_a_password_change_that_cannot_be_changes_nothing(as_, tomasz, db_session, secret_hash, typed):
    answer = change(as_("tomasz"), **typed)
    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert db_session.get(User, tomasz.user_id).password_hash == secret_hash


def test_people_see_their_sessions_and_end_the_others(as_, tomasz, db_session):
    here, elsewhere = as_("tomasz"), as_("tomasz")
    assert "(this one)" in here.get("/account").text
    here.submit("/account", "/account/sessions/end-others")
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303


# --- links --------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_chosen_anew_by_link(client, tomasz, db_session):
    client.submit("/password/forgotten", email="Tomasz@harbour.example")
    link = mailed_link(db_session)
    answer = client.submit(link, new=NEW, again=NEW)
    assert answer.location == "/password/set"
    with client.session_transaction() as cookie:
        assert "_user_id" not in cookie  # a link signs nobody in
    assert client.submit("/sign-in", email=tomasz.email, password=NEW).status_code == 303


def test_the_answer_is_the_same_for_an_address_that_nobody_has(client, tomasz, db_session):
    known = client.submit("/password/forgotten", email=tomasz.email)
    unknown = client.submit("/password/forgotten", email="nobody@harbour.example")
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert len(db_session.scalars(select(OutboxMessage.id)).all()) == 1


def test_opening_a_link_does_not_use_it_up(client, tomasz, db_session):
    client.submit("/password/forgotten", email=tomasz.email)
    link = mailed_link(db_session)
    client.get(link)
    assert client.get(link).status_code == 200


def test_a_used_or_invented_link_has_a_kind_page(client, tomasz, db_session):
    client.submit("/password/forgotten", email=tomasz.email)
    link = mailed_link(db_session)
    client.submit(link, new=NEW, again=NEW)
    for address in (link, "/password/never-was", "/password/" + "x" * 900):
        answer = client.get(address)
        assert answer.status_code == 410
        assert "Send me a new link" in answer.text


def test_a_weak_password_does_not_use_the_link_up(client, tomasz, db_session):
    client.submit("/password/forgotten", email=tomasz.email)
    link = mailed_link(db_session)
    assert client.submit(link, new="HarbourHostel2026", again="HarbourHostel2026").status_code == 422
    assert client.submit(link, new=NEW, again=NEW).status_code == 303


# --- kept text ----------------------------------------------------------------------------------------------


def signed_out(client, db_session):
    db_session.execute(update(UserSession).where(UserSession.ended_at.is_(None)).values(ended_at=clock.now()))


def test_text_typed_before_a_session_ended_is_saved_after_signing_in(as_, tomasz, db_session):
    client = as_("tomasz")
    typed = fields_of(client.get("/account").text) | {"phone": "020 915 0999", "hours": "Mornings, café <b>"}
    signed_out(client, db_session)
    answer = client.post("/account/details", data=typed)
    assert answer.status_code == 401
    assert "You were signed out" in answer.text
    carried = fields_of(answer.text)
    assert carried["kept-phone"] == "020 915 0999"
    assert not [name for name in carried if "kept-" in name and ("csrf" in name or name == "kept-old")]
    shown = client.post("/sign-in", data=carried | {"email": tomasz.email, "password": SECRET})
    assert "Your text is still here" in shown.text
    assert "Mornings, café &lt;b&gt;" in shown.text
    assert "<h3>Telephone</h3>" in shown.text, "under the words of its own field"
    again = fields_of(shown.text)
    assert again["once"] == typed["once"]
    assert again["version"] == typed["version"]
    client.post("/account/details", data=again)
    assert db_session.get(User, tomasz.user_id).phone == "020 915 0999"


def test_a_wrong_password_in_between_loses_nothing(as_, tomasz, db_session):
    client = as_("tomasz")
    typed = fields_of(client.get("/account").text) | {"phone": "020 915 0999"}
    signed_out(client, db_session)
    carried = fields_of(client.post("/account/details", data=typed).text)
    again = client.post("/sign-in", data=carried | {"email": tomasz.email, "password": "wrong one here"})
    assert again.status_code == 422
    assert fields_of(again.text)["kept-phone"] == "020 915 0999"


def test_a_form_without_a_session_cookie_is_kept_too(client, tomasz):
    answer = client.post(
        "/account/details", data={"name": "Tomasz", "phone": "020 915 0999", "csrf_token": "old"}
    )
    assert answer.status_code == 401
    assert fields_of(answer.text)["kept-phone"] == "020 915 0999"


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_kept_text_goes_only_to_this_site(client, tomasz, to):
    token = client.token()
    answer = client.post(
        "/sign-in",
        data={
            "csrf_token": token,
            "email": tomasz.email,
            "password": SECRET,
            "kept_to": to,
            "kept-text": "words",
        },
    )
    assert "evil" not in answer.text
    assert answer.status_code == 303


def test_passwords_are_never_kept(client, tomasz):
    answer = client.post("/account/password", data={"old": SECRET, "new": NEW, "again": NEW, "note": "text"})
    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert NEW not in answer.text


def test_text_too_long_to_carry_is_shown_to_be_copied(client, tomasz):
    long = "word " * 50_000
    answer = client.post("/account/details", data={"name": "Tomasz", "text": long})
    assert answer.status_code == 401
    assert long.strip() in answer.text


def test_a_sign_in_page_that_was_open_too_long_is_given_anew(client, tomasz):
    answer = client.post("/sign-in", data={"email": tomasz.email, "password": SECRET, "csrf_token": "old"})
    assert answer.status_code == 400
    assert "once more" in answer.text
    assert fields_of(answer.text)["email"] == tomasz.email
