"""How long people stay, where many have not left yet and some were looked at late. Pure; standard library only.

Kaplan and Meier 1958 (JASA 53) with late entry: somebody is at risk on a day once the look at them has begun and
until they leave or are seen for the last time. Variance by Greenwood 1926; the interval is that of log(-log S)
(Kalbfleisch and Prentice), which stays within 0 and 1. Where nobody has left, or everybody, that is no interval, and
the exact one-sided bound of as many people as are at risk stands for it. Log-rank: Mantel 1966, with k - 1 degrees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from surveys import nps
from surveys.comparing import chi_square_tail


@dataclass(frozen=True, slots=True)
class Stay:
    """`n` people looked at from day `entry` (not included) to day `exit`, on which they left, or were last seen."""

    exit: int
    left: bool
    n: int = 1
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """On this day `left` of `at_risk` left; from then on the share who stay, 0 to 1, with its interval."""

    day: int
    at_risk: int
    left: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Logrank:
    """Do the groups leave alike? `expected` of each group if they did."""

    statistic: float
    degrees: int
    p: float
    observed: tuple[int, ...]
    expected: tuple[float, ...]


def curve(stays: Iterable[Stay], level: float = 0.95) -> list[Step]:
    """One step for each day on which somebody left, in order."""
    z = nps.quantile(level)
    share, greenwood, steps = 1.0, 0.0, []
    for day, at_risk, left in _days(stays):
        share *= 1 - left / at_risk
        if left < at_risk:
            greenwood += left / (at_risk * (at_risk - left))
        low, high = _interval(share, greenwood, at_risk, z, level)
        steps.append(Step(day, at_risk, left, share, low, high))
    return steps


def at_risk(stays: Iterable[Stay], day: int) -> int:
    """How many are looked at on this day: begun before it, and neither gone nor out of sight before it."""
    return sum(stay.n for stay in stays if stay.entry < day <= stay.exit)


def share_at(stays: Sequence[Stay], day: int, level: float = 0.95) -> Step | None:
    """The share who stay for `day` days, with how many are still looked at then; None where nobody is.

    `left` is of all days up to this one.
    """
    seen = at_risk(stays, day)
    if not seen:
        return None
    before = [step for step in curve(stays, level) if step.day <= day]
    gone = sum(step.left for step in before)
    if not before:
        return Step(day, seen, 0, 1.0, _exact(seen, level), 1.0)
    last = before[-1]
    return Step(day, seen, gone, last.share, last.low, last.high)


def logrank(groups: Sequence[Sequence[Stay]]) -> Logrank | None:
    """None for fewer than two groups, or where nobody left while people of two groups were at risk."""
    size = len(groups)
    if size < 2:
        return None
    observed, expected = [0] * size, [0.0] * size
    variance = [[0.0] * size for _group in groups]
    risks = [_Risk(group) for group in groups]
    for day in sorted(
        {stay.exit for group in groups for stay in group if stay.left and stay.exit > stay.entry}
    ):
        risk, left = [each.on(day) for each in risks], [each.left.get(day, 0) for each in risks]
        n, d = sum(risk), sum(left)
        spread = d * (n - d) / (n * n * (n - 1)) if n > 1 else 0.0
        for i in range(size):
            observed[i] += left[i]
            expected[i] += d * risk[i] / n
            for j in range(size):
                variance[i][j] += spread * risk[i] * ((n if i == j else 0) - risk[j])
    kept = [i for i in range(size) if variance[i][i] > 0]
    if len(kept) < 2:
        return None
    # The differences add up to zero, so the last of them says nothing more.
    kept.pop()
    apart = [observed[i] - expected[i] for i in kept]
    solved = _solved([[variance[i][j] for j in kept] for i in kept], apart)
    if solved is None:
        return None
    statistic = sum(a * s for a, s in zip(apart, solved, strict=True))
    return Logrank(
        statistic, len(kept), chi_square_tail(statistic, len(kept)), tuple(observed), tuple(expected)
    )


class _Risk:
    """Who of one group is at risk on a day, asked for days in rising order."""

    def __init__(self, stays: Iterable[Stay]) -> None:
        self.left: dict[int, int] = defaultdict(int)
        come: dict[int, int] = defaultdict(int)
        for stay in stays:
            if stay.exit <= stay.entry:
                continue
            come[stay.entry + 1] += stay.n
            come[stay.exit + 1] -= stay.n
            if stay.left:
                self.left[stay.exit] += stay.n
        self._changes = sorted(come.items())
        self._place = self._now = 0

    def on(self, day: int) -> int:
        while self._place < len(self._changes) and self._changes[self._place][0] <= day:
            self._now += self._changes[self._place][1]
            self._place += 1
        return self._now


def _days(stays: Iterable[Stay]) -> Iterable[tuple[int, int, int]]:
    """Day, people at risk, people who left; for each day on which somebody left."""
    risk = _Risk(stays)
    for day in sorted(risk.left):
        yield day, risk.on(day), risk.left[day]


def _interval(share: float, greenwood: float, at_risk: int, z: float, level: float) -> tuple[float, float]:
    if share <= 0.0:
        return 0.0, 1 - _exact(at_risk, level)
    reach = z * sqrt(greenwood) / -log(share)
    middle = log(-log(share))
    return exp(-exp(middle + reach)), exp(-exp(middle - reach))


def _exact(n: int, level: float) -> float:
    """The lower end for a share of 1, of n people (Clopper and Pearson)."""
    return float(((1 - level) / 2) ** (1 / n))


def _solved(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """By elimination with pivots; None where the matrix is singular."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(size):
        pivot = max(range(at, size), key=lambda place: abs(rows[place][at]))
        if abs(rows[pivot][at]) < 1e-12:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for place in range(size):
            if place != at:
                factor = rows[place][at] / rows[at][at]
                rows[place] = [a - factor * b for a, b in zip(rows[place], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]
