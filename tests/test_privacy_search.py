"""The privacy officer reads the record of who looked, and never the record of care (X-5, X-7, X-13; 0019)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import AccessDenial, AuditEntry
from caseapp.policy import privacy
from caseapp.queries import audit_search, audit_words
from caseapp.queries.audit_search import OTHERS, Wanted
from caseapp.vocabulary import AuditAct, DenialGround
from tests.privacy import THURSDAY, each, looked, officer, people
from tests.test_lists import cells


@pytest.fixture
def niall(world):
    return world.case_id, world.person_id


def whos(found):
    return [one.who for one in found.entries]


def test_an_officer_sees_what_the_own_staff_did_and_what_anybody_did_on_cases_the_agency_leads(world, niall):
    foreign = people(world, 1, lead="northgate")[0]
    looked(world.orla, THURSDAY, niall)
    looked(world.tomasz, THURSDAY + timedelta(minutes=1), niall, ground="consent")
    looked(world.mark, THURSDAY + timedelta(minutes=2), foreign[:2])
    looked(world.orla, THURSDAY + timedelta(minutes=3), foreign[:2], ground="consent")
    femi = world.femi
    assert whos(audit_search.search(Wanted(), viewer=femi)) == ["Orla Keaveney", "Orla Keaveney"]
    assert whos(audit_search.search(Wanted(agency=OTHERS), viewer=femi)) == ["Tomasz Wilk"]
    record = privacy.find_record(femi, world.reference)
    assert whos(audit_search.search(Wanted(record), viewer=femi)) == ["Tomasz Wilk", "Orla Keaveney"]
    # of the foreign case only what the own staff did
    assert whos(audit_search.search(Wanted(privacy.find_record(femi, foreign[2])), viewer=femi)) == [
        "Orla Keaveney"
    ]


def test_an_officer_of_another_agency_learns_nothing_of_a_case_its_staff_never_opened(world, niall):
    other = officer(world, "northgate")
    looked(world.orla, THURSDAY, niall)
    assert privacy.find_record(other, world.reference) is None
    assert not audit_search.search(Wanted(agency=OTHERS), viewer=other).entries
    assert not audit_search.search(Wanted(user_id=world.orla.user_id), viewer=other).entries
    assert not audit_search.search(Wanted(agency=world.agencies["canal"]), viewer=other).entries


def test_asking_in_vain_opens_nothing_and_does_not_say_that_the_case_is_there(as_, world):
    foreign = people(world, 1, lead="northgate")[0]
    femi = as_("femi")
    for reference in (foreign[2], "10000022"):
        assert femi.get(f"/privacy/cases/{reference}/name").status_code == 404
        assert femi.get(f"/privacy/cases/{reference}/name").status_code == 404
    looked(world.orla, THURSDAY, foreign[:2], act=AuditAct.REFUSED)
    assert privacy.find_record(world.femi, foreign[2]) is None
    found = audit_search.search(Wanted(act=AuditAct.REFUSED), viewer=world.femi).entries
    assert len(found) == 5
    assert {(one.reference, one.case_id, one.about_person) for one in found} == {(None, None, False)}


def test_an_officer_who_is_kept_from_a_person_reads_nothing_about_them_here_either(world, niall):
    looked(world.orla, THURSDAY, niall)
    ground, *_ = DenialGround
    db.session.add(
        AccessDenial(
            user_id=world.femi.user_id,
            agency_id=world.femi.agency_id,
            person_id=world.person_id,
            ground=ground,
            set_at=THURSDAY,
            set_by_id=world.declan.user_id,
            set_by_agency_id=world.declan.agency_id,
            looked_at=THURSDAY,
        )
    )
    db.session.commit()
    femi = replace(world.femi, denied=True)
    assert not audit_search.search(Wanted(), viewer=femi).entries
    assert privacy.find_record(femi, world.reference) is None
    assert audit_search.search(Wanted(), viewer=officer(world, "area")).entries


def test_an_officer_of_the_coordination_body_serves_the_agencies_of_its_area(world, niall):
    area = officer(world, "area")
    looked(world.orla, THURSDAY, niall)
    looked(world.tomasz, THURSDAY + timedelta(minutes=1), niall)
    assert whos(audit_search.search(Wanted(), viewer=area)) == ["Tomasz Wilk", "Orla Keaveney"]
    assert whos(audit_search.search(Wanted(agency=world.agencies["harbour"]), viewer=area)) == ["Tomasz Wilk"]


def test_nobody_but_an_officer_sees_anything_by_these_predicates(world, niall):
    looked(world.orla, THURSDAY, niall)
    for who in (world.orla, world.declan, world.ciara, world.root, world.sinead):
        assert not audit_search.search(Wanted(), viewer=who).entries
        assert privacy.find_record(who, world.reference) is None


def test_pages_follow_each_other_without_a_gap_and_without_a_double_also_within_one_moment(world, niall):
    for number in range(7):
        looked(world.orla, THURSDAY + timedelta(minutes=number // 3), niall, what=f"chapter {number}")
    seen, before, pages = [], None, 0
    while True:
        found = audit_search.search(Wanted(), viewer=world.femi, before=before, limit=2)
        seen += [one.what for one in found.entries]
        pages += 1
        if (before := found.older) is None:
            break
    assert sorted(seen) == [f"chapter {n}" for n in range(7)]
    assert pages == 4


def test_a_search_that_finds_little_stops_after_a_stretch_and_goes_on_from_there(world, niall, monkeypatch):
    monkeypatch.setattr(audit_search, "LOOKED_AT", 4)
    looked(world.orla, THURSDAY, niall, what="the needle")
    for number in range(1, 9):
        looked(world.orla, THURSDAY + timedelta(minutes=number), niall)
    wanted = Wanted(words="needle")
    found = audit_search.search(wanted, viewer=world.femi, limit=2)
    assert not found.entries
    assert found.reached == THURSDAY + timedelta(minutes=5)
    found = audit_search.search(wanted, viewer=world.femi, before=found.older, limit=2)
    found = audit_search.search(wanted, viewer=world.femi, before=found.older, limit=2)
    assert [one.what for one in found.entries] == ["the needle"]
    assert found.older is None


def test_what_is_asked_for_narrows(world, niall):
    looked(world.orla, THURSDAY, niall)
    looked(world.orla, THURSDAY + timedelta(days=1), niall, act=AuditAct.PRINTED, what="the whole plan")
    looked(world.declan, THURSDAY + timedelta(days=2), niall, act=AuditAct.REFUSED, ground="")
    day = THURSDAY.date()

    def found(**wanted):
        return len(audit_search.search(Wanted(**wanted), viewer=world.femi).entries)

    assert found() == 3
    assert found(user_id=world.orla.user_id) == 2
    assert found(act=AuditAct.PRINTED) == 1
    assert found(act=AuditAct.READ) == 1
    assert found(ground="lead agency") == 2
    assert found(since=day + timedelta(days=1)) == 2
    assert found(until=day) == 1
    assert found(since=day + timedelta(days=1), until=day + timedelta(days=1)) == 1
    assert found(words="WHOLE plan") == 1
    assert found(words="the plan") == 3  # "plan:view" is shown, and so found, as "the plan"


def test_what_the_record_of_care_says_is_cut_and_nothing_is_found_by_it(world, niall):
    looked(world.orla, THURSDAY, niall, act=AuditAct.CHANGED, what="need written: Drug use")
    looked(
        world.orla,
        THURSDAY,
        niall,
        act=AuditAct.CHANGED,
        what="case closed: goals reached (Niall’s plan ended)",
    )
    looked(world.orla, THURSDAY, niall, act=AuditAct.CHANGED, what="case manager: Shauna Begley")
    shown = {one.what for one in audit_search.search(Wanted(), viewer=world.femi).entries}
    assert shown == {"need written", "case closed", "case manager: Shauna Begley"}
    for hidden in ("drug use", "niall"):
        assert not audit_search.search(Wanted(words=hidden), viewer=world.femi).entries
    assert audit_search.search(Wanted(words="need written"), viewer=world.femi).entries
    assert audit_words.said("something new: of tomorrow") == "something new"


# --- the pages -----------------------------------------------------------------------------------------------------


def test_the_officer_lands_on_a_page_of_their_own(as_):
    femi = as_("femi")
    assert femi.get("/").location.endswith("/privacy")
    text = femi.get("/privacy").text
    assert "<h1>Privacy</h1>" in text
    assert "Nothing to look into." in text
    for place in ("/privacy/record", "/privacy/findings"):
        assert f'href="{place}"' in text


@pytest.mark.parametrize("name", ["orla", "declan", "ciara", "root", "sinead", "gearoid"])
def test_nobody_else_opens_the_officers_pages(as_, world, name):
    browser = as_(name)
    for path in ("", "/record", "/findings", "/findings.csv", "/rules", "/year", "/year.csv", "/record.csv"):
        assert browser.get(f"/privacy{path}").status_code == 403, path
    assert browser.get(f"/privacy/cases/{world.reference}/name").status_code in (403, 404)


def test_reading_the_access_record_is_written_down_and_warns_nobody(as_, world, niall, db_session):
    looked(world.orla, THURSDAY, niall)
    as_("femi").get(f"/privacy/record?reference={world.reference}")
    entry = db_session.scalars(select(AuditEntry).where(AuditEntry.what == "the access record")).one()
    assert (entry.act, entry.user_id) == (AuditAct.SEARCHED, world.femi.user_id)
    assert entry.detail == {"named": [world.case_id], "entries": 1}
    assert entry.person_id is None  # who has looked at Niall's record does not tell Orla that somebody asks


def test_no_name_and_no_word_of_care_stands_on_the_officers_pages(as_, world, niall):
    looked(world.orla, THURSDAY, niall)
    femi = as_("femi")
    for path in (
        "/privacy",
        "/privacy/record",
        f"/privacy/record?reference={world.reference}",
        "/privacy/findings",
    ):
        text = femi.get(path).text
        assert "Rafter" not in text and "CANARY" not in text, path
    assert "41 72 93 04" in femi.get("/privacy/record").text


def test_a_reference_that_is_none_of_theirs_reads_as_one_that_nobody_has(as_, world):
    foreign = people(world, 1, lead="northgate")[0][2]
    femi = as_("femi")
    seen, unknown = (femi.get(f"/privacy/record?reference={one}").text for one in (foreign, "10000022"))
    assert f"no case with the reference {foreign} that you look after" in seen
    assert "no case with the reference 10000022 that you look after" in unknown
    assert femi.get(f"/privacy/cases/{foreign}/name").status_code == 404
    assert femi.get("/privacy/cases/10000022/name").status_code == 404


def test_the_name_is_shown_once_for_a_reason_that_stands_in_the_persons_record(as_, world, db_session):
    femi = as_("femi")
    path = f"/privacy/cases/{world.reference}/name"
    assert "Rafter" not in femi.get(path).text
    refused = femi.submit(path, path)
    assert refused.status_code == 422 and "Choose why you need the name" in refused.text
    assert "Rafter" not in refused.text
    shown = femi.submit(path, path, reason="complaint")
    assert shown.status_code == 200 and "Niall Rafter" in shown.text
    assert "Rafter" not in shown.headers.get("Location", "") + shown.request.path
    entry = db_session.scalars(select(AuditEntry).where(AuditEntry.what == "privacy:name")).one()
    assert (entry.person_id, entry.case_id, entry.ground) == (
        world.person_id,
        world.case_id,
        "privacy officer",
    )
    assert entry.detail == {"reason": "The person complained"}


def test_the_file_is_exactly_what_is_shown_safe_and_written_down(as_, world, niall, db_session):
    looked(world.orla, THURSDAY, niall)
    looked(world.orla, THURSDAY, niall, act=AuditAct.CHANGED, what="agency: =HYPERLINK(1)")
    looked(world.declan, THURSDAY, niall, act=AuditAct.PRINTED, what="=1+1")
    response = as_("femi").get(f"/privacy/record.csv?staff={written(world.declan.user_id)}")
    rows = cells(response)
    assert rows[0][:4] == ["When", "Who", "Agency", "What was done"]
    assert [row[1:5] for row in rows[1:]] == [
        ["Declan Moyne", "Canal Street Drug Service", "Printed", "'=1+1"]
    ]
    entry = db_session.scalars(select(AuditEntry).where(AuditEntry.act == AuditAct.EXPORTED)).one()
    assert (entry.what, entry.detail) == ("the access record", {"named": [world.case_id], "entries": 1})


def test_a_file_and_a_print_ask_for_the_password_again_after_ten_minutes(as_, world, app, db_session):
    from caseapp.models import UserSession

    femi = as_("femi")
    session = db_session.scalars(select(UserSession).where(UserSession.user_id == world.femi.user_id)).one()
    session.proved_at -= timedelta(minutes=11)
    for path in ("/privacy/record.csv", "/privacy/record/print"):
        answer = femi.get(path)
        assert answer.status_code == 303 and "/prove" in answer.location


def test_the_filter_stands_in_the_address_and_pages_keep_it(as_, world, niall, monkeypatch):
    monkeypatch.setattr(audit_search, "PER_PAGE", 2)
    monkeypatch.setitem(audit_search.search.__kwdefaults__, "limit", 2)
    for number in range(5):
        looked(world.orla, THURSDAY + timedelta(minutes=number), niall)
    femi = as_("femi")
    url, seen = f"/privacy/record?staff={written(world.orla.user_id)}", 0
    for _ in range(3):
        text = femi.get(url).text
        seen += text.count("<tr><td")
        older = [part.split('"')[0] for part in text.split('href="')[1:] if "before=" in part.split('"')[0]]
        if not older:
            break
        url = older[0].replace("&amp;", "&")
        assert "staff=" in url
    assert seen == 5


def test_junk_in_the_address_is_left_out(as_):
    femi = as_("femi")
    for query in (
        "before=junk", "before=99999999999999999-abc", "before=-", "staff=zz!!", "agency=1", "since=2026-13-45",
        "until=9999-99-99", "act=nothing", "reference=%20", "words=%27%3B--", "before=9999999999999999-7zzzzzzzzzzzz",
    ):  # fmt: skip
        assert femi.get(f"/privacy/record?{query}").status_code == 200, query


def test_the_print_names_no_person_and_is_written_down_as_a_print(as_, world, niall, db_session):
    looked(world.orla, THURSDAY, niall)
    text = as_("femi").get("/privacy/record/print").text
    assert "41 72 93 04" in text and "Rafter" not in text
    assert db_session.scalars(select(AuditEntry.act).where(AuditEntry.what == "the access record")).all() == [
        AuditAct.PRINTED
    ]


def test_a_search_can_be_kept_as_a_view(as_):
    femi = as_("femi")
    answer = femi.submit("/views/access-record/new?act=refused", "/views/access-record/new", name="Refusals")
    assert answer.location == "/privacy/record?act=refused"
    assert ">Refusals</a>" in femi.get("/privacy/record?act=refused").text


def test_each_search_goes_along_an_index(world, niall, app):
    """However long the record: no plan reads it from one end to the other (D6)."""
    each(world.orla, THURSDAY, [niall] * 3)
    femi = world.femi
    plans = {
        "user_id": Wanted(user_id=world.orla.user_id),
        "agency": Wanted(agency=world.agencies["canal"]),
        "act": Wanted(act=AuditAct.PRINTED),
        "chain": Wanted(privacy.find_record(femi, world.reference)),
        "at": Wanted(),
    }
    on_sqlite = db.engine.dialect.name == "sqlite"
    if not on_sqlite:  # its planner reads tables this small whole, unless it is asked not to
        db.session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    for column, wanted in plans.items():
        statement = (
            select(AuditEntry.id).where(*audit_search._way(wanted)).order_by(*audit_search._ORDER).limit(50)
        )
        compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        plan = " ".join(row[-1] for row in db.session.connection().exec_driver_sql(f"{explain} {compiled}"))
        if on_sqlite:
            assert "USING" in plan and "INDEX" in plan, (column, plan)
            assert column == "chain" or "TEMP B-TREE" not in plan, (column, plan)
        else:  # sorts the few of one moment by their ids, along the index
            assert "Index" in plan and "Seq Scan" not in plan, (column, plan)
