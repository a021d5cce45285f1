"""Answering without being profiled: what somebody said counts in the score and sorts them into nothing.

Three states. *Yes*, said by the person: everything. *No word*: answers sort them into segments, and nothing is
predicted. *No*: neither. A no takes the latest score, category and touchpoint off the record and keeps them off; the
answers themselves stay the person's, and in the totals.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q

from accounts.tenancy.context import current_organization_id
from segments.models import Customer

# What an answer leaves on the record of its giver.
EMPTY: dict[str, Any] = {
    "last_score": None,
    "last_category": "",
    "previous_score": None,
    "previous_category": "",
    "last_responded_at": None,
    "last_channel": "",
    "last_touchpoint": "",
    "last_response_id": None,
    "answer_count": 0,
}
PROFILED = Q(unprofiled_at=None)
"""The customers whose answers may say something about them, for fields that upper apps bring to rules."""


def follow(customer: Customer, *, allowed: bool, at: datetime) -> None:
    """Do as the customer said. A no twice is one; what a yes brings back comes with the news of it."""
    row = Customer.objects.filter(pk=customer.pk)
    if allowed:
        row.update(unprofiled_at=None, revision=F("revision") + 1)
        customer.unprofiled_at = None
        return
    row.update(unprofiled_at=at, revision=F("revision") + 1, **EMPTY)
    customer.unprofiled_at = at
    with connection.cursor() as cursor:
        # The line of the timeline stays: that they answered. What they gave goes from it, so that no rule asks.
        cursor.execute(
            "UPDATE segments_customerevent SET properties = properties - 'score'"
            " WHERE organization_id = %s AND customer_id = %s AND name = 'survey.answered'",
            [current_organization_id(), customer.pk],
        )
