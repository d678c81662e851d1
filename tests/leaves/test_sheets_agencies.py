"""Only an agency that is surely meant is matched without asking."""

import pytest

from caseapp.sheets import Match, fold_agency, match_agency

KNOWN = [
    (1, "Harbour Hostel (demo)"),
    (2, "Quayside Clinic (demo)"),
    (3, "St Fictional's Day Centre (demo)"),
    (4, "Larkfield Housing (demo)"),
    (5, "Larkfield Health & Care (demo)"),
]


@pytest.mark.parametrize(
    "text", ["Harbour hostel ", "harbour hostel (Demo)", "HARBOUR  HOSTEL( demo )", "Harbour-Hostel"]
)
def test_case_spacing_and_the_word_demo_do_not_matter(text):
    assert fold_agency(text) == "harbour hostel"
    assert match_agency(text, KNOWN) == Match("exact", 1, "Harbour Hostel (demo)")


def test_apostrophes_and_ampersands_do_not_matter():
    assert match_agency("St. Fictional’s Day Centre", KNOWN).id == 3
    assert match_agency("larkfield health and care", KNOWN) == Match(
        "exact", 5, "Larkfield Health & Care (demo)"
    )


def test_the_beginning_of_a_name_is_a_suggestion_and_never_a_match():
    assert match_agency("Quayside", KNOWN) == Match("suggested", 2, "Quayside Clinic (demo)")


def test_a_longer_writing_of_a_known_name_is_a_suggestion():
    assert match_agency("Quayside Clinic North", KNOWN).kind == "suggested"


def test_a_slip_of_the_pen_is_a_suggestion():
    assert match_agency("Quaysdie Clinic", KNOWN) == Match("suggested", 2, "Quayside Clinic (demo)")


def test_a_beginning_that_fits_two_agencies_names_both():
    found = match_agency("Larkfield", KNOWN)
    assert found.kind == "suggested"
    assert {found.id, *(id for id, _ in found.others)} == {4, 5}


@pytest.mark.parametrize("text", ["Somebody Else Ltd", "", "  ", "(demo)", "Quay", "H", "x" * 100_000])
def test_anything_else_is_unknown(text):
    assert match_agency(text, KNOWN) == Match("unknown")


def test_two_known_agencies_of_one_folded_name_are_not_matched_silently():
    twins = [(1, "Harbour Hostel (demo)"), (2, "Harbour hostel")]
    assert match_agency("HARBOUR HOSTEL", twins).kind == "suggested"
    assert match_agency("Harbour hostel", twins) == Match("exact", 2, "Harbour hostel")


def test_a_place_in_brackets_tells_two_agencies_apart():
    assert match_agency("Hostel (North)", [(1, "Hostel (South)")]).kind != "exact"
