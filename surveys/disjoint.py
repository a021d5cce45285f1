"""Two groups that may share people, compared by the parts that they do not share. Pure; takes counts.

The interval of two independent groups does not hold where some people stand on both sides. They would weigh on
both scores alike and tell nothing of the difference between the groups; so they are left out, and counted. Where
one group lies wholly within the other, it is compared with the rest of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from surveys import comparing
from surveys.comparing import TESTED_FROM, Compared, Verdict
from surveys.nps import Counts


class Parts(StrEnum):
    """Which parts stand against each other."""

    WHOLE = "whole"  # nobody is in both
    APART = "apart"  # those in the first alone against those in the second alone
    INSIDE_SECOND = "inside_second"  # the first against the rest of the second
    INSIDE_FIRST = "inside_first"  # the rest of the first against the second
    SAME = "same"  # the same people twice: nothing to compare


class Said(StrEnum):
    """What the comparison says."""

    REAL = "real"
    SMALL = "small"
    UNKNOWN = "unknown"
    FEW = "few"
    SAME = "same"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Against:
    """`first` and `second` are the parts compared; `compared` is None where they are too few, or the same."""

    parts: Parts
    first: Counts
    second: Counts
    said: Said
    compared: Compared | None = None


def against(only_first: Counts, both: Counts, only_second: Counts) -> Against:
    """Compare two groups given as three parts without anybody in common. Tested from 30 answers on each side."""
    parts, first, second = _parts(only_first, both, only_second)
    if parts is Parts.SAME:
        return Against(parts, first, second, Said.SAME)
    if not first.n or not second.n:
        return Against(parts, first, second, Said.NOBODY)
    if min(first.n, second.n) < TESTED_FROM:
        return Against(parts, first, second, Said.FEW)
    compared = comparing.compare({"": (first, second)})[""]
    said = {Verdict.REAL: Said.REAL, Verdict.SMALL: Said.SMALL, Verdict.UNKNOWN: Said.UNKNOWN}
    return Against(parts, first, second, said[compared.verdict], compared)


def _parts(only_first: Counts, both: Counts, only_second: Counts) -> tuple[Parts, Counts, Counts]:
    if not both.n:
        return Parts.WHOLE, only_first, only_second
    if not only_first.n and not only_second.n:
        return Parts.SAME, both, both
    if not only_first.n:
        return Parts.INSIDE_SECOND, both, only_second
    if not only_second.n:
        return Parts.INSIDE_FIRST, only_first, both
    return Parts.APART, only_first, only_second
