"""Closing merges: after 30 days the record that was merged goes for good."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from segments.models import Customer, Merge
from segments.moving_rows import move


def close_due(*, at: datetime) -> int:
    """End the merges of the acting organization whose 30 days are over; returns how many."""
    due = Merge.objects.standing().filter(closed_at=None, undo_until__lte=at).order_by("undo_until", "id")
    for one in due:
        with transaction.atomic():
            move(one.survivor_id, one.absorbed_id)
            Merge.objects.filter(survivor_id=one.absorbed_id).update(survivor_id=one.survivor_id)
            for gone in Customer.objects.filter(pk=one.absorbed_id):
                gone.delete()
            Merge.objects.filter(pk=one.pk).update(closed_at=at, moved={}, written=[], facts={})
    return len(due)
