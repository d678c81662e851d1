"""Columns are known however a service calls them; what is missing or unknown is said."""

import csv
import io
from datetime import date

import pytest

from caseapp.sheets import SheetRefused, csv_bytes, read_caseload
from caseapp.sheets.headings import FIELDS, field_of

TODAY = date(2026, 11, 21)
NEEDED = ["Client name", "D.O.B.", "Lead agency", "Goal", "Action", "Who"]
ROW = ["Rua Draftley", "08/10/1979", "Harbour", "Home", "View flat", "Quayside"]


def read(headings, *rows):
    return read_caseload(csv_bytes(headings, rows), today=TODAY)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Client name", "name"), ("NAME", "name"), ("Service user", "name"), ("Service-User's name", "name"),
        ("D.O.B.", "date_of_birth"), ("d o b", "date_of_birth"), ("Date of Birth (dd/mm/yyyy)", "date_of_birth"),
        ("Ref", "ref"), ("Ref. No.", "ref"), ("Client ID", "ref"), ("Lead agency", "lead_agency"), (" lead  AGENCY: ", "lead_agency"),
        ("Case manager", "case_manager"), ("Key-worker", "key_worker"), ("Opened", "opened"), ("Date opened", "opened"),
        ("Goal", "goal"), ("Action *", "action"), ("Who?", "agency"), ("By whom", "agency"), ("Agency", "agency"),
        ("Worker", "worker"), ("By when", "due"), ("Due date", "due"), ("Status", "status"), ("Comments", "note"),
        ("First name", "first_name"), ("SURNAME", "surname"), ("Domain", "domain"), ("Mobile no.", "phone"),
        ("Shoe size", None), ("", None), ("x" * 100_000, None),
    ],
)  # fmt: skip
def test_a_heading_is_known_in_any_case_spacing_and_punctuation(heading, field):
    assert field_of(heading) == field


def test_no_synonym_means_two_things_and_all_are_written_as_they_are_looked_up():
    synonyms = [synonym for _, listed in FIELDS.values() for synonym in listed.split()]
    assert len(synonyms) == len(set(synonyms))
    assert all(synonym.isalnum() and synonym == synonym.lower() for synonym in synonyms)
    assert all(field_of(ours) == field for field, (ours, _) in FIELDS.items())


def test_missing_columns_are_one_error_that_lists_them_and_what_was_found():
    with pytest.raises(SheetRefused) as refused:
        read(["Client name", "Ref", "Goal", "Shoe size", "Who"], ["x"] * 5)
    assert refused.value.message == (
        "These columns are missing: Date of birth, Lead agency, Action. "
        "Found in row 1: Client name, Ref, Goal, Shoe size, Who."
    )


def test_a_heading_with_markup_cannot_become_markup_in_the_refusal():
    with pytest.raises(SheetRefused) as refused:
        read(["Client name", "Goal", "<img src=x onerror=alert(1)>"], ["x"] * 3)
    assert "<" not in refused.value.message


def test_rows_without_any_known_heading_are_refused_with_an_example():
    with pytest.raises(
        SheetRefused, match=r"No headings were found.*Client name, Date of birth, Lead agency"
    ):
        read(["a", "b"], ["1", "2"])


def test_first_name_and_surname_columns_make_the_name():
    sheet = read(["Surname", "First name", *NEEDED[1:]], ["Draftley", "Rua", *ROW[1:]], ["", "Rua", *ROW[1:]])
    assert [person.name for person in sheet.people] == ["Rua Draftley"]
    assert [(error.row, error.column) for error in sheet.errors] == [(3, "Surname")]


def test_unknown_and_consent_columns_are_left_out_and_told():
    sheet = read([*NEEDED, "Shoe size", "Consent signed?"], [*ROW, "44", "yes"])
    assert [
        (notice.column, notice.message)
        for notice in sheet.notices
        if notice.column in ("Shoe size", "Consent signed?")
    ] == [
        (
            "Consent signed?",
            "The column “Consent signed?” is left out: consent is recorded with the person, never imported.",
        ),
        ("Shoe size", "The column “Shoe size” is not known and is left out."),
    ]


def test_of_two_columns_for_one_thing_the_first_is_taken_and_the_other_told():
    sheet = read([*NEEDED, "Notes", "Comments"], [*ROW, "first", "second"])
    assert sheet.people[0].cases[0].goals[0].actions[0].note == "first"
    assert "The column “Comments” is left out: “Notes” was taken already." in [
        notice.message for notice in sheet.notices
    ]


def test_phone_domain_and_key_worker_are_kept():
    sheet = read([*NEEDED, "Phone", "Domain", "Key worker"], [*ROW, "01 555 0100", "Housing", "S. Keyworker"])
    [person] = sheet.people
    assert person.phone == "01 555 0100"
    assert person.cases[0].key_worker_text == "S. Keyworker"
    assert person.cases[0].goals[0].domain_text == "Housing"


def test_columns_may_stand_in_any_order():
    order = [5, 3, 1, 0, 4, 2]
    shuffled = read([NEEDED[at] for at in order], [ROW[at] for at in order])
    assert shuffled.people == read(NEEDED, ROW).people


def test_headings_that_stand_again_further_down_are_left_out_and_told():
    sheet = read(NEEDED, ROW, NEEDED, [*ROW[:4], "Other", "Quayside"])
    assert [(line.row, line.outcome) for line in sheet.lines] == [(2, "taken"), (3, "left out"), (4, "taken")]
    assert sheet.errors == ()


def test_errors_name_the_heading_as_the_sheet_writes_it():
    text = csv_bytes(["SERVICE USER", "Birth date", *NEEDED[2:]], [["", "asap", *ROW[2:]]])
    assert next(csv.reader(io.StringIO(text.decode("utf-8-sig"))))[0] == "SERVICE USER"
    assert [(error.column, error.text) for error in read_caseload(text, today=TODAY).errors] == [
        ("SERVICE USER", ""),
        ("Birth date", "asap"),
    ]
