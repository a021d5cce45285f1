"""Which events may be features: what came in lately, told apart by the property that seems to name the feature."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from accounts.modes import counting
from segments.catalog import Asked
from segments.models import CustomerEvent, Feature

LOOKED_AT = 5_000  # events, the latest
MOST = 12
FEW_VALUES = 20
# A property of such a name says what was used; others (store, price, device) say how or where.
NAMING = ("feature", "function", "module", "tool", "screen", "action")


@dataclass(frozen=True)
class Suggested:
    """Events that may be a feature, and how many of the customers looked at had them."""

    name: str
    event: str
    property: str
    value: str
    customers: int


def suggested(asked: Asked) -> list[Suggested]:
    """The most used first. Events with an amount are orders, and those with a dot in their name Loopwell's own."""
    known = set(Feature.objects.present().values_list("event", "property", "value"))
    lately = (
        CustomerEvent.objects.filter(
            amount=None, mode__in=[*counting(asked.organization), "imported"], at__lte=asked.now
        )
        .exclude(name__contains=".")
        .order_by("-at")
    )
    people: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for name, properties, customer in lately.values_list("name", "properties", "customer_id")[:LOOKED_AT]:
        for key, value in _naming(properties) or [("", "")]:
            people[name, key, value].add(customer)
    found = [
        Suggested((value or event).capitalize()[:80], event, key, value, len(customers))
        for (event, key, value), customers in people.items()
        if (event, key, value) not in known and not _too_many(people, event, key)
    ]
    return sorted(found, key=lambda each: (-each.customers, each.name))[:MOST]


def _naming(properties: object) -> list[tuple[str, str]]:
    if not isinstance(properties, dict):
        return []
    return [
        (key, value)
        for key, value in properties.items()
        if key.casefold() in NAMING and isinstance(value, str) and 0 < len(value) <= 80
    ]


def _too_many(people: dict[tuple[str, str, str], set[int]], event: str, key: str) -> bool:
    """A property with ever new values names no feature."""
    return bool(key) and sum(each[:2] == (event, key) for each in people) > FEW_VALUES
