"""Many groups at once: against published figures, and against chance itself."""

import json
import random

import pytest

from surveys import comparing, nps
from surveys.comparing import Verdict, adjusted, chi_square_tail, compare, omnibus
from surveys.nps import Counts
from tests.plumbing import SHARED

CASES_FILE = SHARED / "cases" / "nps_cases.json"
CASES = json.loads(CASES_FILE.read_text())["cases"] if CASES_FILE.exists() else []


def of(function: str) -> list[dict]:
    return [case for case in CASES if case["fn"] == function]


def drawn(chance: random.Random, n: int, shares: tuple[float, float, float]) -> Counts:
    kinds = chance.choices((0, 1, 2), shares, k=n)
    return Counts(kinds.count(0), kinds.count(1), kinds.count(2))


@pytest.mark.shared
@pytest.mark.parametrize("case", of("bh"), ids=lambda case: case["id"])
def test_adjusted_p_values_agree_with_the_published_case(case):
    assert adjusted(case["inputs"]["p"]) == pytest.approx(case["expected"]["bh"], abs=case["tol"])


@pytest.mark.shared
@pytest.mark.parametrize("case", of("reject"), ids=lambda case: case["id"])
def test_as_many_are_rejected_as_in_the_published_case(case):
    found = adjusted(case["inputs"]["p"])
    assert sum(p <= case["inputs"]["alpha"] for p in found) == case["expected"]["bh"]


@pytest.mark.shared
@pytest.mark.parametrize("case", of("chi2_categories"), ids=lambda case: case["id"])
def test_the_tail_of_chi_square_agrees_with_the_published_case(case):
    expected = case["expected"]
    assert chi_square_tail(expected["chi2"], expected["df"]) == pytest.approx(expected["p"], abs=case["tol"])


@pytest.mark.parametrize(
    ("degrees", "critical"), [(1, 3.841459), (2, 5.991465), (3, 7.814728), (4, 9.487729), (10, 18.307038)]
)
def test_the_critical_values_of_the_tables(degrees, critical):
    assert chi_square_tail(critical, degrees) == pytest.approx(0.05, abs=1e-6)
    assert chi_square_tail(0, degrees) == 1.0


def test_no_p_value_leaves_its_range_and_none_is_lost():
    assert adjusted([]) == []
    assert adjusted([0.5]) == [0.5]
    assert adjusted([1.0, 1e-30, 1.0]) == pytest.approx([1.0, 3e-30, 1.0])


def test_two_groups_that_differ_are_the_two_group_test():
    a, b = Counts(50, 20, 30), Counts(30, 20, 50)
    assert omnibus([a, b]).p == pytest.approx(nps.difference(a, b).p, abs=1e-12)
    assert omnibus([a, Counts(0, 0, 0)]) is None


def test_a_real_a_small_and_an_unknown_difference_are_told_apart():
    found = compare(
        {
            "real": (Counts(300, 100, 100), Counts(400, 400, 1_200)),
            "small": (Counts(5_000, 5_000, 10_000), Counts(5_010, 5_000, 10_000)),
            "unknown": (Counts(9, 10, 17), Counts(400, 400, 1_200)),
        }
    )
    assert {key: each.verdict for key, each in found.items()} == {
        "real": Verdict.REAL,
        "small": Verdict.SMALL,
        "unknown": Verdict.UNKNOWN,
    }
    plain = nps.difference(Counts(300, 100, 100), Counts(400, 400, 1_200))
    widened = found["real"].difference
    assert widened.low < plain.low and widened.high > plain.high, "what was picked out has a wider interval"
    assert found["unknown"].detectable > 0.2


def test_scans_of_nothing_shout_at_the_promised_rate_and_not_as_uncorrected_ones_do():
    """200 worlds of 45 groups in which all are alike: the seed is fixed, the bounds are binomial."""
    chance = random.Random(20261)
    loud = uncorrected = 0
    for _world in range(200):
        groups = {key: drawn(chance, chance.randint(30, 400), (0.3, 0.25, 0.45)) for key in range(45)}
        total = Counts(0, 0, 0)
        for each in groups.values():
            total += each
        pairs = {
            key: (
                each,
                Counts(
                    total.detractors - each.detractors,
                    total.passives - each.passives,
                    total.promoters - each.promoters,
                ),
            )
            for key, each in groups.items()
        }
        found = compare(pairs)
        loud += any(each.verdict is Verdict.REAL for each in found.values())
        uncorrected += any(nps.difference(*pair).p < 0.05 for pair in pairs.values())
    # 5 % of 200 is 10; 20 is three standard errors above.
    assert loud <= 20
    assert uncorrected >= 160


def test_a_planted_difference_is_found_as_often_as_its_size_promises():
    chance = random.Random(7)
    found = 0
    for _world in range(100):
        pairs = {
            key: (drawn(chance, 200, (0.3, 0.2, 0.5)), drawn(chance, 1_500, (0.3, 0.2, 0.5)))
            for key in range(9)
        }
        pairs["planted"] = (drawn(chance, 200, (0.5, 0.2, 0.3)), drawn(chance, 1_500, (0.3, 0.2, 0.5)))
        found += compare(pairs)["planted"].verdict is Verdict.REAL
    assert found >= 95


def test_nobody_on_one_side_is_refused():
    with pytest.raises(ValueError, match="nobody"):
        comparing.compare({"a": (Counts(0, 0, 0), Counts(1, 1, 1))})
