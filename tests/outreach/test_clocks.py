"""The clock of a case: pure arithmetic, tightly enumerated."""

from datetime import UTC, date, datetime, timedelta

import pytest

from outreach import clocks
from outreach.clocks import Calendar

FRIDAY_AFTERNOON = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
WORKDAYS = Calendar("UTC", frozenset(range(5)))


@pytest.mark.parametrize(
    ("start", "calendar", "expected"),
    [
        (FRIDAY_AFTERNOON, Calendar(), datetime(2026, 11, 21, 16, 0, tzinfo=UTC)),
        (FRIDAY_AFTERNOON, WORKDAYS, datetime(2026, 11, 23, 16, 0, tzinfo=UTC)),
        # Answered on a closed day: the whole 24 hours start when Monday does.
        (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), WORKDAYS, datetime(2026, 11, 24, 0, 0, tzinfo=UTC)),
        # A holiday on Monday moves it on by a day.
        (
            FRIDAY_AFTERNOON,
            Calendar("UTC", frozenset(range(5)), {date(2026, 11, 23)}),
            datetime(2026, 11, 24, 16, 0, tzinfo=UTC),
        ),
        # Midnight is the business's own: 23:30 UTC on Friday is Saturday in Berlin already.
        (
            datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
            Calendar("Europe/Berlin", frozenset(range(5))),
            datetime(2026, 11, 23, 23, 0, tzinfo=UTC),
        ),
    ],
)
def test_a_first_contact_is_due_24_counting_hours_after_the_answer(start, calendar, expected):
    assert clocks.due(start, calendar) == expected


def test_the_night_of_a_clock_change_is_as_long_as_it_is():
    calendar = Calendar("Europe/Berlin", frozenset({5, 6}))
    # Saturday 12:00 to Sunday 29 March 2026, whose night has 23 hours; then five closed days.
    start = datetime(2026, 3, 28, 11, 0, tzinfo=UTC)
    assert clocks.due(start, calendar) == start + timedelta(hours=24)


def test_a_calendar_without_an_open_day_is_ignored():
    assert clocks.due(FRIDAY_AFTERNOON, Calendar("UTC", frozenset())) == FRIDAY_AFTERNOON + timedelta(
        hours=24
    )


def test_what_was_left_at_a_pause_is_left_again_when_it_ends():
    due = clocks.due(FRIDAY_AFTERNOON, WORKDAYS)
    paused = FRIDAY_AFTERNOON + timedelta(hours=4)
    resumed = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    moved = clocks.stood_still(due, paused, resumed, WORKDAYS)
    assert clocks.counting(resumed, moved, WORKDAYS) == timedelta(hours=20)


def test_a_clock_that_had_run_out_before_the_pause_stays_run_out():
    due = FRIDAY_AFTERNOON
    assert clocks.stood_still(due, due + timedelta(hours=1), due + timedelta(days=3), WORKDAYS) == due


@pytest.mark.parametrize(
    ("facts", "state", "share"),
    [
        ({}, "running", 0.5),
        ({"first_contact_at": FRIDAY_AFTERNOON}, "met", 1.0),
        ({"waiting_since": FRIDAY_AFTERNOON + timedelta(hours=6)}, "paused", 0.75),
        ({"closed_at": FRIDAY_AFTERNOON}, "closed", 0.0),
    ],
)
def test_the_dial_shows_what_is_left_of_24_hours(facts, state, share):
    reading = clocks.read(
        at=FRIDAY_AFTERNOON + timedelta(hours=12), due_at=FRIDAY_AFTERNOON + timedelta(hours=24), **facts
    )
    assert (reading.state, reading.share) == (state, share)


def test_the_dial_of_a_late_case_says_by_how_much():
    reading = clocks.read(
        at=FRIDAY_AFTERNOON + timedelta(hours=25), due_at=FRIDAY_AFTERNOON + timedelta(hours=24)
    )
    assert (reading.state, reading.left) == ("late", timedelta(hours=1))
