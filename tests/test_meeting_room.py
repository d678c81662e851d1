"""In the meeting: everything is saved as it is typed, nothing touches the plan, nobody's own update is overwritten (B7, C7,
F5)."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.engine import Engine

from caseapp import clock, ids
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Action, Attendee, Meeting, MeetingChange, MeetingDecision, MeetingRecord
from caseapp.services import action_progress
from caseapp.services.meetings import attendance, decisions
from caseapp.services.meetings import room as meeting_room
from caseapp.services.meetings.decisions import Said
from caseapp.vocabulary import ActionStatus, ChangeKind, MeetingStatus, Presence
from caseapp.working_days import add_working_days
from tests.browser import parse
from tests.meetings_at import begun, by, closed, file, scheduled, seats

HTMX = {"HX-Request": "true"}


@pytest.fixture
def meeting(world):
    return begun(world)


def url(meeting, *more):
    return "/".join([f"/meetings/{ids.written(meeting)}", *more])


def changed(do="date", days=20, **more):
    due = (clock.today() + timedelta(days=days)).isoformat()
    change = {"do": do} | ({"due_on": due} if do in ("date", "agency") else {}) | more
    return {"kind": ChangeKind.ACTION_CHANGED, "change": change}


def decide(world, meeting, key="letter", recorded=True, who="orla", said=None, **more):
    said = said or Said(text="A new day", **changed())
    return decisions.save(
        file(world, meeting),
        said,
        **by(world, who),
        action_id=world.actions[key],
        recorded=recorded,
        **more,
    )


def test_the_meeting_begins_once_and_everybody_named_has_a_place(world, as_):
    meeting = scheduled(world)
    page = as_("orla").get(url(meeting, "room")).text
    assert "Begin the meeting now" in page
    assert as_("orla").submit(url(meeting, "room"), url(meeting, "room/begin")).status_code == 303
    meeting_room.begin(file(world, meeting), **by(world))
    assert db.session.scalar(select(func.count()).select_from(MeetingRecord)) == 1
    assert set(seats(meeting)) == {"", "Orla Keaveney", "Tomasz Wilk", "Leah Quigg", "Shauna Begley"}
    assert as_("tomasz").get(url(meeting, "room")).status_code == 403
    assert as_("mark").get(url(meeting, "room")).status_code == 404


def test_what_is_typed_is_saved_at_each_pause_and_by_its_button_without_script(world, meeting, as_):
    orla, room = as_("orla"), url(meeting, "room")
    token = orla.token(room)
    typed = {"csrf_token": token, "group": "view", "version": "1", "persons_view": "I want a key"}
    answer = orla.post(url(meeting, "room/written"), data=typed, headers=HTMX)
    assert answer.status_code == 200 and "Saved" in answer.text and "#saved" in answer.text
    assert db.session.scalar(select(MeetingRecord.persons_view)) == "I want a key"
    again = orla.post(
        url(meeting, "room/written"), data=typed | {"persons_view": "I want a key of my own"}, headers=HTMX
    )
    assert "Saved" in again.text, "one's own earlier pause is no conflict"
    plain = orla.post(url(meeting, "room/written"), data=typed | {"persons_view": "Plain"})
    assert plain.status_code == 303
    assert "Plain" in orla.get(room).text


def test_what_comes_next_stays_on_the_page_with_its_fault_when_a_day_is_wrong(meeting, as_):
    orla, room = as_("orla"), url(meeting, "room")
    typed = {
        "csrf_token": orla.token(f"{room}?point=review"),
        "group": "end",
        "point": "review",
        "version": "1",
        "not_agreed": "Whether the dog may come",
        "next_review_on-day": "31",
        "next_review_on-month": "2",
        "next_review_on-year": "2027",
    }
    refused = orla.post(url(meeting, "room/written"), data=typed)
    assert refused.status_code == 422
    assert "Whether the dog may come" in refused.text and "govuk-error-message" in refused.text


def test_two_who_write_at_once_never_overwrite_each_other(world, meeting, as_):
    room, to = url(meeting, "room"), url(meeting, "room/written")
    orla, declan = as_("orla"), as_("declan")
    start = db.session.scalar(select(MeetingRecord.version))
    base = {"group": "view", "version": str(start)}
    orla.post(
        to, data=base | {"csrf_token": orla.token(room), "persons_view": "Orla heard this"}, headers=HTMX
    )
    answer = declan.post(
        to, data=base | {"csrf_token": declan.token(room), "persons_view": "Declan heard that"}, headers=HTMX
    )
    assert "Not saved" in answer.text and "Orla heard this" in answer.text
    assert db.session.scalar(select(MeetingRecord.persons_view)) == "Orla heard this"
    plain = declan.post(
        to, data=base | {"csrf_token": declan.token(room), "persons_view": "Declan heard that"}
    )
    assert plain.status_code == 409 and "Declan heard that" in plain.text, "what was typed is kept"
    assert "Orla Keaveney changed this" in plain.text and "Orla heard this" in plain.text, "and says why"


def test_a_decision_is_a_draft_as_it_is_typed_and_changes_nothing_in_the_plan(world, meeting, as_):
    orla = as_("orla")
    act = url(meeting, "room/actions", ids.written(world.actions["letter"]))
    fields = {
        "csrf_token": orla.token(url(meeting, "room")),
        "do": "date",
        "text": "Goes on Friday",
        "base": "1",
    }
    answer = orla.post(act, data=fields, headers=HTMX)
    assert answer.status_code == 200 and 'name="decision"' in answer.text
    orla.post(act, data=fields | {"text": "Goes on Friday, Tomasz brings a copy"}, headers=HTMX)
    (row,) = db.session.scalars(select(MeetingDecision)).all()
    assert row.recorded_at is None and row.text.endswith("a copy"), "one row, however often it is saved"
    refused = orla.post(act, data=fields | {"do_now": "record"})
    assert refused.status_code == 422 and "Say by when" in refused.text
    due = clock.today() + timedelta(days=20)
    day = {"due_on-day": due.day, "due_on-month": due.month, "due_on-year": due.year}
    assert orla.post(act, data=fields | day | {"do_now": "record"}).status_code == 303
    done = orla.get(f"{url(meeting, 'room')}?point=goal:{world.goals['home']}")
    assert "Decision 1" in done.text and "Decided" in done.text
    assert db.session.get(Action, world.actions["letter"]).version == 1, "the plan waits for the minutes"


def test_an_agencys_own_update_made_meanwhile_is_shown_and_never_overwritten_F5(world, meeting, as_):
    orla = as_("orla")
    act = url(meeting, "room/actions", ids.written(world.actions["letter"]))
    decide(world, meeting, recorded=False)
    action_progress.progress(
        world.case_for(world.tomasz),
        world.actions["letter"],
        **by(world, "tomasz"),
        version=1,
        note="The manager will look at it",
    )
    row = orla.get(act, headers=HTMX).text
    assert "wrote at" in row and "The manager will look at it" in row and "Use this" in row
    with pytest.raises(Stale) as stale:
        decide(world, meeting)
    assert stale.value.saved["note"] == "The manager will look at it" and stale.value.by == "Tomasz Wilk"
    due = clock.today() + timedelta(days=20)
    fields = {
        "csrf_token": orla.token(url(meeting, "room")),
        "do": "date",
        "text": "A new day",
        "due_on-day": due.day,
        "due_on-month": due.month,
        "due_on-year": due.year,
        "do_now": "record",
    }
    conflict = orla.post(act, data=fields)
    assert conflict.status_code == 409
    assert "The manager will look at it" in conflict.text and "A new day" in conflict.text
    used = orla.submit(url(meeting, "room/actions", ids.written(world.actions["letter"])), f"{act}/theirs")
    assert used.status_code == 303
    text = db.session.scalar(select(MeetingDecision.text))
    assert "A new day" in text and "The manager will look at it" in text
    decide(world, meeting)
    assert db.session.scalar(select(MeetingChange.base_version)) == 2
    db.session.execute(delete(MeetingChange))  # nothing kept yet, as it is without script
    db.session.commit()
    with pytest.raises(Stale):
        decide(world, meeting, base=1)
    decide(world, meeting, base=1, over=True)


def record_from_an_open_page(client, meeting, world, page, **more):
    """The button, pressed on a row that was opened when `page` was read."""
    due = clock.today() + timedelta(days=20)
    to = url(meeting, "room/actions", ids.written(world.actions["letter"]))
    (form,) = (form for form in parse(page).forms if form.action == to)
    fields = form.fields | {
        "do": "date",
        "text": "A new day",
        "due_on-day": due.day,
        "due_on-month": due.month,
        "due_on-year": due.year,
    }
    return client.post(to, data=fields | more, headers={} if "do_now" in more else HTMX)


def test_what_was_typed_before_and_saved_after_an_agencys_update_shows_both_sides(world, meeting, as_):
    orla = as_("orla")
    action = db.session.get(Action, world.actions["letter"])
    action.what = "Write “it”\n" * 900
    db.session.commit()
    page = orla.get(url(meeting, "room/actions", ids.written(world.actions["letter"]))).text
    action_progress.progress(
        world.case_for(world.tomasz),
        world.actions["letter"],
        **by(world, "tomasz"),
        version=action.version,
        note="The manager will look at it",
    )
    assert record_from_an_open_page(orla, meeting, world, page).status_code == 200, "kept as it is typed"
    answer = record_from_an_open_page(orla, meeting, world, page, do_now="record")
    assert answer.status_code == 409
    assert "Nothing was overwritten" in answer.text and "It stood when you wrote" in answer.text
    assert (
        "The manager will look at it" in answer.text and "Decide this, knowing of their change" in answer.text
    )
    kept = db.session.scalar(select(MeetingChange.base))
    assert kept["note"] == "" and kept["status"] == "accepted" and len(kept["what"]) > 9_000, (
        "what stood on the page, not what stands now"
    )


def test_a_change_that_no_column_shows_is_said_all_the_same(world, meeting, as_):
    orla = as_("orla")
    page = orla.get(url(meeting, "room/actions", ids.written(world.actions["letter"]))).text
    action = db.session.get(Action, world.actions["letter"])
    action.review_on = clock.today() + timedelta(days=3)
    db.session.commit()
    answer = record_from_an_open_page(orla, meeting, world, page, do_now="record")
    assert answer.status_code == 409
    assert "Nothing was overwritten" in answer.text and "something else about it" in answer.text
    answer = record_from_an_open_page(orla, meeting, world, page, do_now="over")
    assert answer.status_code == 303


def test_a_page_that_never_heard_where_its_words_were_kept_begins_no_second_decision(world, meeting, as_):
    orla = as_("orla")
    to = url(meeting, "room/decisions/new")
    (form,) = (form for form in parse(orla.get(f"{to}?kind=words").text).forms if form.action == to)
    for text in ("We ask", "We ask the council"):  # the answer to the first was lost on its way
        assert orla.post(to, data=form.fields | {"text": text}, headers=HTMX).status_code == 200
    answer = orla.post(to, data=form.fields | {"text": "We ask the council again", "do_now": "record"})
    assert answer.status_code == 303
    (row,) = db.session.scalars(select(MeetingDecision)).all()
    assert row.text == "We ask the council again" and row.recorded_at is not None
    again = orla.post(to, data=form.fields | {"text": "We ask the council again", "do_now": "record"})
    assert again.status_code == 303, "a double click"
    other = orla.get(f"{to}?kind=words").text
    (form,) = (form for form in parse(other).forms if form.action == to)
    orla.post(to, data=form.fields | {"text": "Another matter"}, headers=HTMX)
    assert db.session.scalar(select(func.count()).select_from(MeetingDecision)) == 2


@pytest.mark.parametrize(
    "stood",
    ["", "{", "[]", "7", '{"status": "nonsense"}', '{"status": "accepted", "due_on": "soon"}', "[" * 50_000],
)
def test_what_the_page_claims_to_have_shown_may_be_junk(world, meeting, as_, stood):
    orla = as_("orla")
    page = orla.get(url(meeting, "room/actions", ids.written(world.actions["letter"]))).text
    action_progress.progress(
        world.case_for(world.tomasz), world.actions["letter"], **by(world, "tomasz"), version=1, note="Mine"
    )
    assert record_from_an_open_page(orla, meeting, world, page, stood=stood).status_code == 200
    answer = record_from_an_open_page(orla, meeting, world, page, stood=stood, do_now="record")
    assert answer.status_code == 409 and "Mine" in answer.text


def test_only_its_owner_says_how_an_action_stands_C7(world, meeting):
    tomasz, leah = (seats(meeting)[name] for name in ("Tomasz Wilk", "Leah Quigg"))
    said = Said(text="It is posted", agrees=frozenset({leah}), **changed("done"))
    with pytest.raises(RuleBroken, match="Only Harbour Hostel says"):
        decide(world, meeting, said=said)
    decide(world, meeting, said=Said(text="It is posted", agrees=frozenset({tomasz}), **changed("done")))


def test_what_the_plan_would_refuse_is_heard_at_the_table(world, meeting):
    with pytest.raises(RuleBroken, match="cannot become"):
        tomasz = seats(meeting)["Tomasz Wilk"]
        decide(
            world, meeting, key="bed", said=Said(text="x", agrees=frozenset({tomasz}), **changed("blocked"))
        )
    assert db.session.get(Action, world.actions["bed"], populate_existing=True).version == 1
    with pytest.raises(RuleBroken, match="Choose the agency"):
        decide(world, meeting, said=Said(text="x", **changed("agency")))
    with pytest.raises(RuleBroken, match="Say what was decided"):
        decide(world, meeting, said=Said(**changed()))


def test_who_disagrees_says_what_they_want_instead(world, meeting):
    leah, tomasz = (seats(meeting)[name] for name in ("Leah Quigg", "Tomasz Wilk"))
    with pytest.raises(RuleBroken, match="what they want instead"):
        decide(world, meeting, said=Said(text="x", disagrees=frozenset({leah}), **changed()))
    with pytest.raises(RuleBroken, match="both agrees and does not"):
        decide(
            world,
            meeting,
            said=Said(
                text="x", agrees=frozenset({leah}), disagrees=frozenset({leah}), against="y", **changed()
            ),
        )
    said = Said(
        text="x", agrees=frozenset({tomasz}), disagrees=frozenset({leah}), against="Wait", **changed()
    )
    decide(world, meeting, said=said)


def test_a_decision_is_taken_back_and_put_back(world, meeting, as_):
    decision = decide(world, meeting)
    orla = as_("orla")
    row = url(meeting, "room/actions", ids.written(world.actions["letter"]))
    orla.submit(row, url(meeting, "room/decisions", ids.written(decision), "drop"))
    assert "Taken back" in orla.get(url(meeting, "room")).text
    orla.submit(url(meeting, "room"), url(meeting, "room/decisions", ids.written(decision), "back"))
    assert "Taken back" not in orla.get(url(meeting, "room")).text


def test_goals_and_actions_are_added_and_closed_from_their_own_page(world, meeting, as_):
    orla = as_("orla")
    new = url(meeting, "room/decisions/new")
    token = orla.token(url(meeting, "room"))
    answer = orla.post(
        new,
        data={
            "csrf_token": token,
            "kind": "goal",
            "domain": "money",
            "words": "I want to stop borrowing from my ma",
            "text": "Money becomes a goal",
            "what": "Budget hour",
            "agency": ids.written(world.agencies["canal"]),
            "do_now": "record",
            "point": "review",
        },
    )
    assert answer.status_code == 303, answer.text[:3000]
    kinds = sorted(kind.value for kind in db.session.scalars(select(MeetingChange.kind)))
    assert kinds == ["action_added", "goal_added"]
    end = {
        "csrf_token": token,
        "kind": "end",
        "goal": ids.written(world.goals["drugs"]),
        "do": "hold",
        "text": "Waits for January",
        "do_now": "record",
    }
    assert orla.post(new, data=end).status_code == 303
    action = {
        "csrf_token": token,
        "kind": "action",
        "goal": ids.written(world.goals["home"]),
        "text": "A letter",
        "do_now": "record",
    }
    refused = orla.post(new, data=action)
    assert refused.status_code == 422 and "Say what is to be done" in refused.text


def test_attendance_is_marked_also_of_the_uninvited_and_warns_where_no_consent_is_in_force(
    world, meeting, as_
):
    orla, places = as_("orla"), url(meeting, "room/places")
    answer = orla.submit(
        places,
        f"{places}/new",
        name="Mark Ellery",
        agency=ids.written(world.agencies["northgate"]),
    )
    assert answer.status_code == 303
    row = db.session.scalars(select(Attendee).where(Attendee.uninvited)).one()
    assert row.presence is Presence.THERE
    assert "No consent is in force" in orla.get(url(meeting, "room")).text
    assert file(world, meeting, "mark") is None, "having been there opens nothing"


def test_a_part_without_the_person_needs_a_reason_and_holds_what_is_decided_in_it(world, meeting, as_):
    here = file(world, meeting)
    with pytest.raises(RuleBroken, match="Say why"):
        meeting_room.begin_apart(here, **by(world), reason="")
    meeting_room.begin_apart(here, **by(world), reason="Safety of a worker")
    decision = decide(world, meeting)
    assert db.session.get(MeetingDecision, decision).apart_id is not None
    going_on = "A part without Niall has been going on since"
    assert going_on in as_("orla").get(url(meeting, "room")).text
    with pytest.raises(RuleBroken, match="has not ended"):
        closed(world, meeting)
    meeting_room.write_apart(here, **by(world), text="CANARY-LEAD-apart", end=True)
    assert going_on not in as_("orla").get(url(meeting, "room")).text
    closed(world, meeting)


def test_closing_asks_who_was_there_and_starts_the_chairs_clocks_B7(world, meeting):
    place = seats(meeting)["Leah Quigg"]
    attendance.mark(file(world, meeting), **by(world), attendee_id=place, presence=None)
    with pytest.raises(RuleBroken, match="Say first who was there: one person"):
        closed(world, meeting)
    attendance.mark(file(world, meeting), **by(world), attendee_id=place, presence=Presence.ABSENT)
    closed(world, meeting)
    row = db.session.get(Meeting, meeting, populate_existing=True)
    assert row.status is MeetingStatus.MINUTES_DRAFT
    assert row.decisions_due_on == add_working_days(clock.today(), 1, "IE")
    assert row.minutes_due_on == add_working_days(clock.today(), 10, "IE")
    meeting_room.reopen(file(world, meeting), **by(world))
    assert db.session.get(Meeting, meeting, populate_existing=True).minutes_due_on is None


def test_only_those_who_run_it_write_in_it(world, meeting):
    with pytest.raises(NotAllowed):
        meeting_room.write(file(world, meeting, "tomasz"), **by(world, "tomasz"), persons_view="mine")


def test_the_chair_reads_how_many_agreed_and_how_many_did_not(world, meeting, as_):
    orla, tomasz, leah = (seats(meeting)[name] for name in (world.orla.name, "Tomasz Wilk", "Leah Quigg"))
    split = Said(
        text="x", agrees=frozenset({orla, tomasz}), disagrees=frozenset({leah}), against="y", **changed()
    )
    decide(world, meeting, said=split)
    assert "agreed by 2, 1 against" in as_("orla").get(url(meeting, "room")).text
    decide(world, meeting, key="bed", said=Said(text="z", **changed()))
    assert "nobody’s agreement noted" in as_("orla").get(url(meeting, "room")).text


#: What each page of a running meeting may ask, the reading's own entry and the counts of the navigation among it.
AT_MOST = {"room": 11, "room?point=goal:{home}": 11, "agenda": 8, "minutes": 13}


def test_a_meetings_pages_ask_as_much_for_forty_actions_as_for_few(world, meeting, as_):
    orla = as_("orla")
    pages = {page.format(home=world.goals["home"]): most for page, most in AT_MOST.items()}
    few = {page: _asked(orla, url(meeting, page)) for page in pages}
    for n in range(40):
        db.session.add(
            Action(
                case_id=world.case_id,
                goal_id=world.goals["home"],
                what=f"More {n}",
                owner_agency_id=world.agencies["harbour"],
                status=ActionStatus.REQUESTED,
                created_at=clock.now(),
                created_by_id=world.orla.user_id,
                changed_at=clock.now(),
                changed_by_id=world.orla.user_id,
            )
        )
    db.session.commit()
    assert {page: _asked(orla, url(meeting, page)) for page in pages} == few
    assert {page: few[page] for page in pages if few[page] > pages[page]} == {}


def _asked(browser, page) -> int:
    """How many statements a page takes; the second time, when nothing is looked up for the first."""
    browser.get(page)
    seen = []

    def note(*args):
        seen.append(args[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert browser.get(page).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return sum(one.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE")) for one in seen)
