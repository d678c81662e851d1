"""What a single cell means, and what it is told when it means nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp.sheets.cells import STATUS_LABELS, CellRefused, read_date, read_name, read_status
from caseapp.sheets.text import best_writing, fold_name, quoted
from caseapp.vocabulary import ActionStatus

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    "text",
    [
        "10/12/2025", "10/12/25", "10.12.2025", "10-12-2025", "10 / 12 / 2025", "2025-12-10", "2025/12/10",
        "10 Dec 2025", "10-Dec-25", "10 December 2025", "10th December, 2025", "Wed 10 Dec 2025", "Wednesday, 10 Dec 2025",
        "Dec 10, 2025", "10 dec. 2025", "46001", "46001.5", "2025-12-10T00:00:00", "10/12/2025 00:00", " 10/12/2025 ",
        date(2025, 12, 10),
    ],
)  # fmt: skip
def test_one_date_in_every_writing(text):
    assert read_date(text, today=TODAY)[0] == date(2025, 12, 10)


def test_september_has_two_short_names():
    assert (
        read_date("1 Sep 2026", today=TODAY)[0]
        == read_date("1 Sept 2026", today=TODAY)[0]
        == date(2026, 9, 1)
    )


def test_births_with_two_digits_lie_in_the_past():
    assert read_date("02/11/86", today=TODAY, born=True)[0] == date(1986, 11, 2)
    assert read_date("21/11/26", today=TODAY, born=True)[0] == date(2026, 11, 21)
    assert read_date("22/11/26", today=TODAY, born=True)[0] == date(1926, 11, 22)
    assert read_date("01/01/30", today=TODAY, born=True)[0] == date(1930, 1, 1)


def test_other_dates_with_two_digits_lie_near_today():
    assert read_date("01/01/30", today=TODAY)[0] == date(2030, 1, 1)
    assert read_date("01/01/99", today=TODAY)[0] == date(1999, 1, 1)


def test_two_digits_and_day_numbers_are_told_as_guesses():
    assert read_date("10/12/25", today=TODAY)[1] == "Years of two digits are read as the nearest to today."
    assert read_date("46001", today=TODAY)[1] == "Whole numbers are read as a spreadsheet's dates."
    assert read_date("10/12/2025", today=TODAY)[1] == ""


def test_a_workbook_that_counts_from_1904_is_four_years_later():
    assert read_date("44539", today=TODAY, from_1904=True)[0] == date(2025, 12, 10)


@pytest.mark.parametrize(
    "text",
    [
        "31/02/1988",
        "00/01/2026",
        "32/01/2026",
        "29/02/2026",
        "2026-02-30",
        "31 Feb 2026",
        "0/0/00",
        "29/02/25",
    ],
)
def test_an_impossible_date_is_refused(text):
    with pytest.raises(CellRefused, match="no such date"):
        read_date(text, today=TODAY)


def test_month_before_day_is_refused_with_the_right_order():
    with pytest.raises(CellRefused, match="the day comes before the month"):
        read_date("12/25/2026", today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "asap",
        "next week",
        "1986",
        "Dec 2025",
        "12/2025",
        "10 Foo 2025",
        "?",
        "20251210",
        "-1",
        "T" * 100_000,
        "1/1/123",
    ],
)
def test_a_vague_date_is_refused(text):
    with pytest.raises(CellRefused, match="This is not a date"):
        read_date(text, today=TODAY)


def test_a_birth_to_come_or_long_ago_is_refused():
    with pytest.raises(CellRefused, match="future"):
        read_date("22/11/2026", today=TODAY, born=True)
    with pytest.raises(CellRefused, match="120 years"):
        read_date("01/01/1886", today=TODAY, born=True)


@pytest.mark.parametrize("text", ["01/01/2126", "01/01/1926", "01/01/0026"])
def test_a_plan_date_far_away_is_refused_with_its_year(text):
    with pytest.raises(CellRefused, match="Look at the year"):
        read_date(text, today=TODAY)


@given(st.dates(date(1980, 1, 1), TODAY + timedelta(days=365 * 29)))
def test_every_date_is_read_back_from_each_way_of_writing_it(day):
    for way in ("%d/%m/%Y", "%Y-%m-%d", "%d %b %Y", "%d-%B-%Y"):
        assert read_date(day.strftime(way), today=TODAY) == (day, "")
    assert read_date(str((day - date(1899, 12, 30)).days), today=TODAY)[0] == day


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_a_cell(text):
    for read in (lambda: read_date(text, today=TODAY), lambda: read_name(text), lambda: read_status(text)):
        try:
            read()
        except CellRefused as refusal:
            assert str(refusal)


@pytest.mark.parametrize(
    ("text", "status", "guessed"),
    [
        ("Done ", "completed", False), ("DONE", "completed", False), ("completed", "completed", False),
        ("open", "requested", True), ("", "requested", True), ("-", "requested", True), ("Asked", "requested", False),
        ("in progress", "in_progress", False), ("In-Progress", "in_progress", False), ("ongoing", "in_progress", True),
        ("blocked", "blocked", False), ("n/a", "cancelled", True), ("N.A.", "cancelled", True), ("✓", "completed", True),
        ("not done", "not_completed", False), ("refused", "declined", True), ("Not started", "requested", True),
    ],
)  # fmt: skip
def test_statuses_as_services_write_them(text, status, guessed):
    assert read_status(text) == (status, guessed)


def test_a_status_nobody_knows_is_refused_with_the_words_that_are_known():
    with pytest.raises(CellRefused, match="Use open, in progress, blocked, done, not done or n/a"):
        read_status("mostly there")


def test_statuses_and_their_labels_are_those_of_the_vocabulary():
    assert {status.value: status.label for status in ActionStatus} == STATUS_LABELS


def test_names_that_differ_in_case_accents_or_marks_fold_alike():
    writings = ["KWAME O'EXAMPLE", "Kwame O’Example", " kwame  o'example", "Kwamé O'Example"]
    assert {fold_name(writing) for writing in writings} == {"kwame oexample"}
    assert fold_name("ÉABHA MAC-DEMO") == fold_name("Éabha Mac Demo") == "eabha mac demo"
    assert fold_name("Łucja Øst") == "lucja ost"
    assert fold_name("E\u0301abha") == fold_name("Éabha")


def test_the_best_cased_writing_is_kept():
    assert best_writing(["KWAME O'EXAMPLE", "kwame o'example", "Kwame O'Example"]) == "Kwame O'Example"
    assert best_writing(["Eabha Mac-Demo", "Éabha Mac-Demo", "ÉABHA MAC-DEMO"]) == "Éabha Mac-Demo"
    assert best_writing(["ÉABHA MAC-DEMO", "Eabha Mac-Demo"]) == "Eabha Mac-Demo"
    assert best_writing(["RUA DRAFTLEY"]) == "RUA DRAFTLEY"


def test_surname_comma_first_name_is_turned_round_and_told():
    assert read_name("O'Example,  Kwame") == ("Kwame O'Example", True)
    assert read_name("Kwame O'Example, Jr") == ("Kwame O'Example, Jr", False)


@pytest.mark.parametrize("text", ["?", "123", "--", "."])
def test_what_has_no_letter_is_no_name(text):
    with pytest.raises(CellRefused):
        read_name(text)


def test_quoted_text_cannot_become_markup_nor_turn_the_line_round():
    assert quoted("<script>alert(1)</script>\u202e\x07") == "‹script›alert(1)‹/script›"
    assert len(quoted("x" * 1_000)) == 60


@given(st.text(st.characters(codec="ascii")))
def test_the_quick_way_of_folding_plain_letters_is_the_same_as_the_long_way(text):
    assert fold_name(text) == fold_name(f"{text} é").removesuffix("e").rstrip()
