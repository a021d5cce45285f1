"""What customers brought in: each one's lifetime value, and how much of it all the best hold.

The lifetime value is what somebody brought in so far: the sum of the amounts of their events, in the currency of
the organization, refunds with a minus. It foretells nothing. Amounts in other currencies are left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from django.db.models import Q, QuerySet, Sum

from accounts.acting import Actor
from accounts.modes import counting
from segments import compiling
from segments.catalog import Asked
from segments.models import Customer, CustomerEvent
from segments.rules import Condition, Group, as_json

MARKS = (1, 5, 10, 20, 50)  # per cent of the customers with revenue
BEST = 10
PERIODS = (30, 90, 365)  # days


@dataclass(frozen=True)
class Held:
    """The best `percent` of the customers with revenue, and what they brought in."""

    percent: int
    customers: int
    amount: Decimal
    share: float

    def rule_within(self, days: int | None) -> dict[str, Any]:
        """The rule that finds them, by the same period."""
        options = (("days", days),) if days is not None else ()
        return as_json(Group("all", (Condition("lifetime_value", "top_percent", self.percent, options),)))


@dataclass(frozen=True)
class Revenue:
    """Of `customers` with revenue above zero; `nothing` brought in none, or took it all back.

    `elsewhere` is the number of events in other currencies, which are in no figure here.
    """

    currency: str
    total: Decimal
    customers: int
    nothing: int
    median: Decimal | None
    held: tuple[Held, ...]
    best: tuple[tuple[Customer, Decimal], ...]
    elsewhere: int

    @property
    def is_empty(self) -> bool:
        return not self.customers


def amounts(asked: Asked, days: int | None = None) -> QuerySet[CustomerEvent]:
    """Events with an amount, of any currency; `days` back from the asked instant, else of all time."""
    found: QuerySet[CustomerEvent] = CustomerEvent.objects.filter(
        amount__isnull=False, at__lte=asked.now, mode__in=[*counting(asked.organization), "imported"]
    ).exclude(name__contains=".")
    return found.filter(at__gt=asked.now - timedelta(days=days)) if days is not None else found


def totals(asked: Asked, days: int | None = None) -> QuerySet:
    """Rows of `customer_id`, `total`: one for each customer with an amount in our currency."""
    ours = amounts(asked, days).filter(Q(currency="") | Q(currency=asked.organization.currency))
    return ours.order_by().values("customer_id").annotate(total=Sum("amount"))


def lifetime_value(customer: Customer, asked: Asked) -> Decimal | None:
    """None for somebody without any amount."""
    rows = totals(asked).filter(customer_id=customer.pk)
    return next((Decimal(total) for total in rows.values_list("total", flat=True)), None)


def revenue(actor: Actor, *, days: int | None = None) -> Revenue:
    """Of the customers that the actor sees. Raises compiling.TooSlow."""
    asked = Asked.of(actor.organization)
    seen = compiling.everybody(asked).visible_to(actor)
    with compiling.patience():
        rows = totals(asked, days).filter(customer_id__in=seen.values("pk"))
        sums = list(rows.order_by("-total", "customer_id").values_list("customer_id", "total"))
        foreign = amounts(asked, days).exclude(currency__in=("", asked.organization.currency))
        elsewhere = foreign.filter(customer_id__in=seen.values("pk")).count()
        nothing = seen.count()
    paid = [(pk, total) for pk, total in sums if total > 0]
    people = Customer.objects.in_bulk([pk for pk, _total in paid[:BEST]])
    total = sum((each for _pk, each in paid), Decimal(0))
    return Revenue(
        currency=asked.organization.currency,
        total=total,
        customers=len(paid),
        nothing=nothing - len(paid),
        median=_median([each for _pk, each in paid]),
        held=_held([each for _pk, each in paid], total),
        best=tuple((people[pk], each) for pk, each in paid[:BEST]),
        elsewhere=elsewhere,
    )


def _held(falling: list[Decimal], total: Decimal) -> tuple[Held, ...]:
    """A share of so few that it would be the same people as the mark before is left out."""
    found: list[Held] = []
    for percent in MARKS:
        number = ceil(len(falling) * percent / 100 - 1e-9)
        if number and (not found or number > found[-1].customers):
            amount = sum(falling[:number], Decimal(0))
            found.append(Held(percent, number, amount, float(amount / total)))
    return tuple(found)


def _median(falling: list[Decimal]) -> Decimal | None:
    if not falling:
        return None
    middle = len(falling) // 2
    return falling[middle] if len(falling) % 2 else (falling[middle - 1] + falling[middle]) / 2
