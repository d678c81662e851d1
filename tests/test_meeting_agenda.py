"""The agenda: written by the plan, live until the start, in the chair's hand, cut for each reader (B7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Action, AgendaPoint, ConsentGrant, Need, PlanIssue
from caseapp.queries import meeting_agenda
from caseapp.services import action_progress, issues
from caseapp.services.meetings import agenda as service
from caseapp.services.meetings import room
from caseapp.vocabulary import ActionStatus, NeedLevel
from tests.gaps import raised
from tests.meetings_at import begun, by, file, scheduled


@pytest.fixture
def meeting(world):
    return scheduled(world)


def agenda(world, meeting, who="orla"):
    return meeting_agenda.agenda(file(world, meeting, who), viewer=world.viewers[who])


def keys(world, meeting, who="orla"):
    return [point.key for point in agenda(world, meeting, who).points]


def test_the_plan_writes_the_agenda_with_the_person_before_any_agency(world, meeting):
    found = agenda(world, meeting)
    assert [point.title for point in found.points[:3]] == [
        "Welcome and confidentiality",
        "Niall’s view, first",
        "Apologies and reports",
    ]
    home, drugs = (found.point(f"goal:{world.goals[key]}") for key in ("home", "drugs"))
    assert home.why == "1 late, 2 unanswered"
    assert {item.raw.id: list(item.words) for item in home.items}[world.actions["letter"]] == ["late"]
    assert "waits" in drugs.why, "what is only proposed waits"
    assert found.points[-1].key == "review" and "planned for" in found.points[-1].why


def test_needs_issues_and_ending_consents_stand_on_it_until_they_are_settled(world, meeting):
    db.session.add(
        Need(
            case_id=world.case_id,
            domain="money",
            level=NeedLevel.HIGH,
            changed_at=clock.now(),
            changed_by_id=world.orla.user_id,
        )
    )
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.expires_on = clock.today() + timedelta(days=8)
    db.session.commit()
    issue = issues.raise_issue(world.case_for(world.tomasz), **by(world, "tomasz"), text="The form is wrong")
    found = agenda(world, meeting)
    titles = [point.title for point in found.points]
    assert any("a high need, no goal yet" in title for title in titles)
    assert "Consent of Harbour Hostel" in titles and "Issue raised by Harbour Hostel" in titles
    for who in ("tomasz", "leah"):
        assert not any(key.startswith("need:") for key in keys(world, meeting, who))
    assert f"issue:{issue}" in keys(world, meeting, "tomasz")
    assert f"issue:{issue}" not in keys(world, meeting, "leah")
    issues.answer(world.case_for(world.orla), issue, **by(world), answer="It is changed", version=1)
    assert f"issue:{issue}" not in keys(world, meeting), "live until the start"


def test_the_longest_waiting_stands_first_however_the_database_reads_them(world, meeting):
    for days, key in ((3, "harbour"), (9, "clinic"), (6, "harbour")):
        db.session.add(
            PlanIssue(
                case_id=world.case_id,
                agency_id=world.agencies[key],
                raised_at=clock.now() - timedelta(days=days),
                raised_by_id=world.tomasz.user_id,
                text=f"{days} days ago",
            )
        )
    for days, key in ((5, "clinic"), (2, "harbour")):
        db.session.get(ConsentGrant, world.grants[key]).expires_on = clock.today() + timedelta(days=days)
    db.session.commit()
    points = agenda(world, meeting).points
    issues_ = [p.words for p in points if p.key.startswith("issue:")]
    assert issues_ == ["9 days ago", "6 days ago", "3 days ago"]
    consents = [p.title for p in points if p.key.startswith("consent:")]
    assert consents == ["Consent of Harbour Hostel", "Consent of Mill Road Clinic"]


def test_open_gaps_and_blocks_of_the_case_are_points_for_those_who_see_all_of_it(world, meeting):
    ours = raised(world.orla, world.case_for(world.orla))
    theirs = raised(world.tomasz, world.case_for(world.tomasz), title="CANARY-HARBOUR-gap")
    found = [point for point in agenda(world, meeting).points if point.key.startswith("barrier:")]
    assert {point.key for point in found} == {f"barrier:{ours}", f"barrier:{theirs}"}
    said = next(point for point in found if point.record_id == ours)
    assert said.title.startswith("Block GB-") and said.why.startswith("Manager, Declan Moyne, "), said
    for who in ("tomasz", "leah"):
        assert not any(key.startswith("barrier:") for key in keys(world, meeting, who))


def test_an_agency_reads_its_own_copy_and_nothing_of_the_others(world, meeting, as_):
    partner = agenda(world, meeting, "tomasz")
    assert f"goal:{world.goals['drugs']}" not in [point.key for point in partner.points]
    home = partner.point(f"goal:{world.goals['home']}")
    assert {item.raw.id for item in home.items} == {world.actions["letter"], world.actions["bed"]}
    page = as_("tomasz").get(f"/meetings/{ids.written(meeting)}/agenda").text
    assert "NORTHGATE" not in page and "CLINIC" not in page and "CANARY-LEAD" not in page
    assert "This is Harbour Hostel’s copy" in page
    whole = agenda(world, meeting, "leah")
    assert whole.point(f"goal:{world.goals['drugs']}") is not None
    assert not [point for point in whole.points if point.key.startswith("need:")]


def test_the_chair_orders_times_and_drops_with_a_reason_and_takes_back(world, meeting, as_):
    drugs, home = f"goal:{world.goals['drugs']}", f"goal:{world.goals['home']}"
    orla, page = as_("orla"), f"/meetings/{ids.written(meeting)}/agenda"
    token = orla.token(page)
    to = f"{page}/point"
    assert orla.post(to, data={"csrf_token": token, "key": drugs, "do": "up"}).status_code == 303
    assert keys(world, meeting).index(drugs) < keys(world, meeting).index(home)
    orla.post(to, data={"csrf_token": token, "key": drugs, "do": "write", "minutes": "15"})
    assert agenda(world, meeting).minutes == 15
    refused = orla.post(to, data={"csrf_token": token, "key": drugs, "do": "drop", "reason": ""})
    assert refused.status_code == 422 and "Say why it is left out" in refused.text
    orla.post(to, data={"csrf_token": token, "key": drugs, "do": "drop", "reason": "Waits for the clinic"})
    assert drugs not in keys(world, meeting)
    assert "Waits for the clinic" in orla.get(page).text
    assert "Waits for the clinic" not in as_("tomasz").get(page).text
    orla.post(to, data={"csrf_token": token, "key": drugs, "do": "back"})
    assert drugs in keys(world, meeting)
    with pytest.raises(RuleBroken, match="never left out"):
        service.drop(file(world, meeting), **by(world), key="reminder", reason="No time")


def test_an_agency_puts_a_point_on_it_which_only_the_lead_reads_until_the_chair_opens_it(world, meeting, as_):
    page = f"/meetings/{ids.written(meeting)}/agenda"
    answer = as_("tomasz").submit(page, page, title="House rules", text="CANARY-HARBOUR-point")
    assert answer.status_code == 303
    (row,) = db.session.scalars(select(AgendaPoint).where(AgendaPoint.title == "House rules")).all()
    assert "House rules" in as_("orla").get(page).text
    assert "House rules" in as_("tomasz").get(page).text
    assert "House rules" not in as_("leah").get(page).text
    service.write(file(world, meeting), **by(world), key=row.key, for_all=True)
    assert "House rules" in as_("leah").get(page).text
    with pytest.raises(NotAllowed):
        service.move(file(world, meeting, "tomasz"), **by(world, "tomasz"), key=row.key, to="up")


def test_once_it_has_begun_nothing_comes_in_by_itself_and_nothing_of_the_plan_is_lost(world):
    meeting = begun(world)
    before = keys(world, meeting)
    issues.raise_issue(world.case_for(world.tomasz), **by(world, "tomasz"), text="Another thing")
    assert keys(world, meeting) == before
    action_progress.progress(
        world.case_for(world.tomasz),
        world.actions["letter"],
        **by(world, "tomasz"),
        version=1,
        status=ActionStatus.COMPLETED,
        note="Posted",
    )
    item = agenda(world, meeting).actions[world.actions["letter"]]
    assert item.raw.status is ActionStatus.COMPLETED, "what is known of each action goes on moving"


def test_what_is_carried_over_stands_on_the_next_agenda_and_its_minutes_wait_to_be_confirmed(world):
    from caseapp.services.meetings import minutes, minutes_after
    from tests.meetings_at import closed

    first = begun(world)
    own = service.add(file(world, first), **by(world), title="A key for the shed")
    service.add(file(world, first), **by(world), title="A lamp")
    room.carry(file(world, first), **by(world), key=f"own:{own}")
    room.carry(file(world, first), **by(world), key=f"action:{world.actions['letter']}")
    closed(world, first)
    minutes.issue(file(world, first), **by(world))
    second = scheduled(world, at=clock.now() + timedelta(days=30))
    found = agenda(world, second)
    titles = [point.title for point in found.points]
    assert "A key for the shed" in titles and "A lamp" not in titles
    assert "carried" not in found.actions[world.actions["bed"]].words
    whys = found.actions[world.actions["letter"]].words
    assert "carried" in whys
    assert f"minutes:{first}" in keys(world, second)
    assert f"minutes:{first}" not in keys(world, second, "tomasz")
    room.begin(file(world, second), **by(world))
    minutes_after.confirm(file(world, second), first, **by(world), note="A name was misspelt")
    third = scheduled(world, at=clock.now() + timedelta(days=60))
    assert f"minutes:{first}" not in keys(world, third)


def test_a_meeting_of_another_case_has_no_agenda_for_a_stranger(world, meeting):
    assert file(world, meeting, "mark") is None
    with pytest.raises(NotVisible):
        service.move(file(world, meeting), **by(world), key="goal:1", to="up")


def test_without_the_words_of_actions_an_agenda_says_the_same_of_each_point(world, meeting):
    here = file(world, meeting)
    told, counted = (meeting_agenda.agenda(here, viewer=world.orla, rows=rows) for rows in (True, False))
    assert [(one.key, one.title, one.why, one.words) for one in counted.points] == [
        (one.key, one.title, one.why, one.words) for one in told.points
    ]
    assert {key: item.words for key, item in counted.actions.items()} == {
        key: item.words for key, item in told.actions.items()
    }
    assert any(item.words for item in counted.actions.values())


def test_what_the_person_does_with_an_agency_names_the_person_once_in_every_copy(world, meeting):
    letter = db.session.get(Action, world.actions["letter"])
    letter.by_person = True
    db.session.commit()
    for who in ("orla", "tomasz"):
        whose = agenda(world, meeting, who).actions[letter.id].whose
        assert whose.startswith("Niall, with ") and whose.count("Niall") == 1, whose
