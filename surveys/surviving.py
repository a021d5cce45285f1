"""How long customers stay after their answer, by the category of it; and what is at risk of what they bring in.

The clock of each begins at the first answer that the filter lets through, never before: what somebody did until then
made the answer possible. They leave on the day on which they enter the stage that says they are lost. Whose stages
were first computed after the answer is looked at from then on (late entry); who was lost already is left out, since
nobody knows since when; so are customers who answered without being profiled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from accounts.acting import Actor
from accounts.tenancy.context import current_organization_id
from segments import compiling, worth
from segments.catalog import Asked
from segments.models import Customer
from segments.models.stage import Why
from segments.profiling import PROFILED
from surveys import grouping, survival
from surveys.filtering import CATEGORIES, Filter
from surveys.models.response import ResponseQuerySet
from surveys.retaining import ANSWER, LOST, statement
from surveys.survival import Logrank, Stay, Step

HORIZONS = (30, 90, 180, 365, 730)  # days
SHOWN_FROM = 10  # people still looked at
TESTED_FROM = 30  # people of a category
FEWEST_LEFT = 5  # departures, below which nothing is tested and no risk is told
YEAR = 365


@dataclass(frozen=True)
class Group:
    """Those of one category. `told` are the horizons of which there are people enough; `line` the steps until then."""

    category: str
    n: int
    left: int
    told: tuple[Step, ...]
    line: tuple[Step, ...]
    stays: tuple[Stay, ...] = field(repr=False, default=())


@dataclass(frozen=True)
class Survival:
    """By category. Left out: `already` lost when they answered or when stages began; `unknown`, without any stage.

    `late` are in the groups, and were looked at only some time after their answer.
    """

    groups: tuple[Group, ...]
    test: Logrank | None
    already: int
    unknown: int
    late: int

    @property
    def n(self) -> int:
        return sum(each.n for each in self.groups)

    @property
    def left(self) -> int:
        return sum(each.left for each in self.groups)

    @property
    def horizons(self) -> tuple[int, ...]:
        """Those of which at least one category tells."""
        told = {step.day for each in self.groups for step in each.told}
        return tuple(day for day in HORIZONS if day in told)


def survival_of(chosen: Filter, actor: Actor, *, now: dt.datetime | None = None) -> Survival:
    """Raises Unanswerable, TooSlow."""
    now = now or timezone.now()
    rows = _judged(chosen, actor, now)
    stays: dict[str, list[Stay]] = {category: [] for category in CATEGORIES}
    already = unknown = late = 0
    for category, is_unknown, is_late, was_lost, entry, exit_, left, n in rows:
        if is_unknown:
            unknown += n
        elif was_lost:
            already += n
        else:
            late += n if is_late else 0
            stays[category].append(Stay(exit_, left, n, entry))
    groups = tuple(_group(category, some) for category, some in stays.items())
    enough = [each for each in groups if each.n >= TESTED_FROM]
    test = None
    if sum(each.left for each in enough) >= FEWEST_LEFT:
        test = survival.logrank([each.stays for each in enough])
    return Survival(groups, test, already, unknown, late)


def _group(category: str, stays: Sequence[Stay]) -> Group:
    steps = survival.curve(stays)
    told = []
    for day in HORIZONS:
        seen = survival.at_risk(stays, day)
        found = survival.share_at(stays, day) if seen >= SHOWN_FROM else None
        if found is not None:
            told.append(found)
    return Group(
        category,
        sum(stay.n for stay in stays),
        sum(step.left for step in steps),
        tuple(told),
        tuple(step for step in steps if step.at_risk >= SHOWN_FROM),
        tuple(stays),
    )


_JUDGED = """
WITH answered (customer_id, at, score) AS ({answered}), seen AS (
    SELECT answered.customer_id, answered.at, answered.score, min(c.at) AS known
    FROM answered LEFT JOIN segments_stagechange c
        ON c.organization_id = %s AND c.customer_id = answered.customer_id AND c.at <= %s
    GROUP BY 1, 2, 3
), judged AS (
    SELECT seen.*, greatest(seen.at, seen.known) AS entry, was.new AS was, gone.at AS gone, gone.why
    FROM seen LEFT JOIN LATERAL (
        SELECT c.new FROM segments_stagechange c
        WHERE c.organization_id = %s AND c.customer_id = seen.customer_id AND c.at <= greatest(seen.at, seen.known)
        ORDER BY c.at DESC, c.id DESC LIMIT 1
    ) AS was ON true LEFT JOIN LATERAL (
        SELECT c.at, c.why FROM segments_stagechange c
        WHERE c.organization_id = %s AND c.customer_id = seen.customer_id AND c.new = %s
            AND c.at > greatest(seen.at, seen.known) AND c.at <= %s
        ORDER BY c.at, c.id LIMIT 1
    ) AS gone ON true
), counted AS (
    SELECT CASE WHEN score >= 9 THEN 'promoter' WHEN score >= 7 THEN 'passive' ELSE 'detractor' END AS category,
        known IS NULL AS unknown, coalesce(known > at, false) AS late, coalesce(was = %s, false) AS was_lost,
        ceil(extract(epoch FROM entry - at) / 86400)::int AS entry,
        extract(epoch FROM coalesce(gone, %s) - at) / 86400 AS days,
        gone IS NOT NULL AND why <> %s AS gone
    FROM judged
)
SELECT category, unknown, late, was_lost, entry,
    CASE WHEN gone THEN ceil(days) ELSE floor(days) END::int, gone, count(*)
FROM counted GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def _judged(chosen: Filter, actor: Actor, now: dt.datetime) -> list[tuple[Any, ...]]:
    """Category, no stage known, known late, lost already, day of entry, day of exit, left on it, how many."""
    with compiling.patience(), connection.cursor() as cursor:
        answered, given = statement(
            first_of_each(chosen, actor).values_list("customer_id", "answered_at", "score"), *ANSWER
        )
        here = current_organization_id()
        given += [here, now, here, here, LOST, now, LOST, now, Why.RULES.value]
        cursor.execute(_JUDGED.replace("{answered}", answered), given)
        return cursor.fetchall()


def first_of_each(chosen: Filter, actor: Actor) -> ResponseQuerySet:
    """The first answer of each customer that the filter lets through; of customers who are here and profiled."""
    people = Customer.objects.present().filter(PROFILED).order_by().values("pk")
    place = Window(
        RowNumber(), partition_by=[F("customer_id")], order_by=[F("answered_at").asc(), F("id").asc()]
    )
    rows: ResponseQuerySet = chosen.of_everybody().responses(actor).filter(customer__in=people).order_by()
    return rows.annotate(place=place).filter(place=1)


@dataclass(frozen=True)
class AtRisk:
    """`people` of a category, here now, brought in `amount` in the last year. Of such people the share `risk` (with
    its interval, 0 to 1) left within `days` of their answer."""

    category: str
    people: int
    amount: Decimal
    days: int
    risk: float
    low: float
    high: float

    @property
    def lost(self) -> Decimal:
        return self.amount * Decimal(self.risk)

    @property
    def lost_low(self) -> Decimal:
        return self.amount * Decimal(self.low)

    @property
    def lost_high(self) -> Decimal:
        return self.amount * Decimal(self.high)


def at_risk(
    chosen: Filter, actor: Actor, found: Survival, *, now: dt.datetime | None = None
) -> tuple[AtRisk, ...]:
    """What those who are here brought in over the last year, times how many of their category left so far.

    Told of categories with people and departures enough; () where no category has them. All at one horizon, the
    longest up to a year that they all reach. Raises Unanswerable, TooSlow.
    """
    enough = [each for each in found.groups if each.n >= TESTED_FROM and each.left >= FEWEST_LEFT]
    days = next(
        (day for day in (365, 180, 90) if enough and all(_step(each, day) is not None for each in enough)),
        None,
    )
    if days is None:
        return ()
    people = _here_now(chosen, actor, now or timezone.now())
    told = []
    for each in enough:
        step, (number, amount) = _step(each, days), people.get(each.category, (0, Decimal(0)))
        if step is not None and number and amount > 0:
            told.append(
                AtRisk(each.category, number, amount, days, 1 - step.share, 1 - step.high, 1 - step.low)
            )
    return tuple(told)


def _step(group: Group, day: int) -> Step | None:
    return next((step for step in group.told if step.day == day), None)


def _here_now(chosen: Filter, actor: Actor, now: dt.datetime) -> Mapping[str, tuple[int, Decimal]]:
    """By category of the last answer: how many are not lost, and what they brought in over the last year."""
    asked = Asked.of(chosen.organization, now)
    here = Customer.objects.present().filter(PROFILED).exclude(stage=LOST).order_by()
    last = grouping.last_of_each(chosen.of_everybody().responses(actor)).filter(
        customer__in=here.values("pk")
    )
    with compiling.patience():
        scores = dict(last.values_list("customer_id", "score"))
        totals = worth.totals(asked, YEAR).filter(customer_id__in=here.values("pk"))
        paid = dict(totals.values_list("customer_id", "total"))
    found: dict[str, tuple[int, Decimal]] = {}
    for customer, score in scores.items():
        category = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
        number, amount = found.get(category, (0, Decimal(0)))
        found[category] = (number + 1, amount + max(Decimal(0), paid.get(customer, Decimal(0))))
    return found
