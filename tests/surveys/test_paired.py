"""The same people asked twice: published values, and the promised error rate."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import nps, paired
from surveys.nps import Counts

# 7,477 women, unaided distance vision of the right eye against the left: Stuart's own example (1955), as printed
# in the manual of R's coin::mh_test.
VISION = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]

tables = st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=3, max_size=3)


def test_the_test_of_margins_agrees_with_the_published_one():
    found = paired.shifted(VISION)
    assert found.degrees == 3
    assert found.statistic == pytest.approx(11.957, abs=0.001)
    assert found.p == pytest.approx(0.007533, abs=0.000005)


def test_of_two_categories_it_is_mcnemars():
    assert paired.shifted([[50, 25], [5, 70]]).statistic == pytest.approx((25 - 5) ** 2 / 30)


def test_nobody_moved_says_nothing():
    assert paired.shifted([[5, 0, 0], [0, 9, 0], [0, 0, 3]]) is None
    assert paired.net([[0, 0, 0]] * 3) is None


def test_who_moves_only_between_two_categories_leaves_one_degree():
    found = paired.shifted([[5, 4, 0], [9, 9, 0], [0, 0, 3]])
    assert (found.degrees, found.statistic) == (1, pytest.approx((9 - 4) ** 2 / 13))


@given(tables)
def test_the_net_is_the_later_score_minus_the_earlier(table):
    found = paired.net(table)
    before = Counts(*(sum(row) for row in table))
    after = Counts(*(sum(row[at] for row in table) for at in range(3)))
    if before.n == 0:
        assert found is None
        return
    assert found.value == pytest.approx(nps.score(after) - nps.score(before))
    middle = nps.adjusted_score(after) - nps.adjusted_score(before)
    assert found.low - 1e-9 <= middle <= found.high + 1e-9
    assert -2 <= found.low < found.high <= 2


@given(tables)
def test_turned_round_it_is_the_other_sign(table):
    found, turned = paired.net(table), paired.net(list(zip(*table, strict=True)))
    if found is not None:
        assert (turned.value, turned.low, turned.high) == pytest.approx(
            (-found.value, -found.high, -found.low)
        )


@pytest.mark.parametrize("n", [10, 40, 200])
@pytest.mark.parametrize("shares", [(1, 1, 1, 1, 1, 1, 1, 1, 1), (8, 1, 1, 1, 6, 3, 1, 2, 40)])
def test_the_interval_holds_the_truth_as_often_as_it_says(n, shares):
    chance = random.Random(n)
    truth = sum(share * (at % 3 - at // 3) for at, share in enumerate(shares)) / sum(shares)
    inside = 0
    for _turn in range(1_000):
        table = [[0] * 3 for _row in range(3)]
        for at in chance.choices(range(9), shares, k=n):
            table[at // 3][at % 3] += 1
        found = paired.net(table)
        inside += found.low <= truth <= found.high
    assert inside / 1_000 >= 0.93
