"""Putting a customer away for 30 days, and bringing them back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import deleting
from accounts.acting import Actor
from accounts.models import Deletion
from accounts.recording import record
from segments.models import Customer


@transaction.atomic
def put_away(customer: Customer, *, by: Actor, at: datetime | None = None) -> Deletion:
    """Delete a customer so that it can be undone for 30 days. Again is once."""
    gone = customer.deleted_at is not None
    deletion = deleting.delete(customer, by=by, action="customer.edit", at=at)
    if not gone:
        record("customer.deleted", customer, at=at)
    return deletion


@transaction.atomic
def bring_back(deletion: Deletion, *, by: Actor) -> Customer | None:
    """Undo the deletion; None if the customer was purged meanwhile."""
    back = deletion.restored_at is not None
    customer = deleting.restore(deletion, by=by, action="customer.edit")
    if not isinstance(customer, Customer):
        return None
    if not back:
        record("customer.restored", customer)
    return customer
