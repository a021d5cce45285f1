"""Relative weights against the published case, the ordinal model against an oracle, planted truths at their rates."""

import itertools

import numpy as np
import pytest
from scipy import optimize

from surveys import drivers
from tests.surveys.test_nps import CASES

CASE = [case for case in CASES if case["fn"] == "relative_weights"]


@pytest.mark.shared
@pytest.mark.parametrize("case", CASE, ids=[case["id"] for case in CASE])
def test_the_weights_agree_with_the_published_case(case):
    rows = case["inputs"]["rows"]
    found = drivers.weights([row[0] for row in rows], [row[1:] for row in rows])
    assert found.raw == pytest.approx(case["expected"]["raw"], abs=case["tol"])
    assert found.r2 == pytest.approx(case["expected"]["r2"], abs=case["tol"])
    # Printed in per cent there.
    assert found.rescaled == pytest.approx(case["expected"]["rescaled"], abs=case["tol"] * 100)


def rated(seed, n=300, effects=(1.0, 0.6, 0.0, 0.0), shared=0.5):
    """Ratings 1 to 5 that go with each other, and scores by these effects; effect 0 is a planted null."""
    random = np.random.default_rng(seed)
    common = random.standard_normal(n)
    latent = np.column_stack([shared * common + random.standard_normal(n) for _effect in effects])
    rows = np.clip(np.round(latent + 3), 1, 5)
    scores = np.clip(np.round(7 + rows @ effects - 3 * sum(effects) + 1.5 * random.standard_normal(n)), 0, 10)
    return scores.astype(int).tolist(), rows.tolist()


def test_the_weights_of_all_are_what_a_regression_explains():
    """R-squared of numpy's least squares; and by Johnson's own steps, by singular values of the data."""
    scores, rows = rated(3)
    found = drivers.weights(scores, rows)
    x, y = np.array(rows), np.array(scores, float)
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    assert found.r2 == pytest.approx(1 - (left @ left) / (y @ y))
    p, d, q = np.linalg.svd(x / np.sqrt(len(x)), full_matrices=False)
    z = p @ q
    beta = z.T @ (y / np.sqrt(len(x)))
    loadings = q.T @ np.diag(d) @ q
    assert found.raw == pytest.approx(list((loadings**2) @ beta**2))


def test_the_ordinal_model_agrees_with_a_general_optimizer():
    scores, rows = rated(5, n=250)
    found = drivers.fit(scores, rows, turns=20)
    x, y = np.array(rows), np.array([0 if s <= 6 else 1 if s <= 8 else 2 for s in scores])

    def unlikely(theta):
        cuts = np.array([-np.inf, theta[0], theta[0] + np.exp(theta[1]), np.inf])
        cdf = lambda v: 1 / (1 + np.exp(-np.clip(v, -700, 700)))  # noqa: E731
        effect = x @ theta[2:]
        return -np.log(np.maximum(cdf(cuts[y + 1] - effect) - cdf(cuts[y] - effect), 1e-300)).sum()

    theirs = optimize.minimize(unlikely, np.zeros(2 + x.shape[1]), method="BFGS").x[2:]
    assert [np.log(each.odds) for each in found.drivers] == pytest.approx(list(theirs), abs=2e-3)
    assert all(each.odds_low < each.odds < each.odds_high for each in found.drivers)


@pytest.mark.row("D5", "which rated aspects go with the score")
def test_planted_aspects_are_found_and_planted_nulls_are_not():
    found = [drivers.fit(*rated(seed), turns=300) for seed in range(12)]
    assert all(each.drivers[0].goes_with for each in found)
    assert sum(each.drivers[1].goes_with for each in found) >= 10
    # A null that goes along with a driver shares a little of it: that is no chance, and no cause. So nulls stand alone.
    alone = [drivers.fit(*rated(seed, shared=0.0), turns=300) for seed in range(12)]
    assert all(each.drivers[0].goes_with for each in alone)
    shouts = sum(driver.goes_with for each in alone for driver in each.drivers[2:])
    assert shouts <= 2, "at most one family in twenty shouts, of twelve"
    assert all(0 <= driver.low <= driver.weight <= driver.high for each in alone for driver in each.drivers)


def test_the_interval_holds_the_weight_of_everybody_at_its_rate():
    """The weight of a very large sample, of those of whom samples of 200 are drawn."""
    truth = drivers.weights(*rated(1, n=60_000)).rescaled[0]
    held = 0
    for seed in range(40):
        driver = drivers.fit(*rated(100 + seed, n=200), turns=200).drivers[0]
        held += driver.low <= truth <= driver.high
    assert held >= 34, "38 of 40 are promised; fewer than 34 would be one chance in two hundred"


def test_ratings_that_separate_without_fault_are_told_and_do_not_crash():
    scores = [2] * 60 + [10] * 60
    found = drivers.fit(
        scores, [[1, 3 + at % 2] if s == 2 else [5, 3 + at % 2] for at, s in enumerate(scores)], turns=50
    )
    assert found.without_model == "separated" and found.drivers[0].odds is None
    assert found.drivers[0].weight > 95 and found.drivers[0].goes_with and not found.drivers[1].goes_with


def test_aspects_that_say_the_same_share_and_are_told():
    scores, rows = rated(8)
    double = [[*row[:2], row[0]] for row in rows]
    found = drivers.fit(scores, double, turns=100)
    assert found.alike == ((0, 2),)
    assert found.drivers[0].weight == pytest.approx(found.drivers[2].weight)
    assert found.without_model == "alike", "there is no one model of two aspects that are one"


def test_too_few_and_all_alike_give_nothing():
    scores, rows = rated(2, n=99)
    assert drivers.fit(scores, rows) is None
    assert drivers.weights([9] * 120, [[each % 5] for each in range(120)]) is None
    assert drivers.weights(list(itertools.islice(itertools.cycle(range(11)), 120)), [[3]] * 120) is None
    assert drivers.fit(*rated(4), turns=50) == drivers.fit(*rated(4), turns=50)
