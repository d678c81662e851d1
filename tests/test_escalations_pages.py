"""The pages of gaps and blocks: the form, the lists, the ladder, the answers (B5, screen 08b)."""

import re

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from caseapp import clock, ids
from caseapp.models import AuditEntry, Escalation
from caseapp.services.audit.entries import entry, write_now
from caseapp.vocabulary import AuditAct, EscalationState, Rung
from tests.browser import fields_of
from tests.gaps import day, raised, step, up

FORM = {
    "kind": "block",
    "title": "Proof of local connection that residents cannot give",
    "service": "Council housing application",
    "domain": "accommodation",
    "effect": "Applications stay unopened",
    "wanted": "A letter of the hostel is accepted",
    "concerned_name": "Estuary Council Housing",
    "noticed_on-day": "5",
    "noticed_on-month": "11",
    "noticed_on-year": "2026",
    "ask_colleagues": "manager",
}


def where(gap, more=""):
    return f"/gaps-and-blocks/{ids.written(gap)}{more}"


def post(client, address, data, page=None):
    fields = fields_of(client.get(page or address).text)
    keep = {name: fields[name] for name in ("csrf_token", "once", "version") if name in fields}
    return client.post(address, data=keep | data)


def test_a_worker_raises_a_block_from_an_action_and_sees_where_it_is(world, as_, db_session):
    orla = as_("orla")
    action = ids.written(world.actions["keywork"])
    page = orla.get(f"/cases/{world.reference}/actions/{action}/gaps-and-blocks/new")
    assert page.status_code == 200
    assert f'<option selected value="{world.actions["keywork"]}"' in page.text
    address = f"/cases/{world.reference}/gaps-and-blocks/new"
    answer = post(orla, address, FORM | {"action_id": str(world.actions["keywork"]), "mark_blocked": "y"})
    assert answer.status_code == 303
    row = db_session.scalars(select(Escalation)).one()
    assert (row.level, row.action_id) == (Rung.MANAGER, world.actions["keywork"])
    shown = orla.get(answer.location).text
    assert "Proof of local connection" in shown and "Declan Moyne" in shown
    assert "Noticed 5 Nov 2026" in shown
    listed = orla.get("/gaps-and-blocks").text
    assert "GB-1" in listed and "Niall Rafter" in listed
    assert "GB-1" in orla.get(f"/cases/{world.reference}/gaps-and-blocks").text


def test_what_is_missing_in_the_form_is_said_and_nothing_is_lost(world, as_):
    orla = as_("orla")
    answer = post(orla, "/gaps-and-blocks/new", FORM | {"effect": "", "kind": "", "title": "Kept"})
    assert answer.status_code == 422
    assert "Say what this does" in answer.text and 'value="Kept"' in answer.text


def test_what_is_likely_the_same_is_offered_without_another_agencys_words(world, as_, db_session):
    gap = raised(world.orla, title="Secret words of Canal Street")
    up(gap, world.declan, day(10))
    tomasz = as_("tomasz")
    answer = post(tomasz, "/gaps-and-blocks/new", FORM)
    assert answer.status_code == 422
    assert "Is it the same as one of these" in answer.text and "GB-1" in answer.text
    assert "Secret words" not in answer.text and "Canal" not in answer.text.split("</fieldset>")[0]
    fields = fields_of(answer.text)
    done = tomasz.post(
        "/gaps-and-blocks/new",
        data=FORM | {"csrf_token": fields["csrf_token"], "once": fields["once"], "same_as": str(gap)},
    )
    assert done.status_code == 303
    mine = db_session.scalars(select(Escalation).where(Escalation.raised_by_id == world.tomasz.user_id)).one()
    assert mine.join_wish_id == gap and mine.level is Rung.MANAGER


def test_the_manager_answers_on_the_ladder(world, as_, db_session):
    gap = raised(world.orla)
    declan = as_("declan")
    assert "Your answer" in declan.get(where(gap)).text
    assert "1" in re.search(r"Waits for me ?(\d*)", declan.get("/gaps-and-blocks").text).group(1)
    refused = post(declan, where(gap, "/answer"), {"answer": "up", "text": "We could not"}, page=where(gap))
    assert refused.status_code == 422 and "Say what was tried at your level" in refused.text
    assert "We could not" in refused.text
    words = {"answer": "up", "text": "We could not", "tried": "Rang", "not_enough": "A rule of theirs"}
    done = post(declan, where(gap, "/answer"), words | {"urgent_reason": "No bed tonight"}, page=where(gap))
    assert done.status_code == 303
    assert db_session.get(Escalation, gap).level is Rung.COORDINATOR
    sinead = as_("sinead").get(where(gap)).text
    assert "A rule of theirs" in sinead and "Rang" in sinead
    assert "Niall" not in sinead


def test_passing_up_names_all_that_is_missing_at_once_beside_its_fields(world, as_, db_session):
    """S3-72, S3-76."""
    gap = raised(world.orla, at=clock.now())
    declan = as_("declan")
    refused = post(declan, where(gap, "/answer"), {"answer": "up"}, page=where(gap))
    assert refused.status_code == 422
    amiss = {
        "text": "Write what those who raised it should know",
        "tried": "Say what was tried at your level",
        "not_enough": "Say why it was not enough",
        "urgent_reason": "It came to you today",
    }
    for field, words in amiss.items():
        beside = refused.text.split(f'id="{field}-error"', 1)[1].split("</p>")[0]
        assert words in beside, field
        assert f'<a href="#{field}">{words}' in refused.text
    half = post(
        declan,
        where(gap, "/answer"),
        {"answer": "up", "text": "We could not", "tried": "Rang"},
        page=where(gap),
    )
    assert 'id="not_enough-error"' in half.text and 'id="urgent_reason-error"' in half.text
    assert 'id="text-error"' not in half.text and 'id="tried-error"' not in half.text
    none = post(declan, where(gap, "/answer"), {}, page=where(gap)).text
    assert "Choose what you answer" in none and 'id="text-error"' in none
    asked = post(declan, where(gap, "/answer"), {"answer": "ask_back"}, page=where(gap)).text
    assert "Write what you need to know" in asked and "Write what those who raised" not in asked
    assert db_session.get(Escalation, gap).level is Rung.MANAGER


def test_whoever_answers_too_late_reads_what_was_done_meanwhile(world, as_, db_session):
    gap = raised(world.orla)
    up(gap, world.declan, day(10))
    sinead = as_("sinead")
    fields = fields_of(sinead.get(where(gap)).text)
    up(gap, world.sinead, day(11), text="The group shall decide")
    sent = sinead.post(
        where(gap, "/answer"),
        data={
            "csrf_token": fields["csrf_token"],
            "once": fields["once"],
            "version": fields["version"],
            "answer": "advise",
            "text": "My own words",
        },
    )
    assert sent.status_code == 409
    assert "The group shall decide" in sent.text and "My own words" in sent.text


@pytest.mark.parametrize("name", ["tomasz", "leah", "mark", "root", "brid"])
def test_whoever_has_nothing_to_do_with_it_finds_nothing(world, as_, name):
    gap = raised(world.orla, world.case_for(world.orla))
    assert as_(name).get(where(gap)).status_code == 404
    assert as_(name).post(where(gap, "/answer")).status_code in (400, 404)


def test_the_agency_whose_action_it_stops_follows_without_the_words_about_the_person(world, as_, db_session):
    gap = raised(
        world.orla,
        world.case_for(world.orla),
        action_id=world.actions["letter"],
        effect="Effect on the person",
        one_to_one="What was tried alone",
    )
    up(gap, world.declan, day(10), text="Answer for all", tried="Rang them", not_enough="A rule")
    page = as_("tomasz").get(where(gap)).text
    assert "Answer for all" in page and "Send the housing support letter" in page
    for hidden in ("Effect on the person", "What was tried alone", "Rang them", "Declan", "Orla"):
        assert hidden not in page
    assert "Niall" not in page.replace("Niall’s plan", "")


def test_stopping_the_clock_needs_a_reason_and_a_day(world, as_, db_session):
    gap = raised(world.orla)
    declan = as_("declan")
    address = where(gap, "/pause")
    assert post(declan, address, {"reason": "", "until_on-day": "1"}).status_code == 422
    days = {"until_on-day": "1", "until_on-month": "1", "until_on-year": "2027"}
    done = post(declan, address, {"reason": "the circular"} | days)
    assert done.status_code == 303
    assert "It waits for: the circular" in declan.get(where(gap)).text
    token = fields_of(declan.get(where(gap)).text)["csrf_token"]
    assert declan.post(where(gap, "/resume"), data={"csrf_token": token}).status_code == 303
    db_session.expire_all()
    assert db_session.get(Escalation, gap).paused_at is None


@pytest.mark.parametrize(
    ("name", "which", "expected"),
    [("orla", "withdraw", EscalationState.WITHDRAWN), ("orla", "take-back", EscalationState.OPEN)],
)
def test_steps_with_a_reason_of_their_own(world, as_, db_session, name, which, expected):
    gap = raised(world.orla)
    client = as_(name)
    assert post(client, where(gap, f"/{which}"), {"reason": ""}).status_code == 422
    assert post(client, where(gap, f"/{which}"), {"reason": "It is solved"}).status_code == 303
    db_session.expire_all()
    assert db_session.get(Escalation, gap).state is expected


def test_every_page_of_a_block_stands_for_each_who_may(world, as_, db_session):
    gap = raised(world.orla, world.case_for(world.orla), ask_colleagues=True)
    for name, more in (
        ("orla", ("", "/print", "/withdraw", "/reopen", "/naming", "/part")),
        ("shauna", ("", "/print")),
        ("declan", ("", "/withdraw", "/hand-on", "/pause")),
    ):
        for one in more:
            assert as_(name).get(where(gap, one)).status_code == 200, (name, one)
    step("send", gap, world.orla, day(10))
    for one in ("", "/pause", "/hand-on"):
        assert as_("declan").get(where(gap, one)).status_code == 200


def test_the_lists_can_be_searched_sorted_and_taken_away(world, as_, db_session):
    raised(world.orla, world.case_for(world.orla))
    raised(world.orla, title="No night bed", service="Night bed")
    orla = as_("orla")
    assert "No night bed" in orla.get("/gaps-and-blocks?words=night").text
    assert "Proof of local" not in orla.get("/gaps-and-blocks?words=night").text
    for sort in ("age", "-number", "left", "-changed", "nonsense"):
        assert orla.get(f"/gaps-and-blocks?sort={sort}").status_code == 200
    sheet = orla.get("/gaps-and-blocks.csv")
    assert sheet.status_code == 200 and "GB-2" in sheet.text and "Niall" not in sheet.text
    assert "Nothing fits" in orla.get("/gaps-and-blocks?words=zebra").text


def test_a_page_of_the_list_costs_the_same_for_one_row_and_for_twenty(world, as_, db_session):
    raised(world.orla)
    orla = as_("orla")
    orla.get("/gaps-and-blocks")
    statements = []

    def note(*given):
        statements.append(given[2])

    event.listen(Engine, "before_cursor_execute", note)
    orla.get("/gaps-and-blocks")
    few = len(statements)
    for number in range(9):
        raised(world.orla, title=f"Number {number}")
    statements.clear()
    orla.get("/gaps-and-blocks")
    event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) <= few


def test_a_look_at_a_gap_has_its_ground_in_words_on_the_persons_list(world, as_, db_session):
    """X-5: on what ground; also for a look that was written down before its ground was."""
    gap = raised(world.orla, world.case_for(world.orla))
    up(gap, world.declan, day(10))
    assert as_("sinead").get(where(gap)).status_code == 200
    assert db_session.scalar(select(AuditEntry.ground).where(AuditEntry.user_id == world.sinead.user_id)) == (
        "ladder of a gap or block"
    )
    write_now([entry(world.gearoid, AuditAct.READ, "a gap or block", at=clock.now(), case_id=world.case_id)])
    db_session.commit()
    listed = as_("declan").get(f"/cases/{world.reference}/consent/disclosures").text
    for who, ground in (
        ("Sinéad Varley", "They answer on the ladder of a gap or block, which names nobody"),
        (
            "Gearóid Ashe",
            "A gap or block: they raised it, it touches their work, or they answer on its ladder",
        ),
    ):
        line = next(row for row in listed.split("<tr>") if who in row)
        assert ground in line and "–" not in line.split("Ground:")[1], who
    orla = as_("orla")
    orla.get(where(gap))
    page = orla.get(f"/cases/{world.reference}/audit").text
    line = next(row for row in page.split("<tr>") if "Orla Keaveney" in row and "a gap or block" in row)
    assert "Case manager of this case" in line
