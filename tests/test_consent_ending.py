"""Consent taken back (F7), and what was shown to whom (X-5)."""

import re
import threading
import time
from datetime import timedelta

from sqlalchemy import func, select

from caseapp import clock, create_app, ids
from caseapp.extensions import db
from caseapp.models import (
    Action,
    ActionNote,
    Agency,
    AuditEntry,
    CaseNote,
    CaseNoteShare,
    ConsentGrant,
    Event,
    Notification,
)
from caseapp.services import audit, consent
from caseapp.vocabulary import AuditAct, ConsentStatus, NoteKind
from tests.browser import parse
from tests.world import build, sign_in

CASE = "/cases/41729304"
BASE = f"{CASE}/consent"
SAID = {"route": "by phone", "by": "Niall"}


def page_of(world, key="harbour", what="withdraw"):
    return f"{BASE}/{ids.written(world.grants[key])}/{what}"


def withdraw(browser, world, key="harbour", **typed):
    return browser.submit(page_of(world, key), page_of(world, key), **(SAID | typed))


def form_on(text, action):
    (form,) = [f for f in parse(text).forms if f.method == "post" and f.action.split("?")[0] == action]
    return form


def test_before_it_is_confirmed_one_sees_what_it_will_do(world, as_):
    note = CaseNote(
        case_id=world.case_id,
        kind=NoteKind.CONTACT,
        happened_at=clock.now(),
        text="CANARY-NOTE",
        author_id=world.orla.user_id,
        agency_id=world.orla.agency_id,
        written_at=clock.now(),
    )
    db.session.add(note)
    db.session.flush()
    db.session.add(
        CaseNoteShare(
            note_id=note.id,
            agency_id=world.agencies["clinic"],
            shared_at=clock.now(),
            shared_by_id=world.orla.user_id,
        )
    )
    theirs = db.session.get(Action, world.actions["keywork"])
    theirs.status, theirs.ended_on = "completed", clock.today()
    db.session.get(Action, world.actions["detox"]).status = "cancelled"
    db.session.get(Action, world.actions["detox"]).status_reason = "not now"
    db.session.commit()
    page = as_("orla").get(page_of(world, "clinic")).text
    for words in (
        "stops seeing the whole plan",
        "1 member of staff there loses sight of Niall",
        "1 action is hidden from it",
        "Review the dose",
        "1 shared note is hidden",
        "Nobody else does anything for this goal",
        "CANARY-GOAL-drugs",
        "is told only that its part has ended, not why",
        "Withdraw now: Mill Road Clinic stops seeing the plan",
    ):
        assert words in page, words
    assert db.session.get(ConsentGrant, world.grants["clinic"]).status is ConsentStatus.ACTIVE


def test_a_withdrawal_says_how_when_and_by_whom_and_keeps_what_was_typed(world, as_):
    answer = withdraw(as_("orla"), world, route="", by="", words="please stop 🌧 Ó")
    assert answer.status_code == 422
    assert "Say how it was said" in answer.text and "Say who said it" in answer.text
    assert "please stop 🌧 Ó" in answer.text
    assert as_("tomasz").get(f"{BASE}/own").status_code == 200
    day = clock.today() + timedelta(days=1)
    later = {"said_on-day": str(day.day), "said_on-month": str(day.month), "said_on-year": str(day.year)}
    answer = withdraw(as_("orla"), world, **later)
    assert answer.status_code == 422 and "This day is still to come" in answer.text
    answer = withdraw(as_("orla"), world, words="please stop")
    assert answer.status_code == 303
    how = db.session.get(ConsentGrant, world.grants["harbour"]).withdrawn_how
    assert "by phone, said by Niall: “please stop”" in how


def test_afterwards_the_case_manager_has_the_list_of_what_is_left_without_a_service(world, as_):
    browser = as_("orla")
    answer = withdraw(browser, world)
    page = browser.get(answer.location).text
    assert "Send the housing support letter" in page and "Keep the bed" in page
    assert "It was told only that its part has ended" in page
    assert browser.get(BASE).text.count("Sees nothing") == 2


def test_pages_left_open_elsewhere_are_dead_on_the_next_request(world, as_):
    """The agency has its plan, an action and its form open; all of it answers 404 after the withdrawal."""
    tomasz, orla = as_("tomasz"), as_("orla")
    action = f"{CASE}/actions/{ids.written(world.actions['letter'])}"
    plan, opened = tomasz.get(f"{CASE}/plan"), tomasz.get(action)
    assert plan.status_code == 200 and opened.status_code == 200
    form = form_on(opened.text, action)
    assert withdraw(orla, world).status_code == 303
    script = {"HX-Request": "true"}
    for page in (
        f"{CASE}/plan",
        action,
        f"{BASE}/own",
        f"{CASE}/timeline",
        f"{CASE}/notes",
        f"{CASE}/print/part",
        f"{CASE}/issues",
    ):
        for headers in ({}, script):
            gone = tomasz.get(page, headers=headers)
            assert gone.status_code == 404, page
            assert "Niall" not in gone.text and "CANARY" not in gone.text
    typed = form.fields | {"status": "completed", "answer": "completed", "note": "CANARY-LATE"}
    for headers in ({}, script):
        for address in (action, f"{action}/acceptance", f"{action}/refusal", f"{CASE}/issues"):
            assert tomasz.post(address, data=typed, headers=headers).status_code == 404
    assert db.session.get(Action, world.actions["letter"]).status == "accepted"
    assert not db.session.scalar(select(func.count()).select_from(ActionNote))
    for page in ("/our-actions", "/news", "/people?words=Rafter"):
        text = tomasz.get(page).text
        assert "Rafter" not in text.replace('value="Rafter"', "") and "CANARY" not in text


def test_the_agency_learns_only_that_its_part_has_ended(world, as_):
    assert withdraw(as_("orla"), world, words="CANARY-WHY").status_code == 303
    notices = db.session.scalars(
        select(Notification).where(Notification.user_id.in_([world.tomasz.user_id, world.amina.user_id]))
    ).all()
    assert {(n.kind, n.case_id, n.event_id, n.plain) for n in notices} == {
        ("involvement_ended", None, None, consent.INVOLVEMENT_ENDED)
    }
    events = db.session.scalars(select(Event).where(Event.kind == "consent_withdrawn")).all()
    assert [e.audience for e in events] == ["lead"]


def test_a_stale_withdrawal_is_told_so_kindly_and_changes_nothing(world, as_):
    orla, declan = as_("orla"), as_("declan")
    page = page_of(world)
    form = form_on(orla.get(page).text, page)
    assert withdraw(declan, world, words="to Declan").status_code == 303
    answer = orla.post(page, data=form.fields | SAID | {"words": "to Orla"})
    assert answer.status_code == 409
    assert "Declan Moyne changed this at " in answer.text
    assert "to Orla" in answer.text and "to Declan" in answer.text, "both texts are shown"
    assert "to Declan" in db.session.get(ConsentGrant, world.grants["harbour"]).withdrawn_how
    assert "There is nothing to withdraw" in orla.get(page).text


def test_a_double_click_withdraws_once(world, as_):
    orla = as_("orla")
    page = page_of(world)
    typed = form_on(orla.get(page).text, page).fields | SAID
    assert [orla.post(page, data=typed).status_code for _ in range(2)] == [303, 303]
    told = select(func.count()).where(Notification.kind == "involvement_ended")
    assert db.session.scalar(told) == 2, "each member of staff once"


def test_a_broken_version_counts_as_an_old_page(world, as_):
    answer = withdraw(as_("orla"), world, version="𝟙\x00nonsense" * 40)
    assert answer.status_code == 409
    assert as_("tomasz").get(f"{BASE}/own").status_code == 200


def test_an_agency_that_closed_since_can_still_be_ended(world, as_):
    db.session.get(Agency, world.agencies["harbour"]).active = False
    db.session.commit()
    assert withdraw(as_("orla"), world).status_code == 303
    assert db.session.get(ConsentGrant, world.grants["harbour"]).status is ConsentStatus.WITHDRAWN


def test_under_load_no_request_that_begins_after_the_withdrawal_is_answered(another_database, tmp_path):
    app = create_app(
        {
            "TESTING": True,
            "CASEAPP_ENV": "test",
            "DATABASE_URL": another_database,
            "CASEAPP_DATA": str(tmp_path),
            "SECRET_KEY": "only for tests",
        }
    )
    with app.app_context():
        world = build()
        case = world.case_for(world.orla)
        db.session.remove()
    action = f"{CASE}/actions/{ids.written(world.actions['letter'])}"
    pages = [f"{CASE}/plan", f"{BASE}/own", action, f"{CASE}/timeline"]
    seen, committed, stop, problems = [], [], threading.Event(), []

    def read(n):
        try:
            browser = app.test_client()
            with app.app_context():
                sign_in(browser, (world.tomasz, world.amina)[n % 2])
                db.session.remove()
            while not stop.is_set():
                began = time.monotonic()
                seen.append((began, browser.get(pages[n % len(pages)]).status_code))
        except Exception as error:
            problems.append(repr(error))

    def take_back():
        with app.app_context():
            consent.withdraw(
                case, actor=world.orla, at=clock.now(), grant_id=world.grants["harbour"], how="by phone"
            )
            committed.append(time.monotonic())
            db.session.remove()

    readers = [threading.Thread(target=read, args=(n,)) for n in range(6)]
    for thread in readers:
        thread.start()
    wait_until(lambda: sum(status == 200 for _began, status in seen) >= 12 or problems)
    take_back()
    wait_until(lambda: sum(began > committed[0] for began, _status in seen) >= 24 or problems)
    stop.set()
    for thread in readers:
        thread.join()
    with app.app_context():
        db.engine.dispose()
    assert not problems
    before = {status for began, status in seen if began < committed[0]}
    after = {status for began, status in seen if began > committed[0]}
    assert 200 in before and after == {404}


def wait_until(done, seconds=60):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


# --- what was shown to whom ---------------------------------------------------------------------------------------


def looked(world, viewer, day, *, what="plan:view", act=AuditAct.READ, times=1, **more):
    agency = {world.agencies[key]: key for key in ("harbour", "clinic", "canal", "northgate")}[
        viewer.agency_id
    ]
    for _ in range(times):
        entry = audit.entry(viewer, act, what, at=clock.now() - timedelta(days=day))
        about = {
            "case_id": world.case_id,
            "person_id": world.person_id,
            "ground": "consent",
            "grant_id": world.grants.get(agency),
        }
        audit.write([entry | about | more])
    db.session.commit()


def test_each_look_is_listed_with_its_name_day_and_ground_X5(world, as_):
    looked(world, world.tomasz, 3, times=4)
    looked(world, world.leah, 2, what="the whole plan", act=AuditAct.PRINTED)
    looked(world, world.orla, 1, ground="lead agency", grant_id=None)
    page = as_("orla").get(f"{BASE}/disclosures").text
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert (
        "Harbour Hostel Tomasz Wilk The plan, as far as it sees it, 4 times Consent 2 Sept"
        in text.replace("2 Sep ", "2 Sept ")
    )
    assert "Mill Road Clinic Leah Quigg The whole plan (printed)" in text
    assert "Lead agency" not in text.split("What was shown")[-1], (
        "the lead agency’s own looks are no disclosure"
    )


def test_names_seen_in_lists_and_taken_out_in_files_are_listed_too(world, as_):
    looked(
        world,
        world.tomasz,
        1,
        what="our actions",
        act=AuditAct.EXPORTED,
        case_id=None,
        detail={"cases": [world.case_id]},
    )
    looked(
        world, world.amina, 1, what="our actions", act=AuditAct.LISTED, case_id=None, detail={"cases": [17]}
    )
    page = as_("orla").get(f"{BASE}/disclosures").text
    assert "Our actions (exported)" in page and "Amina" not in page


def test_past_disclosures_stay_after_a_withdrawal_F7(world, as_):
    assert as_("tomasz").get(f"{BASE}/own").status_code == 200
    orla = as_("orla")
    withdraw(orla, world)
    page = orla.get(f"{BASE}/disclosures").text
    assert "Tomasz Wilk" in page and "The consent given to it" in page


def test_the_list_is_narrowed_by_agency_and_days_and_paged(world, as_):
    for day in range(1, 61):
        looked(world, world.tomasz, day)
    looked(world, world.leah, 30)
    orla = as_("orla")
    first = orla.get(f"{BASE}/disclosures").text
    assert "61 lines" in first and "page=2" in first and first.count("Tomasz Wilk") == 49
    harbour = ids.written(world.agencies["clinic"])
    only = orla.get(f"{BASE}/disclosures?agency={harbour}").text
    assert "Tomasz Wilk" not in only and "Leah Quigg" in only
    day = clock.local_day(clock.now() - timedelta(days=10))
    query = f"since={day}&until={day}"
    assert orla.get(f"{BASE}/disclosures?{query}").text.count("Tomasz Wilk") == 1
    assert orla.get(f"{BASE}/disclosures/print?{query}").text.count("Tomasz Wilk") == 1
    for odd in (
        "page=99999",
        "page=🧨",
        "page=-1",
        "agency=%F0%9F%92%A5",
        "since-day=31&since-month=2&since-year=2026",
    ):
        assert orla.get(f"{BASE}/disclosures?{odd}").status_code == 200


def test_the_print_is_for_the_person_in_plain_words_and_is_itself_recorded(world, as_):
    looked(world, world.tomasz, 3)
    page = as_("orla").get(f"{BASE}/disclosures/print")
    for words in ("own copy", "With whom you share now", "Why they could", "take back any of these consents"):
        assert words in page.text
    assert "CANARY" not in page.text
    printed = db.session.scalars(select(AuditEntry.what).where(AuditEntry.act == AuditAct.PRINTED)).all()
    assert printed == ["what was shown to whom"]


def test_nothing_shown_is_said_so(world, as_):
    orla = as_("orla")
    assert "Nothing has been shown to another agency" in orla.get(f"{BASE}/disclosures").text
    harbour = ids.written(world.agencies["harbour"])
    assert "Show all" in orla.get(f"{BASE}/disclosures?agency={harbour}").text
