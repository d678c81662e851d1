"""The text of chapters: Markdown that can do nothing, blanks, words, differences; and the starting library (S3-1, S3-2)."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp import procedures_library as library
from caseapp import settings_catalogue as catalogue
from caseapp.chapter_text import (
    Blank,
    as_html,
    as_plain,
    blanks_in,
    difference,
    fill,
    fold,
    lines_changed,
    search_words,
    snippet,
)
from caseapp.queries.governing import Head
from caseapp.queries.reading_state import state
from tests.hostile import EVIL

HARMLESS = set(
    "h2 h3 h4 h5 p ul ol li strong em a blockquote code pre table thead tbody tr th td hr br div".split()
)


class Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs


def seen(text):
    parser = Seen()
    parser.feed(as_html(text))
    return parser


@pytest.mark.parametrize(
    "text",
    [
        EVIL,
        "<script>alert(1)</script>",
        "<p onclick=alert(1) style='color:red'>x</p>",
        "[x](javascript:alert(1)) [x](data:text/html,x) [x](vbscript:x) <javascript:alert(1)>",
        "![x](https://elsewhere.example/pixel.gif)",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<svg/onload=alert(1)> <iframe src=//x> <form action=//x>",
        "`<script>`\n\n    <script>alert(1)</script>\n\n```\n<script>\n```",
        "a" * 5000 + "[" * 500 + "(" * 500,
        "> " * 400 + "deep",
    ],
)
def test_markdown_makes_nothing_but_harmless_elements(text):
    found = seen(text)
    assert found.tags <= HARMLESS
    for name, value in found.attributes:
        assert name in {"href", "rel", "scope", "start", "class", "tabindex", "role", "aria-label", "title"}
        if name == "href":
            assert not re.match(r"\s*(javascript|data|vbscript)", value, re.I)


@given(st.text(max_size=300))
def test_whatever_is_typed_becomes_harmless(text):
    assert seen(text).tags <= HARMLESS
    as_plain(text)
    fold(text)


def test_the_outermost_heading_is_h2_and_no_level_is_left_out():
    assert re.findall(r"<h\d", as_html("# A\n\n### B\n\n##### C\n\n# D\n\n## E")) == [
        "<h2",
        "<h3",
        "<h4",
        "<h2",
        "<h3",
    ]
    assert re.findall(r"<h\d", as_html("### only deep")) == ["<h2"]


def test_blanks_are_filled_with_the_settings_and_nothing_in_them_becomes_markup():
    """S3-1."""
    known = {
        "organisation_name": Blank("Name", "Harbour *Hostel* <b>"),
        "minimum_services": Blank("What stays open", ""),
    }
    text = "At {{organisation_name}}: {{ minimum_services }} and {{unknown_one}}."
    assert blanks_in(text) == ["organisation_name", "minimum_services", "unknown_one"]
    html = as_html(fill(text, known))
    assert "Harbour *Hostel* &lt;b&gt;: (What stays open: not set yet) and {{unknown_one}}." in html


def test_a_difference_marks_words_and_counts_what_stays():
    was = "One.\nThe manager answers within five days.\nThree.\nFour.\nFive.\nSix."
    now = "One.\nThe manager answers within three working days.\nThree.\nFour.\nFive.\nSix.\nSeven."
    blocks = difference(was, now)
    changed = next(block for block in blocks if block.how == "changed")
    assert ("removed", "five") in changed.pieces and ("added", "three working") in changed.pieces
    assert [block.how for block in blocks] == ["same", "changed", "same", "skipped", "same", "added"]
    assert lines_changed(was, now) == 2
    assert difference(now, now) == []


def test_a_snippet_shows_the_word_that_was_found_whatever_its_accents():
    pieces = snippet(
        "Long before. " * 30 + "The café gives consent. " + "Long after. " * 30, search_words("CAFE")
    )
    assert (True, "café") in pieces and pieces[0] == (False, "… ")


@pytest.mark.parametrize(
    ("counts_from", "confirmed", "due", "waived", "key", "words"),
    [
        (1, 1, None, False, "current", "read 3 Mar 2026"),
        (2, 1, date(2026, 11, 30), False, "outdated", "v1, due 30 Nov"),
        (2, 1, date(2026, 11, 13), False, "outdated", "v1, 9 days over"),
        (1, 0, date(2026, 11, 21), False, "overdue", "1 day over"),
        (1, 0, date(2026, 11, 30), False, "due", "due 30 Nov"),
        (1, 0, date(2026, 11, 30), True, "waived", "waived"),
        (1, 0, None, False, "none", "not read yet"),
        (2, 1, None, False, "outdated", "v1 read"),
    ],
)
def test_where_somebody_stands_in_words(counts_from, confirmed, due, waived, key, words):
    """C12, and the words of the matrix (09a)."""
    found = state(
        counts_from=counts_from,
        confirmed_number=confirmed,
        confirmed_on=date(2026, 3, 3) if confirmed else None,
        due_on=due,
        waived=waived,
        today=date(2026, 11, 22),
    )
    assert (found.key, found.words) == (key, words)


def test_the_version_in_force_is_chosen_by_the_day():
    head = Head(1, "5.2", "x", ((date(2026, 1, 1), date(2026, 6, 1), 1, 1), (date(2026, 6, 1), None, 2, 2)))
    assert head.on(date(2025, 12, 31)) is None
    assert (head.on(date(2026, 5, 31)), head.on(date(2026, 6, 1))) == ((1, 1), (2, 2))


# --- the library ------------------------------------------------------------------------------------------------


def test_each_family_begins_with_a_usable_handbook():
    """Eight chapters at least of its own, and every step of the work has a chapter that governs it."""
    for family in library.families():
        chapters = library.for_families([family])
        assert sum(chapter.families == (family,) for chapter in chapters) >= 8, family
        assert set(library.STEPS) == {step for chapter in chapters for step in chapter.steps}, family
        assert any(chapter.induction for chapter in chapters)
        numbers = [chapter.number for chapter in chapters]
        assert len(numbers) == len(set(numbers)), family


def test_the_four_companion_policies_of_the_template_are_there():
    """S3-4: case notes and correspondence, assessment and care planning, interagency case meeting, confidentiality."""
    shelf = library.load()
    for key in (
        "keeping-records",
        "letters",
        "ie-assessment",
        "ie-shared-plan",
        "ie-case-meetings",
        "consent-and-sharing",
    ):
        assert shelf[key].related, key


def test_every_blank_of_the_library_is_a_setting_and_every_chapter_is_a_page_or_two():
    for chapter in library.load().values():
        for key in blanks_in(chapter.text + chapter.we + chapter.i):
            assert key in catalogue.catalogue(), (chapter.key, key)
        assert 120 <= len(as_plain(chapter.text).split()) <= 600, chapter.key
        assert set(seen(chapter.text).tags) <= HARMLESS
        assert "client" not in chapter.text and "non-compliant" not in chapter.text, chapter.key


def test_pages_name_steps_that_exist_and_chapters_can_govern_them(app):
    from caseapp.procedures_library.steps import _PAGES

    assert set(_PAGES.values()) <= set(library.STEPS)
    assert library.step_of("plan.show") == "plan" and library.step_of("plan.new_review") == "reviews"
    assert library.step_of("procedures.index") is None and library.step_of(None) is None
