"""Who works on a case (S2-2, S3-20, S3-21, S3-23, S3-29, S3-51, S2-49, S4-6): exactly one case manager, always."""

import threading

import pytest
from sqlalchemy import func, select

from caseapp import clock, create_app, ids
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Case, CaseAssignment, Event, Notification, User
from caseapp.policy import scopes
from caseapp.services import assignments
from caseapp.vocabulary import AssignmentRole, CaseStatus, Role
from tests.browser import parse

CASE = "/cases/41729304"
MANAGER = CASE + "/team/case-manager"


def standing(case_id):
    return db.session.scalars(
        select(CaseAssignment).where(
            CaseAssignment.case_id == case_id,
            CaseAssignment.role == AssignmentRole.CASE_MANAGER,
            CaseAssignment.to_at.is_(None),
        )
    ).all()


def test_the_manager_changes_the_case_manager_without_a_gap(world, as_, db_session):
    answer = as_("declan").submit(
        MANAGER, MANAGER, user_id=str(world.shauna.user_id), reason="Orla is on leave"
    )
    assert answer.status_code == 303
    (now,) = standing(world.case_id)
    before = db_session.scalar(select(CaseAssignment).where(CaseAssignment.user_id == world.orla.user_id))
    assert now.user_id == world.shauna.user_id and before.to_at == now.from_at
    event = db_session.scalar(select(Event).where(Event.kind == "case_manager"))
    assert (
        event.change == {"Case manager": ["Orla Keaveney", "Shauna Begley"]} and "leave" not in event.summary
    )
    told = set(db_session.scalars(select(Notification.user_id).where(Notification.event_id == event.id)))
    assert {world.orla.user_id, world.shauna.user_id, world.tomasz.user_id, world.leah.user_id} <= told
    assert world.mark.user_id not in told and world.declan.user_id not in told
    page = as_("declan").get(CASE + "/team").text
    assert "The case manager changed once" in page and "Niall has not been told yet" in page
    assert as_("shauna").get(CASE).status_code == 200 and as_("orla").get(CASE).status_code == 403
    assert "Shauna Begley is the new case manager" in as_("tomasz").get(CASE + "/timeline").text
    assert "Orla is on leave" not in as_("tomasz").get(CASE + "/timeline").text


def test_a_change_needs_its_reason_and_what_was_chosen_is_kept(world, as_, db_session):
    answer = as_("declan").submit(MANAGER, MANAGER, user_id=str(world.shauna.user_id), reason="")
    assert answer.status_code == 422 and "Say why the case manager changes" in answer.text
    assert f'selected value="{world.shauna.user_id}"' in answer.text
    assert standing(world.case_id)[0].user_id == world.orla.user_id


@pytest.mark.parametrize("name", ["tomasz", "root", "femi", "ciara", "amina"])
def test_only_workers_of_the_lead_agency_can_be_named(world, as_, name):
    answer = as_("declan").submit(MANAGER, MANAGER, user_id=str(world.viewers[name].user_id), reason="x")
    assert answer.status_code == 422
    with pytest.raises(RuleBroken, match="Choose a worker of your agency"):
        assignments.allocate(
            world.case_for(world.declan),
            actor=world.declan,
            at=clock.now(),
            user_id=world.viewers[name].user_id,
            reason="x",
        )


def test_a_disabled_account_cannot_be_named(world, db_session):
    db_session.get(User, world.shauna.user_id).disabled_at = clock.now()
    db_session.commit()
    with pytest.raises(RuleBroken, match="Choose a worker of your agency"):
        assignments.allocate(
            world.case_for(world.declan),
            actor=world.declan,
            at=clock.now(),
            user_id=world.shauna.user_id,
            reason="x",
        )


def test_the_second_of_two_managers_sees_what_the_first_did_and_nothing_is_overwritten(
    world, as_, db_session
):
    one, two = as_("declan"), as_("declan")
    form = next(f for f in parse(two.get(MANAGER).text).forms if f.action == MANAGER)
    one.submit(MANAGER, MANAGER, user_id=str(world.shauna.user_id), reason="Leave")
    answer = two.post(
        MANAGER, data=form.fields | {"user_id": str(world.declan.user_id), "reason": "I take it"}
    )
    assert answer.status_code == 409
    assert "Declan Moyne chose Shauna Begley" in answer.text and "I take it" in answer.text
    assert standing(world.case_id)[0].user_id == world.shauna.user_id


def test_a_double_click_changes_it_once(world, as_, db_session):
    declan = as_("declan")
    form = next(f for f in parse(declan.get(MANAGER).text).forms if f.action == MANAGER)
    data = form.fields | {"user_id": str(world.shauna.user_id), "reason": "Leave"}
    assert [declan.post(MANAGER, data=data).status_code for _ in range(2)] == [303, 303]
    assert db_session.scalar(select(func.count()).select_from(CaseAssignment)) == 2


def test_a_case_manager_never_ends_without_a_successor(world, as_, db_session):
    (now,) = standing(world.case_id)
    page = f"{CASE}/team/{ids.written(now.id)}/end"
    answer = as_("declan").submit(page, page, reason="Leaves")
    assert answer.status_code == 422 and "never without its case manager" in answer.text
    assert len(standing(world.case_id)) == 1


def test_a_key_worker_is_named_and_ended_and_stays_in_the_history(world, as_, db_session):
    declan = as_("declan")
    page = CASE + "/team/key-worker"
    assert declan.submit(page, page, user_id=str(world.shauna.user_id)).status_code == 303
    assert as_("shauna").get(CASE).status_code == 200
    second = declan.submit(page, page, user_id=str(world.declan.user_id))
    assert second.status_code == 422 and "There is one for each service" in second.text
    part = db_session.scalar(select(CaseAssignment).where(CaseAssignment.user_id == world.shauna.user_id))
    end = f"{CASE}/team/{ids.written(part.id)}/end"
    assert declan.submit(end, end, reason="Moves to another team").status_code == 303
    assert as_("shauna").get(CASE).status_code == 403
    assert "Shauna Begley" in declan.get(CASE + "/team").text.split("Before")[1]


def test_the_day_on_which_the_person_was_told_is_kept(world, as_, db_session):
    (now,) = standing(world.case_id)
    page = f"{CASE}/team/{ids.written(now.id)}/told"
    assert as_("orla").submit(page, page).status_code == 303
    db_session.refresh(now)
    assert now.person_told_on == clock.today()
    assert "Niall has not been told yet" not in as_("orla").get(CASE + "/team").text


def test_the_line_manager_can_be_changed_to_another_line_manager_only(world, as_, db_session):
    page = CASE + "/team/line-manager"
    assert as_("declan").submit(page, page, user_id=str(world.orla.user_id)).status_code == 422
    db_session.get(User, world.shauna.user_id).roles = Role.WORKER | Role.LINE_MANAGER
    db_session.commit()
    assert as_("declan").submit(page, page, user_id=str(world.shauna.user_id)).status_code == 303
    assert db_session.get(Case, world.case_id).line_manager_id == world.shauna.user_id


def test_the_wish_for_another_worker_goes_to_the_line_manager_and_to_no_other_agency(world, as_, db_session):
    page = CASE + "/team/wish"
    assert as_("orla").submit(page, page, words="CANARY-LEAD-wish somebody older").status_code == 303
    assert as_("orla").submit(page, page, words="again").status_code == 422
    decide = page + "/decide"
    declan = as_("declan")
    assert "CANARY-LEAD-wish" in declan.get(decide).text
    assert declan.submit(decide, decide, decision="agreed", reason="From Monday").status_code == 303
    team = as_("orla").get(CASE + "/team").text
    assert "Agreed" in team and "From Monday" in team
    for name in ("tomasz", "leah", "shauna"):
        text = as_(name).get(CASE + "/timeline").text
        assert "CANARY" not in text and "another worker" not in text, name


def test_only_the_lead_manager_allocates(world, as_):
    for name, status in (
        ("orla", 403),
        ("tomasz", 403),
        ("leah", 403),
        ("amina", 403),
        ("mark", 404),
        ("root", 404),
    ):
        assert as_(name).get(MANAGER).status_code == status, name


def test_a_first_case_manager_waits_for_the_checks(world, db_session):
    case = db_session.get(Case, world.case_id)
    db_session.query(CaseAssignment).delete()
    case.status = CaseStatus.ALLOCATION
    db_session.commit()
    file = world.case_for(world.declan)
    with pytest.raises(RuleBroken, match="First record"):
        assignments.allocate(file, actor=world.declan, at=clock.now(), user_id=world.orla.user_id)
    db_session.get(Case, world.case_id).lead_settled = "Checked: nobody elsewhere"
    db_session.commit()
    assignments.allocate(file, actor=world.declan, at=clock.now(), user_id=world.orla.user_id)
    assert db_session.get(Case, world.case_id, populate_existing=True).status == CaseStatus.CASE_MANAGED


def test_saves_at_once_leave_exactly_one_case_manager(another_database, tmp_path):
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
        file = scopes.find_case(world.declan, world.reference)
        seen = standing(world.case_id)[0].id
        workers = [world.shauna.user_id, world.declan.user_id]
        db.session.remove()
    together, outcomes = threading.Barrier(6), []

    def one(user_id):
        with app.app_context():
            together.wait()
            try:
                assignments.allocate(
                    file, actor=world.declan, at=clock.now(), user_id=user_id, reason="At once", seen=seen
                )
                outcomes.append("done")
            except (Stale, RuleBroken) as refused:
                outcomes.append(type(refused).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(user_id,)) for user_id in workers * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert len(standing(world.case_id)) == 1
        assert db.session.scalar(select(func.count()).select_from(CaseAssignment)) == 2
        db.session.remove()
        db.engine.dispose()
    assert sorted(outcomes) == ["Stale"] * 5 + ["done"]


def test_the_database_itself_refuses_a_second_case_manager(world, db_session):
    from sqlalchemy.exc import IntegrityError

    db_session.add(
        CaseAssignment(
            case_id=world.case_id,
            user_id=world.shauna.user_id,
            role=AssignmentRole.CASE_MANAGER,
            from_at=clock.now(),
            given_by_id=world.declan.user_id,
        )
    )
    with pytest.raises(IntegrityError):
        db_session.flush()
