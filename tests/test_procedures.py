"""The handbook: reading it, writing it, confirming what was read (S0-31 … S0-34, S1-1, S1-17, S3-2, S3-77, X-14, X-15)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.errors import RuleBroken, Stale
from caseapp.ids import written
from caseapp.models import (
    Chapter,
    ChapterFeedback,
    ChapterStep,
    ChapterVersion,
    Notification,
    ReadingAids,
    ReadingConfirmation,
    ReadingSet,
    ReadingSetChapter,
    User,
)
from caseapp.queries import chapter_list, chapters, own_reading
from caseapp.services import agencies, chapter_versions, handbook, settings
from caseapp.services import chapters as writing
from caseapp.vocabulary import AgencyKind, ChapterChange, ChapterForm, PracticeArea
from tests.procedures import in_force, new_version, of, path, read, world  # noqa: F401 - fixtures

# --- beginning ---------------------------------------------------------------------------------------------------


def test_a_new_agency_begins_with_the_chapters_of_its_procedure_and_an_induction_set(world, db_session):
    """S3-2, S3-4: usable on the first day."""
    area_id = db_session.scalar(select(Chapter.agency_id)) and db_session.scalar(text("SELECT id FROM area"))
    agency_id = agencies.create(
        actor=world.root, at=clock.now(), name="Quay Day Service", kind=AgencyKind.VOLUNTARY, area_id=area_id
    )
    expected = library.for_families(["ie-homeless-drug"])
    assert db_session.scalar(select(func.count()).where(Chapter.agency_id == agency_id)) == len(expected)
    starters = db_session.scalar(
        select(func.count(ReadingSetChapter.chapter_id))
        .join(ReadingSet, ReadingSet.id == ReadingSetChapter.set_id)
        .where(ReadingSet.agency_id == agency_id, ReadingSet.induction)
    )
    assert starters == sum(one.induction for one in expected)
    assert handbook.begin(agency_id, actor=None, at=clock.now()) == 0  # once only


def test_the_blanks_are_the_agencys_own_settings(as_, world):
    """S3-1, S3-33: changed today, read today."""
    chapter = of(world.tomasz, "ie-first-contact")
    settings.set("allocation_process", "Thursday round", actor=world.brid, at=clock.now())
    page = as_("tomasz").get(path(chapter)).text
    assert "Thursday round" in page and "{{" not in page
    assert "Thursday round" not in as_("orla").get(path(of(world.orla, "ie-first-contact"))).text


def test_an_agency_sees_its_own_handbook_only(as_, world):
    own, other = of(world.tomasz, "ie-shared-plan"), of(world.orla, "ie-shared-plan")
    tomasz = as_("tomasz")
    assert tomasz.get(path(own)).status_code == 200
    for rest in ((), ("versions",), ("versions", 1), ("compare",), ("print",), ("edit",), ("feedback",)):
        assert tomasz.get(path(other, *rest)).status_code == 404, rest


def test_every_role_reads_and_only_administrators_and_line_managers_write(as_, world):
    """docs/decisions/0009."""
    for who, writes in (("tomasz", False), ("brid", True), ("amina", True)):
        browser = as_(who)
        assert browser.get("/procedures").status_code == 200
        chapter = of(world.viewers[who], "ie-shared-plan")
        for address in (
            "/procedures/new",
            "/procedures/library",
            "/procedures/feedback",
            path(chapter, "draft"),
        ):
            assert browser.get(address).status_code == (200 if writes else 403), (who, address)
        assert ("Write a chapter" in browser.get("/procedures").text) is writes


def test_a_draft_is_seen_by_editors_alone(as_, world, db_session):
    brid = as_("brid")
    answer = brid.submit(
        "/procedures/new",
        "/procedures/new",
        number="11.1",
        title="Photographs",
        text="None in the house.",
        area="records",
    )
    assert answer.status_code == 303
    chapter = db_session.scalar(select(Chapter).where(Chapter.number == "11.1"))
    assert as_("tomasz").get(path(chapter)).status_code == 404
    assert "Photographs" not in as_("tomasz").get("/procedures").text
    assert "Photographs" in brid.get("/procedures").text
    assert brid.submit(path(chapter, "publish"), path(chapter, "publish")).status_code == 303
    assert "None in the house" in as_("tomasz").get(path(chapter)).text


# --- versions ----------------------------------------------------------------------------------------------------


def test_what_was_published_is_never_changed(world, db_session):
    """Both databases refuse, whatever asks them."""
    version_id = in_force(world.orla, of(world.orla, "ie-shared-plan")).id
    for statement in (
        update(ChapterVersion).where(ChapterVersion.id == version_id).values(text="other"),
        update(ChapterVersion)
        .where(ChapterVersion.id == version_id)
        .values(published_at=None, effective_on=None),
        delete(ChapterVersion).where(ChapterVersion.id == version_id),
    ):
        with pytest.raises(DBAPIError, match="never changed"):
            db_session.execute(statement)
        db_session.rollback()


def test_a_minor_edit_leaves_confirmations_standing_and_read_again_asks_anew(as_, world, db_session):
    """X-14."""
    chapter = of(world.tomasz, "keeping-records")
    read(world.tomasz, in_force(world.tomasz, chapter).id)
    new_version(world, world.brid, chapter, change=ChapterChange.MINOR)
    assert chapters.standing(chapter.id, viewer=world.tomasz).key == "current"
    new_version(world, world.brid, chapter)
    found = chapters.standing(chapter.id, viewer=world.tomasz)
    assert (found.key, found.words[:2]) == ("outdated", "v1")
    (asked,) = own_reading.to_read(viewer=world.tomasz)
    assert (asked.version, asked.changed) == (3, "A new rule on photographs")
    notices = db_session.scalars(select(Notification.plain).where(Notification.kind == "chapter_again")).all()
    assert len(notices) == 1 and "9.1" in notices[0] and "records" not in notices[0].lower()
    assert "9.1 Keeping records" in as_("tomasz").get("/procedures").text
    assert 'href="/procedures/my-reading"' in as_("tomasz").get("/news").text
    read(world.tomasz, in_force(world.tomasz, chapter).id)
    assert own_reading.to_read(viewer=world.tomasz) == []
    earlier = db_session.scalars(
        select(ReadingConfirmation.number).order_by(ReadingConfirmation.number)
    ).all()
    assert earlier == [1, 3]  # the earlier one is kept


def test_a_version_holds_from_its_day_and_the_one_before_until_then(as_, world):
    chapter = of(world.orla, "ie-case-meetings")
    later = clock.today() + timedelta(days=10)
    new_version(world, world.declan, chapter, effective_on=later, read_by=later, words="From then on.")
    assert in_force(world.orla, chapter).number == 1
    page = as_("orla").get(path(chapter)).text
    assert "From then on" not in page
    ahead = as_("orla").get(path(chapter, "versions", 2)).text
    assert "From then on" in ahead and "holds from" in ahead
    read(world.orla, chapters.version(chapter.id, viewer=world.orla, number=2).id)  # ahead of its day
    assert chapters.standing(chapter.id, viewer=world.orla).key == "current"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"change": "read_again", "changed": "x"}, "by when it is to be read"),
        ({"change": "minor", "changed": ""}, "what is new"),
        ({"change": "nonsense", "changed": "x"}, "whether it must be read again"),
        ({"change": "minor", "changed": "x", "effective_on-year": "2020"}, "before today"),
        ({"change": "minor", "changed": "x", "effective_on-year": "2098"}, "A year ahead"),
        ({"change": "minor", "changed": "x" * 2000}, "At most"),
        ({"change": "minor", "changed": "x", "next_revision_on-year": "2020"}, "lies ahead"),
    ],
)
def test_publishing_asks_for_what_readers_need(as_, world, typed, says):
    chapter = of(world.brid, "letters")
    brid = as_("brid")
    assert brid.submit(path(chapter, "draft"), path(chapter, "draft"), text="Short.").status_code == 303
    answer = brid.submit(path(chapter, "publish"), path(chapter, "publish"), **typed)
    assert answer.status_code == 422 and says in answer.text
    assert in_force(world.brid, chapter).number == 1


def test_two_editors_never_overwrite_one_another(as_, world):
    """409 with both texts; nothing lost."""
    chapter = of(world.brid, "letters")
    one, two = as_("brid"), as_("amina")
    page = two.get(path(chapter, "draft"))
    assert (
        one.submit(path(chapter, "draft"), path(chapter, "draft"), text="Bríd was first.").status_code == 303
    )
    from tests.browser import parse

    form = next(f for f in parse(page.text).forms if f.action == path(chapter, "draft"))
    answer = two.post(path(chapter, "draft"), data=form.fields | {"text": "Amina was second."})
    assert answer.status_code == 409
    assert "Bríd was first." in answer.text and "Amina was second." in answer.text
    assert chapters.draft(chapter.id, viewer=world.brid).text == "Bríd was first."


def test_publishing_twice_brings_one_version_out(world, db_session):
    chapter = of(world.brid, "letters")
    chapter_versions.write_draft(
        chapter, actor=world.brid, at=clock.now(), version=0, title="Letters", text="New."
    )
    lock = chapters.draft(chapter.id, viewer=world.brid).lock
    given = {
        "at": clock.now(), "version": lock, "change": ChapterChange.MINOR, "changed": "x", "effective_on": clock.today(),
    }  # fmt: skip
    chapter_versions.publish(chapter, actor=world.brid, **given)
    with pytest.raises(Stale):
        chapter_versions.publish(chapter, actor=world.amina, **given)
    assert db_session.scalar(select(func.count()).where(ChapterVersion.chapter_id == chapter.id)) == 2


def test_the_difference_between_versions_is_readable_and_amendments_list_it(as_, world):
    chapter = of(world.orla, "keeping-records")
    new_version(world, world.declan, chapter)
    page = as_("orla").get(path(chapter, "compare")).text
    assert "<ins>" in page and "A new rule" in page and "lines stay as they are" in page
    assert "A new rule on photographs" in as_("orla").get("/procedures/amendments?change=read_again").text
    assert (
        "Taken from the starting library"
        not in as_("orla").get("/procedures/amendments?change=read_again").text
    )


def test_a_withdrawn_chapter_leaves_the_handbook_but_not_the_record(as_, world):
    chapter = of(world.tomasz, "letters")
    receipt_id = read(world.tomasz, in_force(world.tomasz, chapter).id)
    brid = as_("brid")
    assert (
        brid.submit(path(chapter, "withdraw"), path(chapter, "withdraw"), reason="See 9.1 now").status_code
        == 303
    )
    tomasz = as_("tomasz")
    assert "Letters and telling" not in tomasz.get("/procedures").text
    assert "Letters and telling" in tomasz.get("/procedures?which=withdrawn").text
    assert "See 9.1 now" in tomasz.get(path(chapter)).text
    assert "Letters and telling" in tomasz.get(f"/procedures/receipts/{written(receipt_id)}").text
    assert brid.submit(path(chapter), path(chapter, "bring-back")).status_code == 303
    assert "Letters and telling" in tomasz.get("/procedures").text


def test_place_steps_and_related_chapters_are_changed_without_reading_again(as_, world, db_session):
    """S1-17: related both ways."""
    chapter, other = of(world.brid, "letters"), of(world.brid, "ie-reviews")
    read(world.brid, in_force(world.brid, chapter).id)
    answer = as_("brid").submit(
        path(chapter, "edit"),
        path(chapter, "edit"),
        number="9.9",
        steps=["letters", "reports"],
        related=[str(other.id)],
    )
    assert answer.status_code == 303
    assert [one.id for one in chapter_list.related(other.id, viewer=world.brid) if one.number == "9.9"] == [
        chapter.id
    ]
    assert set(chapters.steps(chapter.id)) == {"letters", "reports"}
    assert chapters.standing(chapter.id, viewer=world.brid).key == "current"
    taken = as_("brid").submit(path(other, "edit"), path(other, "edit"), number="9.9")
    assert taken.status_code == 422 and "already" in taken.text


def test_the_library_is_taken_over_chapter_by_chapter(as_, world):
    brid = as_("brid")
    page = brid.get("/procedures/library").text
    assert "Section 42 enquiries" in page
    assert (
        brid.submit("/procedures/library", "/procedures/library", keys=["ca-safeguarding"]).status_code == 303
    )
    chapter = of(world.tomasz, "ca-safeguarding")
    assert as_("tomasz").get(path(chapter)).status_code == 200
    assert brid.submit("/procedures/library", "/procedures/library").status_code == 422


# --- searching ---------------------------------------------------------------------------------------------------


def test_the_search_finds_beginnings_of_words_in_titles_and_texts(as_, world):
    def found(words):
        return [row.title for row in chapter_list.listed(viewer=world.orla, words=words)[0]]

    assert found("shared plan")[0] == "The shared plan"  # its title has both: first
    assert "Risk, safety and protection" in found("EMERGENCY")
    assert found("mergency") == []
    assert found("xyzzy") == [] and found("%") == [] and found("___") == []
    page = as_("orla").get("/procedures?words=relapse").text
    assert "<mark>relapse</mark>" in page
    assert "No chapter matches" in as_("orla").get("/procedures?words=xyzzy").text


def test_the_list_is_paged_and_narrowed(as_, world, monkeypatch):
    rows, total = chapter_list.listed(viewer=world.orla, limit=5, offset=5)
    assert len(rows) == 5 and total == len(library.for_families(["ie-homeless-drug"]))
    only = chapter_list.listed(viewer=world.orla, area="safety")[0]
    assert {row.area for row in only} == {PracticeArea.SAFETY}
    read(world.orla, in_force(world.orla, of(world.orla, "letters")).id)
    assert [row.title for row in chapter_list.listed(viewer=world.orla, which="current")[0]] == [
        library.load()["letters"].title
    ]
    assert chapter_list.listed(viewer=world.orla, which="unread")[1] == total - 1
    csv = as_("orla").get("/procedures/list.csv?which=current")
    assert csv.content_type.startswith("text/csv") and csv.text.count("\n") == 2


# --- feedback, aids, in the work ---------------------------------------------------------------------------------


def test_feedback_reaches_the_editor_and_the_answer_its_reader(as_, world, db_session):
    chapter = of(world.tomasz, "letters")
    answer = as_("tomasz").submit(
        path(chapter, "feedback"), path(chapter, "feedback"), text="Which form is meant?"
    )
    assert answer.status_code == 303
    one = db_session.scalar(select(ChapterFeedback))
    address = f"/procedures/feedback/{written(one.id)}"
    assert "Which form is meant?" in as_("amina").get("/procedures/feedback").text
    assert as_("orla").get(address).status_code == 404
    assert as_("declan").get(address).status_code == 404
    brid = as_("brid")
    assert brid.submit(address, address, answer="The yellow one.").status_code == 303
    assert "The yellow one." in as_("tomasz").get(path(chapter)).text
    assert "The yellow one." in as_("tomasz").get(address).text
    told = db_session.scalars(select(Notification.user_id).where(Notification.kind == "chapter_answer")).all()
    assert told == [world.tomasz.user_id]
    assert (
        brid.post(
            address, data={"csrf_token": brid.token("/procedures/reading-aids"), "answer": "Another"}
        ).status_code
        == 403
    )


def test_reading_aids_hold_for_every_page_and_come_back_at_the_next_sign_in(as_, world, db_session):
    """X-15."""
    tomasz = as_("tomasz")
    assert 'class="govuk-template"' in tomasz.get("/directory").text
    answer = tomasz.submit(
        "/procedures/reading-aids", "/procedures/reading-aids", text_size="large", tint="cream"
    )
    assert answer.status_code == 303
    assert 'class="govuk-template aid-large tint-cream"' in tomasz.get("/directory").text
    assert db_session.scalar(select(ReadingAids.tint)) == "cream"
    assert (
        tomasz.submit("/procedures/reading-aids", "/procedures/reading-aids", tint="plaid").status_code == 422
    )
    db_session.execute(
        update(User).where(User.id == world.tomasz.user_id).values(password_hash=_hash("linden-gate-77"))
    )
    db_session.commit()
    fresh = tomasz.application.test_client()
    fresh.submit("/sign-in", "/sign-in", email="tomasz@harbour.example", password="linden-gate-77")
    assert "aid-large tint-cream" in fresh.get("/directory").text


def _hash(password):
    from caseapp.services import passwords

    return passwords.hashed(password)


def test_every_page_names_the_chapter_that_governs_its_step_and_whether_it_was_confirmed(as_, world):
    orla = as_("orla")
    plan = f"/cases/{world.reference}/plan"
    addresses = (
        plan,
        f"/cases/{world.reference}/notes",
        f"/cases/{world.reference}/consent",
        "/our-actions",
        "/people",
    )
    for address, chapter in zip(
        addresses,
        (
            "5.2 The shared plan",
            "9.1 Keeping records",
            "1.2 Consent and sharing",
            "5.3 Doing our part",
            "1.1 How we work",
        ),
        strict=True,
    ):
        page = orla.get(address)
        assert page.status_code == 200, address
        assert "Procedure for this page:" in page.text and chapter in page.text, address
        assert "You have not confirmed reading it" in page.text
    chapter = of(world.orla, "ie-shared-plan")
    read(world.orla, in_force(world.orla, chapter).id)
    assert "You confirmed reading it on" in orla.get(plan).text
    new_version(world, world.declan, chapter)
    page = orla.get(plan).text
    assert "version 2" in page and "You confirmed version 1; what is new must be read" in page


def test_the_line_under_the_page_costs_no_statement(as_, world, db_session):
    """Its number rides in the statement that counts what waits; only after a change of the handbook it looks anew."""
    orla = as_("orla")
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    def asked_for(address):
        orla.get(address)  # the first look after a change of the handbook
        statements.clear()
        page = orla.get(address).text
        return len(statements), page

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with_line, page = asked_for("/people")
        assert "Procedure for this page" in page
        db_session.execute(delete(ChapterStep))
        db_session.commit()
        chapter = of(world.declan, "letters")
        writing.change_head(
            chapter, actor=world.declan, at=clock.now(), version=1, number="9.3", area=PracticeArea.RECORDS
        )
        without, page = asked_for("/people")
        assert "Procedure for this page" not in page
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert with_line == without


def test_the_number_beside_procedures_is_what_waits_to_be_read(as_, world):
    chapter = of(world.tomasz, "letters")
    read(world.tomasz, in_force(world.tomasz, chapter).id)
    new_version(world, world.brid, chapter)
    page = as_("tomasz").get("/directory").text
    assert 'Procedures <span class="n">1<span class="govuk-visually-hidden"> to read' in page


def test_printing_names_the_version_and_who_printed(as_, world):
    page = as_("orla").get(path(of(world.orla, "letters"), "print")).text
    assert "version 1, holds since" in page and "Orla Keaveney" in page


def test_a_chapter_form_other_than_text_must_have_what_it_says(world):
    chapter = of(world.brid, "letters")
    for form in (ChapterForm.FILE, ChapterForm.LINK):
        draft = chapters.draft(chapter.id, viewer=world.brid)
        chapter_versions.write_draft(
            chapter,
            actor=world.brid,
            at=clock.now(),
            version=draft.lock if draft else 0,
            title="x",
            form=form,
            text="",
        )
        with pytest.raises(RuleBroken, match="There is no"):
            chapter_versions.publish(
                chapter, actor=world.brid, at=clock.now(), version=chapters.draft(chapter.id, viewer=world.brid).lock,
                change=ChapterChange.MINOR, changed="x", effective_on=clock.today(),
            )  # fmt: skip


def test_the_i_statements_are_questions_at_a_review(as_, world):
    """S1-1: those of the chapters that govern assessment, plan and review."""
    page = as_("orla").get(f"/cases/{world.reference}/plan/reviews/new").text
    assert "It is my plan. I recognise my own words in it." in page
    assert chapters.questions(viewer=world.mark) == []  # an agency without a handbook asks none


def test_an_agency_that_was_there_before_begins_by_one_click_or_one_command(app, as_, world, db_session):
    mark = as_("mark")
    assert "no handbook here yet" in mark.get("/procedures").text
    nora = as_("nora")
    assert nora.submit("/procedures", "/procedures/library/begin").status_code == 303
    assert "The shared plan" in mark.get("/procedures").text
    answer = app.test_cli_runner().invoke(args=["handbooks", "begin"])
    assert "Mill Road Clinic: 23 chapters" in answer.output and "2 handbooks begun" in answer.output
    assert "0 handbooks begun" in app.test_cli_runner().invoke(args=["handbooks", "begin"]).output
