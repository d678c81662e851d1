"""Home pages: each role lands on its own work, sees nothing foreign, and every number is the rows behind it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import Action, AuditEntry, Case, CaseNote, ConsentGrant, Event, PlanIssue
from caseapp.queries import caseload, settings
from caseapp.vocabulary import Audience, AuditAct, CaseStatus, ConsentStatus, NoteKind
from tests.caseloads import LEAD_PAGES, Counting, add_action, add_case, canaries, change
from tests.world import LONG_AGO

# --- landing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("orla", "/caseload"),
        ("tomasz", "/our-actions"),
        ("declan", "/team"),
        ("brid", "/staff"),
        ("root", "/system/agencies"),
        ("sinead", "/triage"),
        ("gearoid", "/triage"),
        ("femi", "/privacy"),
    ],
)
def test_each_role_lands_on_its_own_work(app, as_, name, path):
    response = as_(name).get("/")
    assert response.status_code == 303
    assert response.location == path


@pytest.mark.parametrize("name", ["help", "privacy", "accessibility"])
def test_the_explaining_pages_open_for_everybody(client, as_, name):
    assert client.get(f"/about/{name}").status_code == 200
    for who in ("orla", "declan", "brid", "root", "sinead", "femi"):
        assert as_(who).get(f"/about/{name}").status_code == 200
    assert client.get("/about/nothing").status_code == 404


def test_help_tells_each_role_about_its_own_work(as_):
    assert "My team" in as_("declan").get("/about/help").text
    administrator = as_("brid").get("/about/help").text
    assert "Looking after your agency" in administrator
    assert "My team" not in administrator


# --- my caseload -------------------------------------------------------------------------------------------------


def test_my_caseload_lists_my_cases_and_no_others(world, as_):
    add_case(world, 11, manager="shauna", name="Shaunas")
    db.session.commit()
    assert "Shaunas" in as_("shauna").get("/caseload").text
    orla = as_("orla").get("/caseload").text
    assert "Niall Rafter" in orla
    assert "Shaunas" not in orla
    for name in ("tomasz", "leah", "mark", "amina"):
        assert "Niall" not in as_(name).get("/caseload").text
        assert "Niall" not in as_(name).get("/caseload.csv").text


def test_administrators_and_coordinators_have_no_lists_of_cases(as_):
    for name in ("brid", "ciara", "root", "sinead", "gearoid", "femi"):
        for path in (
            "/caseload",
            "/caseload.csv",
            "/our-actions",
            "/our-actions.csv",
            "/our-actions/print",
            "/team",
            "/team.csv",
        ):
            assert as_(name).get(path).status_code == 403, (name, path)


def needy_world(world):
    """Cases that need each of the things the filter knows, and some that need nothing."""
    today, now = clock.today(), clock.now()
    made = {}
    for at, (need, review) in enumerate(
        (
            ("nothing", today + timedelta(days=90)),
            ("review", today - timedelta(days=3)),
            ("soon", today + timedelta(days=5)),
            ("consent", None),
            ("issue", None),
            ("others", None),
            ("unanswered", None),
        ),
        20,
    ):
        case_id, goal_id = add_case(world, at, review=review, name=need.capitalize())
        made[need] = case_id
        db.session.add(
            CaseNote(
                case_id=case_id,
                kind=NoteKind.CONTACT,
                happened_at=now - timedelta(days=1),
                text="x",
                author_id=world.orla.user_id,
                agency_id=world.orla.agency_id,
                written_at=now,
            )
        )
        if need == "consent":
            add_action(world, case_id, goal_id, owner="northgate", status="proposed")
        if need in {"others", "unanswered"}:
            db.session.add(
                ConsentGrant(
                    case_id=case_id,
                    agency_id=world.agencies["harbour"],
                    kind="information_sharing",
                    status=ConsentStatus.ACTIVE,
                    starts_on=today - timedelta(days=30),
                    expires_on=today + timedelta(days=200),
                    talked_on=today - timedelta(days=30),
                    recorded_at=LONG_AGO,
                    recorded_by_id=world.orla.user_id,
                )
            )
            add_action(
                world,
                case_id,
                goal_id,
                owner="harbour",
                status="accepted" if need == "others" else "requested",
                due=today - timedelta(days=2) if need == "others" else None,
            )
        if need == "issue":
            db.session.add(
                PlanIssue(
                    case_id=case_id,
                    agency_id=world.agencies["harbour"],
                    raised_by_id=world.tomasz.user_id,
                    raised_at=now - timedelta(days=20),
                    text="The time does not suit",
                )
            )
    db.session.commit()
    return made


def test_each_number_over_the_caseload_is_the_rows_that_its_filter_shows(world, as_):
    needy_world(world)
    limits = settings.values(world.orla.agency_id)
    summary = caseload.summary(viewer=world.orla, limits=limits)
    assert summary.cases == 8
    orla = as_("orla")
    for need, count in summary.needs.items():
        wanted = caseload.Wanted(needs=need)
        assert count == len(caseload.rows(wanted, viewer=world.orla, limits=limits, limit=100)), need
        assert count == caseload.total(wanted, viewer=world.orla, limits=limits), need
        assert orla.get(f"/caseload?needs={need}").text.count('class="title"') == count, need
    assert summary.needs == {
        "review": 2,
        "consent": 2,
        "issue": 1,
        "others": 2,
        "unanswered": 3,
        "contact": 1,
    } | {need: summary.needs[need] for need in ("consent", "others", "unanswered")}


def test_the_caseload_filters_sorts_and_pages_and_keeps_all_of_it_in_the_address(world, as_):
    for at in range(30):
        add_case(world, 100 + at, review=clock.today() + timedelta(days=at), name=f"N{at:02}")
    db.session.commit()
    orla = as_("orla")
    names = lambda page: re.findall(r'class="title"[^>]*>(\w+) ', page)  # noqa: E731
    first = orla.get("/caseload?sort=-review")
    assert names(first.text)[:3] == ["N29", "N28", "N27"]
    second = orla.get("/caseload?sort=-review&page=2").text
    assert len(names(first.text)) == 25
    assert names(second)[-1] == "N00"
    assert not set(names(first.text)) & set(names(second))
    assert "sort=-review" in second
    assert names(orla.get("/caseload?words=n07").text) == ["N07"]
    assert "words=n07" not in orla.get("/caseload?words=n07").text  # in links typed words stand sealed
    for junk in ("sort=zzz", "page=abc", "page=0", "status=%27%20or%201", "needs=x", "page=99999999999"):
        assert orla.get(f"/caseload?{junk}").status_code == 200


def test_a_closed_case_leaves_the_caseload_but_can_be_asked_for(world, as_):
    case_id, _ = add_case(world, 50, name="Finished")
    case = db.session.get(Case, case_id)
    case.status, case.closed_at, case.close_reason = CaseStatus.CLOSED_OTHER, clock.now(), "moved away"
    db.session.commit()
    orla = as_("orla")
    assert "Finished" not in orla.get("/caseload").text
    assert "Finished" in orla.get("/caseload?status=closed").text


# --- what every list keeps ---------------------------------------------------------------------------------------------


def test_a_list_leaves_one_audit_row_that_names_the_cases_it_showed(world, as_):
    for path, name, act in (
        ("/caseload", "orla", AuditAct.LISTED),
        ("/our-actions", "tomasz", AuditAct.LISTED),
        ("/caseload.csv", "orla", AuditAct.EXPORTED),
        ("/our-actions.csv", "tomasz", AuditAct.EXPORTED),
        ("/our-actions/print", "tomasz", AuditAct.PRINTED),
        (f"/team/{written(world.orla.user_id)}.csv", "declan", AuditAct.EXPORTED),
    ):
        before = set(db.session.scalars(select(AuditEntry.id)))
        assert as_(name).get(path).status_code == 200
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.id.not_in(before))).all()
        assert [(row.act, row.detail["cases"]) for row in rows] == [(act, [world.case_id])], path
        assert rows[0].user_id == world.viewers[name].user_id


def test_the_pages_cost_as_many_statements_with_many_rows_as_with_few(world, as_):
    def costs():
        found = {}
        for name, path in (
            ("tomasz", "/our-actions"),
            ("tomasz", "/our-actions?section=late"),
            ("orla", "/caseload"),
            ("declan", "/team"),
            ("declan", f"/team/{written(world.orla.user_id)}"),
            ("tomasz", "/news"),
        ):
            browser = as_(name)
            browser.get(path)
            with Counting() as counting:
                browser.get(path)
            found[path] = counting.count
        return found

    change(world, "letter")
    few = costs()
    for at in range(20):
        case_id, goal_id = add_case(world, 200 + at, review=clock.today())
        for _ in range(3):
            add_action(world, case_id, goal_id, worker="orla", due=clock.today() - timedelta(days=3))
    for _ in range(30):
        add_action(
            world, world.case_id, world.goals["home"], owner="harbour", due=clock.today() - timedelta(days=3)
        )
        change(world, "letter")
    db.session.commit()
    assert costs() == few
    assert few["/our-actions"] <= 14, few
    assert few["/caseload"] <= 16, few


def test_no_get_writes_anything_but_the_record_of_reading(world, as_):
    # the test browser itself holds every GET to that; here only that each page is asked for
    for name in ("orla", "declan", "tomasz", "leah", "amina"):
        for path in (*LEAD_PAGES, "/our-actions/print", "/our-actions?section=changed", "/"):
            assert as_(name).get(path).status_code in {200, 303}


def test_no_list_shows_a_foreign_canary(world, as_):
    change(world, "letter", change={"by when": ["CANARY-HARBOUR-old", "CANARY-HARBOUR-new"]})
    allowed = {
        "tomasz": {"HARBOUR"},
        "amina": {"HARBOUR"},
        "leah": {"CLINIC"},
        "mark": set(),
        "nora": set(),
        "shauna": {"LEAD"},
    }
    for name, own in allowed.items():
        browser = as_(name)
        for path in (
            *LEAD_PAGES,
            "/our-actions?section=late",
            "/our-actions?section=changed",
            "/our-actions/print",
        ):
            assert canaries(browser.get(path).text) <= own, (name, path)


def test_events_of_the_lead_alone_never_reach_a_partners_page(world, as_):
    action = db.session.get(Action, world.actions["letter"])
    action.changed_at = clock.now()
    db.session.add(
        Event(
            case_id=world.case_id,
            at=clock.now(),
            actor_id=world.orla.user_id,
            agency_id=world.orla.agency_id,
            kind="note",
            summary="CANARY-LEAD-event",
            audience=Audience.LEAD,
            action_id=action.id,
        )
    )
    db.session.commit()
    assert "CANARY-LEAD-event" not in as_("tomasz").get("/our-actions?section=changed").text
