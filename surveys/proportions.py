"""The difference of two shares, such as response rates. Pure; standard library only.

Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17,
method 10: from the Wilson intervals of both.
"""

from __future__ import annotations

from math import exp, lgamma, sqrt

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


def exact_p(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Fisher's two-sided p of two shares being one; each is (successes, n). 1 where there is nothing to tell.

    All tables with the same sums that are at most as likely as this one, as R's fisher.test has it.
    """
    hits, draws, whole = first[0] + second[0], first[1], first[1] + second[1]
    if not hits or hits == whole or not draws or draws == whole:
        return 1.0

    def chance(inside: int) -> float:
        return _ln_choose(hits, inside) + _ln_choose(whole - hits, draws - inside)

    least, most = max(0, draws - (whole - hits)), min(hits, draws)
    all_of_them = _ln_choose(whole, draws)
    seen = chance(first[0]) + 1e-7
    return min(
        1.0,
        sum(
            exp(likely - all_of_them)
            for inside in range(least, most + 1)
            if (likely := chance(inside)) <= seen
        ),
    )


def _ln_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
