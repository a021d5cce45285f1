"""The arithmetic against published cases, and at its edges."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from surveys import nps
from surveys.nps import Category, Counts, NotAScore

SHARED = Path(os.environ.get("LOOPWELL_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CASES_FILE = SHARED / "cases" / "nps_cases.json"
CASES = json.loads(CASES_FILE.read_text())["cases"] if CASES_FILE.exists() else []
ONE = [case for case in CASES if case["fn"] == "one_sample"]
TWO = [case for case in CASES if case["fn"] == "two_sample_abs"]


def close(found: float, wanted: float, tolerance: float) -> bool:
    return abs(found - wanted) <= tolerance


@pytest.mark.shared
@pytest.mark.parametrize("case", ONE, ids=[case["id"] for case in ONE])
@pytest.mark.row("D1", "NPS with its interval")
def test_one_group_agrees_with_the_published_case(case):
    inputs = case["inputs"]
    counts = Counts(*inputs["counts"]) if "counts" in inputs else Counts.of_scores(inputs["scores"])
    expected, tolerance = case["expected"], case["tol"]
    by = case.get("tol_by", {})
    compared = 0
    for name, found in (
        ("nps", nps.score(counts)),
        ("var", nps.variance(counts)),
        ("se", nps.standard_error(counts)),
        ("adj_se", nps.adjusted_standard_error(counts)),
    ):
        if name in expected:
            compared += 1
            assert close(found, expected[name], by.get(name, tolerance)), name
    if "adj_wald" in expected:
        compared += 1
        found = nps.interval(counts, inputs.get("conf", 0.95))
        low, high = expected["adj_wald"]
        assert close(found.low, max(-1.0, low), by.get("adj_wald", tolerance))
        assert close(found.high, min(1.0, high), by.get("adj_wald", tolerance))
    assert compared


@pytest.mark.shared
@pytest.mark.parametrize("case", TWO, ids=[case["id"] for case in TWO])
def test_two_groups_agree_with_the_published_case(case):
    inputs, expected = case["inputs"], case["expected"]["adj_wald"]
    a, b = Counts(*inputs["x"]), Counts(*inputs["y"])
    found = nps.difference(a, b, inputs.get("conf", 0.95))
    tolerance = case.get("tol_by", {}).get("adj_wald", case["tol"])
    assert close(abs(found.value), expected["delta"], tolerance)
    low, high = (found.low, found.high) if found.value >= 0 else (-found.high, -found.low)
    assert close(low, max(-2.0, expected["int"][0]), tolerance)
    assert close(high, min(2.0, expected["int"][1]), tolerance)
    if "p" in expected:
        assert close(found.p, expected["p"], tolerance)
    assert nps.difference(b, a).value == -found.value


def test_the_shared_cases_were_read():
    if not CASES_FILE.exists():
        pytest.skip("the shared folder is not here")
    assert len(ONE) == 111
    assert len(TWO) == 11


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [(range(0, 7), Category.DETRACTOR), (range(7, 9), Category.PASSIVE), (range(9, 11), Category.PROMOTER)],
)
def test_each_score_has_its_category(scores, wanted):
    assert {nps.category(value) for value in scores} == {wanted}


@pytest.mark.parametrize("value", [11, -1, 9.5, 9.0, "9", None, True, float("nan")])
def test_what_is_not_a_score_is_refused_and_never_coerced(value):
    with pytest.raises(NotAScore):
        nps.category(value)


@pytest.mark.row("D1", "NPS with its interval")
def test_nobody_answered_is_no_score_and_not_zero():
    nobody = Counts(0, 0, 0)
    assert nps.score(nobody) is None
    assert nps.interval(nobody) is None
    assert nps.standard_error(nobody) is None
    assert nps.difference(nobody, Counts(1, 1, 1)) is None
    assert nps.points(None) is None


def test_only_promoters_still_have_a_width():
    found = nps.interval(Counts(0, 0, 10))
    assert nps.standard_error(Counts(0, 0, 10)) == 0
    assert found.low < 0.8
    assert found.high == 1.0


def test_points_round_halves_away_from_zero_and_only_here():
    assert [nps.points(value) for value in (0.375, -0.375, 0.0, 1.0, -1.0)] == [38, -38, 0, 100, -100]


def test_a_difference_keeps_its_sign():
    low, high = Counts(30, 10, 10), Counts(10, 10, 30)
    assert nps.difference(low, high).value < 0 < nps.difference(high, low).value


def test_fewer_answers_need_a_larger_gap():
    assert nps.detectable(Counts(20, 20, 40)) > nps.detectable(Counts(200, 200, 400))
    assert nps.answers_needed(5) > nps.answers_needed(10)


def test_a_share_has_a_wilson_interval():
    found = nps.proportion(8, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.4902, 0.9433)
    assert nps.proportion(0, 0) is None


def test_the_file_stands_alone_on_the_standard_library():
    path = Path(nps.__file__)
    code = (
        "import importlib.util as u, sys;"
        f"s = u.spec_from_file_location('alone', {str(path)!r});"
        "m = u.module_from_spec(s); sys.modules['alone'] = m; s.loader.exec_module(m);"
        "print(m.score(m.Counts(1, 1, 2)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout.strip() == "0.25"
    assert importlib.util.find_spec("surveys.nps") is not None
