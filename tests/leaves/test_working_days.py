"""Working days of Ireland and of England and Wales, and what rows say about them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp.working_days import (
    CALENDARS,
    FOLDER,
    add_working_days,
    in_words,
    is_working_day,
    working_days_between,
    working_days_late,
)
from scripts import public_holidays

days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
calendars = st.sampled_from(sorted(CALENDARS))
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize("calendar", CALENDARS)
def test_the_written_holidays_are_those_that_the_library_knows(calendar):
    """Else: python -m scripts.public_holidays (docs/decisions/0003)."""
    assert (FOLDER / f"{calendar}.txt").read_text() == public_holidays.text(calendar)


def counted_one_by_one(start, end, calendar):
    if end < start:
        return -counted_one_by_one(end, start, calendar)
    return sum(is_working_day(start + timedelta(days=n), calendar) for n in range(1, (end - start).days + 1))


@pytest.mark.parametrize(
    ("day", "calendar", "why"),
    [
        (date(2026, 2, 2), "IE", "Saint Brigid's Day"),
        (date(2026, 3, 17), "IE", "Saint Patrick's Day"),
        (date(2026, 10, 26), "IE", "October bank holiday"),
        (date(2022, 3, 18), "IE", "the one day of remembrance"),
        (date(2026, 4, 3), "UK", "Good Friday"),
        (date(2026, 12, 28), "UK", "Boxing Day moved from a Saturday"),
        (date(2022, 9, 19), "UK", "a state funeral"),
        (date(2026, 11, 21), "IE", "a Saturday"),
        (date(2026, 11, 22), "UK", "a Sunday"),
    ],
)
def test_nobody_works_on_weekends_and_public_holidays(day, calendar, why):
    assert not is_working_day(day, calendar), why


@pytest.mark.parametrize(
    ("day", "calendar", "why"),
    [
        (date(2026, 4, 3), "IE", "Good Friday is no public holiday in Ireland"),
        (date(2026, 12, 28), "IE", "Irish law moves no holiday from a weekend"),
        (date(2026, 3, 17), "UK", "Saint Patrick's Day is none in England and Wales"),
        (date(2022, 2, 7), "IE", "Saint Brigid's Day began in 2023"),
    ],
)
def test_the_two_calendars_differ_where_their_laws_differ(day, calendar, why):
    assert is_working_day(day, calendar), why


def test_an_issue_raised_before_christmas_is_answered_in_five_working_days_S3_18():
    assert add_working_days(date(2026, 12, 23), 5, "UK") == date(2027, 1, 4)
    assert add_working_days(date(2026, 12, 23), 5, "IE") == date(2026, 12, 31)


def test_a_limit_that_starts_on_a_weekend_starts_with_the_next_working_day():
    assert add_working_days(date(2026, 11, 21), 1, "IE") == date(2026, 11, 23)
    assert add_working_days(date(2026, 11, 22), -1, "IE") == date(2026, 11, 20)


def test_no_working_days_from_a_day_is_that_day_even_on_a_sunday():
    assert add_working_days(date(2026, 11, 22), 0, "IE") == date(2026, 11, 22)


def test_the_days_are_counted_after_the_start_up_to_the_end():
    friday, saturday, monday = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
    assert working_days_between(friday, friday, "IE") == 0
    assert working_days_between(friday, saturday, "IE") == 0
    assert working_days_between(friday, monday, "IE") == 1
    assert working_days_between(monday, friday, "IE") == -1


def test_a_decade_is_counted_right_across_its_year_ends():
    start, end = date(2019, 12, 30), date(2029, 1, 3)
    for calendar in CALENDARS:
        assert working_days_between(start, end, calendar) == counted_one_by_one(start, end, calendar)


@given(days, st.integers(-800, 800), calendars)
def test_counting_agrees_with_looking_at_each_day(start, distance, calendar):
    end = date.fromordinal(max(1, start.toordinal() + distance))
    assert working_days_between(start, end, calendar) == counted_one_by_one(start, end, calendar)


@given(days, days, days, calendars)
def test_counting_on_from_a_stop_over_gives_the_same(a, b, c, calendar):
    def between(start, end):
        return working_days_between(start, end, calendar)

    assert between(a, b) == -between(b, a)
    assert between(a, b) + between(b, c) == between(a, c)


@given(days, st.integers(1, 3000), calendars)
def test_the_day_found_ahead_is_a_working_day_that_many_days_on(start, n, calendar):
    found = add_working_days(start, n, calendar)
    assert is_working_day(found, calendar)
    assert working_days_between(start, found, calendar) == n


@given(days, st.integers(1, 3000), calendars)
def test_the_day_found_behind_is_a_working_day_that_many_days_back(start, n, calendar):
    found = add_working_days(start, -n, calendar)
    assert is_working_day(found, calendar)
    assert working_days_between(found - ONE_DAY, start - ONE_DAY, calendar) == n


def test_nothing_is_late_on_its_day_nor_over_the_weekend_after_it():
    friday = date(2026, 11, 20)
    assert [working_days_late(friday, friday + timedelta(days=n), "IE") for n in range(-1, 6)] == [
        0,
        0,
        0,
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 11, 12), "6 working days late"),
        (date(2026, 11, 19), "1 working day late"),
        (date(2026, 11, 20), "today"),
        (date(2026, 11, 21), "tomorrow"),
        (date(2026, 11, 22), "in 2 days"),
        (date(2026, 11, 23), "in 1 working day"),
        (date(2026, 11, 25), "in 3 working days"),
    ],
)
def test_a_row_says_how_far_its_day_is(due, words):
    assert in_words(due, date(2026, 11, 20), "IE") == words


def test_on_the_saturday_after_a_friday_it_is_late_by_less_than_a_working_day():
    assert in_words(date(2026, 11, 20), date(2026, 11, 21), "IE") == "less than 1 working day late"


@given(st.dates(), st.dates(), calendars)
def test_any_two_days_a_date_can_hold_have_words(due, today, calendar):
    assert in_words(due, today, calendar)


@given(st.dates(), st.integers(-5, 5), calendars)
def test_only_the_ends_of_the_calendar_have_no_working_day_beyond(day, n, calendar):
    if date(1, 2, 1) < day < date(9999, 12, 1):
        assert add_working_days(day, n, calendar)


def test_beyond_the_last_year_there_is_no_day():
    with pytest.raises(OverflowError):
        add_working_days(date(9999, 12, 31), 1, "IE")
    with pytest.raises(OverflowError):
        add_working_days(date(1, 1, 1), -1, "IE")


def test_an_unknown_calendar_is_named():
    with pytest.raises(ValueError, match="called Mars"):
        is_working_day(date(2026, 11, 20), "Mars")
