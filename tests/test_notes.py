"""Case notes (S3-13, S3-14, S4-18, S0-5, X-12): the lead agency's own, added to and never changed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock, ids
from caseapp.errors import RuleBroken
from caseapp.models import CaseNote, CaseNoteShare, ConsentGrant
from caseapp.services import case_notes, consent
from caseapp.vocabulary import NoteKind, Sector
from tests.browser import parse

NOTES = "/cases/41729304/notes"
OTHERS = ("tomasz", "leah", "shauna")


def write(world, text="CANARY-LEAD-note met at the hostel", **more):
    return case_notes.write(
        world.case_for(world.orla), actor=world.orla, at=clock.now(), kind=NoteKind.CONTACT, text=text, **more
    )


def test_a_note_is_written_and_read_by_those_who_work_on_the_case(world, as_, db_session):
    orla, day = as_("orla"), clock.today() - timedelta(days=1)
    when = {"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year), "hour": "9:05"}
    typed = {"kind": "outreach", "place": "Quay steps", "sector": "housing", "text": "Talked for an hour"}
    answer = orla.submit(NOTES + "/new", NOTES, **when, **typed)
    assert answer.status_code == 303
    note = db_session.scalar(select(CaseNote))
    assert (note.kind, note.place, note.sector) == (NoteKind.OUTREACH, "Quay steps", Sector.HOUSING)
    local = clock.local(note.happened_at)
    assert (local.hour, local.minute) == (9, 5) and note.author_id == world.orla.user_id
    text = as_("declan").get(NOTES).text
    assert "Talked for an hour" in text and "Quay steps" in text and "Outreach" in text


def test_nobody_else_reads_a_note_of_the_lead_agency(world, as_):
    note = write(world, place="CANARY-LEAD-place")
    for name in OTHERS:
        client = as_(name)
        for page in (NOTES, NOTES + "?words=CANARY", "/cases/41729304/timeline"):
            text = client.get(page).text
            assert "CANARY-LEAD" not in text.replace("words=CANARY", "").replace('value="CANARY"', ""), (
                name,
                page,
            )
        assert client.get(f"{NOTES}/{ids.written(note)}/correct").status_code == 403
    assert as_("mark").get(NOTES).status_code == 404


def test_a_note_is_shown_to_one_agency_until_it_is_stopped(world, as_, db_session):
    note = write(world, "CANARY-NOTE shown")
    other = write(world, "CANARY-LEAD-other")
    page = f"{NOTES}/{ids.written(note)}/share"
    orla = as_("orla")
    assert orla.submit(page, page, agency_id=str(world.agencies["harbour"])).status_code == 303
    text = as_("tomasz").get(NOTES).text
    assert "CANARY-NOTE shown" in text and "CANARY-LEAD-other" not in text and "Shown to" not in text
    assert (
        "CANARY-NOTE" not in as_("leah").get(NOTES).text
        and "CANARY-NOTE" not in as_("shauna").get(NOTES).text
    )
    stop = f"{page}/{ids.written(world.agencies['harbour'])}/stop"
    answer = orla.submit(NOTES, stop, htmx=True)
    assert answer.status_code == 200 and "HX-Fragment" in answer.headers and "Shown to" not in answer.text
    assert "CANARY-NOTE" not in as_("tomasz").get(NOTES).text
    assert db_session.scalar(select(func.count()).select_from(CaseNoteShare)) == 0 and other


def test_a_note_cannot_be_shown_to_an_agency_without_consent(world, as_, db_session):
    note = write(world)
    page = f"{NOTES}/{ids.written(note)}/share"
    answer = as_("orla").submit(page, page, agency_id=str(world.agencies["northgate"]))
    assert answer.status_code == 422
    with pytest.raises(RuleBroken, match="no consent to share"):
        case_notes.share(
            world.case_for(world.orla),
            actor=world.orla,
            at=clock.now(),
            note_id=note,
            agency_id=world.agencies["northgate"],
        )


def test_withdrawal_hides_a_shown_note_at_once_and_a_new_consent_does_not_bring_it_back(
    world, as_, db_session
):
    note = write(world, "CANARY-NOTE shown")
    case = world.case_for(world.orla)
    case_notes.share(
        case, actor=world.orla, at=clock.now(), note_id=note, agency_id=world.agencies["harbour"]
    )
    tomasz = as_("tomasz")
    assert "CANARY-NOTE" in tomasz.get(NOTES).text
    consent.withdraw(
        case, actor=world.orla, at=clock.now(), grant_id=world.grants["harbour"], how="told Orla"
    )
    assert tomasz.get(NOTES).status_code == 404
    old = db_session.get(ConsentGrant, world.grants["harbour"])
    fresh = {c.key: getattr(old, c.key) for c in ConsentGrant.__table__.c if c.key not in {"id", "version"}}
    fresh |= {"status": "active", "withdrawn_at": None, "withdrawn_by_id": None, "recorded_at": clock.now()}
    db_session.add(ConsentGrant(**fresh))
    db_session.commit()
    assert tomasz.get(NOTES).status_code == 200 and "CANARY-NOTE" not in tomasz.get(NOTES).text
    assert "Was shown to" in as_("orla").get(NOTES).text


def test_a_correction_is_a_further_note_and_the_first_one_stays(world, as_, db_session):
    note = write(world, "The first words")
    page = f"{NOTES}/{ids.written(note)}/correct"
    assert as_("orla").submit(page, page, text="It was Tuesday").status_code == 303
    notes = db_session.scalars(select(CaseNote).order_by(CaseNote.id)).all()
    assert [(n.text, n.corrects_id) for n in notes] == [("The first words", None), ("It was Tuesday", note)]
    text = as_("orla").get(NOTES).text
    assert "The first words" in text and "It was Tuesday" in text and "Corrected by" in text


def test_a_correction_of_a_shown_note_is_not_shown_by_itself(world, as_):
    note = write(world, "CANARY-NOTE shown")
    case = world.case_for(world.orla)
    case_notes.share(
        case, actor=world.orla, at=clock.now(), note_id=note, agency_id=world.agencies["harbour"]
    )
    write(world, "CANARY-LEAD-correction", corrects_id=note)
    text = as_("tomasz").get(NOTES).text
    assert "CANARY-NOTE" in text and "CANARY-LEAD" not in text and "Corrected by" not in text


def test_notes_are_found_by_kind_sector_author_and_words(world, as_):
    write(world, "About 100% of the rent", sector="housing")
    write(world, "About work", sector="employment", place="Job centre")
    orla = as_("orla")
    assert "About work" not in orla.get(NOTES + "?sector=housing").text
    assert "the rent" not in orla.get(NOTES + "?words=JOB+centre").text
    assert (
        "the rent" in orla.get(NOTES + "?words=100%25").text
        and "About work" not in orla.get(NOTES + "?words=%25").text
    )
    assert "No note matches" in orla.get(NOTES + "?kind=crisis").text
    assert "2 notes are hidden by your filter" in orla.get(NOTES + "?kind=crisis").text
    assert (
        orla.get(NOTES + f"?author={world.orla.user_id}&page=99999999999&kind=nonsense&sector=x").status_code
        == 200
    )


def test_many_notes_come_in_pages(world, as_):
    for number in range(25):
        write(world, f"Number {number:02}")
    first, second = as_("orla").get(NOTES).text, as_("orla").get(NOTES + "?page=2").text
    assert "Number 24" in first and "Number 04" not in first and "Number 04" in second and "25 notes" in first


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"text": ""}, "Write what happened"),
        ({"kind": ""}, "Choose a kind"),
        ({"kind": "outreach", "place": ""}, "Say where the outreach took place"),
        ({"hour": "25:00"}, "Write the time as"),
        ({"hour": "٩:٠٥"}, "Write the time as"),
        ({"day-day": "31", "day-month": "11"}, "There is no 31 November"),
        ({"day-year": "2090"}, "This lies in the future"),
        ({"text": "x" * 10_001}, "At most 10,000 characters"),
        ({"text": "x" * 1_200_000 + " the end of it"}, " the end of it</textarea>"),
        (
            {"text": "\N{OLD KEY}" * 100_000},
            "At most 10,000 characters fit here; there are 100,000. Nothing was cut off",
        ),
        ({"sector": "nonsense"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(world, as_, db_session, typed, says):
    answer = as_("orla").submit(NOTES + "/new", NOTES, **({"kind": "contact", "text": "Kept words"} | typed))
    assert answer.status_code == 422 and says in answer.text
    assert "text" in typed or "Kept words" in answer.text
    assert db_session.scalar(select(func.count()).select_from(CaseNote)) == 0


def test_a_double_click_writes_one_note(world, as_, db_session):
    orla = as_("orla")
    form = next(f for f in parse(orla.get(NOTES + "/new").text).forms if f.action == NOTES)
    data = form.fields | {"kind": "contact", "text": "once"}
    assert [orla.post(NOTES, data=data).status_code for _ in range(2)] == [303, 303]
    assert db_session.scalar(select(func.count()).select_from(CaseNote)) == 1


@pytest.mark.parametrize("text", ["🙂 ‮gnihton", "a\x00b\x1bc", "<b onmouseover=x>", "ﷺ" * 3000])
def test_odd_text_is_kept_as_text(world, as_, db_session, text):
    assert as_("orla").submit(NOTES + "/new", NOTES, kind="contact", text=text).status_code == 303
    page = as_("orla").get(NOTES).text
    assert "<b onmouseover" not in page and "\x00" not in db_session.scalar(select(CaseNote.text))


@pytest.mark.parametrize("name", ["tomasz", "leah", "shauna", "amina"])
def test_only_the_leads_workers_write(world, as_, db_session, name):
    client = as_(name)
    assert client.get(NOTES + "/new").status_code == 403
    token = parse(client.get(NOTES).text).forms[0].fields.get("csrf_token", "")
    assert client.post(NOTES, data={"csrf_token": token, "kind": "contact", "text": "x"}).status_code == 403
    assert db_session.scalar(select(func.count()).select_from(CaseNote)) == 0


def test_a_note_of_another_case_is_not_reached_through_this_one(world, as_, db_session):
    assert as_("orla").get(f"{NOTES}/{ids.written(ids.new_id())}/correct").status_code == 404
