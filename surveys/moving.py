"""Who moved: the answer before, and the latest one, of each customer, by category.

The latest is the customer's last answer in the period; the one before may be of any earlier time. The filter's
survey, channel, touchpoint and segment hold for both. A category does not narrow the table: it is its columns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Lead, RowNumber

from accounts.acting import Actor
from surveys import paired, privacy
from surveys.filtering import Filter
from surveys.models import Response
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts
from surveys.paired import Net, Shift
from surveys.reporting import Guard, Scored

FIRST = "first"
NOW = ("promoter", "passive", "detractor")
WAS = (*NOW, FIRST)
RANGES = {"detractor": (0, 6), "passive": (7, 8), "promoter": (9, 10)}
Sizes = dict[tuple[Hashable, Hashable], int]
_RANK = {"detractor": 0, "passive": 1, "promoter": 2}


@dataclass(frozen=True)
class Cell:
    """People who were `was` and are `now`; `n` is None where that stays hidden."""

    was: str
    now: str
    n: int | None

    @property
    def kind(self) -> str:
        """first, better, same or worse."""
        if self.was == FIRST:
            return FIRST
        change = _RANK[self.now] - _RANK[self.was]
        return "better" if change > 0 else "worse" if change else "same"


@dataclass(frozen=True)
class Line:
    """All who were the same before; `n` is None where that stays hidden."""

    was: str
    cells: tuple[Cell, ...]
    n: int | None


@dataclass(frozen=True)
class Again:
    """Those who had answered before: both scores, the net movement in points, and who moved which way."""

    n: int
    before: Scored
    after: Scored
    net: Net
    shift: Shift | None
    better: int
    same: int
    worse: int

    @property
    def value(self) -> float:
        return self.net.value * 100

    @property
    def low(self) -> float:
        return self.net.low * 100

    @property
    def high(self) -> float:
        return self.net.high * 100

    @property
    def is_real(self) -> bool:
        """The whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Movement:
    """`n` people whose latest answer is in the period, None if hidden; `again` is None where nobody answered
    before, or where anything of the table stays hidden: it would give the hidden away."""

    lines: tuple[Line, ...]
    sums: dict[str, int | None]
    n: int | None
    unknown: int
    again: Again | None
    hides: bool

    @property
    def cells(self) -> list[Cell]:
        return [cell for line in self.lines for cell in line.cells]

    @property
    def is_empty(self) -> bool:
        return self.n == 0


def movement(chosen: Filter, actor: Actor) -> Movement:
    """The table of all customers whose latest answer lies in the period."""
    guard = Guard.of(actor, chosen)
    sizes = _counted(chosen, actor)
    n = sum(sizes.values())
    few = 0 < n < guard.threshold
    hidden = privacy.hidden_with_sums(sizes, guard.threshold)
    lines = tuple(
        Line(
            was,
            tuple(
                Cell(was, now, None if few or (was, now) in hidden.cells else sizes[was, now]) for now in NOW
            ),
            None if few or was in hidden.rows else sum(sizes[was, now] for now in NOW),
        )
        for was in WAS
    )
    sums: dict[str, int | None] = {
        now: None if few or now in hidden.columns else sum(sizes[was, now] for was in WAS) for now in NOW
    }
    hides = few or bool(hidden.cells)
    return Movement(
        lines=lines,
        sums=sums,
        n=None if few else n,
        unknown=0 if guard.is_on else chosen.responses(actor).filter(customer=None).count(),
        again=None if hides else _again(sizes),
        hides=hides,
    )


def people(chosen: Filter, actor: Actor, *, was: str, now: str) -> ResponseQuerySet:
    """The latest answers behind one cell, newest first, with `previous_score` and `previous_at`.

    Nobody's for those who may not read single answers.
    """
    if not actor.may("response.view") or was not in WAS or now not in NOW:
        return Response.objects.none()
    asked = _asked(chosen, actor)
    inside = _ranked(asked).filter(_latest(), _was(was))  # of all answers: the score now is asked outside
    earlier = asked.filter(customer=OuterRef("customer")).filter(
        Q(answered_at__lt=OuterRef("answered_at"))
        | Q(answered_at=OuterRef("answered_at"), pk__lt=OuterRef("pk"))
    )
    before = earlier.order_by("-answered_at", "-id")
    found: ResponseQuerySet = (
        Response.objects.filter(pk__in=inside.values("pk"))
        .filter(_in_period(chosen), _now(now))
        .annotate(
            previous_score=Subquery(before.values("score")[:1]),
            previous_at=Subquery(before.values("answered_at")[:1]),
        )
        .order_by("-answered_at", "-id")
    )
    return found


def rule(was: str, now: str) -> dict[str, Any]:
    """The segment of customers whose last two answers, in whichever surveys, made this movement."""
    before: dict[str, Any] = {"field": "previous_category", "operator": "is", "value": was}
    if was == FIRST:
        before = {"field": "previous_category", "operator": "is_unknown"}
    return {"all": [before, {"field": "category", "operator": "is", "value": now}]}


def _again(sizes: Sizes) -> Again | None:
    order = ("detractor", "passive", "promoter")
    table = [[sizes[was, now] for now in order] for was in order]
    net = paired.net(table)
    if net is None:
        return None
    before = Counts(*(sum(row) for row in table))
    after = Counts(*(sum(row[place] for row in table) for place in range(3)))
    return Again(
        n=before.n,
        before=Scored(before),
        after=Scored(after),
        net=net,
        shift=paired.shifted(table),
        better=sum(table[i][j] for i in range(3) for j in range(3) if j > i),
        same=sum(table[i][i] for i in range(3)),
        worse=sum(table[i][j] for i in range(3) for j in range(3) if j < i),
    )


def _counted(chosen: Filter, actor: Actor) -> Sizes:
    counts = {
        f"{was}_{now}": Count("id", filter=_latest() & _was(was) & _now(now) & _in_period(chosen))
        for was in WAS
        for now in NOW
    }
    found = _ranked(_asked(chosen, actor)).aggregate(**counts)
    return {(was, now): found[f"{was}_{now}"] for was in WAS for now in NOW}


def _asked(chosen: Filter, actor: Actor) -> ResponseQuerySet:
    """Every answer of a known customer up to the end of the period."""
    both = replace(chosen, category="", search="", start=None)
    return both.responses(actor).exclude(customer=None)


def _ranked(responses: ResponseQuerySet) -> ResponseQuerySet:
    frame: dict[str, Any] = {
        "partition_by": [F("customer_id")],
        "order_by": [F("answered_at").desc(), F("id").desc()],
    }
    found: ResponseQuerySet = responses.order_by().annotate(
        place=Window(RowNumber(), **frame), before=Window(Lead("score"), **frame)
    )
    return found


def _latest() -> Q:
    return Q(place=1)


def _in_period(chosen: Filter) -> Q:
    """Asked once it is known which answer is the latest: the one before may be older."""
    start: dt.datetime | None = chosen.begins()
    return Q(answered_at__gte=start) if start is not None else Q()


def _was(category: str) -> Q:
    if category == FIRST:
        return Q(before=None)
    low, high = RANGES[category]
    return Q(before__gte=low, before__lte=high)


def _now(category: str) -> Q:
    low, high = RANGES[category]
    return Q(score__gte=low, score__lte=high)
