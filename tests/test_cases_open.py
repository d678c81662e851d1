"""Opening a case (S2-1, S2-3, S2-7, S0-1, S3-19): one open case for a person, under a reference that is its own."""

import secrets
import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from caseapp import clock, create_app, ids, references
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import AuditEntry, CarePlan, Case, CaseAssignment, Event, Notification, Person
from caseapp.policy import scopes
from caseapp.services import cases
from caseapp.vocabulary import AssignmentRole, CaseStatus

FIRST_STEPS = {
    "intensive_needs": "Housing, methadone, no contact with his GP",
    "checks_made": "Harbour Hostel: no key worker there",
    "choice": "Canal Street or the clinic; chose Canal Street",
    "permission_on": date(2026, 9, 1),
}


@pytest.fixture
def ella(world, db_session):
    """A person without a case, registered by Canal Street; returns their id."""
    person = Person(
        given_name="Ella",
        family_name="Placeholder",
        registered_by_agency_id=world.agencies["canal"],
        registered_by_id=world.orla.user_id,
        registered_at=clock.now(),
    )
    db_session.add(person)
    db_session.commit()
    return person.id


def page_of(person_id):
    return f"/people/{ids.written(person_id)}/cases/new"


def typed(world, **more):
    return {
        "protocol_key": "ie-homeless-drug",
        "complex": "yes",
        "intensive_needs": "Housing and health, for years",
        "permission_on-day": "1",
        "permission_on-month": "9",
        "permission_on-year": "2026",
        "checks_made": "Harbour: nobody there",
        "choice": "Explained both; Canal Street it is",
        "worker_id": str(world.orla.user_id),
        "line_manager_id": str(world.declan.user_id),
    } | more


def test_a_worker_opens_a_case_with_themself(world, as_, ella, db_session):
    orla = as_("orla")
    answer = orla.submit(page_of(ella), page_of(ella), **typed(world))
    assert answer.status_code == 303, answer.text
    case = db_session.scalar(select(Case).where(Case.person_id == ella))
    assert answer.location == f"/cases/{case.reference}" and references.is_valid(case.reference)
    assert (case.status, case.episode, case.lead_agency_id) == (
        CaseStatus.CASE_MANAGED,
        1,
        world.agencies["canal"],
    )
    assert case.line_manager_id == world.declan.user_id and case.permission_on == date(2026, 9, 1)
    assert (
        case.lead_settled
        == "Checked: Harbour: nobody there\nThe person’s choice: Explained both; Canal Street it is"
    )
    assert case.protocol_version == 1 and case.commitment_ends_on > clock.today()
    manager = db_session.scalar(select(CaseAssignment).where(CaseAssignment.case_id == case.id))
    assert (manager.user_id, manager.role, manager.to_at) == (
        world.orla.user_id,
        AssignmentRole.CASE_MANAGER,
        None,
    )
    plan = db_session.get(CarePlan, case.id)
    assert plan.agreed_version == 0 and plan.next_review_on is None
    said = db_session.scalars(select(AuditEntry.what).where(AuditEntry.case_id == case.id)).all()
    assert "case opened" in said and "case manager: Orla Keaveney" in said
    told = db_session.scalars(select(Notification.user_id).where(Notification.case_id == case.id)).all()
    assert set(told) == {world.declan.user_id}
    page = orla.get(answer.location).text
    assert "Ella Placeholder" in page and "The case is open." in page


def test_a_case_can_wait_for_allocation_and_the_manager_finds_it_in_the_queue(world, as_, ella, db_session):
    answer = as_("orla").submit(
        page_of(ella), page_of(ella), **typed(world, worker_id="", checks_made="", choice="")
    )
    assert answer.status_code == 303
    case = db_session.scalar(select(Case).where(Case.person_id == ella))
    assert case.status == CaseStatus.ALLOCATION
    queue = as_("declan").get("/cases/waiting").text
    assert "Ella Placeholder" in queue and "Niall" not in queue and "Name the case manager" in queue
    listed = db_session.scalars(
        select(AuditEntry).where(AuditEntry.what == "cases waiting for allocation")
    ).all()
    assert listed[-1].detail == {"cases": [str(case.id)]}
    assert as_("orla").get("/cases/waiting").status_code == 403
    assert "Ella" not in as_("amina").get("/cases/waiting").text


def test_without_complex_needs_it_opens_as_key_working(world, as_, ella, db_session):
    as_("orla").submit(page_of(ella), page_of(ella), **typed(world, complex="no", permission_on_day=""))
    case = db_session.scalar(select(Case).where(Case.person_id == ella))
    assert case.status == CaseStatus.KEY_WORKING and case.intensive_needs == ""
    role = db_session.scalar(select(CaseAssignment.role).where(CaseAssignment.case_id == case.id))
    assert role == AssignmentRole.KEY_WORKER


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("intensive_needs", "Say which complex and long-term needs"),
        ("checks_made", "Say where you asked for a case manager"),
        ("choice", "Say which agencies were explained"),
        ("protocol_key", "Choose the procedure"),
        ("line_manager_id", "Choose the line manager"),
    ],
)
def test_what_must_come_first_is_asked_for_beside_its_field(world, as_, ella, db_session, field, says):
    answer = as_("orla").submit(page_of(ella), page_of(ella), **typed(world, **{field: ""}))
    assert answer.status_code == 422 and says in answer.text
    assert "Explained both" in answer.text or field == "choice"
    assert db_session.scalar(select(func.count()).where(Case.person_id == ella)) == 0


def test_permission_comes_first_and_no_day_lies_in_the_future(world, as_, ella):
    orla = as_("orla")
    without = typed(world) | {"permission_on-day": "", "permission_on-month": "", "permission_on-year": ""}
    assert (
        "permitted you to ask: that comes first" in orla.submit(page_of(ella), page_of(ella), **without).text
    )
    late = typed(world) | {"permission_on-year": "2090"}
    assert "This day lies in the future" in orla.submit(page_of(ella), page_of(ella), **late).text


def test_a_worker_cannot_name_somebody_else_but_the_manager_can(world, as_, ella, db_session):
    answer = as_("orla").submit(
        page_of(ella), page_of(ella), **typed(world, worker_id=str(world.shauna.user_id))
    )
    assert answer.status_code == 422
    for stranger in ("tomasz", "femi", "root"):
        wrong = typed(world, worker_id=str(world.viewers[stranger].user_id))
        assert as_("declan").submit(page_of(ella), page_of(ella), **wrong).status_code == 422, stranger
    assert (
        as_("declan")
        .submit(page_of(ella), page_of(ella), **typed(world, worker_id=str(world.shauna.user_id)))
        .status_code
        == 303
    )


def test_a_double_click_opens_one_case(world, as_, ella, db_session):
    from tests.browser import parse

    orla = as_("orla")
    form = next(
        f
        for f in parse(orla.get(page_of(ella)).text).forms
        if "protocol_key" in typed(world) and "once" in f.fields
    )
    data = form.fields | typed(world)
    first, second = (orla.post(page_of(ella), data=data) for _ in range(2))
    assert first.status_code == second.status_code == 303 and first.location == second.location
    assert db_session.scalar(select(func.count()).where(Case.person_id == ella)) == 1


def test_a_person_with_an_open_case_gets_no_second_one(world, as_, db_session):
    orla, page = as_("orla"), page_of(world.person_id)
    assert orla.get(page).location == "/cases/41729304"
    from tests.browser import parse

    token = parse(orla.get("/cases/41729304/edit").text).forms[-1].fields["csrf_token"]
    answer = orla.post(page, data=typed(world) | {"csrf_token": token})
    assert answer.status_code == 422 and "already an open case" in answer.text
    assert db_session.scalar(select(func.count()).where(Case.person_id == world.person_id)) == 1


@pytest.mark.parametrize("name", ["tomasz", "mark", "shauna", "root", "femi", "amina"])
def test_others_cannot_open_a_case_for_a_person_whose_page_they_may_not_read(world, as_, db_session, name):
    assert as_(name).get(page_of(world.person_id)).status_code in {403, 404}


def test_a_reference_that_is_taken_is_tried_again(world, ella, db_session, monkeypatch):
    first_six = [417293 - 100_000, 417293 - 100_000, 555_555 - 100_000]
    monkeypatch.setattr(secrets, "randbelow", lambda most: first_six.pop(0) if first_six else 7)
    person = scopes.find_person(world.orla, ella)
    case = cases.open_case(person, actor=world.orla, at=clock.now(), protocol_key="ie-homeless-drug")
    assert (
        case.reference.startswith("555555") and db.session.scalar(select(func.count()).select_from(Case)) == 2
    )


@pytest.mark.parametrize("text", ["\x00\x1b", "🙂" * 90, "ز" * 301, "x" * 20_000, "Robert'); --"])
def test_odd_text_is_kept_or_refused_in_words(world, as_, ella, text):
    answer = as_("orla").submit(page_of(ella), page_of(ella), **typed(world, intensive_needs=text))
    assert answer.status_code in {303, 422}


@pytest.mark.parametrize("junk", ["-1", "9" * 400, "١٢", "0x10", "None", "9223372036854775808"])
def test_junk_in_a_list_of_workers_is_refused(world, as_, ella, junk):
    assert (
        as_("orla").submit(page_of(ella), page_of(ella), **typed(world, line_manager_id=junk)).status_code
        == 422
    )


def test_two_saves_at_once_open_one_case_and_the_other_gets_a_kind_word(another_database, tmp_path):
    from tests.world import build

    app = create_app(
        {
            "TESTING": True,
            "CASEAPP_ENV": "test",
            "DATABASE_URL": another_database,
            "CASEAPP_DATA": str(tmp_path),
            "SECRET_KEY": "x",
        }
    )
    with app.app_context():
        world = build()
        person = Person(
            given_name="Ella",
            registered_by_agency_id=world.agencies["canal"],
            registered_by_id=world.orla.user_id,
            registered_at=clock.now(),
        )
        db.session.add(person)
        db.session.commit()
        person_id = person.id
        file = scopes.find_person(world.orla, person_id)
        db.session.remove()
    together, outcomes = threading.Barrier(4), []

    def one(actor):
        with app.app_context():
            together.wait()
            try:
                case = cases.open_case(
                    file,
                    actor=actor,
                    at=clock.now(),
                    protocol_key="ie-homeless-drug",
                    case_manager_id=actor.user_id,
                    **FIRST_STEPS,
                )
                outcomes.append(case.reference)
            except RuleBroken as broken:
                outcomes.append(str(broken))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(actor,)) for actor in (world.orla, world.declan) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Case.person_id == person_id)) == 1
        assert (
            db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == "case_opened")) == 1
        )
        db.session.remove()
        db.engine.dispose()
    assert sorted("already an open case" in outcome for outcome in outcomes) == [False, True, True, True]
