"""Difference in differences over units: how the touched ones changed, less how the untouched ones changed. Pure.

Of each unit the change is the adjusted score (surveys.nps) after, less before. A group's change is the mean of its
units' changes, each weighing 1 / (1/n before + 1/n after): by its answers and not by its scores, so that the
weight and what is weighed do not go together. The units, and not the answers, are what was touched or not, so the
spread between them counts: Q = sum of (change - mean of its group)^2 / variance, over k - 2 degrees of freedom for
k units, widens the variance wherever it exceeds 1 (Birge, Phys. Rev. 40, 1932), and the interval is Student's t
with k - 2. One unit on one side is enough; three in all are needed, as two have no spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan, cos, pi, sin, sqrt

from surveys import nps
from surveys.nps import Counts


@dataclass(frozen=True)
class Unit:
    """The answers of one unit in the two windows; both have some."""

    before: Counts
    after: Counts

    @property
    def change(self) -> float:
        return nps.adjusted_score(self.after) - nps.adjusted_score(self.before)

    @property
    def variance(self) -> float:
        return nps.adjusted_standard_error(self.after) ** 2 + nps.adjusted_standard_error(self.before) ** 2

    @property
    def weight(self) -> float:
        return 1 / (1 / self.before.n + 1 / self.after.n)


@dataclass(frozen=True)
class Twice:
    """Points are on [-1, 1] and doubled: `touched` and `untouched` on [-2, 2], `value` on [-4, 4].

    `spread` is by how much the units vary more than their answers explain: 1 is not at all.
    """

    touched: float
    untouched: float
    value: float
    low: float
    high: float
    spread: float
    units: int


def compared(touched: Sequence[Unit], untouched: Sequence[Unit], level: float = 0.95) -> Twice | None:
    """None with nobody on a side, or with fewer than three units in all."""
    if not touched or not untouched or len(touched) + len(untouched) < 3:
        return None
    means, variance, q = [], 0.0, 0.0
    for group in (touched, untouched):
        whole = sum(each.weight for each in group)
        mean = sum(each.weight * each.change for each in group) / whole
        means.append(mean)
        variance += sum(each.weight**2 * each.variance for each in group) / whole**2
        q += sum((each.change - mean) ** 2 / each.variance for each in group)
    degrees = len(touched) + len(untouched) - 2
    spread = max(1.0, q / degrees)
    value = means[0] - means[1]
    reach = quantile(level, degrees) * sqrt(variance * spread)
    return Twice(means[0], means[1], value, value - reach, value + reach, spread, degrees + 2)


def inside(t: float, degrees: int) -> float:
    """P(-t < T < t) of Student's t with whole degrees of freedom, by its finite series (Abramowitz and Stegun
    26.7.3 and 26.7.4)."""
    theta = atan(t / sqrt(degrees))
    if degrees == 1:
        return 2 * theta / pi
    total, term = 0.0, 1.0
    if degrees % 2:
        term = cos(theta)
        for step in range(1, (degrees - 1) // 2 + 1):
            total += term
            term *= cos(theta) ** 2 * (2 * step) / (2 * step + 1)
        return 2 / pi * (theta + sin(theta) * total)
    for step in range(1, degrees // 2 + 1):
        total += term
        term *= cos(theta) ** 2 * (2 * step - 1) / (2 * step)
    return sin(theta) * total


@lru_cache(maxsize=256)
def quantile(level: float, degrees: int) -> float:
    """t of a two-sided interval at this level, to twelve places of the level."""
    if degrees < 1:
        raise ValueError("Student's t has at least one degree of freedom")
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    low, high = 0.0, 1.0
    while inside(high, degrees) < level:
        high *= 2
    for _turn in range(200):
        middle = (low + high) / 2
        if inside(middle, degrees) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2
