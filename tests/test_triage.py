"""Triage by those who coordinate: the list, many at once, the group's agenda (S3-74, C9, D10, screen 08a)."""

import csv
import io
import re
from datetime import date

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from caseapp import clock, ids
from caseapp.errors import NotVisible, RuleBroken
from caseapp.models import (
    Area,
    Escalation,
    EscalationStep,
    GapTheme,
    GroupItem,
    GroupSitting,
    Notification,
    RegisterEntry,
    SavedView,
    UserArea,
)
from caseapp.queries import triage as query
from caseapp.queries import triage_numbers, triage_options
from caseapp.queries.triage_filters import Wanted
from caseapp.services import triage
from caseapp.vocabulary import EscalationKind, EscalationState, Rung, StepAct
from tests.browser import fields_of
from tests.gaps import day, raised, step, to_group, up


def with_coordinator(world, actor=None, case=None, at=10, **more) -> int:
    """One that the manager passed up to Sinéad."""
    gap = raised(actor or world.orla, case, **more)
    manager = {world.orla.agency_id: world.declan, world.tomasz.agency_id: world.amina}[
        (actor or world.orla).agency_id
    ]
    up(gap, manager, day(at))
    return gap


@pytest.fixture
def now(monkeypatch):
    """A Thursday: the eleventh working day after the sixteenth has not come."""
    monkeypatch.setattr(clock, "now", lambda: day(19))
    return day(19)


def post(client, address, data, page):
    fields = fields_of(client.get(page).text)
    return client.post(address, data={"csrf_token": fields["csrf_token"], "once": fields["once"]} | data)


def test_coordinators_and_the_national_level_start_their_day_with_triage(world, as_):
    for who in ("sinead", "gearoid"):
        client = as_(who)
        assert client.get("/").location.endswith("/triage")
        page = client.get("/triage").text
        places = re.search(r'aria-label="Main".*?</nav>', page, re.S).group()
        labels = re.findall(r">([A-Z][\w ]+?)(?: <span|</a>)", places)
        assert labels[:6] == ["Triage", "Group agenda", "Register", "Directory", "Reports", "Procedures"]
    for who in ("orla", "declan", "femi", "root"):
        assert as_(who).get("/triage").status_code == 403


def test_the_list_shows_what_has_reached_the_viewer_least_time_left_first_and_names_no_client(
    world, as_, now
):
    case = world.case_for(world.orla)
    with_coordinator(world, case=case, title="A later one", at=16)
    first = with_coordinator(
        world, case=case, title="An earlier one", at=10, urgent_reason="Eviction on Friday"
    )
    raised(world.orla, title="Still with the manager")
    page = as_("sinead").get("/triage").text
    assert page.index("An earlier one") < page.index("A later one")
    assert "Still with the manager" not in page
    assert "Niall" not in page and "Rafter" not in page and world.reference not in page
    row = next(
        one for one in query.rows(Wanted(), viewer=world.sinead, domains={}, limit=25) if one.id == first
    )
    assert (row.days, row.left, row.held, row.urgent) == (14, 3, "7 of 10 working days", True)
    assert (row.holder, row.mine) == ("Sinéad Varley", True)
    assert "2 open in Liffey North" in page and "Urgent" in page
    assert "A later one" not in as_("gearoid").get("/triage").text  # it has not reached the national level


def test_a_coordinator_of_another_area_sees_nothing_of_it(world, as_, db_session, now):
    gap = with_coordinator(world, title="Only of Liffey North")
    other = Area(name="Estuary", kind="local")
    db_session.add(other)
    db_session.flush()
    db_session.execute(
        UserArea.__table__.update().where(UserArea.user_id == world.sinead.user_id).values(area_id=other.id)
    )
    db_session.commit()
    sinead = as_("sinead")
    assert "Only of Liffey North" not in sinead.get("/triage").text
    assert "Only of Liffey North" not in sinead.get("/triage.csv").text
    assert "Only of Liffey North" not in sinead.get(f"/triage/together?do=theme&gap={gap}").text
    with pytest.raises(RuleBroken):
        triage.reply([gap], actor=world.sinead, at=now, text="To whom?")


def test_each_filter_and_view_narrows_the_list_and_an_unknown_one_is_left_out(world, as_, db_session, now):
    case = world.case_for(world.orla)
    with_coordinator(world, case=case, title="Housing gap", urgent_reason="Soon")
    legal = with_coordinator(
        world,
        title="Legal block",
        domain="legal",
        concerned_agency_id=world.agencies["northgate"],
        concerned_name="",
    )
    to_group_gap = with_coordinator(world, title="With the group")
    up(to_group_gap, world.sinead, day(11))
    triage.give_theme([legal], actor=world.sinead, at=now, new_theme="Warrants")
    theme = db_session.scalar(select(GapTheme.id))
    sinead = as_("sinead")

    def shown(query):
        text = sinead.get(f"/triage?{query}").text
        return {name for name in ("Housing gap", "Legal block", "With the group") if f">{name}</a>" in text}

    every = {"Housing gap", "Legal block", "With the group"}
    assert shown("view=mine") == every  # the chair of the group is the coordinator
    assert shown("view=group") == shown("held=4") == {"With the group"}
    assert shown("view=national") == shown("view=back") == shown("view=old") == set()
    assert shown("urgent=yes") == {"Housing gap"}
    assert shown(f"theme={theme}") == {"Legal block"}
    assert shown("theme=none") == every - {"Legal block"}
    assert shown(f"agency={world.agencies['northgate']}") == {"Legal block"}
    assert shown("words=legal") == {"Legal block"}
    number = db_session.scalar(select(Escalation.number).where(Escalation.id == legal))
    assert shown(f"words=GB-{number}") == {"Legal block"}
    assert shown("age=90") == set() and shown("age=junk&area=99&held=9&view=x") == every
    nothing = sinead.get("/triage?words=zebra").text
    assert "No gap or block matches." in nothing and "Show all open" in nothing


def test_asked_back_stands_in_its_own_view_with_who_must_answer(world, as_, now):
    gap = with_coordinator(world, title="How many residents?")
    step("ask_back", gap, world.sinead, day(17), text="How many?")
    page = as_("sinead").get("/triage?view=back").text
    assert "How many residents?" in page and "Manager, Canal Street" in page
    assert "asked back, 2 of 5 working days" in page and "3 left" in page


def test_the_file_holds_what_the_page_shows_and_no_formula(world, as_, now):
    with_coordinator(world, title="=HYPERLINK(1)")
    with_coordinator(world, title="Another")
    answer = as_("sinead").get("/triage.csv?sort=-age")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert {row["What is missing or shut"] for row in rows} == {"'=HYPERLINK(1)", "Another"}
    assert rows[0]["Working days left"] == "3" and rows[0]["Age in days"] == "14"


def test_a_saved_view_stands_in_a_row_of_links_with_its_count(world, as_, db_session, now):
    with_coordinator(world, title="Urgent one", urgent_reason="Soon")
    with_coordinator(world, title="Not urgent")
    db_session.add(
        SavedView(
            user_id=world.sinead.user_id, list_name="triage", name="Hurry", query="urgent=yes", created_at=now
        )
    )
    db_session.commit()
    page = as_("sinead").get("/triage?urgent=yes").text
    assert re.search(r'\?urgent=yes" aria-current="true">Hurry <span class="num">1</span>', page)


def test_one_theme_for_many_stands_in_the_log_of_each(world, as_, db_session, now):
    one, two = with_coordinator(world), with_coordinator(world, actor=world.tomasz)
    sinead = as_("sinead")
    page = f"/triage/together?do=theme&gap={one}&gap={two}"
    answer = post(sinead, "/triage/theme", {"gaps": [one, two], "new_theme": "Proof of address"}, page)
    assert answer.status_code == 303
    theme = db_session.scalars(select(GapTheme)).one()
    assert theme.name == "Proof of address"
    assert set(db_session.scalars(select(Escalation.theme_id))) == {theme.id}
    logs = db_session.scalars(
        select(EscalationStep.escalation_id).where(EscalationStep.act == StepAct.THEMED)
    )
    assert sorted(logs) == sorted([one, two])
    refused = post(sinead, "/triage/theme", {"gaps": [one], "new_theme": ""}, page)
    assert refused.status_code == 422 and "Choose a theme, or write a new one" in refused.text
    nothing = post(sinead, "/triage/theme", {"new_theme": "Again"}, page)
    assert nothing.status_code == 422 and "Tick at least one gap or block" in nothing.text


def test_a_reply_reaches_everybody_who_raised_one_and_stands_in_each_log(world, as_, db_session, now):
    one = with_coordinator(world, case=world.case_for(world.orla))
    two = with_coordinator(world, actor=world.tomasz)
    three = with_coordinator(world, actor=world.tomasz)
    triage.join_as_one([two, three], actor=world.sinead, at=day(18))
    sinead = as_("sinead")
    answer = post(
        sinead,
        "/triage/reply",
        {"gaps": [one, two], "text": "Offer the clinic’s attendance letter meanwhile."},
        f"/triage/together?do=reply&gap={one}&gap={two}",
    )
    assert answer.status_code == 303
    steps = db_session.execute(
        select(EscalationStep.escalation_id, EscalationStep.to_raisers).where(
            EscalationStep.act == StepAct.REPLIED
        )
    ).all()
    assert sorted(steps) == sorted([(one, True), (two, True), (three, True)])
    told = set(db_session.scalars(select(Notification.user_id).where(Notification.kind == "gap_replied")))
    assert {world.orla.user_id, world.tomasz.user_id} <= told and world.sinead.user_id not in told
    assert (
        "Offer the clinic’s attendance letter"
        in as_("tomasz").get(f"/gaps-and-blocks/{ids.written(three)}").text
    )
    plain = db_session.scalars(select(Notification.plain).where(Notification.kind == "gap_replied")).all()
    assert not any("letter" in text or "Niall" in text for text in plain)


def test_a_reply_to_many_names_nobody_even_where_the_coordinator_knows_the_name(world, as_, db_session, now):
    gap = with_coordinator(world, case=world.case_for(world.orla), identity_on=date(2026, 11, 8))
    with pytest.raises(RuleBroken, match="is the person’s name"):
        triage.reply([gap], actor=world.sinead, at=now, text="Tell Niall to wait")
    unnamed = with_coordinator(world, case=world.case_for(world.orla))
    triage.reply(
        [unnamed], actor=world.sinead, at=now, text="Tell Niall to wait"
    )  # a refusal would tell who it is


def test_joined_in_the_register_each_keeps_its_own_way_unless_they_are_to_go_as_one(
    world, as_, db_session, now
):
    one, two = with_coordinator(world, title="First"), with_coordinator(world, actor=world.tomasz)
    page = f"/triage/together?do=join&gap={one}&gap={two}"
    sinead = as_("sinead")
    answer = post(sinead, "/triage/join", {"gaps": [one, two], "title": "Proof of local connection"}, page)
    assert answer.status_code == 303
    entry = db_session.scalars(select(RegisterEntry)).one()
    rows = {row.id: row for row in db_session.scalars(select(Escalation))}
    assert {row.register_entry_id for row in rows.values()} == {entry.id}
    assert {row.joined_to_id for row in rows.values()} == {None}
    again = post(sinead, "/triage/join", {"gaps": [one, two], "entry": str(entry.id), "one": "y"}, page)
    assert again.status_code == 303
    db_session.expire_all()
    assert db_session.get(Escalation, two).joined_to_id == one
    assert len(db_session.scalars(select(RegisterEntry)).all()) == 1


def test_a_worker_cannot_sort_and_what_is_closed_is_no_longer_sorted(world, as_, now):
    gap = with_coordinator(world)
    assert as_("orla").get(f"/triage/together?do=theme&gap={gap}").status_code == 403
    step("close", gap, world.sinead, day(18), outcome=EscalationState.RESOLVED, text="They take the letter")
    with pytest.raises(RuleBroken, match="still open"):
        triage.give_theme([gap], actor=world.sinead, at=now, new_theme="Late")


# --- the group's agenda ---------------------------------------------------------------------------------------------


def agenda(world, *gaps, on=25) -> int:
    return triage.put_on_agenda(
        list(gaps),
        actor=world.sinead,
        at=day(18),
        area_id=area_of(world),
        held_on=day(on).date(),
        place="Town hall",
    )


def area_of(world):
    return triage_options.areas(viewer=world.sinead)[0][0]


def test_an_agenda_is_made_from_the_list_ordered_printed_and_decided_on(
    world, as_, db_session, now, monkeypatch
):
    one, two = with_coordinator(world, title="First point"), with_coordinator(world, title="Second point")
    up(two, world.sinead, day(11))
    sinead = as_("sinead")
    page = f"/triage/together?do=agenda&gap={one}&gap={two}"
    form = {
        "gaps": [one, two],
        "area": str(area_of(world)),
        "held_on-day": "25",
        "held_on-month": "11",
        "held_on-year": "2026",
    }
    answer = post(sinead, "/triage/agenda", form, page)
    assert answer.status_code == 303
    sitting = db_session.scalars(select(GroupSitting)).one()
    again = post(sinead, "/triage/agenda", {"gaps": [one], "sitting": str(sitting.id)}, page)
    assert again.status_code == 303  # nothing stands twice on it
    items = db_session.execute(
        select(GroupItem.id, GroupItem.escalation_id).order_by(GroupItem.position)
    ).all()
    assert [item.escalation_id for item in items] == [one, two]
    sitting_id = sitting.id
    url = f"/triage/agenda/{ids.written(sitting.id)}"
    assert "First point" in sinead.get(url).text and "No person is named" in sinead.get(url).text
    down = post(sinead, f"{url}/items/{ids.written(items[0].id)}/down", {}, url)
    assert down.status_code == 303
    printed = sinead.get(f"{url}/print").text
    assert printed.index("Second point") < printed.index("First point") and "no person is named" in printed
    item = items[1]
    decide = f"{url}/items/{ids.written(item.id)}"
    early = post(sinead, decide, {"decision": "Too soon"}, decide)
    assert early.status_code == 422 and "has not met yet" in early.text
    monkeypatch.setattr(clock, "now", lambda: day(25, 15))
    sinead = as_("sinead")
    done = post(
        sinead, decide, {"decision": "The council asks its lawyers by 9 December", "minute": "6"}, decide
    )
    assert done.status_code == 303
    log = db_session.execute(
        select(EscalationStep.text, EscalationStep.minute, EscalationStep.meeting_on).where(
            EscalationStep.act == StepAct.GROUP_DECIDED
        )
    ).one()
    assert log == ("The council asks its lawyers by 9 December", "6", day(25).date())
    assert (
        db_session.get(Escalation, two).level is Rung.GROUP
    )  # the ladder moves only by its holder's own step
    told = db_session.scalars(select(Notification.user_id).where(Notification.kind == "gap_group"))
    assert world.orla.user_id in set(told)
    assert post(sinead, f"{url}/close", {}, url).status_code == 303
    assert "Closed on 25 Nov 2026" in sinead.get(url).text
    with pytest.raises(RuleBroken, match="agenda is closed"):
        triage.put_on_agenda([one], actor=world.sinead, at=day(26), sitting_id=sitting_id)


def test_what_was_decided_stays_on_the_agenda_and_what_was_not_can_be_taken_off(world, db_session, now):
    one, two = with_coordinator(world), with_coordinator(world)
    sitting = agenda(world, one, two)
    first, second = db_session.scalars(select(GroupItem.id).order_by(GroupItem.position)).all()
    triage.decide(sitting, first, actor=world.sinead, at=day(25, 15), decision="Yes")
    with pytest.raises(RuleBroken, match="stays on this agenda"):
        triage.take_off_agenda(sitting, first, actor=world.sinead, at=day(26))
    triage.take_off_agenda(sitting, second, actor=world.sinead, at=day(26))
    assert db_session.scalars(select(GroupItem.id)).all() == [first]


def test_a_group_of_another_area_is_not_there_for_a_coordinator(world, as_, db_session, now):
    gap = with_coordinator(world)
    sitting = agenda(world, gap)
    db_session.execute(UserArea.__table__.delete())
    db_session.commit()
    url = f"/triage/agenda/{ids.written(sitting)}"
    assert as_("sinead").get(url).status_code == 404
    assert as_("sinead").get(f"{url}/print").status_code == 404
    assert as_("gearoid").get(url).status_code == 200
    with pytest.raises(NotVisible):
        triage.close_agenda(sitting, actor=world.sinead, at=day(26))


def test_the_page_costs_as_many_statements_with_many_rows_as_with_few(world, as_, db_session, now):
    sinead = as_("sinead")
    with_coordinator(world)
    counted = []

    def count(*given):
        counted.append(given[2])

    def cost(address):
        sinead.get(address)
        counted.clear()
        sinead.get(address)
        return len(counted)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        few = cost("/triage"), cost("/triage.csv")
        for _ in range(8):
            to_group(world, raised(world.orla))
        many = cost("/triage"), cost("/triage.csv")
        assert all(now <= then for now, then in zip(many, few, strict=True))
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_a_gap_and_its_kind_are_said_in_the_list(world, as_, now):
    with_coordinator(world, kind=EscalationKind.GAP, concerned_name="", title="No night bed")
    page = as_("sinead").get("/triage").text
    assert "· gap · raised by Canal Street Drug Service" in page


def test_counting_stops_where_nobody_counts_on_and_says_so(world, as_, db_session, now):
    for title in ("One", "Two", "Three"):
        with_coordinator(world, title=title)
    assert (triage_numbers.said(999), triage_numbers.said(1000)) == ("999", "999+")
    wanted = Wanted(view="mine")
    assert triage_numbers.total(wanted, viewer=world.sinead, at_most=1) == 2
    assert triage_numbers.total(wanted, viewer=world.sinead, at_most=9) == 3
    counted = triage_numbers.numbers(viewer=world.sinead, calendar="IE")
    assert (counted.all, counted.views["mine"], counted.views["national"]) == (3, 3, 0)
    assert triage_numbers.totals([Wanted(words="two"), wanted], viewer=world.sinead) == [1, 3]
    assert triage_numbers.numbers(viewer=world.gearoid, calendar="IE").all == 0
