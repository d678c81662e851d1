"""Case references: said on the phone, and safe against a slip of the tongue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp.references import is_valid, new_reference, parse, say

references = st.integers(100_000, 999_999).map(lambda n: f"{n}{98 - n * 100 % 97:02}")


def test_a_new_reference_is_eight_digits_that_do_not_begin_with_zero():
    for _ in range(2000):
        reference = new_reference()
        assert len(reference) == 8
        assert reference.isascii() and reference.isdecimal()
        assert reference[0] != "0"
        assert is_valid(reference)


def test_new_references_cannot_be_told_from_one_another():
    assert len({new_reference() for _ in range(200)}) > 195


def test_the_check_digits_are_those_of_iso_7064():
    # the worked example known for MOD 97-10: 794 is followed by 44
    assert int("79444") % 97 == 1
    assert is_valid("41729304")
    assert not is_valid("41729305")


@given(references)
def test_what_follows_the_standard_is_valid(reference):
    assert is_valid(reference)


@given(references, st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_never_gives_another_case(reference, at, shift):
    wrong = str((int(reference[at]) + shift) % 10)
    assert not is_valid(reference[:at] + wrong + reference[at + 1 :])


@given(references, st.integers(0, 6))
def test_two_neighbours_swapped_never_give_another_case(reference, at):
    swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
    assert swapped == reference or not is_valid(swapped)


@given(references, st.integers(0, 2))
def test_two_spoken_pairs_swapped_are_caught_unless_they_lie_97_apart(reference, at):
    pairs = [reference[n : n + 2] for n in range(0, 8, 2)]
    apart = abs(int(pairs[at]) - int(pairs[at + 1]))
    pairs[at], pairs[at + 1] = pairs[at + 1], pairs[at]
    swapped = "".join(pairs)
    assert swapped == reference or apart == 97 or not is_valid(swapped)


def test_a_reference_is_said_in_pairs():
    assert say("41729304") == "41 72 93 04"


@given(references)
def test_what_is_said_is_understood(reference):
    assert parse(say(reference)) == reference
    assert parse(reference) == reference


@pytest.mark.parametrize(
    "typed",
    [
        " 41 72 93 04 ",
        "41-72-93-04",
        "41.72.93.04",
        "41–72–93–04",
        "4172 9304",
        "41\u00a072\u00a093\u00a004",
        "ref 41729304",
        "Ref. 41 72 93 04",
        "REF:41729304",
        "ref41729304",
        "Reference 41729304",
        "case 41 72 93 04",
        "Case ref. 41 72 93 04",
        "case no. 41729304",
        "#41729304",
        "41,72,93,04",
        "４１７２９３０４",
        "٤١٧٢٩٣٠٤",
    ],
)
def test_a_reference_is_understood_however_it_is_typed(typed):
    assert parse(typed) == "41729304"


def test_the_letter_o_is_taken_for_zero():
    reference = next(f"{n}{98 - n * 100 % 97:02}" for n in range(100_000, 200_000))
    assert reference.startswith("10000")
    assert parse(reference.replace("0", "O")) == reference
    assert parse(reference.replace("0", "o")) == reference


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ref",
        "4172934",
        "417293045",
        "41729305",
        "04172934",
        "ninety",
        "41729304\n41729304",
        "x41729304",
        "²³",
    ],
)
def test_anything_else_is_no_reference(typed):
    assert parse(typed) is None


@given(st.text())
def test_any_text_is_answered(text):
    found = parse(text)
    assert found is None or is_valid(found)
    assert is_valid(text) == (parse(text) == text)


def test_a_reference_followed_by_a_line_end_is_not_stored_as_one():
    assert not is_valid("41729304\n")
    assert parse("41729304\n") == "41729304"


def test_a_very_long_text_is_no_reference():
    assert parse("4" * 100_000) is None
    assert parse("41729304" + " " * 100) is None
