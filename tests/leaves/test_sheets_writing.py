"""What leaves as CSV runs nothing in a spreadsheet and comes back as it was."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp.sheets import csv_bytes, unguarded


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "\t=", "\u00a0+", "＝", "\x00=", " \x00@"]
)
def test_a_cell_that_a_spreadsheet_would_run_gets_a_quote_mark(start):
    [_, [cell]] = rows_of(csv_bytes(["Note"], [[f"{start}1+1"]]))
    assert cell == "'" + start.replace("\x00", "") + "1+1"


def test_a_heading_is_made_safe_too():
    assert rows_of(csv_bytes(["=Note"], [])) == [["'=Note"]]


def test_numbers_and_dates_are_left_alone():
    at = datetime(2026, 11, 24, 9, 5, 30, tzinfo=UTC)
    cells = [-5, -0.5, Decimal("-7.20"), date(2026, 11, 24), at, None, True, False]
    assert rows_of(csv_bytes(["x"], [cells]))[1] == [
        "-5",
        "-0.5",
        "-7.20",
        "2026-11-24",
        "2026-11-24 09:05",
        "",
        "yes",
        "no",
    ]


def test_the_file_has_a_bom_and_crlf_so_that_excel_reads_the_accents():
    assert csv_bytes(["Name"], [["Éabha"]]) == b"\xef\xbb\xbfName\r\n\xc3\x89abha\r\n"


def test_half_a_character_is_no_error():
    assert rows_of(csv_bytes(["x"], [["a\ud800b"]]))[1] == ["a?b"]


texts = st.text(st.characters(exclude_categories=["Cs"]))
risky = st.builds(
    str.__add__, st.sampled_from(["=", "+", "-", "@", "\t", "\r", "'", "'=", "''@", " '", "\n"]), texts
)


@given(st.lists(st.lists(st.one_of(texts, risky), min_size=2, max_size=2)))
def test_every_text_comes_back_as_it_was_but_for_nul(rows):
    back = [[unguarded(cell) for cell in row] for row in rows_of(csv_bytes(["a", "b"], rows))[1:]]
    assert back == [[cell.replace("\x00", "") for cell in row] for row in rows]


@given(st.one_of(texts, risky))
def test_no_written_text_starts_with_what_a_spreadsheet_runs(text):
    [_, [cell, _]] = rows_of(csv_bytes(["a", "b"], [[text, "x"]]))
    assert not cell.strip().startswith(("=", "+", "-", "@"))
    assert not cell.startswith(("\t", "\r", "\n"))
