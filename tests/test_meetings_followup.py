"""What meetings decide is followed: done by the day, late, open; each reader by its own rights (issue of case meetings,
"After"; S2-40, S3-47)."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import Action, ConsentGrant, Meeting, MeetingApart, MeetingDecision
from caseapp.queries import meeting_followup as followup
from caseapp.queries import quarterly, quarterly_counts, quarters
from caseapp.services.meetings import decisions, minutes
from caseapp.services.meetings.decisions import Said
from caseapp.vocabulary import ActionStatus, ChangeKind, ConsentStatus
from tests.meetings_at import begun, by, closed, file

PAGE = "/meetings/followup"


def decide(world, meeting, text, change, kind=ChangeKind.ACTION_CHANGED, **about):
    said = Said(text=text, kind=kind, change=change)
    return decisions.save(file(world, meeting), said, **by(world), recorded=True, **about)


def added(world, meeting, what, agency="clinic"):
    day = (clock.today() + timedelta(days=9)).isoformat()
    change = {"what": what, "owner_agency_id": world.agencies[agency], "due_on": day}
    decide(world, meeting, what, change, ChangeKind.ACTION_ADDED, goal_id=world.goals["home"])


def issue(world, meeting):
    closed(world, meeting)
    minutes.issue(file(world, meeting), **by(world))


@pytest.fixture
def meeting(world):
    """Issued minutes that moved one action and added three."""
    meeting = begun(world)
    day = (clock.today() + timedelta(days=20)).isoformat()
    decide(world, meeting, "Later", {"do": "date", "due_on": day}, action_id=world.actions["letter"])
    added(world, meeting, "Attendance letter")
    added(world, meeting, "Bank account", "harbour")
    added(world, meeting, "Room viewing", "harbour")
    issue(world, meeting)
    return meeting


def becomes(what, status, *, due=0, ended=None):
    """The action as it stands so many days from today."""
    today = clock.today()
    db.session.execute(
        update(Action)
        .where(Action.what == what)
        .values(
            status=status,
            due_on=today + timedelta(days=due),
            ended_on=None if ended is None else today + timedelta(days=ended),
        )
    )
    db.session.commit()


def stand(world, meeting, who="orla"):
    found = followup.of_meeting(file(world, meeting, who), viewer=world.viewers[who], calendar="IE")
    return {one.what: one.standing for one in found}


def address(meeting):
    return f"/meetings/{ids.written(meeting)}"


def test_each_decided_action_stands_as_on_time_late_or_open(world, meeting):
    becomes("Attendance letter", ActionStatus.COMPLETED, due=-3, ended=-3)
    becomes("Bank account", ActionStatus.COMPLETED, due=-3, ended=-2)
    becomes("Room viewing", ActionStatus.IN_PROGRESS, due=-1)
    letter = db.session.scalar(select(Action.what).where(Action.id == world.actions["letter"]))

    assert stand(world, meeting) == {
        "Attendance letter": "on_time",
        "Bank account": "done_late",
        "Room viewing": "open_late",
        letter: "open_in_time",
    }
    meetings, counts = followup.total(viewer=world.viewers["declan"])
    assert (meetings, counts) == (1, followup.Counts(4, 1, 1, 1, 1, 0))
    [row] = followup.rows(viewer=world.viewers["declan"])
    assert (row.id, row.counts) == (meeting, counts)


def test_an_action_due_today_is_in_time_and_one_without_a_day_is_never_late(world, meeting):
    becomes("Room viewing", ActionStatus.IN_PROGRESS, due=0)
    db.session.execute(update(Action).where(Action.what == "Bank account").values(due_on=None))
    db.session.commit()

    found = stand(world, meeting)

    assert (found["Room viewing"], found["Bank account"]) == ("open_in_time", "open_in_time")


def test_nothing_is_followed_before_the_minutes_are_issued(world):
    meeting = begun(world)
    added(world, meeting, "Attendance letter")
    closed(world, meeting)

    assert stand(world, meeting) == {}
    assert followup.total(viewer=world.viewers["declan"])[0] == 0


def test_what_the_meeting_itself_ended_is_no_promise(world):
    meeting = begun(world)
    decide(world, meeting, "No longer needed", {"do": "stop"}, action_id=world.actions["letter"])
    issue(world, meeting)

    assert stand(world, meeting) == {}


def test_an_action_decided_without_the_person_is_left_out(world):
    meeting = begun(world)
    added(world, meeting, "Spoken of apart")
    apart = MeetingApart(
        meeting_id=meeting,
        reason="A threat",
        begun_at=clock.now(),
        ended_at=clock.now(),
        begun_by_id=world.orla.user_id,
        there=[],
    )
    db.session.add(apart)
    db.session.flush()
    db.session.execute(update(MeetingDecision).values(apart_id=apart.id))
    db.session.commit()
    issue(world, meeting)

    assert stand(world, meeting) == {}


def test_an_invited_agency_reads_only_its_own_and_nothing_once_consent_is_withdrawn(world, meeting, as_):
    becomes("Bank account", ActionStatus.ACCEPTED, due=-2)
    becomes("Room viewing", ActionStatus.ACCEPTED, due=5)
    own = stand(world, meeting, "tomasz")
    assert {"Bank account", "Room viewing"} <= set(own)
    assert "Attendance letter" not in own

    shown = as_("tomasz").get(address(meeting)).text
    assert "Bank account" in shown and "Open and late" in shown
    assert "Attendance letter" not in shown
    meeting_file = file(world, meeting, "tomasz")

    db.session.execute(
        update(ConsentGrant)
        .where(ConsentGrant.id == world.grants["harbour"])
        .values(status=ConsentStatus.WITHDRAWN, withdrawn_at=clock.now())
    )
    db.session.commit()

    assert followup.of_meeting(meeting_file, viewer=world.viewers["tomasz"], calendar="IE") == []
    assert as_("tomasz").get(address(meeting)).status_code == 404


def test_the_meeting_and_the_managers_list_say_how_the_decisions_stand(world, meeting, as_):
    becomes("Attendance letter", ActionStatus.COMPLETED, due=-3, ended=-3)

    shown = as_("orla").get(address(meeting)).text
    assert "1 of 4 done by the day" in shown

    declan = as_("declan")
    assert PAGE in declan.get("/meetings").text
    listed = declan.get(PAGE).text
    assert "1 of 4 decided actions done by the day" in listed
    assert address(meeting) in listed
    lines = declan.get(f"{PAGE}.csv").text.splitlines()
    assert len(lines) == 2 and lines[1].rstrip().endswith("4,1,0,0,3,0")


def test_the_list_is_for_line_managers_and_holds_only_cases_that_their_agency_leads(world, meeting, as_):
    assert as_("orla").get(PAGE).status_code == 403
    assert PAGE not in as_("orla").get("/meetings").text
    for who, one in world.viewers.items():
        if one.manages and one.agency_id != world.agencies["canal"]:
            assert followup.rows(viewer=one) == [], who


def test_the_period_leaves_out_older_minutes_and_a_foreign_one_is_the_usual(world, meeting, as_):
    db.session.execute(
        update(Meeting).where(Meeting.id == meeting).values(issued_at=clock.now() - timedelta(days=200))
    )
    db.session.commit()
    declan = as_("declan")

    assert "No meeting decided an action in that time" in declan.get(PAGE).text
    assert address(meeting) in declan.get(f"{PAGE}?days=365").text
    assert address(meeting) in declan.get(f"{PAGE}?days=all").text
    assert address(meeting) not in declan.get(f"{PAGE}?days=junk").text


def test_reading_costs_the_same_for_any_number_of_actions(world, meeting):
    asked = []
    note = lambda *args: asked.append(args[2])  # noqa: E731
    here = file(world, meeting)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert len(followup.of_meeting(here, viewer=world.viewers["orla"], calendar="IE")) == 4
        followup.rows(viewer=world.viewers["declan"])
        followup.total(viewer=world.viewers["declan"])
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in asked if one.lstrip().upper().startswith("SELECT")]) == 3


def test_my_team_says_how_many_decisions_are_late_and_the_report_counts_how_they_stand(world, meeting, as_):
    becomes("Attendance letter", ActionStatus.COMPLETED, due=-3, ended=-3)
    becomes("Bank account", ActionStatus.ACCEPTED, due=-2)
    team = as_("declan").get("/team").text
    assert (
        "1 open and late" in team and "1 done by the day, of 4 decided" in team and f'href="{PAGE}"' in team
    )
    assert "Decided in meetings" not in as_("nora").get("/team").text
    counted = quarterly_counts.counts(quarters.quarters()[0], today=clock.today())
    assert counted[world.agencies["canal"]]["decisions"] == {"": [1, 0, 1, 2, 0]}


def test_a_coordinator_reads_no_small_number_of_decisions(world, meeting, app):
    scope = quarterly.Scope("An area", 5, area_id=1)
    counted = {
        world.agencies["canal"]: {"decisions": {"": [9, 8, 7, 6, 2]}},
        world.agencies["harbour"]: {"decisions": {"": [12, 7, 9, 8, 6]}},
    }
    table = next(one for one in quarterly.tables(counted, scope, None) if one.key == "decisions")
    shown = dict(table.rows)
    assert table.columns[-1] == "All" and shown["Canal Street Drug Service"][4] is None
    hidden = [number for row in (*shown.values(), table.totals) for number in row].count(None)
    assert hidden >= 4  # not only the small one: a total would give it away
