"""The alarm on a real shift: at the promised error rate, never from too little."""

import random

import pytest

from surveys import cusum
from surveys.nps import Counts


def line(chance, periods, n, weights):
    found = []
    for _period in range(periods):
        drawn = chance.choices("dsp", weights, k=n)
        found.append(Counts(drawn.count("d"), drawn.count("s"), drawn.count("p")))
    return found


def test_a_line_that_drops_rings_once_and_says_from_where():
    calm, low = Counts(10, 15, 35), Counts(25, 15, 20)
    (found,) = cusum.shifts([calm] * 12 + [low] * 12)
    assert (found.began, found.up) == (12, False)
    assert 12 < found.at <= 15
    assert found.before == Counts(120, 180, 420)
    assert found.after.n == 60 * (found.at - 11)


def test_turned_upside_down_it_rings_the_other_way():
    calm, high = Counts(35, 15, 10), Counts(20, 15, 25)
    (found,) = cusum.shifts([calm] * 12 + [high] * 12)
    assert (found.began, found.up) == (12, True)


def test_not_before_eight_periods():
    calm, low = Counts(0, 10, 90), Counts(90, 10, 0)
    assert cusum.shifts([calm] * 5 + [low] * 3) == []
    assert cusum.shifts([calm] * 8 + [low] * 3)[0].began == 8


def test_small_periods_are_passed_by_and_places_stay():
    calm, low, small = Counts(10, 15, 35), Counts(30, 15, 15), Counts(5, 0, 0)
    (found,) = cusum.shifts([calm] * 6 + [small, Counts(0, 0, 0)] * 3 + [calm] * 4 + [small] + [low] * 6)
    assert found.began == 17
    assert cusum.shifts([small] * 60) == cusum.shifts([]) == []


def test_there_and_back_rings_twice():
    calm, low = Counts(10, 15, 35), Counts(30, 15, 15)
    assert [each.up for each in cusum.shifts([calm] * 12 + [low] * 14 + [calm] * 14)] == [False, True]


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 7)])
def test_a_line_on_which_nothing_happens_rings_as_rarely_as_it_says(weights):
    """One false alarm in 465 periods on average: over 92 watched ones (100 less 8) in about 18 lines of 100."""
    chance = random.Random(11)
    rang = sum(bool(cusum.shifts(line(chance, 100, 40, weights))) for _turn in range(300))
    assert rang / 300 <= 0.25


def test_a_real_drop_of_25_points_is_found_within_two_months_of_weeks():
    chance = random.Random(12)
    found = 0
    for _turn in range(200):
        weeks = line(chance, 30, 60, (20, 25, 55)) + line(chance, 8, 60, (33, 24, 43))
        found += any(not each.up and each.at >= 30 for each in cusum.shifts(weeks))
    assert found / 200 >= 0.9
