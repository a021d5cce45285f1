"""Many groups compared at once, without shouting at chance. Pure; takes counts of surveys.nps.

Sources: the omnibus test weighs the adjusted scores by 1/SE^2 and refers Q to chi-square with k-1 degrees;
control of the false discovery rate as in Benjamini and Hochberg (JRSS-B 57, 1995); intervals of what was picked
out as in Benjamini and Yekutieli (JASA 100, 2005): level 1 - R q / m for R picked of m.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import erfc, exp, pi, sqrt

from surveys import nps
from surveys.nps import Counts, Difference

TESTED_FROM = 30  # answers on both sides
FALSE_SHARE = 0.05  # of the differences called real, how many may be chance on average
MARGIN = 0.10  # on [-2, 2]: a difference that surely is smaller is not worth noticing


class Verdict(StrEnum):
    """What a comparison says."""

    REAL = "real"
    SMALL = "small"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Omnibus:
    """Do k groups differ at all? Q, its degrees of freedom k-1, and the p-value."""

    statistic: float
    degrees: int
    p: float


@dataclass(frozen=True)
class Compared:
    """One group against the rest: `adjusted_p` is Benjamini-Hochberg's over the whole family.

    `difference` is group - rest on [-2, 2]; its interval is widened for selection when the verdict is real.
    `detectable` is the smallest difference groups of these sizes would show.
    """

    counts: Counts
    rest: Counts
    difference: Difference
    adjusted_p: float
    verdict: Verdict
    detectable: float


def chi_square_tail(statistic: float, degrees: int) -> float:
    """P(X >= statistic) of chi-square with whole degrees of freedom, by its finite series."""
    if degrees < 1:
        raise ValueError("chi-square has at least one degree of freedom")
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    if degrees % 2:
        tail = erfc(sqrt(half))
        term = exp(-half) * sqrt(half) * 2 / sqrt(pi)
        step = 1.5
    else:
        tail = exp(-half)
        term = exp(-half) * half
        step = 2.0
    for _turn in range((degrees - 1) // 2):
        tail += term
        term *= half / step
        step += 1
    return min(1.0, tail)


def omnibus(groups: Sequence[Counts]) -> Omnibus | None:
    """Q = sum w_i (score_i - mean)^2 over adjusted scores, w = 1/SE^2; None for fewer than two groups."""
    present = [group for group in groups if group.n]
    if len(present) < 2:
        return None
    weights = [1 / nps.adjusted_standard_error(group) ** 2 for group in present]
    scores = [nps.adjusted_score(group) for group in present]
    mean = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
    statistic = sum(w * (s - mean) ** 2 for w, s in zip(weights, scores, strict=True))
    degrees = len(present) - 1
    return Omnibus(statistic, degrees, chi_square_tail(statistic, degrees))


def adjusted(ps: Sequence[float]) -> list[float]:
    """Benjamini-Hochberg's adjusted p-values, in the order given: real where they are at most the q wanted."""
    order = sorted(range(len(ps)), key=lambda at: ps[at], reverse=True)
    found, least = [1.0] * len(ps), 1.0
    for place, at in enumerate(order):
        least = min(least, ps[at] * len(ps) / (len(ps) - place))
        found[at] = least
    return found


def compare(
    pairs: Mapping[Hashable, tuple[Counts, Counts]],
    *,
    false_share: float = FALSE_SHARE,
    margin: float = MARGIN,
) -> dict[Hashable, Compared]:
    """Every (group, rest) as one family of tests; both sides of each have answers.

    Real: significant after control. Small: the whole 95 % interval lies within the margin. Unknown: neither.
    """
    found: dict[Hashable, Difference] = {}
    for key, (counts, rest) in pairs.items():
        difference = nps.difference(counts, rest)
        if difference is None:
            raise ValueError(f"{key!r} has nobody on one side")
        found[key] = difference
    after = dict(zip(found, adjusted([each.p for each in found.values()]), strict=True))
    picked = [key for key, p in after.items() if p <= false_share]
    level = 1 - len(picked) * false_share / len(found) if picked else 0.95
    compared = {}
    for key, (counts, rest) in pairs.items():
        difference = found[key]
        if after[key] <= false_share:
            verdict = Verdict.REAL
            difference = nps.difference(counts, rest, level=min(level, 1 - 1e-12)) or difference
        elif -margin < difference.low and difference.high < margin:
            verdict = Verdict.SMALL
        else:
            verdict = Verdict.UNKNOWN
        compared[key] = Compared(counts, rest, difference, after[key], verdict, detectable(counts, rest))
    return compared


def detectable(a: Counts, b: Counts) -> float:
    """The smallest difference, on [0, 2], that groups of these sizes would show: z (1.96 + 0.84 at 95 % and 80 %
    power) times the standard error of the difference."""
    z = nps.quantile(0.95) + nps.quantile(0.6)  # the 80 % point of the normal distribution
    return min(2.0, z * sqrt(nps.adjusted_standard_error(a) ** 2 + nps.adjusted_standard_error(b) ** 2))
