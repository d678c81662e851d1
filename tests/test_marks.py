"""Two texts side by side after somebody saved first: what differs is marked, and nothing has to be searched for (S3-66)."""

import re

from caseapp.web.marks import LONGEST_SAME, MOST_WORDS, two_texts

SENTENCE = "He came in the morning and spoke with the worker about the key. "


def marked(side):
    return re.findall(r"<mark>(.*?)</mark>", str(side), re.DOTALL)


def test_only_the_words_that_differ_are_marked_and_line_breaks_stay():
    both = two_texts(
        "A bed until March.\nOn the list since June.", "A bed until May.\nOn the list since June."
    )
    assert marked(both.theirs) == ["March."] and marked(both.mine) == ["May."]
    assert "\n" in both.theirs and "\n" in both.mine and not both.whole


def test_a_day_or_a_number_is_one_value():
    assert marked(two_texts("020 915 0777", "020 915 0888").mine) == ["020 915 0888"]
    assert marked(two_texts("24 Nov 2026", "2 Dec 2026").theirs) == ["24 Nov 2026"]


def test_what_has_hardly_a_word_in_common_is_marked_whole():
    both = two_texts("He sleeps at the hostel now", "The council wrote a letter about rent")
    assert marked(both.theirs) == ["He sleeps at the hostel now"]
    long = two_texts("He sleeps at the hostel now. " * 6, "The council wrote a letter about rent. " * 6)
    assert not marked(long.theirs) and not marked(long.mine), "where all differs, nothing stands out"


def test_of_a_long_text_stands_what_differs_and_what_is_around_it_and_theirs_can_be_had_whole():
    text = SENTENCE * 20
    both = two_texts(text + "Ring Orla.", text + "Ring Declan.")
    assert marked(both.theirs) == ["Orla."] and marked(both.mine) == ["Declan."]
    assert (
        len(both.theirs.split()) < LONGEST_SAME and "…" in both.theirs and both.whole == text + "Ring Orla."
    )


def test_a_text_of_many_pages_is_compared_too():
    text = SENTENCE * (MOST_WORDS // 10)
    both = two_texts(text + "Ring Orla.", "By night: " + text + "Ring Orla.")
    assert marked(both.mine) == ["By night:"] or marked(both.mine)[0].startswith("By night:")
    assert not marked(both.theirs) or len("".join(marked(both.theirs))) < len(SENTENCE) * 2


def test_nothing_typed_becomes_part_of_the_page():
    both = two_texts("<script>alert(1)</script> here", "nothing here")
    assert "<script>" not in both.theirs + both.mine
