"""The same people asked twice: how they moved between the categories, and whether that is more than chance.

Pure; takes a square table of counts, `table[before][after]`, detractors, passives, promoters in that order.

The net movement is the mean change of people coded -1, 0, +1, which is the later score minus the earlier one.
Its interval is that of a paired mean after adding three people who stand apart from everybody: 3/4, 3/2, 3/4
on each side, spread over the cells as if before and after had nothing to do with each other. It is to the
adjusted Wald of one score (surveys.nps) what Agresti and Min 2005 ("Simple improved confidence intervals for
comparing matched proportions", Statistics in Medicine 24) is to that of one proportion.

Whether the categories as a whole have shifted: Stuart 1955 (Biometrika 42) and Maxwell 1970 (British Journal
of Psychiatry 116), chi-square with one degree of freedom less than categories that anybody moved between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from surveys import nps
from surveys.comparing import chi_square_tail

Table = Sequence[Sequence[int]]

_VALUES = (-1, 0, 1)
_PSEUDO = (0.75, 1.5, 0.75)


@dataclass(frozen=True)
class Net:
    """Mean change on [-2, 2] with its interval; `value` is that of the people, the interval is adjusted."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Shift:
    """Stuart and Maxwell's test that the categories are held by as many after as before."""

    statistic: float
    degrees: int
    p: float


def net(table: Table, level: float = 0.95) -> Net | None:
    """The net movement of a three by three table; None for nobody."""
    n = sum(sum(row) for row in table)
    if n == 0:
        return None
    pseudo = sum(_PSEUDO)
    weights = [
        (after - before, table[i][j], table[i][j] + _PSEUDO[i] * _PSEUDO[j] / pseudo)
        for i, before in enumerate(_VALUES)
        for j, after in enumerate(_VALUES)
    ]
    total = n + pseudo
    middle = sum(change * weight for change, _count, weight in weights) / total
    spread = sum(change * change * weight for change, _count, weight in weights) / total - middle * middle
    reach = nps.quantile(level) * sqrt(max(0.0, spread) / total)
    value = sum(change * count for change, count, _weight in weights) / n
    return Net(value, max(-2.0, middle - reach), min(2.0, middle + reach))


def shifted(table: Table) -> Shift | None:
    """Of a square table of any size; None when nobody moved."""
    size = len(table)
    before = [sum(row) for row in table]
    after = [sum(row[j] for row in table) for j in range(size)]
    # The differences of the margins add up to nothing, so the last one tells no more than the others.
    moved = [before[i] - after[i] for i in range(size - 1)]
    spread = [
        [
            float(before[i] + after[i] - 2 * table[i][i] if i == j else -(table[i][j] + table[j][i]))
            for j in range(size - 1)
        ]
        for i in range(size - 1)
    ]
    statistic, degrees = _quadratic(spread, [float(each) for each in moved])
    return Shift(statistic, degrees, chi_square_tail(statistic, degrees)) if degrees else None


def _quadratic(matrix: list[list[float]], vector: list[float]) -> tuple[float, int]:
    """v' M^-1 v and the rank of M, symmetric and without negative roots; what M does not reach is left out."""
    matrix, vector = [list(row) for row in matrix], list(vector)
    found, rank = 0.0, 0
    for at in range(len(vector)):
        pivot = matrix[at][at]
        if pivot <= 1e-9:
            continue
        found += vector[at] ** 2 / pivot
        rank += 1
        for below in range(at + 1, len(vector)):
            share = matrix[below][at] / pivot
            vector[below] -= share * vector[at]
            for column in range(at, len(vector)):
                matrix[below][column] -= share * matrix[at][column]
    return found, rank
