"""Staying and ranks: against the published case, a plain oracle, scipy, and real customers of a telephone company."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from surveys import ranks, survival
from surveys.survival import Stay
from tests.surveys.test_nps import CASES, SHARED

CASE = [case for case in CASES if case["fn"] == "logrank"]
TELCO = Path(os.environ.get("LOOPWELL_SHARED", SHARED)) / "data" / "telco_customers.csv"

at_leisure = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

stays = st.builds(
    lambda entry, length, left: Stay(entry + length, left, 1, entry),
    st.integers(0, 12),
    st.integers(1, 15),
    st.booleans(),
)


@pytest.mark.shared
@pytest.mark.parametrize("case", CASE, ids=[case["id"] for case in CASE])
def test_the_log_rank_test_agrees_with_the_published_case(case):
    given_ = case["inputs"]
    groups = [
        [
            Stay(t, bool(e))
            for t, e, g in zip(given_["t"], given_["e"], given_["g"], strict=True)
            if g == which
        ]
        for which in (0, 1)
    ]
    found = survival.logrank(groups)
    wanted = case["expected"]
    # The source prints three digits, 16.8 for 16.79 of the textbook: the tolerance is a share of the figure.
    assert found.statistic == pytest.approx(wanted["chi2"], rel=case["tol"])
    assert found.p == pytest.approx(wanted["p"], rel=case["tol"])


@at_leisure
@given(st.lists(stays, min_size=1, max_size=40))
def test_the_curve_is_the_product_over_the_days_whoever_came_late(people):
    """The oracle goes person by person and day by day."""
    share, found = 1.0, survival.curve(people)
    expected = []
    for day in range(1, 30):
        risk = [each for each in people if each.entry < day <= each.exit]
        gone = [each for each in risk if each.left and each.exit == day]
        if gone:
            share *= 1 - len(gone) / len(risk)
            expected.append((day, len(risk), len(gone), pytest.approx(share)))
    assert [(step.day, step.at_risk, step.left, step.share) for step in found] == expected
    assert all(0 <= step.low <= step.share + 1e-12 and step.share - 1e-12 <= step.high <= 1 for step in found)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@at_leisure
@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=4, max_size=40))
def test_without_late_entry_curve_and_interval_are_those_of_scipy(people):
    censored = [day for day, left in people if not left]
    known = [day for day, left in people if left]
    if not known:
        return
    theirs = stats.ecdf(stats.CensoredData(uncensored=known, right=censored)).sf
    ends = theirs.confidence_interval(method="log-log")
    for step in survival.curve([Stay(day, left) for day, left in people]):
        place = list(theirs.quantiles).index(step.day)
        assert step.share == pytest.approx(theirs.probabilities[place])
        if 0 < step.share < 1:
            assert step.low == pytest.approx(ends.low.probabilities[place])
            assert step.high == pytest.approx(ends.high.probabilities[place])


@at_leisure
@given(st.lists(st.tuples(st.integers(0, 2), stays), min_size=2, max_size=50))
def test_three_groups_are_weighed_as_person_by_person(people):
    """Mantel's sums by hand, solved by numpy's pseudo-inverse."""
    groups = [[each for which, each in people if which == group] for group in range(3)]
    found = survival.logrank(groups)
    apart, spread = np.zeros(3), np.zeros((3, 3))
    for day in range(1, 30):
        risk = np.array([sum(each.entry < day <= each.exit for each in group) for group in groups], float)
        left = np.array([sum(each.left and each.exit == day for each in group) for group in groups], float)
        n, d = risk.sum(), left.sum()
        if d and n > 1:
            apart += left - d * risk / n
            spread += d * (n - d) / (n - 1) * (np.diag(risk / n) - np.outer(risk, risk) / n**2)
    if found is None:
        assert np.linalg.matrix_rank(spread) == 0
        return
    # Groups that are never at risk together fall apart, and there a generalized inverse is not one figure.
    if np.linalg.matrix_rank(spread) == found.degrees:
        assert found.statistic == pytest.approx(float(apart @ np.linalg.pinv(spread) @ apart), abs=1e-8)


def test_nobody_who_left_is_no_certainty():
    ten = [Stay(100, False)] * 10
    found = survival.share_at(ten, 90)
    assert (found.share, found.high, found.at_risk) == (1.0, 1.0, 10)
    assert found.low == pytest.approx(0.025**0.1), (
        "of ten people, up to three in ten may leave and none be seen"
    )
    assert survival.share_at(ten, 101) is None
    assert survival.curve([]) == [] and survival.logrank([ten, ten]) is None


@pytest.mark.shared
@pytest.mark.skipif(not TELCO.exists(), reason="no shared folder")
def test_customers_of_a_telephone_company_stay_as_scipy_says():
    with TELCO.open() as file:
        rows = [row for row in csv.DictReader(file) if int(row["tenure"])]
    by = {kind: [row for row in rows if row["Contract"] == kind] for kind in ("Month-to-month", "Two year")}
    groups = {
        kind: [Stay(int(row["tenure"]), row["Churn"] == "Yes") for row in some] for kind, some in by.items()
    }
    theirs = {
        kind: stats.CensoredData(
            uncensored=[stay.exit for stay in some if stay.left],
            right=[stay.exit for stay in some if not stay.left],
        )
        for kind, some in groups.items()
    }
    for kind, some in groups.items():
        curve = stats.ecdf(theirs[kind]).sf
        for months in (12, 36, 60):
            assert survival.share_at(some, months).share == pytest.approx(float(curve.evaluate(months)))
    found = survival.logrank(list(groups.values()))
    wanted = stats.logrank(*theirs.values())
    assert found.statistic == pytest.approx(wanted.statistic**2) and found.p < 1e-100
    assert (
        survival.share_at(groups["Two year"], 36).low > survival.share_at(groups["Month-to-month"], 36).high
    )


@at_leisure
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 6)), min_size=3, max_size=60))
def test_the_rank_correlation_is_that_of_scipy(pairs):
    first, second = zip(*pairs, strict=True)
    found = ranks.correlation(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
        return
    assert found.value == pytest.approx(float(stats.spearmanr(first, second).statistic))
    assert found == ranks.correlation(first, second), "the same people give the same interval"


def test_growth_is_the_sums_against_each_other():
    found = ranks.growth([100.0, 0.0, 50.0] * 40, [110.0, 10.0, 60.0] * 40)
    assert found.value == pytest.approx(0.2) and 0.1 < found.low < 0.2 < found.high < 0.4
    assert ranks.growth([0.0, 0.0], [1.0, 2.0]) is None
