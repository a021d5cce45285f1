"""Following a record that was merged to the one that stands for it, and back."""

from __future__ import annotations

from segments.models import Customer, Merge


def standing_for(customer_id: int) -> Customer | None:
    """The record that stands for this number today: its own, or the one that it was merged into."""
    seen: set[int] = set()
    while customer_id not in seen:
        seen.add(customer_id)
        into = Merge.objects.standing().filter(absorbed_id=customer_id).first()
        if into is None:
            break
        customer_id = into.survivor_id
    return Customer.objects.filter(pk=customer_id).first()


def absorbed_by(customer_id: int) -> list[int]:
    """The numbers of all records that went up in this one and are still held, also by way of another."""
    found: list[int] = []
    look = [customer_id]
    while look:
        look = list(
            Merge.objects.standing()
            .filter(survivor_id__in=look, closed_at=None)
            .values_list("absorbed_id", flat=True)
        )
        found += look
    return found
