"""Security keys and passkeys: a second step that nobody can be talked into giving away (ASVS 6.3.3, 6.5; issue 6)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select, update

from caseapp import clock
from caseapp.models import Challenge, OutboxMessage, RecoveryCode, SecurityKey, UserSession
from caseapp.services import challenges, security_keys
from tests.browser import fields_of
from tests.keys import HOST, ORIGIN, Key, text
from tests.passwords import SECRET, orla, secret_hash  # noqa: F401 - fixtures

SITE = security_keys.Site(HOST, ORIGIN)


@pytest.fixture
def key(orla):
    """A key of Orla's that was added a while ago, and the recovery codes that came with it."""
    return added(orla, Key())


def added(who, key, name="The blue one", asked_of="a browser", **lies):
    at = clock.now()
    options = security_keys.ask_new(SITE, actor=who, at=at, asked_of=asked_of)
    key.codes = security_keys.add(name, key.made(options, **lies), SITE, actor=who, at=at, asked_of=asked_of)
    return key


def answered(who, key, purpose=challenges.SIGN_IN, asked_of="a browser", **lies):
    options = security_keys.ask(who.user_id, purpose, SITE, at=clock.now(), asked_of=asked_of)
    return security_keys.used(
        who.user_id, purpose, key.answer(options, **lies), SITE, at=clock.now(), asked_of=asked_of
    )


def give(client, **more):
    return client.submit("/sign-in", "/sign-in", email="orla@canal.example", password=SECRET, **more)


def asked(client, path, page):
    return client.post(path, headers={"X-CSRFToken": client.token(page), "Accept": "application/json"})


def mails(db_session):
    return " ".join(db_session.scalars(select(OutboxMessage.body)))


# --- at the door ----------------------------------------------------------------------------------------------------


def test_a_key_is_added_with_a_name_and_brings_recovery_codes(client, orla, db_session):
    give(client)
    page = client.get("/account/second-step")
    assert "needs a browser with JavaScript" in page.text, "what to do without script"
    question = asked(client, "/account/keys/question", "/account/second-step")
    made = Key().made(question.text)
    done = client.submit("/account/second-step", "/account/keys", name="Ring <b>", answer=made)
    assert done.status_code == 200 and done.text.split("<ol")[1].count("<li>") == 10
    row = db_session.scalars(select(SecurityKey)).one()
    assert (row.name, row.transports, row.asks_who) == ("Ring <b>", "nfc usb", True)
    assert "a security key or passkey was added" in mails(db_session)
    assert "Ring &lt;b&gt;" in client.get("/account/second-step").text
    again = client.submit("/account/second-step", "/account/keys", name="Again", answer=made)
    assert again.status_code == 422, "the question was answered already"


def test_a_key_without_a_name_or_without_an_answer_is_not_added(client, orla, db_session):
    give(client)
    for typed, said in (({"name": "Ring"}, "No key has answered"), ({"answer": "{}"}, "Give it a name")):
        answer = client.submit("/account/second-step", "/account/keys", **typed)
        assert answer.status_code == 422 and said in answer.text
    assert not db_session.scalar(select(func.count()).select_from(SecurityKey))


def test_after_the_password_the_key_opens_and_each_answer_counts_once(client, app, orla, key, db_session):
    assert give(client).location == "/sign-in/code"
    assert client.get("/caseload").status_code == 303, "the password alone opens nothing"
    question = asked(client, "/sign-in/key", "/sign-in/code")
    answer = key.answer(question.text)
    form = fields_of(client.get("/sign-in/code").text)
    other = app.test_client()
    give(other)
    stolen = other.post("/sign-in/code", data=fields_of(other.get("/sign-in/code").text) | {"answer": answer})
    assert stolen.status_code == 422, "asked of another browser"
    assert client.post("/sign-in/code", data=form | {"answer": answer}).status_code == 303
    assert client.get("/account").status_code == 200 and "with a security key" in client.get("/account").text
    assert db_session.scalar(select(UserSession.factor)) == "key"
    give(other)
    again = other.post("/sign-in/code", data=fields_of(other.get("/sign-in/code").text) | {"answer": answer})
    assert again.status_code == 422 and "does not count" in again.text


def test_a_recovery_code_serves_where_there_is_no_script(client, orla, key):
    give(client)
    page = client.get("/sign-in/code")
    assert "Without it, use a code" in page.text
    form = fields_of(page.text)
    assert client.post("/sign-in/code", data=form | {"code": key.codes[0]}).status_code == 303


def test_the_question_is_put_to_nobody_who_has_not_given_a_password(client, orla, key):
    assert asked(client, "/sign-in/key", "/sign-in").status_code == 401


def test_a_key_that_asks_who_holds_it_stands_for_the_password_before_dangerous_acts(
    client, orla, key, db_session
):
    give(client)
    client.post("/sign-in/code", data=fields_of(client.get("/sign-in/code").text) | {"code": key.codes[0]})
    db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db_session.commit()
    there = client.get("/caseload.csv").location
    assert there.startswith("/prove")
    for verifies, status in ((False, 422), (True, 303)):
        key.verifies = verifies
        question = asked(client, "/prove/key", there)
        form = fields_of(client.get(there).text)
        done = client.post(there, data=form | {"answer": key.answer(question.text)})
        assert done.status_code == status, "a key that somebody left lying there is no proof"
    assert done.location == "/caseload.csv"


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://caseapp.example"},
        {"host": "caseapp.example"},
        {"question": text(b"another question, of 32 bytes......")},
        {"kind_said": "webauthn.create"},
        {"flags": 0x04},  # nobody touched it
        {"signed_by": ec.generate_private_key(ec.SECP256R1())},
    ],
    ids=lambda lies: next(iter(lies)),
)
def test_an_answer_that_does_not_fit_opens_nothing(orla, key, lies):
    assert not answered(orla, key, **lies)
    assert answered(orla, key)


@pytest.mark.parametrize(
    "lies", [{"origin": "https://caseapp.example"}, {"host": "caseapp.example"}, {"flags": 0x04}]
)
def test_a_new_key_that_does_not_fit_is_not_added(orla, db_session, lies):
    with pytest.raises(Exception, match="could not be taken"):
        added(orla, Key(), **lies)
    assert not db_session.scalar(select(func.count()).select_from(SecurityKey))


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "{",
        "[]",
        "null",
        '{"response": []}',
        '{"response": {"clientDataJSON": 3}}',
        "[" * 9000,
        "\ud800",
        '{"id":"\\u0000"}',
    ],
)
def test_junk_is_no_answer_and_no_error(orla, key, junk):
    security_keys.ask(orla.user_id, challenges.SIGN_IN, SITE, at=clock.now(), asked_of="a browser")
    assert not security_keys.used(
        orla.user_id, challenges.SIGN_IN, junk, SITE, at=clock.now(), asked_of="a browser"
    )


def test_an_answer_whose_parts_are_junk_is_no_answer(orla, key):
    for part in ("authenticatorData", "signature", "rawId"):
        options = security_keys.ask(orla.user_id, challenges.SIGN_IN, SITE, at=clock.now(), asked_of="b")
        said = json.loads(key.answer(options))
        (said if part == "rawId" else said["response"])[part] = "AAAA"
        assert not security_keys.used(
            orla.user_id, challenges.SIGN_IN, json.dumps(said), SITE, at=clock.now(), asked_of="b"
        )


def test_a_question_is_answered_once_in_time_for_its_purpose_by_whom_it_was_put_to(orla, world, key):
    def ask(**more):
        return security_keys.ask(
            orla.user_id, challenges.SIGN_IN, SITE, at=more.get("at", clock.now()), asked_of="a"
        )

    def use(answer, user_id=orla.user_id, purpose=challenges.SIGN_IN, asked_of="a"):
        return security_keys.used(user_id, purpose, answer, SITE, at=clock.now(), asked_of=asked_of)

    answer = key.answer(ask())
    assert use(answer) and not use(answer)
    uncounted = added(orla, Key(b"one that does not count"))
    answer = uncounted.answer(ask(), counter=0)
    assert use(answer) and not use(answer), "not even where no counter would tell"
    assert not use(key.answer(ask(at=clock.now() - timedelta(minutes=6))))
    assert not use(key.answer(ask()), purpose=challenges.PROVE)
    assert not use(key.answer(ask()), user_id=world.tomasz.user_id)
    assert not use(key.answer(ask()), asked_of="another browser")
    first = key.answer(ask())
    ask()
    assert not use(first), "a new question voids the one before"


def test_a_wrong_answer_uses_the_question_up_too(orla, key):
    options = security_keys.ask(orla.user_id, challenges.SIGN_IN, SITE, at=clock.now(), asked_of="a")
    wrong, right = key.answer(options, host="caseapp.example"), key.answer(options)
    for answer in (wrong, right):
        assert not security_keys.used(
            orla.user_id, challenges.SIGN_IN, answer, SITE, at=clock.now(), asked_of="a"
        )


def test_a_copied_key_is_set_aside_its_owner_told_and_the_door_stays_shut(client, orla, key, db_session):
    assert answered(orla, key, counter=40)
    assert not answered(orla, key, counter=40), "the same count again: there are two of them"
    row = db_session.scalars(select(SecurityKey)).one()
    assert row.set_aside_at and "somebody has a copy" in mails(db_session)
    assert not answered(orla, key, counter=99), "it does not come back"
    assert give(client).location == "/sign-in/code", "the password alone still opens nothing"
    client.post("/sign-in/code", data=fields_of(client.get("/sign-in/code").text) | {"code": key.codes[0]})
    assert "Set aside" in client.get("/account/second-step").text


def test_a_key_that_does_not_count_at_all_is_not_suspected(orla, key):
    assert answered(orla, key, counter=0) and answered(orla, key, counter=0)


def test_a_key_belongs_to_one_person(orla, world, key):
    with pytest.raises(Exception, match="known here already"):
        added(world.tomasz, key)


def test_nobody_carries_more_than_ten(orla, key):
    for number in range(9):
        added(orla, Key(b"%d" % number))
    with pytest.raises(Exception, match="Remove one first"):
        added(orla, Key(b"eleventh"))


# --- keeping them ---------------------------------------------------------------------------------------------------


@pytest.fixture
def inside(client, orla, key):
    give(client)
    client.post("/sign-in/code", data=fields_of(client.get("/sign-in/code").text) | {"code": key.codes[0]})
    return client


def address_of(db_session, name):
    from caseapp import ids

    return "/account/keys/" + ids.written(
        db_session.scalar(select(SecurityKey.id).where(SecurityKey.name == name))
    )


def test_a_key_gets_another_name(inside, db_session):
    address = address_of(db_session, "The blue one")
    assert inside.submit(address, address, name="").status_code == 422
    inside.submit(address, address, name="The old blue one")
    assert db_session.scalar(select(SecurityKey.name)) == "The old blue one"


def test_removing_the_last_key_takes_the_codes_along_and_ends_other_sessions(inside, orla, db_session):
    added(orla, Key(b"two"), "Two")
    for name, left, said in (("Two", 1, "was removed"), ("The blue one", 0, "no longer asks")):
        address = address_of(db_session, name)
        inside.submit(address, address + "/removal")
        assert db_session.scalar(select(func.count()).select_from(SecurityKey)) == left
        assert said in mails(db_session)
    assert not db_session.scalar(select(func.count()).select_from(RecoveryCode))


def test_somebody_elses_key_is_not_there(as_, orla, key, db_session):
    address = address_of(db_session, "The blue one")
    other = as_("tomasz")
    assert other.get(address).status_code == 404
    token = other.token("/account")
    for path in (address, address + "/removal"):
        assert other.post(path, data={"csrf_token": token, "name": "Mine"}).status_code == 404
    assert db_session.scalar(select(SecurityKey.name)) == "The blue one"


def test_keys_are_added_and_removed_only_by_whoever_has_just_proved_it(inside, db_session):
    db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db_session.commit()
    address = address_of(db_session, "The blue one")
    token = inside.token("/account")
    assert inside.get(address).location.startswith("/prove")
    assert inside.post(address + "/removal", data={"csrf_token": token}).status_code == 401
    assert asked(inside, "/account/keys/question", "/account").status_code == 401
    assert db_session.scalar(select(func.count()).select_from(SecurityKey)) == 1


def test_the_table_of_questions_tells_nobody_the_question(orla, key, db_session):
    options = security_keys.ask(orla.user_id, challenges.SIGN_IN, SITE, at=clock.now(), asked_of="a")
    said = json.loads(options)["challenge"]
    assert all(said not in f"{row.digest}{row.asked_of}" for row in db_session.scalars(select(Challenge)))
