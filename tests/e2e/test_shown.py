"""What makes a page look different, so that the browser looks at it again, and what does not."""

import pytest

from tests.e2e.shown import Shown, kind

PAGE = """<html><body><header><nav><a href="/a">A</a></nav></header><main id="main"><h1>Team</h1><h2>Staff</h2>
<p class="quiet">Ann</p><label for="x">Name</label><input id="x" name="x" class="box" type="text">
<a class="title" href="/cases/41729304">Open</a><p>Kept</p><p class="ca-proc">Chapter 1</p></main></body></html>"""
PATH = "/cases/41729304/team"


@pytest.fixture
def shown(tmp_path):
    shown = Shown(tmp_path)
    assert shown.look(PATH, PAGE) == "whole"
    return shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<p class="quiet">Ann</p>', '<p class="quiet">Ann</p><p class="faint">Ann</p>'),
        ("<h2>Staff</h2>", "<h2>Staff</h2><h4>Deeper</h4>"),
        ('<a class="title" href="/cases/41729304">Open</a>', '<a class="title" href="/cases/41729304"> </a>'),
        ('<a class="title"', '<input name="y" class="box" type="text"><a class="title"'),
        ('<p class="quiet">Ann', '<p class="quiet" style="color: red">Ann'),
        ('<p class="quiet">Ann', '<p class="quiet" onclick="x()">Ann'),
        ('<p class="quiet">Ann', '<p class="quiet" role="alert">Ann'),
        ("Ann", "Llanfairpwllgwyngyllgogerychwyrn"),
        ('type="text"', 'type="password"'),
    ],
    ids="class heading-level empty-link unlabelled-field style script role long-word type".split(),
)
def test_what_may_be_judged_differently_is_looked_at(shown, before, after):
    assert before in PAGE
    assert shown.look(PATH, PAGE.replace(before, after, 1)) == "part"
    assert shown.look(PATH, PAGE.replace(before, after, 1)) == "", "seen once"


@pytest.mark.parametrize(
    ("before", "after"), [("<nav>", '<nav class="new">'), ("Chapter 1", "<b>Chapter</b> 1")]
)
def test_a_new_frame_is_looked_at_with_its_whole_page(shown, before, after):
    assert shown.look(PATH, PAGE.replace(before, after)) == "whole"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Ann", "Berta"),
        ("/cases/41729304", "/cases/52830663"),
        ("<h2>Staff</h2>", ""),
        ('id="x"', 'id="x" value="1"'),
    ],
    ids="words address less value".split(),
)
def test_what_says_nothing_new_is_not(shown, before, after):
    assert shown.look("/cases/52830663/team", PAGE.replace(before, after, 1)) == ""


def test_another_kind_and_another_way_of_showing_are_looked_at(shown):
    assert shown.look("/cases/41729304/plan", PAGE) == "first"
    assert shown.look(PATH, PAGE, "without script ") == "whole"


def test_a_colour_is_judged_once(shown):
    assert shown.colours(["red on white", "grey on white"]) == ["grey on white", "red on white"]
    assert shown.colours(["red on white", "red on grey"]) == ["red on grey"]


def test_addresses_that_differ_in_records_are_one_kind():
    assert kind("/cases/41729304/notes/saa5qrhambkm/correct?a=1") == "/cases/…/notes/…/correct"
    assert kind("/cases/41729304/plan/agreement") == "/cases/…/plan/agreement"
    assert (
        kind("/agency/settings/protocol") == kind("/agency/settings/key_working") != kind("/agency/settings")
    )
