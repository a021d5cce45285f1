"""The difference of two shares, such as response rates. Pure; standard library only.

Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17,
method 10: from the Wilson intervals of both.
"""

from __future__ import annotations

from math import sqrt

from surveys import nps
from surveys.nps import Interval


def difference(first: tuple[int, int], second: tuple[int, int], level: float = 0.95) -> Interval | None:
    """The interval of the first share minus the second, on [-1, 1]; each is (successes, n). None for nobody."""
    one, two = nps.proportion(*first, level), nps.proportion(*second, level)
    if one is None or two is None:
        return None
    p, q = first[0] / first[1], second[0] / second[1]
    value = p - q
    down = sqrt((p - one.low) ** 2 + (two.high - q) ** 2)
    up = sqrt((one.high - p) ** 2 + (q - two.low) ** 2)
    return Interval(max(-1.0, value - down), min(1.0, value + up))
