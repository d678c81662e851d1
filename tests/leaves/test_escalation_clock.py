"""The honest clock: days are counted, never hours; nothing gains or loses one (C9)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp.queries.escalation_clock import Pause, age, due_on, starts_on, used
from caseapp.working_days import add_working_days, is_working_day

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CALENDARS = st.sampled_from(("IE", "UK"))


@pytest.mark.parametrize(
    ("moment", "calendar", "expected"),
    [
        # summer time: 15:30 UTC is 16:30 here, after the cut-off; in winter it is 15:30
        (datetime(2026, 7, 1, 15, 30, tzinfo=UTC), "IE", date(2026, 7, 2)),
        (datetime(2026, 12, 1, 15, 30, tzinfo=UTC), "IE", date(2026, 12, 1)),
        # the Friday before the clocks go back (25 October 2026), late: Monday is a holiday in Ireland, not in the UK
        (datetime(2026, 10, 23, 16, 0, tzinfo=UTC), "IE", date(2026, 10, 27)),
        (datetime(2026, 10, 23, 16, 0, tzinfo=UTC), "UK", date(2026, 10, 26)),
        # on the very day on which the clocks change
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "IE", date(2026, 3, 30)),
        # Saint Patrick's Day, in Ireland only
        (datetime(2026, 3, 17, 10, 0, tzinfo=UTC), "IE", date(2026, 3, 18)),
        (datetime(2026, 3, 17, 10, 0, tzinfo=UTC), "UK", date(2026, 3, 17)),
        # over the turn of the year: 1 January is a holiday, 2 January a Friday
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "IE", date(2027, 1, 4)),
    ],
)
def test_the_clock_starts_today_or_on_the_next_working_day(moment, calendar, expected):
    assert starts_on(moment, calendar, 16) == expected


@pytest.mark.parametrize(
    ("start", "allowed", "calendar", "expected"),
    [
        (date(2026, 12, 22), 5, "IE", date(2026, 12, 30)),  # Christmas Day, a Friday
        (date(2026, 12, 22), 5, "UK", date(2026, 12, 31)),  # Boxing Day is moved to the Monday
        (date(2026, 12, 30), 5, "UK", date(2027, 1, 7)),
        (date(2026, 10, 22), 2, "IE", date(2026, 10, 27)),  # the October holiday and the change of the clocks
        (date(2026, 10, 22), 2, "UK", date(2026, 10, 26)),
        (date(2026, 4, 2), 3, "UK", date(2026, 4, 9)),  # Good Friday and Easter Monday
        (date(2026, 4, 2), 3, "IE", date(2026, 4, 8)),  # in Ireland Good Friday is worked
    ],
)
def test_the_day_an_answer_is_due_leaves_out_the_holidays_of_each_country(start, allowed, calendar, expected):
    assert due_on(start, allowed, 0, 0, calendar) == expected


@given(start=DAYS, allowed=st.integers(1, 60), calendar=CALENDARS)
def test_on_the_due_day_the_time_is_used_up_and_not_before(start, allowed, calendar):
    due = due_on(start, allowed, 0, 0, calendar)
    assert is_working_day(due, calendar)
    assert used(start, due, calendar) == allowed
    assert used(start, due - timedelta(days=1), calendar) == allowed - 1


@given(start=DAYS, calendar=CALENDARS, ends=st.lists(st.integers(0, 200), min_size=2, max_size=6))
def test_what_is_used_never_falls_and_adds_up(start, calendar, ends):
    days = [start + timedelta(days=one) for one in sorted(ends)]
    counts = [used(start, day, calendar) for day in days]
    assert counts == sorted(counts)


@given(start=DAYS, calendar=CALENDARS, before=st.integers(0, 20), stood=st.integers(1, 20))
def test_a_pause_costs_nothing_and_gains_nothing(start, calendar, before, stood):
    since = add_working_days(start, before, calendar)
    to = add_working_days(since, stood, calendar)
    pauses = [Pause(since, to)]
    assert used(start, to, calendar, pauses) == used(start, since, calendar)
    due = due_on(start, 10, 0, stood, calendar)
    if before <= 10:
        assert used(start, due, calendar, pauses) == 10


def test_what_a_level_used_before_stays_used():
    assert due_on(date(2026, 11, 9), 5, 3, 0, "IE") == date(2026, 11, 11)
    assert due_on(date(2026, 11, 9), 5, 7, 0, "IE") == date(2026, 11, 9)  # nothing left: due at once


def test_age_is_counted_in_calendar_days_also_over_the_change_of_the_clocks():
    assert age(date(2026, 10, 2), date(2026, 11, 24)) == 53
    assert age(date(2026, 3, 28), date(2026, 3, 30)) == 2
