"""World files: what may stand in one, what is refused and where, and the demo world that `make run` loads."""

import json
import re
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from caseapp import clock, demo
from caseapp.demo import case_shapes, days, gap_shapes, shapes
from caseapp.demo.reading import Shape
from caseapp.extensions import db
from caseapp.models import (
    AccessRequest,
    Action,
    Agency,
    Area,
    AuditEntry,
    Case,
    ConsentGrant,
    Disclosure,
    EmergencyAccess,
    Event,
    Notification,
    PlanVersion,
    RetentionReview,
    SubjectRequest,
    User,
)
from caseapp.policy import scopes
from caseapp.queries.accounts import viewer_for
from caseapp.services import passwords
from caseapp.vocabulary import ActionStatus, AreaKind, CaseStatus, ConsentStatus, RetentionDecision, Role

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "docs/developers/world-files.md").read_text(encoding="utf-8")
DEMO = ROOT / "caseapp/demo/demo.json"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def example() -> dict:
    """The complete file of the documentation, fresh."""
    return json.loads(re.search(r"```json\n(.+?)```", DOCS, re.DOTALL)[1])


@pytest.fixture
def load(app, db_session, tmp_path):
    """Load a world given as an object; the faults as lines of text where it is refused."""

    def load(world):
        data = json.dumps(world).encode()
        return demo.load(data, folder=str(tmp_path))

    return load


def refused(load, world) -> str:
    with pytest.raises(demo.WorldRefused) as why:
        load(world)
    assert db.session.scalar(select(func.count(Agency.id))) == 0
    assert db.session.scalar(select(func.count(AuditEntry.id))) == 0
    return str(why.value)


def user(email):
    return viewer_for(db.session.scalar(select(User.id).where(User.email == email)))


# --- days and times -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("today", date(2026, 11, 24)),
        ("-12d", date(2026, 11, 12)),
        ("+3w", date(2026, 12, 15)),
        ("-2m", date(2026, 9, 24)),
        ("-6wd", date(2026, 11, 16)),
        ("+1wd", date(2026, 11, 25)),
    ],
)
def test_a_day_is_absolute_or_counted_from_the_day_of_loading(text, means):
    assert days.day(text, today=date(2026, 11, 24)) == means


@pytest.mark.parametrize(
    "text", ["", "12d", "-d", "2026-02-30", "tomorrow", "24/11/2026", "+99999m", 3, None]
)
def test_what_is_no_day_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        days.day(text, today=date(2026, 11, 24))


def test_a_time_is_local_and_lies_in_the_past():
    assert days.moment("-3d 14:05", now=NOW) == datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
    assert days.moment("2026-07-01 14:05", now=NOW) == datetime(2026, 7, 1, 13, 5, tzinfo=UTC)
    assert days.moment("today", now=NOW) == NOW
    for text in ("today 23:00", "+1d 10:00", "-1d 25:00", "-1d 9:00", "-1d 10:00 20:00"):
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            days.moment(text, now=NOW)


def test_the_clock_stands_only_inside():
    with clock.standing_at(NOW):
        assert clock.now() == NOW
        assert clock.today() == date(2026, 11, 24)
        with clock.standing_at(NOW - timedelta(days=1)):
            assert clock.today() == date(2026, 11, 23)
        assert clock.now() == NOW
    assert clock.now() != NOW


# --- the format ---------------------------------------------------------------------------------------------------


def test_every_field_is_documented():
    missing = set()
    for shape in (
        s for s in (vars(shapes) | vars(case_shapes) | vars(gap_shapes)).values() if isinstance(s, Shape)
    ):
        missing |= {f"{shape.name}: {name}" for name in shape.fields if not re.search(rf"\b{name}\b", DOCS)}
    assert not missing


def test_the_documented_example_loads(load):
    loaded = load(example())
    assert (loaded.agencies, loaded.users, loaded.people, loaded.cases) == (2, 3, 1, 1)
    action = db.session.execute(select(Action.status, Action.last_note, Action.last_note_by)).one()
    assert tuple(action) == (ActionStatus.ACCEPTED, "A settled week.", "Jo Testwell")
    assert scopes.find_case(user("jo@hostel.example"), "10025048").sight == scopes.Sight.PART
    assert scopes.find_case(user("lou@street.example"), "10025048").manager


def test_what_was_done_is_dated_as_the_file_says_and_noted_as_from_the_pages(load):
    load(example())
    told = dict(db.session.execute(select(Event.kind, Event.at)).all())
    assert clock.local_day(told["case_opened"]) == clock.today() - timedelta(days=40)
    assert clock.local_day(told["action_accepted"]) == clock.today() - timedelta(days=38)
    noted = set(db.session.scalars(select(AuditEntry.user_name).where(AuditEntry.case_id.is_not(None))))
    assert noted == {"Lou Sampleby", "Jo Testwell"}
    assert db.session.scalar(select(func.count()).where(Notification.mailed_at.is_(None))) == 0


def test_faults_of_form_are_all_listed_with_their_place(load):
    world = example()
    world["cases"][0]["actions"][0]["due_on"] = "soon"
    world["cases"][0]["actions"][0]["onwer"] = "jo"
    world["users"][0]["agency"] = "stret"
    del world["people"][0]["registered_by"]
    world["cases"][0]["goals"][0]["smart"] = ["clever"]
    said = refused(load, world)
    assert "cases[0].actions[0].due_on: write a day as" in said
    assert "cases[0].actions[0].onwer: an action has no such field" in said
    assert 'users[0].agency: there is no "stret" among the agencies; did you mean "street"?' in said
    assert "people[0].registered_by: this is needed" in said
    assert "cases[0].goals[0].smart[0]: write one of: specific" in said


def test_what_the_house_refuses_names_the_place_and_nothing_is_kept(load):
    world = example()
    del world["cases"][0]["consents"]
    said = refused(load, world)
    assert said.startswith("cases[0].actions[0].history[0]: at that time Jo Testwell could not see this case")
    world = example()
    world["cases"][0]["consents"][0]["purpose"] = ""
    assert refused(load, world).startswith("cases[0].consents[0].purpose: Say what the sharing is for")


def test_consent_counts_on_the_day_of_the_deed_and_not_today(load):
    world = example()
    world["cases"][0]["consents"][0]["expires_on"] = "-5d"
    said = refused(load, world)
    assert "history[1]: at that time Jo Testwell could not see this case" in said
    world["cases"][0]["actions"][0]["history"].pop()
    load(world)
    assert db.session.scalar(select(ConsentGrant.status)) == ConsentStatus.EXPIRED
    assert scopes.find_case(user("jo@hostel.example"), "10025048") is None


def test_only_who_may_do_something_does_it(load):
    world = example()
    world["cases"][0]["goals"][0]["by"] = "jo"
    assert "goals[0]: at that time Jo Testwell was not allowed to do this" in refused(load, world)


def test_an_action_or_case_that_ends_up_otherwise_is_refused(load):
    world = example()
    world["cases"][0]["actions"][0]["status"] = "completed"
    world["cases"][0]["status"] = "key_working"
    said = refused(load, world)
    assert "cases[0].actions[0].status: the action ends up as accepted" in said
    assert "cases[0].status: the case ends up as case_managed" in said


def test_a_reference_must_check(load):
    world = example()
    world["cases"][0]["reference"] = "10025049"
    assert "cases[0].reference: this is no reference" in refused(load, world)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "Line 1, column 2"),
        (b"\xff\xfe{}", "not in UTF-8"),
        (b"[]", "caseapp_world: this must be 1"),
        (b'{"caseapp_world": 2}', "caseapp_world: this must be 1"),
        (b'{"caseapp_world": 1, "caseapp_world": 1}', "stands twice"),
        (b'{"caseapp_world": 1, "cases": 5}', "cases: this must be a list"),
        (b'{"caseapp_world": 1, "cases": [7]}', "cases[0]: this must be an object"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_junk_is_refused_in_words(app, db_session, tmp_path, data, said):
    with pytest.raises(demo.WorldRefused, match=re.escape(said)):
        demo.load(data, folder=str(tmp_path))


def test_a_database_with_something_in_it_is_left_alone(load):
    load(example())
    before = db.session.scalar(select(func.count(AuditEntry.id)))
    with pytest.raises(demo.NotEmpty):
        load(example())
    assert db.session.scalar(select(func.count(AuditEntry.id))) == before


def test_passwords_are_hashes_in_the_database_and_readable_for_the_owner_of_the_data_folder_alone(
    load, tmp_path
):
    load(example())
    kept = tmp_path / "world-accounts.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    hashed = db.session.scalar(select(User.password_hash).where(User.email == "jo@hostel.example"))
    assert passwords.right(hashed, "linden-harbour-42")
    listed = demo.accounts(str(tmp_path))
    assert (listed[0].email, listed[0].password) == ("mia@street.example", "linden-harbour-42")


def test_a_refused_world_leaves_no_passwords_behind(load, tmp_path):
    world = example()
    del world["cases"][0]["consents"]
    refused(load, world)
    assert list(tmp_path.iterdir()) == []


def test_a_world_that_is_no_demo_has_ordinary_accounts(load, tmp_path):
    load(example() | {"demo": False})
    assert not db.session.scalar(select(func.count()).where(User.demo))
    assert list(tmp_path.iterdir()) == []
    assert demo.accounts(str(tmp_path)) == []


# --- the commands -------------------------------------------------------------------------------------------------


def test_world_load_and_accounts_from_the_command_line(app, tmp_path):
    file = tmp_path / "world.json"
    file.write_text(json.dumps(example()), encoding="utf-8")
    run = app.test_cli_runner().invoke
    done = run(args=["world", "load", str(file)])
    assert (done.exit_code, done.output) == (0, "Two agencies: agencies 2, staff 3, people 1, cases 1.\n")
    listed = json.loads(run(args=["world", "accounts"]).output)
    assert listed[1] == {
        "email": "lou@street.example",
        "password": "linden-harbour-42",
        "name": "Lou Sampleby",
        "agency": "Street Service",
        "roles": ["worker"],
        "lands_on": "/caseload",
    }
    again = run(args=["world", "load", str(file)])
    assert again.exit_code == 1
    assert "not empty" in again.output
    once = run(args=["world", "load", str(file), "--once"])
    assert (once.exit_code, "nothing was loaded" in once.output) == (0, True)


def test_a_refused_file_ends_the_command_with_its_faults(app, tmp_path):
    world = example()
    world["cases"][0]["status"] = "weird"
    file = tmp_path / "world.json"
    file.write_text(json.dumps(world), encoding="utf-8")
    done = app.test_cli_runner().invoke(args=["world", "load", str(file)])
    assert done.exit_code == 1
    assert "Nothing was loaded.\ncases[0].status: write one of:" in done.output


# --- the demo -----------------------------------------------------------------------------------------------------


def load_demo(folder):
    def build():
        demo.load(DEMO.read_bytes(), folder=str(folder))

    return build


@pytest.fixture
def demo_world(app, database, db_session, tmp_path_factory):
    database.kept("demo", load_demo(tmp_path_factory.mktemp("demo")))


@pytest.mark.slow
def test_the_demo_world_shows_every_role_state_and_procedure(demo_world):
    count = db.session.scalar
    assert count(select(func.count(Case.id))) >= 25
    assert count(select(func.count(Agency.id))) >= 12
    assert set(db.session.scalars(select(Case.status))) == set(CaseStatus)
    assert set(db.session.scalars(select(Action.status))) == set(ActionStatus)
    assert set(db.session.scalars(select(Case.protocol_key))) == {
        "ie-homeless-drug",
        "uk-adult",
        "ca-assessment",
    }
    assert set(db.session.scalars(select(ConsentGrant.status))) >= {
        ConsentStatus.ACTIVE,
        ConsentStatus.WITHDRAWN,
        ConsentStatus.REFUSED,
        ConsentStatus.EXPIRED,
        ConsentStatus.SUPERSEDED,
        ConsentStatus.ENTERED_IN_ERROR,
    }
    roles = Role(0)
    for one in db.session.scalars(select(User.roles)):
        roles |= one
    assert roles == Role(127)
    kinds = dict(db.session.execute(select(Area.kind, func.count()).group_by(Area.kind)).all())
    assert (kinds[AreaKind.LOCAL], kinds[AreaKind.REGIONAL]) == (14, 10)
    assert count(select(func.count(User.id)).where(User.demo.is_(False))) == 0
    # what waits at the doors of records: each of these pages has life from the first day (X-5, X-7, X-9, S2-43)
    today = clock.today()
    for waits in (
        select(AccessRequest.id).where(AccessRequest.decided_at.is_(None), AccessRequest.lapses_on >= today),
        select(SubjectRequest.id).where(SubjectRequest.ended_at.is_(None)),
        select(RetentionReview.id).where(RetentionReview.decision == RetentionDecision.WAITING),
        select(Disclosure.id).where(Disclosure.withheld_until <= today),
        select(EmergencyAccess.id).where(EmergencyAccess.reviewed_at.is_(None)),
    ):
        assert db.session.scalars(waits).all(), waits
    assert count(select(func.min(User.created_at))) > clock.now() - timedelta(days=3 * 366), (
        "no older than its people"
    )


@pytest.mark.slow
def test_nialls_case_is_as_it_was_drawn(demo_world):
    orla, tomasz = user("orla@canal.example"), user("tomasz@harbour.example")
    case = scopes.find_case(orla, "41729304")
    assert case.manager
    versions = db.session.scalars(
        select(PlanVersion.reason).where(PlanVersion.case_id == case.id).order_by(PlanVersion.number)
    ).all()
    assert versions[:3] == ["First plan", "Probation joined", "Two actions added, detox proposed"]
    (from_meeting,) = versions[3:]
    assert from_meeting.startswith("Case meeting of ")
    assert db.session.scalar(select(func.count(Action.id)).where(Action.case_id == case.id)) == 14
    assert scopes.find_case(tomasz, "41729304").sight == scopes.Sight.PART
    assert scopes.find_case(user("leah@millroad.example"), "41729304").sight == scopes.Sight.WHOLE_PLAN
    assert scopes.find_case(user("lorcan@quayhouse.example"), "41729304") is None
    assert scopes.find_case(user("system@national.example"), "41729304") is None
