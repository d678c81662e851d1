"""What one person alone cannot do to another's account, and what time does: addresses, sessions, unused accounts, the list."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.errors import NotVisible, RuleBroken
from caseapp.ids import written
from caseapp.models import AuditEntry, EmailChange, OneTimeLink, OutboxMessage, User, UserSession
from caseapp.services import account_links, accounts, dormant, email_changes, passwords, second_factor
from caseapp.vocabulary import Role
from tests.world import sign_in

NEW = "orla.k@canal.example"


def link_to(token):
    return f"https://caseapp.example/password/{token}"


@pytest.fixture
def in_use(world, db_session):
    """Everybody of Canal Street has a password; Declan administers too."""
    db_session.execute(update(User).values(password_hash="used", last_signed_in_at=clock.now()))
    declan = db_session.get(User, world.declan.user_id)
    declan.roles |= Role.AGENCY_ADMIN
    db_session.commit()
    return world


def change(client, user_id, **typed):
    page = f"/staff/{written(user_id)}/edit"
    return client.submit(page, page, **typed)


def email_of(db_session, user_id):
    return db_session.scalar(select(User.email).where(User.id == user_id))


def mails(db_session):
    return [(m.to_address, m.subject, m.body) for m in db_session.scalars(select(OutboxMessage))]


# --- another e-mail address ---------------------------------------------------------------------------------------------


def test_an_administrator_alone_cannot_move_a_workers_mail_and_the_owner_is_told(as_, in_use, db_session):
    ciara, page = as_("ciara"), f"/staff/{written(in_use.orla.user_id)}"
    assert change(ciara, in_use.orla.user_id, email=NEW).status_code == 303
    assert email_of(db_session, in_use.orla.user_id) == "orla@canal.example"
    told = mails(db_session)
    assert [to for to, *_ in told] == ["orla@canal.example"] and NEW not in told[0][1] + told[0][2]
    shown = ciara.get(page).text
    assert NEW in shown and "Agree to the new address" not in shown and "Take it back" in shown
    ciara.post(f"{page}/e-mail", data={"csrf_token": ciara.token("/account")})
    assert email_of(db_session, in_use.orla.user_id) == "orla@canal.example"
    assert "You asked for it yourself" in ciara.get(page).text
    ciara.post(f"{page}/link", data={"csrf_token": ciara.token("/account")})
    assert NEW not in [to for to, *_ in mails(db_session)], "a link goes to the address that counts"


@pytest.mark.parametrize("who", ["orla", "declan"])
def test_the_owner_or_another_administrator_is_the_second_person(app, as_, in_use, db_session, who):
    change(as_("ciara"), in_use.orla.user_id, email=NEW)
    link = account_links.make(
        in_use.orla.user_id, "orla@canal.example", "reset", at=clock.now(), link_to=link_to
    )
    db_session.commit()
    client = as_(who)
    page = "/account" if who == "orla" else f"/staff/{written(in_use.orla.user_id)}"
    client.submit(page, f"{page}/e-mail")
    assert email_of(db_session, in_use.orla.user_id) == NEW
    assert {"orla@canal.example", NEW} <= {to for to, *_ in mails(db_session)}
    assert (
        db_session.scalar(select(OneTimeLink.expires_at).where(OneTimeLink.user_id == in_use.orla.user_id))
        <= clock.now()
    ), link
    if who == "orla":
        assert client.get("/account").status_code == 303, "every session ends"


def test_the_owner_refuses_and_whoever_asked_takes_back(as_, in_use, db_session):
    change(as_("ciara"), in_use.orla.user_id, email=NEW)
    as_("orla").submit("/account", "/account/e-mail/refusal")
    change(as_("ciara"), in_use.orla.user_id, email="second@canal.example")
    change(as_("ciara"), in_use.orla.user_id, email="third@canal.example")
    page = f"/staff/{written(in_use.orla.user_id)}"
    as_("ciara").submit(page, f"{page}/e-mail/refusal")
    outcomes = db_session.scalars(select(EmailChange.outcome).order_by(EmailChange.asked_at)).all()
    assert outcomes == ["refused", "withdrawn", "withdrawn"]
    with pytest.raises(RuleBroken, match="Nothing waits"):
        email_changes.take(in_use.orla.user_id, actor=in_use.orla, at=clock.now())


def test_a_second_administrator_made_for_the_purpose_does_not_count_for_a_week(in_use, db_session):
    user = db_session.get(User, in_use.orla.user_id)
    email_changes.ask(user, NEW, actor=in_use.ciara, at=clock.now())
    db_session.execute(
        update(User)
        .where(User.id == in_use.declan.user_id)
        .values(created_at=clock.now() - timedelta(days=6))
    )
    db_session.commit()
    with pytest.raises(RuleBroken, match="less than a week"):
        email_changes.take(
            in_use.orla.user_id, actor=replace(in_use.declan, roles=Role.AGENCY_ADMIN), at=clock.now()
        )
    with pytest.raises(NotVisible):
        email_changes.take(in_use.orla.user_id, actor=in_use.brid, at=clock.now())


def test_an_account_that_nobody_has_used_yet_and_the_own_one_change_at_once(as_, in_use, db_session):
    db_session.execute(update(User).where(User.id == in_use.shauna.user_id).values(password_hash=None))
    db_session.commit()
    change(as_("ciara"), in_use.shauna.user_id, email="shauna.b@canal.example")
    assert email_of(db_session, in_use.shauna.user_id) == "shauna.b@canal.example"
    change(as_("ciara"), in_use.ciara.user_id, email="ciara.d@canal.example")
    assert email_of(db_session, in_use.ciara.user_id) == "ciara.d@canal.example"


# --- what an administrator does about somebody's way in -----------------------------------------------------------------


def test_an_administrator_signs_somebody_out_everywhere(as_, in_use, db_session):
    orla, ciara = as_("orla"), as_("ciara")
    page = f"/staff/{written(in_use.orla.user_id)}"
    assert "in one browser" in ciara.get(page).text
    ciara.submit(page, f"{page}/sessions/end")
    assert orla.get("/account").status_code == 303
    assert "Not signed in now" in ciara.get(page).text
    brid = as_("brid")
    assert brid.post(f"{page}/sessions/end", data={"csrf_token": brid.token("/account")}).status_code == 404


def test_a_lost_telephone_is_taken_off_by_an_administrator_and_the_owner_is_told(as_, in_use, db_session):
    at = clock.now()
    secret = second_factor.begin(actor=in_use.orla, at=at, under="only for tests")
    second_factor.confirm(pyotp.TOTP(secret).at(at), actor=in_use.orla, at=at, under="only for tests")
    orla, ciara = as_("orla"), as_("ciara")
    page = f"/staff/{written(in_use.orla.user_id)}"
    ciara.submit(page, f"{page}/second-step/off")
    assert not second_factor.is_on(in_use.orla.user_id)
    assert orla.get("/account").status_code == 303
    assert any(to == "orla@canal.example" and "no longer asks" in body for to, _, body in mails(db_session))
    row = db_session.scalars(
        select(AuditEntry).where(AuditEntry.what.contains("turned off"), AuditEntry.act == "changed")
    ).one()
    assert (row.user_id, row.about_id) == (in_use.ciara.user_id, in_use.orla.user_id)


# --- unused accounts ----------------------------------------------------------------------------------------------------


def unused_for(db_session, user_id, days):
    long_ago = clock.now() - timedelta(days=days)
    db_session.execute(
        update(User).where(User.id == user_id).values(last_signed_in_at=long_ago, created_at=long_ago)
    )
    db_session.commit()


@pytest.mark.parametrize(
    ("days", "outcome"), [(29, "0 warned, 0 locked"), (31, "1 warned, 0 locked"), (61, "0 warned, 1 locked")]
)
def test_an_unused_account_is_warned_after_30_days_and_locked_after_60(in_use, db_session, days, outcome):
    unused_for(db_session, in_use.orla.user_id, days)
    assert dormant.run(at=clock.now()) == outcome
    db_session.commit()
    assert dormant.run(at=clock.now()) == "0 warned, 0 locked", "once for each absence"
    assert [to for to, *_ in mails(db_session)] == ["orla@canal.example"] * (days > 30)


def test_demo_accounts_and_those_that_cannot_sign_in_anyway_are_left_alone(in_use, db_session):
    unused_for(db_session, in_use.orla.user_id, 90)
    for values in (
        {"demo": True},
        {"demo": False, "password_hash": None},
        {"password_hash": "x", "disabled_at": clock.now()},
    ):
        db_session.execute(update(User).where(User.id == in_use.orla.user_id).values(**values))
        assert dormant.run(at=clock.now()) == "0 warned, 0 locked", values


def test_a_locked_account_reads_like_a_wrong_password_and_is_opened_with_a_link(
    client, app, in_use, as_, db_session
):
    secret = "linden-harbour-42"
    unused_for(db_session, in_use.orla.user_id, 61)
    db_session.execute(
        update(User).where(User.id == in_use.orla.user_id).values(password_hash=passwords.hashed(secret))
    )
    open_one = app.test_client()
    sign_in(open_one, in_use.orla)
    unused_for(db_session, in_use.orla.user_id, 61)
    dormant.run(at=clock.now())
    db_session.commit()
    assert open_one.get("/account").status_code == 303
    assert (
        "do not fit together" in client.submit("/sign-in", email="orla@canal.example", password=secret).text
    )
    ciara, page = as_("ciara"), f"/staff/{written(in_use.orla.user_id)}"
    assert "Locked on" in ciara.get(page).text and "1 locked" in ciara.get("/staff").text
    ciara.submit(page, f"{page}/unlock")
    assert db_session.scalar(select(User.locked_at).where(User.id == in_use.orla.user_id)) is None
    assert dormant.run(at=clock.now()) == "0 warned, 0 locked", "the link counts as a sign of life"
    assert client.submit("/sign-in", email="orla@canal.example", password=secret).status_code == 303


# --- the list for the yearly review ---------------------------------------------------------------------------------------


def test_the_access_list_names_everybody_who_can_get_in_and_its_review_is_on_record(as_, in_use, db_session):
    accounts.disable(in_use.shauna.user_id, actor=in_use.ciara, at=clock.now(), reason="left")
    client = as_("ciara")
    answer = client.get("/staff/access-list")
    text = answer.text
    assert answer.status_code == 200, text[text.find("<h1") :][:300]
    for name in (
        "Orla Keaveney",
        "Declan Moyne",
        "Femi Adeyemi",
        "password alone",
        "1 switched off is not listed",
    ):
        assert name in text, name
    assert "Shauna" not in text and "Tomasz" not in text and "Niall" not in text
    client.submit("/staff/access-list", "/staff/access-list")
    assert "Last gone through by Ciara Doyle-Demo" in client.get("/staff/access-list").text
    row = db_session.scalars(select(AuditEntry).where(AuditEntry.what == "access list: gone through")).one()
    assert row.detail == {"accounts": 4}
    assert as_("orla").get("/staff/access-list").status_code == 403


def test_sessions_of_this_world_begin_proved(as_, world, db_session):
    as_("orla")
    assert db_session.scalar(select(UserSession.proved_at)) is not None
