"""Names are found through accents, spelling and order, in any script, and no text can break the search."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from caseapp.names import asked_by, fold, keys, likeness, likeness_of_folded, meant, one_left_out, trigrams

any_text = st.text(max_size=60)
names = st.lists(
    st.text("abcdefghijklmnoprstuvyzáéíóúłøßć'", min_size=2, max_size=12), min_size=1, max_size=3
).map(" ".join)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Séamus", "seamus"),
        ("SÉAMUS", "seamus"),
        ("Se\u0301amus", "seamus"),
        ("Sea\u0301n  \t Byrne ", "sean byrne"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Søren Ångström", "soren angstrom"),
        ("Weiß", "weiss"),
        ("WEISS", "weiss"),
        ("Æthelflæd", "aethelflaed"),
        ("Nguyễn", "nguyen"),
        ("Đorđe", "dorde"),
        ("İbrahim Yıldız", "ibrahim yildiz"),
        ("Þóra", "thora"),
        ("Ann-Marie", "ann marie"),
        ("Byrne, Mary (Molly)", "byrne mary molly"),
        ("ＪＯＨＮ", "john"),
        ("J\u20ddohn", "john"),  # a circle around the letter
        ("J\u200bohn", "john"),
        ("Jo\0hn", "john"),
        ("Joh\ud800n", "john"),
        ("Anna 😀", "anna"),
        ("Type 2", "type 2"),
    ],
)
def test_a_name_folds_to_plain_small_letters(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize(
    "written", ["O'Brien", "O’Brien", "O Brien", "O' Brien", "Ó Brien", "OBrien", "o`brien"]
)
def test_o_is_part_of_the_name_however_it_is_written(written):
    assert fold(f"Mary {written}") == "mary obrien"


@pytest.mark.parametrize(
    "written", ["McCarthy", "MacCarthy", "Mc Carthy", "Mac Carthy", "M'Carthy", "M’Carthy", "MCCARTHY"]
)
def test_mc_and_mac_are_one(written):
    assert fold(f"Tom {written}") == "tom maccarthy"


def test_a_beginning_with_nothing_after_it_stays():
    assert fold("Kevin O") == "kevin o"
    assert fold("Mc") == "mac"


def test_what_is_typed_so_far_of_a_mc_name_shares_its_beginning():
    assert trigrams("McCar") - {"ar "} <= trigrams("MacCarthy")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("مُحَمَّد", "محمد"),  # with and without vowel signs
        ("أحمد", "احمد"),  # hamza or plain alef
        ("فاطمة", "فاطمه"),  # ta marbuta
        ("علی", "علي"),  # Persian and Arabic yeh
        ("كريم", "کریم"),
        ("عـــلي", "علي"),  # drawn out
    ],
)
def test_arabic_names_fold_alike_however_they_are_typed(one, other):
    assert fold(one) == fold(other) != ""
    assert likeness(one, other) == 1.0


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "😀", "❤️", "---", "'", "\u200d", "\ufeff", "\ud83d", "\u0301"]
)
def test_a_text_without_letters_folds_to_nothing_and_is_like_nothing(text):
    assert fold(text) == ""
    assert trigrams(text) == frozenset()
    assert likeness(text, text) == 0.0
    assert likeness(text, "Anna") == likeness("Anna", text) == 0.0


def test_a_short_name_has_its_trigrams():
    assert trigrams("Ann") == {"  a", " an", "ann", "nn "}
    assert trigrams("Jo Á") == {"  j", " jo", "jo ", "  a", " a "}


def test_family_name_first_has_the_same_trigrams():
    assert trigrams("Mary Byrne") == trigrams("BYRNE, Mary")


@given(any_text)
@example("ǰ̣")
@example("\u0345a")
@example("m'm'o mc")
@example("ﷺ" * 30)
def test_any_text_folds_and_folding_again_changes_nothing(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.strip()
    assert "  " not in folded


def test_every_letter_of_the_scripts_with_small_letters_or_marks_folds_for_good():
    points = [*range(0x3100), *range(0xA640, 0xAC00), *range(0xF900, 0x10800), *range(0x1E900, 0x1F200)]
    again = [hex(n) for n in points if fold(fold(chr(n))) != fold(chr(n))]
    assert again == []


@given(st.text(st.characters(), max_size=2000))
def test_a_fold_is_short_and_can_be_stored(text):
    folded = fold(text)
    assert len(folded) <= 400
    assert "\0" not in folded
    folded.encode("utf-8")


@given(any_text)
def test_trigrams_fit_their_column(text):
    for trigram in trigrams(text):
        assert len(trigram) == 3
        trigram.encode("utf-8")


@given(any_text, any_text)
def test_likeness_is_the_same_both_ways_and_between_nothing_and_one(a, b):
    assert likeness(a, b) == likeness(b, a) == likeness_of_folded(fold(a), fold(b))
    assert 0.0 <= likeness(a, b) <= 1.0


@given(any_text, any_text)
def test_only_names_that_fold_alike_are_wholly_alike(a, b):
    assert (likeness(a, b) == 1.0) == (fold(a) == fold(b) != "")


@given(names)
def test_a_name_is_wholly_like_itself_without_its_accents(name):
    if fold(name):
        assert likeness(name, fold(name).upper()) == 1.0


@given(st.lists(st.text("abcdefghijklnprstuvwxyz", min_size=2, max_size=12), min_size=2, max_size=3))
def test_the_order_of_given_and_family_name_does_little_harm(words):
    assert likeness(" ".join(words), " ".join(reversed(words))) >= 0.98


@given(
    st.text("abcdefghijklnpqrstuvwyz", min_size=4, max_size=10),
    st.text("abcdefghijklnpqrstuvwyz", min_size=5, max_size=12),
    st.integers(1, 3),
)
def test_one_wrong_letter_leaves_names_alike(given_name, family_name, at):
    slip = family_name[:at] + "x" + family_name[at + 1 :]
    assert likeness(f"{given_name} {family_name}", f"{given_name} {slip}") > 0.6


@pytest.mark.parametrize(
    ("searched", "right", "wrong"),
    [
        ("Shamus OBrian", "Séamus Ó Briain", "Sandra O'Brien-Walsh"),
        ("Maccarty Tom", "Thomas McCarthy", "Tamara Carty"),
        ("Katarzina", "Katarzyna Wiśniewska", "Karina Katona"),
        ("Byrn", "Mary Byrne", "Brian Barnes"),
    ],
)
def test_the_person_who_was_meant_comes_before_a_chance_likeness(searched, right, wrong):
    assert likeness(searched, right) > likeness(searched, wrong)


words = st.text("abcdefghijklnpqrstuvwxyz", min_size=4, max_size=40)


@given(
    words, st.integers(0, 50), st.sampled_from("aeqxz"), st.sampled_from(["wrong", "gone", "more", "swapped"])
)
def test_two_words_one_slip_apart_have_what_is_left_of_them_in_common(word, at, letter, slip):
    at %= len(word) - 1
    slipped = {
        "wrong": word[:at] + letter + word[at + 1 :],
        "gone": word[:at] + word[at + 1 :],
        "more": word[:at] + letter + word[at:],
        "swapped": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[slip]
    assert one_left_out(word) & one_left_out(slipped)
    assert meant(slipped, word) or len(slipped) <= 3


def test_the_keys_of_a_name_are_its_words_with_a_letter_left_out_beside_the_first_letter_of_another():
    assert keys("Jo Ó Sé") == {
        ("jo", "o"),
        ("o", "o"),
        ("j", "o"),
        ("ose", "j"),
        ("se", "j"),
        ("oe", "j"),
        ("os", "j"),
    }
    assert keys("Cher") == keys("🙂") == keys("Ann Ann") == frozenset()
    assert asked_by("jo ose") == ({"jo", "o", "j", "ose", "se", "oe", "os"}, {"j", "o"})
    assert asked_by("cher") == (frozenset(), frozenset())


@given(st.lists(st.text("abcdefgh", min_size=4, max_size=9), min_size=2, max_size=4, unique=True))
def test_what_is_asked_for_finds_the_keys_of_the_name_in_any_order(name):
    letters, beside = asked_by(" ".join(reversed(name)))
    assert any(one in letters and first in beside for one, first in keys(" ".join(name)))


@given(any_text)
def test_keys_are_few_and_fit_their_columns(text):
    assert len(keys(text * 3)) <= 10 * 25 * 9
    for letters, beside in keys(text):
        assert 1 <= len(letters) <= 24
        assert len(beside) == 1


@pytest.mark.parametrize(
    ("asked", "written", "right"),
    [
        ("mary byrne", "byrne mary", True),
        ("mary byrnne", "mary byrne", True),
        ("mary byrne", "mary brennan", False),
        ("mary byrne", "mary", False),
        ("lee byrne", "lea byrne", False),
        ("lee byrne", "lee byrne", True),
        ("molly byrne", "mary byrne molly", True),
    ],
)
def test_somebody_is_meant_whose_name_has_each_word_that_was_asked_for_but_for_one_slip(
    asked, written, right
):
    assert meant(asked, written) is right
