"""Importing a caseload sheet: looked at first, then all of it or nothing, and twice is once (issue 2, section 7)."""

import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import (
    Action,
    AuditEntry,
    Case,
    CaseAssignment,
    CaseNote,
    ConsentGrant,
    Event,
    Goal,
    ImportBatch,
    Notification,
    Person,
    PersonIdentifier,
)
from caseapp.policy import scopes
from caseapp.services import consent, imports, people
from caseapp.services.imports_questions import Question
from caseapp.vocabulary import ActionKind, ActionStatus, AssignmentRole, CaseStatus
from tests.browser import fields_of

HEADINGS = "Client name,D.O.B.,Ref,Lead agency,Case manager,Opened,Goal,Domain,Action,Who,Worker,By when,Status,Notes\n"
CANAL = "Canal Street Drug Service"


def sheet(*rows, headings=HEADINGS):
    return (headings + "".join(row + "\n" for row in rows)).encode()


ONE = f"Wiktoria Ní-Dhemo,16/04/2004,L9,{CANAL},O. Keaveney,03/07/2025,A course,Education,Literacy check,Harbour hostel,Jo,06/11/2026,Open,CANARY-SHEET rang twice"
ROOF = f"Wiktoria Ní-Dhemo,16/04/2004,L9,{CANAL},O. Keaveney,03/07/2025,A roof,Accommodation,Letter,{CANAL},Orla Keaveney,06/11/2026,Done,"
NIALL = f"NIALL RAFTER,11/05/1989,,{CANAL},,,“I want a key of my own and a door that shuts. CANARY-GOAL-home”,,Meet the landlord,Harbour Hostel,,01/12/2027,Open,"


@pytest.fixture
def bring(world):
    """bring(rows) uploads a sheet as Declan, line manager of the lead agency, and answers; gives the batch's id."""

    def bring(*rows, answers=None, actor=None, headings=HEADINGS):
        actor = actor or world.declan
        batch = imports.upload(
            actor=actor,
            at=clock.now(),
            file_name="caseload.csv",
            data=sheet(*rows, headings=headings),
            protocol_key="ie-homeless-drug",
        )
        if answers:
            imports.choose(batch, actor=actor, at=clock.now(), answers=answers)
        return batch

    return bring


def look(batch, actor):
    return imports.preview(batch, actor=actor, at=clock.now())


def confirm(batch, actor, **more):
    return imports.confirm(batch, actor=actor, at=clock.now(), seen=look(batch, actor).print, **more)


EDUCATION = {"domain": {"education": "education_work"}}


def counts():
    tables = (Person, Case, Goal, Action, CaseAssignment, PersonIdentifier, CaseNote)
    return {table.__name__: db.session.scalar(select(func.count()).select_from(table)) for table in tables}


def said(plan, number):
    return next(row for row in plan.rows if row.number == number)


# --- the preview --------------------------------------------------------------------------------------------------


def test_the_preview_says_row_by_row_what_will_happen_and_writes_nothing(world, bring):
    before = counts()
    plan = look(bring(ONE, ROOF, answers=EDUCATION), world.declan)
    assert said(plan, 2).says == [
        "New person",
        "Case opened, Orla Keaveney",
        "Number L9 kept",
        "Goal added",
        "Action added: proposed, shown to Harbour Hostel only with consent",
    ]
    assert said(plan, 3).says == ["Goal added", "Action added: done"]
    assert counts() == before


def test_an_agency_that_is_not_written_alike_is_asked_about_and_never_guessed(world, bring):
    batch = bring(ONE.replace("Harbour hostel", "Harbour"), answers=EDUCATION)
    plan = look(batch, world.declan)
    (question,) = plan.open_questions
    assert (question.kind, question.text) == ("agency", "Harbour")
    assert question.suggested == (str(world.agencies["harbour"]),)
    with pytest.raises(RuleBroken, match="One choice is still missing"):
        confirm(batch, world.declan)
    imports.choose(batch, actor=world.declan, at=clock.now(), answers={"agency": {"harbour": "none"}})
    confirm(batch, world.declan)
    owner = db.session.execute(
        select(Action.owner_agency_id, Action.owner_name).where(Action.what == "Literacy check")
    )
    assert tuple(owner.one()) == (None, "Harbour")


def test_a_goal_without_a_known_part_of_life_is_asked_about(world, bring):
    plan = look(bring(ONE), world.declan)
    (question,) = plan.open_questions
    assert (question.kind, question.text, question.suggested) == ("domain", "Education", ())
    assert said(plan, 2).outcome == "ask"


def test_an_answer_that_is_no_option_asks_again(world, bring):
    stranger = {"domain": {"education": "astrology"}, "agency": {"harbour hostel": "12345"}}
    assert look(bring(ONE, answers=stranger), world.declan).open_questions


def test_cases_of_another_lead_agency_are_refused_in_words(world, bring):
    plan = look(
        bring(
            ONE,
            ROOF.replace("Wiktoria", "Zofia").replace(f"L9,{CANAL}", "L8,Harbour Hostel"),
            answers=EDUCATION,
        ),
        world.declan,
    )
    row = said(plan, 3)
    assert row.outcome == "left_out"
    assert row.why == "Harbour Hostel leads this case: only its own line manager can import it"
    assert row.column == "Lead agency"


def test_errors_name_row_and_column_and_must_be_accepted(world, bring):
    batch = bring(ONE, ROOF.replace("16/04/2004", "31/02/2004"), answers=EDUCATION)
    row = said(look(batch, world.declan), 3)
    assert (row.outcome, row.column, row.why) == ("error", "D.O.B.", "There is no such date.")
    assert row.person == "Wiktoria Ní-Dhemo", "what is wrong is the date, not the name"
    with pytest.raises(RuleBroken, match="rows with errors") as why:
        confirm(batch, world.declan)
    assert why.value.field == "without_errors"
    assert confirm(batch, world.declan, without_errors=True)["actions"] == 1


# --- writing ------------------------------------------------------------------------------------------------------


def test_confirming_registers_opens_and_adds(world, bring):
    counted = confirm(bring(ONE, ROOF, answers=EDUCATION), world.declan)
    assert (counted["new_people"], counted["cases"], counted["goals"], counted["actions"]) == (1, 1, 2, 2)
    person = db.session.scalars(select(Person).where(Person.family_name == "Ní-Dhemo")).one()
    assert (person.given_name, str(person.born_on)) == ("Wiktoria", "2004-04-16")
    case = db.session.scalars(select(Case).where(Case.person_id == person.id)).one()
    assert (case.status, str(case.first_contact_on)) == (CaseStatus.CASE_MANAGED, "2025-07-03")
    assert "caseload.csv" in case.lead_settled
    manager = db.session.execute(
        select(CaseAssignment.user_id, CaseAssignment.role).where(CaseAssignment.case_id == case.id)
    ).one()
    assert tuple(manager) == (world.orla.user_id, AssignmentRole.CASE_MANAGER)
    goals = db.session.execute(
        select(Goal.title, Goal.domain, Goal.number).where(Goal.case_id == case.id).order_by(Goal.number)
    )
    assert [tuple(goal) for goal in goals] == [
        ("A course", "education_work", 1),
        ("A roof", "accommodation", 2),
    ]
    done = db.session.scalars(select(Action).where(Action.what == "Letter")).one()
    assert (done.status, done.owner_user_id, str(done.ended_on)) == (
        ActionStatus.COMPLETED,
        world.orla.user_id,
        "2026-11-06",
    )
    told = db.session.scalars(select(Event.summary).where(Event.kind == "imported")).one()
    assert told == "From the caseload sheet “caseload.csv”: 2 goals, 2 actions"


def test_without_a_worker_of_ours_the_case_waits_for_allocation(world, bring):
    confirm(bring(ONE.replace("O. Keaveney", "M. Outreach"), answers=EDUCATION), world.declan)
    case = db.session.scalars(select(Case).where(Case.reference != world.reference)).one()
    assert (case.status, case.line_manager_id) == (CaseStatus.ALLOCATION, world.declan.user_id)


def test_doing_it_twice_changes_nothing(world, bring):
    confirm(bring(ONE, ROOF, answers=EDUCATION), world.declan)
    after = counts()
    batch = bring(ROOF.replace("Wiktoria", "WIKTORIA"), ONE, answers=EDUCATION)
    plan = look(batch, world.declan)
    assert {row.outcome for row in plan.rows} == {"same"}
    with pytest.raises(RuleBroken, match="here already"):
        confirm(batch, world.declan)
    assert counts() == after


def test_an_owner_left_open_is_known_again_when_the_agency_is_named_later(world, bring):
    row = ONE.replace("Harbour hostel", "Harbour")
    confirm(bring(row, answers=EDUCATION | {"agency": {"harbour": "none"}}), world.declan)
    harbour = str(world.agencies["harbour"])
    plan = look(bring(row, answers=EDUCATION | {"agency": {"harbour": harbour}}), world.declan)
    assert said(plan, 2).outcome == "same"


def test_no_partner_sees_anything_before_consent_and_never_the_notes(world, bring):
    confirm(bring(ONE, answers=EDUCATION), world.declan)
    case = db.session.scalars(select(Case).where(Case.reference != world.reference)).one()
    action = db.session.scalars(select(Action).where(Action.case_id == case.id)).one()
    assert action.status == ActionStatus.PROPOSED
    assert action.last_note == ""
    assert scopes.find_case_by_id(world.amina, case.id) is None
    assert not db.session.scalar(
        select(func.count()).where(
            Notification.case_id == case.id, Notification.user_id == world.amina.user_id
        )
    )
    assert "CANARY-SHEET" in db.session.scalar(select(CaseNote.text).where(CaseNote.case_id == case.id))


def test_a_known_person_by_any_writing_gets_what_is_new_and_a_partner_with_consent_is_asked(world, bring):
    batch = bring(NIALL)
    plan = look(batch, world.declan)
    assert said(plan, 2).says == [
        "Known person",
        "Case 41 72 93 04",
        "Action added: proposed, shown to Harbour Hostel only with consent",
    ]
    before = counts()
    confirm(batch, world.declan)
    after = counts()
    assert {name for name in after if after[name] != before[name]} == {"Action"}
    action = db.session.scalars(select(Action).where(Action.what == "Meet the landlord")).one()
    assert (action.goal_id, action.status) == (world.goals["home"], ActionStatus.REQUESTED)


def test_a_person_whom_another_agency_holds_makes_no_difference(world, bring):
    people.register(
        actor=world.nora,
        at=clock.now(),
        given_name="Wiktoria",
        family_name="Ni Dhemo",
        born_on=look(bring(ONE), world.declan).sheet.people[0].date_of_birth,
    )
    plan = look(bring(ONE, answers=EDUCATION), world.declan)
    assert said(plan, 2).says[0] == "New person"
    assert confirm(bring(ONE, answers=EDUCATION), world.declan)["new_people"] == 1


def test_an_agency_that_is_never_to_be_told_is_left_out(world, bring):
    consent.exclude(
        world.case_for(world.orla), actor=world.orla, at=clock.now(), agency_id=world.agencies["northgate"]
    )
    plan = look(bring(NIALL.replace("Harbour Hostel", "Northgate Probation")), world.declan)
    assert said(plan, 2).why == "Northgate Probation is never to be told"


def test_a_referral_to_detox_waits_for_the_talk_with_the_clinic(world, bring):
    row = ROOF.replace("Letter", "Refer to detox").replace("Done", "In progress")
    confirm(bring(row), world.declan)
    action = db.session.scalars(select(Action).where(Action.what == "Refer to detox")).one()
    assert (action.kind, action.status) == (ActionKind.DETOX_REFERRAL, ActionStatus.PROPOSED)


def test_a_closed_case_is_not_opened_again_by_a_sheet(world, bring):
    case = db.session.get(Case, world.case_id)
    case.status, case.closed_at, case.close_reason = CaseStatus.CLOSED_OTHER, clock.now(), "Moved"
    db.session.commit()
    assert "reopen it on its own page" in said(look(bring(NIALL), world.declan), 2).why


# --- between looking and confirming -------------------------------------------------------------------------------


def test_what_changed_since_is_shown_and_nothing_is_written(world, bring):
    first, second = bring(ONE, answers=EDUCATION), bring(ONE, ROOF, answers=EDUCATION)
    seen = look(second, world.declan).print
    confirm(first, world.declan)
    before = counts()
    with pytest.raises(Stale) as why:
        imports.confirm(second, actor=world.declan, at=clock.now(), seen=seen)
    assert why.value.saved[2] == [
        "To import: New person; Case opened, Orla Keaveney; Number L9 kept; Goal added; "
        "Action added: proposed, shown to Harbour Hostel only with consent",
        "Nothing new: Known person; " + said(look(second, world.declan), 2).says[1],
    ]
    assert counts() == before


def test_a_sheet_that_somebody_confirmed_is_not_imported_twice(world, bring):
    batch = bring(ONE, answers=EDUCATION)
    seen = look(batch, world.declan).print
    confirm(batch, world.declan)
    before = counts()
    with pytest.raises(RuleBroken, match="Declan Moyne imported this sheet"):
        imports.confirm(batch, actor=world.declan, at=clock.now(), seen=seen)
    assert counts() == before


def test_the_sheet_is_not_kept_once_it_served(world, bring):
    confirmed, dropped, old = bring(ONE, answers=EDUCATION), bring(ROOF), bring(NIALL)
    confirm(confirmed, world.declan)
    imports.drop(dropped, actor=world.declan, at=clock.now())
    imports.drop(dropped, actor=world.declan, at=clock.now())
    assert imports.forget_old(at=clock.now()) == 0
    assert imports.forget_old(at=clock.now() + timedelta(days=8)) == 1
    rows = db.session.scalars(select(ImportBatch).execution_options(populate_existing=True)).all()
    assert [row.content for row in rows] == [None] * 3
    assert "CANARY" not in json.dumps([[row.choices, row.outcome] for row in rows])
    with pytest.raises(RuleBroken, match="dropped"):
        look(old, world.declan)


def test_only_the_own_line_manager_reaches_a_sheet(world, bring):
    batch = bring(ONE)
    for stranger in (world.nora, world.amina):
        with pytest.raises(NotVisible):
            look(batch, stranger)
    with pytest.raises(NotAllowed):
        look(batch, world.orla)


# --- the pages ----------------------------------------------------------------------------------------------------


def upload(browser, data, name="caseload.csv"):
    return browser.submit("/imports", "/imports", file=(io.BytesIO(data), name))


def test_a_line_manager_uploads_looks_chooses_and_confirms(world, as_):
    declan = as_("declan")
    answer = upload(declan, sheet(ONE, ROOF))
    assert answer.status_code == 303
    here = answer.location
    shown = declan.get(here)
    assert "Say what is meant" in shown.text
    assert "1 choice is missing" in shown.text
    assert db.session.scalar(select(func.count()).where(AuditEntry.what == "import preview")) == 0
    field = Question("domain", "education", "Education", ()).field
    kept = declan.submit(here, f"{here}/choices", **{field: "education_work"})
    assert kept.status_code == 303
    assert "Import 1 case and 2 actions" in declan.get(here).text
    done = declan.submit(here, f"{here}/confirmation")
    assert done.status_code == 303
    assert "1 case opened" in declan.get(here).text
    assert "Imported" in declan.get("/imports").text
    assert db.session.scalar(select(func.count(Case.id))) == 2


def test_a_row_with_a_wrong_date_says_whose_it_is_and_names_that_column_only(world, as_):
    """Nothing is said of the name where the name is right; and where it is missing, that is what is said."""
    nameless = ROOF.replace("Wiktoria Ní-Dhemo", "")
    declan = as_("declan")
    here = upload(
        declan,
        sheet(
            ONE,
            ROOF.replace("16/04/2004", "31/02/2004"),
            ROOF.replace("06/11/2026", "06/13/2026"),
            ROOF.replace("03/07/2025", "someday"),
            nameless,
        ),
    ).location
    page = declan.get(here).text
    assert "nobody named" not in page
    rows = {
        number: re.sub(r"<[^>]+>|\s+", " ", row)
        for number, row in re.findall(r"Row </span>(\d+)</th>(.*?)</tr>", page, re.S)
    }
    for number, column in (("3", "D.O.B."), ("4", "By when"), ("5", "Opened")):
        assert "Wiktoria Ní-Dhemo" in rows[number] and f"Error, {column}:" in rows[number], rows[number]
        assert "name" not in rows[number].replace("Wiktoria Ní-Dhemo", ""), rows[number]
    assert "Error, Client name: The name is missing." in rows["6"]


def test_a_stale_confirmation_is_answered_with_both_readings(world, as_, bring):
    declan = as_("declan")
    here = upload(declan, sheet(ONE, ROOF.replace("Accommodation", "Education"))).location
    batch = db.session.scalar(select(ImportBatch.id))
    imports.choose(batch, actor=world.declan, at=clock.now(), answers=EDUCATION)
    db.session.commit()
    form = declan.get(here)
    typed = fields_of(form.text)
    confirm(bring(ONE, answers=EDUCATION), world.declan)
    db.session.commit()
    answer = declan.post(f"{here}/confirmation", data=typed | {"without_errors": "y"})
    assert answer.status_code == 409
    assert "Something changed since you looked" in answer.text
    assert "New person" in answer.text


def test_what_is_no_sheet_is_refused_beside_the_field(world, as_):
    declan = as_("declan")
    answer = upload(declan, b"%PDF-1.7 not a sheet", "plan.pdf")
    assert answer.status_code == 422
    assert "file-error" in answer.text
    assert upload(declan, b"Only,some,words\n").status_code == 422
    none = declan.submit("/imports", "/imports")
    assert none.status_code == 422
    assert "Choose the sheet" in none.text
    assert db.session.scalar(select(func.count(ImportBatch.id))) == 0


def test_too_large_a_file_is_answered_in_words(world, as_):
    body = b"--x\r\n" + b"x" * (7 * 1024 * 1024)
    answer = as_("declan").post("/imports", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


def test_too_many_rows_for_a_page_are_refused(world, as_):
    rows = [
        f"Person Number {n},16/04/2004,,{CANAL},,,A roof,Accommodation,Letter,{CANAL},,,Open,"
        for n in range(2001)
    ]
    answer = upload(as_("declan"), sheet(*rows))
    assert answer.status_code == 422
    assert "a page takes 2,000" in answer.text


def test_others_do_not_reach_the_pages(world, as_, bring):
    batch = bring(ONE)
    db.session.commit()
    here = f"/imports/{written(batch)}"
    assert as_("nora").get(here).status_code == 404
    for name in ("orla", "ciara", "femi", "root"):
        assert as_(name).get("/imports").status_code == 403
        assert as_(name).get(here).status_code == 403


def test_people_on_record_named_in_a_preview_go_into_the_access_record(world, as_, bring):
    batch = bring(NIALL)
    db.session.commit()
    as_("declan").get(f"/imports/{written(batch)}")
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "import preview")).one()
    assert noted.detail["people"] == [str(world.person_id)]


def test_a_sheet_is_dropped_from_its_page(world, as_, bring):
    batch = bring(ONE)
    db.session.commit()
    declan, here = as_("declan"), f"/imports/{written(batch)}"
    typed = declan.submit(here, f"{here}/confirmation")  # refused: a choice is missing
    assert typed.status_code == 422
    assert declan.submit(here, f"{here}/removal").status_code == 303
    assert "It was dropped on" in declan.get(here).text


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_shows_first_and_writes_only_with_confirm(app, world, tmp_path):
    file = tmp_path / "caseload.csv"
    file.write_bytes(sheet(ONE, ROOF))
    db.session.commit()

    def run(*more):
        args = ["import-caseload", str(file), "--agency", CANAL, "--as", "declan@canal.example", *more]
        result = app.test_cli_runner().invoke(args=args)
        db.session.rollback()
        return result

    asked = run()
    assert asked.exit_code == 0
    assert '--domain-is "Education=…"' in asked.output
    assert "Nothing was written" in asked.output
    missing = run("--confirm")
    assert (missing.exit_code, "One choice is still missing" in missing.output) == (1, True)
    assert db.session.scalar(select(func.count(Case.id))) == 1
    done = run("--domain-is", "Education=education_work", "--confirm")
    assert (done.exit_code, "Imported." in done.output) == (0, True), done.output
    again = run("--domain-is", "Education=education_work", "--confirm")
    assert (again.exit_code, "Nothing was changed" in again.output) == (0, True), again.output
    assert db.session.scalar(select(func.count(Case.id))) == 2
    wrong = run("--as", "orla@canal.example")
    assert (wrong.exit_code, "no line manager" in wrong.output) == (1, True)


def test_no_consent_comes_from_a_sheet(world, bring):
    before = db.session.scalar(select(func.count(ConsentGrant.id)))
    headings = HEADINGS.replace("Notes", "Notes,Consent given")
    confirm(bring(ONE + ",yes", answers=EDUCATION, headings=headings), world.declan)
    assert db.session.scalar(select(func.count(ConsentGrant.id))) == before
