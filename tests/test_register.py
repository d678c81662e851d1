"""The register: many raisings as one entry, published to all agencies with small numbers left out (S2-39, K5, C14)."""

import csv
import io
import re

import openpyxl
import pytest
from sqlalchemy import func, select, update

from caseapp import clock, ids
from caseapp.errors import RuleBroken, Stale
from caseapp.models import Area, Case, Escalation, Person, RegisterEntry, RegisterSnapshot, UserArea
from caseapp.queries import register as query
from caseapp.queries import register_published
from caseapp.services import register
from caseapp.vocabulary import CaseStatus, EscalationKind, EscalationState, Rung
from tests.browser import fields_of
from tests.gaps import day, raised, up
from tests.world import LONG_AGO

TITLE = "Proof of local connection"


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: day(19))
    return day(19)


def people(db_session, world, count) -> list[int]:
    """So many more cases, each of a person of their own."""
    found = []
    before = db_session.scalar(select(func.count(Case.id)))
    for number in range(before, before + count):
        person = Person(
            given_name=f"Secret{number}",
            family_name="Person",
            registered_by_agency_id=world.agencies["canal"],
            registered_by_id=world.orla.user_id,
            registered_at=LONG_AGO,
        )
        db_session.add(person)
        db_session.flush()
        case = Case(
            reference=f"{70_000_000 + number}",
            person_id=person.id,
            lead_agency_id=world.agencies["canal"],
            line_manager_id=world.declan.user_id,
            protocol_key="ie-homeless-drug",
            status=CaseStatus.CASE_MANAGED,
            opened_at=LONG_AGO,
            opened_by_id=world.orla.user_id,
            last_activity_at=LONG_AGO,
        )
        db_session.add(case)
        db_session.flush()
        found.append(case.id)
    db_session.commit()
    return found


def behind(db_session, world, cases, *, area_id=None) -> list[int]:
    """A raising for each case, with the coordinator; the case is set afterwards, as many cases need no consent here."""
    gaps = []
    for case_id in cases:
        gap = raised(world.orla)
        up(gap, world.declan, day(10))
        values = {"case_id": case_id} | ({"area_id": area_id} if area_id else {})
        db_session.execute(update(Escalation).where(Escalation.id == gap).values(**values))
        gaps.append(gap)
    db_session.commit()
    return gaps


def second_area(db_session, world, served=True) -> int:
    area = Area(name="Estuary", kind="local")
    db_session.add(area)
    db_session.flush()
    if served:
        db_session.add(UserArea(user_id=world.sinead.user_id, area_id=area.id))
    db_session.commit()
    return area.id


def entry_of(world, gaps, title=TITLE) -> int:
    return register.join(gaps, actor=world.sinead, at=day(18), title=title)


def publish(world, *entries, at=19) -> int:
    return register.publish(list(entries), actor=world.sinead, at=day(at))


def test_the_same_gap_raised_many_times_is_one_entry_with_people_days_and_areas(world, db_session, now):
    estuary = second_area(db_session, world)
    cases = people(db_session, world, 12)
    gaps = behind(db_session, world, cases[:6]) + behind(db_session, world, cases[6:], area_id=estuary)
    twice = behind(db_session, world, cases[:1])  # the same person, raised again
    entry = entry_of(world, gaps + twice)
    found = query.entry(entry, viewer=world.gearoid).figures
    assert (found.raised, found.people, found.agencies) == (13, 12, 1)
    assert found.areas == (("Estuary", 6), ("Liffey North", 6))
    assert found.days == 13 * 14  # noticed on the fifth, today is the nineteenth
    own = query.entry(entry, viewer=world.sinead).figures
    assert own.areas == found.areas and own.people == 12


def test_a_local_coordinator_sees_small_numbers_left_out_and_the_national_one_sees_them(
    world, db_session, now
):
    estuary = second_area(db_session, world)
    cases = people(db_session, world, 9)
    gaps = behind(db_session, world, cases[:7]) + behind(db_session, world, cases[7:], area_id=estuary)
    entry = entry_of(world, gaps)
    own = query.entry(entry, viewer=world.sinead).figures
    assert own.people == 9 and own.areas == (("Estuary", None), ("Liffey North", None))
    assert query.entry(entry, viewer=world.gearoid).figures.areas == (("Estuary", 2), ("Liffey North", 7))


def test_a_coordinator_counts_only_the_own_areas_while_the_register_is_kept(world, db_session, now):
    estuary = second_area(db_session, world, served=False)
    cases = people(db_session, world, 12)
    gaps = behind(db_session, world, cases[:6])
    entry = entry_of(world, gaps)
    foreign = behind(db_session, world, cases[6:], area_id=estuary)
    db_session.execute(update(Escalation).where(Escalation.id.in_(foreign)).values(register_entry_id=entry))
    db_session.commit()
    assert query.entry(entry, viewer=world.sinead).figures.areas == (("Liffey North", 6),)
    assert query.entry(entry, viewer=world.gearoid).figures.people == 12


def test_what_is_published_is_read_by_everybody_and_stays_when_the_entry_changes(world, as_, db_session, now):
    gaps = behind(db_session, world, people(db_session, world, 6))
    entry = entry_of(world, gaps)
    assert "Nothing is published yet." in as_("tomasz").get("/register").text
    assert "Proof of local connection" not in as_("tomasz").get("/register").text
    publish(world, entry)
    for who in ("tomasz", "mark", "leah", "femi", "ciara", "root", "sinead"):
        page = as_(who).get("/register").text
        assert TITLE in page and "Fourth quarter of 2026" in page and "Liffey North 6" in page
    one = db_session.get(RegisterEntry, entry)
    register.edit(
        entry,
        actor=world.sinead,
        at=day(20),
        version=one.version,
        title="Changed since",
        kind=EscalationKind.BLOCK,
        theme_id=None,
        scope=None,
        asked="Letters are taken",
        answered="",
        state=EscalationState.OPEN,
    )
    assert "Changed since" not in as_("tomasz").get("/register").text
    assert as_("tomasz").get("/register/keeping").status_code == 403
    assert as_("tomasz").get(f"/register/keeping/{ids.written(entry)}").status_code == 403
    detail = as_("tomasz").get(f"/register/{ids.written(entry)}")
    assert detail.status_code == 200 and TITLE in detail.text and "Secret" not in detail.text
    publish(world, entry, at=21)
    page = as_("tomasz").get("/register").text
    assert "Changed since" in page and "Fourth quarter of 2026, edition 2" in page
    first = db_session.scalars(select(RegisterSnapshot.id).where(RegisterSnapshot.edition == 1)).one()
    before = as_("tomasz").get(f"/register?edition={first}").text
    assert TITLE in before and "This is an earlier edition" in before
    assert as_("tomasz").get("/register?edition=17").status_code == 404


def test_a_published_entry_of_few_people_shows_no_number_and_no_area_alone(world, as_, db_session, now):
    estuary = second_area(db_session, world)
    cases = people(db_session, world, 8)
    small = entry_of(world, behind(db_session, world, cases[:2]), "Rare thing")
    mixed = entry_of(
        world,
        behind(db_session, world, cases[2:7]) + behind(db_session, world, cases[7:], area_id=estuary),
        "Common thing",
    )
    publish(world, small, mixed)
    found = {
        one.title: one.figures for one in register_published.content(register_published.editions()[0].id)
    }
    rare, common = found["Rare thing"], found["Common thing"]
    assert (rare.people, rare.days, rare.raised) == (None, None, None)
    assert rare.areas == (("Liffey North", None),)
    assert common.people == 6 and common.areas == (("Estuary", None), ("Liffey North", None))
    rows = list(csv.DictReader(io.StringIO(as_("mark").get("/register.csv").data.decode("utf-8-sig"))))
    told = {row["What is missing or shut"]: row for row in rows}
    assert told["Rare thing"]["People"] == "not shown" and told["Common thing"]["People"] == "6"
    book = openpyxl.load_workbook(io.BytesIO(as_("mark").get("/register.xlsx").data))
    sheet = {row[0]: row for row in book["Register"].iter_rows(min_row=4, values_only=True)}
    assert sheet["Common thing"][7] == 6 and sheet["Rare thing"][7] == "not shown"
    assert "Secret" not in as_("mark").get("/register").text


def test_publishing_shows_first_what_all_will_read_and_takes_a_tick(world, as_, db_session, now):
    cases = people(db_session, world, 12)
    one = entry_of(world, behind(db_session, world, cases[:6]), "Taken in")
    entry_of(world, behind(db_session, world, cases[6:]), "Left out")
    sinead = as_("sinead")
    page = sinead.get("/register/publish")
    assert "Taken in" in page.text and "Left out" in page.text and "Liffey North 6" in page.text
    form = fields_of(page.text)
    send = {name: form[name] for name in ("csrf_token", "once", "seen")} | {"entries": [str(one)]}
    unread = sinead.post("/register/publish", data=send)
    assert unread.status_code == 422 and "Read every line first" in unread.text
    send["once"] = fields_of(unread.text)["once"]
    assert sinead.post("/register/publish", data=send | {"sure": "y"}).status_code == 303
    page = as_("orla").get("/register").text
    assert "Taken in" in page and "Left out" not in page
    assert as_("orla").get("/register/publish").status_code == 403


def test_what_changed_while_it_was_read_is_not_published_unread(world, db_session, now):
    cases = people(db_session, world, 12)
    entry = entry_of(world, behind(db_session, world, cases[:6]))
    seen = register_published.mark(register_published.next_entries(5))
    register.join(behind(db_session, world, cases[6:]), actor=world.sinead, at=day(18), entry_id=entry)
    with pytest.raises(RuleBroken, match="changed in the register"):
        register.publish([entry], actor=world.sinead, at=day(19), seen=seen)


def test_what_is_joined_on_the_ladder_counts_with_its_lead_and_what_was_withdrawn_does_not(
    world, db_session, now
):
    gaps = behind(db_session, world, people(db_session, world, 3))
    entry = entry_of(world, gaps[:1])
    db_session.execute(
        update(Escalation)
        .where(Escalation.id == gaps[1])
        .values(joined_to_id=gaps[0], holder_id=None, due_on=None)
    )
    db_session.commit()
    assert query.entry(entry, viewer=world.gearoid).figures.raised == 2
    register.take_out(entry, gaps[0], actor=world.sinead, at=now)
    assert query.entry(entry, viewer=world.gearoid).figures.raised == 0


def test_an_entry_is_edited_by_one_at_a_time_and_an_answer_needs_words(world, as_, db_session, now):
    entry = entry_of(world, behind(db_session, world, people(db_session, world, 1)))
    url = f"/register/keeping/{ids.written(entry)}"
    sinead, gearoid = as_("sinead"), as_("gearoid")
    form = fields_of(sinead.get(url).text)
    send = {name: form[name] for name in ("csrf_token", "once", "version")}
    send |= {"title": TITLE, "kind": "block", "state": "resolved", "asked": "Letters", "answered": ""}
    bad = sinead.post(url, data=send)
    assert bad.status_code == 422 and "Say what was answered, and by whom" in bad.text
    send["once"] = fields_of(bad.text)["once"]
    theirs = fields_of(gearoid.get(url).text)
    assert sinead.post(url, data=send | {"answered": "The council takes letters"}).status_code == 303
    stale = gearoid.post(
        url,
        data=send
        | {name: theirs[name] for name in ("csrf_token", "once", "version")}
        | {"state": "open", "answered": "Mine"},
    )
    assert stale.status_code == 409
    assert "The council takes letters" in stale.text and "Mine" in stale.text
    db_session.expire_all()
    assert db_session.get(RegisterEntry, entry).answered == "The council takes letters"
    assert "Saved by Sinéad" in stale.text and "Yours, not saved yet" in stale.text
    again = fields_of(stale.text)
    assert again["title"] == TITLE and again["answered"].strip() == "Mine"
    sent = {name: again[name] for name in ("csrf_token", "once", "version", "title", "asked", "answered")}
    assert gearoid.post(url, data=send | sent | {"state": "open"}).status_code == 303
    db_session.expire_all()
    assert db_session.get(RegisterEntry, entry).answered == "Mine"
    with pytest.raises(Stale):
        register.edit(
            entry,
            actor=world.gearoid,
            at=now,
            version=1,
            title="x",
            kind=EscalationKind.GAP,
            theme_id=None,
            scope=None,
            asked="",
            answered="",
            state=EscalationState.OPEN,
        )


def test_the_list_of_the_register_is_filtered_sorted_and_says_when_nothing_matches(
    world, as_, db_session, now
):
    cases = people(db_session, world, 13)
    few = entry_of(world, behind(db_session, world, cases[:6]), "Fewer people")
    more = entry_of(world, behind(db_session, world, cases[6:]), "More people")
    publish(world, few, more)
    orla = as_("orla")
    page = orla.get("/register").text
    assert page.index("More people") < page.index("Fewer people")
    page = orla.get("/register?sort=title").text
    assert page.index("Fewer people") < page.index("More people")
    assert "No entry matches." in orla.get("/register?words=zebra").text
    kept = as_("sinead").get("/register/keeping?words=fewer").text
    assert "Fewer people" in kept and ">More people<" not in kept
    assert re.search(r"numbers under 5 are not shown", kept)
    assert db_session.scalar(select(Escalation.level).limit(1)) is Rung.COORDINATOR
