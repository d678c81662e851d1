"""The administrator's pages about staff."""

import re

import pytest
from sqlalchemy import select, update

from caseapp.ids import written
from caseapp.models import OutboxMessage, User
from caseapp.vocabulary import Role
from tests.browser import fields_of


@pytest.fixture
def brid(as_):
    return as_("brid")


def at(viewer, *more):
    return "/".join(["/staff", written(viewer.user_id), *more])


def twice(address):
    """A page whose form posts to its own address."""
    return address, address


def invite(client, **more):
    values = {"name": "Mara New-Demo", "email": "mara@harbour.example", "roles": str(int(Role.WORKER))} | more
    return client.submit("/staff/new", "/staff/new", **values)


def test_the_list_holds_the_own_agency_and_nobody_else(brid):
    text = brid.get("/staff").text
    assert "Tomasz Wilk" in text
    assert "Orla Keaveney" not in text


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("words=TOMASZ", "Tomasz", "Amina"),
        ("words=brid", "Bríd", "Tomasz"),
        ("role=2", "Amina", "Tomasz"),
        ("state=off", "Nobody matches", "Tomasz Wilk"),
        ("state=invited&sort=-name&page=99", "Tomasz", "Orla"),
        ("role=%27&state=x&page=-1&sort=nonsense&words=%F0%9F%99%82", "Nobody matches", "Orla"),
    ],
)
def test_the_list_is_searched_and_filtered(brid, query, there, gone):
    text = brid.get("/staff?" + query).text
    assert there in text
    assert gone not in text.split('<main id="main"')[1].replace("Show all", "")


@pytest.mark.parametrize("who", ["orla", "declan", "femi", "sinead", "root"])
def test_only_an_agency_administrator_sees_staff_pages(as_, world, who):
    client = as_(who)
    assert client.get("/staff").status_code == 403
    assert client.get(at(world.tomasz)).status_code == 403


def test_an_invitation_shows_the_link_once_where_no_mail_is_configured(brid, app, db_session):
    answer = invite(brid)
    link = re.search(r"/password/[\w-]+", answer.text)[0]
    mara = db_session.scalar(select(User).where(User.email == "mara@harbour.example"))
    assert link not in brid.get(at_id(mara.id)).text
    fresh = app.test_client()
    fresh.submit(link, new="quiet lamp seven rivers", again="quiet lamp seven rivers")
    signed_in = fresh.submit("/sign-in", email="mara@harbour.example", password="quiet lamp seven rivers")
    assert signed_in.status_code == 303


def at_id(user_id):
    return "/staff/" + written(user_id)


def test_with_mail_the_link_is_only_in_the_mail(brid, app, db_session):
    app.config["SMTP_HOST"] = "mail.example"
    try:
        answer = invite(brid)
    finally:
        app.config["SMTP_HOST"] = ""
    assert answer.status_code == 303
    assert "/password/" in db_session.scalar(select(OutboxMessage.body))


def test_a_double_click_invites_once(brid, db_session):
    typed = fields_of(brid.get("/staff/new").text) | {
        "name": "Mara New-Demo",
        "email": "mara@harbour.example",
        "roles": "1",
    }
    brid.post("/staff/new", data=typed)
    again = brid.post("/staff/new", data=typed)
    assert again.status_code == 303
    assert len(db_session.scalars(select(User.id).where(User.email == "mara@harbour.example")).all()) == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"email": "TOMASZ@harbour.example"}, "exists already"),
        ({"email": "orla@canal.example"}, "exists already"),
        ({"email": "nonsense"}, "whole e-mail address"),
        ({"email": "a@b.example\x00" * 100}, "At most"),
        ({"name": ""}, "Give the person"),
        ({"name": "x" * 20_000}, "At most"),
        ({"roles": "32"}, "Choose among"),
        ({"roles": "8"}, "Choose among"),
        ({"roles": "99999999999999999999"}, "Choose among"),
        ({"roles": []}, "at least one role"),
        ({"capacity": "-4"}, "0 to 100"),
        ({"capacity": "400"}, "0 to 100"),
        ({"capacity": "٣"}, "0 to 100"),
        ({"line_manager_id": "1"}, "line manager of your agency"),
        ({"line_manager_id": "99999999999999999999999"}, None),
        ({"name": "🙂\x00\u202e"}, None),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_beside_the_field(brid, db_session, typed, says):
    answer = invite(brid, **typed)
    assert answer.status_code == (422 if says else 200)
    if says:
        assert says in answer.text
        assert "mara@harbour.example" in answer.text or "email" in typed
        assert not db_session.scalar(select(User.id).where(User.name == "Mara New-Demo"))


def test_details_are_changed_and_the_change_stands_in_the_history(brid, world, db_session):
    """S0-11: the profession is kept."""
    answer = brid.submit(*twice(at(world.tomasz, "edit")), profession="Social care worker", capacity="50")
    assert answer.status_code == 303
    page = brid.get(at(world.tomasz)).text
    assert page.count("Social care worker") == 2
    assert "50%" in page


def test_two_administrators_who_edit_at_once_lose_nothing(as_, world, db_session):
    db_session.execute(
        update(User).where(User.id == world.amina.user_id).values(roles=int(Role.AGENCY_ADMIN))
    )
    brid, amina = as_("brid"), as_("amina")
    typed = fields_of(amina.get(at(world.tomasz, "edit")).text)
    brid.submit(*twice(at(world.tomasz, "edit")), profession="Nurse")
    answer = amina.post(at(world.tomasz, "edit"), data=typed | {"profession": "Social worker"})
    assert answer.status_code == 409
    assert "Bríd Colgan changed this" in answer.text
    assert "Nurse" in answer.text
    assert "Social worker" in answer.text
    assert db_session.get(User, world.tomasz.user_id).profession == "Nurse"
    second = amina.post(at(world.tomasz, "edit"), data=fields_of(answer.text))
    assert second.status_code == 303
    assert db_session.get(User, world.tomasz.user_id).profession == "Social worker"


def test_roles_are_given_and_taken(brid, world, db_session):
    assert brid.submit(*twice(at(world.tomasz, "roles")), roles=["1", "2"]).status_code == 303
    assert db_session.get(User, world.tomasz.user_id).roles == Role.WORKER | Role.LINE_MANAGER


def test_the_last_administrator_cannot_give_the_role_away(brid, world):
    answer = brid.submit(*twice(at(world.brid, "roles")), roles="1")
    assert answer.status_code == 422
    assert "last administrator" in answer.text


def test_a_stale_change_of_roles_changes_nothing(brid, world, db_session):
    typed = fields_of(brid.get(at(world.tomasz, "roles")).text)
    brid.submit(*twice(at(world.tomasz, "edit")), profession="Nurse")
    assert brid.post(at(world.tomasz, "roles"), data=typed | {"roles": "2"}).status_code == 409
    assert db_session.get(User, world.tomasz.user_id).roles == Role.WORKER


def test_a_case_manager_with_open_cases_is_not_switched_off_by_the_page(as_, world, db_session):
    """S3-20: the number of cases is told, and nothing of them."""
    ciara = as_("ciara")
    page = ciara.get(at(world.orla, "off")).text
    assert "1 open case" in page
    assert "Niall" not in page
    assert world.reference not in page
    token = fields_of(page)["csrf_token"]
    answer = ciara.post(at(world.orla, "off"), data={"csrf_token": token, "reason": "has left"})
    assert answer.status_code == 422
    assert db_session.get(User, world.orla.user_id).disabled_at is None


def test_an_account_is_switched_off_with_a_reason_and_on_again(brid, as_, world, db_session):
    assert brid.submit(at(world.tomasz, "off"), at(world.tomasz, "off"), reason="").status_code == 422
    assert brid.submit(at(world.tomasz, "off"), at(world.tomasz, "off"), reason="has left").status_code == 303
    page = brid.get(at(world.tomasz)).text
    assert "has left" in page
    assert "Switch it on again" in page
    brid.submit(at(world.tomasz), at(world.tomasz, "on"))
    assert db_session.get(User, world.tomasz.user_id).disabled_at is None


@pytest.mark.parametrize("where", ["", "edit", "roles", "off"])
def test_accounts_of_other_agencies_are_not_there(brid, world, where):
    assert brid.get(at(world.orla, *([where] if where else []))).status_code == 404


@pytest.mark.parametrize("where", ["edit", "roles", "off", "on", "link"])
def test_accounts_of_other_agencies_cannot_be_changed(brid, world, db_session, where):
    token = brid.token("/staff/new")
    answer = brid.post(
        at(world.orla, where), data={"csrf_token": token, "reason": "x", "name": "x", "roles": "1"}
    )
    assert answer.status_code == 404
    assert db_session.get(User, world.orla.user_id).version == 1


@pytest.mark.parametrize("where", ["0", "zzzzzzzzzzzzzzzz", "'", "1", "../agency"])
def test_addresses_that_are_no_account_are_not_there(brid, where):
    assert brid.get("/staff/" + where).status_code in {400, 404, 308}


def test_a_link_for_a_new_password_can_be_sent(brid, world, db_session):
    answer = brid.submit(at(world.tomasz), at(world.tomasz, "link"))
    assert "Give this link yourself" in answer.text
