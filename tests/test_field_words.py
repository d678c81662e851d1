"""What was typed and could not be taken is shown again in its writer's words (S3-66)."""

from caseapp import ids
from caseapp.web.field_words import readable


def test_kept_words_are_shown_as_they_were_written_a_day_as_a_day_and_nothing_of_the_house():
    sent = [
        ("day-day", "22"),
        ("day-month", "11"),
        ("day-year", "2026"),
        ("kind", "home_visit"),
        ("worker", ids.written(912_336_722_710_973_966)),
        ("agrees", "y"),
        ("text", "He rang at four.\nI read it to him."),
        ("once", "aVeryLongKeyThatNobodyTyped"),
        ("version", "3"),
        ("place", " "),
    ]
    assert readable(sent, None) == [
        ("Day", "22 11 2026"),
        ("Kind", "Home visit"),
        ("Agrees", "Yes"),
        ("Text", "He rang at four.\nI read it to him."),
    ]
