"""A person asks for what is kept about them: answered in one month, everything of theirs and nothing of anybody else's
(X-5, GDPR art. 12, 15)."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from caseapp import clock, ids
from caseapp.documents import subject_pack
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.models import (
    AuditEntry,
    Case,
    CaseNote,
    Disclosure,
    Notification,
    PersonRelative,
    SubjectItem,
    SubjectPack,
    SubjectRequest,
    SubjectStep,
)
from caseapp.policy import rights
from caseapp.protocols import add_months
from caseapp.queries import everything_held, gathered_items
from caseapp.queries import rights as reads
from caseapp.services import reminders, subject_items, subject_packs, subject_requests
from caseapp.vocabulary import (
    AccessStage,
    AskedHow,
    AuditAct,
    ItemDecision,
    NoteKind,
    RelativeRole,
    WithholdGround,
)
from tests import canaries
from tests.world import LONG_AGO


def asked(world, who="orla", **more):
    viewer = world.viewers[who]
    made = subject_requests.receive(
        world.case_for(viewer),
        actor=viewer,
        at=clock.now(),
        **{"received_on": clock.today(), "how": AskedHow.SPOKEN, "words": "Everything, please"} | more,
    )
    db.session.commit()
    return made


def seen(viewer, request_id):
    return rights.find_subject_request(viewer, request_id)


def by(viewer):
    return {"actor": viewer, "at": clock.now()}


def gathered(world, who="declan", **more):
    """A request whose pack could be made but for what waits."""
    known = {"identity_how": "Known to Orla for a year", "identity_on": clock.today()}
    request_id = asked(world, **known | more)
    me = world.viewers[who]
    subject_items.gather(seen(me, request_id), **by(me))
    return request_id


def add_note(world):
    db.session.add(
        CaseNote(
            case_id=world.case_id,
            kind=NoteKind.CONTACT,
            happened_at=LONG_AGO,
            text="His neighbour rang",
            author_id=world.orla.user_id,
            agency_id=world.agencies["canal"],
            written_at=LONG_AGO,
        )
    )
    db.session.commit()


def waiting(request_id):
    return db.session.scalars(
        select(SubjectItem)
        .where(SubjectItem.request_id == request_id, SubjectItem.decision == ItemDecision.WAITING)
        .order_by(SubjectItem.id)
    ).all()


def give_all(world, request_id, who="declan", but=()):
    me = world.viewers[who]
    for item in waiting(request_id):
        if item.id in but:
            continue
        apart = item.look_why == everything_held.APART
        subject_items.decide_item(
            rights.find_subject_item(me, item.id),
            **by(me),
            decision=ItemDecision.WITHHELD if apart else ItemDecision.GIVEN,
            ground=WithholdGround.CHILD_PROTECTION if apart else None,
            why="From social work" if apart else "",
        )


def packed(app, world, request_id, who="declan"):
    me = world.viewers[who]
    with app.test_request_context():
        subject_packs.make_pack(seen(me, request_id), **by(me), write=subject_pack.archive)
    return db.session.scalar(select(SubjectPack).where(SubjectPack.request_id == request_id))


def opened(pack) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(pack.content)) as book:
        return {name: book.read(name).decode("utf-8-sig") for name in book.namelist()}


# --- asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day, months, end",
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 22), 1, date(2026, 12, 22)),
        (date(2026, 12, 31), 3, date(2027, 3, 31)),
    ],
)
def test_the_answer_is_due_on_the_same_day_of_the_next_month_or_its_last_day(day, months, end):
    assert add_months(day, months) == end


def test_whoever_sees_the_person_writes_it_down_and_those_who_answer_are_told(world, db_session):
    request_id = asked(world, "tomasz")
    row = db_session.get(SubjectRequest, request_id)
    assert (row.agency_id, row.recorded_agency_id) == (world.agencies["canal"], world.agencies["harbour"])
    assert row.due_on == add_months(clock.today(), 1)
    told = db_session.scalars(
        select(Notification.user_id).where(Notification.kind == "subject_request")
    ).all()
    assert set(told) == {world.declan.user_id, world.femi.user_id}
    tomasz, declan, femi = (seen(world.viewers[who], request_id) for who in ("tomasz", "declan", "femi"))
    assert not tomasz.answers and declan.answers and femi.answers
    for other in ("amina", "shauna", "leah", "mark", "nora", "sinead", "root", "ciara"):
        assert seen(world.viewers[other], request_id) is None, other


def test_whoever_wrote_it_down_never_reads_what_was_gathered(world, db_session):
    add_note(world)
    request_id = gathered(world)
    orla = seen(world.orla, request_id)
    assert reads.request(orla, viewer=world.orla).sections == ()
    assert gathered_items.items(orla, viewer=world.orla, which="all") == ([], 0)
    item = waiting(request_id)[0]
    assert rights.find_subject_item(world.orla, item.id) is None
    with pytest.raises(NotAllowed):
        subject_items.gather(orla, **by(world.orla))


def test_a_partner_whose_consent_ended_no_longer_knows_of_the_request(world, db_session):
    request_id = asked(world, "tomasz")
    db_session.execute(
        text("UPDATE consent_grant SET status = 'withdrawn', withdrawn_at = recorded_at WHERE id = :g"),
        {"g": world.grants["harbour"]},
    )
    assert seen(world.tomasz, request_id) is None


def test_more_time_is_taken_once_for_two_months_and_the_person_is_told_within_the_first(world, db_session):
    today = clock.today()
    request_id = asked(world, received_on=today - timedelta(days=3))
    me = world.declan
    first = add_months(today - timedelta(days=3), 1)
    given = {"reason": "Nine years of paper", "told_on": today}
    for until in (first, add_months(today, 4)):
        with pytest.raises(RuleBroken, match="not after"):
            subject_requests.extend(seen(me, request_id), **by(me), until=until, **given)
    with pytest.raises(RuleBroken, match="was told"):
        subject_requests.extend(
            seen(me, request_id), **by(me), until=add_months(today, 2), reason="Much", told_on=None
        )
    subject_requests.extend(seen(me, request_id), **by(me), until=add_months(today, 2), **given)
    with pytest.raises(RuleBroken, match="already"):
        subject_requests.extend(seen(me, request_id), **by(me), until=add_months(today, 2), **given)
    assert reads.request(seen(me, request_id), viewer=me).last_day == add_months(today, 2)


def test_what_has_ended_is_neither_answered_nor_ended_a_second_time(app, world, db_session):
    """One answer, one end: what the person was told stands, and nothing is gathered or given afterwards."""
    me, request_id = world.declan, gathered(world)
    give_all(world, request_id)
    packed(app, world, request_id)
    given = {"on": clock.today(), "how": "Into his hand"}
    again = seen(me, request_id)  # as a colleague knows it who looked a moment before
    subject_requests.answer(seen(me, request_id), **by(me), **given)
    with pytest.raises(NotAllowed):
        subject_requests.answer(seen(me, request_id), **by(me), **given)
    db_session.rollback()
    steps = len(db_session.scalars(select(SubjectStep.id).where(SubjectStep.request_id == request_id)).all())
    for act in (
        lambda: subject_requests.answer(again, **by(me), **given),
        lambda: subject_requests.refuse(again, **by(me), reason="Too much", told_on=clock.today()),
        lambda: subject_requests.withdraw(again, **by(me), words="Not now"),
        lambda: subject_items.gather(again, **by(me)),
        lambda: subject_requests.note(again, **by(me), text="And another thing"),
    ):
        with pytest.raises(RuleBroken, match="ended already"):
            act()
        db_session.rollback()
    row = db_session.get(SubjectRequest, request_id, populate_existing=True)
    assert (row.stage, row.answered_on) == (AccessStage.ANSWERED, clock.today())
    assert (
        len(db_session.scalars(select(SubjectStep.id).where(SubjectStep.request_id == request_id)).all())
        == steps
    )


def test_those_who_answer_are_reminded_a_week_before_and_each_week_after(world, db_session):
    request_id = asked(world)
    row = db_session.get(SubjectRequest, request_id)

    def told(day):
        at = clock.at_local(day, LONG_AGO.time())
        return sorted(one["kind"] for one in subject_requests.due(at=at))

    assert told(row.due_on - timedelta(days=8)) == []
    assert told(row.due_on - timedelta(days=7)) == ["subject_request_due"] * 2
    late = list(subject_requests.due(at=clock.at_local(row.due_on + timedelta(days=1), LONG_AGO.time())))
    again = list(subject_requests.due(at=clock.at_local(row.due_on + timedelta(days=8), LONG_AGO.time())))
    assert {one["dedupe"] for one in late} & {one["dedupe"] for one in again} == set()
    assert all("Niall" not in one["plain"] for one in late)
    assert reminders._told(iter(late)) == "2 told"
    assert reminders._told(iter(late)) == "0 told", "reminding twice leaves one"


# --- everything, and nothing of anybody else ------------------------------------------------------------------------


def test_every_table_that_leads_to_a_person_is_in_the_pack_or_in_the_list_of_reasons():
    known = everything_held.belonging()
    spoken_for = everything_held.SECTIONS.keys() | everything_held.NOT_IN_PACK.keys()
    assert not set(known) - spoken_for, (
        "a table that belongs to a person is in neither SECTIONS nor NOT_IN_PACK of queries/everything_held.py"
    )
    assert not spoken_for - set(known), "these lead to no person (any more)"
    assert not everything_held.SECTIONS.keys() & everything_held.NOT_IN_PACK.keys()
    assert everything_held.named_like_it() == everything_held.BY_NAME.keys()
    assert all(reason for reason in everything_held.NOT_IN_PACK.values())


def test_what_a_section_names_are_columns_of_its_table():
    from caseapp.models import Base

    for name, section in everything_held.SECTIONS.items():
        columns = Base.metadata.tables[name].columns
        assert not section.when or section.when in columns, name
        assert not section.said or section.said in columns, name


@pytest.fixture
def full(app, database, db_session):
    """The canary world: every text of every row says whose it is."""
    return database.kept("canaries", canaries.build)


def test_the_pack_holds_every_row_of_the_person_and_no_word_of_anybody_else(app, full):
    """X-5. Canaries stand in every text of every row; the pack of Niall holds his and none of Marta's."""
    world = full
    request_id = gathered(world)
    give_all(world, request_id)
    files = opened(packed(app, world, request_id))
    whole = "".join(files.values())
    assert "CANARY-FOREIGN" not in whole and "Marta" not in whole
    rows = {
        (name, ".".join(str(row[key.name]) for key in _keys(name)))
        for name, found in everything_held.walk(
            world.person_id, [world.case_id], agency_id=world.agencies["canal"]
        )
        if name in everything_held.SECTIONS
        for row in found
    }
    items = {
        (item.held_in, item.held_key)
        for item in db.session.scalars(select(SubjectItem).where(SubjectItem.request_id == request_id))
    }
    apart = {(n, k) for n, k in rows if n == "disclosure_step"} - items
    others = select(Disclosure.id).where(Disclosure.agency_id != world.agencies["canal"])
    apart |= {("disclosure", str(key)) for key in db.session.scalars(others)} - items  # theirs to answer for
    assert rows - items - apart == {("subject_request", str(request_id))} | {
        (n, k) for n, k in rows if n == "subject_step" and (n, k) not in items
    }
    words = set(re.findall(r"CANARY-[A-Z]+-case_note-text", whole))
    assert words == {"CANARY-LEAD-case_note-text", "CANARY-SHARED-case_note-text"}
    assert "CANARY-RESTRICTED" not in whole, "what is kept apart is never in a pack (X-6)"


def _keys(name):
    from caseapp.models import Base

    return Base.metadata.tables[name].primary_key.columns


def test_who_looked_is_in_the_pack_by_name(app, as_, world):
    as_("tomasz").get(f"/cases/{world.reference}/plan")
    request_id = gathered(world)
    give_all(world, request_id)
    files = opened(packed(app, world, request_id))
    looked = list(csv.reader(io.StringIO(files["who-looked.csv"])))
    assert any(row[1:3] == ["Harbour Hostel", "Tomasz Wilk"] for row in looked)
    assert "Harbour Hostel: Tomasz Wilk" in files["read-me-first.html"]
    data = json.loads(files["everything.json"])
    assert any(
        one["who"] == "Tomasz Wilk" and one["agency"] == "Harbour Hostel" for one in data["who_looked"]
    )


def test_what_is_withheld_is_counted_with_its_ground_and_not_shown(app, world, db_session):
    db_session.add(
        PersonRelative(person_id=world.person_id, name="Sister Sample", role=RelativeRole.SIBLING, phone="1")
    )
    db_session.commit()
    request_id = gathered(world)
    me = world.declan
    (relative,) = [one for one in waiting(request_id) if one.held_in == "person_relative"]
    item = rights.find_subject_item(me, relative.id)
    with pytest.raises(RuleBroken, match="ground in law"):
        subject_items.decide_item(item, **by(me), decision=ItemDecision.WITHHELD)
    with pytest.raises(RuleBroken, match="holds here"):
        subject_items.decide_item(
            item, **by(me), decision=ItemDecision.WITHHELD, ground=WithholdGround.THIRD_PARTY
        )
    subject_items.decide_item(
        item,
        **by(me),
        decision=ItemDecision.WITHHELD,
        ground=WithholdGround.THIRD_PARTY,
        why="She asked that he should not know her number",
    )
    give_all(world, request_id)
    pack = packed(app, world, request_id)
    whole = "".join(opened(pack).values())
    assert "Sister Sample" not in whole and "should not know" not in whole
    assert "1: It would do harm to the rights of somebody else" in whole
    assert pack.withheld == 1


def test_the_pack_is_not_made_before_all_is_looked_at_and_it_is_known_who_asks(app, world, db_session):
    request_id = asked(world)
    me = world.declan
    make = {"write": subject_pack.archive}
    with pytest.raises(RuleBroken, match="Gather"):
        subject_packs.make_pack(seen(me, request_id), **by(me), **make)
    subject_items.gather(seen(me, request_id), **by(me))
    with pytest.raises(RuleBroken, match="make sure"):
        subject_packs.make_pack(seen(me, request_id), **by(me), **make)
    subject_requests.check_identity(seen(me, request_id), **by(me), how="Passport seen", on=clock.today())
    add_note(world)
    subject_items.gather(seen(me, request_id), **by(me))
    assert [one.held_in for one in waiting(request_id)] == ["case_note"]
    with pytest.raises(RuleBroken, match="1 thing still waits"):
        subject_packs.make_pack(seen(me, request_id), **by(me), **make)


def test_a_pack_is_made_once_and_the_database_keeps_it_as_it_is(app, world, db_session):
    request_id = gathered(world)
    give_all(world, request_id)
    pack = packed(app, world, request_id)
    db_session.commit()
    assert hashlib.sha256(pack.content).hexdigest() == pack.digest
    files = opened(pack)
    for line in files["checksums.txt"].splitlines():
        digest, name = line.split("  ")
        with zipfile.ZipFile(io.BytesIO(pack.content)) as book:
            assert hashlib.sha256(book.read(name)).hexdigest() == digest
    with pytest.raises(RuleBroken, match="has been made"):
        packed(app, world, request_id)
    for statement in (
        "UPDATE subject_pack SET withheld = 0",
        "DELETE FROM subject_pack",
        "UPDATE subject_step SET text = 'x'",
        "DELETE FROM subject_step",
        "UPDATE subject_item SET title = 'x'",
        "DELETE FROM subject_item",
    ):
        db_session.rollback()
        with pytest.raises(DBAPIError):
            db_session.execute(text(statement))
        db_session.rollback()


def test_what_is_about_the_reviewer_is_decided_by_somebody_else(world, db_session):
    from caseapp.services import person_grievances

    person_grievances.receive(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        agency_id=world.agencies["canal"],
        words="Declan does not listen",
        received_on=clock.today(),
        about_user_id=world.orla.user_id,
    )
    db_session.execute(text("UPDATE person_grievance SET about_user_id = :u"), {"u": world.declan.user_id})
    request_id = gathered(world, "femi")
    (item,) = [one for one in waiting(request_id) if one.held_in == "person_grievance"]
    assert rights.find_subject_item(world.declan, item.id) is None
    assert rights.find_subject_item(world.femi, item.id) is not None
    found = reads.request(seen(world.declan, request_id), viewer=world.declan)
    assert found.not_for_you == 1
    assert "Grievances" not in {
        s.title
        for s in found.sections
        if s.waiting == len([i for i in waiting(request_id) if i.section == s.title]) + 1
    }


def test_an_earlier_lead_agency_answers_for_its_own_episode_only(world, db_session):
    case = db_session.get(Case, world.case_id)
    assert everything_held.kept_by(world.agencies["canal"], world.person_id).person_too
    later = Case(
        reference="52830663",
        person_id=world.person_id,
        episode=2,
        lead_agency_id=world.agencies["northgate"],
        line_manager_id=world.nora.user_id,
        protocol_key=case.protocol_key,
        status=case.status,
        opened_at=clock.now(),
        opened_by_id=world.mark.user_id,
        last_activity_at=clock.now(),
    )
    db_session.execute(
        text("UPDATE \"case\" SET status = 'closed_transferred', closed_at = opened_at, close_reason = 'x'")
    )
    db_session.add(later)
    db_session.flush()
    kept = everything_held.kept_by(world.agencies["canal"], world.person_id)
    assert kept == everything_held.Keeps((world.case_id,), False)
    held = everything_held.held(
        world.person_id, kept.cases, person_too=kept.person_too, agency_id=world.agencies["canal"]
    )
    assert "person" not in {one.table for one in held}


# --- the pages ------------------------------------------------------------------------------------------------------


def test_a_request_goes_from_asking_to_answered_on_its_pages(app, as_, world, db_session):
    orla, declan = as_("orla"), as_("declan")
    page = f"/cases/{world.reference}/requests/new"
    answer = orla.submit(page, page, how="spoken", words="All of it, on paper")
    assert answer.status_code == 303
    here = answer.location
    assert "Niall Rafter asks for what is kept" in orla.get(here).text
    request_id = db_session.scalar(select(SubjectRequest.id))
    assert declan.get("/requests").text.count("Niall Rafter") >= 1
    declan.submit(
        here,
        f"{here}/identity",
        **{
            "identity-how": "Known in person",
            **{f"identity-on-{part}": str(value) for part, value in _parts(clock.today())},
        },
    )
    assert declan.submit(here, f"{here}/gather").status_code == 303
    db_session.expire_all()
    for item in waiting(request_id):
        url = f"/requests/items/{ids.written(item.id)}"
        assert declan.submit(url, url, decision="given").status_code == 303
    assert declan.submit(here, f"{here}/pack").status_code == 303
    taken = declan.post(f"{here}/pack/take", data={"csrf_token": _token(declan, here)})
    assert taken.status_code == 200 and taken.headers["Content-Type"] == "application/zip"
    assert taken.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "Niall" not in taken.headers["Content-Disposition"]
    pack = db_session.scalar(select(SubjectPack).where(SubjectPack.request_id == request_id))
    assert hashlib.sha256(taken.get_data()).hexdigest() == pack.digest
    done = declan.submit(
        here,
        f"{here}/answer",
        **{
            "answer-how": "Given in the hand",
            **{f"answer-on-{part}": str(value) for part, value in _parts(clock.today())},
        },
    )
    assert done.status_code == 303
    db_session.expire_all()
    assert db_session.get(SubjectRequest, request_id).stage is AccessStage.ANSWERED
    acts = set(
        db_session.scalars(select(AuditEntry.act).where(AuditEntry.person_id == world.person_id)).all()
    )
    assert {AuditAct.EXPORTED, AuditAct.DISCLOSED} <= acts


def _parts(day):
    return (("day", day.day), ("month", day.month), ("year", day.year))


def _token(browser, page):
    from tests.browser import fields_of

    return fields_of(browser.get(page).text)["csrf_token"]


def test_a_partner_never_reaches_what_was_gathered(as_, world, db_session):
    request_id = gathered(world)
    here = f"/requests/{ids.written(request_id)}"
    for who in ("tomasz", "mark", "shauna"):
        assert as_(who).get(here).status_code == 404
        assert as_(who).get(f"{here}/items").status_code == 404
    orla = as_("orla")
    assert orla.get(here).status_code == 200
    assert orla.get(f"{here}/items").status_code == 403


def test_a_long_list_of_what_was_gathered_has_pages(as_, world, db_session):
    for _ in range(30):
        add_note(world)
    request_id = gathered(world)
    page = as_("declan").get(f"/requests/{ids.written(request_id)}/items")
    assert page.status_code == 200 and "page=2" in page.text
    assert (
        as_("declan").get(f"/requests/{ids.written(request_id)}/items?page=2&section=Notes").status_code
        == 200
    )
