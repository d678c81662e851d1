"""Records that are over, and people who have moved on: they are read by whom they should be, and never written."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pytest
from sqlalchemy import update

from caseapp import clock, references
from caseapp.extensions import db
from caseapp.ids import new_id, written
from caseapp.models import Case, Person
from caseapp.policy import scopes
from caseapp.services import cases as case_acts
from caseapp.vocabulary import CaseStatus
from tests.hostile_world import FILLED, browser, built, posts, rows_of, world  # noqa: F401 - fixtures

# --- what is over --------------------------------------------------------------------------------------------------


#: What may still be written once a case is closed: the person's own grievance, reopening, a note for the record, and what the page itself refuses.
AFTER_CLOSING = {
    # what the law allows or asks for whatever became of the case; none of it writes to the record of care
    "doors.answer",
    "doors.deny",
    "doors.keep_denial",
    "doors.save_end_denial",
    "restricted.create",
    "restricted.create_correction",
    "restricted.search",
    "restricted.record_disclosure",
    "rights.answer_said_now",
    "rights.hold_case",
    "rights.lift_case",
    "rights.receive_of_case",
    "rights.say_now",
    "grievances.create_of_person",
    "cases.save_reopen",
    "cases.save_close",
    "cases.create_note",
    "cases.save_correction",
}


@pytest.fixture
def closed(world):
    file = scopes.find_case(world.declan, world.reference)
    case_acts.close(file, actor=world.declan, at=clock.now(), kind="other", reason="x", attempts="x")
    return world


def test_a_closed_case_is_read_and_never_written(app, closed):
    world = closed
    tables = {
        "goal",
        "action",
        "consent_grant",
        "need",
        "care_plan",
        "plan_issue",
        "case",
        "plan_version",
        "case_agency",
    }
    before = {k: v for k, v in rows_of(world.case_id, 0).items() if k[0] in tables}
    wrong = []
    for name in ("declan", "orla", "shauna", "tomasz", "leah"):
        client = browser(app, world.viewers[name])
        token = client.token("/account")
        for rule in posts(app):
            if "reference" in rule.arguments and rule.endpoint not in AFTER_CLOSING:
                values = {n: (world.ids["own"][n] or [new_id()])[0] for n in rule.arguments}
                answer = client.post(built(app, rule, values), data=FILLED | {"csrf_token": token})
                if answer.status_code not in (403, 404):
                    wrong.append((name, rule.rule, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert {k: v for k, v in rows_of(world.case_id, 0).items() if k[0] in tables} == before
    assert browser(app, world.tomasz).get(f"/cases/{world.reference}/plan").status_code == 404
    assert browser(app, world.declan).get(f"/cases/{world.reference}/plan").status_code == 200


def test_a_consent_form_that_was_open_when_the_case_closed_opens_nothing(app, world):
    """The case is judged again while it is held: between the guard and the use case it may have closed."""
    from caseapp.errors import RuleBroken
    from caseapp.services import consent

    file = scopes.find_case(world.orla, world.reference)
    case_acts.close(
        scopes.find_case(world.declan, world.reference), actor=world.declan, at=clock.now(), kind="other",
        reason="x", attempts="x",
    )  # fmt: skip
    today = clock.today()
    terms = consent.Terms(
        world.agencies["harbour"], "information_sharing", today, today, today + timedelta(days=30), purpose="x",
        understood=True, copy_given=True,
    )  # fmt: skip
    for act in (
        lambda: consent.record(file, actor=world.orla, at=clock.now(), terms=terms),
        lambda: consent.refuse(
            file, actor=world.orla, at=clock.now(), agency_id=world.agencies["area"], kind=terms.kind
        ),
        lambda: consent.exclude(
            file, actor=world.orla, at=clock.now(), agency_id=world.agencies["northgate"]
        ),
    ):
        with pytest.raises(RuleBroken, match="closed"):
            act()


# --- people who have moved on ------------------------------------------------------------------------------------------


@pytest.fixture
def moved(closed):
    """Niall's case with Canal Street is closed; a later episode is led by Northgate, at a new address."""
    world = closed
    db.session.add(
        Case(
            reference=references.new_reference(), person_id=world.person_id, episode=2, lead_agency_id=world.agencies["northgate"],
            line_manager_id=world.nora.user_id, protocol_key="ie-homeless-drug", status=CaseStatus.ALLOCATION,
            opened_at=clock.now(), opened_by_id=world.mark.user_id, last_activity_at=clock.now(),
        )
    )  # fmt: skip
    db.session.execute(
        update(Person.__table__).where(Person.__table__.c.id == world.person_id).values(
            address="NEW-secret street", safe_contact="NEW-secret contact", phone="NEW-secret phone", known_as="NEW-secret name",
            access_needs="NEW-secret access", language="NEW-secret language",
        )
    )  # fmt: skip
    db.session.commit()
    return world


@pytest.mark.parametrize("name", ["declan", "orla", "shauna"])
def test_a_former_lead_agency_learns_nothing_of_where_the_person_is_now(app, moved, name):
    world, viewer = moved, moved.viewers[name]
    assert scopes.find_person(viewer, world.person_id) is None
    client = browser(app, viewer)
    base = f"/people/{written(world.person_id)}"
    for path in (base, f"{base}/edit", f"{base}/cases/new", f"{base}/family/new", f"{base}/warnings/new"):
        assert client.get(path).status_code == 404, path
    for words in ("NEW-secret", "Rafter", "CANARY-NAME-person", "1989", world.reference):
        assert (
            "/people/" + written(world.person_id) not in client.get("/people", query_string={"q": words}).text
        )
    old = f"/cases/{world.reference}"
    for path in (
        "",
        "/plan",
        "/print/person",
        "/print/plan",
        "/print/part",
        "/consent",
        "/team",
        "/plan/reviews",
        "/reopen",
    ):
        page = client.get(old + path)
        assert page.status_code in (200, 403), path
        for secret in ("street", "contact", "phone", "access", "language"):
            assert f"NEW-secret {secret}" not in page.text, (path, secret)


def test_the_new_lead_agency_sees_the_person_whole(moved):
    assert scopes.find_person(moved.nora, moved.person_id).all


def test_whoever_leads_again_sees_the_person_again(moved):
    """A third episode, with the first agency: the person page is theirs again."""
    db.session.execute(
        update(Case.__table__).where(Case.__table__.c.person_id == moved.person_id, Case.__table__.c.episode == 2).values(
            status=CaseStatus.CLOSED_OTHER, closed_at=clock.now(), close_reason="x"
        )
    )  # fmt: skip
    db.session.add(
        Case(
            reference=references.new_reference(), person_id=moved.person_id, episode=3, lead_agency_id=moved.agencies["canal"],
            line_manager_id=moved.declan.user_id, protocol_key="ie-homeless-drug", status=CaseStatus.ALLOCATION,
            opened_at=clock.now(), opened_by_id=moved.declan.user_id, last_activity_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    assert scopes.find_person(moved.declan, moved.person_id).all
