"""From when nobody works without a second step: everybody, or by an agency's day; administrators always (ASVS 6.3.3)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import update

from caseapp import clock
from caseapp.models import AgencySignIn, RecoveryCode, User
from caseapp.services import second_factor
from tests.browser import fields_of
from tests.passwords import SECRET, secret_hash  # noqa: F401 - fixtures

KEY = "only for tests"


@pytest.fixture
def by_agency(app, world, db_session, secret_hash):
    """The operator leaves the day to agencies; everybody's password is known."""
    app.config["SECOND_FACTOR"] = "agencies"
    db_session.execute(update(User).values(password_hash=secret_hash))
    db_session.commit()
    yield world
    app.config["SECOND_FACTOR"] = "offered"


def day(db_session, world, agency, days):
    db_session.add(
        AgencySignIn(
            agency_id=world.agencies[agency],
            second_step_from=clock.today() + timedelta(days=days),
            changed_at=clock.now(),
            changed_by_id=world.ciara.user_id,
        )
    )
    db_session.commit()


def give(client, who="orla@canal.example"):
    return client.submit("/sign-in", email=who, password=SECRET)


def test_an_agency_that_set_no_day_needs_it_at_once(client, by_agency):
    assert give(client).status_code == 303
    assert client.get("/caseload").location == "/account/second-step"


@pytest.mark.parametrize(("days", "needed"), [(-1, True), (0, True), (1, False), (59, False)])
def test_before_the_day_one_is_led_there_and_may_go_on_and_from_the_day_on_not(
    client, by_agency, db_session, days, needed
):
    day(db_session, by_agency, "canal", days)
    answer = give(client)
    if needed:
        assert client.get("/caseload").location == "/account/second-step"
        assert "Not now" not in client.get("/account/second-step").text
        return
    assert answer.location == "/account/second-step?next=/caseload"
    page = client.get(answer.location)
    assert "your agency asks everybody for a second step" in page.text
    assert '<a href="/caseload">Not now</a>' in page.text
    assert client.get("/caseload").status_code == 200


@pytest.mark.parametrize("who", ["ciara@canal.example", "femi@canal.example", "root@area.example"])
def test_administrators_and_privacy_officers_need_it_whatever_the_day(client, by_agency, db_session, who):
    day(db_session, by_agency, "canal" if "canal" in who else "area", 30)
    give(client, who)
    assert client.get("/directory").location == "/account/second-step"


def test_one_agencys_day_is_not_anothers(app, by_agency, db_session):
    day(db_session, by_agency, "canal", 30)
    orla, tomasz = app.test_client(), app.test_client()
    give(orla)
    give(tomasz, "tomasz@harbour.example")
    assert orla.get("/caseload").status_code == 200
    assert tomasz.get("/our-actions").location == "/account/second-step"


def test_whoever_sets_it_up_at_the_door_goes_on(client, by_agency, db_session):
    give(client)
    page = client.post("/account/second-step", data={"csrf_token": client.token("/account/second-step")})
    secret = second_factor.begin(actor=by_agency.orla, at=clock.now(), under=KEY)
    done = client.post(
        "/account/second-step/code",
        data=fields_of(page.text) | {"code": pyotp.TOTP(secret).at(clock.now())},
    )
    assert "Your recovery codes" in done.text and "orla@canal.example" in done.text, "made for paper"
    assert client.get("/caseload").status_code == 200


def test_the_agencys_page_speaks_of_the_day_as_it_counts(app, as_, by_agency):
    client = as_("ciara")
    app.config["SECOND_FACTOR"] = "required"
    assert client.get("/agency/sign-in").location == "/account/second-step"
    app.config["SECOND_FACTOR"] = "offered"
    assert "nobody is made to have one" in client.get("/agency/sign-in").text


def test_recovery_codes_are_counted_and_made_anew(client, by_agency, db_session):
    at = clock.now() - timedelta(minutes=5)
    secret = second_factor.begin(actor=by_agency.orla, at=at, under=KEY)
    codes = second_factor.confirm(pyotp.TOTP(secret).at(at), actor=by_agency.orla, at=at, under=KEY)
    for code in codes[:7]:
        assert second_factor.verified(by_agency.orla.user_id, code, at=at, under=KEY)
    give(client)
    client.post("/sign-in/code", data=fields_of(client.get("/sign-in/code").text) | {"code": codes[8]})
    page = client.get("/account/second-step").text
    assert "2 of 10 are left" in page and "Make new ones before they run out" in page
    assert "2 of 10 recovery codes are left" in client.get("/account").text
    client.submit("/account/second-step", "/account/second-step/recovery-codes")
    assert "10 of 10 are left" in client.get("/account/second-step").text
    assert not second_factor.verified(by_agency.orla.user_id, codes[9], at=clock.now(), under=KEY)
    assert db_session.query(RecoveryCode).count() == 10


def test_production_does_not_start_where_a_second_step_is_only_offered(tmp_path):
    from caseapp import create_app

    live = {
        "PRODUCTION": True,
        "SECRET_KEY": "x" * 40,
        "PUBLIC_URL": "https://caseapp.example",
        "DATABASE_URL": "sqlite://",
        "CASEAPP_DATA": str(tmp_path),
    }
    with pytest.raises(RuntimeError, match="SECOND_FACTOR"):
        create_app(live | {"SECOND_FACTOR": "offered"})
