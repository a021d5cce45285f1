"""Erasing a person: everything that is held about them, over all apps, by the data map."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.personal_data import erase as erase_by_map
from accounts.recording import record
from segments.contacting import suppress
from segments.following import absorbed_by
from segments.models import Customer
from segments.models.suppression import SuppressionReason


@transaction.atomic
def erase(customer: Customer, *, by: Actor, at: datetime | None = None) -> dict[str, int]:
    """Blank or remove every field about the customer; model -> rows touched. It cannot be undone.

    Their address stays suppressed by a keyed hash, so that an import does not bring the mails back. Scores
    stay in the totals, without the person and without words.
    """
    by.require("customer.erase")
    now = at or timezone.now()
    locked = Customer.objects.select_for_update().get(pk=customer.pk)
    # A record that was merged into this one is the same person.
    former = list(Customer.objects.filter(pk__in=absorbed_by(locked.pk)))
    for address in {one.email_lower for one in (locked, *former)} - {""}:
        suppress(address, reason=SuppressionReason.ERASED, source="erasing", at=now)
    record("customer.erased", locked, at=now)
    audit("customer.erase", locked, by=by, at=now)
    touched: Counter[str] = Counter()
    for one in (*former, locked):
        touched.update(erase_by_map(one.pk))
    return dict(touched)
