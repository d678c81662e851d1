"""Reading the plan (screens 03, 04, 04b): each sees exactly its part; the case manager sees what is to be put right."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    AuditEntry,
    CarePlan,
    Case,
    CaseAssignment,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    GoalStep,
    Need,
    PlanVersion,
)
from caseapp.policy import scopes
from caseapp.queries import plan_part
from caseapp.vocabulary import ActionStatus, ConsentStatus, NeedLevel
from tests.world import LONG_AGO


def plan(world, more=""):
    return f"/cases/{world.reference}/plan{more}"


def see_as(world, agency):
    return f"/cases/{world.reference}/see-as/{ids.written(world.agencies[agency])}"


def words_of(html):
    """What the page's main part says, without its forms, links and buttons."""
    main = html[html.index("<main") : html.index("</main>")]
    main = re.sub(r"<form.*?</form>|<a .*?</a>|<button.*?</button>", " ", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


CANARIES = {
    "HARBOUR-letter",
    "HARBOUR-bed",
    "CLINIC-dose",
    "LEAD-keywork",
    "LEAD-detox",
    "NORTHGATE-thursday",
    "GOAL-home",
    "GOAL-drugs",
    "LEAD-contingency",
    "LEAD-measure",
    "LEAD-safe",
    "LEAD-address",
    "LEAD-situation",
}
WHOLE = CANARIES - {"LEAD-safe", "LEAD-address", "LEAD-situation"}


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("orla", WHOLE | {"LEAD-safe"}),
        ("declan", WHOLE | {"LEAD-safe"}),
        ("leah", WHOLE),
        ("tomasz", {"HARBOUR-letter", "HARBOUR-bed", "GOAL-home"}),
        ("shauna", {"LEAD-keywork", "GOAL-drugs"}),
    ],
)
def test_each_reads_exactly_what_is_theirs(world, as_, name, reads):
    text = as_(name).get(plan(world)).text
    assert {word for word in CANARIES if f"CANARY-{word}" in text} == reads


@pytest.mark.parametrize("name", ["mark", "nora", "brid", "ciara", "femi", "sinead", "gearoid", "root"])
def test_without_consent_or_casework_there_is_no_plan(world, as_, name):
    client = as_(name)
    for path in (plan(world), f"/cases/{world.reference}/issues", f"/cases/{world.reference}/print/part"):
        response = client.get(path)
        assert response.status_code == 404 and "Niall" not in response.text


def test_reading_is_written_into_the_record(world, as_):
    as_("tomasz").get(plan(world))
    entry = db.session.query(AuditEntry).one()
    assert (entry.what, entry.ground, entry.grant_id) == ("the plan", "consent", world.grants["harbour"])


def test_what_the_person_keeps_from_an_agency_is_on_none_of_its_pages(world, as_):
    db.session.add(ConsentWithheld(grant_id=world.grants["harbour"], domain="accommodation"))
    db.session.add(ConsentWithheld(grant_id=world.grants["clinic"], domain="accommodation"))
    db.session.commit()
    page = as_("tomasz").get(plan(world))
    assert "CANARY" not in page.text and "Nothing is asked of Harbour Hostel in this plan." in page.text
    whole = as_("leah").get(plan(world)).text
    assert "CANARY-GOAL-home" not in whole and "CANARY-HARBOUR" not in whole and "CANARY-GOAL-drugs" in whole


# --- few statements, however long the plan ---------------------------------------------------------------------------


def statements(client, path):
    found = []

    def note(_c, _cursor, statement, *_more):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return [s for s in found if s.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE"))]


@pytest.mark.parametrize("name", ["orla", "leah", "tomasz"])
def test_a_plan_of_forty_actions_asks_no_more_than_one_of_few(world, as_, name):
    client = as_(name)
    client.get(plan(world))
    few = statements(client, plan(world))
    for n in range(40):
        db.session.add(
            Action(
                case_id=world.case_id,
                goal_id=world.goals["home"],
                what=f"Thing {n}",
                owner_agency_id=world.agencies["harbour"],
                status=ActionStatus.REQUESTED,
                created_at=LONG_AGO,
                created_by_id=world.orla.user_id,
                changed_at=LONG_AGO,
                changed_by_id=world.orla.user_id,
            )
        )
    db.session.commit()
    many = statements(client, plan(world))
    assert len(many) == len(few)
    reads = [s for s in many if not s.startswith("INSERT")]
    # the eighth: which meeting comes next, and whether one is called for; then what the person says beside the record, and
    # where the audit record's chain ends
    assert len(reads) <= 10, reads
    assert len(many) - len(reads) == 1  # the audit row


# --- filters and groups ------------------------------------------------------------------------------------------


def test_filters_and_groups_stay_in_the_address(world, as_):
    orla = as_("orla")
    page = orla.get(plan(world)).text
    assert "All 6" in page and "Late 1" in page and "Unanswered 2" in page and "Mine 2" in page
    late = orla.get(plan(world, "?show=late")).text
    assert "CANARY-HARBOUR-letter" in late and "CANARY-HARBOUR-bed" not in late
    assert "?show=late&amp;group=agency" in late
    mine = orla.get(plan(world, "?show=mine&group=agency")).text
    assert "CANARY-LEAD-keywork" in mine and "CANARY-CLINIC" not in mine
    assert "Canal Street Drug Service" in mine
    odd = orla.get(plan(world, "?show=%3Cscript%3E&group=9"))
    assert odd.status_code == 200 and "<script>" not in odd.text


def test_a_filter_that_hides_all_says_how_many_and_leads_back(world, as_):
    letter = db.session.get(Action, world.actions["letter"])
    letter.due_on = clock.today() + timedelta(days=40)
    db.session.commit()
    page = as_("orla").get(plan(world, "?show=late")).text
    assert "6 actions are hidden by your filter." in page and "Show all" in page


def test_an_empty_plan_says_how_one_begins(world, as_):
    for model in (Action, Goal):
        db.session.query(model).delete()
    db.session.commit()
    page = as_("orla").get(plan(world)).text
    assert "A plan begins with what Niall wants" in page
    assert "Nothing is asked of Harbour Hostel in this plan." in as_("tomasz").get(plan(world)).text


# --- does each do what the plan says -----------------------------------------------------------------------------


def test_the_rail_says_of_each_agency_what_it_sees_and_whether_it_does_what_the_plan_says(world, as_):
    page = as_("orla").get(plan(world)).text
    rail = " ".join(re.sub(r"<[^>]+>", " ", page[page.index("Agencies and consent") :]).split())
    assert "Sees its own part, until" in rail and "Sees the full plan, until" in rail
    assert "2 actions · 1 late · 1 not answered" in rail
    assert "Northgate Probation" in rail and "It has an action but sees nothing: there is no consent." in rail
    assert "See as" in rail


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (lambda w: _set(Goal, w.goals["home"], measure=""), "Goal 1 has no measure"),
        (lambda w: _set(Goal, w.goals["home"], words=""), "Goal 1 is not in Niall’s own words"),
        (lambda w: None, "Goal 1 has not passed the SMART check"),
        (lambda w: None, "Northgate Probation: an action, but no consent"),
        (lambda w: _set(Action, w.actions["dose"], due_on=None), "no date"),
        (lambda w: _set(Action, w.actions["keywork"], owner_user_id=None), "no worker"),
        (
            lambda w: _set(Action, w.actions["bed"], status=ActionStatus.DECLINED, status_reason="full"),
            "declined, nothing in its place",
        ),
        (lambda w: _add_need(w, "money"), "Income and money is a high need without a goal"),
        (
            lambda w: _set(
                Action,
                w.actions["probation"],
                status=ActionStatus.CANCELLED,
                status_reason="no",
                owner_agency_id=None,
            ),
            "Northgate Probation: no consent, no action",
        ),
        (
            lambda w: _set(ConsentGrant, w.grants["harbour"], expires_on=clock.today() + timedelta(days=6)),
            "Harbour Hostel: consent ends in 6 days",
        ),
        (lambda w: _set(CarePlan, w.case_id, next_review_on=None), "No day is set for the next review"),
        (lambda w: _set(CarePlan, w.case_id, contingency=""), "Nothing says what to do if things go wrong"),
        (
            lambda w: _exclude(w, "northgate"),
            "Northgate Probation must never be told, and has an action",
        ),
        (lambda w: _lonely_goal(w), "Nobody works on goal 3 yet"),
    ],
)
def test_what_is_to_be_put_right_is_listed_with_its_place(world, as_, fault, sentence):
    fault(world)
    db.session.commit()
    page = as_("orla").get(plan(world)).text
    todo = page[page.index("ca-todo") : page.index("ca-cols")]
    assert sentence in re.sub(r"<[^>]+>", "", todo)
    anchors = re.findall(r'href="#([^"]+)"', todo)
    assert anchors and all(f'id="{anchor}"' in page for anchor in anchors)
    assert "to put right" not in as_("leah").get(plan(world)).text


def _set(model, key, **values):
    row = db.session.get(model, key)
    for name, value in values.items():
        setattr(row, name, value)


def _add_need(world, domain):
    db.session.add(
        Need(
            case_id=world.case_id,
            domain=domain,
            level=NeedLevel.HIGH,
            changed_at=LONG_AGO,
            changed_by_id=world.orla.user_id,
        )
    )


def _exclude(world, agency):
    db.session.add(
        ConsentExclusion(
            case_id=world.case_id,
            agency_id=world.agencies[agency],
            recorded_at=LONG_AGO,
            recorded_by_id=world.orla.user_id,
        )
    )


def _lonely_goal(world):
    db.session.add(
        Goal(
            case_id=world.case_id,
            number=3,
            domain="money",
            words="I want to pay my own way",
            created_at=LONG_AGO,
            created_by_id=world.orla.user_id,
        )
    )


def test_steps_versions_and_a_case_without_a_case_manager_are_shown_as_they_are(world, as_):
    db.session.add(
        GoalStep(goal_id=world.goals["home"], position=1, text="Get the form", done_on=date(2026, 10, 1))
    )
    db.session.add(
        PlanVersion(
            id=new_id(),
            case_id=world.case_id,
            number=1,
            agreed_at=LONG_AGO,
            recorded_by_id=world.orla.user_id,
            reason="First plan",
            content={},
        )
    )
    db.session.query(CaseAssignment).update({"to_at": clock.now()})
    db.session.commit()
    page = as_("declan").get(plan(world)).text
    assert (
        'Get the form, <span class="g g-ok">1 Oct 2026</span>' in page
        and "Version 1, agreed 2 Sep 2026" in page
        and "First plan" in page
    )
    assert "Nobody at present" in page
    assert "Nobody at present" in as_("tomasz").get(plan(world)).text


# --- see as --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agency", "name"), [("harbour", "tomasz"), ("clinic", "leah"), ("canal", "shauna")])
def test_see_as_says_what_the_agencys_own_page_says_and_nothing_more(world, as_, agency, name):
    as_("tomasz").submit(
        f"/cases/{world.reference}/actions/{ids.written(world.actions['letter'])}",
        f"/cases/{world.reference}/actions/{ids.written(world.actions['letter'])}",
        note="Rang the council",
    )
    theirs = words_of(as_(name).get(plan(world)).text)
    seen = words_of(as_("orla").get(see_as(world, agency)).text)
    strip = re.match(r"You see what .*? sees, nothing more\. Nothing can be changed here\. ", seen)
    assert strip
    seen = seen[strip.end() :]
    own = set(theirs.replace("To accept", "Asked").split())
    assert set(seen.split()) <= own, set(seen.split()) - own
    for canary in re.findall(r"CANARY-[\w-]+", theirs):
        assert canary in seen
    whole = as_("orla").get(see_as(world, agency)).text
    assert "<form" not in whole[whole.index("<main") :] and "hx-" not in whole[whole.index("<main") :]


def test_an_agency_without_consent_sees_nothing_and_see_as_says_so(world, as_):
    page = as_("orla").get(see_as(world, "northgate"))
    assert page.status_code == 200 and "CANARY" not in page.text and "Niall" not in page.text
    assert "Northgate Probation sees nothing of this plan now." in page.text


def test_see_as_follows_a_withdrawal_at_once(world, as_):
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()
    assert "CANARY" not in as_("orla").get(see_as(world, "harbour")).text


def test_see_as_is_for_those_who_lead_the_case(world, as_):
    for name in ("tomasz", "leah", "shauna"):
        assert as_(name).get(see_as(world, "harbour")).status_code == 403
    assert as_("mark").get(see_as(world, "harbour")).status_code == 404
    assert as_("orla").get(f"/cases/{world.reference}/see-as/{ids.written(new_id())}").status_code == 404


def test_the_select_leads_to_the_view_it_names(world, as_):
    orla = as_("orla")
    go = f"/cases/{world.reference}/see-as?agency="
    assert orla.get(go + ids.written(world.agencies["harbour"])).location == see_as(world, "harbour")
    assert orla.get(go + "person").location.endswith("/print/person")
    assert orla.get(go).location == orla.get(go + "!!").location == plan(world)


def test_who_is_seen_as_has_no_more_than_a_workers_rights(world):
    who = plan_part.as_agency(world.agencies["canal"])
    assert not who.manages and scopes.find_case(who, world.reference).sight is scopes.Sight.PART
    assert plan_part.as_agency(new_id()) is None


def test_on_a_closed_case_the_plan_is_read_only(world, as_):
    case = db.session.get(Case, world.case_id)
    case.status, case.closed_at, case.close_reason = "closed_other", clock.now(), "moved"
    db.session.commit()
    page = as_("orla").get(plan(world)).text
    assert "Add an action" not in page and "Update<" not in page
