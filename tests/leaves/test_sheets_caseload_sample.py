"""The caseload sheet as services keep it, mess and all: what exactly comes out of tests/data/caseload-sample.csv."""

import codecs
import csv
import io
from datetime import date
from pathlib import Path

import pytest

from caseapp.sheets import CellError, read_caseload

TODAY = date(2026, 11, 21)
SAMPLE = Path(__file__).parents[1] / "data" / "caseload-sample.csv"


@pytest.fixture(scope="module")
def sheet():
    return read_caseload(SAMPLE.read_bytes(), today=TODAY)


def person(sheet, name):
    [found] = [each for each in sheet.people if each.name == name]
    return found


def actions(sheet):
    return [
        act for each in sheet.people for case in each.cases for goal in case.goals for act in goal.actions
    ]


def test_the_sample_holds_18_people_with_one_case_each_and_62_actions(sheet):
    assert len(sheet.people) == 18
    assert [len(each.cases) for each in sheet.people] == [1] * 18
    assert len(actions(sheet)) == 62
    assert sum(len(case.goals) for each in sheet.people for case in each.cases) == 33


def test_its_three_errors_name_row_column_and_text(sheet):
    assert sheet.errors == (
        CellError(17, "D.O.B.", "31/02/1988", "There is no such date."),
        CellError(27, "Client name", "", "The name is missing."),
        CellError(31, "By when", "asap", "This is not a date. Write it like 24/11/2026, or leave it empty."),
    )
    assert not sheet.clean
    assert sheet.more_errors == 0
    assert sheet.more_errors_text == ""


def test_every_row_that_says_something_has_an_outcome(sheet):
    outcomes = {line.row: line.outcome for line in sheet.lines}
    assert sorted(outcomes) == [row for row in range(2, 69) if row != 7]
    assert {row for row, outcome in outcomes.items() if outcome == "error"} == {17, 27, 31}
    assert {row for row, outcome in outcomes.items() if outcome == "duplicate"} == {13}
    assert [line.of for line in sheet.lines if line.row == 13] == [12]


def test_two_writings_of_a_name_are_one_person_and_the_best_cased_is_kept(sheet):
    assert [each.name for each in sheet.people] == [
        "Kwame O'Example",
        "Liadh Placeholder",
        "Éabha Mac-Demo",
        "Ciarán Mac-Demo",
        "Íde Mac-Demo",
        "Gráinne Mac-Demo",
        "Amara Draftley",
        "Gráinne Fictionby",
        "Íde Testwell",
        "Rua Draftley",
        "Ciarán Placeholder",
        "Wiktoria Ní-Dhemo",
        "Úna O'Example",
        "Oisín Sampleford",
        "Chidi Placeholder",
        "Zofia Ní-Dhemo",
        "Éabha Ní-Dhemo",
        "Dáithí Sampleford",
    ]
    assert person(sheet, "Kwame O'Example").rows == (2, 3, 4, 5)
    assert person(sheet, "Kwame O'Example").date_of_birth == date(1986, 11, 2)


def test_a_person_with_the_ref_on_some_rows_only_has_one_case_with_that_ref(sheet):
    eabha = person(sheet, "Éabha Mac-Demo")
    assert eabha.refs == ("L1002",)
    assert eabha.rows == (14, 15, 16)
    assert eabha.cases[0].lead_agency_text == "Riverbank Drug Service (demo)"
    assert eabha.cases[0].case_manager_text == "M. Outreach"
    assert eabha.cases[0].opened_on == date(2026, 4, 10)
    assert person(sheet, "Rua Draftley").refs == ()


def test_four_writings_of_one_date_are_one_date(sheet):
    [case] = person(sheet, "Liadh Placeholder").cases
    assert case.opened_on == date(2025, 12, 10)
    assert {act.row: act.due_on for goal in case.goals for act in goal.actions} == {
        6: date(2026, 10, 15),
        8: date(2026, 11, 29),
        9: date(2027, 2, 15),
        10: date(2026, 12, 2),
        11: date(2026, 9, 23),
        12: date(2026, 12, 3),
    }


def test_statuses_are_mapped_and_each_guess_is_told_with_its_rows(sheet):
    counted = {}
    for act in actions(sheet):
        counted[act.status] = counted.get(act.status, 0) + 1
    assert counted == {"completed": 12, "requested": 25, "cancelled": 13, "in_progress": 6, "blocked": 6}
    told = {notice.text: notice.rows for notice in sheet.notices if notice.column == "Status"}
    assert told == {
        "": (3, 9, 11, 24, 33, 37, 43, 54, 55, 60, 63, 67),
        "n/a": (5, 14, 15, 18, 22, 23, 32, 41, 47, 52, 59, 65, 68),
        "open": (6, 8, 12, 13, 29, 30, 34, 39, 40, 44, 49, 56, 58, 61),
    }


def test_notes_are_kept_as_written_formulas_quotes_and_line_breaks_too(sheet):
    notes = {act.row: act.note for act in actions(sheet)}
    assert notes[4] == "=SUM(A1:A3)"
    assert notes[5] == "€45 owed – paid 10"
    assert notes[14] == "line one\nline two"
    assert notes[20] == 'said "not yet"'
    assert notes[2] == ""


def test_blank_and_duplicate_rows_are_told_and_not_counted(sheet):
    told = {notice.message: notice.rows for notice in sheet.notices}
    assert told["1 blank row is left out."] == (7,)
    assert told["The same as an earlier row: counted once."] == (13,)


def test_agency_names_stay_as_written_to_be_matched_later(sheet):
    by_row = {act.row: act.agency_text for act in actions(sheet)}
    assert by_row[9] == "Harbour hostel"
    assert by_row[34] == "Quayside"
    assert by_row[23] == "Somebody Else Ltd"


def as_utf16(text):
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def with_separator(separator):
    def rewritten(text):
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=separator).writerows(csv.reader(io.StringIO(text, newline="")))
        return out.getvalue().encode()

    return rewritten


@pytest.mark.parametrize(
    "written",
    [
        str.encode,
        as_utf16,
        with_separator(";"),
        with_separator("\t"),
        with_separator("|"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\r\n", "\n").encode("utf-8-sig"),
        lambda text: b"sep=,\r\n" + text.encode(),
        lambda text: text.encode() + b"\r\n\r\n,,,,\r\n",
    ],
    ids=["no BOM", "UTF-16 LE", "semicolons", "tabs", "bars", "UTF-16 BE", "LF", "sep line", "blank end"],
)
def test_the_same_sheet_in_another_dress_says_the_same(sheet, written):
    assert read_caseload(written(SAMPLE.read_bytes().decode("utf-8-sig")), today=TODAY) == sheet


def test_windows_1252_says_the_same_and_tells_that_it_was_guessed(sheet):
    text = SAMPLE.read_bytes().decode("utf-8-sig")
    read = read_caseload(text.encode("cp1252"), today=TODAY)
    assert read.people == sheet.people
    assert read.errors == sheet.errors
    assert "Windows-1252" in read.notices[0].message
