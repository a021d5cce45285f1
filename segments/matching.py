"""Finding records that may be one person: the same address, the same phone, or the same name at one company."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor
from segments.models import Customer, Distinction
from segments.telling_apart import pairs_among

MOST = 50
SHOWN = 6

REASONS: dict[str, str | Promise] = {
    "email": _("Same address"),
    "phone": _("Same phone"),
    "name": _("Same name and company"),
}


@dataclass(frozen=True)
class Group:
    """Records that may be one person: why, what they share, the oldest records, and how many there are."""

    reason: str
    shared: str
    customers: tuple[Customer, ...]
    number: int
    # Pairs among them of which somebody said that they are two people.
    apart: frozenset[frozenset[int]] = frozenset()

    @property
    def label(self) -> str | Promise:
        return REASONS[self.reason]

    @property
    def pairs(self) -> list[tuple[Customer, Customer | None]]:
        """Each record with the oldest before it that may be the same person; None where there is none."""
        return [
            (one, next((old for old in self.customers[:place] if {old.pk, one.pk} not in self.apart), None))
            for place, one in enumerate(self.customers)
        ]

    @property
    def settled(self) -> bool:
        """Every pair was looked at, and all of them are different people."""
        return self.number == len(self.customers) and not any(old for _one, old in self.pairs)


def groups(actor: Actor, *, most: int = MOST) -> list[Group]:
    """Groups among the customers that the actor may see, at most `most` per reason; each group once."""
    seen = Customer.objects.present().visible_to(actor)
    # Groups that are settled take no place from the others.
    read = most + min(Distinction.objects.count(), 10 * most)
    found: list[Group] = []
    shown: list[frozenset[int]] = []
    for group in (
        *_alike(seen.exclude(email_lower=""), "email", ["email_lower"], read),
        *_alike(seen.exclude(phone=""), "phone", ["phone"], read),
        *_alike(
            seen.exclude(name="").filter(company__isnull=False).annotate(name_lower=Lower("name")),
            "name",
            ["name_lower", "company_id"],
            read,
        ),
    ):
        members = frozenset(customer.pk for customer in group.customers)
        group = replace(group, apart=frozenset(pairs_among(list(members))))
        mine = sum(1 for each in found if each.reason == group.reason)
        if mine < most and not group.settled and not any(members <= others for others in shown):
            shown.append(members)
            found.append(group)
    return found


def _alike(rows: QuerySet[Customer], reason: str, columns: list[str], most: int) -> list[Group]:
    """Live and trial records are never one person, so the mode is always among what they share."""
    columns = ["mode", *columns]
    several = list(
        rows.order_by(*columns).values(*columns).annotate(number=Count("pk")).filter(number__gt=1)[:most]
    )
    groups = []
    for row in several:
        number = row.pop("number")
        alike = tuple(rows.filter(**row).select_related("company", "unit").order_by("pk")[:SHOWN])
        groups.append(Group(reason, _shared(reason, alike[0]), alike, number))
    return groups


def _shared(reason: str, customer: Customer) -> str:
    told: dict[str, Any] = {
        "email": customer.email,
        "phone": customer.phone,
        "name": f"{customer.name}, {customer.company}",
    }
    return str(told[reason])
