"""Confirming what was read: the version that was shown, with a receipt, once, and never changed (S0-31, S0-32, B11, X-14)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.ids import written
from caseapp.models import ChapterFeedback, ReadingConfirmation, ReadingReceipt, ReadingStanding
from caseapp.policy.chapters import find_receipt
from caseapp.queries import chapters, own_reading
from caseapp.services import chapter_versions, confirmations, settings
from caseapp.vocabulary import ConfirmationKind, ReadingPurpose
from tests.procedures import in_force, new_version, of, read, world  # noqa: F401 - fixtures


def confirm_page(*versions):
    return "/procedures/confirm?" + "&".join(f"v={one}" for one in versions)


def test_anybody_signed_in_confirms_several_chapters_with_one_receipt(as_, world, db_session):
    """S0-31, S0-32, B11: name, role, agency, e-mail from the login; date, purpose, statement, comment; a receipt."""
    femi = world.femi
    ids = [in_force(femi, of(femi, key)).id for key in ("consent-and-sharing", "keeping-records")]
    browser = as_("femi")
    page = browser.get(confirm_page(*ids)).text
    for words in ("Goes on the record as", "femi@canal.example", "Privacy notice", "o third party", "Terms"):
        assert words in page, words
    answer = browser.submit(
        confirm_page(*ids), "/procedures/confirm", versions=[str(one) for one in ids], purpose="cpd",
        comment="9.1 is clear.", stated="y",
    )  # fmt: skip
    assert answer.status_code == 303
    answer = browser.get(answer.location)
    receipt = db_session.scalar(select(ReadingReceipt))
    assert f"R-{receipt.reference[:2]}" in answer.text and "Learning (CPD)" in answer.text
    assert (receipt.name, receipt.email, receipt.agency_name) == (femi.name, femi.email, femi.agency_name)
    assert "Privacy officer" in receipt.role and receipt.statement == confirmations.STATEMENT
    rows = db_session.scalars(select(ReadingConfirmation)).all()
    assert {row.chapter_version_id for row in rows} == set(ids) and {row.receipt_id for row in rows} == {
        receipt.id
    }
    assert db_session.scalar(select(ChapterFeedback.text)) == "9.1 is clear."


def test_the_version_shown_is_the_version_confirmed_also_when_a_newer_one_comes_out_meanwhile(
    as_, world, db_session
):
    """X-14, the race of screen 09b."""
    chapter = of(world.orla, "ie-case-meetings")
    shown = in_force(world.orla, chapter).id
    orla = as_("orla")
    from tests.browser import parse

    form = next(
        f for f in parse(orla.get(confirm_page(shown)).text).forms if f.action == "/procedures/confirm"
    )
    new_version(world, world.declan, chapter)
    refused = orla.post("/procedures/confirm", data=form.fields | {"versions": str(shown), "stated": "y"})
    assert refused.status_code == 422
    assert "while you had version 1 open" in refused.text and "You confirm version 1" in refused.text
    assert "See what is new, 1 line" in refused.text
    done = orla.post(
        "/procedures/confirm",
        data=form.fields | {"versions": str(shown), "purpose": "induction", "stated": "y"},
    )
    assert done.status_code == 303
    assert db_session.scalars(select(ReadingConfirmation.number)).all() == [1]
    assert chapters.standing(chapter.id, viewer=world.orla).key == "outdated"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"versions": []}, "Tick the chapters"),
        ({"stated": None}, "Tick the sentence"),
        ({"purpose": ""}, "what you read it for"),
        ({"purpose": "nonsense"}, "Choose one of the list"),
        ({"purpose": "other"}, "Say what you read it for"),
        ({"read_on-year": "2099"}, "cannot lie ahead"),
        ({"read_on-year": "2001"}, "came out on"),
        ({"read_on-day": "31", "read_on-month": "2"}, "There is no 31 February"),
        ({"comment": "x" * 3000}, "At most"),
        ({"versions": ["12345"]}, "not in your handbook"),
    ],
)
def test_a_confirmation_without_sense_is_refused_and_keeps_what_was_typed(
    as_, world, db_session, change, says
):
    version = in_force(world.orla, of(world.orla, "letters")).id
    typed = {"versions": [str(version)], "purpose": "cpd", "stated": "y", "comment": "Kept words"} | change
    typed = {name: value for name, value in typed.items() if value is not None}
    answer = as_("orla").submit(confirm_page(version), "/procedures/confirm", **typed)
    assert answer.status_code == 422 and says in answer.text
    assert typed["comment"][:10] in answer.text
    assert db_session.scalar(select(func.count(ReadingReceipt.id))) == 0


def test_nobody_confirms_another_agencys_chapter_or_a_draft(world, db_session):
    other = in_force(world.tomasz, of(world.tomasz, "letters")).id
    own = of(world.declan, "letters")
    draft = chapter_versions.write_draft(
        own, actor=world.declan, at=clock.now(), version=0, title="x", text="y"
    )
    for version in (other, draft):
        with pytest.raises(RuleBroken):
            read(world.declan, version)
    assert own_reading.chosen([other, draft], viewer=world.declan) == []


def test_a_double_click_is_one_receipt(as_, world, db_session):
    version = in_force(world.orla, of(world.orla, "letters")).id
    from tests.browser import parse

    orla = as_("orla")
    form = next(
        f for f in parse(orla.get(confirm_page(version)).text).forms if f.action == "/procedures/confirm"
    )
    data = form.fields | {"versions": str(version), "purpose": "cpd", "stated": "y"}
    answers = [orla.post("/procedures/confirm", data=data) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert db_session.scalar(select(func.count(ReadingReceipt.id))) == 1


def test_a_confirmation_is_never_edited_or_deleted(world, db_session):
    """C12: the databases themselves refuse."""
    read(world.orla, in_force(world.orla, of(world.orla, "letters")).id)
    for statement in (
        update(ReadingConfirmation).values(number=9),
        delete(ReadingConfirmation),
        update(ReadingReceipt).values(name="x"),
        delete(ReadingReceipt),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            db_session.execute(statement)
        db_session.rollback()


def test_a_mistake_is_a_further_entry(as_, world, db_session):
    one, two = (in_force(world.orla, of(world.orla, key)) for key in ("letters", "keeping-records"))
    receipt_id = read(world.orla, one.id, two.id)
    line = db_session.scalar(
        select(ReadingConfirmation.id).where(ReadingConfirmation.chapter_version_id == one.id)
    )
    page = f"/procedures/receipts/{written(receipt_id)}"
    orla = as_("orla")
    refused = orla.submit(page + "/mistake", page + "/mistake", lines=[str(line)])
    assert refused.status_code == 422 and "Say what was wrong" in refused.text
    answer = orla.submit(page + "/mistake", page + "/mistake", lines=[str(line)], reason="Wrong chapter")
    answer = orla.get(answer.location)
    assert "Wrong chapter" in answer.text and "Nothing was deleted" in answer.text
    kinds = db_session.scalars(select(ReadingConfirmation.kind).order_by(ReadingConfirmation.at)).all()
    assert sorted(kinds) == [ConfirmationKind.MISTAKE, ConfirmationKind.READ, ConfirmationKind.READ]
    keys = {
        c: chapters.standing(of(world.orla, c).id, viewer=world.orla).key
        for c in ("letters", "keeping-records")
    }
    assert keys == {"letters": "none", "keeping-records": "current"}
    assert "taken back" in orla.get(page).text
    with pytest.raises(RuleBroken, match="already"):
        confirmations.take_back(receipt_id, [line], actor=world.orla, at=clock.now(), reason="again")


def test_taking_back_the_newest_leaves_the_one_before(world):
    chapter = of(world.orla, "letters")
    read(world.orla, in_force(world.orla, chapter).id)
    new_version(world, world.declan, chapter)
    receipt_id = read(world.orla, in_force(world.orla, chapter).id)
    (line,) = own_reading.receipt(receipt_id, viewer=world.orla).lines
    confirmations.take_back(receipt_id, [line.id], actor=world.orla, at=clock.now(), reason="Only glanced")
    assert chapters.standing(chapter.id, viewer=world.orla).words.startswith("v1")


def test_a_receipt_is_its_readers_alone(as_, world):
    receipt_id = read(world.orla, in_force(world.orla, of(world.orla, "letters")).id)
    address = f"/procedures/receipts/{written(receipt_id)}"
    assert as_("orla").get(address).status_code == 200
    for who in ("shauna", "declan", "tomasz", "root"):
        assert as_(who).get(address).status_code == 404, who
        assert find_receipt(world.viewers[who], receipt_id) is None
    assert "R-" not in as_("shauna").get("/procedures/my-reading").text


def test_what_stood_in_the_blanks_is_kept_with_the_confirmation(world, db_session):
    """The text is the version's, the settings are the agency's: both are on record."""
    settings.set("allocation_process", "Thursday round", actor=world.brid, at=clock.now())
    read(world.tomasz, in_force(world.tomasz, of(world.tomasz, "ie-first-contact")).id)
    settings.set("allocation_process", "Friday round", actor=world.brid, at=clock.now())
    assert db_session.scalar(select(ReadingConfirmation.filled))["allocation_process"] == "Thursday round"


def test_my_reading_lists_and_exports_what_i_confirmed(as_, world):
    read(world.orla, in_force(world.orla, of(world.orla, "letters")).id, purpose=ReadingPurpose.CPD)
    read(world.orla, in_force(world.orla, of(world.orla, "keeping-records")).id)
    orla = as_("orla")
    page = orla.get("/procedures/my-reading").text
    assert "9.3 Letters" in page and "9.1 Keeping records" in page and "2 entries" in page
    only = orla.get("/procedures/my-reading?purpose=cpd").text
    assert "9.3 Letters" in only and "9.1 Keeping records" not in only
    csv = orla.get("/procedures/my-reading.csv").text
    assert csv.count("\n") == 3 and "Learning (CPD)" in csv


def test_confirmations_of_many_at_once_stand_each_for_itself(world, db_session):
    """The standing is written in the same commit, whatever the order of arrival."""
    chapter = of(world.orla, "letters")
    old = in_force(world.orla, chapter).id
    new_version(world, world.declan, chapter)
    new = in_force(world.orla, chapter).id
    read(world.orla, new)
    read(world.orla, old)
    row = db_session.scalar(select(ReadingStanding).where(ReadingStanding.user_id == world.orla.user_id))
    assert (row.confirmed_number, row.confirmed_on) == (2, clock.today())
    assert db_session.scalar(select(func.count(ReadingConfirmation.id))) == 2
