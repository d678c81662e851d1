"""What may become of an account: the rules of the use cases, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.models import AuditEntry, CaseAssignment, OneTimeLink, OutboxMessage, User, UserSession
from caseapp.queries import accounts as reads
from caseapp.services import account_links, accounts, passwords, sessions
from caseapp.vocabulary import LinkKind, Role
from tests.passwords import as_in_production

NOW = clock.now


def link_to(token):
    return f"https://caseapp.example/password/{token}"


def invite(actor, **more):
    values = {"email": "new@harbour.example", "name": "New Worker-Demo", "roles": Role.WORKER} | more
    return accounts.invite(actor=actor, at=NOW(), link_to=link_to, **values)


def token_of(invited):
    return invited.link.rsplit("/", 1)[1]


def held(db_session, user_id):
    return db_session.get(User, user_id, populate_existing=True)


def test_an_administrator_invites_into_the_own_agency_only(world, db_session):
    made = invite(world.brid, agency_id=world.agencies["canal"])
    assert held(db_session, made.id).agency_id == world.agencies["harbour"]
    mail = db_session.scalar(select(OutboxMessage))
    assert made.link in mail.body
    assert "New Worker" not in mail.subject + mail.body
    assert db_session.scalar(select(OneTimeLink.token_hash)) not in made.link


@pytest.mark.parametrize("email", ["ORLA@canal.example", " orla@canal.example "])
def test_an_address_belongs_to_one_account_in_any_capitals(world, email):
    with pytest.raises(RuleBroken) as broken:
        invite(world.brid, email=email)
    assert broken.value.field == "email"


@pytest.mark.parametrize(
    "email", ["", "@", "a b@c.example", "a@b", "a@b.example\nBcc: x@y.example", "x" * 300 + "@a.example"]
)
def test_what_is_no_address_is_refused(world, email):
    with pytest.raises(RuleBroken):
        invite(world.brid, email=email)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.NATIONAL_COORDINATOR, Role.COORDINATOR, Role(0)])
def test_an_administrator_gives_only_the_roles_of_an_agency(world, role):
    with pytest.raises(RuleBroken):
        invite(world.brid, roles=role)


def test_a_system_administrator_can_be_nothing_else_besides(world):
    with pytest.raises(RuleBroken):
        invite(world.root, roles=Role.SYSTEM_ADMIN | Role.AGENCY_ADMIN, agency_id=world.agencies["area"])


def test_a_link_works_once_and_ends_every_session(world, db_session):
    made = accounts.send_link(world.tomasz.user_id, actor=world.brid, at=NOW(), link_to=link_to)
    sessions.begin(world.tomasz.user_id, at=NOW(), lasts=timedelta(hours=1))
    assert account_links.use(token_of(made), at=NOW(), new_hash="hash")
    assert not account_links.use(token_of(made), at=NOW(), new_hash="other")
    assert held(db_session, world.tomasz.user_id).password_hash == "hash"
    assert db_session.scalar(select(UserSession.ended_reason)) == "password changed"


def test_an_invitation_lasts_seven_days_and_a_reset_one_hour(world, db_session):
    made = accounts.send_link(world.tomasz.user_id, actor=world.brid, at=NOW(), link_to=link_to)
    assert reads.link(token_of(made), at=NOW() + timedelta(days=6, hours=23)).kind is LinkKind.INVITE
    assert reads.link(token_of(made), at=NOW() + timedelta(days=7, minutes=1)) is None
    db_session.execute(update(User).where(User.id == world.tomasz.user_id).values(password_hash="x"))
    made = accounts.send_link(world.tomasz.user_id, actor=world.brid, at=NOW(), link_to=link_to)
    assert reads.link(token_of(made), at=NOW() + timedelta(minutes=59)).kind is LinkKind.RESET
    assert reads.link(token_of(made), at=NOW() + timedelta(minutes=61)) is None


def test_a_new_link_voids_the_one_before(world):
    first, second = (
        accounts.send_link(world.tomasz.user_id, actor=world.brid, at=NOW(), link_to=link_to)
        for _ in range(2)
    )
    assert reads.link(token_of(first), at=NOW()) is None
    assert reads.link(token_of(second), at=NOW()) is not None


def test_a_forgotten_password_of_nobody_or_of_a_disabled_account_does_nothing(world, db_session):
    db_session.execute(update(User).where(User.id == world.tomasz.user_id).values(disabled_at=NOW()))
    db_session.commit()
    for email in ("nobody@harbour.example", world.tomasz.email):
        account_links.ask_for_password(email, at=NOW(), link_to=link_to)
    assert db_session.scalar(select(OutboxMessage.id)) is None


def test_asking_many_times_sends_one_mail(world, db_session):
    for _ in range(5):
        account_links.ask_for_password("Tomasz@Harbour.example", at=NOW(), link_to=link_to)
    assert len(db_session.scalars(select(OutboxMessage.id)).all()) == 1


def test_a_case_manager_of_an_open_case_is_not_switched_off(world, db_session):
    """S3-20."""
    with pytest.raises(RuleBroken) as broken:
        accounts.disable(world.orla.user_id, actor=world.ciara, at=NOW(), reason="has left")
    assert "one open case" in str(broken.value)
    assert "Declan Moyne" in str(broken.value)
    assert "Niall" not in str(broken.value)
    with pytest.raises(RuleBroken):
        accounts.change_roles(
            world.orla.user_id, actor=world.ciara, at=NOW(), version=1, roles=Role.PRIVACY_OFFICER
        )
    db_session.execute(update(CaseAssignment).values(to_at=NOW()))
    db_session.commit()
    accounts.disable(world.orla.user_id, actor=world.ciara, at=NOW(), reason="has left")
    assert held(db_session, world.orla.user_id).disabled_reason == "has left"


def test_switching_off_ends_access_on_the_next_request(as_, world):
    tomasz = as_("tomasz")
    assert tomasz.get("/account").status_code == 200
    accounts.disable(world.tomasz.user_id, actor=world.brid, at=NOW(), reason="has left")
    assert tomasz.get("/account").status_code == 303


def test_changing_roles_ends_access_on_the_next_request(as_, world):
    tomasz = as_("tomasz")
    assert tomasz.get("/account").status_code == 200
    accounts.change_roles(
        world.tomasz.user_id, actor=world.brid, at=NOW(), version=1, roles=Role.WORKER | Role.LINE_MANAGER
    )
    assert tomasz.get("/account").status_code == 303


def test_the_last_administrator_stays(world):
    with pytest.raises(RuleBroken):
        accounts.change_roles(world.brid.user_id, actor=world.brid, at=NOW(), version=1, roles=Role.WORKER)
    with pytest.raises(RuleBroken):
        accounts.disable(world.brid.user_id, actor=world.root, at=NOW(), reason="has left")
    accounts.change_roles(
        world.tomasz.user_id, actor=world.brid, at=NOW(), version=1, roles=Role.WORKER | Role.AGENCY_ADMIN
    )
    other = replace(world.tomasz, roles=Role.WORKER | Role.AGENCY_ADMIN)
    accounts.change_roles(world.brid.user_id, actor=other, at=NOW(), version=1, roles=Role.WORKER)


def test_nobody_switches_off_the_own_account(world):
    with pytest.raises(RuleBroken):
        accounts.disable(world.brid.user_id, actor=world.brid, at=NOW(), reason="has left")


@pytest.mark.parametrize(
    ("actor", "target"), [("brid", "orla"), ("orla", "shauna"), ("root", "orla"), ("declan", "orla")]
)
def test_accounts_of_others_are_out_of_reach(world, actor, target):
    with pytest.raises(NotVisible):
        accounts.disable(
            getattr(world, target).user_id, actor=getattr(world, actor), at=NOW(), reason="has left"
        )


def test_an_administrator_does_not_reach_a_system_administrator_of_the_same_agency(world):
    boss = accounts.create(
        actor=None,
        at=NOW(),
        agency_id=world.agencies["area"],
        email="boss@area.example",
        name="Area Boss-Demo",
        roles=Role.AGENCY_ADMIN,
    )
    with pytest.raises(NotVisible):
        accounts.disable(world.root.user_id, actor=reads.viewer_for(boss), at=NOW(), reason="has left")


def edit(world, **change):
    values = {
        "name": "Tomasz Wilk",
        "email": "tomasz@harbour.example",
        "profession": "",
        "phone": "020 915 0142",
        "hours": "",
        "line_manager_id": None,
        "capacity": 100,
    } | change
    return accounts.update_details(world.tomasz.user_id, actor=world.brid, at=NOW(), version=1, **values)


def test_a_stale_edit_overwrites_nothing(world, db_session):
    edit(world, profession="Social worker")
    with pytest.raises(Stale) as stale:
        edit(world, profession="Nurse")
    assert stale.value.saved["profession"] == "Social worker"
    assert stale.value.by == "Bríd Colgan"
    assert held(db_session, world.tomasz.user_id).profession == "Social worker"


def test_a_new_address_ends_sessions_and_the_old_address_is_told(as_, world, db_session):
    tomasz = as_("tomasz")
    edit(world, email="t.wilk@harbour.example")
    assert tomasz.get("/account").status_code == 303
    assert db_session.scalar(select(OutboxMessage.to_address)) == "tomasz@harbour.example"


def test_a_line_manager_is_one_of_the_same_agency(world, db_session):
    with pytest.raises(RuleBroken):
        edit(world, line_manager_id=world.declan.user_id)
    edit(world, line_manager_id=world.amina.user_id)
    assert held(db_session, world.tomasz.user_id).line_manager_id == world.amina.user_id


def test_every_change_of_an_account_stands_in_the_record(world, db_session):
    edit(world, profession="Social worker")
    entry = db_session.scalar(select(AuditEntry).where(AuditEntry.about_id == world.tomasz.user_id))
    assert (entry.user_name, entry.detail) == ("Bríd Colgan", {"profession": ["", "Social worker"]})


@pytest.mark.parametrize(
    "password",
    [
        "",
        "fourteen chars",
        "aaaaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "123456789012345678",
        "Password123Password!",
        "p4ssw0rdp4ssw0rd",
        "correct horse battery staple",
        "HarbourHostel2026!",
        "tomasz.wilk.2026",
        "caseappcaseapp2026",
        "x" * 129,
    ],
)
def test_a_password_that_others_would_guess_is_refused(password):
    assert passwords.fault(password, about=("Tomasz Wilk", "Harbour Hostel", "tomasz@harbour.example"))


@pytest.mark.parametrize(
    "password", ["linden-harbour-42", "vier Wörter im Regen", "🙂🌧️🚲 quiet lamp seven", "Xk3#pQ9!vR2$mN7"]
)
def test_any_other_password_is_taken(password):
    assert (
        passwords.fault(password, about=("Tomasz Wilk", "Harbour Hostel", "tomasz@harbour.example")) is None
    )


def test_a_hash_holds_to_the_figures_and_an_older_one_is_outdated():
    with as_in_production():
        assert "m=47104,t=1,p=1" in (hashed := passwords.hashed("some long password"))
        assert passwords.right(hashed, "some long password") and not passwords.outdated(hashed)
        assert passwords.outdated("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$" + "A" * 43)
