"""What falls due in outreach beside sending: campaigns to start and fill, cases that ran late."""

from __future__ import annotations

from datetime import datetime

from accounts import doorbells
from accounts.models import Organization
from accounts.tenancy.context import acting_for
from outreach import campaigning, caring


def campaigns(organization: Organization, now: datetime) -> int:
    """One batch of people, or one start; rings again while there is more."""
    with acting_for(organization):
        again_at = campaigning.due_work(now)
        if again_at is not None:
            doorbells.ring(organization.pk, at=again_at)
        return int(again_at is not None and again_at <= now)


def late_cases(organization: Organization, now: datetime) -> int:
    """Tell owners of cases whose clock has run out."""
    with acting_for(organization):
        return caring.flag_late(now)
