"""News: words are read through the reader's own sight; whoever lost sight reads a plain sentence."""

import re

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Notification
from caseapp.queries import waiting
from caseapp.services import events, notifications
from caseapp.vocabulary import Audience
from tests.caseloads import canaries, change, withdraw


def unread(viewer):
    return waiting.counts(viewer=viewer).unread


def test_a_change_is_told_with_old_and_new_to_those_who_see_the_action(world, as_):
    change(world, "letter", by="tomasz", change={"status": ["Accepted", "Under way"]})
    change(world, "letter", by="orla")
    page = as_("tomasz").get("/news").text
    assert "By when changed" in page
    assert "25 Nov</del>" in page
    assert "Niall Rafter" in page
    assert "Orla Keaveney" in page


def test_a_withdrawn_consent_empties_the_news_at_once(world, as_):
    change(world, "letter", change={"by when": ["CANARY-HARBOUR-old", "CANARY-HARBOUR-new"]})
    tomasz = as_("tomasz")
    assert "CANARY-HARBOUR-new" in tomasz.get("/news").text
    withdraw(world, "harbour")
    page = tomasz.get("/news").text
    assert canaries(page) == set()
    for word in ("Niall", "Rafter", "Orla", world.reference, "By when changed"):
        assert word not in page, word
    assert "Something changed in a plan that you no longer see." in page


def test_a_notice_about_what_only_the_lead_may_read_says_nothing_of_it(world, as_):
    events.happened(
        world.case_for(world.orla),
        "note_written",
        "CANARY-LEAD-note",
        actor=world.orla,
        at=clock.now(),
        audience=Audience.LEAD,
        tell_user_ids=(world.tomasz.user_id,),
    )
    db.session.commit()
    page = as_("tomasz").get("/news").text
    assert "CANARY-LEAD" not in page
    assert "Something changed in the plan" in page


def test_a_plain_notice_is_read_as_it_is(world, as_):
    events.notify(
        [world.tomasz.user_id], "involvement_ended", at=clock.now(), plain="Your involvement has ended."
    )
    db.session.commit()
    page = as_("tomasz").get("/news").text
    assert "Your involvement has ended." in page
    assert "About no plan that you see" in page


def test_a_reminder_names_its_action_only_to_those_who_see_it(world, as_):
    for name in ("tomasz", "leah", "mark"):
        db.session.add(
            Notification(
                user_id=world.viewers[name].user_id,
                at=clock.now(),
                kind="action_late",
                case_id=world.case_id,
                action_id=world.actions["letter"],
            )
        )
    db.session.commit()
    assert "An action is past its day: Send the housing support letter" in as_("tomasz").get("/news").text
    assert "Send the housing support letter" in as_("leah").get("/news").text, (
        "the clinic sees the whole plan"
    )
    mark = as_("mark").get("/news").text
    assert canaries(mark) == set()
    assert "no longer see" in mark


def test_news_of_one_day_about_one_person_stand_together_newest_first(world, as_):
    for n in range(3):
        change(world, "letter", change={f"change{n}": ["a", "b"]})
    page = as_("tomasz").get("/news").text
    assert page.count("Niall Rafter</a></h3>") + page.count("Niall Rafter</h3>") == 1
    assert page.index("change2") < page.index("change1") < page.index("change0")
    assert page.count(">Today</h2>") == 1


def test_reading_one_or_all_takes_them_from_the_count(world, as_):
    for _ in range(3):
        change(world, "letter")
    assert unread(world.tomasz) == 3
    tomasz = as_("tomasz")
    tomasz.get("/news")
    assert unread(world.tomasz) == 3, "looking is not reading: a GET writes nothing"
    one = re.search(r'action="(/news/\w+/read)"', tomasz.get("/news").text).group(1)
    assert tomasz.submit("/news", one).location == "/news"
    assert unread(world.tomasz) == 2
    assert tomasz.submit("/news", "/news/read").status_code == 303
    assert unread(world.tomasz) == 0
    assert "Mark all as read" not in tomasz.get("/news").text
    assert "Nothing unread." in tomasz.get("/news?show=unread").text


def test_mark_all_leaves_what_came_after_the_page_was_made(world):
    change(world, "letter")
    newest = db.session.scalar(select(Notification.id).where(Notification.user_id == world.tomasz.user_id))
    change(world, "letter")
    notifications.read_all(until=newest, actor=world.tomasz, at=clock.now())
    assert unread(world.tomasz) == 1


def test_nobody_marks_the_news_of_others(world, as_):
    change(world, "letter")
    of_tomasz = db.session.scalar(select(Notification.id).where(Notification.user_id == world.tomasz.user_id))
    leah = as_("leah")
    from caseapp.ids import written

    token = leah.token("/about/help")
    assert leah.post(f"/news/{written(of_tomasz)}/read", data={"csrf_token": token}).status_code == 303
    assert unread(world.tomasz) == 1
    assert leah.post("/news/read", data={"csrf_token": token, "until": "nonsense!"}).status_code == 303


def test_news_lead_back_only_within_this_site(world, as_):
    change(world, "letter")
    tomasz = as_("tomasz")
    one = re.search(r'action="(/news/\w+/read)"', tomasz.get("/news").text).group(1)
    assert tomasz.submit("/news", one, back="//elsewhere.example/").location == "/news"


def test_many_news_page(world, as_):
    for _ in range(45):
        change(world, "letter")
    tomasz = as_("tomasz")
    first, second = tomasz.get("/news").text, tomasz.get("/news?page=2").text
    assert first.count("By when changed</p>") + first.count("By when changed<br>") == 40
    assert second.count("By when changed<br>") == 5
    for number in ("0", "-1", "abc", "9999", "99999999"):
        assert tomasz.get(f"/news?page={number}").status_code == 200


def test_every_role_reads_its_own_news(as_):
    for name in ("orla", "declan", "brid", "root", "sinead", "femi"):
        assert as_(name).get("/news").status_code == 200
