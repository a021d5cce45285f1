"""The effect of an improvement: how its units changed, against comparable units that it does not touch.

Two windows of equal length lie before and from the day on which it was done; in each the last answer of a customer
stands for them. Comparable is a unit that neither it nor another improvement done between the two ends touches,
with at least 10 answers in both windows. The arithmetic is that of surveys/twice_differing.py. The same comparison
a window earlier, when nothing had been done, tells whether the two ran alike before.

Where small groups are hidden, nothing is told unless every unit has enough answers in every window.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.utils import timezone

from accounts.acting import Actor
from accounts.models import Unit
from surveys import grouping, improving, twice_differing
from surveys.comparing import TESTED_FROM
from surveys.filtering import Filter
from surveys.models import Improvement, TouchedUnit
from surveys.nps import Counts
from surveys.reporting import NOTHING, Guard, Scored
from surveys.twice_differing import Twice

WINDOWS = (30, 60, 90, 180)
LEAST_DAYS = 14
LEAST_IN_UNIT = 10  # answers in each window
LEAST_UNITS = 3  # in all
NOWHERE = 0
NOBODY = Scored(NOTHING)


class Said(StrEnum):
    """What the comparison says, or why there is none."""

    NOT_DONE = "not_done"
    NO_UNITS = "no_units"
    BRANCH = "branch"
    EARLY = "early"
    HIDDEN = "hidden"
    ALONE = "alone"
    FEW = "few"
    REAL = "real"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """One unit in both windows."""

    unit: Unit
    touched: bool
    before: Scored
    after: Scored


@dataclass(frozen=True)
class Effect:
    """`days` of each window, fewer than wanted while they are not over. Differences in points."""

    said: Said
    wanted: int
    days: int = 0
    day: dt.date | None = None
    rows: list[Row] = field(default_factory=list)
    touched_before: Scored = NOBODY
    touched_after: Scored = NOBODY
    untouched_before: Scored = NOBODY
    untouched_after: Scored = NOBODY
    twice: Twice | None = None
    earlier: Twice | None = None
    left_out: int = 0
    others: list[Improvement] = field(default_factory=list)

    @property
    def value(self) -> float | None:
        return self.twice.value * 100 if self.twice else None

    @property
    def low(self) -> float | None:
        return self.twice.low * 100 if self.twice else None

    @property
    def high(self) -> float | None:
        return self.twice.high * 100 if self.twice else None

    @property
    def touched_change(self) -> float | None:
        return self.twice.touched * 100 if self.twice else None

    @property
    def untouched_change(self) -> float | None:
        return self.twice.untouched * 100 if self.twice else None

    @property
    def ran_apart(self) -> bool:
        """The two differed in how they changed already before it was done."""
        return self.earlier is not None and (self.earlier.low > 0 or self.earlier.high < 0)

    @property
    def earlier_value(self) -> float | None:
        return self.earlier.value * 100 if self.earlier else None

    @property
    def earlier_low(self) -> float | None:
        return self.earlier.low * 100 if self.earlier else None

    @property
    def earlier_high(self) -> float | None:
        return self.earlier.high * 100 if self.earlier else None

    @property
    def starts(self) -> dt.date | None:
        return self.day - dt.timedelta(days=self.days) if self.day else None

    @property
    def ends(self) -> dt.date | None:
        return self.day + dt.timedelta(days=self.days - 1) if self.day else None


def effect(
    improvement: Improvement, chosen: Filter, actor: Actor, *, days: int = 90, today: dt.date | None = None
) -> Effect:
    """The comparison over `days` before and after, of the answers that the filter lets through at any time."""
    chosen = chosen.of_everybody()
    day = improvement.done_on
    if day is None:
        return Effect(Said.NOT_DONE, days)
    touched = improving.branches(improving.touched_units(improvement))
    if not touched:
        return Effect(Said.NO_UNITS, days, day=day)
    if actor.branch_ids is not None:
        return Effect(Said.BRANCH, days, day=day)
    today = today or timezone.now().astimezone(chosen.zone).date()
    whole = max(0, min(days, (today - day).days))
    if whole < LEAST_DAYS:
        return Effect(Said.EARLY, days, whole, day)
    span = dt.timedelta(days=whole)
    windows = [_window(chosen, actor, day + step * span, whole) for step in (-2, -1, 0)]
    if _tells_small(windows, Guard.of(actor, chosen)):
        return Effect(Said.HIDDEN, days, whole, day)
    for window in windows:
        window.pop(NOWHERE, None)
    busy, others = _others(improvement, touched, day - span, day + span)
    earlier, before, after = windows
    inside = _enough(before, after)
    units = {each.pk: each for each in Unit.objects.filter(pk__in=inside).in_order()}
    rows = [
        Row(unit, pk in touched, Scored(before[pk]), Scored(after[pk]))
        for pk, unit in units.items()
        if pk in touched or pk not in busy
    ]
    left_out = len(touched & (before.keys() | after.keys()) - inside)
    sums = {
        (side, name): Scored(sum((getattr(row, name).counts for row in rows if row.touched is side), NOTHING))
        for side in (True, False)
        for name in ("before", "after")
    }
    found = Effect(
        Said.ALONE,
        days,
        whole,
        day,
        rows,
        touched_before=sums[True, "before"],
        touched_after=sums[True, "after"],
        untouched_before=sums[False, "before"],
        untouched_after=sums[False, "after"],
        left_out=left_out,
        others=others,
    )
    if not any(each.touched for each in rows):
        return replace(found, said=Said.FEW)
    if all(each.touched for each in rows) or len(rows) < LEAST_UNITS:
        return found
    cells = (found.touched_before, found.touched_after, found.untouched_before, found.untouched_after)
    if min(each.counts.n for each in cells) < TESTED_FROM:
        return replace(found, said=Said.FEW)
    twice = _twice(rows, before, after)
    assert twice is not None
    real = twice.low > 0 or twice.high < 0
    past = [row for row in rows if row.unit.pk in _enough(earlier, before)]
    return replace(
        found,
        said=Said.REAL if real else Said.UNKNOWN,
        twice=twice,
        earlier=_twice(past, earlier, before),
    )


def _window(chosen: Filter, actor: Actor, start: dt.date, days: int) -> dict[int, Counts]:
    """Unit -> the last answers of its customers in the window; NOWHERE those of no unit."""
    window = replace(chosen, period="custom", start=start, end=start + dt.timedelta(days=days - 1)).responses(
        actor
    )
    rows = grouping.last_of_each(window).values("unit_id").annotate(**grouping.three())
    return {
        row["unit_id"] or NOWHERE: Counts(row["detractors"], row["passives"], row["promoters"])
        for row in rows.order_by()
    }


def _tells_small(windows: list[dict[int, Counts]], guard: Guard) -> bool:
    return guard.is_on and any(counts.n < guard.threshold for window in windows for counts in window.values())


def _enough(before: Mapping[int, Counts], after: Mapping[int, Counts]) -> set[int]:
    return {pk for pk in before.keys() & after.keys() if min(before[pk].n, after[pk].n) >= LEAST_IN_UNIT}


def _twice(rows: list[Row], before: Mapping[int, Counts], after: Mapping[int, Counts]) -> Twice | None:
    sides: dict[bool, list[twice_differing.Unit]] = {True: [], False: []}
    for row in rows:
        sides[row.touched].append(twice_differing.Unit(before[row.unit.pk], after[row.unit.pk]))
    return twice_differing.compared(sides[True], sides[False])


def _others(
    improvement: Improvement, touched: frozenset[int], first: dt.date, end: dt.date
) -> tuple[set[int], list[Improvement]]:
    """The units that other improvements touched within the two windows, and those of them that touch the same
    units as this one."""
    found = (
        Improvement.objects.present()
        .exclude(pk=improvement.pk)
        .filter(done_on__gte=first, done_on__lt=end, pk__in=TouchedUnit.objects.values("improvement_id"))
        .order_by("done_on", "pk")
    )
    busy: set[int] = set()
    same = []
    for each in found:
        theirs = improving.branches(improving.touched_units(each))
        busy |= theirs
        if theirs & touched:
            same.append(each)
    return busy, same
