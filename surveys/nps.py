"""The arithmetic of the Net Promoter Score: pure, on counts, standard library only.

Everything takes `Counts(detractors, passives, promoters)`, so that a GROUP BY or a rollup can feed it.
Scores live on [-1, 1] and are rounded only when shown. This file can be loaded on its own.

Intervals are adjusted Wald: 3/4, 3/2, 3/4 are added to the three counts, n + 3 (Rocks 2016, "Interval
Estimation for the Net Promoter Score", The American Statistician 70:4). Plain Wald is 0 wide when
everybody is a promoter; this is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

_PSEUDO_OUTER = 0.75
_PSEUDO_PASSIVE = 1.5
_PSEUDO_TOTAL = 3

WEAK_BELOW = 30
"""From this many answers on, a group is tested and drawn in full ink."""
JUDGED_FROM = 10
"""Below this many answers a group is too few to judge."""


class Category(StrEnum):
    """What a score makes of a respondent: 0-6 detractor, 7-8 passive, 9-10 promoter."""

    DETRACTOR = "detractor"
    PASSIVE = "passive"
    PROMOTER = "promoter"


class NotAScore(ValueError):
    """The value is not a whole number from 0 to 10. It is never coerced."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answered in each category."""

    detractors: int
    passives: int
    promoters: int

    def __post_init__(self) -> None:
        if min(self.detractors, self.passives, self.promoters) < 0:
            raise ValueError("counts cannot be negative")

    @property
    def n(self) -> int:
        return self.detractors + self.passives + self.promoters

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.detractors + other.detractors,
            self.passives + other.passives,
            self.promoters + other.promoters,
        )

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            self.detractors - other.detractors,
            self.passives - other.passives,
            self.promoters - other.promoters,
        )

    @classmethod
    def of_scores(cls, scores: list[int]) -> Counts:
        """Count whole-number scores; raises NotAScore for anything else."""
        found = [category(value) for value in scores]
        return cls(
            found.count(Category.DETRACTOR), found.count(Category.PASSIVE), found.count(Category.PROMOTER)
        )

    @classmethod
    def of_histogram(cls, histogram: list[int]) -> Counts:
        """From eleven counts, of the scores 0 to 10 in order."""
        if len(histogram) != 11:
            raise ValueError("a histogram has eleven counts, 0 to 10")
        return cls(sum(histogram[:7]), sum(histogram[7:9]), sum(histogram[9:]))


@dataclass(frozen=True, slots=True)
class Interval:
    """Ends on [-1, 1]."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """a - b of two adjusted scores with its interval, on [-2, 2], and the two-sided p-value."""

    value: float
    low: float
    high: float
    p: float


def category(score: int) -> Category:
    """The category of one score. Raises NotAScore for 11, -1, 9.5, "9", True and None."""
    if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 10:
        raise NotAScore(f"a score is a whole number from 0 to 10, not {score!r}")
    if score >= 9:
        return Category.PROMOTER
    if score >= 7:
        return Category.PASSIVE
    return Category.DETRACTOR


def score(counts: Counts) -> float | None:
    """NPS = (promoters - detractors) / n, passives in the denominator; None when nobody answered."""
    if counts.n == 0:
        return None
    return (counts.promoters - counts.detractors) / counts.n


def variance(counts: Counts) -> float | None:
    """V = (p + d) / n - NPS^2, of one answer coded -1, 0, +1; None when nobody answered."""
    return None if counts.n == 0 else _variance(counts.detractors, counts.promoters, counts.n)


def standard_error(counts: Counts) -> float | None:
    """SE = sqrt(V / n) of the raw score; None when nobody answered."""
    value = variance(counts)
    return None if value is None else sqrt(value / counts.n)


def adjusted_score(counts: Counts) -> float:
    """The score after adding 3/4, 3/2, 3/4; 0 when nobody answered. Never shown as the score."""
    return (counts.promoters - counts.detractors) / (counts.n + _PSEUDO_TOTAL)


def adjusted_standard_error(counts: Counts) -> float:
    """The standard error of the adjusted score; defined for n = 0 too."""
    n = counts.n + _PSEUDO_TOTAL
    return sqrt(_variance(counts.detractors + _PSEUDO_OUTER, counts.promoters + _PSEUDO_OUTER, n) / n)


def interval(counts: Counts, level: float = 0.95) -> Interval | None:
    """Adjusted-Wald interval of the NPS, ends clamped to [-1, 1]; None when nobody answered."""
    if counts.n == 0:
        return None
    middle = adjusted_score(counts)
    reach = quantile(level) * adjusted_standard_error(counts)
    return Interval(max(-1.0, middle - reach), min(1.0, middle + reach))


def difference(a: Counts, b: Counts, level: float = 0.95) -> Difference | None:
    """a - b of the adjusted scores, with sign, interval and p; None when either is empty."""
    if a.n == 0 or b.n == 0:
        return None
    value = adjusted_score(a) - adjusted_score(b)
    error = sqrt(adjusted_standard_error(a) ** 2 + adjusted_standard_error(b) ** 2)
    reach = quantile(level) * error
    p = 2 * (1 - NormalDist().cdf(abs(value) / error))
    return Difference(value, max(-2.0, value - reach), min(2.0, value + reach), p)


def quantile(level: float) -> float:
    """z of a two-sided interval at this level, from the normal quantile (1.959... at 0.95)."""
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    return NormalDist().inv_cdf(0.5 + level / 2)


def answers_needed(points: float, counts: Counts | None = None, level: float = 0.95) -> int:
    """How many answers make the interval reach at most this many points (of 100) to each side.

    Takes the variance seen so far, or 0.67, that of three equal categories, when nothing is known.
    """
    if points <= 0:
        raise ValueError("the wanted precision is a positive number of points")
    spread = (
        2 / 3
        if counts is None or counts.n < JUDGED_FROM
        else adjusted_standard_error(counts) ** 2 * (counts.n + _PSEUDO_TOTAL)
    )
    n = spread * (quantile(level) / (points / 100)) ** 2 - _PSEUDO_TOTAL
    return max(1, int(n) + (n > int(n)))


def detectable(counts: Counts, level: float = 0.95, power: float = 0.8) -> float | None:
    """The smallest difference, on [0, 2], that two groups of this size and spread would show."""
    if counts.n == 0:
        return None
    z = quantile(level) + NormalDist().inv_cdf(power)
    spread = adjusted_standard_error(counts) ** 2 * (counts.n + _PSEUDO_TOTAL)
    return min(2.0, z * sqrt(2 * spread / (counts.n + _PSEUDO_TOTAL)))


def proportion(successes: int, n: int, level: float = 0.95) -> Interval | None:
    """Wilson interval of a share on [0, 1] (response rates); None for n = 0."""
    if n == 0:
        return None
    z = quantile(level)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def points(value: float | None) -> int | None:
    """A score on [-1, 1] as the whole number people read, -100 to 100, halves away from zero."""
    if value is None:
        return None
    scaled = value * 100
    return int(scaled + 0.5) if scaled >= 0 else -int(-scaled + 0.5)


def _variance(detractors: float, promoters: float, n: float) -> float:
    mean = (promoters - detractors) / n
    return max(0.0, (promoters + detractors) / n - mean * mean)
