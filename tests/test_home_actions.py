"""Our actions, and what others changed since one looked (S0-1, S3-18)."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import Action, User
from caseapp.queries import our_actions
from caseapp.vocabulary import ActionStatus
from tests.caseloads import add_action, canaries, change, withdraw

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
