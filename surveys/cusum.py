"""A real shift of a line, told from its noise: CUSUM on standardized periods. Pure; takes counts of surveys.nps.

Page 1954 ("Continuous inspection schemes", Biometrika 41) with k = 0.5 and h = 5 on both sides, as Montgomery's
and Hawkins and Olwell's handbooks set it: with nothing real, one false alarm in 465 periods on average.

What the line was before is not known and is learned: of the first 8 periods, then of each one after. A period is
standardized by the distance of its adjusted score from the mean of those before it, weighed by 1/SE^2, over the
standard error of that distance; such recursive residuals are independent (Brown, Durbin and Evans 1975, JRSS-B
37; Hawkins 1987, The Statistician 36), so that learning costs no error rate. After an alarm the line is learned
anew from where the shift began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from surveys import nps
from surveys.nps import Counts

SLACK = 0.5
LIMIT = 5.0
LEARNED_FROM = 8  # periods
FEWEST = nps.JUDGED_FROM  # answers of a period that counts


@dataclass(frozen=True)
class Shift:
    """The alarm rang at period `at`; the run that rang it began at `began`. Places in the sequence given."""

    began: int
    at: int
    up: bool
    before: Counts
    after: Counts


def shifts(periods: Sequence[Counts], *, fewest: int = FEWEST) -> list[Shift]:
    """Every alarm, oldest first. Periods with fewer answers than `fewest` are passed by, as are empty ones."""
    places = [place for place, counts in enumerate(periods) if counts.n >= max(1, fewest)]
    found: list[Shift] = []
    first = 0
    while (alarm := _first_alarm([periods[place] for place in places[first:]])) is not None:
        began, at, up = alarm
        found.append(
            Shift(
                began=places[first + began],
                at=places[first + at],
                up=up,
                before=_sum(periods[place] for place in places[first : first + began]),
                after=_sum(periods[place] for place in places[first + began : first + at + 1]),
            )
        )
        first += began
    return found


def _first_alarm(periods: Sequence[Counts]) -> tuple[int, int, bool] | None:
    weight = mean = 0.0
    sums, began = {True: 0.0, False: 0.0}, {True: 0, False: 0}
    for place, counts in enumerate(periods):
        score, error = nps.adjusted_score(counts), nps.adjusted_standard_error(counts)
        if place >= LEARNED_FROM:
            distance = (score - mean) / sqrt(error**2 + 1 / weight)
            for up in (True, False):
                if sums[up] == 0.0:
                    began[up] = place
                sums[up] = max(0.0, sums[up] + (distance if up else -distance) - SLACK)
                if sums[up] > LIMIT:
                    return began[up], place, up
        share = 1 / error**2
        mean = (mean * weight + score * share) / (weight + share)
        weight += share
    return None


def _sum(several: Iterable[Counts]) -> Counts:
    total = Counts(0, 0, 0)
    for each in several:
        total += each
    return total
