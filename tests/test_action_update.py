"""Updating an own action (screen 05, C7, S3-66): one small step in its row, the same job without script, nothing lost."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Action, ActionNote, AuditEntry, Case, ConsentGrant, Event, Notification
from caseapp.services import action_progress
from caseapp.services.action_progress import ALLOWED, check_step, choices
from caseapp.vocabulary import ActionKind, ActionStatus, Audience, CaseStatus, ConsentStatus
from tests.browser import fields_of

S = ActionStatus


def at(world, action, more=""):
    return f"/cases/{world.reference}/actions/{ids.written(world.actions[action])}{more}"


def act(world, name):
    return db.session.get(Action, world.actions[name], populate_existing=True)


def form_of(client, world, action):
    return fields_of(client.get(at(world, action)).text)


# --- the state machine, pure -------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", list(S))
@pytest.mark.parametrize("after", list(S))
def test_every_step_that_c7_does_not_know_is_refused(before, after):
    allowed = after in ALLOWED[before] or (after is before and before is not S.CANCELLED)
    if before is S.PROPOSED and after is not S.PROPOSED:
        with pytest.raises(RuleBroken, match="not been asked"):
            check_step(before, after, text="words")
    if allowed:
        check_step(before, after, text="words", holds_plan=True)
    else:
        with pytest.raises(RuleBroken):
            check_step(before, after, text="words", holds_plan=True)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (S.REQUESTED, S.DECLINED, "Say why, and what could be done instead"),
        (S.ACCEPTED, S.NOT_COMPLETED, "Say why it was not done"),
        (S.IN_PROGRESS, S.BLOCKED, "Say what stands in the way"),
        (S.COMPLETED, S.IN_PROGRESS, "Say why it goes on"),
        (S.ACCEPTED, S.ACCEPTED, "Write a note, or choose how it stands now"),
    ],
)
def test_some_steps_need_words(before, after, sentence):
    with pytest.raises(RuleBroken, match=sentence):
        check_step(before, after, text="")


def test_a_form_offers_only_steps_that_are_open():
    assert choices(S.IN_PROGRESS) == [S.IN_PROGRESS, S.COMPLETED, S.NOT_COMPLETED, S.BLOCKED]
    assert choices(S.COMPLETED) == [S.IN_PROGRESS, S.COMPLETED]
    assert choices(S.REQUESTED) == choices(S.CANCELLED) == choices(S.PROPOSED) == []


# --- accepting and declining -------------------------------------------------------------------------------------


def test_one_click_on_the_plan_accepts_and_whoever_accepts_takes_it(world, as_):
    amina = as_("amina")
    response = amina.submit(f"/cases/{world.reference}/plan", at(world, "bed", "/acceptance"))
    assert response.status_code == 303
    bed = act(world, "bed")
    assert (bed.status, bed.owner_user_id) == (S.ACCEPTED, world.amina.user_id)
    assert bed.answered_at is not None
    page = amina.get(f"/cases/{world.reference}/plan").text
    assert "Orla Keaveney has been told." in page and "Accepted" in page


def test_accepting_in_the_row_gives_the_row_back_with_a_line_and_the_focus(world, as_):
    response = as_("tomasz").submit(
        f"/cases/{world.reference}/plan", at(world, "bed", "/acceptance"), htmx=True
    )
    assert response.status_code == 200 and response.headers["HX-Fragment"] == "1"
    assert f'id="a-{ids.written(world.actions["bed"])}"' in response.text
    assert "has been told." in response.text and "autofocus" in response.text
    assert 'hx-swap-oob="innerHTML:#live"' in response.text


def test_another_worker_of_the_agency_can_be_named_and_nobody_else(world, as_):
    amina = as_("amina")
    page = at(world, "bed")
    refused = amina.submit(page, at(world, "bed", "/acceptance"), worker=ids.written(world.leah.user_id))
    assert refused.status_code == 422 and "Choose a worker of your agency" in refused.text
    amina.submit(page, at(world, "bed", "/acceptance"), worker=ids.written(world.tomasz.user_id))
    assert act(world, "bed").owner_user_id == world.tomasz.user_id


def test_declining_needs_a_reason_and_keeps_it(world, as_):
    tomasz = as_("tomasz")
    blank = fields_of(tomasz.get(at(world, "bed") + "?answer=decline").text) | {"reason": " "}
    blank.pop("worker", None)
    asked = tomasz.post(at(world, "bed", "/refusal"), data=blank)
    mine = f'<option selected value="{ids.written(world.tomasz.user_id)}">'
    assert asked.status_code == 422 and mine in asked.text, (
        "whoever accepts takes it, not the first of the list"
    )
    empty = tomasz.submit(at(world, "bed"), at(world, "bed", "/refusal"), reason=" ")
    assert empty.status_code == 422 and "Say why, and what could be done instead" in empty.text
    assert act(world, "bed").status is S.REQUESTED
    done = tomasz.submit(at(world, "bed"), at(world, "bed", "/refusal"), reason="No bed free till May")
    assert done.status_code == 303
    bed = act(world, "bed")
    assert (bed.status, bed.status_reason, bed.last_note) == (
        S.DECLINED,
        "No bed free till May",
        "No bed free till May",
    )
    note = db.session.scalars(select(ActionNote).where(ActionNote.action_id == bed.id)).one()
    assert (note.text, note.status) == ("No bed free till May", S.DECLINED)


def test_what_was_declined_can_be_accepted_after_all(world, as_):
    tomasz = as_("tomasz")
    tomasz.submit(at(world, "bed"), at(world, "bed", "/refusal"), reason="Full")
    page = tomasz.get(at(world, "bed"))
    assert "Accept after all" in page.text
    tomasz.submit(at(world, "bed"), at(world, "bed", "/acceptance"))
    assert act(world, "bed").status is S.ACCEPTED


def test_from_the_home_page_the_way_leads_back_there(world, as_):
    tomasz = as_("tomasz")
    fields = form_of(tomasz, world, "bed")
    response = tomasz.post(
        at(world, "bed", "/acceptance"),
        data={**{k: fields[k] for k in ("csrf_token", "once", "version")}, "back": "home"},
    )
    assert response.status_code == 303
    if "home.our_actions" in tomasz.application.view_functions:
        assert response.location == "/our-actions"


def test_a_detox_referral_waits_for_the_talk_with_the_clinic(world, as_):
    detox = act(world, "detox")
    detox.kind = ActionKind.DETOX_REFERRAL
    db.session.commit()
    orla = as_("orla")
    refused = orla.submit(at(world, "detox"), at(world, "detox", "/acceptance"))
    assert refused.status_code == 422 and "waits for the talk with the prescribing clinic" in refused.text
    assert act(world, "detox").status is S.PROPOSED
    detox = act(world, "detox")
    detox.clinic_talk_on = clock.today()
    db.session.commit()
    orla.submit(at(world, "detox"), at(world, "detox", "/acceptance"))
    assert act(world, "detox").status is S.ACCEPTED


# --- progress ----------------------------------------------------------------------------------------------------


def test_done_is_written_with_its_day_and_the_case_manager_is_told_at_once_with_old_and_new(world, as_):
    day = clock.today() - timedelta(days=1)
    response = as_("tomasz").submit(
        at(world, "letter"),
        at(world, "letter"),
        status="completed",
        note="Posted CANARY-HARBOUR-posted",
        **{"ended_on-day": str(day.day), "ended_on-month": str(day.month), "ended_on-year": str(day.year)},
    )
    assert response.status_code == 303
    letter = act(world, "letter")
    assert (letter.status, letter.ended_on, letter.version) == (S.COMPLETED, day, 2)
    assert (letter.last_note, letter.last_note_by) == ("Posted CANARY-HARBOUR-posted", "Tomasz Wilk")
    event = db.session.scalars(select(Event).where(Event.action_id == letter.id)).one()
    assert event.audience is Audience.ACTION and event.kind == "action_done"
    assert event.change["status"] == ["Accepted", "Done"]
    assert event.change["note"][1] == "Posted CANARY-HARBOUR-posted"
    told = db.session.scalars(select(Notification).where(Notification.event_id == event.id)).all()
    assert [one.user_id for one in told] == [world.orla.user_id]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "action: done")).one()
    assert (entry.user_id, entry.case_id) == (world.tomasz.user_id, world.case_id)


def test_a_note_alone_leaves_the_status_as_it_is(world, as_):
    as_("tomasz").submit(at(world, "letter"), at(world, "letter"), note="Rang the council")
    letter = act(world, "letter")
    assert letter.status is S.ACCEPTED and letter.last_note == "Rang the council"
    note = db.session.scalars(select(ActionNote).where(ActionNote.action_id == letter.id)).one()
    assert note.status is None and note.agency_id == world.agencies["harbour"]


@pytest.mark.parametrize("htmx", [False, True])
def test_something_missing_keeps_what_was_typed(world, as_, htmx):
    response = as_("tomasz").submit(
        at(world, "letter"),
        at(world, "letter"),
        htmx=htmx,
        status="not_completed",
        note="",
        **{"ended_on-day": "31", "ended_on-month": "11", "ended_on-year": "2026"},
    )
    assert response.status_code == 422
    assert "There is no 31 November" in response.text
    assert fields_of(response.text)["status"] == "not_completed"
    assert fields_of(response.text)["ended_on-day"] == "31"
    again = as_("tomasz").submit(at(world, "letter"), at(world, "letter"), htmx=htmx, status="not_completed")
    assert again.status_code == 422 and "Say why it was not done" in again.text
    assert act(world, "letter").status is S.ACCEPTED


def test_a_day_that_has_not_come_is_refused(world, as_):
    day = clock.today() + timedelta(days=2)
    response = as_("tomasz").submit(
        at(world, "letter"),
        at(world, "letter"),
        status="completed",
        **{"ended_on-day": str(day.day), "ended_on-month": str(day.month), "ended_on-year": str(day.year)},
    )
    assert response.status_code == 422 and "This day has not come yet" in response.text


def test_a_finished_action_is_reopened_with_a_word_why(world, as_):
    tomasz = as_("tomasz")
    tomasz.submit(at(world, "letter"), at(world, "letter"), status="completed")
    refused = tomasz.submit(at(world, "letter"), at(world, "letter"), status="in_progress")
    assert refused.status_code == 422 and "Say why it goes on" in refused.text
    tomasz.submit(at(world, "letter"), at(world, "letter"), status="in_progress", note="It came back")
    letter = act(world, "letter")
    assert letter.status is S.IN_PROGRESS and letter.ended_on is None


def test_an_action_is_handed_to_a_colleague_of_the_same_agency(world, as_):
    as_("tomasz").submit(at(world, "letter"), at(world, "letter"), worker=ids.written(world.amina.user_id))
    letter = act(world, "letter")
    assert letter.owner_user_id == world.amina.user_id and letter.status is S.ACCEPTED
    event = db.session.scalars(select(Event).where(Event.action_id == letter.id)).one()
    assert event.change == {"who": ["Tomasz Wilk", "Amina Yusuf"]}


def test_junk_in_the_fields_is_answered_in_words(world, as_):
    tomasz = as_("tomasz")
    junk = tomasz.submit(at(world, "letter"), at(world, "letter"), status="exploded")
    assert junk.status_code == 422 and "Choose how it stands" in junk.text
    junk = tomasz.submit(at(world, "letter"), at(world, "letter"), status="cancelled", note="x")
    assert junk.status_code == 422
    junk = tomasz.submit(at(world, "letter"), at(world, "letter"), note="x", version="junk")
    assert junk.status_code == 409
    assert act(world, "letter").version == 1


# --- two editors, two clicks -------------------------------------------------------------------------------------


def stale_form(world, as_):
    """Tomasz opens the form; Orla changes words and date; her change stands in the timeline."""
    tomasz = as_("tomasz")
    fields = form_of(tomasz, world, "letter")
    letter = act(world, "letter")
    letter.what, letter.due_on = "Send the letter and proof of stay", date(2027, 1, 5)
    letter.changed_by_id, letter.changed_at = world.orla.user_id, clock.now()
    from caseapp.services import events

    events.happened(
        world.case_for(world.orla),
        "action_changed",
        "Changed",
        actor=world.orla,
        at=clock.now(),
        audience=Audience.ACTION,
        action_id=letter.id,
        change={"by when": ["16 Nov 2026", "5 Jan 2027"], "what": ["Send the letter", letter.what]},
    )
    db.session.commit()
    return tomasz, fields


@pytest.mark.parametrize("htmx", [False, True])
def test_a_stale_edit_gets_both_texts_and_overwrites_nothing(world, as_, htmx):
    tomasz, fields = stale_form(world, as_)
    headers = {"HX-Request": "true"} if htmx else {}
    response = tomasz.post(
        at(world, "letter"), data=fields | {"status": "completed", "note": "Posted it"}, headers=headers
    )
    assert response.status_code == 409
    text = response.text
    assert "Orla Keaveney changed this action at" in text and "Nothing is lost" in text
    assert "16 Nov 2026" in text and "5 Jan 2027" in text and "Posted it" in text
    assert "<mark>" in text and "proof of stay" in text
    assert fields_of(text)["choice"] == "note"
    letter = act(world, "letter")
    assert (letter.status, letter.version) == (S.ACCEPTED, 2)
    assert db.session.scalars(select(ActionNote).where(ActionNote.action_id == letter.id)).all() == []


@pytest.mark.parametrize(
    ("choice", "status", "notes"),
    [("note", S.ACCEPTED, ["Posted it"]), ("mine", S.COMPLETED, ["Posted it"]), ("theirs", S.ACCEPTED, [])],
)
def test_after_a_conflict_the_choice_is_what_is_saved(world, as_, choice, status, notes):
    tomasz, fields = stale_form(world, as_)
    conflict = tomasz.post(at(world, "letter"), data=fields | {"status": "completed", "note": "Posted it"})
    response = tomasz.post(at(world, "letter"), data=fields_of(conflict.text) | {"choice": choice})
    assert response.status_code == 303
    letter = act(world, "letter")
    assert letter.status is status and letter.what == "Send the letter and proof of stay"
    found = db.session.scalars(select(ActionNote.text).where(ActionNote.action_id == letter.id)).all()
    assert found == notes


def test_going_on_editing_keeps_the_own_text_over_the_new_version(world, as_):
    tomasz, fields = stale_form(world, as_)
    conflict = tomasz.post(at(world, "letter"), data=fields | {"status": "completed", "note": "Posted it"})
    form = tomasz.post(at(world, "letter"), data=fields_of(conflict.text) | {"choice": "edit"})
    assert form.status_code == 200
    kept = fields_of(form.text)
    assert (kept["status"], kept["note"].strip()) == ("completed", "Posted it")
    assert tomasz.post(at(world, "letter"), data=kept).status_code == 303
    assert act(world, "letter").status is S.COMPLETED


def test_a_third_change_during_the_choice_is_noticed_too(world, as_):
    tomasz, fields = stale_form(world, as_)
    conflict = tomasz.post(at(world, "letter"), data=fields | {"status": "completed", "note": "Posted it"})
    letter = act(world, "letter")
    letter.what = "Once more"
    db.session.commit()
    again = tomasz.post(at(world, "letter"), data=fields_of(conflict.text) | {"choice": "mine"})
    assert again.status_code == 409 and "Posted it" in again.text and "Once more" in again.text


def test_accepting_what_was_changed_meanwhile_asks_again(world, as_):
    tomasz = as_("tomasz")
    fields = form_of(tomasz, world, "bed")
    bed = act(world, "bed")
    bed.what, bed.changed_by_id = "Keep two beds", world.orla.user_id
    db.session.commit()
    response = tomasz.post(at(world, "bed", "/acceptance"), data=fields)
    assert response.status_code == 409
    assert "Keep two beds" in response.text and "Orla Keaveney changed this action" in response.text
    assert act(world, "bed").status is S.REQUESTED
    assert tomasz.post(at(world, "bed", "/acceptance"), data=fields_of(response.text)).status_code == 303


def test_a_double_click_does_one_thing(world, as_):
    tomasz = as_("tomasz")
    fields = form_of(tomasz, world, "letter") | {"note": "Once"}
    first = tomasz.post(at(world, "letter"), data=fields)
    second = tomasz.post(at(world, "letter"), data=fields)
    assert first.status_code == second.status_code == 303
    assert len(db.session.scalars(select(ActionNote)).all()) == 1
    assert len(db.session.scalars(select(Event)).all()) == 1
    assert act(world, "letter").version == 2


# --- who may not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "action", "status"),
    [
        ("tomasz", "dose", 404),
        ("tomasz", "detox", 404),
        ("shauna", "letter", 404),
        ("mark", "probation", 404),
        ("leah", "letter", 403),
        ("orla", "letter", 403),
        ("declan", "bed", 403),
    ],
)
def test_only_the_owner_agency_updates_an_action(world, as_, name, action, status):
    client = as_(name)
    token = fields_of(client.get("/account").text).get("csrf_token", "")
    for path in ("", "/acceptance", "/refusal"):
        for headers in ({}, {"HX-Request": "true"}):
            response = client.post(
                at(world, action, path),
                data={"csrf_token": token, "note": "x", "reason": "x", "version": "1-requested"},
                headers=headers,
            )
            assert response.status_code == status, path
    assert act(world, action).version == 1


def test_when_consent_ends_the_next_request_finds_nothing(world, as_):
    tomasz = as_("tomasz")
    fields = form_of(tomasz, world, "letter")
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()
    for response in (
        tomasz.get(at(world, "letter")),
        tomasz.get(at(world, "letter"), headers={"HX-Request": "true"}),
        tomasz.post(at(world, "letter"), data=fields | {"note": "too late"}),
    ):
        assert response.status_code == 404
        assert "CANARY-HARBOUR" not in response.text
    assert act(world, "letter").version == 1


def test_on_a_closed_case_nothing_is_updated(world, as_):
    tomasz = as_("tomasz")
    fields = form_of(tomasz, world, "letter")
    case = db.session.get(Case, world.case_id)
    case.status, case.closed_at, case.close_reason = CaseStatus.CLOSED_OTHER, clock.now(), "moved away"
    db.session.commit()
    assert tomasz.post(at(world, "letter"), data=fields | {"note": "late"}).status_code == 403
    page = tomasz.get(f"/cases/{world.reference}/plan")
    assert page.status_code == 200 and "Update" not in page.text and "Accept<" not in page.text


def test_the_use_cases_judge_for_themselves(world):
    tomasz, leah, orla = (world.case_for(world.viewers[name]) for name in ("tomasz", "leah", "orla"))
    now = clock.now()
    with pytest.raises(NotVisible):
        action_progress.progress(
            tomasz, world.actions["dose"], actor=world.tomasz, at=now, version=1, note="x"
        )
    with pytest.raises(NotAllowed):
        action_progress.accept(leah, world.actions["bed"], actor=world.leah, at=now, version=1)
    with pytest.raises(Stale) as stale:
        action_progress.progress(
            orla, world.actions["keywork"], actor=world.orla, at=now, version=9, note="x"
        )
    assert stale.value.version == 1 and stale.value.by == "Orla Keaveney"


def test_the_row_comes_back_when_editing_is_cancelled(world, as_):
    response = as_("tomasz").get(at(world, "letter", "?row=1"), headers={"HX-Request": "true"})
    assert response.status_code == 200 and "Update" in response.text and "<form" not in response.text


def test_the_case_manager_reads_another_agencys_action_with_its_notes_but_has_no_form(world, as_):
    as_("tomasz").submit(at(world, "letter"), at(world, "letter"), note="Rang the council")
    page = as_("orla").get(at(world, "letter"))
    assert page.status_code == 200 and "Rang the council" in page.text and "Tomasz Wilk" in page.text
    assert "How does it stand?" not in page.text


def test_one_click_by_a_colleague_leaves_the_action_with_the_worker_who_was_asked(world, as_):
    bed = act(world, "bed")
    bed.owner_user_id = world.tomasz.user_id
    db.session.commit()
    as_("amina").submit(f"/cases/{world.reference}/plan", at(world, "bed", "/acceptance"))
    assert act(world, "bed").owner_user_id == world.tomasz.user_id


def test_the_words_of_an_action_cannot_leave_their_place_on_the_page(world, as_):
    letter = act(world, "letter")
    letter.what = "<script>alert(1)</script>\"' <b>x"
    letter.last_note = "</li><form>"
    db.session.commit()
    for name, path in (
        ("orla", "plan"),
        ("tomasz", "plan"),
        ("tomasz", "print/part"),
        ("orla", "print/person"),
    ):
        page = as_(name).get(f"/cases/{world.reference}/{path}")
        assert page.status_code == 200 and "<script>alert" not in page.text and "</li><form>" not in page.text
