"""Erasing a person: everything that is held about them, over all apps, by the data map."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.personal_data import erase as erase_by_map
from accounts.recording import record
from segments.contacting import suppress
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
    if locked.email_lower:
        suppress(locked.email_lower, reason=SuppressionReason.ERASED, source="erasing", at=now)
    record("customer.erased", locked, at=now)
    audit("customer.erase", locked, by=by, at=now)
    return erase_by_map(locked.pk)
