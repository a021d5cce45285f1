"""Do high scores go with high figures? Spearman's rank correlation, and sums against sums, with bootstrap intervals.

Drawn anew are people, with replacement, always from the same seed: page, file and program tell the same interval.
numpy is loaded by the first who asks, since most processes never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

SEED = 20_140
TURNS, FEWEST_TURNS = 1_000, 300
WORK = 12_000_000  # draws in all; fewer turns where there are very many people


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval (percentiles of the bootstrap); n people."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_real(self) -> bool:
        """The whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def turns_for(n: int) -> int:
    """How often n people are drawn anew."""
    return max(FEWEST_TURNS, min(TURNS, WORK // max(1, n)))


def correlation(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """Spearman's coefficient, ties at the middle of their ranks; None where either side is one value only."""
    import numpy as np

    n = len(first)
    if n < 3:
        return None
    (_x, x), (_y, y) = (
        np.unique(np.asarray(each, dtype=float), return_inverse=True) for each in (first, second)
    )
    value = _spearman(x, y, np.ones(n))
    if value is None:
        return None
    random = np.random.default_rng(SEED)
    drawn = []
    for _turn in range(turns_for(n)):
        weights = np.bincount(random.integers(n, size=n), minlength=n).astype(float)
        again = _spearman(x, y, weights)
        if again is not None:
            drawn.append(again)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high), n)


def growth(before: Sequence[float], after: Sequence[float]) -> Estimate | None:
    """The sum afterwards over the sum before, less 1 (0.1 is ten per cent more); None without anything before."""
    import numpy as np

    n = len(before)
    start, end = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if n < 2 or start.sum() <= 0:
        return None
    random = np.random.default_rng(SEED)
    drawn = []
    for _turn in range(turns_for(n)):
        weights = np.bincount(random.integers(n, size=n), minlength=n)
        base = float(weights @ start)
        if base > 0:
            drawn.append(float(weights @ end) / base - 1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(float(end.sum() / start.sum() - 1), float(low), float(high), n)


def _spearman(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]
) -> float | None:
    """Of places in sorted values, each person counted as often as their weight says."""
    ranks = [_ranks(each, weights) for each in (x, y)]
    total = weights.sum()
    a, b = (each - (weights @ each) / total for each in ranks)
    spread = float((weights @ (a * a)) * (weights @ (b * b)))
    return float(weights @ (a * b)) / spread**0.5 if spread > 1e-12 else None


def _ranks(places: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    held = np.bincount(places, weights=weights)
    middle = np.cumsum(held) - (held - 1) / 2
    ranked: np.ndarray[Any, Any] = middle[places]
    return ranked
