"""Home pages: each role lands on its own work, sees nothing foreign, and every number is the rows behind it."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import (
    Action,
    AuditEntry,
    CarePlan,
    Case,
    CaseAssignment,
    CaseNote,
    ConsentGrant,
    Event,
    Goal,
    Need,
    Person,
    PlanIssue,
    User,
)
from caseapp.queries import caseload, our_actions, settings, team
from caseapp.services import events
from caseapp.vocabulary import (
    ActionStatus,
    AssignmentRole,
    Audience,
    AuditAct,
    CaseStatus,
    ConsentStatus,
    GoalStatus,
    NeedLevel,
    NoteKind,
)
from tests.world import LONG_AGO

LEAD_PAGES = ("/caseload", "/caseload.csv", "/our-actions?whose=all", "/our-actions.csv?whose=all", "/news")


def canaries(text):
    return set(re.findall(r"CANARY-([A-Z]+)-", text))


def withdraw(world, agency):
    grant = db.session.get(ConsentGrant, world.grants[agency])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()


def add_case(world, at=0, *, manager="orla", status=CaseStatus.CASE_MANAGED, name=None, review=None):
    """One more case of Canal Street, with a goal; returns (case_id, goal_id)."""
    orla, declan = world.orla, world.declan
    person = Person(
        given_name=name or f"Person{at:04}",
        family_name="Extra",
        registered_by_agency_id=orla.agency_id,
        registered_by_id=orla.user_id,
        registered_at=LONG_AGO,
    )
    db.session.add(person)
    db.session.flush()
    case = Case(
        reference=f"{at:08}",
        person_id=person.id,
        lead_agency_id=orla.agency_id,
        line_manager_id=declan.user_id,
        protocol_key="ie-homeless-drug",
        status=status,
        opened_at=LONG_AGO,
        opened_by_id=orla.user_id,
        last_activity_at=LONG_AGO,
    )
    db.session.add(case)
    db.session.flush()
    goal = Goal(
        case_id=case.id,
        number=1,
        domain="accommodation",
        words="w",
        status=GoalStatus.ACTIVE,
        created_at=LONG_AGO,
        created_by_id=orla.user_id,
    )
    db.session.add_all([goal, CarePlan(case_id=case.id, next_review_on=review)])
    if manager:
        db.session.add(
            CaseAssignment(
                case_id=case.id,
                user_id=world.viewers[manager].user_id,
                role=AssignmentRole.CASE_MANAGER,
                from_at=LONG_AGO,
                given_by_id=declan.user_id,
            )
        )
    db.session.flush()
    return case.id, goal.id


def add_action(world, case_id, goal_id, *, owner="canal", worker=None, status="accepted", due=None, **more):
    action = Action(
        case_id=case_id,
        goal_id=goal_id,
        what=more.pop("what", "Do it"),
        owner_agency_id=world.agencies[owner],
        owner_user_id=worker and world.viewers[worker].user_id,
        due_on=due,
        status=ActionStatus(status),
        asked_at=LONG_AGO,
        asked_by_id=world.orla.user_id,
        created_at=LONG_AGO,
        created_by_id=world.orla.user_id,
        changed_at=more.pop("changed_at", LONG_AGO),
        changed_by_id=world.orla.user_id,
        **more,
    )
    db.session.add(action)
    db.session.flush()
    return action.id


def change(world, key, *, by="orla", at=None, **values):
    """Somebody changes an action, with the event that plan's use cases write."""
    at = at or clock.now()
    action = db.session.get(Action, world.actions[key])
    action.changed_at = at
    case = world.case_for(world.viewers[by])
    events.happened(
        case,
        "action_changed",
        "By when changed",
        actor=world.viewers[by],
        at=at,
        audience=Audience.ACTION,
        action_id=action.id,
        goal_id=action.goal_id,
        change=values.get("change", {"by when": ["25 Nov", "2 Dec 2026"]}),
        tell_agency_id=action.owner_agency_id,
    )
    db.session.commit()


class Counting:
    """How many statements run inside."""

    def __enter__(self):
        self.count = 0
        event.listen(db.engine, "after_cursor_execute", self._one)
        return self

    def _one(self, *_):
        self.count += 1

    def __exit__(self, *_):
        event.remove(db.engine, "after_cursor_execute", self._one)


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


# --- our actions -------------------------------------------------------------------------------------------------


def test_our_actions_shows_what_the_agency_was_asked_and_nothing_of_others(as_):
    page = as_("tomasz").get("/our-actions?whose=all").text
    assert "Send the housing support letter" in page
    assert "Keep the bed" in page
    assert canaries(page) == {"HARBOUR"}
    assert canaries(as_("leah").get("/our-actions").text) == {"CLINIC"}


@pytest.mark.parametrize(
    "path", ["/our-actions?whose=all", "/our-actions.csv?whose=all", "/our-actions/print?whose=all"]
)
def test_an_agency_without_consent_reads_nothing_of_what_it_was_asked(as_, path):
    for name in ("mark", "nora"):
        assert "Niall" not in as_(name).get(path).text
        assert canaries(as_(name).get(path).text) == set()


def test_a_withdrawn_consent_empties_the_lists_on_the_next_request(world, as_):
    tomasz = as_("tomasz")
    assert "Niall" in tomasz.get("/our-actions").text
    withdraw(world, "harbour")
    for path in (
        "/our-actions?whose=all",
        "/our-actions?section=late",
        "/our-actions.csv",
        "/our-actions/print",
        "/news",
    ):
        answer = tomasz.get(path).text
        assert "Niall" not in answer, path
        assert "Rafter" not in answer, path
        assert canaries(answer) == set(), path


def test_what_is_only_proposed_is_not_yet_among_the_actions_asked(as_):
    assert "Refer to detox" not in as_("orla").get("/our-actions?whose=all").text


def test_each_number_over_our_actions_is_the_rows_behind_it(world, as_):
    today = clock.today()
    for at in range(1, 40):
        due = (today - timedelta(days=at), today + timedelta(days=at), None)[at % 3]
        add_action(
            world,
            world.case_id,
            world.goals["home"],
            owner="harbour",
            status=("requested", "accepted", "in_progress", "blocked")[at % 4],
            due=due,
        )
    db.session.commit()
    for wanted in (
        our_actions.Wanted(mine=False),
        our_actions.Wanted(mine=True),
        our_actions.Wanted(words="bed"),
    ):
        summary = our_actions.summary(wanted, viewer=world.tomasz)
        everything = our_actions.rows(wanted, "", viewer=world.tomasz, calendar="IE", limit=1000)
        assert sum(summary.counts.values()) == len(everything) == len({row.id for row in everything})
        for section, count in summary.counts.items():
            rows = our_actions.rows(wanted, section, viewer=world.tomasz, calendar="IE", limit=1000)
            assert count == len(rows) == our_actions.total(wanted, section, viewer=world.tomasz), section
    page = as_("tomasz").get("/our-actions?whose=all").text
    late = our_actions.summary(our_actions.Wanted(mine=False), viewer=world.tomasz).counts["late"]
    assert re.search(rf"<b>{late}</b><span>late", page)


def test_mine_and_unassigned_leaves_out_what_a_colleague_does(world, as_):
    add_action(
        world,
        world.case_id,
        world.goals["home"],
        owner="harbour",
        worker="amina",
        what="Only Amina does this",
    )
    db.session.commit()
    tomasz = as_("tomasz")
    assert "Only Amina does this" not in tomasz.get("/our-actions").text
    assert "Only Amina does this" in tomasz.get("/our-actions?whose=all").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=BED", {"bed"}),
        ("words=rafter+letter", {"letter"}),
        ("words=100%25", set()),
        ("words=_", set()),
        ("status=accepted", {"letter"}),
        ("status=requested", {"bed"}),
        ("within=7", {"letter"}),
        ("person=41729304", {"bed", "letter"}),
        ("status=nonsense&within=99&person=1&page=-3&sort=drop", {"bed", "letter"}),
    ],
)
def test_the_filter_in_the_address_decides_what_is_shown_on_page_and_in_the_file(as_, query, found):
    tomasz = as_("tomasz")
    page = tomasz.get(f"/our-actions?{query}").text
    assert set(re.findall(r"CANARY-HARBOUR-(\w+)</h3>", page)) == found
    file = tomasz.get(f"/our-actions.csv?{query}").text
    assert set(re.findall(r"CANARY-HARBOUR-(\w+),", file)) == found


def test_a_long_part_is_bounded_says_how_many_there_are_and_pages(world, as_):
    for at in range(37):
        add_action(
            world,
            world.case_id,
            world.goals["home"],
            owner="harbour",
            due=clock.today() - timedelta(days=at + 9),
        )
    db.session.commit()
    tomasz = as_("tomasz")
    page = tomasz.get("/our-actions").text
    assert "Show all 38" in page
    assert page.count("Do it</h3>") == 10
    part = tomasz.get("/our-actions?section=late&page=2").text
    assert part.count('class="ca-task"') == 38 - 25
    assert "38 actions" in part
    assert tomasz.get("/our-actions?section=late&page=99999").text.count('class="ca-task"') == 38 - 25
    assert 'rel="prev"' in part


def test_accept_and_decline_stand_on_the_row_as_plain_forms(app, world, as_):
    page = as_("tomasz").get("/our-actions").text
    assert f'action="/cases/{world.reference}/actions/' in page
    assert "/acceptance" in page
    assert 'name="back" value="home"' in page


def test_accepting_on_the_home_page_leads_back_to_it_accepted(app, world, as_):
    address = f"/cases/{world.reference}/actions/{written(world.actions['bed'])}/acceptance"
    response = as_("tomasz").submit("/our-actions", address)
    assert response.status_code == 303
    assert response.location.startswith("/our-actions")
    assert db.session.get(Action, world.actions["bed"]).status is ActionStatus.ACCEPTED


def test_decline_on_the_home_page_opens_the_question_why_not_and_leads_back(world, as_):
    tomasz = as_("tomasz")
    row = tomasz.get("/our-actions").text
    link = html.unescape(re.search(r'href="([^"]*answer=decline[^"]*)"', row)[1])
    page = tomasz.get(link).text
    assert "Decline: why, and what could be done instead?" in page and "/acceptance" not in page
    refusal = f"/cases/{world.reference}/actions/{written(world.actions['bed'])}/refusal"
    response = tomasz.submit(link, refusal, reason="No bed free till May")
    assert (response.status_code, response.location) == (303, "/our-actions")
    assert db.session.get(Action, world.actions["bed"]).status is ActionStatus.DECLINED


# --- changed since you looked --------------------------------------------------------------------------------------


def test_what_others_changed_stands_with_old_and_new_until_it_was_seen(world, as_):
    change(world, "letter")
    tomasz = as_("tomasz")
    page = tomasz.get("/our-actions").text
    assert "25 Nov</del>" in page
    assert "2 Dec 2026</ins>" in page
    assert tomasz.submit("/our-actions", "/our-actions/seen").status_code == 303
    assert "25 Nov</del>" in as_("amina").get("/our-actions").text, "a colleague has not looked yet"
    db.session.execute(db.update(User).where(User.id == world.tomasz.user_id).values(looked_at=clock.now()))
    assert "25 Nov</del>" not in tomasz.get("/our-actions").text


def test_what_came_while_reading_stays_new(world, as_):
    change(world, "letter", change={"first": ["a", "b"]}, at=clock.now() - timedelta(minutes=1))
    tomasz = as_("tomasz")
    form = tomasz.get("/our-actions").text
    until = re.search(r'name="until" value="(\d+)"', form).group(1)
    later = datetime.fromtimestamp(int(until), UTC) + timedelta(seconds=2)
    change(world, "letter", change={"second": ["c", "d"]}, at=later)
    tomasz.submit("/our-actions", "/our-actions/seen", until=until)
    page = tomasz.get("/our-actions").text
    assert "second" in page
    assert '<ins><span class="govuk-visually-hidden">is now </span>b' not in page


def test_a_change_in_an_action_of_another_agency_is_nobody_elses_news(world, as_):
    change(world, "dose", by="orla", change={"by when": ["CANARY-CLINIC-old", "CANARY-CLINIC-new"]})
    assert canaries(as_("tomasz").get("/our-actions").text) <= {"HARBOUR"}
    assert "CANARY-CLINIC-new" in as_("leah").get("/our-actions").text


def test_the_viewers_own_changes_are_no_news_to_them(world, as_):
    change(world, "letter", by="tomasz")
    assert "25 Nov</del>" not in as_("tomasz").get("/our-actions").text


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


# --- my team ---------------------------------------------------------------------------------------------------------


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
