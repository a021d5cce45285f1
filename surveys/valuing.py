"""What customers bring in, by the category of their answer: up to it, after it, again, and more or less than before.

Of each customer the first answer that the filter lets through counts, and it has to be WINDOW days old: everybody is
looked at for as long afterwards. What counts as an outcome lies strictly after the answer. Amounts are those of events
in the currency of the organization, refunds with a minus (segments.worth).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.acting import Actor
from accounts.tenancy.context import current_organization_id
from segments import compiling, worth
from segments.catalog import Asked
from surveys import nps, ranks
from surveys.filtering import CATEGORIES, Filter
from surveys.ranks import Estimate
from surveys.retaining import ANSWER, statement
from surveys.surviving import first_of_each

WINDOW = 180  # days
MOST = 20_000  # people; of more so many are drawn, always the same
TESTED_FROM = 30


@dataclass(frozen=True)
class Person:
    """`so_far` up to the answer, `before` and `after` within WINDOW days; `old` was a customer WINDOW days before."""

    score: int
    so_far: float
    before: float
    after: float
    again: bool
    old: bool

    @property
    def category(self) -> str:
        return nps.category(self.score).value


@dataclass(frozen=True)
class Valued:
    """One category: medians of what was brought in up to the answer and in the days after it; who bought again."""

    category: str
    n: int
    so_far: float | None
    after: float | None
    again: int

    @property
    def share(self) -> float | None:
        return self.again / self.n if self.n else None

    @property
    def low(self) -> float | None:
        found = nps.proportion(self.again, self.n)
        return found.low if found else None

    @property
    def high(self) -> float | None:
        found = nps.proportion(self.again, self.n)
        return found.high if found else None


@dataclass(frozen=True)
class Grown:
    """One category: all that was brought in in the days before and after, and by how much that grew (0.1: ten per
    cent), None under TESTED_FROM people or with nothing before."""

    category: str
    n: int
    before: float
    after: float
    growth: Estimate | None


@dataclass(frozen=True)
class Worth:
    """`goes_with` is the rank correlation of the score with what came after, `grows_with` with the change.

    `early` answered too lately to tell; `young` were no customers WINDOW days before and are in no growth.
    """

    values: tuple[Valued, ...]
    grown: tuple[Grown, ...]
    goes_with: Estimate | None
    grows_with: Estimate | None
    early: int
    young: int
    drawn_of: int | None
    currency: str

    @property
    def n(self) -> int:
        return sum(each.n for each in self.values)

    @property
    def n_growth(self) -> int:
        return sum(each.n for each in self.grown)

    @property
    def is_empty(self) -> bool:
        return not any(each.so_far or each.after or each.again for each in self.values)


def worth_of(chosen: Filter, actor: Actor, *, now: dt.datetime | None = None) -> Worth:
    """Raises Unanswerable, TooSlow."""
    now = now or timezone.now()
    people, everybody, early = _people(chosen, actor, now)
    by = {category: [each for each in people if each.category == category] for category in CATEGORIES}
    old = [each for each in people if each.old]
    return Worth(
        tuple(_valued(category, some) for category, some in by.items()),
        tuple(_grown(category, [each for each in some if each.old]) for category, some in by.items()),
        _correlation(people, [each.after for each in people]),
        _correlation(old, [each.after - each.before for each in old]),
        early,
        len(people) - len(old),
        everybody if everybody > len(people) else None,
        chosen.organization.currency,
    )


def _valued(category: str, people: Sequence[Person]) -> Valued:
    return Valued(
        category,
        len(people),
        median(each.so_far for each in people) if people else None,
        median(each.after for each in people) if people else None,
        sum(each.again for each in people),
    )


def _grown(category: str, people: Sequence[Person]) -> Grown:
    before, after = [each.before for each in people], [each.after for each in people]
    growth = ranks.growth(before, after) if len(people) >= TESTED_FROM else None
    return Grown(category, len(people), sum(before), sum(after), growth)


def _correlation(people: Sequence[Person], figures: Sequence[float]) -> Estimate | None:
    if len(people) < TESTED_FROM:
        return None
    return ranks.correlation([each.score for each in people], figures)


_PEOPLE = """
WITH answered (customer_id, at, score) AS ({answered}), ripe AS (
    SELECT * FROM answered WHERE at <= %s ORDER BY hashint8(customer_id), customer_id LIMIT %s
), paid (customer_id, at, amount) AS ({paid})
SELECT ripe.score, coalesce(sum(paid.amount) FILTER (WHERE paid.at <= ripe.at), 0),
    coalesce(sum(paid.amount) FILTER (WHERE paid.at <= ripe.at AND paid.at > ripe.at - %s::interval), 0),
    coalesce(sum(paid.amount) FILTER (WHERE paid.at > ripe.at AND paid.at <= ripe.at + %s::interval), 0),
    count(*) FILTER (WHERE paid.amount > 0 AND paid.at > ripe.at AND paid.at <= ripe.at + %s::interval) > 0,
    person.created_at <= ripe.at - %s::interval
FROM ripe JOIN segments_customer person ON person.organization_id = %s AND person.id = ripe.customer_id
LEFT JOIN paid ON paid.customer_id = ripe.customer_id
GROUP BY ripe.customer_id, ripe.score, person.created_at, ripe.at ORDER BY ripe.customer_id
"""


_COUNTED = (
    "SELECT count(*) FILTER (WHERE at <= %s), count(*) FILTER (WHERE at > %s) FROM ({answered}) AS answered"
)


def _people(chosen: Filter, actor: Actor, now: dt.datetime) -> tuple[list[Person], int, int]:
    """The people, of how many they were drawn, and how many answered too lately."""
    window = dt.timedelta(days=WINDOW)
    ours = worth.amounts(Asked.of(chosen.organization, now)).filter(
        Q(currency="") | Q(currency=chosen.organization.currency)
    )
    rows = first_of_each(chosen, actor).values_list("customer_id", "answered_at", "score")
    answered, whom = statement(rows, *ANSWER)
    answered = f"SELECT * FROM ({answered}) AS given (customer_id, at, score)"
    paid, amounts = statement(
        ours.order_by().values_list("customer_id", "at", "amount"), "bigint", "timestamptz", "numeric"
    )
    given = [*whom, now - window, MOST, *amounts, window, window, window, window, current_organization_id()]
    with compiling.patience(), connection.cursor() as cursor:
        cursor.execute(_PEOPLE.replace("{answered}", answered).replace("{paid}", paid), given)
        found: list[Any] = cursor.fetchall()
        cursor.execute(_COUNTED.replace("{answered}", answered), [now - window, now - window, *whom])
        everybody, early = cursor.fetchone()
    return (
        [Person(score, float(a), float(b), float(c), again, old) for score, a, b, c, again, old in found],
        everybody,
        early,
    )
