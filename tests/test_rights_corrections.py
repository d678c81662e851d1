"""Correction by addition (X-12, GDPR art. 16): what the person says stands beside the record, wherever the thing it is
about is read, and never instead of it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import CaseNote, Correction, Notification
from caseapp.queries import corrections as reads
from caseapp.services import case_notes, corrections
from caseapp.vocabulary import CorrectionOf, NoteKind


def said(world, who="orla", about="record", words="I was never excluded"):
    viewer = world.viewers[who]
    return corrections.say(
        world.case_for(viewer),
        actor=viewer,
        at=clock.now(),
        about=about,
        words=words,
        said_on=clock.today(),
    )


def read_by(world, who):
    viewer = world.viewers[who]
    return [one.words for one in reads.said(world.case_for(viewer), viewer=viewer)]


@pytest.fixture
def note(world, db_session):
    return case_notes.write(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        kind=NoteKind.CONTACT,
        text="He did not come",
        happened_at=clock.now(),
    )


def test_it_is_added_and_nothing_that_stood_there_changes(world, db_session, note):
    before = db_session.get(CaseNote, note).text
    said(world, about=reads.key(CorrectionOf.NOTE, note), words="I came and nobody opened")
    row = db_session.scalars(select(Correction)).one()
    assert row.words == "I came and nobody opened" and row.about_id == note
    assert db_session.get(CaseNote, note).text == before
    for statement in ("UPDATE correction SET words = 'x'", "DELETE FROM correction"):
        with pytest.raises(DBAPIError, match="never changed"):
            db_session.execute(text(statement))
        db_session.rollback()


def test_whoever_reads_the_thing_reads_it_and_nobody_else(world, db_session, note):
    said(world, about="record", words="About all of it")
    said(world, about=reads.key(CorrectionOf.NOTE, note), words="About the note")
    said(world, about=reads.key(CorrectionOf.GOAL, world.goals["home"]), words="About the home")
    said(world, about=reads.key(CorrectionOf.ACTION, world.actions["dose"]), words="About the dose")
    said(world, about="plan", words="About the plan")
    assert len(read_by(world, "orla")) == len(read_by(world, "declan")) == 5
    assert read_by(world, "tomasz") == ["About the home"], "its own goal, and nothing else"
    assert set(read_by(world, "leah")) == {"About the home", "About the dose", "About the plan"}
    case_notes.share(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        note_id=note,
        agency_id=world.agencies["harbour"],
    )
    assert set(read_by(world, "tomasz")) == {"About the home", "About the note"}


def test_a_partner_writes_down_what_the_person_tells_it_only_about_what_it_reads(world, db_session, note):
    for about in ("record", "person", "plan", reads.key(CorrectionOf.NOTE, note), "note-0", "nothing"):
        with pytest.raises(RuleBroken, match="what it is about"):
            said(world, "tomasz", about=about)
    said(world, "tomasz", about=reads.key(CorrectionOf.ACTION, world.actions["letter"]), words="It came")
    assert read_by(world, "tomasz") == ["It came"] == read_by(world, "orla")
    told = db_session.scalars(select(Notification.user_id)).all()
    assert world.orla.user_id in told, "the case manager is told"


def test_it_stands_on_every_page_and_print_of_the_record(as_, world, db_session, note):
    said(world, about=reads.key(CorrectionOf.GOAL, world.goals["home"]), words="Not a hostel, a flat")
    db.session.commit()
    case = f"/cases/{world.reference}"
    orla, tomasz = as_("orla"), as_("tomasz")
    for page in ("", "/plan", "/notes", "/timeline", "/said", "/print/plan", "/print/person"):
        assert "Not a hostel, a flat" in orla.get(case + page).text, page
    for page in ("/plan", "/print/part", "/said"):
        assert "Not a hostel, a flat" in tomasz.get(case + page).text, page
    assert as_("mark").get(f"{case}/said").status_code == 404


def test_it_is_answered_once_by_those_who_hold_the_plan(as_, world, db_session):
    made = said(world)
    db.session.commit()
    page = f"/cases/{world.reference}/said"
    orla = as_("orla")
    assert "Not answered yet" not in orla.get(page).text and "Answer it" in orla.get(page).text
    from caseapp import ids

    here = f"{page}/{ids.written(made)}/answer"
    assert as_("tomasz").get(here).status_code == 403
    empty = orla.submit(here, here, text="")
    assert empty.status_code == 422
    assert orla.submit(here, here, text="A further note says so now").status_code == 303
    db_session.expire_all()
    assert db_session.get(Correction, made).answer == "A further note says so now"
    assert "A further note says so now" in orla.get(page).text
    with pytest.raises(RuleBroken, match="already"):
        corrections.answer(
            world.case_for(world.orla), actor=world.orla, at=clock.now(), correction_id=made, text="Again"
        )
