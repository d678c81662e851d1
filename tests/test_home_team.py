"""A line manager's team: loads, weights, what waits and what is overdue (S3-60)."""

from datetime import timedelta

import pytest

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import Case, CaseAssignment, Need, PlanIssue, User
from caseapp.queries import settings, team
from caseapp.vocabulary import AssignmentRole, CaseStatus, NeedLevel
from tests.caseloads import add_action, add_case
from tests.world import LONG_AGO


def test_my_team_counts_weighs_and_names_the_overdue_of_each_worker(world, as_):
    today = clock.today()
    add_action(world, world.case_id, world.goals["drugs"], worker="orla", due=today - timedelta(days=2))
    add_action(world, world.case_id, world.goals["drugs"], worker="shauna", due=today - timedelta(days=1))
    add_action(world, world.case_id, world.goals["drugs"], due=today - timedelta(days=1))
    db.session.commit()
    found = team.team(viewer=world.declan, limits=settings.values(world.declan.agency_id))
    workers = {one.name.split()[0]: one for one in found.workers}
    assert set(workers) == {"Orla", "Shauna", "Declan"}
    assert (workers["Orla"].cases, workers["Shauna"].cases) == (1, 0)
    assert (workers["Orla"].overdue, workers["Shauna"].overdue, found.overdue_of_nobody) == (1, 1, 1)
    assert team.overdue_weeks(viewer=world.declan)[-1] == (today, found.overdue) == (today, 3)
    # one high need, nine open actions: 0.4 + 0.15 + 0.27 of 20
    assert workers["Orla"].weight == round(100 * (0.4 + 0.15 + 0.27) / 20)
    assert "Caseload of Orla" in as_("declan").get(f"/team/{written(world.orla.user_id)}").text


def test_the_weight_of_a_case_follows_the_formula(world):
    case_id, goal_id = add_case(world, 60, manager="shauna")
    for at, level in enumerate((NeedLevel.HIGH, NeedLevel.HIGH, NeedLevel.MEDIUM, NeedLevel.MEDIUM)):
        db.session.add(
            Need(
                case_id=case_id,
                domain=f"d{at}",
                level=level,
                changed_at=LONG_AGO,
                changed_by_id=world.orla.user_id,
            )
        )
    for _ in range(8):
        add_action(world, case_id, goal_id)
    add_action(world, case_id, goal_id, status="completed", ended_on=clock.today())
    db.session.commit()
    limits = settings.values(world.declan.agency_id) | {"workload_capacity": 1}

    def shauna():
        return next(
            one
            for one in team.team(viewer=world.declan, limits=limits).workers
            if one.name.startswith("Shauna")
        )

    assert shauna().weight == 104
    assert shauna().band == "Over"
    db.session.get(User, world.shauna.user_id).capacity = 50
    db.session.get(Case, case_id).status = CaseStatus.CLOSING
    db.session.commit()
    assert shauna().weight == 104
    db.session.get(User, world.shauna.user_id).capacity = 0
    db.session.commit()
    assert (shauna().weight, shauna().band) == (None, "No capacity set")


@pytest.mark.parametrize(
    ("weight", "word"),
    [(94, "Room"), (95, "Full"), (100, "Full"), (101, "Over"), (109, "Over"), (110, "Too much")],
)
def test_the_bands_of_a_load(weight, word):
    assert team.band(weight)[0] == word


def test_a_key_worker_beside_a_case_manager_carries_half(world):
    db.session.add(
        CaseAssignment(
            case_id=world.case_id,
            user_id=world.shauna.user_id,
            role=AssignmentRole.KEY_WORKER,
            from_at=LONG_AGO,
            given_by_id=world.declan.user_id,
        )
    )
    db.session.commit()
    limits = settings.values(world.declan.agency_id) | {"workload_capacity": 1}
    loads = {one.name.split()[0]: one.weight for one in team.team(viewer=world.declan, limits=limits).workers}
    assert loads["Shauna"] == pytest.approx(loads["Orla"] / 2, abs=1)


def test_overdue_over_the_weeks_counts_until_the_day_an_action_ended(world):
    today = clock.today()
    add_action(
        world,
        world.case_id,
        world.goals["drugs"],
        status="completed",
        due=today - timedelta(days=40),
        ended_on=today - timedelta(days=10),
        changed_at=clock.now() - timedelta(days=10),
    )
    db.session.commit()
    counts = [count for _, count in team.overdue_weeks(viewer=world.declan)]
    # days back: 49 42 35 28 21 14 7 0
    assert counts == [0, 0, 1, 1, 1, 1, 0, 0]


def test_the_manager_sees_what_waits_for_a_worker_an_answer_or_an_agency(world, as_):
    add_case(world, 70, manager=None, status=CaseStatus.ALLOCATION)
    db.session.add(
        PlanIssue(
            case_id=world.case_id,
            agency_id=world.agencies["harbour"],
            raised_by_id=world.tomasz.user_id,
            raised_at=clock.now() - timedelta(days=30),
            text="x",
        )
    )
    db.session.commit()
    page = as_("declan").get("/team").text
    assert "Waiting for a worker" in page
    assert f'<a href="/cases/{world.reference}/issues">An issue raised by Harbour Hostel</a>' in page
    assert 'Harbour Hostel<span class="small">1 action asked' in page
    assert "Niall" not in page


def test_a_manager_opens_only_the_caseloads_of_the_own_agency(world, as_):
    declan = as_("declan")
    assert "Niall" in declan.get(f"/team/{written(world.orla.user_id)}").text
    assert declan.get(f"/team/{written(world.tomasz.user_id)}").status_code == 404
    assert declan.get(f"/team/{written(world.tomasz.user_id)}.csv").status_code == 404
    assert as_("orla").get(f"/team/{written(world.shauna.user_id)}").status_code == 403
    amina = as_("amina")
    assert "Niall" not in amina.get("/team").text
    assert "Niall" not in amina.get(f"/team/{written(world.tomasz.user_id)}").text


def test_the_team_page_names_no_worker_of_another_agency(as_):
    page = as_("declan").get("/team").text + as_("declan").get("/team.csv").text
    assert "Tomasz" not in page
    assert "Amina" not in page
